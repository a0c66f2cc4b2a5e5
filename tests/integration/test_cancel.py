"""R12: an order that is cancelled or deleted in Billbee is cancelled at the warehouse, or the merchant is told why
not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.simulators.billbee.orders import item
from local.simulators.faults import Fault, Kind
from orderbridge.orders.poll_orders import CHECKED_A_NIGHT
from testkit.routes import CANCEL, HOLD, MESSAGE, SHIPMENT, STATE, STATUS, SUBMIT, TAGS
from testkit.world import RECEIVED, TAG, World, world
from tests.faults.matrix import end_of
from tests.integration.after_import import BEGUN, HOLDING, LANDED, NOT_LANDED, fault, survives_every_crash

CANCELLED, REFUSED = "order_cancelled_by_bibi", "order_cancel_refused_by_bibi"


def assert_cancelled(here: World, order: int = 1, text: str = "This order was cancelled at the warehouse.") -> None:
    assert here.status(order) == "cancelled", here.record(order).timeline
    assert {part.status for part in here.warehouse.orders[str(order)].parts} == {"Cancelled"}
    assert CANCELLED in here.tags(order)
    assert REFUSED not in here.tags(order)
    assert len(here.told(order)) == 1
    assert here.told(order)[0].startswith(text)
    assert here.told(order)[0].endswith("[OB-402]")


def assert_too_late(here: World, status: str, order: int = 1) -> None:
    assert REFUSED in here.tags(order)
    assert CANCELLED not in here.tags(order)
    assert len(here.told(order)) == 1
    assert f"{status!r}" in here.told(order)[0]
    assert here.told(order)[0].endswith("[OB-403]")


@pytest.mark.parametrize("state", [8, 6])
@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "This order was cancelled at the warehouse."), ("de", "Diese Bestellung wurde im Lager storniert.")],
)
def test_r12_it_is_cancelled_at_the_warehouse_and_the_merchant_is_told(state: int, language: str, text: str) -> None:
    with world(language=language) as here:
        here.imported()
        here.shop.change(1, State=state)
        here.look()
        assert_cancelled(here, text=text)
        moves = [(one.before, one.after) for one in here.record(1).timeline]
        assert moves[-3:] == [
            ("acknowledged", "cancelling"),
            ("cancelling", "cancelled"),
            ("cancelled", "cancelled"),
        ]
        here.run_on()
        assert here.bibi.count(CANCEL) == 1
        assert_cancelled(here, text=text)


@pytest.mark.parametrize("status", BEGUN)
def test_r12_too_late_it_is_told_with_the_status_the_order_had_and_is_shipped(status: str) -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", status)
        here.shop.change(1, State=8)
        here.look()
        assert_too_late(here, status)
        if status in ("Collate Printed", "Pack Checked", "Processed"):
            assert here.status(1) == "acknowledged"
            here.warehouse.ship("1", ["1Z1"], method="02")
            here.run_on()
            assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("shipped", ["1Z1"], 4)
            assert_too_late(here, status)
        assert here.bibi.count(CANCEL) == 1


def test_r12_too_late_in_german() -> None:
    with world(language="de") as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        here.shop.change(1, State=8)
        here.look()
        assert here.told(1) == [
            "Die Stornierung kam zu spät: im Lager steht die Bestellung auf 'Processed', sie wird versendet. [OB-403]"
        ]


@pytest.mark.parametrize("own", ["Hold", "Pending"])
def test_r12_an_order_on_hold_whose_cancellation_comes_too_late_goes_on(own: str) -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", own)
        here.wait(minutes=5)
        here.pull()
        assert here.status(1) == "held"
        here.warehouse.set_status("1", "Processed")
        here.shop.change(1, State=8)
        asked = here.clock.now()
        here.look()
        assert_too_late(here, "Processed")
        assert here.status(1) == "acknowledged"
        assert here.clock.now() - asked < timedelta(minutes=2)  # nothing had to come again


def test_r12_an_order_that_we_hold_is_cancelled() -> None:
    with world() as here:
        here.imported(tags=[TAG, HOLDING])
        assert here.status(1) == "held"
        here.shop.change(1, State=8)
        here.look()
        assert_cancelled(here)


def test_r12_what_has_left_in_part_is_past_it() -> None:
    with world() as here:
        here.sell(1, item("MUG-01"), item("TEE-01"))
        here.poll()
        here.push()
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        here.warehouse.ship("1", ["1Z1"], method="02", part=1)
        here.shop.change(1, State=8)
        here.look()
        assert_too_late(here, "Shipped, New")
        here.warehouse.ship("1", ["1Z2"], method="02", part=2)
        here.run_on()
        assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("shipped", ["1Z1", "1Z2"], 4)


def test_r12_where_the_warehouse_cancels_only_what_is_left_the_order_is_not_reported_cancelled() -> None:
    """Whether it does is not documented."""
    with world(bibi={"readings": {"changeable": "beside-shipped"}}) as here:
        here.sell(1, item("MUG-01"), item("TEE-01"))
        here.poll()
        here.push()
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        here.warehouse.ship("1", ["1Z1"], method="02", part=1)
        here.shop.change(1, State=8)
        here.look()
        assert [part.status for part in here.warehouse.orders["1"].parts] == ["Shipped", "Cancelled"]
        assert_too_late(here, "Shipped, Cancelled")
        here.run_on()
        assert here.parcels(1) == ["1Z1"]


# ---- The race


@pytest.mark.parametrize("moment", ["before the poll", "before the push", "after the poll's tracking"])
def test_r12_the_warehouse_ships_before_the_cancel_call(moment: str) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        if moment == "before the poll":
            here.warehouse.ship("1", ["1Z1"], method="02")
        here.poll()
        if moment != "before the poll":
            here.warehouse.ship("1", ["1Z1"], method="02")
        if moment == "after the poll's tracking":
            here.pull()
        here.push()
        here.run_on()
        assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("shipped", ["1Z1"], 4)
        if moment != "after the poll's tracking":  # else the shipped state and the parcel tell
            assert_too_late(here, "Shipped")


@pytest.mark.parametrize("kind", NOT_LANDED)
def test_r12_the_warehouse_ships_between_two_tries_to_cancel(kind: str) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        here.bibi.faults.add(fault(kind, CANCEL, times=None, retry_after=30))
        here.poll()
        here.deliver("push")
        if kind != "delay_before":  # there it did land
            here.warehouse.ship("1", ["1Z1"], method="02")
        here.bibi.faults.clear()
        here.run_on()
        if kind == "delay_before":
            assert_cancelled(here)
        else:
            assert_too_late(here, "Shipped")
            assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("shipped", ["1Z1"], 4)


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("kind", LANDED)
def test_r12_the_cancellation_landed_and_its_answer_was_lost(kind: str, times: int) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        here.bibi.faults.add(fault(kind, CANCEL, times=times))
        here.look()
        here.run_on()
        assert_cancelled(here)


@pytest.mark.parametrize("kind", NOT_LANDED)
def test_r12_a_cancellation_that_did_not_get_through_is_tried_again(kind: str) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        here.bibi.faults.add(fault(kind, CANCEL, times=4, retry_after=30))
        here.look()
        here.run_on()
        assert_cancelled(here)


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("route", [MESSAGE, TAGS, STATUS])
def test_r12_the_answer_is_given_once_whatever_becomes_of_its_calls(route: str, kind: str) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        (here.bibi if route == STATUS else here.billbee).faults.add(fault(kind, route, times=2))
        here.look()
        here.run_on()
        assert_cancelled(here)


@pytest.mark.parametrize("kind", ["status", "bad_gateway"])
def test_r12_a_message_that_lands_after_we_have_given_up_on_it_is_not_posted_again(kind: str) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        late: list[str] = []

        def post_late(call: Any) -> None:
            if call.name == MESSAGE and call.fault:
                late.append(call.body["Text"])

        here.billbee.after_call.append(post_late)
        here.billbee.faults.add(fault(kind, MESSAGE, status=504))
        here.poll()
        here.deliver("push")
        here.work("push", patience=timedelta(seconds=10))
        here.shop.add_message(1, late.pop(), "orderbridge")
        here.push()
        assert_cancelled(here)


def test_r12_the_merchant_is_told_though_billbee_was_away_for_longer_than_the_message_is_tried() -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        here.billbee.faults.add(fault("status", MESSAGE, times=None))
        here.look()
        here.billbee.faults.clear()
        assert (here.status(1), here.told(1)) == ("cancelled", [])
        here.run_on()
        assert_cancelled(here)


def test_r12_tracking_in_between_does_not_change_what_is_told() -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        here.shop.change(1, State=8)
        here.billbee.faults.add(fault("status", MESSAGE, times=None))
        here.look()
        here.wait(minutes=5)
        here.warehouse.set_status("1", "Pack Checked")
        here.pull()
        here.billbee.faults.clear()
        here.run_on()
        assert_too_late(here, "Processed")


# ---- Before it is there


def test_r12_an_order_that_is_cancelled_before_it_is_sent_is_not_sent() -> None:
    """Also while the message that would send it waits: the second one is no repetition of it."""
    with world() as here:
        here.sell(1)
        here.poll()
        here.wait(minutes=1)
        here.shop.change(1, State=8)
        here.poll()
        here.push()
        here.run_on()
        assert (here.status(1), here.submitted("1"), here.told(1)) == ("cancelled", 0, [])
        assert here.tags(1) == {TAG}


@pytest.mark.parametrize("state", [8, 6])
@pytest.mark.parametrize("kind", LANDED)
def test_r12_an_order_that_is_cancelled_while_it_is_being_sent_is_taken_back(kind: str, state: int) -> None:
    with world() as here:
        here.sell(1)
        here.bibi.faults.add(fault(kind, SUBMIT))
        here.poll()
        here.deliver("push")
        assert here.status(1) == "submitting"
        here.shop.change(1, State=state)
        here.look()
        here.run_on()
        assert here.submitted("1") == 1
        assert_cancelled(here)


@pytest.mark.parametrize("kind", ["reset_before", "status", "bad_gateway", "html_before"])
def test_r12_an_order_that_is_cancelled_before_its_submission_got_through_is_not_sent_again(kind: str) -> None:
    with world() as here:
        here.sell(1)
        here.bibi.faults.add(fault(kind, SUBMIT))
        here.poll()
        here.deliver("push")
        here.shop.change(1, State=8)
        here.look()
        here.run_on()
        assert (here.status(1), here.submitted("1"), here.told(1)) == ("cancelled", 0, [])


# ---- Gone, unseen, taken back


def test_r12_an_order_that_is_gone_altogether_is_cancelled_at_night() -> None:
    with world() as here:
        here.imported(1, 2)
        here.shop.remove_order(1)
        here.look()
        assert here.status(1) == "acknowledged"
        here.poll("all")
        here.push()
        assert (here.status(1), here.warehouse.orders["1"].status) == ("cancelled", "Cancelled")
        assert here.status(2) == "acknowledged"


def test_r12_an_order_that_is_gone_and_past_it_is_asked_about_once() -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        here.shop.remove_order(1)
        for _ in range(3):
            here.wait(days=1)
            here.poll("all")
            here.push()
        assert here.status(1) == "acknowledged"
        assert here.bibi.count(CANCEL) == 1


@pytest.mark.parametrize("kind", ["drop_after", "status_after"])
def test_r12_an_order_that_vanished_while_it_was_sent_is_cancelled_also_if_that_answer_is_lost(kind: Kind) -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.bibi.faults.add(Fault(kind, CANCEL))
        with here.inside("POST /submitOrder", lambda: here.shop.remove_order(1)):
            here.push()
        assert (here.status(1), here.warehouse.orders["1"].status) == ("cancelled", "Cancelled")
        assert "cancelled at the warehouse" in (here.record(1).reason or "")
        assert here.bibi.count(CANCEL) == 2


def test_r12_where_more_orders_are_unlisted_than_a_night_can_check_each_has_its_turn() -> None:
    with world() as here:
        orders = range(1, CHECKED_A_NIGHT + 21)
        here.imported(*orders)
        for order in orders:
            here.wire(order)["State"] = 7  # closed by hand: no list shows it
        gone = orders[-1]
        here.shop.remove_order(gone)
        for _ in range(3):
            here.wait(days=1)
            here.poll("all")
            here.push()
        assert here.status(gone) == "cancelled"


def test_r12_an_order_cancelled_during_an_outage_is_found_by_the_first_poll_after_it() -> None:
    with world() as here:
        here.imported()
        here.wait(minutes=20)
        here.shop.change(1, State=8)
        here.wait(hours=5)
        here.look()
        assert_cancelled(here)


def test_r12_an_order_that_lost_its_order_tag_too_is_found_at_night() -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8, Tags=[RECEIVED])
        here.wait(days=1)
        here.poll("all")
        here.push()
        assert_cancelled(here)


@pytest.mark.parametrize("landed", [True, False])
def test_r12_a_cancellation_taken_back_while_its_outcome_is_unknown_leaves_no_loose_end(landed: bool) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        here.bibi.faults.add(fault("drop_after" if landed else "reset_before", CANCEL, times=3))
        here.poll()
        here.deliver("push")
        assert here.status(1) == "cancelling"
        here.shop.change(1, State=3)
        here.bibi.faults.clear()
        here.look()
        here.run_on()
        if landed:
            assert_cancelled(here)
        else:
            assert here.told(1) == []
            here.warehouse.ship("1", ["1Z1"], method="02")
            here.run_on()
            assert (here.status(1), here.parcels(1)) == ("shipped", ["1Z1"])


@pytest.mark.parametrize(("happens", "code"), [("Cancelled", "OB-204"), ("Declined", "OB-203")])
@pytest.mark.parametrize("first", ["pull", "poll"])
def test_r12_what_the_warehouse_has_dropped_by_itself_is_told_once(first: str, happens: str, code: str) -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", happens)
        here.shop.change(1, State=8)
        if first == "pull":
            here.pull()
            assert here.codes(1) == [code]
        here.look()
        here.run_on()
        assert here.status(1) == "cancelled"
        codes = {("pull", "Cancelled"): [code], ("pull", "Declined"): [code, "OB-402"]}
        assert here.codes(1) == codes.get((first, happens), ["OB-402"])
        assert REFUSED not in here.tags(1)


def test_r12_an_order_cancelled_after_it_was_shipped_is_told_too_late_without_asking_the_warehouse() -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert here.status(1) == "shipped"
        here.shop.change(1, State=8)
        here.look()
        here.run_on()
        assert_too_late(here, "Shipped")
        assert (here.status(1), here.bibi.count(CANCEL)) == ("shipped", 0)


@pytest.mark.parametrize("route", [STATE, SHIPMENT])
def test_r12_a_cancellation_does_not_wait_for_what_billbee_refuses_of_the_same_order(route: str) -> None:
    """Parcels and state are tried again after an hour, the warehouse is asked at once."""
    with world() as here:
        here.imported()
        locked = {"path": "ErrorMessage", "value": "It is locked"}
        here.billbee.faults.add(fault("wrong_type", route, **locked))
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.pull()
        here.shop.change(1, State=8)
        here.look()
        assert_too_late(here, "Shipped")
        assert here.status(1) == "acknowledged"
        here.wait(minutes=61)
        here.run_on()
        assert (here.status(1), here.record(1).defect, here.record(1).effects) == ("shipped", None, ())
        assert_too_late(here, "Shipped")
        assert (here.parcels(1), here.bibi.count(CANCEL)) == (["1Z1"], 1)


def test_r12_with_a_lost_ledger_nothing_is_told_twice() -> None:
    with world() as here:
        here.imported(1, 2, 3)
        here.warehouse.set_status("2", "Processed")
        for order in (1, 2, 3):
            here.shop.change(order, State=8)
        here.bibi.faults.add(fault("reset_before", CANCEL, nth=3, times=None))
        here.look()
        here.bibi.faults.clear()
        assert here.told(3) == []
        here.lose_the_ledger()
        here.run_on()
        assert_cancelled(here, 3)
        assert [len(here.told(order)) for order in (1, 2)] == [1, 1]
        here.warehouse.ship("2", ["1Z2"], method="02")
        here.run_on()
        assert here.parcels(2) == ["1Z2"]


# ---- Crashes


def cancelled_in_billbee(here: World) -> None:
    here.imported()
    here.shop.change(1, State=8)


def past_it(here: World) -> None:
    cancelled_in_billbee(here)
    here.warehouse.set_status("1", "Processed")


def gone(here: World) -> None:
    here.imported()
    here.shop.remove_order(1)


def cancelled_on_the_way(here: World) -> None:
    here.sell(1)
    here.bibi.faults.add(fault("drop_after", SUBMIT))
    here.poll()
    here.deliver("push")
    here.shop.change(1, State=8)


def at_night(here: World) -> None:
    here.wait(minutes=1)
    here.poll("all")
    here.push()


@pytest.mark.parametrize("before", [cancelled_in_billbee, past_it, cancelled_on_the_way])
def test_r12_a_crash_after_any_call_ends_as_if_it_had_not_happened(before: Any) -> None:
    calls, wrong = survives_every_crash(before, World.look)
    assert wrong == {}
    assert calls > 10


def test_r12_a_crash_after_any_call_of_the_nightly_check_ends_as_if_it_had_not_happened() -> None:
    def end(here: World) -> Any:
        at_night(here)
        return end_of(here)

    calls, wrong = survives_every_crash(gone, at_night, end)
    assert wrong == {}
    assert calls > 10


def test_r12_holdorder_is_never_called_for_a_cancellation() -> None:
    with world() as here:
        cancelled_in_billbee(here)
        here.look()
        assert here.bibi.count(HOLD) == 0
