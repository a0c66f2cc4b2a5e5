"""A person at work on the board, in a real browser; and others' pages that try to act in their name (R44)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.http import HttpApi
from local.simulators.openid import OpenId
from local.stack import Function, Route
from local.workers import Invocation
from orderbridge.ledger.lifecycle import Status
from testkit.vendors import InProcess
from tests.browser import Chromium, Tab, browser, needs_browser
from tests.integration.board_scene import Scene

pytestmark = [needs_browser, pytest.mark.xdist_group(__name__)]

CLIENT = "board"
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
