"""What happens next with an order, or what has to be done about it, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import (
    AT_WAREHOUSE,
    BEFORE_WAREHOUSE,
    HAS_REACHED_WAREHOUSE,
    PASSING,
    STUCK_AFTER,
    Status,
)
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.told import BillingAnswer

if TYPE_CHECKING:
    from orderbridge.ledger.record import OrderSummary
    from orderbridge.ledger.tags import Tags
    from orderbridge.merchants.breaker import Outage

_TELLS_THE_SHOP: Final = frozenset({Status.SUBMITTED})
"""Statuses that an order leaves with a call to the shop."""


def is_stuck(record: OrderSummary, now: datetime) -> bool:
    """Whether an order has not moved for half an hour in a status that it should leave within minutes (R10)."""
    return not record.rehearsal and record.status in PASSING and now - record.moved_at > STUCK_AFTER


def next_step_in_words(
    record: OrderSummary,
    tags: Tags | None,
    now: datetime,
    *,
    until_billed: bool = False,
    down: Iterable[Outage] = (),
) -> str:
    """One or two sentences.

    Args:
        down: the vendors that are down for the merchant.
        until_billed: whether the merchant's orders are held until they are billed.
        tags: the merchant's, to name them; None if its settings cannot be read.
    """
    if isinstance(record, LedgerOrder) and record.defect is not None and record.defect.is_final:
        return (
            "Nothing, until a person asks for it: it met the same kind of error on each try. Report the error as a "
            f"defect; once it is fixed: orderbridge order retry {record.billbee_id}"
        )
    if record.rehearsal:
        return (
            "Nothing: the merchant's mode is test, and this was a rehearsal. In mode live the next poll imports the "
            "order if it still has the order tag."
        )
    for outage in down:
        if record.status in (BEFORE_WAREHOUSE if outage.vendor == "bibi" else _TELLS_THE_SHOP):
            return (
                f"{outage.name} has not answered since {outage.since:%Y-%m-%d %H:%M} UTC; the next try is at "
                f"{outage.next_probe_at:%H:%M} UTC. When it answers, the order continues by itself."
            )
    if is_stuck(record, now):
        return (
            "It should have moved on within minutes. It is taken up again every 10 minutes; the timeline says what "
            f"stopped it last. To try at once: orderbridge order retry {record.billbee_id}"
        )
    text = _steps(tags)[record.status]
    if record.status is Status.HELD and not record.held:
        text = "The warehouse itself holds it. Ask the warehouse; what it does then is seen within minutes."
    elif record.status is Status.HELD and until_billed and BillingAnswer.OK not in record.told:
        text = (
            "It is on hold until it is billed in Abillify, which is checked every hour or less often. Then it "
            f"is released, unless the tag {tags.hold if tags else 'hold_…'} holds it too."
        )
    elif record.status is Status.HELD and isinstance(record, LedgerOrder) and record.rule_holds:
        text = (
            f"It is on hold, as the rule {record.rule!r} asks. Remove the tag {tags.hold if tags else 'hold_…'} in "
            "Billbee to release it."
        )
    if isinstance(record, LedgerOrder) and record.defect is not None and (wait := record.defect.wait(now)):
        text += f" After an unexpected error it is tried again in {wait:.0f} seconds."
    if isinstance(record, LedgerOrder) and record.difference is not None and record.status in HAS_REACHED_WAREHOUSE:
        text += f" In Billbee it differs from what the warehouse has: {', '.join(record.difference.fields)}."
        if record.status in AT_WAREHOUSE:
            text += f" To have it changed, remove the tag {tags.received if tags else 'order_received_by_…'}."
    waiting = [effect for effect in record.effects if effect.waits(now)] if isinstance(record, LedgerOrder) else []
    if waiting:
        text += f" What Billbee refused is tried again after {waiting[0].not_before:%Y-%m-%d %H:%M} UTC."
    return text


def _steps(tags: Tags | None) -> dict[Status, str]:
    rejected = tags.rejected if tags else "order_rejected_by_…"
    hold = tags.hold if tags else "hold_…"
    return {
        Status.QUEUED: "It is sent to the warehouse in a moment.",
        Status.SUBMITTING: "The warehouse was called. If it does not answer, it is asked for the order before anything "
        "is sent again.",
        Status.SUBMITTED: "The warehouse has it; the Billbee order gets its received tag in a moment.",
        Status.ACKNOWLEDGED: "The warehouse packs it. What it reports is read every 5 minutes.",
        Status.PARTIALLY_SHIPPED: "A part has left. The other parcels are posted as the warehouse reports them.",
        Status.HELD: f"It is on hold, as asked. Remove the tag {hold} in Billbee to release it.",
        Status.CANCELLING: "The warehouse is asked whether the cancellation was in time.",
        Status.CANCELLED: "Nothing. To ship it after all, create a new order in Billbee."
        if tags is None
        else f"Nothing. To ship it after all, create a new order in Billbee with the tag {tags.order_tag}.",
        Status.REJECTED: f"Fix the order in Billbee, then remove the tag {rejected}: the next poll imports it again.",
        Status.SHIPPED: "Nothing: the shop knows. Late parcels and returns are still posted.",
    }
