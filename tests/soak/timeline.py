"""Workers side by side on a clock that nobody waits for.

Every worker is a thread, and one runs at a time: whoever sleeps hands over to the one that wakes first. So hours of
parallel work take seconds, and a seed always gives the same run.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from itertools import count

from testkit.clock import ManualClock


class Over(BaseException):
    """The run has ended: a worker that wakes up now stops."""


class Timeline:
    """Runs workers on a clock. `sleep` takes the place of the clock's own while they run."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._asleep: list[tuple[float, int, threading.Event]] = []
        self._order = count()
        self._threads: list[threading.Thread] = []
        self._all_done = threading.Event()
        self._over = False
        self.failures: list[BaseException] = []

    def add(self, work: Callable[[], None]) -> None:
        """A worker, from now on."""
        turn = self._bed(0.0)

        def live() -> None:
            turn.wait()
            try:
                if not self._over:
                    work()
            except Over:
                pass
            except BaseException as error:  # noqa: BLE001  a worker that fails is the test's failure
                self.failures.append(error)
                self._over = True
            self._wake_next()

        thread = threading.Thread(target=live, daemon=True)
        self._threads.append(thread)
        thread.start()

    def sleep(self, seconds: float) -> None:
        """Let the others work until so many seconds have passed."""
        turn = self._bed(seconds)
        self._wake_next()
        turn.wait()
        if self._over:
            raise Over

    def stop(self) -> None:
        """Called by a worker: nobody goes on after this."""
        self._over = True

    def run(self) -> None:
        """Until every worker is done. Raises what a worker failed with."""
        self._wake_next()
        self._all_done.wait()
        for thread in self._threads:
            thread.join(timeout=10)
        if self.failures:
            raise self.failures[0]

    def _bed(self, seconds: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._asleep, (self._clock.seconds + max(0.0, seconds), next(self._order), turn))
        return turn

    def _wake_next(self) -> None:
        if not self._asleep:
            self._all_done.set()
            return
        at, _, turn = heapq.heappop(self._asleep)
        if at > self._clock.seconds and not self._over:
            self._clock.seconds = at
        turn.set()
