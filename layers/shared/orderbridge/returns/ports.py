"""The port of returns: what they need of the warehouse, and the store of labels (R17, R24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.tracking import ports

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.returns.return_label import ReturnLabel
    from orderbridge.returns.return_records import ReturnRecords
    from orderbridge.returns.returned_pieces import ReturnsPage


class Warehouse(ports.Warehouse, Protocol):
    def returns(self, since: datetime, until: datetime, page: int = 1) -> ReturnsPage:
        """A page of what came back to the warehouse in a period, from page 1."""

    def return_label(self, number: OrderNumber) -> ReturnLabel:
        """Have a label created for a shipped order. Each call creates one, and may cost money.

        Raises:
            UnusableLabel: the warehouse answered, but with no label.
            Refused, NotFound: it creates none for this order.
            UnknownOutcome: it may have created one.
            UpstreamError: any other one; it certainly has created none.
        """


class Workspace(ports.Workspace, Protocol):
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def returned(self) -> ReturnRecords: ...
