"""What the doctor finds, and how it words lists of things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NAMED: Final = 5
"""Things that a finding names; the rest is counted."""


class Severity(StrEnum):
    OK = "ok"
    HINT = "hint"
    """Works, but somebody should know."""
    WRONG = "wrong"
    """Keeps orders, parcels, stock or products from flowing."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        area: e.g. ``"Billbee"``, ``"shipping"``.
        remedy: what to do; empty where all is well.
    """

    area: str
    severity: Severity
    what: str
    remedy: str = ""


def ok(area: str, what: str) -> Finding:
    return Finding(area, Severity.OK, what)


def hint(area: str, what: str, remedy: str) -> Finding:
    return Finding(area, Severity.HINT, what, remedy)


def wrong(area: str, what: str, remedy: str) -> Finding:
    return Finding(area, Severity.WRONG, what, remedy)


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(names: list[str], most: int = NAMED) -> str:
    """The first few, and how many more.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
