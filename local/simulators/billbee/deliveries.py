"""Billbee's webhook deliveries: signed, sent from a background thread, retried, and finally given up.

Billbee documents the fields of a registration only; they are those of Microsoft's ASP.NET WebHooks, whose sender this
follows: the body, the signature over its bytes, and attempts after one and four more minutes.
"""

import base64
import hashlib
import heapq
import hmac
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import requests

from local.clock import WALL_CLOCK
from local.simulators.server import Clock, real_seconds

TIMEOUT: Final = 10.0
"""Real seconds until a receiver that does not answer counts as missing, because it runs on this machine."""


@dataclass(frozen=True)
class Delivery:
    """One attempt. `status` is None when there was no answer; `body` is what was signed, byte by byte."""

    at: float
    account: str
    webhook_id: str
    uri: str
    id: str
    attempt: int
    actions: tuple[str, ...]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int | None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class _Ring:
    """What is still to be delivered to one registration."""

    account: str
    hook: dict[str, Any]
    notifications: Sequence[dict[str, Any]]
    id: str = field(default_factory=lambda: uuid4().hex)
    attempt: int = 1


class Deliveries:
    """The sender. One thread, so that rings arrive in the order of the changes, except for retries."""

    def __init__(self, clock: Clock, delays: Sequence[float], signature: Callable[[], str]) -> None:
        self.made: list[Delivery] = []
        self._clock = clock
        self._delays = tuple(delays)
        self._signature = signature
        self._waiting: list[tuple[float, int, _Ring]] = []
        self._numbers = count()
        self._under_way = 0
        self._stopped = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, account: str, hook: dict[str, Any], notifications: Sequence[dict[str, Any]]) -> None:
        """Deliver `notifications` to a registration, soon."""
        self._enqueue(_Ring(account, dict(hook), notifications), after=0.0)

    @property
    def outstanding(self) -> int:
        """How many rings are neither accepted nor given up yet, including those that wait for a retry."""
        with self._changed:
            return len(self._waiting) + self._under_way

    def stop(self) -> None:
        """End the thread; unsent rings are dropped."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _enqueue(self, ring: _Ring, *, after: float) -> None:
        with self._changed:
            if self._stopped:
                return
            heapq.heappush(
                self._waiting, (WALL_CLOCK.monotonic() + real_seconds(self._clock, after), next(self._numbers), ring)
            )
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="billbee webhooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False  # no proxies and no .netrc of this machine
            while (ring := self._next()) is not None:
                delivery = self._deliver(session, ring)
                with self._changed:
                    self.made.append(delivery)
                if not delivery.taken and ring.attempt <= len(self._delays):
                    again = _Ring(ring.account, ring.hook, ring.notifications, ring.id, ring.attempt + 1)
                    self._enqueue(again, after=self._delays[ring.attempt - 1])
                with self._changed:
                    self._under_way -= 1

    def _next(self) -> _Ring | None:
        """The next due ring; None at the end."""
        with self._changed:
            while not self._stopped:
                wait = self._waiting[0][0] - WALL_CLOCK.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    self._under_way += 1
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(wait)
            return None

    def _deliver(self, session: requests.Session, ring: _Ring) -> Delivery:
        hook = ring.hook
        body = json.dumps(
            {
                "Id": ring.id,
                "Attempt": ring.attempt,
                "Properties": hook["Properties"],
                "Notifications": ring.notifications,
            },
            ensure_ascii=False,
        ).encode()
        headers = {
            **{name: str(value) for name, value in hook["Headers"].items()},
            "Content-Type": "application/json; charset=utf-8",
            **signed(self._signature(), hook["Secret"], body),
        }
        at = self._clock()
        try:
            answer = session.post(
                hook["WebHookUri"], data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            status = answer.status_code
        except requests.RequestException:
            status = None
        return Delivery(
            at=at,
            account=ring.account,
            webhook_id=hook["Id"],
            uri=hook["WebHookUri"],
            id=ring.id,
            attempt=ring.attempt,
            actions=tuple(one["Action"] for one in ring.notifications),
            headers=headers,
            body=body,
            status=status,
        )


def signed(signature: str, secret: str, body: bytes) -> dict[str, str]:
    """The header that signs `body`, by the reading `webhook-signature`."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256)
    match signature:
        case "ms":
            return {"ms-signature": f"sha256={digest.hexdigest()}"}
        case "hex":
            return {"X-Billbee-Signature": digest.hexdigest()}
        case "base64":
            return {"X-Billbee-Signature": base64.b64encode(digest.digest()).decode()}
    raise ValueError(f"there is no signature {signature!r}")


def echoes(uri: str) -> bool:
    """Whether the receiver answers `GET <uri>?echo=<text>` with the text; not asked if the uri has `noecho`."""
    parts = urlsplit(uri)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if any(name.lower() == "noecho" for name, _ in query):
        return True
    text = uuid4().hex
    asked = parts._replace(query=urlencode([*query, ("echo", text)])).geturl()
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(asked, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException:
        return False
    return 200 <= answer.status_code < 300 and answer.text == text
