"""What the merchant wants of the warehouse, and which answers the order's tags show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.effects.answers import answer_tags
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.shop_states import CANCELLED_STATE, DELETED_STATE
from orderbridge.ledger.shown import tags_when_sent
from orderbridge.ledger.told import LABEL_ANSWERS, BillingAnswer
from orderbridge.ledger.wishes import Wish, awaits_billing, must_compare, wishes

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import OrderSummary
    from orderbridge.ledger.tags import Tags
    from orderbridge.orders.ports import Workspace


def open_wishes(workspace: Workspace, record: OrderSummary, order: Order) -> tuple[Wish, ...]:
    """What the merchant wants of the warehouse and has no answer to yet. A summary does not show content."""
    tags = tags_when_sent(workspace.tags, record.shown if isinstance(record, LedgerOrder) else None)
    found = wishes(
        order,
        tags,
        status=record.status,
        content_hash=record.content_hash if isinstance(record, LedgerOrder) else "",
        held=record.held,
        told=record.told,
        gated=awaits_billing(record.status, record.told, holds=workspace.settings.billing.holds),
    )
    if not isinstance(record, LedgerOrder):
        return found
    if _is_wanted_again(record, order, tags):
        return (Wish.UPDATE,)
    automatic = workspace.settings.changes == "automatic"
    compare = must_compare(record, order, tags, automatic=automatic, now=workspace.now())
    return (*found, Wish.COMPARE) if compare else found


def _is_wanted_again(record: LedgerOrder, order: Order, tags: Tags) -> bool:
    """Whether the merchant asks for an order that was cancelled at the warehouse, which gets an answer (R11)."""
    if record.status is not Status.CANCELLED or record.submitted_at is None:
        return False
    asked = order.has_tag(tags.order_tag) and not order.has_tag(tags.received) and not order.archived
    return asked and order.state not in (DELETED_STATE, CANCELLED_STATE)


def answers_given(workspace: Workspace, order: Order) -> frozenset[str]:
    """The answers that an order's tags show, after a lost ledger (R10)."""
    tags = {kind.value: tag for kind, tag in answer_tags(workspace.tags).items()} | {
        BillingAnswer.MISMATCH.value: workspace.tags.billing_mismatch,
        BillingAnswer.OK.value: workspace.tags.billing_ok,
    }
    given = frozenset(kind for kind, tag in tags.items() if order.has_tag(tag))
    return given | ({Wish.LABEL.value} if LABEL_ANSWERS & given else frozenset())
