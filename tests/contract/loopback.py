"""A server on loopback that answers what a test tells it to, and fails in the ways networks fail."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, cast
from urllib.parse import parse_qs, parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """An answer, or what happens instead of one once the request has arrived."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    instead: Literal["", "close", "reset", "hang", "cut"] = ""

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def form(self) -> dict[str, str]:
        parsed = parse_qs(self.content.decode(), keep_blank_values=True, strict_parsing=True, encoding="utf-8")
        return {name: values[0] for name, values in parsed.items()}


class Loopback:
    """Answers with ``answers`` in their order, then with the last one again and again."""

    def __init__(self, *answers: Reply) -> None:
        self.answers = deque(answers or (Reply(),))
        self.received: list[Received] = []
        self._stopped = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_answer(self) -> Reply:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    def hang(self) -> None:
        self._stopped.wait(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: Loopback


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        owner = cast("_Server", self.server).owner
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        owner.received.append(Received(self.command, parts.path, query, dict(self.headers), content))
        reply = owner.next_answer()
        self.close_connection = True
        if reply.instead == "close":
            return
        if reply.instead == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if reply.instead == "hang":
            owner.hang()
            return
        answer = reply.content()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[: len(answer) // 2] if reply.instead == "cut" else answer)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at what was received."""
