"""R21 through `serve`: a webhook of Billbee, or a rule's call, makes the merchant's orders be looked at.

The schedules poll every five minutes, and their first round is over when these tests begin: what is polled here, a
ring has asked for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from local.simulators import Bibi, Billbee
from local.simulators.billbee.deliveries import signed
from local.simulators.billbee.orders import item, order, product
from tests.serving import API_KEY, Served, merchant, register, serve, served, wait_until, wait_until_quiet

SECRET = "acme-webhook-secret-of-the-tests-40"
OTHER_SECRET = "other-webhook-secret-of-the-tests-40"
BODY = json.dumps({"Id": "1", "Attempt": 1, "Notifications": [{"Action": "order.updated"}]}).encode()
JSON = {"Content-Type": "application/json; charset=utf-8"}
LONGER_THAN_A_POLL_WAITS = 4.0
"""Seconds."""


@dataclass
class Doorbell:
    """`serve` with its simulators, and acme's door."""

    serve: Served
    billbee: Billbee
    bibi: Bibi

    @property
    def url(self) -> str:
        return f"{self.serve.url}/webhooks/billbee/acme"

    def polls(self, name: str = "acme") -> int:
        return sum(1 for call in list(self.billbee.calls) if _begins_a_poll(call, name))

    def submitted(self, name: str = "acme") -> set[str]:
        return set(self.bibi.accounts[f"public-{name}"].orders)

    def post(self, body: bytes = BODY, headers: Mapping[str, str] | None = None, query: str = "") -> requests.Response:
        return requests.post(self.url + query, data=body, headers=JSON | dict(headers or {}), timeout=30)


def _begins_a_poll(call: Any, name: str) -> bool:
    """A poll of changes reads its first page once; it may read it again if orders move meanwhile."""
    return bool(
        call.name == "GET /orders"
        and call.account == f"shop@{name}.example"
        and call.query.get("page", ["1"]) == ["1"]
        and "modifiedAtMin" in call.query
    )


def started(signature: str) -> Iterator[Doorbell]:
    merchants = {
        "acme": merchant("acme", webhook_secret=SECRET),
        "other": merchant("other", webhook_secret=OTHER_SECRET),
        "mute": merchant("mute"),
    }
    with (
        Billbee(api_key=API_KEY, throttles=False, signature=signature) as billbee,
        Bibi(throttles=False) as bibi,
    ):
        for name in merchants:
            shop = billbee.add_account(f"shop@{name}.example", f"password-of-{name}")
            warehouse = bibi.add_account(f"public-{name}", f"secret-{name}")
            shop.add_product(product("MUG-01", stock=1000))
            warehouse.add_product("MUG-01", stock=1000)
        with served(merchants, billbee, bibi) as process:
            yield Doorbell(process, billbee, bibi)


@pytest.fixture(params=["ms", "billbee"])
def ringing(request: pytest.FixtureRequest) -> Iterator[Doorbell]:
    """One that Billbee rings, signing in either way."""
    for here in started(request.param):
        register(here.billbee, "acme", here.serve.url, SECRET)
        yield here


@pytest.fixture(scope="module")
def door() -> Iterator[Doorbell]:
    """One that only the tests ring."""
    yield from started("ms")


def test_r21_a_tagged_orders_ring_leads_to_its_submission(ringing: Doorbell) -> None:
    shop = ringing.billbee.accounts["shop@acme.example"]
    others = ringing.polls("other")
    shop.add_order(order(1, items=[item("MUG-01")]))
    shop.add_tags(1, ["bibi"])
    wait_until(lambda: "1" in ringing.submitted(), 30)
    wait_until(lambda: "order_received_by_bibi" in shop.orders[1]["Tags"], 30)
    rung = [delivery for delivery in ringing.billbee.deliveries if delivery.actions != ("product.stock.updated",)]
    assert rung[0].actions == ("order.created",)
    assert {delivery.status for delivery in rung} == {202}
    assert {delivery.attempt for delivery in rung} == {1}
    assert ringing.submitted("other") == set()
    assert ringing.polls("other") == others


