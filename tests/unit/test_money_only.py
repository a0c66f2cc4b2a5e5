"""R34: of fees, tips and deposits the money counts, and nothing is shipped."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.billing.invoice import BilledItem, Invoice, differences, expected
from orderbridge.ledger.money_only import with_fees
from orderbridge.ledger.order import LineKind, Order
from orderbridge.ledger.pricing import Discount, price_lines, totals
from orderbridge.merchants.settings import parse_settings
from orderbridge.orders.shipping_order import build, find_problems
from orderbridge.platform.errors import SettingsError
from orderbridge.platform.patterns import matches
from tests.builders import NOW, RULES, bundle, digital, discount, line, order

_PATTERNS = ("TIP-*", "Deposit", "*shipping protection*")


def _sold(*lines: Any, **changes: Any) -> Order:
    return with_fees(order(*lines, **changes), _PATTERNS)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("TIP-*", "tip-10", True),
        ("TIP-*", "STRIP-10", False),
        ("tip", "Tip ", True),
        ("tip", "Tip jar", False),
        ("*Protection*", "Route  shipping protection", True),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("ab*ba", "aba", False),
        ("[x]?", "[X]?", True),
        ("[x]?", "xy", False),
        ("Pfand *", "Pfand 0,25 €", True),
        ("Versand*gebühr", "VERSANDKOSTENGEBÜHR", True),
    ],
)
def test_r34_a_pattern_describes_the_whole_text_and_only_its_stars_stand_for_anything(
    pattern: str, text: str, fits: bool
) -> None:
    assert matches(pattern, text) is fits


def test_r34_a_pattern_of_many_stars_takes_no_time() -> None:
    assert not matches("*a" * 90, "b" + "a" * 80)
    assert not matches("*a" * 90 + "b", "a" * 100_000)


def test_r34_a_fee_is_known_by_its_sku_or_by_its_title_and_only_goods_can_be_one() -> None:
    sold = _sold(
        line("TIP-5"),
        line("", title="Deposit"),
        line("X", title="Route shipping protection"),
        line("MUG-1"),
        digital("5.00"),
        discount("-3.00", title="Deposit"),
    )
    fees = [LineKind.FEE] * 3
    assert [one.kind for one in sold.lines] == [*fees, LineKind.GOODS, LineKind.DIGITAL, LineKind.DISCOUNT]


def test_r34_without_the_setting_nothing_is_a_fee() -> None:
    sold = order(line("TIP-5"))
    assert with_fees(sold, ()) is sold


def test_r34_a_fee_needs_neither_a_sku_nor_whole_pieces_and_is_not_shipped() -> None:
    sold = _sold(line("MUG-1"), line("", "2.50", "0", title="Deposit", quantity=Decimal("0.5")))
    assert find_problems(sold, {}, RULES) == []
    built = build(sold, {}, RULES, ship_method="24", today=NOW.date())
    assert dict(built.pieces) == {"MUG-1": 1}
    assert built.totals.discounts == (Discount("Deposit", Decimal("-2.50")),)
    assert built.remarks == ("of line 2 only the money counts (setting money_only)",)


def test_r34_a_bundle_can_be_a_fee_too() -> None:
    sold = with_fees(order(line(), bundle("3.00")), ("SET-1",))
    assert find_problems(sold, {}, RULES) == []


def test_r34_an_order_of_fees_alone_is_rejected_with_the_name_of_the_setting() -> None:
    (problem,) = find_problems(_sold(line("TIP-5")), {}, RULES)
    assert problem.code == "OB-125"
    assert all("money_only" in text for text in (problem.text, problem.german))
    assert [one.code for one in find_problems(_sold(digital("5.00")), {}, RULES)] == ["OB-110"]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 100_000), st.sampled_from([0, 7, 19])), min_size=1, max_size=8),
    st.integers(0, 2_000),
)
def test_r34_the_sums_are_exact_with_fees(lines: list[tuple[bool, int, int]], postage: int) -> None:
    made = []
    for fee, amount, rate in lines:
        price = Decimal(amount) / 100
        tax = (price * rate / (100 + rate)).quantize(Decimal("0.01"))
        made.append(line("TIP-1" if fee else "MUG-1", str(price), str(tax)))
    shipping = Decimal(postage) / 100
    total = sum((one.price for one in made), shipping)
    sold = _sold(*made, total=total, shipping_cost=shipping)
    money = totals(sold)
    assert (money.paid, money.unexplained) == (total, Decimal(0))
    assert money.goods == sum((one.unit_price * one.quantity for one in price_lines(sold, {})), Decimal(0))


def test_r20_a_fee_on_an_invoice_counts_with_its_money_and_not_as_a_piece() -> None:
    sold = _sold(line("MUG-1", "11.90", "1.90"), line("TIP-5", "5.00", "0"))
    invoice = Invoice("USD", Decimal("16.90"), Decimal("1.90"), Decimal("15.00"))
    for items in (("MUG-1",), ("MUG-1", "TIP-5")):
        billed = replace(invoice, items=tuple(BilledItem(sku, Decimal(1)) for sku in items))
        assert differences(expected(sold, {"MUG-1": 1}), billed) == ()


@pytest.mark.parametrize("pattern", ["", " ", "*", "* *", "x" * 201])
def test_r34_a_pattern_that_describes_everything_is_refused(pattern: str) -> None:
    given = {"billbee": {"username": "a@b.example", "order_tag": "bibi"}, "money_only": [pattern]}
    with pytest.raises(SettingsError) as caught:
        parse_settings("acme", json.dumps(given))
    assert caught.value.key == "money_only.1"
