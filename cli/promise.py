"""`orderbridge promise`: what is open, by the day on which it has to have left (R42)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import times
from cli.commands import EveryMerchantOption
from cli.failures import NotThere
from cli.output import styled
from cli.tool import Tool

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.merchants.settings import MerchantSettings


def promise(
    tool: Tool,
    merchant: EveryMerchantOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many of each merchant.")] = 200,
) -> None:
    """The open orders that have a promise, the most urgent first: late, at risk today, on time.

    The last day is one of the warehouse's calendar. Orders on hold are listed too.
    """
    from orderbridge.desk.open_promises import most_urgent_first, open_promises
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.merchants.promise import last_day

    names, now = tool.merchants(merchant), tool.clock.now()
    if not names:
        raise tool.no_merchants()
    ledger, shown, cut = Ledger(tool.deployment.table, tool.clock), [], []
    counts: Counter[str] = Counter()
    promising = {name: settings.promise for name, settings in tool.settings().items() if name in names}
    for name, calendar in promising.items():
        found = open_promises(ledger, name, calendar, now)
        counts.update(one.standing for one in found)
        shown += found[:limit]
        cut += [name] if len(found) > limit else []
    without = sorted(name for name, calendar in promising.items() if not calendar.enabled)
    if not shown and len(without) == len(promising):
        raise NotThere(
            "nothing is promised" + (f" by {names[0]}" if len(names) == 1 else ""),
            'set "promise": {"handling_days": 1} with orderbridge merchants set; new orders then have a promise',
        )
    rows = [(one, last_day(promising[one.order.merchant], one.by)) for one in most_urgent_first(shown)]

    def render() -> None:
        table = [
            (
                one.order.merchant,
                str(one.order.billbee_id),
                one.order.shop_number or "–",
                styled(str(one.order.status)),
                styled(str(one.standing)),
                f"{day}" if tool.out.as_csv else f"{day:%a %Y-%m-%d}",
                f"{times.age(one.by, now)} ago" if one.by <= now else f"in {times.age(now, one.by)}",
            )
            for one, day in rows
        ]
        heads = ("merchant", "order", "shop's number", "status", "promise", "last day", "ends")
        if table:
            tool.out.table(heads, table, numbers=frozenset({1}))
        tool.out.line(", ".join(f"{counts[standing]} {standing}" for standing in ("late", "at risk", "on time")))
        for name in cut:
            tool.out.line(f"… and more of {name}: raise --limit", style="dim")
        if without:
            tool.out.line(f"without a promise: {', '.join(without)}", style="dim")

    told: list[dict[str, Any]] = [
        {
            "merchant": one.order.merchant,
            "billbee_id": one.order.billbee_id,
            "shop_number": one.order.shop_number,
            "status": one.order.status,
            "standing": one.standing,
            "promised_by": one.by,
            "last_day": day,
        }
        for one, day in rows
    ]
    tool.out.show({"orders": told, "counts": dict(counts), "more_of": cut, "without_promise": without}, render)


def promise_of_order(record: LedgerOrder, settings: MerchantSettings | None, now: datetime) -> str:
    """What `order show` says of an order's promise; empty if it has none."""
    from orderbridge.desk.open_promises import promise_of
    from orderbridge.merchants.promise import PromiseSettings, last_day

    if record.promised_by is None:
        return ""
    calendar = settings.promise if settings is not None else PromiseSettings()
    day = f"to leave by {last_day(calendar, record.promised_by):%a %Y-%m-%d}"
    found = promise_of(calendar, record, now)
    return day if found is None else f"{day}: {found.standing}"
