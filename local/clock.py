"""The clock of the local system, which runs N times as fast as the wall clock.

Everything that the system does by the clock follows it: pacing, schedules, queues, time-outs, throttles and delays.
What keeps to real seconds asks `WALL_CLOCK` and says why. Lint refuses other ways to read the time or to sleep in
`local/`. Worker processes load this file by its path, so it imports the standard library only.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final, Protocol


class _Base(Protocol):
    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class _Machine:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


_MACHINE: Final = _Machine()


class ScaledClock:
    """`orderbridge.platform.clock.Clock`, `speed` times as fast as the machine's clock. Both agree at the origin.

    Calling it gives the UNIX time, as the simulators take their clock.

    Args:
        speed: seconds of this clock in a second of the machine's.
        origin: the UNIX time at which both agree; now, unless said otherwise. Clocks of several processes that have
            speed and origin in common tell the same time.
        base: what tells the machine's time.
    """

    def __init__(self, speed: float = 1.0, origin: float | None = None, base: _Base = _MACHINE) -> None:
        self.speed = speed
        self.origin = base.now().timestamp() if origin is None else origin
        self._base = base

    def __call__(self) -> float:
        return self.origin + (self._base.now().timestamp() - self.origin) * self.speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self(), UTC)

    def monotonic(self) -> float:
        return self._base.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        self._base.sleep(self.real(seconds))

    def real(self, seconds: float) -> float:
        """How many seconds of the machine's clock so many of this one are: for conditions, events and `select`."""
        return seconds / self.speed


WALL_CLOCK: Final = ScaledClock()
"""Real time."""
