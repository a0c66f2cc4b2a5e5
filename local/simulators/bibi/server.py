"""BiBi's API over HTTP, from its developer portal: tokens, the rate limit, form fields, and the routes.

Where the documents are open, a constructor option chooses the reading.
"""

import base64
import binascii
import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from flask import Request, request

from local.simulators.bibi import lists
from local.simulators.bibi.account import CHICAGO, Account, Order, chicago_text, order_record
from local.simulators.bibi.asn import AsnRoutes
from local.simulators.bibi.boms import BomRoutes
from local.simulators.bibi.labels import LabelRoutes
from local.simulators.bibi.movements import MovementRoutes
from local.simulators.bibi.products import ProductRoutes
from local.simulators.bibi.shipments import ShipmentRoutes
from local.simulators.bibi.submission import Invalid, Submission, check_sums, number_in, read_order, read_orders
from local.simulators.server import Answer, Clock, Refused
from orderbridge.clients.bibi.paths import PATHS

PAGE = 100
LIMIT, WINDOW = 60, 60.0
MAX_AGE = 30 * 24 * 3600  # how far back orderStatus looks, seconds
# The portal's list of statuses in which an order can still be changed is cut off; these come before the
# warehouse's first step.
CHANGEABLE = frozenset({"New", "Pending", "Draft", "Hold", "Backordered", "Backordered - HTC"})


