"""Credit notes (R38): the credited order is cancelled at the warehouse, or its merchant is told.

A credit note that is read before the warehouse has its order is kept in that order's record until the order is sent.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.effects.executor import say, say_open
from orderbridge.ledger.effects import Effect, EffectKind, message, tag
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, Status
from orderbridge.ledger.shop_states import DELETED_STATE
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.ledger.told import (
    CREDIT_NOTE,
    REJECTED,
    Answer,
    credit_done,
    waiting_credits,
    with_waiting_credit,
    without_waiting_credit,
)
from orderbridge.ledger.wishes import Wish
from orderbridge.orders import problems as order_problems
from orderbridge.orders.import_rules import is_credit_note
from orderbridge.orders.shipping_order import order_number
from orderbridge.platform.errors import NotFound, RetryableError

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Workspace

_READ: Final = "billbee list orders"
_LOOKED_FOR: Final = timedelta(days=7)
"""How long an order is looked for that a credit note names and Billbee does not have, and how long a deleted credit
note may be taken back.
"""


def credit(workspace: Workspace, record: LedgerOrder, note: Order) -> LedgerOrder:
    """Do what follows from a credit note. Returns its own record as it is then.

    Raises:
        UpstreamError: call again; nothing is said twice.
        LedgerConflict: another worker has changed one of the two orders.
    """
    is_deleted = note.state == DELETED_STATE
    original = None if is_deleted else _original(workspace, note)
    if original is None and (is_deleted or _is_named(note)) and workspace.now() - record.created_at < _LOOKED_FOR:
        return record  # the next poll that lists it looks again
    why = "it is deleted" if is_deleted else "the order that it credits is not known"
    if original is not None:
        _follow(workspace, original, note)
        why = f"it credits order {original.billbee_id}"
    return workspace.ledger.note(record, why=why, call=_READ, told=record.told | {REJECTED})


def whole_credits(workspace: Workspace, record: LedgerOrder, order: Order) -> tuple[int, ...]:
    """The credit notes that together take back all of an order that is to be sent; empty if there are none.

    Raises:
        UpstreamError: a credit note could not be read.
    """
    notes = {one: note for one in waiting_credits(record.told) if (note := _note(workspace, one)) is not None}
    ordered = _pieces(order)
    return tuple(notes) if ordered and ordered <= _pieces(*notes.values()) else ()


def follow_credits(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Do what follows from the credit notes that waited until the warehouse had the order. Returns its record as it is
    then. Raises as `credit`.
    """
    for one in waiting_credits(record.told):
        note = _note(workspace, one)
        if note is not None:
            record = _tell(workspace, record, note)
        record = workspace.ledger.note(record, told=without_waiting_credit(record.told, one))
    return record


def _follow(workspace: Workspace, original: LedgerOrder, note: Order) -> None:
    if original.status is Status.SUBMITTING:
        detail = f"order {original.billbee_id}, which it credits, is just being sent"
        raise RetryableError("bibi submitOrder", detail, retry_after=60)
    if original.submitted_at is not None:
        _tell(workspace, original, note)
    elif (told := with_waiting_credit(original.told, note.id)) != original.told:
        why = f"credited by order {note.id}"
        workspace.ledger.note(original, why=why, call=_READ, told=told)


def _tell(workspace: Workspace, original: LedgerOrder, note: Order) -> LedgerOrder:
    """Cancel the credited order, or tell its merchant. One that has left, or is cancelled, needs neither."""
    original = say_open(workspace, original)
    key = credit_done(note.id)
    if original.status not in AT_WAREHOUSE or key in original.told:
        return original
    told = original.told | {key}
    if workspace.settings.changes == "automatic" and _credits_all(note, original):
        if original.told & {Answer.CANCELLED, Answer.CANCEL_REFUSED} or original.status is Status.CANCELLING:
            return original
        effects = [Effect(kind=EffectKind.CANCELLATION, key=Wish.CANCEL.value, body={"credited": note.id})]
        if original.status is Status.SUBMITTED:  # without that tag it would count as wanted again (R11)
            effects.append(tag(key, workspace.tags.received))
        why = f"credited by order {note.id}"
        return say(workspace, original, *effects, to=Status.CANCELLING, why=why, call=_READ, told=told)
    status = original.warehouse_status or "New"
    problem = order_problems.credited(note.id, status)
    text = problem.say(workspace.settings.language)
    return say(workspace, original, *message(key, text, workspace.tags.content_differs), why=problem.text, call=_READ)


