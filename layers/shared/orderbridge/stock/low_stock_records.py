"""What the shop sold of each product, and which products run low, page by page (R45).

Both are kept by the pages of the lists from which they come, so that a catalogue of ten thousand products takes a
hundred items, of which only those are written that have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from orderbridge.ledger.sku import Sku
from orderbridge.platform.table import Table, merchant_key
from orderbridge.stock.low_stock import Low, LowSku, Sales, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable

_SALES: Final = "SALES#"
_LOW: Final = "LOWSTOCK#"


class SalesPages:
    """One merchant's sales figures, by page of the shop's list of products."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)

    def all(self) -> dict[Sku, Sales]:
        """The known figures by folded SKU; a product without sales and warning level has none."""
        return {
            Sku(sku): Sales(sold, warning)
            for item in self._table.query(self._pk, _SALES)
            for sku, (sold, warning) in item["figures"].items()
        }

    def set_page(self, number: int, sales: Mapping[str, Sales]) -> None:
        """Replaces a page, if it has changed."""
        figures = {sku: [one.sold, one.warning] for sku, one in sales.items() if one != Sales()}
        known = self._table.get(self._pk, _page(_SALES, number)) or {}
        if known.get("figures", {}) != figures:
            self._table.change(self._pk, _page(_SALES, number), set={"figures": figures})

    def end_after(self, last: int) -> None:
        """Forgets the pages beyond the end of the list."""
        number = last + 1
        while (self._table.get(self._pk, _page(_SALES, number)) or {}).get("figures"):
            self._table.change(self._pk, _page(_SALES, number), set={"figures": {}})
            number += 1


class LowStockRecords:
    """One merchant's products that run low, by page of the warehouse's list."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)

    def all(self) -> list[LowSku]:
        """The worst first."""
        return worst_first(one for page in self.pages().values() for one in page.values())

    def pages(self) -> dict[int, dict[str, LowSku]]:
        """The products of each page, by SKU."""
        items = self._table.query(self._pk, _LOW)
        return {int(item["sk"].removeprefix(_LOW)): low_skus(item) for item in items}

    def set_page(self, number: int, low: Iterable[LowSku]) -> None:
        skus = {one.sku: [one.why.value, one.free, one.waiting, one.sold, one.warning] for one in low}
        self._table.change(self._pk, _page(_LOW, number), set={"skus": skus})


def low_skus(item: Mapping[str, Any]) -> dict[str, LowSku]:
    """The products of a page, by SKU, as its item has them; those of a newer release's kinds are left out."""
    kinds = set(Low)
    return {
        sku: LowSku(sku, Low(why), free, waiting, sold, warning)
        for sku, (why, free, waiting, sold, warning, *_) in item.get("skus", {}).items()
        if why in kinds
    }


def _page(prefix: str, number: int) -> str:
    return f"{prefix}{number:06d}"
