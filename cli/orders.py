"""`orderbridge order …` and `orderbridge orders`: where an order is, why it is not imported, a second look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import times
from cli.commands import EveryMerchantOption, MerchantOption, NumberArgument, command, group
from cli.failures import FOUND_TROUBLE, BadInput, NotThere, ToolError, nearest
from cli.output import styled
from cli.tool import Tool
from cli.tracking_links import link

if TYPE_CHECKING:
    from orderbridge.desk.explain_import import Check
    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.parcel_cost import ParcelCost
    from orderbridge.ledger.record import Event, LedgerOrder, OrderSummary
    from orderbridge.merchants.breaker import Outage
    from orderbridge.merchants.settings import MerchantSettings

app = group("One order: where it is, why it is not imported, have it looked at again.")
_OPEN, _REHEARSAL, _QUARANTINED = "open", "rehearsal", "quarantined"


@command(app, "show")
def show(tool: Tool, number: NumberArgument, merchant: MerchantOption = None) -> None:
    """Where an order is: status and reason, what happens next, its parcels, and its whole timeline."""
    from orderbridge.billing.explain_billing import explain_billing
    from orderbridge.merchants.breaker import outages

    records = found(tool, number, merchant)
    table = tool.deployment.table
    now, settings = tool.clock.now(), tool.settings()
    told = [
        (
            record,
            _rule(record, settings.get(record.merchant)),
            _next_step(record, one := settings.get(record.merchant), now, outages(table, record.merchant)),
            explain_billing(table, tool.clock, record, one),
        )
        for record in records
    ]

    def render() -> None:
        for place, (record, rule, following, billing) in enumerate(told):
            if place:
                tool.out.line()
            _render_order(tool, record, rule, following, billing, now)

    shown = [_as_dict(record, following) | {"billing": billing} for record, _, following, billing in told]
    tool.out.show({"orders": shown}, render)


@command(app, "why")
def why(tool: Tool, number: NumberArgument, merchant: MerchantOption = None) -> None:
    """Why an order is not imported: reads it in Billbee now and checks the rules one by one.

    Without --merchant, every merchant's Billbee account is asked until one has it.
    """
    from orderbridge.desk.explain_import import explain_import
    from orderbridge.desk.find_orders import find_orders
    from orderbridge.platform.errors import UpstreamError

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    answers: list[tuple[str, int, list[Check]]] = []
    silent: list[str] = []
    known: list[LedgerOrder] = []
    for name in names:
        tool.out.progress(f"asking Billbee for {name} …")
        try:
            with tool.working(name) as workspace:
                for found in find_orders(workspace, number, live=True):
                    if found.order is not None:
                        answers.append((name, found.billbee_id, explain_import(workspace, found.order)))
                    elif found.record is not None:
                        known.append(found.record)
        except UpstreamError as error:
            if merchant is not None or len(names) == 1:
                raise
            silent.append(f"{name}: {error}")
        if answers:
            break
    if not answers:
        raise _nowhere(number, known, silent)

    def render() -> None:
        for name, billbee_id, checks in answers:
            _render_checks(tool, name, billbee_id, checks)

    shown = [
        {"merchant": name, "billbee_id": billbee_id, "imported_next": all(c.passed for c in checks), "checks": checks}
        for name, billbee_id, checks in answers
    ]
    tool.out.show({"orders": shown, "not_asked": silent}, render)
    if not all(one["imported_next"] for one in shown):
        raise typer.Exit(FOUND_TROUBLE)


@command(app, "retry")
def retry(
    tool: Tool,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Billbee's id, or the shop's number.")] = "",
    merchant: MerchantOption = None,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="All orders that met an unexpected error, once it is fixed.")
    ] = False,
) -> None:
    """Process an order again now. Nothing is sent twice: the warehouse is asked first."""
    from orderbridge.desk.retry_order import CannotRetry, retry_order
    from orderbridge.ledger.ledger import Ledger

    if quarantined == bool(number):
        raise BadInput("say either an order's number or --quarantined")
    if quarantined:
        _retry_quarantined(tool, merchant)
        return
    record = found_one(tool, number, merchant)
    if tool.settings_mode(record.merchant) == "paused":
        raise ToolError(f"{record.merchant} is paused: nothing would be done", tool.how_to_resume(record.merchant))
    ledger = Ledger(tool.deployment.table, tool.clock)
    try:
        done = retry_order(ledger, record, tool.senders, tool.correlation_id, by=tool.who)
    except CannotRetry as error:
        raise NotThere(f"order {record.billbee_id} of {record.merchant}: {error}") from None
    answer = {"merchant": record.merchant, "billbee_id": record.billbee_id, "done": done}
    tool.out.show(answer, lambda: tool.out.line(f"{record.merchant} {record.billbee_id}: {done}"))


def _retry_quarantined(tool: Tool, merchant: str | None) -> None:
    from orderbridge.desk.retry_order import retry_quarantined
    from orderbridge.ledger.ledger import Ledger

    ledger = Ledger(tool.deployment.table, tool.clock)
    names = [name for name in tool.merchants(merchant) if tool.settings_mode(name) != "paused"]
    ids = {name: retry_quarantined(ledger, name, tool.senders, tool.correlation_id, by=tool.who) for name in names}
    answer = [{"merchant": name, "billbee_id": billbee_id} for name, found in ids.items() for billbee_id in found]

    def render() -> None:
        for one in answer:
            tool.out.line(f"{one['merchant']} {one['billbee_id']}: it is taken up again where it stopped")
        if not answer:
            tool.out.line("no order is quarantined")

    tool.out.show({"orders": answer}, render)


def orders(
    tool: Tool,
    status: Annotated[
        str, typer.Option("--status", help="open, rehearsal, quarantined, or a status such as rejected, held, shipped.")
    ] = _OPEN,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGO", help="30m, 12h, 2d, 1w or a date; 2d for what has ended.")
    ] = None,
    merchant: EveryMerchantOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many of each merchant.")] = 200,
) -> None:
    """The orders of a status, by default the open ones, with their reasons."""
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.lifecycle import OPEN, Status

    known = [_OPEN, _REHEARSAL, _QUARANTINED, *Status]
    if status not in known:
        raise BadInput(f"--status {status!r} is not a status", nearest(status, [str(one) for one in known]))
    now = tool.clock.now()
    ended = status not in (_OPEN, _REHEARSAL, _QUARANTINED) and Status(status) not in OPEN
    moment = times.parse_since(since or "2d", now) if since or ended else None
    found: list[LedgerOrder] = []
    cut = []
    for name in tool.merchants(merchant):
        some = [order.billbee_id for order in islice(_with_status(tool, name, status, moment), limit + 1)]
        if len(some) > limit:
            cut.append(name)
        records = Ledger(tool.deployment.table, tool.clock).get_many(name, some[:limit])
        found += [records[number] for number in some[:limit] if number in records]
    what = status if moment is None else f"{status} since {times.local(moment)}"

    def render() -> None:
        if not found:
            tool.out.line(f"no order is {what}" if tool.settings_texts else "there is no merchant yet")
            return
        rows = [
            (
                record.merchant,
                str(record.billbee_id),
                record.shop_number or "–",
                styled(str(record.status)),
                times.age(record.moved_at, now),
                _quarantine(record) or record.reason or _where(record),
            )
            for record in found
        ]
        tool.out.table(("merchant", "order", "shop's number", "status", "for", "why"), rows, numbers=frozenset({1}))
        for name in cut:
            tool.out.line(f"… and more of {name}: raise --limit", style="dim")

    tool.out.show(
        {"status": status, "since": moment, "orders": [_as_dict(one) for one in found], "more_of": cut}, render
    )


def _with_status(tool: Tool, merchant: str, status: str, since: datetime | None) -> Any:
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.lifecycle import OPEN, Status

    ledger = Ledger(tool.deployment.table, tool.clock)
    if status == _REHEARSAL:
        some: Iterable[OrderSummary] = ledger.rehearsed_orders(merchant)
    elif status == _QUARANTINED:
        some = ledger.quarantined_orders(merchant)
    elif status == _OPEN or Status(status) in OPEN:
        some = (order for order in ledger.open_orders(merchant) if status in (_OPEN, order.status))
    else:
        assert since is not None
        return ledger.ended_orders(merchant, Status(status), since=since)
    return (record for record in some if since is None or record.moved_at >= since)


def found(tool: Tool, number: str, merchant: str | None) -> list[LedgerOrder]:
    """The records that a number means, at one merchant or at any. Raises NotThere."""
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.order_number import tidy_number

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    number = tidy_number(number)
    ledger = Ledger(tool.deployment.table, tool.clock)
    found = [record for name in names for record in ledger.find(name, number)] if number else []
    if not found:
        raise _not_in_ledger(ledger, names, number)
    return found


def found_one(tool: Tool, number: str, merchant: str | None) -> LedgerOrder:
    """The one record that a number means. Raises NotThere, or BadInput if it means several."""
    records = found(tool, number, merchant)
    if len(records) > 1:
        ids = ", ".join(f"{record.merchant} {record.billbee_id}" for record in records)
        raise BadInput(f"{number} means several orders: {ids}", "say Billbee's id, and --merchant")
    return records[0]


def _not_in_ledger(ledger: Any, names: Sequence[str], number: str) -> NotThere:
    """With the open order that has the nearest number, because a typing error is the usual reason."""
    hint = f"orderbridge order why {number} asks Billbee for it" if number else ""
    numbers: list[str] = []
    for name in names:
        for record in islice(ledger.open_orders(name), 500):
            numbers += [str(record.billbee_id), *([record.shop_number] if record.shop_number else [])]
    close = nearest(number, numbers) if numbers and number else ""
    if close.startswith("did you mean"):
        hint = f"{close} Else: {hint}"
    whose = f"of {names[0]}" if len(names) == 1 else "of any merchant"
    return NotThere(f"the ledger has no order {number!r} {whose}", hint)


def _nowhere(number: str, known: Sequence[LedgerOrder], silent: Sequence[str]) -> ToolError:
    if silent:
        hint = "orderbridge merchants check says what is wrong with those that could not be asked"
        return ToolError(f"order {number!r} was not found, and not everybody could be asked: {'; '.join(silent)}", hint)
    if known:
        hint = f"orderbridge order show {known[0].billbee_id} says what was done for it"
        return NotThere(f"Billbee does not have order {number!r} any more", hint)
    return NotThere(f"Billbee has no order {number!r}", "is it the number in Billbee, or the shop's order number?")


def _next_step(
    record: LedgerOrder, settings: MerchantSettings | None, now: datetime, down: Iterable[Outage] = ()
) -> str:
    from orderbridge.desk.next_step import next_step_in_words
    from orderbridge.ledger.tags import Tags

    if settings is not None and settings.mode == "paused":
        return f"Nothing: the merchant is paused (orderbridge merchants resume {record.merchant})."
    tags, holds = (Tags(settings.billbee.order_tag), settings.billing.holds) if settings else (None, False)
    return next_step_in_words(record, tags, now, until_billed=holds, down=down)


def _effect(effect: Effect) -> str:
    """The kind of effect, how often it failed, and why."""
    tried = f", failed {effect.attempts} times" if effect.attempts else ""
    later = f", not before {times.local(effect.not_before)}" if effect.not_before else ""
    return f"{effect.kind}{tried}{later}{f': {effect.reason}' if effect.reason else ''}"


def _quarantine(record: LedgerOrder) -> str:
    return f"quarantined: {record.defect.what}" if record.defect is not None and record.is_quarantined else ""


def _where(record: LedgerOrder) -> str:
    return f"at the warehouse: {record.warehouse_status}" if record.warehouse_status else ""


def _rule(record: LedgerOrder, settings: MerchantSettings | None) -> str:
    """The merchant's rule that shaped what was sent; empty if neither the record nor the settings have any (R40)."""
    if record.rule is not None:
        return record.rule
    has_some = settings is not None and bool(settings.rules)
    return "none of the settings' rules" if has_some and record.submitted_at is not None else ""


