"""Explains the figure of a SKU in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.desk.wording import Words

if TYPE_CHECKING:
    from orderbridge.products.kit_records import KitRecord
    from orderbridge.stock.stock_records import StockRecord


def explain_stock(record: StockRecord) -> list[Words]:
    """The terms of the figure that Billbee was last told, and the next steps, a line each."""
    if record.sent is None:
        if record.unknown:
            return [
                Words(
                    "Billbee does not know this SKU, so nothing could be told.",
                    "Billbee kennt diese SKU nicht, deshalb ließ sich nichts melden.",
                )
            ]
        return [
            Words(
                "Nothing was told to Billbee yet: the next run of sync-stock does it.",
                "An Billbee wurde noch nichts gemeldet: Das tut der nächste Lauf von sync-stock.",
            )
        ]
    physical, allocated = record.physical, record.allocated
    lines = [
        Words(
            f"{physical} on the shelf at the warehouse, {allocated} of them for orders that have not left",
            f"{physical} im Regal des Lagers, davon {allocated} für Aufträge, die noch nicht fort sind",
        ),
        Words(
            f"− {record.elsewhere} promised to orders that did not come through Billbee",
            f"− {record.elsewhere} zugesagt für Aufträge, die nicht über Billbee kamen",
        ),
        Words(
            f"− {record.buffer} kept back as the merchant's buffer",
            f"− {record.buffer} als Puffer des Händlers zurückgehalten",
        ),
        Words(
            f"= {record.sent} told to Billbee, which subtracts what it has sold and not yet seen shipped",
            f"= {record.sent} an Billbee gemeldet, das abzieht, was verkauft und noch nicht als versandt bekannt ist",
        ),
    ]
    if record.unknown:
        lines.append(
            Words(
                "Billbee did not take it: it does not know the SKU. It is tried again once a day.",
                "Billbee nahm es nicht: Es kennt die SKU nicht. Einmal am Tag wird es neu versucht.",
            )
        )
    elif record.billbee_stock is not None:
        offered = record.billbee_stock
        lines.append(Words(f"{offered} offered by Billbee then", f"{offered} bot Billbee danach an"))
    if record.due:
        lines.append(
            Words(
                "It is told again with the next run of sync-stock.",
                "Es wird mit dem nächsten Lauf von sync-stock neu gemeldet.",
            )
        )
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
