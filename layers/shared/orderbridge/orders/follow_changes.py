"""Apply at the warehouse what the merchant does with an order after its import: change, cancel, hold, release
(R11-R13, R37); have return labels created (R24).

If it is too late, the merchant is told the order's status.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orderbridge.billing import problems as billing_problems
from orderbridge.effects.executor import conclude, say
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, Status
from orderbridge.ledger.told import Answer
from orderbridge.ledger.wishes import Wish
from orderbridge.orders import problems as order_problems
from orderbridge.orders.cancel import cancel
from orderbridge.orders.compare_content import compare_content
from orderbridge.orders.credit_notes import follow_credits
from orderbridge.orders.hold_effects import held, released, status_of
from orderbridge.orders.open_wishes import open_wishes
from orderbridge.returns.make_labels import forget_answer, make_label

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Workspace


def follow_changes(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Fulfil the merchant's wishes about an order that the warehouse has. Returns its record as it is then.

    Raises:
        UpstreamError: call again; nothing is done twice.
        LedgerConflict: another worker has changed the order.
    """
    for wish in open_wishes(workspace, record, order):
        match wish:
            case Wish.CANCEL:
                record = cancel(workspace, record, order)
            case Wish.CREDIT:
                record = follow_credits(workspace, record)
                if record.status not in AT_WAREHOUSE or record.status is Status.CANCELLING:
                    return record
            case Wish.HOLD:
                record = _hold(workspace, record, order)
            case Wish.RELEASE:
                record = _release(workspace, record, order)
            case Wish.FORGET_REFUSAL:
                told = record.told - {Answer.HOLD_REFUSED, Answer.RELEASE_REFUSED}
                record = workspace.ledger.note(record, told=told)
            case Wish.UPDATE if record.status is Status.CANCELLED:
                outcome = workspace.answers.outcome(Answer.CHANGE_REFUSED, order_problems.ALREADY_CANCELLED)
                record = conclude(workspace, record, outcome, order)
            case Wish.UPDATE | Wish.COMPARE:
                held_before = record.rule_holds
                if wish is Wish.COMPARE:
                    record = compare_content(workspace, record, order)
                else:
                    record = say(workspace, record, Effect(kind=EffectKind.CHANGE, key=wish.value), order=order)
                if record.rule_holds and not held_before and not record.held:  # it has the hold tag now (R40)
                    tags = (*order.tags, workspace.tags.hold)
                    record = _hold(workspace, record, order.model_copy(update={"tags": tags}))
            case Wish.TAG_AGAIN:
                workspace.hub.add_tags(record.billbee_id, workspace.tags.received)
                record = workspace.ledger.note(record, why="tagged as received again", call="billbee add tags")
            case Wish.LABEL:
                asked = replace(record, told=record.told | {Wish.LABEL.value})
                record = make_label(workspace, asked, order)
            case Wish.FORGET_LABEL:
                record = forget_answer(workspace, record)
    return record


def _hold(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Put an order on hold, unless it is already held or has ended (R13)."""
    by_tag = order.has_tag(workspace.tags.hold)
    reported = status_of(workspace.warehouse, record)
    effect = Effect(kind=EffectKind.HOLD, key=Wish.HOLD.value, body={"by_tag": by_tag, "status": reported.status_text})
    if reported.is_held:
        # Without a call of ours it is the warehouse's own hold, which we must not end. That may end, so the wish stays.
        # The past of an adopted order is not known.
        return conclude(workspace, record, held(record, effect)) if record.adopted else record
    if reported.is_over:
        refused = order_problems.hold_refused if by_tag else billing_problems.not_held_until_billed
        problem = refused(reported.status_text)
        return conclude(workspace, record, workspace.answers.outcome(Answer.HOLD_REFUSED, problem))
    return say(workspace, record, effect, order=order)


def _release(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    reported = status_of(workspace.warehouse, record)
    if not reported.is_held:
        return conclude(workspace, record, released(record, until_billed=workspace.settings.billing.holds))
    effect = Effect(kind=EffectKind.RELEASE, key=Wish.RELEASE.value, body={"status": reported.status_text})
    return say(workspace, record, effect, order=order)
