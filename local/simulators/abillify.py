"""Abillify's order endpoint over HTTP: one order by its reference, with the documented error shape."""

import time
from typing import Any

from flask import Request, request

from local.simulators.server import Answer, Clock, Refused, Simulator

_ERRORS = {
    401: ("Unauthorized", "ClientError", "ERR_UNAUTHORIZED"),
    404: ("NotFound", "ClientError", "ERR_NOT_FOUND"),
    405: ("MethodNotAllowed", "ClientError", "ERR_METHOD_NOT_ALLOWED"),
    429: ("TooManyRequests", "ClientError", "ERR_TOO_MANY_REQUESTS"),
    500: ("InternalError", "ServerError", "ERR_INTERNAL"),
}


class AbillifyAccount:
    """One merchant's orders by reference, as the endpoint shows them."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self.password = password
        self.orders: dict[str, dict[str, Any]] = {}

    def add_order(self, order: dict[str, Any]) -> dict[str, Any]:
        self.orders[str(order["reference"])] = order
        return order


class Abillify(Simulator):
    """The service. An order of another account is "not found", as documented."""

    name = "abillify"
    prefix = "/api"

    def __init__(self, *, throttles: bool = True, clock: Clock = time.time) -> None:
        super().__init__(throttles=throttles, clock=clock)
        self.accounts: dict[str, AbillifyAccount] = {}
        self.route("GET /orders/{reference}", self._get_order)

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

    def error_answer(self, status: int) -> Answer:
        message, name, kind = _ERRORS.get(status, _ERRORS[500])
        return Answer(status, {"code": status, "details": [], "message": message, "name": name, "type": kind})

    def throttled_answer(self, account: str | None, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Answer(429, self.error_answer(429).body, headers)

    def unknown_route_answer(self) -> Answer:
        return self.error_answer(404)

    def unknown_method_answer(self) -> Answer:
        return self.error_answer(405)

    def _get_order(self, reference: str) -> Answer:
        order = self.accounts[self.identify(request) or ""].orders.get(reference)
        if order is None:
            raise Refused(self.error_answer(404))
        return Answer(body=order)
