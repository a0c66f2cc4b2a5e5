"""Reads the figures: for the board, the tool and the digest. Nothing here counts or writes.

    view = FiguresView(table, clock)
    for day, figures in view.by_day(["acme", "nord"], since=date(2026, 11, 1)).items():
        figures.imported, figures.rejected_by_code, figures.to_shipped.median, figures.share_on_time

All of them are of UTC days. A day without figures is there, with zeros and None. Reading costs one query for each
merchant and month; of more than 70 days, one for each merchant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from orderbridge.figures.day_figures import KEPT, DayFigures
from orderbridge.figures.figures import Figures
from orderbridge.platform.clock import Clock
from orderbridge.platform.table import Table


class FiguresView:
    """The figures of any merchants and days. ``until`` is the last day, by default today."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._days = DayFigures(table)
        self._now = clock.now

    @property
    def today(self) -> date:
        """The UTC day of now."""
        return self._now().date()

    @property
    def first(self) -> date:
        """The first day of which figures are kept."""
        return self.today - KEPT

    def by_day(self, merchants: Iterable[str], since: date, until: date | None = None) -> dict[date, Figures]:
        """The figures of all these merchants together, for each day, the oldest first."""
        since, until = max(since, self.first), until or self.today
        found = {since + timedelta(days=n): Figures() for n in range((until - since).days + 1)}
        for _, day, figures in self._read(merchants, since, until):
            found[day] += figures
        return found

    def by_merchant(self, merchants: Iterable[str], since: date, until: date | None = None) -> dict[str, Figures]:
        """The figures of each merchant, over all these days."""
        merchants = list(merchants)
        found = {merchant: Figures() for merchant in merchants}
        for merchant, _, figures in self._read(merchants, max(since, self.first), until or self.today):
            found[merchant] += figures
        return found

    def total(self, merchants: Iterable[str], since: date, until: date | None = None) -> Figures:
        """The figures of all these merchants and days together."""
        return sum(self.by_merchant(merchants, since, until).values(), Figures())

    def _read(self, merchants: Iterable[str], since: date, until: date) -> Iterator[tuple[str, date, Figures]]:
        for merchant in merchants:
            for day, counts in self._days.read(merchant, since, until):
                yield merchant, day, Figures(counts)
