"""A merchant's calls to the warehouse per minute, counted in DynamoDB and shared by all workers.

The window follows the warehouse's own: its answers say what remains and when it resets.
A worker that makes many calls in a row takes several of them in one write, as long as little of the minute is used.
Calls that it does not use are lost for that minute.
"""

from __future__ import annotations

from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from orderbridge.clock import Clock
from orderbridge.errors import ConditionFailed, Throttled
from orderbridge.stores.table import Item, Table, merchant_key

WINDOW_SECONDS: Final = 60.0
_SK: Final = "BUDGET#bibi"
_DRIFT: Final = 1500
"""Milliseconds by which two clocks' windows may differ without a correction."""
_TOO_FAR: Final = 120_000
"""Milliseconds ahead at which no window can end, unless by a wrong clock. Such a window counts as over."""
_AHEAD_FOR: Final = 5000
"""Milliseconds for which calls taken ahead may be used. In this time, what other workers learn is not seen."""


class CallBudgets:
    """One merchant's budget. Times are UNIX milliseconds in the table.

    Args:
        reserve: calls of each minute that are left to other workers, so that no order waits for a catalogue.
        ahead: calls to take in one write, as long as at most half of the minute's calls are then used.
    """

    def __init__(
        self,
        table: Table,
        merchant: str,
        per_minute: int,
        *,
        reserve: int = 0,
        ahead: int = 1,
        clock: Clock,
    ) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._limit = per_minute
        self._mine = max(1, per_minute - reserve)
        self._at_most = ahead
        self._clock = clock
        self._ends_at = 0
        self._used = 0
        self._ahead = 0
        self._ahead_until = 0

    def take(self) -> None:
        """Counts one call.

        Raises:
            Throttled: the budget is used up; ``retry_after`` says when the window ends.
        """
        now = self._now()
        if self._ahead and now < self._ahead_until:
            self._ahead -= 1
            return
        if self._ends_at <= now:  # another worker may have opened a window; a read is cheaper than a failed write
            self._note(self._table.get(self._pk, _SK) or {})
        ways = [(self._start_window, self._at_once(0)), (self._take_from_window, 1)]
        if self._ends_at > now:
            ways.insert(0, (self._take_from_window, self._at_once(self._used)))
        item, calls = None, 0
        for way, calls in ways:
            if (item := way(now, calls)) is not None:
                break
        if item is None:
            item = self._table.get(self._pk, _SK) or {}
            left = max(int(item.get("ends_at", now)) - now, 500) / 1000
            raise Throttled("bibi budget", "the calls of this minute are used up", retry_after=left)
        self._note(item)
        self._ahead, self._ahead_until = calls - 1, min(now + _AHEAD_FOR, self._ends_at)

    def _note(self, item: Item) -> None:
        self._ends_at, self._used = int(item.get("ends_at", 0)), int(item.get("used", 0))

    def _at_once(self, used: int) -> int:
        """How many calls to take when this many are already counted."""
        return self._at_most if used + self._at_most <= self._mine // 2 else 1

    def learn(self, remaining: int, reset_seconds: float) -> None:
        """Takes over the warehouse's count if it leaves less room than ours, or if its window ends at another time."""
        now = self._now()
        ends_at = now + int(min(max(reset_seconds, 0), WINDOW_SECONDS) * 1000)
        used = max(0, self._limit - remaining)
        if used <= self._used and abs(ends_at - self._ends_at) <= _DRIFT:
            return
        self._ahead = 0
        # Only towards less room: a call of another worker may be counted here and not yet by the warehouse.
        window = Attr("ends_at")
        less_room = Attr("used").not_exists() | Attr("used").lte(used) | window.lte(now)
        ends_later = window.gt(now) & window.lt(ends_at)
        item = self._change(less_room, set={"used": used, "ends_at": ends_at})
        item = item or self._change(ends_later, set={"ends_at": ends_at})
        if item is None:
            return
        self._note(item)

    def _take_from_window(self, now: int, calls: int = 1) -> Item | None:
        """Counts calls in the open window. None if there is no open window, or if it has too few calls left."""
        in_time = Attr("ends_at").gt(now) & Attr("ends_at").lte(now + _TOO_FAR)
        room = in_time & Attr("used").lte(self._mine - calls)
        return self._change(room, add={"used": calls})

    def _start_window(self, now: int, calls: int = 1) -> Item | None:
        """Opens a window and counts calls in it. None if another worker has opened one."""
        over = Attr("ends_at").not_exists() | Attr("ends_at").lte(now) | Attr("ends_at").gt(now + _TOO_FAR)
        return self._change(over, set={"used": calls, "ends_at": now + int(WINDOW_SECONDS * 1000)})

    def _change(self, only_if: ConditionBase, **change: Any) -> Item | None:
        try:
            return self._table.change(self._pk, _SK, only_if=only_if, **change)
        except ConditionFailed:
            return None

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
