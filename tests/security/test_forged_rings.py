"""R21: without the merchant's secret no call passes the doorbell, and none reaches another merchant.

Against the real handler in `testkit.world`. The examples are the same each time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest

from local.stack import PROJECT
from orderbridge.bootstrap import install, uninstall
from orderbridge.orders import webhook
from testkit.functions import Context, function_module, http_event
from testkit.world import World, world

SECRETS = {"acme": "acme-webhook-secret-of-the-tests-40", "other": "other-webhook-secret-of-the-tests-40"}
FORGERIES = 10_000
# A path that leads nowhere counts nothing.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
SAMPLE = json.loads((PROJECT / "events/webhook/ring.json").read_text(encoding="utf-8"))
BODIES = [
    SAMPLE["body"].encode(),
    b'{"Id":"1","Attempt":1,"Notifications":[{"Action":"order.created","Customer":"Zo\xc3\xab \xf0\x9f\x8e\x81"}]}',
    b"{}",
    b"",
    bytes(range(256)),
]


@dataclass
class Ring:
    """A request. The body goes in base64 where API Gateway would take it for binary."""

    body: bytes
    headers: dict[str, str]
    path: str = "/webhooks/billbee/acme"
    query: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    more: dict[str, Any] = field(default_factory=dict)

    def event(self) -> dict[str, Any]:
        event = http_event(self.path, method=self.method, body=self.body, headers=self.headers, query=self.query)
        event["rawQueryString"] = "&".join(f"{name}={value}" for name, value in self.query.items())
        return event | self.more


def hexed(secret: str, body: bytes, kind: str = "sha256") -> str:
    return hmac.new(secret.encode(), body, kind).hexdigest()


def based(secret: str, body: bytes, kind: str = "sha256") -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, kind).digest()).decode()


def signed(body: bytes, merchant: str = "acme", how: str = "ms-signature") -> Ring:
    digest = hexed(SECRETS[merchant], body)
    forms = {"ms-signature": f"sha256={digest}", "ms-signature, capitals": f"SHA256={digest.upper()}"}
    forms |= {"x-billbee-signature": based(SECRETS[merchant], body)}
    forms |= {"x-billbee-signature, hex": digest, "x-billbee-signature, capitals": digest.upper()}
    return Ring(body, {how.partition(",")[0]: forms[how]})


@dataclass
class Door:
    """The door of acme, other and mute, who has no secret; and which parameters it asked for."""

    here: World
    asked: list[str] = field(default_factory=list)

    def answer(self, ring: Ring) -> int:
        """The status of the handler's answer; its metrics are printed."""
        token = install(self.here.function("webhook"))
        try:
            answer = function_module("webhook").handler(ring.event(), Context("webhook", lambda: 10.0))
        finally:
            uninstall(token)
        return int(answer["statusCode"])

    def taken(self) -> list[str]:
        """The merchants whose polls were asked for since the last time. Whatever comes now is of another burst."""
        self.here.clock.sleep(webhook.BURST)
        merchants = [json.loads(one.body)["merchant"] for one in self.here.queues.messages("poll")]
        self.here.queues.clear()
        return merchants


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with world() as here, pytest.MonkeyPatch.context() as patch:
        for merchant in ("other", "mute"):
            here.open_merchant(merchant)
        for merchant, secret in SECRETS.items():
            here.secret("webhook_secret", secret, merchant)
        made = Door(here)
        get = here.ssm._client.get_parameter

        def noted(**request: Any) -> Any:
            made.asked.append(request["Name"])
            return get(**request)

        patch.setattr(here.ssm._client, "get_parameter", noted)
        yield made


HOW = (
    "ms-signature", "ms-signature, capitals", "x-billbee-signature", "x-billbee-signature, hex",
    "x-billbee-signature, capitals",
)  # fmt: skip


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{len(body)} bytes")
def test_r21_what_is_to_be_forged_is_taken_when_genuine(door: Door, body: bytes, slash: str, how: str) -> None:
    path = f"/webhooks/billbee/acme{slash}"
    ring = signed(body, how=how)
    ring.path = path
    assert door.answer(ring) == 202
    assert door.answer(Ring(body, {}, path=path, query={"token": SECRETS["acme"]})) == 202
    assert door.taken() == ["acme"]


