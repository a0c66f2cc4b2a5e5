"""The hub and the warehouse as far as stock goes (R18, R25)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.jobs import ports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from orderbridge.ledger.sku import Sku
    from orderbridge.merchants.remembered import Remembered, SeldomChanged
    from orderbridge.stock.figures import ShopStock, StockAnswer, WarehouseStock, WarehouseStockPage
    from orderbridge.stock.movement_records import MovementRecords
    from orderbridge.stock.movements import Codes, MovementsPage
    from orderbridge.stock.stock_records import StockRecords


class Hub(Protocol):
    def stocks(self) -> tuple[ShopStock, ...]:
        """The stocks that the merchant keeps in the hub."""

    def update_stock(self, quantities: Mapping[str, int], stock_id: int) -> dict[str, StockAnswer]:
        """Set how many pieces there are, by SKU. Gives the answer for each SKU; one may be missing.

        Args:
            stock_id: 0 leaves the choice to the hub.

        Raises:
            Refused: none of them was taken.
            UnknownOutcome: some of them may have been taken.
        """


class Movements(Protocol):
    """What moved in the warehouse."""

    def page(
        self,
        since: datetime,
        until: datetime,
        page: int = 1,
        *,
        products: Sequence[str] = (),
        types: Sequence[str] = (),
    ) -> MovementsPage:
        """A page of the movements in a period, from page 1. Without products or types, all of them."""

    def codes(self) -> Codes:
        """What the warehouse's codes mean."""


class Warehouse(Protocol):
    def products(self, page: int) -> WarehouseStockPage:
        """A page of the products with their stock, from page 1."""

    def product(self, sku: str) -> WarehouseStock | None:
        """One product's present stock. None does not prove that there is no such product."""

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
    def stocks(self) -> SeldomChanged[tuple[ShopStock, ...]]: ...
    @property
    def movements(self) -> MovementRecords: ...
    @property
    def movement_codes(self) -> Remembered[str, Codes]: ...
