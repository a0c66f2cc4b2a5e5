"""Paces calls below the vendors' throttles, so that a 429 is rare."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import RetryableError, Throttled, VendorDown

T = TypeVar("T")

SHORT_WAIT = 3.0
"""The longest wait in seconds inside a function; for longer ones the message goes back to the queue."""
_QUICK_RETRIES = 2


_TRAVEL_DIFFERS: Final = 0.05
"""Seconds by which requests may differ in travel time. A 429 after a larger difference is obeyed like any other."""


class Window:
    """At most ``calls`` in any ``seconds``, however the other side aligns its windows.

    It is not known when the other side counts a call, only that it does so between sending and answer. Here a call
    counts from its answer less the shortest time that a call has taken, plus the difference in travel time. So a call
    at the usual speed counts from shortly after it was sent, and the slower first call of a connection from later on.
    """

    def __init__(self, calls: int, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._monotonic = clock.monotonic
        self._counted: deque[float] = deque(maxlen=calls)
        self._shortest: float | None = None

    def wait_needed(self) -> float:
        """Seconds until the next call may start."""
        if self._counted.maxlen is None or len(self._counted) < self._counted.maxlen:
            return 0.0
        return max(0.0, self._counted[0] + self._seconds - self._monotonic())

    def answered(self, took: float) -> None:
        """A call was answered just now after so many seconds."""
        sooner = 0.0 if self._shortest is None else max(0.0, min(self._shortest, took) - _TRAVEL_DIFFERS)
        self._shortest = took if self._shortest is None else min(self._shortest, took)
        self._counted.append(self._monotonic() - sooner)

    def failed(self) -> None:
        """A call failed just now. How far it got is not known."""
        self._counted.append(self._monotonic())


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
        """Wait for the endpoint's limit (at most about a second), then for the shared limit, and call."""
        own = self._window(endpoint)
        wait = max(own.wait_needed(), self._all.wait_needed())
        if wait > 0:
            self._clock.sleep(wait)
        self._turn()
        sent = self._clock.monotonic()
        try:
            answer = call()
        except Exception:
            own.failed()
            self._all.failed()
            raise
        took = self._clock.monotonic() - sent
        own.answered(took)
        self._all.answered(took)
        return answer

    def _window(self, endpoint: str) -> Window:
        if endpoint not in self._endpoints:
            self._endpoints[endpoint] = Window(self._calls, self._seconds, self._clock)
        return self._endpoints[endpoint]


def persist(call: Callable[[], T], *, clock: Clock) -> T:
    """Repeat a call if a short wait is likely to help: after a short throttle, or a passing fault of a repeatable call.

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
