"""One HTTP exchange, and the one place where its failures are told apart (see ``orderbridge.platform.errors``).

A call says whether it may be repeated. If it may not, every failure after which the vendor may have acted is an
``UnknownOutcome``. Redirects are never followed: credentials go to the configured host and to no other.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, Final, Protocol

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError

from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    PermanentError,
    Refused,
    RetryableError,
    ServerError,
    Throttled,
    TimedOut,
    UnknownOutcome,
    Unreachable,
    UpstreamError,
)
from orderbridge.vendors.error_details import error_details

CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 20.0
DEFAULT_RETRY_AFTER: Final = 2.0
"""Seconds to wait after a 429 that names no time."""

_LARGEST_EXPONENT: Final = 300
"""The largest exponent of numbers in answers; vendors use doubles, which end near it."""
_SHORTEST_SECRET: Final = 8
"""Anything shorter may be in an answer by chance."""
_HIDDEN: Final = "***"
_DEEPEST: Final = 20
"""Levels of an answer that an error may quote."""
_PROXY_SPEAKS = (502, 503, 504)
"""Statuses that a proxy gives while the service behind it may still be at work."""
_BASE_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[a-z0-9._~!$&'()*+,;=:@%/-]*)?",
    re.IGNORECASE | re.ASCII,
)
_NEVER_SENT = (NewConnectionError, ConnectTimeoutError, NameResolutionError)


@dataclass(frozen=True)
class Call:
    """A call to a vendor.

    Attributes:
        operation: for errors and logs, e.g. ``"billbee add shipment"``.
        repeatable: whether doing it twice is harmless.
        body: sent as JSON.
        form: sent as a form; exclusive with ``body``.
        about: the number of the order, if the call is about exactly one.
    """

    operation: str
    method: str
    path: str
    repeatable: bool
    params: tuple[tuple[str, str], ...] = ()
    body: object | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    about: str = ""


def _as_it_is(told: Any) -> Any:
    return told


@dataclass(frozen=True)
class Answer:
    """A successful answer: parsed JSON (numbers with a point as ``Decimal``), or None for an empty body.

    Attributes:
        data: exactly as the vendor sent it.
        hide: replaces the secrets that were sent to the vendor.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    data: Any = field(repr=False)
    hide: Callable[[Any], Any] = field(default=_as_it_is, repr=False, compare=False)

    @property
    def told(self) -> Any:
        """The data for errors and logs, without any secret that the vendor repeats."""
        return self.hide(self.data)


class HeaderAuth(AuthBase):
    """Sends fixed headers that hold credentials, and never shows them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)
        self._secrets = sorted({form for value in headers.values() for form in _secret_forms(value)}, key=len)[::-1]

    def hide(self, told: Any, depth: int = 0) -> Any:
        """Parsed JSON with every secret that the vendor was sent replaced: errors like to repeat the wrong key.

        Only for texts that people read. Data stays unchanged, because a secret may equal a quantity.
        """
        if isinstance(told, dict | list) and depth >= _DEEPEST:
            return _HIDDEN
        if isinstance(told, dict):
            return {self.hide(key): self.hide(value, depth + 1) for key, value in told.items()}
        if isinstance(told, list):
            return [self.hide(one, depth + 1) for one in told]
        text = str(told)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text if isinstance(told, str) or text != str(told) else told

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request

    def __repr__(self) -> str:
        return f"HeaderAuth({', '.join(self._headers)}: {_HIDDEN})"


def basic_credentials(user: str, password: str) -> str:
    """The value of an ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _secret_forms(header: str) -> Iterator[str]:
    """The secret in a header's value, in the forms in which an answer may repeat it."""
    kind, _, encoded = header.partition(" ")
    secrets = {header, encoded}
    if kind == "Basic":
        with contextlib.suppress(ValueError):
            secrets.add(base64.b64decode(encoded).decode().partition(":")[2])
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            yield secret
            yield json.dumps(secret)[1:-1]


def _never(data: object) -> bool:
    return False


Own = Callable[[object], bool]
"""Whether an answer's JSON has the shape of a vendor's own errors."""
Observer = Callable[[str, float], None]
"""Called after each answered call with its outcome (``ok``, ``throttled``, ``unauthorized``, ``failed``) and its
seconds.
"""


class Gate(Protocol):
    """Asked before each call is sent, and told its outcome."""

    def enter(self, call: Call) -> None:
        """Raise VendorDown if the call must not be sent."""

    def left(self, call: Call, error: UpstreamError | None) -> None:
        """The outcome of a call that was sent."""


class _Open:
    """A gate that is always open."""

    def enter(self, call: Call) -> None:
        pass

    def left(self, call: Call, error: UpstreamError | None) -> None:
        pass


Inspector = Callable[[str, Any], None]
"""Called with each successful answer: the operation and its data."""


