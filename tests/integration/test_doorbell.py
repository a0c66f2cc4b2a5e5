"""R21 at the door: the webhook's handler behind the template's HTTP routes, and every way to be refused.

What becomes of a ring in the running system is in `tests/e2e/test_serve.py`, what becomes of many in
`test_no_ring_is_lost.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from local.doorbell import ROUTE
from local.http import HttpApi
from local.simulators import Billbee
from local.simulators.billbee.deliveries import signed
from local.stack import PROJECT, Function, Route
from local.workers import Invocation
from testkit.processes.serving import API_KEY, register
from testkit.world import World, world

SECRET = "acme-webhook-secret-of-the-tests-40"
SETTINGS = json.dumps({"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}})
OTHER_SECRET = "other-webhook-secret-of-the-tests-40"
BODY = json.dumps({"Id": "1", "Attempt": 1, "Notifications": [{"Action": "order.updated"}]}).encode()
JSON = {"Content-Type": "application/json; charset=utf-8"}
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

FUNCTION = Function("Webhook", "webhook", "arn:webhook", PROJECT / "functions/webhook", "app.handler", {}, 10.0, 128)


@dataclass
class Door:
    """Where acme, other and mute, who has no secret, are rung; and what that led to."""

    address: str
    here: World

    @property
    def url(self) -> str:
        return f"{self.address}/webhooks/billbee/acme"

    def post(self, body: bytes = BODY, headers: Mapping[str, str] | None = None, query: str = "") -> requests.Response:
        return requests.post(self.url + query, data=body, headers=JSON | dict(headers or {}), timeout=60)

    def polls(self) -> list[str]:
        """The merchants whose polls were asked for since the last time."""
        messages = [json.loads(one.body)["merchant"] for one in self.here.queues.messages("poll")]
        self.here.queues.clear()
        return messages


@pytest.mark.parametrize(
    "body", [BODY, '{"Name": "Käthe"}'.encode("latin-1"), b"\x00\xff"], ids=["utf-8", "latin-1", "bytes"]
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_r21_a_ring_is_taken_with_a_slash_at_the_end_and_whatever_its_bytes_are(
    door: Door, slash: str, body: bytes
) -> None:
    assert requests.get(f"{door.url}{slash}?echo=x", timeout=60).text == "x"
    assert door.post(body, signed("ms", SECRET, body), slash).status_code == 202
    assert door.polls() == ["acme"]
    assert door.post(body + b" ", signed("ms", SECRET, body), slash).status_code == 401


@pytest.fixture
def door() -> Iterator[Door]:
    with world() as here:
        here.secret("webhook_secret", SECRET)
        here.open_merchant("other")
        here.secret("webhook_secret", OTHER_SECRET, "other")
        here.open_merchant("mute")

        def invoke(_: Function, event: Any) -> Invocation:
            return Invocation("r", here.invoke("webhook", event))

        with HttpApi([Route(method, ROUTE, FUNCTION) for method in ("GET", "POST")], invoke) as api:
            yield Door(api.url, here)


@pytest.mark.parametrize("how", ["alone", "with all"])
def test_r22_a_ring_for_a_merchant_that_is_paused_is_taken_and_asks_for_nothing(door: Door, how: str) -> None:
    if how == "alone":
        door.here.registry.put("acme", json.dumps({**json.loads(SETTINGS), "mode": "paused"}), by="a test")
    else:
        door.here.registry.pause_all(by="a test")
    assert door.post(headers=signed("ms", SECRET, BODY)).status_code == 202, "Billbee switches off one that fails"
    assert door.post(headers={"ms-signature": "sha256=00"}).status_code == 401
    assert door.polls() == []


@pytest.mark.parametrize("settings", ["not json", "{}"])
def test_r21_a_ring_leads_to_a_poll_also_where_settings_are_broken_which_then_reports_them(
    door: Door, settings: str
) -> None:
    door.here.registry.put("acme", settings, by="a test")
    assert door.post(headers=signed("ms", SECRET, BODY)).status_code == 202
    assert door.polls() == ["acme"]


def test_r21_a_signature_counts_in_hex_of_either_case(door: Door) -> None:
    digest = signed("ms", SECRET, BODY)["ms-signature"].removeprefix("sha256=")
    for given in (digest.lower(), digest.upper()):
        assert door.post(headers={"MS-Signature": f"sha256={given}"}).status_code == 202


@pytest.mark.parametrize("signature", ["ms", "base64"])
def test_r21_a_body_that_comes_as_base64_is_verified_as_it_was_sent(door: Door, signature: str) -> None:
    body = bytes(range(256))
    headers = {"Content-Type": "application/octet-stream"} | signed(signature, SECRET, body)
    assert door.post(body, headers).status_code == 202
    assert door.post(body[:-1], headers).status_code == 401


def test_r21_the_raw_body_counts_not_what_it_means(door: Door) -> None:
    body = '{ "Notifications" : [ {"Action": "Größe 漢字"} ] }\r\n'.encode()
    headers = signed("ms", SECRET, body)
    assert door.post(body, headers).status_code == 202
    assert door.post(body.strip(), headers).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_r21_a_rules_call_carries_the_secret_in_its_url_and_leads_to_a_poll(door: Door, method: str) -> None:
    answer = requests.request(method, door.url, params={"token": SECRET, "id": "1"}, timeout=60)
    assert answer.status_code == 202
    assert door.polls() == ["acme"]


def test_r21_a_signed_body_of_256_kib_is_taken_and_a_larger_one_is_not(door: Door) -> None:
    largest = b"x" * (256 * 1024)
    assert door.post(largest, signed("ms", SECRET, largest)).status_code == 202
    assert door.post(largest + b"x", signed("ms", SECRET, largest + b"x")).status_code == 413


def test_r21_a_webhook_registers_through_its_echo(door: Door) -> None:
    answer = requests.get(door.url, params={"echo": "a text <b>of</b> Billbee"}, timeout=60)
    assert (answer.status_code, answer.text) == (200, "a text <b>of</b> Billbee")
    assert answer.headers["Content-Type"].startswith("text/plain")
    with Billbee(api_key=API_KEY) as billbee:
        billbee.add_account("shop@acme.example", "password-of-acme")
        register(billbee, "acme", door.address, SECRET)
    assert door.polls() == []


# Refusals


def refusals(door: Door) -> dict[str, requests.Response]:
    """Every way to be refused that we can think of."""
    good = signed("ms", SECRET, BODY)["ms-signature"]
    in_base64 = signed("base64", SECRET, BODY)["X-Billbee-Signature"]

    def post(path: str = "acme", body: bytes = BODY, query: str = "", **headers: str) -> requests.Response:
        url = f"{door.address}/webhooks/billbee/{path}{query}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(url, data=body, headers=JSON | named, timeout=60)

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
        "a rule without a token": requests.get(f"{door.url}?id=1", timeout=60),
        "a rule with another token": requests.get(f"{door.url}?token=x&id=1", timeout=60),
        "a rule for nobody": requests.get(f"{door.address}/webhooks/billbee/nobody?token=x", timeout=60),
    }


def test_r21_every_refusal_is_the_same_401_and_asks_for_nothing(door: Door) -> None:
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
    assert door.polls() == []
