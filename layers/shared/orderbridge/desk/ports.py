"""The hub and the warehouse as far as people look at them."""

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
    from orderbridge.products.kit_records import KitRecords
    from orderbridge.stock.figures import StockPage
    from orderbridge.tracking.carriers import ShippingProvider


class Hub(orders.Hub, products.Hub, stock.Hub, Protocol):
    @property
    def clock_skew(self) -> timedelta | None:
        """How far the hub's clock is ahead of ours, by its last answer."""

    def order_by_number(self, number: str) -> Order | None: ...
    def carriers(self) -> dict[str, int]: ...
    def shipping_providers(self) -> tuple[ShippingProvider, ...]: ...
    def stock_levels(self, page: int, stock_id: int) -> StockPage: ...
    def webhooks(self) -> tuple[Webhook, ...]: ...
    def webhook_filters(self) -> frozenset[str]: ...
    def add_webhook(self, url: str, secret: SecretStr, filters: Iterable[str], description: str) -> None: ...
    def remove_webhook(self, webhook_id: str) -> None: ...


class Warehouse(orders.Warehouse, products.Warehouse, inbound.Warehouse, Protocol):
    @property
    def clock_skew(self) -> timedelta | None:
        """How far the warehouse's clock is ahead of ours, by its last answer."""

    def list_ship_methods(self) -> list[tuple[str, str]]:
        """Codes with their names. Both may occur more than once."""

    def pay_methods(self) -> dict[str, str]:
        """Names by code."""

    def product_statuses(self) -> dict[str, str]:
        """Names by code."""

    def probe(self, path_name: str, number: OrderNumber | None = None) -> None:
        """Make one of the calls that are not documented and only read. Its errors say whether there is such a call."""


class Workspace(orders.Workspace, billing.Workspace, inbound.Workspace, products.Workspace, Protocol):
    @property
    def hub(self) -> Hub: ...
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def kits(self) -> KitRecords: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def usage(self) -> Usage: ...
