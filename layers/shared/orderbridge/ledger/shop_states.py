"""The relevant order states of Billbee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SHIPPED_STATE: Final = 4
DELETED_STATE, CANCELLED_STATE = 6, 8
"""States in which an order is cancelled or deleted."""
OPEN_STATES: Final = (1, 2, 3, 13, 16)
"""States in which an order that the warehouse has may still be under way."""
CLOSED_STATES: Final = (5, 7)
"""The states "complaint" and "closed", which mostly follow on "shipped"."""
DUNNED_STATES: Final = (11, 12, 15)
"""States of an overdue payment. The warehouse may have the order nevertheless."""
NEVER_IMPORTED: Final[Mapping[int, str]] = {
    SHIPPED_STATE: "shipped, which is over: it would be shipped again",
    5: "complaint, which was shipped: it would be shipped again",
    DELETED_STATE: "deleted, which must not be shipped",
    7: "closed, which is over: it would be shipped again",
    CANCELLED_STATE: "cancelled, which must not be shipped",
    9: "archived, which accepts neither tags nor parcels",
    10: "10, which Billbee does not use",
    14: "offered, which nobody has ordered yet",
}
"""The states from which an import makes no sense, with the reasons."""
IMPORTED: Final = (1, 2, 3, 11, 12, 13, 15, 16)
"""The documented states from which orders may be imported."""
