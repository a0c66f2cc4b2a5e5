"""The order board as `serve` serves it, in a real browser, over the demo's orders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from local.demo import Demo
from testkit.processes.serving import Served, serve
from testkit.processes.waiting import PATIENCE, wait_until
from tests.browser import Chromium, browser, needs_browser

LISTED = """[...document.querySelectorAll("tbody .number")].map(link => Number(link.pathname.split("/").pop()))"""


pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group(__name__)]


@pytest.fixture(scope="module")
def demo() -> Iterator[Served]:
    """`serve` with the demo's merchants, once every order of theirs has come as far as it does without a parcel."""
    with serve("--warehouse", "hand") as served:
        imported = len(_there_from_the_start())

        def all_there() -> bool:
            open_orders, ended = (
                requests.get(f"{served.url}/orders", {"show": show}, timeout=PATIENCE).text for show in ("", "rejected")
            )
            waits = any(f">{one}</span>" in open_orders for one in ("queued", "submitting", "submitted"))
            return not waits and open_orders.count('"number"') + ended.count('"number"') >= imported

        wait_until(all_there)
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with browser() as started:
        yield started


def _there_from_the_start() -> set[int]:
    """The orders that are imported without anybody selling them later, as the demo itself does."""
    demo = Demo()
    scenarios = [scenario for one in demo.merchants for scenario in one.scenarios]
    return {one.billbee_id for one in scenarios if one.is_there_at_first and one.ends != "ignored"}


def rejected() -> set[int]:
    return {
        billbee_id
        for orders in Demo().expected().values()
        for billbee_id, expected in orders.items()
        if expected.status == "rejected"
    } & _there_from_the_start()


@needs_browser
def test_the_demos_orders_stand_where_they_belong_and_the_browser_has_nothing_to_complain(
    demo: Served, chromium: Chromium
) -> None:
    tab = chromium.open(f"{demo.url}/orders?show=rejected")
    assert set(tab.evaluate(LISTED)) == rejected()
    tab.go(f"{demo.url}/orders")
    assert set(tab.evaluate(LISTED)) == _there_from_the_start() - rejected()
    tab.go(demo.url)
    assert f"{len(rejected())}</span> Rejected</h3>" in tab.evaluate("document.querySelector('#work').innerHTML")
    # A violated policy is logged; and the style, which the policy names by its hash, has been applied.
    assert tab.complaints() == []
    assert tab.evaluate("getComputedStyle(document.querySelector('.bench')).display") == "grid"


@needs_browser
def test_language_and_zone_stay_as_they_were_chosen(demo: Served, chromium: Chromium) -> None:
    tab = chromium.open(demo.url)
    tab.evaluate("document.querySelector('select[name=lang]').value = 'de'")
    tab.evaluate("document.querySelector('select[name=zone]').value = 'America/New_York'")
    tab.follow("document.querySelector('footer form button').click()")
    tab.go(f"{demo.url}/orders")
    assert tab.evaluate("document.documentElement.lang") == "de"
    assert "Alle Zeiten gelten für America/New York." in tab.evaluate("document.querySelector('footer').textContent")
    tab.go(f"{demo.url}/?lang=en&zone=Europe/Berlin")
    assert tab.evaluate("document.documentElement.lang") == "en"


@needs_browser
def test_a_number_typed_into_the_search_box_leads_to_the_order_and_its_timeline(
    demo: Served, chromium: Chromium
) -> None:
    tab = chromium.open(demo.url)
    tab.evaluate("document.querySelector('#q').value = '#ACME-5001'")
    tab.follow("document.querySelector('header form button').click()")
    assert tab.evaluate("location.pathname") == "/orders/acme/5001"
    assert tab.evaluate("document.querySelector('h1').textContent") == "Order ACME-5001"
    steps = tab.evaluate("[...document.querySelectorAll('.timeline .badge')].map(badge => badge.textContent)")
    assert steps[-4:] == ["acknowledged", "submitted", "submitting", "queued"]
    tab.follow("document.querySelector('tbody a[href^=\"/stock/\"]').click()")
    assert tab.evaluate("location.pathname") == "/stock/acme"
    assert "told to Billbee" in tab.evaluate("document.querySelector('main').textContent")
    assert tab.complaints() == []


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_fits_a_phone(demo: Served, chromium: Chromium, scheme: str) -> None:
    tab = chromium.open(demo.url, width=360, scheme=scheme)
    for path in ("/?merchant=acme", "/orders/acme/5008", "/stock/acme", "/failed", "/search?q=1", "/jobs", "/"):
        tab.go(demo.url + path)
        assert tab.evaluate("document.documentElement.scrollWidth") == 360, path
        assert (
            tab.evaluate("getComputedStyle(document.body).backgroundColor")
            == {
                "light": "rgb(246, 247, 245)",
                "dark": "rgb(18, 22, 20)",
            }[scheme]
        )


def test_a_page_comes_with_the_headers_that_keep_it_safe(demo: Served) -> None:
    for path, status in (("/", 200), ("/orders/acme/5001", 200), ("/search?q=0815", 404), ("/nowhere", 404)):
        answer = requests.get(demo.url + path, timeout=PATIENCE)
        assert answer.status_code == status
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_webhooks_are_served_beside_the_board(demo: Served) -> None:
    answer = requests.get(f"{demo.url}/webhooks/billbee/acme", params={"echo": "a text"}, timeout=PATIENCE)
    assert (answer.status_code, answer.text) == (200, "a text")
    assert requests.post(f"{demo.url}/", timeout=PATIENCE).status_code == 404


def test_serve_says_where_the_board_is(demo: Served) -> None:
    assert demo.said(f"the order board is at {demo.url}/")


def test_the_built_in_billbee_rings_at_serves_own_port(demo: Served) -> None:
    for name in ("acme", "nordlicht"):
        demo.wait_for(f"Billbee rings at {demo.url}/webhooks/billbee/{name}")
    demo.wait_for("Ring taken")
    assert not demo.said("Ring refused")