def _credits_all(note: Order, original: LedgerOrder) -> bool:
    """Whether a credit note is for every piece of an order."""
    return bool(original.pieces) and _pieces(note) == by_sku(original.pieces)


def _pieces(*orders: Order) -> Counter[Sku]:
    """What orders, or credit notes, name by SKU."""
    named = Counter[Sku]()
    for line in (line for order in orders for line in order.lines):
        if line.sku:
            named[Sku(line.sku)] += int(abs(line.quantity))
    return named


def _is_named(note: Order) -> bool:
    """Whether a credit note says which order it takes back."""
    return note.parent is not None or bool(note.cancels)


def _note(workspace: Workspace, billbee_id: int) -> Order | None:
    """A credit note as it is now; None if it is gone, deleted, or none any more."""
    try:
        note = workspace.hub.order(billbee_id)
    except NotFound:
        return None
    return note if is_credit_note(note) and note.state != DELETED_STATE else None


def _original(workspace: Workspace, note: Order) -> LedgerOrder | None:
    """The record of the order that a credit note is for. One that is not imported yet gets a record.

    The number that it names counts before its parent, because that may be an order with which the credited one was
    merged.
    """
    ledger, merchant = workspace.ledger, workspace.merchant
    if note.cancels:
        named = [one for one in ledger.find(merchant, note.cancels) if _may_be_credited(one, note)]
        of_parent = [one for one in named if one.billbee_id == note.parent]
        if len(of_parent or named) == 1:
            return (of_parent or named)[0]
    elif note.parent is not None and (parent := ledger.get(merchant, note.parent)) and _may_be_credited(parent, note):
        return parent
    order = _order(workspace, note)
    if order is None or order.id == note.id or is_credit_note(order):
        return None
    known = ledger.get(merchant, order.id)
    return _remembered(workspace, order, note) if known is None or known.rehearsal else known


def _may_be_credited(record: LedgerOrder, note: Order) -> bool:
    return record.billbee_id != note.id and not record.rehearsal and CREDIT_NOTE not in record.told


def _order(workspace: Workspace, note: Order) -> Order | None:
    """The order in Billbee that a credit note is for."""
    if note.cancels and (named := workspace.hub.order_by_number(note.cancels)) is not None:
        return named
    try:
        return workspace.hub.order(note.parent) if note.parent is not None else None
    except NotFound:
        return None


def _remembered(workspace: Workspace, order: Order, note: Order) -> LedgerOrder | None:
    """A record that keeps the credit note until the order is imported. None if the order's tags show that it was
    processed: then the ledger is in doubt, and the next polls decide about the order (R10, R38).
    """
    tags, ledger = workspace.tags, workspace.ledger
    if order.has_tag(tags.received) or order.has_tag(tags.rejected) or tags.show_news(order):
        return None
    why = f"credited by order {note.id} before its import"
    opened = ledger.open(
        workspace.merchant,
        order.id,
        Status.QUEUED,
        why=why,
        call=_READ,
        content_hash=tags.content_hash(order),
        order_number=order_number(order, workspace.rules),
        shop_number=order.number or None,
        placed_at=order.placed_at,
        told=with_waiting_credit(frozenset(), note.id),
    )
    return ledger.move(opened, Status.CANCELLED, why="not to be imported yet", call=_READ, reason=why)
