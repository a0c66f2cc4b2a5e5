"""Each reading of Billbee's documents: the simulator behaves by it, and by nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from local.simulators.billbee.deliveries import signed
from local.simulators.billbee.orders import item, order, product
from tests.contract.simulator_callers import AtBillbee


def sold(at: AtBillbee, number: int = 1, **fields: Any) -> dict[str, Any]:
    return at.shop.add_order(order(number, **fields))


@pytest.mark.parametrize(("reading", "total"), [("including", 170.76), ("excluding", 158.76)])
def test_the_total_includes_postage_or_not(reading: str, total: float) -> None:
    at = AtBillbee({"total": reading})
    sold(at, items=[item(quantity=12, unit_price="13.50", discount=2)], shipping_cost="12.00", order_number="B-1")
    shown = [
        at("GET", "/orders")["Data"][0],
        at("GET", "/orders/1")["Data"],
        at("GET", "/orders/findbyextref/B-1")["Data"],
    ]
    assert [(one["TotalCost"], one["ShippingCost"]) for one in shown] == [(total, 12.0)] * 3
    assert at.shop.orders[1]["PaidAmount"] == 170.76


def test_a_line_shows_its_discount_what_was_chosen_and_the_sku_of_the_invoice() -> None:
    line = item(
        None, quantity=12, unit_price="13.50", discount=2, attributes={"Engraving": "Oma"}, invoice_sku="MUG-01"
    )
    assert (line["UnrebatedTotalPrice"], line["Discount"], line["TotalPrice"]) == (162.0, 2.0, 158.76)
    assert line["Attributes"] == [{"Id": "1", "Name": "Engraving", "Value": "Oma", "Price": 0.0}]
    assert (line["Product"]["SKU"], line["InvoiceSKU"]) == (None, "MUG-01")


def test_wire_order_may_have_a_note_of_the_shop_a_parent_and_wire_order_that_it_cancels() -> None:
    shown = order(7, seller_comment="Gift", payment_method=22, parent=5, cancels=6, customer={"Id": 9, "Tel1": "1"})
    assert (shown["SellerComment"], shown["PaymentMethod"]) == ("Gift", 22)
    assert (shown["BillBeeParentOrderId"], shown["IsCancelationFor"], shown["Customer"]["Id"]) == (5, 6, 9)


@pytest.mark.parametrize(("reading", "hour"), [("utc", "12:00"), ("berlin", "14:00")])
@pytest.mark.parametrize(("form", "offset"), [("naive", ""), ("offset", "+0")])
def test_dates_are_in_the_zone_of_the_reading_and_name_it_or_not(
    reading: str, hour: str, form: str, offset: str
) -> None:
    at = AtBillbee({"zone": reading, "date-form": form})
    sold(at)
    written = at("GET", "/orders/1")["Data"]["LastModifiedAt"]
    assert written.startswith(f"2026-07-01T{hour}:00.000{offset}")
    assert len(written) == 23 + (6 if offset else 0)
    later, earlier = (f"2026-07-01T{hour[:2]}:{minutes}" for minutes in ("01", "00"))
    assert at("GET", f"/orders?modifiedAtMin={later}")["Data"] == []
    assert len(at("GET", f"/orders?minOrderDate={earlier}")["Data"]) == 1


@pytest.mark.parametrize(("reading", "found"), [("folded", 1), ("exact", 0)])
def test_the_tag_filter_minds_case_or_not(reading: str, found: int) -> None:
    at = AtBillbee({"tag-filter": reading})
    sold(at, tags=["BiBi"])
    assert len(at("GET", "/orders?tag=bibi")["Data"]) == found
    assert len(at("GET", "/orders?tag=BiBi")["Data"]) == 1


@pytest.mark.parametrize("status", ["200", "404"])
def test_wire_order_that_does_not_exist(status: str) -> None:
    answer = AtBillbee({"hub-not-found": status}).raw("GET", "/orders/9")
    assert (answer.status_code, answer.json()["ErrorCode"]) == (int(status), 2)


@pytest.mark.parametrize(("reading", "code"), [("with-code", 11), ("without-code", 0)])
def test_an_error_has_a_code_or_only_a_message(reading: str, code: int) -> None:
    at = AtBillbee({"error-message": reading})
    at.shop.add_product(product("MUG-01"))
    answer = at(
        "POST", "/products/updatestockmultiple", [{"Sku": sku, "NewQuantity": 3} for sku in ("GHOST", "MUG-01")]
    )
    assert [(one["ErrorCode"], bool(one["ErrorMessage"])) for one in answer] == [(code, True), (0, False)]
    sold(at)
    refused = at("POST", "/orders/1/tags", {"Tags": [" "]})
    assert (refused["ErrorCode"], refused["ErrorMessage"]) == (code, "A tag is empty.")
    assert at.shop.orders[1]["Tags"] == []


@pytest.mark.parametrize(("reading", "empty"), [("envelope", False), ("empty", True)])
def test_a_state_is_answered_with_an_envelope_or_with_nothing(reading: str, empty: bool) -> None:
    at = AtBillbee({"void-answers": reading})
    sold(at)
    assert (at.raw("PUT", "/orders/1/orderstate", {"NewStateId": 4}).content == b"") is empty
    assert at.shop.orders[1]["State"] == 4


@pytest.mark.parametrize(
    ("reading", "names"),
    [
        ("identifiers", ["dpag", "OePost", "FedEx", "generalOvernight", "usPostalService", "amazon_logistics"]),
        ("display-names", ["Deutsche Post", "OePost", "FedEx", "GO!", "USPS", "Amazon"]),
    ],
)
@pytest.mark.parametrize("shape", ["list", "map"])
def test_carriers_are_identifiers_or_names(reading: str, names: list[str], shape: str) -> None:
    found = AtBillbee({"carriers": reading, "enum-shape": shape})("GET", "/enums/shippingcarriers")
    by_id = {str(one["Id"]): one["Name"] for one in found} if shape == "list" else found
    assert [by_id[number] for number in ("7", "8", "9", "10", "17", "18")] == names
    assert len(by_id) == 19


def test_the_list_of_carriers_may_fail_or_be_empty_and_shipments_are_taken_all_the_same() -> None:
    assert AtBillbee({"carriers": "empty"})("GET", "/enums/shippingcarriers") == []
    at = AtBillbee({"carriers": "failing"})
    assert at.raw("GET", "/enums/shippingcarriers").status_code == 500
    sold(at)
    assert at.raw("POST", "/orders/1/shipment", {"ShippingId": "1Z1"}).status_code == 200
    assert at.shop.orders[1]["ShippingIds"][0]["ShippingCarrier"] == 0


def test_a_product_of_a_provider_has_no_name() -> None:
    for provider in AtBillbee()("GET", "/shipment/shippingproviders"):
        assert set(provider) == {"id", "name", "products"}
        assert all(set(one) == {"id", "displayName", "productName"} for one in provider["products"])


@pytest.mark.parametrize(("reading", "number"), [("present", "00340434"), ("null", None)])
def test_a_shipment_made_by_hand_shows_its_number_or_not(reading: str, number: str | None) -> None:
    at = AtBillbee({"shipment-numbers": reading})
    sold(at)
    at.shop.ship_by_hand(1, "00340434")
    at("POST", "/orders/1/shipment", {"ShippingId": "1Z1", "CarrierId": 5})
    shown = at("GET", "/orders/1")["Data"]["ShippingIds"]
    assert [one["ShippingId"] for one in shown] == [number, "1Z1"]
    assert set(shown[0]) == {
        "BillbeeId", "ShippingId", "Shipper", "Created", "TrackingUrl", "ShippingProviderId",
        "ShippingProviderProductId", "ShippingCarrier", "ShipmentType",
    }  # fmt: skip


def test_webhooks_are_signed_by_the_reading() -> None:
    digest = hmac.new(b"s" * 32, b"body", hashlib.sha256).digest()
    assert signed("ms", "s" * 32, b"body") == {"ms-signature": f"sha256={digest.hex()}"}
    assert signed("hex", "s" * 32, b"body") == {"X-Billbee-Signature": digest.hex()}
    assert signed("base64", "s" * 32, b"body") == {"X-Billbee-Signature": base64.b64encode(digest).decode()}


@pytest.mark.parametrize(
    ("reading", "offered", "refused"),
    [("created", ["order.created"], ["*", "order.updated"]), ("star", ["*"], ["order.created"])],
)
def test_a_webhook_takes_only_filters_that_are_offered(reading: str, offered: list[str], refused: list[str]) -> None:
    at = AtBillbee({"webhook-filters": reading})
    assert [one["Name"] for one in at("GET", "/webhooks/filters")] == offered
    hook = {"Secret": "s" * 32, "WebHookUri": "http://127.0.0.1:9/?noecho"}
    assert at.raw("POST", "/webhooks", hook | {"Filters": offered}).status_code == 200
    for name in refused:
        assert at.raw("POST", "/webhooks", hook | {"Filters": [name]}).status_code == 400


def test_a_call_that_names_no_stock_means_the_default_one() -> None:
    at = AtBillbee()
    at.shop.add_product(product("MUG-01", stock=5))
    at.shop.add_stock(12, "Warehouse")
    at.shop.make_default(12)
    stocks = at("GET", "/products/stocks")["Data"]
    assert [(one["Id"], one["IsDefault"]) for one in stocks] == [(0, False), (12, True)]
    for sent in ({"Sku": "MUG-01", "NewQuantity": 3}, {"Sku": "MUG-01", "NewQuantity": 3, "StockId": 0}):
        at("POST", "/products/updatestockmultiple", [sent])
        assert [one["StockCurrent"] for one in at.shop.products[50001]["Stocks"]] == [5.0, 3]
