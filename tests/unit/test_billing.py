"""R20: what an invoice has to say, field by field, and how a difference is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.billing.invoice import (
    BilledItem,
    Difference,
    Expected,
    Field,
    Invoice,
    differences,
    expected,
    in_words,
)
from orderbridge.ledger.order import Order
from orderbridge.merchants.settings import parse_settings
from orderbridge.platform.errors import SettingsError
from tests.builders import bundle, digital, discount, line, order

CENT = Decimal("0.01")
SOLD = order(line("MUG", "23.80", "3.80", quantity=Decimal(2)), line("TEE", "11.90", "1.90"))
WANTED = expected(SOLD, {})
RIGHT = Invoice(
    currency=SOLD.currency,
    total=Decimal("35.70"),
    tax=Decimal("5.70"),
    net=Decimal("30.00"),
    items=(BilledItem("MUG", Decimal(2)), BilledItem("TEE", Decimal(1))),
)


def fields(invoice: Invoice, wanted: Expected = WANTED) -> list[str]:
    return [one.field.value for one in differences(wanted, invoice)]


def test_r20_an_invoice_that_says_what_was_sold_differs_in_nothing() -> None:
    assert differences(WANTED, RIGHT) == ()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"total": Decimal("35.73")}, ["total"]),
        ({"tax": Decimal("5.67")}, ["tax"]),
        ({"net": Decimal("30.03")}, ["net"]),
        ({"cancelled": True}, ["cancelled"]),
        ({"currency": "EUR"}, ["currency"]),
        ({"currency": "EUR", "total": Decimal(1)}, ["currency"]),
        ({"items": ()}, ["item", "item"]),
        ({"items": (*RIGHT.items, BilledItem("CAP", Decimal(1)))}, ["item"]),
        ({"items": (BilledItem("MUG", Decimal(3)), BilledItem("TEE", Decimal(1)))}, ["item"]),
    ],
)
def test_r20_each_field_is_compared(changes: dict[str, Any], named: list[str]) -> None:
    assert fields(replace(RIGHT, **changes)) == named


@pytest.mark.parametrize(("off", "differs"), [(2, False), (3, True), (-2, False), (-3, True)])
@pytest.mark.parametrize("field", ["total", "tax", "net"])
def test_r20_a_cent_per_line_is_rounding_and_no_more(field: str, off: int, *, differs: bool) -> None:
    changed = {field: getattr(RIGHT, field) + off * CENT}
    assert bool(fields(replace(RIGHT, **changed))) == differs


@pytest.mark.parametrize(("net_based", "differs"), [(True, False), (False, True)])
def test_r20_net_prices_are_rounded_to_two_decimals_and_gross_ones_to_four(*, net_based: bool, differs: bool) -> None:
    by_a_little = replace(RIGHT, net=Decimal("30.0204"), net_based=net_based)
    assert bool(fields(by_a_little)) == differs


@pytest.mark.parametrize(
    "items",
    [
        [("MUG", 1), ("TEE", 1), ("MUG", 1)],
        [("mug ", 2), ("Tee", 1)],
        [("MUG", 3), ("MUG", -1), ("TEE", 1)],
        [("MUG", "2.000"), ("TEE", "1.0")],
    ],
)
def test_r20_items_of_one_product_are_added_up(items: list[tuple[str, Any]]) -> None:
    assert fields(replace(RIGHT, items=tuple(BilledItem(sku, Decimal(n)) for sku, n in items))) == []


@pytest.mark.parametrize("kind", ["shipping", "discount", "coupon", "digital", "something new"])
@pytest.mark.parametrize("number", ["", "VERSAND"])
def test_r20_of_kinds_other_than_goods_only_the_money_counts(kind: str, number: str) -> None:
    assert fields(replace(RIGHT, items=(*RIGHT.items, BilledItem(number, Decimal(1), kind)))) == []


def test_r20_goods_are_goods_whatever_their_kind_is_called() -> None:
    assert fields(replace(RIGHT, items=(BilledItem("MUG", Decimal(2), "article"), RIGHT.items[1]))) == []


def test_r20_what_was_sold_beside_goods_may_be_billed_as_an_item() -> None:
    sold = order(line("MUG", "11.90", "1.90"), digital("5.00"), discount("-2.00"))
    invoice = Invoice(
        sold.currency, Decimal("14.90"), Decimal("1.90"), Decimal("13.00"),
        items=(BilledItem("MUG", Decimal(1)), BilledItem("PDF", Decimal(1)), BilledItem("", Decimal(1), "coupon")),
    )  # fmt: skip
    assert fields(invoice, expected(sold, {"MUG": 1})) == []


@pytest.mark.parametrize("billed", [[("SET-1", 2)], [("CUP", 2), ("TEA", 4)]])
def test_r20_a_bundle_may_be_billed_as_sold_or_as_shipped(billed: list[tuple[str, int]]) -> None:
    sold = order(bundle("20.00", quantity=2))
    wanted = expected(sold, {"CUP": 2, "TEA": 4})
    items = tuple(BilledItem(sku, Decimal(count)) for sku, count in billed)
    assert fields(Invoice(sold.currency, Decimal(20), Decimal(0), Decimal(20), items=items), wanted) == []
    assert fields(Invoice(sold.currency, Decimal(20), Decimal(0), Decimal(20), items=items[:-1]), wanted) != []


def with_shipping(*rates: tuple[str, str]) -> Order:
    lines = [line(f"SKU-{place}", price, tax) for place, (price, tax) in enumerate(rates)]
    return order(*lines, shipping_cost=Decimal("11.90"))


@pytest.mark.parametrize(
    ("rates", "tax", "differs"),
    [
        ([("119.00", "19.00")], "20.90", False),  # shipping at 19 %
        ([("119.00", "19.00")], "19.00", False),  # untaxed
        ([("119.00", "19.00")], "20.00", True),  # at a rate that nothing was sold at
        ([("119.00", "19.00"), ("107.00", "7.00")], "27.90", False),  # at the higher one
        ([("119.00", "19.00"), ("107.00", "7.00")], "26.78", False),  # at the lower one
        ([("119.00", "19.00"), ("107.00", "7.00")], "27.37", False),  # in proportion
        ([("119.00", "19.00"), ("107.00", "7.00")], "28.50", True),
        ([("119.00", "19.00"), ("100.00", "0.00")], "20.03", False),  # in proportion to all lines, untaxed ones too
        ([("119.00", "19.00"), ("100.00", "0.00")], "20.90", False),  # at the rate of the taxed ones
    ],
)
def test_r20_the_shipping_costs_tax_is_that_of_the_lines(
    rates: list[tuple[str, str]], tax: str, *, differs: bool
) -> None:
    wanted = expected(with_shipping(*rates), {})
    items = tuple(BilledItem(sku, count) for sku, count in wanted.pieces.items())
    taxed = Decimal(tax)
    invoice = Invoice(SOLD.currency, wanted.total, taxed, wanted.total - taxed, items=items)
    assert ("tax" in fields(invoice, wanted)) == differs


@pytest.mark.parametrize("total", ["170.76", "158.76"])
def test_r20_the_recorded_invoice_of_170_76_is_right_whichever_way_the_total_is_stated(total: str) -> None:
    sold = order(
        line("FROG", "158.76", "0", quantity=Decimal(12)), shipping_cost=Decimal("12.00"), total=Decimal(total)
    )
    wanted = expected(sold, {})
    assert wanted.total == Decimal("170.76")
    items = (BilledItem("FROG", Decimal(12)), BilledItem("", Decimal(1), "shipping"))
    invoice = Invoice(sold.currency, Decimal("170.76"), Decimal(0), Decimal("170.76"), items=items)
    assert differences(wanted, invoice) == ()
    assert fields(replace(invoice, total=Decimal("182.76")), wanted) == ["total"]


def test_r20_where_the_orders_own_figures_disagree_the_stated_total_counts() -> None:
    sold = order(line("MUG", "20.00", "0"), shipping_cost=Decimal("4.90"), total=Decimal("22.40"))
    assert expected(sold, {}).total == Decimal("22.40")


def test_r20_differences_are_told_in_both_languages_and_not_without_end() -> None:
    found = [
        Difference(Field.CANCELLED),
        Difference(Field.CURRENCY, "EUR", "USD"),
        Difference(Field.TOTAL, "34.90 EUR", "29.90 EUR"),
        Difference(Field.ITEM, "2", "1", "MUG"),
    ]
    assert in_words(found) == (
        "it is cancelled there; currency USD instead of EUR; total 29.90 EUR instead of 34.90 EUR; "
        "MUG: 1 billed instead of 2"
    )
    assert in_words(found, "de") == (
        "sie ist dort storniert; Währung USD statt EUR; Summe 29,90 EUR statt 34,90 EUR; "
        "MUG: 1 statt 2 Stück abgerechnet"
    )
    assert in_words([found[3]] * 30).endswith("; and more: 18")


@pytest.mark.parametrize(
    ("billing", "named"),
    [
        ('{"hold_until_billed": true}', "hold_until_billed and cancel need enabled: true"),
        ('{"cancel": true}', "need enabled: true"),
        ('{"enabled": true, "reference": "invoice"}', "billing.reference"),
        ('{"enabled": true, "grace_hours": -1}', "billing.grace_hours"),
    ],
)
def test_r20_settings_that_cannot_be_meant_are_refused_by_name(billing: str, named: str) -> None:
    text = f'{{"billbee": {{"username": "u", "order_tag": "t"}}, "billing": {billing}}}'
    with pytest.raises(SettingsError, match=named):
        parse_settings("acme", text)
