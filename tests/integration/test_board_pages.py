"""The board's pages as HTML: nothing on them is taken for HTML, and everybody can read them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from orderbridge.desk.board.action import Action
from orderbridge.desk.board.layout import HEADERS
from orderbridge.desk.board.pages import failed_page, order_page
from orderbridge.ledger.lifecycle import Status
from testkit.clock import NOON
from tests.browser import browser, needs_browser
from tests.integration.board_scene import NASTY, Scene, nasty_pages


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


def test_what_others_wrote_is_shown_and_never_run(scene: Scene) -> None:
    for name, html in nasty_pages(scene).items():
        found = Elements(html)
        assert NASTY in found.text, name
        assert "script" not in found.tags, name
        assert [attribute for attribute, _ in found.attributes if attribute.startswith("on")] == [], name


def test_no_page_runs_a_script_or_loads_anything_or_can_change_anything(scene: Scene) -> None:
    for html in nasty_pages(scene).values():
        found = Elements(html)
        assert not {"script", "iframe", "object", "embed", "img"} & set(found.tags)
        forms = [value for attribute, value in found.attributes if attribute == "method"]
        assert set(forms) == {"get"}
        assert found.tags.count("h1") == found.tags.count("main") == 1
        leads_to = [value or "" for attribute, value in found.attributes if attribute in ("href", "action")]
        assert all(address.startswith(("/", "#", "data:image/svg+xml")) for address in leads_to)
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


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


@needs_browser
def test_every_page_fits_a_phone_can_be_read_in_either_light_and_be_listened_to(scene: Scene, tmp_path: Path) -> None:
    scene.dead_letter({"job": "push-orders"}, "W" * 300, merchant="m" * 64)
    scene.at(minutes=5).order(2, Status.SUBMITTING, shop_number="W" * 90, last={"reason": "W" * 300})
    for name, html in nasty_pages(scene).items():
        (tmp_path / f"{name.replace(' ', '_')}.html").write_text(html, encoding="utf-8")
    with browser() as chromium:
        tab = chromium.open("about:blank", width=375)
        for path in sorted(tmp_path.glob("*.html")):
            for width in (375, 320, 1280):
                tab.resize(width)
                tab.go(path.as_uri())
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, path.name
            assert tab.evaluate(NAMELESS) == [], path.name
            for scheme in ("light", "dark"):
                tab.use_scheme(scheme)
                assert tab.evaluate(FAINT_TEXT) == [], f"{path.name}, {scheme}"
            assert tab.evaluate("document.querySelectorAll('time').length") > 0
        assert tab.complaints() == []


def test_r44_an_action_leads_to_a_page_that_asks_first(scene: Scene) -> None:
    scene.order(1)
    view = scene.board.order("acme", 1)
    assert view is not None
    found = Elements(order_page(view, [Action("Give up", '/act/drop?effect=a"b', is_final=True)]))
    assert ("href", '/act/drop?effect=a"b') in found.attributes
    assert ("class", "button final") in found.attributes
    assert "post" not in [value for name, value in found.attributes if name == "method"]
    assert "Give up" not in Elements(order_page(view)).text


def test_each_failed_message_has_its_own_actions(scene: Scene) -> None:
    scene.dead_letter({"job": "push-orders"}, "a reason")
    scene.dead_letter({"job": "push-orders"}, "another reason")
    letters = scene.board.failed()
    html = failed_page(letters, NOON, {letters[0].message_id: [Action("Redrive", "/act/redrive")]})
    assert html.count('href="/act/redrive"') == 1
