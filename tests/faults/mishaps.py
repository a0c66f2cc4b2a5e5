"""What goes wrong in the matrices, on which step; and the steps themselves, as a run makes them.

A step is one call that the system makes: to a vendor by method and route, to AWS by operation and kind of record. Its
name and its number among the steps of that name say where it stands in a run, so nothing lists them by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from testkit.clock import ManualClock as ActingClock
from tests.mishaps import Crash

__all__ = ["ActingClock"]

Kind = Literal["read", "write", "conditional write"]


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
    """Something that goes wrong once, on the nth step of a name; or, without a name, on the nth step of all.

    `strike` is given what the step would do and says what comes of it.
    """

    what: str
    name: str | None
    nth: int
    strike: Callable[[Act], Any]
    struck: bool = False


class Watch:
    """Sees every step of a run: keeps those that are made while it is `recording`, and has the mishap happen.

    `request` is what AWS was asked last.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.mishap: Mishap | None = None
        self.recording = False
        self.dead = False
        self.request: dict[str, Any] = {}
        self._counts: dict[str, int] = {}

    def step(self, place: str, name: str, kind: Kind, act: Act) -> Any:
        if self.dead:
            raise Crash("the worker is dead: nothing of it runs any more")
        if not self.recording:
            return act()
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
        if self.recording:
            last = self.steps[-1]
            self.steps[-1] = Step(last.place, last.name, last.kind, answer)

    def kill(self, act: Act, *, after: bool) -> Any:
        """The worker dies right before a step, or right after it."""
        if after:
            act()
        self.dead = True
        raise Crash("killed")
