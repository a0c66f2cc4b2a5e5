"""Pages that are a list: billing, failed messages, returns, inbound notices, refused products, calls to vendors; and
what cannot be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orderbridge.billing.billing_records import BillingState
from orderbridge.desk.board.action import Action, action_list
from orderbridge.desk.board.layout import (
    badge,
    further,
    merchant_chooser,
    order_link,
    page,
    quiet,
    stock_url,
    table,
)
from orderbridge.desk.board.markup import Content, el

if TYPE_CHECKING:
    from orderbridge.billing.explain_billing import UnbilledOrder
    from orderbridge.desk.board.goods import Calls, Listed, RefusedProduct, ReturnLine
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.shops import Shop
    from orderbridge.inbound.notice_records import NoticeRecord
    from orderbridge.jobs.dead_letters import DeadLetter

_BILLING: Final = {
    BillingState.DIFFERS: ("differs", "bad"),
    BillingState.MISSING: ("missing", "bad"),
    BillingState.WAITING: ("waits", "look"),
}
_VENDORS: Final = {"billbee": "Billbee", "bibi": "BiBi", "abillify": "Abillify", "throttled": "throttled"}
_NOTICES: Final = {
    "announcing": ("being announced", "look"),
    "open": ("on its way", "moving"),
    "closed": ("received", "good"),
    "deleted": ("deleted", ""),
    "refused": ("refused", "bad"),
}


def billing_page(say: Reader, orders: Sequence[UnbilledOrder]) -> str:
    """What differs or is missing in Abillify first, then what waits for its invoice."""
    if not orders:
        text = say("Everything that was shipped and compared is billed as it was sold.")
        return page(say, say("Billing"), el("p", text))
    rows = [
        (
            order_link(one.order),
            one.order.merchant,
            _in_abillify(say, one.record.state),
            say.brief(one.record.since),
            say.noted(one.text),
        )
        for one in orders
    ]
    headings = (say("Order"), say("Merchant"), say("In Abillify"), say("Since"), say("What"))
    return page(
        say,
        say("Billing"),
        quiet(say("An order that is corrected in Abillify leaves this list once it is compared again.")),
        el("div", table(say("Not billed as sold, or not yet"), headings, rows), class_="panel"),
    )


def _in_abillify(say: Reader, state: BillingState) -> Content:
    text, look = _BILLING.get(state, (None, ""))
    return badge(say(text), look) if text else badge(state.value)


def failed_page(
    say: Reader, letters: Sequence[DeadLetter], actions: Mapping[str, Sequence[Action]] | None = None
) -> str:
    """The messages that need a person. ``actions``: what may be done with each, by the message's id."""
    title = say("Failed messages")
    if not letters:
        return page(say, title, el("p", say("There are none.")))
    doing = actions or {}
    rows = [
        (
            letter.job or letter.queue,
            letter.merchant,
            _summary(say, letter),
            say.noted(letter.reason),
            say.brief(letter.sent_at),
            *([action_list(doing.get(letter.message_id, ()))] if doing else []),
        )
        for letter in letters
    ]
    headings = (say("Job"), say("Merchant"), say("What"), say("Why"), say("Since"), *([say("Do")] if doing else []))
    return page(
        say,
        title,
        quiet(
            say("A message comes here when it was tried too often, or when orderbridge did not write it. No order is "
                "lost: the ledger has it. Of each merchant and job the first ten are shown."),
        ),
        quiet(say("Once the cause is fixed, this sends them again:"), " ", el("code", "orderbridge failed redrive")),
        el("div", table(say("Failed messages, the oldest first"), headings, rows), class_="panel"),
    )  # fmt: skip


def _summary(say: Reader, letter: DeadLetter) -> str:
    """The message's own fields, in words: ``order 4711``, ``scope changes``."""
    parts = []
    if "billbee_id" in letter.body_summary:
        parts.append(say("Order {number}", number=letter.body_summary["billbee_id"]))
    if "scope" in letter.body_summary:
        parts.append(say("scope {scope}", scope=letter.body_summary["scope"]))
    return ", ".join(parts) or letter.job or say("unreadable")


