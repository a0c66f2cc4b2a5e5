"""One order: where it stands, what happens next, what may be done, its parcels, its pieces, and its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from orderbridge.desk.board.action import Action, action_list
from orderbridge.desk.board.layout import (
    badge,
    facts,
    order_name,
    outside,
    page,
    quiet,
    status_badge,
    stock_url,
    table,
    url,
)
from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.orders_page import ORDER_WAITS, promise
from orderbridge.desk.board.shops import as_noted
from orderbridge.desk.board.waiting import waits_for
from orderbridge.ledger.lifecycle import OPEN, Status
from orderbridge.tracking.tracking_links import carrier, link

if TYPE_CHECKING:
    from orderbridge.desk.board.order_board import OrderView
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.shops import Shop
    from orderbridge.ledger.parcel_cost import ParcelCost
    from orderbridge.ledger.record import Event, LedgerOrder

_BILLBEE: Final = "https://app.billbee.io/app_v2/order/{}"
_CARRIERS: Final = {"ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl": "DHL"}


def order_page(say: Reader, view: OrderView, actions: Sequence[Action] = ()) -> str:
    """One order. ``actions``: what may be done with it."""
    order = view.order
    title = say("Order {number}", number=order_name(order))
    return page(
        say,
        title,
        _standing(say, view),
        el("section", el("h2", say("What happens next")), el("p", say.noted(view.next_step)), action_list(actions),
           class_=f"panel edged {_edge(order)}"),
        el(
            "div",
            el(
                "div",
                el("section", _parcels(say, order), class_="panel"),
                el("section", _pieces(say, order), class_="panel") if order.pieces else None,
                el("section", _effects(say, order), class_="panel") if order.effects else None,
                el("section", el("h2", say("Timeline")),
                   el("ol", [_entry(say, event, view.shop) for event in reversed(order.timeline)], class_="timeline"),
                   class_="panel"),
            ),
            el("div", el("section", el("h2", say("Facts")), _facts(say, view), class_="panel"), class_="side"),
            class_="bench",
        ),
    )  # fmt: skip


def _standing(say: Reader, view: OrderView) -> Markup:
    """The status in one line, with the reason below it."""
    order = view.order
    waits = None
    if order.status in OPEN and not order.rehearsal:
        waits = say("waits for {what}", what=say(ORDER_WAITS[waits_for(order)]))
    problem = None
    if order.is_quarantined and order.defect is not None:
        problem = el("p", badge(say("quarantined"), "bad"), " ", say.noted(order.defect.what))
    line = (
        status_badge(say, order.status),
        " ",
        say("for {span}", span=say.age(order.moved_at)),
        el("span", " · ", waits, class_="quiet") if waits else None,
        " · ",
        outside(say("Open in Billbee"), _BILLBEE.format(quote(str(order.billbee_id)))),
    )
    return el("div", el("p", line), _reason(say, view), problem)


def _reason(say: Reader, view: OrderView) -> Markup | None:
    reason = view.order.reason
    return el("p", say.noted(*as_noted(reason, view.shop))) if reason else None


def _edge(order: LedgerOrder) -> str:
    if order.is_quarantined or order.status is Status.REJECTED:
        return "bad"
    return "good" if order.status is Status.SHIPPED else "calm"


def _facts(say: Reader, view: OrderView) -> Markup:
    order = view.order
    taken_over = say("found at the warehouse without a record of ours") if order.adopted else None
    return facts(
        [
            (say("Merchant"), el("a", order.merchant, href=url("/", merchant=order.merchant))),
            (say("Billbee id"), str(order.billbee_id)),
            (say("Shop's number"), order.shop_number),
            (say("Number at the warehouse"), order.number.text),
            (say("Country"), order.country),
            (say("Ship method"), order.method),
            (say("Warehouse says"), order.warehouse_status),
            (say("Ordered"), say.exact(order.placed_at) if order.placed_at else None),
            (say("Promise"), promise(say, order, view.shop)),
            (say("Imported"), say.exact(order.created_at)),
            (say("Sent to the warehouse"), say.exact(order.submitted_at) if order.submitted_at else None),
            (say("Last seen there"), say.exact(order.seen_at) if order.seen_at else None),
            (say("Taken over"), taken_over),
            (say("Mode"), say("test: this was a rehearsal") if order.rehearsal else None),
            (say("Rule of the settings"), order.rule),
            (say("Billing"), say.noted(view.billing) if view.billing else None),
            (say("Return label kept until"),
             say.exact(order.label.expires_at) if order.label and order.label.stored else None),
        ]
    )  # fmt: skip


def _effects(say: Reader, order: LedgerOrder) -> Markup:
    """What must still be said to a vendor, with the failed attempts."""
    rows = [
        (
            effect.key,
            effect.kind,
            say.exact(effect.not_before) if effect.not_before else say("soon"),
            say.noted(effect.reason) if effect.reason else None,
            effect.attempts,
        )
        for effect in order.effects
    ]
    headings = (say("What"), say("Kind"), say("Next try"), say("Why it failed"), say("Failed attempts"))
    return table(say("Still to be said"), headings, rows, amounts=1)


def _parcels(say: Reader, order: LedgerOrder) -> Content:
    if not order.parcels:
        return el("h2", say("Parcels")), quiet(say("None yet."))
    rows: list[tuple[Content, ...]] = []
    for number, parcel in order.parcels.items():
        cost = order.costs.get(number)
        rows.append(
            (
                number,
                (parcel.ship_method, " ", _follow(say, parcel.ship_method, number, cost)),
                say.brief(parcel.posted_at),
                *((_zone(cost), _pounds(say, cost), _price(say, cost)) if order.costs else ()),
            )
        )
    heads: tuple[str, ...] = (say("Tracking number"), say("Ship method"), say("Told to the shop"))
    if order.costs:
        heads += (say("Zone"), say("Pounds"), say("Cost"))
    return table(say("Parcels"), heads, rows, amounts=2 if order.costs else 0)


def _follow(say: Reader, ship_method: str, number: str, cost: ParcelCost | None) -> Content:
    """The carrier's page of a parcel; the warehouse's own link leads to https or http only, see ``safe_link``."""
    address = cost.link if cost and cost.link else link(ship_method, number)
    if not address:
        return None
    return outside(_CARRIERS.get(carrier(ship_method, number) or "", say("follow")), address)


def _zone(cost: ParcelCost | None) -> str | None:
    return cost.zone if cost else None


def _pounds(say: Reader, cost: ParcelCost | None) -> str | None:
    return say.number(cost.weight, 2) if cost and cost.weight is not None else None


def _price(say: Reader, cost: ParcelCost | None) -> str | None:
    return say.money(cost.cost) if cost else None


def _pieces(say: Reader, order: LedgerOrder) -> Markup:
    rows = [(el("a", sku, href=stock_url(order.merchant, sku)), pieces) for sku, pieces in sorted(order.pieces.items())]
    return table(say("Pieces, bundles resolved"), ("SKU", say("Pieces")), rows, amounts=1)


def _entry(say: Reader, event: Event, shop: Shop) -> Markup:
    moved = event.before != event.after
    known = next((status for status in Status if status.value == event.after), None)
    where = (status_badge(say, known) if known else badge(event.after), " ") if moved else None
    return el(
        "li",
        el("div", where, say.noted(*as_noted(event.why, shop))),
        el("div", say.exact(event.at), f" · {event.call}" if event.call else None, class_="small quiet"),
        class_="moved" if moved else None,
    )
