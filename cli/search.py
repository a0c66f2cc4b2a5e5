"""`orderbridge search`: find an order or a product by what one has of its number."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands import EveryMerchantOption
from cli.failures import FOUND_TROUBLE
from cli.order_shown import as_dict, render_list
from cli.tool import Tool


def search(
    tool: Tool,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A number or SKU, or how one begins.")],
    merchant: EveryMerchantOption = None,
) -> None:
    """Find orders by Billbee's id, a tracking number or how the shop's number begins, and SKUs likewise."""
    from orderbridge.desk.board import search as service

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    found = service.search(tool.deployment.table, tool.clock, names, text)
    now = tool.clock.now()

    def render() -> None:
        if found.orders:
            render_list(tool, found.orders, now)
        for name, sku in found.skus:
            tool.out.line(f"{name} has the SKU {sku}: orderbridge sku show {sku} -m {name}")
        if found.more:
            tool.out.line("… and more: say more of it", style="dim")
        if not found.orders and not found.skus:
            tool.out.line(f"nothing is known of {text!r}")

    answer = {
        "asked": found.asked,
        "orders": [as_dict(one) for one in found.orders],
        "skus": [{"merchant": name, "sku": sku} for name, sku in found.skus],
        "more": found.more,
    }
    tool.out.show(answer, render)
    if not found.orders and not found.skus:
        raise typer.Exit(FOUND_TROUBLE)
