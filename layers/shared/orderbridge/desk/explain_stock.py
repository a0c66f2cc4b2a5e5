"""Explains the figure of a SKU in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orderbridge.products.kit_records import KitRecord
    from orderbridge.stock.stock_records import StockRecord


def explain_stock(record: StockRecord) -> list[str]:
    """The terms of the figure that Billbee was last told, and the next steps, a line each."""
    if record.sent is None:
        if record.unknown:
            return ["Billbee does not know this SKU, so nothing could be told."]
        return ["Nothing was told to Billbee yet: the next run of sync-stock does it."]
    lines = [
        f"{record.physical} on the shelf at the warehouse, {record.allocated} of them for orders that have not left",
        f"− {record.elsewhere} promised to orders that did not come through Billbee",
        f"− {record.buffer} kept back as the merchant's buffer",
        f"= {record.sent} told to Billbee, which subtracts what it has sold and not yet seen shipped",
    ]
    if record.unknown:
        lines.append("Billbee did not take it: it does not know the SKU. It is tried again once a day.")
    elif record.billbee_stock is not None:
        lines.append(f"{record.billbee_stock} offered by Billbee then")
    if record.due:
        lines.append("It is told again with the next run of sync-stock.")
    return lines


def explain_kit(record: KitRecord) -> list[str]:
    """What a bundle is at the warehouse, a line each."""
    lines = []
    if record.contents:
        contents = ", ".join(f"{count} × {sku}" for sku, count in record.contents.items())
        lines.append(f"A kit of {contents}; it has no stock of its own, those have.")
    if record.problem:
        lines.append(f"As it is in Billbee now, it is not at the warehouse: {record.problem}")
    return lines
