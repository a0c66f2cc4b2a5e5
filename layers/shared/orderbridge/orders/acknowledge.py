"""Tell the shop that the warehouse has an order: the received tag (R9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orderbridge.effects.executor import say_open
from orderbridge.ledger.effects import Effect, EffectKind, added
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order import scrubbed
from orderbridge.ledger.shown import tags_when_sent
from orderbridge.ledger.told import Answer, waiting_credits
from orderbridge.orders.change_effects import odd_total
from orderbridge.orders.follow_changes import follow_changes
from orderbridge.platform.defects import loggable
from orderbridge.platform.errors import NotFound, Refused
from orderbridge.platform.observability import logger
from orderbridge.platform.patience import Patience

if TYPE_CHECKING:
    from orderbridge.jobs.messages import PushOrder
    from orderbridge.orders.batch import Batch, Item
    from orderbridge.orders.ports import Workspace

_FULL: Final = 10
"""So many deliveries at once mean that others wait behind them. Tags, two a second, are then left for later."""


def acknowledge(batch: Batch, items: Sequence[Item]) -> None:
    """Tag the orders of a batch that are on the warehouse's books, until the shop seems to be down."""
    to_tag = [item for item in items if item.record.status is Status.SUBMITTED and not item.stopped]
    if sum(len(item.deliveries) for item in items) >= _FULL:
        sent_now = [item for item in to_tag if item.unwritten]
        to_tag = [item for item in to_tag if not item.unwritten]
        _tag_later(batch, sent_now)
    patience = Patience()
    for position, item in enumerate(to_tag):
        if batch.step(item, _tag):
            patience.went_well()
        elif not item.aside and item.error is not None and patience.is_over(item.error):
            for other in to_tag[position + 1 :]:
                batch.hand_back(other, item.error)
            break
    for item in to_tag:
        if item.unwritten:  # not tagged, and already handed back
            try:
                item.write(batch.ws, item.record)
            except Exception as error:  # noqa: BLE001  the next delivery asks the warehouse
                logger.warning("Not noted", extra={"order_id": item.record.billbee_id, "error": loggable(error)})


def _tag(ws: Workspace, item: Item) -> None:
    """Tag an order as received, and as held where a rule says so. If it is gone from Billbee, cancel it at the
    warehouse.
    """
    record, order = item.record, item.order
    why, reason = "tagged as received", record.reason
    hold = (ws.tags.hold,) if record.rule_holds else ()
    if hold:
        why += f" and held, for the rule {record.rule!r}"
    try:
        ws.hub.add_tags(record.billbee_id, ws.tags.received, *hold)
    except NotFound:
        if _take_back(ws, item):
            return
        why = reason = "gone from Billbee, but the warehouse would not cancel it"
    except Refused as error:
        why = reason = f"Billbee did not take the received tag: {scrubbed(error.detail, order)}"
    odd = odd_total(order, ws.settings.language) if order is not None else None
    more = ws.answers.effects(Answer.TOTAL_DIFFERS, odd) if odd is not None else ()
    if (state := ws.settings.billbee.taken_over_state) is not None:
        more = (*more, Effect(kind=EffectKind.TAKEN_OVER, key="taken over", body={"state": state}))
    effects = added(record.effects, *more)
    acknowledged = ws.ledger.moved(
        record, Status.ACKNOWLEDGED, why=why, call="billbee add tags", reason=odd or reason, effects=effects
    )
    item.write(ws, acknowledged)
    if effects:
        item.record = say_open(ws, item.record)
    if order is None and (hold or waiting_credits(record.told)):
        order = ws.hub.order(record.billbee_id)  # the next poll may come when the warehouse has begun
    if order is not None:
        # It may have the hold tag from the start. If it has changed since it was sent, the change is followed.
        sent = tags_when_sent(ws.tags, item.record.shown).content_hash(order) == item.record.content_hash
        order = order.model_copy(update={"tags": (*order.tags, *([ws.tags.received] if sent else []), *hold)})
        item.record = follow_changes(ws, item.record, order)


def _take_back(ws: Workspace, item: Item) -> bool:
    """Cancel an order at the warehouse that is gone from Billbee. False if it is too late."""
    number = item.record.number
    try:
        ws.warehouse.cancel(number)
    except (Refused, NotFound) as error:
        reported = ws.warehouse.order(number)
        if reported is None or not reported.nothing_ships:  # an attempt whose answer was lost may have cancelled it
            logger.error(
                "Order could not be cancelled",
                extra={"order_id": item.record.billbee_id, "error": scrubbed(str(error), item.order)},
            )
            return False
    why = "it is gone from Billbee, so it was cancelled at the warehouse"
    cancelled = ws.ledger.moved(item.record, Status.CANCELLED, why=why, call="bibi cancelOrder", reason=why)
    item.write(ws, cancelled)
    return True


def _tag_later(batch: Batch, items: Sequence[Item]) -> None:
    """Send the orders that this batch has submitted to the end of the lane, to be tagged once the others are sent.

    If the message is lost, the next delivery of the order, or the sweeper, tags it.
    """
    written = [item for item in items if batch.step(item, lambda ws, item: item.write(ws, item.record))]
    try:
        batch.ws.push([_sent_on(item) for item in written])
    except Exception as error:  # noqa: BLE001  as above
        for item in written:
            batch.stop(item, error)


def _sent_on(item: Item) -> PushOrder:
    """The message that tags an order and then applies what its merchant wants by then."""
    order = item.order.model_copy(update={"comments": ()}) if item.order is not None else None
    changes = {"version": item.record.version, "order": order, "look": item.look, "label": item.label}
    return item.deliveries[-1].message.model_copy(update=changes).fitting()