def returns_page(say: Reader, found: Listed[ReturnLine], shops: Sequence[Shop], chosen: str | None) -> str:
    """What came back to the warehouse, the latest first."""
    rows = [
        (
            order_link(line.order) if line.order else str(line.record.billbee_id),
            line.merchant,
            say.brief(line.record.noted_at),
            line.record.returned_at,
            line.record.tracking_number,
            el("a", line.record.sku, href=stock_url(line.merchant, line.record.sku)),
            line.record.quantity,
        )
        for line in found.rows
    ]
    headings = (say("Order"), say("Merchant"), say("Told to the shop"), say("Came back"), say("Tracking number"),
                say("SKU"), say("Pieces"))  # fmt: skip
    return _list(say, say("Returns"), found, shops, chosen, table(say("What came back"), headings, rows, 1))


def inbound_page(
    say: Reader, found: Listed[tuple[str, NoticeRecord]], shops: Sequence[Shop], chosen: str | None
) -> str:
    """Goods on their way to the warehouse, those that are not there yet first."""
    rows = []
    for merchant, notice in found.rows:
        text, look = _NOTICES[notice.status]
        received = sum(notice.received.values()) if notice.received is not None else None
        expected = notice.expected_delivery_date
        rows.append(
            (
                notice.tracking_number,
                merchant,
                badge(say(text), look),
                notice.destination,
                say.day(expected) if expected else None,
                say.brief(notice.closed_at),
                say.number(sum(notice.announced.values())),
                "–" if received is None else say.number(received),
            )
        )
    headings = (say("Tracking number"), say("Merchant"), say("Status"), say("Warehouse"), say("Expected"),
                say("Received at"), say("Announced"), say("Received"))  # fmt: skip
    return _list(say, say("Inbound"), found, shops, chosen, table(say("Announced goods"), headings, rows, 2))


def products_page(say: Reader, found: Listed[RefusedProduct], shops: Sequence[Shop], chosen: str | None) -> str:
    """The products that the warehouse did not get, and why."""
    rows = [
        (one.record.sku or str(one.record.product_id), one.merchant, str(one.record.product_id), one.record.ean,
         say.noted(one.record.problem or ""))
        for one in found.rows
    ]  # fmt: skip
    headings = (say("SKU"), say("Merchant"), say("Product in Billbee"), "EAN", say("Why"))
    refused = table(say("Correct them in Billbee; they are looked at again by themselves"), headings, rows)
    return _list(say, say("Refused products"), found, shops, chosen, refused)


def usage_page(say: Reader, calls: Sequence[Calls], shops: Sequence[Shop], chosen: str | None) -> str:
    """How many calls each merchant's account at each vendor has used, against what the vendor allows."""
    rows = [
        (
            say(_VENDORS[one.vendor]),
            one.merchant,
            _limit(say, one),
            say.percent(one.a_minute / one.per_minute) if one.per_minute and not one.by_endpoint else "–",
            say.number(one.a_minute, 2),
            say.number(one.total),
            say.number(one.today),
        )
        for one in calls
    ]
    headings = (say("Vendor"), say("Merchant"), say("Limit"), say("Of it on average"), say("A minute on average"),
                say("In 7 days"), say("Today"))  # fmt: skip
    return page(
        say,
        say("Calls"),
        merchant_chooser(say, shops, chosen),
        quiet(say("Days are those of UTC. Throttled calls came too soon for a vendor, and were made again.")),
        el("div", table(say("Calls to vendors"), headings, rows, amounts=4) if rows else
           quiet(say("There are no figures yet.")), class_="panel"),
    )  # fmt: skip


def _limit(say: Reader, calls: Calls) -> str | None:
    if calls.per_minute is None:
        return None
    limit = say.number(calls.per_minute)
    if calls.by_endpoint:
        return say("{n} a minute and endpoint", n=limit)
    return say("{n} a minute", n=limit)


def _list(
    say: Reader, title: str, found: Listed[object], shops: Sequence[Shop], chosen: str | None, content: Content
) -> str:
    return page(
        say,
        title,
        merchant_chooser(say, shops, chosen),
        el("div", content if found.rows else quiet(say("There are none.")), class_="panel"),
        further(say, found.further),
    )


def problem_page(say: Reader, title: str, text: str, *, similar: Iterable[tuple[str, str]] = ()) -> str:
    """Something that cannot be shown, and where to go instead. ``similar``: names with their addresses."""
    links = [el("li", el("a", name, href=url)) for name, url in similar]
    meant = (el("p", say("Did you mean:")), el("ul", links, class_="names")) if links else None
    return page(say, title, el("p", text), meant, el("p", el("a", say("To all orders"), href="/")))
