"""The numbers that orders go by, and how an account of the warehouse writes them (R28).

The warehouse's document calls its ``customer_order_number`` the "order number that is assigned by the clients system
plus the assigned prefix if this is one". Its samples glue the prefix on (``SA15698``); other accounts may set it off by
a sign (``SA-15698``). Numbers are made where answers and records are read, and compared here alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

LONGEST_PREFIX: Final = 12
_SIGNS: Final = "-_./: "
"""What may stand between a prefix and a number. ``#`` is not one of them: shops begin their numbers with it."""
_PREFIX: Final = re.compile(
    rf"[a-z0-9][a-z0-9{re.escape(_SIGNS)}]*(?<=[a-z{re.escape(_SIGNS)}])", re.IGNORECASE | re.ASCII
)

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class OrderNumber:
    """An order's number at our side, without the account's prefix.

    Equal are numbers that differ in the case of letters, in the form of composed characters, or in blanks around and
    between their parts. Nothing else is equal: ``0042`` and ``42`` are two orders.

    Attributes:
        text: as our side writes it, trimmed.
        written: as the warehouse wrote it; the same where the number is not from an answer.

    >>> OrderNumber(" ab-1") == OrderNumber("AB-1"), OrderNumber("0042") == OrderNumber("42")
    (True, False)
    """

    text: str
    written: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _tidy(self.text))
        object.__setattr__(self, "written", _tidy(self.written) or self.text)

    @property
    def key(self) -> str:
        """The form in which numbers are compared, and kept as keys."""
        return _folded(self.text)

    @property
    def written_prefix(self) -> str:
        """What the warehouse wrote before the number; empty where it wrote the number alone."""
        return self.written[: len(self.written) - len(self.text)]

    def billbee_id(self) -> int | None:
        """The Billbee order id that has this number, or None where no id is written so."""
        digits = self.text.isascii() and self.text.isdecimal() and len(self.text) <= _ID_DIGITS
        return int(self.text) if digits and str(int(self.text)) == self.text else None

    def unknown_prefix_of(self, written: OrderNumber) -> str | None:
        """What an answered number has before this one, if that may be a prefix nobody told us of; else None.

        >>> OrderNumber("15698").unknown_prefix_of(OrderNumber("SA-15698"))
        'SA-'
        >>> OrderNumber("15698").unknown_prefix_of(OrderNumber("115698"))
        """
        place = len(written.written) - len(self.text)
        if place <= 0 or not self.text or _folded(written.written[place:]) != self.key:
            return None
        before = written.written[:place]
        return before if is_prefix(before) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderNumber) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text


_ID_DIGITS: Final = 18


def is_prefix(text: str) -> bool:
    """Whether a text can stand before a number and be told from it: it must not end in a digit."""
    return len(text) <= LONGEST_PREFIX and _PREFIX.fullmatch(text) is not None


def checked_prefix(text: str) -> str:
    """What stands in ``bibi.order_prefix``. Raises ValueError for what cannot be told from a number."""
    text = text.strip()
    if text and not is_prefix(text):
        raise ValueError(
            f"a prefix has at most {LONGEST_PREFIX} letters, digits and signs ({_SIGNS.strip()}), begins with a letter "
            "or digit and does not end in a digit"
        )
    return text


@dataclass(frozen=True)
class Habits:
    """What an account's answers have shown of how it writes numbers.

    Attributes:
        writes: what it puts before our numbers, empty for nothing; None while no answer has shown one.
        takes: the form of a number with which it found an order: as we write it, or as it writes it itself.
        example: an answered number that carries the prefix.
    """

    writes: str | None = None
    takes: Literal["ours", "theirs"] | None = None
    example: str = ""


