"""Which bundles the warehouse has as kits, and what it was told that they consist of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orderbridge.domain.sku import Sku
from orderbridge.stores.table import Item, Table, merchant_key


@dataclass(frozen=True)
class KitRecord:
    """A bundle, by its SKU.

    Attributes:
        product_id: Billbee's.
        contents: pieces of each component, by SKU, as the warehouse was told them; empty before it was.
        confirmed: the warehouse has shown them so. Until then nobody knows which ones it packs.
        problem, german: why the bundle as it stands in Billbee is not at the warehouse, in plain words; None if it is.
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
        return {Sku(record.sku): record for record in map(_from_item, items)}

    def at_warehouse(self) -> dict[Sku, KitRecord]:
        """Those that the warehouse was told, by folded SKU."""
        records = map(_from_item, self._table.query(self._pk, "KIT#"))
        return {Sku(record.sku): record for record in records if record.contents}

    def save(self, record: KitRecord) -> None:
        """Write a kit's record. Jobs of one merchant do not overlap, so it needs no condition."""
        self._table.update(
            self._pk,
            _sort_key(record.sku),
            "SET sku = :sku, product_id = :id, contents = :contents, problem = :problem, german = :german,"
            " confirmed = :confirmed",
            {
                ":sku": record.sku,
                ":id": record.product_id,
                ":contents": dict(record.contents),
                ":problem": record.problem or "",
                ":german": record.german or "",
                ":confirmed": record.confirmed,
            },
        )


def _sort_key(sku: str) -> str:
    return f"KIT#{Sku(sku).key}"


def _from_item(item: Item) -> KitRecord:
    problem, german = (item.get(name) or None for name in ("problem", "german"))
    return KitRecord(
        item["sku"], item["product_id"], item.get("contents", {}), problem, german, item.get("confirmed", True)
    )
