"""What the jobs found out about a merchant's goods, for the watch: products that run low (R45), and orders that may
hold something else than was ordered (R46).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orderbridge.merchants.health import Health
from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.table import Item, Table, merchant_key, merchant_of

_SORT_KEY: Final = "FINDINGS"
_MOST: Final = 50
TOLD_FOR: Final = timedelta(days=7)
"""For how long a suspected mispick is a trouble: by then a person has looked, or nobody will."""


@dataclass(frozen=True)
class Mispick:
    """An order by Billbee's id, when it was found, and what it and its goods weigh."""

    billbee_id: int
    at: datetime
    what: str


@dataclass(frozen=True)
class LowStock:
    """How many of a merchant's products run low, and the worst of them in words.

    Attributes:
        waiting: of how many orders wait.
        low: how many others there are.
    """

    waiting: int = 0
    low: int = 0
    worst_waiting: tuple[str, ...] = ()
    worst_low: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What stands for one merchant. ``mispicks``: the oldest first."""

    mispicks: tuple[Mispick, ...] = ()
    low_stock: LowStock = LowStock()


class Findings:
    """The findings of all merchants. Two writes at the same moment may lose one of them."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def note_mispick(self, merchant: str, billbee_id: int, what: str) -> None:
        """Adds an order. Noting it again changes nothing but the moment."""
        known = {one.billbee_id: one for one in self.of(merchant).mispicks}
        known[billbee_id] = Mispick(billbee_id, self._clock.now(), what)
        latest = sorted(known.values(), key=lambda one: one.at)[-_MOST:]
        new = {str(one.billbee_id): {"at": one.at.isoformat(), "what": one.what} for one in latest}
        Health(self._table, self._clock).look_soon(merchant)
        self._table.change(merchant_key(merchant), _SORT_KEY, set={"mispicks": new})

    def set_low_stock(self, merchant: str, found: LowStock) -> None:
        """Replaces what is known of products that run low, if it has changed."""
        if self.of(merchant).low_stock != found:
            Health(self._table, self._clock).look_soon(merchant)
            self._table.change(merchant_key(merchant), _SORT_KEY, set={"low_stock": to_item(found)})

    def of(self, merchant: str) -> Found:
        return self._standing(self._table.get(merchant_key(merchant), _SORT_KEY) or {})

    def of_many(self, merchants: Iterable[str]) -> dict[str, Found]:
        """The findings by merchant; they may be slightly stale."""
        items = self._table.get_many(((merchant_key(one), _SORT_KEY) for one in merchants), consistent=False)
        return {merchant_of(item): self._standing(item) for item in items}

    def _standing(self, item: Item) -> Found:
        mispicks = [
            Mispick(int(id_), datetime.fromisoformat(one["at"]), one["what"])
            for id_, one in item.get("mispicks", {}).items()
        ]
        fresh = [one for one in mispicks if self._clock.now() - one.at < TOLD_FOR]
        low = from_item(LowStock, item["low_stock"]) if "low_stock" in item else LowStock()
        return Found(tuple(sorted(fresh, key=lambda one: one.at)), low)