def _render_order(
    tool: Tool, record: LedgerOrder, rule: str, following: str, billing: str | None, now: datetime
) -> None:
    out = tool.out
    number = f" ({record.shop_number})" if record.shop_number else ""
    out.line(f"{record.merchant} {record.billbee_id}{number}", style="bold")
    fields: list[tuple[str, Any]] = [("status", styled(str(record.status)))]
    if record.rehearsal:
        fields.append(("rehearsal", "made in mode test; does not count once the merchant is live"))
    if record.reason:
        fields.append(("reason", record.reason))
    if record.defect is not None:
        tries = f"{record.defect.failures} times, last {times.local(record.defect.at)}"
        fields.append(("error", f"{_quarantine(record) or record.defect.what} ({tries})"))
    fields.append(("since", f"{times.local(record.moved_at)} ({times.age(record.moved_at, now)})"))
    if record.placed_at:
        fields.append(("ordered", times.local(record.placed_at)))
    if record.order_number:
        seen = f", last reported {times.age(record.seen_at, now)} ago" if record.seen_at else ""
        said = f": {record.warehouse_status}" if record.warehouse_status else ""
        fields.append(("warehouse", f"as {record.order_number}{said}{seen}"))
    if record.pieces:
        fields.append(("pieces", ", ".join(f"{count} × {sku}" for sku, count in record.pieces.items())))
    if record.conversion is not None:
        fields.append(("money", str(record.conversion)))
    if rule:
        fields.append(("rule", rule))
    if record.difference is not None:
        since = times.local(record.difference.since)
        fields.append(("in Billbee", f"differs since {since}: {', '.join(record.difference.fields)}"))
    if billing:
        fields.append(("billing", billing))
    if record.label is not None and record.label.stored:
        fields.append(("return label", f"kept until {times.local(record.label.expires_at)}"))
    fields.append(("next", following))
    out.fields(fields, indent=2)
    if record.effects:
        out.line()
        out.line("Still to be said", style="bold", indent=2)
        out.fields([(f"{effect.key}", _effect(effect)) for effect in record.effects], indent=4)
    if record.parcels:
        out.line()
        out.line("Parcels", style="bold", indent=2)
        for tracking, parcel in record.parcels.items():
            posted = f"posted {times.local(parcel.posted_at)}"
            out.line(f"{tracking}  {parcel.ship_method or 'unknown ship method'}, {posted}", indent=4)
            cost = record.costs.get(tracking)
            if cost is not None:
                out.line(_cost(cost), indent=6)
            if address := (cost.link if cost else "") or link(parcel.ship_method, tracking):
                out.line(address, style="dim", indent=6)
    out.line()
    out.line(f"Timeline ({times.zone_name(now)})", style="bold", indent=2)
    out.fields([_timeline_entry(event) for event in record.timeline], indent=4)


