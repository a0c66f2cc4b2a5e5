"""Calls to the simulators' own applications in this process, without a socket and without the project's clients."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from werkzeug.test import TestResponse

from local.simulators import Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.billbee import Account as Shop

PUBLIC, SECRET = "public-acme", "secret-of-acme"
USER, PASSWORD, KEY = "shop@example.com", "Password-1234", "key-of-the-application"


class Clock:
    """Stands still at noon UTC, 1 July 2026, until it is moved."""

    def __init__(self) -> None:
        self.now = 1_782_907_200.0

    def __call__(self) -> float:
        return self.now


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class AtBibi:
    """One account at BiBi, with two products, and calls with its token."""

    def __init__(self, readings: Mapping[str, str] | None = None) -> None:
        self.clock = Clock()
        self.bibi = Bibi(readings=readings, throttles=False, clock=self.clock)
        self.account: Warehouse = self.bibi.add_account(PUBLIC, SECRET)
        for number in ("MUG-01", "PEN"):
            self.account.add_product(number, stock=10)
        self.client = self.bibi.wsgi.test_client()
        self.headers = ("X-Authorization",)
        self.token = ""

    def log_in(self) -> str:
        headers = dict.fromkeys(self.headers, basic(PUBLIC, SECRET))
        self.token = str(self._json(self.client.get("/api/", headers=headers)).get("token", ""))
        return self.token

    def raw(
        self, path: str, form: Mapping[str, str] | None = None, *, body: Any = None, method: str = "POST"
    ) -> TestResponse:
        token = self.token or self.log_in()
        headers = dict.fromkeys(self.headers, basic(PUBLIC, token))
        return self.client.open("/api" + path, method=method, data=dict(form or {}) or None, json=body, headers=headers)

    def __call__(self, path: str, form: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
        return self._json(self.raw(path, form, **more))

    def _json(self, answer: TestResponse) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(answer.data)
        return found

    def book(self, *orders: dict[str, Any]) -> dict[str, Any]:
        return self("/submitOrder", {"orders": orders_text(*orders)})

    def status(self, number: str) -> dict[str, Any]:
        return self("/orderStatus", {"orderNumber": number})


class AtBillbee:
    """One account at Billbee, and calls as its user."""

    def __init__(self, readings: Mapping[str, str] | None = None) -> None:
        self.clock = Clock()
        self.billbee = Billbee(api_key=KEY, readings=readings, throttles=False, clock=self.clock)
        self.shop: Shop = self.billbee.add_account(USER, PASSWORD)
        self.client = self.billbee.wsgi.test_client()

    def raw(self, method: str, path: str, body: Any = None) -> TestResponse:
        headers = {"X-Billbee-Api-Key": KEY, "Authorization": basic(USER, PASSWORD)}
        return self.client.open("/api/v1" + path, method=method, json=body, headers=headers)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self.raw(method, path, body).data)


PERSON = {
    "FirstName": "Jane",
    "MiddleInitial": "",
    "LastName": "Doe",
    "CompanyName": "",
    "Address1": "123 WILLIS AVENUE",
    "Address2": "",
    "Address3": "",
    "City": "Los Angeles",
    "State": "CA",
    "ZipCode": "91402",
    "CountryCd": "US",
    "DayPhone": "",
    "Email": "",
}


def an_order(number: str = "15698", items: Mapping[str, int] | None = None, **header: Any) -> dict[str, Any]:
    """An order as submitOrder takes it, each piece at ten dollars; `header` replaces fields of its header."""
    wanted = items or {"MUG-01": 1}
    group = {
        "OrderNumber": number,
        "EntryDate": "2026-06-20 10:00:00",
        "FutureDate": "",
        "Source": "WEB",
        "ProdDollars": f"{10 * sum(wanted.values())}.00",
        "PHAmt": "0.00",
        "TaxAmt": "0.00",
        "RushProcessing": "N",
        "PayMethod": "PP",
        "Comment": "",
    }
    lines = [
        {
            "LineNo": str(place),
            "ItemNo": item,
            "Amount": "10.00",
            "Quantity": count,
            "Description": item,
            "Ship-Meth-Cd": "24",
        }
        for place, (item, count) in enumerate(wanted.items(), start=1)
    ]
    return {
        "Order": {
            "Header": {"HeaderGroup": group | header},
            "Billing": {"Billto": dict(PERSON)},
            "ProductManifest": {"Product": lines},
            "Shipping": {"Shipto": dict(PERSON)},
        }
    }


def orders_text(*orders: dict[str, Any], test: str = "F") -> str:
    return json.dumps({"Test": test, "Orders": list(orders)})
