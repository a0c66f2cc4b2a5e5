"""What the watch knows of each merchant: since when it expects which job, which troubles it has told (R33), how many
orders waited when it last looked, and when it has to look again.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from orderbridge.desk.troubles.trouble import Known
from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.table import Item, Table, merchant_key, merchant_of

WATCHED: Final = "WATCHED"
"""The sort key of the item."""
_SHELF: Final = "#watched"
"""No merchant's name begins so."""


@dataclass(frozen=True)
class Memory:
    """What is known of one merchant.

    Attributes:
        jobs: since when each job has been expected. A new, resumed or newly enabled job gets its full time.
        troubles: those that were told and are not over, by key.
        settings: a fingerprint of the settings that were looked at.
        waiting: open orders by status.
        oldest_at: since when the oldest unacknowledged order has been open.
        look_at: the earliest time of a trouble that only a closer look shows; None if not known.
        silent_at: the earliest time of a silence of orders or parcels; None if not known.
        is_listed: whether the merchant had settings, so that their absence is a trouble.
    """

    jobs: Mapping[str, datetime] = field(default_factory=dict)
    troubles: Mapping[str, Known] = field(default_factory=dict)
    settings: str = ""
    waiting: Mapping[str, int] = field(default_factory=dict)
    oldest_at: datetime | None = None
    look_at: datetime | None = None
    silent_at: datetime | None = None
    is_listed: bool = False


class Watched:
    """The memory of the watch. Only the watch writes it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def of(self, merchant: str) -> Memory:
        return self.of_many([merchant]).get(merchant, Memory())

    def of_many(self, merchants: Iterable[str]) -> dict[str, Memory]:
        """What is known, by merchant; new ones are left out."""
        items = self._table.get_many(((merchant_key(one), WATCHED) for one in merchants), consistent=False)
        return {merchant_of(item): memory_of(item) for item in items}

    def seen(self) -> Iterator[str]:
        """All merchants that had settings when the watch last saw them, and were not forgotten since."""
        return map(merchant_of, self._table.query_shelf(_SHELF))

    def remember(self, merchant: str, memory: Memory) -> None:
        """Replace what is known of a merchant. One that is not listed is forgotten."""
        new = to_item(memory)
        del new["is_listed"]
        pk, now = merchant_key(merchant), self._now().isoformat()
        if memory.is_listed:  # the moment is not changed, so that the index is not written
            self._table.change(pk, WATCHED, set=new | {"shelf": _SHELF}, default={"shelved_at": now})
        else:
            self._table.change(pk, WATCHED, set=new, remove=["shelf", "shelved_at"])


def memory_of(item: Item) -> Memory:
    """What an item of the table holds."""
    return replace(from_item(Memory, item), is_listed="shelf" in item)


def some_of(span: timedelta) -> timedelta:
    """At least half of a span, so that merchants who were looked at together are not due together."""
    return span * random.uniform(0.5, 1)  # noqa: S311
