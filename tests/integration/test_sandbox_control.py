"""The sandbox over HTTP: acts as JSON, forms of its page alone, on loopback; and the command line that calls it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from cli import local_stack
from cli.local_stack import LocalStack, local_stacks
from local.__main__ import app
from local.clock import WALL_CLOCK
from local.http import HttpApi
from local.sandbox import commands
from local.sandbox.control import ACTS, Control
from local.serving import announced
from tests.sandbox_world import FIRST, Sandbox, sandbox

HERE = "http://127.0.0.1:8080"


@pytest.fixture
def play() -> Iterator[Sandbox]:
    with sandbox("other") as made:
        yield made


def ask(play: Sandbox, path: str, method: str = "GET", **options: Any) -> Response:
    request = Request(EnvironBuilder(path, HERE, method=method, **options).get_environ())
    answer = Control(play.places, play.here.clock.now).answer(request)
    assert answer is not None
    return answer


def submit(play: Sandbox, given: dict[str, str], query: str = "", **headers: str) -> Response:
    return ask(play, f"/sandbox{query}", "POST", data=given, headers=headers)


def call(play: Sandbox, act: str, given: Any, **headers: str) -> Response:
    return ask(play, f"/sandbox/acts/{act}", "POST", json=given, headers=headers)


# JSON


def test_an_act_is_answered_with_what_came_of_it(play: Sandbox) -> None:
    answer = call(play, "shop/create-order", {"items": ["MUG-01:2"]})
    assert (answer.status_code, json.loads(answer.get_data())["order"]["items"]) == (200, "2 x MUG-01")


def test_a_refused_act_says_why(play: Sandbox) -> None:
    answer = call(play, "shop/pay", {"order": "1"})
    assert (answer.status_code, json.loads(answer.get_data())) == (
        409,
        {"refused": "There is no order 1. There are no orders yet."},
    )


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": '{"merchant": "acme"}', "content_type": "text/plain"}, 415),
        ({"data": {"merchant": "acme"}}, 415),
        ({"json": {"merchant": "acme"}, "headers": {"Origin": "https://evil.example"}}, 415),
        ({"json": {"merchant": "acme"}, "headers": {"Origin": "null"}}, 415),
        ({"json": ["acme"]}, 415),
        ({"data": "{", "content_type": "application/json"}, 415),
        ({"json": {"merchant": "acme", "tags": ["x" * 200_000]}}, 413),
    ],
)
def test_what_a_page_of_another_site_can_send_creates_nothing(
    play: Sandbox, options: dict[str, Any], status: int
) -> None:
    answer = ask(play, "/sandbox/acts/shop/create-order", "POST", **options)
    assert (answer.status_code, play.here.shop.orders) == (status, {})


@pytest.mark.parametrize("path", ["/sandbox", "/sandbox/acts/shop/list"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "192.168.0.7:8080"])
def test_a_name_that_is_not_this_machine_gets_nothing(play: Sandbox, path: str, host: str) -> None:
    with served(play) as url:
        answer = requests.request("POST" if "acts" in path else "GET", f"{url}{path}", json={}, headers={"Host": host})
    assert (answer.status_code, answer.json()) == (421, {"message": "Misdirected Request"})


@pytest.mark.parametrize(("path", "method"), [("/sandbox/else", "GET"), ("/sandbox/acts/shop/list", "GET")])
def test_there_is_nothing_else(play: Sandbox, path: str, method: str) -> None:
    assert ask(play, path, method).status_code == 404


def test_other_paths_are_left_to_the_routes(play: Sandbox) -> None:
    for path in ("/", "/sandboxes", "/orders/acme/1"):
        request = Request(EnvironBuilder(path, HERE).get_environ())
        assert Control(play.places, play.here.clock.now).answer(request) is None


# The page


def test_a_form_of_the_page_does_the_act_and_leads_back(play: Sandbox) -> None:
    answer = submit(play, {"act": "shop/create-order", "items": "MUG-01:2, TEE-01", "tags": ""}, Origin=HERE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sandbox")
    assert [line["Quantity"] for line in play.wire(FIRST)["OrderItems"]] == [2, 1]
    answer = submit(play, {"act": "shop/cancel", "order": FIRST}, "?order=10001", Origin=HERE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sandbox?order=10001")
    assert play.wire(FIRST)["State"] == 8


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://127.0.0.1:9999", "http://localhost:8080"]
)
def test_a_form_of_another_page_does_nothing(play: Sandbox, origin: str | None) -> None:
    answer = submit(play, {"act": "shop/create-order"}, **({"Origin": origin} if origin else {}))
    assert (answer.status_code, play.here.shop.orders) == (403, {})


def test_a_refusal_is_shown_on_the_page_and_escaped(play: Sandbox) -> None:
    answer = submit(play, {"act": "shop/pay", "order": "<script>"}, Origin=HERE)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert 'role="alert"' in html
    assert "There is no order &lt;script&gt;." in html
    assert "<script" not in html


def test_the_page_has_every_act_that_changes_something(play: Sandbox) -> None:
    play.at_warehouse()
    pages = ask(play, "/sandbox").get_data(as_text=True) + ask(play, f"/sandbox?order={FIRST}").get_data(as_text=True)
    offered = {act for act in ACTS if f'value="{act}"' in pages}
    assert set(ACTS) - offered == {"shop/list", "shop/show", "warehouse/list", "warehouse/show"}


def test_the_page_shows_orders_of_both_sides_and_what_was_done(play: Sandbox) -> None:
    play.at_warehouse()
    play.create(merchant="other", unpaid=True)
    html = ask(play, "/sandbox").get_data(as_text=True)
    assert 'href="/sandbox?order=10001"' in html
    assert "acme 10001 arrived in Billbee" in html
    one = ask(play, "/sandbox?order=10001").get_data(as_text=True)
    assert one.count('name="act" value="shop/pay"') == 2  # both merchants have such an order
    assert one.count('name="act" value="warehouse/ship"') == 1
    assert "There is no order 4711." in ask(play, "/sandbox?order=4711").get_data(as_text=True)


def test_a_field_of_the_page_has_a_name_of_its_own(play: Sandbox) -> None:
    play.at_warehouse()
    play.create(merchant="other")
    for path in ("/sandbox", "/sandbox?order=10001"):
        html = ask(play, path).get_data(as_text=True)
        ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
        labels = [part.split('"')[0] for part in html.split('<label for="')[1:]]
        assert len(ids) == len(set(ids))
        assert set(labels) <= set(ids)


def test_the_page_runs_no_script_and_says_who_sends_its_forms(play: Sandbox) -> None:
    headers = ask(play, "/sandbox").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"


def test_only_pages_get_the_link() -> None:
    page = Response("<html><nav><a>Orders</a></nav></html>", content_type="text/html; charset=utf-8")
    assert '<a href="/sandbox">Sandbox</a></li></ul></nav>' in Control.linked(page).get_data(as_text=True)
    label = Response(b"%PDF </nav>", content_type="application/pdf")
    assert Control.linked(label).get_data() == b"%PDF </nav>"


# The command line


@contextmanager
def served(play: Sandbox) -> Iterator[str]:
    with HttpApi([], lambda *_: pytest.fail("no route"), beside=Control(play.places, play.here.clock.now)) as api:
        yield api.url


def test_each_command_names_an_act_and_no_act_is_without_one() -> None:
    named = {
        f"{side}/{command.name or str(command.callback and command.callback.__name__)}"
        for side, group in (("shop", commands.shop), ("warehouse", commands.warehouse))
        for command in group.registered_commands
    }
    assert named == set(ACTS)


def test_the_commands_play_an_orders_life(play: Sandbox) -> None:
    with served(play) as url:

        def run(*arguments: str, status: int = 0) -> str:
            done = CliRunner().invoke(app, [*arguments, "--url", url], env={"COLUMNS": "80"})
            assert done.exit_code == status, done.output
            return done.output

        def ask(*arguments: str) -> dict[str, Any]:
            answer: dict[str, Any] = json.loads(run(*arguments, "--json"))
            return answer

        run("shop", "create-order", "--item", "MUG-01:2", "--item", "TEE-01", "--personalise", "Name=Mia", "--unpaid")
        run("shop", "message", FIRST, "Size :x:, [red]please")
        assert "Size :x:, [red]please" in run("shop", "show", FIRST)
        run("shop", "untag", FIRST, "bibi")
        run("shop", "tag", FIRST, "bibi", "gift")
        run("shop", "pay", FIRST)
        run("shop", "change-quantity", FIRST, "TEE-01", "3")
        run("shop", "edit-address", FIRST, "--first-name", "Ada", "--zip", "91403", "--line2", "Floor 3")
        assert ask("shop", "show", FIRST)["order"]["to"] == (
            "Ada Doe, Willis Avenue 123, Floor 3, 91403 Los Angeles CA, US"
        )
        run("shop", "create-order", "--item", "MUG-01")
        run("shop", "merge", FIRST, "10002", "--gone")
        run("shop", "copy", FIRST)
        run("shop", "cancel", "10003")
        play.here.look()
        run("warehouse", "cancel", FIRST, "--item", "TEE-01")
        run("warehouse", "backorder", FIRST)
        run("warehouse", "receive", "MUG-01", "5", "--merchant", "acme")
        run("warehouse", "ship", FIRST, "--parcels", "2")
        assert len(ask("warehouse", "show", FIRST)["order"]["tracking"].split(", ")) == 2
        run("warehouse", "return", FIRST, "MUG-01", "--quantity", "1")
        run("shop", "refund", FIRST, "--item", "MUG-01:1")
        assert ask("warehouse", "step")["moved"] == []
        assert [one["order"] for one in ask("shop", "list", "--merchant", "acme")["orders"]] == [
            FIRST,
            "10003",
            "10004",
        ]
        assert "status    Returned" in run("warehouse", "show", FIRST)
        for listed in (run("shop", "list"), run("warehouse", "list")):
            assert max(map(len, listed.splitlines())) <= 80
        assert "There is no order 9. The nearest:" in run("shop", "pay", "9", status=1)
        assert "MUG-01:x:1:9.95" in run("shop", "create-order", "--item", "MUG-01:x", status=1)


def test_without_a_running_serve_the_command_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_stack, "FOLDER", tmp_path)
    done = CliRunner().invoke(app, ["shop", "list"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "No `serve` is running. Start one" in done.stderr
    done = CliRunner().invoke(app, ["shop", "list", "--url", "http://127.0.0.1:9"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "No `serve` answers at http://127.0.0.1:9" in done.stderr


def test_the_command_finds_the_serve_that_runs_and_asks_which_of_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, play: Sandbox
) -> None:
    monkeypatch.setattr(local_stack, "FOLDER", tmp_path)
    with served(play) as url, announced(url, url, tmp_path):
        assert CliRunner().invoke(app, ["shop", "create-order"]).exit_code == 0
        (tmp_path / f"serve-{os.getppid()}.json").write_text(
            json.dumps({"pid": os.getppid(), "url": "http://127.0.0.1:2", "aws": url})
        )
        done = CliRunner().invoke(app, ["shop", "create-order"])
        assert done.exit_code == 1
        assert "Several are running" in done.stderr
        assert len(play.here.shop.orders) == 1


def test_a_serve_is_found_while_it_runs(tmp_path: Path, play: Sandbox) -> None:
    folder = tmp_path / ".local"
    with served(play) as url:
        with announced(url, url, folder):
            assert local_stacks(folder) == ([LocalStack(os.getpid(), url, url, 1.0, WALL_CLOCK.origin)], [])
        assert local_stacks(folder) == ([], [])
    assert (folder / ".gitignore").read_text() == "*\n"
