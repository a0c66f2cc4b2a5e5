"""Which products run low: by what the shop sold of them, by its warning level, or with orders waiting (R45)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language
    from orderbridge.merchants.settings import StockSettings
    from orderbridge.stock.figures import WarehouseStock

_SOLD_IN: Final = 30
"""Days over which the shop counts what was sold."""


class Low(StrEnum):
    """Why a product is low; the worst first."""

    ORDERS_WAIT = "orders wait"
    BELOW_WARNING = "below warning"
    FEW_DAYS = "few days"


_WORST_FIRST: Final = tuple(Low)
_WORDS: Final = {
    Low.ORDERS_WAIT: ("out of stock, {waiting} pieces wait", "nicht vorrätig, {waiting} Stück fehlen"),
    Low.BELOW_WARNING: (
        "{free} left, below the warning level of {warning}",
        "noch {free}, unter dem Mindestbestand von {warning}",
    ),
    Low.FEW_DAYS: ("{free} left", "noch {free}"),
}


@dataclass(frozen=True)
class Sales:
    """What the shop says of a product.

    Attributes:
        sold: pieces in the last 30 days.
        warning: the level below which the merchant wants to be warned; None without one.
    """

    sold: int = 0
    warning: int | None = None


@dataclass(frozen=True)
class LowSku:
    """A product that runs low.

    Attributes:
        free: pieces that are promised to nobody, less the merchant's buffer.
        waiting: pieces of orders for which there are none.
    """

    sku: str
    why: Low
    free: int
    waiting: int = 0
    sold: int = 0
    warning: int | None = None

    @property
    def days(self) -> int | None:
        """Whole days for which the free pieces last at the pace of the last 30; None if nothing was sold."""
        return self.free * _SOLD_IN // self.sold if self.sold > 0 else None

    def in_words(self, language: Language = "en") -> str:
        """For example ``"MUG-01: 4 left, 2 days"``."""
        german = language == "de"
        what = _WORDS[self.why][german].format(free=self.free, waiting=self.waiting, warning=self.warning)
        if self.days is None or self.why is Low.ORDERS_WAIT:
            return f"{self.sku}: {what}"
        day = ("Tag" if self.days == 1 else "Tage") if german else ("day" if self.days == 1 else "days")
        return f"{self.sku}: {what}, {self.days} {day}"


def find_low(stock: WarehouseStock, ours: int, sales: Sales, settings: StockSettings) -> LowSku | None:
    """A product as one that runs low; None if it does not.

    Args:
        ours: pieces of our orders at the warehouse.
    """
    physical = max(0, stock.physical)
    waiting = max(0, stock.backordered, stock.promised - physical, ours - physical)
    free = max(0, physical - stock.promised - settings.buffer)
    low = LowSku(stock.sku, Low.FEW_DAYS, free, waiting, max(0, sales.sold), sales.warning)
    if waiting:
        return replace(low, why=Low.ORDERS_WAIT)
    if sales.warning is not None and free < sales.warning:
        return replace(low, why=Low.BELOW_WARNING)
    return low if low.days is not None and low.days < settings.low_days else None


def worst_first(low: Iterable[LowSku]) -> list[LowSku]:
    """First those with orders waiting, the most pieces first; then those that last for the fewest days."""
    many = 10**9
    return sorted(
        low,
        key=lambda one: (
            one.why is not Low.ORDERS_WAIT,
            -one.waiting,
            many if one.days is None else one.days,
            _WORST_FIRST.index(one.why),
            one.sku,
        ),
    )


def pieces_sold(amount: Decimal, pieces_per_sale: Decimal) -> int:
    """Pieces that left the stock, rounded to whole ones."""
    return int((max(Decimal(0), amount) * pieces_per_sale).to_integral_value())
