"""Texts for people in both languages, and the lists, counts and times in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language

NAMED: Final = 5
"""How many things a text names; the rest is counted."""


@dataclass(frozen=True)
class Words:
    """A text in English, which the operator's tool says, and in German.

    Attributes:
        german: empty if the text is known in English only.
        noted: what follows in both languages, because it was noted in English.
    """

    english: str
    german: str
    noted: str = ""

    def say(self, language: Language = "en") -> str:
        own = self.german or self.english if language == "de" else self.english
        return ": ".join(part for part in (own, self.noted) if part)


NOTHING: Final = Words("", "")


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(names: Sequence[str], most: int = NAMED, language: Language = "en") -> str:
    """The first few, and how many more.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    return first_of(names[:most], len(names), language)


def first_of(names: Sequence[str], total: int, language: Language = "en") -> str:
    """The names, and how many more there are in all."""
    shown, rest = ", ".join(names), total - len(names)
    if not rest:
        return shown
    return f"{shown} und {rest} weitere" if language == "de" else f"{shown} and {rest} more"


def orders_wait(orders: int, language: Language = "en") -> str:
    if language == "de":
        return "1 Auftrag wartet" if orders == 1 else f"{orders} Aufträge warten"
    return "1 order waits" if orders == 1 else f"{orders} orders wait"


def span(time: timedelta, language: Language = "en") -> str:
    """A length of time. In German it has the case that follows "seit"."""
    days, hours, minutes = ("Tagen", "Stunden", "Minuten") if language == "de" else ("days", "hours", "minutes")
    total = int(time / timedelta(minutes=1))
    if total % (24 * 60) == 0 and total >= 48 * 60:
        return f"{total // (24 * 60)} {days}"
    if total <= 90:
        return f"{total} {minutes}"
    amount = f"{total / 60:g}"
    return f"{amount.replace('.', ',')} {hours}" if language == "de" else f"{amount} {hours}"


def in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
