"""Find the orders to import (R1, R10) and send them to the merchant's lane.

Reading is by change, with an overlap because Billbee documents no time zone; by state, all orders, each night; and, for
orders that got stuck, from the ledger. Orders are compared by content, so reading one twice costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.jobs.deliveries import Delivery
from orderbridge.jobs.messages import PollOrders
from orderbridge.jobs.open_portion import portion_of_open, went_through
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, PASSING, STUCK_AFTER
from orderbridge.ledger.order import Order
from orderbridge.ledger.record import LedgerOrder, OrderSummary
from orderbridge.ledger.shop_states import (
    CANCELLED_STATE,
    CLOSED_STATES,
    DELETED_STATE,
    DUNNED_STATES,
    OPEN_STATES,
    SHIPPED_STATE,
)
from orderbridge.orders.import_orders import Import, push_message
from orderbridge.orders.ports import Workspace
from orderbridge.orders.rings import is_poll_needless, pay, wait_for_poll
from orderbridge.orders.wake import see_to_waiting
from orderbridge.orders.warehouse_books import WarehouseBooks
from orderbridge.platform.errors import Later, NotDue
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.merchants.cursors import OrdersCursor

_JOB: Final = "poll-orders"
LONGEST_BURST: Final = 3.0
"""How many seconds to wait at most for a burst of rings to end."""
OVERLAP: Final = timedelta(minutes=30)
"""How far behind the cursor orders are read again, because Billbee's times are cut to the minute and may lag."""
CURSOR_TOO_OLD: Final = timedelta(minutes=30)
"""A cursor that no poll has attended to for so long counts as none, because the table may come from a backup (R10)."""
_LATER_STATES: Final = (SHIPPED_STATE, *CLOSED_STATES, *DUNNED_STATES, DELETED_STATE, CANCELLED_STATE)
"""States after the import in which the merchant may still want something (R12, R13, R24).

Late wishes are answered.
"""
_CHANGED_STATES: Final = (*OPEN_STATES, *_LATER_STATES)
CHECKED_A_NIGHT: Final = 50
"""How many orders at the warehouse that no list shows any more are read one by one each night."""
_READINGS: Final = 3
"""How often a list is read that changes while it is read."""


def poll_orders(workspace: Workspace, delivery: Delivery[PollOrders]) -> int:
    """Look for orders and enqueue those to import. Returns their number.

    Raises:
        Later: a ring's poll has to wait.
        NotDue: the orders were read since then, or recently enough.
    """
    message = delivery.message
    if message.scope == "stuck":
        return _sweep(workspace, message.correlation_id)
    early = (message.asked_at - workspace.now()).total_seconds()
    if early > 0 and delivery.attempt == 1:
        raise Later(min(early, LONGEST_BURST))  # rings of the same burst are still coming in
    now = workspace.now()
    cursor = workspace.cursors.orders().as_of(now)
    if message.scope == "changes":
        _check_due(workspace, message, cursor, now)
    if message.is_ring:
        cursor = replace(cursor, rings_paid_until=pay(cursor.rings_paid_until, now))
    try:
        enqueued, complete = _poll(workspace, delivery, cursor, now)
    except Exception:
        if message.is_ring:  # it has used a poll, and the schedule's next one must not be skipped
            workspace.cursors.set_orders(replace(cursor, rung_at=None))
        raise
    if complete:
        rung_at = now if message.is_ring else cursor.rung_at
        workspace.cursors.set_orders(replace(cursor, read_until=now, rung_at=rung_at))
    elif message.is_ring:
        workspace.cursors.set_orders(replace(cursor, rung_at=None))
    return enqueued


def _check_due(workspace: Workspace, message: PollOrders, cursor: OrdersCursor, now: datetime) -> None:
    """Raises NotDue if another poll has done the work, and Later if there are masses of rings."""
    if cursor.read_until is not None and cursor.read_until > message.asked_at:
        raise NotDue
    every = workspace.settings.billbee.poll_every
    if message.scheduled and is_poll_needless(cursor.rung_at, cursor.read_until, every, now):
        workspace.cursors.set_orders(replace(cursor, passed_over_at=now))
        raise NotDue
    if message.is_ring and (wait := wait_for_poll(cursor.rings_paid_until, now)):
        raise Later(wait.total_seconds())


