"""Compare what was shipped with what is billed in Abillify, and tell the shop where they differ (R20).

Orders to look at are found by the ledger's index, since the last complete run; each gets a small record that says when
it is looked at next. Messages are effects, as in all rooms.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.billing.bill_order import OrderBilling, next_look
from orderbridge.billing.billing_records import BillingCause, BillingRecord, BillingState
from orderbridge.billing.invoice_effects import READ_INVOICE
from orderbridge.jobs.open_portion import portion_of_open, went_through
from orderbridge.jobs.set_aside import ComesAgain, put_aside, recovered, waits
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.told import BillingAnswer
from orderbridge.ledger.wishes import awaits_billing
from orderbridge.merchants.cursors import PageCursor
from orderbridge.platform.errors import (
    LedgerConflict,
    MalformedAnswer,
    OutOfTime,
    PermanentError,
    Refused,
    RetryableError,
    SettingsError,
    Throttled,
    UnknownOutcome,
    Unreachable,
    UnreadableItem,
    VendorDown,
)
from orderbridge.platform.observability import logger
from orderbridge.platform.patience import Patience

if TYPE_CHECKING:
    from orderbridge.billing.ports import Billing, Workspace
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import CheckBilling
    from orderbridge.ledger.record import LedgerOrder, OrderSummary

OVERLAP: Final = timedelta(minutes=15)
"""How far behind the cursor orders are read again, because workers' clocks differ and the index lags."""
FIRST_LOOK: Final = timedelta(days=2)
"""When a merchant begins to compare, orders that were shipped earlier than this count as settled."""
QUARANTINED_FOR: Final = timedelta(minutes=50)
"""After this time an order in quarantine is looked at again; just below the schedule's hour."""
AGAIN_AFTER: Final = timedelta(minutes=5)
"""After this time an order that could not be looked at is tried again, so that others go first."""
_LOOK_TAKES: Final = 50.0
"""Seconds that one order may take: calls to Abillify and Billbee."""
_JOB: Final = "check-billing"


def check_billing(workspace: Workspace, delivery: Delivery[CheckBilling]) -> int:
    """Look at every due order. Returns how many were looked at.

    Raises:
        SettingsError: the merchant has no credentials of Abillify.
        UpstreamError: something must come again; everything else was done.
    """
    if workspace.rehearsing or not workspace.settings.billing.enabled:
        return 0
    if workspace.billing is None:
        needed = "needs the secrets abillify_username and abillify_password"
        raise SettingsError(workspace.merchant, "billing.enabled", needed)
    run = _Run(workspace, workspace.billing, delivery.message)
    run.find()
    run.look_at_due()
    run.finish()
    return len(run.seen)


