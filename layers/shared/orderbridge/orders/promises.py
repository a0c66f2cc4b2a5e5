"""When an order has to have left the warehouse, decided when it is imported and when it is paid later (R42)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from orderbridge.ledger.lifecycle import OPEN, Status
from orderbridge.merchants.promise import promised_by

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder, OrderSummary
    from orderbridge.orders.ports import Workspace


class Dated(TypedDict):
    """What a record holds of the promise."""

    paid_at: datetime | None
    promised_by: datetime | None


def dated(workspace: Workspace, order: Order, status: Status) -> Dated:
    """When an order was paid, and its promise by the settings of now. One that is over has none."""
    return {"paid_at": order.paid_at, "promised_by": _promise(workspace, order) if status in OPEN else None}


def may_be_paid_since(order: Order, entry: OrderSummary) -> bool:
    """Whether an open order may have been imported before it was paid, as far as its entry in the index shows."""
    return entry.status in OPEN and order.paid_at is not None and order.paid_at > entry.created_at


def note_payment(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """An open order that was not paid when it was imported, and is now. Its promise counts from the payment.

    Raises:
        LedgerConflict: another worker has changed the order.
    """
    if order.paid_at is None or record.paid_at is not None or record.status not in OPEN:
        return record
    return workspace.ledger.note(record, paid_at=order.paid_at, promised_by=_promise(workspace, order))


def _promise(workspace: Workspace, order: Order) -> datetime | None:
    return promised_by(workspace.settings.promise, order.paid_at or order.placed_at or workspace.now())
