"""Credentials go to the configured host and to no other, whatever the settings or an answer say."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from pydantic import SecretStr
from urllib3.util import parse_url

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.merchants.settings import MerchantSettings
from orderbridge.platform.errors import AuthenticationError, NotFound, OrderbridgeError, UpstreamError
from orderbridge.tracking.carriers import Carrier
from orderbridge.vendors.bibi.api import BibiApi
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from orderbridge.vendors.billbee.client import BillbeeClient
from orderbridge.vendors.http import HttpClient, checked_base_url
from testkit.clock import ManualClock
from tests.contract.canned import Reply
from tests.contract.clients import billbee_client
from tests.contract.loopback import Loopback
from tests.contract.test_http_client import BASE_URLS
from tests.integration.test_template import TEMPLATE

SECRETS = ("application-key-9911", "Billbee-Password-9912", "bibi-secret-key-9913", "token-of-an-hour-9914")
ELSEWHERE = [
    "http://api.billbee.io/api/v1", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://127.0.0.2x/",
    "http://evil.example\\@127.0.0.1/", "http://127.0.0.1\\@evil.example/", "http://evil.example#@127.0.0.1/",
    "http://evil.example?@127.0.0.1/", "http://127.0.0.1@evil.example/", "http://127.0.0.1:80@evil.example/",
    "http://127.0.0.1%2eevil.example/", "http://127.0.0.1%00.evil.example/", "http://127.0.0.1\t.evil.example/",
    "http://127.0.0.1\n.evil.example/", "http://[::1].evil.example/", "http://[::1]evil.example/", "http://[evil]/",
    "http://[::ffff:8.8.8.8]/", "http://2130706433/", "http://0x7f000001/", "http://127.1/", "http://0.0.0.0/",
    "http://10.0.0.1/", "http://169.254.169.254/latest", "http://localhost。evil.example/", "http://①27.0.0.1/",
    "http://loca\u200blhost/", "http://ⓛocalhost/", "http://", "http:/127.0.0.1", "//127.0.0.1/", "127.0.0.1", "",
    "https://", "https:///api", "https://api.billbee.io@evil.example/", "https://user:pass@api.billbee.io/",
    "https://user@api.billbee.io/", "https://api.billbee.io\\.evil.example/", "https://api.billbee.io?x=1",
    "https://api.billbee.io/api?", "https://api.billbee.io/#x", "https://api.billbee.io /", " https://api.billbee.io",
    "https://api.billbee.io/\r\nHost: evil.example", "ht\ntps://api.billbee.io", "https://api.billbee.io:port/",
    "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "unix:///run/x", "javascript:alert(1)",
]  # fmt: skip


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_base_url_that_leads_elsewhere_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="base URL") as caught:
        HttpClient(url, clock=ManualClock())
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("url", BASE_URLS)
def test_whoever_reads_a_base_url_finds_the_same_host(url: str) -> None:
    """Ours, and the one that connects, which is not Python's own."""
    sent = requests.Request("GET", checked_base_url(url) + "/orders").prepare().url
    host = parse_url(str(sent)).host
    assert host is not None
    assert f"//{host}" in url.lower()


BASE_URL_PARAMETERS = [name for name in TEMPLATE["Parameters"] if name.endswith("BaseUrl")]


# An address that is empty by default may stay so: then nothing is called.
@pytest.mark.parametrize(
    ("name", "url"),
    [
        (name, url)
        for name in BASE_URL_PARAMETERS
        for url in ELSEWHERE
        if url or TEMPLATE["Parameters"][name]["Default"]
    ],
)
def test_the_template_takes_no_base_url_that_the_functions_refuse(name: str, url: str) -> None:
    assert re.fullmatch(TEMPLATE["Parameters"][name]["AllowedPattern"], url) is None


def test_no_setting_of_a_merchant_says_where_to_call() -> None:
    names = re.findall(r'"([a-z_]+)": \{', str(MerchantSettings.model_json_schema()).replace("'", '"'))
    assert {"username", "order_tag", "source"} <= set(names)
    assert [name for name in names if re.search("url|uri|host|endpoint|proxy|address", name)] == []


# Redirects and other answers


class NoBudget:
    def take(self) -> None:
        """There is always room."""

    def learn(self, remaining: int, reset_seconds: float) -> None:
        """Nothing to learn."""


class OneToken:
    def __init__(self) -> None:
        self.text: str | None = None

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        self.text = text


def billbee(url: str) -> BillbeeClient:
    http = HttpClient(url, clock=ManualClock())
    return billbee_client(http, api_key=SECRETS[0], password=SECRETS[1])


