"""Keeping ahead of the vendors' throttles, so that a 429 stays the exception."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from orderbridge.clock import Clock
from orderbridge.errors import RetryableError, Throttled, Unreachable, VendorDown

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


class EndpointPacer:
    """Limits for one merchant: per endpoint, and for all endpoints together.

    Args:
        per_second: calls a second per endpoint; below 1 means one call in ``1 / per_second`` seconds.
        turn: waits for a limit that is shared with others. It comes last, because a shared slot does not keep.
    """

    def __init__(
        self,
        per_second: float,
        total_per_second: int,
        *,
        clock: Clock,
        turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._calls = max(1, int(per_second))
        self._seconds = self._calls / per_second
        self._clock = clock
        self._all = Window(total_per_second, 1.0, clock)
        self._endpoints: dict[str, Window] = {}
        self._turn = turn

    def run(self, endpoint: str, call: Callable[[], T]) -> T:
        """Wait for a free place at the endpoint (at most about a second), then for the shared limit, and call."""
        own = self._window(endpoint)
        wait = max(own.wait_needed(), self._all.wait_needed())
        if wait > 0:
            self._clock.sleep(wait)
        self._turn()
        try:
            return call()
        finally:
            own.count()
            self._all.count()

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
        except VendorDown:
            raise
        except RetryableError:
            clock.sleep(random.uniform(0.2, 0.6) * (attempt + 1))  # noqa: S311
    return call()
