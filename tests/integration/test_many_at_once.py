"""R9: orders that are tagged at once are all sent before the first of them waits for a call to Billbee."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local.simulators.faults import Fault
from testkit.routes import SUBMIT
from testkit.world import RECEIVED, World, world
from tests.effort import share

COUNT = 60


@pytest.fixture
def ten() -> Iterator[World]:
    """Ten orders in Billbee: as many as a delivery holds."""
    with world() as here:
        for order in range(1, 11):
            here.sell(order)
        yield here


def _takes_nothing(**request: Any) -> Any:
    raise EndpointConnectionError(endpoint_url="https://sqs.example")


def test_r9_of_sixty_orders_at_once_95_in_a_hundred_are_at_the_warehouse_within_ten_seconds() -> None:
    with world() as here:
        orders = range(1, COUNT + 1)
        for order in orders:
            here.sell(order)
        here.poll()
        began = here.clock()
        at_warehouse: list[float] = []
        while here.deliver("push"):
            new = sum(here.submitted(str(order)) for order in orders) - len(at_warehouse)
            at_warehouse += [here.clock() - began] * new
        assert len(at_warehouse) == COUNT
        assert sorted(at_warehouse)[COUNT * 95 // 100 - 1] <= 10
        here.push()
        assert {order: here.tags(order) for order in orders} == {order: {"bibi", RECEIVED} for order in orders}
        assert {here.status(order) for order in orders} == {"acknowledged"}
        assert {here.submitted(str(order)) for order in orders} == {1}
        assert [call.name for call in here.bibi.calls].count(SUBMIT) == COUNT // 10
        assert here.queues.waiting() == {}


def test_r9_the_tags_of_a_few_orders_come_in_the_same_run() -> None:
    with world() as here:
        for order in (1, 2, 3):
            here.sell(order)
        here.poll()
        assert here.deliver("push")
        assert here.queues.waiting() == {}
        assert [here.status(order) for order in (1, 2, 3)] == ["acknowledged"] * 3


def test_r13_an_order_that_is_to_be_held_from_the_start_is_held_when_it_is_tagged(ten: World) -> None:
    ten.shop.add_tags(7, ["hold_bibi"])
    ten.poll()
    assert ten.deliver("push")
    assert (ten.status(7), ten.tags(7)) == ("submitted", {"bibi", "hold_bibi"})
    ten.push()
    assert (ten.status(7), ten.tags(7)) == ("held", {"bibi", "hold_bibi", RECEIVED})


def test_r9_a_queue_that_takes_no_message_loses_no_tag(ten: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ten.poll()
    with monkeypatch.context() as patched:
        patched.setattr(ten.queues, "send_message_batch", _takes_nothing)
        assert ten.deliver("push")
    assert {ten.status(order) for order in range(1, 11)} == {"submitted"}
    ten.run_on()
    assert {ten.status(order) for order in range(1, 11)} == {"acknowledged"}
    assert {ten.submitted(str(order)) for order in range(1, 11)} == {1}


def test_r9_tags_that_are_sent_on_survive_a_billbee_that_is_down(ten: World) -> None:
    ten.poll()
    ten.billbee.faults.add(Fault("status", status=503, times=None))
    assert ten.deliver("push")
    assert {ten.submitted(str(order)) for order in range(1, 11)} == {1}
    ten.billbee.faults.clear()
    ten.run_on()
    assert {ten.status(order) for order in range(1, 11)} == {"acknowledged"}


def test_r7_a_crash_after_any_call_leaves_no_order_untagged_and_sends_none_twice() -> None:
    wrong = {}
    for crash_after in share(range(1, _calls() + 1), 3):
        with world() as here:
            _ten_found(here)
            here.watch.calls, here.watch.kill_after = 0, crash_after
            here.push()
            here.watch.kill_after = None
            here.run_on()
            end = {(here.status(order), here.submitted(str(order))) for order in range(1, 11)}
            tagged = all(RECEIVED in here.tags(order) for order in range(1, 11))
            if end != {("acknowledged", 1)} or not tagged or here.queues.waiting():
                wrong[crash_after] = end, tagged, here.queues.waiting()
    assert wrong == {}


def _ten_found(here: World) -> None:
    for order in range(1, 11):
        here.sell(order)
    here.poll()


def _calls() -> int:
    with world() as here:
        _ten_found(here)
        here.watch.calls = 0
        here.push()
        return here.watch.calls
