"""Since when each job of a merchant is expected to run: a new, resumed or newly switched-on one gets its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from orderbridge.stores.table import Table, merchant_key

_SK = "WATCH#jobs"


class Watched:
    """The jobs of all merchants that are watched."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def since(self, merchant: str) -> dict[str, datetime]:
        """The moment each job was first expected, by job; empty for a merchant that is new or paused."""
        item = self._table.get(merchant_key(merchant), _SK) or {}
        return {job: datetime.fromisoformat(moment) for job, moment in item.get("jobs", {}).items()}

    def remember(self, merchant: str, since: Mapping[str, datetime]) -> None:
        """Replace what is known about a merchant."""
        jobs = {job: moment.isoformat() for job, moment in since.items()}
        self._table.update(merchant_key(merchant), _SK, "SET jobs = :jobs", {":jobs": jobs})
