"""The port of billing: what it needs of the hub and of the billing system (R20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from orderbridge.effects.saying import Means, OrderSource
from orderbridge.jobs import ports

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.billing.billing_records import BillingRecords
    from orderbridge.billing.invoice import Invoice
    from orderbridge.jobs.publisher import Sender


class Invoices(Protocol):
    """The invoices of a merchant's orders, by the reference of the merchant's settings."""

    def order(self, reference: str) -> Invoice | None:
        """The invoice of an order as it is now; None if there is none (yet).

        Raises:
            UnreadableItem: it exists and cannot be read.
        """

    def cancel(self, reference: str, at: datetime) -> None:
        """Cancel an invoice as of a moment. Not repeatable: after an UnknownOutcome read it first.

        Raises:
            NotFound, Refused: it does not exist, or cannot be cancelled.
            UnknownOutcome: it may have been cancelled.
        """


@dataclass(frozen=True)
class Billing:
    """The parts that compare a merchant's orders with their invoices."""

    invoices: Invoices
    records: BillingRecords


class Workspace(ports.Workspace, Means, Protocol):
    @property
    def hub(self) -> OrderSource: ...
    @property
    def billing(self) -> Billing | None:
        """None for a merchant whose orders are not compared."""

    @property
    def push(self) -> Sender:
        """Sends to the push queue."""