class Bibi(ProductRoutes):
    """The service. One account per merchant, with its public and secret key.

    timestamp_means: whether orderStatus compares `timestamp` with the last change or with the order's date.
    status_shape: "object" shows a single order bare and several as a list; "list" and "map" (by number) do so
        for a single one too.
    new_token_ends_old: whether a new token makes the one before useless.
    duplicate: an order number that is there already is refused, or booked again (see `duplicates`).
    batch_refusal: one bad order refuses the whole batch, or only itself.
    not_found: an unknown order number is HTTP 404, an empty result, or a refusal inside HTTP 200.
    refusal_status: the HTTP status of a refusal; the body says `success: false` either way.
    success_status: the HTTP status and `code` of a success.
    prod_dollars: ProdDollars must match the lines, or may be any amount; the portal says what it is, but not
        that it is checked.
    update_field: the field of updateOrder: `orders`, the order number (as the portal writes), or either.
    paths: other paths than the assumed ones, by name, for calls whose path the documents leave out.
    """

    name = "bibi"
    prefix = "/api"

    def __init__(
        self,
        *,
        throttles: bool = True,
        clock: Clock = time.time,
        timestamp_means: Literal["change", "order_date"] = "change",
        status_shape: Literal["object", "list", "map"] = "object",
        new_token_ends_old: bool = False,
        duplicate: Literal["refuse", "accept"] = "refuse",
        batch_refusal: Literal["all", "partial"] = "all",
        not_found: Literal["404", "empty", "refused"] = "refused",
        refusal_status: int = 200,
        success_status: int = 201,
        token_lifetime: float = 24 * 3600,
        prod_dollars: Literal["lines", "free"] = "lines",
        update_field: Literal["orders", "number", "either"] = "either",
        paths: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(throttles=throttles, clock=clock)
        self.accounts: dict[str, Account] = {}
        self.token_lifetime = token_lifetime
        self._timestamp_means = timestamp_means
        self.shape = status_shape
        self.paths = {**PATHS, **(paths or {})}
        self._ends_old = new_token_ends_old
        self._duplicate = duplicate
        self._batch_refusal = batch_refusal
        self._not_found = not_found
        self._refusal_status = refusal_status
        self._success_status = success_status
        self._sums_checked = prod_dollars == "lines"
        self._update_field = update_field
        self._windows: dict[str, tuple[float, int]] = {}
        self._add_routes()

    def add_account(
        self, public_key: str, secret_key: str, *, sources: frozenset[str] | set[str] | None = None
    ) -> Account:
        """One merchant. `sources` are its offer codes; None takes any."""
        known = None if sources is None else frozenset(sources)
        account = Account(public_key, secret_key, self.clock, known)
        self.accounts[public_key] = account
        return account

    # -- who calls, and how often

    def identify(self, request: Request) -> str | None:
        credentials = basic_credentials(request)
        return None if credentials is None else credentials[0]

    def authenticate(self, request: Request, route: str) -> None:
        public, password = basic_credentials(request) or ("", "")
        account = self.accounts.get(public)
        if route.endswith(" /"):
            if account is None or password != account.secret_key:
                raise Refused(Answer(401, {"success": False, "message": "Invalid credentials."}))
            return
        expires = None if account is None else account.tokens.get(password)
        if expires is None:
            raise self.refuse("Unauthorized", 401, status=401)
        if expires <= self.clock():
            raise self.refuse("Access denied.", 403, status=403)

    def throttle(self, account: str | None, route: str, path_values: dict[str, str]) -> None:
        start, used = self._window(account or "")
        if used >= LIMIT:
            raise Refused(self.throttled_answer(account, None))
        self._windows[account or ""] = (start, used + 1)

    def _window(self, key: str) -> tuple[float, int]:
        """Start of the key's window of a minute, and the calls in it; it starts with its first call."""
        start, used = self._windows.get(key, (0.0, 0))
        return (start, used) if self.clock() < start + WINDOW else (self.clock(), 0)

    def throttled_answer(self, account: str | None, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"X-Rate-Limit-Reset": str(retry_after)}
        return Answer(429, {"message": "Too Many Requests"}, headers)

    def finish(self, answer: Answer, account: str | None) -> Answer:
        """The limits, in the headers of every answer and in its body, but for the bare body of 429."""
        start, used = self._window(account or "")
        limits = {
            "X-Rate-Limit-Limit": LIMIT,
            "X-Rate-Limit-Remaining": max(0, LIMIT - used),
            "X-Rate-Limit-Reset": max(0, -int(-(start + WINDOW - self.clock()) // 1)),
        }
        if answer.status != 429 and isinstance(answer.body, dict):
            answer.body |= limits
        answer.headers = {name: str(value) for name, value in limits.items()} | answer.headers
        return answer

    def error_answer(self, status: int) -> Answer:
        return Answer(status, {"success": False, "message": "Internal Server Error", "code": status})

    def unknown_route_answer(self) -> Answer:
        return Answer(404, {"success": False, "message": "Resource was not found.", "code": 404})

    def unknown_method_answer(self) -> Answer:
        return Answer(405, {"success": False, "message": "Requested method is not supported.", "code": 405})

    def expire_tokens(self, account: str | None) -> None:
        """Every token of one account, or of all, has run out."""
        for one in self.accounts.values():
            if account in (None, one.public_key):
                one.tokens = dict.fromkeys(one.tokens, self.clock())

    # -- answers

    def account(self) -> Account:
        return self.accounts[self.identify(request) or ""]

    def success(self, result: Any = None, message: Any = "", *, more: bool = False, **rest: Any) -> Answer:
        body = {
            "success": True,
            "result": result,
            "hasMoreResults": more,
            "code": self._success_status,
            "message": message,
        }
        return Answer(self._success_status, body | rest)

    def refuse(self, message: str, code: int = 400, *, status: int | None = None) -> Refused:
        body = {"success": False, "message": message, "hasMoreResults": False, "code": code}
        return Refused(Answer(self._refusal_status if status is None else status, body))

    def form(self, *known: str) -> dict[str, str]:
        """The form fields; any other field, and JSON instead of a form, is refused."""
        if request.content_length and not request.form:
            raise self.refuse("The request has no form fields.", status=400)
        fields = request.form.to_dict()
        unknown = fields.keys() - set(known)
        if unknown:
            raise self.refuse(f"Unknown field {min(unknown)}.", status=400)
        return fields

    def json_field(self, fields: dict[str, str], name: str) -> Any:
        if name not in fields:
            raise self.refuse(f"The field {name} is missing.", status=400)
        try:
            return json.loads(fields[name])
        except ValueError:
            raise self.refuse(f"The field {name} is not JSON.", status=400) from None

    # -- routes

    def _add_routes(self) -> None:
        for method in ("GET", "POST"):
            self.route(f"{method} /", self._new_token)
            for name, values in lists.LISTS.items():
                self.route(f"{method} /{name}", self._list_route(values))
        self.route("POST /submitOrder", self._submit)
        self.route("POST /orderStatus", self._status)
        self.route("POST /updateOrder/{number}", self._update)
        self.route("POST /cancelOrder/{number}", self._cancel)
        self.route("POST /holdOrder/{number}", self._hold)
        self.route("POST /listReturns", self._returns)
        self.route("POST /listReturns/{number}", self._returns)
        self.add_product_routes()
        AsnRoutes(self)
        BomRoutes(self)
        MovementRoutes(self)
        LabelRoutes(self)
        ShipmentRoutes(self)

    def _list_route(self, values: Any) -> Any:
        return lambda: self.success(values)

    def _new_token(self) -> Answer:
        account = self.account()
        if self._ends_old:
            account.tokens.clear()
        token, expires = secrets.token_hex(32), self.clock() + self.token_lifetime
        account.tokens[token] = expires
        day, _, hour = chicago_text(expires).partition(" ")
        # The portal's sample writes the hour without a leading zero.
        written = f"{day} {hour.removeprefix('0')}"
        return Answer(200, {"success": True, "token": token, "expires": written})

    # -- orders

    def _read(self, entry: Any) -> Submission:
        account = self.account()
        submission = read_order(entry, account.item_problem, account.sources)
        if self._sums_checked:
            check_sums(submission)
        return submission

    def _submit(self) -> Answer:
        account = self.account()
        try:
            is_test, entries = read_orders(self.json_field(self.form("orders"), "orders"))
        except Invalid as problem:
            raise self.refuse(str(problem)) from None
        good: list[Submission] = []
        problems: list[str] = []
        for entry in entries:
            number = number_in(entry)
            try:
                submission = self._read(entry)
                taken = number in account.orders or number in {one.number for one in good}
                if taken and self._duplicate == "refuse":
                    raise Invalid(f"Order {number}: OrderNumber already exists.")
                good.append(submission)
            except Invalid as problem:
                problems.append(str(problem))
        if not is_test and (not problems or self._batch_refusal == "partial"):
            for submission in good:
                account.book(submission)
        if problems:
            raise self.refuse(" ".join(problems))
        return self.success(message="Orders uploaded.")

    def _status(self) -> Answer:
        fields = self.form("orderNumber", "timestamp", "status", "offset")
        number, timestamp, status = fields.get("orderNumber"), fields.get("timestamp"), fields.get("status")
        if number and timestamp:
            raise self.refuse("orderNumber and timestamp cannot be used together.")
        if not (number or timestamp or status):
            raise self.refuse("orderNumber, timestamp or status is required.")
        if status and status not in lists.STATUS_FILTERS:
            raise self.refuse(f"The status {status} is not known.")
        since = self._timestamp(timestamp) if timestamp else None
        found = [
            order
            for order in self.account().orders.values()
            if (not number or order.number == number)
            and (since is None or self._moment(order) >= since)
            and (not status or status in {order.status, *(part.status for part in order.parts)})
        ]
        if number and not found and self._not_found == "404":
            raise self.refuse("Resource was not found.", 404, status=404)
        if number and not found and self._not_found == "refused":
            raise self.refuse(f"Order {number} was not found.", 404)
        page = self._offset(fields.get("offset"))
        shown = found[(page - 1) * PAGE : page * PAGE]
        return self.success(self._shaped(shown), more=len(found) > page * PAGE)

    def _shaped(self, orders: list[Order]) -> Any:
        if self.shape == "map" and orders:
            return {order.number: order_record(order) for order in orders}
        records = [order_record(order) for order in orders]
        return records[0] if self.shape == "object" and len(records) == 1 else records

    def _moment(self, order: Order) -> float:
        return order.changed_at if self._timestamp_means == "change" else order.entered_at

    def _timestamp(self, written: str) -> float:
        """UNIX seconds, or local time of Chicago."""
        try:
            at = (
                float(written)
                if written.isdigit()
                else datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHICAGO).timestamp()
            )
        except ValueError:
            raise self.refuse("timestamp must be UNIX time or YYYY-MM-DD HH:MM:SS.") from None
        if at < self.clock() - MAX_AGE:
            raise self.refuse("timestamp must be within the last 30 days.")
        return at

    def _offset(self, written: str | None) -> int:
        if written is None or written == "":
            return 1
        if not written.isdigit() or int(written) < 1:
            raise self.refuse("offset must be a page number from 1.")
        return int(written)

    def order(self, number: str) -> Order:
        order = self.account().orders.get(number)
        if order is None:
            raise self.refuse("Resource was not found.", 404, status=404)
        return order

    def _changeable(self, number: str, what: str) -> Order:
        order = self.order(number)
        if any(part.status not in CHANGEABLE for part in order.parts):
            raise self.refuse(f"Order {number} cannot be {what}: its status is {order.status}.")
        return order

    def _update(self, number: str) -> Answer:
        known = {"orders": ["orders"], "number": [number], "either": ["orders", number]}[self._update_field]
        fields = self.form(*known)
        order = self._changeable(number, "updated")
        name = next((one for one in known if one in fields), known[0])
        try:
            is_test, entries = read_orders(self.json_field(fields, name))
            if len(entries) != 1 or number_in(entries[0]) != number:
                raise Invalid(f"The request must hold order {number} alone.")
            submission = self._read(entries[0])
        except Invalid as problem:
            raise self.refuse(str(problem)) from None
        if not is_test:
            self.account().rebook(order, submission)
        return self.success(message="Order updated.")

    def _cancel(self, number: str) -> Answer:
        fields = self.form("cancelEntireOrder", "orderNumber", "products")
        order = self._changeable(number, "cancelled")
        if fields.get("orderNumber", number) != number:
            raise self.refuse("orderNumber differs from the one in the URL.")
        match fields.get("cancelEntireOrder"):
            case "Y":
                self.account().cancel(number)
            case "N":
                self.account().drop_items(order, self._named_products(order, fields.get("products", "")))
            case _:
                raise self.refuse("cancelEntireOrder must be Y or N.")
        return self.success(message="Order cancelled.")

    def _named_products(self, order: Order, written: str) -> list[str]:
        """A JSON array, or a list with commas."""
        try:
            named = json.loads(written)
        except ValueError:
            named = None
        numbers = named if isinstance(named, list) else [one.strip() for one in written.split(",") if one.strip()]
        known = {line.item_no for part in order.parts for line in part.lines}
        if not numbers or not set(map(str, numbers)) <= known:
            raise self.refuse("products must name products of the order.")
        return [str(number) for number in numbers]

    def _hold(self, number: str) -> Answer:
        """A toggle: New becomes Pending, Pending becomes New."""
        self.form()
        order = self.order(number)
        status = {"New": "Pending", "Pending": "New"}.get(order.status)
        if status is None:
            raise self.refuse(f"Order {number} cannot be held: its status is {order.status}.")
        self.account().set_status(number, status)
        return self.success({"status": status}, f"Order status updated to {status}")

    def _returns(self, number: str | None = None) -> Answer:
        query = {"customer_order_number": number} if number else self.json_field(self.form("json"), "json")
        rows = self.account().returns
        match query:
            case {"customer_order_number": str(number), **rest} if not rest:
                found = [row for row in rows if row["customer_order_number"] == number]
            case {"date_start": str(start), "date_end": str(end), **rest} if not rest:
                found = [row for row in rows if start <= row["date_time"] <= end]
            case _:
                raise self.refuse("customer_order_number, or date_start and date_end, is required.")
        return self.success(found)


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """User and password of `Authorization`, or of `X-Authorization` where a proxy strips that."""
    for header in ("X-Authorization", "Authorization"):
        scheme, _, encoded = request.headers.get(header, "").partition(" ")
        if scheme.lower() != "basic":
            continue
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            continue
        return user, password
    return None
