"""Bring orders to the warehouse, exactly once, and tell the shop so (R2-R9).

The way of one order:

    queued ──claim──▶ submitting ──answer──▶ submitted ──received tag──▶ acknowledged
       └──problems──▶ rejected        └──no answer: stays; the next delivery asks the warehouse before anything is
       sent again
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.clock import STEP
from orderbridge.defects import is_defect, told
from orderbridge.domain.activity import Activity
from orderbridge.domain.effects import Effect, added, message
from orderbridge.domain.import_rules import why_not_imported
from orderbridge.domain.lifecycle import AT_WAREHOUSE, PASSING, Status
from orderbridge.domain.order import scrubbed
from orderbridge.domain.order_problems import not_sent, number_taken, refused_by_warehouse
from orderbridge.domain.problem import Problem
from orderbridge.domain.shipping_order import ShippingOrder
from orderbridge.domain.told import REJECTED, RETRIED, Answer
from orderbridge.errors import (
    Later,
    LedgerConflict,
    NewerRelease,
    NotFound,
    Refused,
    RetryableError,
    UnknownOutcome,
    UpstreamError,
    VendorDown,
)
from orderbridge.observability import logger
from orderbridge.patience import Patience
from orderbridge.queues.deliveries import Delivery, HandBack
from orderbridge.services.effects.changes import odd_total
from orderbridge.services.effects.executor import say, say_open
from orderbridge.services.follow_changes import cancel, follow_changes
from orderbridge.services.preparation import prepare
from orderbridge.services.report_progress import catch_up
from orderbridge.services.return_labels import is_asked, make_label
from orderbridge.services.set_aside import recovered, set_aside
from orderbridge.stores.ledger import LedgerOrder, NumberTaken
from orderbridge.stores.table import Unwritable

if TYPE_CHECKING:
    from orderbridge.domain.order import Order
    from orderbridge.domain.order_number import OrderNumber
    from orderbridge.queues.messages import PushOrder
    from orderbridge.services.workspace import Workspace

FRESH_FOR: Final = timedelta(minutes=10)
"""An order read longer ago than this is read again before it is sent."""
SETTLES_AFTER_CRASH: Final = timedelta(seconds=90)
SETTLES_AFTER_TIMEOUT: Final = timedelta(seconds=30)
"""How long a request without an answer may still land at the warehouse."""
_JOB: Final = "push-orders"
_FULL: Final = 10
"""So many deliveries at once mean that others wait behind them: tags, two a second, are left for later."""


class NotYet(RetryableError):
    """Nothing is wrong; it is only too early, or too late in this invocation."""

    def __init__(self, detail: str, wait: float) -> None:
        super().__init__("push orders", detail, retry_after=wait)


@dataclass
class Item:
    """One order on its way through a run.

    Attributes:
        deliveries: all that ask for it; they are done, or come again, together. None where it is taken up from the
            ledger.
        unwritten: its record has a move that is not in the table yet.
        stopped: it did not come to its end in this run.
        aside: that was for a defect, which says nothing about the vendor.
        error: what stopped it, and passes.
    """

    deliveries: Sequence[Delivery[PushOrder]]
    record: LedgerOrder
    order: Order | None = None
    shipping: ShippingOrder | None = None
    unwritten: bool = False
    stopped: bool = False
    aside: bool = False
    error: Exception | None = None

    @property
    def look(self) -> bool:
        return any(delivery.message.look for delivery in self.deliveries)

    @property
    def label(self) -> bool:
        return any(delivery.message.label for delivery in self.deliveries)

    def back(self, error: Exception) -> list[HandBack[PushOrder]]:
        self.stopped, self.error = True, error
        return [HandBack(delivery, error) for delivery in self.deliveries]


def push_orders(workspace: Workspace, deliveries: Sequence[Delivery[PushOrder]]) -> list[HandBack[PushOrder]]:
    """Bring up to ten orders of one merchant to the warehouse; gives the deliveries that have to come again.

    An order that cannot go on is handed back by itself; the others go on. Where a vendor is down, the ledger keeps the
    order, and its message is done (R32). One that meets an unexpected error is set aside: its message waits in a lane
    of its own, until the order is quarantined (R31).
    """
    return Run(workspace).work(deliveries)


class Run:
    """A few orders on their way to the warehouse.

    Attributes:
        down: the vendors that were found to be down.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self.down: dict[str, VendorDown] = {}
        self._ready: list[Item] = []
        self._to_tag: list[Item] = []
        self._back: list[HandBack[PushOrder]] = []

    def work(self, deliveries: Sequence[Delivery[PushOrder]]) -> list[HandBack[PushOrder]]:
        by_order: dict[int, list[Delivery[PushOrder]]] = {}
        for delivery in deliveries:
            by_order.setdefault(delivery.message.billbee_id, []).append(delivery)
        records = self._records(by_order)
        items = []
        for billbee_id, own in by_order.items():
            if billbee_id in records:
                items.append(Item(own, records[billbee_id], own[-1].message.order))
            else:
                logger.warning("Order is not in the ledger", extra={"order_id": billbee_id})
        self.bring(items)
        return self._back

    def bring(self, items: Sequence[Item]) -> None:
        """Bring at most ten orders as far as they get."""
        for item in items:
            self._step(item, partial(self._sort, item))
        if self._ws.rehearsing:
            self._rehearse(self._ready)
        else:
            claimed = [item for item in self._ready if self._step(item, partial(self._claim, item))]
            self._submit([item for item in claimed if item.record.defect is None])
            for item in claimed:
                if item.record.defect is not None:  # it shall not make a call fail that carries other orders
                    self._submit([item])
        if sum(len(item.deliveries) for item in items) >= _FULL:
            self._tag_later()
        self._tag_all()
        for item in items:
            if not item.stopped:
                item.record = recovered(self._ws, item.record, _JOB)

    def _records(self, by_order: dict[int, list[Delivery[PushOrder]]]) -> dict[int, LedgerOrder]:
        """The orders' records. Hands back, and takes out, the orders whose record only a newer release can read."""
        try:
            return self._ws.ledger.get_many(self._ws.merchant, by_order)
        except NewerRelease:
            found: dict[int, LedgerOrder] = {}
            for billbee_id in list(by_order):
                try:
                    found |= self._ws.ledger.get_many(self._ws.merchant, [billbee_id])
                except NewerRelease as error:
                    self._back += [HandBack(delivery, error) for delivery in by_order.pop(billbee_id)]
            return found

    def _step(self, item: Item, step: Callable[[], None]) -> bool:
        """Do one step for one order. What stops it hands back this order and no other; tells whether it was done."""
        try:
            self._ws.deadline.require(STEP)
            step()
        except Exception as error:  # noqa: BLE001  what it is, is told apart where deliveries are handed back
            self._hand_back(item, error)
            return False
        return True

    def _hand_back(self, item: Item, error: Exception) -> None:
        if is_defect(error):
            self._set_aside(item, error)
        else:
            self._waits(item, error)

    def _waits(self, item: Item, error: Exception) -> None:
        """Hand an order back. While a vendor is down, the ledger keeps those that it knows to be under way."""
        back = item.back(error)
        if isinstance(error, VendorDown):
            self.down[error.vendor] = error
            record = item.record
            if not record.rehearsal and (record.status in PASSING or record.has_due(self._ws.now())):
                return
        self._back += back

    def _set_aside(self, item: Item, error: Exception, **changes: object) -> None:
        """Note a defect in the order's record, as it stands by now; the message waits alone, or is done for good.

        Args:
            changes: for an order that is still `submitting`.
        """
        item.stopped = item.aside = True
        billbee_id = item.record.billbee_id
        try:
            record = item.record if item.unwritten else self._ws.ledger.get(self._ws.merchant, billbee_id)
            assert record is not None, "records are not deleted"
            settling = changes if record.status is Status.SUBMITTING else {}
            item.record = set_aside(self._ws, record, error, _JOB, **settling)
        except Unwritable:
            self._ws.note_unwritable([billbee_id])
        except Exception as second:  # noqa: BLE001  likewise
            self._waits(item, error if is_defect(second) else second)
        else:
            self._is_written(item)
            if item.record.defect is not None and not item.record.is_quarantined:
                self._waits(item, Later(item.record.defect.wait(self._ws.now())))

    # Finding out what each order needs

    def _sort(self, item: Item) -> None:
        record = item.record
        if record.is_quarantined:
            item.stopped = True
            logger.warning("Order is quarantined: nothing is done", extra={"order_id": record.billbee_id})
            return
        if record.defect is not None and (wait := record.defect.wait(self._ws.now())) > 0:
            raise Later(wait)
        if self._ws.rehearsing and not record.rehearsal:
            raise NotYet("the merchant's mode was switched", wait=60)
        if record.rehearsal and not self._ws.rehearsing:
            return  # the next poll imports it for real
        match record.status:
            case Status.QUEUED:
                self._prepare(item)
            case Status.SUBMITTING:
                if self._arrived(item):
                    self._to_tag.append(item)
                else:
                    self._prepare(item)
            case Status.SUBMITTED:
                self._to_tag.append(item)
            case Status.REJECTED if record.rehearsal:
                return  # delivered once more: nothing is told to the shop
            case Status.REJECTED if not record.effects and REJECTED not in record.told:
                item.record = say(self._ws, record, *self._rejection(record.reason or ""), in_doubt=True)
            case status if status in AT_WAREHOUSE or status is Status.SHIPPED:
                self._follow(item)
            case _:
                item.record = say_open(self._ws, record)

    def _arrived(self, item: Item) -> bool:
        """Whether an order is on the books whose submission has no known outcome (R7).

        Raises:
            NotYet: the warehouse does not show it, but a request of ours may still land.
        """
        record = item.record
        if self._ws.warehouse.order(record.number) is not None:
            self._submitted(item, "the warehouse was asked and has it", "bibi orderStatus")
            return True
        wait = (record.settles_at - self._ws.now()).total_seconds() if record.settles_at else 0.0
        if wait > 0:
            raise NotYet("a request without an answer may still land", wait=min(wait + 1, 15))
        item.record = self._ws.ledger.move(
            record, Status.QUEUED, why="the warehouse was asked and does not have it", call="bibi orderStatus"
        )
        return False

    def _prepare(self, item: Item) -> None:
        """Read the order again if need be, check it, and build what the warehouse is sent."""
        if not self._is_fresh(item) and not self._read_again(item):
            return
        assert item.order is not None
        despite = RETRIED in item.record.told
        state = self._ws.settings.billbee.order_state
        why_not = why_not_imported(item.order, self._ws.tags, state, despite_answers=despite)
        if why_not is not None:
            self._drop(item, f"not sent: {why_not}")
            return
        prepared = prepare(self._ws, item.order)
        if not isinstance(prepared, ShippingOrder):
            self._wait_or_reject(item, prepared)
        elif problems := self._number_problems(item, prepared.number):
            self._reject(item, problems)
        else:
            item.shipping = prepared
            self._ready.append(item)

    def _is_fresh(self, item: Item) -> bool:
        return item.order is not None and self._ws.now() - item.order.read_at < FRESH_FOR

    def _read_again(self, item: Item) -> bool:
        """Time has passed since the order was read: ask the warehouse, then Billbee. Whether it is still to be sent."""
        record = item.record
        if not record.rehearsal and self._ws.warehouse.order(record.number) is not None:
            self._submitted(item, "the warehouse was asked and has it", "bibi orderStatus", adopted=True)
            self._to_tag.append(item)
            return False
        try:
            item.order = self._ws.hub.order(record.billbee_id)
        except NotFound:
            self._drop(item, "not sent: it is gone from Billbee")
            return False
        return True

    def _drop(self, item: Item, why: str) -> None:
        """Let go of an order that is not to be sent after all."""
        item.record = self._ws.ledger.move(item.record, Status.CANCELLED, why=why, call="billbee get order", reason=why)

    # Following the merchant, R11 to R13

    def _follow(self, item: Item) -> None:
        """Do what the merchant wants of an order that the warehouse has, by the order as it stands now.

        What has still to be said comes first, since it adds tags.
        """
        item.record = say_open(self._ws, item.record)
        order = item.order
        try:
            if order is None or order.read_at <= item.record.updated_at:
                order = self._ws.hub.order(item.record.billbee_id)
        except NotFound:
            order = None
            if item.record.status in AT_WAREHOUSE and Answer.CANCEL_REFUSED not in item.record.told:
                item.record = cancel(self._ws, item.record, None)
        else:
            item.record = follow_changes(self._ws, item.record, order)
            if item.look:
                item.record = catch_up(self._ws, item.record, order)
        if item.label and is_asked(item.record):
            item.record = make_label(self._ws, item.record, order)

    def _number_problems(self, item: Item, number: OrderNumber) -> list[Problem]:
        """Where merchants use numbers of their own, two orders must not share one (R6)."""
        if self._ws.rules.number_is_billbee_id or item.record.rehearsal:
            return []
        try:
            self._ws.ledger.reserve_number(self._ws.merchant, number, item.record.billbee_id)
        except NumberTaken as taken:
            return [number_taken(taken.number.text, taken.other)]
        return []

    # Rejecting, R2

    def _wait_or_reject(self, item: Item, problems: Sequence[Problem]) -> None:
        """Reject an order for what has to be fixed. What passes by itself is waited for: the sweeper comes again."""
        if lasting := [problem for problem in problems if not problem.passes]:
            self._reject(item, lasting)
            return
        reason = " ".join(problem.say(self._ws.settings.language) for problem in problems)
        if item.record.reason != reason:
            item.record = self._ws.ledger.note(item.record, why=reason, call="push orders", reason=reason)

    def _reject(self, item: Item, problems: Sequence[Problem]) -> None:
        reason = " ".join(problem.say(self._ws.settings.language) for problem in problems)
        item.record = say(
            self._ws,
            item.record,
            *(() if item.record.rehearsal else self._rejection(reason)),
            to=Status.REJECTED,
            why=reason,
            call="push orders",
            activity=Activity.REJECTED,
            reason=reason,
            told=item.record.told - {REJECTED, RETRIED},
        )

    def _rejection(self, reason: str) -> tuple[Effect, ...]:
        tag = self._ws.tags.rejected
        return message(REJECTED, f"{reason} {not_sent(tag).say(self._ws.settings.language)}", tag)

    # Submitting, R7 and R8

    def _claim(self, item: Item) -> None:
        """Take the order for this run, before the call. Of two workers only one gets it."""
        assert item.shipping is not None
        assert item.order is not None
        self._ws.breaker("bibi").require("bibi submitOrder")
        item.record = self._ws.ledger.move(
            item.record,
            Status.SUBMITTING,
            why="claimed for sending",
            call="push orders",
            reason=None,
            order_number=item.shipping.number,
            content_hash=item.order.content_hash(self._ws.tags.of_interest(item.order)),
            pieces=dict(item.shipping.pieces),
            kits=dict(item.shipping.kit_counts),
            in_kits=dict(item.shipping.pieces_in_kits),
            settles_at=self._ws.now() + SETTLES_AFTER_CRASH,
        )

    def _submit(self, items: Sequence[Item]) -> None:
        """Send claimed orders in one call."""
        if not items:
            return
        try:
            self._ws.warehouse.submit([item.shipping for item in items if item.shipping])
        except Refused as refusal:
            self._sort_out(items, refusal)
        except UnknownOutcome as error:
            settles_at = self._ws.now() + (SETTLES_AFTER_TIMEOUT if error.may_still_land else timedelta(0))
            for item in items:
                self._stop(item, error, settles_at=settles_at)
        except UpstreamError as error:  # certainly not processed
            for item in items:
                self._stop(item, error, to=Status.QUEUED)
        except Exception as error:  # noqa: BLE001  a defect, or AWS: no request is under way
            if len(items) > 1 and is_defect(error):
                logger.warning("A call for several orders met a defect", extra={"error": told(error)})
                self._sort_out(items, None)
                return
            for item in items:
                self._stop(item, error, settles_at=self._ws.now())
        else:
            for item in items:
                # Written with the received tag, a moment later. After a crash the warehouse is asked.
                item.record = self._as_submitted(item, "sent", "bibi submitOrder")
                item.unwritten = True
                self._to_tag.append(item)

    def _sort_out(self, items: Sequence[Item], refusal: Refused | None) -> None:
        """After a refusal: which are on the books all the same? The rest goes one by one, so that only the bad one
        stays behind. The same after a defect, where there is no ``refusal``.
        """
        for item in items:
            try:
                self._ws.deadline.require(STEP)
                if self._ws.warehouse.order(item.record.number) is not None:
                    self._submitted(item, "refused, but the warehouse was asked and has it", "bibi orderStatus")
                    self._to_tag.append(item)
                elif len(items) > 1:
                    self._submit([item])
                else:
                    assert item.order is not None
                    assert refusal is not None
                    self._reject(item, [refused_by_warehouse(scrubbed(refusal.detail, item.order))])
            except Exception as error:  # noqa: BLE001  likewise
                self._stop(item, error, settles_at=self._ws.now())

    def _stop(self, item: Item, error: Exception, *, to: Status | None = None, **changes: object) -> None:
        """Hand an order back in the middle of being sent, with the reason in its timeline."""
        if is_defect(error):
            self._set_aside(item, error, **changes)
            return
        self._waits(item, error)
        if item.record.status is not Status.SUBMITTING:
            return
        call = getattr(error, "operation", "push orders")
        why = scrubbed(told(error), item.order)
        try:
            if to is None:
                item.record = self._ws.ledger.note(item.record, why=why, call=call, **changes)
            else:
                item.record = self._ws.ledger.move(item.record, to, why=why, call=call, reason=why)
        except LedgerConflict:
            logger.warning("Order was taken on by another worker", extra={"order_id": item.record.billbee_id})
        except (BotoCoreError, ClientError) as second:  # the next delivery asks the warehouse
            logger.warning("Not noted", extra={"order_id": item.record.billbee_id, "error": told(second)})

    def _submitted(self, item: Item, why: str, call: str, **changes: object) -> None:
        item.record = self._ws.ledger.write(self._as_submitted(item, why, call, **changes))
        self._ws.count(Activity.SUBMITTED)

    def _as_submitted(self, item: Item, why: str, call: str, **changes: object) -> LedgerOrder:
        return self._ws.ledger.moved(
            item.record,
            Status.SUBMITTED,
            why=why,
            call=call,
            submitted_at=self._ws.now(),
            settles_at=None,
            **changes,
        )

    # Telling the shop, R9

    def _tag_later(self) -> None:
        """Send the orders that this run has submitted to the end of the lane, to be tagged once the others are sent.

        Without its message, an order that is handed back, or the sweeper, comes to be tagged.
        """
        later = [item for item in self._to_tag if item.unwritten]
        self._to_tag = [item for item in self._to_tag if not item.unwritten]
        written = [item for item in later if self._step(item, partial(self._note_submitted, item))]
        try:
            self._ws.push([_sent_on(item) for item in written])
        except Exception as error:  # noqa: BLE001  likewise
            for item in written:
                self._hand_back(item, error)

    def _note_submitted(self, item: Item) -> None:
        item.record = self._ws.ledger.write(item.record)
        self._is_written(item)

    def _tag_all(self) -> None:
        patience = Patience()
        for position, item in enumerate(self._to_tag):
            if self._step(item, partial(self._tag, item)):
                patience.went_well()
            elif not item.aside and item.error is not None and patience.is_over(item.error):
                for other in self._to_tag[position + 1 :]:
                    self._waits(other, item.error)
                break
        for item in self._to_tag:
            if item.unwritten:  # not tagged, and handed back for that already
                self._write_down(item)

    def _write_down(self, item: Item) -> None:
        """Note that an order is at the warehouse; without the note, the next delivery asks the warehouse."""
        try:
            item.record = self._ws.ledger.write(item.record)
            self._ws.count(Activity.SUBMITTED)
        except Exception as error:  # noqa: BLE001  likewise
            logger.warning("Not noted", extra={"order_id": item.record.billbee_id, "error": told(error)})

    def _is_written(self, item: Item) -> None:
        """Count an order as submitted with the write that says so, and not before."""
        if item.unwritten:
            item.unwritten = False
            self._ws.count(Activity.SUBMITTED)

    def _tag(self, item: Item) -> None:
        """Tag the order as received. If it is gone from Billbee, take it back from the warehouse."""
        record = item.record
        why, reason = "tagged as received", record.reason
        try:
            self._ws.hub.add_tags(record.billbee_id, self._ws.tags.received)
        except NotFound:
            if self._take_back(item):
                return
            why = reason = "gone from Billbee, but the warehouse would not cancel it"
        except Refused as error:
            why = reason = f"Billbee did not take the received tag: {scrubbed(error.detail, item.order)}"
        if record.status is Status.SUBMITTED:
            odd = odd_total(item.order, self._ws.settings.language) if item.order is not None else None
            more = self._ws.answers.effects(Answer.TOTAL_DIFFERS, odd) if odd is not None else ()
            item.record = self._ws.ledger.move(
                record,
                Status.ACKNOWLEDGED,
                why=why,
                call="billbee add tags",
                reason=odd or reason,
                effects=added(record.effects, *more),
            )
            self._is_written(item)
            item.record = say_open(self._ws, item.record)
        if item.order is not None:
            item.record = follow_changes(self._ws, item.record, self._as_tagged(item.record, item.order))

    def _as_tagged(self, record: LedgerOrder, order: Order) -> Order:
        """The order with its received tag: it may be held from the start. Without it, if it was changed since it was
        sent.
        """
        if order.content_hash(self._ws.tags.of_interest(order)) != record.content_hash:
            return order
        return order.model_copy(update={"tags": (*order.tags, self._ws.tags.received)})

    def _take_back(self, item: Item) -> bool:
        """Cancel an order at the warehouse that has disappeared from Billbee. False if the warehouse is past that."""
        try:
            self._ws.warehouse.cancel(item.record.number)
        except (Refused, NotFound) as error:
            logger.error(
                "Order could not be cancelled",
                extra={"order_id": item.record.billbee_id, "error": scrubbed(str(error), item.order)},
            )
            return False
        why = "it is gone from Billbee, so it was cancelled at the warehouse"
        item.record = self._ws.ledger.move(item.record, Status.CANCELLED, why=why, call="bibi cancelOrder", reason=why)
        self._is_written(item)
        return True

    # Mode test, R22

    def _rehearse(self, items: Sequence[Item]) -> None:
        """Let the warehouse check the orders without keeping them, and write nothing to Billbee."""
        for item in items:
            self._step(item, partial(self._rehearse_one, item))

    def _rehearse_one(self, item: Item) -> None:
        assert item.shipping is not None
        assert item.order is not None
        try:
            self._ws.warehouse.submit([item.shipping], test=True)
        except Refused as refusal:
            self._reject(item, [refused_by_warehouse(scrubbed(refusal.detail, item.order))])
            return
        reason = f"mode test: the warehouse would take it; it would get the tag {self._ws.tags.received}"
        item.record = self._ws.ledger.note(
            item.record, why=reason, call="bibi submitOrder", reason=reason, order_number=item.shipping.number
        )


def _sent_on(item: Item) -> PushOrder:
    """The message that has an order tagged, and then done what its merchant wants of it by now."""
    order = item.order.model_copy(update={"comments": ()}) if item.order is not None else None
    changes = {"version": item.record.version, "order": order, "look": item.look, "label": item.label}
    return item.deliveries[-1].message.model_copy(update=changes).fitting()
