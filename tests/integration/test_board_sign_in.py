"""Signing in to the board from a browser, by a provider that is as strict as OpenID Connect's documents (R44)."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from local.simulators.openid import OpenId
from orderbridge.desk.board.seals import Seals
from orderbridge.desk.board.sign_in import ATTEMPT_LASTS, SESSION_LASTS, own_path
from orderbridge.ledger.lifecycle import Status
from testkit.functions import BOARD, board_event
from testkit.vendors import InProcess
from tests.integration.board_scene import Scene
from tests.integration.test_board_limits import ASKED, routes

CLIENT, SECRET = "the board", "a secret: with + and %, 40 characters long"
SESSION, ATTEMPT = "__Host-orderbridge", "__Host-orderbridge-sign-in"
JANE = {"sub": "248289761001", "preferred_username": "jane", "email": "jane@shop.example", "orderbridge_role": "act"}


class Browser:
    """Keeps cookies and follows to the provider and back, as a person's browser does."""

    def __init__(self, scene: Scene, provider: OpenId) -> None:
        self.scene = scene
        self.provider = provider
        self.cookies: dict[str, str] = {}
        self._line = scene.wires["openid"].session()

    def get(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        return self._sent(board_event(parts.path, query=dict(parse_qsl(parts.query)), **self._who()))

    def post(self, path: str, **form: str) -> dict[str, Any]:
        return self._sent(board_event(path, form=form, **self._who()))

    def at_provider(self, url: str) -> requests.Response:
        return self._line.get(url, allow_redirects=False)

    def sign_in(self, to: str = "/") -> dict[str, Any]:
        """Sign in; gives the board's answer to the way back."""
        return self.get(self.way_back(to))

    def way_back(self, to: str = "/") -> str:
        """Where the provider sends a person who has signed in."""
        sent = self.get(f"/login?to={to}")
        assert sent["statusCode"] == 303, sent["body"]
        answer = self.at_provider(sent["headers"]["Location"])
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def _who(self) -> dict[str, Any]:
        return {"oidc": (self.scene.wires["openid"].url, CLIENT), "cookies": self.cookies, "otherwise": "look"}

    def _sent(self, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.scene.invoke("board", event)
        for line in answer.get("cookies") or ():
            (cookie,) = SimpleCookie(line).values()
            assert (cookie["path"], cookie["secure"], cookie["httponly"]) == ("/", True, True)
            assert (cookie["samesite"], cookie["domain"]) == ("Lax", "")
            if cookie["max-age"] == "0":
                self.cookies.pop(cookie.key, None)
            else:
                self.cookies[cookie.key] = cookie.value
        return answer


@pytest.fixture
def provider(scene: Scene) -> OpenId:
    made = OpenId(clock=scene.clock)
    wire = scene.wires["openid"] = InProcess(made, scene.clock, scene.watch)
    made.issuer = wire.url
    made.add_client(CLIENT, SECRET, f"https://{BOARD}/callback")
    made.people["jane"] = dict(JANE)
    made.signed_in = "jane"
    scene.ssm.put_parameter(Name="/orderbridge/test/board/client_secret", Value=f"{SECRET}\n", Type="SecureString")
    return made


@pytest.fixture
def browser(scene: Scene, provider: OpenId) -> Browser:
    return Browser(scene, provider)


def test_r44_a_person_signs_in_and_comes_to_the_page_that_was_asked_for(scene: Scene, browser: Browser) -> None:
    scene.order(1)
    sent = browser.get("/orders/acme/1")
    assert (sent["statusCode"], sent["headers"]["Location"]) == (303, "/login?to=%2Forders%2Facme%2F1")
    answer = browser.sign_in("/orders/acme/1")
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, "/orders/acme/1")
    assert browser.cookies.keys() == {SESSION}
    page = browser.get("/orders/acme/1")
    assert (page["statusCode"], "Order A-1" in page["body"]) == (200, True)
    assert "Signed in as jane." in page["body"]


def test_r44_whoever_is_signed_in_acts_under_their_name(scene: Scene, browser: Browser) -> None:
    scene.order(1, Status.REJECTED)
    browser.sign_in()
    page = browser.get("/act/retry?merchant=acme&order=1")["body"]
    (form,) = re.findall(r'name="form" value="([^"]*)"', page)
    assert browser.post("/act", form=form)["statusCode"] == 303
    assert scene.record(1).timeline[-1].why == "jane asked for it"


def test_r44_no_route_answers_without_a_session(scene: Scene, browser: Browser) -> None:
    scene.order(1)
    open_to_all = {"/login", "/callback", "/signed-out"}
    assert routes("GET") >= open_to_all
    for path in [asked for route, some in ASKED.items() if route not in open_to_all for asked, _ in some] + ["/none"]:
        answer = browser.get(path)
        assert (answer["statusCode"], answer["headers"]["Location"][:7]) == (303, "/login?"), path
        assert not answer.get("body")
    for path in routes("POST"):
        answer = browser.post(path, form="x")
        assert (answer["statusCode"], "acme" in answer["body"]) == (401, False)
    assert "acme" not in browser.get("/signed-out")["body"]
    assert browser.get("/callback")["statusCode"] == 401


@pytest.mark.parametrize("name", ["authorizer", "x-amzn-oidc"])
def test_r44_what_a_caller_says_of_itself_is_no_session(scene: Scene, browser: Browser, name: str) -> None:
    event = board_event(
        "/", oidc=(browser.provider.issuer, CLIENT), headers={name: "jane", "authorization": "Bearer x.y.z"}
    )
    assert scene.invoke("board", event)["statusCode"] == 303


def test_r44_the_provider_is_asked_for_a_code_with_pkce_state_and_nonce(browser: Browser) -> None:
    url = urlsplit(browser.get("/login")["headers"]["Location"])
    asked = dict(parse_qsl(url.query))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{browser.provider.issuer}/authorize"
    assert asked["redirect_uri"] == f"https://{BOARD}/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert (asked["client_id"], asked["scope"]) == (CLIENT, "openid profile")
    again = dict(parse_qsl(urlsplit(browser.get("/login")["headers"]["Location"]).query))
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) == 43
        assert asked[name] != again[name]


