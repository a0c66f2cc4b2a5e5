"""`orderbridge order retry`: process an order again, and say what came of it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands import MerchantOption
from cli.failures import BadInput, NotThere, ToolError
from cli.orders import found_one
from cli.tool import Tool


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
