"""Keeping ahead of the vendors' throttles, so that a 429 stays the exception."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from orderbridge.clock import Clock
from orderbridge.errors import RetryableError, Throttled, Unreachable

T = TypeVar("T")

SHORT_WAIT = 3.0
"""Seconds worth waiting inside a function; anything longer goes back to the queue."""
_QUICK_RETRIES = 2


class Window:
    """At most ``calls`` in any ``seconds``, however the other side aligns its windows.

    A call counts from when its answer came, which is never before the other side counted it.
    """

    def __init__(self, calls: int, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._monotonic = clock.monotonic
        self._done: deque[float] = deque(maxlen=calls)

    def wait_needed(self) -> float:
        """Seconds until the next call may start."""
        if self._done.maxlen is None or len(self._done) < self._done.maxlen:
            return 0.0
        return max(0.0, self._done[0] + self._seconds - self._monotonic())

    def count(self) -> None:
        self._done.append(self._monotonic())

    def ages(self) -> list[float]:
        """How many seconds ago the last calls were, oldest first."""
        return [self._monotonic() - done for done in self._done]

    def take_over(self, ages: Iterable[float]) -> None:
        """Count calls that others made so many seconds ago."""
        others = [self._monotonic() - age for age in ages]
        self._done = deque(sorted({*self._done, *others}), maxlen=self._done.maxlen)


class PaceMemory(Protocol):
    """Where one environment leaves its last calls for the next one that works for the merchant."""

    def load(self) -> Mapping[str, Sequence[float]]:
        """How many seconds ago each endpoint's last calls were."""

    def save(self, ages: Mapping[str, Sequence[float]]) -> None: ...


class EndpointPacer:
    """Billbee's limits for one merchant: per endpoint, and for all endpoints together.

    Args:
        memory: shares the last calls between the environments that work for one merchant.
        per_second: calls a second per endpoint; below 1 means one call in ``1 / per_second`` seconds.
    """

    def __init__(
        self,
        per_second: float,
        total_per_second: int,
        *,
        clock: Clock,
        memory: PaceMemory | None = None,
    ) -> None:
        self._calls = max(1, int(per_second))
        self._seconds = self._calls / per_second
        self._clock = clock
        self._all = Window(total_per_second, 1.0, clock)
        self._endpoints: dict[str, Window] = {}
        self._memory = memory
        self._in_use = False

    def run(self, endpoint: str, call: Callable[[], T]) -> T:
        """Wait for a free place at the endpoint (at most about a second), then call."""
        if not self._in_use:
            self._in_use = True
            self._recall()
        own = self._window(endpoint)
        wait = max(own.wait_needed(), self._all.wait_needed())
        if wait > 0:
            self._clock.sleep(wait)
        try:
            return call()
        finally:
            own.count()
            self._all.count()

    def leave(self) -> None:
        """The invocation ends: leave the last calls to whichever environment works for the merchant next."""
        if self._in_use and self._memory is not None:
            self._memory.save({endpoint: window.ages() for endpoint, window in self._endpoints.items()})
        self._in_use = False

    def _recall(self) -> None:
        for endpoint, ages in (self._memory.load() if self._memory is not None else {}).items():
            self._window(endpoint).take_over(ages)

    def _window(self, endpoint: str) -> Window:
        if endpoint not in self._endpoints:
            self._endpoints[endpoint] = Window(self._calls, self._seconds, self._clock)
        return self._endpoints[endpoint]


class Patience:
    """How many items in a row may fail before the vendor is taken to be down, and the rest is left for later."""

    def __init__(self, failures: int = 3) -> None:
        self._failures = failures
        self._in_a_row = 0

    def went_well(self) -> None:
        self._in_a_row = 0

    def is_over(self, error: Exception) -> bool:
        """Count a failure. A throttle or a missing connection is the same for every item, so it ends patience at
        once.
        """
        self._in_a_row += 1
        return isinstance(error, Throttled | Unreachable) or self._in_a_row >= self._failures


def persist(call: Callable[[], T], *, clock: Clock) -> T:
    """Try a call again where a moment is likely to help: a short throttle, or a passing fault of a repeatable call.

    Only ``RetryableError`` is caught: an unknown outcome is never repeated here.
    """
    for attempt in range(_QUICK_RETRIES):
        try:
            return call()
        except Throttled as error:
            if error.retry_after > SHORT_WAIT:
                raise
            clock.sleep(error.retry_after)
        except RetryableError:
            clock.sleep(random.uniform(0.2, 0.6) * (attempt + 1))  # noqa: S311
    return call()