def _timeline_entry(event: Event) -> tuple[str, str]:
    moved = str(event.after) if event.before != event.after else "·"
    call = f" ({event.call})" if event.call else ""
    return f"{times.local(event.at)}  {moved}", f"{event.why}{call}"


def _cost(cost: ParcelCost) -> str:
    """The known cost, weight and zone of a parcel.

    >>> from decimal import Decimal
    >>> from orderbridge.ledger.parcel_cost import ParcelCost
    >>> _cost(ParcelCost(Decimal("9.3600"), weight=Decimal("1.0000"), zone="5"))
    '9.36 USD, 1 lb, zone 5'
    """
    weight = "" if cost.weight is None else f"{cost.weight.normalize():f} lb"
    zone = f"zone {cost.zone}" if cost.zone else ""
    return ", ".join(part for part in (f"{cost.cost:.2f} USD", weight, zone) if part)


def _cost_dict(cost: ParcelCost | None) -> dict[str, Any]:
    if cost is None:
        return {}
    return {
        "cost_usd": cost.cost,
        "weight_lb": cost.weight,
        "zone": cost.zone or None,
        "shipped_at": cost.shipped_at,
        **({"url": cost.link} if cost.link else {}),
    }


def _render_checks(tool: Tool, merchant: str, billbee_id: int, checks: Sequence[Check]) -> None:
    out = tool.out
    out.line(f"{merchant} {billbee_id}", style="bold")
    wide = max(len(check.rule) for check in checks)
    for check in checks:
        mark = styled("ok" if check.passed else "wrong")
        mark.plain = check.text
        out.fields([(f"{'✓' if check.passed else '✗'} {check.rule:<{wide}}", mark)], indent=2)
        if check.remedy:
            out.line(f"→ {check.remedy}", indent=wide + 6)
    out.line()
    failed = [check for check in checks if not check.passed]
    if failed:
        rules = ", ".join(check.rule for check in failed)
        out.line(f"Not imported because of {rules}.", style="red")
    else:
        out.line("Nothing speaks against it: the next poll, within 5 minutes, imports it.", style="green")


