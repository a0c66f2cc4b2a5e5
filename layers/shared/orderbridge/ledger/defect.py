"""What is kept of an unexpected error in the processing of an order, and when the order is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WAITS: Final = (5.0, 30.0, 120.0)
"""Seconds before each further try. After the last one, the order is not tried again."""
FORGOTTEN_AFTER: Final = timedelta(days=1)
"""An error this long ago no longer counts."""


@dataclass(frozen=True)
class Defect:
    """The unexpected errors that one order met in a row.

    Attributes:
        what: class and place of the last one, e.g. ``"KeyError in orders/preparation.py:61"``; never its message.
        job: which job met it.
        failures: how many errors there were.
        at: when the last one was.
        again_at: when the order is tried again; None if it is quarantined, until a person asks for it.
    """

    what: str
    job: str
    failures: int
    at: datetime
    again_at: datetime | None = None

    @property
    def is_final(self) -> bool:
        return self.again_at is None

    def wait(self, now: datetime) -> float:
        """Seconds until the next try."""
        return 0.0 if self.again_at is None else max(0.0, (self.again_at - now).total_seconds())


def met(before: Defect | None, what: str, job: str, now: datetime) -> Defect:
    """What is kept after one more error."""
    counted = before.failures if before is not None and now - before.at < FORGOTTEN_AFTER else 0
    again_at = now + timedelta(seconds=WAITS[counted]) if counted < len(WAITS) else None
    return Defect(what, job, counted + 1, now, again_at)
