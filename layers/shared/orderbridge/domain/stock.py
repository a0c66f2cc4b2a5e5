"""How much of a product the shops may sell (R18).

The shop side takes off what it has sold and not yet seen shipped by itself, at the moment it applies a figure. What
it is told is therefore the physical
stock, less what the warehouse has promised to orders the shop side does not know, less the merchant's buffer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WarehouseStock:
    """One product's pieces at the warehouse.

    Attributes:
        physical: on the shelf.
        allocated: of these, promised to orders that have not left.
    """

    sku: str
    physical: int
    allocated: int = 0


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
class OpenPieces:
    """Pieces in orders of ours that the warehouse has and has not finished.

    Attributes:
        complete: whether every such order's pieces are known.
    """

    by_sku: Mapping[str, int]
    complete: bool


def open_pieces(orders: Iterable[Mapping[str, int]]) -> OpenPieces:
    """Add up the pieces of open orders, each given by SKU; an order without pieces is one whose pieces are not
    known.
    """
    total = Counter[str]()
    complete = True
    for pieces in orders:
        complete = complete and bool(pieces)
        total.update({sku.casefold(): count for sku, count in pieces.items()})
    return OpenPieces(total, complete)


def figure(stock: WarehouseStock, ours: OpenPieces, buffer: int) -> StockFigure:
    """What to tell the shops.

    Pieces that the warehouse has allocated beyond our own open orders belong to orders from elsewhere, which the shop
    side cannot know.
    Where the pieces of one of our orders are not known, nothing can be said about others.
    """
    elsewhere = max(0, stock.allocated - ours.by_sku.get(stock.sku.casefold(), 0)) if ours.complete else 0
    return StockFigure(stock.sku, max(0, stock.physical), max(0, stock.allocated), elsewhere, buffer)
