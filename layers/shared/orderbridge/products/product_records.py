"""What the warehouse was told about each product, and which SKU and EAN belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from boto3.dynamodb.conditions import Attr

from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.errors import ConditionFailed
from orderbridge.platform.table import Item, Table, merchant_key

Identifier = Literal["SKU", "EAN"]
PRODUCT: Final = "PRODUCT#"
_NONE: Final = 0


@dataclass(frozen=True)
class ProductRecord:
    """One product, by its Billbee id.

    Attributes:
        content_hash: of what the warehouse was last told, or of what was refused.
        problem: why it was refused, in plain words; None once the warehouse has the product.
        look_again: whether the reason for the refusal can go away without a change of the product.
        sku, ean: as the warehouse knows them; empty before the product was sent.
        created: whether the last call created the product at the warehouse.
        kit: whether it is a bundle.
        status: the warehouse's status code that was last sent.
        pieces_per_sale: how many pieces leave the stock for each one that is sold, by the shop.
    """

    product_id: int
    content_hash: str
    sku: str = ""
    ean: str = ""
    problem: str | None = None
    look_again: bool = False
    created: bool = False
    kit: bool = False
    status: str = ""
    pieces_per_sale: Decimal = Decimal(1)


class ProductRecords:
    """One merchant's products."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)

    def get_many(self, product_ids: Iterable[int], *, consistent: bool = True) -> dict[int, ProductRecord]:
        keys = ((self._pk, _sort_key(product_id)) for product_id in product_ids)
        items = self._table.get_many(keys, consistent=consistent)
        return {record.product_id: record for record in map(product_of, items)}

    def by(self, kind: Identifier, values: Iterable[str]) -> dict[str, ProductRecord]:
        """The products that SKUs or EANs belong to, by SKU or EAN, folded."""
        keys = {_claim_key(kind, value): value.casefold() for value in values}
        claims = {item["sk"]: item["product_id"] for item in self._table.get_many((self._pk, key) for key in keys)}
        records = self.get_many(product_id for product_id in claims.values() if product_id != _NONE)
        return {keys[sk]: records[product_id] for sk, product_id in claims.items() if product_id in records}

    def all(self) -> list[ProductRecord]:
        return [product_of(item) for item in self._table.query(self._pk, PRODUCT)]

    def save(self, record: ProductRecord) -> None:
        """Writes a product's record. Jobs of one merchant do not overlap, so it needs no condition."""
        self._table.change(self._pk, _sort_key(record.product_id), set=to_item(record))

    def claim(self, kind: Identifier, value: str, product_id: int) -> int | None:
        """Claims a SKU or EAN for a product. Returns the product that already has it, or None."""
        sk = _claim_key(kind, value)
        try:
            owner = Attr("product_id")
            free = Attr("pk").not_exists() | owner.eq(product_id) | owner.eq(_NONE)
            self._table.change(self._pk, sk, set={"product_id": product_id}, only_if=free)
        except ConditionFailed:
            return int((self._table.get(self._pk, sk) or {}).get("product_id", _NONE))
        return None

    def release(self, kind: Identifier, value: str, product_id: int) -> None:
        """Releases a SKU or EAN that a product no longer has."""
        its_own = Attr("product_id").eq(product_id)
        with suppress(ConditionFailed):
            self._table.change(self._pk, _claim_key(kind, value), set={"product_id": _NONE}, only_if=its_own)


def _sort_key(product_id: int) -> str:
    return f"{PRODUCT}{product_id:020d}"


def _claim_key(kind: Identifier, value: str) -> str:
    return f"{kind}#{value.casefold()}"


def product_of(item: Item) -> ProductRecord:
    """What an item of the table holds."""
    return from_item(ProductRecord, item)