def test_r21_a_burst_of_1000_deliveries_becomes_a_handful_of_polls(door: Doorbell) -> None:
    wait_until_quiet(door.polls, LONGER_THAN_A_POLL_WAITS)
    before, began = door.polls(), time.monotonic()
    headers = signed("ms", SECRET, BODY)
    with ThreadPoolExecutor(16) as callers:
        answers = list(callers.map(lambda _: door.post(headers=headers).status_code, range(1000)))
    seconds = time.monotonic() - began
    wait_until_quiet(door.polls, LONGER_THAN_A_POLL_WAITS)
    assert answers == [202] * 1000
    # One for every two seconds that it lasted, and it lasts longer here than where hundreds are answered at once.
    assert 1 <= door.polls() - before <= seconds / 2 + 2


def test_r21_a_signature_counts_in_hex_of_either_case(door: Doorbell) -> None:
    digest = signed("ms", SECRET, BODY)["ms-signature"].removeprefix("sha256=")
    for given in (digest.lower(), digest.upper()):
        assert door.post(headers={"MS-Signature": f"sha256={given}"}).status_code == 202


@pytest.mark.parametrize("signature", ["ms", "billbee"])
def test_r21_a_body_that_comes_as_base64_is_verified_as_it_was_sent(door: Doorbell, signature: str) -> None:
    body = bytes(range(256))
    headers = {"Content-Type": "application/octet-stream"} | signed(signature, SECRET, body)
    assert door.post(body, headers).status_code == 202
    assert door.post(body[:-1], headers).status_code == 401


def test_r21_the_raw_body_counts_not_what_it_means(door: Doorbell) -> None:
    body = '{ "Notifications" : [ {"Action": "Größe 漢字"} ] }\r\n'.encode()
    headers = signed("ms", SECRET, body)
    assert door.post(body, headers).status_code == 202
    assert door.post(body.strip(), headers).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_r21_a_rules_call_carries_the_secret_in_its_url_and_leads_to_a_poll(door: Doorbell, method: str) -> None:
    wait_until_quiet(door.polls, LONGER_THAN_A_POLL_WAITS)
    before = door.polls()
    answer = requests.request(method, door.url, params={"token": SECRET, "id": "1"}, timeout=30)
    assert answer.status_code == 202
    wait_until(lambda: door.polls() > before, 30)


def test_r21_a_signed_body_of_256_kib_is_taken_and_a_larger_one_is_not(door: Doorbell) -> None:
    largest = b"x" * (256 * 1024)
    assert door.post(largest, signed("ms", SECRET, largest)).status_code == 202
    assert door.post(largest + b"x", signed("ms", SECRET, largest + b"x")).status_code == 413


def test_r21_a_webhook_registers_through_its_echo(door: Doorbell) -> None:
    answer = requests.get(door.url, params={"echo": "a text <b>of</b> Billbee"}, timeout=30)
    assert (answer.status_code, answer.text) == (200, "a text <b>of</b> Billbee")
    assert answer.headers["Content-Type"].startswith("text/plain")
    register(door.billbee, "acme", door.serve.url, SECRET)
    door.billbee.accounts["shop@acme.example"].webhooks.clear()


# Refusals


