"""What tests are made from: orders as the rooms' values and in Billbee's form, and answers in BiBi's form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from orderbridge.ledger.order import Address, LineKind, Order, OrderLine
from orderbridge.ledger.pricing import Component
from orderbridge.ledger.tags import Tags
from orderbridge.orders.shipping_order import ImportRules, ShippingOrder, build

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
TAGS = Tags("bibi")
RULES = ImportRules(tags=TAGS, number_is_billbee_id=True, send_buyer_message=False)


def address(**changes: Any) -> Address:
    """A complete US address."""
    given: dict[str, Any] = {
        "first_name": "Jane",
        "last_name": "Doe",
        "street": "Willis Avenue",
        "house_number": "123",
        "postcode": "91402",
        "city": "Los Angeles",
        "state": "CA",
        "country_code": "US",
        "email": "jane@example.com",
        "phone": "555-0100",
    }
    return Address(**given | changes)


def line(sku: str = "MUG-1", price: str = "11.90", tax: str = "1.90", **changes: Any) -> OrderLine:
    """A line of goods; money as text, so that it is exact."""
    return OrderLine(**{"sku": sku, "title": "Mug", "price": Decimal(price), "tax": Decimal(tax)} | changes)


def bundle(price: str, tax: str = "0", quantity: int = 1, **changes: Any) -> OrderLine:
    return line("SET-1", price, tax, is_bundle=True, quantity=Decimal(quantity), product_id=77, **changes)


def discount(price: str, tax: str = "0", title: str = "SALE") -> OrderLine:
    """A coupon or discount line; ``price`` is negative."""
    return line("", price, tax, kind=LineKind.DISCOUNT, title=title)


def digital(price: str, tax: str = "0") -> OrderLine:
    return line("PDF", price, tax, kind=LineKind.DIGITAL, title="E-book")


def component(sku: str, amount: int | str = 1) -> Component:
    return Component(sku, Decimal(amount))


def order(*lines: OrderLine, **changes: Any) -> Order:
    """A paid and tagged order; its total is what its lines add up to unless it is given."""
    sold = lines or (line(),)
    given: dict[str, Any] = {
        "id": 1001,
        "number": "SHOP-1001",
        "state": 3,
        "tags": ("bibi",),
        "placed_at": datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        "read_at": NOW,
        "currency": "USD",
        "total": sum((one.price for one in sold), Decimal(0)),
        "shipping": address(),
        "lines": sold,
    }
    return Order(**given | changes)


def shipping_order(*lines: OrderLine, ship_method: str = "24", **changes: Any) -> ShippingOrder:
    """What the warehouse would be sent for such an order."""
    return build(order(*lines, **changes), {}, RULES, ship_method=ship_method, today=date(2026, 3, 2))


def wire_order(**changes: Any) -> dict[str, Any]:
    """An order as Billbee's API answers it."""
    given: dict[str, Any] = {
        "BillBeeOrderId": 1001,
        "OrderNumber": "SHOP-1001",
        "State": 3,
        "Tags": ["bibi"],
        "CreatedAt": "2026-03-01T13:00:00",
        "ArchivedAt": None,
        "Currency": "USD",
        "TotalCost": 11.9,
        "ShippingCost": 4.9,
        "TaxRate1": 19,
        "TaxRate2": 7,
        "ShippingAddress": {
            "FirstName": "Jane",
            "LastName": "Doe",
            "Street": "Willis Avenue",
            "HouseNumber": "123",
            "Zip": "91402",
            "City": "Los Angeles",
            "State": "CA",
            "CountryISO2": "US",
            "Country": "US",
        },
        "OrderItems": [wire_item()],
        "ShippingIds": [],
        "Comments": [],
    }
    return given | changes


def wire_item(**changes: Any) -> dict[str, Any]:
    product = {"Title": "Mug", "SKU": "MUG-1", "IsDigital": False, "BillbeeId": 5, "Type": 0}
    given: dict[str, Any] = {"Quantity": 1, "TotalPrice": 11.9, "TaxAmount": 1.9, "TaxIndex": 1, "IsCoupon": False}
    changed = changes.pop("Product", {})
    return {**given, "Product": product | changed if isinstance(changed, dict) else changed, **changes}


def status_order(number: str = "1001", *parts: Mapping[str, Any]) -> dict[str, Any]:
    """One order of BiBi's orderStatus: header and details, each part under ``<number>-0001`` and so on."""
    details = {f"{number}-{position:04d}": dict(part) for position, part in enumerate(parts or (status_part(),), 1)}
    return {"header": {"customer_order_number": number, "future_date": "0000-00-00"}, "details": details}


def status_part(status: str = "Shipped", *tracking_numbers: str, quantity: str = "1") -> dict[str, Any]:
    return {
        "ship_method": "USPS First Class",
        "status": status,
        "items": [{"item_no": "MUG-1", "item_quantity": quantity, "item_description": "Mug", "item_price": "10.00"}],
        "tracking_numbers": [{number: {"weight": "0.7500", "cost": "3.74"}} for number in tracking_numbers],
    }
