"""Lists, counts and times in the texts for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

NAMED: Final = 5
"""How many things a text names; the rest is counted."""


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """The first few, and how many more.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def orders_wait(orders: int) -> str:
    return "1 order waits" if orders == 1 else f"{orders} orders wait"


def span(time: timedelta) -> str:
    minutes = int(time / timedelta(minutes=1))
    if minutes % (24 * 60) == 0 and minutes >= 48 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes / 60:g} hours" if minutes > 90 else f"{minutes} minutes"


def in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
