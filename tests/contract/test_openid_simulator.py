"""The provider that signs people in is as strict as its documents, and the client gets along with it over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pydantic import SecretStr

from local.simulators.openid import OpenId
from orderbridge.platform.errors import AuthenticationError, MalformedAnswer, Refused
from orderbridge.vendors.http import HttpClient
from orderbridge.vendors.openid.client import KEPT_SECONDS, OpenIdProvider
from testkit.clock import ManualClock

CLIENT, SECRET, BACK = "board", "s:e cret+%", "https://board.example/callback"
VERIFIER = "v" * 43


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def provider(clock: ManualClock) -> Iterator[OpenId]:
    with OpenId(clock=clock) as made:
        made.add_client(CLIENT, SECRET, BACK)
        made.add_client("another", "its secret", BACK)
        made.people["jane"] = {"sub": "1"}
        made.signed_in = "jane"
        yield made


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def asked(**changes: str | None) -> dict[str, str]:
    right: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": "s",
        "nonce": "n",
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


def authorize(provider: OpenId, **changes: str | None) -> requests.Response:
    return requests.get(f"{provider.url}/authorize", params=asked(**changes), allow_redirects=False, timeout=10)


def back(answer: requests.Response) -> dict[str, str]:
    """What somebody is sent back with."""
    assert answer.status_code == 302
    url = urlsplit(answer.headers["Location"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == BACK
    return dict(parse_qsl(url.query))


def token(provider: OpenId, secret: str = SECRET, client: str = CLIENT, **changes: str | None) -> requests.Response:
    right: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    form = {name: value for name, value in (right | changes).items() if value is not None}
    secret = secret.replace("%", "%25").replace("+", "%2B").replace(" ", "+").replace(":", "%3A")
    return requests.post(f"{provider.url}/token", data=form, auth=(client, secret), timeout=10)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": "https://evil.example"},
        {"redirect_uri": None},
        {"client_id": "x"},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(provider: OpenId, changes: dict[str, str | None]) -> None:
    answer = authorize(provider, **changes)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_a_request_without_what_protects_it_gets_no_code(
    provider: OpenId, changes: dict[str, str | None], error: str
) -> None:
    said = back(authorize(provider, **changes))
    assert (said["error"], "code" in said) == (error, False)


def test_a_code_is_exchanged_once(provider: OpenId) -> None:
    code = back(authorize(provider))["code"]
    first, second = token(provider, code=code), token(provider, code=code)
    claims = json.loads(base64.urlsafe_b64decode(first.json()["id_token"].split(".")[1] + "=="))
    assert (claims["nonce"], claims["aud"], claims["iss"]) == ("n", CLIENT, provider.url)
    assert (second.status_code, second.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"code_verifier": "short"},
        {"redirect_uri": "https://evil.example"},
        {"code": "guessed"},
        {"client": "another", "secret": "its secret"},
    ],
)
def test_a_code_is_worth_nothing_without_what_belongs_to_it(provider: OpenId, changes: dict[str, Any]) -> None:
    code = back(authorize(provider))["code"]
    answer = token(provider, **{"code": code, **changes})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_a_code_is_worth_nothing_after_a_minute(provider: OpenId, clock: ManualClock) -> None:
    code = back(authorize(provider))["code"]
    clock.sleep(61)
    assert token(provider, code=code).json() == {"error": "invalid_grant"}


def test_a_client_proves_who_it_is(provider: OpenId) -> None:
    code = back(authorize(provider))["code"]
    assert token(provider, secret="wrong", code=code).json() == {"error": "invalid_client"}
    assert token(provider, code=code).status_code == 200


# The client


def client(provider: OpenId, clock: ManualClock, secret: str = SECRET, issuer: str = "") -> OpenIdProvider:
    http = partial(HttpClient, clock=clock)
    return OpenIdProvider(issuer or provider.url, CLIENT, lambda: SecretStr(secret), http, clock)


def test_the_client_gets_the_token_of_a_code(provider: OpenId, clock: ManualClock) -> None:
    mine = client(provider, clock)
    assert mine.sign_in_url() == f"{provider.url}/authorize"
    code = back(authorize(provider))["code"]
    assert mine.id_token(code, VERIFIER, BACK).count(".") == 2
    with pytest.raises(Refused):
        mine.id_token(code, VERIFIER, BACK)


def test_the_client_says_that_its_secret_is_wrong_and_does_not_repeat_it(provider: OpenId, clock: ManualClock) -> None:
    with pytest.raises(AuthenticationError) as refused:
        client(provider, clock, "wrong-secret-8892").id_token("x", VERIFIER, BACK)
    assert "8892" not in str(refused.value)


def test_the_client_looks_the_endpoints_up_once_an_hour(provider: OpenId, clock: ManualClock) -> None:
    mine, before = client(provider, clock), provider.count("GET /.well-known/openid-configuration")
    for _ in range(3):
        mine.sign_in_url()
    clock.sleep(KEPT_SECONDS + 1)
    mine.sign_in_url()
    assert provider.count("GET /.well-known/openid-configuration") == before + 2


def test_the_client_does_not_believe_the_configuration_of_another_issuer(provider: OpenId, clock: ManualClock) -> None:
    with pytest.raises(MalformedAnswer):
        client(provider, clock, issuer=f"{provider.url}/").sign_in_url()
