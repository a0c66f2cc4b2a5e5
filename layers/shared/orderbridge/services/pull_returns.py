"""Tell the shop what came back to the warehouse, each return once (R17)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from orderbridge.domain import problems
from orderbridge.domain.carriers import Carrier
from orderbridge.domain.tracking import ReturnedPieces
from orderbridge.errors import LedgerConflict, NotFound, Refused
from orderbridge.observability import logger, meter
from orderbridge.queues.deliveries import Delivery
from orderbridge.queues.messages import PullReturns
from orderbridge.services.notices import tell
from orderbridge.services.workspace import Workspace
from orderbridge.stores.cursors import PageCursor
from orderbridge.stores.ledger import LedgerOrder

OVERLAP: Final = timedelta(days=2)
"""Returns are entered by hand, with their own dates; each is told once whatever the overlap."""
FIRST_LOOK: Final = timedelta(days=30)
_JOB: Final = "pull-returns"


def pull_returns(workspace: Workspace, delivery: Delivery[PullReturns]) -> int:
    """Read the returns since the last run and tell the shop; gives how many were told."""
    if workspace.rehearsing:
        return 0
    started = workspace.now()
    last = workspace.cursors.pages(_JOB).completed_at
    since = last - OVERLAP if last else started - FIRST_LOOK
    told, page, more = 0, 1, True
    while more:
        answer = workspace.bibi.returns(since, started + timedelta(hours=1), page)
        told += _tell_all(workspace, answer.returned)
        page, more = page + 1, answer.more
    workspace.cursors.set_pages(_JOB, PageCursor(1, started))
    return told


def _tell_all(workspace: Workspace, returned: Iterable[ReturnedPieces]) -> int:
    by_number: dict[str, list[ReturnedPieces]] = {}
    for one in returned:
        by_number.setdefault(one.order_number, []).append(one)
    told = 0
    records = workspace.ledger.of_numbers(workspace.merchant, by_number, by_id=workspace.rules.number_is_billbee_id)
    for number, record in records.items():
        current = record
        for one in by_number[number]:
            if current.notices.get(_kind(one)):
                continue
            try:
                current = _tell(workspace, current, one)
            except LedgerConflict:
                break  # another worker is at this order; the next run tells
            told += 1
    meter.count("ReturnsTold", told)
    return told


def _tell(workspace: Workspace, record: LedgerOrder, one: ReturnedPieces) -> LedgerOrder:
    """As a shipment of type return where there is a tracking number, else as a message and a tag."""
    kind = _kind(one)
    maybe_told = kind in record.notices
    if not maybe_told:
        record = workspace.ledger.note(record, notices={**record.notices, kind: False})
    problem = problems.came_back(one.quantity, one.sku, one.reason, one.disposition)
    if not one.tracking_number:
        text = problem.say(workspace.settings.language)
        return tell(workspace, record, kind, text, workspace.tags.returned, maybe_told=maybe_told)
    try:
        _post(workspace, record.billbee_id, one.tracking_number, problem.text, maybe_posted=maybe_told)
    except (NotFound, Refused) as error:
        logger.warning("Return not posted", extra={"order_id": record.billbee_id, "error": str(error)})
    return workspace.ledger.note(
        record, why=problem.text, call="billbee add shipment", notices={**record.notices, kind: True}
    )


def _post(workspace: Workspace, billbee_id: int, tracking_number: str, comment: str, *, maybe_posted: bool) -> None:
    if maybe_posted and tracking_number in workspace.billbee.order(billbee_id).return_tracking_numbers:
        return
    workspace.billbee.add_shipment(billbee_id, tracking_number, Carrier(), comment, is_return=True)


def _kind(one: ReturnedPieces) -> str:
    return f"return:{one.key}"
