"""What the watch knows of each merchant: since when it expects which job, and which troubles it has told (R33)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orderbridge.clock import Clock
from orderbridge.domain.trouble import Known
from orderbridge.stores.table import Item, Table, merchant_key, read_moment

_SK: Final = "WATCHED"
_SHELF: Final = "#watched"
"""No merchant's name begins so."""


@dataclass(frozen=True)
class Memory:
    """What is known of one merchant.

    Attributes:
        jobs: since when each job is expected: a new, resumed or newly switched-on one gets its time.
        troubles: those that were told and are not over, by key.
        is_listed: whether the merchant will be missed once it has no settings any more.
    """

    jobs: Mapping[str, datetime] = field(default_factory=dict)
    troubles: Mapping[str, Known] = field(default_factory=dict)
    is_listed: bool = False


class Watched:
    """The memory of the watch, which alone writes it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def of(self, merchant: str) -> Memory:
        return self.of_many([merchant]).get(merchant, Memory())

    def of_many(self, merchants: Iterable[str]) -> dict[str, Memory]:
        """What is known, by merchant; those that are new are left out."""
        items = self._table.get_many(((merchant_key(one), _SK) for one in merchants), consistent=False)
        return {_merchant(item): _memory(item) for item in items}

    def seen(self) -> Iterator[str]:
        """All merchants that had settings when the watch last saw them, and were not forgotten since."""
        return map(_merchant, self._table.query_shelf(_SHELF))

    def remember(self, merchant: str, memory: Memory) -> None:
        """Replace what is known of a merchant. One that is not listed is forgotten."""
        values: dict[str, Any] = {
            ":jobs": {job: moment.isoformat() for job, moment in memory.jobs.items()},
            ":troubles": {key: _item(one) for key, one in memory.troubles.items()},
        }
        expression = "SET jobs = :jobs, troubles = :troubles"
        if memory.is_listed:  # the moment stays as it is, so that nothing is written to the index
            expression += ", shelf = :shelf, shelved_at = if_not_exists(shelved_at, :now)"
            values |= {":shelf": _SHELF, ":now": self._now().isoformat()}
        else:
            expression += " REMOVE shelf, shelved_at"
        self._table.update(merchant_key(merchant), _SK, expression, values)


def _merchant(item: Item) -> str:
    return str(item["pk"].removeprefix(merchant_key("")))


def _memory(item: Item) -> Memory:
    return Memory(
        {job: datetime.fromisoformat(moment) for job, moment in item.get("jobs", {}).items()},
        {
            key: Known(
                one["kind"],
                one["about"],
                one["what"],
                datetime.fromisoformat(one["since"]),
                read_moment(one.get("gone_at")),
            )
            for key, one in item.get("troubles", {}).items()
        },
        "shelf" in item,
    )


def _item(known: Known) -> Item:
    item = {"kind": str(known.kind), "about": known.about, "what": known.what, "since": known.since.isoformat()}
    return item | ({"gone_at": known.gone_at.isoformat()} if known.gone_at else {})
