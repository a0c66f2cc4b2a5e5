"""Part of `merchants check`: the positions of recent orders that are charged and not shipped (R34)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from orderbridge.desk.doctor.findings import Finding, count, hint, listed, ok
from orderbridge.ledger.money_only import is_money_only

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order


def check_fees(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """The lines that each pattern of ``money_only`` describes, so that no product becomes a fee unnoticed."""
    area, unused = "fees", []
    for pattern in workspace.settings.money_only:
        described = [line for order in orders for line in order.lines if is_money_only(line, [pattern])]
        if described:
            names = listed(sorted({line.sku or line.title for line in described}))
            yield ok(area, f"{pattern!r} keeps {count(len(described), 'line')} from being shipped: {names}")
        else:
            unused.append(repr(pattern))
    if unused and orders:
        said = f"no recent order has a SKU or title that money_only describes by {listed(unused)}"
        yield hint(area, said, "compare it with the positions in Billbee; * stands for any characters")
