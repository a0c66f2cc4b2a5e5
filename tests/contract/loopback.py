"""A real server on loopback with the answers of `canned.py`, for what only a socket can show.

Its port is its own until the test ends: what reaches a server was sent by its test.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, cast

from tests.contract.canned import Received, Reply, Script


class Loopback(Script):
    """Runs while it is entered. A hanging request ends with it."""

    def __init__(self, *answers: Reply) -> None:
        super().__init__(*answers)
        self.left = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.left.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the requests under way


@contextmanager
def nobody_listens() -> Iterator[str]:
    """The address of a port that refuses connections and is reserved meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/api"


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    owner: Loopback


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        owner = cast("_Server", self.server).owner
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = owner.take(Received.of(self.command, self.path, dict(self.headers), content))
        self.close_connection = True
        match reply.instead:
            case "close":
                return
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            case "hang":
                owner.left.wait()
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
