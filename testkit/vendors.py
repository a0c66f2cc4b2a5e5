"""The vendors' simulators without sockets: a session hands each request to the simulator's own application.

So a request costs a millisecond, and a time-out costs none: it passes on the world's clock. What a socket really does
when it breaks, and what the HTTP client makes of it, is tested in `tests/contract`.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from local.simulators.faults import Fault, Faults, with_wrong_type
from local.simulators.server import HTML_PAGE, Simulator
from testkit.clock import ManualClock
from testkit.mishaps import Act, Kind, Watch

READ_TIMEOUT = 20.0
"""Seconds: as the layer's HTTP client has it."""
TOO_LATE = 25.0
"""Seconds: a request that takes this long lands after its caller has given up on it."""
LONG_WAIT, SHORT_WAIT = 30, 2
ASKS = frozenset(
    {
        "POST /orderStatus",
        "POST /listReturns",
        "POST /listProducts",
        "POST /listShipMethods",
    }
)
"""Routes that only ask, though they are not called with GET."""

Strike = Callable[["InProcess", Act], Any]


class _TooSlow(BaseException):
    """A simulator is about to wait for longer than the caller does."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class _Line:
    """Where a server keeps its caller's connection."""

    cut = False

    def shutdown(self, _how: int) -> None:
        self.cut = True


