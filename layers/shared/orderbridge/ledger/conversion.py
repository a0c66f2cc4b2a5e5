"""Money in other currencies than the warehouse's, by the merchant's own dated rates (R36)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order

DOLLARS: Final = "USD"
"""What the warehouse's documents call its amounts."""


@dataclass(frozen=True)
class Conversion:
    """A merchant's rate, and what an order's record keeps of it: one unit of ``currency`` is ``rate`` units of
    ``into``, for orders that are sent on ``since`` or later.
    """

    currency: str
    into: str
    rate: Decimal
    since: date

    def __str__(self) -> str:
        return f"{self.currency} converted into {self.into} at {self.rate:f} (rate of {self.since})"


@dataclass(frozen=True)
class CurrencyRules:
    """What the merchant's settings say of currencies.

    Attributes:
        warehouse: the warehouse's currency; None if figures are sent as they are, whatever their currency.
        rates: by currency.
    """

    warehouse: str | None = None
    rates: Mapping[str, Conversion] = field(default_factory=dict)

    def keeping(self, order: Order, kept: Conversion | None) -> CurrencyRules:
        """The rules for an order that was converted before: it keeps its rate."""
        if kept is None or kept.currency != currency_of(order) or self.warehouse not in (None, kept.into):
            return self
        return replace(self, warehouse=kept.into, rates={**self.rates, kept.currency: kept})

    def needs_rate(self, order: Order) -> bool:
        return self.warehouse is not None and currency_of(order) not in ("", self.warehouse)

    def conversion(self, order: Order) -> Conversion | None:
        """How an order is converted; None if it is not, or if there is no rate for it (yet)."""
        found = self.rates.get(currency_of(order)) if self.needs_rate(order) else None
        return found if found is not None and found.since <= order.read_at.date() else None


def currency_of(order: Order) -> str:
    return order.currency.strip().upper()