@pytest.mark.parametrize("path", ["acme", "acme/"])
def test_r21_the_echo_is_answered_with_and_without_a_slash_and_nothing_below_is(door: Door, path: str) -> None:
    def asked(below: str) -> int:
        return door.answer(Ring(b"", {}, path=f"/webhooks/billbee/{path}{below}", query={"echo": "x"}, method="GET"))

    assert asked("") == 200
    assert {asked("/more"), asked("//"), asked("/more/")} == {404}


Forger = Callable[[random.Random, bytes], Ring]


def _flip(dice: random.Random, text: bytes) -> bytes:
    place = dice.randrange(len(text))
    return text[:place] + bytes([text[place] ^ (1 << dice.randrange(8))]) + text[place + 1 :]


def _another(dice: random.Random, text: str) -> str:
    """The text with one character put in, taken out, doubled, moved or exchanged for another digit."""
    place, digit = dice.randrange(len(text)), dice.choice("0123456789abcdef")
    forms = (
        text[:place] + digit + text[place:],
        text[:place] + text[place + 1 :],
        text[:place] + text[place] + text[place:],
        text[place:] + text[:place],
        text[:place] + digit + text[place + 1 :],
        text[:place] + dice.choice(" \t\0é²①,;") + text[place:],
        text[: place + 1],
        text + text,
        text[::-1],
    )
    return dice.choice(forms)


def _wrong_keys(body: bytes) -> list[str]:
    own = SECRETS["acme"]
    return [
        "", SECRETS["other"], own[:-1], own + "\n", own.upper(), own[::-1], "acme", "sha256", own.strip("0123456789-"),
        webhook._NO_SECRET.get_secret_value(), hashlib.sha256(own.encode()).hexdigest(), f"{own}{own}", "null", "None",
        hexed(own, body),
    ]  # fmt: skip


def _signature(dice: random.Random, body: bytes) -> Ring:
    return Ring(body, {"ms-signature": "sha256=" + _another(dice, hexed(SECRETS["acme"], body))})


def _signature_in_base64(dice: random.Random, body: bytes) -> Ring:
    return Ring(body, {"x-billbee-signature": _another(dice, based(SECRETS["acme"], body))})


def _signature_in_hex(dice: random.Random, body: bytes) -> Ring:
    return Ring(body, {"x-billbee-signature": _another(dice, hexed(SECRETS["acme"], body))})


def _content(dice: random.Random, body: bytes) -> Ring:
    forms = [body + dice.randbytes(1), dice.randbytes(1) + body, body + body + b" ", dice.randbytes(len(body) + 1)]
    forms += [_flip(dice, body), body[:-1], body.swapcase() + b"."] if body else []
    ring = signed(body, how=dice.choice(["ms-signature", "x-billbee-signature"]))
    ring.body = dice.choice(forms)
    return ring


def _key(dice: random.Random, body: bytes) -> Ring:
    key = dice.choice(_wrong_keys(body)) if dice.random() < 0.5 else dice.randbytes(dice.randrange(1, 40)).hex()
    if dice.random() < 0.5:
        return Ring(body, {"ms-signature": f"sha256={hexed(key, body)}"})
    return Ring(body, {"x-billbee-signature": based(key, body)})


def _algorithm(dice: random.Random, body: bytes) -> Ring:
    kind, own = dice.choice(["md5", "sha1", "sha224", "sha384", "sha512", "sha3_256", "blake2s"]), SECRETS["acme"]
    label = dice.choice([kind, "sha256", "SHA256", "sha-256", "", "hmac", "none"])
    plain = hashlib.new(kind, own.encode() + body).hexdigest()
    given = dice.choice([hexed(own, body, kind), plain, hashlib.sha256(body + own.encode()).hexdigest(), ""])
    return Ring(body, {"ms-signature": f"{label}={given}", "x-billbee-signature": based(own, body, kind)})


