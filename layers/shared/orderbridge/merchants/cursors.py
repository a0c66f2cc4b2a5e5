"""Cursors: how far each job of a merchant has read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from orderbridge.platform.codec import Record, from_item, to_item
from orderbridge.platform.table import Table, merchant_key

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""The clocks of two workers differ by less, unless one is wrong."""


@dataclass(frozen=True)
class OrdersCursor:
    """How far the merchant's orders were read, and the state of the doorbell (R21).

    Attributes:
        read_until: start of the last complete read of changed orders; None before the first.
        rung_at: when a ring last led to one; None if the last ring did not.
        passed_over_at: when a poll of the schedule was last skipped for that.
        rings_paid_until: see `orderbridge.orders.rings`.
    """

    read_until: datetime | None = None
    rung_at: datetime | None = None
    passed_over_at: datetime | None = None
    rings_paid_until: datetime | None = None

    @property
    def attended_at(self) -> datetime | None:
        """When a poll was last completed or rightly skipped."""
        moments = [moment for moment in (self.read_until, self.passed_over_at) if moment is not None]
        return None if self.read_until is None else max(moments)

    def as_of(self, now: datetime) -> OrdersCursor:
        """Without moments that only a wrong clock can have written: the orders then count as never read (R10)."""
        moments = (self.read_until, self.rung_at, self.passed_over_at)
        if all(moment is None or moment - now <= CLOCKS_DIFFER for moment in moments):
            return self
        return OrdersCursor(rings_paid_until=self.rings_paid_until)


@dataclass(frozen=True)
class TrackingCursor:
    """How far the warehouse's order statuses were read.

    Attributes:
        read_until: start of the last complete bulk pass.
        timestamp_means: what the warehouse filters by, once that is known.
        pass_started, pass_since, next_page: an interrupted bulk pass, and where it continues.
    """

    read_until: datetime | None = None
    timestamp_means: Literal["change", "order_date"] | None = None
    pass_started: datetime | None = None
    pass_since: datetime | None = None
    next_page: int = 1


@dataclass(frozen=True)
class PageCursor:
    """A pass over a list.

    Attributes:
        next_page: 1 between passes.
        completed_at: when the last pass reached the end.
        put_off: ids that the pass has read and has to process at its end.
    """

    next_page: int = 1
    completed_at: datetime | None = None
    put_off: tuple[int, ...] = ()


@dataclass(frozen=True)
class WalkCursor:
    """A round through the open orders in several turns. ``goes_on_at``: since when the first order of the next turn has
    been open.
    """

    goes_on_at: datetime | None = None


LONGEST_STRETCH: Final = timedelta(days=1)


@dataclass(frozen=True)
class MovementsCursor:
    """How far the warehouse's movements were read.

    Attributes:
        read_until: start of the last complete run.
        goes_on_at: where an interrupted run continues.
        stretch: how long a period is read at once; shorter if much moves.
    """

    read_until: datetime | None = None
    goes_on_at: datetime | None = None
    stretch: timedelta = LONGEST_STRETCH


class Cursors:
    """One merchant's cursors."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)

    def orders(self) -> OrdersCursor:
        return self._read(OrdersCursor, "poll-orders")

    def set_orders(self, cursor: OrdersCursor) -> None:
        self._write("poll-orders", cursor)

    def tracking(self) -> TrackingCursor:
        return self._read(TrackingCursor, "pull-tracking")

    def set_tracking(self, cursor: TrackingCursor) -> None:
        self._write("pull-tracking", cursor)

    def pages(self, job: str) -> PageCursor:
        """Where a job that reads a list page by page continues."""
        return self._read(PageCursor, job)

    def set_pages(self, job: str, cursor: PageCursor) -> None:
        self._write(job, cursor)

    def walk(self, job: str) -> datetime | None:
        """Where a job that goes through the open orders in several turns continues; None for the beginning."""
        return self._read(WalkCursor, f"{job}-walk").goes_on_at

    def set_walk(self, job: str, goes_on_at: datetime | None) -> None:
        self._write(f"{job}-walk", WalkCursor(goes_on_at))

    def movements(self) -> MovementsCursor:
        return self._read(MovementsCursor, "pull-movements")

    def set_movements(self, cursor: MovementsCursor) -> None:
        self._write("pull-movements", cursor)

    def _read(self, kind: type[Record], job: str) -> Record:
        return from_item(kind, self._table.get(self._pk, f"CURSOR#{job}") or {})

    def _write(self, job: str, cursor: DataclassInstance) -> None:
        self._table.change(self._pk, f"CURSOR#{job}", set=to_item(cursor))
