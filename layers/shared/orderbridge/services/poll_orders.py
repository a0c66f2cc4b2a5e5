"""Find the orders to import (R1, R10) and put them in the lane to the warehouse.

Reading is by change, with an overlap, since Billbee documents no time zone; by state, all of them, each night; and,
for orders that got stuck, from the ledger. Orders are compared by content, so reading one twice costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Unpack

from orderbridge.clients.bibi.limits import TIMESTAMP_LIMIT_DAYS
from orderbridge.clock import STEP
from orderbridge.defects import is_defect, report
from orderbridge.domain.activity import Activity
from orderbridge.domain.doorbell import is_poll_needless, pay, wait_for_poll
from orderbridge.domain.import_rules import why_not_imported
from orderbridge.domain.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, PASSING, STUCK_AFTER, Status
from orderbridge.domain.order import Order
from orderbridge.domain.order_number import OrderNumber
from orderbridge.domain.shipping_order import order_number
from orderbridge.domain.shop_states import (
    CANCELLED_STATE,
    CLOSED_STATES,
    DELETED_STATE,
    DUNNED_STATES,
    OPEN_STATES,
    SHIPPED_STATE,
)
from orderbridge.domain.told import REJECTED, RETRIED
from orderbridge.errors import Later, LedgerConflict, NotDue
from orderbridge.observability import logger, meter
from orderbridge.queues.deliveries import Delivery
from orderbridge.queues.messages import PollOrders, PushOrder
from orderbridge.services.kits import known_pieces
from orderbridge.services.listed_again import without_settled
from orderbridge.services.open_portion import portion_of_open, went_through
from orderbridge.services.open_wishes import answers_given, open_wishes
from orderbridge.services.set_aside import put_aside, recovered
from orderbridge.services.wake import begin_chain, see_to_waiting
from orderbridge.services.warehouse_books import Doubtful, WarehouseBooks
from orderbridge.services.workspace import Workspace
from orderbridge.stores.ledger import NumberTaken
from orderbridge.stores.record import Facts, LedgerOrder, OrderSummary, Parcel
from orderbridge.stores.table import Unwritable

if TYPE_CHECKING:
    from orderbridge.stores.cursors import OrdersCursor

_JOB: Final = "poll-orders"
LONGEST_BURST: Final = 3.0
"""Seconds to wait at most for a burst of rings to end."""
OVERLAP: Final = timedelta(minutes=30)
"""Read again behind the cursor: Billbee's times are cut to the minute and may lag."""
CURSOR_TOO_OLD: Final = timedelta(minutes=30)
"""A cursor that no poll has attended to for so long is no better than none: the table may come from a backup (R10)."""
_AFTER_SHIPPING: Final = (SHIPPED_STATE, *CLOSED_STATES)
_LATER_STATES: Final = (*_AFTER_SHIPPING, *DUNNED_STATES, DELETED_STATE, CANCELLED_STATE)
"""States that an order comes to after its import, in which its merchant may still want something (R12, R13, R24).

A wish that comes too late is answered.
"""
_CHANGED_STATES: Final = (*OPEN_STATES, *_LATER_STATES)
CHECKED_A_NIGHT: Final = 50
"""Orders at the warehouse that no list shows any more, read one by one each night."""
MOST_PUSHED: Final = 100
"""New orders of one poll that get a message each."""
_PART: Final = 250
"""Orders whose records are read, and whose messages are sent, at once."""
_READINGS: Final = 3
"""Times to read a list that changes while it is read."""