class _Run:
    def __init__(self, workspace: Workspace, billing: Billing, message: CheckBilling) -> None:
        self._ws = workspace
        self._records = billing.records
        self._one = OrderBilling(workspace, billing, message.correlation_id)
        self._everything = message.scope == "all"
        self._asked_at = message.asked_at
        self._patience = Patience()
        self._failed_in_a_row: list[BillingRecord] = []
        self._put_aside: RetryableError | UnknownOutcome | PermanentError | None = None
        self.seen: set[int] = set()

    # Finding what is new

    def find(self) -> None:
        """Open records for orders that have ended since the last run, and for those that wait at the warehouse to be
        billed.
        """
        started = self._ws.now()
        last = self._ws.cursors.pages(_JOB).completed_at
        since = last - OVERLAP if last else started - FIRST_LOOK
        ended = [(order, BillingCause.SHIPPED) for order in self._ended(Status.SHIPPED, since) if not _is_billed(order)]
        if self._ws.settings.billing.cancel:
            ended += [
                (order, BillingCause.CANCELLED) for order in self._ended(Status.CANCELLED, since) if order.submitted_at
            ]
        for order, about in sorted(ended, key=lambda one: one[0].shelved_at):
            try:
                self._ws.deadline.require(_LOOK_TAKES)
            except OutOfTime:
                self._ws.cursors.set_pages(_JOB, PageCursor(1, order.shelved_at))
                raise
            self._records.open(order.billbee_id, about, order.shelved_at)
        self._ws.cursors.set_pages(_JOB, PageCursor(1, started))
        if self._ws.settings.billing.holds:
            self._find_waiting()

    def _find_waiting(self) -> None:
        portion = portion_of_open(self._ws, _JOB)
        waiting = [order for order in portion.orders if awaits_billing(order.status, order.told, holds=True)]
        known = self._records.get_many(order.billbee_id for order in waiting)
        for order in waiting:
            record = known.get(order.billbee_id)
            changed_since = record is not None and record.state is BillingState.AGREES
            if record is None or record.next_look is None or changed_since:
                since = order.submitted_at or order.created_at
                self._records.open(order.billbee_id, BillingCause.HELD, since, again=True)
        went_through(self._ws, _JOB, portion)

    def _ended(self, status: Status, since: datetime) -> list[OrderSummary]:
        return list(self._ws.ledger.ended_orders(self._ws.merchant, status, since=since))

    # Looking at what is due

    def look_at_due(self) -> None:
        """Look at one order after the other. An order that fails is put aside; the others continue.

        Raises:
            RetryableError: a vendor cannot be used now, or the invocation is about to end.
        """
        for due in map(self._not_seen, self._records.due(everything=self._everything)):
            orders = self._ws.ledger.get_many(self._ws.merchant, (record.billbee_id for record in due))
            for record in due:
                self._ws.deadline.require(_LOOK_TAKES)
                self.seen.add(record.billbee_id)
                self._look(record, orders.get(record.billbee_id))

    def _not_seen(self, due: list[BillingRecord]) -> list[BillingRecord]:
        """Without those that this run, or an earlier delivery of its message, has processed."""
        return [
            record
            for record in due
            if record.billbee_id not in self.seen
            and not (self._everything and record.looked_at is not None and record.looked_at > self._asked_at)
        ]

    def _look(self, record: BillingRecord, order: LedgerOrder | None) -> None:
        if order is not None and self._passes_over(record, order):
            return
        try:
            self._one.look(record, order)
        except Refused as error:  # about this order's reference only; others may be accepted
            self._note(record, error)
            self._records.look_again(record, record.state, next_look(record, self._ws.now()))
        except LedgerConflict as conflict:
            self._note(record, RetryableError("check billing", str(conflict)))
        except (RetryableError, UnknownOutcome) as error:
            told = self._is_told(record, error)
            if isinstance(error, UnreadableItem):
                self._let_others_go_first(record)
            else:
                self._failed_in_a_row.append(record)
                if self._patience.is_over(error):
                    if isinstance(error, VendorDown) or not isinstance(error, Throttled | Unreachable):
                        # These orders may be the reason. A throttle or a missing connection is not about them.
                        self._let_others_go_first(*self._failed_in_a_row)
                    raise
            if not told:
                self._note(record, error)
        except Exception as error:
            if order is None:
                raise
            again = put_aside(self._ws, order, error, _JOB)  # other errors are raised
            self._put_aside = self._put_aside or again
        else:
            self._patience.went_well()
            self._failed_in_a_row.clear()
            if order is not None and order.defect is not None and (now := self._latest(order)) is not None:
                recovered(self._ws, now, _JOB)

    def _latest(self, order: LedgerOrder) -> LedgerOrder | None:
        return self._ws.ledger.get(order.merchant, order.billbee_id)

    def _passes_over(self, record: BillingRecord, order: LedgerOrder) -> bool:
        """Whether an order is not to be touched now; for one that waits, the message comes again (R31)."""
        if order.is_quarantined:
            self._records.postpone(record, self._ws.now() + QUARANTINED_FOR)
            return True
        if (wait := waits(self._ws, order)) > 0:
            self._put_aside = self._put_aside or ComesAgain(_JOB, wait)
        return wait > 0

    def _let_others_go_first(self, *records: BillingRecord) -> None:
        for record in records:
            self._records.postpone(record, self._ws.now() + AGAIN_AFTER)

    def _is_told(self, record: BillingRecord, error: RetryableError | UnknownOutcome) -> bool:
        """Note an unreadable invoice. It is no error any more once the shop was told of it."""
        if not isinstance(error, MalformedAnswer) or error.operation != READ_INVOICE:
            return False
        order = self._ws.ledger.get(self._ws.merchant, record.billbee_id)  # as it is after the look
        return order is not None and self._one.cannot_read(record, order, error)

    def _note(self, record: BillingRecord, error: RetryableError | UnknownOutcome | PermanentError) -> None:
        logger.warning("Order put aside", extra={"order_id": record.billbee_id, "error": str(error)})
        if not isinstance(self._put_aside, RetryableError | UnknownOutcome):
            self._put_aside = error

    def finish(self) -> None:
        """Raise the error that was put aside while the other orders continued, so that the message comes again."""
        if self._put_aside is not None:
            raise self._put_aside


def _is_billed(order: OrderSummary) -> bool:
    return BillingAnswer.OK in order.told
