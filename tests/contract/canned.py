"""A vendor in this process: answers what a test tells it to, and fails in the ways networks fail.

The client's session hands it what would go out on the wire. `loopback.Loopback` gives the same answers from a real
server, and `test_http_client.py` holds the two against each other.
"""

from __future__ import annotations

import io
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

Instead = Literal["", "close", "reset", "hang", "cut"]


@dataclass(frozen=True)
class Reply:
    """An answer, or what happens instead of one once the request has arrived."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    instead: Instead = ""

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

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], content: bytes) -> Received:
        """What a request's first line, headers and body say."""
        parts = urlsplit(target)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, parts.path, query, dict(headers), content)

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def form(self) -> dict[str, str]:
        parsed = parse_qs(self.content.decode(), keep_blank_values=True, strict_parsing=True, encoding="utf-8")
        return {name: values[0] for name, values in parsed.items()}


class Script:
    """Answers with ``answers`` in their order, then with the last one again and again."""

    def __init__(self, *answers: Reply) -> None:
        self.answers = deque(answers or (Reply(),))
        self.received: list[Received] = []

    def answer_next(self, *replies: Reply) -> None:
        """Forget the answers that are left, and answer with these."""
        self.answers.clear()
        self.answers.extend(replies)

    def take(self, received: Received) -> Reply:
        self.received.append(received)
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


class Canned(Script):
    """A vendor without a socket: whatever uses ``session`` reaches it, and nothing else does."""

    url = "https://vendor.example/api"

    def __init__(self, *answers: Reply) -> None:
        super().__init__(*answers)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("https://", _Adapter(self))


class _Adapter(BaseAdapter):
    def __init__(self, vendor: Canned) -> None:
        super().__init__()
        self._vendor = vendor
        self._real = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(body)
        reply = self._vendor.take(Received.of(request.method or "", request.path_url, request.headers, content))
        match reply.instead:
            case "close" | "reset":
                raise requests.ConnectionError(ProtocolError("Connection aborted."), request=request)
            case "hang":
                raise requests.ReadTimeout("Read timed out.", request=request)
        answer = reply.content()
        sent = answer[: len(answer) // 2] if reply.instead == "cut" else answer
        raw = HTTPResponse(
            io.BytesIO(sent),
            status=reply.status,
            reason=None,
            headers={"Content-Length": str(len(answer)), **reply.headers},
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        response = self._real.build_response(request, raw)
        if not options.get("stream"):
            _ = response.content  # as a session's own adapter lets it be read
        return response

    def close(self) -> None:
        """Nothing is open."""
