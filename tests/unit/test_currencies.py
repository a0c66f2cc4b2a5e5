"""R36: money in another currency than the warehouse's is converted by the merchant's own dated rate, or rejected."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.ledger.conversion import Conversion, CurrencyRules
from orderbridge.ledger.order import Order, OrderLine
from orderbridge.ledger.pricing import totals
from orderbridge.merchants.settings import parse_settings
from orderbridge.orders.shipping_order import ImportRules, ShippingOrder, build, find_problems
from orderbridge.platform.errors import SettingsError
from orderbridge.vendors.billbee.mapping import to_order
from tests.builders import NOW, RULES, bundle, component, digital, discount, line, order, wire_item, wire_order

CENT = Decimal("0.01")
EURO = Conversion("EUR", "USD", Decimal("1.08"), date(2026, 1, 1))
IN_DOLLARS = replace(RULES, currencies=CurrencyRules("USD", {"EUR": EURO}))


def at(rate: Decimal, currency: str = "EUR") -> ImportRules:
    conversion = replace(EURO, currency=currency, rate=rate)
    return replace(RULES, currencies=CurrencyRules("USD", {currency: conversion}))


def built(sold: Order, rules: ImportRules, components: Any = None) -> ShippingOrder:
    assert find_problems(sold, components or {}, rules) == []
    return build(sold, components or {}, rules, ship_method="24", today=NOW.date())


def test_r36_an_order_is_converted_and_keeps_its_rate() -> None:
    sold = order(line("MUG-1", "23.80", "3.80", quantity=Decimal(2)), discount("-5.00"), currency="eur")
    shipping = built(sold, IN_DOLLARS)
    assert shipping.conversion == EURO
    assert [one.unit_price for one in shipping.lines] == [Decimal("10.80")]
    assert (shipping.totals.goods, shipping.totals.tax) == (Decimal("21.60"), Decimal("4.10"))
    assert [one.amount for one in shipping.totals.discounts] == [Decimal("5.40")]
    assert shipping.totals.paid == Decimal("20.30")
    assert shipping.remarks == ("EUR converted into USD at 1.08 (rate of 2026-01-01)",)


def test_r36_an_order_in_the_warehouses_currency_is_sent_as_it_is() -> None:
    shipping = built(order(currency="USD"), IN_DOLLARS)
    assert (shipping.conversion, shipping.totals, shipping.remarks) == (None, totals(order()), ())


@pytest.mark.parametrize(("currency", "said"), [("USD", False), ("", False), ("EUR", True)])
def test_r36_without_the_setting_figures_are_sent_as_they_are_and_the_timeline_says_so(
    currency: str, *, said: bool
) -> None:
    sold = order(currency=currency)
    shipping = built(sold, RULES)
    assert (shipping.totals, shipping.conversion) == (totals(sold), None)
    told = "its figures are sent as they are, in EUR (the setting currency.warehouse is not set)"
    assert shipping.remarks == ((told,) if said else ())


def test_r36_a_currency_without_a_rate_is_rejected_with_the_name_of_the_setting() -> None:
    (problem,) = find_problems(order(currency="GBP"), {}, IN_DOLLARS)
    assert problem.code == "OB-128"
    for text in (problem.text, problem.german):
        assert "currency.rates.GBP" in text
        assert "USD" in text


def test_r36_a_rate_counts_from_its_day() -> None:
    later = CurrencyRules("USD", {"EUR": replace(EURO, since=date(2026, 3, 3))})
    (problem,) = find_problems(order(currency="EUR"), {}, replace(RULES, currencies=later))
    assert problem.code == "OB-128"
    assert all("currency.rates.EUR" in text and "2026-03-03" in text for text in (problem.text, problem.german))
    today = CurrencyRules("USD", {"EUR": replace(EURO, since=NOW.date())})
    assert find_problems(order(currency="EUR"), {}, replace(RULES, currencies=today)) == []


def test_r36_an_order_without_a_currency_cannot_be_converted() -> None:
    assert [one.code for one in find_problems(order(currency=""), {}, IN_DOLLARS)] == ["OB-127"]
    assert find_problems(order(currency=""), {}, RULES) == []
    assert [one.code for one in find_problems(order(currency="ZZZ"), {}, IN_DOLLARS)] == ["OB-109"]


def test_r36_an_order_keeps_the_rate_that_it_was_converted_by() -> None:
    kept = replace(EURO, rate=Decimal("1.20"))
    sold, rules = order(currency="EUR"), IN_DOLLARS.currencies
    assert rules.keeping(sold, kept).conversion(sold) == kept
    assert CurrencyRules().keeping(sold, kept).conversion(sold) == kept
    assert rules.keeping(sold, None) is rules
    assert rules.keeping(order(currency="USD"), kept) is rules
    francs = CurrencyRules("CHF", {"EUR": replace(EURO, into="CHF")})
    assert francs.keeping(sold, kept) is francs


@st.composite
def _sold_lines(draw: st.DrawFn, digits: int = 2) -> OrderLine:
    unit = Decimal(1).scaleb(-digits)
    price = draw(st.integers(0, 2_000_000)) * unit
    rate = draw(st.sampled_from([0, 7, 19, 20]))
    tax = (price * rate / (100 + rate)).quantize(unit, ROUND_HALF_UP)
    match draw(st.sampled_from(["goods", "goods", "bundle", "digital", "discount"])):
        case "goods":
            return line("MUG", str(price), str(tax), quantity=Decimal(draw(st.integers(1, 40))))
        case "bundle":
            return bundle(str(price), str(tax), quantity=draw(st.integers(1, 9)))
        case "digital":
            return digital(str(price), str(tax))
        case _:
            return discount(str(-price))


_RATES = st.integers(1, 3_000_000).map(lambda many: Decimal(many) / 10_000)
_DIGITS = {"EUR": 2, "KWD": 3, "BHD": 3, "OMR": 3, "CLF": 4, "JPY": 0, "KRW": 0}


@given(st.data(), st.sampled_from(sorted(_DIGITS)), st.integers(0, 10_000), _RATES)
def test_r36_the_rounded_parts_add_up_to_the_rounded_total(
    data: st.DataObject, currency: str, postage: int, rate: Decimal
) -> None:
    """In any currency, whatever the decimals of its amounts: what is converted was not rounded before."""
    lines = data.draw(st.lists(_sold_lines(_DIGITS[currency]), max_size=7))
    shipping_cost = Decimal(postage).scaleb(-_DIGITS[currency])
    sold = order(*lines, line("CAP"), shipping_cost=shipping_cost, currency=currency)
    sold = sold.model_copy(update={"total": sum((one.price for one in sold.lines), shipping_cost)})
    components = {at: (component("CUP", 2), component("TEA", 3)) for at, one in enumerate(sold.lines) if one.is_bundle}
    worth = (sold.total * rate).quantize(CENT, ROUND_HALF_UP)
    rules = at(rate, currency)
    problems = [one.code for one in find_problems(sold, components, rules)]
    assert problems == (["OB-135"] if sold.total > 0 and not worth else [])
    own, shipping = totals(sold), build(sold, components, rules, ship_method="24", today=NOW.date())
    sent = shipping.totals
    assert own.paid == sold.total
    assert sent.paid == worth
    for before, after in ((own.goods, sent.goods), (own.shipping, sent.shipping), (own.tax, sent.tax)):
        assert abs(before * rate - after) < CENT
        assert after == after.quantize(CENT)
    discounts = sum((one.amount for one in sent.discounts), Decimal(0))
    assert sent.goods + sent.shipping + sent.tax - discounts == sent.paid
    pieces = sum(one.quantity for one in shipping.lines)
    of_lines = sum((one.unit_price * one.quantity for one in shipping.lines), Decimal(0))
    assert abs(of_lines - sent.goods) <= CENT / 2 * pieces + CENT * (len(sold.lines) + 1)


@given(_sold_lines().filter(lambda one: one.is_bundle), _RATES)
def test_r3_r36_the_pieces_of_a_converted_bundle_cost_what_it_costs(sold: OrderLine, rate: Decimal) -> None:
    parts = {0: (component("CUP", 2), component("TEA", 3))}
    shipping = build(order(sold, currency="EUR"), parts, at(rate), ship_method="24", today=NOW.date())
    of_lines = sum((one.unit_price * one.quantity for one in shipping.lines), Decimal(0))
    assert of_lines == ((sold.price - sold.tax) * rate).quantize(CENT, ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("currency", "price", "rate", "sent"),
    [
        ("KWD", "12.345", "3.25", "40.12"),
        ("KWD", "0.001", "3.25", "0.00"),
        ("BHD", "0.004", "2.65", "0.01"),
        ("TND", "99.999", "0.32", "32.00"),
        ("JOD", "1.005", "1000", "1005.00"),
        ("OMR", "0.005", "260", "1.30"),
        ("JPY", "1001", "0.0067", "6.71"),
        ("KRW", "99999", "0.00072", "72.00"),
    ],
)
def test_r36_amounts_are_not_rounded_before_they_are_converted(currency: str, price: str, rate: str, sent: str) -> None:
    sold = order(line("MUG", price, "0"), line("CAP", "10", "0"), currency=currency, total=Decimal(price) + 10)
    exact = (Decimal(price) + 10) * Decimal(rate)
    shipping = built(sold, at(Decimal(rate), currency))
    assert shipping.totals.paid == exact.quantize(CENT, ROUND_HALF_UP)
    assert shipping.lines[0].unit_price == Decimal(sent)


def test_r3_without_the_setting_amounts_of_three_decimals_are_sent_in_cents_that_add_up() -> None:
    sold = order(line("MUG", "1.115", "0.105"), line("CAP", "2.334", "0.224"), currency="KWD", total="3.449")
    sent = built(sold, RULES).totals
    assert (sent.paid, sent.goods + sent.tax) == (Decimal("3.45"), Decimal("3.45"))
    assert all(amount == amount.quantize(CENT) for amount in (sent.goods, sent.tax, sent.shipping))


@pytest.mark.parametrize(("currency", "total", "fits"), [("JPY", "1001", True), ("EUR", "1001", False)])
def test_r3_a_total_may_be_rounded_to_what_the_currency_has(currency: str, total: str, *, fits: bool) -> None:
    sold = order(line("MUG", "500.40"), line("CAP", "500.30"), currency=currency, total=total)
    assert (totals(sold).unexplained == 0) is fits


def test_r3_tax_that_the_shop_does_not_name_is_in_whole_yen() -> None:
    item = wire_item(TotalPrice=1000, TaxAmount=None, TaxIndex=1)
    for currency, tax in (("JPY", "91"), ("KWD", "90.909"), ("EUR", "90.91")):
        read = to_order(wire_order(OrderItems=[item], Currency=currency, TaxRate1=10), NOW)
        assert read is not None
        assert read.lines[0].tax == Decimal(tax)


@pytest.mark.parametrize(("price", "rate", "rejected"), [("0.40", "0.01", True), ("0.50", "0.01", False)])
def test_r36_an_order_of_which_nothing_is_left_is_rejected(price: str, rate: str, *, rejected: bool) -> None:
    sold = order(line("MUG", price, "0"), currency="EUR", total=price)
    found = find_problems(sold, {}, at(Decimal(rate)))
    assert [one.code for one in found] == (["OB-135"] if rejected else [])
    for problem in found:
        assert "currency.rates.EUR" in problem.text
        assert "currency.rates.EUR" in problem.german


def test_r36_an_order_that_costs_nothing_is_sent_at_any_rate() -> None:
    sold = order(line("MUG", "0", "0"), currency="EUR", total="0")
    assert built(sold, at(Decimal("0.01"))).totals.paid == 0


@pytest.mark.parametrize(
    ("rate", "fits"),
    [("1E-10", False), ("0.00000009", False), ("0.0000001", True), ("10000000", True), ("10000001", False)],
)
def test_r36_a_rate_that_lies_between_no_two_currencies_is_refused(rate: str, *, fits: bool) -> None:
    given = {"warehouse": "USD", "rates": {"EUR": {"rate": rate, "since": "2026-11-01"}}}
    if fits:
        assert _settings(**given).rates["EUR"].rate == Decimal(rate)
        return
    with pytest.raises(SettingsError) as caught:
        _settings(**given)
    assert caught.value.key == "currency.rates.EUR.rate"
    assert "0.0000001 to 10000000" in caught.value.reason


def _settings(**currency: Any) -> Any:
    given = {"billbee": {"username": "a@b.example", "order_tag": "bibi"}, "currency": currency}
    return parse_settings("acme", json.dumps(given)).currency


def test_r36_rates_are_exact_and_currencies_are_written_in_either_case() -> None:
    read = _settings(warehouse="usd", rates={"eur": {"rate": 1.08, "since": "2026-11-01"}})
    assert read.warehouse == "USD"
    assert (read.rates["EUR"].rate, read.rates["EUR"].since) == (Decimal("1.08"), date(2026, 11, 1))


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"warehouse": "DOLLAR"}, "currency.warehouse"),
        ({"warehouse": "USD", "rates": {"EUR": {"rate": 0, "since": "2026-11-01"}}}, "currency.rates.EUR.rate"),
        ({"warehouse": "USD", "rates": {"EUR": {"rate": -1.08, "since": "2026-11-01"}}}, "currency.rates.EUR.rate"),
        ({"warehouse": "USD", "rates": {"EUR": {"rate": "NaN", "since": "2026-11-01"}}}, "currency.rates.EUR.rate"),
        ({"warehouse": "USD", "rates": {"EUR": {"rate": True, "since": "2026-11-01"}}}, "currency.rates.EUR.rate"),
        ({"warehouse": "USD", "rates": {"EUR": {"rate": 1.08, "since": 20261101}}}, "currency.rates.EUR.since"),
        ({"warehouse": "USD", "rates": {"EUR": {"rate": 1.08, "since": "01.11.2026"}}}, "currency.rates.EUR.since"),
        ({"warehouse": "USD", "rates": {"EUR": {"rate": 1.08}}}, "currency.rates.EUR.since"),
        ({"warehouse": "USD", "rates": {"EUR": 1.08}}, "currency.rates.EUR"),
        ({"warehouse": "USD", "rates": {"EURO": {"rate": 1, "since": "2026-11-01"}}}, "currency.rates.EURO.[key]"),
        ({"warehouse": "USD", "rates": {"USD": {"rate": 1, "since": "2026-11-01"}}}, "currency"),
        ({"rates": {"EUR": {"rate": 1.08, "since": "2026-11-01"}}}, "currency"),
    ],
)
def test_r36_a_rate_that_cannot_be_meant_is_refused(given: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _settings(**given)
    assert caught.value.key == key
