"""Credit notes (R38): the credited order is cancelled at the warehouse, or its merchant is told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orderbridge.effects.executor import say, say_open
from orderbridge.ledger.effects import Effect, EffectKind, message
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, Status
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.ledger.told import REJECTED, Answer
from orderbridge.ledger.wishes import Wish
from orderbridge.orders import problems as order_problems
from orderbridge.platform.errors import RetryableError

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Workspace

_READ = "billbee list orders"


def credit(workspace: Workspace, record: LedgerOrder, note: Order) -> LedgerOrder:
    """Do what follows from a credit note. Returns its own record as it is then.

    Raises:
        UpstreamError: call again; nothing is said twice.
        LedgerConflict: another worker has changed one of the two orders.
    """
    original = _original(workspace, note)
    if original is None:
        why = "the order that it credits is not known"
    elif original.status in BEFORE_WAREHOUSE:
        detail = f"order {original.billbee_id}, which it credits, is just being sent"
        raise RetryableError("bibi submitOrder", detail, retry_after=60)
    else:
        why = f"it credits order {original.billbee_id}"
        _tell(workspace, original, note)
    return workspace.ledger.note(record, why=why, call=_READ, told=record.told | {REJECTED})


def _tell(workspace: Workspace, original: LedgerOrder, note: Order) -> None:
    """Cancel the credited order, or tell its merchant. One that has left, or is cancelled, needs neither."""
    original = say_open(workspace, original)
    key = f"credited {note.id}"
    if original.status not in AT_WAREHOUSE or key in original.told:
        return
    told = original.told | {key}
    if workspace.settings.changes == "automatic" and _credits_all(note, original):
        if original.told & {Answer.CANCELLED, Answer.CANCEL_REFUSED} or original.status is Status.CANCELLING:
            return
        effect = Effect(kind=EffectKind.CANCELLATION, key=Wish.CANCEL.value, body={"credited": note.id})
        why = f"credited by order {note.id}"
        say(workspace, original, effect, to=Status.CANCELLING, why=why, call=_READ, told=told)
        return
    status = original.warehouse_status or "New"
    problem = order_problems.credited(note.id, status)
    text = problem.say(workspace.settings.language)
    say(workspace, original, *message(key, text, workspace.tags.content_differs), why=problem.text, call=_READ)


def _credits_all(note: Order, original: LedgerOrder) -> bool:
    """Whether a credit note is for every piece of an order."""
    credited = Counter[Sku]()
    for line in note.lines:
        if line.sku:
            credited[Sku(line.sku)] += int(abs(line.quantity))
    return bool(original.pieces) and credited == by_sku(original.pieces)


def _original(workspace: Workspace, note: Order) -> LedgerOrder | None:
    """The order that a credit note is for, if the ledger has it."""
    ledger, merchant = workspace.ledger, workspace.merchant
    if note.parent is not None and (found := ledger.get(merchant, note.parent)) is not None:
        return found
    if not note.cancels:
        return None
    named = [one for one in ledger.find(merchant, note.cancels) if one.billbee_id != note.id]
    if len(named) == 1:
        return named[0]
    order = workspace.hub.order_by_number(note.cancels)
    return ledger.get(merchant, order.id) if order is not None and order.id != note.id else None
