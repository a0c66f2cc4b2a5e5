"""Send orders to the warehouse and tell the shop; follow the merchant's changes of those that are there (R2-R13).

The way of one order:

    queued ──submit──▶ submitting ──▶ submitted ──received tag──▶ acknowledged ──followed by its merchant's wishes──▶ …
       └──problems──▶ rejected
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.effects.executor import say, say_open
from orderbridge.jobs.deliveries import Delivery, HandBack
from orderbridge.jobs.set_aside import recovered
from orderbridge.ledger.ledger import NumberTaken
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.order import scrubbed
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.told import (
    CREDIT_NOTE,
    MERGE_TOLD,
    MERGED,
    REJECTED,
    RETRIED,
    Answer,
    credit_done,
    without_waiting_credit,
)
from orderbridge.orders.acknowledge import acknowledge
from orderbridge.orders.batch import JOB, Batch, Item
from orderbridge.orders.cancel import cancel
from orderbridge.orders.credit_notes import credit, whole_credits
from orderbridge.orders.follow_changes import follow_changes
from orderbridge.orders.import_rules import is_only_marked, why_not_imported
from orderbridge.orders.merges import ships_already
from orderbridge.orders.preparation import prepare
from orderbridge.orders.problems import credited_before, never_sent, number_taken, refused_by_warehouse
from orderbridge.orders.reject import in_words, reject, rejection
from orderbridge.orders.shipping_order import ShippingOrder
from orderbridge.orders.submit import is_there, submit
from orderbridge.platform.errors import Later, NewerRelease, NotFound, Refused, RetryableError
from orderbridge.platform.observability import logger
from orderbridge.returns.make_labels import is_asked, make_label
from orderbridge.tracking.report_progress import catch_up

if TYPE_CHECKING:
    from orderbridge.jobs.messages import PushOrder
    from orderbridge.ledger.problem import Problem
    from orderbridge.orders.ports import Workspace

FRESH_FOR: Final = timedelta(minutes=10)
"""An order read longer ago than this is read again before it is sent."""


class NotYet(RetryableError):
    """It is too early, or too late in this invocation."""

    def __init__(self, detail: str, wait: float) -> None:
        super().__init__("push orders", detail, retry_after=wait)


def push_orders(batch: Batch, deliveries: Sequence[Delivery[PushOrder]]) -> list[HandBack[PushOrder]]:
    """Send up to ten orders of one merchant to the warehouse. Returns the deliveries that must come again.

    An order that fails is handed back alone; the others continue. If a vendor is down, the ledger keeps the order, and
    its message is done (R32). One that meets an unexpected error is set aside: its message waits in a lane of its own,
    until the order is quarantined (R31).
    """
    by_order: dict[int, list[Delivery[PushOrder]]] = {}
    for delivery in deliveries:
        by_order.setdefault(delivery.message.billbee_id, []).append(delivery)
    records = _records(batch.ws, by_order)
    items = []
    for billbee_id, own in by_order.items():
        record = records.get(billbee_id)
        if record is None:
            logger.warning("Order is not in the ledger", extra={"order_id": billbee_id})
        elif isinstance(record, NewerRelease):
            batch.back += [HandBack(delivery, record) for delivery in own]
        else:
            items.append(Item(own, record, own[-1].message.order))
    bring(batch, items)
    return batch.back


def bring(batch: Batch, items: Sequence[Item]) -> None:
    """Bring at most ten orders as far as they get."""
    for item in items:
        batch.step(item, _sort)
    ready = [item for item in items if item.shipping is not None]
    if batch.ws.rehearsing:
        for item in ready:
            batch.step(item, _rehearse)
    else:
        submit(batch, ready)
    acknowledge(batch, items)
    for item in items:
        if not item.stopped:
            item.record = recovered(batch.ws, item.record, JOB)


def _records(workspace: Workspace, billbee_ids: Collection[int]) -> dict[int, LedgerOrder | NewerRelease]:
    """The orders' records, or the error of one that only a newer release can read."""
    ledger, merchant = workspace.ledger, workspace.merchant
    found: dict[int, LedgerOrder | NewerRelease] = {}
    try:
        found |= ledger.get_many(merchant, billbee_ids)
    except NewerRelease:
        for billbee_id in billbee_ids:
            try:
                found |= ledger.get_many(merchant, [billbee_id])
            except NewerRelease as error:
                found[billbee_id] = error
    return found


# What an order needs


def _sort(ws: Workspace, item: Item) -> None:
    record = item.record
    if record.is_quarantined:
        item.aside = True
        logger.warning("Order is quarantined: nothing is done", extra={"order_id": record.billbee_id})
        return
    if record.defect is not None and (wait := record.defect.wait(ws.now())) > 0:
        raise Later(wait)
    if ws.rehearsing and not record.rehearsal:
        raise NotYet("the merchant's mode was switched", wait=60)
    if record.rehearsal and not ws.rehearsing:
        return  # the next poll imports it for real
    match record.status:
        case Status.QUEUED:
            _prepare(ws, item)
        case Status.SUBMITTING:
            if not _has_arrived(ws, item):
                _prepare(ws, item)
        case Status.SUBMITTED:
            pass  # it has to be tagged
        case Status.REJECTED if record.rehearsal:
            pass  # delivered again: the shop is told nothing
        case Status.REJECTED if CREDIT_NOTE in record.told:
            if REJECTED not in record.told:
                item.record = credit(ws, record, item.order or ws.hub.order(record.billbee_id))
        case Status.REJECTED if not record.effects and REJECTED not in record.told:
            item.record = say(ws, record, *rejection(ws, record.reason or ""), in_doubt=True)
        case status if status in HAS_REACHED_WAREHOUSE or (status is Status.CANCELLED and record.submitted_at):
            _follow(ws, item)
        case _:
            item.record = say_open(ws, record)


