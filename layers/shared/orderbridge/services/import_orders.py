"""What is done with orders that a poll has read: import, follow, or adopt them after the ledger was lost (R1, R10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Unpack

from orderbridge.clock import STEP
from orderbridge.defects import is_defect, report
from orderbridge.domain.activity import Activity
from orderbridge.domain.import_rules import why_not_imported
from orderbridge.domain.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, Status
from orderbridge.domain.order import Order
from orderbridge.domain.order_number import OrderNumber
from orderbridge.domain.shipping_order import order_number
from orderbridge.domain.shop_states import (
    CANCELLED_STATE,
    CLOSED_STATES,
    DELETED_STATE,
    SHIPPED_STATE,
)
from orderbridge.domain.told import REJECTED, RETRIED
from orderbridge.errors import LedgerConflict
from orderbridge.observability import meter
from orderbridge.queues.messages import PushOrder
from orderbridge.services.kits import known_pieces
from orderbridge.services.open_wishes import answers_given, open_wishes
from orderbridge.services.set_aside import put_aside, recovered
from orderbridge.services.wake import begin_chain
from orderbridge.services.warehouse_books import Doubtful, WarehouseBooks
from orderbridge.services.workspace import Workspace
from orderbridge.stores.ledger import NumberTaken
from orderbridge.stores.record import Facts, LedgerOrder, OrderSummary, Parcel
from orderbridge.stores.table import Unwritable

if TYPE_CHECKING:
    pass

_JOB: Final = "poll-orders"
_AFTER_SHIPPING: Final = (SHIPPED_STATE, *CLOSED_STATES)
MOST_PUSHED: Final = 100
"""New orders of one poll that get a message each."""
_PART: Final = 250
"""Orders whose records are read, and whose messages are sent, at once."""
_READ_ONE_BY_ONE: Final = 8
"""Up to so many orders the index is not asked: two queries cost as much."""
_LATELY: Final = timedelta(hours=1)
"""Only orders that were imported or shipped so lately are looked for in the index: polls list those again."""
_SETTLED: Final = AT_WAREHOUSE | {Status.SHIPPED}


def import_orders(
    workspace: Workspace,
    orders: Iterable[Order],
    correlation_id: str,
    warehouse: WarehouseBooks | None,
    *,
    redelivered: bool,
) -> int:
    """Do what is due for orders that were read, as far as they have the order tag; gives how many were enqueued.

    Args:
        warehouse: where the ledger is in doubt, what the warehouse has.
        redelivered: an earlier delivery of the poll may have stopped between a record and its message.
    """
    ours = [order for order in orders if order.has_tag(workspace.tags.order_tag)]
    # A moment old is good enough, unless the ledger itself is in doubt: versions guard what is written, and what is
    # overlooked shows on the next polls as well.
    if warehouse is None and not workspace.rehearsing and len(ours) > _READ_ONE_BY_ONE:
        ours = _without_settled(workspace, ours)
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


def _without_settled(workspace: Workspace, orders: list[Order]) -> list[Order]:
    """Leave out those for which nothing is to be done, as far as the index shows it. Whatever it does not show, or
    only the record knows, is kept.

    Most orders were seen by the polls before. Their entries in the index take a tenth of what reading their records
    takes, and are as fresh.
    """
    ledger, merchant, since = workspace.ledger, workspace.merchant, workspace.now() - _LATELY
    # The open ones last: of one that is just moving, both entries may be there.
    entries = [*ledger.ended_orders(merchant, Status.SHIPPED, since=since), *ledger.open_orders(merchant, since=since)]
    listed = {entry.billbee_id: entry for entry in entries}
    return [one for one in orders if one.id not in listed or not _is_settled(workspace, one, listed[one.id])]


def _is_settled(workspace: Workspace, order: Order, entry: OrderSummary) -> bool:
    """Whether the warehouse has, or had, the order, and neither an answer is owed nor something wished for."""
    if entry.status not in _SETTLED or entry.unsaid:
        return False
    if not order.has_tag(workspace.tags.received):
        return False  # whether it was changed, only the record's hash says
    return not open_wishes(workspace, entry, order)


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
        [push_message(record, correlation_id, order) for record, order in found if record.billbee_id not in left]
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
        if record is not None:
            return None
        return _open(workspace, order, Status.QUEUED, "mode test: to be checked only", content, rehearsal=True)
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


def push_message(record: LedgerOrder, correlation_id: str, order: Order | None = None) -> PushOrder:
    """What asks for an order; with it as it was read, where it was."""
    return PushOrder(
        merchant=record.merchant,
        correlation_id=correlation_id,
        billbee_id=record.billbee_id,
        version=record.version,
        order=order.model_copy(update={"comments": ()}) if order else None,
    ).fitting()
