"""`orderbridge order drop-effect`: give up saying something to a vendor."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands import MerchantOption, NumberArgument
from cli.failures import NotThere
from cli.orders import found_one
from cli.tool import Tool


def drop_effect(
    tool: Tool,
    number: NumberArgument,
    key: Annotated[str, typer.Argument(metavar="WHAT", help="As order show lists it under Still to be said.")],
    merchant: MerchantOption = None,
) -> None:
    """Give up something that must still be said about an order, because it fails for good or was done by hand.

    A message, a parcel and the shipped state count as said. Anything else comes back when it is wanted again.
    """
    from orderbridge.desk import drop_effect as service
    from orderbridge.ledger.ledger import Ledger

    record = found_one(tool, number, merchant)
    try:
        service.drop_effect(Ledger(tool.deployment.table, tool.clock), record, key, by=tool.who)
    except service.NoSuchEffect as error:
        hint = f"orderbridge order show {record.billbee_id} lists what it has"
        raise NotThere(f"order {record.billbee_id} of {record.merchant}: {error}", hint) from None
    answer = {"merchant": record.merchant, "billbee_id": record.billbee_id, "dropped": key}
    tool.out.show(answer, lambda: tool.out.line(f"{record.merchant} {record.billbee_id}: {key} is dropped"))
