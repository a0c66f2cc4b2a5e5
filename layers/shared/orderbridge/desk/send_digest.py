"""Report once a day what happened to a merchant's orders.

A digest is claimed before it is sent, so that a repeated message sends it once. The claim is given back if SNS
certainly did not take it. After a crash in between, it is unsent or sent once, never twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.desk.digest_report import LISTED
from orderbridge.desk.digest_text import Digest, DigestOrder, Promises, report, subject
from orderbridge.desk.digest_week import DAYS, Week, ends_a_week
from orderbridge.desk.open_promises import open_promises
from orderbridge.desk.reconcile import reconcile
from orderbridge.desk.troubles.open_orders import OPEN_TOO_LONG, is_open_too_long
from orderbridge.inbound.results import Received
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.promise import Standing, last_day
from orderbridge.platform.errors import NotSent, RetryableError, UpstreamError
from orderbridge.platform.observability import logger
from orderbridge.stock.movements import Correction

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.figures.view import FiguresView
    from orderbridge.inbound.notice_records import InboundNotices
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import SendDigest
    from orderbridge.ledger.problem import Language
    from orderbridge.ledger.record import OrderSummary

COMPARED: Final = timedelta(days=3)
"""The period that is compared with Billbee and the warehouse."""
_PATIENT_TRIES: Final = 3
"""For how many deliveries the comparison is required; then the digest is sent without it."""
_SENDING_TAKES: Final = 50.0
"""Seconds that must be left of the invocation to send, with repetitions and their time-outs."""

Publish = Callable[[str, str, Mapping[str, str]], None]
"""Sends subject, text and attributes to the topic. Raises NotSent."""


def send_digest(
    workspace: Workspace, delivery: Delivery[SendDigest], *, publish: Publish, figures: FiguresView, board_url: str = ""
) -> bool:
    """Send the digest of the UTC day before the message's, and keep it for the board. Returns whether it was sent now.
    Rehearsals have no digest.

    Args:
        board_url: where the board is; empty if there is none.

    Raises:
        NotSent: SNS did not take it; it is not claimed any more.
        RetryableError: a vendor cannot be asked now, or the time is up.
    """
    digests = workspace.digests
    day = delivery.message.asked_at.astimezone(UTC).date() - timedelta(days=1)
    if workspace.rehearsing or digests.is_claimed(day):
        return False
    digest = _digest(workspace, figures, day, patient=delivery.attempt < _PATIENT_TRIES)
    workspace.deadline.require(_SENDING_TAKES)
    if not digests.claim(day):
        return False
    language = workspace.settings.language
    told = report(digest, language)
    link = f"{board_url.rstrip('/')}/digests/{workspace.merchant}/{day}" if board_url else ""
    try:
        publish(subject(digest, language), told.as_text(link), {"merchant": workspace.merchant})
    except NotSent:
        digests.release(day)
        raise
    digests.confirm(day, told)
    logger.info("Digest sent", extra={"day": str(day), "subject": subject(digest)})
    return True


def _digest(workspace: Workspace, figures: FiguresView, day: date, *, patient: bool) -> Digest:
    merchant, ledger, now = workspace.merchant, workspace.ledger, workspace.now()
    counts = {one.date: one.counts for one in workspace.usage.days(merchant, day)}.get(day, Counter[str]())
    began = datetime.combine(day, time.min, UTC)
    ended = began + timedelta(days=1)  # orders rejected since then are in the next digest
    rejected_orders = (
        one for one in ledger.ended_orders(merchant, Status.REJECTED, since=began) if one.shelved_at < ended
    )
    rejected, not_named = _first_of(rejected_orders, LISTED)
    too_old = (one for one in ledger.open_orders(merchant, before=now - OPEN_TOO_LONG) if is_open_too_long(one, now))
    waiting, more_waiting = _first_of(too_old, LISTED)
    return Digest(
        merchant=merchant,
        day=day,
        counts={activity: counts.get(activity, 0) for activity in Activity},
        rejected=[_line(record, now) for record in rejected],
        more_rejected=not_named,
        open_too_long=[_line(record, now) for record in waiting],
        more_open_too_long=more_waiting,
        disagreements=_disagreements(workspace, patient=patient),
        arrived=arrived(workspace.notices, day, workspace.settings.language),
        low=_low(workspace),
        corrections=_corrections(workspace, day) if workspace.settings.stock.movements else None,
        promises=_promises(workspace, now) if workspace.settings.promise.enabled else None,
        week=_week(merchant, figures, day) if ends_a_week(day) else None,
    )


def _low(workspace: Workspace) -> list[str]:
    if not workspace.settings.stock.tell_low:
        return []
    return [one.in_words(workspace.settings.language) for one in workspace.low_stock.all()]


def _promises(workspace: Workspace, now: datetime) -> Promises:
    """The open orders whose last day is over, the latest first, and how many have it today (R42)."""
    calendar = workspace.settings.promise
    found = open_promises(workspace.ledger, workspace.merchant, calendar, now)
    late = [one for one in found if one.standing is Standing.LATE]
    named = [(_line(one.order, now), last_day(calendar, one.by)) for one in late[:LISTED]]
    at_risk = sum(one.standing is Standing.AT_RISK for one in found)
    return Promises(named, len(late) - len(named), at_risk)


def _week(merchant: str, figures: FiguresView, last: date) -> Week:
    first, week = last - timedelta(days=DAYS - 1), timedelta(days=DAYS)
    return Week(figures.total([merchant], first, last), figures.total([merchant], first - week, last - week))


def arrived(notices: InboundNotices, day: date, language: Language) -> list[str]:
    """The notices that were closed on the day, each with what was received."""
    return [
        Received(one.tracking_number, one.closed_at, one.announced, one.received).summary(language)
        for one in notices.all()
        if one.closed_at is not None and one.closed_at.astimezone(UTC).date() == day
    ]


def _disagreements(workspace: Workspace, *, patient: bool) -> list[str] | None:
    """The differences between Billbee, the ledger and the warehouse; None if they cannot be compared."""
    try:
        findings = reconcile(workspace, since=workspace.now() - COMPARED)
    except UpstreamError as error:
        if patient and isinstance(error, RetryableError):
            raise
        logger.warning("Not compared for the digest", extra={"error": str(error)})
        return None
    return [f"{one.what} → {one.repair}" if one.repair else one.what for one in findings]


def _corrections(workspace: Workspace, day: date) -> dict[str, Counter[Correction]]:
    """What the warehouse corrected on a day, in pieces. Damaged pieces count whatever their sign."""
    began = datetime.combine(day, time.min, UTC)
    found: dict[str, Counter[Correction]] = {}
    for moves in workspace.movements.notable_since(began):
        for note in moves.notable:
            if note.effect is not None and note.at.date() == day:
                count = abs(note.quantity) if note.effect is Correction.DAMAGE else note.quantity
                found.setdefault(moves.sku, Counter())[note.effect] += count
    return found


def _line(record: OrderSummary, now: datetime) -> DigestOrder:
    return DigestOrder(
        record.billbee_id, record.shop_number, record.status, (now - record.shelved_at).days, record.reason
    )


def _first_of(orders: Iterable[OrderSummary], at_most: int) -> tuple[list[OrderSummary], int]:
    """The first orders, and the number of the others."""
    left = iter(orders)
    first = list(islice(left, at_most))
    return first, sum(1 for _ in left)
