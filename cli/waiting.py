"""Waits until it is known what came of the work that a command has started. A time is one of whoever waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

if TYPE_CHECKING:
    from cli.tool import Tool
    from orderbridge.merchants.health import JobHealth

T = TypeVar("T")
_LOOK_EVERY: Final = 1.0

WaitOption = Annotated[
    float | None,
    typer.Option(
        "--wait", min=0, max=3600, metavar="SECONDS", help="Wait until it is known what came of it, at most so long."
    ),
]


def wait_for(tool: Tool, seconds: float, look: Callable[[], T | None]) -> T | None:
    """Look again and again until there is an answer. None if there is none in time."""
    ends_at = tool.patience.monotonic() + seconds
    while True:
        if (found := look()) is not None:
            return found
        left = ends_at - tool.patience.monotonic()
        if left <= 0:
            return None
        tool.patience.sleep(min(_LOOK_EVERY, left))


@dataclass(frozen=True)
class Outcome:
    """What came of something.

    Attributes:
        known: False if it took longer than one wanted to wait.
        well: whether nothing is left for a person to do.
    """

    known: bool
    well: bool
    text: str


@dataclass(frozen=True)
class Run:
    """A job of a merchant, by the name under which its health is kept."""

    merchant: str
    name: str


class Runs:
    """Runs of jobs that are about to be started. Create it before they are."""

    def __init__(self, tool: Tool, runs: Iterable[Run]) -> None:
        self._tool = tool
        self._runs = tuple(dict.fromkeys(runs))
        self._before = self._health()

    def outcomes(self, seconds: float) -> dict[Run, Outcome]:
        """Wait until each has ended, and tell how. A run that failed is tried again, unless that cannot help."""
        found: dict[Run, Outcome] = {}

        def look() -> bool | None:
            now = self._health()
            for run in self._runs:
                if run not in found and (outcome := _ended(self._before.get(run), now.get(run))) is not None:
                    found[run] = outcome
            return True if len(found) == len(self._runs) else None

        if self._runs and wait_for(self._tool, seconds, look) is None:
            now = self._health()
            for run in self._runs:
                found.setdefault(run, _unknown(self._before.get(run), now.get(run), seconds))
        return {run: found[run] for run in self._runs}

    def _health(self) -> Mapping[Run, JobHealth]:
        from orderbridge.merchants.health import Health

        health = Health(self._tool.deployment.table, self._tool.clock)
        names = dict.fromkeys(run.merchant for run in self._runs)
        return {Run(name, job.job): job for name in names for job in health.jobs(name)}


def _ended(before: JobHealth | None, now: JobHealth | None) -> Outcome | None:
    """How a run has ended; None if it has not, or is tried again."""
    if now is None:
        return None
    if now.succeeded_at != (before.succeeded_at if before else None):
        return Outcome(known=True, well=True, text="it went well")
    if _has_failed(before, now) and _is_given_up(now.kind):
        return Outcome(known=True, well=False, text=f"it failed: {now.error}")
    return None


def _unknown(before: JobHealth | None, now: JobHealth | None, seconds: float) -> Outcome:
    if now is not None and _has_failed(before, now):
        text = f"it has failed, and is tried again: {now.error}"
        return Outcome(known=False, well=False, text=text)
    return Outcome(known=False, well=False, text=f"not known after {seconds:.0f} s; orderbridge jobs tells it later")


def _has_failed(before: JobHealth | None, now: JobHealth) -> bool:
    return now.failed_at is not None and now.failed_at != (before.failed_at if before else None)


def _is_given_up(kind: str | None) -> bool:
    """Whether an error of this class ends a job until somebody acts, or until the job's next turn."""
    from orderbridge.platform import errors

    found = getattr(errors, kind or "", None)
    final = (errors.SettingsError, errors.PermanentError, errors.VendorDown)
    return isinstance(found, type) and issubclass(found, final)
