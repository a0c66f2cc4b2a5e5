"""The vendors' clients as tests make them: BiBi's with a budget and a token cache that remember."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from orderbridge.ledger.order_number import Habits, Numbering
from orderbridge.platform.errors import Throttled
from orderbridge.vendors.bibi.api import BibiApi
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from orderbridge.vendors.billbee.client import BillbeeClient
from orderbridge.vendors.http import HttpClient
from testkit.clock import ManualClock
from tests.contract.canned import Canned, Received, Reply

PUBLIC, SECRET = "public-key-4711", "secret-key-4712"
NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)


@dataclass
class FakeBudget:
    taken: int = 0
    learned: list[tuple[int, float]] = field(default_factory=list)
    allowed: int = 1000

    def take(self) -> None:
        if self.taken >= self.allowed:
            raise Throttled("bibi budget", "used up", retry_after=30)
        self.taken += 1

    def learn(self, remaining: int, reset_seconds: float) -> None:
        self.learned.append((remaining, reset_seconds))


@dataclass
class FakeCache:
    """The merchant's shared token, as another worker would see it."""

    text: str | None = field(default=None, repr=False)
    saved: list[str] = field(default_factory=list, repr=False)

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        self.text = text
        self.saved.append(text)


@dataclass
class FakeHabits:
    """What is known of how the account writes numbers: at first that it writes ours as we do."""

    habits: Habits = field(default_factory=lambda: Habits(writes=""))

    def known(self) -> Habits:
        return self.habits

    def learn(self, habits: Habits) -> None:
        self.habits = habits


def billbee_client(
    server: Canned | HttpClient,
    *,
    api_key: str = "application-key-4711",
    password: str = "password-of-acme",
    calls_per_second: float = 2,
    clock: ManualClock | None = None,
) -> BillbeeClient:
    clock = clock or ManualClock(NOW)
    return BillbeeClient(
        http_client(server, clock),
        api_key=SecretStr(api_key),
        username="shop@acme.example",
        password=SecretStr(password),
        calls_per_second=calls_per_second,
        clock=clock,
    )


def http_client(server: Canned | HttpClient, clock: ManualClock) -> HttpClient:
    if isinstance(server, HttpClient):
        return server
    return HttpClient(server.url, clock=clock, session=server.session)


def bibi_client(
    server: Canned | HttpClient,
    *,
    budget: FakeBudget | None = None,
    cache: FakeCache | None = None,
    clock: ManualClock | None = None,
    prefix: str = "",
    habits: FakeHabits | None = None,
) -> BibiWarehouse:
    clock = clock or ManualClock(NOW)
    return BibiWarehouse(
        BibiApi(
            http_client(server, clock),
            public_key=SecretStr(PUBLIC),
            secret_key=SecretStr(SECRET),
            budget=budget or FakeBudget(),
            token_cache=cache or FakeCache(),
            clock=clock,
        ),
        source="WEB",
        numbering=Numbering(prefix),
        habits=habits or FakeHabits(),
        clock=clock,
    )


def token(value: str = "token-1") -> Reply:
    return Reply(body={"success": True, "token": value, "expires": "2026-03-03 9:30:00", "code": 200})


def success(result: object = None, **more: Any) -> Reply:
    return Reply(201, {"success": True, "result": result, "hasMoreResults": False, "code": 201, "message": "", **more})


def refusal(message: str, status: int = 200, **more: Any) -> Reply:
    return Reply(status, {"success": False, "message": message, **more})


def answers(server: Canned, *replies: Reply) -> None:
    server.answer_next(*replies)


def credentials(received: Received) -> str:
    """The pair of Basic credentials that a call carried, which must be the same in both headers."""
    value = received.headers["Authorization"]
    assert received.headers["X-Authorization"] == value
    scheme, _, pair = value.partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(pair).decode()
