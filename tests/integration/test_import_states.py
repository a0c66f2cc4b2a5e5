"""R1, R9: orders are imported from one state or several, and may get another one once the warehouse has them."""

from __future__ import annotations

from typing import Any

import pytest

from testkit.routes import ORDER, STATE
from testkit.world import RECEIVED, World, world
from tests.integration.after_import import LANDED, NOT_LANDED, fault, survives_every_crash


def test_r1_orders_are_imported_from_each_of_several_states() -> None:
    with world() as here:
        here.configure(billbee={"order_states": [3, 13]})
        for order, state in ((1, 3), (2, 13), (3, 2)):
            here.sell(order, state=state)
        here.look(0)
        assert [here.status(order) for order in (1, 2, 3)] == ["acknowledged", "acknowledged", "unknown"]
        here.poll("all")
        here.push()
        assert here.status(3) == "unknown"


def test_r10_stuck_and_nightly_orders_of_every_state_are_found() -> None:
    with world() as here:
        here.configure(billbee={"order_states": [3, 13]})
        here.sell(1, state=13)
        here.poll("all")
        here.push()
        assert here.status(1) == "acknowledged"


@pytest.mark.parametrize("state", [13, 16])
def test_r9_an_order_gets_its_state_once_the_warehouse_has_it(state: int) -> None:
    with world() as here:
        here.configure(billbee={"taken_over_state": state})
        here.sell(1)
        here.look(0)
        assert (here.wire(1)["State"], RECEIVED in here.tags(1)) == (state, True)
        assert (here.billbee.count(STATE), here.billbee.count(ORDER)) == (1, 1)
        here.run_on()
        assert here.billbee.count(STATE) == 1
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)


def test_r9_by_default_the_state_is_left_alone() -> None:
    with world() as here:
        here.imported(1)
        assert (here.wire(1)["State"], here.billbee.count(STATE), here.billbee.count(ORDER)) == (3, 0, 0)


def test_r9_an_order_that_was_cancelled_meanwhile_stays_cancelled() -> None:
    with world() as here:
        here.configure(billbee={"taken_over_state": 16})
        here.sell(1)
        with here.inside("POST /submitOrder", lambda: here.shop.change(1, State=8)):
            here.look(0)
        here.run_on()
        assert (here.wire(1)["State"], here.status(1), here.billbee.count(STATE)) == (8, "cancelled", 0)


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
def test_r9_whatever_becomes_of_the_call_the_order_has_its_state(kind: str) -> None:
    with world() as here:
        here.configure(billbee={"taken_over_state": 16})
        here.sell(1)
        here.billbee.faults.add(fault(kind, STATE, times=2, retry_after=30))
        here.look(0)
        here.run_on()
        assert (here.wire(1)["State"], here.status(1), here.record(1).effects) == (16, "acknowledged", ())


def to_take_over(here: World) -> None:
    here.configure(billbee={"taken_over_state": 16})
    here.sell(1)


def test_r9_a_crash_after_any_call_ends_as_if_it_had_not_happened() -> None:
    def end(here: World) -> Any:
        return here.status(1), here.wire(1)["State"], here.tags(1), here.submitted("1")

    calls, wrong = survives_every_crash(to_take_over, World.look, end)
    assert wrong == {}
    assert calls > 6
