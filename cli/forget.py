"""`orderbridge orders forget`: remove what is kept of orders that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands import MerchantOption
from cli.failures import NotThere
from cli.orders import found_one
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.desk.forget_order import Traces
    from orderbridge.ledger.ledger import Ledger

_STAYS = (
    "Its number stays, so that it is not sent again. Billbee, the warehouse, logs and backups have their own copies: "
    "docs/design/records.md, Erasure."
)


def forget(
    tool: Tool,
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER…", help="Billbee's ids or the shop's order numbers.")],
    merchant: MerchantOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without it, only say what would be removed.")] = False,
) -> None:
    """Remove all that is kept of orders that have ended: record, timeline, numbers, label, billing, costs, messages.

    This answers a person who asks for erasure. Nothing is removed if one of the orders has not ended. Late parcels and
    returns of a forgotten order are not posted any more, and its costs no longer count.
    """
    from orderbridge.desk.forget_order import CannotForget, find_traces, forget_order
    from orderbridge.ledger.ledger import Ledger

    chosen = tool.merchant(merchant)
    ledger = Ledger(tool.deployment.table, tool.clock)
    meant = [_meant(tool, ledger, chosen, number) for number in dict.fromkeys(numbers)]
    letters = tool.deployment.dead_letters.all()
    found: list[Traces] = []
    for billbee_id in dict.fromkeys(meant):
        try:
            found.append(find_traces(tool.deployment.table, tool.clock, ledger, chosen, billbee_id, letters))
        except CannotForget as error:
            raise NotThere(f"order {billbee_id} of {chosen} is not forgotten: {error}", "nothing was removed") from None
    for one in found if yes else ():
        deployed = tool.deployment
        forget_order(deployed.table, tool.clock, ledger, deployed.labels, deployed.dead_letters, one)

    def render() -> None:
        for one in found:
            number = one.record.shop_number if one.record is not None else None
            status = f", {one.record.status}" if one.record is not None else ", forgotten before"
            tool.out.line(f"{chosen} {one.billbee_id}{f' ({number})' if number else ''}{status}", style="bold")
            for line in one.in_words() or ["nothing is left of it"]:
                tool.out.line(line, indent=2)
        tool.out.line()
        tool.out.line("This is removed." if yes else "Nothing is removed yet: --yes removes it.")
        tool.out.line(_STAYS)

    tool.out.show({"merchant": chosen, "forgotten": yes, "orders": [_as_dict(one) for one in found]}, render)


def _meant(tool: Tool, ledger: Ledger, merchant: str, number: str) -> int:
    """The Billbee id that a number means, also of an order that was forgotten before. Raises ToolError."""
    from orderbridge.ledger.order_number import as_billbee_id, tidy_number

    billbee_id = as_billbee_id(tidy_number(number))
    if billbee_id is not None and ledger.forgotten_at(merchant, billbee_id) is not None:
        return billbee_id
    return found_one(tool, number, merchant).billbee_id


def _as_dict(traces: Traces) -> dict[str, Any]:
    record = traces.record
    return {
        "billbee_id": traces.billbee_id,
        "shop_number": record.shop_number if record else None,
        "status": record.status if record else None,
        "removed": traces.in_words(),
    }
