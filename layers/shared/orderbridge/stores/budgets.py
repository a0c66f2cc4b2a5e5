"""A merchant's calls to the warehouse per minute, counted in DynamoDB and shared by all workers.

The window follows the warehouse's own: its answers say what remains and when it resets, and that is taken over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from orderbridge.errors import Throttled
from orderbridge.stores.table import ConditionFailed, Item, Table, merchant_key

WINDOW_SECONDS: Final = 60.0
_SK: Final = "BUDGET#bibi"
_DRIFT: Final = 1500
"""Milliseconds by which two clocks' windows may differ without a correction."""


class CallBudgets:
    """One merchant's budget. Times are UNIX milliseconds in the table.

    Args:
        reserve: calls of each minute that are left to other workers: an order does not wait for a catalogue.
    """

    def __init__(
        self,
        table: Table,
        merchant: str,
        per_minute: int,
        *,
        reserve: int = 0,
        time: Callable[[], float] = time.time,
    ) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._limit = per_minute
        self._mine = max(1, per_minute - reserve)
        self._time = time
        self._ends_at = 0
        self._used = 0

    def take(self) -> None:
        """Count one call.

        Raises:
            Throttled: the budget is used up; ``retry_after`` tells when the window ends.
        """
        now = self._now()
        item = self._take_from_window(now) or self._start_window(now) or self._take_from_window(now)
        if item is None:
            item = self._table.get(self._pk, _SK) or {}
            left = max(int(item.get("ends_at", now)) - now, 500) / 1000
            raise Throttled("bibi budget", "the calls of this minute are used up", retry_after=left)
        self._ends_at, self._used = int(item["ends_at"]), int(item["used"])

    def learn(self, remaining: int, reset_seconds: float) -> None:
        """Take over the warehouse's own count where it leaves less room than ours, or its window ends at another
        time.
        """
        now = self._now()
        ends_at = now + int(min(max(reset_seconds, 0), WINDOW_SECONDS) * 1000)
        used = max(0, self._limit - remaining)
        if used <= self._used and abs(ends_at - self._ends_at) <= _DRIFT:
            return
        # Only ever towards less room: another worker's call may be counted here and not yet there.
        values = {":used": used, ":ends_at": ends_at, ":now": now}
        try:
            item = self._table.update(
                self._pk,
                _SK,
                "SET used = :used, ends_at = :ends_at",
                values,
                "attribute_not_exists(used) OR used <= :used OR ends_at <= :now",
            )
        except ConditionFailed:
            try:
                later = {":ends_at": ends_at, ":now": now}
                item = self._table.update(
                    self._pk, _SK, "SET ends_at = :ends_at", later, "ends_at > :now AND ends_at < :ends_at"
                )
            except ConditionFailed:
                return
        self._ends_at, self._used = int(item["ends_at"]), int(item["used"])

    def _take_from_window(self, now: int) -> Item | None:
        """Count a call in the window that is open; None where none is, or it is full."""
        try:
            return self._table.update(
                self._pk,
                _SK,
                "SET used = used + :one",
                {":one": 1, ":now": now, ":limit": self._mine},
                "ends_at > :now AND used < :limit",
            )
        except ConditionFailed:
            return None

    def _start_window(self, now: int) -> Item | None:
        """Open a window with one call in it; None where one is open: another worker may have been quicker."""
        try:
            return self._table.update(
                self._pk,
                _SK,
                "SET used = :one, ends_at = :ends",
                {":one": 1, ":ends": now + int(WINDOW_SECONDS * 1000), ":now": now},
                "attribute_not_exists(ends_at) OR ends_at <= :now",
            )
        except ConditionFailed:
            return None

    def _now(self) -> int:
        return int(self._time() * 1000)
