"""`orderbridge sku show`: how the stock figure of a SKU came about."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import times
from cli.commands import MerchantOption, command, group
from cli.failures import NotThere, nearest
from cli.tool import Tool

app = group("One product: how its stock figure came about.")


@command(app, "show")
def show(
    tool: Tool,
    sku: Annotated[str, typer.Argument(metavar="SKU", help="In any case.")],
    merchant: MerchantOption = None,
) -> None:
    """How the figure that Billbee was told came about, and when."""
    from orderbridge.services.explain_stock import explain_stock
    from orderbridge.stores.stock import StockRecords

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    stores = {name: StockRecords(tool.deployment.table, name) for name in names}
    found = [(name, record) for name, stock in stores.items() for record in stock.get_many([sku.strip()]).values()]
    if not found:
        known = [record.sku for stock in stores.values() for record in stock.all()]
        hint = nearest(sku, known) if known else "stock was never synced: orderbridge jobs says how that went"
        raise NotThere(f"no stock figure is known for the SKU {sku!r}", hint)
    now = datetime.now(UTC)
    told = [(name, record, explain_stock(record)) for name, record in found]

    def render() -> None:
        for name, record, lines in told:
            tool.out.line(f"{name} {record.sku}", style="bold")
            for line in lines:
                tool.out.line(line, indent=2)
            for word, moment in (("told", record.sent_at), ("an order of it left", record.left_at)):
                if moment:
                    tool.out.line(f"{word} {times.local(moment)} ({times.age(moment, now)} ago)", style="dim", indent=2)

    shown = [{"merchant": name, **asdict(record), "explained": lines} for name, record, lines in told]
    tool.out.show({"skus": shown}, render)
