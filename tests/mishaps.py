"""What goes wrong in the tests' world, and the clock that all of it happens on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import requests
from flask import request as served

from local.simulators.faults import Fault
from testkit.clock import NOON
from testkit.clock import ManualClock as Clock

__all__ = ["NOON", "Clock"]

READ_TIMEOUT = 0.25
TOO_LATE = 0.5
"""Seconds: an answer this late comes after the client has given up."""


class Crash(BaseException):
    """The worker is killed: nothing of ours gets to run any more."""


@dataclass
class CrashPlan:
    """Kills the worker right after its k-th call to a vendor or to AWS; counts them without a plan."""

    after: int | None = None
    calls: int = 0

    def called(self, **_: Any) -> None:
        self.calls += 1
        if self.calls == self.after:
            raise Crash(f"killed after call {self.calls}")


class CountedSession(requests.Session):
    """Tells the crash plan of every exchange with a vendor."""

    def __init__(self, plan: CrashPlan) -> None:
        super().__init__()
        self.trust_env = False
        self._plan = plan

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            return super().request(*args, **kwargs)
        except requests.Timeout:
            time.sleep(TOO_LATE)  # the vendor works on in real time, which the world's clock knows nothing of
            raise
        finally:
            self._plan.called()


class PathFault(Fault):
    """A fault that strikes only calls to one path, e.g. those about one order."""

    def __init__(self, kind: Any, only: str, **rest: Any) -> None:
        super().__init__(kind, **rest)
        self._only = only

    def matches(self, route: str, account: str | None) -> bool:
        return served.path.endswith(self._only) and super().matches(route, account)
