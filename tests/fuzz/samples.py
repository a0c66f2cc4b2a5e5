"""What each target is fed when all is well, as the simulators write it; the fuzzers start from here."""

from __future__ import annotations

import json
from typing import Any

from local.simulators.abillify import billed
from local.simulators.billbee.orders import address, item, order, product

_WIRE_ORDER = order(
    4711,
    items=[item("MUG-01", quantity=2, tax_rate="19"), item("SET", product_type=2), item("COUPON", is_coupon=True)],
    tags=["bibi", "rush_bibi", "ship_on_2026-12-31"], order_number="A-1", message="Hello", shipping_product="DHL Paket",
    bill_to=address("Zoë", "Ørsted", country="DE", state="", zip_code="10115"), created_at="2026-07-01T10:00:00.123",
)  # fmt: skip
_WIRE_PRODUCT = product("MUG-01", ean="4000000000011", title="Mug", size_cm=(10, 10, 12)) | {"Id": 5}
_WAREHOUSE_ORDER = {
    "header": {"customer_order_number": "1", "source_code": "WEB", "shipto_city": "Berlin"},
    "details": {
        "1-0001": {
            "ship_method": "FedEx Ground", "status": "Shipped",
            "items": [{"item_no": "MUG-01", "item_quantity": "2", "item_price": "10.00"}],
            "tracking_numbers": [{"1Z1": {"weight": "0.75", "cost": "3.74"}}],
        }
    },
}  # fmt: skip
_STOCK = {"product_number": "MUG-01", "quantity_in_stock": "10", "allocated_quantity": 2, "backorder_quantity": ""}
_RETURN = {
    "customer_order_number": "1", "product_number": "MUG-01", "quantity": "1", "return_id": "01",
    "return_reason": "Refused", "date_time": "2026-07-01 07:00:00", "inventory_disposition": "Good",
}  # fmt: skip
_INVOICE = {
    name: value
    for name, value in billed(_WIRE_ORDER).items()
    if name in ("reference", "currency", "total", "tax", "net", "netbased", "cancellationdate")
} | {"items": [{"kind": "principal", "product_number": "MUG-01", "quantity": 2, "taxrate": 0.19, "unitprice": 11.9}]}
_TOKEN = {"value": "abc", "issued_at": "2026-07-01T11:00:00+00:00", "key": "0123456789abcdef"}
_PAGING = {"Page": 1, "TotalPages": 1, "TotalRows": 1, "PageSize": 250}
_JOB = {"merchant": "acme", "correlation_id": "1", "asked_at": "2026-07-01T11:00:00Z"}


def _envelope(data: Any, **more: Any) -> dict[str, Any]:
    return {"ErrorMessage": None, "ErrorCode": 0, "Data": data, **more}


def _success(result: Any, **more: Any) -> dict[str, Any]:
    limits = {"X-Rate-Limit-Limit": 60, "X-Rate-Limit-Remaining": 59, "X-Rate-Limit-Reset": 60}
    return {"success": True, "message": "", "code": 200, "result": result, "hasMoreResults": False, **limits, **more}


SAMPLES: dict[str, list[Any]] = {
    "settings": [
        {
            "mode": "live", "language": "de",
            "billbee": {"username": "shop@acme.example", "order_tag": "bibi", "order_state": 3, "stock_id": 0,
                        "requests_per_second": 2},
            "bibi": {"source": "WEB", "default_ship_method": "24", "ship_methods": {"DHL": "84"},
                     "order_number": "order_number", "requests_per_minute": 60, "send_buyer_message": True},
            "stock": {"enabled": True, "buffer": 3}, "products": {"enabled": True, "language": "en"},
            "billing": {"enabled": False}, "carriers": {"FedEx": 9},
        }
    ],
    "merchants_file": [
        {"billbee_api_key": "k",
         "merchants": {"acme": {"settings": {"mode": "test"}, "secrets": {"billbee_password": "p"}}}}
    ],
    "schedule": [{"job": "poll-orders", "scope": "all"}, {"job": "pull-returns"}],
    "message": [
        {"job": "poll-orders", "scope": "stuck", "burst": 5, **_JOB},
        {"job": "pull-tracking", "scope": "open", **_JOB},
        {"job": "send-digest", **_JOB},
        {"job": "check-billing", "scope": "all", **_JOB},
        {"job": "pull-movements", **_JOB},
        {"job": "push-orders", "merchant": "acme", "correlation_id": "1", "billbee_id": 1, "version": 2, "look": True,
         "order": {"id": 1, "number": "A-1", "state": 3, "tags": ["bibi"], "read_at": "2026-07-01T11:00:00Z",
                   "total": "10.00", "lines": [{"kind": "goods", "sku": "MUG-01", "quantity": "1", "price": "10"}],
                   "shipping": {"first_name": "Jane", "city": "Berlin"}}},
    ],
    "dead_letter": [{"job": "push-orders", "merchant": "acme", "billbee_id": 1, "version": 2, "scope": "all"}],
    "webhook": [{"Id": "1", "Attempt": 1, "Notifications": [{"Action": "order.updated"}]}],
    "hints": ["120", "Wed, 21 Oct 2026 07:28:00 GMT", "https://api.billbee.io/api/v1",
              "Order 4711 of Jane Doe is locked"],
    "billbee_order": [_WIRE_ORDER],
    "billbee_product": [_WIRE_PRODUCT],
    "billbee_answer": [
        _envelope([_WIRE_ORDER], Paging=_PAGING),
        _envelope(_WIRE_ORDER),
        _envelope([_WIRE_PRODUCT], Paging=_PAGING),
        _envelope(_WIRE_PRODUCT),
        [_envelope({"SKU": "MUG-01", "CurrentStock": 3.0, "UnfulfilledAmount": 1.0}),
         {"ErrorMessage": "not found", "ErrorCode": 2, "Data": None}],
        [{"id": 1, "name": "DHL", "products": [{"id": 2, "name": "Paket"}]}],
        {"1": "DHL", "2": "UPS", "Hermes": 3},
        {"ErrorMessage": "An internal exception occured.", "ErrorCode": 8},
        [{"Id": "1", "WebHookUri": "https://a.example", "Secret": "s", "Filters": ["*"], "IsPaused": False}],
    ],
    "bibi_answer": [
        _success(_WAREHOUSE_ORDER),
        _success([_WAREHOUSE_ORDER, _WAREHOUSE_ORDER]),
        _success([_STOCK]),
        _success([_RETURN]),
        _success([{"code": "24", "short": "FedEx Ground"}]),
        _success({"status": "Pending"}),
        {"success": True, "token": "abc", "expires": "2026-07-02 12:00:00"},
        {"success": False, "message": "Order 1 not found", "code": 404},
        {"success": False, "message": ["Rate limit", "exceeded"], "code": 429, "X-Rate-Limit-Reset": 30},
    ],
    "abillify_answer": [
        _INVOICE,
        _INVOICE | {"netbased": True, "total": "23.80", "cancellationdate": "2026-07-01T10:00:00.000Z"},
        {"code": 404, "details": [], "message": "NotFound", "name": "ClientError", "type": "ERR_NOT_FOUND"},
        {"code": 400, "details": [{"error": "wrong", "fields": ["total"], "hint": "fix it"}], "message": "Invalid",
         "name": "ClientError", "type": "ERR_INVALID_VALUE"},
    ],
    "token_cache": [_TOKEN],
}  # fmt: skip


def texts(target: str) -> list[str]:
    """The samples of a target as texts."""
    return [one if isinstance(one, str) else json.dumps(one) for one in SAMPLES[target]]
