"""Cancelling the invoice of an order that was cancelled before any of it left (R20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.billing.billing_records import BillingState
from orderbridge.effects.saying import Outcome
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.told import BillingAnswer
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.billing.billing_records import BillingRecords
    from orderbridge.billing.invoice import Invoice
    from orderbridge.billing.ports import Invoices
    from orderbridge.effects.saying import About
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.platform.errors import NotFound, Refused

READ_INVOICE: Final = "abillify get order"
_CANCEL: Final = "abillify cancel order"


def invoice_cancellation(reference: str) -> Effect:
    return Effect(
        kind=EffectKind.INVOICE_CANCELLATION, key=BillingAnswer.CANCELLED.value, body={"reference": reference}
    )


class InvoiceCancellations:
    """The invoice itself shows whether it is cancelled."""

    repeatable = False

    def __init__(self, invoices: Invoices, records: BillingRecords) -> None:
        self._invoices = invoices
        self._records = records

    def look(self, about: About, effect: Effect) -> Outcome | None:
        return already_cancelled(about.record, self._records, self._invoices.order(effect.body["reference"]))

    def say(self, about: About, effect: Effect) -> Outcome:
        self._invoices.cancel(effect.body["reference"], about.record.moved_at)
        return _done(about.record, self._records, "cancelled in Abillify", _CANCEL, BillingState.AGREES)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        logger.error("Invoice not cancelled", extra={"order_id": about.record.billbee_id, "error": str(error)})
        why = f"Abillify did not cancel it; cancel it there by hand: {error}"
        return _done(about.record, self._records, why, _CANCEL, BillingState.DIFFERS)


def already_cancelled(record: LedgerOrder, records: BillingRecords, invoice: Invoice | None) -> Outcome | None:
    """None if there is an invoice to cancel."""
    if invoice is None:
        why = "not in Abillify, so there was nothing to cancel"
        return _done(record, records, why, READ_INVOICE, BillingState.OVER)
    if not invoice.cancelled:
        return None
    return _done(record, records, "cancelled in Abillify", READ_INVOICE, BillingState.AGREES)


def _done(record: LedgerOrder, records: BillingRecords, why: str, call: str, state: BillingState) -> Outcome:
    """Nothing is left to cancel; the order's billing record has the result."""
    return Outcome(
        why,
        call,
        changes={"told": record.told | {BillingAnswer.CANCELLED.value}},
        after=lambda: records.close(record.billbee_id, state),
    )
