"""The figures of one merchant and warehouse on one UTC day: an item of counters.

Each move counts once, although the stream may bring it again. The item also keeps, for each shard of the stream, the
place of the last change that was counted in it. Counters and place are written together, and only if the item does not
have that place already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from boto3.dynamodb.conditions import Attr

from orderbridge.platform.days import month_prefixes
from orderbridge.platform.errors import ConditionFailed
from orderbridge.platform.table import Item, Table, merchant_key

KEPT: Final = timedelta(days=400)
WAREHOUSE: Final = "bibi"
_FIGURES: Final = "FIGURES#"
_PLACE: Final = "at "
"""Prefix of the attributes with the places of shards."""
_NO_COUNTERS: Final = frozenset({"expires_at", "schema"})

Counted = tuple[str, Counter[str]]
"""A change's place in its shard, and what it counts as."""


class DayFigures:
    """The figures of all merchants."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, merchant: str, day: date, shard: str, counted: Sequence[Counted]) -> None:
        """Add what changes of a shard count as, in their sequence. Those that were added before are left out."""
        pk, sk, place = merchant_key(merchant), f"{_FIGURES}{day:%Y-%m-%d}#{WAREHOUSE}", f"{_PLACE}{shard}"
        expires_at = int((datetime.combine(day, time.min, UTC) + KEPT).timestamp())
        left = list(counted)
        while left:
            total = Counter[str]()
            for _, counts in left:
                total.update(counts)
            try:
                self._table.change(
                    pk,
                    sk,
                    add={name: count for name, count in total.items() if count},
                    set={place: left[-1][0], "expires_at": expires_at},
                    only_if=Attr(place).not_exists() | Attr(place).lt(left[0][0]),
                )
            except ConditionFailed:
                there = (self._table.get(pk, sk) or {}).get(place, "")
                left = [(sequence, one) for sequence, one in left if sequence > there]
            else:
                return

    def read(self, merchant: str, since: date, until: date) -> Iterator[tuple[date, Counter[str]]]:
        """The counters of each day that has some, of all warehouses. Both days are included."""
        for prefix in month_prefixes(since, until):
            for item in self._table.query(merchant_key(merchant), f"{_FIGURES}{prefix}"):
                day = date.fromisoformat(item["sk"].removeprefix(_FIGURES).partition("#")[0])
                if since <= day <= until:
                    yield day, _counters(item)


def _counters(item: Item) -> Counter[str]:
    return Counter({name: value for name, value in item.items() if isinstance(value, int) and name not in _NO_COUNTERS})
