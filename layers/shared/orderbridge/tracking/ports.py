"""The port of tracking: what it needs of the hub and the warehouse (R14-R17, R27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.effects.saying import Means, OrderSource
from orderbridge.jobs import ports

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.merchants.account_numbers import AccountNumbers
    from orderbridge.merchants.findings import Findings
    from orderbridge.products.kit_records import KitRecords
    from orderbridge.stock.stock_records import StockRecords
    from orderbridge.tracking.carriers import Carrier
    from orderbridge.tracking.cost_records import CostRecords
    from orderbridge.tracking.shipments import Shipment
    from orderbridge.tracking.warehouse_order import WarehouseOrder, WarehouseOrdersPage


class Hub(OrderSource, Protocol):
    def set_state(self, order_id: int, state: int) -> None:
        """Set an order's state, which the hub passes to the shop with the present parcels. May be repeated. Raises
        NotFound and Refused.
        """

    def add_shipment(
        self, order_id: int, tracking_number: str, carrier: Carrier, comment: str, *, is_return: bool = False
    ) -> None:
        """Attach a parcel to an order. Not repeatable: after an UnknownOutcome look at the order.

        Args:
            comment: for the merchant.

        Raises:
            NotFound, Refused: the order is gone or accepts no parcel.
            UnknownOutcome: it may have been attached.
        """


class Warehouse(Protocol):
    @property
    def history(self) -> timedelta:
        """How far back `orders_since` goes."""

    def order(self, number: OrderNumber) -> WarehouseOrder | None:
        """The order of that number, or None if the warehouse itself says that there is none.

        Raises:
            MalformedAnswer: it is not certain.
        """

    def orders_since(self, since: datetime, page: int = 1) -> WarehouseOrdersPage:
        """A page of the orders that were placed or changed since a moment, from page 1. The warehouse decides whether
        changes count.
        """

    def date_of(self, moment: datetime) -> date:
        """The date at the warehouse."""

    def shipments(self, number: OrderNumber) -> tuple[Shipment, ...]:
        """The shipments of an order; empty if the warehouse lists none (yet)."""


class Workspace(ports.Workspace, Means, Protocol):
    @property
    def hub(self) -> Hub: ...
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def account_numbers(self) -> AccountNumbers:
        """How the account at the warehouse writes order numbers (R28)."""

    @property
    def stock(self) -> StockRecords: ...
    @property
    def kits(self) -> KitRecords: ...
    @property
    def costs(self) -> CostRecords: ...
    @property
    def findings(self) -> Findings: ...
