"""How much of a product the shops may sell (R18).

The shop side takes off what it has sold and not yet seen shipped by itself, at the moment it applies a figure. What
it is told is therefore the physical stock, less what the warehouse has promised to orders that the shop side does not
know, less the merchant's buffer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orderbridge.domain.sku import Sku, by_sku


@dataclass(frozen=True)
class WarehouseStock:
    """One product's pieces at the warehouse.

    Attributes:
        physical: on the shelf.
        allocated: of these, promised to orders that have not left.
        backordered: promised to orders that wait for pieces to arrive.
        status: the warehouse's code for the product's status; empty where it does not show it.
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
        unreadable: the product numbers of those whose figures cannot be read; empty text for an entry that does not
            even name its product.
    """

    stocks: tuple[WarehouseStock, ...]
    more: bool
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class StockFigure:
    """What the shops may sell of a product, and how that came about."""

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
    """A stock of the merchant's account on the shop side; with several, the default one may have any number."""

    id: int
    name: str = ""
    is_default: bool = False


@dataclass(frozen=True)
class StockLevel:
    """What the shops may sell of a SKU, and what is sold and not yet shipped."""

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
    """What the shop side did with one SKU's figure.

    Attributes:
        current: its stock now.
        reserved: pieces that it took off for orders that are not shipped.
        error: why it was not taken.
        failed: it may be taken another time: the shop side failed, or its answer cannot be read.
        unexplained: the error has no code, so that it may be about the moment as well as about the SKU.
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

    What the warehouse has promised beyond our own open orders is promised to orders from elsewhere, which the shop
    side cannot know. An order of ours whose pieces are not known counts among those: too little rather than too much.

    Args:
        ours: pieces of our orders at the warehouse, by SKU. Those that have left but are still held back by
            the shop side belong here: the shelf has lost them already, so they must not be taken off twice.
    """
    elsewhere = max(0, stock.promised - ours.get(Sku(stock.sku), 0))
    return StockFigure(stock.sku, max(0, stock.physical), max(0, stock.allocated), elsewhere, buffer)


def default_stock(stocks: Sequence[ShopStock]) -> int | None:
    """The number of an account's default stock, which need not be 0; None where the list does not tell.

    An account without multi-stock may have none in the list: then no other number than 0 can be meant.
    """
    if not stocks:
        return 0
    defaults = {stock.id for stock in (stocks if len(stocks) == 1 else [one for one in stocks if one.is_default])}
    return next(iter(defaults)) if len(defaults) == 1 else None