@dataclass(frozen=True)
class Numbering:
    """How one account writes our numbers.

    Attributes:
        prefix: the merchant's setting ``bibi.order_prefix``, with or without the sign that sets it off.
    """

    prefix: str = ""

    @property
    def _base(self) -> str:
        return self.prefix.rstrip(_SIGNS)

    def read(self, written: str) -> OrderNumber:
        """An answered number. The prefix of the settings is left out, whether it is glued on or set off by a sign.

        >>> [str(Numbering("SA").read(text)) for text in ("SA15698", "sa-15698", "15698", "PKG12345")]
        ['15698', '15698', '15698', 'PKG12345']
        """
        text, base = _tidy(written), self._base
        if base and _folded(text[: len(base)]) == _folded(base):
            rest = text[len(base) :]
            number = rest[1:] if rest[:1] and rest[0] in _SIGNS else rest
            if number.strip():
                return OrderNumber(number, text)
        return OrderNumber(text, text)

    def writings(self, number: OrderNumber, habits: Habits) -> tuple[str, ...]:
        """The forms in which the account may know a number, the likeliest first. One of them where it has no prefix."""
        prefixes = [] if not habits.writes else [habits.writes]
        if base := self._base:
            prefixes += [self.prefix, base, base + "-"]
        theirs = list(dict.fromkeys(prefix + number.text for prefix in prefixes))
        first = [*theirs, number.text] if habits.takes == "theirs" else [number.text, *theirs]
        return tuple(first)

    def is_unset(self, habits: Habits) -> bool:
        """Whether the account's answers carry a prefix that is not in the settings."""
        return bool(habits.writes) and _folded((habits.writes or "").rstrip(_SIGNS)) != _folded(self._base)

    def is_open(self, habits: Habits) -> bool:
        """Whether a prefix that nobody told us of may hide an order: none is set, and no answer has shown one of our
        numbers yet.
        """
        return not self.prefix and habits.writes is None and habits.takes is None


PLAIN: Final = Numbering()
"""An account without a prefix."""


class ByNumber(Generic[T]):
    """What an answer lists, by order number.

    Where it lists two numbers that differ in case alone, the account keeps case apart, and only the one that is spelt
    as asked is given.
    """

    def __init__(self, entries: Iterable[tuple[OrderNumber, T]] = ()) -> None:
        self._entries: dict[OrderNumber, dict[str, tuple[OrderNumber, T]]] = {}
        for number, entry in entries:
            self.add(number, entry)

    def add(self, number: OrderNumber, entry: T) -> None:
        self._entries.setdefault(number, {})[number.written] = (number, entry)

    def get(self, number: OrderNumber) -> T | None:
        listed = list(self._entries.get(number, {}).values())
        spelt = [one for one in listed if one[0].text == number.text] or listed
        if len({one[0].text for one in spelt}) > 1:
            return None
        # Two that differ in the prefix alone: the account that has one writes it.
        best = max(spelt, key=lambda one: len(one[0].written_prefix), default=None)
        return best[1] if best is not None else None

    def is_unclear(self, number: OrderNumber) -> bool:
        """Whether there are entries of nearly this number, and nobody can say which of them is meant."""
        return number in self._entries and self.get(number) is None

    def __contains__(self, number: OrderNumber) -> bool:
        return self.get(number) is not None

    def __iter__(self) -> Iterator[OrderNumber]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def hidden_numbers(ours: Iterable[OrderNumber], answered: Iterable[OrderNumber]) -> dict[OrderNumber, tuple[str, str]]:
    """Our numbers that a list may show behind a prefix nobody told us of, each with the prefix and the number listed;
    none where the list shows one of ours as it is read.
    """
    keys = {number.key: number for number in ours if number}
    found: dict[OrderNumber, tuple[str, str]] = {}
    for number in answered:
        if number.key in keys:
            return {}
        written = number.written
        for place in range(1, min(LONGEST_PREFIX, len(written) - 1) + 1):
            hidden = keys.get(_folded(written[place:]))
            if hidden is not None and is_prefix(written[:place]):
                found.setdefault(hidden, (written[:place], written))
    return found


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
