"""Abillify's orders over HTTP: one order by its reference, its cancellation, and the documented error shape.

`billed` creates a documented invoice from a Billbee order, as the merchant's own software would.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask import Request, request
from werkzeug.routing import PathConverter

from local.clock import WALL_CLOCK
from local.simulators.server import Answer, Clock, Refused, Simulator

_ERRORS = {
    400: ("InvalidValue, see error details", "ClientError", "ERR_INVALID_VALUE"),
    401: ("Unauthorized", "ClientError", "ERR_UNAUTHORIZED"),
    403: ("Forbidden", "ClientError", "ERR_FORBIDDEN"),
    404: ("NotFound", "ClientError", "ERR_NOT_FOUND"),
    405: ("MethodNotAllowed", "ClientError", "ERR_METHOD_NOT_ALLOWED"),
    409: ("UniqueViolation", "ClientError", "ERR_UNIQUE_VIOLATION"),
    429: ("TooManyRequests", "ClientError", "ERR_TOO_MANY_REQUESTS"),
    500: ("InternalError", "ServerError", "ERR_INTERNAL"),
}
_CENT, _FOUR_PLACES = Decimal("0.01"), Decimal("0.0001")


class AbillifyAccount:
    """One merchant's orders by reference, as the endpoint shows them. `cancellations`: references in their sequence."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self.password = password
        self.orders: dict[str, dict[str, Any]] = {}
        self.cancellations: list[str] = []

    def add_order(self, order: dict[str, Any]) -> dict[str, Any]:
        self.orders[str(order["reference"])] = order
        return order

    def bill(self, wire: Mapping[str, Any], reference: str = "", **changes: Any) -> dict[str, Any]:
        """Bill an order of Billbee's; `changes` to what would be right."""
        return self.add_order(billed(wire, reference) | changes)


