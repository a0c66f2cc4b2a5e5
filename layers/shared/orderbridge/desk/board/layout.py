"""What all pages share: the frame, the headers, links, statuses, tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from orderbridge.desk.board.markup import Content, Markup, el, join
from orderbridge.desk.board.reader import LANGUAGES, ZONES, Reader
from orderbridge.ledger.lifecycle import Status

if TYPE_CHECKING:
    from orderbridge.desk.board.shops import Shop
    from orderbridge.ledger.record import OrderSummary

STYLE: Final = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every page: no scripts, nothing from other hosts, no caching, and no hold on it for a page of another
site that opened it. With ``no-referrer`` a browser would not say that a form comes from this board.
"""
HOME: Final = "orderbridge"
"""The title of the first screen."""
_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%231f6b4a' "
    "d='M1 12V9a7 5 0 0 1 14 0v3h-3V9.500a4 3 0 0 0-8 0V12z'/%3E%3C/svg%3E"
)
_PAGES: Final = (
    ("Work", (("/", "Today"), ("/orders", "Orders"), ("/failed", "Failed messages"), ("/jobs", "Jobs and troubles"))),
    ("Goods", (("/stock", "Stock"), ("/products", "Refused products"), ("/inbound", "Inbound"),
               ("/returns", "Returns"))),
    ("Numbers", (("/figures", "Figures"), ("/digests", "Digests"), ("/billing", "Billing"), ("/usage", "Calls"))),
)  # fmt: skip
_LOOKS: Final = {
    Status.REJECTED: "bad",
    Status.HELD: "look",
    Status.CANCELLING: "look",
    Status.CANCELLED: "look",
    Status.SHIPPED: "good",
    Status.PARTIALLY_SHIPPED: "moving",
    Status.ACKNOWLEDGED: "moving",
}
STATUSES: Final = {
    Status.QUEUED: "queued",
    Status.SUBMITTING: "submitting",
    Status.SUBMITTED: "submitted",
    Status.ACKNOWLEDGED: "acknowledged",
    Status.PARTIALLY_SHIPPED: "partially shipped",
    Status.SHIPPED: "shipped",
    Status.REJECTED: "rejected",
    Status.HELD: "on hold",
    Status.CANCELLING: "being cancelled",
    Status.CANCELLED: "cancelled",
}
"""The words for the statuses; the pages translate them."""


def page(say: Reader, title: str, *content: Content, asked: str = "", refresh: int | None = None) -> str:
    """A whole page. ``asked`` is the text of the search box; ``refresh`` reloads the page after so many seconds."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="refresh", content=refresh) if refresh else None,
        el("title", title if title == HOME else f"{title} · {HOME}"),
        el("link", rel="icon", href=_ICON),
        el("style", Markup(STYLE)),
    )
    body = el(
        "body",
        el("a", say("Skip to the content"), href="#content", class_="skip"),
        el("header", el("a", HOME, href="/", class_="name"), _search_box(say, asked), class_="top"),
        _pages(say),
        el(
            "main",
            el("h1", say("Today") if title == HOME else title),
            content,
            _footer(say),
            id="content",
        ),
    )
    return f"<!doctype html>\n{el('html', head, body, lang=say.language)}\n"


def _search_box(say: Reader, asked: str) -> Markup:
    label = say("Order, tracking number or SKU")
    return el(
        "form",
        el("label", label, for_="q", class_="unseen"),
        el("input", id="q", name="q", type="search", value=asked, maxlength=100, autocomplete="off",
           placeholder=label),
        el("button", say("Find"), type="submit"),
        action="/search", method="get", role="search",
    )  # fmt: skip


def _pages(say: Reader) -> Markup:
    """Links to all pages; the one that is shown, or that it belongs to, is marked."""
    groups = []
    for heading, pages in _PAGES:
        links = [el("li", el("a", say(name), href=url, aria_current=_current(say.path, url))) for url, name in pages]
        groups.append((el("p", say(heading), class_="heading"), el("ul", links)))
    return el("nav", groups, aria_label=say("Pages"), class_="pages")


def _current(path: str, url: str) -> str | None:
    if path == url:
        return "page"
    return "true" if url != "/" and path.startswith(f"{url}/") else None


def _footer(say: Reader) -> Markup:
    """When the page was made, and in which language and zone the next one will be."""
    # A link that only changes the language must not ask for an action again.
    acting = say.path.startswith(("/act", "/done", "/sign", "/callback"))
    asked = {} if acting else say.query
    kept = [el("input", type="hidden", name=name, value=value) for name, value in asked.items()]
    languages = [
        el("option", name, value=code, selected=code == say.language, lang=code) for code, name in LANGUAGES.items()
    ]
    zones = [el("option", zone.replace("_", " "), value=zone, selected=zone == say.zone) for zone in _zones(say)]
    form = el(
        "form",
        kept,
        el("label", say("Language"), el("select", languages, name="lang")),
        el("label", say("Time zone"), el("select", zones, name="zone")),
        el("button", say("Use"), type="submit", class_="plain"),
        action="/" if acting else say.path, method="get", class_="choices",
    )  # fmt: skip
    made = say("All times are those of {zone}.", zone=say.zone.replace("_", " "))
    signed_in = say("Signed in as {name}.", name=say.signed_in), " ", el("a", say("Sign out"), href="/sign-out")
    return el(
        "footer",
        el("p", say("As of"), " ", say.exact(say.now), ". ", made),
        el("p", signed_in) if say.signed_in else None,
        form,
    )


def _zones(say: Reader) -> list[str]:
    return [*ZONES, *([say.zone] if say.zone not in ZONES else [])]


# ---- Words and links


def status_badge(say: Reader, status: Status) -> Markup:
    return badge(say(STATUSES[status]), _LOOKS.get(status, ""))


def badge(text: str, look: str = "") -> Markup:
    """A word in a box. ``look``: ``bad``, ``look`` (at it), ``moving``, ``good``, or nothing."""
    return el("span", text, class_=f"badge {look}".strip())


def order_name(order: OrderSummary) -> str:
    """The number that people know an order by."""
    return order.shop_number or str(order.billbee_id)


def order_link(order: OrderSummary) -> Markup:
    return el("a", order_name(order), href=order_url(order), class_="number")


def order_url(order: OrderSummary) -> str:
    return f"/orders/{quote(order.merchant, safe='')}/{order.billbee_id}"


def url(path: str, **asked: str | None) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{query}" if query else path


def board_url(merchant: str | None = None) -> str:
    return url("/", merchant=merchant)


def stock_url(merchant: str, sku: str | None = None) -> str:
    return url(f"/stock/{quote(merchant, safe='')}", sku=sku)


def outside(text: Content, address: str) -> Markup:
    """A link to a page of somebody else's, which does not learn where its reader came from."""
    return el("a", text, href=address, rel="noreferrer noopener", class_="outside")