def _has_arrived(ws: Workspace, item: Item) -> bool:
    """Whether an order with an unknown outcome of its submission is on the books (R7).

    Raises:
        NotYet: the warehouse does not show it, but a request of ours may still land.
    """
    record = item.record
    if is_there(ws, item):
        return True
    wait = (record.settles_at - ws.now()).total_seconds() if record.settles_at else 0.0
    if wait > 0:
        raise NotYet("a request without an answer may still land", wait=min(wait + 1, 15))
    why = "the warehouse was asked and does not have it"
    item.record = ws.ledger.move(record, Status.QUEUED, why=why, call="bibi orderStatus")
    return False


def _prepare(ws: Workspace, item: Item) -> None:
    """Read the order again if necessary, check it, and build what the warehouse is sent."""
    is_fresh = item.order is not None and ws.now() - item.order.read_at < FRESH_FOR
    if not is_fresh and not _read_again(ws, item):
        return
    assert item.order is not None
    despite = RETRIED in item.record.told
    states = ws.settings.billbee.import_states
    why_not = why_not_imported(item.order, ws.tags, states, despite_answers=despite)
    if why_not is not None and is_only_marked(item.order, ws.tags, states):
        if item.record.rehearsal or not is_there(ws, item, adopted=True):
            tags = ws.tags
            reject(ws, item, [never_sent(tags.received if item.order.has_tag(tags.received) else tags.rejected)])
        return
    if why_not is not None:
        _drop(ws, item, f"not sent: {why_not}")
        return
    if notes := whole_credits(ws, item.record, item.order):
        told = item.record.told
        for note in notes:  # the merchant decides now
            told = without_waiting_credit(told, note) | {credit_done(note)}
        item.record = replace(item.record, told=told)
        reject(ws, item, [credited_before(notes)])
        return
    prepared = prepare(ws, item.order)
    if not isinstance(prepared, ShippingOrder):
        _wait_or_reject(ws, item, prepared)
        return
    if MERGED in item.record.told and (problem := ships_already(ws, item.record, item.order, prepared)) is not None:
        item.record = replace(item.record, told=item.record.told - {MERGED} | {MERGE_TOLD})
        reject(ws, item, [problem])
        return
    if not ws.rules.number_is_billbee_id and not item.record.rehearsal:
        try:
            ws.ledger.reserve_number(ws.merchant, prepared.number, item.record.billbee_id)
        except NumberTaken as taken:  # two orders must not share one (R6)
            reject(ws, item, [number_taken(taken.number.text, taken.other)])
            return
    item.shipping = prepared


def _read_again(ws: Workspace, item: Item) -> bool:
    """The order was read some time ago: ask the warehouse, then Billbee. Returns whether it must still be sent."""
    if not item.record.rehearsal and is_there(ws, item, adopted=True):
        return False
    try:
        item.order = ws.hub.order(item.record.billbee_id)
    except NotFound:
        _drop(ws, item, "not sent: it is gone from Billbee")
        return False
    return True


def _drop(ws: Workspace, item: Item, why: str) -> None:
    """Drop an order that must not be sent after all."""
    item.record = ws.ledger.move(item.record, Status.CANCELLED, why=why, call="billbee get order", reason=why)


def _wait_or_reject(ws: Workspace, item: Item, problems: Sequence[Problem]) -> None:
    """Reject an order for problems that must be fixed (R2). If all of them end by themselves, the order waits for the
    sweeper.
    """
    if lasting := [problem for problem in problems if not problem.passes]:
        reject(ws, item, lasting)
    elif item.record.reason != (reason := in_words(ws, problems)):
        item.record = ws.ledger.note(item.record, why=reason, call="push orders", reason=reason)


# Following the merchant, R11 to R13


def _follow(ws: Workspace, item: Item) -> None:
    """Do what the merchant wants of an order that the warehouse has, according to the present order.

    Open effects come first, because they add tags.
    """
    asked = item.record.version
    item.record = say_open(ws, item.record)
    order = item.order
    try:
        if order is None or order.read_at <= item.record.updated_at:
            order = ws.hub.order(item.record.billbee_id)
    except NotFound:
        order = None
        if item.record.status in AT_WAREHOUSE and Answer.CANCEL_REFUSED not in item.record.told:
            item.record = cancel(ws, item.record, None)
    else:
        item.record = follow_changes(ws, item.record, order)
        if item.look:
            item.record = catch_up(ws, item.record, order)
            if item.record.version == asked:  # whoever asked for it learns that it was done
                why = "the warehouse and Billbee were asked: nothing is missing"
                item.record = ws.ledger.note(item.record, why=why, call="push orders")
    if item.label and is_asked(item.record):
        item.record = make_label(ws, item.record, order)


# Mode test, R22


def _rehearse(ws: Workspace, item: Item) -> None:
    """Let the warehouse check an order without keeping it, and write nothing to Billbee."""
    assert item.shipping is not None
    try:
        ws.warehouse.submit([item.shipping], test=True)
    except Refused as refusal:
        reject(ws, item, [refused_by_warehouse(scrubbed(refusal.detail, item.order))])
        return
    tags = " and ".join([ws.tags.received, *([ws.tags.hold] if item.shipping.hold else [])])
    what = f"the warehouse would take it; it would get the tag {tags}"
    reason = f"mode test: {'; '.join((what, *item.shipping.remarks))}"
    item.record = ws.ledger.note(
        item.record,
        why=reason,
        call="bibi submitOrder",
        reason=reason,
        order_number=item.shipping.number,
        rule=item.shipping.rule,
    )
