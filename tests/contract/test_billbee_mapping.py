"""Billbee's orders as the rooms' values; what cannot be read is that order's problem and no other's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.jobs.messages import PushOrder, parse
from orderbridge.ledger.order import LineKind, Order, scrubbed
from orderbridge.orders.shipping_order import build, find_problems
from orderbridge.products.products import Product, to_warehouse
from orderbridge.stock.figures import ShopStock, default_stock
from orderbridge.vendors.billbee.mapping import (
    to_carriers,
    to_order,
    to_products,
    to_providers,
    to_stock_levels,
)
from tests.builders import NOW, RULES, wire_item, wire_order


def _read(raw: dict[str, Any]) -> Order:
    """As the client reads it: through JSON text, with decimals."""
    found = to_order(json.loads(json.dumps(raw), parse_float=Decimal), NOW)
    assert found is not None
    return found


_BILL = wire_order()["ShippingAddress"]


def _passes(order: Order) -> str:
    """Judge, hash and queue what was read. Gives the number under which it is sent, or the codes of its problems."""
    assert order.content_hash(order.tags)
    message = PushOrder(merchant="acme", correlation_id="c", billbee_id=order.id, version=1, order=order).fitting()
    assert parse(PushOrder, message.body()) == message
    if found := find_problems(order, {}, RULES):
        return " ".join(sorted({problem.code for problem in found}))
    return build(order, {}, RULES, ship_method="24", today=NOW.date()).number.text


def test_an_order_is_read() -> None:
    order = _read(wire_order())
    assert (order.id, order.number, order.state, order.tags, order.currency) == (1001, "SHOP-1001", 3, ("bibi",), "USD")
    assert (order.total, order.shipping_cost) == (Decimal("11.9"), Decimal("4.9"))
    assert order.placed_at == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert order.shipping is not None
    assert (order.shipping.street, order.shipping.house_number, order.shipping.postcode) == (
        "Willis Avenue", "123", "91402",
    )  # fmt: skip
    assert (order.lines[0].sku, int(order.lines[0].quantity), order.lines[0].tax) == ("MUG-1", 1, Decimal("1.9"))
    assert not order.archived
    assert not order.unreadable
    assert _passes(order) == "1001"


def test_what_is_left_out_or_null_is_empty() -> None:
    nothing = dict.fromkeys(wire_order()) | {"BillBeeOrderId": 1001}
    assert _read(nothing) == _read({"BillBeeOrderId": 1001})
    assert _read({"BillBeeOrderId": 1001}) == Order(id=1001, read_at=NOW)


def test_unknown_fields_are_no_trouble() -> None:
    assert _read(wire_order(Surprise={"a": [1]}, OrderItems=[wire_item(New=1)])) == _read(wire_order())


def test_numbers_may_come_as_text_and_texts_as_numbers() -> None:
    assert _read(wire_order(TotalCost="11.90", State="3")).total == Decimal("11.90")
    assert _read(wire_order(OrderNumber=4711)).number == "4711"
    assert _read(wire_order(OrderItems=[wire_item(Product={"SKU": 123})])).lines[0].sku == "123"


def test_texts_lose_the_space_around_them_and_nothing_else() -> None:
    assert _read(wire_order(OrderItems=[wire_item(Product={"SKU": " A  B\t"})])).lines[0].sku == "A  B"


def test_r5_a_label_has_one_line_without_control_and_invisible_characters() -> None:
    shipping = wire_order()["ShippingAddress"]
    typed = {
        "LastName": "Do\u200be\x07",
        "Street": "Willis\r\nAvenue",
        "HouseNumber": "\u202a123\u202c",
        "Zip": "914\ufeff02",
    }
    read = _read(wire_order(ShippingAddress=shipping | typed))
    assert read.shipping is not None
    assert (read.shipping.last_name, read.shipping.street, read.shipping.house_number, read.shipping.postcode) == (
        "Doe", "Willis Avenue", "123", "91402",
    )  # fmt: skip
    assert _passes(read) == "1001"


@pytest.mark.parametrize(
    "unseen",
    ["\u3164", "\uffa0", "\u115f", "\u2800", "\u034f", "\u2063", "\ufffc", "\U000e0041", "\u200d", "\u200c", "\x9f"],
)
def test_r5_whatever_cannot_be_seen_is_left_out_of_latin_text(unseen: str) -> None:
    read = _read(wire_order(ShippingAddress=wire_order()["ShippingAddress"] | {"City": f"Los{unseen} Ange{unseen}les"}))
    assert read.shipping is not None
    assert read.shipping.city == "Los Angeles"


def _contact(read: Order) -> tuple[str, str]:
    """Phone and e-mail as the warehouse is sent them."""
    sent = build(read, {}, RULES, ship_method="24", today=NOW.date()).ship_to
    return sent.phone, sent.email


@pytest.mark.parametrize(
    ("changes", "contact"),
    [
        ({"InvoiceAddress": _BILL | {"Phone": "555-01", "Email": "bill@example.com"}}, ("555-01", "bill@example.com")),
        ({"Customer": {"Tel1": "555-02", "Email": "jane@example.com"}}, ("555-02", "jane@example.com")),
        ({"Customer": {"Tel1": "", "Tel2": "555-03", "Email": None}}, ("555-03", "")),
        (
            {"Customer": {"DefaultPhone1": {"Value": "555-04"}, "DefaultMailAddress": {"Value": "jane@example.com"}}},
            ("555-04", "jane@example.com"),
        ),
        (
            {"InvoiceAddress": _BILL | {"Phone": "555-05"}, "Customer": {"Tel1": "555-06", "Email": "jo@example.com"}},
            ("555-05", "jo@example.com"),
        ),
        ({"InvoiceAddress": {"Email": "bill@example.com"}}, ("", "bill@example.com")),
        ({"Customer": None}, ("", "")),
        ({"Customer": "Jane"}, ("", "")),
        ({"Customer": {"Tel1": ["555"], "Email": {"Value": 7}, "DefaultPhone1": "x"}}, ("x", "")),
    ],
    ids=str,
)  # fmt: skip
def test_r5_phone_and_email_may_stand_in_the_invoice_address_or_with_the_customer(
    changes: dict[str, Any], contact: tuple[str, str]
) -> None:
    assert _contact(_read(wire_order(**changes))) == contact


def test_r5_the_delivery_addresss_own_phone_comes_first() -> None:
    own = wire_order()["ShippingAddress"] | {"Phone": "555-00", "Email": "own@example.com"}
    customer = {"Tel1": "555-02", "Email": "jane@example.com"}
    assert _contact(_read(wire_order(ShippingAddress=own, Customer=customer))) == ("555-00", "own@example.com")


def test_r11_the_customers_phone_is_no_content_and_is_scrubbed_like_the_rest() -> None:
    known = _read(wire_order(Customer={"Tel1": "555-0177", "Email": "jane@example.com"}))
    assert known.content_hash() == _read(wire_order()).content_hash()
    assert scrubbed("no such phone: 555-0177, jane@example.com", known) == "no such phone: …, …"


def test_r5_joined_emoji_and_joiners_within_words_are_kept() -> None:
    kept = "می\u200cخواهم 👨\u200d👩\u200d👧 Hauptstraße"
    read = _read(wire_order(ShippingAddress=wire_order()["ShippingAddress"] | {"Street": kept}))
    assert read.shipping is not None
    assert read.shipping.street == kept


def test_r2_a_street_of_invisible_characters_is_none() -> None:
    read = _read(wire_order(ShippingAddress=wire_order()["ShippingAddress"] | {"Street": "\u200b", "HouseNumber": ""}))
    assert [problem.code for problem in find_problems(read, {}, RULES)] == ["OB-103"]


def test_r4_the_buyers_message_keeps_its_lines_and_loses_control_characters() -> None:
    read = _read(wire_order(Comments=[{"FromCustomer": True, "Text": "Happy\x00 birthday,\nOpa"}]))
    assert read.buyer_message == "Happy birthday,\nOpa"


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (wire_item(), LineKind.GOODS),
        (wire_item(TotalPrice=0), LineKind.GOODS),
        (wire_item(IsCoupon=True, TotalPrice=-5), LineKind.DISCOUNT),
        (wire_item(IsCoupon=True, Product={"IsDigital": True}), LineKind.DISCOUNT),
        (wire_item(TotalPrice=-5), LineKind.DISCOUNT),
        (wire_item(Product={"IsDigital": True}), LineKind.DIGITAL),
        ({"Quantity": 1, "TotalPrice": 3, "Product": None}, LineKind.GOODS),
    ],
)
def test_r3_goods_coupons_and_digital_lines_are_told_apart(item: dict[str, Any], kind: LineKind) -> None:
    assert _read(wire_order(OrderItems=[item])).lines[0].kind is kind


def test_r3_a_bundle_is_product_type_2() -> None:
    assert _read(wire_order(OrderItems=[wire_item(Product={"Type": 2})])).lines[0].is_bundle
    assert not _read(wire_order()).lines[0].is_bundle


@pytest.mark.parametrize(
    ("changes", "tax"),
    [
        ({"TaxAmount": 1.55}, "1.55"),
        ({"TaxAmount": 0}, "0"),
        ({"TaxAmount": None, "TaxIndex": 1}, "1.90"),
        ({"TaxAmount": None, "TaxIndex": 2, "TotalPrice": 10.7}, "0.70"),
        ({"TaxAmount": None, "TaxIndex": None}, "0"),
        ({"TaxAmount": None, "TaxIndex": 3}, "0"),
        ({"TaxAmount": None, "TaxIndex": 1, "IsCoupon": True, "TotalPrice": -5}, "0"),
    ],
)
def test_r3_the_tax_is_as_given_or_worked_out_of_the_gross_price(changes: dict[str, Any], tax: str) -> None:
    assert _read(wire_order(OrderItems=[wire_item(**changes)])).lines[0].tax == Decimal(tax)


@pytest.mark.parametrize("mode", [1, 2, 3, 4, 5])
def test_r3_where_no_vat_is_due_there_is_none_whatever_the_rates_say(mode: int) -> None:
    order = _read(wire_order(VatMode=mode, OrderItems=[wire_item(TaxAmount=None), wire_item()]))
    assert [line.tax for line in order.lines] == [Decimal(0), Decimal(0)]


def test_r3_a_tax_of_25_decimals_is_read_to_the_last_one() -> None:
    text = json.dumps(wire_order(OrderItems=[wire_item(TaxAmount=1.5)]))
    exact = "25.3483193277310924369747899"
    order = to_order(json.loads(text.replace("1.5", exact), parse_float=Decimal), NOW)
    assert order is not None
    assert order.lines[0].tax == Decimal(exact)


def test_r3_a_surcharge_is_a_negative_discount_and_its_price_is_taken_as_it_is() -> None:
    order = _read(wire_order(OrderItems=[wire_item(Discount=-10, TotalPrice=22.0, UnrebatedTotalPrice=20.0)]))
    assert (order.unreadable, order.lines[0].price) == ((), Decimal("22.0"))


def test_r3_an_adjustment_is_read_with_its_reason() -> None:
    order = _read(wire_order(AdjustmentCost=-1.5, AdjustmentReason="Rebate"))
    assert (order.adjustment, order.adjustment_reason) == (Decimal("-1.5"), "Rebate")


def test_r4_the_buyers_message_is_what_the_customer_wrote() -> None:
    comments = [
        {"FromCustomer": True, "Text": "Bitte klingeln 🔔"}, {"FromCustomer": False, "Text": "internal"},
        {"FromCustomer": True, "Text": None}, {"FromCustomer": True, "Text": "Danke"},
    ]  # fmt: skip
    order = _read(wire_order(Comments=comments))
    assert order.buyer_message == "Bitte klingeln 🔔\nDanke"
    assert order.comments == ("internal",)


def test_r14_the_parcels_of_an_order_are_its_shipments_and_not_its_returns() -> None:
    ids = [{"ShippingId": "1Z1", "ShipmentType": 0}, {"ShippingId": "R1", "ShipmentType": 1}, {"ShippingId": " 1Z2 "}]
    assert _read(wire_order(ShippingIds=ids)).tracking_numbers == ("1Z1", "1Z2")


def test_r14_r17_outgoing_and_return_parcels_are_told_apart_also_of_an_order_that_cannot_be_read() -> None:
    ids = [
        {"ShippingId": "1Z1", "ShipmentType": 0}, {"ShippingId": "R1", "ShipmentType": 1}, {"ShippingId": "1Z2"},
        {"ShippingId": "R2", "ShipmentType": "1"}, {"ShippingId": "1Z3", "ShipmentType": None},
    ]  # fmt: skip
    for order in (_read(wire_order(ShippingIds=ids)), _read(wire_order(ShippingIds=ids, TotalCost="a lot"))):
        assert order.tracking_numbers == ("1Z1", "1Z2", "1Z3")
        assert order.return_tracking_numbers == ("R1", "R2")


_STOCKS = [{"StockId": 3, "StockCurrent": 30}, {"StockId": 0, "StockCurrent": 1}, {"StockId": 7, "StockCurrent": 70}]


@pytest.mark.parametrize(
    ("stocks", "stock_id", "current"),
    [
        (_STOCKS, 7, [70]), (_STOCKS, 3, [30]), (_STOCKS, 0, [1]), (_STOCKS, 5, []),
        ([{"StockId": 4711, "StockCurrent": 2}], 0, [2]), ([{"StockCurrent": 2}], 4711, [2]),
        ([{"StockId": None, "StockCurrent": 2}], 4711, [2]), ([{"StockId": 5, "StockCurrent": 2}], 6, []),
        ([{"StockId": True, "StockCurrent": 2}], 1, []), (None, 0, []), ([], 0, []), ("none", 0, []), ([None], 0, []),
    ],
)  # fmt: skip
def test_r18_the_figure_is_that_of_the_named_stock(stocks: object, stock_id: int, current: list[int]) -> None:
    rows = [{"SKU": "MUG", "Stocks": stocks}, None, {"SKU": None, "Stocks": _STOCKS}]
    assert [level.current for level in to_stock_levels(rows, stock_id)] == current


@pytest.mark.parametrize(
    ("stocks", "number"),
    [
        ([(3, False), (7, True), (0, False)], 7), ([(3, False)], 3), ([(0, True)], 0), ([], 0),
        ([(3, False), (7, False)], None), ([(3, True), (7, True)], None), ([(7, True), (7, True)], 7),
    ],
)  # fmt: skip
def test_r18_the_default_stock_is_the_one_that_says_so(stocks: list[tuple[int, bool]], number: int | None) -> None:
    assert default_stock([ShopStock(one, is_default=default) for one, default in stocks]) == number


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-15T12:00:00", "2026-01-15T11:00:00"),
        ("2026-07-15T12:00:00.1234567", "2026-07-15T10:00:00.123456"),
        ("2026-07-15T12:00:00Z", "2026-07-15T12:00:00"),
        ("2026-07-15T12:00:00+02:00", "2026-07-15T10:00:00"),
    ],
)
def test_a_time_without_an_offset_is_german(text: str, moment: str) -> None:
    assert _read(wire_order(CreatedAt=text)).placed_at == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "yesterday", "", None, 17])
def test_a_time_that_is_none_is_not_set(text: object) -> None:
    order = _read(wire_order(CreatedAt=text, ArchivedAt=text))
    assert (order.placed_at, order.archived) == (None, False)
    assert _passes(order) == "1001"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59-05:00"])
def test_an_order_dated_at_the_end_of_the_year_9999_is_sent(text: str) -> None:
    assert _passes(_read(wire_order(CreatedAt=text))) == "1001"


def test_an_archived_order_says_so() -> None:
    assert _read(wire_order(ArchivedAt="2026-02-01T00:00:00")).archived


@pytest.mark.parametrize(
    "changes",
    [
        {"TotalCost": "a lot"}, {"ShippingCost": []}, {"OrderItems": "none"}, {"OrderItems": [None]},
        {"OrderItems": [wire_item(Quantity="two")]}, {"Tags": 5}, {"ShippingAddress": "Willis Avenue 123"},
        {"ShippingAddress": {"City": ["Los Angeles"]}}, {"TotalCost": float("nan")}, {"TotalCost": float("inf")},
        {"OrderItems": [wire_item(Product="MUG")]}, {"State": "paid"},
    ],
    ids=str,
)  # fmt: skip
def test_r2_an_order_that_cannot_be_read_is_rejected_with_a_reason_and_not_lost(changes: dict[str, Any]) -> None:
    order = _read(wire_order(**changes))
    assert order.id == 1001
    assert next(iter(changes)) in order.unreadable[0]
    assert [problem.code for problem in find_problems(order, {}, RULES)] == ["OB-119"] * len(order.unreadable)
    assert "Willis" not in str(order.unreadable)
    if "State" not in changes:
        assert order.state == 3
    if "Tags" not in changes:
        assert order.tags == ("bibi",)


@pytest.mark.parametrize(
    "changes",
    [
        {"TaxRate1": -100, "OrderItems": [wire_item(TaxAmount=None)]},
        {"OrderItems": [wire_item(TotalPrice=1e30, TaxAmount=None)]},
        {"OrderItems": [wire_item(TotalPrice=1e30)]},
        {"TotalCost": 1e27},
        {"ShippingCost": 1e27},
        {"OrderItems": [wire_item(TaxAmount=1e40)]},
        {"AdjustmentCost": 1e40},
        {"OrderItems": [wire_item(Quantity=1e300)]},
        {"OrderItems": [wire_item(Quantity=1e-300)]},
        {"BillBeeOrderId": "1001", "TotalCost": "a lot"},
    ],
    ids=str,
)
def test_r8_absurd_numbers_are_a_problem_of_that_order_alone(changes: dict[str, Any]) -> None:
    assert _passes(_read(wire_order(**changes))) == "OB-119"


@pytest.mark.parametrize(
    "changes",
    [
        {"ShippingAddress": wire_order()["ShippingAddress"] | {"City": "Cut \ud83d"}},
        {"Tags": ["bibi", "cut \ud83d"]},
        {"OrderItems": [wire_item(Product={"Title": "\udc00"})]},
        {"OrderNumber": "\ud83d"},
        {"Comments": [{"FromCustomer": True, "Text": "\ud83d"}]},
    ],
    ids=["city", "tag", "title", "number", "comment"],
)
def test_r5_an_order_with_a_cut_emoji_is_sent(changes: dict[str, Any]) -> None:
    """A service that cuts its texts by UTF-16 units leaves half a character behind."""
    assert _passes(_read(wire_order(**changes))) == "1001"


def test_r5_a_cut_emoji_in_an_order_that_cannot_be_read_is_no_further_problem() -> None:
    assert _passes(_read(wire_order(Tags=["bibi", "cut \ud83d"], TotalCost="a lot"))) == "OB-119"


@pytest.mark.parametrize("raw", [None, [], "order", 7, {}, {"BillBeeOrderId": None}])
def test_what_has_no_id_is_no_order(raw: object) -> None:
    assert to_order(raw, NOW) is None


@pytest.mark.parametrize(
    "data",
    [
        [{"Id": 0, "Name": "Other"}, {"Id": 5, "Name": "UPS"}],
        [{"id": 0, "name": "Other"}, {"id": 5, "name": "UPS"}, {"name": "no id"}, None, "x"],
        {"0": "Other", "5": "UPS"},
        {"Other": 0, "UPS": 5},
        {"Other": "0", "UPS": "5", "odd": "x"},
    ],
)
def test_r15_carriers_are_read_in_any_shape(data: object) -> None:
    assert to_carriers(data) == {"Other": 0, "UPS": 5}


@pytest.mark.parametrize("data", [None, "x", 5, [], {}])
def test_r15_no_carriers_and_no_providers_are_no_crash(data: object) -> None:
    assert to_carriers(data) == {}
    assert to_providers(data) == ()


@pytest.mark.parametrize("sku", ["MUG\u200b-01", "\ufeffMUG-01", "MUG-01\r\n", "MUG\x00-01"])
def test_r5_a_sku_has_no_control_and_invisible_characters_wherever_it_stands(sku: str) -> None:
    order = _read(wire_order(OrderItems=[wire_item(Product={"SKU": sku})]))
    by_invoice = _read(wire_order(OrderItems=[wire_item(Product={"SKU": None}, InvoiceSKU=sku)]))
    (sold,) = to_products([{"Id": 1, "SKU": sku, "EAN": "4006381333931\u200e", "BillOfMaterial": [{"SKU": sku}]}])
    found = {order.lines[0].sku, by_invoice.lines[0].sku, sold.sku, sold.components[0].sku}
    assert (found, sold.ean) == ({"MUG-01"}, "4006381333931")
    told = Product(1, "MUG-01", "", names={"en": "A\x07 \u200bmug"}, descriptions={"en": "of\x0b<b>clay\x1b</b>"})
    sent = to_warehouse(told, "en", with_dimensions=False)
    assert (sent.name, sent.description) == ("A mug", "of clay")


def test_r14_several_tracking_numbers_in_one_of_billbees_fields_are_several() -> None:
    shipments = [{"ShippingId": "1Z1, 1Z2"}, {"ShippingId": "1Z2\n1Z3"}, {"ShippingId": "n/a"}, {"ShippingId": None}]
    order = _read(wire_order(ShippingIds=[*shipments, {"ShippingId": "R1; R2", "ShipmentType": 1}]))
    assert order.tracking_numbers == ("1Z1", "1Z2", "1Z3")
    assert order.return_tracking_numbers == ("R1", "R2")


def test_r4_the_names_of_the_shop_are_its_id_its_name_and_its_platform() -> None:
    seller = {"Platform": "Etsy", "BillbeeShopName": " My shop ", "BillbeeShopId": 4711}
    assert _read(wire_order(Seller=seller)).shop == ("4711", "My shop", "Etsy")
    assert _read(wire_order(Seller=None)).shop == ()
