"""What a move of an order counts as."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Final

from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.moves import OrderMoved
from orderbridge.ledger.record import Event

IMPORTED: Final = "imported"
ADOPTED: Final = "adopted"
SUBMITTED: Final = "submitted"
SHIPPED: Final = "shipped"
CANCELLED: Final = "cancelled"
REJECTED: Final = "rejected"
HELD: Final = "held"
PARCELS: Final = "parcels"

_BY_STATUS: Final[Mapping[str, str]] = {
    Status.SUBMITTED: SUBMITTED,
    Status.SHIPPED: SHIPPED,
    Status.CANCELLED: CANCELLED,
    Status.REJECTED: REJECTED,
    Status.HELD: HELD,
}
_CODE: Final = re.compile(r"\[(OB-\d+)\]")


def counts_of(move: OrderMoved) -> dict[date, Counter[str]]:
    """The counters that a move raises, by UTC day; none if it is of no interest."""
    found: dict[date, Counter[str]] = {}
    for step in move.steps:
        found.setdefault(_day(step.at), Counter()).update(_counts_of(step))
    if parcels := len(move.new_parcels):
        found.setdefault(_day(move.at), Counter())[PARCELS] += parcels
    return {day: counts for day, counts in found.items() if counts}


def _counts_of(step: Event) -> Iterator[str]:
    if step.before == "":
        yield IMPORTED if step.after == Status.QUEUED else ADOPTED
        return
    if (name := _BY_STATUS.get(step.after)) is not None:
        yield name
    if name == REJECTED:
        yield from (f"{REJECTED} {code}" for code in dict.fromkeys(_CODE.findall(step.why)))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
