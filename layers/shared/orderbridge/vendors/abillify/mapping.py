"""Maps Abillify's order to an invoice."""

from __future__ import annotations

from typing import Any, Final

from orderbridge.billing.invoice import BilledItem, Invoice
from orderbridge.vendors.abillify.models import WireOrder

CANCELLED: Final = frozenset({"canceled", "cancelled"})


def to_invoice(data: Any, reference: str) -> Invoice:
    """The invoice that an answer holds. Raises ValueError if it cannot be read, or is about another order."""
    wire = WireOrder.model_validate(data)
    if not wire.answers(reference):
        raise ValueError("it is another order")
    return Invoice(
        currency=wire.currency,
        total=wire.total,
        tax=wire.tax,
        net=wire.net,
        net_based=bool(wire.netbased),
        cancelled=bool(wire.cancellationdate or wire.cancelationdate) or wire.state.casefold() in CANCELLED,
        items=tuple(BilledItem(item.product_number, item.quantity, item.kind.strip()) for item in wire.items),
    )
