"""The board's pages as HTML: nothing on them is taken for HTML, and everybody can read them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from orderbridge.desk.board.action import Action
from orderbridge.desk.board.layout import HEADERS
from orderbridge.desk.board.list_pages import failed_page
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.reader import LANGUAGES
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.problem import Language
from orderbridge.ledger.record import Parcel
from testkit.clock import NOON
from tests.axe import serious_issues
from tests.board_showcase import SHOWN, showcase
from tests.browser import browser, needs_browser
from tests.integration.board_scene import NASTY, STEPS, Scene, nasty_pages


class Elements(HTMLParser):
    """What a browser makes of a page: its elements, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_others_wrote_is_shown_and_never_run(scene: Scene, language: Language) -> None:
    for name, html in nasty_pages(scene, language).items():
        found = Elements(html)
        assert NASTY in found.text, name
        assert "script" not in found.tags, name
        assert [attribute for attribute, _ in found.attributes if attribute.startswith("on")] == [], name
        assert f'lang="{language}"' in html, name


def test_no_page_runs_a_script_or_loads_anything_or_can_change_anything(scene: Scene) -> None:
    for name, html in nasty_pages(scene).items():
        found = Elements(html)
        assert not {"script", "iframe", "object", "embed", "img", "link rel=stylesheet"} & set(found.tags)
        assert found.tags.count("h1") == found.tags.count("main") == 1, name
        leads_to = {value or "" for attribute, value in found.attributes if attribute in ("href", "action")}
        outside = {address for address in leads_to if not address.startswith(("/", "#", "data:image/svg+xml"))}
        assert all(address.startswith("https://") for address in outside), name
        assert ("method", "post") not in found.attributes, name
        assert [value for attribute, value in found.attributes if attribute == "style"] == [], name
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_the_page_that_is_shown_is_marked_and_the_filters_are_in_the_address(scene: Scene) -> None:
    assert '<a href="/orders" aria-current="page">Orders</a>' in scene.page("/orders", show="shipped")
    scene.order(1)
    assert '<a href="/orders" aria-current="true">Orders</a>' in scene.page("/orders/acme/1")
    assert '<option value="shipped" selected>Shipped orders</option>' in scene.page("/orders", show="shipped")


# In a browser


#: The text whose contrast with what is behind it is less than WCAG's AA asks for, with the ratio.
FAINT_TEXT = """(() => {
  const light = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const luminance = rgb => 0.2126 * light(rgb[0]) + 0.7152 * light(rgb[1]) + 0.0722 * light(rgb[2]);
  const numbers = colour => colour.match(/[0-9.]+/g).map(Number);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const a = luminance(numbers(getComputedStyle(e).color)), b = luminance(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push([e.outerHTML.slice(0, 90), ratio]);
  }
  return faint;
})()"""
#: Elements that a screen reader could not name.
NAMELESS = """[...document.querySelectorAll("input, a, button, th, table, nav")].filter(e =>
  e.tagName === "INPUT" ? !e.labels.length : e.tagName === "TABLE" ? !e.caption :
  e.tagName === "TH" ? !e.scope : e.tagName === "NAV" ? !e.ariaLabel : !e.textContent.trim()).map(e => e.outerHTML)"""


def wide_pages(scene: Scene) -> dict[str, str]:
    """Every page with names, numbers and texts as long as they get, in both languages; and those of a busy month."""
    scene.dead_letter({"job": "push-orders"}, "W" * 300, merchant="m" * 64)
    scene.at(minutes=45).order(2, Status.SUBMITTING, shop_number="W" * 90, last={"reason": "W" * 300})
    many = {f"SKU-{'X' * 50}-{number:02d}": number + 1 for number in range(40)}
    parcels = {f"1Z{number:030d}": Parcel("UPS Ground", NOON) for number in range(12)}
    scene.order(3, *STEPS, Status.SHIPPED, pieces=many, last={"parcels": parcels})
    pages = {f"{name}, en": html for name, html in nasty_pages(scene).items()}
    pages["order of 40 lines"] = scene.page("/orders/acme/3")
    pages |= {f"{name}, de": html for name, html in nasty_pages(Scene(), "de").items()}
    month = showcase()
    for path, query in SHOWN:
        for language in LANGUAGES:
            pages[f"month {path} {query} {language}"] = month.page(path, **query, lang=language)
    return pages


@needs_browser
def test_every_page_fits_a_phone_can_be_read_in_either_light_and_be_listened_to(scene: Scene, tmp_path: Path) -> None:
    with browser() as chromium:
        tab = chromium.open("about:blank", width=360)
        for place, (name, html) in enumerate(wide_pages(scene).items()):
            file = tmp_path / f"{place}.html"
            file.write_text(html, encoding="utf-8")
            tab.resize(360)
            tab.go(file.as_uri())
            for width in (360, 320, 768, 1280):
                tab.resize(width)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, f"{name}, {width}"
            assert tab.complaints() == [], name
            for width, scheme in ((360, "light"), (1280, "light"), (1280, "dark")):
                tab.resize(width)
                tab.use_scheme(scheme)
                assert serious_issues(tab) == [], f"{name}, {width}, {scheme}"
            assert tab.evaluate("document.querySelectorAll('time').length") > 0


@needs_browser
def test_the_board_can_be_used_with_the_keyboard_alone(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "home.html"
    file.write_text(nasty_pages(scene)["home"], encoding="utf-8")
    with browser() as chromium:
        tab = chromium.open(file.as_uri())
        tab.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        reached = set()
        for _ in range(200):
            tab.press("Tab")
            reached.add(tab.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
        unreachable = tab.evaluate(
            """[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
            .filter(e => e.checkVisibility() && e.tabIndex < 0).map(e => e.outerHTML)"""
        )
        assert unreachable == []
        everything = tab.evaluate(
            """[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
            .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 200))"""
        )
        assert set(everything) <= reached


# Actions


def test_r44_an_action_leads_to_a_page_that_asks_first(scene: Scene) -> None:
    scene.order(1)
    view = scene.board.order("acme", 1)
    assert view is not None
    found = Elements(order_page(scene.say(), view, [Action("Give up", '/act/drop?effect=a"b', is_final=True)]))
    assert ("href", '/act/drop?effect=a"b') in found.attributes
    assert ("class", "button final") in found.attributes
    assert "post" not in [value for name, value in found.attributes if name == "method"]
    assert "Give up" not in Elements(order_page(scene.say(), view)).text


def test_each_failed_message_has_its_own_actions(scene: Scene) -> None:
    scene.dead_letter({"job": "push-orders"}, "a reason")
    scene.dead_letter({"job": "push-orders"}, "another reason")
    letters = scene.board.failed()
    html = failed_page(scene.say(), letters, {letters[0].message_id: [Action("Redrive", "/act/redrive")]})
    assert html.count('href="/act/redrive"') == 1
