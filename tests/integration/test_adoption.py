"""R10: cursors, the sweeper, the nightly poll, and what is done where the ledger cannot be trusted."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulators.faults import Fault
from testkit.routes import SUBMIT
from testkit.world import RECEIVED, TAG, World, world

READINGS: dict[str, dict[str, str]] = {
    "change": {"timestamp": "change"},
    "order date": {"timestamp": "order-date"},
    "lists": {"several-orders": "list", "not-found": "404-envelope"},
    "maps": {"several-orders": "map", "not-found": "empty"},
}


def ship_all(here: World) -> None:
    """Also waits long enough for the straggler pass, which some readings need."""
    here.wait(minutes=5)
    for number, order in here.warehouse.orders.items():
        if order.status != "Shipped":
            here.warehouse.ship(number, [f"1Z{number}"], method="02")
    here.cycle()
    here.wait(hours=1)
    here.run_on()


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("number", ["billbee_id", "order_number"])
def test_r10_with_a_lost_ledger_no_order_is_shipped_twice(reading: str, number: str) -> None:
    """Four orders: done, on the books without a tag, shipped but not told, and one that is new."""
    with world(bibi={"readings": READINGS[reading]}) as here:
        here.configure(bibi={"order_number": number})
        for order in (1, 2, 3):
            here.sell(order, order_number=f"A-{order}")
        here.poll()
        here.push()
        here.shop.remove_tag(2, RECEIVED)
        known = sorted(here.warehouse.orders)
        here.warehouse.ship(known[2], ["1Z-3"], method="02")
        here.lose_the_ledger()
        here.sell(4, order_number="A-4")
        here.run_on()
        ship_all(here)
        assert [order.submissions for order in here.warehouse.orders.values()] == [1, 1, 1, 1]
        assert [len(here.parcels(order)) for order in (1, 2, 3, 4)] == [1, 1, 1, 1]
        assert [here.wire(order)["State"] for order in (1, 2, 3, 4)] == [4, 4, 4, 4]
        assert all(RECEIVED in here.tags(order) for order in (1, 2, 3, 4))


@pytest.mark.parametrize("days", [1, 40])
def test_r10_an_order_on_the_books_without_its_tag_is_adopted_and_tagged(days: int) -> None:
    """Also one placed before the 30 days that the warehouse lists."""
    with world() as here:
        here.sell(1)
        here.billbee.faults.add(Fault("status", route="POST /orders/{id}/tags", status=500, times=None))
        here.poll()
        here.push()
        assert RECEIVED not in here.tags(1)
        here.billbee.faults.clear()
        here.wait(days=days)
        here.lose_the_ledger()
        here.run_on()
        assert here.submitted("1") == 1
        assert RECEIVED in here.tags(1)
        ship_all(here)
        assert (here.status(1), here.parcels(1)) == ("shipped", ["1Z1"])


def test_r10_tracking_comes_back_for_tagged_orders_of_a_lost_ledger() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.push()
        here.lose_the_ledger()
        here.run_on()
        ship_all(here)
        assert (here.submitted("1"), here.status(1), here.parcels(1)) == (1, "shipped", ["1Z1"])
        assert here.wire(1)["State"] == 4


def test_r10_a_parcel_posted_before_the_ledger_was_lost_is_not_posted_again() -> None:
    with world() as here:
        here.sell(1)
        here.sell(2)
        here.poll()
        here.push()
        here.warehouse.split("1", ["MUG-01"])
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.billbee.faults.add(Fault("status", route="PUT /orders/{id}/orderstate", status=500, times=3))
        here.pull()
        assert here.parcels(1) == ["1Z1"]
        here.lose_the_ledger()
        here.billbee.faults.clear()
        here.run_on()
        assert (here.parcels(1), here.status(1), here.wire(1)["State"]) == (["1Z1"], "shipped", 4)


@pytest.mark.parametrize(
    ("state", "status"), [(5, "shipped"), (7, "shipped"), (11, "acknowledged"), (15, "acknowledged")]
)
def test_r10_an_order_in_a_later_state_is_taken_over_and_keeps_that_state(state: int, status: str) -> None:
    """With its outgoing parcel, which is not posted again, and without its return."""
    with world() as here:
        here.sell(1)
        here.poll()
        here.push()
        if status == "shipped":
            here.warehouse.ship("1", ["1Z-1"], method="02")
            here.pull()
        here.shop.add_shipment(1, {"ShippingId": "R-1", "ShipmentType": 1})
        here.shop.change(1, State=state)
        here.lose_the_ledger()
        here.poll()
        assert (here.status(1), set(here.record(1).parcels)) == (status, {"1Z-1"} if status == "shipped" else set())
        here.run_on()
        assert here.wire(1)["State"] == state
        assert here.parcels(1) == ["1Z-1", "R-1"][status != "shipped" :]
        assert here.submitted("1") == 1


def test_r10_orders_of_the_hour_since_the_backup_are_found_again_by_the_nightly_poll() -> None:
    """A restored table brings its cursor along: younger than the orders it lacks, and yet they must not be lost."""
    with world() as here:
        here.poll()
        here.wait(minutes=5)
        here.sell(1)
        here.poll()
        here.push()
        assert RECEIVED in here.tags(1)
        here.lose_record(1)
        here.cycle()
        here.poll("all")
        here.push()
        ship_all(here)
        assert (here.submitted("1"), here.status(1), here.parcels(1)) == (1, "shipped", ["1Z1"])


def test_r10_after_a_long_silence_the_warehouse_is_asked_before_anything_is_sent() -> None:
    with world() as here:
        here.sell(1)
        here.billbee.faults.add(Fault("status", route="POST /orders/{id}/tags", status=500, times=None))
        here.poll()
        here.push()
        here.billbee.faults.clear()
        here.lose_record(1)
        here.wait(hours=7)
        here.run_on()
        assert here.submitted("1") == 1
        assert RECEIVED in here.tags(1)


def test_r10_a_stuck_order_is_picked_up_again_and_the_warehouse_asked_first() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.queues.clear()  # the message is lost
        here.wait(minutes=29)
        here.poll("stuck")
        assert here.queues.messages("push") == []
        here.wait(minutes=2)
        here.poll("stuck")
        before = len(here.bibi.calls)
        here.push()
        names = [call.name for call in here.bibi.calls[before:]]
        assert names.index("POST /orderStatus") < names.index(SUBMIT)
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)


def test_r1_an_order_whose_tag_differs_in_case_is_imported_in_either_reading_of_the_filter() -> None:
    for tag_filter in ("exact", "folded"):
        with world(billbee={"readings": {"tag-filter": tag_filter}}) as here:
            here.poll()
            here.wait(minutes=5)
            here.sell(1, tags=[TAG.upper()])
            here.cycle()
            here.poll("all")
            here.push()
            assert here.status(1) == "acknowledged"


@pytest.mark.parametrize("zone", ["utc", "berlin"])
def test_r16_whatever_zone_billbee_means_no_changed_order_is_missed(zone: str) -> None:
    """Billbee documents no zone: a change must be found within the hours it may be off, at the latest."""
    with world(billbee={"readings": {"zone": zone}}) as here:
        here.poll()
        for order in range(1, 7):
            here.wait(minutes=7)
            here.sell(order, created_at=None)
            here.cycle()
        assert [here.status(order) for order in range(1, 7)] == ["acknowledged"] * 6


def test_r10_a_page_that_changes_while_it_is_read_loses_no_order() -> None:
    with world() as here:
        for order in range(1, 261):
            here.sell(order)
        moved: list[int] = []

        def first_page_shrinks(call: Any) -> None:
            if call.name == "GET /orders" and not moved:
                moved.append(1)
                here.shop.change(1, State=8)

        here.billbee.after_call.append(first_page_shrinks)
        here.poll()
        assert {order for order in range(2, 261) if here.status(order) == "unknown"} == set()


def test_r11_a_removed_received_tag_is_attached_again_without_a_second_submission() -> None:
    with world() as here:
        here.sell(1)
        here.run_on()
        here.shop.remove_tag(1, RECEIVED)
        here.run_on()
        assert RECEIVED in here.tags(1)
        assert here.submitted("1") == 1


def test_r2_a_fixed_order_is_imported_again_when_the_rejected_tag_goes() -> None:
    with world() as here:
        here.sell(1)
        here.wire(1)["ShippingAddress"]["City"] = ""
        here.run_on()
        assert (here.status(1), len(here.told(1))) == ("rejected", 1)
        here.wire(1)["ShippingAddress"]["City"] = "Los Angeles"
        here.shop.remove_tag(1, "order_rejected_by_bibi")
        here.run_on()
        assert (here.status(1), here.submitted("1"), len(here.told(1))) == ("acknowledged", 1, 1)


def test_r2_an_order_that_is_rejected_again_is_told_again() -> None:
    with world() as here:
        here.sell(1)
        here.wire(1)["ShippingAddress"]["City"] = ""
        here.run_on()
        here.shop.remove_tag(1, "order_rejected_by_bibi")
        here.run_on()
        assert here.status(1) == "rejected"
        assert "order_rejected_by_bibi" in here.tags(1)
        assert here.submitted("1") == 0


def test_r6_of_two_orders_with_one_number_the_second_is_rejected() -> None:
    with world() as here:
        here.configure(bibi={"order_number": "order_number"})
        here.sell(1, order_number="A-1")
        here.sell(2, order_number="A-1")
        here.run_on()
        assert sorted([here.status(1), here.status(2)]) == ["acknowledged", "rejected"]
        assert here.submitted("A-1") == 1


@pytest.mark.parametrize("not_found", ["200", "404"])
def test_an_order_gone_between_poll_and_push_is_taken_back_from_the_warehouse(not_found: str) -> None:
    with world(billbee={"readings": {"hub-not-found": not_found}}) as here:
        here.sell(1)
        here.sell(2)
        here.poll()
        here.shop.remove_order(1)
        here.push()
        assert (here.status(1), here.status(2)) == ("cancelled", "acknowledged")
        assert here.warehouse.orders["1"].status == "Cancelled"
