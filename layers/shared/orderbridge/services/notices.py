"""Telling the merchant something about an order, once: a message and a tag on the Billbee order.

A message cannot be repeated and a tag can, so the ledger notes the intention first; where it is not certain that the
message was posted,
the order's own comments are read before it is posted again.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.errors import NotFound, Refused, RetryableError, UnknownOutcome
from orderbridge.observability import logger

if TYPE_CHECKING:
    from orderbridge.domain.order import Order
    from orderbridge.services.workspace import Workspace
    from orderbridge.stores.ledger import LedgerOrder

REJECTED = "rejected"
RETRIED = "retried"
"""No notice to the merchant: an operator had the order sent whatever its received or rejected tag says."""
SETTLES_AFTER_TIMEOUT: Final = timedelta(seconds=30)
"""How long something posted without an answer may still land at Billbee."""


def tell(workspace: Workspace, record: LedgerOrder, kind: str, text: str, *tags: str, maybe_told: bool) -> LedgerOrder:
    """Post the message, then the tags, then note that it is done.

    Args:
        kind: names the notice in the ledger, where it must be noted as intended already.
        maybe_told: an earlier attempt may have posted the message.

    Raises:
        UpstreamError: as the calls do; then call again with ``maybe_told``.
    """
    if maybe_told:
        wait_until_settled(workspace, record, "billbee add message")
    try:
        if not (maybe_told and _was_told(workspace, record.billbee_id, text)):
            _add_message(workspace, record.billbee_id, text)
        if tags:
            workspace.billbee.add_tags(record.billbee_id, *tags)
    except UnknownOutcome as error:
        note_unsettled(workspace, record, error)
        raise
    except (NotFound, Refused) as error:
        # The order is gone or archived: there is nobody left to tell.
        logger.warning("Notice not posted", extra={"order_id": record.billbee_id, "error": str(error)})
    return workspace.ledger.note(
        record,
        why=f"told the merchant: {kind}",
        call="billbee add message",
        notices={**record.notices, kind: True},
    )


def _add_message(workspace: Workspace, billbee_id: int, text: str) -> None:
    """Post a message. Where Billbee refuses the message alone, the tags still tell."""
    try:
        workspace.billbee.add_message(billbee_id, text)
    except Refused as error:
        logger.warning("Message not posted", extra={"order_id": billbee_id, "error": str(error)})


def wait_until_settled(workspace: Workspace, record: LedgerOrder, operation: str) -> None:
    """What was posted without an answer may still land: looking for it too early would post it twice.

    Raises:
        RetryableError: with the time to wait.
    """
    wait = (record.settles_at - workspace.now()).total_seconds() if record.settles_at else 0.0
    if wait > 0:
        raise RetryableError(operation, "an earlier request may still land", retry_after=wait + 1)


def note_unsettled(workspace: Workspace, record: LedgerOrder, error: UnknownOutcome) -> None:
    """Note until when a request without an answer may still land."""
    if error.may_still_land:
        settles_at = workspace.now() + SETTLES_AFTER_TIMEOUT
        workspace.ledger.note(record, why=str(error), call=error.operation, settles_at=settles_at)


def scrubbed(text: str, order: Order | None) -> str:
    """A vendor's words without the buyer's data, fit for the ledger and the logs.

    A vendor may repeat what it was sent in another case or with other white space.
    """
    for personal in order.personal_data() if order is not None else ():
        words = (re.escape(word).replace("ß", "(?:ß|ss)") for word in personal.split())
        text = re.sub(r"\s+".join(words), "…", text, flags=re.IGNORECASE)
    return text


def _was_told(workspace: Workspace, billbee_id: int, text: str) -> bool:
    wanted = " ".join(text.split())
    return any(" ".join(comment.split()) == wanted for comment in workspace.billbee.order(billbee_id).comments)
