"""R7: whatever goes wrong on the way to the warehouse, an order is on its books once, and Billbee knows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.simulators.bibi.submission import read_order
from local.simulators.faults import Fault
from orderbridge.ledger.order_number import OrderNumber
from testkit.clock import NOON
from testkit.routes import STATUS, SUBMIT, TAGS
from testkit.vendors import TOO_LATE
from testkit.world import RECEIVED, World, world

# What can happen to a call, with whether the warehouse has worked on it. None of these is a refusal.
MISHAPS = {
    "time-out before it lands": Fault("delay_before", seconds=TOO_LATE),
    "time-out after it landed": Fault("delay_after", seconds=TOO_LATE),
    "reset before it lands": Fault("reset_before"),
    "line cut after it landed": Fault("drop_after"),
    "500 before": Fault("status", status=500),
    "500 after": Fault("status_after", status=500),
    "502 with a page of HTML": Fault("bad_gateway"),
    "503 after": Fault("status_after", status=503),
    "429 with a reset": Fault("throttled", retry_after=30),
    "429 without a hint": Fault("throttled"),
    "200 with JSON cut off": Fault("cut_json"),
    "200 with the body cut off": Fault("cut_body"),
    "200 with HTML, landed": Fault("html"),
    "200 with HTML, not landed": Fault("html_before"),
    "answer without success": Fault("wrong_type", path="success", value=None),
    "answer with a strange success": Fault("wrong_type", path="success", value="maybe"),
    "token has expired": Fault("expire_token"),
}


def fault(like: Fault, route: str, **changes: Any) -> Fault:
    kept = {name: getattr(like, name) for name in ("seconds", "status", "retry_after", "path", "value")}
    return Fault(like.kind, route=route, **(kept | changes))


def assert_once_and_told(here: World, *orders: int) -> None:
    for order in orders:
        assert here.submitted(str(order)) == 1, f"order {order}: {here.record(order).timeline}"
        assert RECEIVED in here.tags(order)
        assert here.status(order) == "acknowledged"
    assert here.warehouse.duplicates == []


@pytest.mark.parametrize("duplicates", ["refused", "booked"])
@pytest.mark.parametrize("mishap", MISHAPS)
def test_r7_an_order_is_booked_once_whatever_becomes_of_the_submission(mishap: str, duplicates: str) -> None:
    with world(bibi={"readings": {"duplicate": duplicates}}) as here:
        for order in (1, 2, 3):
            here.sell(order)
        here.bibi.faults.add(fault(MISHAPS[mishap], SUBMIT))
        here.poll()
        here.push()
        here.run_on()
        assert_once_and_told(here, 1, 2, 3)


@pytest.mark.parametrize("mishap", sorted(MISHAPS.keys() - {"token has expired"}))
def test_r9_the_received_tag_comes_whatever_becomes_of_the_call(mishap: str) -> None:
    with world() as here:
        here.sell(1)
        here.billbee.faults.add(fault(MISHAPS[mishap], TAGS, path="ErrorCode", value=8))
        here.poll()
        here.push()
        here.run_on()
        assert_once_and_told(here, 1)


@pytest.mark.parametrize("mishap", MISHAPS)
def test_r7_nothing_is_sent_again_while_the_warehouse_cannot_be_asked(mishap: str) -> None:
    with world() as here:
        here.sell(1)
        here.bibi.faults.add(Fault("drop_after", route=SUBMIT))
        here.bibi.faults.add(fault(MISHAPS[mishap], STATUS, times=4))
        here.poll()
        here.push()
        here.run_on()
        assert_once_and_told(here, 1)
        assert here.bibi.count(SUBMIT) == 1


def test_r7_a_lost_answer_is_asked_for_before_sending_again() -> None:
    with world() as here:
        here.sell(1)
        here.bibi.faults.add(Fault("reset_before", route=SUBMIT))
        here.poll()
        before = len(here.bibi.calls)
        here.push()
        names = [call.name for call in here.bibi.calls[before:] if call.name in (SUBMIT, STATUS)]
        assert names[:2] == [SUBMIT, STATUS]
        assert names[-2:] == [STATUS, SUBMIT]
        assert names.count(SUBMIT) == 2
        assert_once_and_told(here, 1)


@pytest.mark.parametrize(
    "mishap", [Fault("status", status=504), Fault("bad_gateway"), Fault("reset_before")], ids=lambda one: str(one.kind)
)
def test_r7_a_request_that_lands_after_we_have_given_up_on_it_is_not_sent_a_second_time(mishap: Fault) -> None:
    """A gateway's 504 or a lost line says nothing about the request behind it: it may land seconds later."""
    with world() as here:
        here.sell(1)
        late: list[Any] = []
        here.bibi.faults.add(fault(mishap, SUBMIT))

        def land_late(call: Any) -> None:
            """Ten seconds after the call, the warehouse gets round to it."""
            if call.name == SUBMIT and call.fault:
                late.append((call.at + 10, call.body))
            elif call.name == STATUS and late and here.clock() >= late[0][0]:
                book(late.pop())

        def book(landed: Any) -> None:
            for entry in json.loads(landed[1]["orders"])["Orders"]:
                here.warehouse.book(read_order(entry, here.warehouse.rules))

        here.bibi.after_call.append(land_late)
        here.poll()
        here.push()
        if late:
            book(late.pop())
        here.run_on()
        assert_once_and_told(here, 1)


