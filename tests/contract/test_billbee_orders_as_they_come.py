"""Whole orders as Billbee answers them, from its JSON to what the warehouse is sent, or to why nothing is sent.

The samples have every field of the swagger, with the nulls, number formats and time formats of recorded answers. Nobody
in them is real.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderbridge.jobs.messages import PushOrder, parse
from orderbridge.ledger.order import Order
from orderbridge.ledger.pricing import totals
from orderbridge.orders.shipping_order import build, find_problems
from orderbridge.vendors.bibi.mapping import to_sent_order
from orderbridge.vendors.billbee.mapping import to_order
from tests.builders import NOW, RULES

FOLDER = Path(__file__).parent / "samples" / "billbee"

# goods, shipping and handling, tax, discounts, and the lines: SKU, pieces, unit price
SENT: dict[str, tuple[str, str, str, list[tuple[str, str]], list[tuple[str, int, str]]]] = {
    "discount_and_postage": ("133.41", "12.00", "25.35", [], [("FROG-GRN", 12, "11.12")]),
    "two_tax_rates": ("120.00", "4.90", "20.40", [], [("FROG-GRN", 1, "100.00"), ("BOOK-01", 2, "10.00")]),
    "total_excludes_postage": ("100.00", "4.90", "19.00", [], [("FROG-GRN", 1, "100.00")]),
    "surcharge": ("22.00", "0.00", "4.18", [], [("FROG-GRN", 2, "11.00")]),
    "foreign_currency_export": ("45.50", "9.50", "0.00", [], [("FROG-GRN", 1, "45.50")]),
    "single_name": ("10.00", "0.00", "1.90", [], [("FROG-GRN", 1, "10.00")]),
    "us_invoice_address_without_state": ("10.00", "0.00", "1.90", [], [("FROG-GRN", 1, "10.00")]),
    "personalised": ("20.92", "0.00", "3.98", [], [("FROG-ENGR", 1, "20.92")]),
    "merged": ("40.00", "4.90", "7.60", [], [("FROG-GRN", 1, "10.00"), ("FROG-RED", 3, "10.00")]),
    "shipments_without_number": ("10.00", "0.00", "1.90", [], [("FROG-GRN", 1, "10.00")]),
    "coupon_and_adjustment": (
        "20.00",
        "4.90",
        "3.80",
        [("WELCOME5", "5.00"), ("Schnittmuster", "-3.00"), ("Kulanz", "1.70")],
        [("FROG-GRN", 2, "10.00")],
    ),
    "total_does_not_add_up": ("20.00", "4.90", "3.80", [], [("FROG-GRN", 2, "10.00")]),
}
REJECTED = {
    "us_address_without_state": ["OB-108"],
    "credit_note": ["OB-110"],
    "on_invoice": ["OB-123"],
    "cash_on_delivery": ["OB-124"],
}


def read(name: str) -> Order:
    raw = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal)
    order = to_order(raw, NOW)
    assert order is not None
    assert order.unreadable == ()
    return order


def sent(name: str) -> dict[str, Any]:
    shipping = build(read(name), {}, RULES, ship_method="81", today=NOW.date())
    order = to_sent_order(shipping, "WEB").wire()["Order"]
    assert isinstance(order, dict)
    return order


def test_every_sample_is_expected_to_be_sent_or_rejected() -> None:
    assert SENT.keys() | REJECTED.keys() == {path.stem for path in FOLDER.glob("*.json")}
    assert len(SENT) + len(REJECTED) >= 12


@pytest.mark.parametrize("name", SENT)
def test_r3_an_order_as_it_comes_is_sent_with_the_money_it_costs(name: str) -> None:
    assert find_problems(read(name), {}, RULES) == []
    order = sent(name)
    goods, shipping, tax, discounts, lines = SENT[name]
    header = order["Header"]["HeaderGroup"]
    money = [Decimal(str(header[field])) for field in ("ProdDollars", "PHAmt", "TaxAmt")]
    assert money == [Decimal(goods), Decimal(shipping), Decimal(tax)]
    assert [(one["Code"], one["Amount"]) for one in order.get("Discounts", [])] == discounts
    products = order["ProductManifest"]["Product"]
    assert [(one["ItemNo"], one["Quantity"], one["Amount"]) for one in products] == lines
    assert header["PayMethod"] == "PP"
    assert header["EntryDate"] == "2026-03-01 06:05:42"


@pytest.mark.parametrize("name", REJECTED)
def test_r2_an_order_as_it_comes_that_cannot_be_sent_says_why(name: str) -> None:
    assert [problem.code for problem in find_problems(read(name), {}, RULES)] == REJECTED[name]


@pytest.mark.parametrize("name", [*SENT, *REJECTED])
def test_r5_an_order_as_it_comes_survives_the_queue_to_the_last_decimal(name: str) -> None:
    order = read(name)
    push = PushOrder(merchant="acme", correlation_id="c", billbee_id=order.id, version=1, order=order)
    assert parse(PushOrder, push.body()) == push
    assert len(str(order.id)) == 15


@pytest.mark.parametrize(
    ("name", "paid", "unexplained"),
    [
        ("discount_and_postage", "170.76", "0"), ("two_tax_rates", "145.30", "0"),
        ("total_excludes_postage", "123.90", "0"), ("coupon_and_adjustment", "25.00", "0"),
        ("total_does_not_add_up", "28.70", "-8.70"),
    ],
)  # fmt: skip
def test_r3_what_an_order_as_it_comes_costs_is_known_in_both_readings_of_its_total(
    name: str, paid: str, unexplained: str
) -> None:
    money = totals(read(name))
    assert (money.paid, money.unexplained) == (Decimal(paid), Decimal(unexplained))


def test_r5_a_single_name_reaches_the_warehouse_as_the_last_name() -> None:
    order = sent("single_name")
    for person in (order["Shipping"]["Shipto"], order["Billing"]["Billto"]):
        assert (person["FirstName"], person["LastName"], person["State"]) == ("", "Wulandari", "CA")


def test_r5_an_invoice_address_without_its_state_is_replaced_by_the_delivery_address() -> None:
    order = sent("us_invoice_address_without_state")
    assert order["Billing"]["Billto"] == order["Shipping"]["Shipto"]
    assert order["Shipping"]["Shipto"]["Address1"] == "123 Willis Avenue"


def test_r14_a_shipment_without_a_number_is_no_parcel() -> None:
    order = read("shipments_without_number")
    assert (order.tracking_numbers, order.return_tracking_numbers) == ((), ("00340434161094042557",))
