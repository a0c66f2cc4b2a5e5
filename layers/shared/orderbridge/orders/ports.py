"""The port of orders: what they need of the hub and the warehouse (R1-R13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.effects import messages
from orderbridge.returns import ports as returns
from orderbridge.tracking import ports as tracking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from orderbridge.effects.answers import Answers
    from orderbridge.jobs.publisher import Sender
    from orderbridge.ledger.order import Order, OrderPage
    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.ledger.pricing import Component
    from orderbridge.merchants.breaker import Breaker
    from orderbridge.merchants.remembered import Remembered
    from orderbridge.orders.backlog import Backlog
    from orderbridge.orders.listings import Listings
    from orderbridge.orders.shipping_order import ImportRules, ShippingOrder
    from orderbridge.products.product_records import ProductRecords
    from orderbridge.products.products import Product
    from orderbridge.tracking.warehouse_order import WarehouseOrder


class Hub(tracking.Hub, messages.Hub, Protocol):
    def orders(
        self,
        *,
        page: int,
        states: Iterable[int] = (),
        tags: Iterable[str] = (),
        modified_since: datetime | None = None,
        modified_until: datetime | None = None,
    ) -> OrderPage:
        """A page of the orders that have one of the states and all of the tags, and were changed in a period.

        Args:
            page: from 1.
            states, tags: if empty, orders in all states, or with any tags.
            modified_since, modified_until: the hub may keep coarser times, so orders outside may be included.
        """

    def order_by_number(self, number: str) -> Order | None:
        """The order with the shop's number, or None."""

    def components(self, product_id: int | None, sku: str) -> tuple[Component, ...]:
        """The components of one bundle; empty if the hub does not know them.

        Args:
            product_id: None if the order's line does not name it, so that the SKU counts.

        Raises:
            NotFound: the product is gone.
        """

    def product(self, product_id: int) -> Product | None:
        """One product as it is now; None if it is gone."""


class Warehouse(returns.Warehouse, Protocol):
    def submit(self, orders: Sequence[ShippingOrder], *, test: bool = False) -> None:
        """Put orders on the warehouse's books, all in one call.

        Args:
            test: the warehouse only checks them. May be repeated.

        Raises:
            Refused: some of them may have been taken. Ask by number.
            UnknownOutcome: ask by number before sending any of them again.
        """

    def update(self, order: ShippingOrder) -> None:
        """Replace the content of an order. May be repeated. The order as `order` shows it proves the result.

        Raises:
            NotFound: the warehouse does not have it.
            Refused: the warehouse has begun with it, or does not accept the new content.
        """

    def cancel(self, number: OrderNumber) -> None:
        """Cancel a whole order. May be repeated: a cancelled order may be refused, so read it then.

        Raises:
            NotFound: the warehouse does not have it.
            Refused: it is too late, or it is cancelled already.
        """

    def cancel_lines(self, number: OrderNumber, skus: Sequence[str]) -> None:
        """Cancel all lines of these SKUs of an order. May be repeated. The order's report shows the result.

        Raises:
            Refused: it is too late.
        """

    def toggle_hold(self, number: OrderNumber) -> WarehouseOrder:
        """Put an order on hold, or release it. Read the status first. Returns the order with its new status.

        Not repeatable: after an UnknownOutcome read the status again.

        Raises:
            NotFound: the warehouse does not have it.
            Refused: the warehouse has begun with it.
        """

    def ship_methods(self) -> dict[str, str]:
        """The codes of the ship methods, by name. Raises MalformedAnswer for an empty list."""


class Workspace(returns.Workspace, Protocol):
    @property
    def hub(self) -> Hub: ...
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def rules(self) -> ImportRules: ...
    @property
    def products(self) -> ProductRecords: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def push(self) -> Sender:
        """Sends to the push queue."""

    @property
    def breaker(self) -> Callable[[str], Breaker]:
        """The merchant's breaker for a vendor (R32)."""

    @property
    def backlog(self) -> Backlog: ...
    @property
    def listings(self) -> Callable[[str], Listings]:
        """A job's position in the warehouse's long list of orders (R10)."""

    @property
    def bundles(self) -> Remembered[tuple[int | None, str], tuple[Component, ...]]:
        """What bundles consist of, by the hub's product id and SKU."""

    @property
    def ship_methods(self) -> Remembered[str, dict[str, str]]: ...
    @property
    def kept(self) -> dict[str, object]:
        """What a job keeps for its next run in this environment."""

    def note_defective(self, errors: Mapping[int, str], /) -> None:
        """Note orders whose import met an unexpected error, by what it was."""
