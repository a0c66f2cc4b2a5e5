"""The kept movements of a merchant's SKUs since a moment (R25)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orderbridge.stock.movements import KEPT, Note

if TYPE_CHECKING:
    from orderbridge.stock.movement_records import MovementRecords, Moves


@dataclass(frozen=True)
class SkuMovement:
    """One movement of a SKU."""

    sku: str
    note: Note


@dataclass(frozen=True)
class FoundMovements:
    """Movements, the newest first. The SKUs in ``cut`` have more movements than are kept."""

    movements: tuple[SkuMovement, ...]
    cut: tuple[str, ...]


def find_movements(records: MovementRecords, since: datetime, sku: str | None = None) -> FoundMovements:
    """The movements since then, of one SKU (without regard to case) or of all.

    Those of the digest are kept for days, others only while they are among the last of their SKU.
    """
    kept = list(records.get_many([sku]).values()) if sku is not None else records.all()
    found = [SkuMovement(one.sku, note) for one in kept for note in _notes(one) if note.at >= since]
    found.sort(key=lambda one: (one.note.at, one.sku), reverse=True)
    return FoundMovements(tuple(found), tuple(sorted(_cut(kept, since))))


def _notes(moves: Moves) -> list[Note]:
    oldest = moves.last[0].at if moves.last else None
    return [*(one for one in moves.notable if oldest is None or one.at < oldest), *moves.last]


def _cut(kept: Iterable[Moves], since: datetime) -> Iterable[str]:
    return (one.sku for one in kept if len(one.last) == KEPT and one.last[0].at >= since)
