"""What needs a person. An entry stays until what it is about is over, or somebody has acknowledged it by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orderbridge.desk.next_step import is_stuck
from orderbridge.desk.troubles.open_orders import OPEN_TOO_LONG
from orderbridge.desk.troubles.trouble import Severity, Trouble, TroubleKind
from orderbridge.desk.wording import NOTHING, Words
from orderbridge.ledger.lifecycle import HAS_LEFT, OPEN, Status
from orderbridge.ledger.told import CREDIT_NOTE, PIECES_MISSING, Answer, WarehouseEvent
from orderbridge.platform.table import merchant_key

if TYPE_CHECKING:
    from orderbridge.ledger.record import OrderSummary


class Work(StrEnum):
    """Why an entry needs a person, the most urgent first."""

    TROUBLE = "trouble"
    QUARANTINED = "quarantined"
    STUCK = "stuck"
    REJECTED = "rejected"
    SHIPPED_ANYWAY = "shipped-anyway"
    CANCELLED = "cancelled-by-warehouse"
    PIECES_MISSING = "pieces-missing"
    MISBILLED = "misbilled"
    CHANGED = "changed"
    HELD = "held"
    OVERDUE = "overdue"


BAD: Final = frozenset({Work.TROUBLE, Work.QUARANTINED, Work.STUCK, Work.REJECTED, Work.SHIPPED_ANYWAY, Work.MISBILLED})
"""Entries behind which money or goods may be lost; the others are to be known."""
_SAID_BY_ENTRIES: Final = frozenset({TroubleKind.QUARANTINED, TroubleKind.OPEN_TOO_LONG})
"""Troubles whose orders are entries of their own."""


@dataclass(frozen=True)
class Acknowledgement:
    """Who has seen an entry, when, and what they say about it."""

    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """One thing that needs a person.

    Attributes:
        about: the trouble's key, or the order's id.
        since: since when it has been so; a new event is a new entry.
        words: what is wrong, for a trouble.
        remedy: what to do, for a trouble.
        text: what is wrong with an order, as it was noted.
    """

    merchant: str
    work: Work
    about: str
    since: datetime | None
    text: str = ""
    order: OrderSummary | None = None
    words: Words = NOTHING
    remedy: Words = NOTHING
    is_notice: bool = False
    acknowledged: Acknowledgement | None = None

    @property
    def key(self) -> str:
        """Identifies it for an acknowledgement, which stands until something new happens."""
        moment = f"{self.since:%Y%m%dT%H%M%S}" if self.since else "-"
        return f"{self.about}#{self.work}#{moment}"

    @property
    def place(self) -> tuple[str, str]:
        """Partition key and sort key of an acknowledgement of it in the table."""
        return place_of(self.merchant, self.key)


def place_of(merchant: str, key: str) -> tuple[str, str]:
    """Where the table has the acknowledgement of an entry."""
    return merchant_key(merchant), f"ACKNOWLEDGED#{key}"


def of_troubles(troubles: Iterable[Trouble]) -> Iterator[Entry]:
    """The entries for what the watch calls trouble."""
    for one in troubles:
        if one.kind not in _SAID_BY_ENTRIES:
            notice = one.severity is Severity.NOTICE
            yield Entry(
                one.merchant, Work.TROUBLE, one.key, one.since, words=one.words, remedy=one.advice, is_notice=notice
            )


def of_open(order: OrderSummary, now: datetime) -> Entry | None:
    """The entry for an open order, if it needs a person."""
    if order.status not in OPEN:
        return of_ended(order)
    if is_stuck(order, now):
        return _entry(order, Work.STUCK)
    if is_about_content(order):
        return _entry(order, Work.CHANGED)
    if order.status is Status.HELD:
        return _entry(order, Work.HELD) if now - order.moved_at > OPEN_TOO_LONG else None
    return _entry(order, Work.OVERDUE) if now - order.shelved_at > OPEN_TOO_LONG else None


def of_ended(order: OrderSummary) -> Entry | None:
    """The entry for an order that was rejected, cancelled or shipped, if it needs a person."""
    if order.status is Status.REJECTED:
        return None if CREDIT_NOTE in order.told else _entry(order, Work.REJECTED)
    if order.status is Status.CANCELLED:
        return _entry(order, Work.CANCELLED) if WarehouseEvent.CANCELLED in order.told else None
    if order.status in HAS_LEFT and Answer.CANCEL_REFUSED in order.told:
        return _entry(order, Work.SHIPPED_ANYWAY)
    if PIECES_MISSING in order.told:
        return _entry(order, Work.PIECES_MISSING)
    return None


def quarantined(order: OrderSummary) -> Entry:
    return _entry(order, Work.QUARANTINED)


def misbilled(order: OrderSummary, since: datetime, text: str) -> Entry:
    """The entry for an order that is billed differently from how it was sold, or not at all."""
    return Entry(order.merchant, Work.MISBILLED, str(order.billbee_id), since, text, order)


def is_about_content(order: OrderSummary) -> bool:
    """Whether the merchant was told that Billbee shows something else than the warehouse has."""
    return any(key.partition(" ")[0] == Answer.CONTENT_DIFFERS for key in order.told)


def arranged(entries: Iterable[Entry], acknowledged: Mapping[tuple[str, str], Acknowledgement]) -> list[Entry]:
    """The entries, the most urgent kind first and within it the oldest, with who acknowledged them."""
    urgency = {work: place for place, work in enumerate(Work)}
    found = {entry.place: replace(entry, acknowledged=acknowledged.get(entry.place)) for entry in entries}
    return sorted(
        found.values(),
        key=lambda one: (urgency[one.work], one.is_notice, one.since.timestamp() if one.since else 0.0, one.about),
    )


def _entry(order: OrderSummary, work: Work) -> Entry:
    return Entry(order.merchant, work, str(order.billbee_id), order.moved_at, order.reason or "", order)