def test_r44_the_browser_gets_no_token(browser: Browser) -> None:
    browser.sign_in()
    session = json.loads(base64.urlsafe_b64decode(browser.cookies[SESSION].partition(".")[0] + "=="))
    assert session.keys() == {"name", "limits", "of", "end"}
    assert session["name"] == "jane"
    assert session["limits"] == {"orderbridge_role": "act"}


@pytest.mark.parametrize(
    ("role", "may_look", "may_act"),
    [("act", True, True), ("look", True, False), (None, True, False), ("", False, False)],
)
def test_r44_the_claims_limit_whoever_is_signed_in(
    scene: Scene, browser: Browser, role: str | None, may_look: bool, may_act: bool
) -> None:
    scene.open_merchant("nord")
    browser.provider.people["jane"] |= {"orderbridge_role": role, "orderbridge_merchants": ["nord"]}
    if role is None:
        del browser.provider.people["jane"]["orderbridge_role"]
    browser.sign_in()
    assert browser.get("/?merchant=nord")["statusCode"] == (200 if may_look else 403)
    assert browser.get("/?merchant=acme")["statusCode"] == (404 if may_look else 403)
    assert browser.get("/act/pause?merchant=nord")["statusCode"] == (200 if may_act else 403)


def test_r44_a_session_ends_after_eight_hours(scene: Scene, browser: Browser) -> None:
    browser.sign_in()
    scene.wait(seconds=(SESSION_LASTS - timedelta(seconds=1)).total_seconds())
    assert browser.get("/")["statusCode"] == 200
    scene.wait(seconds=1)
    assert browser.get("/")["statusCode"] == 303
    assert timedelta(hours=8) >= SESSION_LASTS


def test_r44_whoever_signs_out_is_out(browser: Browser) -> None:
    browser.sign_in()
    assert "jane" in browser.get("/sign-out")["body"]
    assert browser.get("/")["statusCode"] == 200
    answer = browser.post("/sign-out")
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, "/signed-out")
    assert browser.cookies == {}
    assert browser.get("/signed-out")["statusCode"] == 200
    assert browser.get("/")["statusCode"] == 303


def test_r44_another_site_signs_nobody_out(scene: Scene, browser: Browser) -> None:
    browser.sign_in()
    event = board_event("/sign-out", form={}, headers={"sec-fetch-site": "cross-site"}, **browser._who())
    assert scene.invoke("board", event)["statusCode"] == 403


def test_r44_another_key_ends_all_sessions(scene: Scene, browser: Browser) -> None:
    browser.sign_in()
    del scene.ssm.values["/orderbridge/test/board/key"]
    scene.wait(minutes=6)
    assert browser.get("/")["statusCode"] == 303


