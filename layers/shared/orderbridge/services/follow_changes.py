"""Carry what the merchant does with an order after its import to the warehouse: change, cancel, hold, release
(R11-R13).

Whoever comes too late is told so, with the status the order had. Each answer is noted in the ledger as intended
before it is given, so that
a crash in between is finished later and nothing is said twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from orderbridge.domain import problems
from orderbridge.domain.changes import Answer, Wish, wishes
from orderbridge.domain.lifecycle import Status
from orderbridge.domain.order import Order
from orderbridge.domain.problems import Problem
from orderbridge.domain.shipping_order import ShippingOrder
from orderbridge.domain.tracking import PartStatus, WarehouseOrder
from orderbridge.errors import NotFound, Refused, RetryableError, UnknownOutcome
from orderbridge.observability import meter
from orderbridge.services.notices import scrubbed, tell
from orderbridge.services.preparation import prepare
from orderbridge.services.workspace import Workspace
from orderbridge.stores.ledger import LedgerOrder

SETTLES_AFTER_TIMEOUT: Final = timedelta(seconds=30)
_OVER: Final = frozenset({PartStatus.SHIPPED, PartStatus.CANCELLED, PartStatus.RETURNED})


def wishes_of(workspace: Workspace, record: LedgerOrder, order: Order) -> tuple[Wish, ...]:
    """What the merchant wants of the warehouse, as far as it is not answered yet."""
    return wishes(
        order,
        workspace.tags,
        status=record.status,
        content_hash=record.content_hash,
        held=record.held,
        answered=frozenset(kind for kind, told in record.notices.items() if told),
    )


def follow_changes(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Fulfil the merchant's wishes about an order that the warehouse has; gives its record as it is then.

    Raises:
        UpstreamError: call again; what was done is not done twice.
        LedgerConflict: another worker has moved the order.
    """
    record = finish_answers(workspace, record)
    for wish in wishes_of(workspace, record, order):
        match wish:
            case Wish.CANCEL:
                record = cancel(workspace, record)
            case Wish.HOLD:
                record = _hold(workspace, record)
            case Wish.RELEASE:
                record = _release(workspace, record)
            case Wish.UPDATE:
                record = _update(workspace, record, order)
            case Wish.TAG_AGAIN:
                workspace.billbee.add_tags(record.billbee_id, workspace.tags.received)
                record = workspace.ledger.note(record, why="tagged as received again", call="billbee add tags")
    return record


