"""Counts for each merchant and UTC day: calls to vendors, and what happened to orders, parcels and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from orderbridge.merchants.activity import Activity
from orderbridge.platform.clock import Clock
from orderbridge.platform.days import month_prefixes
from orderbridge.platform.table import Item, Table, merchant_key

_KEPT: Final = timedelta(days=400)
CALLS: Final = ("billbee", "bibi", "abillify", "throttled")
"""Calls to vendors, and how many of them were throttled."""
_REMEMBERED: Final = (Activity.IMPORTED, Activity.PARCELS)
"""Also kept: when each of these happened last, and how often in each UTC hour."""


@dataclass(frozen=True)
class Day:
    """One merchant's day.

    Attributes:
        counts: by name, see `CALLS` and `Activity`.
        last: when each activity that is watched for silence last happened that day.
        hours: how often it happened in each UTC hour of the day, 0 to 23.
    """

    date: date
    counts: Counter[str] = field(default_factory=Counter)
    last: Mapping[Activity, datetime] = field(default_factory=dict)
    hours: Mapping[Activity, Mapping[int, int]] = field(default_factory=dict)


class Usage:
    """The counts of all merchants. If an invocation is killed, its counts are missing."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def add(self, merchant: str, counts: Mapping[str, int]) -> None:
        """Adds to today's counts."""
        counted = {kind: count for kind, count in counts.items() if count}
        if not counted:
            return
        now = self._now()
        moments = [kind for kind in _REMEMBERED if kind in counted]
        hours = {_hour(kind, now.hour): counted[kind] for kind in moments}
        last = {f"{kind}_at": now.isoformat() for kind in moments}
        self._table.change(
            merchant_key(merchant),
            f"USAGE#{now:%Y-%m-%d}",
            add=counted | hours,
            set=last | {"expires_at": int((now + _KEPT).timestamp())},
        )

    def days(self, merchant: str, since: date) -> list[Day]:
        """The days since a date on which something was counted, the oldest first."""
        prefixes = month_prefixes(since, self._now().date())
        items = (item for prefix in prefixes for item in self._table.query(merchant_key(merchant), f"USAGE#{prefix}"))
        return [day for day in map(_from_item, items) if day.date >= since]

    def total(self, merchant: str) -> dict[str, int]:
        """All calls of a merchant that are still kept."""
        total = Counter(dict.fromkeys(CALLS, 0))
        for day in self.days(merchant, date.min):
            total.update({kind: day.counts[kind] for kind in CALLS})
        return dict(total)


def _hour(kind: str, hour: int) -> str:
    return f"{kind}_h{hour:02d}"


def _from_item(item: Item) -> Day:
    names = (*CALLS, *Activity)
    return Day(
        date=date.fromisoformat(item["sk"].removeprefix("USAGE#")),
        counts=Counter({str(name): int(item[name]) for name in names if name in item}),
        last={kind: datetime.fromisoformat(item[f"{kind}_at"]) for kind in _REMEMBERED if f"{kind}_at" in item},
        hours={
            kind: {hour: int(item[_hour(kind, hour)]) for hour in range(24) if _hour(kind, hour) in item}
            for kind in _REMEMBERED
        },
    )
