"""R17: what comes back to the warehouse is told once, with product, quantity, reason and disposition."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.simulators.bibi.records import chicago_text
from local.simulators.bibi.shipments import row
from local.simulators.faults import Fault
from orderbridge.tracking.cost_records import CostRecords
from testkit.mishaps import PathFault
from testkit.routes import MESSAGE, RETURNS, SHIPMENT, SHIPMENTS, TAGS
from testkit.world import World, world
from tests.faults.matrix import end_of
from tests.integration.after_import import LANDED, NOT_LANDED, fault, survives_every_crash

RETURNED = "returned_by_bibi"


def shipped(here: World, *orders: int, **fields: Any) -> None:
    here.imported(*orders, **fields)
    for number in list(here.warehouse.orders):
        here.warehouse.ship(number, [f"1Z{number}"], method="02")
    here.cycle()


def comes_back(here: World, order: int | str = 1, *, tracking: str = "", **more: Any) -> None:
    """Pieces come back. The order's own status, of which the tracking would tell, is left out here."""
    number = str(order)
    part = here.warehouse.orders[number].parts[0]
    here.warehouse.return_item(number, part.lines[0].item_no, **more)
    part.status = "Shipped"
    if tracking:
        here.warehouse.returns[-1]["tracking_number"] = tracking


def returns(here: World) -> None:
    here.wait(minutes=30)
    here.pull_returns()


def sent_back(here: World, order: int = 1) -> list[str]:
    return [one["ShippingId"] for one in here.wire(order)["ShippingIds"] if one["ShipmentType"] == 1]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Returned to the warehouse: 2 x MUG-01. Reason: Wrong size. Kept as: Good. [OB-206]"),
        ("de", "Retoure im Lager: 2 x MUG-01. Grund: Wrong size. Eingelagert als: Good. [OB-206]"),
    ],
)
def test_r17_a_return_is_told_once_with_all_that_is_known(language: str, text: str) -> None:
    with world(language=language) as here:
        shipped(here)
        comes_back(here, quantity=2, reason="Wrong size")
        for _ in range(4):
            returns(here)
        assert here.told(1) == [text]
        assert RETURNED in here.tags(1)
        assert sent_back(here) == []
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)
        assert any(one.call == "bibi listReturns" or "return:" in one.why for one in here.record(1).timeline)


@pytest.mark.parametrize(("language", "text"), [("en", "Returned to the warehouse"), ("de", "Retoure im Lager")])
def test_r17_with_a_tracking_number_it_is_a_shipment_of_type_return(language: str, text: str) -> None:
    with world(language=language) as here:
        shipped(here)
        comes_back(here, tracking="1Z-BACK")
        for _ in range(3):
            returns(here)
        assert sent_back(here) == ["1Z-BACK"]
        assert here.told(1) == []
        assert RETURNED not in here.tags(1)
        comments = [one["Text"] for one in here.wire(1)["History"] if one["EventTypeName"] == "ShipmentAdded"]
        assert comments[-1].startswith(text)
        assert comments[-1].endswith("[OB-206]")
        here.run_on()
        assert here.parcels(1) == ["1Z-BACK", "1Z1"]


def parcel_comes_back(here: World, tracking: str, order: int = 1, kind: str = "Return") -> None:
    """A row in the warehouse's list of the order's shipments."""
    one, when = here.warehouse.orders[str(order)], chicago_text(here.clock())
    rows = here.warehouse.further_shipments.setdefault(str(order), [])
    rows.append(row(one, f"-R{len(rows)}", "UPS Ground", tracking, {"weight": "1.0", "cost": "9.36"}, when, kind))


def test_r17_the_parcel_in_which_pieces_came_back_is_found_among_the_shipments_and_posted_once() -> None:
    with world() as here:
        shipped(here, 1, 2)
        parcel_comes_back(here, "1Z-BACK-7")
        comes_back(here, 1)
        for _ in range(4):
            returns(here)
        assert sent_back(here) == ["1Z-BACK-7"]
        assert len(here.told(1)) == 1
        assert RETURNED in here.tags(1)
        assert here.bibi.count(SHIPMENTS) == 1  # one for the order of which something came back, none for others
        comments = [one["Text"] for one in here.wire(1)["History"] if one["EventTypeName"] == "ShipmentAdded"]
        assert comments[-1].endswith("[OB-207]")
        here.run_on()
        assert here.parcels(1) == ["1Z-BACK-7", "1Z1"]


