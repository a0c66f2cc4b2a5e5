"""What a merchant is told about an order once, or what is done for it once: the keys in the record's ``told``."""

from __future__ import annotations

from collections.abc import Set
from enum import StrEnum
from typing import Final

REJECTED: Final = "rejected"
"""Why the order was not sent."""
CREDIT_NOTE: Final = "credit note"
"""No message: the order is a credit note. With `REJECTED`, what follows from that was done."""
_CREDIT: Final = "credited by "
"""No message: a credit note, named behind it, was read before the warehouse had the order (R38)."""
MERGED: Final = "merged"
"""No message: another order was merged into it before it was sent, and may be at the warehouse."""
MERGE_TOLD: Final = "merge told"
"""The merchant was told that an order which was merged into it ships by itself. They decide whether it is sent."""
RETRIED: Final = "retried"
"""No message: an operator had the order sent in spite of its received or rejected tag."""
PIECES_MISSING: Final = "pieces_missing"
"""Everything has left, and the warehouse's report does not show all pieces of the order (R39)."""

RETURN: Final = "return:"
"""Prefix: pieces that came back."""
MISPICK: Final = "mispick"
"""The parcels weigh far more or far less than the order's goods (R46)."""


class Answer(StrEnum):
    """Answers to a wish of the merchant, or messages about the order itself, once each. The values are the keys of the
    messages.
    """

    CANCELLED = "cancelled_on_request"
    CANCEL_REFUSED = "cancel_refused"
    HOLD_REFUSED = "hold_refused"
    RELEASE_REFUSED = "release_refused"
    CHANGE_REFUSED = "change_refused"
    LABEL_READY = "return_label_ready"
    LABEL_REFUSED = "return_label_refused"
    LABEL_UNKNOWN = "return_label_unknown"
    TOTAL_DIFFERS = "total_differs"
    """The order was sent, and its total is not the sum of its lines and its shipping cost (R3)."""
    CONTENT_DIFFERS = "content_differs"
    """The order in Billbee differs from what the warehouse has (R37)."""


LABEL_ANSWERS: Final = frozenset({Answer.LABEL_READY, Answer.LABEL_REFUSED, Answer.LABEL_UNKNOWN})


class BillingAnswer(StrEnum):
    """What is known of an order's billing, and what the merchant is told about it (R20)."""

    OK = "billing_ok"
    MISMATCH = "billing_mismatch"
    SETTLED = "billing_settled"
    CANCELLED = "billing_cancelled"


class WarehouseEvent(StrEnum):
    """Events at the warehouse that the merchant is told about, once each (R17)."""

    BACKORDERED = "backordered"
    BACKORDERED_WITH_OTHERS = "backordered_with_others"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RETURNED = "returned"


_CONTENT: Final = "content "
_MERGED_INTO: Final = "merged into "


def is_settled(told: Set[str], content: str) -> bool:
    """Whether everything was done for the content that Billbee shows of an order (R37).

    Args:
        content: its hash.
    """
    return _settled_key(content) in told


def with_settled(told: Set[str], content: str) -> frozenset[str]:
    """``told`` with this content as settled. If an earlier content comes back, it has to be looked at again."""
    return frozenset(key for key in told if not key.startswith(_CONTENT)) | {_settled_key(content)}


def waiting_credits(told: Set[str]) -> tuple[int, ...]:
    """The credit notes that were read before the warehouse had the order, and that nothing has followed from yet, by
    their ids in Billbee (R38).
    """
    return tuple(sorted(int(key.removeprefix(_CREDIT)) for key in told if key.startswith(_CREDIT)))


def with_waiting_credit(told: Set[str], note: int) -> frozenset[str]:
    """``told`` with a credit note that waits. One that was processed does not wait again."""
    return frozenset(told) if credit_done(note) in told else frozenset(told) | {f"{_CREDIT}{note}"}


def without_waiting_credit(told: Set[str], note: int) -> frozenset[str]:
    return frozenset(told) - {f"{_CREDIT}{note}"}


def credit_done(note: int) -> str:
    """The key of what followed from a credit note."""
    return f"credited {note}"


def about_content(answer: str, content: str) -> str:
    """The key of a message that is posted once for each content. ``content``: see `orders.content.content_key`."""
    return f"{answer} {content}"


def merged_into_key(parent: int) -> str:
    """No message: Billbee has shown the order as deleted, with this order as its parent (R38)."""
    return f"{_MERGED_INTO}{parent}"


def merged_into(told: Set[str]) -> int | None:
    """The order that an order was merged into; None if that is not known."""
    return next((int(key.removeprefix(_MERGED_INTO)) for key in told if key.startswith(_MERGED_INTO)), None)


def _settled_key(content: str) -> str:
    return f"{_CONTENT}{content[:12]}"
