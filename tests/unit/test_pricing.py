"""R3: from gross shop prices to net warehouse prices, exact to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.domain.order import LineKind, Order, OrderLine
from orderbridge.domain.pricing import CENT, Component, PricedLine, Totals, price_lines, totals
from tests.builders import bundle, component, digital, discount, line, order

_RATES = st.sampled_from([Decimal(rate) for rate in ("0", "7", "8.875", "19", "20", "25.5")])


def _tax_in(gross: Decimal, rate: Decimal, step: Decimal) -> Decimal:
    return (gross * rate / (100 + rate)).quantize(step, rounding=ROUND_HALF_UP)


@st.composite
def _lines(draw: st.DrawFn) -> OrderLine:
    """A line with its price in cents; shops give taxes in cents or with four decimals."""
    kind = draw(st.sampled_from([*[LineKind.GOODS] * 4, LineKind.DIGITAL, LineKind.DISCOUNT]))
    amount = draw(st.decimals(0, 3000, places=2))
    price = -amount if kind is LineKind.DISCOUNT else amount
    taxed = kind is not LineKind.DISCOUNT or draw(st.booleans())
    tax = _tax_in(price, draw(_RATES), draw(st.sampled_from([CENT, Decimal("0.0001")]))) if taxed else Decimal(0)
    return OrderLine(
        kind=kind,
        sku="SKU",
        title=draw(st.sampled_from(["Mug", "", "10 % off"])),
        quantity=Decimal(draw(st.sampled_from([1, 1, 2, 3, 7, 11, 144]))),
        price=price,
        tax=tax,
    )


_SOLD = st.lists(_lines(), min_size=1, max_size=8)
_SHIPPING = st.decimals(0, 200, places=2)
_COMPONENTS = st.lists(st.integers(1, 9), min_size=1, max_size=5).map(
    lambda amounts: [component(f"PART-{position}", amount) for position, amount in enumerate(amounts)]
)


def _paid(of: Order, money: Totals) -> tuple[Decimal, Decimal]:
    off = sum((one.amount for one in money.discounts), Decimal(0))
    return money.goods + money.shipping + money.tax - off, of.total + of.shipping_cost


def _sum(priced: list[PricedLine]) -> Decimal:
    return sum((one.unit_price * one.quantity for one in priced), Decimal(0))


@given(lines=_SOLD, shipping=_SHIPPING)
def test_r3_goods_shipping_and_tax_less_discounts_are_what_was_paid(lines: list[OrderLine], shipping: Decimal) -> None:
    sold = order(*lines, shipping_cost=shipping)
    sent, paid = _paid(sold, totals(sold))
    assert sent == paid


@given(lines=_SOLD, shipping=_SHIPPING, total=st.decimals(0, 9999, places=2))
def test_r3_the_money_is_exact_even_where_the_lines_do_not_explain_the_total(
    lines: list[OrderLine], shipping: Decimal, total: Decimal
) -> None:
    sold = order(*lines, shipping_cost=shipping, total=total)
    sent, paid = _paid(sold, totals(sold))
    assert sent == paid


@given(lines=_SOLD, percents=st.lists(st.sampled_from([0, 5, 10, 33, 100]), min_size=8, max_size=8), off=st.booleans())
def test_r3_the_money_is_exact_whichever_way_line_discounts_are_meant(
    lines: list[OrderLine], percents: list[int], off: bool
) -> None:
    reduced = [one.model_copy(update={"discount_percent": Decimal(p)}) for one, p in zip(lines, percents, strict=False)]
    total = sum((one.price * (1 - one.discount_percent / 100 if off else 1) for one in reduced), Decimal(0))
    sold = order(*reduced, total=total.quantize(CENT, rounding=ROUND_HALF_UP))
    sent, paid = _paid(sold, totals(sold))
    assert sent == paid


@given(lines=_SOLD, shipping=_SHIPPING)
def test_r3_all_money_is_in_whole_cents_and_what_the_lines_explain_needs_no_adjustment(
    lines: list[OrderLine], shipping: Decimal
) -> None:
    sold = order(*lines, shipping_cost=shipping)
    money = totals(sold)
    amounts = [money.goods, money.shipping, money.tax, *(one.amount for one in money.discounts)]
    amounts += [one.unit_price for one in price_lines(sold, {})]
    assert all(amount == amount.quantize(CENT) for amount in amounts)
    assert "ADJUSTMENT" not in {one.code for one in money.discounts}


@given(lines=_SOLD)
def test_r3_the_total_of_the_goods_agrees_with_the_lines_but_for_rounding(lines: list[OrderLine]) -> None:
    sold = order(*lines)
    priced = price_lines(sold, {})
    rounding = CENT * len(lines) + sum((CENT / 2 * one.quantity for one in priced), Decimal(0))
    assert abs(totals(sold).goods - _sum(priced)) <= rounding


@given(price=st.decimals(0, 5000, places=2), rate=_RATES, quantity=st.integers(1, 12), parts=_COMPONENTS)
def test_r3_a_bundles_price_is_spread_over_its_components_to_the_cent(
    price: Decimal, rate: Decimal, quantity: int, parts: list[Component]
) -> None:
    tax = _tax_in(price, rate, CENT)
    sold = order(bundle(str(price), str(tax), quantity))
    priced = price_lines(sold, {0: parts})
    assert _sum(priced) == price - tax
    assert all(one.unit_price >= 0 for one in priced)
    pieces = {part.sku: sum(one.quantity for one in priced if one.sku == part.sku) for part in parts}
    assert pieces == {part.sku: int(part.amount) * quantity for part in parts}
    assert totals(sold).goods == price - tax


@given(lines=st.lists(st.integers(1, 4), min_size=1, max_size=3), parts=_COMPONENTS, cents=st.integers(0, 99999))
def test_r3_the_pieces_of_several_bundles_add_up(lines: list[int], parts: list[Component], cents: int) -> None:
    price = CENT * cents
    sold = order(*(bundle(str(price), quantity=quantity) for quantity in lines))
    assert _sum(price_lines(sold, dict.fromkeys(range(len(lines)), parts))) == price * len(lines)


def test_r3_a_bundle_is_sent_as_its_components_quantity_times_amount() -> None:
    priced = price_lines(order(bundle("30.00", quantity=2)), {0: [component("CUP", 2), component("POT")]})
    assert {one.sku: one.quantity for one in priced} == {"CUP": 4, "POT": 2}
    assert {one.unit_price for one in priced} == {Decimal("5.00")}


def test_r3_a_cent_that_cannot_be_split_goes_to_a_line_of_its_own() -> None:
    priced = price_lines(order(bundle("10.00")), {0: [component("A", 3), component("B", 3)]})
    assert _sum(priced) == Decimal("10.00")
    assert sum(one.quantity for one in priced) == 6


def test_r3_prices_are_net_and_the_tax_stands_beside_them() -> None:
    sold = order(line(price="23.80", tax="3.80", quantity=Decimal(2)), shipping_cost=Decimal("4.90"))
    assert price_lines(sold, {}) == [PricedLine("MUG-1", 2, Decimal("10.00"), "Mug")]
    assert totals(sold) == Totals(Decimal("20.00"), Decimal("4.90"), Decimal("3.80"), ())


def test_r3_unit_prices_are_rounded_to_cents_and_the_total_is_not_changed_by_it() -> None:
    sold = order(line(price="10.00", tax="0", quantity=Decimal(3)))
    assert [one.unit_price for one in price_lines(sold, {})] == [Decimal("3.33")]
    assert totals(sold).goods == Decimal("10.00")


def test_r3_coupons_and_discount_lines_are_not_shipped_but_their_money_counts() -> None:
    sold = order(line(price="20.00", tax="0"), discount("-5.00", title="WELCOME 5"), discount("-1.19", "-0.19"))
    assert [one.sku for one in price_lines(sold, {})] == ["MUG-1"]
    money = totals(sold)
    assert [(one.code, one.amount) for one in money.discounts] == [
        ("WELCOME 5", Decimal("5.00")),
        ("SALE", Decimal("1.00")),
    ]
    assert (money.goods, money.tax) == (Decimal("20.00"), Decimal("-0.19"))


def test_r3_digital_lines_are_not_shipped_but_their_money_counts() -> None:
    sold = order(line(price="20.00", tax="0"), digital("9.99"))
    assert [one.sku for one in price_lines(sold, {})] == ["MUG-1"]
    sent, paid = _paid(sold, totals(sold))
    assert sent == paid == Decimal("29.99")
    assert totals(sold).goods == Decimal("20.00")


def test_r3_several_tax_rates_add_up() -> None:
    sold = order(line(price="11.90", tax="1.90"), line("BOOK", price="10.70", tax="0.70"))
    assert totals(sold).tax == Decimal("2.60")
    assert totals(sold).goods == Decimal("20.00")


def test_r3_a_gift_that_costs_nothing_is_shipped_all_the_same() -> None:
    assert [one.sku for one in price_lines(order(line(), line("GIFT", "0", "0")), {})] == ["MUG-1", "GIFT"]


@pytest.mark.parametrize(("total", "unit"), [("90.00", "90.00"), ("100.00", "100.00")])
def test_r3_whether_a_line_discount_is_in_its_price_is_settled_by_the_total(total: str, unit: str) -> None:
    sold = order(line(price="100.00", tax="0", discount_percent=Decimal(10)), total=Decimal(total))
    assert [one.unit_price for one in price_lines(sold, {})] == [Decimal(unit)]
    assert totals(sold).discounts == ()


def test_r3_where_both_ways_fit_the_price_stays_as_it_is_given() -> None:
    sold = order(line(price="0.10", tax="0", discount_percent=Decimal(10)), total=Decimal("0.10"))
    assert [one.unit_price for one in price_lines(sold, {})] == [Decimal("0.10")]


def test_r3_a_total_the_lines_do_not_explain_becomes_an_adjustment() -> None:
    money = totals(order(line(price="20.00", tax="0"), total=Decimal("17.50")))
    assert [(one.code, one.amount) for one in money.discounts] == [("ADJUSTMENT", Decimal("2.50"))]
    dearer = totals(order(line(price="20.00", tax="0"), total=Decimal("21.00")))
    assert [(one.code, one.amount) for one in dearer.discounts] == [("ADJUSTMENT", Decimal("-1.00"))]
