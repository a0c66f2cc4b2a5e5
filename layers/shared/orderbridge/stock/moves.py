"""Which products begin to run low and which do not any more, read from a bucket of them before and after a write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orderbridge.platform.stream import Change
from orderbridge.platform.table import check_release
from orderbridge.stock.low_stock import LowSku
from orderbridge.stock.low_stock_records import LOW_STOCK, low_skus


@dataclass(frozen=True)
class StockMoved:
    """A product runs low, for a reason that it did not have before, or does not any more.

    Attributes:
        low: None if it does not.
    """

    sku: str
    low: LowSku | None


def stock_moves(change: Change) -> Iterator[StockMoved]:
    """The products for which that has changed; another figure alone is no move.

    Raises:
        NewerRelease: only a newer release can read the record.
    """
    if not change.sk.startswith(LOW_STOCK) or change.after is None:
        return
    check_release(change.after)
    before = low_skus(change.before) if change.before is not None else {}
    after = low_skus(change.after)
    for sku, low in after.items():
        if sku not in before or before[sku].why is not low.why:
            yield StockMoved(low.sku, low)
    for sku, low in before.items():
        if sku not in after:
            yield StockMoved(low.sku, None)
