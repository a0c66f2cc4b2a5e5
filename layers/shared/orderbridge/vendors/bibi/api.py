"""BiBi's API for one merchant: calls within the shared budget and with the token, lists in pages, and the meaning of
answers without success. The other modules of this package read the successful answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import SecretStr

from orderbridge.merchants.bibi_paths import path_of
from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    Refused,
    ServerError,
    Throttled,
    UnknownOutcome,
)
from orderbridge.vendors.bibi.models import whole_number
from orderbridge.vendors.bibi.pages import Pages
from orderbridge.vendors.bibi.token import TokenCache, TokenSource
from orderbridge.vendors.http import Answer, Call, HeaderAuth, HttpClient, error_code, retry_after, said
from orderbridge.vendors.pacing import persist


class CallBudget(Protocol):
    """The merchant's calls a minute, shared by all workers."""

    def take(self) -> None:
        """Count one call, or raise Throttled with the seconds until there is room again."""

    def learn(self, remaining: int, reset_seconds: float) -> None:
        """Adopt the warehouse's own count from its answer."""


class BibiApi:
    """Calls BiBi on behalf of one merchant. Every method raises the errors of ``orderbridge.platform.errors``.

    Attributes:
        follow: follows the lists from page to page.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        public_key: SecretStr,
        secret_key: SecretStr,
        budget: CallBudget,
        token_cache: TokenCache,
        paths: Mapping[str, str] = MappingProxyType({}),
        clock: Clock,
    ) -> None:
        self._http = http
        self._budget = budget
        self._paths = paths
        self._clock = clock
        self.follow = Pages()
        self._tokens = TokenSource(public_key, secret_key, token_cache, self._authenticate, clock.now)

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the warehouse's clock is ahead of ours, by its last answer."""
        return self._http.clock_skew

    def call(
        self,
        path_name: str,
        form: Mapping[str, str] | None = None,
        *,
        suffix: str = "",
        body: object = None,
        repeatable: bool = True,
        bare: bool = False,
    ) -> Answer:
        """A call to one of ``bibi_paths.PATHS``, within the budget and with the token. Its errors name it
        ``bibi <name>``.

        Args:
            form: the fields to post; None for a read without fields.
            body: what to post as JSON instead.
            suffix: an order number or SKU at the end of the path.
            repeatable: whether the call may be repeated; if not, ``UnknownOutcome`` may be raised.
            bare: whether the answer may come without saying that it succeeded.
        """
        operation, path = f"bibi {path_name}", path_of(path_name, self._paths, suffix)
        if body is not None:
            return self.send(Call(operation, "POST", path, repeatable=repeatable, body=body), bare=bare)
        if form is None:
            return self.read(operation, path, bare=bare)
        return self.send(Call(operation, "POST", path, repeatable=repeatable, form=form), bare=bare)

    def pages(self, path_name: str, *, suffix: str = "", at_most: int = 50) -> Iterator[Answer]:
        """All pages of a list without fields; usually one. Raises MalformedAnswer for a list that repeats a page or has
        more than ``at_most`` pages.
        """
        return self._pages(f"bibi {path_name}", path_of(path_name, self._paths, suffix), at_most)

    def _pages(self, operation: str, path: str, at_most: int) -> Iterator[Answer]:
        page, more = 1, True
        while more:
            form = {"offset": str(page)}
            answer = (
                self.read(operation, path)
                if page == 1
                else self.send(Call(operation, "POST", path, repeatable=True, form=form))
            )
            more = self.follow.go_on(operation, page, answer.data or {}, asked=path, at_most=at_most)
            yield answer
            page += 1

    def read(self, operation: str, path: str, *, bare: bool = False) -> Answer:
        """Read a list without fields. The documentation names no method: GET is used, and POST if GET is not
        allowed.
        """
        try:
            return self.send(Call(operation, "GET", path, repeatable=True), bare=bare)
        except Refused as error:
            if error.status != 405:
                raise
            return self.send(Call(operation, "POST", path, repeatable=True, form={}), bare=bare)

    def send(self, call: Call, *, bare: bool = False) -> Answer:
        """Do a call, and repeat it with another token or a moment later if that may help. ``bare``: see `call`."""
        return persist(lambda: self._authorised(call, bare=bare), clock=self._clock)

    def _authorised(self, call: Call, *, bare: bool) -> Answer:
        """Call with the token; if that is refused, once more with another one."""
        first = self._tokens.current()
        try:
            return self._do(call, self._tokens.auth(first), bare=bare)
        except AuthenticationError:
            shared = self._tokens.renewed_elsewhere(first)
            second = shared or self._tokens.renew()
        try:
            return self._do(call, self._tokens.auth(second), bare=bare)
        except AuthenticationError:
            # A shared token may be invalid too. If two workers renewed at once, the other one's may be the valid one.
            third = self._tokens.renew() if shared else self._tokens.renewed_elsewhere(second)
            if third is None:
                raise
            return self._do(call, self._tokens.auth(third), bare=bare)

    def _authenticate(self, auth: HeaderAuth) -> dict[str, object]:
        call = Call("bibi authenticate", "GET", "/", repeatable=True)
        try:
            answer = self._do(call, auth)
        except (NotFound, Refused) as error:  # about the account: it must not count as "no such order"
            raise AuthenticationError(call.operation, error.detail, status=error.status) from None
        if answer.data is None:
            raise MalformedAnswer(call.operation, "the answer is empty", status=answer.status)
        return dict(answer.data)

    def _do(self, call: Call, auth: HeaderAuth, *, bare: bool = False) -> Answer:
        """Do one call. ``bare``: its answer may lack ``success``."""
        self._budget.take()
        try:
            answer = self._http.send(call, auth, own=_is_own)
        except Throttled as error:
            self._budget.learn(0, error.retry_after)
            raise
        data = answer.data
        if data is None and answer.status == 204:
            return answer
        if not isinstance(data, dict):
            raise _unclear(call, "the answer is not an object", answer.status)
        self._learn(answer.headers, data)
        if data.get("success", bare) in (True, 1, "true"):
            return answer
        raise _error_of(call, data, answer, self._clock.now())

    def _learn(self, headers: Mapping[str, str], data: Mapping[str, Any]) -> None:
        remaining = headers.get("X-Rate-Limit-Remaining", data.get("X-Rate-Limit-Remaining"))
        reset = headers.get("X-Rate-Limit-Reset", data.get("X-Rate-Limit-Reset"))
        if remaining is not None and reset is not None:
            self._budget.learn(whole_number(remaining), whole_number(reset))


