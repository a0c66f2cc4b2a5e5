"""What the daily digest says: a merchant's day in plain text, short enough for a phone, in English or German."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.activity import Activity
from orderbridge.stock.movements import Correction

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Language

LONGEST_SUBJECT: Final = 100
LISTED: Final = 20
"""How many orders of one kind are listed; the rest is counted."""


@dataclass(frozen=True)
class DigestOrder:
    """An order that needs attention. ``shop_number``: the number that its customer knows."""

    billbee_id: int
    shop_number: str | None
    status: Status
    days: int
    reason: str | None


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
    if digest.disagreements:
        parts.append(f"{len(digest.disagreements)} {'Unstimmigkeiten' if german else 'disagreements'}")
    ending = f": {', '.join(parts)}"
    name = f"orderbridge {digest.merchant}"[: LONGEST_SUBJECT - len(ending)]
    return (name + ending)[:LONGEST_SUBJECT].encode("ascii", "replace").decode()


def text(digest: Digest, language: Language = "en") -> str:
    """The whole digest."""
    german = language == "de"
    day = f"{digest.day:%d.%m.%Y}" if german else f"{digest.day:%Y-%m-%d}"
    lines = [f"{digest.merchant}, {day} (UTC)", ""]
    for activity, words in _COUNTED.items():
        count = digest.counts.get(activity, 0)
        if count or activity in _ALWAYS:
            lines.append(f"{words[german]}: {count}")
    rejected = [_rejected(order) for order in digest.rejected]
    lines += _section(
        "Seither abgelehnt, nicht korrigiert" if german else "Rejected since, not fixed",
        rejected,
        german=german,
        more=digest.more_rejected,
    )
    waiting = [_waiting(order, german=german) for order in digest.open_too_long]
    title = "Seit über 2 Tagen offen" if german else "Open for more than 2 days"
    lines += _section(title, waiting, german=german, more=digest.more_open_too_long)
    if digest.arrived:
        title = "Im Lager eingegangene Lieferungen" if german else "Shipments received at the warehouse"
        lines += _section(title, digest.arrived, german=german)
    if digest.low:
        lines += _section("Bestand wird knapp" if german else "Low stock", digest.low, german=german)
    title = "Unstimmigkeiten der letzten 3 Tage" if german else "Disagreements of the last 3 days"
    if digest.disagreements is None:
        lines += ["", f"{title}: {'Abgleich war nicht möglich' if german else 'they could not be compared'}"]
    else:
        lines += _section(title, digest.disagreements, german=german)
    if digest.corrections is not None:
        title = "Bestand im Lager korrigiert" if german else "Stock corrected at the warehouse"
        lines += _section(title, _corrections(digest.corrections, german=german), german=german)
    return "\n".join(lines) + "\n"


def _section(title: str, entries: Sequence[str], *, german: bool, more: int = 0) -> list[str]:
    count = len(entries) + more
    lines = ["", f"{title}: {count}", *(f"- {entry}" for entry in entries[:LISTED])]
    if count > LISTED:
        lines.append(f"… {'und weitere' if german else 'and more'}: {count - LISTED}")
    return lines


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
    status = (_STATUSES if german else _ENGLISH).get(order.status, order.status.value)
    days = f"{order.days} {'Tage' if german else 'days'}"
    reason = f". {order.reason}" if order.reason else ""
    return f"{_number(order)}: {status}, {days}{reason}"


def _number(order: DigestOrder) -> str:
    if not order.shop_number or order.shop_number == str(order.billbee_id):
        return str(order.billbee_id)
    return f"{order.shop_number} ({order.billbee_id})"