class InProcess(BaseAdapter):
    """Carries requests to a simulator in this process. Every request is a step."""

    def __init__(self, simulator: Simulator, clock: ManualClock, watch: Watch) -> None:
        super().__init__()
        self.simulator = simulator
        simulator.sleep = self._wait
        self.url = f"https://{simulator.name}.example{simulator.prefix}"
        self.clock = clock
        self._watch = watch
        self._routes: MapAdapter = simulator.wsgi.url_map.bind("127.0.0.1")
        self._known_routes: dict[tuple[str, str], str] = {}

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        route = self._route_of(request)
        kind: Kind = "read" if route in ASKS or (route.startswith("GET /") and route != "GET /") else "write"
        vendor = self.simulator.name

        def act() -> requests.Response:
            response = self._carry(request)
            if self._watch.recording:
                self._watch.answered(_json_of(response))
            return response

        answer: requests.Response = self._watch.step(vendor, f"{vendor} {route}", kind, act)
        return answer

    def _route_of(self, request: requests.PreparedRequest) -> str:
        method, path = request.method or "", unquote_to_bytes(urlsplit(request.url or "").path).decode()
        known = self._known_routes.get((method, path))
        if known is None:
            try:
                known = str(self._routes.match(path, method=method)[0])
            except HTTPException:  # which the simulator says, too
                known = f"{method} unknown"
            self._known_routes[method, path] = known
        return known

    def _carry(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer, unless the simulator cuts the line or is slower than the caller's patience."""
        before = len(self.simulator.calls)
        try:
            return self._serve(request)
        except _TooSlow as slow:
            if len(self.simulator.calls) == before:  # not processed yet
                self.clock.later(slow.seconds, lambda: self._serve_undisturbed(request))
            raise _timed_out(self) from None

    def _serve_undisturbed(self, request: requests.PreparedRequest) -> None:
        ordered, self.simulator.faults = self.simulator.faults, Faults()
        try:
            self._serve(request)
        finally:
            self.simulator.faults = ordered

    def _wait(self, seconds: float) -> None:
        """What the simulator delays an answer with."""
        if seconds > READ_TIMEOUT:
            raise _TooSlow(seconds)
        self.clock.sleep(seconds)

    def close(self) -> None:
        pass

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self)
        return session

    def _serve(self, request: requests.PreparedRequest) -> requests.Response:
        parts = urlsplit(request.url or "")
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        line = _Line()
        environ: dict[str, Any] = {
            "werkzeug.socket": line,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        response = requests.Response()

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
            code, _space, response.reason = status.partition(" ")
            response.status_code = int(code)
            response.headers.update(headers)
            return lambda _text: None

        content = b"".join(self.simulator.wsgi.wsgi_app(environ, start))
        if line.cut:
            raise _lost()
        if len(content) < int(response.headers.get("Content-Length", 0)):
            raise requests.exceptions.ChunkedEncodingError(ProtocolError("Connection broken: IncompleteRead"))
        return _filled(response, request, content)


def _json_of(response: requests.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:  # a page, or cut off
        return None


def _filled(response: requests.Response, request: requests.PreparedRequest, content: bytes) -> requests.Response:
    response._content = content
    response._content_consumed = True  # type: ignore[attr-defined]
    response.request = request
    response.elapsed = timedelta(0)
    response.url = request.url or ""
    return response


def _timed_out(wire: InProcess) -> requests.ReadTimeout:
    wire.clock.sleep(READ_TIMEOUT)
    return requests.ReadTimeout("Read timed out.")


def _lost() -> requests.ConnectionError:
    return requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer")))


def _no_answer(wire: InProcess, act: Act) -> Any:
    raise _timed_out(wire)


def _answer_lost(wire: InProcess, act: Act) -> Any:
    act()
    raise _timed_out(wire)


def _too_slow(wire: InProcess, act: Act) -> Any:
    """The request lands some seconds after the caller has given up on it."""
    wire.clock.later(TOO_LATE, act)
    raise _timed_out(wire)


def _reset(wire: InProcess, act: Act) -> Any:
    raise _lost()


def _reset_after(wire: InProcess, act: Act) -> Any:
    act()
    raise _lost()


def _no_connection(wire: InProcess, act: Act) -> Any:
    reason = NewConnectionError(None, "Connection refused")  # type: ignore[arg-type]
    raise requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


def _bad_gateway_after(wire: InProcess, act: Act) -> Any:
    response = act()
    response.status_code = 502
    return _filled(response, response.request, HTML_PAGE.encode())


def _cut(wire: InProcess, act: Act) -> Any:
    response = act()
    return _filled(response, response.request, response.content[: len(response.content) // 2] or b"{")


def _ordered(kind: Any, **rest: Any) -> Strike:
    """A fault that the simulator itself has in stock."""

    def strike(wire: InProcess, act: Act) -> Any:
        wire.simulator.faults.add(Fault(kind, **rest))
        return act()

    return strike


def wrong_type(path: str, value: Any) -> Strike:
    """The answer with the field at a dotted path replaced; without a path, with all of it replaced."""

    def strike(wire: InProcess, act: Act) -> Any:
        response = act()
        body = json.loads(response.content)
        body = with_wrong_type(body, path, value) if path else value
        return _filled(response, response.request, json.dumps(body).encode())

    return strike


VENDOR_MISHAPS: Mapping[str, Strike] = {
    "time-out, not processed": _no_answer,
    "time-out, processed": _answer_lost,
    "slower than the time-out": _too_slow,
    "connection reset, not processed": _reset,
    "connection reset, processed": _reset_after,
    "no connection": _no_connection,
    "500, not processed": _ordered("status"),
    "500, processed": _ordered("status_after"),
    "502 with HTML, not processed": _ordered("bad_gateway"),
    "502 with HTML, processed": _bad_gateway_after,
    "429 with a short hint": _ordered("throttled", retry_after=SHORT_WAIT),
    "429 with a long hint": _ordered("throttled", retry_after=LONG_WAIT),
    "429 without a hint": _ordered("throttled"),
    "404 of a gateway": _ordered("gateway_404_json"),
    "404 of a gateway with HTML": _ordered("gateway_404_html"),
    "200 with HTML": _ordered("html"),
    "JSON cut off": _cut,
}
TOKEN_MISHAPS: Mapping[str, Strike] = {"expired token": _ordered("expire_token")}
"""Of the vendor with tokens."""


def wrong_types(answer: Any) -> Iterator[tuple[str, Any]]:
    """Every field of an answer with a value of another type; of lists, the fields of the first entry."""
    yield "", "text"
    yield "", [1] if isinstance(answer, dict) else {"a": 1}
    yield from _wrong_in(answer, "")


def _wrong_in(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            if "." not in str(key):
                yield f"{path}{key}", _other(entry)
                yield from _wrong_in(entry, f"{path}{key}.")
    elif isinstance(value, list) and value:
        yield f"{path}0", _other(value[0])
        yield from _wrong_in(value[0], f"{path}0.")


def _other(value: Any) -> Any:
    """A value of another JSON type."""
    if isinstance(value, dict | list):
        return "text"
    if isinstance(value, bool) or value is None:
        return {"unexpected": [1]}
    return "text" if isinstance(value, int | float) else {"unexpected": [1]}
