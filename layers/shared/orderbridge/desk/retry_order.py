"""Process one order again now: what an operator does about an order that is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderbridge.desk.wording import Words
from orderbridge.jobs.messages import PushOrder
from orderbridge.ledger.lifecycle import BEFORE_WAREHOUSE, HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.told import REJECTED, RETRIED
from orderbridge.platform.errors import LedgerConflict, OrderbridgeError

if TYPE_CHECKING:
    from orderbridge.jobs.publisher import Sender
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.record import LedgerOrder

CALL: Final = "orderbridge order retry"
OPERATOR: Final = "an operator"
"""Who asks, if it is not known by name."""


class CannotRetry(OrderbridgeError):
    """This order cannot be retried. The message says why and what to do instead."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.say())
        self.words = words


def retry_order(
    ledger: Ledger,
    record: LedgerOrder,
    senders: Mapping[str, Sender],
    correlation_id: str,
    *,
    by: str = OPERATOR,
    call: str = CALL,
) -> Words:
    """Process an order again. Returns what was done, in plain words.

    One that is quarantined gets fresh tries (R31). A rejected order is checked and sent although it still has the
    rejected tag. An order that the warehouse has is read on both sides, and each is told what it lacks; it is never
    sent a second time.

    Args:
        senders: by job.
        by: who asks for it; the timeline names them.
        call: where it was asked for.

    Raises:
        CannotRetry: it was cancelled at the warehouse, or belongs to a rehearsal.
        LedgerConflict: a worker has just changed it.
    """
    if record.rehearsal:
        raise CannotRetry(
            Words(
                "it was only rehearsed: set the merchant's mode to live, then the next poll imports it",
                "er wurde nur geprobt: den Modus des Händlers auf „live“ setzen, dann importiert ihn der nächste Abruf",
            )
        )
    look = False
    match record.status:
        case Status.REJECTED | Status.CANCELLED if record.submitted_at is None:
            record, said = (
                _queue(ledger, record, by, call),
                Words(
                    "it is checked again, and sent if nothing is wrong any more",
                    "er wird neu geprüft und gesendet, wenn nichts mehr falsch ist",
                ),
            )
        case Status.CANCELLED | Status.REJECTED if record.is_quarantined or record.effects:
            record = _noted(ledger, record, by, call)
            said = Words("it is taken up again where it stopped", "er wird dort aufgenommen, wo er stehenblieb")
        case Status.CANCELLED | Status.REJECTED:
            raise CannotRetry(
                Words(
                    "the warehouse had it, and it was cancelled there: create a new order in Billbee",
                    "das Lager hatte ihn, und dort wurde er storniert: in Billbee einen neuen Auftrag anlegen",
                )
            )
        case status if status in BEFORE_WAREHOUSE:
            record, said = (
                _noted(ledger, record, by, call),
                Words(
                    "it is taken up again; the warehouse is asked before it is sent",
                    "er wird neu aufgenommen; vor dem Senden wird das Lager gefragt",
                ),
            )
        case status if status in HAS_REACHED_WAREHOUSE:
            look = True
            said = Words(
                "it is read at the warehouse and in Billbee, and each is told what it lacks",
                "er wird im Lager und in Billbee gelesen, und beide erfahren, was ihnen fehlt",
            )
            record = _noted(ledger, record, by, call)
        case _:
            raise CannotRetry(
                Words(
                    f"nothing can be done about an order that is {record.status}",
                    f"für einen Auftrag im Status {record.status} lässt sich nichts tun",
                )
            )
    message = PushOrder(
        merchant=record.merchant,
        correlation_id=correlation_id,
        billbee_id=record.billbee_id,
        version=record.version,
        look=look,
    )
    senders["push-orders"]([message])
    return said


def retry_quarantined(
    ledger: Ledger, merchant: str, senders: Mapping[str, Sender], correlation_id: str, *, by: str = OPERATOR
) -> list[int]:
    """Take up all quarantined orders of a merchant. Returns their Billbee ids.

    Orders that a worker changes meanwhile, and rehearsals, are left out.
    """
    listed = [order.billbee_id for order in ledger.quarantined_orders(merchant)]
    records = ledger.get_many(merchant, listed)
    done = []
    for record in (records[billbee_id] for billbee_id in listed if billbee_id in records):
        if not record.is_quarantined:
            continue
        try:
            retry_order(ledger, record, senders, correlation_id, by=by)
        except (CannotRetry, LedgerConflict):
            continue
        done.append(record.billbee_id)
    return done


def _queue(ledger: Ledger, record: LedgerOrder, by: str, call: str) -> LedgerOrder:
    return ledger.move(
        record,
        Status.QUEUED,
        why=f"{by} asked for it",
        call=call,
        told=(record.told - {REJECTED}) | {RETRIED},
        effects=(),
        reason=None,
        defect=None,
    )


def _noted(ledger: Ledger, record: LedgerOrder, by: str, call: str) -> LedgerOrder:
    """The record with a new version, without which the queue would drop the message as a repetition."""
    effects = tuple(replace(effect, not_before=None) for effect in record.effects)
    return ledger.note(record, why=f"{by} asked for it", call=call, effects=effects, defect=None)
