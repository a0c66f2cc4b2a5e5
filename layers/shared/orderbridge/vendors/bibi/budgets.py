"""A merchant's calls to the warehouse per minute, counted in DynamoDB and shared by all workers.

The window follows the warehouse's own: its answers say what remains and when it resets.
"""

from __future__ import annotations

from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import ConditionFailed, Throttled
from orderbridge.platform.table import Item, Table, merchant_key

WINDOW_SECONDS: Final = 60.0
_SK: Final = "BUDGET#bibi"
_DRIFT: Final = 1500
"""Milliseconds by which two clocks' windows may differ without a correction."""
_TOO_FAR: Final = 120_000
"""A window that ends so many milliseconds ahead comes from a wrong clock and counts as over."""


class CallBudgets:
    """One merchant's budget. Times are UNIX milliseconds in the table.

    Args:
        reserve: calls of each minute that are left to other workers, so that orders do not wait for catalogues.
    """

    def __init__(
        self,
        table: Table,
        merchant: str,
        per_minute: int,
        *,
        reserve: int = 0,
        clock: Clock,
    ) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._limit = per_minute
        self._mine = max(1, per_minute - reserve)
        self._clock = clock
        self._ends_at = 0
        self._used = 0

    def take(self) -> None:
        """Counts one call.

        Raises:
            Throttled: the budget is used up; ``retry_after`` says when the window ends.
        """
        now = self._now()
        if self._ends_at <= now:  # another worker may have opened a window; a read is cheaper than a failed write
            self._note(self._table.get(self._pk, _SK) or {})
        item = self._take_from_window(now) if self._ends_at > now else None
        item = item or self._start_window(now) or self._take_from_window(now)
        if item is None:
            item = self._table.get(self._pk, _SK) or {}
            left = max(int(item.get("ends_at", now)) - now, 500) / 1000
            raise Throttled("bibi budget", "the calls of this minute are used up", retry_after=left)
        self._note(item)

    def _note(self, item: Item) -> None:
        self._ends_at, self._used = int(item.get("ends_at", 0)), int(item.get("used", 0))

    def learn(self, remaining: int, reset_seconds: float) -> None:
        """Takes over the warehouse's count if it leaves less room than ours, or if its window ends at another time."""
        now = self._now()
        ends_at = now + int(min(max(reset_seconds, 0), WINDOW_SECONDS) * 1000)
        used = max(0, self._limit - remaining)
        if used <= self._used and abs(ends_at - self._ends_at) <= _DRIFT:
            return
        # Only towards less room: a call of another worker may be counted here and not yet by the warehouse.
        window = Attr("ends_at")
        less_room = Attr("used").not_exists() | Attr("used").lte(used) | window.lte(now)
        ends_later = window.gt(now) & window.lt(ends_at)
        item = self._change(less_room, set={"used": used, "ends_at": ends_at})
        item = item or self._change(ends_later, set={"ends_at": ends_at})
        if item is None:
            return
        self._note(item)

    def _take_from_window(self, now: int) -> Item | None:
        """Counts a call in the open window. None if there is no open window, or if it has no calls left."""
        in_time = Attr("ends_at").gt(now) & Attr("ends_at").lte(now + _TOO_FAR)
        return self._change(in_time & Attr("used").lt(self._mine), add={"used": 1})

    def _start_window(self, now: int) -> Item | None:
        """Opens a window and counts a call in it. None if another worker has opened one."""
        over = Attr("ends_at").not_exists() | Attr("ends_at").lte(now) | Attr("ends_at").gt(now + _TOO_FAR)
        return self._change(over, set={"used": 1, "ends_at": now + int(WINDOW_SECONDS * 1000)})

    def _change(self, only_if: ConditionBase, **change: Any) -> Item | None:
        try:
            return self._table.change(self._pk, _SK, only_if=only_if, **change)
        except ConditionFailed:
            return None

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
