"""How many upstream calls were made for each merchant, by UTC day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from orderbridge.stores.table import Table, merchant_key

_KEPT: Final = timedelta(days=400)
KINDS: Final = ("billbee", "bibi", "throttled")


class Usage:
    """Counts of upstream calls: ``billbee``, ``bibi``, and how many of them were ``throttled``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, merchant: str, counts: Mapping[str, int]) -> None:
        """Add to today's counts."""
        counted = {kind: counts.get(kind, 0) for kind in KINDS}
        if not any(counted.values()):
            return
        today = datetime.now(UTC)
        values: dict[str, int] = {f":{kind}": count for kind, count in counted.items()}
        values[":expires_at"] = int((today + _KEPT).timestamp())
        additions = ", ".join(f"{kind} :{kind}" for kind in KINDS)
        expression = f"ADD {additions} SET expires_at = :expires_at"
        self._table.update(merchant_key(merchant), f"USAGE#{today:%Y-%m-%d}", expression, values)

    def total(self, merchant: str) -> dict[str, int]:
        """All that was counted for a merchant and is still kept."""
        total = Counter(dict.fromkeys(KINDS, 0))
        for item in self._table.query(merchant_key(merchant), "USAGE#"):
            total.update({kind: int(item.get(kind, 0)) for kind in KINDS})
        return dict(total)
