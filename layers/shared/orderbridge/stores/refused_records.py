"""Orders whose record the table did not take, for `watch` to tell: they are stuck, and no other order shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orderbridge.clock import Clock
from orderbridge.stores.table import Table, merchant_key

_SORT_KEY: Final = "REFUSEDRECORDS"
_MOST: Final = 50
STANDS_FOR: Final = timedelta(hours=26)
"""The nightly poll finds such an order again; one that it did not find is all right."""


@dataclass(frozen=True)
class RefusedRecord:
    """One order, by Billbee's id, and when its record was last refused."""

    billbee_id: int
    at: datetime


class RefusedRecords:
    """The refused records of all merchants."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def note(self, merchant: str, billbee_ids: Iterable[int]) -> None:
        """Add orders, and leave out those that were not seen for more than a day."""
        now = self._now()
        known = {one.billbee_id: one.at for one in self.of(merchant)} | dict.fromkeys(billbee_ids, now)
        latest = sorted(known, key=lambda billbee_id: known[billbee_id])[-_MOST:]
        orders = {str(billbee_id): known[billbee_id].isoformat() for billbee_id in latest}
        self._table.update(merchant_key(merchant), _SORT_KEY, "SET orders = :orders", {":orders": orders})

    def of(self, merchant: str) -> list[RefusedRecord]:
        """Those of a merchant that stand, by id."""
        item = self._table.get(merchant_key(merchant), _SORT_KEY) or {}
        found = [RefusedRecord(int(id_), datetime.fromisoformat(at)) for id_, at in item.get("orders", {}).items()]
        return sorted((one for one in found if self._now() - one.at < STANDS_FOR), key=lambda one: one.billbee_id)