# ---- Parts


def quiet(*content: Content) -> Markup:
    return el("p", *content, class_="quiet")


def facts(pairs: Iterable[tuple[str, Content]]) -> Markup:
    """Names with their values; those without a value are left out."""
    return el("dl", [el("div", el("dt", name), el("dd", value)) for name, value in pairs if value])


def merchant_chooser(say: Reader, shops: Sequence[Shop], chosen: str | None, **kept: str | None) -> Markup | None:
    """Which merchants are shown: links for a few, a list for many."""
    if len(shops) < 2:
        return None
    label = say("Merchant")
    if len(shops) <= 6:
        everyone = el("a", say("All merchants"), href=url(say.path, **kept), aria_current=None if chosen else "page")
        chips = [el("li", everyone)]
        for shop in shops:
            mode = (" ", badge(say(shop.mode), "look" if shop.settings else "bad")) if shop.mode != "live" else None
            here = "page" if shop.name == chosen else None
            link = el("a", shop.name, mode, href=url(say.path, merchant=shop.name, **kept), aria_current=here)
            chips.append(el("li", link))
        return el("nav", el("ul", chips, class_="chips"), aria_label=label)
    return el(
        "form",
        [el("input", type="hidden", name=name, value=value) for name, value in kept.items() if value],
        el("label", label, _merchant_select(say, shops, chosen)),
        el("button", say("Show"), type="submit", class_="plain"),
        action=say.path, method="get", class_="choices",
    )  # fmt: skip


def choices(
    say: Reader, path: str, label: str, name: str, options: Content, shops: Sequence[Shop], chosen: str | None
) -> Markup:
    """A form that shows a page for another choice of something, and of the merchants if there are several."""
    return el(
        "form",
        el("label", label, el("select", options, name=name)),
        el("label", say("Merchant"), _merchant_select(say, shops, chosen)) if len(shops) > 1 else None,
        el("button", say("Show"), type="submit"),
        action=path, method="get", class_="choices",
    )  # fmt: skip


def _merchant_select(say: Reader, shops: Sequence[Shop], chosen: str | None) -> Markup:
    options = [el("option", shop.name, value=shop.name, selected=shop.name == chosen) for shop in shops]
    everyone = el("option", say("All merchants"), value="", selected=chosen is None)
    return el("select", everyone, options, name="merchant")


def table(
    caption: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Content]],
    amounts: int = 0,
    *,
    unseen: bool = False,
) -> Markup:
    """A table whose first cell of a row names it. The last ``amounts`` columns hold numbers.

    On a phone its rows become blocks; the roles keep it a table for screen readers.

    Args:
        unseen: the caption is for those who do not see the page; a heading above says the same.
    """
    plain = len(headings) - amounts

    def look(column: int) -> str | None:
        return "amount" if column >= plain else None

    head = el(
        "tr",
        [el("th", h, scope="col", role="columnheader", class_=look(n)) for n, h in enumerate(headings)],
        role="row",
    )
    body = [
        el(
            "tr",
            el("th", row[0], scope="row", role="rowheader"),
            [
                el("td", _whole(cell), role="cell", data_label=headings[n], class_=look(n))
                for n, cell in enumerate(row[1:], start=1)
            ],
            role="row",
        )
        for row in rows
    ]
    return el(
        "table",
        el("caption", caption, class_="unseen" if unseen else None),
        el("thead", head, role="rowgroup"),
        el("tbody", body, role="rowgroup"),
        class_="stack",
        role="table",
    )


def tile(figure: str, label: str, hint: str, address: str | None, look: str = "") -> Markup:
    """A figure at a glance, which may lead to where it comes from."""
    parts = (
        el("span", figure, class_="figure"),
        el("span", label, class_="label"),
        el("span", hint, class_="hint"),
    )
    return el("li", el("a", parts, href=address) if address else el("div", parts), class_=look or None)


def _whole(cell: Content) -> Markup | None:
    """A cell's content as one part, which stands beside its heading on a phone; nothing if it is empty."""
    content = join(cell)
    return el("div", content) if content.html else None


def further(say: Reader, begin: str | None) -> Markup | None:
    """The link to the next page of a list. ``begin``: where it begins."""
    return el("p", el("a", say("Further"), " →", href=say.here(begin=begin)), class_="further") if begin else None


def no_merchant(say: Reader) -> Markup:
    return el(
        "div",
        el("p", el("strong", say("There is no merchant yet."))),
        el("p", say("A merchant exists once it has settings:"), " ", el("code", "orderbridge merchants add")),
        class_="panel empty",
    )
