"""`orderbridge order …` and `orderbridge orders`: where an order is, why it is not imported, a second look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import times
from cli.commands import EveryMerchantOption, MerchantOption, NumberArgument, command, group, overview
from cli.failures import BadInput, NotThere, nearest
from cli.order_shown import as_dict, next_step, render_list, render_order, rule_of
from cli.promise import promise_of_order
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.record import LedgerOrder, OrderSummary

app = group("One order: where it is, why it is not imported, have it looked at again.")
all_app = group("The orders of a status, by default the open ones; forget ended ones.", has_overview=True)
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
            rule_of(record, settings.get(record.merchant)),
            next_step(record, one := settings.get(record.merchant), now, outages(table, record.merchant)),
            explain_billing(table, tool.clock, record, one),
            promise_of_order(record, one, now),
        )
        for record in records
    ]

    def render() -> None:
        for place, (record, rule, following, billing, promise) in enumerate(told):
            if place:
                tool.out.line()
            render_order(tool, record, rule, following, billing, promise, now)

    shown = [
        as_dict(record, following) | {"billing": billing, "promise": promise or None}
        for record, _, following, billing, promise in told
    ]
    tool.out.show({"orders": shown}, render)


@overview(all_app, watched=True)
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
        raise BadInput(f"--status {status!r} is not a status", nearest(status, [str(one) for one in known], most=99))
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
        render_list(tool, found, now)
        for name in cut:
            tool.out.line(f"… and more of {name}: raise --limit", style="dim")

    tool.out.show(
        {"status": status, "since": moment, "orders": [as_dict(one) for one in found], "more_of": cut}, render
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
        raise _forgotten(ledger, names, number) or _not_in_ledger(ledger, names, number)
    return found


def found_one(tool: Tool, number: str, merchant: str | None) -> LedgerOrder:
    """The one record that a number means. Raises NotThere, or BadInput if it means several."""
    records = found(tool, number, merchant)
    if len(records) > 1:
        ids = ", ".join(f"{record.merchant} {record.billbee_id}" for record in records)
        raise BadInput(f"{number} means several orders: {ids}", "say Billbee's id, and --merchant")
    return records[0]


def _forgotten(ledger: Ledger, names: Sequence[str], number: str) -> NotThere | None:
    from orderbridge.ledger.order_number import as_billbee_id

    billbee_id = as_billbee_id(number)
    if billbee_id is None:
        return None
    for name in names:
        if (moment := ledger.forgotten_at(name, billbee_id)) is not None:
            what = f"order {billbee_id} of {name} was forgotten at {times.local(moment)}"
            return NotThere(what, "it has ended, and its record was removed (orderbridge orders forget)")
    return None


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
