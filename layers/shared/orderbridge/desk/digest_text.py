"""What the daily digest says: a merchant's day in plain text, short enough for a phone, in English or German."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from orderbridge.desk.digest_report import LISTED, Report, Section
from orderbridge.desk.digest_week import Week, week_section
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.activity import Activity
from orderbridge.stock.movements import Correction

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language

LONGEST_SUBJECT: Final = 100


@dataclass(frozen=True)
class DigestOrder:
    """An order that needs attention. ``shop_number``: the number that its customer knows."""

    billbee_id: int
    shop_number: str | None
    status: Status
    days: int
    reason: str | None


@dataclass(frozen=True)
class Promises:
    """The open orders by their promise (R42).

    Attributes:
        late, more_late: those whose last day is over, on hold or not: the first ones, each with that day, and how many
            there are beyond them.
        at_risk: how many have their last day today.
    """

    late: Sequence[tuple[DigestOrder, date]]
    more_late: int
    at_risk: int


@dataclass(frozen=True)
class Digest:
    """A merchant's UTC day, and what is wrong at its end.

    Attributes:
        counts: what happened on that day.
        rejected, more_rejected: orders that were rejected since that day began, and still are: the first ones, and how
            many there are beyond them.
        open_too_long, more_open_too_long: in the same way, those that have been open for more than two days.
        disagreements: what a comparison with Billbee and the warehouse found; None if it was not possible.
        corrections: what the warehouse corrected, wrote off or found damaged, by SKU; None if it is not read (R25).
        low: the products that run low, in words, the worst first (R45).
        arrived: the notices that the warehouse closed on that day, and what was received.
        promises: None for a merchant who promises nothing.
        week: on Mondays.
    """

    merchant: str
    day: date
    counts: Mapping[Activity, int]
    rejected: Sequence[DigestOrder]
    open_too_long: Sequence[DigestOrder]
    disagreements: Sequence[str] | None
    corrections: Mapping[str, Mapping[Correction, int]] | None = None
    arrived: Sequence[str] = ()
    low: Sequence[str] = ()
    more_rejected: int = 0
    more_open_too_long: int = 0
    promises: Promises | None = None
    week: Week | None = None


_COUNTED: Final = {
    Activity.IMPORTED: ("Imported", "Importiert"),
    Activity.SUBMITTED: ("Sent to the warehouse", "An das Lager gesendet"),
    Activity.SHIPPED: ("Shipped", "Versandt"),
    Activity.PARCELS: ("Parcels", "Pakete"),
    Activity.REJECTED: ("Rejected", "Abgelehnt"),
    Activity.CHANGED: ("Changed", "Geändert"),
    Activity.CANCELLED: ("Cancelled", "Storniert"),
    Activity.RETURNS: ("Returns", "Retouren"),
    Activity.BILLED: ("Billed as sold", "Abgerechnet wie verkauft"),
    Activity.BILLING_MISMATCHES: ("Billed differently, or not", "Anders oder nicht abgerechnet"),
    Activity.NOTICES_ANNOUNCED: ("Shipments announced to the warehouse", "Lieferungen beim Lager angekündigt"),
}
_EFFECTS: Final = {
    Correction.COUNT: ("count {:+d}", "Zählung {:+d}"),
    Correction.WRITE_OFF: ("written off {:+d}", "ausgebucht {:+d}"),
    Correction.DAMAGE: ("damaged {}", "beschädigt {}"),
}
_ALWAYS: Final = frozenset({Activity.IMPORTED, Activity.SHIPPED, Activity.PARCELS, Activity.REJECTED})
"""Shown even if there were none."""
_STATUSES: Final = {
    Status.QUEUED: "wartet",
    Status.SUBMITTING: "wird gesendet",
    Status.SUBMITTED: "gesendet",
    Status.ACKNOWLEDGED: "beim Lager",
    Status.PARTIALLY_SHIPPED: "teilweise versandt",
    Status.CANCELLING: "wird storniert",
    Status.HELD: "angehalten",
}
_ENGLISH: Final = {
    Status.QUEUED: "waits",
    Status.SUBMITTING: "being sent",
    Status.SUBMITTED: "sent",
    Status.ACKNOWLEDGED: "at the warehouse",
    Status.PARTIALLY_SHIPPED: "partly shipped",
    Status.CANCELLING: "being cancelled",
    Status.HELD: "on hold",
}


def subject(digest: Digest, language: Language = "en") -> str:
    """One line of ASCII with the figures that matter, at most 100 characters."""
    imported, shipped = digest.counts.get(Activity.IMPORTED, 0), digest.counts.get(Activity.SHIPPED, 0)
    german = language == "de"
    parts = [f"{imported} {'importiert' if german else 'imported'}", f"{shipped} {'versandt' if german else 'shipped'}"]
    if rejected := len(digest.rejected) + digest.more_rejected:
        parts.append(f"{rejected} {'abgelehnt' if german else 'rejected'}")
    if too_long := len(digest.open_too_long) + digest.more_open_too_long:
        parts.append(f"{too_long} {'zu lange offen' if german else 'open too long'}")
    if digest.promises is not None and (late := len(digest.promises.late) + digest.promises.more_late):
        parts.append(f"{late} {'verspaetet' if german else 'late'}")
    if digest.disagreements:
        parts.append(f"{len(digest.disagreements)} {'Unstimmigkeiten' if german else 'disagreements'}")
    ending = f": {', '.join(parts)}"
    name = f"orderbridge {digest.merchant}"[: LONGEST_SUBJECT - len(ending)]
    return (name + ending)[:LONGEST_SUBJECT].encode("ascii", "replace").decode()


def text(digest: Digest, language: Language = "en") -> str:
    """The whole digest as text."""
    return report(digest, language).as_text()


def report(digest: Digest, language: Language = "en") -> Report:
    """The whole digest in its parts."""
    german = language == "de"
    day = _day(digest.day, german=german)
    counted = (
        (words[german], digest.counts.get(activity, 0), activity in _ALWAYS) for activity, words in _COUNTED.items()
    )
    counts = tuple(f"{words}: {count}" for words, count, always in counted if count or always)
    return Report(f"{digest.merchant}, {day} (UTC)", counts, tuple(_sections(digest, german=german)))


def _sections(digest: Digest, *, german: bool) -> Iterator[Section]:
    rejected = [_rejected(order) for order in digest.rejected]
    title = "Seither abgelehnt, nicht korrigiert" if german else "Rejected since, not fixed"
    yield _section(title, rejected, german=german, more=digest.more_rejected)
    if digest.promises is not None:
        yield from _promises(digest.promises, german=german)
    waiting = [_waiting(order, german=german) for order in digest.open_too_long]
    title = "Seit über 2 Tagen offen" if german else "Open for more than 2 days"
    yield _section(title, waiting, german=german, more=digest.more_open_too_long)
    if digest.arrived:
        title = "Im Lager eingegangene Lieferungen" if german else "Shipments received at the warehouse"
        yield _section(title, digest.arrived, german=german)
    if digest.low:
        yield _section("Bestand wird knapp" if german else "Low stock", digest.low, german=german)
    title = "Unstimmigkeiten der letzten 3 Tage" if german else "Disagreements of the last 3 days"
    if digest.disagreements is None:
        yield Section(f"{title}: {'Abgleich war nicht möglich' if german else 'they could not be compared'}")
    else:
        yield _section(title, digest.disagreements, german=german)
    if digest.corrections is not None:
        title = "Bestand im Lager korrigiert" if german else "Stock corrected at the warehouse"
        yield _section(title, _corrections(digest.corrections, german=german), german=german)
    if digest.week is not None:
        yield week_section(digest.week, digest.day, german=german)


def _section(title: str, entries: Sequence[str], *, german: bool, more: int = 0) -> Section:
    count = len(entries) + more
    rest = f"… {'und weitere' if german else 'and more'}: {count - LISTED}" if count > LISTED else ""
    return Section(title, count, tuple(entries[:LISTED]), rest)


def _promises(promises: Promises, *, german: bool) -> Iterator[Section]:
    late = [
        f"{_number(order)}: {_status(order, german=german)}, "
        f"{'zugesagt bis' if german else 'promised by'} {_day(last_day, german=german)}"
        for order, last_day in promises.late
    ]
    title = "Nicht wie zugesagt versandt" if german else "Not shipped when promised"
    yield _section(title, late, german=german, more=promises.more_late)
    yield Section("Heute letzter Tag" if german else "Last day today", promises.at_risk)


def _corrections(corrections: Mapping[str, Mapping[Correction, int]], *, german: bool) -> list[str]:
    """A line for each SKU, the most pieces first."""
    by_size = sorted(corrections.items(), key=lambda one: (-sum(abs(count) for count in one[1].values()), one[0]))
    return [
        f"{sku}: " + ", ".join(_EFFECTS[effect][german].format(count) for effect, count in sorted(counts.items()))
        for sku, counts in by_size
    ]


def _rejected(order: DigestOrder) -> str:
    return f"{_number(order)}: {order.reason or '?'}"


def _waiting(order: DigestOrder, *, german: bool) -> str:
    status = _status(order, german=german)
    days = f"{order.days} {'Tage' if german else 'days'}"
    reason = f". {order.reason}" if order.reason else ""
    return f"{_number(order)}: {status}, {days}{reason}"


def _status(order: DigestOrder, *, german: bool) -> str:
    return (_STATUSES if german else _ENGLISH).get(order.status, order.status.value)


def _day(day: date, *, german: bool) -> str:
    return f"{day:%d.%m.%Y}" if german else f"{day:%Y-%m-%d}"


def _number(order: DigestOrder) -> str:
    if not order.shop_number or order.shop_number == str(order.billbee_id):
        return str(order.billbee_id)
    return f"{order.shop_number} ({order.billbee_id})"
