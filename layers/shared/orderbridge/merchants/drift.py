"""What vendors sent a merchant that their documents do not show, since when, and how often. Only the names in
``orderbridge.vendors.drift`` are kept of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from orderbridge.merchants.health import Health
from orderbridge.platform.clock import Clock
from orderbridge.platform.table import Item, Table, merchant_key, merchant_of

_SK: Final = "DRIFT"
_MOST: Final = 100
"""Names that are kept per merchant, so that a vendor that keeps inventing names cannot fill the table."""


@dataclass(frozen=True)
class Drift:
    """One name, e.g. ``"billbee order.NewField"``.

    Attributes:
        since: when it was first noticed.
        times: in how many invocations it has been noticed.
    """

    name: str
    since: datetime
    times: int


class Drifts:
    """The drift of all merchants. Two writes at the same moment may lose a count, but nothing else."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def of(self, merchant: str) -> dict[str, Drift]:
        """All that was noticed, by name."""
        return _drifts(self._table.get(merchant_key(merchant), _SK) or {})

    def of_many(self, merchants: Iterable[str]) -> dict[str, dict[str, Drift]]:
        """The same of many merchants, by merchant; it may be slightly stale."""
        items = self._table.get_many(((merchant_key(one), _SK) for one in merchants), consistent=False)
        return {merchant_of(item): _drifts(item) for item in items}

    def note(self, merchant: str, noticed: Mapping[str, int]) -> list[str]:
        """Adds what was noticed, and returns the names that are new."""
        known, now = self.of(merchant), self._clock.now()
        new = [name for name in noticed if name not in known][: max(0, _MOST - len(known))]
        seen: dict[str, dict[str, Any]] = {
            name: {"since": one.since.isoformat(), "times": one.times} for name, one in known.items()
        }
        seen |= {name: {"since": now.isoformat(), "times": 0} for name in new}
        for name, times in noticed.items():
            if name in seen:
                seen[name]["times"] += times
        if new:
            Health(self._table, self._clock).look_soon(merchant)
        self._table.change(merchant_key(merchant), _SK, set={"seen": seen})
        return new


def _drifts(item: Item) -> dict[str, Drift]:
    return {
        name: Drift(name, datetime.fromisoformat(one["since"]), one["times"])
        for name, one in item.get("seen", {}).items()
    }
