"""`orderbridge figures`: what happened to orders by day, how long it took, and what parcels cost (R43)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import times
from cli.commands import EveryMerchantOption
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.figures.durations import Durations
    from orderbridge.figures.figures import Figures


class By(StrEnum):
    """What a line of the table is about."""

    DAY = "day"
    MERCHANT = "merchant"
    REASON = "reason"
    METHOD = "method"


_ORDERS: Final = ("imported", "sent", "shipped", "cancelled", "rejected", "held")
_SERVICE: Final = ("parcels", "returns", "to shipped", "9 of 10", "on time", "USD/order")
_SERVICE_AS_CSV: Final = ("parcels", "returns", "hours to shipped", "hours of 9 of 10", "share on time", "USD/order")
"""Of a spreadsheet, which computes with numbers."""


def figures(
    tool: Tool,
    since: Annotated[str, typer.Option("--since", metavar="AGO", help="2d, 4w or a date; at most 400d.")] = "30d",
    by: Annotated[By | None, typer.Option("--by", help="One table only: by day, merchant, reason or method.")] = None,
    merchant: EveryMerchantOption = None,
) -> None:
    """What happened to orders: by day and merchant, why orders were rejected, what parcels cost by ship method.

    Days are UTC. "to shipped" is the median of the time from the payment until the last parcel left; 9 of 10 orders
    took no longer than the next column says. With --csv one table is written, by default the days; its times are hours.
    """
    from orderbridge.figures.figures import Figures
    from orderbridge.figures.view import FiguresView

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    view = FiguresView(tool.deployment.table, tool.clock)
    first = max(times.parse_since(since, tool.clock.now()).date(), view.first)
    days = view.by_day(names, first)
    merchants = view.by_merchant(names, first)
    total = sum(merchants.values(), Figures())
    shown = by or (By.DAY if tool.out.as_csv else None)

    def render() -> None:
        if shown in (None, By.DAY):
            listed = {f"{day}": one for day, one in days.items() if one.counts or shown}
            _table(tool, "day (UTC)", listed | ({} if shown else {"all": total}))
        if shown is By.MERCHANT or (shown is None and len(names) > 1):
            _table(tool, "merchant", merchants)
        if shown is By.REASON or (shown is None and total.rejected_by_code):
            rows = [(code, str(count)) for code, count in total.rejected_by_code.items()]
            tool.out.table(("rejected for", "orders"), rows, numbers=frozenset({1}))
            tool.out.line()
        if shown is By.METHOD or (shown is None and total.by_method):
            methods = [
                (one.method, str(one.parcels), f"{one.cost:.2f}", _money(one.per_parcel)) for one in total.by_method
            ]
            heads = ("ship method", "parcels", "USD", "USD/parcel")
            tool.out.table(heads, methods, numbers=frozenset({1, 2, 3}))
        if not total.counts:
            tool.out.line(f"nothing was counted since {first} (UTC)")

    answer: dict[str, Any] = {
        "since": first,
        "until": view.today,
        "merchants": {name: as_dict(one) for name, one in merchants.items()},
        "days": {f"{day}": as_dict(one) for day, one in days.items()},
        "all": as_dict(total),
    }
    tool.out.show(answer, render)


def _table(tool: Tool, head: str, lines: Mapping[str, Figures]) -> None:
    """Two tables that fit into 80 columns, or one as CSV."""
    orders = {name: _orders(one) for name, one in lines.items()}
    as_csv = tool.out.as_csv
    service = {name: _service_as_csv(one) if as_csv else _service(one) for name, one in lines.items()}
    tables: list[tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = [(_ORDERS, orders), (_SERVICE, service)]
    if as_csv:
        tables = [((*_ORDERS, *_SERVICE_AS_CSV), {name: (*orders[name], *service[name]) for name in lines})]
    for heads, cells in tables:
        rows = [(name, *some) for name, some in cells.items()]
        tool.out.table((head, *heads), rows, numbers=frozenset(range(1, len(heads) + 1)))
        tool.out.line()


def _orders(one: Figures) -> tuple[str, ...]:
    counts = (one.imported, one.submitted, one.shipped, one.cancelled, one.rejected, one.held)
    return tuple(map(str, counts))


def _service(one: Figures) -> tuple[str, ...]:
    share = "–" if one.share_on_time is None else f"{one.share_on_time:.0%}"
    took, counts = one.to_shipped, (str(one.parcels), str(one.returns))
    return (*counts, _span(took.median), _span(took.ninth_decile), share, _money(one.cost_per_order))


def _service_as_csv(one: Figures) -> tuple[str, ...]:
    spans = (one.to_shipped.median, one.to_shipped.ninth_decile)
    hours = ("" if span is None else f"{span / timedelta(hours=1):.2f}" for span in spans)
    share = "" if one.share_on_time is None else f"{one.share_on_time:.4f}"
    return (str(one.parcels), str(one.returns), *hours, share, _money(one.cost_per_order))


def _span(took: timedelta | None) -> str:
    """In hours, and beyond two days in days, so that a column can be compared."""
    if took is None:
        return "–"
    return f"{took / timedelta(hours=1):.1f} h" if took < timedelta(days=2) else f"{took / timedelta(days=1):.1f} d"


def _money(amount: object) -> str:
    return "–" if amount is None else str(amount)


def as_dict(one: Figures) -> dict[str, Any]:
    """The figures as JSON has them; durations in seconds, money in US dollars."""
    return {
        "imported": one.imported,
        "submitted": one.submitted,
        "shipped": one.shipped,
        "cancelled": one.cancelled,
        "rejected": one.rejected,
        "rejected_by_code": one.rejected_by_code,
        "held": one.held,
        "parcels": one.parcels,
        "returns": one.returns,
        "to_submitted": _durations(one.to_submitted),
        "to_shipped": _durations(one.to_shipped),
        "on_time": one.on_time,
        "late": one.late,
        "share_on_time": None if one.share_on_time is None else round(one.share_on_time, 4),
        "cost": one.cost,
        "cost_per_order": one.cost_per_order,
        "by_method": one.by_method,
    }


def _durations(found: Durations) -> dict[str, Any]:
    spans = {"mean": found.mean, "median": found.median, "ninth_decile": found.ninth_decile}
    return {"orders": found.count} | {
        name: None if span is None else round(span.total_seconds()) for name, span in spans.items()
    }
