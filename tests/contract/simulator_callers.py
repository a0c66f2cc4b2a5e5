"""How the simulators' tests call them: plain HTTP, nothing of the project's own clients.

`BillbeeCaller` and `BibiCaller` reach a simulator that runs on loopback, `AtBillbee` and `AtBibi` one of their own in
this process, without a socket.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from local.simulators import Bibi, Billbee
from testkit.clock import ManualClock
from testkit.mishaps import Watch
from testkit.vendors import InProcess

KEY, USER, PASSWORD = "key-of-the-application", "shop@example.com", "Password-1234"
PUBLIC, SECRET = "public", "secret"
TIMEOUT = 60.0

Wire = dict[str, Any]


@dataclass
class BillbeeCaller:
    """Calls Billbee as one user with one application key."""

    billbee: Billbee
    username: str = USER
    password: str = PASSWORD
    api_key: str = KEY
    wire: InProcess | None = None

    def __call__(self, method: str, path: str, json: Any = None, params: Any = None) -> requests.Response:
        session = self.wire.session() if self.wire else requests.Session()
        return session.request(
            method,
            (self.wire or self.billbee).url + path,
            json=json,
            params=params,
            headers={"X-Billbee-Api-Key": self.api_key},
            auth=(self.username, self.password),
            timeout=TIMEOUT,
        )


@dataclass
class BibiCaller:
    """Calls BiBi with a token, fetched at the first call. The credentials stand in each of the `headers`."""

    bibi: Bibi
    public_key: str = PUBLIC
    secret_key: str = SECRET
    token: str = ""
    headers: tuple[str, ...] = ("Authorization",)
    wire: InProcess | None = None

    def log_in(self) -> requests.Response:
        answer = self._send("GET", "/", self.secret_key)
        self.token = answer.json().get("token", "")
        return answer

    def __call__(
        self, path: str, data: Mapping[str, str] | None = None, method: str = "POST", body: Any = None
    ) -> requests.Response:
        if not self.token:
            self.log_in()
        return self._send(method, path, self.token, data=data, json=body)

    def _send(self, method: str, path: str, secret: str, **rest: Any) -> requests.Response:
        session = self.wire.session() if self.wire else requests.Session()
        basic = "Basic " + base64.b64encode(f"{self.public_key}:{secret}".encode()).decode()
        headers = dict.fromkeys(self.headers, basic)
        return session.request(method, (self.wire or self.bibi).url + path, headers=headers, timeout=TIMEOUT, **rest)


class AtBillbee:
    """One account at Billbee, and the JSON of what its user's calls are answered."""

    def __init__(self, readings: Mapping[str, str] | None = None) -> None:
        self.clock = ManualClock()
        self.billbee = Billbee(api_key=KEY, readings=readings, throttles=False, clock=self.clock)
        self.shop = self.billbee.add_account(USER, PASSWORD)
        self.raw = BillbeeCaller(self.billbee, wire=InProcess(self.billbee, self.clock, Watch()))

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return self.raw(method, path, body).json()


class AtBibi:
    """One account at BiBi with two products, and the JSON of what calls with its token are answered."""

    def __init__(self, readings: Mapping[str, str] | None = None) -> None:
        self.clock = ManualClock()
        self.bibi = Bibi(readings=readings, throttles=False, clock=self.clock)
        self.account = self.bibi.add_account(PUBLIC, SECRET)
        for number in ("MUG-01", "PEN"):
            self.account.add_product(number, stock=10)
        wire = InProcess(self.bibi, self.clock, Watch())
        self.raw = BibiCaller(self.bibi, headers=("X-Authorization",), wire=wire)

    def __call__(self, path: str, form: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.raw(path, form, **more).json()
        return found

    def book(self, *orders: Wire) -> dict[str, Any]:
        return self("/submitOrder", orders_field(*orders))

    def status(self, number: str) -> dict[str, Any]:
        return self("/orderStatus", {"orderNumber": number})


def wire_order(number: str = "1001", *skus: str, lines: list[Wire] | None = None, **header: Any) -> Wire:
    """One entry of Orders as submitOrder takes it, with a piece of each SKU; `header` changes fields of HeaderGroup."""
    products = lines or [wire_line(sku, LineNo=str(place)) for place, sku in enumerate(skus or ("MUG-01",), start=1)]
    goods = sum(float(line["Amount"]) * int(line["Quantity"]) for line in products)
    person = {
        "FirstName": "Jane",
        "LastName": "Doe",
        "Address1": "123 Willis Avenue",
        "City": "Los Angeles",
        "State": "CA",
        "ZipCode": "91402",
        "CountryCd": "US",
    }
    group = {
        "OrderNumber": number,
        "EntryDate": "2026-07-01 07:00:00",
        "Source": "WEB",
        "ProdDollars": f"{goods:.2f}",
        "PHAmt": "4.95",
        "TaxAmt": "0.00",
        "RushProcessing": "N",
        "PayMethod": "PP",
    }
    return {
        "Order": {
            "Header": {"HeaderGroup": group | header},
            "Billing": {"Billto": dict(person)},
            "ProductManifest": {"Product": products},
            "Shipping": {"Shipto": dict(person)},
        }
    }


def wire_line(item_no: str = "MUG-01", quantity: Any = 1, **fields: Any) -> Wire:
    line = {"LineNo": "1", "ItemNo": item_no, "Amount": "14.50", "Quantity": quantity, "Ship-Meth-Cd": "24"}
    return line | fields


def orders_text(*orders: Wire, test: str = "F") -> str:
    return json.dumps({"Test": test, "Orders": list(orders)})


def orders_field(*orders: Wire, test: str = "F") -> dict[str, str]:
    """The form of submitOrder."""
    return {"orders": orders_text(*orders, test=test)}
