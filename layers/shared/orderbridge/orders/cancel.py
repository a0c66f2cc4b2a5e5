"""Have an order cancelled at the warehouse that was cancelled or deleted in Billbee (R12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.effects.executor import conclude, say
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.told import Answer
from orderbridge.ledger.wishes import Wish
from orderbridge.orders import problems as order_problems
from orderbridge.orders.change_effects import with_parent

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Workspace


def cancel(workspace: Workspace, record: LedgerOrder, order: Order | None) -> LedgerOrder:
    """Cancel an order at the warehouse. If it is too late, tell the shop the status (R12).

    Args:
        order: as it is in the shop; None if it is gone there.
    """
    if record.status is Status.SHIPPED:
        problem = order_problems.cancel_refused(record.warehouse_status or "Shipped")
        told = with_parent(record, order)
        return conclude(workspace, record, workspace.answers.outcome(Answer.CANCEL_REFUSED, problem, told=told))
    effect = Effect(kind=EffectKind.CANCELLATION, key=Wish.CANCEL.value, body={"gone": True} if order is None else {})
    if record.status is Status.CANCELLING:
        return say(workspace, record, effect, order=order)
    why, call = "cancelled or deleted in Billbee", "billbee list orders"
    return say(workspace, record, effect, order=order, to=Status.CANCELLING, why=why, call=call)