def _error_of(call: Call, data: dict[str, Any], answer: Answer, now: datetime) -> Exception:
    """What an answer without success means. ``code`` repeats the status where the HTTP status was 200."""
    status = answer.status
    if data.get("success") not in (False, 0, "false"):
        return _unclear(call, "the answer does not say whether it succeeded", status)
    detail, code = said(answer.told) or "no explanation", error_code(data)
    if code in (401, 403) or (call.operation == "bibi authenticate" and code in (None, 200, 400)):
        return AuthenticationError(call.operation, detail, status=status)
    if code == 404:
        return NotFound(call.operation, detail, status=status)
    if code == 429:
        return Throttled(call.operation, detail, status=status, retry_after=retry_after(answer.headers, data, now))
    if code is not None and code >= 500:
        if call.repeatable:
            return ServerError(call.operation, "the server failed", status=status)
        return UnknownOutcome(call.operation, "the server failed", status=status)
    return Refused(call.operation, detail, status=status, code=code)


def _is_own(data: object) -> bool:
    """BiBi's own errors say ``success: false``, whatever their HTTP status."""
    return isinstance(data, dict) and data.get("success") in (False, 0, "false")


def _unclear(call: Call, detail: str, status: int) -> Exception:
    if call.repeatable:
        return MalformedAnswer(call.operation, detail, status=status)
    return UnknownOutcome(call.operation, detail, status=status)
