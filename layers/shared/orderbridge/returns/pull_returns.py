"""Tell the shop what came back to the warehouse, each return once (R17)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.effects.executor import say, say_open
from orderbridge.jobs.set_aside import ComesAgain, put_aside, recovered, waits
from orderbridge.ledger.effects import message, return_parcel
from orderbridge.ledger.told import RETURN
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.cursors import PageCursor
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import (
    LedgerConflict,
    MalformedAnswer,
    NotFound,
    Refused,
    RetryableError,
    ServerError,
    UnknownOutcome,
)
from orderbridge.platform.observability import logger
from orderbridge.platform.patience import Patience
from orderbridge.platform.table import Unwritable
from orderbridge.platform.texts import masked
from orderbridge.returns import problems as return_problems
from orderbridge.tracking.follow_shipments import follow_shipments

if TYPE_CHECKING:
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import PullReturns
    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.returns.ports import Workspace
    from orderbridge.returns.returned_pieces import ReturnedPieces

OVERLAP: Final = timedelta(days=2)
"""Overlap, because returns are entered by hand with their own dates; each is told once."""
FIRST_LOOK: Final = timedelta(days=30)
_JOB: Final = "pull-returns"


def pull_returns(workspace: Workspace, delivery: Delivery[PullReturns]) -> int:
    """Read the returns since the last run and tell the shop. Returns how many were told."""
    if workspace.rehearsing:
        return 0
    started = workspace.now()
    last = workspace.cursors.pages(_JOB).completed_at
    since = last - OVERLAP if last else started - FIRST_LOOK
    telling = _Telling(workspace)
    page, more = 1, True
    while more:
        answer = workspace.warehouse.returns(since, started + timedelta(hours=1), page)
        telling.tell_all(answer.returned)
        page, more = page + 1, answer.more
    if telling.put_aside is not None:
        raise telling.put_aside  # the cursor stays, and the message comes again for the rest
    workspace.cursors.set_pages(_JOB, PageCursor(1, started))
    return telling.told


class _Telling:
    """Tells page after page. A return that fails is put aside; the others continue."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self._patience = Patience()
        self.told = 0
        self.put_aside: RetryableError | UnknownOutcome | None = None

    def tell_all(self, returned: Iterable[ReturnedPieces]) -> None:
        by_number: dict[OrderNumber, list[ReturnedPieces]] = {}
        for one in returned:
            by_number.setdefault(one.order_number, []).append(one)
        by_id = self._ws.settings.bibi.number_is_billbee_id
        for number, record in self._ws.ledger.of_numbers(self._ws.merchant, by_number, by_id=by_id).items():
            self._ws.deadline.require(STEP)
            if record.is_quarantined:
                continue
            if (wait := waits(self._ws, record)) > 0:
                self.put_aside = self.put_aside or ComesAgain(_JOB, wait)
                continue
            try:
                recovered(self._ws, self._tell_of(record, by_number[number]), _JOB)
            except LedgerConflict as conflict:
                logger.warning("Return put aside", extra={"order_id": record.billbee_id, "error": str(conflict)})
                self.put_aside = self.put_aside or RetryableError("pull returns", str(conflict))
            except Unwritable:
                self._ws.note_unwritable([record.billbee_id])
            except (RetryableError, UnknownOutcome) as error:
                if self._patience.is_over(error):
                    raise
                logger.warning("Return put aside", extra={"order_id": record.billbee_id, "error": str(error)})
                self.put_aside = error
            except Exception as error:  # noqa: BLE001  other errors are raised
                self.put_aside = self.put_aside or put_aside(self._ws, record, error, _JOB)
            else:
                self._patience.went_well()

    def _tell_of(self, record: LedgerOrder, returned: Iterable[ReturnedPieces]) -> LedgerOrder:
        returned = tuple(returned)
        record = say_open(self._ws, _with_words(self._ws, record, returned))
        new = [one for one in returned if _key(one) not in record.told | record.unsaid]
        if any(not one.tracking_number for one in new):
            record = _look_for_parcels(self._ws, record)
        for one in new:
            effects = _effects(self._ws, one)
            self._ws.returned.note(record.billbee_id, one)
            # An adopted order may have been told by the lost ledger.
            record = say(self._ws, record, *effects, in_doubt=record.adopted, activity=Activity.RETURNS)
            self.told += 1
        return record


def _with_words(workspace: Workspace, record: LedgerOrder, returned: Iterable[ReturnedPieces]) -> LedgerOrder:
    """Adds the warehouse's words to what an interrupted run had only intended to say, because the record lacks them."""
    if not record.effects:
        return record
    known = {effect.key: effect.aloud for one in returned for effect in _effects(workspace, one)}
    effects = tuple(replace(effect, aloud=known.get(effect.key)) for effect in record.effects)
    return replace(record, effects=effects)


def _effects(workspace: Workspace, one: ReturnedPieces) -> tuple[Effect, ...]:
    """As a shipment of type return if there is a tracking number, otherwise as a message and a tag."""
    key, words, language = _key(one), (one.reason, one.disposition), workspace.settings.language
    aloud = return_problems.came_back(one.quantity, one.sku, *words).say(language)
    text = return_problems.came_back(one.quantity, one.sku, *map(masked, words)).say(language)
    if one.tracking_number:
        return (return_parcel(key, one.tracking_number, text, aloud=aloud),)
    return message(key, text, workspace.tags.returned, aloud=aloud)


def _look_for_parcels(workspace: Workspace, record: LedgerOrder) -> LedgerOrder:
    """Post the parcels in which something came back. `listReturns` has no tracking numbers, but the shipments have. If
    those cannot be read, the return is told anyway.
    """
    try:
        shown = workspace.warehouse.shipments(record.number)
    except (NotFound, Refused, MalformedAnswer, ServerError) as error:
        logger.warning("Return parcels not known", extra={"order_id": record.billbee_id, "error": str(error)})
        return record
    return follow_shipments(workspace, record, shown)


def _key(one: ReturnedPieces) -> str:
    return f"{RETURN}{one.key}"
