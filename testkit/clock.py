"""A clock that moves only when code sleeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

NOON: Final = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


class ManualClock:
    """`orderbridge.platform.clock.Clock` without real time: a sleep moves it.

    Attributes:
        slept: how long each sleep was, in seconds.
    """

    def __init__(self, at: datetime = NOON) -> None:
        self._due: list[tuple[float, Callable[[], object]]] = []
        self._at = at.timestamp()
        self.slept: list[float] = []

    def __call__(self) -> float:
        """The UNIX time."""
        return self._at

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._at, UTC)

    def monotonic(self) -> float:
        return self._at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds = self._at + seconds

    @property
    def seconds(self) -> float:
        """The UNIX time. Setting a later one runs what was scheduled in between."""
        return self._at

    @seconds.setter
    def seconds(self, to: float) -> None:
        if to < self._at:
            self._at = to
        else:
            self._advance(to)

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        """Schedule something at a UNIX time, during a sleep."""
        self._due.append((seconds, act))

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Schedule something so many seconds from now, during a sleep."""
        self.at(self._at + seconds, act)

    @property
    def next_due(self) -> float | None:
        """When the next scheduled thing happens."""
        return min((at for at, _ in self._due), default=None)

    def _advance(self, to: float) -> None:
        """Advance to a UNIX time. Scheduled things may sleep too, and so end later."""
        while due := sorted((one for one in self._due if one[0] <= to), key=lambda one: one[0]):
            self._due.remove(due[0])
            self._at = max(self._at, due[0][0])
            due[0][1]()
        self._at = max(self._at, to)


class WrongClock:
    """The clock of a machine whose time of day is `ahead` of another's by so many seconds."""

    def __init__(self, clock: ManualClock, ahead: float = 0.0) -> None:
        self._clock = clock
        self.ahead = ahead

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
