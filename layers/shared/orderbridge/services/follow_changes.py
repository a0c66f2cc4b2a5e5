"""Carry what the merchant does with an order after its import to the warehouse: change, cancel, hold, release
(R11-R13); have return labels made (R24).

Whoever comes too late is told so, with the status the order had. Each answer is noted in the ledger as intended
before it is given, so that a crash in between is finished later and nothing is said twice. So is a hold, a release
and a change before its call: the warehouse's status alone does not tell whose hold it is, or which content it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from orderbridge.domain import problems
from orderbridge.domain.activity import Activity
from orderbridge.domain.billing import BillingNotice
from orderbridge.domain.change_shown import not_shown
from orderbridge.domain.changes import LABEL_ANSWERS, Answer, Wish, wishes
from orderbridge.domain.lifecycle import Status
from orderbridge.domain.pricing import totals
from orderbridge.domain.shipping_order import ShippingOrder
from orderbridge.domain.tracking import PartStatus, WarehouseOrder
from orderbridge.errors import NotFound, Refused, RetryableError, Throttled, Unreachable
from orderbridge.services.notices import scrubbed, tell, wait_until_settled
from orderbridge.stores.ledger import LedgerOrder

if TYPE_CHECKING:
    from orderbridge.domain.order import Order
    from orderbridge.domain.problems import Problem
    from orderbridge.services.workspace import Workspace
    from orderbridge.stores.ledger import OrderSummary

SETTLES_AFTER_TOGGLE: Final = timedelta(seconds=30)
"""How long a toggle without an answer may still land at the warehouse."""
HELD_UNTIL_BILLED: Final = frozenset({Status.ACKNOWLEDGED, Status.HELD})
"""Statuses in which an order can be kept from leaving."""
_TRIED_BEFORE: Final = "(An earlier attempt got no answer: ask the warehouse which of the two it ships.)"
_LEFT: Final = frozenset({PartStatus.SHIPPED, PartStatus.RETURNED})
_NOT_SHIPPED: Final = frozenset({PartStatus.CANCELLED, PartStatus.DECLINED})
_OVER: Final = frozenset({PartStatus.SHIPPED, PartStatus.CANCELLED, PartStatus.RETURNED})


def wishes_of(workspace: Workspace, record: OrderSummary, order: Order) -> tuple[Wish, ...]:
    """What the merchant wants of the warehouse, as far as it is not answered yet. A summary knows of no content."""
    return wishes(
        order,
        workspace.tags,
        status=record.status,
        content_hash=record.content_hash if isinstance(record, LedgerOrder) else "",
        held=record.held,
        notices=record.notices,
        gated=awaits_billing(workspace, record),
    )


def awaits_billing(workspace: Workspace, record: OrderSummary) -> bool:
    """Whether an order is held at the warehouse until it is billed (R20)."""
    waits = record.status in HELD_UNTIL_BILLED and BillingNotice.OK not in record.notices
    return waits and workspace.settings.billing.holds


def follow_changes(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Fulfil the merchant's wishes about an order that the warehouse has; gives its record as it is then.

    Raises:
        UpstreamError: call again; what was done is not done twice.
        LedgerConflict: another worker has moved the order.
    """
    for wish in wishes_of(workspace, record, order):
        match wish:
            case Wish.CANCEL:
                record = cancel(workspace, record)
            case Wish.RESUME:
                record = _resume(workspace, record)
            case Wish.HOLD:
                record = _hold(workspace, record, order)
            case Wish.RELEASE:
                record = _release(workspace, record)
            case Wish.FORGET_REFUSAL:
                refusals = (Answer.HOLD_REFUSED, Answer.RELEASE_REFUSED)
                record = workspace.ledger.note(record, notices=_without(record, *refusals))
            case Wish.UPDATE:
                record = _update(workspace, record, order)
            case Wish.TAG_AGAIN:
                workspace.billbee.add_tags(record.billbee_id, workspace.tags.received)
                record = workspace.ledger.note(record, why="tagged as received again", call="billbee add tags")
            case Wish.LABEL:
                from orderbridge.services.return_labels import make_label  # noqa: PLC0415  few orders come back

                asked = replace(record, notices=record.notices | {Wish.LABEL.value: True})
                record = make_label(workspace, asked, order)
            case Wish.FORGET_LABEL:
                from orderbridge.services.return_labels import forget_answer  # noqa: PLC0415

                record = forget_answer(workspace, record)
    return record


