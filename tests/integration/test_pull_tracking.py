"""R14, R16, R17: what the warehouse reports reaches Billbee, each thing once, whatever else is wrong."""

from __future__ import annotations

import pytest

from local.simulators import Call
from local.simulators.billbee.orders import item
from local.simulators.faults import Fault
from testkit.mishaps import PathFault
from testkit.routes import MESSAGE, SHIPMENT, STATE
from testkit.vendors import TOO_LATE
from testkit.world import TAG, World, world


def submitted(here: World, *orders: int) -> None:
    for order in orders:
        here.sell(order, item("MUG-01", quantity=2), item("TEE-01"))
    here.poll()
    here.push()
    here.pull()
    here.wait(minutes=5)


@pytest.mark.parametrize("kind", ["drop_after", "delay_after", "status_after", "html", "cut_json", "cut_body"])
def test_r14_a_parcel_whose_answer_was_lost_is_not_posted_again(kind: str) -> None:
    with world() as here:
        submitted(here, 1)
        here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
        here.billbee.faults.add(Fault(kind, route=SHIPMENT, seconds=TOO_LATE))  # type: ignore[arg-type]
        here.pull()
        here.run_on()
        assert here.parcels(1) == ["1Z1", "1Z2"]
        assert here.status(1) == "shipped"


@pytest.mark.parametrize("kind", ["reset_before", "delay_before", "status", "bad_gateway", "throttled", "html_before"])
def test_r14_a_parcel_that_did_not_get_through_is_posted(kind: str) -> None:
    with world() as here:
        submitted(here, 1)
        here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
        here.billbee.faults.add(Fault(kind, route=SHIPMENT, nth=2, seconds=TOO_LATE))  # type: ignore[arg-type]
        here.pull()
        here.run_on()
        assert here.parcels(1) == ["1Z1", "1Z2"]
        assert here.status(1) == "shipped"


def test_r14_parcels_come_before_the_state() -> None:
    with world() as here:
        submitted(here, 1)
        here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
        here.pull()
        done = [call.name for call in here.billbee.calls if call.name in (SHIPMENT, STATE)]
        assert done == [SHIPMENT, SHIPMENT, STATE]


def test_r14_a_partial_shipment_posts_its_parcels_and_leaves_the_state() -> None:
    with world() as here:
        submitted(here, 1)
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        here.warehouse.ship("1", ["1Z1"], method="02", part=1)
        here.pull()
        assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("partially_shipped", ["1Z1"], 3)
        here.wait(minutes=5)
        here.warehouse.ship("1", ["1Z2"], method="02", part=2)
        here.pull()
        assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("shipped", ["1Z1", "1Z2"], 4)


@pytest.mark.parametrize("means", ["change", "order-date"])
def test_r14_a_late_parcel_of_a_shipped_order_is_posted_while_other_orders_are_open(means: str) -> None:
    with world(bibi={"readings": {"timestamp": means}}) as here:
        submitted(here, 1, 2)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.cycle()
        assert here.status(1) == "shipped"
        here.wait(hours=1)
        here.warehouse.add_parcel("1", "1Z-LATE")
        for _ in range(3):
            here.wait(minutes=55)
            here.cycle()
        here.pull("all")
        assert here.parcels(1) == ["1Z-LATE", "1Z1"]
        assert here.wire(1)["State"] == 4


@pytest.mark.parametrize("means", ["change", "order-date"])
def test_r17_a_return_after_shipping_is_told_while_other_orders_are_open(means: str) -> None:
    with world(bibi={"readings": {"timestamp": means}}) as here:
        submitted(here, 1, 2)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.cycle()
        here.wait(days=4)
        here.warehouse.return_item("1", "MUG-01")
        for _ in range(3):
            here.wait(minutes=55)
            here.cycle()
        for _ in range(2):
            here.pull("all")
            here.wait(hours=6)
        assert "returned_by_bibi" in here.tags(1)
        assert len(here.told(1)) == 1


@pytest.mark.parametrize(
    ("happens", "tag"),
    [
        ("Backordered", "order_backordered_by_bibi"),
        ("Backordered - HTC", "order_backordered_by_bibi"),
        ("Decline", "order_declined_by_bibi"),
        ("Declined", "order_declined_by_bibi"),
        ("Cancelled", "order_cancelled_by_bibi"),
        ("Returned", "returned_by_bibi"),
    ],
)
@pytest.mark.parametrize("kind", [None, "drop_after", "reset_before", "status"])
def test_r17_it_is_told_once_with_a_tag_and_a_message(happens: str, tag: str, kind: str | None) -> None:
    with world() as here:
        submitted(here, 1)
        here.warehouse.set_status("1", happens)
        if kind:
            here.billbee.faults.add(Fault(kind, route=MESSAGE))  # type: ignore[arg-type]
        here.run_on()
        assert tag in here.tags(1)
        assert len(here.told(1)) == 1


