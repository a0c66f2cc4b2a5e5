"""R2-R6: what the warehouse is asked to ship, or all the reasons why it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orderbridge.ledger.order import Order, OrderLine
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.pricing import Component
from orderbridge.orders.shipping_order import ShippingOrder, build, find_problems, order_number
from tests.builders import RULES, address, bundle, component, digital, discount, line, order, shipping_order

_TODAY = date(2026, 3, 2)
_OWN_NUMBERS = replace(RULES, number_is_billbee_id=False)


def _codes(given: Order, *parts: Component) -> list[str]:
    return [problem.code for problem in find_problems(given, {0: parts} if parts else {}, RULES)]


def _built(given: Order, *, message: bool = False) -> ShippingOrder:
    return build(given, {}, replace(RULES, send_buyer_message=message), ship_method="24", today=_TODAY)


def test_r2_a_good_order_has_no_problem() -> None:
    assert _codes(order()) == []


def test_r2_an_order_without_an_address_is_rejected() -> None:
    assert _codes(order(shipping=None)) == ["OB-101"]


def test_r2_a_line_needs_a_sku() -> None:
    assert _codes(order(line(""))) == ["OB-111"]


def test_r2_a_sku_has_at_most_20_characters() -> None:
    assert _codes(order(line("X" * 20))) == []
    assert _codes(order(line("X" * 21))) == ["OB-112"]
    assert _codes(order(line("Ü" * 20))) == []


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "0.001"])
def test_r2_a_quantity_is_a_positive_whole_number(quantity: str) -> None:
    given = order(line(quantity=Decimal(quantity)))
    assert _codes(given) == ["OB-113"]
    assert quantity in str(find_problems(given, {}, RULES)[0])


@pytest.mark.parametrize("quantity", ["1", "2.0", "1E+2"])
def test_r2_a_whole_number_may_be_written_as_it_likes(quantity: str) -> None:
    given = order(line(quantity=Decimal(quantity)))
    assert _codes(given) == []
    assert _built(given).lines[0].quantity == int(Decimal(quantity))


def test_r2_a_currency_that_is_none_is_rejected() -> None:
    assert _codes(order(currency="XQX")) == ["OB-109"]
    assert _codes(order(currency="usd")) == []


def test_r2_what_could_not_be_read_is_the_reason() -> None:
    (problem,) = find_problems(order(unreadable=("TotalCost: Input should be a number",)), {}, RULES)
    assert problem.code == "OB-119"
    assert "TotalCost" in problem.text


def test_r2_all_problems_are_said_at_once_with_the_line_they_are_on() -> None:
    given = order(line(), line(""), line(quantity=Decimal(0)), shipping=address(city=""), currency="ABC")
    found = find_problems(given, {}, RULES)
    assert [problem.code for problem in found] == ["OB-104", "OB-109", "OB-111", "OB-113"]
    assert "Line 2" in found[2].text
    assert "Line 3" in found[3].text


@pytest.mark.parametrize("lines", [[digital("5.00")], [discount("-5.00")], [digital("5.00"), discount("-1.00")]])
def test_r3_an_order_without_any_goods_is_rejected(lines: Sequence[OrderLine]) -> None:
    assert _codes(order(*lines)) == ["OB-110"]


def test_r3_an_order_without_any_line_is_rejected() -> None:
    assert _codes(order().model_copy(update={"lines": ()})) == ["OB-110"]


def test_r3_lines_that_are_not_goods_need_no_sku() -> None:
    assert _codes(order(line(), discount("-5.00"), digital("9.99").model_copy(update={"sku": ""}))) == []


def test_r3_a_bundle_needs_its_components_and_not_a_short_sku() -> None:
    given = order(bundle("20.00").model_copy(update={"sku": "A-BUNDLE-SKU-OF-MORE-THAN-20"}))
    assert _codes(given) == ["OB-114"]
    assert _codes(given, component("CUP", 2)) == []


def test_r3_the_components_of_a_bundle_are_checked_like_lines() -> None:
    assert _codes(order(bundle("20.00")), component("X" * 21)) == ["OB-112"]
    assert _codes(order(bundle("20.00")), component("CUP", "0.5")) == ["OB-115"]
    assert _codes(order(bundle("20.00")), component("CUP", 0)) == ["OB-115"]
    assert _codes(order(bundle("20.00", quantity=2)), component("CUP", "0.5")) == []
    assert _codes(order(bundle("20.00")), component("")) != []


def test_r4_the_rush_tag_asks_for_rush_processing() -> None:
    assert not shipping_order().rush
    assert shipping_order(tags=("bibi", "RUSH_bibi")).rush
    assert not shipping_order(tags=("bibi", "rush_other")).rush


def test_r4_a_ship_date_is_sent_while_it_lies_ahead() -> None:
    assert shipping_order(tags=("bibi", "ship_on_2026-03-03")).ship_on == date(2026, 3, 3)
    assert shipping_order(tags=("bibi", "ship_on_2026-03-02")).ship_on is None
    assert shipping_order(tags=("bibi", "ship_on_2025-12-24")).ship_on is None


def test_r4_a_ship_date_that_is_no_date_is_rejected() -> None:
    given = order(tags=("bibi", "ship_on_monday"))
    assert _codes(given) == ["OB-116"]
    assert "ship_on_monday" in str(find_problems(given, {}, RULES)[0])


def test_r4_the_buyers_message_travels_only_where_the_merchant_says_so() -> None:
    given = order(buyer_message="Für Anna 🎁\nAlles Gute")
    assert _built(given).comment == ""
    assert _built(given, message=True).comment == "Für Anna 🎁\nAlles Gute"


def test_r5_the_billing_address_is_sent_as_it_is_and_else_the_shipping_address() -> None:
    assert shipping_order(billing=None).bill_to == shipping_order().ship_to
    assert shipping_order(billing=address(street="")).bill_to.lines[0] == "123 Willis Avenue"
    assert shipping_order(billing=address(street="Other Road", state="")).bill_to == shipping_order().ship_to
    assert shipping_order(billing=address(first_name="Cher", last_name="")).bill_to.last_name == "Cher"
    assert shipping_order(billing=address(street="Other Road")).bill_to.lines[0] == "123 Other Road"


def test_r6_the_number_is_billbees_id_or_the_shops_number() -> None:
    assert order_number(order(), RULES) == OrderNumber("1001")
    assert order_number(order(), _OWN_NUMBERS) == OrderNumber("SHOP-1001")


def test_r6_where_the_shops_number_is_asked_for_it_must_be_there() -> None:
    assert [problem.code for problem in find_problems(order(number=""), {}, _OWN_NUMBERS)] == ["OB-117"]
    assert find_problems(order(number=""), {}, RULES) == []


def test_the_time_of_the_order_is_kept_and_never_lies_ahead() -> None:
    assert shipping_order().placed_at == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert shipping_order(placed_at=None).placed_at == order().read_at
    assert shipping_order(placed_at=datetime(2030, 1, 1, tzinfo=UTC)).placed_at == order().read_at


def test_personal_data_does_not_show_in_a_repr() -> None:
    given = order(buyer_message="Happy birthday, Anna")
    for shown in (repr(given), str(given), repr(_built(given, message=True)), str(_built(given, message=True))):
        assert not any(part in shown for part in ("Jane", "Willis", "91402", "example.com", "Anna"))


def test_r11_the_content_hash_changes_with_what_the_warehouse_is_told_and_with_nothing_else() -> None:
    same = order(tags=("bibi", "vip"), read_at=datetime(2026, 4, 1, tzinfo=UTC), state=4, comments=("note",))
    assert same.content_hash() == order().content_hash()
    changed = [
        order(shipping=address(city="Boston")),
        order(billing=address()),
        order(line(quantity=Decimal(2))),
        order(line("OTHER")),
        order(shipping_cost=Decimal("1.00")),
        order(buyer_message="Hello"),
        order(shipping_product="Express"),
        order(number="OTHER"),
    ]
    hashes = {one.content_hash() for one in changed} | {order().content_hash(), order().content_hash(("rush_bibi",))}
    assert len(hashes) == len(changed) + 2


def test_r11_the_content_hash_does_not_depend_on_how_a_tag_is_written() -> None:
    assert order().content_hash(("A", "b")) == order().content_hash(("B", "a"))
