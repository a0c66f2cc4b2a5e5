"""Faults a test can order from a simulator: what goes wrong, on which call, and how often.

    billbee.faults.add(Fault(kind="drop_after", route="POST /orders/{id}/tags", times=1))

A fault matches by method and route template, by account and by call number; the first that matches is used.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "reset_before",  # connection closed, nothing was processed
    "drop_after",  # processed, then the connection is closed without an answer
    "delay_before",  # waits `seconds`, then processes
    "delay_after",  # processes, then waits `seconds` with the answer
    "status",  # answers `status` without processing
    "status_after",  # processes, then answers `status`
    "bad_gateway",  # 502 with an HTML page, not processed
    "throttled",  # 429, with the wait of `retry_after` seconds or without any hint
    "cut_json",  # processed; 200 with JSON that stops half-way
    "cut_body",  # processed; the connection ends before Content-Length is reached
    "wrong_type",  # processed; the field at the dotted `path` becomes `value`
    "html",  # processed; 200 with an HTML page
    "html_before",  # not processed; 200 with an HTML page
    "gateway_404_json",  # not processed; a gateway answers 404 with {"message": "Not Found"}
    "gateway_404_html",  # not processed; a gateway answers 404 with a page
    "expire_token",  # every token of the account has expired before this call (services with tokens)
]

# Kinds that act before the service has done anything; all others change the answer of work that was done.
BEFORE: frozenset[str] = frozenset(
    {
        "reset_before",
        "delay_before",
        "status",
        "bad_gateway",
        "throttled",
        "html_before",
        "gateway_404_json",
        "gateway_404_html",
        "expire_token",
    }
)


@dataclass
class Fault:
    """One fault.

    `nth` skips the matching calls before the nth; `times=None` lasts for ever.
    """

    kind: Kind
    route: str | None = None
    account: str | None = None
    nth: int = 1
    times: int | None = 1
    seconds: float = 0.0
    status: int = 500
    retry_after: int | None = None
    path: str = ""
    value: Any = None
    seen: int = field(default=0, init=False)
    used: int = field(default=0, init=False)

    def matches(self, route: str, account: str | None) -> bool:
        """Whether this call is one of ours; counts the calls that are."""
        if self.route not in (None, route) or self.account not in (None, account):
            return False
        if self.times is not None and self.used >= self.times:
            return False
        self.seen += 1
        if self.seen < self.nth:
            return False
        self.used += 1
        return True


class Faults:
    """The faults of one simulator; safe to change while it serves."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, route: str, account: str | None) -> Fault | None:
        """The fault for this call, if any."""
        with self._lock:
            return next((fault for fault in self._faults if fault.matches(route, account)), None)


def with_wrong_type(body: Any, path: str, value: Any) -> Any:
    """`body` with the field at the dotted `path` replaced; a number in the path is a list index."""
    steps = path.split(".")
    target = body
    for step in steps[:-1]:
        target = target[int(step)] if isinstance(target, list) else target[step]
    if isinstance(target, list):
        target[int(steps[-1])] = value
    else:
        assert isinstance(target, Mapping)
        target[steps[-1]] = value  # type: ignore[index]
    return body
