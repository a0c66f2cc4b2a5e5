"""Finds what a person has the number of: an order, a parcel or a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board.kept_orders import of_parcel
from orderbridge.ledger.ledger import Ledger, shop_number_key
from orderbridge.ledger.order_number import as_billbee_id, tidy_number
from orderbridge.ledger.sku import Sku
from orderbridge.platform.table import merchant_key
from orderbridge.stock.stock_records import StockRecords

if TYPE_CHECKING:
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table

MOST: Final = 50
"""How many orders, and how many SKUs, a search finds."""
LONGEST: Final = 100
SHORTEST: Final = 2
"""A shorter text is looked for as a whole only."""


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        asked: the text without what people add to numbers.
        skus: SKUs with their merchants, as (merchant, SKU).
        more: whether there are more than are shown.
    """

    asked: str
    orders: Sequence[LedgerOrder] = ()
    skus: Sequence[tuple[str, str]] = ()
    more: bool = False


def search(table: Table, clock: Clock, merchants: Sequence[str], text: str) -> Found:
    """The orders whose Billbee id or tracking number this is, or whose shop's number begins so; and the SKUs that begin
    so. Of each merchant it reads the entries that begin so, and no order that is not found.
    """
    wanted = tidy_number(text)
    if not wanted or len(wanted) > LONGEST:
        return Found(wanted[:LONGEST])
    places: list[tuple[str, int]] = []
    if (billbee_id := as_billbee_id(wanted)) is not None:
        places += [(merchant, billbee_id) for merchant in merchants]
    places += of_parcel(table, merchants, wanted)
    skus: list[tuple[str, str]] = []
    for merchant in merchants:
        whole = len(wanted) < SHORTEST
        numbered = table.query(merchant_key(merchant), shop_number_key(wanted) + ("#" if whole else ""))
        places += ((merchant, int(item["billbee_id"])) for item in islice(numbered, MOST + 1))
        named = StockRecords(table, merchant, clock).beginning(wanted)
        skus += ((merchant, sku) for sku in islice(named, MOST + 1) if not whole or Sku(sku) == Sku(wanted))
    orders = Ledger(table, clock).of_many(dict.fromkeys(places))
    listed = [orders[place] for place in dict.fromkeys(places) if place in orders]
    return Found(wanted, listed[:MOST], skus[:MOST], more=len(listed) > MOST or len(skus) > MOST)
