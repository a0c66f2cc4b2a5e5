"""Sets an order aside that met an unexpected error, so that the merchant's other orders continue (R31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.ledger.defect import WAITS, met
from orderbridge.platform.defects import is_defect, loggable, report
from orderbridge.platform.errors import LedgerConflict, RetryableError
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Unwritable

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.jobs.ports import Workspace
    from orderbridge.ledger.record import LedgerOrder, OrderSummary


def set_aside(
    workspace: Workspace, record: LedgerOrder, error: Exception, job: str, *, settles_at: datetime | None = None
) -> LedgerOrder:
    """Note the error in an order's record: it is tried again later, or quarantined.

    Args:
        record: as it is in the table, or with a move that is still to be written.
        settles_at: until when a call for the order may still land, if one was begun.

    Raises:
        LedgerConflict: another worker has changed the order.
        Unwritable: the table refuses the record.
    """
    what = report(error, order_id=record.billbee_id)
    defect = met(record.defect, what, job, workspace.now())
    if defect.is_final:  # before the write, so that the watch knows of it even after a crash in between
        workspace.health.look_soon(record.merchant)
    then = "quarantined" if defect.is_final else f"tried again after {defect.wait(workspace.now()):.0f} seconds"
    why = f"unexpected error: {what}; {then}"
    until = record.settles_at if settles_at is None else settles_at
    return workspace.ledger.note(record, why=why, call=job, defect=defect, settles_at=until)


class ComesAgain(RetryableError):
    """Bring the job back for orders that wait after an unexpected error; quarantined ones are done."""

    def __init__(self, job: str, wait: float) -> None:
        super().__init__(job, "an order waits after an unexpected error", retry_after=max(1.0, wait))


def is_passed_over(workspace: Workspace, record: LedgerOrder) -> bool:
    """Whether an order is quarantined, or waits after an unexpected error."""
    return record.is_quarantined or waits(workspace, record) > 0


def waits(workspace: Workspace, record: LedgerOrder) -> float:
    """Seconds until an order may be tried again."""
    return record.defect.wait(workspace.now()) if record.defect is not None else 0.0


def put_aside(workspace: Workspace, order: OrderSummary, error: Exception, job: str) -> ComesAgain | None:
    """Set an order aside for a job that continues with others. Returns the error that brings the job back for it, if
    any.

    The order's record is read again first, because the job may have changed it. Errors that are no defects are raised.
    """
    if not is_defect(error):
        raise error
    try:
        latest = workspace.ledger.get(order.merchant, order.billbee_id)
        assert latest is not None, "an order is forgotten only after its end"
        latest = set_aside(workspace, latest, error, job)
    except Unwritable:
        workspace.note_unwritable([order.billbee_id])
        return None
    except Exception as second:  # noqa: BLE001  the others continue
        logger.warning("Defect not noted", extra={"order_id": order.billbee_id, "error": loggable(second)})
        return ComesAgain(job, WAITS[0])
    return None if latest.is_quarantined else ComesAgain(job, waits(workspace, latest))


def recovered(workspace: Workspace, record: LedgerOrder, job: str) -> LedgerOrder:
    """Forget the errors of a job that has now succeeded with the order."""
    if record.defect is None or record.defect.is_final or record.defect.job != job:
        return record
    try:
        return workspace.ledger.note(record, defect=None)
    except LedgerConflict:  # counts as at most one more error
        return record
