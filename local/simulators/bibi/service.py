"""The common part of BiBi's routes: authentication, throttles, the envelope, pages, order numbers, form fields.

Where the documents are open, `local.simulators.readings` has the readings.
"""

import base64
import binascii
import json
from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask import Request, request

from local.clock import WALL_CLOCK
from local.simulators.bibi.account import Account
from local.simulators.bibi.records import Order
from local.simulators.readings import Readings
from local.simulators.server import Answer, Clock, Refused, Simulator, gateway_404

LIMIT, WINDOW = 60, 60.0
SEVERAL = 3  # pages of a list that comes in several
GATEWAY_ROUND, GATEWAY_STRIKES = 20, range(7, 10)
"""Which of so many calls a gateway answers."""

# The documents describe most of these calls without an address; those have names in the style of the others. The client
# assumes the same ones in a table of its own, because a simulator imports nothing of it; `paths` replaces them here.
PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asn_create": "createASN",
        "asn_add_product": "addASNProduct",
        "asn_delete_product": "deleteASNProduct",
        "asn_update_status": "updateASNStatus",
        "asn_get": "getASN",
        "asn_get_product": "getASNProduct",
        "asn_list": "listASNs",
        "asn_delete": "deleteASN",
        "bom_upsert": "upsertBOM",
        "bom_upsert_many": "upsertBOMs",
        "bom_get": "listBOM",
        "bom_list": "listBOMs",
        "shipments": "listShipments",
        "inventory_transactions": "inventory/transactions",
        "transaction_types": "inventory/transactionTypes",
        "reason_codes": "inventory/reasonCodes",
        "return_label": "returnLabel",
    }
)
"""Paths below the base URL. `transaction_types` and `return_label` are documented."""