def poll_orders(workspace: Workspace, delivery: Delivery[PollOrders]) -> int:
    """Look for orders and enqueue those to import; gives their number.

    Raises:
        Later: it is a ring's, and not its turn yet.
        NotDue: the orders were read since, or lately enough.
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
        if message.is_ring:  # it has cost a poll, and the next one of the schedule must not be left out
            workspace.cursors.set_orders(replace(cursor, rung_at=None))
        raise
    if complete:
        rung_at = now if message.is_ring else cursor.rung_at
        workspace.cursors.set_orders(replace(cursor, read_until=now, rung_at=rung_at))
    elif message.is_ring:
        workspace.cursors.set_orders(replace(cursor, rung_at=None))
    return enqueued


def _check_due(workspace: Workspace, message: PollOrders, cursor: OrdersCursor, now: datetime) -> None:
    """Raises NotDue where another poll has done what this one is to do, and Later where rings come in masses."""
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
    enqueued = _import(workspace, orders, message.correlation_id, known, redelivered=redelivered)
    if message.scope == "all":
        enqueued += _check_unlisted(workspace, message.correlation_id, {order.id for order in orders})
    if read.unknown:
        logger.error("Orders of Billbee cannot be told apart", extra={"orders": read.unknown})
    # What cannot be told apart may be at the warehouse already: then the next poll has to be as careful as this one.
    hidden = known is not None and known.doubted
    if hidden:
        logger.error("Orders may be at the warehouse behind a prefix that is not set", extra={"orders": hidden[:50]})
    settled = read.held_still and not (doubtful and read.unknown) and not hidden
    return enqueued, settled and not workspace.rehearsing  # the first live run has to start cautiously


def _sweep(workspace: Workspace, correlation_id: str) -> int:
    """Have stuck orders taken up again, or a vendor probed that keeps them from moving (R32)."""

    def is_stuck(order: OrderSummary) -> bool:
        unfinished = order.status in PASSING or order.has_due(workspace.now())
        return unfinished and workspace.now() - order.moved_at > STUCK_AFTER

    stuck, waiting = [], False
    for order in workspace.ledger.open_orders(workspace.merchant):
        waiting = waiting or order.status in PASSING
        if is_stuck(order):
            stuck.append(order)
    if stuck or waiting:
        see_to_waiting(workspace, correlation_id, workspace.now() - STUCK_AFTER if stuck else None)
    if stuck:
        logger.warning("Orders are stuck", extra={"orders": [order.billbee_id for order in stuck]})
    return len(stuck)


def _check_unlisted(workspace: Workspace, correlation_id: str, listed: set[int]) -> int:
    """Have the orders read one by one that the warehouse has and no list shows any more: some may be deleted."""
    portion = portion_of_open(workspace, _JOB)
    unlisted = [order for order in portion.orders if order.status in AT_WAREHOUSE and order.billbee_id not in listed]
    went_through(workspace, _JOB, portion)
    if not unlisted:
        return 0
    first = workspace.now().toordinal() * CHECKED_A_NIGHT % len(unlisted)  # where there are more: others each night
    due = [*unlisted[first:], *unlisted[:first]][:CHECKED_A_NIGHT]
    workspace.push([_push_message(record, correlation_id) for record in _records_of(workspace, due)])
    return len(due)


def _records_of(workspace: Workspace, orders: Iterable[OrderSummary]) -> list[LedgerOrder]:
    """The records as they are by now, in the same order."""
    ids = [order.billbee_id for order in orders]
    records = workspace.ledger.get_many(workspace.merchant, ids)
    return [records[billbee_id] for billbee_id in ids if billbee_id in records]


@dataclass(frozen=True)
class _Reading:
    """What a list of Billbee's showed.

    Attributes:
        held_still: whether no row left it while it was read.
        unknown: rows without a readable order id, or without readable tags.
    """

    orders: Collection[Order]
    held_still: bool
    unknown: int


def _read(workspace: Workspace, since: datetime | None, *, adopting: bool) -> _Reading:
    """All orders that may matter.

    The full list is read without the tag filter, so that nothing hangs on how Billbee compares tags.

    Args:
        adopting: read also those that were brought to the warehouse, and those that came to a later state lately.
    """
    settings = workspace.settings.billbee
    if since is not None:
        return _read_list(workspace, sorted({settings.order_state, *_CHANGED_STATES}), (settings.order_tag,), since)
    if not adopting:
        return _read_list(workspace, (settings.order_state,), (), None)
    lately = workspace.now() - timedelta(days=TIMESTAMP_LIMIT_DAYS)
    under_way = _read_list(workspace, sorted({settings.order_state, *OPEN_STATES}), (), None)
    later = sorted({*_LATER_STATES} - {settings.order_state})
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
        # Where rows are added, some may be shown twice; where one left, another may have been passed over.
        if rows == sorted(rows):
            return _Reading(orders.values(), True, unknown)
    # What was seen is worked on; the cursor stays, so the next poll reads it all again.
    return _Reading(orders.values(), False, unknown)


def _import(
    workspace: Workspace,
    orders: Iterable[Order],
    correlation_id: str,
    warehouse: WarehouseBooks | None,
    *,
    redelivered: bool,
) -> int:
    ours = [order for order in orders if order.has_tag(workspace.tags.order_tag)]
    # A moment old is good enough, unless the ledger itself is in doubt: versions guard what is written, and what is
    # overlooked shows on the next polls as well.
    if warehouse is None and not workspace.rehearsing:
        ours = without_settled(workspace, ours, lately=2 * OVERLAP)
    if warehouse is not None:
        asked = [
            order
            for part, records in _with_records(workspace, ours, consistent=True)
            for order in part
            if _is_asked_for(workspace, order, records.get(order.id))
        ]
        warehouse.expect(ours, asked)
    enqueued = 0
    for part, records in _with_records(workspace, ours, consistent=warehouse is not None):
        if enqueued:
            workspace.deadline.require(STEP)
        enqueued += _import_part(workspace, part, records, correlation_id, warehouse, redelivered=redelivered)
    return enqueued


def _with_records(
    workspace: Workspace, orders: Sequence[Order], *, consistent: bool
) -> Iterator[tuple[Sequence[Order], dict[int, LedgerOrder]]]:
    """The orders in parts, each with the records there are: those of all of them would not fit into the memory."""
    for start in range(0, len(orders), _PART):
        part = orders[start : start + _PART]
        ids = (order.id for order in part)
        yield part, workspace.ledger.get_many(workspace.merchant, ids, consistent=consistent)


def _import_part(
    workspace: Workspace,
    orders: Sequence[Order],
    records: Mapping[int, LedgerOrder],
    correlation_id: str,
    warehouse: WarehouseBooks | None,
    *,
    redelivered: bool,
) -> int:
    state, tags = workspace.settings.billbee.order_state, workspace.tags
    found: list[tuple[LedgerOrder, Order]] = []
    unwritable: list[int] = []
    defective: dict[int, str] = {}
    for order in orders:
        record = records.get(order.id)
        try:
            wanted = why_not_imported(order, tags, state) is None
            if record is not None and not record.rehearsal and not workspace.rehearsing:
                due = _follow_up(workspace, order, record, warehouse, wanted=wanted, redelivered=redelivered)
            elif wanted:
                due = _enqueue(workspace, order, record, warehouse)
            else:
                due = None
                if warehouse is not None and record is None:
                    due = _take_over(workspace, order, warehouse)
        except LedgerConflict:
            continue  # another worker has just taken it on
        except Doubtful:
            continue  # it may be there: neither sent nor taken over until the prefix is set
        except Unwritable:
            unwritable.append(order.id)
            continue
        except Exception as error:
            if record is not None:
                put_aside(workspace, record, error, _JOB)  # what is no defect is raised; the next poll tries again
            elif is_defect(error):
                defective[order.id] = report(error, order_id=order.id)
            else:
                raise
            continue
        if record is not None and due is None:
            recovered(workspace, record, _JOB)
        elif due is not None:
            due = recovered(workspace, due, _JOB)
        if due is not None:
            found.append((due, order))
    _push(workspace, found, correlation_id)
    workspace.note_unwritable(unwritable)
    workspace.note_defective(defective)
    return len(found)


def _push(workspace: Workspace, found: Sequence[tuple[LedgerOrder, Order]], correlation_id: str) -> None:
    """Put orders in the lane to the warehouse. Of too many new ones, those without a hurry are taken up from the
    ledger, so that orders which come later are not behind them all (R32).
    """
    patient = [
        record.billbee_id
        for record, order in found
        if record.status is Status.QUEUED and not record.rehearsal and not order.has_tag(workspace.tags.rush)
    ]
    left = set(patient) if len(patient) > MOST_PUSHED else set()
    workspace.push(
        [_push_message(record, correlation_id, order) for record, order in found if record.billbee_id not in left]
    )
    if left:
        begin_chain(workspace, correlation_id, workspace.now())


def _is_asked_for(workspace: Workspace, order: Order, record: LedgerOrder | None) -> bool:
    """Whether it has to be known if the warehouse has the order: it may be sent, or may have been before."""
    if record is not None and not record.rehearsal:
        return record.status in BEFORE_WAREHOUSE
    wanted = why_not_imported(order, workspace.tags, workspace.settings.billbee.order_state) is None
    return wanted or order.has_tag(workspace.tags.received)


def _enqueue(
    workspace: Workspace, order: Order, record: LedgerOrder | None, warehouse: WarehouseBooks | None
) -> LedgerOrder | None:
    """The new record that has to be pushed for an order to import, or None if nothing is to be done now."""
    content = order.content_hash(workspace.tags.of_interest(order))
    if record is not None and record.rehearsal:
        if workspace.rehearsing and record.content_hash == content:
            unchecked = record.status is Status.QUEUED and record.reason is None  # an earlier run was interrupted
            return record if unchecked else None
        record = None
    if workspace.rehearsing:
        return None if record is not None else _rehearsal_record(workspace, order, content)
    if warehouse is not None and warehouse.has(order):
        adopted = _adopt(workspace, order, Status.SUBMITTED, "the warehouse already has it", warehouse)
        if adopted is not None:
            return adopted
    opened = _open(workspace, order, Status.QUEUED, "imported", content)
    workspace.count(Activity.IMPORTED)
    if order.placed_at is not None:
        meter.seconds("OrderAge", max(0.0, (order.read_at - order.placed_at).total_seconds()))
    return opened


def _follow_up(
    workspace: Workspace,
    order: Order,
    record: LedgerOrder,
    warehouse: WarehouseBooks | None,
    *,
    wanted: bool,
    redelivered: bool,
) -> LedgerOrder | None:
    """The record that has to be pushed again for what has become of an order since, or None."""
    if record.is_quarantined:
        return None
    if record.updated_at > order.read_at:
        return None  # the order was read before we last acted on it: what it shows may be out of date
    content = order.content_hash(workspace.tags.of_interest(order))
    match record.status:
        case Status.REJECTED if wanted and not record.effects and REJECTED in record.told:
            return _import_again(workspace, record, order, content, "the rejected tag was removed")
        case Status.CANCELLED if wanted and record.submitted_at is None:
            return _import_again(workspace, record, order, content, "it is to be imported again")
        case Status.REJECTED if wanted:
            return record  # its message or tag is still missing
        case status if status in BEFORE_WAREHOUSE:
            if warehouse is not None and warehouse.has(order):
                return _found_at_warehouse(workspace, record, warehouse.pieces(order))
            if not wanted or content != record.content_hash:
                return _changed_on_the_way(workspace, record, content)
            return record if redelivered else None
        case _:
            due = record.has_due(workspace.now()) or open_wishes(workspace, record, order)
            return record if due else None


def _changed_on_the_way(workspace: Workspace, record: LedgerOrder, content: str) -> LedgerOrder:
    """An order that is still to be sent, changed or taken back by the merchant.

    It gets a new version, or else the queue would take the message for a repetition of the first one. One that is
    being sent has a new version already, and must not be disturbed.
    """
    if record.status is not Status.QUEUED:
        return record
    return workspace.ledger.note(record, content_hash=content)


def _take_over(workspace: Workspace, order: Order, warehouse: WarehouseBooks) -> LedgerOrder | None:
    """Bring an order back into the ledger that a lost ledger had dealt with, as far as its tags and state show it
    (R10). Gives its record if the merchant wants something of the warehouse.
    """
    tags = workspace.tags
    if order.has_tag(tags.received):
        over = order.state in (DELETED_STATE, CANCELLED_STATE) and order.has_tag(tags.cancelled)
        if not over and warehouse.has(order):
            status = Status.SHIPPED if order.state in _AFTER_SHIPPING else Status.ACKNOWLEDGED
            adopted = _adopt(workspace, order, status, "it has the received tag", warehouse)
            return adopted if adopted is not None and open_wishes(workspace, adopted, order) else None
    elif order.has_tag(tags.rejected):
        reason = "it was rejected before: the message on the Billbee order says why"
        content = order.content_hash(tags.of_interest(order))
        _open(workspace, order, Status.REJECTED, reason, content, reason=reason, told=frozenset({REJECTED}))
    return None


def _open(
    workspace: Workspace,
    order: Order,
    status: Status,
    why: str,
    content: str,
    *,
    rehearsal: bool = False,
    **facts: Unpack[Facts],
) -> LedgerOrder:
    return workspace.ledger.open(
        workspace.merchant,
        order.id,
        status,
        why=why,
        call="billbee list orders",
        content_hash=content,
        order_number=order_number(order, workspace.rules),
        shop_number=order.number or None,
        placed_at=order.placed_at,
        rehearsal=rehearsal,
        **facts,
    )


def _adopt(
    workspace: Workspace, order: Order, status: Status, why: str, warehouse: WarehouseBooks
) -> LedgerOrder | None:
    """Take an order into the ledger that was brought to the warehouse before the ledger knows of it (R10).

    None if its number belongs to another order: then what the warehouse has is that one.
    """
    if not workspace.rules.number_is_billbee_id:
        try:
            workspace.ledger.reserve_number(workspace.merchant, OrderNumber(order.number), order.id)
        except NumberTaken:
            return None
    content = order.content_hash(workspace.tags.of_interest(order))
    now = workspace.now()
    adopted = _open(
        workspace,
        order,
        status,
        f"adopted: {why}",
        content,
        adopted=True,
        submitted_at=now,
        pieces=known_pieces(workspace, warehouse.pieces(order)),
        parcels={number: Parcel("", now) for number in order.tracking_numbers},
        told=answers_given(workspace, order),
    )
    workspace.count(Activity.ADOPTED)
    return adopted


def _found_at_warehouse(workspace: Workspace, record: LedgerOrder, pieces: dict[str, int] | None) -> LedgerOrder:
    return workspace.ledger.move(
        record,
        Status.SUBMITTED,
        why="adopted: the warehouse already has it",
        call="bibi orderStatus",
        adopted=True,
        submitted_at=workspace.now(),
        settles_at=None,
        pieces=record.pieces or known_pieces(workspace, pieces),
    )


def _import_again(workspace: Workspace, record: LedgerOrder, order: Order, content: str, why: str) -> LedgerOrder:
    return workspace.ledger.move(
        record,
        Status.QUEUED,
        why=why,
        call="billbee list orders",
        content_hash=content,
        order_number=order_number(order, workspace.rules),
        placed_at=order.placed_at,
        reason=None,
        told=record.told - {REJECTED, RETRIED},
        effects=(),
    )


def _rehearsal_record(workspace: Workspace, order: Order, content: str) -> LedgerOrder:
    return _open(workspace, order, Status.QUEUED, "mode test: to be checked only", content, rehearsal=True)


def _push_message(record: LedgerOrder, correlation_id: str, order: Order | None = None) -> PushOrder:
    return PushOrder(
        merchant=record.merchant,
        correlation_id=correlation_id,
        billbee_id=record.billbee_id,
        version=record.version,
        order=order.model_copy(update={"comments": ()}) if order else None,
    ).fitting()
