"""The life of an order: its statuses and every move between them that is allowed."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Status(StrEnum):
    QUEUED = "queued"
    """Imported, waiting to be sent."""
    SUBMITTING = "submitting"
    """Claimed: a call to the warehouse is under way, or its outcome is not known yet."""
    SUBMITTED = "submitted"
    """On the warehouse's books; the shop does not know yet."""
    ACKNOWLEDGED = "acknowledged"
    """The shop's order carries the received tag."""
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    REJECTED = "rejected"
    HELD = "held"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


_S = Status
_ALLOWED: dict[Status, frozenset[Status]] = {
    _S.QUEUED: frozenset({_S.SUBMITTING, _S.SUBMITTED, _S.ACKNOWLEDGED, _S.REJECTED, _S.CANCELLED}),
    _S.SUBMITTING: frozenset({_S.QUEUED, _S.SUBMITTED, _S.REJECTED}),
    _S.SUBMITTED: frozenset({_S.ACKNOWLEDGED, _S.PARTIALLY_SHIPPED, _S.SHIPPED, _S.HELD, _S.CANCELLING, _S.CANCELLED}),
    _S.ACKNOWLEDGED: frozenset({_S.PARTIALLY_SHIPPED, _S.SHIPPED, _S.HELD, _S.CANCELLING, _S.CANCELLED}),
    _S.HELD: frozenset({_S.ACKNOWLEDGED, _S.PARTIALLY_SHIPPED, _S.SHIPPED, _S.CANCELLING, _S.CANCELLED}),
    _S.PARTIALLY_SHIPPED: frozenset({_S.SHIPPED, _S.CANCELLING, _S.CANCELLED}),
    _S.CANCELLING: frozenset({_S.ACKNOWLEDGED, _S.PARTIALLY_SHIPPED, _S.SHIPPED, _S.CANCELLED}),
    _S.REJECTED: frozenset({_S.QUEUED}),
    _S.CANCELLED: frozenset({_S.QUEUED}),
    _S.SHIPPED: frozenset(),
}

OPEN = frozenset(Status) - {_S.SHIPPED, _S.REJECTED, _S.CANCELLED}
"""Statuses in which something is still to happen."""

AT_WAREHOUSE = frozenset({_S.SUBMITTED, _S.ACKNOWLEDGED, _S.PARTIALLY_SHIPPED, _S.HELD, _S.CANCELLING})
"""Statuses in which the warehouse has the order and has not finished it."""

BEFORE_WAREHOUSE = frozenset({_S.QUEUED, _S.SUBMITTING})

PASSING = BEFORE_WAREHOUSE | {_S.SUBMITTED, _S.CANCELLING}
"""Statuses that an order leaves by itself, within minutes."""

STUCK_AFTER = timedelta(minutes=30)
"""An order that has stayed in one of those for so long is taken up again (R10)."""


class ForbiddenMove(ValueError):
    """A move that the order's life does not allow: a defect in the caller, never a problem of input."""


def check_move(current: Status, to: Status) -> None:
    """Raise ForbiddenMove unless an order may go from ``current`` to ``to``."""
    if to not in _ALLOWED[current]:
        raise ForbiddenMove(f"an order cannot go from {current} to {to}")
