"""Orders in lists: of one merchant or of all, in one status or waiting for one thing, page by page."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board.waiting import WaitsFor, waits_for
from orderbridge.desk.open_promises import promise_of
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.promise import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orderbridge.desk.board.shops import Shop
    from orderbridge.ledger.record import LedgerOrder, OrderSummary

PAGE: Final = 50
READ_AT_MOST: Final = 2000
"""How many orders of a merchant are read to find those of a page."""


class Ended(StrEnum):
    """Lists of orders that are not open. The values are those of addresses."""

    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    REHEARSED = "rehearsed"


class Promised(StrEnum):
    """Open orders by their promise (R42)."""

    RISK = "at-risk"
    """Late, or to leave today."""


Shown = WaitsFor | Promised | Ended | None
"""What a list shows; None: all open orders."""


@dataclass(frozen=True)
class OrderList:
    """A page of a list.

    Attributes:
        orders: the oldest first, of open ones; otherwise the latest first.
        records: theirs, by merchant and id.
        further: where the next page begins; None on the last.
    """

    chosen: str | None
    shown: Shown
    orders: Sequence[OrderSummary]
    records: Mapping[tuple[str, int], LedgerOrder] = field(default_factory=dict)
    further: datetime | None = None


def shown_named(text: str) -> Shown:
    """What an address asks for. Anything unknown shows all open orders."""
    names: dict[str, WaitsFor | Promised | Ended] = {one.value: one for one in (*WaitsFor, *Promised, *Ended)}
    return names.get(text)


def read_orders(
    ledger: Ledger,
    shops: Sequence[Shop],
    chosen: str | None,
    shown: Shown,
    now: datetime,
    begin: datetime | None = None,
) -> OrderList:
    """A page of orders.

    Args:
        shops: those whose orders are shown.
        begin: where the page begins.
    """
    newest_first = isinstance(shown, Ended) and shown is not Ended.QUARANTINED
    found = [_of(ledger, shop, shown, begin, now) for shop in shops]
    merged = heapq.merge(*found, key=lambda order: order.shelved_at, reverse=newest_first)
    orders, further = _page(merged)
    wanted = ((order.merchant, order.billbee_id) for order in orders)
    return OrderList(chosen, shown, orders, ledger.of_many(wanted), further)


def _page(orders: Iterator[OrderSummary]) -> tuple[list[OrderSummary], datetime | None]:
    """The first orders, and where the next page begins. Orders of the same moment stay on one page."""
    page: list[OrderSummary] = []
    for order in orders:
        if len(page) >= PAGE and order.shelved_at != page[-1].shelved_at:
            return page, order.shelved_at
        page.append(order)
    return page, None


def _of(ledger: Ledger, shop: Shop, shown: Shown, begin: datetime | None, now: datetime) -> Iterator[OrderSummary]:
    """A merchant's orders from where the page begins, in the sequence of the list."""
    if isinstance(shown, Ended):
        return islice(_ended(ledger, shop.name, shown, begin), READ_AT_MOST)
    orders = ledger.open_orders(shop.name, since=begin, at_most=READ_AT_MOST)
    if shown is None:
        return orders
    if isinstance(shown, WaitsFor):
        return (order for order in orders if waits_for(order) is shown)
    return (order for order in orders if standing_of(order, shop, now) in (Standing.AT_RISK, Standing.LATE))


def standing_of(order: OrderSummary, shop: Shop | None, now: datetime) -> Standing | None:
    """How an open order stands to its promise; None if it has none."""
    if shop is None or shop.settings is None:
        return None
    found = promise_of(shop.settings.promise, order, now)
    return found.standing if found else None


def _ended(ledger: Ledger, merchant: str, shown: Ended, begin: datetime | None) -> Iterable[OrderSummary]:
    if shown is Ended.QUARANTINED:
        return (one for one in ledger.quarantined_orders(merchant) if begin is None or one.shelved_at >= begin)
    if shown is Ended.REHEARSED:
        return (one for one in ledger.rehearsed_orders(merchant) if begin is None or one.shelved_at <= begin)
    before = begin + timedelta(microseconds=1) if begin else None
    return ledger.ended_orders(merchant, Status(shown.value), before=before)
