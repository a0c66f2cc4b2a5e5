"""A few orders of one merchant that are sent to the warehouse together. A problem of one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderbridge.jobs.deliveries import Delivery, HandBack
from orderbridge.jobs.set_aside import set_aside
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.activity import Activity
from orderbridge.platform.clock import STEP
from orderbridge.platform.defects import is_defect
from orderbridge.platform.errors import Later, VendorDown
from orderbridge.platform.table import Unwritable

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.jobs.messages import PushOrder
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Workspace
    from orderbridge.orders.shipping_order import ShippingOrder

JOB: Final = "push-orders"


@dataclass
class Item:
    """One order of a batch.

    Attributes:
        deliveries: all that ask for it; they are done, or come again, together. Empty if it is taken up from the
            ledger.
        order: as it is in the shop, if it was read.
        shipping: what the warehouse is sent; only if the order is ready to be sent.
        unwritten: the record is `submitted`, but not yet in the table.
        aside: it met a defect, now or earlier, which says nothing about the vendor.
        error: the passing error that stopped it.
    """

    deliveries: Sequence[Delivery[PushOrder]]
    record: LedgerOrder
    order: Order | None = None
    shipping: ShippingOrder | None = None
    unwritten: bool = False
    aside: bool = False
    error: Exception | None = None

    @property
    def look(self) -> bool:
        return any(delivery.message.look for delivery in self.deliveries)

    @property
    def label(self) -> bool:
        return any(delivery.message.label for delivery in self.deliveries)

    @property
    def stopped(self) -> bool:
        """Whether it is not finished in this batch."""
        return self.aside or self.error is not None

    def write(self, workspace: Workspace, record: LedgerOrder) -> None:
        """Write the order's record, and with it that the order is submitted, if that is still to be written."""
        self.record = workspace.ledger.write(record)
        self.is_written(workspace)

    def is_written(self, workspace: Workspace) -> None:
        """Count an order as submitted with the write that says so, and not before."""
        if self.unwritten:
            self.unwritten = False
            workspace.count(Activity.SUBMITTED)


class Batch:
    """Does steps for single orders, and collects those that were stopped.

    Attributes:
        down: the vendors that were found to be down.
        back: the deliveries that have to come again.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.ws = workspace
        self.down: dict[str, VendorDown] = {}
        self.back: list[HandBack[PushOrder]] = []

    def step(self, item: Item, step: Callable[[Workspace, Item], None]) -> bool:
        """Do one step for one order. An error hands back only this order. Returns whether the step was done."""
        try:
            self.ws.deadline.require(STEP)
            step(self.ws, item)
        except Exception as error:  # noqa: BLE001  what it is, is told apart where deliveries are handed back
            self.stop(item, error)
            return False
        return True

    def stop(self, item: Item, error: Exception, *, settles_at: datetime | None = None) -> None:
        """Hand an order back, to come again later.

        Args:
            settles_at: until when a request may still land, of an order that is `submitting`.
        """
        if is_defect(error):
            self._set_aside(item, error, settles_at)
        else:
            self.hand_back(item, error)

    def hand_back(self, item: Item, error: Exception) -> None:
        """Hand back an order's deliveries. While a vendor is down, the ledger keeps orders that it knows to be under
        way.
        """
        item.error = error
        if isinstance(error, VendorDown):
            self.down[error.vendor] = error
            record = item.record
            if not record.rehearsal and record.is_unfinished(self.ws.now()):
                return
        self.back += [HandBack(delivery, error) for delivery in item.deliveries]

    def _set_aside(self, item: Item, error: Exception, settles_at: datetime | None) -> None:
        """Note a defect in the order's present record. The message waits in a lane of its own, or is done."""
        item.aside = True
        billbee_id = item.record.billbee_id
        try:
            record = item.record if item.unwritten else self.ws.ledger.get(self.ws.merchant, billbee_id)
            assert record is not None, "an order is forgotten only after its end"
            if settles_at is None or record.status is not Status.SUBMITTING:
                settles_at = record.settles_at
            item.record = set_aside(self.ws, record, error, JOB, settles_at=settles_at)
        except Unwritable:
            self.ws.note_unwritable([billbee_id])
        except Exception as second:  # noqa: BLE001  as above
            self.hand_back(item, error if is_defect(second) else second)
        else:
            item.is_written(self.ws)
            if item.record.defect is not None and not item.record.is_quarantined:
                self.hand_back(item, Later(item.record.defect.wait(self.ws.now())))
