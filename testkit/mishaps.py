"""What goes wrong, on which step; and the steps themselves, as a run makes them.

A step is one call that the system makes: to a vendor by method and route, to AWS by operation and kind of record. Its
name and its number among the steps of that name say where it stands in a run, so nothing lists them by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import request as served

from local.simulators.faults import Fault

Kind = Literal["read", "write", "conditional write"]


class Crash(BaseException):
    """The worker is killed: none of our code runs any more."""


@dataclass(frozen=True)
class Step:
    """One call of a run.

    Attributes:
        place: where it is made: ``billbee``, ``bibi``, ``dynamodb``, ``ssm`` or ``sqs``.
        name: e.g. ``billbee POST /orders/{id}/tags`` or ``dynamodb put_item ORDER``.
        answer: what a vendor answered, undisturbed.
    """

    place: str
    name: str
    kind: Kind
    answer: Any = field(default=None, compare=False, repr=False)


Act = Callable[[], Any]


@dataclass
class Mishap:
    """A fault that happens once, on the nth step of a name; or, without a name, on the nth step of all.

    `strike` is given what the step would do and says what comes of it.
    """

    what: str
    name: str | None
    nth: int
    strike: Callable[[Act], Any]
    struck: bool = False


class Watch:
    """Sees every step of a run: keeps those that are made while it is `recording`, and has the mishap happen.

    Attributes:
        calls: how many steps there were; may be set.
        kill_after: the worker dies right after the step of this number.
        dead: whether the worker was killed: code of it that still runs has no effect.
        request: what AWS was asked last.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.mishap: Mishap | None = None
        self.recording = False
        self.calls = 0
        self.kill_after: int | None = None
        self.dead = False
        self.request: dict[str, Any] = {}
        self._counts: dict[str, int] = {}

    def step(self, place: str, name: str, kind: Kind, act: Act) -> Any:
        if self.dead:
            raise Crash("the worker is dead: nothing of it runs any more")
        self.calls += 1
        number = self.calls
        try:
            return self._recorded(place, name, kind, act) if self.recording else act()
        finally:
            if number == self.kill_after:
                self.dead = True
                raise Crash(f"killed after call {number}")

    def _recorded(self, place: str, name: str, kind: Kind, act: Act) -> Any:
        self._counts[name] = self._counts.get(name, 0) + 1
        place_in_run = len(self.steps)
        self.steps.append(Step(place, name, kind))
        mishap = self.mishap
        if mishap is not None and (mishap.name, mishap.nth) in ((name, self._counts[name]), (None, place_in_run + 1)):
            assert not mishap.struck
            mishap.struck = True
            return mishap.strike(act)
        return act()

    def answered(self, answer: Any) -> None:
        """What the vendor's step that was made last was answered, for the mishaps that spoil it."""
        last = self.steps[-1]
        self.steps[-1] = Step(last.place, last.name, last.kind, answer)

    def forget(self) -> None:
        """Begin a new recording."""
        self.steps.clear()
        self._counts.clear()

    def kill(self, act: Act, *, after: bool) -> Any:
        """The worker dies right before a step, or right after it."""
        if after:
            act()
        self.dead = True
        raise Crash("killed")


class PathFault(Fault):
    """A fault that strikes only calls to one path, e.g. those about one order."""

    def __init__(self, kind: Any, only: str, **rest: Any) -> None:
        super().__init__(kind, **rest)
        self._only = only

    def matches(self, route: str, account: str | None) -> bool:
        return served.path.endswith(self._only) and super().matches(route, account)
