"""The page *Sandbox*: forms for what the command line does, in the frame of the board. Plain HTML, without scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from local.sandbox import shown, warehouse
from local.sandbox.places import Place, Places, Wire
from local.simulators.bibi.records import FINAL
from orderbridge.desk.board.layout import HEADERS as BOARD_HEADERS
from orderbridge.desk.board.layout import badge, facts, page, quiet, table
from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.reader import Reader

PATH: Final = "/sandbox"
STYLE: Final = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY: Final = "Content-Security-Policy"
HEADERS: Final = {
    **BOARD_HEADERS,
    _POLICY: BOARD_HEADERS[_POLICY].replace("style-src ", f"style-src 'sha256-{_STYLE_HASH}' "),
}
"""Those of the board, which also has the browser say where a form comes from; and the style of the forms."""
_NEWEST: Final = 50
_LAST_ACTS: Final = 8


def with_link(html: str, *, here: bool = False) -> str:
    """A page of the board whose navigation, the first of a page, leads here as well. ``here``: it is the sandbox."""
    link = el("ul", el("li", el("a", "Sandbox", href=PATH, aria_current="page" if here else None)))
    group = el("p", "This machine", class_="heading"), link
    return html.replace("</nav>", f"{group[0]}{group[1]}</nav>", 1)


def sandbox_page(here: Places, now: datetime, *, order: str | None = None, refusal: str = "") -> str:
    """All orders with forms for new ones; or one order with what can be done to it, under any of its numbers."""
    told = el("p", badge("not done", "bad"), " ", refusal, role="alert") if refusal else None
    if order is not None:
        text = page(Reader(now, path=PATH), f"Sandbox: order {order}", told, _order(here, order), _done(here))
    else:
        text = page(Reader(now, path=PATH), "Sandbox", told, _everything(here), _done(here))
    return text.replace("</head>", f"<style>{STYLE}</style></head>", 1)


def _everything(here: Places) -> Content:
    return [
        quiet(
            "You play the merchant at the simulated Billbee and the warehouse at the simulated BiBi. "
            "Nothing here leaves this machine."
        ),
        el("p", here.closed) if here.closed else None,
        el(
            "div",
            _panel("New order", [_create(place) for place in here.places.values() if place.shop]),
            _panel(
                "Warehouse",
                form("warehouse/step", "Work one step"),
                [_receive(place) for place in here.places.values() if place.warehouse],
            ),
            _panel("Merge two orders", form("shop/merge", "Merge", ("order", "Order that stays"), ("other", "Other"))),
            class_="pictures acts",
        ),
        [_orders(place) for place in here.places.values() if place.shop],
        [_books(place) for place in here.places.values() if place.warehouse and not place.shop],
    ]


def _create(place: Place) -> Markup:
    assert place.shop is not None
    skus = [str(one["SKU"]) for one in place.shop.products.values()]
    return form(
        "shop/create-order",
        f"Order from {place.merchant}",
        ("items", f"Items: {skus[0] if skus else 'SKU'}:2, …"),
        ("country", "Country"),
        ("currency", "Currency"),
        ("personalise", "Personalisation: Name=Mia"),
        ("tags", "More tags"),
        merchant=place.merchant,
        ticks=(("unpaid", "Not paid"),),
    )


def _receive(place: Place) -> Markup:
    fields = (("sku", "SKU"), ("quantity", "Pieces"))
    return form("warehouse/receive", f"Goods for {place.merchant} arrive", *fields, merchant=place.merchant)


def _orders(place: Place) -> Markup:
    assert place.shop is not None
    newest = list(place.shop.orders.values())[: -_NEWEST - 1 : -1]
    rows = [
        [
            _link(shown.named(one)),
            badge(shown.state(one)),
            _at_warehouse(place, shown.named(one)),
            shown.contents(one),
            ", ".join(one["Tags"]),
            shown.total(one),
        ]
        for one in newest
    ]
    headings = ["Order", "Billbee", "Warehouse", "Items", "Tags", "Total"]
    caption = f"Orders of {place.merchant}, the newest {len(rows)} of {len(place.shop.orders)}"
    return el("section", table(caption, headings, rows, amounts=1), class_="panel")


def _books(place: Place) -> Markup:
    """Of a merchant whose Billbee is another one."""
    assert place.warehouse is not None
    newest = list(place.warehouse.orders.values())[: -_NEWEST - 1 : -1]
    rows = [[_link(one.number), badge(one.status), warehouse.row(place, one)["items"]] for one in newest]
    return el("section", table(f"Orders of {place.merchant}", ["Order", "Warehouse", "Items"], rows), class_="panel")


def _order(here: Places, name: str) -> Content:
    back = el("p", el("a", "All orders", href=PATH))
    places = [place for place in here.places.values() if place.find_in_shop(name) or place.find_at_warehouse(name)]
    if not places:
        return [el("p", f"There is no order {name}."), back]
    return [[_order_of(place, name) for place in places], back]


def _order_of(place: Place, name: str) -> Content:
    sold, booked = place.find_in_shop(name), place.find_at_warehouse(name)
    pairs: list[tuple[str, Content]] = [
        ("Merchant", place.merchant),
        *(_sold_facts(sold) if sold else ()),
        ("Warehouse", booked.status if booked else "not there"),
        ("Tracking", ", ".join(booked.tracking) if booked else None),
        ("Board", el("a", "its page", href=f"/orders/{place.merchant}/{shown.named(sold)}") if sold else None),
    ]
    is_open = booked is not None and any(part.status not in FINAL for part in booked.parts)
    return [
        el("section", facts(pairs), class_="panel"),
        el(
            "div",
            _shop_forms(place, sold) if sold else None,
            _warehouse_forms(place, booked.number, is_open=is_open) if booked else None,
            class_="pictures acts",
        ),
    ]


def _sold_facts(sold: Wire) -> list[tuple[str, Content]]:
    return [
        ("Billbee", f"{shown.named(sold)} ({sold['OrderNumber']}): {shown.state(sold)}"),
        ("Items", shown.contents(sold)),
        ("Total", shown.total(sold)),
        ("To", shown.destination(sold)),
        ("Tags", ", ".join(sold["Tags"])),
        *(("Buyer" if one["FromCustomer"] else "Message", one["Text"]) for one in sold["Comments"]),
    ]


def _shop_forms(place: Place, sold: Wire) -> Content:
    def act(name: str, button: str, *fields: tuple[str, str]) -> Markup:
        return form(f"shop/{name}", button, *fields, merchant=place.merchant, order=shown.named(sold))

    return [
        _panel(
            "Billbee: state",
            act("pay", "Payment arrives"),
            act("cancel", "Cancel"),
            act("copy", "Copy"),
            act("refund", "Credit note", ("items", "Items, or all")),
        ),
        _panel("Billbee: tags", act("tag", "Tag", ("tags", "Tags")), act("untag", "Take off", ("tags", "Tags"))),
        _panel(
            "Billbee: contents",
            act("change-quantity", "Change", ("sku", "SKU"), ("quantity", "Pieces")),
            act("message", "Buyer writes", ("text", "Message")),
            act(
                "edit-address",
                "Change address",
                ("last_name", "Last name"),
                ("street", "Street"),
                ("house_number", "Number"),
                ("zip_code", "ZIP"),
                ("city", "City"),
                ("state", "State"),
                ("country", "Country"),
            ),
        ),
    ]


def _warehouse_forms(place: Place, number: str, *, is_open: bool) -> Markup:
    def act(name: str, button: str, *fields: tuple[str, str]) -> Markup:
        return form(f"warehouse/{name}", button, *fields, merchant=place.merchant, order=number)

    open_forms = [
        act("ship", "Ship", ("items", "Items, or all"), ("parcels", "Parcels")),
        act("backorder", "Backorder"),
        act("cancel", "Cancel", ("items", "Items, or all")),
    ]
    return _panel(
        "Warehouse",
        open_forms if is_open else None,
        act("return", "Comes back", ("sku", "SKU"), ("quantity", "Pieces")),
    )


def form(
    act: str, button: str, *fields: tuple[str, str], ticks: Iterable[tuple[str, str]] = (), **hidden: str
) -> Markup:
    """A form for an act: what is asked for as (field, what it is called), and what is known already.

    It is sent to the page that it is on.
    """
    name = "-".join((act.replace("/", "-"), *hidden.values()))
    return el(
        "form",
        [el("input", type="hidden", name=key, value=value) for key, value in {"act": act, **hidden}.items()],
        [
            el(
                "span",
                el("label", called, for_=f"{name}-{field}"),
                el("input", id=f"{name}-{field}", name=field, maxlength=500, autocomplete="off"),
            )
            for field, called in fields
        ],
        [
            el(
                "span",
                el("input", type="checkbox", id=f"{name}-{field}", name=field, value="true"),
                el("label", called, for_=f"{name}-{field}"),
                class_="tick",
            )
            for field, called in ticks
        ],
        el("button", button, type="submit"),
        method="post",
    )


def _panel(title: str, *content: Content) -> Markup:
    return el("section", el("h2", title), content, class_="panel")


def _link(name: str) -> Markup:
    return el("a", name, href=f"{PATH}?{urlencode({'order': name})}", class_="number")


def _at_warehouse(place: Place, name: str) -> Content:
    booked = place.find_at_warehouse(name)
    return badge(booked.status) if booked else "not there"


def _done(here: Places) -> Content:
    """What was done last, on the page or by the command line."""
    if not here.done:
        return None
    last = here.done[: -_LAST_ACTS - 1 : -1]
    return el("section", el("h2", "Done last"), el("ul", [el("li", line) for line in last]), class_="panel")
