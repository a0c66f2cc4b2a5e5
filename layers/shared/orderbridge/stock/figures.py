"""How much of a product the shops may sell (R18).

When the hub applies a figure, it subtracts what it has sold and not yet seen shipped. So the figure is the physical
stock, less what the warehouse has promised to orders that the hub does not know, less the merchant's buffer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orderbridge.ledger.sku import Sku, by_sku


@dataclass(frozen=True)
class WarehouseStock:
    """One product's pieces at the warehouse.

    Attributes:
        physical: on the shelf.
        allocated: of these, promised to orders that have not left.
        backordered: promised to orders that wait for pieces to arrive.
        status: the warehouse's code for the product's status; empty if it does not show it.
    """

    sku: str
    physical: int
    allocated: int = 0
    backordered: int = 0
    status: str = ""

    @property
    def promised(self) -> int:
        return max(0, self.allocated) + max(0, self.backordered)


@dataclass(frozen=True)
class WarehouseStockPage:
    """One page of products' stock.

    Attributes:
        unreadable: the product numbers of those whose figures cannot be read; an empty text for an entry that does not
            name its product.
    """

    stocks: tuple[WarehouseStock, ...]
    more: bool
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class StockFigure:
    """What the shops may sell of a product, and how it is computed."""

    sku: str
    physical: int
    allocated: int
    elsewhere: int
    buffer: int

    @property
    def quantity(self) -> int:
        """The figure to send; never below zero."""
        return max(0, self.physical - self.elsewhere - self.buffer)


@dataclass(frozen=True)
class ShopStock:
    """A stock of the merchant's account at the hub; with several, the default one may have any number."""

    id: int
    name: str = ""
    is_default: bool = False


@dataclass(frozen=True)
class StockLevel:
    """How many pieces of a SKU the shops may sell, and how many are sold and not yet shipped."""

    sku: str
    current: int
    unfulfilled: int


@dataclass(frozen=True)
class StockPage:
    """The stock of one page of products."""

    levels: tuple[StockLevel, ...]
    total_pages: int


@dataclass(frozen=True)
class StockAnswer:
    """The hub's answer to one SKU's figure.

    Attributes:
        current: its stock now.
        reserved: pieces that it subtracted for orders that are not shipped.
        error: why it was not applied.
        failed: it may succeed later: the hub failed, or its answer cannot be read.
        unexplained: the error has no code, so it may be a temporary one or one of the SKU.
    """

    current: int | None = None
    reserved: int = 0
    error: str | None = None
    failed: bool = False
    unexplained: bool = False


def open_pieces(orders: Iterable[Mapping[str, int]]) -> Counter[Sku]:
    """Add up the pieces of orders, each given by SKU, without regard to case."""
    total = Counter[Sku]()
    for pieces in orders:
        total.update(by_sku(pieces))
    return total


def figure(stock: WarehouseStock, ours: Mapping[Sku, int], buffer: int) -> StockFigure:
    """What to tell the shops.

    What the warehouse has promised beyond our own open orders is promised to orders from elsewhere, which the hub does
    not know. An order of ours with unknown pieces counts as one of those: too little rather than too much.

    Args:
        ours: pieces of our orders at the warehouse, by SKU, including those that have left but are still reserved at
            the hub: they are not on the shelf any more, so they must not be subtracted twice.
    """
    elsewhere = max(0, stock.promised - ours.get(Sku(stock.sku), 0))
    return StockFigure(stock.sku, max(0, stock.physical), max(0, stock.allocated), elsewhere, buffer)


def default_stock(stocks: Sequence[ShopStock]) -> int | None:
    """The number of an account's default stock, which may differ from 0; None if the list does not say.

    An account without multi-stock may have an empty list, and then the number is 0.
    """
    if not stocks:
        return 0
    defaults = {stock.id for stock in (stocks if len(stocks) == 1 else [one for one in stocks if one.is_default])}
    return next(iter(defaults)) if len(defaults) == 1 else None
