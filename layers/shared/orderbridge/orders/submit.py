"""Submit orders to the warehouse, each exactly once (R7, R8): claim, send, ask, note.

The ledger knows of a call before it is made. What a crash or a lost answer leaves open is asked for, before anything is
sent again:

    queued ──claim──▶ submitting ──taken──▶ submitted
      ▲                   ├──refused, and not there──▶ rejected
      └───not processed───┴──no answer: it stays, and the next delivery asks the warehouse
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.effects.executor import SETTLES_AFTER_CRASH, SETTLES_AFTER_TIMEOUT
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order import scrubbed
from orderbridge.merchants.activity import Activity
from orderbridge.orders.content import as_sent
from orderbridge.orders.problems import refused_by_warehouse
from orderbridge.orders.reject import reject
from orderbridge.platform.clock import STEP
from orderbridge.platform.defects import is_defect, loggable
from orderbridge.platform.errors import LedgerConflict, Refused, UnknownOutcome, UpstreamError
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.batch import Batch, Item
    from orderbridge.orders.ports import Workspace


def submit(batch: Batch, items: Sequence[Item]) -> None:
    """Claim orders and send them in one call. One that met a defect before has a call of its own, so as not to fail the
    others'.
    """
    claimed = [item for item in items if batch.step(item, _claim)]
    if sound := [item for item in claimed if item.record.defect is None]:
        _send(batch, sound)
    for item in claimed:
        if item.record.defect is not None:
            _send(batch, [item])


def _claim(ws: Workspace, item: Item) -> None:
    """Claim an order before the call. Of two workers only one succeeds."""
    assert item.shipping is not None
    assert item.order is not None
    ws.breaker("bibi").require("bibi submitOrder")
    changes = as_sent(item.record, item.order, item.shipping, ws.tags)
    changes["reason"] = None
    changes["order_number"] = item.shipping.number
    changes["settles_at"] = ws.now() + SETTLES_AFTER_CRASH
    item.record = ws.ledger.move(
        item.record,
        Status.SUBMITTING,
        why="; ".join(("claimed for sending", *item.shipping.remarks)),
        call="push orders",
        **changes,
    )


def _send(batch: Batch, items: Sequence[Item]) -> None:
    """Send claimed orders in one call; then ask for them or note the result, depending on the answer."""
    try:
        batch.ws.warehouse.submit([item.shipping for item in items if item.shipping])
    except Refused as refusal:
        _ask(batch, items, refusal)
    except UnknownOutcome as error:
        now = batch.ws.now()
        _note_failed(batch, items, error, settles_at=now + SETTLES_AFTER_TIMEOUT if error.may_still_land else now)
    except UpstreamError as error:
        _note_failed(batch, items, error, settles_at=None)
    except Exception as error:  # noqa: BLE001  a defect, or AWS: no request is under way
        if len(items) > 1 and is_defect(error):
            logger.warning("A call for several orders met a defect", extra={"error": loggable(error)})
            _ask(batch, items, None)
        else:
            _note_failed(batch, items, error, settles_at=batch.ws.now())
    else:
        for item in items:
            # Written a moment later, with the received tag. After a crash the warehouse is asked.
            item.record, item.unwritten = _submitted(batch.ws, item, "sent", "bibi submitOrder"), True


def _ask(batch: Batch, items: Sequence[Item], refusal: Refused | None) -> None:
    """Ask which orders the warehouse has nevertheless. The others are sent one by one, so that only the bad one fails.

    Args:
        refusal: of the call; None after a defect.
    """
    for item in items:
        try:
            batch.ws.deadline.require(STEP)
            if is_there(batch.ws, item, "refused, but the warehouse was asked and has it"):
                continue
            if len(items) > 1:
                _send(batch, [item])
            else:
                assert refusal is not None
                reject(batch.ws, item, [refused_by_warehouse(scrubbed(refusal.detail, item.order))])
        except Exception as error:  # noqa: BLE001  what it is, is told apart where deliveries are handed back
            _note_failed(batch, [item], error, settles_at=batch.ws.now())


def is_there(
    ws: Workspace, item: Item, why: str = "the warehouse was asked and has it", *, adopted: bool = False
) -> bool:
    """Ask the warehouse for an order, and note that it was submitted if it is there."""
    if ws.warehouse.order(item.record.number) is None:
        return False
    item.record = ws.ledger.write(_submitted(ws, item, why, "bibi orderStatus", adopted=adopted))
    ws.count(Activity.SUBMITTED)
    return True


def _submitted(ws: Workspace, item: Item, why: str, call: str, *, adopted: bool = False) -> LedgerOrder:
    return ws.ledger.moved(
        item.record,
        Status.SUBMITTED,
        why=why,
        call=call,
        adopted=adopted or item.record.adopted,
    )


def _note_failed(batch: Batch, items: Sequence[Item], error: Exception, *, settles_at: datetime | None) -> None:
    """Hand orders back with the reason in their timelines.

    Args:
        settles_at: until when a request may still land. The order stays `submitting`, and the next delivery asks for it
            (R7). None if the request certainly was not processed.
    """
    for item in items:
        batch.stop(item, error, settles_at=settles_at)
        if item.aside or item.record.status is not Status.SUBMITTING:
            continue
        call, why = getattr(error, "operation", "push orders"), scrubbed(loggable(error), item.order)
        ledger, record = batch.ws.ledger, item.record
        try:
            if settles_at is None:
                item.record = ledger.move(record, Status.QUEUED, why=why, call=call, reason=why)
            else:
                item.record = ledger.note(record, why=why, call=call, settles_at=settles_at)
        except LedgerConflict:
            logger.warning("Order was taken by another worker", extra={"order_id": record.billbee_id})
        except (BotoCoreError, ClientError) as second:  # the next delivery asks the warehouse
            logger.warning("Not noted", extra={"order_id": record.billbee_id, "error": loggable(second)})
