"""One order and its invoice: compare them, report the result, release the order, cancel its invoice (R20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.billing import problems as billing_problems
from orderbridge.billing.billing_records import BillingRecord, BillingState
from orderbridge.billing.invoice import Difference, Invoice, differences, expected, in_words
from orderbridge.billing.invoice_effects import READ_INVOICE, already_cancelled, invoice_cancellation
from orderbridge.effects.executor import conclude, say, say_open
from orderbridge.jobs.messages import PushOrder
from orderbridge.ledger.effects import message
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.money_only import with_fees
from orderbridge.ledger.order import scrubbed
from orderbridge.ledger.told import BillingAnswer
from orderbridge.ledger.wishes import Wish
from orderbridge.merchants.activity import Activity
from orderbridge.platform.errors import MalformedAnswer, NotFound

if TYPE_CHECKING:
    from orderbridge.billing.ports import Billing, Workspace
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.problem import Problem
    from orderbridge.ledger.record import LedgerOrder, OrderSummary
    from orderbridge.merchants.settings import BillingSettings

FIRST_PAUSE: Final = timedelta(minutes=50)
"""After this time a missing invoice is looked for again; just below the schedule's hour."""
PAUSE_ONCE_TOLD: Final = timedelta(hours=6)
LONGEST_PAUSE: Final = timedelta(days=1)
LOOKED_AT_FOR: Final = timedelta(days=30)
"""After this time an invoice is not looked at any more, except while its order is on hold."""
UNREADABLE_FOR: Final = timedelta(hours=6)
"""An invoice that cannot be read for so long is reported; before that, it may be a temporary problem of Abillify."""


def reference_of(settings: BillingSettings, order: OrderSummary) -> str:
    """The number by which Abillify knows an order. This is decided only here.

    Its documents say "your orderReference (the order id in your system)". The merchant's system is Billbee, so it is
    Billbee's id, unless the settings name another number and the order has it.
    """
    numbers = {"order_number": order.number.text, "shop_number": order.shop_number}
    return numbers.get(settings.reference) or str(order.billbee_id)


def next_look(record: BillingRecord, now: datetime, *, at_least: timedelta = FIRST_PAUSE) -> datetime:
    """The longer an order has waited, the longer the time until the next look; a day at most."""
    return now + min(max(at_least, (now - record.since) / 4), LONGEST_PAUSE)


