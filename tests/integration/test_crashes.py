"""R7, R9, R14, R17: a worker that is killed after any of its calls leaves nothing undone and nothing done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from testkit.world import RECEIVED, REJECTED, World, world
from tests.effort import share

# Every step of the journey is crashed in: what comes before it, and the step itself.
Step = tuple[Callable[[World], None], Callable[[World], None]]


def sell_three(here: World) -> None:
    here.sell(1)
    here.sell(2)
    here.sell(3)
    here.wire(3)["OrderItems"][0]["Product"]["SKU"] = "FAR-TOO-LONG-FOR-THE-WAREHOUSE"


def sell_three_and_poll(here: World) -> None:
    sell_three(here)
    here.poll()


def submit(here: World) -> None:
    sell_three_and_poll(here)
    here.push()


def ship(here: World) -> None:
    submit(here)
    here.pull()
    here.wait(minutes=5)
    here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
    here.warehouse.backorder("2")


STEPS: dict[str, Step] = {
    "poll_orders": (sell_three, lambda here: here.poll()),
    "push_orders": (sell_three_and_poll, lambda here: here.push()),
    "pull_tracking": (ship, lambda here: here.pull()),
}


def end_of(here: World) -> dict[int, Any]:
    """Where every order stands in the ledger, in Billbee and at the warehouse."""
    return {
        order: {
            "status": here.status(order),
            "tags": here.tags(order),
            "told": here.told(order),
            "parcels": here.parcels(order),
            "state": here.wire(order)["State"],
            "booked": here.submitted(str(order)),
        }
        for order in (1, 2, 3)
    }


def run_to_the_end(here: World, step: str, crash_after: int | None) -> dict[int, Any]:
    before, doing = STEPS[step]
    before(here)
    here.watch.calls, here.watch.kill_after = 0, crash_after
    doing(here)
    here.watch.kill_after = None
    here.wait(minutes=31)
    here.cycle()
    if step != "pull_tracking":
        here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
        here.warehouse.backorder("2")
        here.wait(minutes=2)
    here.cycle()
    return end_of(here)


def calls_of(step: str) -> int:
    before, doing = STEPS[step]
    with world() as here:
        before(here)
        here.watch.calls = 0
        doing(here)
        return here.watch.calls


@pytest.fixture(scope="module")
def undisturbed() -> dict[int, Any]:
    with world() as here:
        return run_to_the_end(here, "poll_orders", None)


def test_without_a_crash_all_ends_well(undisturbed: dict[int, Any]) -> None:
    assert undisturbed[1] == {
        "status": "shipped",
        "tags": {"bibi", RECEIVED},
        "told": [],
        "parcels": ["1Z1", "1Z2"],
        "state": 4,
        "booked": 1,
    }
    assert undisturbed[2]["tags"] == {"bibi", RECEIVED, "order_backordered_by_bibi"}
    assert (undisturbed[2]["status"], len(undisturbed[2]["told"])) == ("acknowledged", 1)
    assert undisturbed[3]["tags"] == {"bibi", REJECTED}
    assert (undisturbed[3]["status"], len(undisturbed[3]["told"]), undisturbed[3]["booked"]) == ("rejected", 1, 0)


@pytest.mark.parametrize("step", STEPS)
def test_r7_a_crash_after_any_call_ends_as_if_it_had_not_happened(step: str, undisturbed: dict[int, Any]) -> None:
    wrong = {}
    for crash_after in share(range(1, calls_of(step) + 1), 3):
        with world() as here:
            end = run_to_the_end(here, step, crash_after)
            if end != undisturbed:
                wrong[crash_after] = {order: end[order] for order in end if end[order] != undisturbed[order]}
    assert wrong == {}
