"""What came back to the warehouse (R17)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orderbridge.ledger.order_number import OrderNumber


@dataclass(frozen=True)
class ReturnedPieces:
    """Pieces of an order that came back to the warehouse. Texts are the warehouse's."""

    order_number: OrderNumber
    sku: str
    quantity: str
    return_id: str
    reason: str
    returned_at: str
    disposition: str
    tracking_number: str = ""

    @property
    def key(self) -> str:
        """Distinguishes the returns of an order."""
        told = f"{self.sku}|{self.quantity}|{self.return_id}|{self.returned_at}|{self.tracking_number}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ReturnsPage:
    """One page of returned pieces."""

    returned: tuple[ReturnedPieces, ...]
    more: bool
