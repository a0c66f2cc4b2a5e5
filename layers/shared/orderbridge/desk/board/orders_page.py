"""Orders in lists, and what a search has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board.layout import (
    badge,
    choices,
    further,
    order_link,
    page,
    quiet,
    status_badge,
    stock_url,
    table,
)
from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.order_list import Ended, Promised, Shown, standing_of
from orderbridge.desk.board.shops import as_noted
from orderbridge.desk.board.waiting import WaitsFor, ordered_at, waits_for
from orderbridge.ledger.lifecycle import OPEN
from orderbridge.merchants.promise import Standing, last_day

if TYPE_CHECKING:
    from orderbridge.desk.board.order_list import OrderList
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.search import Found
    from orderbridge.desk.board.shops import Shop
    from orderbridge.ledger.record import LedgerOrder, OrderSummary

ORDER_WAITS: Final = {
    WaitsFor.SENDING: "the warehouse to take it",
    WaitsFor.TAG: "its tag in Billbee",
    WaitsFor.PACKING: "the warehouse to pack it",
    WaitsFor.GOODS: "goods missing at the warehouse",
    WaitsFor.REST: "its other parcels",
    WaitsFor.RELEASE: "its release from hold",
    WaitsFor.CANCELLATION: "the answer to its cancellation",
    WaitsFor.SHOP: "Billbee to be told",
}
STANDINGS: Final = {
    Standing.ON_TIME: ("on time", "good"),
    Standing.AT_RISK: ("leaves today", "look"),
    Standing.LATE: ("late", "bad"),
}
_NOT_SAID_BY_STATUS: Final = frozenset({WaitsFor.GOODS, WaitsFor.SHOP})
_PROMISED: Final = {Promised.RISK: "Late, or to leave today"}
_ENDED: Final = {
    Ended.SHIPPED: "Shipped orders",
    Ended.CANCELLED: "Cancelled orders",
    Ended.REJECTED: "Rejected orders",
    Ended.QUARANTINED: "Quarantined orders",
    Ended.REHEARSED: "Rehearsed orders",
}


def orders_page(say: Reader, found: OrderList, shops: Sequence[Shop]) -> str:
    """A page of a list, with what it can show instead."""
    many = found.chosen is None and len(shops) > 1
    title = say("Open orders")
    if isinstance(found.shown, Ended):
        title = say(_ENDED[found.shown])
    elif isinstance(found.shown, Promised):
        title = say(_PROMISED[found.shown])
    if found.orders:
        listed: Content = el("div", _table(say, title, found.orders, found.records, shops, many=many), class_="panel")
    else:
        listed = el("div", quiet(say("There is no such order.")), class_="panel empty")
    begin = found.further.isoformat() if found.further else None
    return page(say, title, _filters(say, found.shown, shops, found.chosen), listed, further(say, begin))


def search_page(say: Reader, found: Found, *, many: bool) -> str:
    """What was found, or what to try if it is nothing."""
    if not found.asked:
        text = say("Type the number of an order or of a parcel, or a SKU. The beginning is enough.")
        return page(say, say("Find an order"), el("p", text))
    title = say("Found for {asked}", asked=found.asked)
    if not found.orders and not found.skus:
        hints = (
            "An order is known once it was imported: it has to be paid and to carry the order tag.",
            "Looked for were: Billbee's id, the shop's number or its beginning, tracking numbers, and SKUs.",
        )
        why = el("li", say("Why an order is not imported says:"), " ", el("code", "orderbridge order why NUMBER"))
        nothing = el("p", say("Nothing has the number {asked}.", asked=found.asked))
        return page(
            say, say("Nothing found"), nothing, el("ul", [el("li", say(hint)) for hint in hints], why),
            asked=found.asked,
        )  # fmt: skip
    records = {(order.merchant, order.billbee_id): order for order in found.orders}
    skus = [el("li", el("a", sku, href=stock_url(merchant, sku)), f" {merchant}" if many else None)
            for merchant, sku in found.skus]  # fmt: skip
    return page(
        say,
        title,
        el("div", _table(say, say("Orders"), found.orders, records, (), many=many, unseen=False), class_="panel")
        if found.orders
        else None,
        el("section", el("h2", say("SKUs")), el("ul", skus, class_="names"), class_="panel") if skus else None,
        quiet(say("There are more: type more of the number.")) if found.more else None,
        asked=found.asked,
    )


def details(say: Reader, order: OrderSummary, record: LedgerOrder | None) -> Content:
    """What matters about an order, in a few words: pieces, country, ship method, age."""
    pieces = sum(order.pieces.values())
    ordered = say("ordered {span} ago", span=say.age(ordered_at(order)))
    known = [
        say.count(pieces, "{n} piece", "{n} pieces") if pieces else None,
        record.country if record else None,
        _method(record),
        ordered,
    ]
    return " · ".join(part for part in known if part)


def _filters(say: Reader, shown: Shown, shops: Sequence[Shop], chosen: str | None) -> Markup:
    waits = [el("option", say(name), value=one.value, selected=one is shown) for one, name in ORDER_WAITS.items()]
    ended = [el("option", say(name), value=one.value, selected=one is shown) for one, name in _ENDED.items()]
    options = (
        el("option", say("All open orders"), value="", selected=shown is None),
        [el("option", say(name), value=one.value, selected=one is shown) for one, name in _PROMISED.items()],
        el("optgroup", waits, label=say("Open, waiting for")),
        el("optgroup", ended, label=say("Ended")),
    )
    return choices(say, "/orders", say("Orders"), "show", options, shops, chosen)


def _table(
    say: Reader,
    title: str,
    orders: Sequence[OrderSummary],
    records: Mapping[tuple[str, int], LedgerOrder],
    shops: Sequence[Shop],
    *,
    many: bool,
    unseen: bool = True,
) -> Markup:
    headings = [say("Order"), *([say("Merchant")] if many else []), say("Status"), say("Ship method"), say("Country"),
                say("Ordered"), say("Promise"), say("What"), say("Pieces")]  # fmt: skip
    by_name = {shop.name: shop for shop in shops}
    rows: list[tuple[Content, ...]] = []
    for order in orders:
        record = records.get((order.merchant, order.billbee_id))
        waits = None
        if waits_for(order) in _NOT_SAID_BY_STATUS and order.status in OPEN:
            waits = el("div", say("waits for {what}", what=say(ORDER_WAITS[waits_for(order)])), class_="small quiet")
        whose = (order.merchant,) if many else ()
        parcels = ", ".join(record.parcels) if record else ""
        what = (
            say.noted(*as_noted(order.reason, by_name.get(order.merchant))) if order.reason else None,
            el("div", parcels, class_="small quiet") if parcels else None,
        )
        rows.append(
            (
                order_link(order),
                *whose,
                (status_badge(say, order.status), waits),
                _method(record),
                record.country if record else None,
                _age(say, order),
                promise(say, order, by_name.get(order.merchant)),
                what if any(what) else None,
                sum(order.pieces.values()) or None,
            )
        )
    return table(title, headings, rows, amounts=1, unseen=unseen)


def promise(say: Reader, order: OrderSummary, shop: Shop | None) -> Content:
    """The last day of an order's promise at the warehouse, and how it stands to that."""
    if order.promised_by is None or shop is None or shop.settings is None:
        return None
    standing = standing_of(order, shop, say.now)
    stands = badge(say(STANDINGS[standing][0]), STANDINGS[standing][1]) if standing else None
    until = say.day(last_day(shop.settings.promise, order.promised_by))
    return stands, el("div", say("by {day}", day=until), class_="small quiet")


def _age(say: Reader, order: OrderSummary) -> Content:
    moment = ordered_at(order)
    return say.short(say.now - moment), el("div", say.brief(moment), class_="small quiet")


def _method(record: LedgerOrder | None) -> str:
    if record is None:
        return ""
    sent = [parcel.ship_method for parcel in record.parcels.values() if parcel.ship_method]
    return sent[0] if sent else record.method or ""
