"""What is known about each product: what the warehouse was told, and which SKU and EAN belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from orderbridge.errors import ConditionFailed
from orderbridge.stores.table import Item, Table, merchant_key

Kind = Literal["SKU", "EAN"]
_NONE: Final = 0


@dataclass(frozen=True)
class ProductRecord:
    """One product, by its Billbee id.

    Attributes:
        content_hash: of what the warehouse was told last, or of what was refused.
        problem: why it was refused, in plain words; None once the warehouse has it.
        look_again: refused for something that may change without the product changing.
        sku, ean: what it is known by at the warehouse; empty before it was sent.
        created: the warehouse did not have it before it was last sent.
        kit: it is a bundle.
        status: the warehouse's code that it was last sent with.
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


class ProductRecords:
    """One merchant's products."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)

    def get_many(self, product_ids: Iterable[int]) -> dict[int, ProductRecord]:
        items = self._table.get_many((self._pk, _sort_key(product_id)) for product_id in product_ids)
        return {record.product_id: record for record in map(_from_item, items)}

    def by(self, kind: Kind, values: Iterable[str]) -> dict[str, ProductRecord]:
        """The products that SKUs or EANs belong to, by SKU or EAN, folded."""
        keys = {_claim_key(kind, value): value.casefold() for value in values}
        claims = {item["sk"]: item["product_id"] for item in self._table.get_many((self._pk, key) for key in keys)}
        records = self.get_many(product_id for product_id in claims.values() if product_id != _NONE)
        return {keys[sk]: records[product_id] for sk, product_id in claims.items() if product_id in records}

    def all(self) -> list[ProductRecord]:
        return [_from_item(item) for item in self._table.query(self._pk, "PRODUCT#")]

    def save(self, record: ProductRecord) -> None:
        """Write a product's record. Jobs of one merchant do not overlap, so it needs no condition."""
        self._table.update(
            self._pk,
            _sort_key(record.product_id),
            "SET product_id = :id, content_hash = :hash, sku = :sku, ean = :ean, problem = :problem,"
            " look_again = :look_again, created = :created, kit = :kit, #status = :status",
            {
                ":id": record.product_id,
                ":hash": record.content_hash,
                ":sku": record.sku,
                ":ean": record.ean,
                ":problem": record.problem or "",
                ":look_again": record.look_again,
                ":created": record.created,
                ":kit": record.kit,
                ":status": record.status,
            },
            names={"#status": "status"},
        )

    def claim(self, kind: Kind, value: str, product_id: int) -> int | None:
        """Make a SKU or EAN belong to a product; gives the product that has it already, or None."""
        sk = _claim_key(kind, value)
        try:
            self._table.update(
                self._pk,
                sk,
                "SET product_id = :id",
                {":id": product_id, ":none": _NONE},
                "attribute_not_exists(pk) OR product_id = :id OR product_id = :none",
            )
        except ConditionFailed:
            return int((self._table.get(self._pk, sk) or {}).get("product_id", _NONE))
        return None

    def release(self, kind: Kind, value: str, product_id: int) -> None:
        """Give up a SKU or EAN that a product no longer has."""
        values = {":id": product_id, ":none": _NONE}
        try:
            self._table.update(self._pk, _claim_key(kind, value), "SET product_id = :none", values, "product_id = :id")
        except ConditionFailed:
            return


def _sort_key(product_id: int) -> str:
    return f"PRODUCT#{product_id:020d}"


def _claim_key(kind: Kind, value: str) -> str:
    return f"{kind}#{value.casefold()}"


def _from_item(item: Item) -> ProductRecord:
    return ProductRecord(
        product_id=item["product_id"],
        content_hash=item["content_hash"],
        sku=item.get("sku", ""),
        ean=item.get("ean", ""),
        problem=item.get("problem") or None,
        look_again=item.get("look_again", False),
        created=item.get("created", False),
        kit=item.get("kit", False),
        status=item.get("status", ""),
    )
