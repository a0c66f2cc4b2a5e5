"""The sandbox's warehouse: each act does at the simulated BiBi what the warehouse does, and the functions see it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from local.sandbox.places import Refusal
from local.schedules import timetable
from testkit.clock import NOON
from testkit.template import of_type, read_template
from tests.sandbox_world import FIRST, sandbox

FUNCTIONS = of_type(read_template()["Resources"], "AWS::Serverless::Function")


def test_a_step_ships_what_is_open_and_the_parcel_arrives_in_billbee() -> None:
    with sandbox() as play:
        number = play.at_warehouse()
        assert play("warehouse/step")["moved"] == [{"merchant": "acme", "order": number, "status": "Shipped"}]
        play.here.run_on()
        assert play.here.status(int(number)) == "shipped"
        assert [one["ShippingId"] for one in play.wire(number)["ShippingIds"]] == ["1Z0000000000000001"]
        assert play("warehouse/step") == {"said": "the warehouse has nothing to do", "moved": []}


def test_an_orders_whole_life_takes_two_rounds_of_the_schedules_and_fits_a_minute_at_60_times_real_time() -> None:
    """Just missed both times: by the poll of Billbee, and by the pull from the warehouse."""
    with sandbox() as play:
        began = play.here.clock.now()
        number = play.create()
        play.here.wait(minutes=minutes_between("PollChangedOrders"))
        play.here.poll()
        play.here.push()
        play("warehouse/step")
        play.here.wait(minutes=minutes_between("PullOpenTracking"))
        play.here.pull()
        assert (play.here.status(int(number)), play.wire(number)["State"]) == ("shipped", 4)
        assert play.here.clock.now() - began <= timedelta(minutes=60)


def minutes_between(schedule: str) -> float:
    """Two runs of a schedule of the template."""
    events = [one["Properties"].get("Events", {}) for one in FUNCTIONS.values()]
    expression = next(one[schedule]["Properties"]["ScheduleExpression"] for one in events if schedule in one)
    due = timetable(expression).next_after(NOON)
    assert due is not None
    return (due - NOON) / timedelta(minutes=1)


def test_an_order_leaves_in_two_parts_each_with_its_parcels() -> None:
    with sandbox() as play:
        number = play.at_warehouse(items=["MUG-01", "TEE-01:2"])
        play("warehouse/ship", order=number, items=["TEE-01"], tracking=["1ZA", "1ZB"], method="UPS Ground")
        play.here.run_on()
        assert play.here.status(int(number)) == "partially_shipped"
        play("warehouse/ship", order=number)
        play.here.run_on()
        assert play.here.status(int(number)) == "shipped"
        assert [one["ShippingId"] for one in play.wire(number)["ShippingIds"]] == ["1ZA", "1ZB", "1Z0000000000000001"]


def test_shipping_what_is_not_there_is_refused() -> None:
    with sandbox() as play:
        play.create(unpaid=True)
        with pytest.raises(Refusal, match=r"The warehouse does not have order 10001 yet"):
            play("warehouse/ship", order=FIRST)
        with pytest.raises(Refusal, match=r"There is no order 4711"):
            play("warehouse/ship", order="4711")
        number = play.at_warehouse(items=["MUG-01"])
        with pytest.raises(Refusal, match=r"Order 10002 has no open TEE-01\. The nearest: MUG-01"):
            play("warehouse/ship", order=number, items=["TEE-01"])
        with pytest.raises(Refusal, match=r"The warehouse has no ship method Pigeon"):
            play("warehouse/ship", order=number, method="Pigeon")
        play.here.count("MUG-01", 0)
        with pytest.raises(Refusal, match=r"cannot leave: 1 x MUG-01 missing in the stock\. Receive them first"):
            play("warehouse/ship", order=number)
        assert play("warehouse/step")["said"] == "the warehouse has nothing to do: acme 10002 (New)"
        assert play.here.warehouse.products["MUG-01"]["quantity_in_stock"] == 0


def test_a_backordered_order_waits_until_goods_arrive() -> None:
    with sandbox() as play:
        play.here.count("MUG-01", 1)
        number = play.at_warehouse(items=["MUG-01:3"])
        assert play.here.warehouse.orders[number].status == "Backordered"
        with pytest.raises(Refusal, match=r"2 x MUG-01 missing"):
            play("warehouse/ship", order=number)
        assert play("warehouse/receive", sku="MUG-01", quantity=2)["product"]["in_stock"] == 3
        assert play.here.warehouse.orders[number].status == "New"
        play("warehouse/step")
        assert play.here.warehouse.orders[number].status == "Shipped"
        assert play.here.warehouse.products["MUG-01"]["quantity_in_stock"] == 0


def test_a_backorder_by_hand_is_told_to_the_shop() -> None:
    with sandbox() as play:
        number = play.at_warehouse()
        play("warehouse/backorder", order=number)
        play.here.run_on()
        assert any("backordered" in tag for tag in play.here.tags(int(number)))
        with pytest.raises(Refusal, match=r"is backordered already"):
            play("warehouse/backorder", order=number)


def test_a_part_is_cancelled_or_the_whole_order() -> None:
    with sandbox() as play:
        number = play.at_warehouse(items=["MUG-01", "TEE-01"])
        play("warehouse/cancel", order=number, items=["TEE-01"])
        assert play("warehouse/show", order=number)["order"]["items"] == "1 x MUG-01"
        with pytest.raises(Refusal, match=r"has no open TEE-01"):
            play("warehouse/cancel", order=number, items=["TEE-01"])
        play("warehouse/cancel", order=number, items=["MUG-01"])
        play.here.run_on()
        assert play.here.status(int(number)) == "cancelled"


def test_pieces_come_back_but_not_more_than_were_shipped() -> None:
    with sandbox() as play:
        number = play.at_warehouse(items=["MUG-01:2"])
        with pytest.raises(Refusal, match=r"Order 10001 has not left: its status is New"):
            play("warehouse/return", order=number, sku="MUG-01")
        play("warehouse/ship", order=number)
        play.here.run_on()
        play("warehouse/return", order=number, sku="MUG-01", reason="Damaged")
        with pytest.raises(Refusal, match=r"Of the 2 x MUG-01 of order 10001, 1 came back already"):
            play("warehouse/return", order=number, sku="MUG-01", quantity=2)
        with pytest.raises(Refusal, match=r"was shipped without TEE-01\. The nearest: MUG-01"):
            play("warehouse/return", order=number, sku="TEE-01")
        play.here.pull_returns()
        assert any("return" in tag for tag in play.here.tags(int(number)))


@pytest.mark.parametrize("act", ["ship", "backorder", "cancel"])
@pytest.mark.parametrize("end", ["ship", "cancel"])
def test_an_act_on_an_ended_order_is_refused(act: str, end: str) -> None:
    with sandbox() as play:
        number = play.at_warehouse()
        play(f"warehouse/{end}", order=number)
        stock = dict(play.here.warehouse.products["MUG-01"])
        with pytest.raises(Refusal, match=r"Order 10001 has ended at the warehouse: its status is"):
            play(f"warehouse/{act}", order=number)
        assert play.here.warehouse.products["MUG-01"] == stock


def test_a_held_order_does_not_leave() -> None:
    with sandbox() as play:
        number = play.at_warehouse()
        play.here.warehouse.set_status(number, "Pending")
        with pytest.raises(Refusal, match=r"Order 10001 is held: its status is Pending"):
            play("warehouse/ship", order=number)
        assert play("warehouse/step")["moved"] == []


def test_an_order_that_two_ship_at_once_leaves_once() -> None:
    with sandbox() as play, ThreadPoolExecutor(8) as people:
        number = play.at_warehouse()
        before = play.here.warehouse.products["MUG-01"]["quantity_in_stock"]

        def ship(_: int) -> int:
            with suppress(Refusal):
                play("warehouse/ship", order=number)
                return 1
            return 0

        assert sum(people.map(ship, range(16))) == 1
        assert play.here.warehouse.products["MUG-01"]["quantity_in_stock"] == before - 1


@pytest.mark.parametrize(
    ("act", "given", "why"),
    [
        ("receive", {"sku": "MUG"}, "The warehouse has no product MUG. The nearest: MUG-01"),
        ("receive", {"sku": "MUG-01", "quantity": 0}, "quantity: "),
        ("ship", {"order": "1", "parcels": 13}, "parcels: "),
        ("ship", {}, "order: "),
    ],
)
def test_bad_input_says_what_is_wrong(act: str, given: dict[str, Any], why: str) -> None:
    with sandbox() as play, pytest.raises(Refusal, match=why):
        play(f"warehouse/{act}", **given)


def test_goods_that_two_merchants_have_ask_for_whom_they_are() -> None:
    with sandbox("other") as play:
        with pytest.raises(Refusal, match=r"Several merchants have MUG-01: acme, other\. Name one with --merchant"):
            play("warehouse/receive", sku="MUG-01")
        assert play("warehouse/receive", sku="MUG-01", merchant="other")["product"]["in_stock"] == 10_001


def test_a_list_shows_each_order_with_its_parcels() -> None:
    with sandbox() as play:
        number = play.at_warehouse()
        play("warehouse/ship", order=number, parcels=2)
        (only,) = play("warehouse/list")["orders"]
        assert only["tracking"] == "1Z0000000000000001, 1Z0000000000000002"
        assert play("warehouse/show", order="ACME-10001")["order"]["parts"][0]["status"] == "Shipped"