class HttpClient:
    """Calls one vendor's base URL.

    Args:
        base_url: https, or http on a loopback address.
        gate: keeps calls back while the vendor is down.
        session: for tests; by default one that pools connections and ignores proxies' and netrc's credentials.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        gate: Gate | None = None,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT),
        observe: Observer = lambda outcome, seconds: None,
        inspect: Inspector = lambda operation, data: None,
    ) -> None:
        self.clock_skew: timedelta | None = None
        """How far the vendor's clock was ahead of ours in its last answer, to the second; None if no answer had a
        date.
        """
        self._clock = clock
        self._base_url = checked_base_url(base_url)
        self._gate = gate or _Open()
        self._session = session or _session()
        self._timeout = timeout
        self._observe = observe
        self._inspect = inspect

    def send(self, call: Call, auth: AuthBase, *, own: Own = _never) -> Answer:
        """Do one call.

        Args:
            own: whether an error's body has the shape of the vendor's own errors. A proxy or gateway in front of it may
                answer 404 too, in JSON or not; only the vendor itself can say that something is not there.

        Raises:
            UpstreamError: its class says what to do next.
        """
        self._gate.enter(call)
        started = self._clock.monotonic()
        outcome = "failed"
        try:
            answer = self._passed(call, auth, own)
            outcome = "ok"
            self._inspect(call.operation, answer.data)
            return answer
        except Throttled:
            outcome = "throttled"
            raise
        except AuthenticationError:
            outcome = "unauthorized"
            raise
        finally:
            self._observe(outcome, self._clock.monotonic() - started)

    def _passed(self, call: Call, auth: AuthBase, own: Own) -> Answer:
        try:
            answer = self._send(call, auth, own)
        except UpstreamError as error:
            self._gate.left(call, error)
            raise
        self._gate.left(call, None)
        return answer

    def _send(self, call: Call, auth: AuthBase, own: Own) -> Answer:
        if not {".", ".."}.isdisjoint(call.path.split("/")):
            # Such a number would be folded into the path, and another call would be made.
            raise NotFound(call.operation, "nothing there is called . or ..")
        try:
            response = self._session.request(
                call.method,
                self._base_url + call.path,
                params=list(call.params),
                json=call.body,
                data=call.form,
                auth=auth,
                timeout=self._timeout,
                allow_redirects=False,
                headers={"Accept": "application/json"},
            )
        except ValueError:  # also requests' InvalidHeader and similar; may be a secret, so not quoted
            raise PermanentError(call.operation, "the request cannot be sent: a header or field is invalid") from None
        except requests.Timeout as error:
            raise _timed_out(call, error) from None
        except requests.RequestException as error:
            raise _connection_lost(call, error) from None
        self._compare_clocks(response)
        hide = auth.hide if isinstance(auth, HeaderAuth) else _as_it_is
        return _read(call, response, hide, self._clock.now(), own)

    def _compare_clocks(self, response: requests.Response) -> None:
        """By the answer's ``Date``, assumed to be written halfway through the call."""
        try:
            theirs = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        if theirs.tzinfo is not None:
            self.clock_skew = theirs - (self._clock.now() - response.elapsed / 2)


def checked_base_url(url: str) -> str:
    """The URL without a trailing slash.

    Raises:
        ValueError: unless it is https, or http to a loopback address. It must not hold parts that programs read
            differently (a user, a backslash), or a query, which would swallow the path. The error does not quote it,
            because it may hold a password.
    """
    found = _BASE_URL.fullmatch(url)
    if found is None:
        raise ValueError("base URL must be https://host/path, without a user, query, fragment or blank")
    if found["scheme"].lower() == "http" and not _is_loopback(found["host"].strip("[]")):
        raise ValueError(f"base URL must be https (http only for a loopback address), not http://{found['host']}")
    return url.rstrip("/")


def is_on_this_machine(url: str) -> bool:
    """Whether a URL, read as strictly as a base URL, leads to a loopback address."""
    found = _BASE_URL.fullmatch(url)
    return found is not None and _is_loopback(found["host"].strip("[]"))


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a netrc entry would replace our credentials
    session.headers["User-Agent"] = "orderbridge"
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=8, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _timed_out(call: Call, error: requests.Timeout) -> UpstreamError:
    if isinstance(error, requests.ConnectTimeout):
        return Unreachable(call.operation, "no connection in time")
    if call.repeatable:
        return TimedOut(call.operation, "no answer in time")
    return UnknownOutcome(call.operation, "no answer in time", may_still_land=True)


def _connection_lost(call: Call, error: requests.RequestException) -> UpstreamError:
    if _never_sent(error):
        return Unreachable(call.operation, "no connection")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return _unclear(call, MalformedAnswer(call.operation, "the answer cannot be decoded"))
    return _unclear(call, TimedOut(call.operation, "the connection was lost"), may_still_land=True)


def _never_sent(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, _NEVER_SENT)


