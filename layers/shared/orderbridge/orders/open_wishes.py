"""What the merchant wants of the warehouse, and which answers the order's tags show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.effects.answers import answer_tags
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.told import LABEL_ANSWERS, BillingAnswer
from orderbridge.ledger.wishes import Wish, awaits_billing, must_compare, wishes

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import OrderSummary
    from orderbridge.orders.ports import Workspace


def open_wishes(workspace: Workspace, record: OrderSummary, order: Order) -> tuple[Wish, ...]:
    """What the merchant wants of the warehouse and has no answer to yet. A summary does not show content."""
    found = wishes(
        order,
        workspace.tags,
        status=record.status,
        content_hash=record.content_hash if isinstance(record, LedgerOrder) else "",
        held=record.held,
        told=record.told,
        gated=awaits_billing(record.status, record.told, holds=workspace.settings.billing.holds),
    )
    if not isinstance(record, LedgerOrder):
        return found
    compare = must_compare(
        order,
        workspace.tags,
        status=record.status,
        content_hash=record.content_hash,
        told=record.told,
        difference=record.difference,
        automatic=workspace.settings.changes == "automatic",
        now=workspace.now(),
    )
    return (*found, Wish.COMPARE) if compare else found


def answers_given(workspace: Workspace, order: Order) -> frozenset[str]:
    """The answers that an order's tags show, after a lost ledger (R10)."""
    tags = {kind.value: tag for kind, tag in answer_tags(workspace.tags).items()} | {
        BillingAnswer.MISMATCH.value: workspace.tags.billing_mismatch,
        BillingAnswer.OK.value: workspace.tags.billing_ok,
    }
    given = frozenset(kind for kind, tag in tags.items() if order.has_tag(tag))
    return given | ({Wish.LABEL.value} if LABEL_ANSWERS & given else frozenset())