def _header(dice: random.Random, body: bytes) -> Ring:
    good, coded = hexed(SECRETS["acme"], body), based(SECRETS["acme"], body)
    name = dice.choice(
        ["ms-signature", "x-billbee-signature", "x-hub-signature", "authorization", "ms_signature", "token"]
    )
    values = [good, coded, f"sha256={coded}", f"sha256={good},sha256={good}", f"sha256 = {good}", f"sha256:{good}",
              f"sha512={good}", f'"sha256={good}"', f"sha256=={good}", f"sha256={good} {good}", SECRETS["acme"],
              f"Bearer {SECRETS['acme']}", f"=sha256={good}"]  # fmt: skip
    own_forms = {"x-billbee-signature": (coded, good)}
    return Ring(body, {name: dice.choice([value for value in values if value not in own_forms.get(name, ())])})


def _token(dice: random.Random, body: bytes) -> Ring:
    own = SECRETS["acme"]
    token = dice.choice([*_wrong_keys(body), f"{own},{own}", f"{own} ", "*", "%", "[]", _another(dice, own)])
    name = dice.choice(["token", "token", "Token", "TOKEN", "tokens", "secret", "token[]"])
    query = {name: token if name == "token" else own}
    return Ring(body, {}, query=query, method="POST" if name != "token" else dice.choice(["GET", "POST"]))


FORGERS: tuple[Forger, ...] = (
    _signature, _signature_in_base64, _signature_in_hex, _content, _key, _algorithm, _header, _token,
)  # fmt: skip


def _is_genuine(ring: Ring) -> bool:
    """Whether chance made it a genuine one after all: the very signature or token."""
    own = SECRETS["acme"]
    return (
        ring.headers.get("ms-signature", "").lower().strip() == f"sha256={hexed(own, ring.body)}"
        or ring.headers.get("x-billbee-signature", "").strip() == based(own, ring.body)
        or ring.headers.get("x-billbee-signature", "").strip().lower() == hexed(own, ring.body)
        or ring.query.get("token") == own
    )


@pytest.mark.parametrize("forger", FORGERS, ids=lambda forger: forger.__name__.strip("_"))
def test_r21_of_10000_forged_rings_none_is_taken(door: Door, forger: Forger) -> None:
    dice = random.Random(f"forged by {forger.__name__}")
    assert door.taken() == []
    forged = 0
    while forged < FORGERIES / len(FORGERS):
        ring = forger(dice, dice.choice(BODIES))
        if _is_genuine(ring):
            continue
        forged += 1
        assert door.answer(ring) == 401, ring
    assert door.taken() == []


# Another merchant


PATHS = [
    "other", "OTHER", "Other", "other/", "/other", "acme/../other", "acme/%2e%2e/other", "acme%2f..%2fother",
    "acme%2F%2E%2E%2Fother", "./other", "..%2fbillbee%2fother", "other%00", "other%00acme", "acme%00other", "other%20",
    "%20other", "other%0a", "other%0d%0aacme", "acme;other", "acme,other", "acme&merchant=other",
    "acme%3Fmerchant=other",
    "acme%23other", "%6fther", "oth%65r", "%256fther", "ｏther", "%ef%bd%8fther", "ot\u200bher", "оther", "*", "%2a",
    "other*", "{merchant}", "acme/webhook_secret", "..", ".", "%2e%2e", "acme\\..\\other", "acme%5c..%5cother",
    "mute", "nobody", "", "merchants", "a" * 300, "🔔",
]  # fmt: skip


@pytest.mark.parametrize("decoded", [False, True], ids=["as sent", "decoded"])
@pytest.mark.parametrize("name", PATHS)
def test_r21_acmes_secret_opens_no_other_merchants_door(door: Door, name: str, *, decoded: bool) -> None:
    """Whether API Gateway hands over a path as it came or decoded: what is asked for is acme's poll or none."""
    path = f"/webhooks/billbee/{unquote(name) if decoded else name}"
    for ring in (signed(BODIES[0]), Ring(BODIES[0], {}, query={"token": SECRETS["acme"]})):
        ring.path = path
        ring.more = {"pathParameters": {"merchant": unquote(name)}}
        assert door.answer(ring) in (401, 404)
    assert door.taken() == []