@pytest.mark.parametrize("kind", ["status", "html", "wrong_type"])
def test_r17_what_came_back_is_told_even_where_its_parcel_cannot_be_read(kind: Any) -> None:
    with world() as here:
        shipped(here)
        here.bibi.faults.add(Fault(kind, route=SHIPMENTS, path="result", value=7, times=None))
        comes_back(here)
        returns(here)
        assert (len(here.told(1)), sent_back(here)) == (1, [])


def test_r17_a_lost_answer_to_a_return_parcel_is_looked_for_before_it_is_posted_again() -> None:
    with world() as here:
        shipped(here)
        parcel_comes_back(here, "1Z-BACK-7")
        comes_back(here)
        here.billbee.faults.add(Fault("drop_after", route=SHIPMENT))
        for _ in range(3):
            returns(here)
        assert sent_back(here) == ["1Z-BACK-7"]
        assert here.billbee.count(SHIPMENT) == 2  # the parcel that left, and the one that came back


@pytest.mark.parametrize(("language", "text"), [("en", "voided the label"), ("de", "storniert")])
def test_r17_a_voided_label_is_told_once_and_counts_as_no_money(language: str, text: str) -> None:
    with world(language=language) as here:
        shipped(here)
        month = chicago_text(here.clock())[:7]
        costs = CostRecords(here.table, "acme", here.clock)
        assert [one.parcels for one in costs.of_month(month)] == [1]
        parcel_comes_back(here, "1Z1", kind="Void")
        parcel_comes_back(here, "1Z9", kind="Void")  # it was not told
        comes_back(here)
        for _ in range(3):
            returns(here)
        assert [text in one for one in here.told(1) if "OB-208" in one] == [True]
        assert costs.of_month(month) == []
        assert here.record(1).costs == {}
        here.warehouse.add_parcel("1", "1Z9")
        here.run_on()
        here.pull("all")
        assert here.parcels(1) == ["1Z1"]  # a voided label is not posted as sent


def test_r17_a_parcel_that_waits_to_be_posted_is_not_posted_once_its_label_is_voided() -> None:
    with world() as here:
        here.imported()
        here.billbee.faults.add(Fault("wrong_type", route=SHIPMENT, path="ErrorMessage", value={"text": "no"}))
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.cycle()
        parcel_comes_back(here, "1Z1", kind="Void")
        comes_back(here)
        for _ in range(5):
            returns(here)
            here.pull("all")
        assert here.billbee.count(SHIPMENT) == 1
        assert sum("OB-208" in one for one in here.told(1)) == 1


def test_r17_each_of_several_returns_is_told() -> None:
    with world() as here:
        shipped(here, 1, 2)
        comes_back(here, 1, reason="Refused")
        comes_back(here, 2, reason="Damaged")
        returns(here)
        comes_back(here, 1, reason="Wrong size")
        comes_back(here, 1, tracking="1Z-BACK")
        returns(here)
        assert ["Refused" in here.told(1)[0], "Wrong size" in here.told(1)[1]] == [True, True]
        assert [len(here.told(1)), len(here.told(2)), sent_back(here)] == [2, 1, ["1Z-BACK"]]


def test_r17_a_return_that_is_entered_a_day_late_is_told() -> None:
    with world() as here:
        shipped(here)
        returns(here)
        comes_back(here)
        entered, here.warehouse.returns[:] = list(here.warehouse.returns), []
        here.wait(days=1)
        returns(here)
        assert here.told(1) == []
        here.warehouse.returns += entered
        returns(here)
        assert len(here.told(1)) == 1


def test_r17_orders_of_others_are_passed_over_and_own_numbers_are_known() -> None:
    with world(bibi={}) as here:
        here.configure(bibi={"order_number": "order_number"})
        shipped(here, 1, order_number="A-1")
        comes_back(here, "A-1")
        here.warehouse.returns.append(here.warehouse.returns[0] | {"customer_order_number": "not ours"})
        returns(here)
        assert len(here.told(1)) == 1


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("route", [MESSAGE, TAGS, RETURNS])
def test_r17_a_message_is_posted_once_whatever_becomes_of_the_calls(route: str, kind: str) -> None:
    with world() as here:
        shipped(here)
        comes_back(here)
        (here.bibi if route == RETURNS else here.billbee).faults.add(fault(kind, route, times=2))
        for _ in range(3):
            returns(here)
        assert len(here.told(1)) == 1
        assert RETURNED in here.tags(1)


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
def test_r17_a_return_shipment_is_posted_once_whatever_becomes_of_the_call(kind: str) -> None:
    with world() as here:
        shipped(here)
        comes_back(here, tracking="1Z-BACK")
        here.billbee.faults.add(fault(kind, SHIPMENT, times=2))
        for _ in range(3):
            returns(here)
        assert sent_back(here) == ["1Z-BACK"]


