"""One order and its invoice: compare them, say what came of it, let the order go, cancel its invoice (R20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.domain import problems
from orderbridge.domain.activity import Activity
from orderbridge.domain.billing import BillingNotice, Difference, Invoice, differences, expected, tell
from orderbridge.domain.changes import Wish
from orderbridge.domain.lifecycle import AT_WAREHOUSE, Status
from orderbridge.errors import MalformedAnswer, NotFound, Refused, UnknownOutcome
from orderbridge.observability import logger
from orderbridge.queues.messages import PushOrder
from orderbridge.services import notices
from orderbridge.stores.billing import BillingRecord, State

if TYPE_CHECKING:
    from orderbridge.domain.order import Order
    from orderbridge.domain.problems import Problem
    from orderbridge.services.workspace import Billing, Workspace
    from orderbridge.settings import BillingSettings
    from orderbridge.stores.ledger import LedgerOrder, OrderSummary

FIRST_PAUSE: Final = timedelta(minutes=50)
"""Until an invoice that is not there is looked for again; just below the schedule's hour."""
PAUSE_ONCE_TOLD: Final = timedelta(hours=6)
LONGEST_PAUSE: Final = timedelta(days=1)
LOOKED_AT_FOR: Final = timedelta(days=30)
"""After that, nobody corrects an invoice any more. An order that is on hold is looked at for as long as it is."""
_COMPARED: Final = AT_WAREHOUSE | {Status.SHIPPED}
UNREADABLE_FOR: Final = timedelta(hours=6)
"""What cannot be read for so long is told: before that, it may be a moment's trouble of Abillify's."""
READ_INVOICE: Final = "abillify get order"
_CANCEL: Final = "abillify cancel order"


def reference_of(settings: BillingSettings, order: OrderSummary) -> str:
    """The number by which Abillify knows an order: the one place where that is decided.

    Its documents say "your orderReference (the order id in your system)". The merchant's system is Billbee, so that is
    Billbee's id, unless the settings say otherwise; also for an order that lacks the number they ask for.
    """
    numbers = {"order_number": order.number.text, "shop_number": order.shop_number}
    return numbers.get(settings.reference) or str(order.billbee_id)


def next_look(record: BillingRecord, now: datetime, *, at_least: timedelta = FIRST_PAUSE) -> datetime:
    """The longer something has waited, the longer until it is looked at again; a day at most."""
    return now + min(max(at_least, (now - record.since) / 4), LONGEST_PAUSE)


