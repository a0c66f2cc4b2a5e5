"""The stock of a merchant's SKUs, and how the figure of one came about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board.charts import Bar, Series, bars, lines
from orderbridge.desk.board.layout import badge, facts, no_merchant, order_link, page, quiet, stock_url, table
from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.waiting import ordered_at
from orderbridge.desk.explain_stock import explain_stock
from orderbridge.ledger.sku import Sku
from orderbridge.stock.low_stock import Low

if TYPE_CHECKING:
    from orderbridge.desk.board.order_board import StockView
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.shops import Shop
    from orderbridge.stock.low_stock import LowSku
    from orderbridge.stock.stock_records import StockRecord

_ORDERS: Final = 20
"""How many open orders of a SKU are named."""


def stocks_page(say: Reader, shops: Sequence[Shop]) -> str:
    """Whose stock?"""
    links = [el("li", el("a", shop.name, href=stock_url(shop.name))) for shop in shops]
    content = el("ul", links, class_="chips") if links else no_merchant(say)
    return page(say, say("Stock"), el("p", say("Of which merchant?")), content)


def stock_page(say: Reader, view: StockView) -> str:
    """How the figure of a SKU came about; or all SKUs."""
    label = say("SKU, or its beginning")
    search = el(
        "form",
        el("label", label, for_="sku", class_="unseen"),
        el("input", id="sku", name="sku", value=view.asked, maxlength=100, placeholder=label, autocomplete="off"),
        el("button", say("Show"), type="submit", class_="plain"),
        action=stock_url(view.shop.name), method="get", class_="choices",
    )  # fmt: skip
    title = view.record.sku if view.record else say("Stock of {merchant}", merchant=view.shop.name)
    return page(say, title, search, _stock(say, view))


def _stock(say: Reader, view: StockView) -> Content:
    if view.record:
        return _sku(say, view, view.record)
    if view.asked:
        similar = [el("li", el("a", sku, href=stock_url(view.shop.name, sku))) for sku in view.similar]
        return (
            el("p", say("The SKU {sku} has no stock record: the warehouse has not reported it.", sku=view.asked)),
            (el("p", say("Did you mean:")), el("ul", similar, class_="names")) if similar else None,
        )
    if not view.records:
        return el("div", quiet(say("No stock was read from the warehouse yet.")), class_="panel empty")
    rows = [
        (
            el("a", record.sku, href=stock_url(view.shop.name, record.sku)),
            _remark(say, record, view.low.get(Sku(record.sku))),
            say.brief(record.sent_at) or say("never"),
            say.number(record.physical),
            say.number(record.allocated),
            "–" if record.sent is None else say.number(record.sent),
        )
        for record in view.records
    ]
    headings = (say("SKU"), say("Remark"), say("Last told"), say("On the shelf"), say("For open orders"),
                say("Told to Billbee"))  # fmt: skip
    more = view.total - len(rows)
    return (
        el("div", table(say("What Billbee was told last"), headings, rows, amounts=3), class_="panel"),
        quiet(say.count(more, "… and {n} more: type a SKU above.", "… and {n} more: type a SKU above."))
        if more
        else None,
    )


def _remark(say: Reader, record: StockRecord, low: LowSku | None = None) -> Content:
    if record.unknown:
        return badge(say("unknown in Billbee"), "bad")
    if low is not None and low.why is Low.ORDERS_WAIT:
        return badge(say.count(low.waiting, "{n} piece short", "{n} pieces short"), "bad")
    if low is not None:
        left = say.count(low.days, "lasts {n} day", "lasts {n} days") if low.days is not None else say("runs low")
        return badge(left, "look")
    if record.sent == 0:
        return badge(say("sold out"), "look")
    return badge(say("to be told"), "look") if record.due else None


def _sku(say: Reader, view: StockView, record: StockRecord) -> Content:
    listed = [el("li", say.noted(line)) for line in explain_stock(record)]
    parts = [
        (say("For open orders"), record.allocated, "main"),
        (say("Promised elsewhere"), record.elsewhere, "calm"),
        (say("Kept back"), record.buffer, "calm"),
        (say("Told to Billbee"), record.sent or 0, "good"),
    ]
    rows = [Bar(name, max(0, count), say.number(count), look) for name, count, look in parts]
    sold = say.number(view.sales.sold) if view.sales else None
    cover = view.days_of_cover
    last = (
        (say("Days of cover"), say.number(cover) if cover is not None else None),
        (say("Sold in 30 days"), sold),
        (say("Last told to Billbee"), say.exact(record.sent_at) if record.sent_at else say("never")),
        (say("Last order of it that left"), say.exact(record.left_at) if record.left_at else None),
        (say("Merchant"), el("a", view.shop.name, href=stock_url(view.shop.name))),
    )
    return (
        el("p", _remark(say, record)) if _remark(say, record) else None,
        el(
            "div",
            bars(say, say("Where the pieces are"), (say("For what"), say("Pieces")), rows),
            _levels(say, view, record),
            class_="pictures",
        ),
        el("section", el("h2", say("How the figure came about")), el("ul", listed, class_="sum"), facts(last),
           class_="panel"),
        _wanting(say, view),
        _moves(say, view) if view.moves else None,
    )  # fmt: skip


def _levels(say: Reader, view: StockView, record: StockRecord) -> Markup:
    """The stock after each of the last movements, reckoned back from what there is now."""
    days, levels, level = [], [], record.physical
    for note in reversed(view.moves):
        days.append(say.day(say.local(note.at).date()))
        levels.append(level)
        level -= note.quantity
    series = Series(say("on the shelf"), "main", list(reversed(levels)))
    about = say("Pieces in the warehouse after each of the last movements.")
    return lines(say, say("Stock"), about, list(reversed(days)), [series] if levels else [], "")


def _wanting(say: Reader, view: StockView) -> Markup | None:
    """The open orders that wait for the SKU."""
    if not view.wanted_by:
        return None
    rows = [(order_link(order), say.brief(ordered_at(order)), pieces) for order, pieces in view.wanted_by[:_ORDERS]]
    more = len(view.wanted_by) - len(rows)
    return el(
        "section",
        table(say("Open orders with it, the oldest first"), (say("Order"), say("Ordered"), say("Pieces")), rows, 1),
        quiet(say.count(more, "and {n} more", "and {n} more")) if more else None,
        class_="panel",
    )


def _moves(say: Reader, view: StockView) -> Markup:
    rows = [(say.brief(note.at), say.noted(note.text), f"{note.quantity:+d}") for note in reversed(view.moves)]
    headings = (say("When"), say("What"), say("Pieces"))
    return el("section", table(say("Last movements in the warehouse"), headings, rows, amounts=1), class_="panel")
