"""R3: from gross shop prices to net warehouse prices, exact to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.ledger.order import LineKind, Order, OrderLine
from orderbridge.ledger.pricing import CENT, Component, PricedLine, Totals, price_lines, totals
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


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def _sum(priced: list[PricedLine]) -> Decimal:
    return sum((one.unit_price * one.quantity for one in priced), Decimal(0))


_ADJUSTMENT = st.sampled_from([Decimal(0), Decimal(0), Decimal("-5.00"), Decimal("2.50")])
_INCLUDED = st.sampled_from([True, False])


def _cost(of: Order) -> Decimal:
    lines = sum((one.price for one in of.lines), Decimal(0))
    return lines + of.shipping_cost + of.adjustment


def _sold(lines: list[OrderLine], shipping: Decimal, adjustment: Decimal, *, included: bool) -> Order:
    """As a shop states it whose total includes the shipping cost, or does not."""
    total = sum((one.price for one in lines), Decimal(0)) + adjustment + (shipping if included else 0)
    return order(*lines, shipping_cost=shipping, adjustment=adjustment, adjustment_reason="Rebate", total=total)


@given(lines=_SOLD, shipping=_SHIPPING, adjustment=_ADJUSTMENT, included=_INCLUDED)
def test_r3_goods_shipping_and_tax_less_discounts_are_what_the_order_costs_in_either_reading_of_its_total(
    lines: list[OrderLine], shipping: Decimal, adjustment: Decimal, *, included: bool
) -> None:
    sold = _sold(lines, shipping, adjustment, included=included)
    money = totals(sold)
    assert money.unexplained == 0
    if money.paid != _cost(sold):  # goods are never below nothing, so there may be no room for the cents of rounding
        assert money.goods < 2 * CENT * len(lines)
        assert abs(money.paid - _cost(sold)) <= CENT * len(lines)


@given(lines=_SOLD, shipping=_SHIPPING, adjustment=_ADJUSTMENT, total=st.decimals(0, 9999, places=2))
def test_r3_whatever_total_a_shop_states_no_fee_and_no_discount_is_made_up(
    lines: list[OrderLine], shipping: Decimal, adjustment: Decimal, total: Decimal
) -> None:
    stated = _sold(lines, shipping, adjustment, included=True).model_copy(update={"total": total})
    money = totals(stated)
    beside = [one for one in stated.lines if one.kind is not LineKind.GOODS and one.price != one.tax]
    named = [one.amount for one in money.discounts if one.code != "Rebate"]
    assert sum(named, Decimal(0)) == sum((_cents(one.tax - one.price) for one in beside), Decimal(0))
    assert {one.amount for one in money.discounts if one.code == "Rebate"} <= {Decimal("5.00")}
    assert money.shipping - shipping in {Decimal(0), Decimal("2.50")}
    assert abs(money.goods - sum((one.price - one.tax for one in lines if one.kind is LineKind.GOODS), Decimal(0))) <= (
        CENT * (2 * len(lines) + 2)
    )


@given(lines=_SOLD, shipping=_SHIPPING, cents=st.integers(1, 8), included=_INCLUDED, up=st.booleans())
def test_r3_a_cent_per_line_is_rounding_and_goes_into_the_goods(
    lines: list[OrderLine], shipping: Decimal, cents: int, *, included: bool, up: bool
) -> None:
    off = CENT * min(cents, len(lines)) * (1 if up else -1)
    sold = _sold(lines, shipping, Decimal(0), included=included)
    stated = sold.model_copy(update={"total": sold.total + off})
    money = totals(stated)
    assert money.unexplained == 0
    # A shipping cost within the tolerance leaves open which of the two it is, and goods are never below nothing.
    assert abs(money.paid - _cost(sold)) <= abs(off)


@given(lines=_SOLD, shipping=_SHIPPING)
def test_r3_all_money_is_in_whole_cents_and_what_the_lines_explain_needs_no_adjustment(
    lines: list[OrderLine], shipping: Decimal
) -> None:
    sold = order(*lines, shipping_cost=shipping)
    money = totals(sold)
    amounts = [money.goods, money.shipping, money.tax, *(one.amount for one in money.discounts)]
    amounts += [one.unit_price for one in price_lines(sold, {})]
    assert all(amount == amount.quantize(CENT) for amount in amounts)
    assert money.unexplained == 0


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
    assert totals(sold).paid == Decimal("29.99")
    assert totals(sold).goods == Decimal("20.00")


def test_r3_several_tax_rates_add_up() -> None:
    sold = order(line(price="11.90", tax="1.90"), line("BOOK", price="10.70", tax="0.70"))
    assert totals(sold).tax == Decimal("2.60")
    assert totals(sold).goods == Decimal("20.00")


def test_r3_a_gift_that_costs_nothing_is_shipped_all_the_same() -> None:
    assert [one.sku for one in price_lines(order(line(), line("GIFT", "0", "0")), {})] == ["MUG-1", "GIFT"]


def test_r3_the_recorded_order_costs_its_total_and_its_shipping_is_no_fee() -> None:
    """12 pieces at 13.23 after 2 % discount, and 12.00 of shipping, are the total of 170.76."""
    sold = order(
        line(price="158.76", tax="0", quantity=Decimal(12)), shipping_cost=Decimal("12.00"), total=Decimal("170.76")
    )
    assert totals(sold) == Totals(Decimal("158.76"), Decimal("12.00"), Decimal(0), ())
    assert totals(sold).paid == Decimal("170.76")
    without = sold.model_copy(update={"total": Decimal("158.76")})
    assert totals(without) == totals(sold)


@pytest.mark.parametrize(
    ("lines", "shipping", "total", "paid", "unexplained"),
    [
        (["3498.60"], "114.24", "3612.84", "3612.84", "0"),
        (["3498.60"], "114.24", "3498.60", "3612.84", "0"),
        (["20.00"], "4.90", "24.91", "24.91", "0"),
        (["20.00"], "4.90", "24.92", "24.90", "0.02"),
        (["20.00"], "4.90", "20.01", "24.91", "0"),
        (["20.00"], "4.90", "20.02", "24.90", "-4.88"),
        (["20.00", "0.00"], "4.90", "24.92", "24.92", "0"),
        (["20.00"], "0.00", "17.50", "20.00", "-2.50"),
        (["20.00"], "4.90", "0.00", "24.90", "-24.90"),
        (["0.00"], "0.00", "0.00", "0.00", "0"),
    ],
)
def test_r3_a_total_that_fits_neither_way_is_named_and_changes_nothing(
    lines: list[str], shipping: str, total: str, paid: str, unexplained: str
) -> None:
    sold = order(
        *(line(price=price, tax="0") for price in lines), shipping_cost=Decimal(shipping), total=Decimal(total)
    )
    money = totals(sold)
    assert (money.paid, money.unexplained) == (Decimal(paid), Decimal(unexplained))
    assert (money.shipping, money.discounts) == (Decimal(shipping), ())


@pytest.mark.parametrize("included", [True, False])
def test_r3_an_adjustment_of_the_shop_is_handling_or_a_discount_by_its_reason(*, included: bool) -> None:
    dearer = totals(_sold([line(price="20.00", tax="0")], Decimal(4), Decimal("1.50"), included=included))
    assert (dearer.shipping, dearer.discounts, dearer.paid) == (Decimal("5.50"), (), Decimal("25.50"))
    cheaper = totals(_sold([line(price="20.00", tax="0")], Decimal(4), Decimal("-1.50"), included=included))
    assert (cheaper.shipping, cheaper.paid) == (Decimal(4), Decimal("22.50"))
    assert [(one.code, one.amount) for one in cheaper.discounts] == [("Rebate", Decimal("1.50"))]


def test_r3_an_adjustment_that_the_total_does_not_hold_does_not_count() -> None:
    sold = order(line(price="20.00", tax="0"), adjustment=Decimal("-1.50"), total=Decimal("20.00"))
    assert (totals(sold).paid, totals(sold).discounts, totals(sold).unexplained) == (Decimal(20), (), Decimal(0))


def test_r3_rounding_never_makes_the_goods_cheaper_than_nothing() -> None:
    sold = order(line("GIFT", "0", "0"), digital("9.99"), total=Decimal("9.98"))
    assert (totals(sold).goods, totals(sold).unexplained) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize("quantity", [0, -1])
def test_r3_a_line_of_no_pieces_or_fewer_cannot_be(quantity: int) -> None:
    with pytest.raises(ValueError, match="'MUG'"):
        PricedLine("MUG", quantity, Decimal(1), "Mug")


@given(
    price=st.integers(0, 100_000),
    quantity=st.integers(1, 12),
    parts=st.lists(st.integers(1, 12), min_size=1, max_size=4),
)
def test_r3_no_bundle_is_split_into_lines_without_pieces(price: int, quantity: int, parts: list[int]) -> None:
    components = [component(f"PART-{at}", amount) for at, amount in enumerate(parts)]
    priced = price_lines(order(bundle(str(CENT * price), quantity=quantity)), {0: components})
    assert all(one.quantity >= 1 for one in priced)
    assert _sum(priced) == CENT * price


def test_r3_what_is_left_of_a_split_is_dealt_out_among_fewer_pieces_than_the_line_has() -> None:
    """Four cents over two times three pieces: a line of four would leave one of minus one."""
    priced = price_lines(order(bundle("0.10")), {0: [component("A", 3), component("B", 3)]})
    assert sorted((one.sku, one.quantity, one.unit_price) for one in priced) == [
        ("A", 1, Decimal("0.01")),
        ("A", 2, Decimal("0.03")),
        ("B", 3, Decimal("0.01")),
    ]


def test_r3_a_mistyped_quantity_of_a_bundle_is_priced_without_a_step_for_each_piece() -> None:
    """With a step for each of seven billion pieces, this test does not end."""
    many = 1_000_000_000
    lines = price_lines(order(bundle("24999999.79", quantity=many)), {0: (component("CUP", 3), component("TEA", 7))})
    assert sum(one.quantity for one in lines) == 10 * many
    assert sum(one.quantity * one.unit_price for one in lines) == Decimal("24999999.79")


@given(st.integers(1, 2000), st.integers(2, 2000))
def test_r3_as_many_pieces_of_a_bundle_as_possible_share_the_remaining_cents(left: int, quantity: int) -> None:
    parts = (component("CUP", quantity), component("TEA", quantity - 1))
    lines = price_lines(order(bundle(str(Decimal(left) / 100))), {0: parts})
    assert sum(one.quantity * one.unit_price for one in lines) == Decimal(left) / 100
    assert sum(one.quantity for one in lines) == 2 * quantity - 1
    if len(lines) > 2:
        split = lines[1]
        raised = left % (2 * quantity - 1)
        assert split.quantity == next(n for n in range(quantity - 1, 0, -1) if raised % n == 0)
