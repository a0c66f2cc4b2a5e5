"""The first screen, as a workbench: what needs a person, what is open, pictures, and how the jobs went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board.action import Action, action_list
from orderbridge.desk.board.charts import Bar, bars
from orderbridge.desk.board.jobs_page import job_summary
from orderbridge.desk.board.layout import (
    HOME,
    badge,
    merchant_chooser,
    no_merchant,
    order_link,
    page,
    quiet,
    tile,
    url,
)
from orderbridge.desk.board.markup import Content, Markup, el
from orderbridge.desk.board.order_list import Promised
from orderbridge.desk.board.orders_page import ORDER_WAITS, STANDINGS, details
from orderbridge.desk.board.shops import as_noted
from orderbridge.desk.board.waiting import AGES
from orderbridge.desk.board.workbench import NAMED, READ_AT_MOST
from orderbridge.desk.board.worklist import BAD, Work
from orderbridge.desk.wording import NOTHING, Words
from orderbridge.ledger.shown import in_german
from orderbridge.merchants.promise import Standing

if TYPE_CHECKING:
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.workbench import Workbench
    from orderbridge.desk.board.worklist import Entry

REFRESH_SECONDS: Final = 60
WORK: Final = {
    Work.TROUBLE: ("Troubles", ""),
    Work.QUARANTINED: (
        "Quarantined",
        "The same unexpected error on each try. Report it as a defect; once it is fixed, retry.",
    ),
    Work.STUCK: ("Stuck", "These should have moved on within minutes. They are taken up again every 10 minutes."),
    Work.REJECTED: ("Rejected", "Correct each order in Billbee, then remove its rejected tag: it is imported again."),
    Work.SHIPPED_ANYWAY: (
        "Shipped all the same",
        "The cancellation came too late. Tell the customer, and expect the parcel back.",
    ),
    Work.CANCELLED: (
        "Cancelled by the warehouse",
        "These are not shipped. Tell the customer, or create a new order in Billbee.",
    ),
    Work.PIECES_MISSING: ("Pieces missing", "All parcels have left, and not all pieces were in them."),
    Work.MISBILLED: ("Billed differently", "Correct the invoice in Abillify; it is compared again within hours."),
    Work.CHANGED: (
        "Changed in Billbee",
        "The warehouse has another content. Remove the received tag to have it changed there.",
    ),
    Work.HELD: ("On hold for more than 2 days", "Remove the hold tag in Billbee to release an order."),
    Work.OVERDUE: ("Open for more than 2 days", "Ask the warehouse what the oldest one waits for."),
}
"""The headings of the worklist, and what to do about its entries."""
_SEVERITY: Final = {True: ("notice", ""), False: ("trouble", "bad")}


def home_page(
    say: Reader,
    bench: Workbench,
    *,
    refreshing: bool = False,
    actions: Callable[[Entry], Sequence[Action]] | None = None,
    pictures: Content = None,
) -> str:
    """The workbench of all merchants, or of one.

    Args:
        actions: what may be done about an entry of the worklist.
        pictures: the figures of the last weeks.
    """
    many = len(bench.shown) > 1
    title = say("Today at {merchant}", merchant=bench.chosen) if bench.chosen else HOME
    kept = str(REFRESH_SECONDS) if refreshing else None
    content = (
        merchant_chooser(say, bench.shops, bench.chosen, refresh=kept),
        [_about_pause(say, bench), [_about_mode(say, shop.name, shop.mode) for shop in bench.shown]],
        no_merchant(say) if not bench.shops else (
            _alarm(say, bench),
            _tiles(say, bench),
            el(
                "div",
                _worklist(say, bench, actions, many=many),
                el("div", _urgent(say, bench, many=many), _open(say, bench), _ages(say, bench), class_="side"),
                class_="bench",
            ),
            el("section", el("h2", say("The last weeks")), pictures, class_="pictures") if pictures else None,
            job_summary(say, bench.jobs) if bench.jobs else None,
        ),
        _reloading(say, refreshing=refreshing),
    )  # fmt: skip
    return page(say, title, *content, refresh=REFRESH_SECONDS if refreshing else None)


# ---- Above everything: what is wrong with the work itself


def _about_pause(say: Reader, bench: Workbench) -> Markup | None:
    if bench.pause is None:
        return None
    text = say("All merchants: nothing is processed until an operator resumes them.")
    by = say("Paused by {name}", name=bench.pause.by)
    return el("p", badge(say("paused"), "bad"), f" {text} {by}, ", say.exact(bench.pause.since), ".", class_="note bad")


def _about_mode(say: Reader, merchant: str, mode: str) -> Markup | None:
    texts = {
        "paused": "{merchant}: nothing is done until its mode changes.",
        "test": "{merchant}: orders are only rehearsed, nothing is kept or written.",
        "bad settings": "{merchant}: the settings cannot be read, so nothing is done.",
    }
    if mode not in texts:
        return None
    look = "bad" if mode == "bad settings" else "look"
    return el("p", badge(say(mode), look), " ", say(texts[mode], merchant=merchant), class_=f"note {look}")


def _alarm(say: Reader, bench: Workbench) -> Markup | None:
    """Jobs that failed, and messages that nobody takes: above all orders, because these cannot be right then."""
    bad = [line for line in bench.jobs if line.is_bad]
    lines: list[Content] = []
    if bad:
        text = say.count(len(bad), "{n} job does not run as it should", "{n} jobs do not run as they should")
        names = ", ".join(f"{line.job.job} ({line.merchant})" for line in bad[:4]) + (" …" if len(bad) > 4 else "")
        lines.append(el("li", el("a", text, href=url("/jobs", merchant=bench.chosen)), f": {names}"))
    if bench.failed:
        text = say.count(bench.failed, "About {n} failed message", "About {n} failed messages")
        lines.append(el("li", el("a", text, href="/failed"), " ", say("in the queues")))
    if bench.failed is None:
        lines.append(el("li", say("The failed messages could not be counted.")))
    if not lines:
        return None
    return el("section", el("h2", say("The work itself is disturbed")), el("ul", lines), class_="alarm")


def _tiles(say: Reader, bench: Workbench) -> Markup:
    to_do = len(bench.to_do)
    oldest = min((group.oldest_at for group in bench.groups if group.oldest_at), default=None)
    bad = sum(line.is_bad for line in bench.jobs)
    seen = len(bench.work) - to_do
    jobs_fine = say.count(len(bench.jobs), "{n} job, in time", "all {n} jobs in time")
    tiles = [
        tile(say.number(to_do), say("need a person"), say.count(seen, "{n} acknowledged", "{n} acknowledged"),
              "#work", "bad" if any(entry.work in BAD for entry in bench.to_do) else "look" if to_do else ""),
        tile(f"{say.number(bench.open_orders)}{'+' if bench.cut else ''}", say("open orders"),
              say("the oldest for {span}", span=say.age(oldest)) if oldest else say("none"),
              url("/orders", merchant=bench.chosen)),
        *([] if not bench.promises else [
            tile(say.number(len(bench.urgent)), say("at risk today"),
                 say.count(bench.promises, "{n} order promised", "{n} orders promised"),
                 url("/orders", merchant=bench.chosen, show=Promised.RISK), "bad" if any(
                     one.standing is Standing.LATE for one in bench.urgent) else "look" if bench.urgent else "")
        ]),
        tile(say.number(bench.shipped), say("shipped in 24 hours"),
              say.count(bench.cancelled, "{n} cancelled", "{n} cancelled"),
              url("/orders", merchant=bench.chosen, show="shipped")),
        tile(say.number(bad) if bad else say("fine"), say("job health"),
              say.count(bad, "{n} disturbed", "{n} disturbed") if bad else jobs_fine if bench.jobs
              else say("No job has run yet."), url("/jobs", merchant=bench.chosen), "bad" if bad else ""),
    ]  # fmt: skip
    return el("ul", tiles, class_="tiles")


# ---- The worklist


def _worklist(
    say: Reader, bench: Workbench, actions: Callable[[Entry], Sequence[Action]] | None, *, many: bool
) -> Markup:
    groups = []
    for work in Work:
        entries = [entry for entry in bench.to_do if entry.work is work]
        if entries:
            groups.append(_group(say, bench, work, entries, actions, many=many))
    seen = [entry for entry in bench.work if entry.acknowledged is not None]
    return el(
        "section",
        el("h2", say("What needs a person"), el("span", say.number(len(bench.to_do)), class_="count")),
        groups or quiet(say("Nothing is left to do." if seen else "Nothing.")),
        _acknowledged(say, seen) if seen else None,
        quiet(say("Of a merchant, no more than {n} orders were read.", n=say.number(READ_AT_MOST)))
        if bench.cut
        else None,
        class_="work panel",
        id="work",
    )


def _group(
    say: Reader,
    bench: Workbench,
    work: Work,
    entries: Sequence[Entry],
    actions: Callable[[Entry], Sequence[Action]] | None,
    *,
    many: bool,
) -> Markup:
    title, about = WORK[work]
    named = entries if work is Work.TROUBLE else entries[:NAMED]
    rest = len(entries) - len(named)
    look = "bad" if work in BAD and any(not entry.is_notice for entry in entries) else "look"
    return el(
        "section",
        el("h3", badge(say.number(len(entries)), look), " ", say(title)),
        el("p", say(about), class_="quiet small") if about else None,
        el("ul", [_entry(say, bench, entry, actions, many=many) for entry in named], class_="entries"),
        _rest(say, bench, work, rest) if rest else None,
    )


def _rest(say: Reader, bench: Workbench, work: Work, rest: int) -> Markup:
    text = say.count(rest, "and {n} more", "and {n} more")
    lists = {Work.REJECTED: "rejected", Work.QUARANTINED: "quarantined", Work.HELD: "release",
             Work.CANCELLED: "cancelled", Work.SHIPPED_ANYWAY: "shipped"}  # fmt: skip
    if work is Work.MISBILLED:
        return el("p", el("a", text, href="/billing"))
    return el("p", el("a", text, href=url("/orders", merchant=bench.chosen, show=lists.get(work))))


def _entry(
    say: Reader,
    bench: Workbench,
    entry: Entry,
    actions: Callable[[Entry], Sequence[Action]] | None,
    *,
    many: bool,
) -> Markup:
    whose = el("span", entry.merchant, class_="quiet") if many or entry.work is Work.TROUBLE else None
    since = el("span", say("for {span}", span=say.age(entry.since)), class_="age") if entry.since else None
    if entry.order is None:
        first: Content = (badge(say(_SEVERITY[entry.is_notice][0]), _SEVERITY[entry.is_notice][1]), " ", whose)
        told: Content = (
            el("p", say.noted(entry.words)),
            el("p", say.noted(entry.remedy), class_="quiet small") if entry.remedy != NOTHING else None,
        )
    else:
        record = bench.records.get((entry.merchant, entry.order.billbee_id))
        first = (order_link(entry.order), " ", whose)
        text: Content
        if record is not None and record.is_quarantined and record.defect is not None:
            text = say.noted(record.defect.what)
        elif record is not None and record.difference is not None and entry.work is Work.CHANGED:
            fields = record.difference.fields
            text = say.noted(Words(", ".join(fields), ", ".join(in_german(fields))))
        else:
            shop = next((one for one in bench.shown if one.name == entry.merchant), None)
            text = say.noted(*as_noted(entry.text, shop))
        told = (
            el("p", text) if text else None,
            el("p", details(say, entry.order, record), class_="quiet small"),
        )
    buttons = action_list(actions(entry)) if actions else None
    return el("li", el("div", first, since, class_="line"), el("div", el("div", told), buttons, class_="told"))


def _acknowledged(say: Reader, entries: Sequence[Entry]) -> Markup:
    rows = [
        el(
            "li",
            order_link(entry.order) if entry.order else say.noted(entry.words),
            " ",
            say(WORK[entry.work][0]),
            " · ",
            say("acknowledged by {name}", name=entry.acknowledged.by),
            ", ",
            say.brief(entry.acknowledged.at),
            f": {entry.acknowledged.note}" if entry.acknowledged.note else None,
        )
        for entry in entries
        if entry.acknowledged is not None
    ]
    return el(
        "details",
        el("summary", say.count(len(entries), "{n} acknowledged", "{n} acknowledged")),
        el("ul", rows, class_="small"),
        class_="seen",
    )


# ---- What is open


def _urgent(say: Reader, bench: Workbench, *, many: bool) -> Markup | None:
    """What is late by its promise, or has to leave today."""
    if not bench.promises:
        return None
    late = sum(one.standing is Standing.LATE for one in bench.urgent)
    rows = [
        el(
            "li",
            el("div", order_link(one.order), el("span", one.order.merchant, class_="quiet") if many else None,
               el("span", badge(say(STANDINGS[one.standing][0]), STANDINGS[one.standing][1]), class_="age"),
               class_="line"),
            el("p", details(say, one.order, bench.records.get((one.order.merchant, one.order.billbee_id))),
               class_="quiet small"),
        )
        for one in bench.urgent[:NAMED]
    ]  # fmt: skip
    count = el("span", say.number(len(bench.urgent)), class_="count")
    everything = el("a", say("All of them"), href=url("/orders", merchant=bench.chosen, show=Promised.RISK))
    return el(
        "section",
        el("h3", say("At risk today"), count),
        el("p", say.count(late, "{n} late", "{n} late"), " · ", everything, class_="small") if rows
        else quiet(say("Every promise can still be kept.")),
        el("ul", rows, class_="entries") if rows else None,
        class_=f"panel {'edged bad' if late else ''}".strip(),
    )  # fmt: skip


def _open(say: Reader, bench: Workbench) -> Markup:
    rows = [
        Bar(
            el(
                "a",
                say(ORDER_WAITS[group.waits_for]),
                href=url("/orders", merchant=bench.chosen, show=group.waits_for),
            ),
            group.orders,
            say.number(group.orders),
            more=say.short(say.now - group.oldest_at) if group.oldest_at else "",
        )
        for group in bench.groups
    ]
    if not rows:
        return el("div", el("h3", say("What open orders wait for")), quiet(say("No order is open.")), class_="panel")
    title = say("What open orders wait for")
    return bars(say, title, (say("Waits for"), say("Orders"), say("The oldest")), rows)


def _ages(say: Reader, bench: Workbench) -> Markup | None:
    if not bench.open_orders:
        return None
    names = [say("under {span}", span=say.span(limit)) for limit in AGES]
    names.append(say("over {span}", span=say.span(AGES[-1])))
    rows = [
        Bar(name, count, say.number(count), look="main" if n < 4 else "bad")
        for n, (name, count) in enumerate(zip(names, bench.ages, strict=True))
    ]
    return bars(say, say("Age of what is open"), (say("Ordered"), say("Orders")), rows)


def _reloading(say: Reader, *, refreshing: bool) -> Markup:
    if refreshing:
        return el("p", el("a", say("Stop reloading"), href=say.here(refresh=None)), class_="small")
    link = el("a", say("Reload every minute"), href=say.here(refresh=str(REFRESH_SECONDS)))
    return el("p", link, class_="small")
