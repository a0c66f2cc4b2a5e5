"""What the shop sold of each product, and which products run low (R45).

Sales are kept by the pages of the list from which they come, products that run low in buckets by their SKU. So a
catalogue of ten thousand products takes a hundred items, of which only those are written that have changed. A product
stays in its bucket whatever the warehouse's list looks like, so the table's stream shows when it begins to run low and
when that is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from orderbridge.ledger.sku import Sku
from orderbridge.platform.table import Table, merchant_key
from orderbridge.stock.low_stock import Low, LowSku, Sales, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable

_SALES: Final = "SALES#"
LOW_STOCK: Final = "LOWSTOCK#"
_BUCKETS: Final = 64


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
        known = self._table.get(self._pk, _page(number)) or {}
        if known.get("figures", {}) != figures:
            self._table.change(self._pk, _page(number), set={"figures": figures})

    def end_after(self, last: int) -> None:
        """Forgets the pages beyond the end of the list."""
        number = last + 1
        while (self._table.get(self._pk, _page(number)) or {}).get("figures"):
            self._table.change(self._pk, _page(number), set={"figures": {}})
            number += 1


class LowStockRecords:
    """One merchant's products that run low."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)

    def all(self) -> list[LowSku]:
        """The worst first."""
        return worst_first(one for bucket in self.buckets().values() for one in bucket.values())

    def buckets(self) -> dict[int, dict[Sku, LowSku]]:
        """The products of each bucket, by SKU."""
        items = self._table.query(self._pk, LOW_STOCK)
        return {int(item["sk"].removeprefix(LOW_STOCK)): low_skus(item) for item in items}

    def set_bucket(self, number: int, low: Iterable[LowSku]) -> None:
        skus = {one.sku: [one.why.value, one.free, one.waiting, one.sold, one.warning] for one in low}
        self._table.change(self._pk, f"{LOW_STOCK}{number:02d}", set={"skus": skus})


def bucket_of(sku: Sku) -> int:
    """The bucket of a product, whatever the case of its SKU."""
    return crc32(sku.key.encode()) % _BUCKETS


def low_skus(item: Mapping[str, Any]) -> dict[Sku, LowSku]:
    """The products of a bucket, by SKU, as its item has them; those of a newer release's kinds are left out."""
    kinds = set(Low)
    return {
        Sku(sku): LowSku(sku, Low(why), free, waiting, sold, warning)
        for sku, (why, free, waiting, sold, warning, *_) in item.get("skus", {}).items()
        if why in kinds
    }


def _page(number: int) -> str:
    return f"{_SALES}{number:06d}"