def finish_answers(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Give the answers that an interrupted run had only announced."""
    for answer in Answer:
        if record.notices.get(answer) is False and answer is Answer.LABEL_READY:
            from orderbridge.services.return_labels import finish_label  # noqa: PLC0415

            record = finish_label(workspace, record)
        elif record.notices.get(answer) is False:
            record = _say(workspace, record, answer, record.reason or "", maybe_told=True)
    return record


def odd_total(workspace: Workspace, record: LedgerOrder, order: Order) -> dict[str, Any]:
    """What to note in the ledger where the parts of an order do not add up to its total: that the merchant is to be
    told once (R3). `finish_answers` tells it.
    """
    money = totals(order)
    if not money.unexplained or Answer.TOTAL_DIFFERS in record.notices:
        return {}
    stated, adds_up_to = (f"{amount:.2f} {order.currency[:12]}" for amount in (order.total, money.paid))
    text = problems.total_differs(stated, adds_up_to).say(workspace.settings.language)
    return {"reason": text, "notices": {**record.notices, Answer.TOTAL_DIFFERS.value: False}}


def answers_given(workspace: Workspace, order: Order) -> dict[str, bool]:
    """The answers that an order's tags show, for a ledger that has lost them (R10)."""
    tags = {kind.value: tag for kind, tag in _tags(workspace).items()} | {
        BillingNotice.MISMATCH.value: workspace.tags.billing_mismatch,
        BillingNotice.OK.value: workspace.tags.billing_ok,
    }
    given = {kind: True for kind, tag in tags.items() if order.has_tag(tag)}
    return given | ({Wish.LABEL.value: True} if LABEL_ANSWERS & given.keys() else {})


def cancel(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Cancel an order at the warehouse; if it is past that, say so in the shop with the status it has (R12)."""
    if record.status is Status.SHIPPED:
        return _refuse_cancel(workspace, record, record.warehouse_status or "Shipped")
    if record.status is not Status.CANCELLING:
        record = workspace.ledger.move(
            record, Status.CANCELLING, why="cancelled or deleted in Billbee", call="billbee list orders"
        )
    number = record.number
    try:
        workspace.bibi.cancel(number)
        accepted = True
    except (Refused, NotFound):
        accepted = False
    # Only the status is proof: an earlier call of ours may have succeeded without an answer, and what was accepted
    # may hold for the parts only that have not left.
    reported = workspace.bibi.order(number)
    if reported is None or _nothing_ships(reported):
        return _cancelled(workspace, record)
    if accepted and not any(part.status in _LEFT for part in reported.parts):
        return _cancelled(workspace, record)
    return _refuse_cancel(workspace, record, reported.status_text)


def _cancelled(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    if workspace.settings.stock.enabled:
        workspace.stock.mark_due(record.pieces)
    return _answer(
        workspace,
        record,
        Answer.CANCELLED,
        problems.cancelled_on_request(),
        to=Status.CANCELLED,
        activity=Activity.CANCELLED,
    )


def _refuse_cancel(workspace: Workspace, record: LedgerOrder, status_text: str) -> LedgerOrder:
    """What the order was before is of no account: the next report of the warehouse says what it is."""
    to = Status.ACKNOWLEDGED if record.status is Status.CANCELLING else None
    return _answer(workspace, record, Answer.CANCEL_REFUSED, problems.cancel_refused(status_text), to=to)


def _resume(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """The merchant wants the order after all, and a call to cancel it has no known outcome."""
    reported = workspace.bibi.order(record.number)
    if reported is None or _nothing_ships(reported):
        return _cancelled(workspace, record)
    why = "the merchant took the cancellation back before the warehouse cancelled the order"
    return workspace.ledger.move(record, Status.ACKNOWLEDGED, why=why, call="bibi orderStatus")


def _hold(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Put an order on hold: read the status first, never toggle blind (R13)."""
    by_tag = order.has_tag(workspace.tags.hold)
    refused = problems.hold_refused if by_tag else problems.not_held_until_billed
    reported = _status(workspace, record)
    if _is_held(reported):
        # Without a call of ours it is the warehouse's own hold, which is not ours to end. It may be over one day, so
        # the wish stays. What an adopted order went through is not known.
        if not (record.held or record.adopted or Wish.HOLD in record.notices):
            return record
    elif all(part.status in _OVER for part in reported.parts):
        return _answer(workspace, record, Answer.HOLD_REFUSED, refused(reported.status_text))
    else:
        record = _begin(workspace, record, Wish.HOLD)
        try:
            held = _is_held(workspace.bibi.toggle_hold(record.number))
        except (Refused, NotFound):
            return _answer(workspace, record, Answer.HOLD_REFUSED, refused(reported.status_text))
        if not held:
            raise RetryableError("bibi holdOrder", "the order is not on hold after it was put there")
    why = "for the merchant's tag" if by_tag else "until it is billed"
    return _note_hold(workspace, record, f"held at the warehouse {why}", held=True)


def _release(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    reported = _status(workspace, record)
    if _is_held(reported):
        record = _begin(workspace, record, Wish.RELEASE)
        try:
            held = _is_held(workspace.bibi.toggle_hold(record.number))
        except (Refused, NotFound):
            return _answer(workspace, record, Answer.RELEASE_REFUSED, problems.release_refused(reported.status_text))
        if held:
            raise RetryableError("bibi holdOrder", "the order is on hold after its release")
    billed = workspace.settings.billing.holds and BillingNotice.OK in record.notices
    why = "it is billed, and not held by the tag" if billed else "the merchant removed the tag"
    return _note_hold(workspace, record, f"released at the warehouse: {why}", held=False)


def _note_hold(workspace: Workspace, record: LedgerOrder, why: str, *, held: bool) -> LedgerOrder:
    before, after = (Status.ACKNOWLEDGED, Status.HELD) if held else (Status.HELD, Status.ACKNOWLEDGED)
    notices = _without(record, Wish.HOLD, Wish.RELEASE)
    call = "bibi holdOrder"
    if record.status is before:
        return workspace.ledger.move(record, after, why=why, call=call, held=held, notices=notices, settles_at=None)
    return workspace.ledger.note(record, why=why, call=call, held=held, notices=notices, settles_at=None)


def _begin(workspace: Workspace, record: LedgerOrder, wish: Wish) -> LedgerOrder:
    """Note a toggle before its call: with a crash or a time-out, what comes of it is looked up once it has settled."""
    notices = _without(record, Wish.HOLD, Wish.RELEASE) | {wish.value: False}
    return workspace.ledger.note(record, notices=notices, settles_at=workspace.now() + SETTLES_AFTER_TOGGLE)


def _update(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Bring changed content to the warehouse; if it has begun, the order stays as it was, and the shop is told
    (R11).
    """
    from orderbridge.services.preparation import prepare  # noqa: PLC0415  polls look at wishes and fulfil none

    prepared = prepare(workspace, order)
    if not isinstance(prepared, ShippingOrder):
        why = " ".join(problem.say(workspace.settings.language) for problem in prepared)
        return _answer(workspace, record, Answer.CHANGE_REFUSED, problems.change_refused(why))
    shipping = replace(prepared, number=record.order_number or prepared.number)
    tried_before = Wish.UPDATE in record.notices
    if not tried_before:
        record = workspace.ledger.note(record, notices=record.notices | {Wish.UPDATE.value: False})
    try:
        workspace.bibi.update(shipping)
    except (Throttled, Unreachable):
        if not tried_before:  # certainly not processed
            workspace.ledger.note(record, notices=_without(record, Wish.UPDATE))
        raise
    except (Refused, NotFound) as refusal:
        why = scrubbed(refusal.detail, order)
        if not tried_before:
            return _answer(workspace, record, Answer.CHANGE_REFUSED, problems.change_refused(why))
        # An earlier call without an answer may have changed it: then nobody can say how many pieces there are.
        problem = problems.change_refused(f"{why} {_TRIED_BEFORE}")
        return _answer(workspace, record, Answer.CHANGE_REFUSED, problem, pieces={}, kits={}, in_kits={})
    reported = workspace.bibi.order(shipping.number)
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order after its change")
    if missing := not_shown(reported, shipping):
        problem = problems.change_not_shown(missing)
        return _answer(workspace, record, Answer.CHANGE_REFUSED, problem, pieces={}, kits={}, in_kits={})
    record = workspace.ledger.note(
        record,
        why="changed at the warehouse",
        call="bibi updateOrder",
        content_hash=order.content_hash(workspace.tags.of_interest(order)),
        pieces=dict(shipping.pieces),
        kits=dict(shipping.kit_counts),
        in_kits=dict(shipping.pieces_in_kits),
        reason=None,
        notices=_without(record, Wish.UPDATE, Answer.CHANGE_REFUSED, BillingNotice.OK),
    )
    workspace.count(Activity.CHANGED)
    if odd := odd_total(workspace, record, order):
        record = workspace.ledger.note(record, why="its total does not add up", call="bibi updateOrder", **odd)
    workspace.billbee.add_tags(record.billbee_id, workspace.tags.received)
    return finish_answers(workspace, record)


def _answer(
    workspace: Workspace,
    record: LedgerOrder,
    answer: Answer,
    problem: Problem,
    *,
    to: Status | None = None,
    activity: Activity | None = None,
    **changes: Any,
) -> LedgerOrder:
    """Note an answer as intended, then give it. It stays as the record's reason, so that it can be given again
    unchanged. Whatever was begun is over with it. ``activity`` is counted once that is written.
    """
    text = problem.say(workspace.settings.language)
    changes |= {
        "reason": text,
        "notices": _without(record, Wish.HOLD, Wish.RELEASE, Wish.UPDATE) | {answer.value: False},
        "settles_at": None,
    }
    call = "follow changes"
    if to is None:
        record = workspace.ledger.note(record, why=problem.text, call=call, **changes)
    else:
        record = workspace.ledger.move(record, to, why=problem.text, call=call, **changes)
    if activity is not None:
        workspace.count(activity)
    return _say(workspace, record, answer, text, maybe_told=False)


def _say(workspace: Workspace, record: LedgerOrder, answer: Answer, text: str, *, maybe_told: bool) -> LedgerOrder:
    """Tell an answer. With that of a change comes the received tag: a later change can be asked for in the same way."""
    tags = [_tags(workspace)[answer]]
    if answer is Answer.CHANGE_REFUSED:
        tags.append(workspace.tags.received)
    return tell(workspace, record, answer.value, text, *tags, maybe_told=maybe_told)


def _without(record: LedgerOrder, *kinds: str) -> dict[str, bool]:
    return {kind: told for kind, told in record.notices.items() if kind not in kinds}


def _tags(workspace: Workspace) -> Mapping[Answer, str]:
    tags = workspace.tags
    return {
        Answer.CANCELLED: tags.cancelled,
        Answer.CANCEL_REFUSED: tags.cancel_refused,
        Answer.HOLD_REFUSED: tags.hold_refused,
        Answer.RELEASE_REFUSED: tags.hold_refused,
        Answer.CHANGE_REFUSED: tags.change_refused,
        Answer.LABEL_READY: tags.label_ready,
        Answer.LABEL_REFUSED: tags.label_refused,
        Answer.LABEL_UNKNOWN: tags.label_refused,
        Answer.TOTAL_DIFFERS: tags.total_differs,
    }


def _status(workspace: Workspace, record: LedgerOrder) -> WarehouseOrder:
    """The order's status, once no toggle of ours is under way any more."""
    wait_until_settled(workspace, record, "bibi holdOrder")
    reported = workspace.bibi.order(record.number)
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order")
    return reported


def _is_held(reported: WarehouseOrder) -> bool:
    open_parts = [part for part in reported.parts if part.status not in _OVER]
    return bool(open_parts) and all(part.status is PartStatus.HELD for part in open_parts)


def _nothing_ships(reported: WarehouseOrder) -> bool:
    """Whether every part was cancelled or declined. An order without parts says nothing."""
    return bool(reported.parts) and all(part.status in _NOT_SHIPPED for part in reported.parts)