class OrderBilling:
    """Deals with one order after the other.

    Every method raises the errors of its calls; it is then called again with the same record, and nothing is said or
    done twice.
    """

    def __init__(self, workspace: Workspace, billing: Billing, correlation_id: str) -> None:
        self._ws = workspace
        self._settings = workspace.settings.billing
        self._abillify = billing.abillify
        self._records = billing.records
        self._correlation_id = correlation_id

    def look(self, record: BillingRecord, order: LedgerOrder | None) -> None:
        """Do what is to be done about one order now. ``order``: as the ledger has it."""
        if order is None or order.status not in _COMPARED | {Status.CANCELLED}:
            self._records.close(record, State.OVER)
            return
        order = self._finish_telling(record, order)
        if order.status is Status.CANCELLED:
            self._cancelled(record, order)
        elif order.notices.get(BillingNotice.OK):
            self._let_go(record, order)
        else:
            self._compare(record, order)

    def cannot_read(self, record: BillingRecord, order: LedgerOrder, error: MalformedAnswer) -> bool:
        """Note that the order's invoice cannot be read; once that has lasted, the shop is told, like of a difference,
        and it is looked at again later. Whether that is so.
        """
        record = self._records.note_unreadable(record, str(error))
        since = record.unreadable_since
        if order.status is Status.CANCELLED or since is None or self._ws.now() < since + UNREADABLE_FOR:
            return False
        self._differs(record, order, problems.bill_unreadable(str(error)), State.DIFFERS)
        return True

    # Comparing

    def _compare(self, record: BillingRecord, order: LedgerOrder) -> None:
        reference = reference_of(self._settings, order)
        invoice = self._abillify.order(reference)
        if invoice is None:
            self._missing(record, order, reference)
            return
        try:
            sold = self._ws.billbee.order(order.billbee_id)
        except NotFound:
            self._ws.ledger.note(order, why="gone from Billbee: its invoice is not compared", call="billbee get order")
            self._records.close(record, State.OVER)
            return
        if sold.unreadable:
            raise MalformedAnswer("billbee get order", "the order cannot be read")
        if found := self._found(order, sold, invoice):
            english, german = (notices.scrubbed(tell(found, one), sold) for one in ("en", "de"))
            self._differs(record, order, problems.billing_differs(english, german), State.DIFFERS)
        else:
            self._agrees(record, order)

    def _found(self, order: LedgerOrder, sold: Order, invoice: Invoice) -> tuple[Difference, ...]:
        return differences(expected(sold, order.pieces), invoice)

    def _missing(self, record: BillingRecord, order: LedgerOrder, reference: str) -> None:
        """An invoice that is not there yet has the merchant's grace."""
        now, due = self._ws.now(), record.since + self._settings.grace
        if now < due:
            self._records.look_again(record, State.WAITING, min(next_look(record, now), due))
        else:
            problem = problems.not_billed(reference, self._settings.grace_hours)
            self._differs(record, order, problem, State.MISSING)

    def _differs(self, record: BillingRecord, order: LedgerOrder, problem: Problem, state: State) -> None:
        """Tell the shop, unless it knows exactly this; then look again whether it was put right."""
        text = problem.say(self._ws.settings.language)
        before = order.notices.get(BillingNotice.MISMATCH)
        if not before or record.told != text:
            order = self._announce(order, BillingNotice.MISMATCH, problem.text)
            if before is None:
                self._ws.count(Activity.BILLING_MISMATCHES)
            self._records.announce(record, text)
            # A lost record, or a lost ledger, may have told it already.
            maybe_told = before is False or order.adopted or (before is True and record.told is None)
            tag = self._ws.tags.billing_mismatch
            order = notices.tell(self._ws, order, BillingNotice.MISMATCH.value, text, tag, maybe_told=maybe_told)
        now = self._ws.now()
        if order.status is Status.SHIPPED and now - record.since > LOOKED_AT_FOR:
            self._records.close(record, state)
        else:
            self._records.look_again(record, state, next_look(record, now, at_least=PAUSE_ONCE_TOLD))

    def _agrees(self, record: BillingRecord, order: LedgerOrder) -> None:
        told = {BillingNotice.OK.value: True}
        if order.notices.get(BillingNotice.MISMATCH):
            told[BillingNotice.SETTLED.value] = False
        why = "billed as it was sold"
        order = self._ws.ledger.note(order, why=why, call=READ_INVOICE, notices={**order.notices, **told})
        self._ws.count(Activity.BILLED)
        if BillingNotice.SETTLED in told:
            order = self._tell_settled(order, maybe_told=order.adopted)
        self._let_go(record, order)

    # Telling

    def _announce(self, order: LedgerOrder, notice: BillingNotice, why: str) -> LedgerOrder:
        return self._ws.ledger.note(order, why=why, call=READ_INVOICE, notices={**order.notices, notice.value: False})

    def _finish_telling(self, record: BillingRecord, order: LedgerOrder) -> LedgerOrder:
        """Say what an interrupted run had only announced."""
        if order.notices.get(BillingNotice.MISMATCH) is False and record.told is not None:
            kind, tag = BillingNotice.MISMATCH.value, self._ws.tags.billing_mismatch
            order = notices.tell(self._ws, order, kind, record.told, tag, maybe_told=True)
        if order.notices.get(BillingNotice.SETTLED) is False:
            order = self._tell_settled(order, maybe_told=True)
        return order

    def _tell_settled(self, order: LedgerOrder, *, maybe_told: bool) -> LedgerOrder:
        text = problems.billing_settled(self._ws.tags.billing_mismatch).say(self._ws.settings.language)
        kind, tag = BillingNotice.SETTLED.value, self._ws.tags.billing_ok
        return notices.tell(self._ws, order, kind, text, tag, maybe_told=maybe_told)

    # Letting go

    def _let_go(self, record: BillingRecord, order: LedgerOrder) -> None:
        """An order that was held until it is billed goes on: in the lane in which it was held."""
        if not (order.held or Wish.HOLD in order.notices) or order.status not in AT_WAREHOUSE:
            self._records.close(record, State.AGREES)
            return
        message = PushOrder(
            merchant=self._ws.merchant,
            correlation_id=self._correlation_id,
            billbee_id=order.billbee_id,
            version=order.version,
        )
        self._ws.push([message])
        # It may be held by the merchant's tag as well, and what push_orders could not do is asked for again.
        self._records.look_again(record, State.AGREES, next_look(record, self._ws.now()))

    # Cancelling

    def _cancelled(self, record: BillingRecord, order: LedgerOrder) -> None:
        """An order that was cancelled before any of it left is cancelled in Abillify too, once."""
        done = order.notices.get(BillingNotice.CANCELLED)
        if done or not self._settings.cancel or order.parcels or order.submitted_at is None:
            self._records.close(record, State.OVER)
            return
        if done is False:
            notices.wait_until_settled(self._ws, order, _CANCEL)
        reference = reference_of(self._settings, order)
        invoice = self._abillify.order(reference)
        now = self._ws.now()
        if invoice is None and now < record.since + self._settings.grace:
            self._records.look_again(record, State.WAITING, next_look(record, now))
        elif invoice is None:
            self._answered(record, order, "not in Abillify, so there was nothing to cancel", READ_INVOICE, State.OVER)
        elif invoice.cancelled:
            self._answered(record, order, "cancelled in Abillify", READ_INVOICE, State.AGREES)
        else:
            self._cancel(record, order, reference)

    def _cancel(self, record: BillingRecord, order: LedgerOrder, reference: str) -> None:
        if BillingNotice.CANCELLED not in order.notices:
            order = self._ws.ledger.note(order, notices={**order.notices, BillingNotice.CANCELLED.value: False})
        try:
            self._abillify.cancel(reference, order.moved_at)
        except UnknownOutcome as error:
            notices.note_unsettled(self._ws, order, error)
            raise
        except (Refused, NotFound) as error:
            logger.error("Invoice not cancelled", extra={"order_id": order.billbee_id, "error": str(error)})
            why = f"Abillify did not cancel it; somebody has to do it there: {error}"
            self._answered(record, order, why, _CANCEL, State.DIFFERS)
        else:
            self._answered(record, order, "cancelled in Abillify", _CANCEL, State.AGREES)

    def _answered(self, record: BillingRecord, order: LedgerOrder, why: str, call: str, state: State) -> None:
        done = {**order.notices, BillingNotice.CANCELLED.value: True}
        self._ws.ledger.note(order, why=why, call=call, notices=done)
        self._records.close(record, state)
