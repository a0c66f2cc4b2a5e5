"""Positions that count only as money: fees, tips, deposits, shipping protection (R34)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orderbridge.ledger.order import LineKind
from orderbridge.platform.patterns import matches

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order, OrderLine


def with_fees(order: Order, patterns: Sequence[str]) -> Order:
    """The order with each line of goods that matches a pattern turned into a fee.

    Args:
        patterns: the merchant's; each describes a SKU or a title.
    """
    if not patterns:
        return order
    lines = tuple(
        line.model_copy(update={"kind": LineKind.FEE}) if is_money_only(line, patterns) else line
        for line in order.lines
    )
    return order.model_copy(update={"lines": lines})


def is_money_only(line: OrderLine, patterns: Sequence[str]) -> bool:
    return line.kind is LineKind.GOODS and describes(patterns, line.sku, line.title)


def describes(patterns: Sequence[str], *texts: str) -> bool:
    """Whether one of the patterns describes one of the texts."""
    return any(matches(pattern, text) for text in texts if text for pattern in patterns)
