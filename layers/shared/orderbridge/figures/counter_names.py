"""The names of the counters of a day's figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

IMPORTED: Final = "imported"
ADOPTED: Final = "adopted"
SUBMITTED: Final = "submitted"
SHIPPED: Final = "shipped"
CANCELLED: Final = "cancelled"
REJECTED: Final = "rejected"
"""In all; ``rejected OB-105`` by code."""
HELD: Final = "held"
PARCELS: Final = "parcels"
RETURNS: Final = "returns"
ON_TIME: Final = "on time"
LATE: Final = "late"
"""Of the shipped orders that had a promise (R42)."""
TO_SUBMITTED: Final = "to submitted"
TO_SHIPPED: Final = "to shipped"
"""How long after the payment: ``to shipped seconds`` in all, ``to shipped 3600`` by bucket."""
SECONDS: Final = "seconds"
COST: Final = "cost"
"""Of parcels, in hundredths of a cent; ``cost FedEx GND/Home`` by ship method."""
COSTED: Final = "costed orders"
COSTED_PARCELS: Final = "costed parcels"
"""By ship method: ``costed parcels FedEx GND/Home``."""
UNIT_OF_COST: Final = Decimal("0.0001")


def named(counts: Mapping[str, int], prefix: str) -> Iterator[tuple[str, int]]:
    """The counters whose names begin so and go on after a blank, by what follows."""
    start = f"{prefix} "
    return ((name.removeprefix(start), count) for name, count in counts.items() if name.startswith(start))
