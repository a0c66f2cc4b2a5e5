"""The HTTP API on loopback: the template's routes, with API Gateway's payload format 2.0."""

from __future__ import annotations

import base64
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.datastructures import Headers
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from local.aws import ACCOUNT
from local.clock import WALL_CLOCK, ScaledClock
from local.loopback import names_loopback
from local.stack import Function, Route
from local.workers import Invocation, WorkersClosed

Invoke = Callable[[Function, Any], Invocation]

_TEXT = re.compile(r"text/|application/(json|xml|javascript|x-www-form-urlencoded)|[^;]*\+(json|xml)", re.IGNORECASE)


#: Nobody signs requests on this machine: all are let in, under this name.
_CALLER = {
    "accessKey": "local",
    "accountId": ACCOUNT,
    "callerId": "local",
    "cognitoIdentity": None,
    "principalOrgId": None,
    "userArn": f"arn:aws:iam::{ACCOUNT}:local",
    "userId": "local",
}


class Beside(Protocol):
    """Pages of this machine beside the template's routes."""

    def answer(self, request: Request) -> Response | None:
        """Its answer; None for what is not its own."""

    def linked(self, response: Response) -> Response:
        """A function's answer with a link to it, if that is a page."""


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The functions log what they are asked."""


class HttpApi:
    """Serves `routes` on loopback, at `url`; port 0 takes a free one. A context manager."""

    def __init__(
        self,
        routes: Iterable[Route],
        invoke: Invoke,
        port: int = 0,
        clock: ScaledClock = WALL_CLOCK,
        beside: Beside | None = None,
    ) -> None:
        self._clock = clock
        self._beside = beside
        self._routes = sorted(routes, key=_specificity)
        self._invoke = invoke
        self._server = make_server("127.0.0.1", port, self._app, threaded=True, request_handler=_QuietHandler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="http", daemon=True)

    def __enter__(self) -> HttpApi:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if not names_loopback(request.host):
            return _json({"message": "Misdirected Request"}, 421)
        if self._beside is None:
            return self._of_routes(request)
        return self._beside.answer(request) or self._beside.linked(self._of_routes(request))

    def _of_routes(self, request: Request) -> Response:
        for route in self._routes:
            if route.method not in ("ANY", request.method):
                continue
            if match := _pattern(route.path).fullmatch(request.path):
                return self._answer(route, request, match.groupdict())
        return _json({"message": "Not Found"}, 404)

    def _answer(self, route: Route, request: Request, parameters: dict[str, str]) -> Response:
        try:
            result = self._invoke(route.function, http_event(route, request, parameters, self._clock.now()))
        except WorkersClosed:
            return _json({"message": "Service Unavailable"}, 503)
        if result.failed:
            return _json({"message": "Internal Server Error"}, 500)
        return _response(result.payload)


def http_event(route: Route, request: Request, parameters: dict[str, str], now: datetime) -> dict[str, Any]:
    """The event that API Gateway makes of a request."""
    headers = {name.lower(): ",".join(request.headers.getlist(name)) for name in request.headers.keys()}  # noqa: SIM118
    cookies = [cookie for cookie in headers.pop("cookie", "").split("; ") if cookie]
    path = request.environ.get("RAW_URI", request.path).partition("?")[0]
    key = route.path if route.path == "$default" else f"{route.method} {route.path}"
    body = request.get_data()
    text = bool(_TEXT.match(request.headers.get("Content-Type", "text/plain"))) and _is_utf8(body)
    event = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": request.query_string.decode("ascii", "replace"),
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": request.host,
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
                "sourceIp": request.remote_addr or "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": bool(body) and not text,
    }
    if route.variables:
        event["stageVariables"] = dict(route.variables)
    if route.authorization == "AWS_IAM":
        event["requestContext"]["authorizer"] = {"iam": _CALLER}
    if cookies:
        event["cookies"] = cookies
    if request.args:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in request.args.lists()}
    if parameters:
        event["pathParameters"] = parameters
    if body:
        event["body"] = body.decode() if text else base64.b64encode(body).decode()
    return event


def _is_utf8(body: bytes) -> bool:
    """An event is JSON, so bytes that are no UTF-8 become base64, whatever type their sender names."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _response(payload: Any) -> Response:
    """API Gateway's reading of an answer: an object with a status code, or anything else as a JSON body."""
    if not isinstance(payload, dict) or "statusCode" not in payload:
        return _json(payload, 200)
    body = payload.get("body") or ""
    headers = Headers([(name, str(value)) for name, value in (payload.get("headers") or {}).items()])
    for cookie in payload.get("cookies") or []:
        headers.add("Set-Cookie", cookie)
    headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    content = base64.b64decode(body) if payload.get("isBase64Encoded") else str(body).encode()
    return Response(content, int(payload["statusCode"]), headers)


def _json(value: Any, status: int) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")


def _pattern(path: str) -> re.Pattern[str]:
    if path == "$default":
        return re.compile(".*")
    parts = re.split(r"\{([A-Za-z0-9_]+)(\+?)}", path)
    pattern = re.escape(parts[0])
    for name, greedy, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{'.+' if greedy else '[^/]+'}){re.escape(literal)}"
    return re.compile(pattern)


def _specificity(route: Route) -> tuple[bool, bool, int, bool]:
    """API Gateway's order: full paths before parameters before greedy ones, and methods before ANY."""
    return (route.path == "$default", "+}" in route.path, route.path.count("{"), route.method == "ANY")
