"""When a merchant's last calls to Billbee were, for the next execution environment that works for the merchant.

Jobs of one kind never overlap for one merchant, but they move between environments, and Billbee counts by the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.clock import Clock
from orderbridge.stores.table import Table, merchant_key

_RECENT: Final = 2.0
"""Seconds after which a call counts for no throttle any more."""


class LastCalls:
    """The last calls that one kind of job made for a merchant, by endpoint. Times are UNIX milliseconds."""

    def __init__(self, table: Table, merchant: str, job: str, *, clock: Clock) -> None:
        self._table = table
        self._key = (merchant_key(merchant), f"PACE#{job}")
        self._clock = clock

    def load(self) -> dict[str, list[float]]:
        """Seconds since each endpoint's last calls, as far as they still matter."""
        item = self._table.get(*self._key) or {}
        calls: dict[str, list[int]] = item.get("calls", {})
        now = self._clock.now().timestamp()
        ages = {endpoint: [now - at / 1000 for at in times] for endpoint, times in calls.items()}
        return {endpoint: [age for age in one if -_RECENT < age < _RECENT] for endpoint, one in ages.items()}

    def save(self, ages: Mapping[str, Sequence[float]]) -> None:
        """Leave the last calls; what is lost here costs a 429 at most."""
        now = self._clock.now().timestamp()
        calls = {endpoint: [int((now - age) * 1000) for age in one if age < _RECENT] for endpoint, one in ages.items()}
        calls = {endpoint: times for endpoint, times in calls.items() if times}
        if not calls:
            return
        try:
            self._table.update(*self._key, "SET calls = :calls", {":calls": calls})
        except (BotoCoreError, ClientError):
            return
