"""What the pages about goods and calls show: returns, inbound notices, refused products, calls to vendors. Each reads
one kind of item of a merchant, and no order that it does not name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from orderbridge.inbound.notice_records import OVER, InboundNotices
from orderbridge.ledger.ledger import Ledger
from orderbridge.merchants.usage import CALLS, Usage
from orderbridge.products.product_records import ProductRecords
from orderbridge.returns.return_records import ReturnRecords

if TYPE_CHECKING:
    from orderbridge.desk.board.shops import Shop
    from orderbridge.inbound.notice_records import NoticeRecord
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table
    from orderbridge.products.product_records import ProductRecord
    from orderbridge.returns.return_records import ReturnRecord

PAGE: Final = 100
CALLS_SINCE: Final = timedelta(days=6)
"""Calls of today, and of so many days before."""
_MINUTES: Final = 24 * 60
_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True)
class Listed(Generic[_T_co]):
    """A page of a list.

    Attributes:
        further: where the next page begins; None on the last.
        total: how many there are.
    """

    rows: Sequence[_T_co]
    total: int = 0
    further: str | None = None


@dataclass(frozen=True)
class ReturnLine:
    """A return, with its order if there still is a record of it."""

    merchant: str
    record: ReturnRecord
    order: LedgerOrder | None = None


@dataclass(frozen=True)
class RefusedProduct:
    """A product that the warehouse did not get."""

    merchant: str
    record: ProductRecord


@dataclass(frozen=True)
class Calls:
    """A merchant's calls to a vendor in the last days, or (vendor ``throttled``) those that came too soon for one.

    Attributes:
        days: of how many days they are counted.
        per_minute: what the vendor allows; None if it names no limit.
        by_endpoint: the limit is one of each endpoint.
    """

    merchant: str
    vendor: str
    today: int
    total: int
    days: int
    per_minute: float | None = None
    by_endpoint: bool = False

    @property
    def a_minute(self) -> float:
        return self.total / (self.days * _MINUTES)


def returns(table: Table, clock: Clock, merchants: Iterable[str], begin: str = "") -> Listed[ReturnLine]:
    """What came back, the latest first."""
    found = [
        ReturnLine(merchant, record) for merchant in merchants for record in ReturnRecords(table, merchant, clock).all()
    ]
    found.sort(key=lambda line: line.record.noted_at, reverse=True)
    page = paged(found, begin)
    orders = Ledger(table, clock).of_many((line.merchant, line.record.billbee_id) for line in page.rows)
    rows = [
        ReturnLine(one.merchant, one.record, orders.get((one.merchant, one.record.billbee_id))) for one in page.rows
    ]
    return Listed(rows, page.total, page.further)


def notices(table: Table, clock: Clock, merchants: Iterable[str], begin: str = "") -> Listed[tuple[str, NoticeRecord]]:
    """The goods that were announced: those that are not there yet first, then the latest."""
    found = [(merchant, one) for merchant in merchants for one in InboundNotices(table, merchant, clock).all()]
    found.sort(
        key=lambda pair: (pair[1].status in OVER, -(pair[1].created_at.timestamp() if pair[1].created_at else 0))
    )
    return paged(found, begin)


def refused_products(table: Table, merchants: Iterable[str], begin: str = "") -> Listed[RefusedProduct]:
    """The products that the warehouse did not get, by SKU."""
    found = [
        RefusedProduct(merchant, record)
        for merchant in merchants
        for record in ProductRecords(table, merchant).all()
        if record.problem is not None
    ]
    found.sort(key=lambda one: (one.merchant, one.record.sku.casefold(), one.record.product_id))
    return paged(found, begin)


def calls(table: Table, clock: Clock, shops: Sequence[Shop]) -> list[Calls]:
    """The calls of each merchant to each vendor that it uses."""
    today = clock.now().date()
    found = []
    for shop in shops:
        days = Usage(table, clock).days(shop.name, today - CALLS_SINCE)
        total: Counter[str] = sum((day.counts for day in days), Counter[str]())
        now = next((day.counts for day in days if day.date == today), Counter[str]())
        limits = _limits(shop)
        found += [
            Calls(shop.name, kind, now[kind], total[kind], CALLS_SINCE.days + 1, *limits.get(kind, (None, False)))
            for kind in CALLS
            if total[kind]
        ]
    return found


def _limits(shop: Shop) -> dict[str, tuple[float, bool]]:
    if shop.settings is None:
        return {}
    return {
        "billbee": (shop.settings.billbee.requests_per_second * 60, True),
        "bibi": (float(shop.settings.bibi.requests_per_minute), False),
    }


_Row = TypeVar("_Row")


def paged(rows: Sequence[_Row], begin: str, size: int = PAGE) -> Listed[_Row]:
    """The rows from a place on; anything else than a number begins at the first."""
    first = int(begin) if begin.isascii() and begin.isdecimal() and len(begin) < 7 else 0
    page = rows[first : first + size]
    return Listed(page, len(rows), str(first + size) if first + size < len(rows) else None)
