"""The common part of all simulators: a threaded HTTP server on loopback, recorded calls, throttles and faults.

Each call goes through the same steps: `identify`, early faults, `authenticate`, `throttle`, the route's own work under
one lock, faults of the answer.
"""

import json
import logging
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import TracebackType
from typing import Any, Self

from flask import Flask, Request, Response, request
from werkzeug.routing import BaseConverter, Map
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local.clock import WALL_CLOCK, ScaledClock
from local.simulators.faults import BEFORE, Fault, Faults, with_wrong_type

Clock = Callable[[], float]
NOT_FOUND_PAGE = "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"
HTML_PAGE = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Service unavailable</h1></body></html>"


def real_seconds(clock: Clock, seconds: float) -> float:
    """How long a delay lasts on this machine. All clocks but the local system's are taken to be as fast as its own."""
    return clock.real(seconds) if isinstance(clock, ScaledClock) else seconds


@dataclass
class Answer:
    """An HTTP answer before it is written: `body` is JSON, a page when it is a `str`, nothing when None.

    `foreign`: whether it comes from something between the caller and the service.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    foreign: bool = False


@dataclass(frozen=True)
class Call:
    """One recorded call.

    `status` is what the service answered, or would have if a fault had not cut the line; 0: cut before.
    """

    at: float
    account: str | None
    method: str
    route: str
    path: str
    status: int
    query: dict[str, list[str]]
    body: Any
    fault: str | None = None

    @property
    def name(self) -> str:
        """Method and route template, e.g. `POST /orders/{id}/tags`."""
        return f"{self.method} {self.route}"


class Refused(Exception):
    """Raised by a route to answer with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.body))
        self.answer = answer


Handler = Callable[..., Answer]


