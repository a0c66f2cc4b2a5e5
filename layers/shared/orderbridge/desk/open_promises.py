"""The open orders of a merchant by their promise (R42)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import OPEN
from orderbridge.ledger.record import OrderSummary
from orderbridge.merchants.promise import PromiseSettings, Standing, standing


@dataclass(frozen=True)
class OpenPromise:
    """An open order that has a promise.

    Attributes:
        by: when it should have left.
    """

    order: OrderSummary
    by: datetime
    standing: Standing

    def overdue(self, now: datetime) -> float:
        """For how many days it is late; negative for what is left."""
        return (now - self.by).total_seconds() / 86_400


def promise_of(promise: PromiseSettings, order: OrderSummary, now: datetime) -> OpenPromise | None:
    """How an order stands to its promise; None if it has none, or is over."""
    if order.promised_by is None or order.status not in OPEN or order.rehearsal:
        return None
    return OpenPromise(order, order.promised_by, standing(promise, order.promised_by, now))


def open_promises(ledger: Ledger, merchant: str, promise: PromiseSettings, now: datetime) -> list[OpenPromise]:
    """All open orders of a merchant that have a promise, the most urgent first. Reads the index of open orders."""
    found = (promise_of(promise, order, now) for order in ledger.open_orders(merchant))
    return most_urgent_first(one for one in found if one is not None)


def most_urgent_first(promises: Iterable[OpenPromise]) -> list[OpenPromise]:
    return sorted(promises, key=lambda one: (one.by, one.order.merchant, one.order.billbee_id))
