"""What moved in the warehouse, in plain words: receipts, returns, corrections, damages, write-offs.

It never says who of the warehouse's staff did it, because that is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

KEPT: Final = 20
"""How many of a SKU's movements are kept, the newest ones."""
NOTABLE_FOR: Final = timedelta(days=3)
"""How long notable movements are kept in addition, for the digest."""
NOTABLE_KEPT: Final = 100


class Correction(StrEnum):
    """What a notable movement means to the merchant."""

    COUNT = "count"
    """The count was wrong: missing, found, counted again."""
    WRITE_OFF = "write_off"
    DAMAGE = "damage"


@dataclass(frozen=True, order=True)
class Movement:
    """One movement of a SKU.

    Attributes:
        at: when, in UTC. In the hour that is repeated in autumn it may be an hour early.
        quantity: pieces; negative if they left.
        kind, reason: the warehouse's codes of transaction type and reason; ``"00"`` or empty for no reason.
        source, target: places in the warehouse, as it calls them.
        lot, number: of the goods and of the transaction; mostly empty.
    """

    at: datetime
    sku: str
    quantity: int
    kind: str = ""
    reason: str = ""
    source: str = ""
    target: str = ""
    lot: str = ""
    number: str = ""


@dataclass(frozen=True)
class MovementsPage:
    """One page of movements, and how many others on it could not be read."""

    movements: tuple[Movement, ...]
    more: bool
    unreadable: int = 0


@dataclass(frozen=True)
class Codes:
    """What the warehouse's codes mean: types by code, and reasons by the class of the type and code."""

    types: Mapping[str, str]
    reasons: Mapping[tuple[str, str], str]

    def over(self, other: Codes) -> Codes:
        """These codes, and the other ones for those that are missing here."""
        return Codes({**other.types, **self.types}, {**other.reasons, **self.reasons})


@dataclass(frozen=True)
class Note:
    """What is kept of a movement. ``at`` is UTC, ``quantity`` has a sign, ``text`` describes it in plain words.

    ``effect`` is how the table's items name a correction.
    """

    at: datetime
    quantity: int
    text: str
    effect: Correction | None = None


ADJUST: Final = "Adjust"
MOVEMENT: Final = "Movement"
NO_REASON: Final = frozenset({"", "00", "0"})

DOCUMENTED: Final = Codes(
    {
        "S": "Stock Adjust",
        "R": "Returns",
        "M": "Movement",
        "A": "Auto Move",
        "W": "Warehouse Backorder",
        "P": "PO Receipt",
    },
    {
        (ADJUST, "01"): "Missing",
        (ADJUST, "02"): "Found",
        (ADJUST, "03"): "Physical Count",
        (ADJUST, "09"): "Disposal - Client",
        (ADJUST, "10"): "Disposal - Thill",
        (ADJUST, "12"): "Receipts",
        (ADJUST, "15"): "Damaged Returns",
        (ADJUST, "18"): "False Inventory",
        (MOVEMENT, "03"): "Move to Damaged",
    },
)
"""The relevant part of the warehouse's documented lists, used if they cannot be read."""
_WORDS: Final = (
    (re.compile(r"\bdispos", re.IGNORECASE), Correction.WRITE_OFF),
    (re.compile(r"\bdamage", re.IGNORECASE), Correction.DAMAGE),
    (re.compile(r"\b(missing|found|physical count|false inventory)\b", re.IGNORECASE), Correction.COUNT),
)
"""By the reason's words, because the codes are looked up."""
_DAMAGED_PLACE: Final = re.compile(r"DAMAGE", re.IGNORECASE)
_REASON_IN_PLACE: Final = re.compile(r"(\d\d) [A-Za-z]")
_RECEIPT: Final = re.compile(r"\breceipt", re.IGNORECASE)


