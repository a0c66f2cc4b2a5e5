"""Cancelling the invoice of an order that was cancelled before any of it left (R20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.domain.effects import Effect, Kind
from orderbridge.domain.told import BillingAnswer
from orderbridge.observability import logger
from orderbridge.services.effects.saying import Outcome
from orderbridge.stores.billing import State

if TYPE_CHECKING:
    from orderbridge.domain.billing import Invoice
    from orderbridge.errors import NotFound, Refused
    from orderbridge.services.effects.saying import About
    from orderbridge.services.workspace import Billing

READ_INVOICE: Final = "abillify get order"
_CANCEL: Final = "abillify cancel order"


def invoice_cancellation(reference: str) -> Effect:
    return Effect(kind=Kind.INVOICE_CANCELLATION, key=BillingAnswer.CANCELLED.value, body={"reference": reference})


class InvoiceCancellations:
    """The invoice itself tells whether it is cancelled."""

    repeatable = False

    def look(self, about: About, effect: Effect) -> Outcome | None:
        return already_cancelled(about, _billing(about).abillify.order(effect.body["reference"]))

    def say(self, about: About, effect: Effect) -> Outcome:
        _billing(about).abillify.cancel(effect.body["reference"], about.record.moved_at)
        return _done(about, "cancelled in Abillify", _CANCEL, State.AGREES)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        logger.error("Invoice not cancelled", extra={"order_id": about.record.billbee_id, "error": str(error)})
        why = f"Abillify did not cancel it; somebody has to do it there: {error}"
        return _done(about, why, _CANCEL, State.DIFFERS)


def already_cancelled(about: About, invoice: Invoice | None) -> Outcome | None:
    """None where there is an invoice to cancel."""
    if invoice is None:
        return _done(about, "not in Abillify, so there was nothing to cancel", READ_INVOICE, State.OVER)
    return _done(about, "cancelled in Abillify", READ_INVOICE, State.AGREES) if invoice.cancelled else None


def _done(about: About, why: str, call: str, state: State) -> Outcome:
    """Nothing is left to cancel; its billing record says what came of it."""
    billbee_id, records = about.record.billbee_id, _billing(about).records
    return Outcome(
        why,
        call,
        changes={"told": about.record.told | {BillingAnswer.CANCELLED.value}},
        after=lambda: records.close(billbee_id, state),
    )


def _billing(about: About) -> Billing:
    billing = about.workspace.billing
    assert billing is not None, "only check_billing cancels invoices, with credentials"
    return billing