def test_one_order_that_billbee_cannot_take_holds_back_no_other() -> None:
    with world() as here:
        submitted(here, 1, 2, 3)
        for order in ("1", "2", "3"):
            here.warehouse.ship(order, [f"1Z{order}"], method="02")
        here.billbee.faults.add(PathFault("status", "/1/orderstate", status=500, times=None))
        here.run_on()
        assert [here.status(order) for order in (2, 3)] == ["shipped", "shipped"]
        assert here.parcels(1) == ["1Z1"]
        here.billbee.faults.clear()
        here.run_on()
        assert here.status(1) == "shipped"
        assert here.parcels(1) == ["1Z1"]


@pytest.mark.parametrize("gone", ["removed", "archived"])
def test_an_order_that_is_gone_from_billbee_holds_back_no_other(gone: str) -> None:
    with world() as here:
        submitted(here, 1, 2)
        if gone == "removed":
            here.shop.remove_order(1)
        else:
            here.shop.archive(1)
        for order in ("1", "2"):
            here.warehouse.ship(order, [f"1Z{order}"], method="02")
        here.run_on()
        assert here.status(2) == "shipped"
        if gone == "removed":
            assert here.record(1).reason
        else:
            assert here.status(1) == "shipped"
            assert any("archived in Billbee" in one.why for one in here.record(1).timeline)


def test_r16_an_interrupted_pass_is_no_dead_end_when_it_goes_on_much_later() -> None:
    """BiBi takes no timestamp of more than 30 days ago: a pass that begins there must not be resumed as it was."""
    with world(bibi={"readings": {"timestamp": "order-date"}}) as here:
        submitted(here, 1)
        here.wait(days=29, hours=23, minutes=30)
        here.sell(2)
        here.poll()
        here.push()
        here.bibi.faults.add(Fault("bad_gateway", route="POST /orderStatus", times=None))
        here.pull("all")
        here.bibi.faults.clear()
        here.wait(hours=3)
        here.warehouse.ship("2", ["1Z2"], method="02")
        here.run_on()
        assert here.status(2) == "shipped"


def test_more_than_a_page_of_reports_is_read_and_an_interrupted_pass_goes_on() -> None:
    with world() as here:
        submitted(here, *range(1, 103))
        for order in range(1, 103):
            here.warehouse.ship(str(order), [f"1Z{order}"], method="02")
        here.bibi.faults.add(Fault("bad_gateway", route="POST /orderStatus", nth=2, times=6))
        here.pull()
        here.cycle()
        assert {here.status(order) for order in range(1, 103)} == {"shipped"}
        assert all(here.parcels(order) == [f"1Z{order}"] for order in range(1, 103))


def test_an_order_the_warehouse_does_not_show_is_reported_and_stays_open() -> None:
    with world() as here:
        submitted(here, 1)
        del here.warehouse.orders["1"]
        here.wait(hours=2)
        here.pull()
        assert "does not show this order" in (here.record(1).reason or "")
        assert here.status(1) == "acknowledged"
        assert here.submitted("1") == 0
        assert TAG in here.tags(1)


def test_r16_a_second_reading_that_fails_leaves_the_cursor_of_the_first() -> None:
    """An order stays silent, so the list is read once more from its date; that this fails undoes nothing."""
    with world() as here:
        submitted(here, 1)
        here.wait(hours=2)
        submitted(here, 2)
        before = here.cursors().tracking()
        assert before.read_until is not None
        seen = 0

        def second(call: Call) -> None:
            nonlocal seen
            if call.name == "POST /orderStatus" and "timestamp" in (call.body or {}):
                seen += 1
                if seen == 1:
                    here.bibi.faults.add(Fault("status", route="POST /orderStatus", status=500, times=3))

        here.bibi.after_call.append(second)
        here.warehouse.orders.pop("1")
        here.ask_pull("open")
        here.deliver("pull")
        here.bibi.after_call.remove(second)
        after = here.cursors().tracking()
        assert seen == 4, "the pass, and three tries of the second reading"
        assert after.read_until is not None
        assert after.read_until >= before.read_until
        assert (after.pass_started, after.next_page) == (None, 1)


def test_r16_stragglers_are_asked_for_only_while_there_is_time() -> None:
    with world() as here:
        submitted(here, 1, 2, 3)
        here.wait(hours=30)
        for number in ("1", "2", "3"):
            here.warehouse.orders.pop(number)
        here.bibi.calls.clear()
        left = iter([900.0])
        here.seconds_left = lambda: next(left, 5.0)
        here.ask_pull("open")
        here.deliver("pull")
        asked = [call.body["orderNumber"] for call in here.bibi.calls if "orderNumber" in (call.body or {})]
        assert asked == ["1"]