class OrderBilling:
    """Processes one order after the other.

    Every method raises the errors of its calls. Calling it again with the same record says and does nothing twice.
    """

    def __init__(self, workspace: Workspace, billing: Billing, correlation_id: str) -> None:
        self._ws = workspace
        self._settings = workspace.settings.billing
        self._invoices = billing.invoices
        self._records = billing.records
        self._correlation_id = correlation_id

    def look(self, record: BillingRecord, order: LedgerOrder | None) -> None:
        """Do what is due for one order. ``order``: as the ledger has it."""
        if order is None or order.status not in HAS_REACHED_WAREHOUSE | {Status.CANCELLED}:
            self._records.close(record.billbee_id, BillingState.OVER)
            return
        order = say_open(self._ws, order)
        if order.status is Status.CANCELLED:
            self._cancelled(record, order)
        elif BillingAnswer.OK in order.told:
            self._let_go(record, order)
        else:
            self._compare(record, order)

    def cannot_read(self, record: BillingRecord, order: LedgerOrder, error: MalformedAnswer) -> bool:
        """Note that the order's invoice cannot be read. Once that has lasted long enough, the shop is told, and True is
        returned.
        """
        record = self._records.note_unreadable(record, str(error))
        since = record.unreadable_since
        if order.status is Status.CANCELLED or since is None or self._ws.now() < since + UNREADABLE_FOR:
            return False
        self._differs(record, order, billing_problems.bill_unreadable(str(error)), BillingState.DIFFERS)
        return True

    # Comparing

    def _compare(self, record: BillingRecord, order: LedgerOrder) -> None:
        reference = reference_of(self._settings, order)
        invoice = self._invoices.order(reference)
        if invoice is None:
            self._missing(record, order, reference)
            return
        try:
            sold = self._ws.hub.order(order.billbee_id)
        except NotFound:
            self._ws.ledger.note(order, why="gone from Billbee: its invoice is not compared", call="billbee get order")
            self._records.close(record.billbee_id, BillingState.OVER)
            return
        if sold.unreadable:
            raise MalformedAnswer("billbee get order", "the order cannot be read")
        if found := self._found(order, sold, invoice):
            english, german = (scrubbed(in_words(found, one), sold) for one in ("en", "de"))
            self._differs(record, order, billing_problems.billing_differs(english, german), BillingState.DIFFERS)
        else:
            self._agrees(record, order)

    def _found(self, order: LedgerOrder, sold: Order, invoice: Invoice) -> tuple[Difference, ...]:
        return differences(expected(with_fees(sold, self._ws.settings.money_only), order.pieces), invoice)

    def _missing(self, record: BillingRecord, order: LedgerOrder, reference: str) -> None:
        """An invoice that is not there yet has the merchant's grace."""
        now, due = self._ws.now(), record.since + self._settings.grace
        if now < due:
            self._records.look_again(record, BillingState.WAITING, min(next_look(record, now), due))
        else:
            problem = billing_problems.not_billed(reference, self._settings.grace_hours)
            self._differs(record, order, problem, BillingState.MISSING)

    def _differs(self, record: BillingRecord, order: LedgerOrder, problem: Problem, state: BillingState) -> None:
        """Tell the shop, unless it knows exactly this; then look again later whether it was corrected."""
        text = problem.say(self._ws.settings.language)
        before = BillingAnswer.MISMATCH in order.told
        if not before or record.told != text:
            order = say(
                self._ws,
                order,
                *message(BillingAnswer.MISMATCH, text, self._ws.tags.billing_mismatch),
                in_doubt=before or order.adopted,  # the record of what was told last, or the ledger, may be lost
                why=problem.text,
                call=READ_INVOICE,
                activity=None if before else Activity.BILLING_MISMATCHES,
                after=lambda: self._records.announce(record, text),
            )
        now = self._ws.now()
        if order.status is Status.SHIPPED and now - record.since > LOOKED_AT_FOR:
            self._records.close(record.billbee_id, state)
        else:
            self._records.look_again(record, state, next_look(record, now, at_least=PAUSE_ONCE_TOLD))

    def _agrees(self, record: BillingRecord, order: LedgerOrder) -> None:
        settled = BillingAnswer.MISMATCH in order.told
        text = billing_problems.billing_settled(self._ws.tags.billing_mismatch).say(self._ws.settings.language)
        order = say(
            self._ws,
            order,
            *(message(BillingAnswer.SETTLED, text, self._ws.tags.billing_ok) if settled else ()),
            in_doubt=order.adopted,
            why="billed as it was sold",
            call=READ_INVOICE,
            activity=Activity.BILLED,
            told=order.told | {BillingAnswer.OK.value},
        )
        self._let_go(record, order)

    # Letting go

    def _let_go(self, record: BillingRecord, order: LedgerOrder) -> None:
        """Release an order that was held until it is billed, in the lane in which it was held."""
        if not (order.held or Wish.HOLD in order.unsaid) or order.status not in AT_WAREHOUSE:
            self._records.close(record.billbee_id, BillingState.AGREES)
            return
        follow = PushOrder(
            merchant=self._ws.merchant,
            correlation_id=self._correlation_id,
            billbee_id=order.billbee_id,
            version=order.version,
        )
        self._ws.push([follow])
        # It may be held by the merchant's tag too, and a release that push_orders could not do is asked for again.
        self._records.look_again(record, BillingState.AGREES, next_look(record, self._ws.now()))

    # Cancelling

    def _cancelled(self, record: BillingRecord, order: LedgerOrder) -> None:
        """An order that was cancelled before any of it left is cancelled in Abillify too, once."""
        done = BillingAnswer.CANCELLED in order.told
        if done or not self._settings.cancel or order.parcels or order.submitted_at is None:
            known = self._records.get(record.billbee_id)
            if known is not None and known.next_look is not None:
                self._records.close(record.billbee_id, BillingState.OVER)
            return
        reference, now = reference_of(self._settings, order), self._ws.now()
        invoice = self._invoices.order(reference)
        if invoice is None and now < record.since + self._settings.grace:
            self._records.look_again(record, BillingState.WAITING, next_look(record, now))
        elif (outcome := already_cancelled(order, self._records, invoice)) is not None:
            conclude(self._ws, order, outcome)
        else:
            say(self._ws, order, invoice_cancellation(reference))
