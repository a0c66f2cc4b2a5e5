"""The chain of portions that takes up a merchant's waiting orders (R32): one at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from boto3.dynamodb.conditions import Attr

from orderbridge.platform.errors import ConditionFailed
from orderbridge.platform.table import Table, merchant_key

if TYPE_CHECKING:
    from orderbridge.platform.clock import Clock

GIVEN_UP_AFTER: Final = timedelta(minutes=15)
"""A chain that was not heard of for so long is broken; a portion may wait for a throttle for less. A chain with a
moment so far in the future is broken too, because its worker's clock was wrong.
"""
_SK: Final = "BACKLOG"
_ATTRIBUTES: Final = ("chain", "turn", "seen_at", "wanted_until")


class Backlog:
    """One merchant's chain."""

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._now = clock.now

    def is_taken_up(self) -> bool:
        """Whether a chain is running."""
        item = self._table.get(self._pk, _SK) or {}
        return "chain" in item and abs(self._now() - datetime.fromisoformat(item["seen_at"])) < GIVEN_UP_AFTER

    def begin(self, chain: str, turn: int, until: datetime) -> bool:
        """Begin a portion that takes up orders `until` a moment.

        False if another chain is at work, which then begins again with these orders at its end; or if the portion was
        done before.
        """
        now = self._now()
        mine = Attr("chain").eq(chain) & Attr("turn").lte(turn)
        seen_at = Attr("seen_at")
        broken = seen_at.lt((now - GIVEN_UP_AFTER).isoformat()) | seen_at.gt((now + GIVEN_UP_AFTER).isoformat())
        try:
            self._table.change(
                self._pk,
                _SK,
                set={"chain": chain, "turn": turn, "seen_at": now.isoformat()},
                default={"wanted_until": until.isoformat()},
                only_if=Attr("chain").not_exists() | mine | broken,
            )
        except ConditionFailed:
            self._want(chain, until)
            return False
        return True

    def end(self, chain: str, until: datetime) -> datetime | None:
        """End the chain; or, if later orders are wanted by now, return the moment until which it continues."""
        all_done = Attr("chain").eq(chain) & Attr("wanted_until").lte(until.isoformat())
        try:
            self._table.change(self._pk, _SK, remove=_ATTRIBUTES, only_if=all_done)
        except ConditionFailed:
            item = self._table.get(self._pk, _SK) or {}
            return datetime.fromisoformat(item["wanted_until"]) if item.get("chain") == chain else None
        return None

    def break_off(self, chain: str) -> None:
        """End the chain. The next request begins another one."""
        try:
            self._table.change(self._pk, _SK, remove=_ATTRIBUTES, only_if=Attr("chain").eq(chain))
        except ConditionFailed:
            return

    def _want(self, chain: str, until: datetime) -> None:
        another = Attr("chain").exists() & Attr("chain").ne(chain) & Attr("wanted_until").lt(until.isoformat())
        try:
            self._table.change(self._pk, _SK, set={"wanted_until": until.isoformat()}, only_if=another)
        except ConditionFailed:
            return
