"""`orderbridge reconcile` and `orderbridge usage`: whether the three sides agree, and what the calls cost."""

from __future__ import annotations

import calendar
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Final

import typer

from cli import times
from cli.commands import EveryMerchantOption
from cli.failures import FOUND_TROUBLE, BadInput
from cli.tool import Tool

FREE_CALLS: Final = 100_000
"""Calls to Billbee a month that cost nothing, over all merchants of an application."""
PRICE: Final = Decimal("0.0005")
"""Euro for each further call, since November 2025."""


def reconcile(
    tool: Tool,
    since: Annotated[str, typer.Option("--since", metavar="AGO", help="30m, 12h, 2d or a date; at most 30d.")] = "3d",
    stock: Annotated[bool, typer.Option("--stock", help="Also the stock of all products.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Do what each disagreement says.")] = False,
    merchant: EveryMerchantOption = None,
) -> None:
    """Compare Billbee, the ledger and the warehouse: every disagreement with the command that repairs it.

    Orders younger than 15 minutes are left out, because the jobs are about to process them.
    """
    from orderbridge.desk.reconcile import reconcile as compare
    from orderbridge.desk.reconcile import repair as repair_found
    from orderbridge.platform.errors import OrderbridgeError

    moment = times.parse_since(since, tool.clock.now())
    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    told: list[dict[str, Any]] = []
    for name in names:
        answer: dict[str, Any] = {"merchant": name, "disagreements": [], "repaired": [], "error": None}
        told.append(answer)
        if tool.settings_mode(name) == "paused":
            answer["error"] = "paused: not compared"
            continue
        tool.out.progress(f"reading both sides for {name} …")
        try:
            with tool.working(name) as workspace:
                found = compare(workspace, since=moment, stock=stock)
                answer["disagreements"] = found
                if repair and found:
                    answer["repaired"] = repair_found(workspace, found, tool.senders, tool.correlation_id)
        except OrderbridgeError as error:
            if len(names) == 1:
                raise
            answer["error"] = str(error)
    count = sum(len(one["disagreements"]) for one in told)

    def render() -> None:
        for one in told:
            tool.out.line(f"{one['merchant']} since {times.local(moment)}", style="bold")
            if one["error"]:
                tool.out.line(one["error"], style="red", indent=2)
            elif not one["disagreements"]:
                tool.out.line("all three sides agree", style="green", indent=2)
            for disagreement in one["disagreements"]:
                tool.out.line(f"✗ {disagreement.kind}: {disagreement.what}", indent=2)
                if disagreement.repair and not one["repaired"]:
                    tool.out.line(f"→ {disagreement.repair}", indent=6)
            for line in one["repaired"]:
                tool.out.line(f"→ {line}", indent=2)
        if count and not repair:
            tool.out.line()
            tool.out.line(f"{_disagreements(count)}; --repair does what the arrows say.")

    tool.out.show({"since": moment, "merchants": told}, render)
    if count or any(one["error"] for one in told):
        raise typer.Exit(FOUND_TROUBLE)


def _disagreements(count: int) -> str:
    return "1 disagreement" if count == 1 else f"{count} disagreements"


def usage(
    tool: Tool,
    month: Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help="The current one by default.")] = None,
    merchant: EveryMerchantOption = None,
) -> None:
    """Calls to Billbee and the warehouse by merchant and day, and what Billbee's cost; what parcels cost.

    Days are UTC. The free calls and the price are those of the whole application, whatever --merchant says.
    """
    from orderbridge.merchants.usage import CALLS, Usage
    from orderbridge.tracking.cost_records import CostRecords

    today = tool.clock.now().date()
    first = _first_day(month, today)
    days_in_month = calendar.monthrange(first.year, first.month)[1]
    store, shown = Usage(tool.deployment.table, tool.clock), tool.merchants(merchant)
    days: list[dict[str, Any]] = []
    total = 0
    for name in tool.settings_texts:
        for day in store.days(name, first):
            if (day.date.year, day.date.month) != (first.year, first.month):
                continue
            total += day.counts["billbee"]
            if name in shown:
                days.append({"date": day.date, "merchant": name, **{kind: day.counts[kind] for kind in CALLS}})
    days.sort(key=lambda one: (one["date"], one["merchant"]))
    costs = {name: CostRecords(tool.deployment.table, name, tool.clock).of_month(f"{first:%Y-%m}") for name in shown}
    answer: dict[str, Any] = {
        "month": f"{first:%Y-%m}",
        "days": days,
        "billbee_calls": total,
        "free_calls": FREE_CALLS,
        "cost_eur": cost(total),
        "shipping": [{"merchant": name, **vars(one)} for name, some in costs.items() for one in some],
    }
    if (today.year, today.month) == (first.year, first.month):
        answer["expected_calls"] = total * days_in_month // today.day
        answer["expected_cost_eur"] = cost(answer["expected_calls"])

    def render() -> None:
        if days or tool.out.as_csv:
            form = "d" if tool.out.as_csv else ",d"  # a spreadsheet computes with numbers
            rows = [(f"{one['date']}", one["merchant"], *(f"{one[kind]:{form}}" for kind in CALLS)) for one in days]
            heads = ("day (UTC)", "merchant", "Billbee", "BiBi", "Abillify", "throttled")
            tool.out.table(heads, rows, numbers=frozenset({2, 3, 4, 5}))
            tool.out.line()
        else:
            tool.out.line(f"no call was counted in {first:%Y-%m}")
        left = max(0, FREE_CALLS - total)
        tool.out.line(f"{total:,} calls to Billbee in {first:%Y-%m}: {cost(total)} EUR; {left:,} free ones are left")
        if "expected_calls" in answer:
            tool.out.line(
                f"at this pace {answer['expected_calls']:,} by the end of the month: {answer['expected_cost_eur']} EUR"
            )
        if answer["shipping"]:
            tool.out.line()
            _render_shipping(tool, answer["shipping"])

    tool.out.show(answer, render)


def _render_shipping(tool: Tool, shipping: list[dict[str, Any]]) -> None:
    """The warehouse's cost of parcels."""
    rows = [
        (
            one["merchant"],
            (one["ship_method"] or "unknown ship method") + (", returned" if one["returned"] else ""),
            f"{one['parcels']:,}",
            f"{one['cost']:,.2f}",
        )
        for one in shipping
    ]
    tool.out.table(("merchant", "ship method", "parcels", "USD"), rows, numbers=frozenset({2, 3}))


def cost(calls: int) -> Decimal:
    """What a month's calls to Billbee cost, in euro, to the cent.

    >>> cost(101_000)
    Decimal('0.50')
    """
    return (max(0, calls - FREE_CALLS) * PRICE).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _first_day(month: str | None, today: date) -> date:
    if month is None:
        return today.replace(day=1)
    said = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", month)
    if said is None or said[1] == "0000":
        raise BadInput(f"--month {month!r} is no month", "say it as 2026-11")
    return date(int(said[1]), int(said[2]), 1)
