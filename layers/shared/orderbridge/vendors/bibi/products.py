"""BiBi's products: reads their stock, creates and changes them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from orderbridge.ledger.sku import Sku
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused
from orderbridge.stock.figures import WarehouseStockPage
from orderbridge.vendors.bibi.mapping import product_number, to_sent_product, to_stock
from orderbridge.vendors.bibi.models import NOTHING, rows
from orderbridge.vendors.bibi.refusals import raise_unless_none
from orderbridge.vendors.http import Call

if TYPE_CHECKING:
    from orderbridge.products.products import WarehouseProduct
    from orderbridge.stock.figures import WarehouseStock
    from orderbridge.vendors.bibi.api import BibiApi

PRODUCTS_PER_PAGE: Final = 100

# The messages of upsertProducts: "Product inserted." and "Product updated." are documented, refusals are not.
_TAKEN: Final = re.compile(r"\b(inserted|updated)\b", re.IGNORECASE)
_NOT_TAKEN: Final = re.compile(
    r"\b(not|no|never|nothing|cannot|unable|without|fail\w*|error\w*|invalid|refused|rejected|denied)\b|n[o']t\b",
    re.IGNORECASE,
)


def stock_page(api: BibiApi, page: int) -> WarehouseStockPage:
    """A page of the warehouse's products with their stock, a hundred at a time, from page 1."""
    form = {"json": json.dumps({"offset": page, "perPage": PRODUCTS_PER_PAGE})}
    call = Call("bibi listProducts", "POST", "/listProducts", repeatable=True, form=form)
    answer = api.send(call)
    data = answer.data or {}
    shown = data.get("result")
    if not isinstance(shown, list | dict) and shown not in (None, ""):
        raise MalformedAnswer(call.operation, "the answer has no list of products", status=answer.status)
    more = api.follow.go_on(call.operation, page, data)
    entries = list(shown.values()) if isinstance(shown, dict) else shown or []
    read = [(entry, to_stock(entry) if isinstance(entry, dict) else None) for entry in entries]
    unreadable = tuple(product_number(entry) for entry, stock in read if stock is None)
    return WarehouseStockPage(tuple(stock for _, stock in read if stock is not None), more, unreadable)


def stock_of(api: BibiApi, sku: str) -> WarehouseStock | None:
    """One product's present stock, or None if the warehouse shows no product for the SKU.

    None does not prove that there is no such product: whether the call takes product numbers or the warehouse's own
    ids (``third_party_id_no``) is not documented, and not every server finds a SKU with a slash.
    """
    path = f"/listProduct/{quote(sku, safe='')}"
    try:
        answer = api.read("bibi listProduct", path, bare=True)
    except (NotFound, Refused) as error:
        raise_unless_none(error)
        return None
    data = answer.data or {}
    found = data.get("result", data)  # documented without the usual envelope
    stocks = [to_stock(row) for row in ([found] if isinstance(found, dict) else rows(found))]
    if found not in NOTHING and not any(stocks):
        raise MalformedAnswer("bibi listProduct", "the answer holds nothing that can be read", status=answer.status)
    return next((stock for stock in stocks if stock and Sku(stock.sku) == Sku(sku)), None)


def upsert_products(api: BibiApi, products: Sequence[WarehouseProduct]) -> tuple[str | None, ...] | None:
    """Create or update products. May be repeated.

    Returns:
        For each product, in order, why the warehouse refused it, or None if it took it. None instead of a list if
        the answer does not tell them apart: send them one by one.

    Raises:
        Refused: all of them.
    """
    form = {"products": json.dumps([to_sent_product(product) for product in products], ensure_ascii=False)}
    answer = api.send(Call("bibi upsertProducts", "POST", "/upsertProducts", repeatable=True, form=form))
    return upserted((answer.told or {}).get("message"), len(products))


def upserted(messages: object, count: int) -> tuple[str | None, ...] | None:
    """What upsertProducts says of each product, in order: why it is refused, or None if it was taken. None instead of a
    list if there is not one message for each. A single product that is answered without any message was taken.

    >>> upserted(["Product updated.", "Product could not be inserted."], 2)
    (None, 'Product could not be inserted.')
    """
    if isinstance(messages, str) or messages is None:
        messages = [messages]
    if count == 1 and messages in ([], [None], [""]):
        return (None,)
    if not isinstance(messages, list) or len(messages) != count:
        return None
    if not all(isinstance(message, str) and message.strip() for message in messages):
        return None
    return tuple(None if _TAKEN.search(one) and not _NOT_TAKEN.search(one) else one for one in messages)
