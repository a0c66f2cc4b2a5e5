"""Setting an order aside that met an unexpected error, so that the merchant's other orders go on (R31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.defects import report, told
from orderbridge.domain.defect import met
from orderbridge.errors import LedgerConflict
from orderbridge.observability import logger

if TYPE_CHECKING:
    from orderbridge.services.workspace import Workspace
    from orderbridge.stores.ledger import LedgerOrder


def set_aside(workspace: Workspace, record: LedgerOrder, error: Exception, job: str, **changes: object) -> LedgerOrder:
    """Note the error in an order's record: it is tried again later, or quarantined.

    Args:
        record: as it stands in the table, or with a move that is still to be written.
        changes: what else changes in the record.

    Raises:
        LedgerConflict: another worker has moved the order.
        Unwritable: the table refuses the record.
    """
    what = report(error, order_id=record.billbee_id)
    defect = met(record.defect, what, job, workspace.now())
    then = "quarantined" if defect.is_final else f"tried again after {defect.wait(workspace.now()):.0f} seconds"
    return workspace.ledger.note(record, why=f"unexpected error: {what}; {then}", call=job, defect=defect, **changes)


def set_aside_latest(workspace: Workspace, record: LedgerOrder, error: Exception, job: str) -> LedgerOrder | None:
    """The same for a job that goes on with other orders whatever happens: the record is read again before.

    None where nothing could be noted; the order then counts as not tried.
    """
    try:
        latest = workspace.ledger.get(record.merchant, record.billbee_id)
        return None if latest is None else set_aside(workspace, latest, error, job)
    except Exception as second:  # noqa: BLE001  the others go on
        logger.warning("Defect not noted", extra={"order_id": record.billbee_id, "error": told(second)})
        return None


def recovered(workspace: Workspace, record: LedgerOrder, job: str) -> LedgerOrder:
    """Forget the errors of a job that has now succeeded with the order."""
    if record.defect is None or record.defect.is_final or record.defect.job != job:
        return record
    try:
        return workspace.ledger.note(record, defect=None)
    except LedgerConflict:  # counts as one error more at the most
        return record
