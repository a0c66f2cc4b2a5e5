"""The relevant order states of Billbee."""

from __future__ import annotations

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
