"""Forget an order that has ended: its record, and all else in the table, the bucket and the dead letters that names it.

This answers a person who asks for erasure. Billbee, the warehouse, logs, backups and mails are out of its reach
(docs/design/records.md, Erasure).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.billing.billing_records import BillingRecords
from orderbridge.desk.board import kept_orders
from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.ledger.ledger import KEPT_AFTER_END
from orderbridge.ledger.lifecycle import OPEN
from orderbridge.merchants.refused_records import RefusedRecords
from orderbridge.platform.days import months
from orderbridge.platform.errors import OrderbridgeError
from orderbridge.platform.table import merchant_key
from orderbridge.returns.return_records import ReturnRecords
from orderbridge.tracking.cost_records import CostRecords

if TYPE_CHECKING:
    from orderbridge.jobs.dead_letters import DeadLetter, DeadLetters
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table
    from orderbridge.returns.label_store import ReturnLabels

_EARLIER: Final = timedelta(days=7)
"""The warehouse's days end later than UTC's, and costs are asked for until days after a parcel has left."""


class CannotForget(OrderbridgeError):
    """The order has not ended. The message says what is missing, and what to do."""


@dataclass(frozen=True)
class Traces:
    """All that names an order.

    Attributes:
        record: None if it was forgotten before; what a restored backup has brought back may still be there.
        keys: of other items of the table: the shop's number, billing, costs, returns, parcels, the board's worklist.
        label: the place of its return label in the bucket.
        letters: dead letters about it, which may hold the order with its address.
        refused: whether it is among the orders whose record the table has refused.
    """

    merchant: str
    billbee_id: int
    record: LedgerOrder | None
    keys: Sequence[str]
    label: str | None
    letters: Sequence[DeadLetter]
    refused: bool

    def in_words(self) -> list[str]:
        """What forgetting removes, one thing each."""
        said = []
        if (record := self.record) is not None:
            said.append(
                f"the record: {_count(len(record.timeline), 'entry', 'entries')} of its timeline, "
                f"{_count(len(record.parcels), 'parcel', 'parcels')}"
            )
        said += [f"the item {key}" for key in self.keys]
        said += ["the return label"] if self.label else []
        said += [f"the failed message {letter.message_id} of {letter.queue}" for letter in self.letters]
        return said + (["its place among the refused records"] if self.refused else [])


def find_traces(
    table: Table, clock: Clock, ledger: Ledger, merchant: str, billbee_id: int, letters: Sequence[DeadLetter]
) -> Traces:
    """What names an order.

    Args:
        letters: all dead letters.

    Raises:
        CannotForget: something is still to happen with it.
    """
    record = ledger.get(merchant, billbee_id)
    if record is not None and (why := _why_not(record)):
        raise CannotForget(why)
    return Traces(
        merchant,
        billbee_id,
        record,
        keys=[
            *ledger.shop_number_keys(merchant, billbee_id, record),
            *BillingRecords(table, merchant, clock).keys_of(billbee_id),
            *CostRecords(table, merchant, clock).keys_of(billbee_id, sorted(_months(record, clock.now()))),
            *ReturnRecords(table, merchant, clock).keys_of(billbee_id),
            *kept_orders.keys_of(table, merchant, billbee_id, record),
            *Acknowledgements(table, clock).keys_of(merchant, billbee_id),
        ],
        label=record.label.key if record is not None and record.label is not None else None,
        letters=[one for one in letters if _is_about(one, merchant, billbee_id)],
        refused=any(one.billbee_id == billbee_id for one in RefusedRecords(table, clock).of(merchant)),
    )


def forget_order(
    table: Table, clock: Clock, ledger: Ledger, labels: ReturnLabels, dead_letters: DeadLetters, traces: Traces
) -> None:
    """Remove the traces of an order. It may be repeated.

    The record goes last, because it leads to all the others.

    Raises:
        LedgerConflict: a worker has just changed the order.
    """
    if traces.label:
        labels.remove(traces.label)
    for letter in traces.letters:
        dead_letters.discard(letter.queue, [letter.message_id])
    if traces.refused:
        RefusedRecords(table, clock).forget(traces.merchant, traces.billbee_id)
    for key in traces.keys:
        table.delete(merchant_key(traces.merchant), key)
    if traces.record is not None:
        ledger.forget(traces.record)


def _why_not(record: LedgerOrder) -> str | None:
    if record.is_quarantined:
        return f"it is quarantined: orderbridge order retry {record.billbee_id} first"
    if record.status in OPEN and not record.rehearsal:
        return f"it is {record.status}: an order is forgotten once it is shipped, cancelled or rejected"
    if record.effects:
        keys = ", ".join(effect.key for effect in record.effects)
        return f"there is still to be said: {keys}. orderbridge order retry {record.billbee_id}, or order drop-effect"
    return None


def _is_about(letter: DeadLetter, merchant: str, billbee_id: int) -> bool:
    return letter.merchant == merchant and letter.body_summary.get("billbee_id") == billbee_id


def _months(record: LedgerOrder | None, now: datetime) -> set[str]:
    """The months in which costs of an order may be kept, as ``YYYY-MM``.

    The record names those that it knows: an adopted order left before it has a record. A cost that was kept just before
    a crash is not in it.
    """
    since = now - KEPT_AFTER_END if record is None else record.created_at
    known = {cost.month for cost in record.costs.values() if cost.month} if record is not None else set()
    return known | set(months((since - _EARLIER).date(), now.date()))


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