def finish_answers(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Give the answers that an interrupted run had only announced."""
    for answer, tag in _tags(workspace).items():
        if record.notices.get(answer) is False:
            record = tell(workspace, record, answer, record.reason or "", tag, maybe_told=True)
    return record


def cancel(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Cancel an order at the warehouse; if it is past that, say so in the shop with the status it has (R12)."""
    before = record.status
    if before is not Status.CANCELLING:
        record = workspace.ledger.move(
            record, Status.CANCELLING, why="cancelled or deleted in Billbee", call="billbee list orders"
        )
    number = record.order_number or ""
    try:
        workspace.bibi.cancel(number)
    except (Refused, NotFound):
        # An earlier call of ours may have succeeded without an answer: only the status tells.
        reported = workspace.bibi.order(number)
        if reported is not None and any(part.status is not PartStatus.CANCELLED for part in reported.parts):
            back = before if before is not Status.CANCELLING else Status.ACKNOWLEDGED
            problem = problems.cancel_refused(reported.status_text)
            return _answer(workspace, record, Answer.CANCEL_REFUSED, problem, to=back)
    if workspace.settings.stock.enabled:
        workspace.stock.mark_due(record.pieces)
    meter.count("OrdersCancelled")
    return _answer(workspace, record, Answer.CANCELLED, problems.cancelled_on_request(), to=Status.CANCELLED)


def _hold(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Put an order on hold: read the status first, never toggle blind (R13)."""
    reported = _status(workspace, record)
    if not _is_held(reported):
        if all(part.status in _OVER for part in reported.parts):
            return _answer(workspace, record, Answer.HOLD_REFUSED, problems.hold_refused(reported.status_text))
        try:
            reported = _toggle(workspace, record)
        except (Refused, NotFound):
            return _answer(workspace, record, Answer.HOLD_REFUSED, problems.hold_refused(reported.status_text))
        if not _is_held(reported):
            raise RetryableError("bibi holdOrder", f"the order is {reported.status_text!r} after it was put on hold")
    why = "held at the warehouse for the merchant's tag"
    if record.status is Status.ACKNOWLEDGED:
        return workspace.ledger.move(record, Status.HELD, why=why, call="bibi holdOrder", held=True)
    return workspace.ledger.note(record, why=why, call="bibi holdOrder", held=True)


def _release(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    reported = _status(workspace, record)
    if _is_held(reported):
        try:
            reported = _toggle(workspace, record)
        except (Refused, NotFound):
            return _answer(workspace, record, Answer.RELEASE_REFUSED, problems.release_refused(reported.status_text))
        if _is_held(reported):
            raise RetryableError("bibi holdOrder", f"the order is {reported.status_text!r} after its release")
    why = "released at the warehouse: the merchant removed the tag"
    if record.status is Status.HELD:
        return workspace.ledger.move(record, Status.ACKNOWLEDGED, why=why, call="bibi holdOrder", held=False)
    return workspace.ledger.note(record, why=why, call="bibi holdOrder", held=False)


def _update(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Bring changed content to the warehouse; if it has begun, the order stays as it was, and the shop is told
    (R11).
    """
    prepared = prepare(workspace, order)
    language = workspace.settings.language
    if not isinstance(prepared, ShippingOrder):
        why = " ".join(problem.say(language) for problem in prepared)
        return _refuse_change(workspace, record, problems.change_refused(why))
    shipping = replace(prepared, number=record.order_number or prepared.number)
    try:
        workspace.bibi.update(shipping)
    except (Refused, NotFound) as refusal:
        return _refuse_change(workspace, record, problems.change_refused(scrubbed(refusal.detail, order)))
    workspace.billbee.add_tags(record.billbee_id, workspace.tags.received)
    pieces = Counter[str]()
    for line in shipping.lines:
        pieces[line.sku] += line.quantity
    meter.count("OrdersChanged")
    return workspace.ledger.note(
        record,
        why="changed at the warehouse",
        call="bibi updateOrder",
        content_hash=order.content_hash(workspace.tags.of_interest(order)),
        pieces=dict(pieces),
        reason=None,
        notices={kind: told for kind, told in record.notices.items() if kind != Answer.CHANGE_REFUSED},
    )


def _refuse_change(workspace: Workspace, record: LedgerOrder, problem: Problem) -> LedgerOrder:
    # The warehouse still has it as it was: with the received tag a later change can be asked for in the same way.
    workspace.billbee.add_tags(record.billbee_id, workspace.tags.received)
    return _answer(workspace, record, Answer.CHANGE_REFUSED, problem)


def _answer(
    workspace: Workspace, record: LedgerOrder, answer: Answer, problem: Problem, *, to: Status | None = None
) -> LedgerOrder:
    """Note an answer as intended, then give it. It stays as the record's reason, so that it can be given again
    unchanged.
    """
    text = problem.say(workspace.settings.language)
    notices = {**record.notices, answer.value: False}
    call = "follow changes"
    if to is None:
        record = workspace.ledger.note(record, why=problem.text, call=call, reason=text, notices=notices)
    else:
        record = workspace.ledger.move(record, to, why=problem.text, call=call, reason=text, notices=notices)
    return tell(workspace, record, answer.value, text, _tags(workspace)[answer], maybe_told=False)


def _tags(workspace: Workspace) -> Mapping[Answer, str]:
    tags = workspace.tags
    return {
        Answer.CANCELLED: tags.cancelled,
        Answer.CANCEL_REFUSED: tags.cancel_refused,
        Answer.HOLD_REFUSED: tags.hold_refused,
        Answer.RELEASE_REFUSED: tags.hold_refused,
        Answer.CHANGE_REFUSED: tags.change_refused,
    }


def _status(workspace: Workspace, record: LedgerOrder) -> WarehouseOrder:
    """The order's status, once no toggle of ours is under way any more."""
    if record.settles_at is not None and record.settles_at > workspace.now():
        raise UnknownOutcome("bibi holdOrder", "an earlier request may still land")
    reported = workspace.bibi.order(record.order_number or "")
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order")
    return reported


def _toggle(workspace: Workspace, record: LedgerOrder) -> WarehouseOrder:
    try:
        return workspace.bibi.toggle_hold(record.order_number or "")
    except UnknownOutcome as error:
        if error.may_still_land:
            settles_at = workspace.now() + SETTLES_AFTER_TIMEOUT
            workspace.ledger.note(record, why=str(error), call=error.operation, settles_at=settles_at)
        raise


def _is_held(reported: WarehouseOrder) -> bool:
    open_parts = [part for part in reported.parts if part.status not in _OVER]
    return bool(open_parts) and all(part.status is PartStatus.HELD for part in open_parts)