def _poll(
    workspace: Workspace, delivery: Delivery[PollOrders], cursor: OrdersCursor, now: datetime
) -> tuple[int, bool]:
    """Gives how many orders were enqueued, and whether all that has changed until now counts as read."""
    message = delivery.message
    redelivered = delivery.attempt > 1  # an earlier delivery may have stopped half-way
    cautious = cursor.attended_at is None or now - cursor.attended_at > CURSOR_TOO_OLD
    since = None if cautious or message.scope == "all" or cursor.read_until is None else cursor.read_until - OVERLAP
    doubtful = cautious or message.scope == "all"
    known = WarehouseBooks(workspace, cursor.read_until) if doubtful and not workspace.rehearsing else None
    read = _read(workspace, since, adopting=known is not None)
    orders = read.orders
    enqueued = Import(workspace, message.correlation_id, known, redelivered=redelivered).work(orders)
    if message.scope == "all":
        enqueued += _check_unlisted(workspace, message.correlation_id, {order.id for order in orders})
    if read.unknown:
        logger.error("Orders of Billbee cannot be identified", extra={"orders": read.unknown})
    # Unidentified rows may be at the warehouse already, so the next poll has to be as careful as this one.
    hidden = known is not None and known.doubted
    if hidden:
        logger.error("Orders may be at the warehouse behind a prefix that is not set", extra={"orders": hidden[:50]})
    settled = read.held_still and not (doubtful and read.unknown) and not hidden
    return enqueued, settled and not workspace.rehearsing  # the first live run has to start cautiously


def _sweep(workspace: Workspace, correlation_id: str) -> int:
    """Have stuck orders taken up again, or a vendor probed that keeps them from moving (R32)."""
    now = workspace.now()
    stuck, waiting = [], False
    for order in workspace.ledger.open_orders(workspace.merchant):
        waiting = waiting or order.status in PASSING
        if order.is_unfinished(now) and now - order.moved_at > STUCK_AFTER:
            stuck.append(order)
    if stuck or waiting:
        see_to_waiting(workspace, correlation_id, now - STUCK_AFTER if stuck else None)
    if stuck:
        logger.warning("Orders are stuck", extra={"orders": [order.billbee_id for order in stuck]})
    return len(stuck)


def _check_unlisted(workspace: Workspace, correlation_id: str, listed: set[int]) -> int:
    """Have those orders read one by one that the warehouse has and that no list shows any more: some may be deleted."""
    portion = portion_of_open(workspace, _JOB)
    unlisted = [order for order in portion.orders if order.status in AT_WAREHOUSE and order.billbee_id not in listed]
    went_through(workspace, _JOB, portion)
    if not unlisted:
        return 0
    first = workspace.now().toordinal() * CHECKED_A_NIGHT % len(unlisted)  # if there are more: others each night
    due = [*unlisted[first:], *unlisted[:first]][:CHECKED_A_NIGHT]
    workspace.push([push_message(record, correlation_id) for record in _records_of(workspace, due)])
    return len(due)


def _records_of(workspace: Workspace, orders: Iterable[OrderSummary]) -> list[LedgerOrder]:
    """The present records, in the same order."""
    ids = [order.billbee_id for order in orders]
    records = workspace.ledger.get_many(workspace.merchant, ids)
    return [records[billbee_id] for billbee_id in ids if billbee_id in records]


@dataclass(frozen=True)
class _Reading:
    """What a list of Billbee's showed.

    Attributes:
        held_still: whether no row vanished while it was read.
        unknown: rows without a readable order id, or without readable tags.
    """

    orders: Collection[Order]
    held_still: bool
    unknown: int


def _read(workspace: Workspace, since: datetime | None, *, adopting: bool) -> _Reading:
    """All orders that may matter.

    The full list is read without the tag filter, so Billbee's comparison of tags does not matter.

    Args:
        adopting: also read those that were sent to the warehouse, and those that recently came to a later state.
    """
    settings = workspace.settings.billbee
    if since is not None:
        return _read_list(workspace, sorted({*settings.import_states, *_CHANGED_STATES}), (settings.order_tag,), since)
    if not adopting:
        return _read_list(workspace, settings.import_states, (), None)
    lately = workspace.now() - workspace.warehouse.history
    under_way = _read_list(workspace, sorted({*settings.import_states, *OPEN_STATES}), (), None)
    later = sorted({*_LATER_STATES} - {*settings.import_states})
    late = _read_list(workspace, later, (settings.order_tag,), lately)
    both = {order.id: order for order in (*under_way.orders, *late.orders)}.values()
    return _Reading(both, under_way.held_still, under_way.unknown + late.unknown)


def _read_list(workspace: Workspace, states: Sequence[int], tags: Sequence[str], since: datetime | None) -> _Reading:
    orders: dict[int, Order] = {}
    for _ in range(_READINGS):
        rows: list[int] = []
        page = pages = 1
        unknown = 0
        while page <= pages:
            answer = workspace.hub.orders(page=page, states=states, tags=tags, modified_since=since)
            pages = answer.total_pages
            rows.append(answer.total_rows)
            orders |= {order.id: order for order in answer.orders}
            unknown += answer.unknown
            page += 1
        # If rows are added, some may be shown twice; if one vanished, another may have been skipped.
        if rows == sorted(rows):
            return _Reading(orders.values(), True, unknown)
    # What was seen is processed; the cursor stays, so the next poll reads everything again.
    return _Reading(orders.values(), False, unknown)
