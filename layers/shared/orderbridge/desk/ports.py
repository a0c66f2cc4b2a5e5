"""The port of the desk: what it needs of the hub and the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.billing import ports as billing
from orderbridge.inbound import ports as inbound
from orderbridge.orders import ports as orders
from orderbridge.products import ports as products
from orderbridge.stock import ports as stock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from pydantic import SecretStr

    from orderbridge.desk.digest_records import Digests
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.merchants.usage import Usage
    from orderbridge.orders.webhooks import Webhook
    from orderbridge.stock.figures import StockPage
    from orderbridge.tracking.carriers import ShippingProvider


class Hub(orders.Hub, products.Hub, stock.Hub, Protocol):
    @property
    def clock_skew(self) -> timedelta | None:
        """How far the hub's clock is ahead of ours, by its last answer."""

    def order_by_number(self, number: str) -> Order | None:
        """The order with the shop's number as it is now, or None."""

    def carriers(self) -> dict[str, int]:
        """The hub's numbers of carriers, by name: the same for all merchants, and never empty."""

    def shipping_providers(self) -> tuple[ShippingProvider, ...]:
        """The shipping providers that the merchant has set up in the hub; there may be none."""

    def stock_levels(self, page: int, stock_id: int) -> StockPage:
        """One stock of a page of the merchant's products, in pieces, from page 1.

        Args:
            stock_id: 0 only for a merchant with a single stock.
        """

    def webhooks(self) -> tuple[Webhook, ...]:
        """All webhooks of the merchant, including those of other applications."""

    def webhook_filters(self) -> frozenset[str]:
        """The names of the events that a webhook can be registered for."""

    def add_webhook(self, url: str, secret: SecretStr, filters: Iterable[str], description: str) -> None:
        """Register a webhook; the hub asks the URL for an echo meanwhile. Not repeatable: it would be there twice."""

    def remove_webhook(self, webhook_id: str) -> None:
        """Remove one webhook. May be repeated, and then raises NotFound. Raises ValueError without an id."""


class Warehouse(orders.Warehouse, products.Warehouse, inbound.Warehouse, Protocol):
    @property
    def clock_skew(self) -> timedelta | None:
        """How far the warehouse's clock is ahead of ours, by its last answer."""

    def list_ship_methods(self) -> list[tuple[str, str]]:
        """Codes of the ship methods with their names. Both may occur more than once. Raises MalformedAnswer for an
        empty list.
        """

    def pay_methods(self) -> dict[str, str]:
        """Names of the ways of payment, by code. Raises MalformedAnswer for an empty list."""

    def product_statuses(self) -> dict[str, str]:
        """Names of the statuses of products, by code. Raises MalformedAnswer for an empty list."""

    def probe(self, path_name: str, number: OrderNumber | None = None) -> None:
        """Make one of the undocumented calls that only read. Its errors show whether the call exists."""


class Workspace(orders.Workspace, billing.Workspace, inbound.Workspace, products.Workspace, Protocol):
    @property
    def hub(self) -> Hub: ...
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def usage(self) -> Usage: ...