class Simulator(ABC):
    """A service over real HTTP. Use as a context manager, or `start()` and `stop()`; or call `wsgi` in this process.

    Hold `lock` to change an account while calls are under way. `after_call` hooks run after the work of a call
    and before its answer is written. `sleep` is what a delayed call waits with.
    """

    name = "service"
    prefix = ""
    path_values: type[BaseConverter] | None = None
    """What a value in a path may hold; by default anything but a slash."""

    def __init__(self, *, throttles: bool = True, clock: Clock = WALL_CLOCK) -> None:
        self.throttles = throttles
        self.clock = clock
        self.calls: list[Call] = []
        self.faults = Faults()
        self.after_call: list[Callable[[Call], None]] = []
        self.lock = threading.RLock()
        self.sleep: Callable[[float], None] = lambda seconds: WALL_CLOCK.sleep(real_seconds(self.clock, seconds))
        self._views: dict[tuple[str, str, str], Callable[..., Response]] = {}
        self._thread: threading.Thread | None = None
        logging.getLogger("werkzeug").setLevel(logging.ERROR)

    @cached_property
    def wsgi(self) -> Flask:
        """The application. It has its routes when it is first asked for."""
        app = Flask(f"{__name__}.{self.name}", static_folder=None)
        app.url_map = _compiled(tuple(self._views), self.path_values)  # type: ignore[arg-type]  # a class can be hashed
        app.view_functions.update({endpoint: view for (_rule, endpoint, _method), view in self._views.items()})
        app.register_error_handler(404, self._unknown_route)
        app.register_error_handler(405, self._unknown_method)
        return app

    # -- life

    @cached_property
    def _server(self) -> BaseWSGIServer:
        clock = self.clock

        class Handler(WSGIRequestHandler):
            """Dates its answers by the service's clock: `merchants check` compares it with the caller's."""

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(clock() if timestamp is None else timestamp)

        server = make_server("127.0.0.1", 0, self.wsgi, threaded=True, request_handler=Handler)
        server.daemon_threads = True  # type: ignore[attr-defined]
        return server

    @cached_property
    def url(self) -> str:
        """Where the service is reached; known before it runs, since its port is bound when this is first asked for."""
        return f"http://127.0.0.1:{self._server.server_port}{self.prefix}"

    def start(self) -> Self:
        if self._thread is None:
            # The poll interval bounds how long `stop` waits.
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.05},
                name=self.name,
                daemon=True,
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        if "_server" in vars(self):
            self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what a service says for itself

    @abstractmethod
    def identify(self, request: Request) -> str | None:
        """The account a call claims to come from, before anything is checked."""

    @abstractmethod
    def authenticate(self, request: Request, route: str) -> None:
        """Raise `Refused` unless the credentials are good."""

    def throttle(self, account: str | None, route: str, path_values: dict[str, str]) -> None:
        """Raise `Refused` when the caller is too fast; counts the call otherwise."""
        return  # no limit is documented for some services

    def throttled_answer(self, account: str | None, retry_after: int | None) -> Answer:
        """A 429 as this service words it; `retry_after` None leaves every hint out."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Answer(429, {"Message": "Too Many Requests"}, headers)

    def error_answer(self, status: int) -> Answer:
        return Answer(status, {"Message": "An error has occurred."})

    def finish(self, answer: Answer, account: str | None) -> Answer:
        """Last touch on every answer, e.g. rate-limit headers."""
        return answer

    def in_between(self) -> Answer | None:
        """The answer of something in front of the service, which then never sees the call."""
        return None

    def expire_tokens(self, account: str | None) -> None:
        raise NotImplementedError(f"{self.name} has no tokens")

    # -- routes

    def route(self, name: str, handler: Handler, *, locked: bool = True) -> None:
        """Serve `name` ("POST /orders/{id}/tags") with `handler(**path_values)`.

        A handler that calls another service is not `locked`: it takes the lock itself for its reads and changes.
        """
        method, template = name.split(" ", 1)
        rule = self.prefix + template.replace("{", "<").replace("}", ">")

        def view(**path_values: str) -> Response:
            return self._serve(method, template, handler, path_values, locked=locked)

        self._views[rule, name, method] = view

    def count(self, route: str | None = None, account: str | None = None) -> int:
        """How many calls were made, optionally to one route and by one account."""
        return sum(1 for call in self.calls if route in (None, call.name) and account in (None, call.account))

    # -- one call

    def _serve(
        self, method: str, template: str, handler: Handler, path_values: dict[str, str], *, locked: bool
    ) -> Response:
        at, name = self.clock(), f"{method} {template}"
        body = _body_of(request)
        account = self.identify(request)
        fault = self.faults.take(name, account)
        answer = self.in_between()
        if answer is None and fault is not None and fault.kind in BEFORE:
            answer = self._strike_early(fault, account)
        processed = answer is None
        if answer is None:
            answer = self._work(name, account, handler, path_values, locked=locked)
        if not answer.foreign:
            answer = self.finish(answer, account)
        spoil = fault if processed and fault is not None and fault.kind not in BEFORE else None
        reset = fault is not None and fault.kind == "reset_before"
        call = Call(
            at=at,
            account=account,
            method=method,
            route=template,
            path=request.path,
            status=0 if reset else answer.status,
            query=request.args.to_dict(flat=False),
            body=body,
            fault=None if fault is None else fault.kind,
        )
        with self.lock:
            self.calls.append(call)
        for hook in list(self.after_call):
            hook(call)
        if reset:
            _hang_up()
        if spoil is not None:
            return self._spoil(spoil, answer)
        return _write(answer)

    def _work(
        self, name: str, account: str | None, handler: Handler, path_values: dict[str, str], *, locked: bool
    ) -> Answer:
        try:
            with self.lock:
                self.authenticate(request, name)
                if self.throttles:
                    self.throttle(account, name, path_values)
                if locked:
                    # A copy: the answer is written outside the lock, and no fault may reach into the state.
                    return _copied(handler(**path_values))
            return handler(**path_values)
        except Refused as refusal:
            return refusal.answer

    def _strike_early(self, fault: Fault, account: str | None) -> Answer | None:
        match fault.kind:
            case "delay_before":
                self.sleep(fault.seconds)
                return None
            case "expire_token":
                self.expire_tokens(account)
                return None
            case "status":
                return self.error_answer(fault.status)
            case "bad_gateway":
                return Answer(502, HTML_PAGE)
            case "html_before":
                return Answer(200, HTML_PAGE)
            case "gateway_404_json" | "gateway_404_html":
                return gateway_404(fault.kind.removeprefix("gateway_404_"))
            case "throttled":
                return self.throttled_answer(account, fault.retry_after)
            case _:
                return Answer(503)  # never read: the connection is closed before

    def _spoil(self, fault: Fault, answer: Answer) -> Response:
        match fault.kind:
            case "drop_after":
                _hang_up()
            case "delay_after":
                self.sleep(fault.seconds)
            case "status_after":
                answer = self.error_answer(fault.status)
            case "html":
                answer = Answer(200, HTML_PAGE)
            case "wrong_type":
                answer = Answer(answer.status, with_wrong_type(answer.body, fault.path, fault.value), answer.headers)
            case "cut_json" | "cut_body":
                text = json.dumps(answer.body)
                response = Response(text[: len(text) // 2], answer.status, answer.headers, mimetype="application/json")
                if fault.kind == "cut_body":
                    response.headers["Content-Length"] = str(len(text))
                return response
        return _write(answer)

    def _unknown_route(self, _: Exception) -> Response:
        return self._outside(self.unknown_route_answer())

    def _unknown_method(self, _: Exception) -> Response:
        return self._outside(self.unknown_method_answer())

    def unknown_route_answer(self) -> Answer:
        return Answer(404, {"Message": f"No HTTP resource was found that matches the request {request.path}."})

    def unknown_method_answer(self) -> Answer:
        return Answer(405, {"Message": f"The requested resource does not support http method '{request.method}'."})

    def _outside(self, answer: Answer) -> Response:
        """Record and write the answer to a call that no route takes."""
        account = self.identify(request)
        call = Call(self.clock(), account, request.method, request.path, request.path, answer.status, {}, None)
        with self.lock:
            self.calls.append(call)
        return _write(answer)


def gateway_404(form: str) -> Answer:
    """A 404 that is no answer of the service: `json` or `html`."""
    return Answer(404, {"message": "Not Found"} if form == "json" else NOT_FOUND_PAGE, foreign=True)


@lru_cache(maxsize=16)
def _compiled(routes: tuple[tuple[str, str, str], ...], path_values: type[BaseConverter] | None) -> Map:
    """The routes as they are matched. Compiling them takes long, so services with the same routes share them."""
    template = Flask(__name__, static_folder=None)
    template.url_map.strict_slashes = False
    if path_values is not None:
        template.url_map.converters["default"] = path_values
    for rule, endpoint, method in routes:
        template.add_url_rule(rule, endpoint=endpoint, methods=[method])
    return template.url_map


class Windows:
    """Counts of the last `seconds` per subject: at most `limit` in any such stretch of time."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._hits: dict[tuple[str, ...], list[float]] = {}

    def wait(self, subject: tuple[str, ...], now: float) -> float:
        """Seconds until one more call is allowed; 0 when it is now."""
        hits = [at for at in self._hits.get(subject, []) if at > now - self.seconds]
        self._hits[subject] = hits
        return 0.0 if len(hits) < self.limit else hits[-self.limit] + self.seconds - now

    def hit(self, subject: tuple[str, ...], now: float) -> None:
        self._hits.setdefault(subject, []).append(now)


def _copied(answer: Answer) -> Answer:
    return replace(answer, body=_copied_json(answer.body), headers=dict(answer.headers))


def _copied_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied_json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_copied_json(entry) for entry in value]
    return value


def _body_of(incoming: Request) -> Any:
    if incoming.form:
        return incoming.form.to_dict()
    return incoming.get_json(silent=True)


def _write(answer: Answer) -> Response:
    if answer.body is None:
        return Response("", answer.status, answer.headers)
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, answer.headers, mimetype="text/html")
    text = json.dumps(answer.body, ensure_ascii=False)
    return Response(text, answer.status, answer.headers, mimetype="application/json")


def _hang_up() -> None:
    """Close the caller's connection; later writes of the server are lost."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
