"""The pages, each as a whole HTML document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from orderbridge.desk.board.action import Action, action_list
from orderbridge.desk.board.layout import (
    badge,
    board_url,
    brief,
    exact,
    order_link,
    page,
    quiet,
    status_badge,
    stock_url,
    table,
)
from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.order_board import Board, Card, Column, JobLine, OrderView, Shop, StockView
from orderbridge.desk.explain_stock import explain_stock
from orderbridge.ledger.lifecycle import Status

if TYPE_CHECKING:
    from orderbridge.desk.troubles.trouble import Trouble
    from orderbridge.jobs.dead_letters import DeadLetter
    from orderbridge.ledger.parcel_cost import ParcelCost
    from orderbridge.ledger.record import Event, LedgerOrder
    from orderbridge.merchants.registry import Pause

REFRESH_SECONDS = 60


def board_page(board: Board, *, refreshing: bool = False, actions: Sequence[Action] = ()) -> str:
    """The orders in columns, how the jobs went, and what may be done."""
    many = board.chosen is None and len(board.shops) > 1
    shown = [shop for shop in board.shops if board.chosen in (None, shop.name)]
    kept_fresh = (
        el("a", "Stop reloading", href=board_url(board.chosen))
        if refreshing
        else el("a", "Reload every minute", href=board_url(board.chosen, REFRESH_SECONDS))
    )
    strange = {trouble.merchant for trouble in board.troubles} - {shop.name for shop in shown}
    columns = [_column(column, board.now, many=many, first=number == 0) for number, column in enumerate(board.columns)]
    content = (
        _chips(board, REFRESH_SECONDS if refreshing else None),
        _about_pause(board.pause),
        [_about_shop(shop) for shop in shown],
        None if board.shops else _no_merchant(),
        _failed_line(board.failed),
        _troubles(board.troubles, board.now, many=many or bool(strange)),
        el("div", columns, class_="columns"),
        _jobs(board.jobs, board.now),
        action_list(actions),
        el("p", kept_fresh, class_="small"),
    )
    refresh = REFRESH_SECONDS if refreshing else None
    title = f"Orders of {board.chosen}" if board.chosen else "orderbridge"
    return page(title, *content, now=board.now, refresh=refresh)


def order_page(view: OrderView, actions: Sequence[Action] = ()) -> str:
    """One order: its status and the reason, what may be done, its parcels, and its timeline."""
    order = view.order
    facts: list[tuple[str, Content]] = [
        ("Merchant", el("a", order.merchant, href=board_url(order.merchant))),
        ("Billbee id", order.billbee_id),
        ("Shop's number", order.shop_number),
        ("Number at the warehouse", order.number.text),
        ("Warehouse says", order.warehouse_status),
        ("Ordered", exact(order.placed_at) if order.placed_at else None),
        ("Imported", exact(order.created_at)),
        ("Last seen at the warehouse", exact(order.seen_at) if order.seen_at else None),
        ("Taken over", "found at the warehouse without a record of ours" if order.adopted else None),
        ("Mode", "test: this was a rehearsal" if order.rehearsal else None),
        ("Rule of the settings", order.rule),
        ("Billing", view.billing),
        ("Return label kept until", exact(order.label.expires_at) if order.label and order.label.stored else None),
    ]
    content = (
        el("p", status_badge(order.status), " since ", exact(order.moved_at)),
        el("p", order.reason) if order.reason else None,
        el("p", f"quarantined: {order.defect.what}") if order.defect and order.is_quarantined else None,
        el(
            "section", el("h2", "What happens next"), el("p", view.next_step), action_list(actions), class_="panel next"
        ),
        el("dl", [(el("dt", name), el("dd", value)) for name, value in facts if value]),
        el("section", _effects(order)) if order.effects else None,
        el("section", _parcels(order)),
        el("section", _pieces(order)) if order.pieces else None,
        el("section", el("h2", "Timeline"), el("ol", map(_entry, reversed(order.timeline)), class_="timeline")),
    )
    return page(f"Order {order.shop_number or order.billbee_id}", *content, now=view.now)


def search_page(asked: str, orders: Sequence[LedgerOrder], now: datetime) -> str:
    """The orders that were found, or what to try if there are none."""
    if not asked:
        text: Content = "Type the Billbee id of an order, or the number that the shop and its customer know."
        return page("Find an order", el("p", text), now=now)
    if not orders:
        return page(
            "No order found",
            el("p", "No merchant has an order with the number ", el("strong", asked), " in the ledger."),
            el(
                "ul",
                el("li", "An order is known once it was imported: it has to be paid and to carry the order tag."),
                el("li", "Numbers are looked for as a whole: Billbee's id, or the shop's number with its prefix."),
                el(
                    "li",
                    "Why an order is not imported says, checked live against Billbee: ",
                    el("code", "orderbridge order why NUMBER"),
                ),
            ),
            now=now,
            query=asked,
        )
    cards = [_card(Card(order), now, many=True) for order in orders]
    return page(
        f"{len(orders)} orders with this number",
        quiet("Shops may use the same numbers."),
        el("ul", cards, class_="cards panel"),
        now=now,
        query=asked,
    )


def stock_page(view: StockView) -> str:
    """How the figure of a SKU came about; or all SKUs."""
    name = view.shop.name
    search = el(
        "form",
        el("label", "SKU", for_="sku"),
        el("input", id="sku", name="sku", value=view.asked, maxlength=100, placeholder="SKU", autocomplete="off"),
        el("button", "Show", type="submit"),
        action=stock_url(name),
        method="get",
    )
    return page(f"Stock of {name}", search, _stock(view), now=view.now)


def stocks_page(shops: Sequence[Shop], now: datetime) -> str:
    """Whose stock?"""
    links = [el("li", el("a", shop.name, href=stock_url(shop.name))) for shop in shops]
    content = el("ul", links, class_="chips") if links else _no_merchant()
    return page("Stock", el("p", "Of which merchant?"), content, now=now)


def failed_page(
    letters: Sequence[DeadLetter], now: datetime, actions: Mapping[str, Sequence[Action]] | None = None
) -> str:
    """The messages that need a person. ``actions``: what may be done with each, by the message's id."""
    if not letters:
        return page("Failed messages", el("p", "There are none."), now=now)
    rows = [
        (
            letter.job or letter.queue,
            letter.merchant,
            letter.reason,
            _summary(letter),
            brief(letter.sent_at, now),
            action_list((actions or {}).get(letter.message_id, ())),
        )
        for letter in letters
    ]
    return page(
        "Failed messages",
        quiet(
            "A message comes here when it was tried too often, or when orderbridge did not write it. No order is lost: "
            "the ledger has it. Once the cause is fixed, ",
            el("code", "orderbridge failed redrive"),
            " sends them again. Of each merchant and job the first ten are shown.",
        ),
        el(
            "div",
            table("Failed messages, the oldest first", ("Job", "Merchant", "Why", "What", "Since", "Actions"), rows),
            class_="panel",
        ),
        now=now,
    )