def class_of(kind: str, codes: Codes) -> str:
    """The class of a type's reasons: adjustments and movements have separate codes."""
    words = codes.types.get(kind, "").casefold()
    if "adjust" in words:
        return ADJUST
    return MOVEMENT if "move" in words else ""


def reason_of(movement: Movement, codes: Codes) -> str:
    """The reason in the warehouse's words, or an empty text.

    The documented sample has adjustments with the reason code ``00`` and the source ``11 FILE MA``, which is a reason
    cut to ten characters. So it counts as the reason.
    """
    kind_class, code = class_of(movement.kind, codes), movement.reason
    if code in NO_REASON and kind_class == ADJUST and (found := _REASON_IN_PLACE.match(movement.source)):
        code = found[1]
    return codes.reasons.get((kind_class, code), "")


def correction_of(movement: Movement, codes: Codes) -> Correction | None:
    """What the merchant should be told; None for everyday work, such as a move out of the damaged place."""
    kind_class, reason = class_of(movement.kind, codes), reason_of(movement, codes)
    for words, meaning in _WORDS:
        if reason and words.search(reason):
            return meaning
    into_damaged = _DAMAGED_PLACE.search(movement.target) and not _DAMAGED_PLACE.search(movement.source)
    return Correction.DAMAGE if kind_class == MOVEMENT and into_damaged else None


def is_receipt(movement: Movement, codes: Codes) -> bool:
    """Whether pieces arrived from outside: a receipt by type, or an adjustment with this reason."""
    words = codes.types.get(movement.kind, "")
    return bool(_RECEIPT.search(words) or _RECEIPT.search(reason_of(movement, codes)))


def described(movement: Movement, codes: Codes) -> str:
    """A movement in plain words.

    >>> from datetime import UTC
    >>> codes = Codes({"S": "Stock Adjust"}, {("Adjust", "01"): "Missing"})
    >>> described(Movement(datetime(2026, 1, 2, tzinfo=UTC), "MUG", -2, "S", "01"), codes)
    '2 pieces fewer: Missing (Stock Adjust)'
    """
    words = codes.types.get(movement.kind, "") or f"type {movement.kind or 'not said'}"
    reason = reason_of(movement, codes)
    pieces = f"{abs(movement.quantity)} {'piece' if abs(movement.quantity) == 1 else 'pieces'}"
    if class_of(movement.kind, codes) == MOVEMENT:
        places = " ".join(
            f"{word} {place}" for word, place in (("from", movement.source), ("to", movement.target)) if place
        )
        return f"{pieces} moved{' ' + places if places else ''}: {reason or words}"
    direction = "more" if movement.quantity >= 0 else "fewer"
    return f"{pieces} {direction}: {reason} ({words})" if reason else f"{pieces} {direction}: {words}"


def noted(movement: Movement, codes: Codes) -> Note:
    """What is kept of a movement: no lot, no number, and only the words of places and codes."""
    return Note(movement.at, movement.quantity, described(movement, codes), correction_of(movement, codes))


def merged(kept: Iterable[Note], read: Iterable[Note], since: datetime, until: datetime) -> list[Note]:
    """The movements after a complete reading of a period, in order: what was read replaces what was kept for it.

    Transactions have no number, and two equal ones within a second are two. So they are identified by their time, and
    reading a period again counts nothing twice.

    Args:
        since, until: the period that was read, without ``until`` itself. Movements outside it do not count.
    """
    outside = [one for one in kept if not since <= one.at < until]
    return sorted([*outside, *(one for one in read if since <= one.at < until)], key=_in_order)


def newest(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The movements of a sorted list that are kept."""
    return tuple(notes[-KEPT:])


def notable(notes: Iterable[Note], now: datetime) -> tuple[Note, ...]:
    """The movements for the digests of the next days."""
    return tuple([one for one in notes if one.effect is not None and one.at >= now - NOTABLE_FOR][-NOTABLE_KEPT:])


def _in_order(note: Note) -> tuple[datetime, str, int]:
    return note.at, note.text, note.quantity
