"""The state of an order's billing in plain words, and the orders that are not billed as they were sold (R20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderbridge.billing.billing_records import BillingCause, BillingRecord, BillingRecords, BillingState
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.record import LedgerOrder, OrderSummary
from orderbridge.ledger.told import BillingAnswer

if TYPE_CHECKING:
    from orderbridge.merchants.settings import MerchantSettings
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table

SHOWN: Final = 200
"""How many orders of one merchant are listed."""


@dataclass(frozen=True)
class UnbilledOrder:
    """An order that is not, or not yet, billed as it was sold, with the reason."""

    order: LedgerOrder
    record: BillingRecord
    text: str


def explain_billing(table: Table, clock: Clock, order: OrderSummary, settings: MerchantSettings | None) -> str | None:
    """One or two sentences about an order; None if it is not billed."""
    if settings is None or not settings.billing.enabled:
        return None
    return _explain(order, BillingRecords(table, order.merchant, clock).get(order.billbee_id))


def unbilled(table: Table, clock: Clock, settings: Mapping[str, MerchantSettings]) -> list[UnbilledOrder]:
    """The orders that were reported and are not corrected, then those that wait; the oldest first.

    Args:
        settings: by merchant; those without Abillify are skipped.
    """
    found = []
    for merchant, one in settings.items():
        if one.billing.enabled:
            records = BillingRecords(table, merchant, clock).standing(SHOWN)
            orders = Ledger(table, clock).get_many(merchant, (record.billbee_id for record in records))
            for record in records:
                order = orders.get(record.billbee_id)
                if order is not None and BillingAnswer.OK not in order.told:
                    found.append(UnbilledOrder(order, record, _explain(order, record) or ""))
    return sorted(found, key=lambda one: (one.record.state is BillingState.WAITING, one.record.since))


def _explain(order: OrderSummary, record: BillingRecord | None) -> str | None:
    told = order.told
    if BillingAnswer.CANCELLED in told:
        return {
            BillingState.AGREES: "It is cancelled in Abillify too.",
            BillingState.DIFFERS: "Abillify did not cancel it: the timeline says why. Cancel it there.",
        }.get(record.state if record else BillingState.OVER, "Abillify had nothing to cancel.")
    if BillingAnswer.OK in told:
        corrected = " after a correction" if BillingAnswer.MISMATCH in told else ""
        return f"It is billed as it was sold{corrected}."
    if record is None:
        return None
    again = f" It is looked at again after {record.next_look:%Y-%m-%d %H:%M} UTC." if record.next_look else ""
    if record.state in (BillingState.DIFFERS, BillingState.MISSING):
        return f"{record.told or 'It is not billed as it was sold.'}{again or ' It is not looked at any more.'}"
    if record.unreadable is not None:
        return f"Its invoice in Abillify cannot be read: {record.unreadable}. It is tried again every hour."
    if record.state is BillingState.WAITING:
        cancelled = record.about is BillingCause.CANCELLED
        return f"It waits {'to be cancelled' if cancelled else 'for its invoice'} in Abillify.{again}"
    return None