def _unclear(call: Call, error: RetryableError, *, may_still_land: bool = False) -> UpstreamError:
    """A failure after the request was sent: may be repeated if the call is repeatable, otherwise an unknown outcome."""
    if call.repeatable:
        return error
    return UnknownOutcome(call.operation, error.detail, status=error.status, may_still_land=may_still_land)


def _read(call: Call, response: requests.Response, hide: Callable[[Any], Any], now: datetime, own: Own) -> Answer:
    status, content = response.status_code, response.content
    try:
        data = read_json(content) if content.strip() else None
        readable = True
    except (ValueError, RecursionError):
        data, readable = None, False
    if 200 <= status < 300:
        if not readable:
            raise _unclear(call, MalformedAnswer(call.operation, "the answer is not JSON", status=status))
        return Answer(status, response.headers, data, hide)
    told = hide(data)
    detail = said(told) or hide(response.reason) or "no explanation"
    if status == 408:
        raise _unclear(call, TimedOut(call.operation, detail, status=status), may_still_land=True)
    if status == 429:
        raise Throttled(call.operation, detail, status=status, retry_after=retry_after(response.headers, data, now))
    if status >= 500:
        # Not in the vendor's words, because a failing server's text may hold anything.
        error = ServerError(call.operation, "the server failed", status=status)
        raise _unclear(call, error, may_still_land=status in _PROXY_SPEAKS)
    named = error_details(told)
    if named.sentence:
        detail = f"{detail}: {named.sentence}"
    if status in (401, 403):
        raise AuthenticationError(call.operation, detail, status=status, fields=named.fields, hints=named.hints)
    if status in (404, 410):
        if not own(data):
            # If a gateway were believed, the order would be sent again or cancelled.
            raise _unclear(call, MalformedAnswer(call.operation, "not found, but not in its words", status=status))
        raise NotFound(call.operation, detail, status=status, code=error_code(data))
    if status >= 400:
        code = error_code(data)
        fields, hints = named.fields, named.hints
        raise Refused(call.operation, detail, status=status, code=code, fields=fields, hints=hints, own=own(data))
    raise _unclear(call, MalformedAnswer(call.operation, "unexpected status or redirect", status=status))


def read_json(text: bytes | str) -> Any:
    """Parses JSON with exact money: numbers with a point become ``Decimal``. Raises ValueError and RecursionError."""
    return json.loads(text, parse_float=_exact, parse_constant=_no_number)


def _exact(text: str) -> Decimal | float:
    """A number; infinity or zero if it is impossibly large or small.

    A ``Decimal`` of 1E+999999999 is quickly read, but converting it to an ``int`` does not end.
    """
    number = Decimal(text)
    return number if abs(number.adjusted()) <= _LARGEST_EXPONENT else float(text)


def _no_number(text: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not know. Raises ValueError."""
    raise ValueError(f"{text} is no JSON")


def said(data: object) -> str:
    """The vendor's own words in an answer, on one line and shortened; empty if there are none."""
    if not isinstance(data, dict):
        return ""
    for key in ("ErrorMessage", "message", "Message", "error"):
        words = data.get(key)
        if isinstance(words, list):
            words = "; ".join(str(word) for word in words)
        if words:
            return " ".join(str(words).split())[:300]
    return ""


def error_code(data: object) -> int | None:
    """The vendor's error code in an answer: Billbee's ``ErrorCode``, the others' ``code``; None if there is none."""
    if not isinstance(data, dict):
        return None
    code = data.get("ErrorCode", data.get("code"))
    return whole(code) if code is not None else None


def whole(value: object, largest: int = 10**12) -> int | None:
    """A number that may come as text, without its fraction; None if it is not a number.

    Also None beyond ``largest``: 1E+999999999 is a short text, but too large an integer.
    """
    try:
        number = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    return int(number) if number.is_finite() and number.copy_abs() <= largest else None


def retry_after(headers: Mapping[str, str], data: object, now: datetime) -> float:
    """Seconds to wait: ``Retry-After`` (seconds or a date), else the rate limit's reset, else a default."""
    body = data if isinstance(data, dict) else {}
    hints = (headers.get("Retry-After"), headers.get("X-Rate-Limit-Reset"), body.get("X-Rate-Limit-Reset"))
    for hint in hints:
        if hint is None:
            continue
        seconds = _seconds(hint, now)
        if seconds is not None:
            return min(max(seconds, 0.5), 900.0)
    return DEFAULT_RETRY_AFTER


def _seconds(hint: object, now: datetime) -> float | None:
    """A wait in seconds, from a number or an HTTP date."""
    try:
        seconds = float(str(hint))
    except ValueError:
        try:
            seconds = parsedate_to_datetime(str(hint)).timestamp() - now.timestamp()
        except (ValueError, OverflowError):
            return None
    return seconds if math.isfinite(seconds) else None
