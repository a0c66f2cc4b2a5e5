"""Compare an order in Billbee with what the warehouse was sent, where nobody has asked for a change (R37)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.effects.executor import say
from orderbridge.ledger.effects import Effect, EffectKind, message
from orderbridge.ledger.lifecycle import HAS_LEFT
from orderbridge.ledger.shown import UNKNOWN, Difference, has_new_positions, shown, tags_when_sent
from orderbridge.ledger.told import Answer, about_content, with_settled
from orderbridge.ledger.wishes import SETTLES_WITHIN, Wish
from orderbridge.orders import problems as order_problems
from orderbridge.orders.content import changed, content_key, in_words
from orderbridge.orders.merges import hinders_change
from orderbridge.orders.preparation import prepare
from orderbridge.orders.shipping_order import ShippingOrder

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.problem import Problem
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Workspace

_READ = "billbee list orders"


def compare_content(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Bring what differs to the warehouse, or tell the merchant, or only note it, as the settings say. Returns the
    order's record as it is then.

    Raises:
        UpstreamError: call again; nothing is said twice.
        LedgerConflict: another worker has changed the order.
    """
    tags = tags_when_sent(workspace.tags, record.shown)
    content = tags.content_hash(order)
    settled = with_settled(record.told, content)
    if content == record.content_hash and (record.status in HAS_LEFT or not has_new_positions(record.shown, order)):
        why = "Billbee shows what the warehouse has again"
        return workspace.ledger.note(record, why=why, call=_READ, difference=None, told=settled)
    prepared = prepare(workspace, order, record.conversion)
    if isinstance(prepared, ShippingOrder):
        fields, wanted = changed(record, order, prepared, workspace.rules), dict(prepared.pieces)
    else:
        if content == record.content_hash or any(problem.passes for problem in prepared):
            return record  # the next poll that sees it compares it
        fields, wanted = () if record.status in HAS_LEFT else (UNKNOWN,), {}
    key = content_key(order, prepared if isinstance(prepared, ShippingOrder) else None, tags)
    if not fields:
        return _same(workspace, record, order, prepared, key)
    before = record.difference
    since = before.since if before is not None and before.content == content else workspace.now()
    difference = Difference(content, since, fields)
    english, german = in_words(fields, record.pieces, wanted)
    if workspace.settings.changes == "automatic" and record.status not in HAS_LEFT:
        effect = Effect(kind=EffectKind.CHANGE, key=Wish.COMPARE.value, body={"unasked": key})
        return say(workspace, record, effect, order=order, difference=difference)
    if before != difference:
        record = workspace.ledger.note(
            record, why=f"differs in Billbee from what the warehouse has: {english}", call=_READ, difference=difference
        )
    if workspace.now() - since < SETTLES_WITHIN:
        return record
    told = _message(workspace, record, key, english, german)
    return say(workspace, record, *told, told=settled)


def _same(
    workspace: Workspace, record: LedgerOrder, order: Order, prepared: ShippingOrder | list[Problem], content: str
) -> LedgerOrder:
    """The order is for the warehouse as it was. Its merchant is told if its lines are now those of another order, which
    the warehouse ships by itself (R38).
    """
    tags = tags_when_sent(workspace.tags, record.shown)
    settled = with_settled(record.told, tags.content_hash(order))
    if record.status in HAS_LEFT:
        return workspace.ledger.note(record, difference=None, told=settled)
    known = record.shown is not None and bool(record.shown.positions)
    told: tuple[Effect, ...] = ()
    if known and isinstance(prepared, ShippingOrder):
        problem, key = hinders_change(workspace, record, order, prepared, same=True), about_content("merged", content)
        if problem is not None and key not in record.told:
            told = message(key, problem.say(workspace.settings.language), tags.change_refused)
    same = tags.content_hash(order), shown(order, tags, sent=known)
    return say(workspace, record, *told, content_hash=same[0], shown=same[1], difference=None, told=settled)


def _message(workspace: Workspace, record: LedgerOrder, content: str, english: str, german: str) -> tuple[Effect, ...]:
    """What the merchant is told of a content; nothing if that was told before.

    Who has the received tag removed to have a change made is told once for each order, and not at all if he has asked
    for a change before.
    """
    key = about_content(Answer.CONTENT_DIFFERS, content)
    problem: Problem
    if workspace.settings.changes == "ask":
        if record.status in HAS_LEFT or record.told & {Answer.CONTENT_DIFFERS, Answer.CHANGE_REFUSED}:
            return ()
        key, problem = Answer.CONTENT_DIFFERS, order_problems.ask_for_change(english, german, workspace.tags.received)
    elif record.status in HAS_LEFT:
        status = record.warehouse_status or str(record.status)
        problem = order_problems.changed_too_late(english, german, status)
    else:
        problem = order_problems.content_differs(english, german, workspace.tags.received)
    if key in record.told:
        return ()
    return message(key, problem.say(workspace.settings.language), workspace.tags.content_differs)
