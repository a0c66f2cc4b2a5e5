"""How often rings may start a poll of a merchant's orders, and how rarely the schedule polls if rings come (R21)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

AT_ONCE: Final = 30
"""Polls that rings may cause in a row."""
ONE_EACH: Final = timedelta(seconds=30)
"""The time after which they may cause one more."""
TRUSTED_FOR: Final = timedelta(days=1)
"""How long a ring shows that the doorbell works."""
SCHEDULE: Final = timedelta(minutes=5)
"""How often the schedule asks for a poll."""
_SCHEDULES_VARY: Final = timedelta(minutes=2)
"""By how much the interval between two polls of the schedule may vary."""


def wait_for_poll(paid_until: datetime | None, now: datetime) -> timedelta:
    """How long a ring's poll has to wait.

    Args:
        paid_until: see `pay`.
    """
    return max(timedelta(0), _paid(paid_until, now) - now - (AT_ONCE - 1) * ONE_EACH)


def pay(paid_until: datetime | None, now: datetime) -> datetime:
    """The new time up to which polls are paid for. Each poll costs `ONE_EACH`, and a merchant may be `AT_ONCE` polls in
    advance. This is a token bucket, kept as a single moment.
    """
    return max(_paid(paid_until, now), now) + ONE_EACH


def _paid(paid_until: datetime | None, now: datetime) -> datetime:
    """No more than `AT_ONCE` polls can be paid for in advance; a later moment comes from a wrong clock."""
    return now if paid_until is None else min(paid_until, now + AT_ONCE * ONE_EACH)


def is_poll_needless(rung_at: datetime | None, read_until: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether a poll of the schedule may be skipped.

    Args:
        rung_at: when a ring last led to a complete reading.
        read_until: start of the last complete reading.
        every: how often a merchant wants to be polled although the doorbell works.
    """
    if rung_at is None or read_until is None or every <= SCHEDULE:
        return False
    return now - rung_at < TRUSTED_FOR and now - read_until < every - _SCHEDULES_VARY