@pytest.mark.parametrize("position", [0, 5, -1])
def test_r44_a_session_that_was_changed_is_none(browser: Browser, position: int) -> None:
    browser.sign_in()
    text = list(browser.cookies[SESSION])
    text[position] = "A" if text[position] != "A" else "B"
    browser.cookies[SESSION] = "".join(text)
    assert browser.get("/")["statusCode"] == 303


def test_r44_a_text_that_was_sealed_for_something_else_is_no_session(scene: Scene, browser: Browser) -> None:
    browser.get("/login")
    browser.cookies[SESSION] = browser.cookies[ATTEMPT]
    assert browser.get("/")["statusCode"] == 303
    foreign = Seals(lambda: b"another key", scene.clock).seal("session", {"name": "eve", "limits": {}}, SESSION_LASTS)
    browser.cookies[SESSION] = foreign
    assert browser.get("/")["statusCode"] == 303


def test_r44_a_session_of_another_provider_or_client_is_none(scene: Scene, browser: Browser) -> None:
    browser.sign_in()
    for oidc in ((browser.provider.issuer, "another"), ("https://other.example", CLIENT)):
        assert scene.invoke("board", board_event("/", oidc=oidc, cookies=browser.cookies))["statusCode"] == 303


@pytest.mark.parametrize("left_out", ["", "-"])
@pytest.mark.parametrize("place", [0, 1])
def test_r44_without_an_issuer_or_a_client_nobody_gets_in(
    scene: Scene, browser: Browser, place: int, left_out: str
) -> None:
    oidc = [browser.provider.issuer, CLIENT]
    oidc[place] = left_out
    session = {"name": "eve", "limits": {}, "of": oidc}
    browser.get("/login")  # which makes the key
    key = bytes.fromhex(scene.ssm.values["/orderbridge/test/board/key"])
    cookies = {SESSION: Seals(lambda: key, scene.clock).seal("session", session, SESSION_LASTS)}
    for path in ("/", "/login", "/callback", "/sign-out", "/signed-out"):
        event = board_event(path, oidc=(oidc[0], oidc[1]), cookies=cookies)
        assert scene.invoke("board", event)["statusCode"] == 403, path


def test_r44_two_cookies_of_a_name_are_none(scene: Scene, browser: Browser) -> None:
    browser.sign_in()
    event = board_event("/", oidc=(browser.provider.issuer, CLIENT), cookies=browser.cookies)
    event["cookies"] *= 2
    assert scene.invoke("board", event)["statusCode"] == 303


# ---- What goes wrong on the way


def refused(answer: dict[str, Any]) -> bool:
    """Whether somebody who came back was not signed in. No page leads on by itself, so nobody goes round in circles."""
    return (
        answer["statusCode"] == 401
        and "Location" not in answer["headers"]
        and SESSION not in str(answer.get("cookies"))
    )


def test_r44_a_way_back_works_once(browser: Browser) -> None:
    way = browser.way_back()
    attempt = browser.cookies[ATTEMPT]
    assert browser.get(way)["statusCode"] == 303
    browser.cookies = {ATTEMPT: attempt}
    assert refused(browser.get(way))


def test_r44_a_way_back_of_somebody_else_signs_nobody_in(scene: Scene, browser: Browser) -> None:
    """A page that has a person follow it would sign them in as its author."""
    other = Browser(scene, browser.provider)
    way = other.way_back()
    assert refused(browser.get(way))
    browser.get("/login")
    assert refused(browser.get(way))


def test_r44_a_way_back_that_took_too_long_signs_nobody_in(scene: Scene, browser: Browser) -> None:
    browser.get("/login")
    scene.wait(seconds=ATTEMPT_LASTS.total_seconds())
    assert refused(browser.get("/callback?code=x&state=y"))


def test_r44_a_code_that_is_too_old_signs_nobody_in(scene: Scene, browser: Browser) -> None:
    way = browser.way_back()
    scene.wait(minutes=2)
    assert refused(browser.get(way))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another board"},
        {"aud": None},
        {"aud": []},
        {"aud": [CLIENT, "another board"]},
        {"aud": [CLIENT, "another board"], "azp": "another board"},
        {"azp": "another board"},
        {"exp": 0},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 0},
        {"iat": None},
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"sub": None, "preferred_username": None},
        {"orderbridge_merchants": ["m" * 20] * 300},
    ],
)
def test_r44_a_token_that_is_not_for_this_board_and_attempt_signs_nobody_in(
    browser: Browser, changes: dict[str, Any]
) -> None:
    browser.provider.changes = changes
    assert refused(browser.sign_in())
    browser.provider.changes = {}
    assert browser.sign_in()["statusCode"] == 303


