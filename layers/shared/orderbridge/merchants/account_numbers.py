"""How a merchant's account at the warehouse writes order numbers (R28), shared by all functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from orderbridge.ledger.order_number import Habits
from orderbridge.merchants.health import Health
from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import to_item
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Item, Table, merchant_key, merchant_of, read_moment

_SORT_KEY: Final = "ORDERNUMBERS"
_READ_AGAIN_AFTER: Final = 300.0
"""Seconds after which the findings of other functions are read."""
FORGOTTEN_AFTER: Final = timedelta(days=1)
"""A prefix is forgotten if no answer has shown it for so long and others show the bare number."""
_SEEN_AGAIN: Final = timedelta(hours=6)


class AccountNumbers:
    """What is known of one merchant's account. Reads its item on first use, and writes it when something is new."""

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._merchant = merchant
        self._clock = clock
        self._known: Habits | None = None
        self._seen_at: datetime | None = None
        self._read_at = 0.0

    def known(self) -> Habits:
        if self._known is None or self._clock.monotonic() - self._read_at > _READ_AGAIN_AFTER:
            item = self._table.get(merchant_key(self._merchant), _SORT_KEY) or {}
            self._known, self._seen_at = _habits(item), read_moment(item.get("seen_at"))
            self._read_at = self._clock.monotonic()
        return self._known

    def learn(self, habits: Habits) -> None:
        """Adds what an answer has shown. A prefix outweighs a bare number until it has not been seen for a day."""
        known, now = self.known(), self._clock.now()
        age = now - self._seen_at if self._seen_at else FORGOTTEN_AFTER
        writes, example = habits.writes, habits.example
        if writes is None or (not writes and known.writes and age < FORGOTTEN_AFTER):
            writes, example = known.writes, known.example
        new = Habits(writes, habits.takes or known.takes, example)
        same = (new.writes, new.takes) == (known.writes, known.takes)
        if same and not (habits.writes and age > _SEEN_AGAIN):
            return
        if new.writes and new.writes != known.writes:
            logger.warning("Numbers carry a prefix", extra={"prefix": new.writes, "example": new.example})
        seen_at = now if habits.writes else self._seen_at
        attributes = to_item(new) | {"seen_at": seen_at.isoformat() if seen_at else None}
        if new.writes:
            Health(self._table, self._clock).look_soon(self._merchant)
        self._table.change(merchant_key(self._merchant), _SORT_KEY, set=attributes)
        self._known, self._seen_at = new, seen_at


def habits_of_many(table: Table, merchants: Iterable[str]) -> dict[str, Habits]:
    """What is known of many merchants' accounts, by merchant; it may be slightly stale."""
    items = table.get_many(((merchant_key(one), _SORT_KEY) for one in merchants), consistent=False)
    return {merchant_of(item): _habits(item) for item in items}


def _habits(item: Item) -> Habits:
    return Habits(item.get("writes"), item.get("takes"), item.get("example") or "")