class Abillify(Simulator):
    """The service. An order of another account is "not found", as documented.

    Args:
        calls_per_second: the limit for a 429; no limit is documented, so the default is none.
    """

    name = "abillify"
    prefix = "/api"
    path_values = PathConverter  # a reference may hold anything, also an escaped slash

    def __init__(
        self, *, throttles: bool = True, calls_per_second: int | None = None, clock: Clock = WALL_CLOCK
    ) -> None:
        super().__init__(throttles=throttles, clock=clock)
        self.accounts: dict[str, AbillifyAccount] = {}
        self._calls_per_second = calls_per_second
        self._times: dict[str | None, list[float]] = {}
        self.route("GET /orders/{reference}", self._get_order)
        self.route("PUT /orders/{reference}", self._put_order)

    def add_account(self, username: str, password: str) -> AbillifyAccount:
        self.accounts[username] = AbillifyAccount(username, password)
        return self.accounts[username]

    def identify(self, request: Request) -> str | None:
        credentials = request.authorization
        return None if credentials is None or credentials.type != "basic" else credentials.username

    def authenticate(self, request: Request, route: str) -> None:
        account = self.accounts.get(self.identify(request) or "")
        credentials = request.authorization
        if account is None or credentials is None or credentials.password != account.password:
            raise Refused(self.error_answer(401))

    def throttle(self, account: str | None, route: str, path_values: dict[str, str]) -> None:
        if self._calls_per_second is None:
            return
        now = self.clock()
        lately = [at for at in self._times.get(account, []) if at > now - 1]
        if len(lately) >= self._calls_per_second:
            raise Refused(self.throttled_answer(account, 1))
        self._times[account] = [*lately, now]

    def error_answer(self, status: int, *details: Mapping[str, Any]) -> Answer:
        message, name, kind = _ERRORS.get(status, _ERRORS[500])
        body = {"code": status, "details": list(details), "message": message, "name": name, "type": kind}
        return Answer(status, body)

    def throttled_answer(self, account: str | None, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Answer(429, self.error_answer(429).body, headers)

    def unknown_route_answer(self) -> Answer:
        return self.error_answer(404)

    def unknown_method_answer(self) -> Answer:
        return self.error_answer(405)

    def _order(self, reference: str) -> dict[str, Any]:
        order = self._account().orders.get(reference)
        if order is None or "/" in _raw_reference(request):
            raise Refused(self.error_answer(404))
        return order

    def _account(self) -> AbillifyAccount:
        return self.accounts[self.identify(request) or ""]

    def _get_order(self, reference: str) -> Answer:
        return Answer(body=self._order(reference))

    def _put_order(self, reference: str) -> Answer:
        """Only the cancellation is documented well enough to be accepted."""
        order, body = self._order(reference), request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Refused(self._invalid("body", "object", "Send a JSON object."))
        if body.get("state") != "canceled":
            raise Refused(self._invalid("state", "state", "Value must be 'canceled'."))
        if not _is_moment(body.get("cancelationdate")):
            raise Refused(self._invalid("cancelationdate", "date", "Value must be a date as 2020-01-01T00:00:00.000Z."))
        for name in body.keys() - {"state", "cancelationdate"}:
            raise Refused(self._invalid(name, "known field", "Leave it out."))
        order["cancellationdate"] = body["cancelationdate"]
        self._account().cancellations.append(reference)
        return Answer(body=order)

    def _invalid(self, field: str, kind: str, hint: str) -> Answer:
        wrong = f"Value for field '{field}' is of wrong type, expected {kind}."
        return self.error_answer(400, {"error": wrong, "fields": [field], "hint": hint})


def billed(wire: Mapping[str, Any], reference: str = "", *, netbased: bool = False) -> dict[str, Any]:
    """An order as Abillify shows it: Billbee's lines as items, the shipping cost as one more, rounded as documented."""
    items: list[dict[str, Any]] = []
    net = tax = gross = taxed = Decimal(0)
    for line in wire["OrderItems"]:
        price, included = _money(line["TotalPrice"]), _money(line["TaxAmount"] or 0)
        product, quantity = line["Product"], _money(line["Quantity"])
        if line["IsCoupon"] or price < 0:
            kind = "coupon" if line["IsCoupon"] else "discount"
        else:
            kind = "digital" if product["IsDigital"] else "principal"
            gross, taxed = gross + price, taxed + included
        items.append(_item(len(items) + 1, kind, product["SKU"], product["Title"], price, included, quantity, netbased))
        net, tax = net + price - included, tax + included
    if shipping := _money(wire["ShippingCost"]):
        included = (shipping * taxed / gross).quantize(_CENT, ROUND_HALF_UP) if gross else Decimal(0)
        items.append(_item(len(items) + 1, "shipping", None, "Shipping", shipping, included, Decimal(1), netbased))
        net, tax = net + shipping - included, tax + included
    ship_to = wire["ShippingAddress"] or {}
    moment = "2026-01-01T00:00:00.000Z"
    return {
        "addresses": [
            {"city": ship_to.get("City"), "country": ship_to.get("CountryISO2"), "extra": None, "kind": "shipping",
             "housenumber": ship_to.get("HouseNumber"), "info": None, "state": ship_to.get("State"),
             "street": ship_to.get("Street"), "zipcode": ship_to.get("Zip"), "company": ship_to.get("Company"),
             "firstname": ship_to.get("FirstName"), "lastname": ship_to.get("LastName")}
        ],
        "cancellationdate": None,
        "created": moment,
        "currency": wire["Currency"],
        "detail": {"locale": "de-DE", "reverseCharge": False, "vatId": None},
        "id": "5e4a7b2b-1b0b-4c7a-8f0a-5b9b6b7c8d9e",
        "identity": {"debtor": "10001", "reference": "1234567890"},
        "items": items,
        "meta": {},
        "modified": moment,
        "net": float(_rounded(net, netbased)),
        "netbased": netbased,
        "orderdate": moment,
        "ordernumber": wire["OrderNumber"],
        "paymentkind": "CT",
        "reference": reference or str(wire["BillBeeOrderId"]),
        "tax": float(_rounded(tax, netbased)),
        "total": float(_rounded(net + tax, netbased)),
    }  # fmt: skip


def _item(
    place: int,
    kind: str,
    sku: str | None,
    label: str | None,
    gross: Decimal,
    tax: Decimal,
    count: Decimal,
    netbased: bool,
) -> dict[str, Any]:
    net = gross - tax
    return {
        "account": "8400",
        "costcenter": None,
        "created": "2026-01-01T00:00:00.000Z",
        "detail": {"description": None, "taxprofile": "default", "vatclause": None},
        "groupingflag": None,
        "id": f"5e4a7b2b-1b0b-4c7a-8f0a-{place:012d}",
        "kind": kind,
        "label": label,
        "modified": "2026-01-01T00:00:00.000Z",
        "net": float(_rounded(net, netbased)),
        "pos": place,
        "product_number": sku,
        "quantity": int(count) if count == int(count) else float(count),
        "reference": str(place),
        "servicebegin": None,
        "serviceend": None,
        "taxaccount": "1776",
        "taxrate": float((tax / net).quantize(_CENT)) if net else 0,
        "unit": "pieces",
        "unitprice": float(_rounded((net if netbased else gross) / (count or 1), netbased)),
    }


def _rounded(amount: Decimal, netbased: bool) -> Decimal:
    """Net prices are rounded to two decimals, gross ones to four."""
    return amount.quantize(_CENT if netbased else _FOUR_PLACES, ROUND_HALF_UP)


def _money(value: Any) -> Decimal:
    return Decimal(str(value))


def _raw_reference(request: Request) -> str:
    """The reference as it stood in the request's line, where the server tells: a slash in it has to be escaped."""
    raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or "")
    return raw.partition("?")[0].partition("/orders/")[2]


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