@pytest.mark.parametrize("changes", [{"aud": [CLIENT]}, {"aud": [CLIENT, "api"], "azp": CLIENT}, {"azp": CLIENT}])
def test_r44_a_token_for_this_board_signs_in(browser: Browser, changes: dict[str, Any]) -> None:
    browser.provider.changes = changes
    assert browser.sign_in()["statusCode"] == 303


def test_r44_a_wrong_client_secret_signs_nobody_in_and_shows_nothing(scene: Scene, browser: Browser) -> None:
    scene.ssm.values["/orderbridge/test/board/client_secret"] = "wrong-secret-8891"
    answer = browser.sign_in()
    assert refused(answer)
    assert "8891" not in str(answer)


def test_r44_a_missing_client_secret_is_said_in_the_log(
    scene: Scene, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    del scene.ssm.values["/orderbridge/test/board/client_secret"]
    assert browser.sign_in()["statusCode"] == 503
    assert "/orderbridge/test/board/client_secret is missing" in caplog.text


@pytest.mark.parametrize("error", ["access_denied", "<script>alert(1)</script>"])
def test_r44_whom_the_provider_refuses_is_told_so(browser: Browser, error: str) -> None:
    state = dict(parse_qsl(urlsplit(browser.get("/login")["headers"]["Location"]).query))["state"]
    answer = browser.scene.invoke(
        "board", board_event("/callback", query={"error": error, "state": state}, **browser._who())
    )
    assert refused(answer)
    assert "<script" not in answer["body"]
    assert ("access_denied" in answer["body"]) is (error == "access_denied")


def test_r44_addresses_of_a_provider_that_end_with_a_slash_are_used_as_they_are(browser: Browser) -> None:
    provider = browser.provider
    provider.configuration = {
        "authorization_endpoint": f"{provider.issuer}/authorize/",
        "token_endpoint": f"{provider.issuer}/token/",
    }
    assert browser.sign_in()["statusCode"] == 303
    assert [call.path for call in provider.calls][-2:] == ["/authorize/", "/token/"]


def test_r44_an_answer_of_another_provider_is_refused(browser: Browser) -> None:
    way = browser.way_back().replace("openid.example", "evil.example", 1)
    assert "iss=https%3A%2F%2Fevil.example" in way
    assert refused(browser.get(way))


@pytest.mark.parametrize("configuration", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"},
                                           {"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": None},
                                           {"token_endpoint": "https://127.0.0.1/token"}])  # fmt: skip
def test_r44_a_providers_configuration_that_leads_astray_is_not_used(
    browser: Browser, configuration: dict[str, Any]
) -> None:
    browser.provider.configuration = configuration
    sent = browser.get("/login")
    if sent["statusCode"] == 303:
        assert refused(browser.sign_in())
    else:
        assert sent["statusCode"] == 503


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "evil.example", "javascript:alert(1)", "",
        "/\r\nSet-Cookie: a=b", "/\t/evil.example", "\\/evil.example", "/a\\b", "/" + "a" * 600, " /",
    ],
)  # fmt: skip
def test_r44_signing_in_leads_nowhere_else(scene: Scene, browser: Browser, path: str) -> None:
    assert own_path(path) == "/"
    event = board_event("/login", query={"to": path}, **browser._who())
    answer = scene.invoke("board", event)
    browser.cookies[ATTEMPT] = answer["cookies"][0].partition("=")[2].partition(";")[0]
    way = browser.at_provider(answer["headers"]["Location"]).headers["Location"]
    assert browser.get(way)["headers"]["Location"] == "/"


def test_r44_the_pages_of_signing_in_are_there_only_with_openid_connect(scene: Scene) -> None:
    for path in ("/login", "/callback", "/signed-out"):
        for who in ({}, {"claims": JANE}):
            assert scene.invoke("board", board_event(path, **who))["statusCode"] == 404  # type: ignore[arg-type]


def test_r44_what_api_gateway_is_told_opens_no_board_of_another_kind(scene: Scene, browser: Browser) -> None:
    """Neither does an authorizer's answer open a board that signs people in, which has none."""
    event = board_event("/", oidc=(browser.provider.issuer, CLIENT))
    event["requestContext"]["authorizer"] = {"iam": {"userArn": "arn:aws:iam::1:user/eve"}, "jwt": {"claims": JANE}}
    assert scene.invoke("board", event)["statusCode"] == 303
