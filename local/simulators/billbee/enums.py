"""Billbee's fixed lists. States are documented; carriers and shipment types follow the vendor's C# client."""

from typing import Any

ORDER_STATES: dict[int, str] = {
    1: "Ordered",
    2: "Confirmed",
    3: "Paid",
    4: "Shipped",
    5: "Reclamation",
    6: "Deleted",
    7: "Closed",
    8: "Canceled",
    9: "Archived",
    10: "Not used",
    11: "Demand note 1",
    12: "Demand note 2",
    13: "Packed",
    14: "Offered",
    15: "Payment reminder",
    16: "Fulfilling",
    17: "Return",
}
PAID_STATE, SHIPPED_STATE, DELETED_STATE, CANCELLED_STATE = 3, 4, 6, 8
# Goods of an order in one of these states are not sent yet, so they are "reserved".
UNFULFILLED_STATES = frozenset({1, 2, 3, 11, 12, 13, 15, 16})

SHIPPING_CARRIERS: dict[int, str] = {
    0: "Other",
    1: "DHL Express",
    2: "DHL",
    3: "Hermes",
    4: "DPD",
    5: "UPS",
    6: "GLS",
    7: "Deutsche Post",
    8: "OePost",
    9: "FedEx",
    10: "GO!",
    11: "TNT",
    12: "Liefery",
    13: "iloxx",
    14: "ParcelOne",
    15: "cargo international",
    16: "PIN",
    17: "USPS",
    18: "Amazon",
}
CARRIER_IDENTIFIERS: dict[int, str] = {
    0: "other",
    1: "DHLExpress",
    2: "DHL",
    3: "Hermes",
    4: "DPD",
    5: "UPS",
    6: "GLS",
    7: "dpag",
    8: "OePost",
    9: "FedEx",
    10: "generalOvernight",
    11: "TNT",
    12: "Liefery",
    13: "Iloxx",
    14: "parcel_one",
    15: "cargo_international",
    16: "pin_mail",
    17: "usPostalService",
    18: "amazon_logistics",
}
"""The same carriers, as the enum of the C# client spells them."""
SHIPMENT_TYPES: dict[int, str] = {0: "Shipment", 1: "Return"}
PAYMENT_TYPES: dict[int, str] = {
    1: "Bank transfer",
    2: "Cash on delivery",
    3: "PayPal",
    4: "Cash",
    22: "Invoice",
    26: "Credit card",
}
WEBHOOK_FILTERS: dict[str, str] = {
    "order.created": "Fires when a new order is created",
    "order.updated": "Fires when an order is updated",
    "order.state.updated": "Fires when the state of an order changes",
    "order.shipped": "Fires when an order is shipped",
    "order.payment.received": "Fires when a payment arrives",
    "product.created": "Fires when a product is created",
    "product.updated": "Fires when a product is updated",
    "product.stock.updated": "Fires when the stock of a product changes",
}
# One list of providers for every account: name and products, as a merchant sets them up.
SHIPPING_PROVIDERS: list[dict[str, Any]] = [
    {
        "id": 100,
        "name": "DHL",
        "products": [{"id": 1001, "displayName": "DHL Paket", "productName": "V01PAK"}],
    },
    {
        "id": 200,
        "name": "UPS",
        "products": [{"id": 2001, "displayName": "UPS Ground", "productName": "03"}],
    },
    {
        "id": 300,
        "name": "USPS",
        "products": [{"id": 3001, "displayName": "USPS Priority Mail", "productName": "Priority"}],
    },
]
PROVIDER_CARRIERS: dict[int, int] = {100: 2, 200: 5, 300: 17}


def as_shape(values: dict[int, str], shape: str) -> Any:
    """An enum as `list` of {Id, Name} or as `map` of id to name: the documents only say "object"."""
    if shape == "map":
        return {str(number): name for number, name in values.items()}
    return [{"Id": number, "Name": name} for number, name in values.items()]
