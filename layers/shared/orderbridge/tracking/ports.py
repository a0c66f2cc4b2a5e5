"""The hub and the warehouse as far as parcels and reports go (R14-R17, R27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.effects.saying import Means, OrderSource
from orderbridge.jobs import ports

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from orderbridge.ledger.order_number import Habits, OrderNumber
    from orderbridge.products.kit_records import KitRecords
    from orderbridge.stock.stock_records import StockRecords
    from orderbridge.tracking.carriers import Carrier
    from orderbridge.tracking.cost_records import CostRecords
    from orderbridge.tracking.shipping_costs import Shipment
    from orderbridge.tracking.warehouse_order import WarehouseOrder, WarehouseOrdersPage


class Hub(OrderSource, Protocol):
    def set_state(self, order_id: int, state: int) -> None: ...

    def add_shipment(
        self, order_id: int, tracking_number: str, carrier: Carrier, comment: str, *, is_return: bool = False
    ) -> None:
        """Attach a parcel to an order. Not repeatable: after an UnknownOutcome look at the order.

        Args:
            comment: what the merchant reads beside it.
        """


class KnownHabits(Protocol):
    """What is known of how the account writes numbers (R28)."""

    def known(self) -> Habits: ...
    def learn(self, habits: Habits) -> None: ...


class Orders(Protocol):
    """The warehouse's books."""

    @property
    def history(self) -> timedelta:
        """How far back `orders_since` goes."""

    @property
    def habits(self) -> KnownHabits: ...

    def order(self, number: OrderNumber) -> WarehouseOrder | None:
        """The order of that number, or None.

        Raises:
            MalformedAnswer: it is not certain.
        """

    def orders_since(self, since: datetime, page: int = 1) -> WarehouseOrdersPage:
        """A page of the orders that were placed or changed since a moment, from page 1."""


class Warehouse(Orders, Protocol):
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
    def stock(self) -> StockRecords: ...
    @property
    def kits(self) -> KitRecords: ...
    @property
    def costs(self) -> CostRecords: ...