def bibi(url: str) -> BibiWarehouse:
    return BibiWarehouse(
        BibiApi(
            HttpClient(url, clock=ManualClock()),
            public_key=SecretStr("bibi-public-key-9910"),
            secret_key=SecretStr(SECRETS[2]),
            budget=NoBudget(),
            token_cache=OneToken(),
            clock=ManualClock(),
        ),
        source="WEB",
        clock=ManualClock(),
    )


CALLS: dict[str, Callable[[str], Any]] = {
    "billbee reads": lambda url: billbee(url).order(1),
    "billbee posts": lambda url: billbee(url).add_tags(1, "x"),
    "billbee posts once": lambda url: billbee(url).add_shipment(1, "1Z", Carrier(), ""),
    "billbee puts": lambda url: billbee(url).set_state(1, 4),
    "billbee deletes": lambda url: billbee(url).remove_webhook("1"),
    "bibi authenticates": lambda url: bibi(url).ship_methods(),
    "bibi asks": lambda url: bibi(url).order(OrderNumber("1")),
    "bibi changes": lambda url: bibi(url).toggle_hold(OrderNumber("1")),
    "bibi makes a label": lambda url: bibi(url).return_label(OrderNumber("1")),
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize("name", CALLS)
def test_no_redirect_is_followed(server: Loopback, name: str, status: int) -> None:
    with Loopback() as other:
        server.answers[0] = Reply(status, b"", {"Location": f"{other.url}/orders", "Refresh": f"0; url={other.url}"})
        with pytest.raises(UpstreamError) as caught:
            CALLS[name](server.url)
        assert other.received == []
    assert server.received
    assert not any(secret in _told(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("name", ["bibi asks", "bibi changes"])
def test_a_redirect_after_the_token_is_not_followed_with_it(server: Loopback, name: str) -> None:
    with Loopback() as other:
        server.answers[0] = Reply(body={"success": True, "token": SECRETS[3], "expires": 1})
        server.answers.append(Reply(307, b"", {"Location": f"{other.url}/orderStatus"}))
        with pytest.raises(UpstreamError) as caught:
            CALLS[name](server.url)
        assert other.received == []
    assert len(server.received) > 1
    assert SECRETS[3] not in _told(caught.value)


def test_a_netrc_and_proxies_of_the_environment_are_not_asked(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
    with Loopback() as proxy:
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(variable, proxy.url)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.delenv("NO_PROXY", raising=False)
        billbee(server.url).add_tags(1, "x")
        assert proxy.received == []
    (received,) = server.received
    assert received.headers["X-Billbee-Api-Key"] == SECRETS[0]
    assert "c29tZWJvZHk6ZWxzZQ==" not in str(received.headers)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500])
@pytest.mark.parametrize("name", CALLS)
def test_a_credential_that_an_error_repeats_is_not_told(server: Loopback, name: str, status: int) -> None:
    said = f"wrong credentials: {' '.join(SECRETS[:3])}"
    server.answers[0] = Reply(status, {"message": said, "ErrorMessage": said, "success": False})
    with pytest.raises(OrderbridgeError) as caught:
        CALLS[name](server.url)
    kept = _told(caught.value) + str(getattr(caught.value, "detail", ""))
    own = SECRETS[:2] if name.startswith("billbee") else SECRETS[2:3]
    assert not any(secret in kept for secret in own)
    assert not any(secret in _told(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("number", [".", ".."])
def test_no_order_number_leads_to_another_call(server: Loopback, number: str) -> None:
    """Such a path would be folded on its way: `/cancelOrder/..` is where tokens are made."""
    server.answers[0] = Reply(body={"success": True, "token": SECRETS[3]})
    with pytest.raises(NotFound):
        bibi(server.url).cancel(OrderNumber(number))
    assert bibi(server.url).product(number) is None
    assert billbee(server.url).order_by_number(number) is None
    assert [received.path for received in server.received if received.path.rstrip("/") != "/api"] == []


@pytest.mark.parametrize("number", ["1/../2", "1%2f..%2f2", "1?x=2", "1#2", "1;2", "//evil.example/", "a b", "ü"])
def test_an_order_number_is_one_part_of_the_path(server: Loopback, number: str) -> None:
    server.answers[0] = Reply(body={"success": True, "token": SECRETS[3]})
    bibi(server.url).cancel(OrderNumber(number))
    path = server.received[-1].path
    assert path.startswith("/api/cancelOrder/")
    assert path.count("/") == 3
    assert server.received[-1].query == ()


@pytest.mark.parametrize(
    ("status", "said"), [(404, "No such account"), (400, "Account not found"), (400, "Unknown order")]
)
def test_r7_a_refused_token_is_never_read_as_no_such_order(server: Loopback, status: int, said: str) -> None:
    """Or the order would be sent a second time."""
    server.answers[0] = Reply(status, {"success": False, "message": said, "code": status})
    with pytest.raises(AuthenticationError):
        bibi(server.url).order(OrderNumber("1"))
