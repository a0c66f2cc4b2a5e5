"""Which products of which merchants run low, for the board and the tool (R45)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.stock.low_stock import worst_first
from orderbridge.stock.low_stock_records import LowStockRecords

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderbridge.merchants.settings import MerchantSettings
    from orderbridge.platform.table import Table
    from orderbridge.stock.low_stock import LowSku


@dataclass(frozen=True)
class LowProduct:
    merchant: str
    low: LowSku


def low_stock(table: Table, settings: Mapping[str, MerchantSettings]) -> list[LowProduct]:
    """The products that run low, the worst first, whoever sells them. One query for each merchant, of products that
    run low only; `LowSku.in_words` and `LowSku.days` say how low each is.

    Args:
        settings: of the merchants who are asked for. Those without ``stock.tell_low`` have none.
    """
    found = [
        LowProduct(merchant, low)
        for merchant, one in settings.items()
        if one.stock.tell_low
        for low in LowStockRecords(table, merchant).all()
    ]
    place = {id(low): number for number, low in enumerate(worst_first(one.low for one in found))}
    return sorted(found, key=lambda one: place[id(one.low)])