@pytest.mark.parametrize("route", [MESSAGE, SHIPMENT])
def test_r17_what_lands_after_we_have_given_up_on_it_is_not_posted_again(route: str) -> None:
    with world() as here:
        shipped(here)
        comes_back(here, tracking="1Z-BACK" if route == SHIPMENT else "")
        late: list[Any] = []
        here.billbee.after_call.append(lambda call: late.append(call.body) if call.name == route else None)
        here.billbee.faults.add(fault("status", route, status=504))
        here.wait(minutes=30)
        here.pull_returns(patience=timedelta(seconds=15))
        assert len(late) == 1
        if route == MESSAGE:
            here.shop.add_message(1, late[0]["Text"], "orderbridge")
        else:
            here.shop.add_shipment(1, late[0])
        here.work("chores")
        returns(here)
        assert len(here.told(1)) + len(sent_back(here)) == 1
        assert len(late) == 1


def test_r17_a_return_that_cannot_be_told_holds_back_no_other() -> None:
    with world() as here:
        shipped(here, 1, 2, 3)
        for order in (1, 2, 3):
            comes_back(here, order)
        here.billbee.faults.add(PathFault("status", "/1/message", status=500, times=None))
        returns(here)
        assert [len(here.told(order)) for order in (1, 2, 3)] == [0, 1, 1]
        here.billbee.faults.clear()
        returns(here)
        assert [len(here.told(order)) for order in (1, 2, 3)] == [1, 1, 1]


@pytest.mark.parametrize("gone", ["removed", "archived"])
@pytest.mark.parametrize("tracking", ["", "1Z-BACK"])
def test_r17_a_return_of_an_order_that_billbee_does_not_take_any_more_holds_back_no_other(
    gone: str, tracking: str
) -> None:
    with world() as here:
        shipped(here, 1, 2)
        for order in (1, 2):
            comes_back(here, order, tracking=tracking)
        if gone == "removed":
            here.shop.remove_order(1)
        else:
            here.shop.archive(1)
        returns(here)
        calls = len(here.billbee.calls)
        assert len(here.told(2)) + len(sent_back(here, 2)) == 1
        returns(here)
        assert len(here.billbee.calls) == calls


@pytest.mark.parametrize("tracking", ["", "1Z-BACK"])
def test_r17_with_a_lost_ledger_nothing_is_told_twice(tracking: str) -> None:
    with world() as here:
        shipped(here, 1, 2)
        comes_back(here, tracking=tracking)
        returns(here)
        here.lose_the_ledger()
        here.run_on()
        comes_back(here, 2, tracking=tracking)
        returns(here)
        assert [len(here.told(order)) + len(sent_back(here, order)) for order in (1, 2)] == [1, 1]


def test_r17_a_run_that_has_no_time_left_goes_on_in_the_next_one() -> None:
    with world() as here:
        shipped(here, 1, 2)
        for order in (1, 2):
            comes_back(here, order)
        left = iter([100.0, 10.0, *[100.0] * 100])
        here.seconds_left = lambda: next(left)
        returns(here)
        assert [len(here.told(order)) for order in (1, 2)] == [1, 1]


def test_r22_in_mode_test_nothing_is_told() -> None:
    with world() as here:
        shipped(here)
        comes_back(here)
        here.configure(mode="test")
        returns(here)
        assert here.told(1) == []


# ---- Crashes


def messages_and_shipments(here: World) -> None:
    shipped(here, 1, 2)
    comes_back(here, 1)
    comes_back(here, 2, tracking="1Z-BACK")
    here.wait(minutes=30)


def test_r17_a_crash_after_any_call_ends_as_if_it_had_not_happened() -> None:
    def end(here: World) -> Any:
        returns(here)
        return end_of(here)

    calls, wrong = survives_every_crash(messages_and_shipments, lambda here: here.pull_returns(), end)
    assert wrong == {}
    assert calls > 10
