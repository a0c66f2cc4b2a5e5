"""Orders whose record the table refused. They are stuck, and `watch` reports them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orderbridge.merchants.health import Health
from orderbridge.platform.clock import Clock
from orderbridge.platform.table import Item, Table, merchant_key, merchant_of

_SORT_KEY: Final = "REFUSEDRECORDS"
_MOST: Final = 50
STANDS_FOR: Final = timedelta(hours=26)
"""The nightly poll refuses such an order again. An order that it did not refuse again is fine."""


@dataclass(frozen=True)
class RefusedRecord:
    """One order, by Billbee's id, and when its record was last refused.

    Attributes:
        error: the unexpected error that stopped its import instead (R31).
    """

    billbee_id: int
    at: datetime
    error: str = ""


class RefusedRecords:
    """The refused records of all merchants."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._now = clock.now

    def note(self, merchant: str, billbee_ids: Iterable[int], errors: Mapping[int, str] | None = None) -> None:
        """Adds orders, and drops those that were last refused more than a day ago.

        Args:
            errors: unexpected errors by order, for orders that never reached the table.
        """
        now, errors = self._now(), errors or {}
        known = {one.billbee_id: one for one in self.of(merchant)}
        known |= {id_: RefusedRecord(id_, now, errors.get(id_, "")) for id_ in billbee_ids}
        latest = sorted(known.values(), key=lambda one: one.at)[-_MOST:]
        Health(self._table, self._clock).look_soon(merchant)
        self._write(merchant, latest)

    def forget(self, merchant: str, billbee_id: int) -> None:
        """Removes an order."""
        left = [one for one in self.of(merchant) if one.billbee_id != billbee_id]
        self._write(merchant, left)

    def of(self, merchant: str) -> list[RefusedRecord]:
        """The refused orders of a merchant, by id."""
        return self._standing(self._table.get(merchant_key(merchant), _SORT_KEY) or {})

    def of_many(self, merchants: Iterable[str]) -> dict[str, list[RefusedRecord]]:
        """The same of many merchants, by merchant; it may be slightly stale."""
        items = self._table.get_many(((merchant_key(one), _SORT_KEY) for one in merchants), consistent=False)
        return {merchant_of(item): self._standing(item) for item in items}

    def _write(self, merchant: str, orders: Iterable[RefusedRecord]) -> None:
        orders = list(orders)
        new = {
            "orders": {str(one.billbee_id): one.at.isoformat() for one in orders},
            "errors": {str(one.billbee_id): one.error for one in orders if one.error},
        }
        self._table.change(merchant_key(merchant), _SORT_KEY, set=new)

    def _standing(self, item: Item) -> list[RefusedRecord]:
        errors = item.get("errors", {})
        found = [
            RefusedRecord(int(id_), datetime.fromisoformat(at), errors.get(id_, ""))
            for id_, at in item.get("orders", {}).items()
        ]
        return sorted((one for one in found if self._now() - one.at < STANDS_FOR), key=lambda one: one.billbee_id)