def refusals(door: Doorbell) -> dict[str, requests.Response]:
    """Every way to be refused that we can think of."""
    good = signed("ms", SECRET, BODY)["ms-signature"]
    in_base64 = signed("billbee", SECRET, BODY)["X-Billbee-Signature"]

    def post(path: str = "acme", body: bytes = BODY, query: str = "", **headers: str) -> requests.Response:
        url = f"{door.serve.url}/webhooks/billbee/{path}{query}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(url, data=body, headers=JSON | named, timeout=30)

    return {
        "no signature": post(),
        "empty signature": post(ms_signature=""),
        "no digest": post(ms_signature="sha256="),
        "another digest": post(ms_signature="sha256=" + "0" * 64),
        "no hex": post(ms_signature="sha256=" + "z" * 64),
        "cut digest": post(ms_signature=good[:-2]),
        "longer digest": post(ms_signature=good + "00"),
        "another algorithm": post(ms_signature=good.replace("sha256", "sha1")),
        "no algorithm": post(ms_signature=good.removeprefix("sha256=")),
        "beyond ASCII": post(ms_signature="sha256=é"),
        "base64 in the hex header": post(ms_signature=f"sha256={in_base64}"),
        "hex in the base64 header": post(X_Billbee_Signature=good),
        "no base64": post(X_Billbee_Signature="***"),
        "another body": post(body=BODY + b" ", ms_signature=good),
        "an empty body": post(body=b"", ms_signature=good),
        "another merchant's signature": post(ms_signature=signed("ms", OTHER_SECRET, BODY)["ms-signature"]),
        "an empty secret": post(ms_signature=signed("ms", "", BODY)["ms-signature"]),
        "another token": post(query="?token=" + OTHER_SECRET),
        "an empty token": post(query="?token="),
        "the token twice": post(query=f"?token={SECRET}&token={SECRET}"),
        "unknown merchant": post("nobody", ms_signature=good),
        "unknown merchant with a token": post("nobody", query=f"?token={SECRET}"),
        "merchant without a secret": post("mute", ms_signature=good),
        "merchant without a secret, empty token": post("mute", query="?token="),
        "merchant in capitals": post("ACME", ms_signature=good),
        "no name for a merchant": post("..%20acme", ms_signature=good),
        "a name beyond ASCII": post("%F0%9F%94%94", ms_signature=good),
        "a long name": post("a" * 300, ms_signature=good),
        "a rule without a token": requests.get(f"{door.url}?id=1", timeout=30),
        "a rule with another token": requests.get(f"{door.url}?token=x&id=1", timeout=30),
        "a rule for nobody": requests.get(f"{door.serve.url}/webhooks/billbee/nobody?token=x", timeout=30),
    }


def test_r21_every_refusal_is_the_same_401_and_asks_for_nothing(door: Doorbell) -> None:
    wait_until_quiet(door.polls, LONGER_THAN_A_POLL_WAITS)
    before = door.polls(), door.polls("other")
    told = {
        name: (
            answer.status_code,
            sorted((key, value) for key, value in answer.headers.items() if key not in ("Date", "Server")),
            answer.content,
        )
        for name, answer in refusals(door).items()
    }
    expected = told["another digest"]
    assert expected[0] == 401
    assert {name: one for name, one in told.items() if one != expected} == {}
    wait_until_quiet(door.polls, LONGER_THAN_A_POLL_WAITS)
    assert (door.polls(), door.polls("other")) == before


def test_no_secret_and_no_body_is_logged(door: Doorbell) -> None:
    body = BODY + b'"Brunhilde"'
    headers = signed("ms", SECRET, body)
    assert door.post(body, headers).status_code == 202
    assert door.post(body, query=f"?token={SECRET}").status_code == 202
    assert door.post(body, query=f"?token={OTHER_SECRET}").status_code == 401
    door.serve.wait_for("WebhooksRefused")
    for secret in (SECRET, OTHER_SECRET, "Brunhilde", headers["ms-signature"]):
        assert not door.serve.said(secret)


# The built-in Billbee


def test_the_built_in_billbee_rings_at_serves_own_port() -> None:
    with serve() as process:
        for name in ("acme", "nordlicht"):
            process.wait_for(f"Billbee rings at {process.url}/webhooks/billbee/{name}")
        process.wait_for("WebhooksTaken")
        assert not process.said("WebhooksRefused")


def test_another_billbee_is_not_asked_to_ring(door: Doorbell) -> None:
    assert door.billbee.count("POST /webhooks", "shop@other.example") == 0
    assert not door.serve.said("Billbee rings at")
