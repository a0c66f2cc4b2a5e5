"""The clock that everything below `bootstrap` uses. Nothing else in the layer reads a clock or sleeps, so tests can
skip hours, and the local system can run faster than real time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final, Protocol

from orderbridge.platform.errors import OutOfTime


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> datetime:
        """The time of day, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment, for measuring durations. It never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


SYSTEM_CLOCK: Final = SystemClock()

STEP: Final = 35.0
"""Seconds that a step may take: a vendor's call until its time-out (25 s), and writing down the result."""


class Deadline:
    """When the invocation ends. Without an invocation there is no end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends_at = float("inf")

    def set(self, seconds: float) -> None:
        """Begin an invocation that ends in so many seconds."""
        self._ends_at = self._clock.monotonic() + seconds

    def left(self) -> float:
        """Seconds until the invocation ends."""
        return self._ends_at - self._clock.monotonic()

    def has(self, seconds: float) -> bool:
        """Whether so many seconds are left."""
        return self.left() >= seconds

    def require(self, seconds: float) -> None:
        """Call this before a step that may take so many seconds.

        Raises:
            OutOfTime: less time is left.
        """
        if not self.has(seconds):
            raise OutOfTime
