"""The port of products: what they need of the hub and the warehouse (R19, R26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.jobs import ports
from orderbridge.stock.ports import StockSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orderbridge.products.kit_records import KitRecords
    from orderbridge.products.product_records import ProductRecords
    from orderbridge.products.products import Product, ProductPage, WarehouseProduct
    from orderbridge.stock.low_stock_records import SalesPages
    from orderbridge.stock.stock_records import StockRecords


class Hub(Protocol):
    def products(self, page: int) -> ProductPage:
        """A page of the merchant's products, from page 1."""

    def product(self, product_id: int) -> Product | None:
        """One product as it is now; None if it is gone."""


class Warehouse(StockSource, Protocol):
    def upsert_products(self, wanted: Sequence[WarehouseProduct]) -> tuple[str | None, ...] | None:
        """Create or update products. May be repeated.

        Returns:
            For each product, in order, why the warehouse refused it, or None if it took it. None instead of a list if
            the answer does not tell them apart: send them one by one.

        Raises:
            Refused: all of them.
        """

    def upsert_kits(self, kits: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
        """Set the contents of kits, pieces by SKU, replacing the earlier ones. The products must be there. May be
        repeated.

        Returns:
            The kits that the warehouse shows as they were sent. What it would pack for the others is not known.

        Raises:
            Refused: the warehouse does not take them.
        """


class Workspace(ports.Workspace, Protocol):
    @property
    def hub(self) -> Hub: ...
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def products(self) -> ProductRecords: ...
    @property
    def kits(self) -> KitRecords: ...
    @property
    def stock(self) -> StockRecords: ...
    @property
    def sales(self) -> SalesPages: ...
