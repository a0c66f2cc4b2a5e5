"""Check announced goods: when the warehouse has closed a notice, sync its stock at once and write a list of what
arrived of what was announced (R23). Also take up files that S3 did not report.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.inbound.dropped_files import PREFIX, merchant_of
from orderbridge.inbound.results import RECEIVED, RECEIVED_CSV, RESULT, Received
from orderbridge.jobs.messages import AnnounceInbound, FollowInbound, SyncStock
from orderbridge.ledger.sku import Sku
from orderbridge.merchants.activity import Activity
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import AuthenticationError, MalformedAnswer, PermanentError
from orderbridge.platform.observability import logger
from orderbridge.stock.movements import is_receipt
from orderbridge.stock.pull_movements import known_codes

if TYPE_CHECKING:
    from orderbridge.inbound.notice_records import NoticeRecord
    from orderbridge.inbound.ports import Workspace
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.publisher import Sender
    from orderbridge.platform.documents import Documents

OVERLOOKED_AFTER: Final = timedelta(minutes=10)
"""S3 reports a file within seconds, but a queue may be slow."""
_MOST_FILES: Final = 50
"""How many files one run takes up; the next run takes up the others."""
_SKUS_AT_ONCE: Final = 50
_PATIENT_TRIES: Final = 3
"""For how many deliveries the receipts are required; then the notice is closed without them."""


def follow_inbound(
    workspace: Workspace,
    delivery: Delivery[FollowInbound],
    *,
    documents: Documents,
    announce: Sender,
    sync_stock: Sender,
) -> int:
    """Take up missed files, and end the notices that the warehouse has closed. Returns the number of those notices.

    If a merchant has neither, no vendor is asked.
    """
    correlation_id = delivery.message.correlation_id
    if files := overlooked(workspace, documents):
        logger.warning("Files without a result taken up", extra={"files": len(files)})
        announce(
            [AnnounceInbound(merchant=workspace.merchant, correlation_id=correlation_id, key=key) for key in files]
        )
    waiting = [] if workspace.rehearsing else workspace.notices.open()
    if not waiting:
        return 0
    at_warehouse, closed = workspace.warehouse.notices, 0
    listed = at_warehouse.list()
    for record in waiting:
        workspace.deadline.require(STEP)
        there = listed.get(record.tracking_number.casefold()) or at_warehouse.get(record.tracking_number)
        if there is None:
            logger.warning("Notice is gone at the warehouse", extra={"notice": record.tracking_number})
            workspace.notices.save(replace(record, status="deleted"))
        elif there.is_closed:
            others = [one for one in waiting if one is not record]
            received = _received(workspace, record, others, patient=delivery.attempt < _PATIENT_TRIES)
            _write(workspace, documents, received)
            workspace.stock.mark_due(record.announced)
            sync_stock(
                [SyncStock(merchant=workspace.merchant, correlation_id=correlation_id, asked_at=workspace.now())]
            )
            # Last, because everything before it may be repeated after a failure.
            closing = replace(record, status="closed", closed_at=received.closed_at, received=received.received)
            workspace.notices.save(closing)
            workspace.count(Activity.NOTICES_CLOSED)
            logger.info("Notice closed", extra={"notice": record.tracking_number, "received": received.summary()})
            closed += 1
    return closed


def _received(workspace: Workspace, record: NoticeRecord, others: list[NoticeRecord], *, patient: bool) -> Received:
    """What the warehouse has booked in of the notice's products since the shipping.

    Raises:
        MalformedAnswer: a transaction cannot be read, and it is too early to close without the receipts. Half a list
            would mislead.
    """
    now = workspace.now()
    shipped = datetime.combine(record.date_shipped, time.min, UTC) if record.date_shipped else None
    since = min(one for one in (shipped, record.created_at, now) if one is not None)
    folded = {Sku(sku): sku for sku in record.announced}
    shared = {Sku(sku) for other in others for sku in other.announced} & folded.keys()
    arrived: Counter[str] = Counter()
    received: dict[str, int] | None
    movements = workspace.warehouse.movements
    try:
        codes = known_codes(workspace)
        skus = sorted(record.announced)
        for first in range(0, len(skus), _SKUS_AT_ONCE):
            page, more = 1, True
            while more:
                some = skus[first : first + _SKUS_AT_ONCE]
                answer = movements.page(since, now + timedelta(hours=1), page, products=some)
                if answer.unreadable:
                    raise MalformedAnswer("bibi inventory_transactions", "a transaction cannot be read")
                for one in answer.movements:
                    if is_receipt(one, codes) and Sku(one.sku) in folded:
                        arrived[folded[Sku(one.sku)]] += one.quantity
                page, more = page + 1, answer.more
    except AuthenticationError:
        raise
    except (PermanentError, MalformedAnswer) as error:  # the path is assumed; the stock is synced anyway
        if patient and isinstance(error, MalformedAnswer):
            raise
        logger.warning("Receipts not read", extra={"notice": record.tracking_number, "error": str(error)})
        received = None
    else:
        received = {sku: arrived[sku] for sku in record.announced}
    return Received(record.tracking_number, now, record.announced, received, frozenset(shared))


def _write(workspace: Workspace, documents: Documents, received: Received) -> None:
    """The list next to the files, as JSON and for a spreadsheet."""
    key = received_key(workspace.merchant, received.tracking_number)
    documents.put(key + RECEIVED, received.to_json(workspace.settings.language), "application/json")
    documents.put(key + RECEIVED_CSV, received.to_csv(), "text/csv; charset=utf-8")


def received_key(merchant: str, tracking_number: str) -> str:
    """The key of a notice's list, without its ending. A slash in the number would create a folder."""
    return f"{PREFIX}{merchant}/{re.sub(r'[^A-Za-z0-9._-]+', '_', tracking_number)}"


def overlooked(workspace: Workspace, documents: Documents) -> list[str]:
    """Keys of the older files without a result of their content; the oldest first."""
    found = {one.key: one for one in documents.list(f"{PREFIX}{workspace.merchant}/")}
    before = workspace.now() - OVERLOOKED_AFTER
    waiting = [
        one
        for key, one in found.items()
        if merchant_of(key) == workspace.merchant
        and one.changed_at < before
        and (key + RESULT not in found or found[key + RESULT].changed_at < one.changed_at)
    ]
    return [one.key for one in sorted(waiting, key=lambda one: one.changed_at)[:_MOST_FILES]]