def _as_dict(record: LedgerOrder, following: str | None = None) -> dict[str, Any]:
    return {
        "merchant": record.merchant,
        "billbee_id": record.billbee_id,
        "shop_number": record.shop_number,
        "warehouse_number": record.number.text or None,
        "status": record.status,
        "reason": record.reason,
        "quarantined": _quarantine(record) or None,
        "moved_at": record.moved_at,
        "created_at": record.created_at,
        "placed_at": record.placed_at,
        "submitted_at": record.submitted_at,
        "seen_at": record.seen_at,
        "warehouse_status": record.warehouse_status,
        "rehearsal": record.rehearsal,
        "adopted": record.adopted,
        "pieces": record.pieces,
        "conversion": None if record.conversion is None else vars(record.conversion),
        "rule": record.rule,
        "difference": None
        if record.difference is None
        else {"since": record.difference.since, "fields": record.difference.fields},
        "still_to_be_said": [
            {
                "key": effect.key,
                "kind": effect.kind,
                "attempts": effect.attempts,
                "not_before": effect.not_before,
                "reason": effect.reason,
            }
            for effect in record.effects
        ],
        "parcels": [
            {
                "tracking_number": number,
                "ship_method": parcel.ship_method,
                "posted_at": parcel.posted_at,
                "url": link(parcel.ship_method, number),
                **_cost_dict(record.costs.get(number)),
            }
            for number, parcel in record.parcels.items()
        ],
    } | (
        {}
        if following is None
        else {
            "next": following,
            "timeline": [
                {"at": e.at, "from": e.before or None, "to": e.after, "why": e.why, "call": e.call or None}
                for e in record.timeline
            ],
        }
    )
