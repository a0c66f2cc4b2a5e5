"""Processes the orders that a poll has read: import, follow, or adopt them after a lost ledger (R1, R10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, Unpack

from orderbridge.jobs.messages import PushOrder
from orderbridge.jobs.set_aside import put_aside, recovered
from orderbridge.ledger.ledger import NumberTaken
from orderbridge.ledger.lifecycle import BEFORE_WAREHOUSE, HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.order import Order
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.record import Facts, LedgerOrder, OrderSummary, Parcel
from orderbridge.ledger.shop_states import (
    CANCELLED_STATE,
    CLOSED_STATES,
    DELETED_STATE,
    OPEN_STATES,
    SHIPPED_STATE,
)
from orderbridge.ledger.shown import shown
from orderbridge.ledger.told import CREDIT_NOTE, MERGE_TOLD, MERGED, REJECTED, RETRIED, is_settled, with_settled
from orderbridge.merchants.activity import Activity
from orderbridge.orders.import_rules import is_credit_note, is_only_marked, is_only_marked_received, why_not_imported
from orderbridge.orders.open_wishes import answers_given, open_wishes
from orderbridge.orders.ports import Workspace
from orderbridge.orders.problems import never_sent
from orderbridge.orders.promises import dated, may_be_paid_since, note_payment
from orderbridge.orders.shipping_order import order_number
from orderbridge.orders.wake import begin_chain
from orderbridge.orders.warehouse_books import Doubtful, WarehouseBooks
from orderbridge.platform.clock import STEP
from orderbridge.platform.defects import is_defect, report
from orderbridge.platform.errors import LedgerConflict
from orderbridge.platform.observability import meter
from orderbridge.platform.table import Unwritable
from orderbridge.products.known_kits import known_pieces

_JOB: Final = "poll-orders"
_AFTER_SHIPPING: Final = (SHIPPED_STATE, *CLOSED_STATES)
MOST_PUSHED: Final = 100
"""For how many new orders one poll sends a message each."""
_PART: Final = 250
"""For how many orders records are read, and messages sent, at once."""
_READ_ONE_BY_ONE: Final = 8
"""For so few orders the index is not asked, because two queries cost as much."""
_LATELY: Final = timedelta(hours=1)
"""Only orders that were imported or shipped so recently are looked up in the index, because polls list those again."""


class Import:
    """Does what is due for the orders that a poll has read.

    Args:
        warehouse: its books, if the ledger is in doubt.
        redelivered: an earlier delivery of the poll may have stopped between a record and its message.
    """

    def __init__(
        self, workspace: Workspace, correlation_id: str, warehouse: WarehouseBooks | None, *, redelivered: bool
    ) -> None:
        self._ws = workspace
        self._correlation_id = correlation_id
        self._warehouse = warehouse
        self._redelivered = redelivered
        self._merged_into: set[int | None] = set()

    def work(self, orders: Iterable[Order]) -> int:
        """Do what is due for orders that have the order tag. Returns how many were enqueued."""
        ours = [order for order in orders if order.has_tag(self._ws.tags.order_tag)]
        self._merged_into = {order.parent for order in ours if order.state == DELETED_STATE}
        # Slightly stale records are good enough, unless the ledger itself is in doubt: versions guard the writes, and a
        # missed order is on the next polls' lists too.
        if self._warehouse is None and not self._ws.rehearsing and len(ours) > _READ_ONE_BY_ONE:
            ours = self._without_settled(ours)
        if self._warehouse is not None:
            asked = [
                order
                for part, records in self._with_records(ours)
                for order in part
                if self._is_asked_for(order, records.get(order.id))
            ]
            self._warehouse.expect(ours, asked)
        enqueued = 0
        for part, records in self._with_records(ours):
            if enqueued:
                self._ws.deadline.require(STEP)
            enqueued += self._part(part, records)
        return enqueued

    def _without_settled(self, orders: list[Order]) -> list[Order]:
        """Leave out the orders that need nothing according to the index. Orders that it does not show, or that only the
        record can decide, are kept.

        Most orders were seen by earlier polls. Their entries in the index cost a tenth of reading their records, and
        are as fresh.
        """
        ledger, merchant, since = self._ws.ledger, self._ws.merchant, self._ws.now() - _LATELY
        # The open ones last, because an order that is just moving may have both entries.
        entries = [
            *ledger.ended_orders(merchant, Status.SHIPPED, since=since),
            *ledger.open_orders(merchant, since=since),
        ]
        listed = {entry.billbee_id: entry for entry in entries}
        return [
            one
            for one in orders
            if one.id not in listed or one.id in self._merged_into or not self._is_settled(one, listed[one.id])
        ]

    def _is_settled(self, order: Order, entry: OrderSummary) -> bool:
        """Whether the warehouse has, or had, the order, and there is neither an open answer nor a wish."""
        if entry.status not in HAS_REACHED_WAREHOUSE or entry.unsaid:
            return False
        if not order.has_tag(self._ws.tags.received):
            return False  # only the record's hash shows whether it was changed
        if may_be_paid_since(order, entry):
            return False
        if not is_settled(entry.told, self._ws.tags.content_hash(order)):
            return False
        return not open_wishes(self._ws, entry, order)

    def _with_records(self, orders: Sequence[Order]) -> Iterator[tuple[Sequence[Order], dict[int, LedgerOrder]]]:
        """The orders in parts, each with its records, because all of them would not fit into memory."""
        for start in range(0, len(orders), _PART):
            part = orders[start : start + _PART]
            ids = (order.id for order in part)
            consistent = self._warehouse is not None
            yield part, self._ws.ledger.get_many(self._ws.merchant, ids, consistent=consistent)

    def _part(self, orders: Sequence[Order], records: Mapping[int, LedgerOrder]) -> int:
        found: list[tuple[LedgerOrder, Order]] = []
        unwritable: list[int] = []
        defective: dict[int, str] = {}
        for order in orders:
            record = records.get(order.id)
            try:
                due = self._due(order, record)
            except (LedgerConflict, Doubtful):
                # Another worker has just taken it; or it may be there, so it waits until the prefix is set.
                continue
            except Unwritable:
                unwritable.append(order.id)
                continue
            except Exception as error:
                if record is not None:
                    put_aside(self._ws, record, error, _JOB)  # other errors are raised; the next poll tries again
                elif is_defect(error):
                    defective[order.id] = report(error, order_id=order.id)
                else:
                    raise
                continue
            if due is not None:
                found.append((recovered(self._ws, due, _JOB), order))
            elif record is not None:
                recovered(self._ws, record, _JOB)
        self._push(found)
        self._ws.note_unwritable(unwritable)
        self._ws.note_defective(defective)
        return len(found)

    def _due(self, order: Order, record: LedgerOrder | None) -> LedgerOrder | None:
        """The record of an order to send on, or None if there is nothing to do now."""
        wanted = why_not_imported(order, self._ws.tags, self._ws.settings.billbee.import_states) is None
        if is_credit_note(order) and not self._ws.rehearsing and (record is None or record.rehearsal):
            return self._note_credit(order)
        if record is not None and not record.rehearsal and not self._ws.rehearsing:
            return self._follow_up(order, record, wanted=wanted)
        if wanted:
            return self._enqueue(order, record)
        if record is None and not self._ws.rehearsing and self._gets_goods_early(order):
            return self._remember_merge(order)
        if self._warehouse is not None and record is None:
            return self._take_over(order, self._warehouse)
        return None

    def _gets_goods_early(self, order: Order) -> bool:
        """Whether another order was merged into one that is not to be imported yet, for instance because it is not
        paid.
        """
        tags = self._ws.tags
        if order.id not in self._merged_into or order.archived or order.state not in OPEN_STATES:
            return False
        if order.has_tag(tags.received) or order.has_tag(tags.rejected):
            return False
        return self._warehouse is None or not self._warehouse.has(order)

    def _remember_merge(self, order: Order) -> LedgerOrder:
        """Remember the merge in a record, which the push job drops at once. The import may come long after the last
        poll that shows the deleted order.
        """
        told = self._with_merge(order.id)
        return self._open(order, Status.QUEUED, "another order was merged into it", told=told)

    def _push(self, found: Sequence[tuple[LedgerOrder, Order]]) -> None:
        """Send orders to the merchant's lane. If there are too many new ones, those without the rush tag are taken
        up from the ledger, so that later orders do not wait for all of them (R32).
        """
        patient = [
            record.billbee_id
            for record, order in found
            if record.status is Status.QUEUED and not record.rehearsal and not order.has_tag(self._ws.tags.rush)
        ]
        left = set(patient) if len(patient) > MOST_PUSHED else set()
        self._ws.push(
            [
                push_message(record, self._correlation_id, order)
                for record, order in found
                if record.billbee_id not in left
            ]
        )
        if left:
            begin_chain(self._ws, self._correlation_id, self._ws.now())

    def _is_asked_for(self, order: Order, record: LedgerOrder | None) -> bool:
        """Whether it must be known if the warehouse has the order, because it may be sent or may have been sent
        before.
        """
        if record is not None and not record.rehearsal:
            is_dropped = record.status is Status.CANCELLED and record.submitted_at is None
            return record.status in BEFORE_WAREHOUSE or is_dropped
        wanted = why_not_imported(order, self._ws.tags, self._ws.settings.billbee.import_states) is None
        return wanted or order.has_tag(self._ws.tags.received)

    def _enqueue(self, order: Order, record: LedgerOrder | None) -> LedgerOrder | None:
        """Import an order."""
        if record is not None and record.rehearsal:
            if self._ws.rehearsing and record.content_hash == self._ws.tags.content_hash(order):
                unchecked = record.status is Status.QUEUED and record.reason is None  # an earlier run was interrupted
                return record if unchecked else None
            record = None
        if self._ws.rehearsing:
            if record is not None:
                return None
            return self._open(order, Status.QUEUED, "mode test: to be checked only", rehearsal=True)
        warehouse = self._warehouse
        if warehouse is not None and warehouse.has(order):
            adopted = self._adopt(order, Status.SUBMITTED, "the warehouse already has it", warehouse)
            if adopted is not None:
                return adopted
        opened = self._open(order, Status.QUEUED, "imported", told=self._with_merge(order.id))
        self._ws.count(Activity.IMPORTED)
        if order.placed_at is not None:
            meter.seconds("OrderAge", max(0.0, (order.read_at - order.placed_at).total_seconds()))
        return opened

    def _follow_up(self, order: Order, record: LedgerOrder, *, wanted: bool) -> LedgerOrder | None:
        """Check an order for changes since its import."""
        if record.is_quarantined:
            return None
        if record.updated_at > order.read_at:
            return None  # the order was read before our last action, so it may be out of date
        content = self._ws.tags.content_hash(order)
        if record.status is Status.REJECTED and (told := self._with_merge(order.id, record.told)) != record.told:
            record = self._ws.ledger.note(record, told=told)
        match record.status:
            case Status.REJECTED if CREDIT_NOTE in record.told:
                return record if REJECTED not in record.told else None
            case Status.REJECTED if wanted and not record.effects and REJECTED in record.told:
                return self._import_again(record, order, content, "the rejected tag was removed")
            case Status.CANCELLED if wanted and record.submitted_at is None:
                pieces = self._warehouse.pieces(order) if self._warehouse is not None else None
                again = self._import_again(record, order, content, "it is imported again")
                return again if pieces is None else self._found_at_warehouse(again, pieces)
            case Status.REJECTED if wanted or (REJECTED not in record.told and not record.effects):
                return record  # its message or tag is still missing
            case status if status in BEFORE_WAREHOUSE:
                warehouse = self._warehouse
                if warehouse is not None and warehouse.has(order):
                    return self._found_at_warehouse(record, warehouse.pieces(order))
                if not wanted or content != record.content_hash:
                    return self._changed_on_the_way(record, order, content)
                return record if self._redelivered else None
            case _:
                record = note_payment(self._ws, record, order)
                due = record.has_due(self._ws.now()) or open_wishes(self._ws, record, order)
                return record if due else None

    def _changed_on_the_way(self, record: LedgerOrder, order: Order, content: str) -> LedgerOrder:
        """An order that is still to be sent, and that the merchant has changed or withdrawn.

        It gets a new version, because otherwise the queue would drop the message as a repetition. One that is being
        sent has a new version already and must not be disturbed.
        """
        if record.status is not Status.QUEUED:
            return record
        told = self._with_merge(record.billbee_id, record.told)
        seen = shown(order, self._ws.tags, sent=False)
        return self._ws.ledger.note(record, content_hash=content, shown=seen, told=told)

    def _with_merge(self, billbee_id: int, told: frozenset[str] = frozenset()) -> frozenset[str]:
        """``told``, with `MERGED` if another order was merged into this one, and its merchant does not know it yet."""
        is_news = billbee_id in self._merged_into and MERGE_TOLD not in told
        return told | {MERGED} if is_news else told

    def _take_over(self, order: Order, warehouse: WarehouseBooks) -> LedgerOrder | None:
        """Restore an order that a lost ledger had processed, as far as its tags and state show it (R10). Returns its
        record if the merchant wants something of the warehouse.
        """
        tags = self._ws.tags
        if order.has_tag(tags.received):
            if order.state in (DELETED_STATE, CANCELLED_STATE) and order.has_tag(tags.cancelled):
                return None
            if warehouse.has(order):
                status = Status.SHIPPED if order.state in _AFTER_SHIPPING else Status.ACKNOWLEDGED
                adopted = self._adopt(order, status, "it has the received tag", warehouse)
                if adopted is not None:
                    return adopted if open_wishes(self._ws, adopted, order) else None
            is_copy = self._is_received_untold(order) or self._is_rejected_untold(order)
            return self._refuse_copy(order, tags.received) if is_copy else None
        if self._is_rejected_untold(order):
            return self._refuse_copy(order, tags.rejected)
        if order.has_tag(tags.rejected):
            reason = "it was rejected before: the message on the Billbee order says why"
            self._open(order, Status.REJECTED, reason, reason=reason, told=frozenset({REJECTED}))
        return None

    def _is_received_untold(self, order: Order) -> bool:
        """Whether the received tag is all that keeps an order out, and no other tag tells what became of it."""
        tags, states = self._ws.tags, self._ws.settings.billbee.import_states
        marked = is_only_marked_received(order, tags, states)
        return marked and not answers_given(self._ws, order) and not tags.show_news(order)

    def _is_rejected_untold(self, order: Order) -> bool:
        """Whether an order has the rejected tag, and no message on it says why."""
        tags, states = self._ws.tags, self._ws.settings.billbee.import_states
        marked = is_only_marked(order, tags, states) and order.has_tag(tags.rejected)
        return marked and not any("[OB-" in text for text in order.comments)

    def _note_credit(self, order: Order) -> LedgerOrder:
        """The record of a credit note, from which something may follow for another order (R38)."""
        reason = "it is a credit note: nothing is sent for it"
        return self._open(order, Status.REJECTED, reason, reason=reason, told=frozenset({CREDIT_NOTE}))

    def _refuse_copy(self, order: Order, tag: str) -> LedgerOrder:
        """The record of an order that brought a tag of ours from another one. Its merchant has to be told (R38)."""
        reason = never_sent(tag).say(self._ws.settings.language)
        return self._open(order, Status.REJECTED, reason, reason=reason, told=self._with_merge(order.id))

    def _open(
        self,
        order: Order,
        status: Status,
        why: str,
        *,
        content: str | None = None,
        rehearsal: bool = False,
        **facts: Unpack[Facts],
    ) -> LedgerOrder:
        """Create an order's record. ``content``: the hash, if it is not that of the order."""
        merged: Facts = {**dated(self._ws, order, status), **facts}
        return self._ws.ledger.open(
            self._ws.merchant,
            order.id,
            status,
            why=why,
            call="billbee list orders",
            content_hash=self._ws.tags.content_hash(order) if content is None else content,
            order_number=order_number(order, self._ws.rules),
            shop_number=order.number or None,
            placed_at=order.placed_at,
            shown=shown(order, self._ws.tags, sent=False),
            rehearsal=rehearsal,
            **merged,
        )

    def _adopt(self, order: Order, status: Status, why: str, warehouse: WarehouseBooks) -> LedgerOrder | None:
        """Adopt an order that is at the warehouse and not in the ledger (R10).

        None if its number belongs to another order, which is then the one at the warehouse.
        """
        if not self._ws.rules.number_is_billbee_id:
            try:
                self._ws.ledger.reserve_number(self._ws.merchant, OrderNumber(order.number), order.id)
            except NumberTaken:
                return None
        # What cannot be read now may be readable with the next poll, and is then no change.
        content = "" if order.unreadable else self._ws.tags.content_hash(order)
        now = self._ws.now()
        answers = answers_given(self._ws, order)
        adopted = self._open(
            order,
            status,
            f"adopted: {why}",
            content=content,
            adopted=True,
            pieces=known_pieces(self._ws.kits, warehouse.pieces(order)),
            parcels={number: Parcel("", now) for number in order.tracking_numbers},
            told=with_settled(answers, content) if content else answers,
        )
        self._ws.count(Activity.ADOPTED)
        return adopted

    def _found_at_warehouse(self, record: LedgerOrder, pieces: dict[str, int] | None) -> LedgerOrder:
        return self._ws.ledger.move(
            record,
            Status.SUBMITTED,
            why="adopted: the warehouse already has it",
            call="bibi orderStatus",
            adopted=True,
            pieces=record.pieces or known_pieces(self._ws.kits, pieces),
        )

    def _import_again(self, record: LedgerOrder, order: Order, content: str, why: str) -> LedgerOrder:
        return self._ws.ledger.move(
            record,
            Status.QUEUED,
            why=why,
            call="billbee list orders",
            content_hash=content,
            shown=shown(order, self._ws.tags, sent=False),
            order_number=order_number(order, self._ws.rules),
            placed_at=order.placed_at,
            reason=None,
            told=record.told - {REJECTED, RETRIED},
            effects=(),
            **dated(self._ws, order, Status.QUEUED),
        )


def push_message(record: LedgerOrder, correlation_id: str, order: Order | None = None) -> PushOrder:
    """The message that asks for an order, with the order if it was read."""
    return PushOrder(
        merchant=record.merchant,
        correlation_id=correlation_id,
        billbee_id=record.billbee_id,
        version=record.version,
        order=order.model_copy(update={"comments": ()}) if order else None,
    ).fitting()