def problem_page(title: str, text: str, now: datetime, *, similar: Iterable[tuple[str, str]] = ()) -> str:
    """Something that cannot be shown, and where to go instead. ``similar``: names with their addresses."""
    links = [el("li", el("a", name, href=url)) for name, url in similar]
    meant = (el("p", "Did you mean:"), el("ul", links)) if links else None
    return page(title, el("p", text), meant, el("p", el("a", "To all orders", href="/")), now=now)


# ---- Parts of the board


def _chips(board: Board, refresh: int | None) -> Markup | None:
    if len(board.shops) < 2:
        return None
    everyone = el("a", "All merchants", href=board_url(None, refresh), aria_current=None if board.chosen else "page")
    chips = [el("li", everyone)]
    for shop in board.shops:
        here = "page" if shop.name == board.chosen else None
        mode = (" ", badge(shop.mode, "look" if shop.settings else "bad")) if shop.mode != "live" else None
        chips.append(el("li", el("a", shop.name, mode, href=board_url(shop.name, refresh), aria_current=here)))
    return el("nav", el("ul", chips, class_="chips"), aria_label="Merchants")


def _about_pause(pause: Pause | None) -> Markup | None:
    if pause is None:
        return None
    text = " All merchants: nothing is processed until an operator resumes them. Paused by "
    return el("p", badge("paused", "bad"), text, pause.by, ", ", exact(pause.since), ".")


