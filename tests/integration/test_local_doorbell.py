"""`serve` has the built-in Billbee ring: a registration for each merchant with a secret, at its own address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.merchants_file import Merchants, parse
from local import doorbell
from local.http import HttpApi
from local.simulators import Billbee
from local.stack import Function, Route
from local.workers import Invocation

SECRET = "webhook-secret-of-the-tests-40-chars"
FUNCTION = Function("Webhook", "webhook", "arn:webhook", Path("webhook"), "app.handler", {}, 10.0, 128)
ROUTES = [Route(method, doorbell.ROUTE, FUNCTION) for method in ("GET", "POST")]


def echo(_: Function, event: Any) -> Invocation:
    return Invocation("1", {"statusCode": 200, "body": event.get("queryStringParameters", {}).get("echo", "")})


@pytest.fixture
def billbee() -> Iterator[Billbee]:
    with Billbee() as running:
        yield running


@pytest.fixture
def url() -> Iterator[str]:
    with HttpApi(ROUTES, echo) as api:
        yield api.url


def some(billbee: Billbee, **secrets: str | None) -> Merchants:
    """Merchants with accounts at Billbee, by name with their webhook secrets."""
    entries = {}
    for name, secret in secrets.items():
        username, password = f"shop@{name}.example", f"password-of-{name}"
        billbee.add_account(username, password)
        held = {"billbee_password": password} | ({"webhook_secret": secret} if secret else {})
        entries[name] = {"settings": {"billbee": {"username": username, "order_tag": "bibi"}}, "secrets": held}
    return parse({"billbee_api_key": billbee.api_key, "merchants": entries}, "the tests")


def test_each_merchant_with_a_secret_gets_a_webhook_at_serves_address(billbee: Billbee, url: str) -> None:
    those = some(billbee, acme=SECRET, mute=None)
    assert list(doorbell.register(billbee, those, ROUTES, url)) == [f"Billbee rings at {url}/webhooks/billbee/acme"]
    (hook,) = billbee.accounts["shop@acme.example"].webhooks.values()
    assert (hook["WebHookUri"], hook["Secret"]) == (f"{url}/webhooks/billbee/acme", SECRET)
    assert billbee.accounts["shop@mute.example"].webhooks == {}


def test_what_billbee_refuses_is_told_and_stops_no_other(billbee: Billbee, url: str) -> None:
    those = some(billbee, short="too-short", acme=SECRET)
    first, second = doorbell.register(billbee, those, ROUTES, url)
    assert first == "Billbee does not ring for short: Field 'Secret' must have 32 to 64 characters."
    assert second.startswith("Billbee rings at")
    assert "too-short" not in first


def test_a_door_that_does_not_answer_the_echo_gets_no_webhook(billbee: Billbee) -> None:
    (told,) = doorbell.register(billbee, some(billbee, acme=SECRET), ROUTES, "http://127.0.0.1:9")
    assert told.startswith("Billbee does not ring for acme: ")
    assert "echo" in told


def test_without_the_route_nothing_is_registered(billbee: Billbee, url: str) -> None:
    others = [Route("POST", "/something/else", FUNCTION)]
    assert list(doorbell.register(billbee, some(billbee, acme=SECRET), others, url)) == []
    assert billbee.calls == []
