"""Notes which products of the warehouse's list run low, while a job reads it (R45)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.ledger.sku import Sku
from orderbridge.merchants.findings import LowStock
from orderbridge.stock.low_stock import Low, LowSku, Sales, find_low, worst_first
from orderbridge.stock.low_stock_records import bucket_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from orderbridge.stock.figures import WarehouseStock
    from orderbridge.stock.ports import Workspace

NAMED: Final = 5
"""How many products of a kind a trouble names."""


class LowStockPass:
    """One pass through the list. What an interrupted pass has found is in the table."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._sales = workspace.sales.all()
        self._buckets = workspace.low_stock.buckets()

    def see(self, stocks: Iterable[WarehouseStock], ours: Mapping[Sku, int]) -> None:
        """Note the products of a page.

        Args:
            ours: pieces of our orders at the warehouse, by SKU.
        """
        settings = self._ws.settings.stock
        found: dict[Sku, LowSku | None] = {
            Sku(stock.sku): find_low(
                stock, ours.get(Sku(stock.sku), 0), self._sales.get(Sku(stock.sku), Sales()), settings
            )
            for stock in stocks
        }
        self._note(found)

    def end(self, listed: Collection[Sku] | None) -> None:
        """Note what the list comes to.

        Args:
            listed: all that is on it; None if that is not certain.
        """
        if listed is not None:
            low = [sku for bucket in self._buckets.values() for sku in bucket]
            self._note({sku: None for sku in low if sku not in listed})
        self._ws.findings.set_low_stock(
            self._ws.merchant, _summary(one for bucket in self._buckets.values() for one in bucket.values())
        )

    def _note(self, found: Mapping[Sku, LowSku | None]) -> None:
        changed: dict[int, dict[Sku, LowSku]] = {}
        for sku, low in found.items():
            bucket = bucket_of(sku)
            if self._buckets.get(bucket, {}).get(sku) == low:
                continue
            there = changed.setdefault(bucket, dict(self._buckets.get(bucket, {})))
            if low is None:
                del there[sku]
            else:
                there[sku] = low
        for bucket, there in changed.items():
            self._ws.low_stock.set_bucket(bucket, there.values())
        self._buckets |= changed


def _summary(found: Iterable[LowSku]) -> LowStock:
    ordered = worst_first(found)
    waiting = [one.in_words() for one in ordered if one.why is Low.ORDERS_WAIT]
    low = [one.in_words() for one in ordered if one.why is not Low.ORDERS_WAIT]
    return LowStock(len(waiting), len(low), tuple(waiting[:NAMED]), tuple(low[:NAMED]))