@pytest.mark.parametrize("new_token", ["ends-old", "keeps-old"])
def test_an_expired_token_is_renewed_once_and_the_batch_goes_through(new_token: str) -> None:
    with world(bibi={"readings": {"new-token": new_token}}) as here:
        here.sell(1)
        here.poll()
        here.push()
        here.wait(hours=25)
        here.sell(2)
        here.poll()
        here.push()
        assert_once_and_told(here, 1, 2)
        assert here.bibi.count("GET /") == 2


@pytest.mark.parametrize("new_token", ["ends-old", "keeps-old"])
def test_workers_share_the_token_and_do_not_push_each_other_out(new_token: str) -> None:
    with world(bibi={"readings": {"new-token": new_token}}) as here:
        for order in (1, 2, 3):
            here.sell(order)
            here.poll()
            here.cold_start()
            here.push()
            here.cold_start()
            here.pull()
        assert here.bibi.count("GET /") == 1
        here.bibi.expire_tokens("public-acme")
        first = here.workspace("acme")
        here.cold_start()
        second = here.workspace("acme")
        assert first is not second
        assert first.warehouse.order(OrderNumber("1")) is not None
        assert second.warehouse.order(OrderNumber("2")) is not None
        assert first.warehouse.order(OrderNumber("3")) is not None
        assert here.bibi.count("GET /") == 2


def test_r7_of_two_workers_with_the_same_order_only_one_sends_it() -> None:
    """The message is delivered a second time while the first worker is in its call to the warehouse."""
    with world() as here:
        here.sell(1)
        here.poll()
        twin = here.queues.messages("push")[0]

        def second_worker(call: Any) -> None:
            if call.name == SUBMIT and here.bibi.count(SUBMIT) == 1:
                here.bibi.after_call.clear()
                twin.visible_at = here.clock()
                here.deliver("push")

        here.bibi.after_call.append(second_worker)
        here.deliver("push")
        here.work("push")
        here.run_on()
        assert_once_and_told(here, 1)
        assert here.bibi.count(SUBMIT) == 1


def test_r8_a_bad_order_holds_back_no_other_order_of_its_batch() -> None:
    with world() as here:
        for order in range(1, 11):
            here.sell(order)
        here.warehouse.products["POSTER"]["available"] = "0"
        here.wire(5)["OrderItems"][0]["Product"]["SKU"] = "POSTER"
        here.poll()
        here.push()
        here.run_on()
        assert_once_and_told(here, *(order for order in range(1, 11) if order != 5))
        assert here.status(5) == "rejected"
        assert "POSTER" in (here.record(5).reason or "")
        assert len(here.told(5)) == 1


@pytest.mark.parametrize("duplicates", ["refused", "booked"])
@pytest.mark.parametrize("batch", ["whole", "each"])
@pytest.mark.parametrize(("status", "not_found"), [("200", "404-envelope"), ("400", "empty"), ("200", "refusal")])
def test_r8_holds_in_every_reading_of_a_refused_batch(batch: str, duplicates: str, status: str, not_found: str) -> None:
    readings = {"batch": batch, "duplicate": duplicates, "refusal-status": status, "not-found": not_found}
    with world(bibi={"readings": readings}) as here:
        for order in (1, 2, 3, 4):
            here.sell(order)
        for bad in (2, 4):
            here.wire(bad)["OrderItems"][0]["Product"]["SKU"] = f"GHOST-{bad}"
        here.poll()
        here.push()
        here.run_on()
        assert_once_and_told(here, 1, 3)
        assert [here.status(bad) for bad in (2, 4)] == ["rejected", "rejected"]
        assert [len(here.told(bad)) for bad in (2, 4)] == [1, 1]


def test_orders_go_out_in_batches_of_ten() -> None:
    with world() as here:
        for order in range(1, 26):
            here.sell(order)
        here.poll()
        here.push()
        assert_once_and_told(here, *range(1, 26))
        assert here.bibi.count(SUBMIT) == 3
        assert here.clock.now() >= NOON
