"""What an open order waits for, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import OPEN, Status
from orderbridge.ledger.told import WarehouseEvent

if TYPE_CHECKING:
    from orderbridge.ledger.record import OrderSummary


class WaitsFor(StrEnum):
    """What happens next with an open order, in the sequence of an order's life. The values are those of addresses."""

    SENDING = "sending"
    """To be taken by the warehouse."""
    TAG = "tag"
    """The warehouse has it; the shop is to be told."""
    PACKING = "packing"
    GOODS = "goods"
    """The warehouse misses goods for it."""
    REST = "rest"
    """A part has left."""
    RELEASE = "release"
    """It is on hold."""
    CANCELLATION = "cancellation"
    SHOP = "shop"
    """It has ended, and the shop is still to be told something."""


_BY_STATUS: Final = {
    Status.QUEUED: WaitsFor.SENDING,
    Status.SUBMITTING: WaitsFor.SENDING,
    Status.SUBMITTED: WaitsFor.TAG,
    Status.ACKNOWLEDGED: WaitsFor.PACKING,
    Status.PARTIALLY_SHIPPED: WaitsFor.REST,
    Status.HELD: WaitsFor.RELEASE,
    Status.CANCELLING: WaitsFor.CANCELLATION,
}
_BACKORDERED: Final = {WarehouseEvent.BACKORDERED, WarehouseEvent.BACKORDERED_WITH_OTHERS}
AGES: Final = (
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=4),
    timedelta(days=7),
)
"""Open orders are counted by age: younger than each of these, and older than the last."""


def waits_for(order: OrderSummary) -> WaitsFor:
    """What an order on the shelf of open ones waits for."""
    if order.status not in OPEN:
        return WaitsFor.SHOP
    if order.status is Status.ACKNOWLEDGED and not order.told.isdisjoint(_BACKORDERED):
        return WaitsFor.GOODS
    return _BY_STATUS[order.status]


def ordered_at(order: OrderSummary) -> datetime:
    """Since when the customer has waited."""
    return order.placed_at or order.created_at


@dataclass
class Group:
    """The open orders that wait for the same thing: how many, their pieces, and since when the oldest has waited."""

    waits_for: WaitsFor
    orders: int = 0
    pieces: int = 0
    oldest_at: datetime | None = None

    def add(self, order: OrderSummary) -> None:
        self.orders += 1
        self.pieces += sum(order.pieces.values())
        if self.oldest_at is None or ordered_at(order) < self.oldest_at:
            self.oldest_at = ordered_at(order)


def grouped(orders: Iterable[OrderSummary]) -> list[Group]:
    """The groups that have orders."""
    groups = {kind: Group(kind) for kind in WaitsFor}
    for order in orders:
        groups[waits_for(order)].add(order)
    return [group for group in groups.values() if group.orders]


def by_age(orders: Iterable[OrderSummary], now: datetime) -> list[int]:
    """How many orders are younger than each of `AGES`, but not than the one before; and how many are older."""
    counts = [0] * (len(AGES) + 1)
    for order in orders:
        age = now - ordered_at(order)
        counts[next((n for n, limit in enumerate(AGES) if age < limit), len(AGES))] += 1
    return counts
