"""Which bundles the warehouse has as kits, and which components it was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orderbridge.ledger.sku import Sku
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.table import Table, merchant_key


@dataclass(frozen=True)
class KitRecord:
    """A bundle, by its SKU.

    Attributes:
        product_id: Billbee's id.
        contents: pieces of each component, by SKU, as the warehouse was told; empty before that.
        confirmed: the warehouse has shown these contents. Until then it may pack others.
        problem, german: why the bundle cannot be a kit as it is in Billbee, in plain words; None if it can.
    """

    sku: str
    product_id: int
    contents: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    german: str | None = None
    confirmed: bool = True


class KitRecords:
    """One merchant's kits. SKUs are kept without regard to case."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)

    def get_many(self, skus: Iterable[str]) -> dict[Sku, KitRecord]:
        """The records there are, by folded SKU."""
        items = self._table.get_many((self._pk, _sort_key(sku)) for sku in skus)
        return {Sku(record.sku): record for record in (from_item(KitRecord, item) for item in items)}

    def at_warehouse(self) -> dict[Sku, KitRecord]:
        """The kits that the warehouse was told, by folded SKU."""
        records = (from_item(KitRecord, item) for item in self._table.query(self._pk, "KIT#"))
        return {Sku(record.sku): record for record in records if record.contents}

    def save(self, record: KitRecord) -> None:
        """Writes a kit's record. Jobs of one merchant do not overlap, so it needs no condition."""
        self._table.change(self._pk, _sort_key(record.sku), set=to_item(record))


def _sort_key(sku: str) -> str:
    return f"KIT#{Sku(sku).key}"
