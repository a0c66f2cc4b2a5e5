"""The sandbox of a running `serve` with one's own merchants file: an order's whole life, and the page in a browser.

One process for all of it, since it takes a while. Each test has orders of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from local.__main__ import app
from testkit.processes.serving import API_KEY, Served, merchant, serve
from testkit.processes.waiting import PATIENCE, wait_until
from tests.axe import serious_issues
from tests.browser import browser, needs_browser

pytestmark = pytest.mark.xdist_group(__name__)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path: Path = tmp_path_factory.mktemp("sandbox") / "merchants.json"
    merchants = {
        "acme": merchant("acme", webhook_secret="acme-webhook-secret-of-the-tests-40"),
        "other": merchant("other"),
    }
    path.write_text(json.dumps({"billbee_api_key": API_KEY, "merchants": merchants}))
    with serve("--merchants", str(path), "--speed", "60", "--warehouse", "hand") as started:
        yield started
    assert started.process.returncode == 0


def ask(served: Served, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--url", served.url, "--json"])
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def shown(served: Served, number: str) -> dict[str, Any]:
    order: dict[str, Any] = ask(served, "shop", "show", number, "--merchant", "acme")["order"]
    return order


def is_at_warehouse(served: Served, number: str) -> bool:
    return number in {one["order"] for one in ask(served, "warehouse", "list", "--merchant", "acme")["orders"]}


def test_an_order_is_sold_sent_shipped_and_told_without_the_demo(served: Served) -> None:
    number = ask(served, "shop", "create-order")["order"]["order"]
    wait_until(lambda: is_at_warehouse(served, number))
    assert ask(served, "warehouse", "step")["moved"] == [{"merchant": "acme", "order": number, "status": "Shipped"}]
    wait_until(lambda: shown(served, number)["state"] == "shipped")
    assert shown(served, number)["parcels"].startswith("1Z")
    assert served.said(f"sandbox: acme {number} arrived in Billbee: 1 x MUG-01 to US")


def test_the_shop_has_products_and_the_board_leads_to_the_sandbox(served: Served) -> None:
    html = requests.get(f"{served.url}/sandbox", timeout=PATIENCE).text
    assert "Items: MUG-01:2" in html
    assert ask(served, "warehouse", "receive", "POSTER-A2", "--merchant", "other")["product"]["in_stock"] == 101
    board = requests.get(served.url, timeout=PATIENCE).text
    assert board.count('<a href="/sandbox">Sandbox</a>') == 1
    assert '<a href="/sandbox" aria-current="page">Sandbox</a>' in html


def test_a_page_elsewhere_cannot_act(served: Served) -> None:
    for origin in ("https://evil.example", "null"):
        answer = requests.post(
            f"{served.url}/sandbox", data={"act": "shop/create-order"}, headers={"Origin": origin}, timeout=PATIENCE
        )
        assert answer.status_code == 403
    preflight = requests.options(f"{served.url}/sandbox/acts/shop/create-order", timeout=PATIENCE)
    assert "Access-Control-Allow-Origin" not in preflight.headers


@needs_browser
@pytest.mark.parametrize("width", [360, 1280])
def test_an_order_is_made_in_a_browser(served: Served, width: int) -> None:
    with browser() as chromium:
        tab = chromium.open(f"{served.url}/sandbox", width=width)
        assert serious_issues(tab) == []
        tab.evaluate("document.getElementById('shop-create-order-acme-items').value = 'NOTEBOOK:2'")
        tab.follow("document.querySelector('form:has([value=\"shop/create-order\"]) button').click()")
        listed = tab.evaluate("document.querySelector('table').innerText")
        (number, *_) = re.findall(r"\d{5}", listed)
        assert shown(served, number)["items"] == "2 x NOTEBOOK"
        tab.go(f"{served.url}/sandbox?order={number}")
        assert serious_issues(tab) == []
        tab.follow("document.querySelector('form:has([value=\"shop/cancel\"]) button').click()")
        assert shown(served, number)["state"] == "canceled"
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert tab.complaints() == []
