"""Tell a bus of EventBridge what happens, as the table's stream tells it (R47).

Each event is sent at least once. The events of one record are sent in their sequence: no call holds two of them, and
after a call of which one was not taken, nothing that follows is sent until that one is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from orderbridge.events.events_of import events_of
from orderbridge.events.kinds import Event
from orderbridge.jobs.changes import Move, NotTaken
from orderbridge.platform.event_bus import MOST_BYTES, MOST_ENTRIES, Entry, Refusal
from orderbridge.platform.observability import logger, meter

SOURCE: Final = "orderbridge"


class Bus(Protocol):
    def put(self, entries: Sequence[Entry]) -> Sequence[Refusal | None]:
        """Sends entries that fit into one call. Returns for each why it was not taken; None if it was."""


@dataclass
class _Call:
    """What is sent together."""

    entries: list[Entry] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    records: set[tuple[str, str]] = field(default_factory=set)
    bytes: int = 0

    def has_room(self, entry: Entry, record: tuple[str, str]) -> bool:
        fits = len(self.entries) < MOST_ENTRIES and self.bytes + entry.bytes <= MOST_BYTES
        return fits and record not in self.records

    def add(self, entry: Entry, record: tuple[str, str], number: str) -> None:
        self.entries.append(entry)
        self.numbers.append(number)
        self.records.add(record)
        self.bytes += entry.bytes


def tell_moves(bus: Bus, shard: str, moves: Sequence[Move[Any]]) -> None:
    """Send the events of moves, in sequence.

    Raises:
        NotTaken: from a change on they have to come again.
    """
    call = _Call()
    for move in moves:
        record = (move.change.pk, move.change.sk)
        for event in events_of(move):
            entry = as_entry(event)
            if call.entries and not call.has_room(entry, record):
                _send(bus, call)
                call = _Call()
            call.add(entry, record, move.change.number)
    if call.entries:
        _send(bus, call)


def as_entry(event: Event) -> Entry:
    """An event as the bus takes it."""
    detail = json.dumps(asdict(event), ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)
    return Entry(SOURCE, event.DETAIL_TYPE, detail, event.at)


def _send(bus: Bus, call: _Call) -> None:
    """Send one call. What is refused for good is reported and left out: it must not hold up the other events."""
    for entry, number, refusal in zip(call.entries, call.numbers, bus.put(call.entries), strict=True):
        if refusal is None:
            continue
        if refusal.passes:
            raise NotTaken(number, f"the event bus did not take an event: {refusal.code}")
        logger.error("An event was refused", extra={"event_kind": entry.kind, "error": refusal.code})
        meter.count("UnexpectedErrors")
