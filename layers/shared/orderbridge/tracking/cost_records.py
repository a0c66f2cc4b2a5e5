"""What parcels cost, by month, and the orders whose costs are not known yet.

``COST#<YYYY-MM>#<order id>#<shipment>`` is one shipment. Writing it twice counts it once. ``COSTSDUE#<order id>`` is an
order that has shipped. It is on the shelf ``<merchant>#costs`` until its costs are known, or no longer asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.table import Table, merchant_key

if TYPE_CHECKING:
    from orderbridge.ledger.parcel_cost import ParcelCost

_KEPT: Final = timedelta(days=400)
_DUE_KEPT: Final = timedelta(days=30)
ASKED_FOR: Final = timedelta(days=3)
"""For how long after a parcel has left its costs are asked for."""
_FIRST_WAIT: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class DueCosts:
    """An order whose costs are due. They are asked for until ``until``."""

    billbee_id: int
    tries: int
    until: datetime


@dataclass(frozen=True)
class MonthlyCost:
    """What a ship method cost a merchant in a month, in US dollars."""

    ship_method: str
    returned: bool
    parcels: int
    cost: Decimal


class CostRecords:
    """One merchant's costs."""

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._merchant = merchant
        self._now = clock.now

    def expect(self, billbee_id: int) -> None:
        """Notes that parcels of an order have left, so their costs are due."""
        now = self._now()
        self._write(DueCosts(billbee_id, 0, now + ASKED_FOR), now)

    def due(self, at_most: int) -> list[DueCosts]:
        """The orders whose costs are due, the longest waiting first."""
        waiting = list(islice(self._table.query_shelf(self._shelf, before=self._now().isoformat()), at_most))
        # The index does not hold all attributes.
        items = self._table.get_many((item["pk"], item["sk"]) for item in waiting)
        found = {item["sk"]: from_item(DueCosts, item) for item in items if "shelf" in item}
        return [found[item["sk"]] for item in waiting if item["sk"] in found]

    def postpone(self, due: DueCosts) -> bool:
        """Asks for the costs again later. False if it is too late for that; the order is then settled."""
        at = self._now() + _FIRST_WAIT * 2**due.tries
        if at >= due.until:
            self.settle(due)
            return False
        self._write(DueCosts(due.billbee_id, due.tries + 1, due.until), at)
        return True

    def settle(self, due: DueCosts) -> None:
        """Ends asking for the costs of an order."""
        self._table.change(merchant_key(self._merchant), _due_key(due.billbee_id), remove=["shelf"])

    def add(self, billbee_id: int, shipment: str, cost: ParcelCost, month: str) -> None:
        """Counts a shipment in a month, ``YYYY-MM``. Counting it twice has no effect."""
        self._table.change(
            merchant_key(self._merchant),
            _cost_key(month, billbee_id, shipment),
            set={
                "ship_method": cost.ship_method,
                "cost": str(cost.cost),
                "returned": cost.returned,
                "expires_at": int((self._now() + _KEPT).timestamp()),
            },
        )

    def keys_of(self, billbee_id: int, months: Iterable[str]) -> list[str]:
        """The sort keys of what is kept of an order's costs in these months, each ``YYYY-MM``."""
        pk, due = merchant_key(self._merchant), _due_key(billbee_id)
        prefixes = [*(_cost_key(month, billbee_id, "") for month in months), due]
        return [item["sk"] for prefix in prefixes for item in self._table.query(pk, prefix)]

    def take_back(self, billbee_id: int, shipment: str, month: str) -> None:
        """Stops counting a shipment, because its label was voided."""
        key = _cost_key(month, billbee_id, shipment)
        self._table.change(merchant_key(self._merchant), key, set={"voided": True})

    def of_month(self, month: str) -> list[MonthlyCost]:
        """What each ship method cost, the most expensive first. Returns are counted separately."""
        sums: dict[tuple[str, bool], tuple[int, Decimal]] = {}
        for item in self._table.query(merchant_key(self._merchant), f"COST#{month}#"):
            if item.get("voided"):
                continue
            key = (str(item["ship_method"]), bool(item["returned"]))
            parcels, cost = sums.get(key, (0, Decimal(0)))
            sums[key] = parcels + 1, cost + Decimal(item["cost"])
        found = [MonthlyCost(*key, parcels, cost) for key, (parcels, cost) in sums.items()]
        return sorted(found, key=lambda one: (-one.cost, one.ship_method, one.returned))

    @property
    def _shelf(self) -> str:
        return f"{self._merchant}#costs"

    def _write(self, due: DueCosts, at: datetime) -> None:
        place = {"shelf": self._shelf, "shelved_at": at.isoformat()}
        end = {"expires_at": int((self._now() + _DUE_KEPT).timestamp())}
        key = _due_key(due.billbee_id)
        self._table.change(merchant_key(self._merchant), key, set=to_item(due) | place | end)


def _cost_key(month: str, billbee_id: int, shipment: str) -> str:
    return f"COST#{month}#{billbee_id:020d}#{shipment}"


def _due_key(billbee_id: int) -> str:
    return f"COSTSDUE#{billbee_id:020d}"
