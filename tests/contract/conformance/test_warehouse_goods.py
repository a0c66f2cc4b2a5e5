"""What every warehouse does with products, stock, movements and notices, and what its calls may raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pytest

from orderbridge.desk.ports import Warehouse
from orderbridge.inbound.notice import Header, Notice, NoticeLine
from orderbridge.inbound.ports import Notices
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.platform.errors import NotFound, Refused, UnknownOutcome, UpstreamError
from orderbridge.products.products import WarehouseProduct
from orderbridge.returns.return_label import UnusableLabel
from orderbridge.stock.figures import WarehouseStock
from orderbridge.stock.movements import DOCUMENTED, Movement, is_receipt
from orderbridge.stock.ports import Movements
from tests.contract.conformance.test_warehouse_orders import order, submitted
from tests.contract.conformance.warehouses import HOUSES, METHOD, OTHER, SKU, STATUS, House, members, opened, pages

TRACKING = "T-1"


def product(sku: str, status: str = STATUS, **changes: Any) -> WarehouseProduct:
    given: dict[str, Any] = {
        "code": "012345678905",
        "name": sku,
        "description": "",
        "available": True,
        "price": Decimal("9.90"),
        "cost": Decimal("4.10"),
        "tariff_number": "691200",
    }
    return WarehouseProduct(sku=sku, status=status, **given | changes)


def notice(house: House, pieces: Mapping[str, int] = MappingProxyType({SKU: 5}), number: str = TRACKING) -> Notice:
    today = house.port.date_of(house.clock.now())
    lines = tuple(NoticeLine(row, sku, count) for row, (sku, count) in enumerate(pieces.items(), start=1))
    return Notice(Header(number, today, today + timedelta(days=9), "CN", "Wausau"), lines)


def stock(house: House, sku: str = SKU) -> WarehouseStock:
    found = house.port.product(sku)
    assert found is not None
    return found


def all_products(house: House) -> list[WarehouseStock]:
    found: list[WarehouseStock] = []
    for answer in pages(house.port.products):
        assert (len(answer.stocks) <= house.page, answer.unreadable) == (True, ())
        found += answer.stocks
    return found


def movements(house: House, *products: str, hours: int = 1) -> list[Movement]:
    """What moved in the last hours."""
    found: list[Movement] = []
    now = house.clock.now()
    since = now - timedelta(hours=hours)
    for answer in pages(lambda page: house.port.movements.page(since, now, page, products=products)):
        assert answer.unreadable == 0
        found += answer.movements
    return found


# -- products


def test_r19_products_are_created_and_changed_by_the_same_call_and_can_be_ordered(house: House) -> None:
    assert house.port.product("NEW") is None
    for name in ("New", "Newer", "Newer"):
        assert house.port.upsert_products([product("NEW", name=name)]) == (None,)
        assert (stock(house, "NEW").physical, stock(house, "NEW").promised) == (0, 0)
    assert [one.sku for one in all_products(house)].count("NEW") == 1
    house.receive("NEW", 3)
    assert house.port.order(submitted(house, sku="NEW").number) is not None


def test_r19_a_product_that_is_not_taken_says_why_and_holds_up_no_other(house: House) -> None:
    answer = house.port.upsert_products([product("GOOD"), product("BAD", status="no such"), product("TOO")])
    assert answer is not None
    assert [refusal is None for refusal in answer] == [True, False, True]
    assert answer[1]
    assert [house.port.product(sku) is not None for sku in ("GOOD", "BAD", "TOO")] == [True, False, True]


def test_r19_an_update_without_a_status_keeps_that_of_the_warehouse(house: House) -> None:
    assert house.port.upsert_products([product(SKU, name="Mug")]) == (None,)
    assert stock(house).status in ("", STATUS)
    assert stock(house).physical == 10


def test_r18_the_list_of_products_ends_and_shows_each_once(house: House) -> None:
    skus = [f"SKU-{place}" for place in range(house.page + 1)]
    for sku in skus:
        house.stock(sku, 1)
    assert sorted(one.sku for one in all_products(house)) == sorted([*skus, SKU, OTHER])


def test_r26_a_kit_is_confirmed_as_it_was_sent_and_replaced_by_the_next(house: House) -> None:
    house.port.upsert_products([product("BOX")])
    for contents in ({SKU: 1, OTHER: 2}, {SKU: 3}, {SKU: 3}):
        assert house.port.upsert_kits({"BOX": contents}) == {"BOX"}


def test_r26_a_kit_of_what_is_not_there_is_refused_or_not_confirmed(house: House) -> None:
    house.port.upsert_products([product("BOX")])
    try:
        confirmed = house.port.upsert_kits({"BOX": {"NO-SUCH": 1}})
    except Refused:
        confirmed = frozenset()
    assert confirmed == frozenset()


# -- stock


def test_r18_figures_follow_an_order_from_its_submission_until_it_has_left(house: House) -> None:
    assert (stock(house).physical, stock(house).promised) == (10, 0)
    made = submitted(house, pieces=4)
    assert (stock(house).physical, stock(house).promised) == (10, 4)
    assert [(one.physical, one.promised) for one in all_products(house) if one.sku == SKU] == [(10, 4)]
    house.ship(made.number, "1Z1")
    assert (stock(house).physical, stock(house).promised) == (6, 0)
    assert (stock(house, OTHER).physical, stock(house, OTHER).promised) == (10, 0)


def test_r18_goods_that_arrive_are_on_the_shelf(house: House) -> None:
    house.receive(SKU, 5)
    assert stock(house).physical == 15


# -- movements


def test_r25_what_arrives_is_a_movement_of_its_period_and_counts_as_a_receipt(house: House) -> None:
    house.receive(SKU, 5)
    house.clock.sleep(60)
    (one,) = movements(house)
    assert (one.sku, one.quantity) == (SKU, 5)
    assert house.clock.now() - timedelta(minutes=2) < one.at < house.clock.now()
    assert is_receipt(one, house.port.movements.codes().over(DOCUMENTED))
    house.clock.sleep(7200)
    assert movements(house) == []
    assert [other.quantity for other in movements(house, hours=3)] == [5]


def test_r25_a_movement_between_two_periods_is_in_the_later_one(house: House) -> None:
    house.receive(SKU, 5)
    house.clock.sleep(60)
    (one,) = movements(house)
    hour = timedelta(hours=1)
    assert house.port.movements.page(one.at - hour, one.at).movements == ()
    assert house.port.movements.page(one.at, one.at + hour).movements == (one,)


def test_r25_a_list_of_movements_ends_and_can_be_of_single_products(house: House) -> None:
    for place in range(house.page + 1):
        house.receive(SKU, place + 1)
    house.receive(OTHER, 7)
    house.clock.sleep(60)
    assert sorted(one.quantity for one in movements(house, SKU)) == list(range(1, house.page + 2))
    assert [one.quantity for one in movements(house, OTHER)] == [7]
    assert len(movements(house)) == house.page + 2


# -- goods on their way


def test_r23_an_announced_notice_is_there_with_its_pieces(house: House) -> None:
    assert house.port.notices.get(TRACKING) is None
    house.port.notices.create(notice(house, {SKU: 5, OTHER: 2}))
    there = house.port.notices.get(TRACKING)
    assert there is not None
    assert (there.tracking_number, there.quantities, there.is_closed) == (TRACKING, {SKU: 5, OTHER: 2}, False)
    assert house.port.notices.list().keys() == {TRACKING.casefold()}


def test_r23_a_tracking_number_can_be_announced_once(house: House) -> None:
    house.port.notices.create(notice(house))
    with pytest.raises(Refused):
        house.port.notices.create(notice(house, {OTHER: 2}))
    there = house.port.notices.get(TRACKING)
    assert there is not None
    assert there.quantities == {SKU: 5}


def test_r23_a_notice_with_an_unknown_product_is_refused_and_not_kept(house: House) -> None:
    with pytest.raises(Refused):
        house.port.notices.create(notice(house, {SKU: 1, "NO-SUCH": 1}))
    assert house.port.notices.get(TRACKING) is None


@pytest.mark.parametrize(("lost", "there"), [("answer", True), ("request", False)])
def test_r23_after_a_lost_answer_the_tracking_number_tells(house: House, lost: str, there: bool) -> None:
    house.port.notices.list()
    house.strike(lost, "announce")
    with pytest.raises(UnknownOutcome):
        house.port.notices.create(notice(house))
    assert (house.port.notices.get(TRACKING) is not None) is there


def test_r23_a_product_is_added_to_a_notice_once_and_removed(house: House) -> None:
    house.port.notices.create(notice(house))
    house.port.notices.add_product(TRACKING, NoticeLine(1, OTHER, 3))
    with pytest.raises(Refused):
        house.port.notices.add_product(TRACKING, NoticeLine(1, OTHER, 3))
    there = house.port.notices.get(TRACKING)
    assert there is not None
    assert there.quantities == {SKU: 5, OTHER: 3}
    house.port.notices.delete_product(TRACKING, SKU)
    with pytest.raises((NotFound, Refused)):
        house.port.notices.delete_product(TRACKING, SKU)
    there = house.port.notices.get(TRACKING)
    assert there is not None
    assert there.quantities == {OTHER: 3}


def test_r23_a_closed_notice_takes_no_product_and_may_be_closed_again(house: House) -> None:
    house.port.notices.create(notice(house))
    for _ in range(2):
        house.port.notices.close(TRACKING)
    there = house.port.notices.get(TRACKING)
    assert there is not None
    assert there.is_closed
    assert house.port.notices.list()[TRACKING.casefold()].is_closed
    with pytest.raises(Refused):
        house.port.notices.add_product(TRACKING, NoticeLine(1, OTHER, 3))


def test_r23_a_withdrawn_notice_is_gone(house: House) -> None:
    house.port.notices.create(notice(house))
    house.port.notices.delete(TRACKING)
    assert house.port.notices.get(TRACKING) is None
    assert house.port.notices.list() == {}
    for call in (house.port.notices.delete, house.port.notices.close):
        with pytest.raises((NotFound, Refused)):
            call(TRACKING)


# -- what is set up


def test_r4_the_codes_of_an_account_are_those_that_its_calls_take(house: House) -> None:
    port = house.port
    assert METHOD in port.ship_methods().values()
    assert set(port.ship_methods().items()) <= {(name, code) for code, name in port.list_ship_methods()}
    assert order(house).pay_method in port.pay_methods()
    assert STATUS in port.product_statuses()


def test_r16_the_list_of_orders_goes_back_some_days_and_dates_are_the_warehouse_s(house: House) -> None:
    assert house.port.history >= timedelta(days=7)
    moment = house.clock.now()
    assert abs((house.port.date_of(moment) - moment.date()).days) <= 1


# -- what may be raised

CALLS: Final[Mapping[str, Callable[[House], object]]] = {
    "submit": lambda house: house.port.submit([order(house, 7)]),
    "submit as a test": lambda house: house.port.submit([order(house, 8)], test=True),
    "order": lambda house: house.port.order(OrderNumber("1001")),
    "orders_since": lambda house: house.port.orders_since(house.clock.now() - timedelta(days=1)),
    "update": lambda house: house.port.update(order(house, pieces=3)),
    "toggle_hold": lambda house: house.port.toggle_hold(OrderNumber("1001")),
    "cancel": lambda house: house.port.cancel(OrderNumber("1001")),
    "cancel_lines": lambda house: house.port.cancel_lines(OrderNumber("1001"), [SKU]),
    "shipments": lambda house: house.port.shipments(OrderNumber("1001")),
    "returns": lambda house: house.port.returns(house.clock.now() - timedelta(days=1), house.clock.now()),
    "return_label": lambda house: house.port.return_label(OrderNumber("1002")),
    "product": lambda house: house.port.product(SKU),
    "products": lambda house: house.port.products(1),
    "upsert_products": lambda house: house.port.upsert_products([product(SKU), product(OTHER)]),
    "upsert_kits": lambda house: house.port.upsert_kits({"BOX": {SKU: 1}}),
    "movements.page": movements,
    "movements.codes": lambda house: house.port.movements.codes(),
    "notices.create": lambda house: house.port.notices.create(notice(house, number="T-2")),
    "notices.get": lambda house: house.port.notices.get(TRACKING),
    "notices.list": lambda house: house.port.notices.list(),
    "notices.add_product": lambda house: house.port.notices.add_product(TRACKING, NoticeLine(1, OTHER, 3)),
    "notices.delete_product": lambda house: house.port.notices.delete_product(TRACKING, OTHER),
    "notices.close": lambda house: house.port.notices.close(TRACKING),
    "notices.delete": lambda house: house.port.notices.delete(TRACKING),
    "list_ship_methods": lambda house: house.port.list_ship_methods(),
    "ship_methods": lambda house: house.port.ship_methods(),
    "pay_methods": lambda house: house.port.pay_methods(),
    "product_statuses": lambda house: house.port.product_statuses(),
    "probe": lambda house: house.port.probe("shipments", OrderNumber("1001")),
}
OFFLINE: Final = {"clock_skew", "date_of", "history"}
"""Nothing is sent for these."""


def test_the_suite_makes_every_call_of_the_ports() -> None:
    nested = members(Movements, "movements.") | members(Notices, "notices.")
    assert CALLS.keys() - {"submit as a test"} == members(Warehouse) - OFFLINE - {"movements", "notices"} | nested


@pytest.mark.parametrize(("name", "mishap"), [(name, one) for name in ("BiBi", "tiny") for one in HOUSES[name].mishaps])
def test_whatever_goes_wrong_a_call_raises_what_the_rooms_know(name: str, mishap: str) -> None:
    """Each of the port's calls, with something going wrong on its way; healthy calls in between end an outage."""
    with opened(name) as house:
        house.port.upsert_products([product("BOX")])
        house.port.notices.create(notice(house))
        submitted(house)
        house.ship(submitted(house, 1002).number, "1Z1")
        for make in CALLS.values():
            house.strike(mishap)
            with suppress(UpstreamError, UnusableLabel):
                make(house)
            house.clock.sleep(60)  # so that no throttle hides what follows
            assert house.port.pay_methods()
