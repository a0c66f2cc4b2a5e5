"""The port of stock: what it needs of the hub and the warehouse (R18, R25).

All calls may raise the errors of ``orderbridge.platform.errors`` and nothing else. Those that may be repeated say so;
a call that only reads always may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.jobs import ports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from orderbridge.ledger.sku import Sku
    from orderbridge.merchants.findings import Findings
    from orderbridge.merchants.remembered import Remembered, SeldomChanged
    from orderbridge.stock.figures import ShopStock, StockAnswer, WarehouseStock, WarehouseStockPage
    from orderbridge.stock.low_stock_records import LowStockRecords, SalesPages
    from orderbridge.stock.movement_records import MovementRecords
    from orderbridge.stock.movements import Codes, MovementsPage
    from orderbridge.stock.stock_records import StockRecords


class Hub(Protocol):
    def stocks(self) -> tuple[ShopStock, ...]:
        """The merchant's stocks in the hub; empty for a merchant with a single one."""

    def update_stock(self, quantities: Mapping[str, int], stock_id: int) -> dict[str, StockAnswer]:
        """Set the number of pieces, by SKU. The hub subtracts what it has reserved.

        Not repeatable: a figure that lands late replaces a newer one.

        Args:
            stock_id: 0 means the hub's default.

        Returns:
            The answer for each SKU, as it was sent. A SKU without an answer is missing.

        Raises:
            Refused: none of them was taken.
            UnknownOutcome: some of them may have been taken.
        """


class StockSource(Protocol):
    def product(self, sku: str) -> WarehouseStock | None:
        """The product of a SKU with its present stock in pieces.

        None does not prove that there is no such product: only the list of all products can.
        """


class Movements(Protocol):
    """What moved in the warehouse."""

    def page(self, since: datetime, until: datetime, page: int = 1, *, products: Sequence[str] = ()) -> MovementsPage:
        """A page of the movements from ``since`` on and before ``until``, from page 1, in the warehouse's order.

        Args:
            products: SKUs; if empty, all products.
        """

    def codes(self) -> Codes:
        """What the warehouse's codes of movements mean, in its own words; empty if it has none."""


class Warehouse(StockSource, Protocol):
    def products(self, page: int) -> WarehouseStockPage:
        """A page of all products with their stock in pieces, from page 1."""

    @property
    def movements(self) -> Movements: ...


class Kits(Protocol):
    def at_warehouse(self) -> Mapping[Sku, object]:
        """The SKUs of bundles that the warehouse has as kits (R26)."""


class Workspace(ports.Workspace, Protocol):
    @property
    def hub(self) -> Hub: ...
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def stock(self) -> StockRecords: ...
    @property
    def kits(self) -> Kits: ...
    @property
    def sales(self) -> SalesPages: ...
    @property
    def low_stock(self) -> LowStockRecords: ...
    @property
    def findings(self) -> Findings: ...
    @property
    def stocks(self) -> SeldomChanged[tuple[ShopStock, ...]]:
        """The hub's stocks."""

    @property
    def movements(self) -> MovementRecords: ...
    @property
    def movement_codes(self) -> Remembered[str, Codes]: ...
