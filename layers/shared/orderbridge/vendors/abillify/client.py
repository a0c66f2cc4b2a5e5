"""Abillify's API for one merchant: an order by its reference, and its cancellation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pydantic import SecretStr, ValidationError

from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import NotFound, UnreadableItem
from orderbridge.vendors.abillify.mapping import to_invoice
from orderbridge.vendors.http import Answer, Call, HeaderAuth, HttpClient, basic_credentials, error_code
from orderbridge.vendors.pacing import EndpointPacer, persist

if TYPE_CHECKING:
    from orderbridge.billing.invoice import Invoice

CALLS_PER_SECOND: Final = 5
"""Abillify documents a 429 and no limit; this is slow enough for any, and no merchant ships faster."""
_NOT_FOUND: Final = 404
_NOT_A_STEP: Final = ("", ".", "..")
"""References that a path would drop: there are no such orders."""


class AbillifyClient:
    """Calls Abillify on behalf of one merchant. Every method raises the errors of ``orderbridge.platform.errors``.

    Args:
        username, password: an API credential of the merchant's account.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        username: SecretStr,
        password: SecretStr,
        clock: Clock,
    ) -> None:
        credentials = basic_credentials(username.get_secret_value(), password.get_secret_value())
        self._auth = HeaderAuth({"Authorization": credentials})
        self._http = http
        self._pacer = EndpointPacer(CALLS_PER_SECOND, CALLS_PER_SECOND, clock=clock)
        self._clock = clock

    def order(self, reference: str) -> Invoice | None:
        """The order as it is billed now; None if Abillify has no order with this reference, or does not show it."""
        if reference.strip() in _NOT_A_STEP:
            return None
        call = Call("abillify get order", "GET", _path(reference), repeatable=True)

        def ask() -> Invoice | None:
            try:
                answer = self._send(call)
            except NotFound:
                return None
            try:
                return to_invoice(answer.data, reference.strip())
            except ValidationError as error:
                wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
                where = ".".join(str(part) for part in wrong["loc"]) or "order"
                raise UnreadableItem(
                    call.operation, f"the field {where} cannot be read", status=answer.status
                ) from None
            except ValueError as error:
                raise UnreadableItem(call.operation, str(error), status=answer.status) from None

        return persist(ask, clock=self._clock)

    def cancel(self, reference: str, at: datetime) -> None:
        """Cancel an order. Not repeatable: after an UnknownOutcome read it first. Raises NotFound if it is gone."""
        moment = at.astimezone(UTC)
        body = {"state": "canceled", "cancelationdate": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"}
        call = Call("abillify cancel order", "PUT", _path(reference), repeatable=False, body=body)
        persist(lambda: self._send(call), clock=self._clock)

    def _send(self, call: Call) -> Answer:
        return self._pacer.run(call.method, lambda: self._http.send(call, self._auth, own=_is_own))


def _is_own(data: object) -> bool:
    """Abillify's documented errors repeat the status as ``code``."""
    return error_code(data) == _NOT_FOUND


def _path(reference: str) -> str:
    """The reference is one segment of the path, whatever its characters."""
    return f"/orders/{quote(reference.strip(), safe='')}"