class Service(Simulator):
    """The service without its routes. One account per merchant, with its public and secret key.

    readings: how the documents are read where they are open, by name (`local.simulators.readings`).
    paths: other paths than the assumed ones, by name, for calls whose path the documents leave out.
    """

    name = "bibi"
    prefix = "/api"

    def __init__(
        self,
        *,
        readings: Mapping[str, str] | None = None,
        throttles: bool = True,
        clock: Clock = WALL_CLOCK,
        token_lifetime: float = 24 * 3600,
        paths: Mapping[str, str] | None = None,
    ) -> None:
        self.readings = Readings("bibi", readings)
        super().__init__(throttles=throttles, clock=clock)
        self.accounts: dict[str, Account] = {}
        self.token_lifetime = token_lifetime
        self.paths = {**PATHS, **(paths or {})}
        self._windows: dict[str, tuple[float, int]] = {}
        self.add_routes()

    @abstractmethod
    def add_routes(self) -> None:
        """Every route of the API."""

    def add_account(
        self, public_key: str, secret_key: str, *, sources: frozenset[str] | set[str] | None = None
    ) -> Account:
        """One merchant. `sources` are its offer codes; None takes any."""
        known = None if sources is None else frozenset(sources)
        account = Account(public_key, secret_key, self.clock, known, self.readings)
        self.accounts[public_key] = account
        return account

    # -- authentication and throttles

    def identify(self, request: Request) -> str | None:
        credentials = self._credentials(request)
        return None if credentials is None else credentials[0]

    def _credentials(self, request: Request) -> tuple[str, str] | None:
        stripped = self.readings["authorization"] == "stripped"
        return basic_credentials(request, ("X-Authorization",) if stripped else ("X-Authorization", "Authorization"))

    def in_between(self) -> Answer | None:
        form = self.readings["gateway-404"]
        struck = form != "off" and len(self.calls) % GATEWAY_ROUND in GATEWAY_STRIKES
        return gateway_404(form) if struck else None

    def authenticate(self, request: Request, route: str) -> None:
        public, password = self._credentials(request) or ("", "")
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
        """The start of the key's window of a minute, which is its first call, and the number of calls in it."""
        start, used = self._windows.get(key, (0.0, 0))
        return (start, used) if self.clock() < start + WINDOW else (self.clock(), 0)

    def throttled_answer(self, account: str | None, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"X-Rate-Limit-Reset": str(retry_after)}
        return Answer(429, {"message": "Too Many Requests"}, headers)

    def finish(self, answer: Answer, account: str | None) -> Answer:
        """Adds the limits to the headers of every answer, and to its body except that of a 429."""
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
        """Every token of one account, or of all, has expired."""
        for one in self.accounts.values():
            if account in (None, one.public_key):
                one.tokens = dict.fromkeys(one.tokens, self.clock())

    # -- answers

    def account(self) -> Account:
        return self.accounts[self.identify(request) or ""]

    def success(self, result: Any = None, message: Any = "", *, more: bool = False, **rest: Any) -> Answer:
        status = int(self.readings["success-status"])
        body = {"success": True, "result": result, "hasMoreResults": more, "code": status, "message": message}
        return Answer(status, body | rest)

    def refuse(self, message: str, code: int = 400, *, status: int | None = None) -> Refused:
        body = {"success": False, "message": message, "hasMoreResults": False, "code": code}
        return Refused(Answer(int(self.readings["refusal-status"]) if status is None else status, body))

    def no_such(self, what: str) -> Refused:
        """The refusal of a call about something that does not exist."""
        if self.readings["not-found"] == "404-envelope":
            return self.refuse("Resource was not found.", 404, status=404)
        return self.refuse(f"{what} was not found.", 404)

    def none_found(self, what: str) -> Answer:
        """The answer to a question about something that does not exist. Raises `Refused` if that is a refusal."""
        match self.readings["not-found"]:
            case "empty":
                return self.success([])
            case "null":
                return self.success(None)
        raise self.no_such(what)

    def listed(self, rows: Any, fields: Mapping[str, str], message: str = "", *, size: int | None = None) -> Answer:
        """A page of a list, or of a map.

        Args:
            fields: the form, whose `offset` is the page, from 1.
            size: rows a page; None for a list that is not paged, unless every list is.
        """
        shown, more = self.page(rows, fields.get("offset"), size)
        return self.success(shown, message, more=more)

    def page(self, rows: Any, offset: str | None, size: int | None) -> tuple[Any, bool]:
        """The rows of one page, and whether there are more."""
        entries = list(rows.items()) if isinstance(rows, dict) else list(rows)
        page = self._offset(offset)
        if self.readings["pages"] == "several":
            size = -(-len(entries) // SEVERAL)
        size = size or max(len(entries), 1)
        shown = entries[(page - 1) * size : page * size]
        return dict(shown) if isinstance(rows, dict) else shown, len(entries) > page * size

    def in_shape(self, records: dict[str, Any]) -> Any:
        """The given records by number, in the shape of the reading `several-orders`."""
        shape = self.readings["several-orders"]
        if shape == "map" and records:
            return records
        rows = list(records.values())
        return rows[0] if shape == "object" and len(rows) == 1 else rows

    def _offset(self, written: str | None) -> int:
        if written is None or written == "":
            return 1
        if not written.isdigit() or int(written) < 1:
            raise self.refuse("offset must be a page number from 1.")
        return int(written)

    # -- order numbers

    @property
    def order_prefix(self) -> str:
        """The prefix of the client's number in every answer."""
        prefix = self.readings["prefix"]
        return "" if prefix == "none" else prefix + ("-" if self.readings["prefix-style"] == "separated" else "")

    def own_number(self, asked: str) -> str | None:
        """The client's number in a call's number; None if calls do not accept that form."""
        prefix, calls = self.order_prefix, self.readings["prefix-calls"]
        if not prefix:
            return asked
        if asked.startswith(prefix) and calls != "without":
            return asked.removeprefix(prefix)
        return None if calls == "with" else asked

    def find(self, asked: str) -> Order | None:
        own = self.own_number(asked)
        return None if own is None else self.account().orders.get(own)

    def order(self, number: str) -> Order:
        found = self.find(number)
        if found is None:
            raise self.no_such(f"Order {number}")
        return found

    def form(self, *known: str) -> dict[str, str]:
        """The form fields. Other fields are refused, and so is JSON instead of a form."""
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


def basic_credentials(request: Request, headers: tuple[str, ...]) -> tuple[str, str] | None:
    """User and password of the first of these headers that has them."""
    for header in headers:
        scheme, _, encoded = request.headers.get(header, "").partition(" ")
        if scheme.lower() != "basic":
            continue
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            continue
        return user, password
    return None