def _about_shop(shop: Shop) -> Markup | None:
    if shop.mode == "paused":
        return el("p", badge("paused", "look"), f" {shop.name}: nothing is done until its mode changes.")
    if shop.mode == "test":
        return el("p", badge("test", "look"), f" {shop.name}: orders are only rehearsed, nothing is kept or written.")
    return None


def _no_merchant() -> Markup:
    return el(
        "p",
        "There is no merchant yet. A merchant exists once it has settings: ",
        el("code", "orderbridge merchants add"),
        " asks for them.",
    )


def _failed_line(failed: int | None) -> Markup | None:
    if failed is None:
        return quiet("The failed messages could not be counted.")
    if failed == 0:
        return None
    text = "1 failed message" if failed == 1 else f"{failed} failed messages"
    return el("p", badge("look", "bad"), " ", el("a", f"About {text}", href="/failed"), " in the queues.")


def _troubles(troubles: Sequence[Trouble], now: datetime, *, many: bool) -> Markup | None:
    if not troubles:
        return None
    looks = {"critical": "bad", "warning": "look"}
    lines = [
        el(
            "li",
            badge(one.severity.value, looks.get(one.severity.value, "")),
            " ",
            el("strong", f"{one.merchant}: ") if many else None,
            f"{one.what}. ",
            el("span", one.remedy, class_="quiet"),
            el("span", " Seen first ", brief(one.since, now), ".", class_="quiet") if one.since else None,
        )
        for one in troubles
    ]
    return el("section", el("h2", "What is wrong"), el("ul", lines), class_="panel troubles")


def _column(column: Column, now: datetime, *, many: bool, first: bool) -> Markup:
    count = f"{column.total}+" if column.cut else str(column.total)
    cards = [_card(card, now, many=many) for card in column.cards]
    look = ("first" if column.total else "first none") if first else None
    nothing = "Nothing does." if first else "None."
    return el(
        "section",
        el("h2", column.title, el("span", count, class_="count")),
        el("p", column.about, class_="quiet small"),
        el("ul", cards, class_="cards") if cards else quiet(nothing),
        quiet(f"… and {column.more} more") if column.more else None,
        quiet("There may be more: no more were read.") if column.cut else None,
        class_=look,
    )


def _card(card: Card, now: datetime, *, many: bool) -> Markup:
    order = card.order
    looks = {Status.REJECTED: "bad", Status.HELD: "look"}
    label = badge(card.why, looks.get(order.status, "look")) if card.why else status_badge(order.status)
    return el(
        "li",
        el("div", order_link(order), brief(order.moved_at, now), class_="line"),
        el("div", label, el("span", order.merchant, class_="quiet small") if many else None, class_="line"),
        el("div", order.reason, class_="small") if order.reason else None,
        el("div", ", ".join(card.parcels), class_="small quiet") if card.parcels else None,
    )


def _jobs(lines: Sequence[JobLine], now: datetime) -> Markup:
    rows = [
        (
            line.job.job,
            line.merchant,
            _how_it_went(line),
            brief(line.job.succeeded_at, now) or "never",
            brief(line.job.failed_at, now) or "never",
        )
        for line in lines
    ]
    if not rows:
        return el("section", el("h2", "Jobs"), quiet("No job has run yet."), class_="panel")
    headings = ("Job", "Merchant", "How it went", "Last success", "Last failure")
    return el("section", table("How the jobs went last", headings, rows), class_="panel")


def _how_it_went(line: JobLine) -> Content:
    if line.job.error:
        return badge("failed", "bad"), " ", line.job.error
    return badge("overdue", "look") if line.overdue else badge("fine", "good")


# ---- Parts of an order's page


def _effects(order: LedgerOrder) -> Markup:
    """What must still be said to a vendor, with the failed attempts."""
    rows = [
        (
            effect.key,
            effect.kind,
            str(effect.attempts),
            exact(effect.not_before) if effect.not_before else "soon",
            effect.reason or "",
        )
        for effect in order.effects
    ]
    return table("Still to be said", ("What", "Kind", "Failed attempts", "Next", "Why it failed"), rows)


