"""The life of an order: its statuses, and every move between them that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final


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
_REPORTED: Final = "reported by the warehouse"
_ON_HOLD: Final = "held, by the merchant or by the warehouse"
_TAKEN_BACK: Final = "cancelled or deleted in Billbee"

BEGINNINGS: Final[Mapping[Status, str]] = {
    _S.QUEUED: "imported",
    _S.SUBMITTED: "adopted: the warehouse has it",
    _S.ACKNOWLEDGED: "adopted: it has the received tag",
    _S.SHIPPED: "adopted: it has the received tag and is shipped",
    _S.REJECTED: "adopted: it has the rejected tag",
}
"""The statuses in which a record may begin, with the reasons."""

MOVES: Final[Mapping[Status, Mapping[Status, str]]] = {
    _S.QUEUED: {
        _S.SUBMITTING: "claimed for sending",
        _S.SUBMITTED: "found at the warehouse",
        _S.REJECTED: "not fit to be sent",
        _S.CANCELLED: "not to be sent any more",
    },
    _S.SUBMITTING: {
        _S.QUEUED: "certainly not at the warehouse",
        _S.SUBMITTED: "sent, or found at the warehouse",
        _S.REJECTED: "refused by the warehouse",
    },
    _S.SUBMITTED: {
        _S.ACKNOWLEDGED: "tagged as received",
        _S.PARTIALLY_SHIPPED: _REPORTED,
        _S.SHIPPED: _REPORTED,
        _S.HELD: _ON_HOLD,
        _S.CANCELLING: _TAKEN_BACK,
        _S.CANCELLED: "gone from Billbee before it was tagged",
    },
    _S.ACKNOWLEDGED: {
        _S.PARTIALLY_SHIPPED: _REPORTED,
        _S.SHIPPED: _REPORTED,
        _S.HELD: _ON_HOLD,
        _S.CANCELLING: _TAKEN_BACK,
        _S.CANCELLED: _REPORTED,
    },
    _S.HELD: {
        _S.ACKNOWLEDGED: "released",
        _S.PARTIALLY_SHIPPED: _REPORTED,
        _S.SHIPPED: _REPORTED,
        _S.CANCELLING: _TAKEN_BACK,
        _S.CANCELLED: _REPORTED,
    },
    _S.PARTIALLY_SHIPPED: {
        _S.SHIPPED: _REPORTED,
        _S.CANCELLING: _TAKEN_BACK,
        _S.CANCELLED: "the rest cancelled by the warehouse",
    },
    _S.CANCELLING: {
        _S.ACKNOWLEDGED: "too late, or wanted again",
        _S.PARTIALLY_SHIPPED: _REPORTED,
        _S.SHIPPED: _REPORTED,
        _S.CANCELLED: "cancelled at the warehouse",
    },
    _S.REJECTED: {_S.QUEUED: "rejected tag removed, or an operator asks"},
    _S.CANCELLED: {_S.QUEUED: "wanted again, and never sent"},
    _S.SHIPPED: {},
}
"""Every allowed move, by the status it starts from, with its reason."""

OPEN = frozenset(Status) - {_S.SHIPPED, _S.REJECTED, _S.CANCELLED}
"""Statuses in which something is still to happen."""

AT_WAREHOUSE = frozenset({_S.SUBMITTED, _S.ACKNOWLEDGED, _S.PARTIALLY_SHIPPED, _S.HELD, _S.CANCELLING})
"""Statuses in which the warehouse has the order and has not finished it."""

HAS_REACHED_WAREHOUSE = AT_WAREHOUSE | {_S.SHIPPED}
"""Statuses of an order that the warehouse took; a cancelled order may have reached it too."""

HAS_LEFT = frozenset({_S.PARTIALLY_SHIPPED, _S.SHIPPED})
"""Statuses of an order of which something has left the warehouse."""

BEFORE_WAREHOUSE = frozenset({_S.QUEUED, _S.SUBMITTING})

PASSING = BEFORE_WAREHOUSE | {_S.SUBMITTED, _S.CANCELLING}
"""Statuses that an order leaves by itself, within minutes."""

STUCK_AFTER = timedelta(minutes=30)
"""An order that has stayed in one of those for so long is taken up again (R10)."""


class ForbiddenMove(ValueError):
    """A move that the order's life does not allow: a defect in the caller, never a problem of input."""


def check_beginning(status: Status) -> None:
    """Raise ForbiddenMove unless an order's record may begin in this status."""
    if status not in BEGINNINGS:
        raise ForbiddenMove(f"an order cannot begin as {status}")


def check_move(current: Status, to: Status) -> None:
    """Raise ForbiddenMove unless an order may go from ``current`` to ``to``."""
    if to not in MOVES[current]:
        raise ForbiddenMove(f"an order cannot go from {current} to {to}")
