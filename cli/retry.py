"""`orderbridge order retry`: process an order again, and say what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands import MerchantOption
from cli.failures import FOUND_TROUBLE, BadInput, NotThere, ToolError
from cli.order_shown import next_step, quarantine
from cli.orders import found_one
from cli.tool import Tool
from cli.waiting import Outcome, WaitOption, wait_for

if TYPE_CHECKING:
    from orderbridge.ledger.record import LedgerOrder

_Key = tuple[str, int]
"""A merchant and Billbee's id of an order."""


def retry(
    tool: Tool,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Billbee's id, or the shop's number.")] = "",
    merchant: MerchantOption = None,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="All orders that met an unexpected error, once it is fixed.")
    ] = False,
    wait: WaitOption = None,
) -> None:
    """Process an order again now. Nothing is sent twice: the warehouse is asked first."""
    from orderbridge.desk.retry_order import CannotRetry, retry_order
    from orderbridge.ledger.ledger import Ledger

    if quarantined == bool(number):
        raise BadInput("say either an order's number or --quarantined")
    if quarantined:
        _retry_quarantined(tool, merchant, wait)
        return
    record = found_one(tool, number, merchant)
    if tool.settings_mode(record.merchant) == "paused":
        raise ToolError(f"{record.merchant} is paused: nothing would be done", tool.how_to_resume(record.merchant))
    ledger = Ledger(tool.deployment.table, tool.clock)
    try:
        done = retry_order(ledger, record, tool.senders, tool.correlation_id, by=tool.who).english
    except CannotRetry as error:
        raise NotThere(f"order {record.billbee_id} of {record.merchant}: {error}") from None
    answer: dict[str, Any] = {"merchant": record.merchant, "billbee_id": record.billbee_id, "done": done}
    outcome = None
    if wait is not None:
        tool.out.progress(f"{done}; waiting …")
        key = (record.merchant, record.billbee_id)
        outcome = _outcomes(tool, {key: record.version + 1}, wait)[key]
        answer["outcome"] = outcome

    def render() -> None:
        tool.out.line(f"{record.merchant} {record.billbee_id}: {done}")
        if outcome is not None:
            tool.out.line(outcome.text, style="green" if outcome.well else "red", indent=2)

    tool.out.show(answer, render)
    if outcome is not None and not outcome.well:
        raise typer.Exit(FOUND_TROUBLE)


def _retry_quarantined(tool: Tool, merchant: str | None, wait: float | None) -> None:
    from orderbridge.desk.retry_order import retry_quarantined
    from orderbridge.ledger.ledger import Ledger

    ledger = Ledger(tool.deployment.table, tool.clock)
    names = [name for name in tool.merchants(merchant) if tool.settings_mode(name) != "paused"]
    records = {
        (name, record.billbee_id): record
        for name in names
        for record in ledger.get_many(name, [one.billbee_id for one in ledger.quarantined_orders(name)]).values()
    }
    ids = {name: retry_quarantined(ledger, name, tool.senders, tool.correlation_id, by=tool.who) for name in names}
    taken = [(name, billbee_id) for name, found in ids.items() for billbee_id in found]
    outcomes: dict[_Key, Outcome] = {}
    if wait is not None:
        outcomes = _outcomes(tool, {one: records[one].version + 1 for one in taken if one in records}, wait)

    def render() -> None:
        for name, billbee_id in taken:
            told = outcomes.get((name, billbee_id))
            text = told.text if told is not None else "it is taken up again where it stopped"
            tool.out.line(f"{name} {billbee_id}: {text}", style="" if told is None or told.well else "red")
        if not taken:
            tool.out.line("no order is quarantined")

    answer = [
        {"merchant": name, "billbee_id": billbee_id}
        | ({} if wait is None else {"outcome": outcomes.get((name, billbee_id))})
        for name, billbee_id in taken
    ]
    tool.out.show({"orders": answer}, render)
    if not all(one.well for one in outcomes.values()):
        raise typer.Exit(FOUND_TROUBLE)


def _outcomes(tool: Tool, asked: Mapping[_Key, int], seconds: float) -> dict[_Key, Outcome]:
    """Wait until it is known what came of orders.

    Args:
        asked: the version that each record has since it was asked for.
    """
    found: dict[_Key, Outcome] = {}

    def look() -> bool | None:
        for key, version in asked.items():
            if key not in found and (outcome := _outcome(tool, key, version)) is not None:
                found[key] = outcome
        return True if len(found) == len(asked) else None

    wait_for(tool, seconds, look)
    for key in asked:
        if key not in found:
            record = _read(tool, key)
            then = _next(tool, record) if record is not None else ""
            found[key] = Outcome(known=False, well=False, text=f"not known after {seconds:.0f} s. {then}".strip())
    return {key: found[key] for key in asked}


def _outcome(tool: Tool, key: _Key, version: int) -> Outcome | None:
    """What came of an order; None as long as a worker still has to do something for it."""
    from orderbridge.ledger.lifecycle import HAS_REACHED_WAREHOUSE, PASSING, Status
    from orderbridge.merchants.breaker import outages
    from orderbridge.orders.wake import VENDORS_OF_ORDERS

    record = _read(tool, key)
    if record is None:
        return Outcome(known=True, well=False, text="its record was removed meanwhile")
    now = tool.clock.now()
    if record.defect is not None:
        told = quarantine(record) or f"unexpected error: {record.defect.what}"
        return Outcome(known=True, well=False, text=told)
    if record.version <= version or record.status in PASSING or record.has_due(now):
        if any(one.vendor in VENDORS_OF_ORDERS for one in outages(tool.deployment.table, record.merchant)):
            return Outcome(known=True, well=False, text=_next(tool, record))
        if record.version > version and record.status is Status.QUEUED and record.reason:
            return Outcome(known=True, well=False, text=f"it waits: {record.reason}")
        return None
    later = [effect for effect in record.effects if effect.waits(now)]
    is_well = record.status in HAS_REACHED_WAREHOUSE and not later
    said = (later[0].reason if later else None) or record.reason or record.timeline[-1].why
    return Outcome(known=True, well=is_well, text=f"it is {record.status}: {said}")


def _read(tool: Tool, key: _Key) -> LedgerOrder | None:
    from orderbridge.ledger.ledger import Ledger

    return Ledger(tool.deployment.table, tool.clock).get(*key)


def _next(tool: Tool, record: LedgerOrder) -> str:
    from orderbridge.merchants.breaker import outages

    settings = tool.settings().get(record.merchant)
    return next_step(record, settings, tool.clock.now(), outages(tool.deployment.table, record.merchant))
