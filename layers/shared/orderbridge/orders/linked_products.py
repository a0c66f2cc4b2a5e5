"""What the merchant's products say of an order's lines (R41): the SKU as the warehouse has it, how many pieces one sale
takes, and what a bundle consists of.

The products that were sent to the warehouse are known from their records. Others are looked up at the hub.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from orderbridge.ledger.order import LineKind
from orderbridge.ledger.pricing import Component
from orderbridge.ledger.sku import Sku
from orderbridge.platform.errors import Refused

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order, OrderLine
    from orderbridge.orders.ports import Workspace
    from orderbridge.products.product_records import ProductRecord
    from orderbridge.products.products import Product


def with_products(workspace: Workspace, order: Order) -> Order:
    """The order with its goods as the linked products have them.

    Raises:
        UpstreamError: a product could not be looked up.
    """
    goods = [line for line in order.lines if line.kind is LineKind.GOODS]
    by_id, by_sku = _records(workspace, goods)

    def as_linked(line: OrderLine) -> OrderLine:
        if line.kind is not LineKind.GOODS:
            return line
        record = by_id.get(line.product_id) if line.product_id is not None else by_sku.get(Sku(line.sku).key)
        sku = _sku(workspace, line, record)
        per_sale = record.pieces_per_sale if record is not None and not line.is_bundle else line.pieces_per_sale
        changed = {"sku": sku, "pieces_per_sale": per_sale}
        return line.model_copy(update=changed) if (sku, per_sale) != (line.sku, line.pieces_per_sale) else line

    return order.model_copy(update={"lines": tuple(map(as_linked, order.lines))})


def _records(
    workspace: Workspace, lines: Iterable[OrderLine]
) -> tuple[Mapping[int, ProductRecord], Mapping[str, ProductRecord]]:
    """The records of the lines' products, by Billbee's id, and by folded SKU for lines that link none."""
    if not workspace.settings.products.enabled:
        return {}, {}
    ids = {line.product_id for line in lines if line.product_id is not None}
    skus = {line.sku for line in lines if line.product_id is None and line.sku}
    by_id = workspace.products.get_many(ids, consistent=False) if ids else {}
    return by_id, workspace.products.by("SKU", skus) if skus else {}


def _sku(workspace: Workspace, line: OrderLine, record: ProductRecord | None) -> str:
    if record is not None and record.sku and (not line.sku or _is_same(line.sku, record.sku)):
        return record.sku
    if line.sku or line.product_id is None:
        return line.sku
    try:
        product = workspace.hub.product(line.product_id)
    except Refused:
        return ""
    return product.sku if product is not None else ""


def _is_same(sold: str, known: str) -> bool:
    """Whether an order's line means the SKU of its product: in another case, or without its leading zeros.

    >>> _is_same("mug-1", "MUG-1"), _is_same("42", "0042"), _is_same("MUG-2", "MUG-1"), _is_same("1", "10")
    (True, True, False, False)
    """
    if Sku(sold) == Sku(known):
        return True
    return sold.isdecimal() and known.isdecimal() and sold.lstrip("0") == known.lstrip("0") != ""


def goods_of_bundle(workspace: Workspace, product_id: int | None, sku: str) -> tuple[Component, ...]:
    """The goods of one bundle: bundles within it are resolved, and downloads are left out. Empty if there are none, or
    if a bundle contains itself.

    Raises:
        NotFound, Refused: the hub does not know the bundle.
        UpstreamError: a look-up failed.
    """
    parts = workspace.hub.components(product_id, sku)
    try:
        return tuple(_Bundles(workspace).goods(parts, frozenset() if product_id is None else frozenset({product_id})))
    except _InItself:
        return ()


class _InItself(Exception):
    """A bundle contains itself."""


class _Bundles:
    """Resolves one bundle. Each product in it is looked up once, and each bundle in it resolved once, however often
    they are in it: bundles that contain others twice, level by level, would cost exponentially much.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._products: dict[int, Product | None] = {}
        self._goods: dict[int, tuple[Component, ...]] = {}

    def goods(self, parts: Iterable[Component], above: frozenset[int]) -> Iterator[Component]:
        """The goods of these parts. ``above``: the bundles that they are in."""
        parts = tuple(parts)
        records = self._records(parts)
        for part in parts:
            if part.product_id is None:
                yield part
                continue
            record = records.get(part.product_id)
            if record is not None and record.sku and not record.kit:
                yield replace(part, sku=_sku_of_part(part, record.sku))
                continue
            if part.product_id in above:
                raise _InItself
            product = self._product(part.product_id)
            if product is None:
                yield part
            elif product.is_bundle and not product.is_digital:
                for one in self._inner(part.product_id, product, above):
                    yield replace(one, amount=one.amount * part.amount)
            elif not product.is_digital:
                yield replace(part, sku=_sku_of_part(part, product.sku))

    def _inner(self, product_id: int, bundle: Product, above: frozenset[int]) -> tuple[Component, ...]:
        """The goods of one bundle within another, each once."""
        if product_id not in self._goods:
            parts = [Component(one.sku, one.amount, "", one.product_id) for one in bundle.components]
            amounts: dict[tuple[str, int | None], Decimal] = {}
            for one in self.goods(parts, above | {product_id}):
                key = (one.sku, one.product_id)
                amounts[key] = amounts.get(key, Decimal(0)) + one.amount
            self._goods[product_id] = tuple(Component(sku, many, "", part) for (sku, part), many in amounts.items())
        return self._goods[product_id]

    def _records(self, parts: Iterable[Component]) -> Mapping[int, ProductRecord]:
        ids = {part.product_id for part in parts if part.product_id is not None}
        if not ids or not self._ws.settings.products.enabled:
            return {}
        return self._ws.products.get_many(ids, consistent=False)

    def _product(self, product_id: int) -> Product | None:
        if product_id not in self._products:
            self._products[product_id] = self._ws.hub.product(product_id)
        return self._products[product_id]


def _sku_of_part(part: Component, known: str) -> str:
    """The SKU of a bundle's part as its product has it, if the bill of material means that."""
    return known if not part.sku or _is_same(part.sku, known) else part.sku
