"""Order numbers, and how an account of the warehouse writes them (R28).

The warehouse's document calls its ``customer_order_number`` the "order number that is assigned by the clients system
plus the assigned prefix if this is one". Its samples glue the prefix on (``SA15698``); other accounts may set it off by
a sign (``SA-15698``). Numbers are created where answers and records are read, and are compared only here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

LONGEST_PREFIX: Final = 12
_ID_DIGITS: Final = 18
_SIGNS: Final = "-_./: "
"""Separators between a prefix and a number. ``#`` is not one of them, because shops begin their numbers with it."""
_PREFIX: Final = re.compile(
    rf"[a-z0-9][a-z0-9{re.escape(_SIGNS)}]*(?<=[a-z{re.escape(_SIGNS)}])", re.IGNORECASE | re.ASCII
)

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class OrderNumber:
    """Our number of an order, without the account's prefix.

    Numbers are equal if they differ only in case, in the form of composed characters, or in blanks around and between
    their parts. ``0042`` and ``42`` are two orders.

    Attributes:
        text: as we write it, trimmed.
        written: as the warehouse wrote it; equal to ``text`` if the number is not from an answer.

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
        """The form for comparisons and keys."""
        return _folded(self.text)

    @property
    def written_prefix(self) -> str:
        """What the warehouse wrote before the number; empty for nothing."""
        return self.written[: len(self.written) - len(self.text)]

    def billbee_id(self) -> int | None:
        """The Billbee order id with this number, or None if it cannot be an id."""
        found = as_billbee_id(self.text)
        return found if found is not None and str(found) == self.text else None

    def unknown_prefix_of(self, written: OrderNumber) -> str | None:
        """What an answered number has before this one, if that may be an unknown prefix; otherwise None.

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


def tidy_number(text: str) -> str:
    """A number as people paste it, without blanks and ``#``."""
    return text.strip().removeprefix("#").strip()


def as_billbee_id(number: str) -> int | None:
    """A typed id, which may have leading zeros, or None."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= _ID_DIGITS else None


def is_prefix(text: str) -> bool:
    """Whether a text can be a prefix: it must not end in a digit."""
    return len(text) <= LONGEST_PREFIX and _PREFIX.fullmatch(text) is not None


def checked_prefix(text: str) -> str:
    """The value of ``bibi.order_prefix``. Raises ValueError for a text that cannot be distinguished from a number."""
    text = text.strip()
    if text and not is_prefix(text):
        raise ValueError(
            f"a prefix has at most {LONGEST_PREFIX} letters, digits and signs ({_SIGNS.strip()}), begins with a letter "
            "or digit and does not end in a digit"
        )
    return text


@dataclass(frozen=True)
class Habits:
    """How an account writes numbers, as its answers have shown.

    Attributes:
        writes: what it puts before our numbers, empty for nothing; None while no answer has shown a number of ours.
        takes: the form of a number by which it found an order: ours, or its own.
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
        """An answered number without the prefix of the settings, whether that is glued on or set off by a sign.

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
        """The forms in which the account may know a number, the likeliest first; only one if it has no prefix."""
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
        """Whether an unknown prefix may hide an order: no prefix is set, and no answer has shown one of our numbers
        yet.
        """
        return not self.prefix and habits.writes is None and habits.takes is None


PLAIN: Final = Numbering()
"""An account without a prefix."""


class ByNumber(Generic[T]):
    """The entries of an answer, by order number.

    If it lists two numbers that differ only in case, the account distinguishes case, and only the one with the spelling
    that was asked for is returned.
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
        # Of two that differ only in the prefix, the prefixed one is the account's.
        best = max(spelt, key=lambda one: len(one[0].written_prefix), default=None)
        return best[1] if best is not None else None

    def is_unclear(self, number: OrderNumber) -> bool:
        """Whether there are several entries of nearly this number, so that it is not clear which one is meant."""
        return number in self._entries and self.get(number) is None

    def __contains__(self, number: OrderNumber) -> bool:
        return self.get(number) is not None

    def __iter__(self) -> Iterator[OrderNumber]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def hidden_numbers(ours: Iterable[OrderNumber], answered: Iterable[OrderNumber]) -> dict[OrderNumber, tuple[str, str]]:
    """Our numbers that a list may show behind an unknown prefix, each with the prefix and the listed number; none if
    the list shows one of our numbers as it is read.
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
