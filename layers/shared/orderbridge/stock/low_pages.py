"""Notes which products of the warehouse's list run low, while a job reads it (R45)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.ledger.sku import Sku
from orderbridge.merchants.findings import LowStock
from orderbridge.stock.low_stock import Low, LowSku, Sales, find_low, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orderbridge.stock.figures import WarehouseStock
    from orderbridge.stock.ports import Workspace

NAMED: Final = 5
"""How many products of a kind a trouble names."""


class LowPages:
    """The pages of one pass; those of an interrupted one are in the table."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._sales = workspace.sales.all()
        self._pages = workspace.low_stock.pages()

    def see(self, number: int, stocks: Iterable[WarehouseStock], ours: Mapping[Sku, int]) -> None:
        """Note a page.

        Args:
            ours: pieces of our orders at the warehouse, by SKU.
        """
        settings = self._ws.settings.stock
        found = (
            find_low(stock, ours.get(Sku(stock.sku), 0), self._sales.get(Sku(stock.sku), Sales()), settings)
            for stock in stocks
        )
        self._note(number, {low.sku: low for low in found if low is not None})

    def end_after(self, last: int) -> None:
        """Note that the list has no page beyond this one, and what it comes to."""
        for number in [number for number in self._pages if number > last]:
            self._note(number, {})
        self._ws.findings.set_low_stock(
            self._ws.merchant, _summary(one for page in self._pages.values() for one in page.values())
        )

    def _note(self, number: int, low: dict[str, LowSku]) -> None:
        if self._pages.get(number, {}) != low:
            self._ws.low_stock.set_page(number, low.values())
        self._pages[number] = low


def _summary(found: Iterable[LowSku]) -> LowStock:
    ordered = worst_first(found)
    waiting = [one.in_words() for one in ordered if one.why is Low.ORDERS_WAIT]
    low = [one.in_words() for one in ordered if one.why is not Low.ORDERS_WAIT]
    return LowStock(len(waiting), len(low), tuple(waiting[:NAMED]), tuple(low[:NAMED]))
