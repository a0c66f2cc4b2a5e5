"""Count what happens to orders, as the table's stream tells it (R43)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from orderbridge.figures.counts import counts_of
from orderbridge.figures.day_figures import Counted, DayFigures
from orderbridge.jobs.changes import Move
from orderbridge.ledger.moves import OrderMoved


def count_moves(figures: DayFigures, shard: str, moves: Sequence[Move[Any]]) -> None:
    """Add moves of orders to the figures of their days. Other moves are left out."""
    by_day: dict[tuple[str, date], list[Counted]] = {}
    for move in moves:
        if isinstance(move.what, OrderMoved):
            for day, counts in counts_of(move.what).items():
                by_day.setdefault((move.what.after.merchant, day), []).append((move.change.sequence, counts))
    for (merchant, day), counted in by_day.items():
        figures.add(merchant, day, shard, counted)
