"""Cursors: how far each job of a merchant has read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from orderbridge.stores.table import Table, merchant_key, read_moment


@dataclass(frozen=True)
class OrdersCursor:
    """How far the merchant's orders were read, and what the doorbell has to do with it (R21).

    Attributes:
        read_until: start of the last complete read of changed orders; None before the first.
        rung_at: when a ring last led to one; None where the last ring has not.
        passed_over_at: when a poll of the schedule was last left out for that.
        rings_paid_until: see `orderbridge.domain.doorbell`.
    """

    read_until: datetime | None = None
    rung_at: datetime | None = None
    passed_over_at: datetime | None = None
    rings_paid_until: datetime | None = None

    @property
    def attended_at(self) -> datetime | None:
        """When a poll last did what it had to, were it nothing."""
        moments = [moment for moment in (self.read_until, self.passed_over_at) if moment is not None]
        return None if self.read_until is None else max(moments)


@dataclass(frozen=True)
class TrackingCursor:
    """How far the warehouse's order statuses were read.

    Attributes:
        read_until: start of the last complete bulk pass.
        timestamp_means: what the warehouse was found to filter by, once that is known.
        pass_started, pass_since, next_page: a bulk pass that was interrupted, and where it goes on.
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
        put_off: ids of what the pass has read and has to come back to at its end.
    """

    next_page: int = 1
    completed_at: datetime | None = None
    put_off: tuple[int, ...] = ()


LONGEST_STRETCH: Final = timedelta(days=1)


@dataclass(frozen=True)
class MovementsCursor:
    """How far the warehouse's movements were read.

    Attributes:
        read_until: start of the last complete run.
        goes_on_at: where a run that was interrupted goes on.
        stretch: how long a time is read at once; shorter where much moves.
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
        item = self._table.get(self._pk, "CURSOR#poll-orders") or {}
        return OrdersCursor(
            read_until=read_moment(item.get("read_until")),
            rung_at=read_moment(item.get("rung_at")),
            passed_over_at=read_moment(item.get("passed_over_at")),
            rings_paid_until=read_moment(item.get("rings_paid_until")),
        )

    def set_orders(self, cursor: OrdersCursor) -> None:
        self._set(
            "CURSOR#poll-orders",
            {
                ":read_until": _text(cursor.read_until),
                ":rung_at": _text(cursor.rung_at),
                ":passed_over_at": _text(cursor.passed_over_at),
                ":rings_paid_until": _text(cursor.rings_paid_until),
            },
        )

    def tracking(self) -> TrackingCursor:
        item = self._table.get(self._pk, "CURSOR#pull-tracking") or {}
        return TrackingCursor(
            read_until=read_moment(item.get("read_until")),
            timestamp_means=item.get("timestamp_means") or None,
            pass_started=read_moment(item.get("pass_started")),
            pass_since=read_moment(item.get("pass_since")),
            next_page=item.get("next_page", 1),
        )

    def set_tracking(self, cursor: TrackingCursor) -> None:
        self._set(
            "CURSOR#pull-tracking",
            {
                ":read_until": _text(cursor.read_until),
                ":timestamp_means": cursor.timestamp_means or "",
                ":pass_started": _text(cursor.pass_started),
                ":pass_since": _text(cursor.pass_since),
                ":next_page": cursor.next_page,
            },
        )

    def pages(self, job: str) -> PageCursor:
        """Where a job that reads a list page by page goes on."""
        item = self._table.get(self._pk, f"CURSOR#{job}") or {}
        put_off = tuple(int(one) for one in item.get("put_off", ()))
        return PageCursor(item.get("next_page", 1), read_moment(item.get("completed_at")), put_off)

    def set_pages(self, job: str, cursor: PageCursor) -> None:
        values: dict[str, str | int | list[int]] = {
            ":next_page": cursor.next_page,
            ":completed_at": _text(cursor.completed_at),
            ":put_off": list(cursor.put_off),
        }
        self._set(f"CURSOR#{job}", values)

    def movements(self) -> MovementsCursor:
        item = self._table.get(self._pk, "CURSOR#pull-movements") or {}
        return MovementsCursor(
            read_moment(item.get("read_until")),
            read_moment(item.get("goes_on_at")),
            timedelta(seconds=item["stretch"]) if "stretch" in item else LONGEST_STRETCH,
        )

    def set_movements(self, cursor: MovementsCursor) -> None:
        self._set(
            "CURSOR#pull-movements",
            {
                ":read_until": _text(cursor.read_until),
                ":goes_on_at": _text(cursor.goes_on_at),
                ":stretch": int(cursor.stretch.total_seconds()),
            },
        )

    def _set(self, sk: str, values: Mapping[str, str | int | list[int]]) -> None:
        assignments = ", ".join(f"{name[1:]} = {name}" for name in values)
        self._table.update(self._pk, sk, f"SET {assignments}", values)


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
