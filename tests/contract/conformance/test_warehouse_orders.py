"""What every warehouse does with orders, in the words of the rooms' ports."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.orders.shipping_order import ShippingOrder
from orderbridge.platform.errors import NotFound, Refused, UnknownOutcome
from orderbridge.returns.return_label import UnusableLabel
from orderbridge.tracking.shipments import ShipmentKind
from orderbridge.tracking.warehouse_order import PartStatus, WarehouseOrder
from tests.builders import line, shipping_order
from tests.contract.conformance.warehouses import METHOD, OTHER, SKU, House, pages

NOBODY = OrderNumber("404")


def order(house: House, number: int = 1001, sku: str = SKU, pieces: int = 2) -> ShippingOrder:
    now = house.clock.now()
    return shipping_order(line(sku, quantity=pieces), id=number, placed_at=now, read_at=now, ship_method=METHOD)


def submitted(house: House, number: int = 1001, **what: Any) -> ShippingOrder:
    made = order(house, number, **what)
    house.port.submit([made])
    return made


def shown(house: House, made: ShippingOrder) -> WarehouseOrder:
    found = house.port.order(made.number)
    assert found is not None
    return found


def listed(house: House) -> list[WarehouseOrder]:
    """All orders of the last day, over all pages."""
    found: list[WarehouseOrder] = []
    since = house.clock.now() - timedelta(days=1)
    for answer in pages(lambda page: house.port.orders_since(since, page)):
        assert (len(answer.orders) <= house.page, answer.unreadable) == (True, 0)
        found += answer.orders
    return found


def promised(house: House, sku: str = SKU) -> int:
    found = house.port.product(sku)
    assert found is not None
    return found.promised


def test_r7_a_submitted_order_is_found_by_its_number_and_in_the_list(house: House) -> None:
    before = house.clock.now()
    made = submitted(house)
    found = shown(house, made)
    assert (found.number, found.pieces, found.skus) == (made.number, {SKU: 2}, frozenset({SKU}))
    assert (found.presumed, found.is_held, found.has_left, found.is_over, found.nothing_ships) == (False,) * 5
    assert [one.number for one in listed(house)] == [made.number]
    assert [one.number for one in house.port.orders_since(before).orders] == [made.number]


def test_r7_a_number_that_the_warehouse_does_not_know_is_none(house: House) -> None:
    assert house.port.order(NOBODY) is None
    submitted(house)
    assert house.port.order(NOBODY) is None


def test_r22_an_order_that_is_only_checked_is_not_kept(house: House) -> None:
    house.port.submit([order(house)], test=True)
    assert house.port.order(order(house).number) is None
    assert (listed(house), promised(house)) == ([], 0)


@pytest.mark.parametrize("test", [False, True])
def test_r3_an_order_of_an_unknown_product_is_refused_and_not_kept(house: House, test: bool) -> None:
    with pytest.raises(Refused):
        house.port.submit([order(house, sku="NO-SUCH")], test=test)
    assert house.port.order(order(house).number) is None


def test_r7_orders_of_one_call_are_all_there_and_the_list_ends(house: House) -> None:
    made = [order(house, 1000 + place, pieces=1) for place in range(house.page + 1)]
    house.port.submit(made)
    assert sorted(one.number.text for one in listed(house)) == sorted(one.number.text for one in made)


@pytest.mark.parametrize(("lost", "there"), [("answer", True), ("request", False)])
def test_r7_after_a_lost_answer_the_outcome_is_unknown_and_asking_by_number_tells(
    house: House, lost: str, there: bool
) -> None:
    house.port.order(NOBODY)
    house.strike(lost, "submit")
    with pytest.raises(UnknownOutcome):
        house.port.submit([order(house)])
    assert (house.port.order(order(house).number) is not None) is there


def test_r12_an_order_is_cancelled_before_it_leaves_and_a_repetition_changes_nothing(house: House) -> None:
    made = submitted(house)
    house.port.cancel(made.number)
    assert shown(house, made).nothing_ships
    with suppress(Refused):  # as the port allows
        house.port.cancel(made.number)
    found = shown(house, made)
    assert (found.nothing_ships, found.is_over, promised(house)) == (True, True, 0)


def test_r12_an_order_that_has_left_cannot_be_cancelled(house: House) -> None:
    made = submitted(house)
    house.ship(made.number, "1Z1")
    with pytest.raises(Refused):
        house.port.cancel(made.number)
    assert shown(house, made).has_left


def test_r39_lines_are_cancelled_by_their_skus_and_the_rest_stays_as_it_is(house: House) -> None:
    house.stock(OTHER, 10)
    now = house.clock.now()
    made = shipping_order(
        line(SKU, quantity=2), line(OTHER, quantity=3), id=1001, placed_at=now, read_at=now, ship_method=METHOD
    )
    house.port.submit([made])
    house.port.cancel_lines(made.number, [OTHER])
    found = shown(house, made)
    assert (found.pieces, found.nothing_ships, promised(house), promised(house, OTHER)) == ({SKU: 2}, False, 2, 0)
    with suppress(Refused):  # it is not there any more
        house.port.cancel_lines(made.number, [OTHER])
    assert shown(house, made).pieces == {SKU: 2}
    house.ship(made.number, "1Z1")
    with pytest.raises(Refused):
        house.port.cancel_lines(made.number, [SKU])


def test_r13_a_hold_is_put_on_and_taken_off_by_the_same_call(house: House) -> None:
    made = submitted(house)
    for held in (True, False, True):
        assert house.port.toggle_hold(made.number).is_held is held
        assert shown(house, made).is_held is held
    assert promised(house) == 2


@pytest.mark.parametrize(("lost", "held"), [("answer", True), ("request", False)])
def test_r13_after_a_lost_answer_to_a_hold_the_order_tells(house: House, lost: str, held: bool) -> None:
    made = submitted(house)
    assert not shown(house, made).is_held
    house.strike(lost, "hold")
    with pytest.raises(UnknownOutcome):
        house.port.toggle_hold(made.number)
    assert shown(house, made).is_held is held


def test_r13_an_order_that_has_left_cannot_be_held(house: House) -> None:
    made = submitted(house)
    house.ship(made.number, "1Z1")
    with pytest.raises(Refused):
        house.port.toggle_hold(made.number)


def test_r11_an_update_replaces_the_content_and_may_be_repeated(house: House) -> None:
    made = submitted(house)
    for _ in range(2):
        house.port.update(order(house, sku=OTHER, pieces=3))
        assert shown(house, made).pieces == {OTHER: 3}
        assert (promised(house, SKU), promised(house, OTHER)) == (0, 3)


def test_r11_an_update_keeps_a_hold(house: House) -> None:
    made = submitted(house)
    house.port.toggle_hold(made.number)
    house.port.update(order(house, pieces=3))
    assert (shown(house, made).is_held, shown(house, made).pieces) == (True, {SKU: 3})


def test_r11_an_order_that_has_left_keeps_its_content(house: House) -> None:
    made = submitted(house)
    house.ship(made.number, "1Z1")
    with pytest.raises(Refused):
        house.port.update(order(house, pieces=3))
    assert shown(house, made).pieces == {SKU: 2}


@pytest.mark.parametrize("call", ["cancel", "toggle_hold", "return_label"])
def test_a_call_about_an_order_that_is_not_there_is_refused(house: House, call: str) -> None:
    with pytest.raises((NotFound, Refused)):
        getattr(house.port, call)(NOBODY)


def test_an_update_of_an_order_that_is_not_there_is_refused_and_books_nothing(house: House) -> None:
    with pytest.raises((NotFound, Refused)):
        house.port.update(order(house))
    assert house.port.order(order(house).number) is None


def test_r14_a_shipped_order_shows_its_parcels_in_its_report_in_the_list_and_as_shipments(house: House) -> None:
    made, other = submitted(house), submitted(house, 1002)
    assert house.port.shipments(made.number) == ()
    house.ship(made.number, "1Z1", "1Z2")
    for found in (shown(house, made), next(one for one in listed(house) if one.number == made.number)):
        assert (found.has_left, found.is_over, found.nothing_ships) == (True, True, False)
        assert [number for part in found.parts for number in part.tracking_numbers] == ["1Z1", "1Z2"]
        assert [part.status for part in found.parts] == [PartStatus.SHIPPED]
    assert {(one.tracking_number, one.kind) for one in house.port.shipments(made.number)} == {
        ("1Z1", ShipmentKind.SHIPMENT),
        ("1Z2", ShipmentKind.SHIPMENT),
    }
    assert house.port.shipments(other.number) == ()
    assert house.port.shipments(NOBODY) == ()


def test_r15_a_part_names_its_ship_method_as_the_list_of_methods_does(house: House) -> None:
    made = submitted(house)
    house.ship(made.number, "1Z1")
    (part,) = shown(house, made).parts
    assert house.port.ship_methods()[part.ship_method] == METHOD


def test_r17_pieces_that_are_missing_are_backordered_and_promised(house: House) -> None:
    made = submitted(house, pieces=11)
    assert [part.status for part in shown(house, made).parts] == [PartStatus.BACKORDERED]
    assert promised(house) == 11
    house.port.cancel(made.number)
    assert promised(house) == 0


def test_r17_what_comes_back_is_listed_once_in_its_period(house: House) -> None:
    made = [submitted(house, 1001 + place, pieces=1) for place in range(4)]
    start = house.clock.now()
    for one in made:
        house.ship(one.number, f"1Z{one.number}")
        house.clock.sleep(60)
        house.take_back(one.number, SKU)
    end = house.clock.now() + timedelta(hours=1)
    returned = [one for answer in pages(lambda page: house.port.returns(start, end, page)) for one in answer.returned]
    assert [(one.order_number, one.sku, one.quantity) for one in returned] == [(one.number, SKU, "1") for one in made]
    assert len({(one.order_number, one.key) for one in returned}) == len(made)
    assert house.port.returns(start - timedelta(days=2), start - timedelta(days=1)).returned == ()
    assert [part.status for part in shown(house, made[0]).parts] == [PartStatus.RETURNED]


def test_r24_each_call_makes_a_return_label_of_an_order_that_has_left(house: House) -> None:
    made = submitted(house)
    with pytest.raises((NotFound, Refused)):
        house.port.return_label(made.number)
    assert house.labels() == 0
    house.ship(made.number, "1Z1")
    assert house.port.return_label(made.number).content
    house.port.return_label(made.number)
    assert house.labels() == 2


def test_r24_what_is_no_label_is_unusable(house: House) -> None:
    made = submitted(house)
    house.ship(made.number, "1Z1")
    house.spoil_labels()
    with pytest.raises(UnusableLabel):
        house.port.return_label(made.number)
    assert house.labels() == 1


@pytest.mark.parametrize(("lost", "labels"), [("answer", 1), ("request", 0)])
def test_r24_a_label_is_never_asked_for_again_by_itself(house: House, lost: str, labels: int) -> None:
    made = submitted(house)
    house.ship(made.number, "1Z1")
    assert shown(house, made).has_left
    house.strike(lost, "label")
    with pytest.raises(UnknownOutcome):
        house.port.return_label(made.number)
    assert house.labels() == labels
