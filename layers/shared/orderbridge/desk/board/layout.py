"""What all pages of the board share: the frame, times, statuses, links, tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.order_board import ZONE
from orderbridge.ledger.lifecycle import Status

if TYPE_CHECKING:
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
    "Cache-Control": "no-store",
}
"""Headers of every page: no scripts, nothing from other hosts, no caching. With ``no-referrer`` a browser would not say
that a form comes from this board.
"""
_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%231f6b4a' "
    "d='M1 12V9a7 5 0 0 1 14 0v3h-3V9.500a4 3 0 0 0-8 0V12z'/%3E%3C/svg%3E"
)
_LOOKS: Final = {
    Status.REJECTED: "bad",
    Status.HELD: "look",
    Status.CANCELLING: "look",
    Status.CANCELLED: "look",
    Status.SHIPPED: "good",
    Status.PARTIALLY_SHIPPED: "moving",
    Status.ACKNOWLEDGED: "moving",
}


def page(title: str, *content: Content, now: datetime, query: str = "", refresh: int | None = None) -> str:
    """A whole page. ``query`` is the text of the search box; ``refresh`` reloads the page after so many seconds."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="refresh", content=refresh) if refresh else None,
        el("title", title if title == "orderbridge" else f"{title} · orderbridge"),
        el("link", rel="icon", href=_ICON),
        el("style", Markup(STYLE)),
    )
    search = el(
        "form",
        el("label", "Order number", for_="q"),
        el("input", id="q", name="q", type="search", value=query, maxlength=100, autocomplete="off",
           placeholder="Order number"),
        el("button", "Find", type="submit"),
        action="/search", method="get", role="search",
    )  # fmt: skip
    header = el(
        "header",
        el("a", "orderbridge", href="/", class_="name"),
        el(
            "nav",
            el("a", "Orders", href="/"),
            el("a", "Stock", href="/stock"),
            el("a", "Billing", href="/billing"),
            el("a", "Failed messages", href="/failed"),
            aria_label="Pages",
        ),
        search,
    )
    footer = el(
        "footer",
        el("p", "As of ", exact(now), ". Times are those of Berlin; each shows its UTC time when you point at it."),
    )
    body = el(
        "body",
        el("a", "Skip to the content", href="#content", class_="skip"),
        header,
        el("main", el("h1", title if title != "orderbridge" else "Orders"), content, id="content"),
        footer,
    )
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


def brief(moment: datetime | None, now: datetime) -> Markup | None:
    """A time, as short as possible: only the hour for today, otherwise with the day."""
    if moment is None:
        return None
    local, today = moment.astimezone(ZONE), now.astimezone(ZONE)
    if local.date() == today.date():
        text = f"{local:%H:%M}"
    elif local.year == today.year:
        text = f"{local.day} {local:%b %H:%M}"
    else:
        text = f"{local.day} {local:%b %Y %H:%M}"
    return _time(moment, text)


def exact(moment: datetime) -> Markup:
    """A time to the second."""
    local = moment.astimezone(ZONE)
    return _time(moment, f"{local.day} {local:%b %Y, %H:%M:%S}")


def _time(moment: datetime, text: str) -> Markup:
    utc = moment.astimezone(UTC)
    return el("time", text, datetime=f"{utc:%Y-%m-%dT%H:%M:%SZ}", title=f"{utc:%Y-%m-%d %H:%M:%S} UTC")


def status_badge(status: Status) -> Markup:
    return badge(status.value.replace("_", " "), _LOOKS.get(status, ""))


def badge(text: str, look: str = "") -> Markup:
    """A word in a box. ``look``: ``bad``, ``look`` (at it), ``moving``, ``good``, or nothing."""
    return el("span", text, class_=f"badge {look}".strip())


def order_link(order: OrderSummary) -> Markup:
    """The number that people know an order by, leading to its page."""
    name = order.shop_number or str(order.billbee_id)
    return el("a", name, href=order_url(order), class_="number")


def order_url(order: OrderSummary) -> str:
    return f"/orders/{quote(order.merchant, safe='')}/{order.billbee_id}"


def board_url(merchant: str | None = None, refresh: int | None = None) -> str:
    asked = {"merchant": merchant, "refresh": refresh}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"/?{query}" if query else "/"


def stock_url(merchant: str, sku: str | None = None) -> str:
    query = f"?{urlencode({'sku': sku})}" if sku is not None else ""
    return f"/stock/{quote(merchant, safe='')}{query}"


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[Content]], amounts: int = 0) -> Markup:
    """A table whose first cell of a row names it. The last ``amounts`` columns hold numbers.

    On a phone its rows become blocks; the roles keep it a table for screen readers.
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
                el("td", cell, role="cell", data_label=f"{headings[n]}:", class_=look(n))
                for n, cell in enumerate(row[1:], start=1)
            ],
            role="row",
        )
        for row in rows
    ]
    return el(
        "table",
        el("caption", caption),
        el("thead", head, role="rowgroup"),
        el("tbody", body, role="rowgroup"),
        class_="stack",
        role="table",
    )


def quiet(*content: Content) -> Markup:
    return el("p", *content, class_="quiet")