def _parcels(order: LedgerOrder) -> Markup:
    if not order.parcels:
        return el("div", el("h2", "Parcels"), quiet("None yet."))
    rows: list[tuple[Content, ...]] = [
        (number, parcel.ship_method, exact(parcel.posted_at)) for number, parcel in order.parcels.items()
    ]
    heads: tuple[str, ...] = ("Tracking number", "Ship method", "Told to the shop")
    if order.costs:
        costs = (_cost(order.costs.get(number)) for number in order.parcels)
        rows = [row + cost for row, cost in zip(rows, costs, strict=True)]
        heads += ("USD", "Pounds", "Zone", "Carrier's page")
    return table("Parcels", heads, rows)


def _cost(cost: ParcelCost | None) -> tuple[Content, ...]:
    """A parcel's cost, weight, zone and link; a link leads to https or http only, see ``safe_link``."""
    if cost is None:
        return (None, None, None, None)
    weight = None if cost.weight is None else f"{cost.weight.normalize():f}"
    link = el("a", "follow", href=cost.link, rel="noreferrer noopener") if cost.link else None
    return (f"{cost.cost:.2f}", weight, cost.zone, link)


def _pieces(order: LedgerOrder) -> Markup:
    rows = [(el("a", sku, href=stock_url(order.merchant, sku)), pieces) for sku, pieces in sorted(order.pieces.items())]
    return table("Pieces, bundles resolved", ("SKU", "Pieces"), rows, amounts=1)


def _entry(event: Event) -> Markup:
    moved = event.before != event.after
    where = (badge(event.after.replace("_", " ")), " ") if moved else None
    return el(
        "li",
        el("div", where, event.why),
        el("div", exact(event.at), f" · {event.call}" if event.call else None, class_="small quiet"),
        class_="moved" if moved else None,
    )


# ---- Parts of the stock's page, and of the failed messages'


def _moves(view: StockView) -> Markup:
    rows = [(exact(note.at), note.text) for note in reversed(view.moves)]
    return table("Last movements in the warehouse", ("When", "What"), rows)


def _stock(view: StockView) -> Content:
    if record := view.record:
        lines = [el("li", line) for line in explain_stock(record)]
        facts: list[tuple[str, Content]] = [
            ("Last told to Billbee", exact(record.sent_at) if record.sent_at else "never"),
            ("Last order of it that left", exact(record.left_at) if record.left_at else None),
        ]
        return (
            el("section", el("h2", record.sku), el("ul", lines, class_="sum"), class_="panel"),
            el("dl", [(el("dt", name), el("dd", value)) for name, value in facts if value]),
            _moves(view) if view.moves else None,
        )
    if view.asked:
        similar = [el("li", el("a", sku, href=stock_url(view.shop.name, sku))) for sku in view.similar]
        return (
            el("p", "The SKU ", el("strong", view.asked), " has no stock record: the warehouse has not reported it."),
            (el("p", "Did you mean:"), el("ul", similar)) if similar else None,
        )
    if not view.records:
        return quiet("No stock was read from the warehouse yet.")
    rows = [
        (
            el("a", record.sku, href=stock_url(view.shop.name, record.sku)),
            badge("unknown in Billbee", "bad") if record.unknown else badge("to be told", "look") if record.due else "",
            brief(record.sent_at, view.now),
            record.physical,
            record.sent,
        )
        for record in view.records
    ]
    headings = ("SKU", "Remark", "Last told", "On the shelf", "Told to Billbee")
    more = view.total - len(rows)
    return (
        el("div", table("What Billbee was told last", headings, rows, amounts=2), class_="panel"),
        quiet(f"… and {more} more: type a SKU above.") if more else None,
    )


def _summary(letter: DeadLetter) -> str:
    """The message's own fields, in words: ``order 4711``, ``scope changes``."""
    parts = []
    if "billbee_id" in letter.body_summary:
        parts.append(f"order {letter.body_summary['billbee_id']}")
    if "scope" in letter.body_summary:
        parts.append(f"scope {letter.body_summary['scope']}")
    return ", ".join(parts) or letter.job or "unreadable"
