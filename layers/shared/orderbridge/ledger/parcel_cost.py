"""What a parcel cost, as an order's record keeps it (R27). Weights are pounds, money is US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

GRAMS_PER_POUND: Final = Decimal("453.59237")


@dataclass(frozen=True)
class ParcelCost:
    """What the ledger keeps of a shipment, by its tracking number, or by the warehouse's number if it has none.

    Attributes:
        month: ``YYYY-MM``, in which it was counted; empty before that.
    """

    cost: Decimal
    ship_method: str = ""
    weight: Decimal | None = None
    zone: str = ""
    link: str = ""
    shipped_at: datetime | None = None
    returned: bool = False
    month: str = ""
