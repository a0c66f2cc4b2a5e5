"""Troubles: what can be wrong with a merchant, how bad that is, and what has changed since the last look (R33)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from orderbridge.desk.wording import Words

EVERYBODY: Final = "*"
"""The merchant of a trouble about all merchants; no merchant can have this name."""
OVER_AFTER: Final = timedelta(minutes=30)
"""A trouble is over when it has not been seen for so long, so one that comes and goes is told once."""


class TroubleKind(StrEnum):
    """The kinds of trouble. Each has a section in docs/runbook.md."""

    BROKEN = "merchant-broken"
    VANISHED = "merchant-vanished"
    VENDOR_DOWN = "vendor-down"
    JOB_OVERDUE = "job-overdue"
    ORDERS_SILENT = "orders-silent"
    TRACKING_SILENT = "tracking-silent"
    ORDERS_LATE = "orders-late"
    OPEN_TOO_LONG = "orders-open-too-long"
    PROMISE_BROKEN = "promise-broken"
    HELD_FOR_BILLING = "orders-held-for-billing"
    DRIFT = "vendor-drift"
    UNKNOWN_PREFIX = "unknown-prefix"
    UNKNOWN_SETTINGS = "unknown-settings"
    NOT_WRITTEN = "orders-not-written"
    QUARANTINED = "orders-quarantined"
    MISPICK = "suspected-mispick"
    OUT_OF_STOCK = "out-of-stock"
    LOW_STOCK = "low-stock"
    NOT_WATCHED = "not-watched"
    ALL_PAUSED = "all-paused"


class Severity(StrEnum):
    """How bad a trouble is; the worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"


SEVERITY: Final[Mapping[TroubleKind, Severity]] = {
    # Orders, parcels or money stop until a person acts.
    TroubleKind.BROKEN: Severity.CRITICAL,
    TroubleKind.VANISHED: Severity.CRITICAL,
    TroubleKind.VENDOR_DOWN: Severity.CRITICAL,
    TroubleKind.JOB_OVERDUE: Severity.CRITICAL,
    TroubleKind.ORDERS_LATE: Severity.CRITICAL,
    TroubleKind.UNKNOWN_PREFIX: Severity.CRITICAL,
    TroubleKind.NOT_WRITTEN: Severity.CRITICAL,
    TroubleKind.QUARANTINED: Severity.CRITICAL,
    # Something may be wrong, at the shop, at the warehouse or here.
    TroubleKind.ORDERS_SILENT: Severity.WARNING,
    TroubleKind.TRACKING_SILENT: Severity.WARNING,
    TroubleKind.OPEN_TOO_LONG: Severity.WARNING,
    TroubleKind.PROMISE_BROKEN: Severity.WARNING,
    TroubleKind.HELD_FOR_BILLING: Severity.WARNING,
    TroubleKind.MISPICK: Severity.WARNING,
    TroubleKind.OUT_OF_STOCK: Severity.WARNING,
    TroubleKind.NOT_WATCHED: Severity.WARNING,
    TroubleKind.ALL_PAUSED: Severity.WARNING,
    # Nothing is delayed.
    TroubleKind.LOW_STOCK: Severity.NOTICE,
    TroubleKind.DRIFT: Severity.NOTICE,
    TroubleKind.UNKNOWN_SETTINGS: Severity.NOTICE,
}


@dataclass(frozen=True)
class Trouble:
    """A trouble of a merchant: what is wrong, since when, and what to do.

    Attributes:
        words: what is wrong.
        advice: what to do.
        count: how many jobs or orders are affected.
        about: distinguishes it from others of its kind, e.g. a job; empty if there can be only one.
        since: when the watch first saw it; None if it has not yet.
    """

    merchant: str
    kind: TroubleKind
    words: Words
    advice: Words
    count: int = 1
    about: str = ""
    since: datetime | None = None

    @property
    def what(self) -> str:
        return self.words.say()

    @property
    def remedy(self) -> str:
        return self.advice.say()

    @property
    def key(self) -> str:
        """Identifies it, whatever its count and wording. Unique for one merchant."""
        return f"{self.kind} {self.about}".strip()

    @property
    def severity(self) -> Severity:
        return SEVERITY[self.kind]


@dataclass(frozen=True)
class Known:
    """A trouble that was told, as it was last seen.

    Attributes:
        kind: as text, because it may be one of a newer release.
        since: when it was seen first.
        gone_at: when it was first missed; None while it is there.
        german: the part of ``what`` that is not noted, in German; empty if an earlier release noted it.
        noted: the part of ``what`` that is there in English only.
    """

    kind: str
    about: str
    what: str
    since: datetime
    gone_at: datetime | None = None
    count: int = 1
    german: str = ""
    noted: str = ""

    @property
    def words(self) -> Words:
        if not self.german:
            return Words(self.what, "")
        return Words(self.what.removesuffix(self.noted).removesuffix(": "), self.german, self.noted)


@dataclass(frozen=True)
class Change:
    """A trouble that is new, or over."""

    merchant: str
    kind: TroubleKind
    about: str
    what: str
    since: datetime
    remedy: str = ""
    ended_at: datetime | None = None
    count: int = 1
    german: str = ""
    noted: str = ""

    @property
    def severity(self) -> Severity:
        return SEVERITY[self.kind]

    @property
    def key(self) -> str:
        return f"{self.kind} {self.about}".strip()

    @property
    def state(self) -> str:
        return "new" if self.ended_at is None else "ended"


def changes(
    merchant: str, known: Mapping[str, Known], seen: Iterable[Trouble], now: datetime, judged: Collection[TroubleKind]
) -> tuple[list[Change], dict[str, Known]]:
    """The new and the ended troubles of a merchant, and what is known while none of these changes has been told.

    Args:
        known: by key.
        seen: the troubles that the merchant has now.
        judged: the kinds that were looked for. A missing trouble of another kind is not over.
    """
    there = {trouble.key: trouble for trouble in seen}
    found = [
        Change(
            merchant,
            trouble.kind,
            trouble.about,
            trouble.what,
            now,
            trouble.remedy,
            count=trouble.count,
            german=trouble.words.german,
            noted=trouble.words.noted,
        )
        for key, trouble in there.items()
        if key not in known
    ]
    kept = {}
    for key, one in known.items():
        if key in there:
            seen_now = there[key]
            german, noted = seen_now.words.german, seen_now.words.noted
            kept[key] = replace(one, what=seen_now.what, german=german, noted=noted, count=seen_now.count, gone_at=None)
        elif one.kind not in judged:  # not looked for now, or of a newer release
            kept[key] = one
        else:
            gone_at = one.gone_at or now
            kept[key] = replace(one, gone_at=gone_at)
            if now - gone_at >= OVER_AFTER:
                found.append(Change(merchant, TroubleKind(one.kind), one.about, one.what, one.since, ended_at=gone_at))
    return found, kept


def known_after(change: Change, known: Mapping[str, Known]) -> dict[str, Known]:
    """What is known once a change was told."""
    if change.ended_at is not None:
        return {key: one for key, one in known.items() if key != change.key}
    told = Known(
        change.kind,
        change.about,
        change.what,
        change.since,
        count=change.count,
        german=change.german,
        noted=change.noted,
    )
    return {**known, change.key: told}