@pytest.mark.parametrize(
    "more",
    [
        {"pathParameters": {"merchant": "other"}},
        {"stageVariables": {"merchant": "other"}},
        {"routeKey": "POST /webhooks/billbee/other"},
        {"rawQueryString": "merchant=other&merchant=acme", "queryStringParameters": {"merchant": "other,acme"}},
        {"cookies": ["merchant=other"]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_r21_nothing_but_the_path_says_whose_door_it_is(door: Door, more: dict[str, Any]) -> None:
    ring = signed(BODIES[0])
    ring.more = more
    ring.headers |= {"x-original-url": "/webhooks/billbee/other", "x-forwarded-path": "/webhooks/billbee/other"}
    assert door.answer(ring) == 202
    assert door.taken() == ["acme"]


@pytest.mark.parametrize(
    "body",
    [
        {"merchant": "other", "job": "poll-orders", "scope": "all", "correlation_id": "x", "burst": 1},
        {"Merchant": "other", "path": "/webhooks/billbee/other", "Notifications": [{"merchant": "other"}]},
        {"__proto__": {"merchant": "other"}, "merchant": ["acme", "other"]},
    ],
)
def test_r21_a_signed_body_names_no_other_merchant_and_no_other_job(door: Door, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    assert door.answer(signed(content)) == 202
    assert door.taken() == ["acme"]
    ring = signed(content)
    ring.path = "/webhooks/billbee/other"
    assert door.answer(ring) == 401
    assert door.taken() == []


def test_r21_no_path_makes_the_handler_ask_for_another_parameter(door: Door) -> None:
    for name in PATHS:
        ring = signed(BODIES[0])
        ring.path = f"/webhooks/billbee/{name}"
        ring.more = {"pathParameters": {"merchant": unquote(name)}}
        door.answer(ring)
    assert door.asked, "some of these are names that a merchant may have"
    allowed = re.compile(r"/orderbridge/test/merchants/[a-z0-9][a-z0-9_-]{0,63}")
    assert [name for name in door.asked if not allowed.fullmatch(name)] == []


def test_names_that_nobody_has_do_not_fill_the_memory(door: Door) -> None:
    parts = door.here.function("webhook")
    for number in range(1100):
        assert door.answer(Ring(b"", {}, path=f"/webhooks/billbee/nobody-{number}")) == 401
    assert set(parts.secrets._webhooks) <= {"acme", "other", "mute"}
    assert set(parts.registry._known) <= {"acme", "other", "mute"}
    assert set(parts.doorbell._sent) <= {"acme", "other"}


def test_r21_the_time_of_a_refusal_does_not_tell_which_merchants_there_are(door: Door) -> None:
    """Neither when their secrets have to be read nor when they are known, nor when merchants are listed again."""

    def taken_by(name: str) -> float:
        began = door.here.clock.seconds
        assert door.answer(Ring(b"{}", {}, path=f"/webhooks/billbee/{name}")) == 401
        return door.here.clock.seconds - began

    for wait in (0.0, 61.0, 301.0):
        for name in ("acme", "nobody", "mute", "acme"):
            door.here.clock.sleep(wait)
            assert taken_by(name) == pytest.approx(webhook.REFUSED_AFTER), (name, wait)


@pytest.mark.parametrize("path", ["acme", "acme/", "nobody", "acme/below", "mute"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_r21_no_log_line_has_the_path_the_query_or_the_secret(
    door: Door, path: str, method: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """At the most talkative level, of all libraries."""
    caplog.set_level(logging.DEBUG)
    for secret in (SECRETS["acme"], "a-wrong-secret-in-the-query"):
        ring = Ring(b"", {}, f"/webhooks/billbee/{path}", {"token": secret}, method)
        ring.headers = {"authorization": f"Basic {secret}"}
        door.answer(ring)
    door.taken()
    of_ours = [one.getMessage() for one in caplog.records if not one.name.startswith(("botocore", "boto3", "urllib3"))]
    written = "".join([*of_ours, *capfd.readouterr()])
    for secret in (SECRETS["acme"], "a-wrong-secret-in-the-query"):
        assert secret not in written


@pytest.mark.parametrize("body", ["\ud800", "a\udfffb", "\x00", "{" * 10_000])
def test_a_body_that_is_no_text_is_refused_and_no_crash(door: Door, body: str) -> None:
    ring = Ring(b"", {"ms-signature": "sha256=" + "0" * 64})
    for coded in (False, True):
        ring.more = {"body": body, "isBase64Encoded": coded}
        assert door.answer(ring) == 401
