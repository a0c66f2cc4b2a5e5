"""A person at work on the board, in a real browser; and others' pages that try to act in their name (R44)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local.http import HttpApi, http_event
from local.simulators.openid import OpenId
from local.stack import Function, Route
from local.workers import Invocation
from orderbridge.ledger.lifecycle import Status
from testkit.vendors import InProcess
from tests.browser import Chromium, Tab, browser, needs_browser
from tests.integration.board_scene import Scene

pytestmark = [needs_browser, pytest.mark.xdist_group(__name__)]

CLIENT = "board"
API = "abc123.execute-api.example"
BOARD = Function("Board", "board", "arn:board", Path("functions/board"), "app.handler", {}, 29.0, 512)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with browser() as started:
        yield started


@contextmanager
def served(scene: Scene, authorization: str, **variables: str) -> Iterator[str]:
    """The board on loopback, as API Gateway has it; gives its address."""

    def invoke(_: Function, event: Any) -> Invocation:
        answer = scene.invoke("board", event)
        return Invocation("a request", answer) if answer else Invocation("a request", error="failed")

    given = {"otherwise": "act", "issuer": "-", "client": "-"} | variables
    keys = [("GET", "/"), ("GET", "/{proxy+}"), ("POST", "/{proxy+}")]
    routes = [Route(method, path, BOARD, authorization, given) for method, path in keys]
    with HttpApi(routes, invoke) as api:
        yield api.url


@contextmanager
def signed_for(scene: Scene) -> Iterator[int]:
    """A signing proxy on loopback, before a board that IAM opens; gives its port. As the proxies do, it hides by which
    name it was called. At /evil it has a page that another site's author left in the browser.
    """

    def passed_on(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.path == "/evil":
            return Response("<h1>evil</h1>", content_type="text/html")(environ, start_response)
        headers = {name: value for name, value in request.headers if name != "Host"}
        asked = Request.from_values(request.full_path, f"https://{API}", method=request.method, headers=headers)
        event = http_event(route, asked, {}, scene.clock.now())
        answer = scene.invoke("board", event)
        return Response(answer.get("body"), answer["statusCode"], answer["headers"])(environ, start_response)

    variables = {"auth": "iam", "otherwise": "act", "issuer": "-", "client": "-"}
    route = Route("GET", "/{proxy+}", BOARD, "AWS_IAM", variables)
    server = make_server("127.0.0.1", 0, passed_on, threaded=True)  # browsers hold lines open
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def signing_in(scene: Scene) -> Iterator[tuple[str, OpenId]]:
    """A board that signs people in, and its provider, where nobody is signed in yet."""
    with OpenId(clock=scene.clock) as provider:
        provider.people["jane"] = {"sub": "1", "preferred_username": "jane"}
        scene.wires["openid"] = InProcess(provider, scene.clock, scene.watch)
        scene.ssm.put_parameter(Name="/orderbridge/test/board/client_secret", Value="secret", Type="SecureString")
        with served(scene, "NONE", auth="oidc", issuer=provider.url, client=CLIENT) as url:
            provider.add_client(CLIENT, "secret", f"{url}/callback")
            yield url, provider


def heading(tab: Tab) -> str:
    text: str = tab.evaluate("document.querySelector('h1').textContent")
    return text


def click(tab: Tab, words: str) -> None:
    """Click the link or button with these words."""
    tab.follow(
        f"[...document.querySelectorAll('main a, main button')].find(one => one.textContent === {words!r}).click()"
    )


def test_r44_a_person_signs_in_has_an_order_processed_again_and_signs_out(scene: Scene, chromium: Chromium) -> None:
    scene.order(1, Status.REJECTED)
    with signing_in(scene) as (url, provider):
        tab = chromium.open(f"{url}/orders/acme/1")
        assert tab.evaluate("document.title") == "Sign in"
        assert tab.evaluate("location.origin") == provider.url
        tab.evaluate("document.querySelector('[name=username]').value = 'jane'")
        tab.evaluate("document.querySelector('[name=password]').value = 'password'")
        tab.follow("document.querySelector('button').click()")
        assert tab.evaluate("location.href") == f"{url}/orders/acme/1"
        assert tab.evaluate("document.cookie") == ""
        click(tab, "Process again")
        assert heading(tab) == "Process order A-1 of acme again?"
        click(tab, "Process again")
        assert heading(tab) == "Done"
        assert "it is checked again" in tab.evaluate("document.querySelector('[role=status]').textContent")
        click(tab, "Back")
        assert "jane asked for it" in tab.evaluate("document.querySelector('.timeline').textContent")
        assert scene.record(1).status is Status.QUEUED
        tab.go(f"{url}/sign-out")
        click(tab, "Sign out")
        assert heading(tab) == "Signed out"
        tab.go(f"{url}/orders/acme/1")
        assert tab.evaluate("location.origin") == provider.url
        assert tab.complaints() == []


def test_r44_going_back_and_sending_again_acts_once(scene: Scene, chromium: Chromium) -> None:
    scene.order(1, Status.REJECTED)
    with served(scene, "AWS_IAM", auth="iam") as url:
        tab = chromium.open(f"{url}/act/retry?merchant=acme&order=1")
        form = tab.evaluate("document.querySelector('[name=form]').value")
        click(tab, "Process again")
        said = tab.evaluate("document.querySelector('[role=status]').textContent")
        tab.go(f"{url}/act/retry?merchant=acme&order=1")
        tab.evaluate(f"document.querySelector('[name=form]').value = {form!r}")
        click(tab, "Process again")
        assert tab.evaluate("document.querySelector('[role=status]').textContent") == said
    assert [event.call for event in scene.record(1).timeline].count("order board") == 1


def test_r44_a_page_whose_name_leads_to_a_signing_proxy_reads_nothing(scene: Scene, chromium: Chromium) -> None:
    scene.order(1)
    with signed_for(scene) as port:
        tab = chromium.open(f"http://127.0.0.1:{port}/orders/acme/1")
        assert heading(tab) == "Order A-1"
        tab.follow("document.querySelector('nav a[href=\"/orders\"]').click()")
        assert heading(tab) == "Open orders"
        tab.go(f"http://evil.example:{port}/evil")
        tab.follow(f"location = 'http://127.0.0.1:{port}/orders/acme/1'")
        assert heading(tab) == "Order A-1"  # a link leads to it, and its page learns nothing
        tab.go(f"http://evil.example:{port}/evil")
        assert "A-1" not in tab.evaluate("fetch('/orders/acme/1').then(answer => answer.text())")
        tab.follow("location = '/orders/acme/1'")
        assert heading(tab) == "This is not allowed"


def awaited(tab: Tab, promise: str) -> None:
    tab.call("Runtime.evaluate", expression=promise, awaitPromise=True)


@pytest.mark.parametrize("how", ["form", "fetch"])
def test_r44_a_page_of_another_origin_acts_in_nobodys_name(scene: Scene, chromium: Chromium, how: str) -> None:
    """It even has a form that was made for the person, which it could not get by itself."""
    before = scene.order(1, Status.REJECTED)
    with served(scene, "AWS_IAM", auth="iam") as url:
        tab = chromium.open(f"{url}/act/retry?merchant=acme&order=1")
        form = tab.evaluate("document.querySelector('[name=form]').value")
        tab.go(f"data:text/html,<form method=post action={url}/act><input name=form value={form}></form>")
        if how == "form":
            tab.follow("document.querySelector('form').submit()")
            assert heading(tab) == "This is not allowed"
        else:
            body = "new URLSearchParams(new FormData(document.querySelector('form')))"
            awaited(tab, f"fetch('{url}/act', {{method: 'POST', mode: 'no-cors', body: {body}}})")
    assert scene.record(1) == before
