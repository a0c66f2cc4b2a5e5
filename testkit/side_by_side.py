"""Workers that run side by side on a clock that jumps.

    clock = SharedClock()
    clock.start(work, after=0.2); clock.start(other_work)
    clock.run()

One worker runs at a time, until it sleeps; then the one with the next time continues. So hours of parallel work take
seconds of real time, and each run is the same.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import requests

from testkit.clock import NOON, ManualClock
from testkit.vendors import InProcess

_PATIENCE: Final = 120.0
"""Real seconds after which a worker that neither sleeps nor ends counts as stuck."""


class Stopped(BaseException):
    """The run has been stopped: workers end instead of continuing."""


class SharedClock(ManualClock):
    """A clock that is shared by workers, each in a thread of its own."""

    def __init__(self, at: datetime = NOON) -> None:
        super().__init__(at)
        self._sleeping: list[tuple[float, int, _Worker]] = []
        self._started = 0
        self._here = threading.Semaphore(0)
        self._failed: list[BaseException] = []
        self._stopped = False
        self._mine = threading.local()

    def start(self, work: Callable[[], object], *, after: float = 0.0) -> None:
        """Start a worker so many seconds from now."""
        self._put(after, _Worker(self, work))

    def run(self) -> None:
        """Until all workers have ended. Raises what the first one failed with."""
        while self._sleeping and not self._failed:
            at, _, worker = heapq.heappop(self._sleeping)
            if not self._stopped:
                self.seconds = max(self.seconds, at)
            worker.go_on()
            assert self._here.acquire(timeout=_PATIENCE), "a worker neither sleeps nor ends"
        if self._failed:
            raise self._failed[0]

    def stop(self) -> None:
        """Called by a worker, which may finish what it does; the others end where they sleep."""
        self._stopped = True

    def sleep(self, seconds: float) -> None:
        worker: _Worker | None = getattr(self._mine, "worker", None)
        if worker is None:
            super().sleep(seconds)
            return
        self.slept.append(seconds)
        self._put(seconds, worker)
        self._here.release()
        worker.wait()
        if self._stopped:
            raise Stopped

    def _put(self, seconds: float, worker: _Worker) -> None:
        self._started += 1
        heapq.heappush(self._sleeping, (self.seconds + seconds, self._started, worker))

    def _work(self, worker: _Worker, work: Callable[[], object]) -> None:
        self._mine.worker = worker
        worker.wait()
        try:
            if not self._stopped:
                work()
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  whatever it is, `run` raises it
            self._failed.append(error)
        finally:
            self._here.release()


class _Worker:
    def __init__(self, clock: SharedClock, work: Callable[[], object]) -> None:
        self._turn = threading.Semaphore(0)
        threading.Thread(target=clock._work, args=(self, work), daemon=True).start()

    def go_on(self) -> None:
        self._turn.release()

    def wait(self) -> None:
        self._turn.acquire()


class Distant:
    """A client in memory that is as far away as AWS is: each call takes as long as `seconds` says, half of it there."""

    def __init__(self, client: Any, clock: SharedClock, seconds: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name.startswith("_") or not callable(found):
            return found

        def call(**request: Any) -> Any:
            half = self._seconds() / 2
            self._clock.sleep(half)
            try:
                return found(**request)
            finally:
                self._clock.sleep(half)

        return call


class FarVendor(InProcess):
    """A vendor that a request travels to, and the answer from."""

    def __init__(self, near: InProcess, seconds: Callable[[], float]) -> None:
        super().__init__(near.simulator, near.clock, near._watch)
        self._seconds = seconds

    def send(self, request: requests.PreparedRequest, *arguments: Any, **rest: Any) -> requests.Response:
        self.clock.sleep(self._seconds())
        try:
            return super().send(request, *arguments, **rest)
        finally:
            self.clock.sleep(self._seconds())
