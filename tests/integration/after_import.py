"""What the tests of change, cancel, hold and returns have in common: an order at the warehouse, a look, a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.simulators.faults import Fault
from testkit.routes import HOLD
from testkit.vendors import TOO_LATE
from testkit.world import World, world
from tests.effort import share
from tests.faults.matrix import end_of

HOLDING = "hold_bibi"

LANDED = ("drop_after", "delay_after", "status_after", "html", "cut_json", "cut_body")
NOT_LANDED = ("reset_before", "delay_before", "status", "bad_gateway", "throttled", "html_before")
BEGUN = ("Collate Printed", "Pack Checked", "Processed", "Shipped", "ShippedExternal", "Returned")
"""Statuses in which the warehouse takes nothing back."""


def fault(kind: Any, route: str, **rest: Any) -> Fault:
    return Fault(kind, route=route, **({"seconds": TOO_LATE} | rest))


def toggles(here: World) -> int:
    """How often the warehouse toggled a hold."""
    return sum(1 for call in here.bibi.calls if call.name == HOLD and call.fault not in NOT_LANDED)


def survives_every_crash(
    before: Callable[[World], object], doing: Callable[[World], object], end: Callable[[World], Any] = end_of
) -> tuple[int, dict[int, Any]]:
    """Do something once for each of its calls, killed right after it, and let the schedules continue.

    Gives the number of calls, and what ended differently from a run without a crash.
    """

    def run(crash_after: int | None) -> tuple[int, Any]:
        with world() as here:
            before(here)
            here.watch.calls, here.watch.kill_after = 0, crash_after
            doing(here)
            calls, here.watch.kill_after = here.watch.calls, None
            here.run_on()
            return calls, end(here)

    calls, undisturbed = run(None)
    ends = {crash_after: run(crash_after)[1] for crash_after in share(range(1, calls + 1), 3, first=calls)}
    return calls, {crash_after: found for crash_after, found in ends.items() if found != undisturbed}
