"""`orderbridge sku show`, `stock movements` and `stock low`: how the stock figure of a SKU is computed, what moved, and
what runs low.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import times
from cli.commands import EveryMerchantOption, MerchantOption, command, group
from cli.failures import NotThere, nearest
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.products.kit_records import KitRecord
    from orderbridge.stock.movement_records import Moves
    from orderbridge.stock.stock_records import StockRecord

app = group("One product: how its stock figure came about, and what moved last.")
stock_app = group("The warehouse's stock: what moved, and what runs low.")


@dataclass(frozen=True)
class _Sku:
    """One merchant's records of a SKU."""

    merchant: str
    stock: StockRecord | None
    kit: KitRecord | None
    moves: Moves | None

    @property
    def name(self) -> str:
        return next(one.sku for one in (self.stock, self.kit, self.moves) if one is not None)


@command(app, "show")
def show(
    tool: Tool,
    sku: Annotated[str, typer.Argument(metavar="SKU", help="In any case.")],
    merchant: MerchantOption = None,
) -> None:
    """How the figure for Billbee was computed, and what last moved in the warehouse."""
    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    found = _find(tool, names, sku.strip())
    if not found:
        raise NotThere(f"no stock figure is known for the SKU {sku!r}", _hint(tool, names, sku))
    now = tool.clock.now()
    explained = [_explain(one) for one in found]
    off = {one.merchant for one in found if not _reads_movements(tool, one.merchant)}

    def render() -> None:
        for one, lines in zip(found, explained, strict=True):
            tool.out.line(f"{one.merchant} {one.name}", style="bold")
            for line in lines:
                tool.out.line(line, indent=2)
            moments = [("told", one.stock.sent_at), ("an order of it left", one.stock.left_at)] if one.stock else []
            for word, moment in moments:
                if moment:
                    tool.out.line(f"{word} {times.local(moment)} ({times.ago(moment, now)})", style="dim", indent=2)
            if one.moves is not None and one.moves.last:
                tool.out.line("last movements:", indent=2)
                for note in reversed(one.moves.last):
                    tool.out.line(f"{times.local(note.at)}  {note.text}", indent=4)
            if one.merchant in off:
                tool.out.line(_turned_off(one.merchant), style="dim", indent=2)

    shown = [
        {
            "merchant": one.merchant,
            "sku": one.name,
            **(asdict(one.stock) if one.stock else {}),
            "explained": lines,
            "kit": dict(one.kit.contents) if one.kit else None,
            "movements": one.moves.last if one.moves else [],
        }
        for one, lines in zip(found, explained, strict=True)
    ]
    tool.out.show({"skus": shown}, render)


@command(stock_app, "movements")
def movements(
    tool: Tool,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="As 12h, 7d, or a date; the last 7 days otherwise.")
    ] = "7d",
    sku: Annotated[str | None, typer.Option("--sku", metavar="SKU", help="Only this one, in any case.")] = None,
    merchant: EveryMerchantOption = None,
) -> None:
    """What moved in the warehouse, the newest first. The last twenty movements of each SKU are kept."""
    from orderbridge.stock.find_movements import find_movements
    from orderbridge.stock.movement_records import MovementRecords

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    moment = times.parse_since(since, tool.clock.now())
    found = {name: find_movements(MovementRecords(tool.deployment.table, name), moment, sku) for name in names}
    moved = [(name, one) for name, each in found.items() for one in each.movements]
    moved.sort(key=lambda each: each[1].note.at, reverse=True)
    off = [name for name in names if not _reads_movements(tool, name)]

    def render() -> None:
        rows = [(name, times.local(one.note.at), one.sku, one.note.text) for name, one in moved]
        if rows:
            tool.out.table(("merchant", "when", "SKU", "what"), rows)
        else:
            tool.out.line(f"nothing moved since {times.local(moment)}, as far as is known")
        for name, each in found.items():
            if each.cut:
                shown = ", ".join(each.cut[:8]) + (" …" if len(each.cut) > 8 else "")
                tool.out.line(f"{name}: more has moved than is kept of {shown}", style="yellow")
        for name in off:
            tool.out.line(_turned_off(name), style="yellow")

    answer: dict[str, Any] = {
        "since": moment,
        "movements": [{"merchant": name, "sku": one.sku, **asdict(one.note)} for name, one in moved],
        "cut": {name: list(each.cut) for name, each in found.items() if each.cut},
        "not_read": off,
    }
    tool.out.show(answer, render)


@command(stock_app, "low")
def low(tool: Tool, merchant: EveryMerchantOption = None) -> None:
    """The products that run low, the worst first: with orders waiting, below their warning level, or sold out soon."""
    from orderbridge.desk.low_stock import low_stock

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    settings = {name: one for name in names if (one := tool.settings().get(name)) is not None}
    found = low_stock(tool.deployment.table, settings)
    off = [name for name, one in settings.items() if not one.stock.tell_low]

    def render() -> None:
        rows = [
            (
                one.merchant,
                one.low.sku,
                one.low.why.value,
                str(one.low.free),
                str(one.low.waiting or ""),
                "" if one.low.days is None else str(one.low.days),
                str(one.low.sold),
                "" if one.low.warning is None else str(one.low.warning),
            )
            for one in found
        ]
        if rows:
            heads = ("merchant", "SKU", "why", "free", "waiting", "days", "sold in 30 days", "warning level")
            tool.out.table(heads, rows)
        elif len(off) < len(settings):
            tool.out.line("nothing runs low")
        for name in off:
            hint = f"{name}: what runs low is not noted; set stock.tell_low to true in its settings"
            tool.out.line(hint, style="yellow")

    shown = [{"merchant": one.merchant, **asdict(one.low), "days": one.low.days} for one in found]
    tool.out.show({"low": shown, "not_noted": off}, render)


def _find(tool: Tool, names: list[str], sku: str) -> list[_Sku]:
    from orderbridge.ledger.sku import Sku
    from orderbridge.products.kit_records import KitRecords
    from orderbridge.stock.movement_records import MovementRecords
    from orderbridge.stock.stock_records import StockRecords

    table, wanted = tool.deployment.table, Sku(sku)
    found = [
        _Sku(
            name,
            StockRecords(table, name, tool.clock).get_many([sku]).get(wanted),
            KitRecords(table, name).get_many([sku]).get(wanted),
            MovementRecords(table, name).get_many([sku]).get(wanted),
        )
        for name in names
    ]
    return [one for one in found if one.stock or one.kit or one.moves]


def _hint(tool: Tool, names: list[str], sku: str) -> str:
    from orderbridge.stock.stock_records import StockRecords

    known = [record.sku for name in names for record in StockRecords(tool.deployment.table, name, tool.clock).all()]
    return nearest(sku, known) if known else "stock was never synced: orderbridge jobs says how that went"


def _explain(one: _Sku) -> list[str]:
    from orderbridge.desk.explain_stock import explain_kit, explain_stock

    if one.kit is not None:
        return explain_kit(one.kit)
    return (
        [line.english for line in explain_stock(one.stock)]
        if one.stock is not None
        else ["Nothing was told to Billbee yet."]
    )


def _reads_movements(tool: Tool, merchant: str) -> bool:
    settings = tool.settings().get(merchant)
    return settings is not None and settings.stock.movements


def _turned_off(merchant: str) -> str:
    return f"{merchant}'s movements are not read: set stock.movements to true in its settings"
