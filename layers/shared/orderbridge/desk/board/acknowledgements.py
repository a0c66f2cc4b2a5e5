"""Who has acknowledged which entry of the worklist. An acknowledgement is an item of the merchant's in the table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.desk.board.worklist import Acknowledgement, Entry, place_of
from orderbridge.platform.clock import Clock
from orderbridge.platform.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT: Final = timedelta(days=400)
"""As long as an ended order's record, which the entry is about."""


class Acknowledgements:
    """The acknowledgements of all merchants."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def of(self, entries: Iterable[Entry]) -> Mapping[tuple[str, str], Acknowledgement]:
        """Those there are, by `Entry.place`; they may be slightly stale."""
        items = self._table.get_many((entry.place for entry in entries), consistent=False)
        return {
            (item["pk"], item["sk"]): Acknowledgement(
                str(item["by"]), datetime.fromisoformat(item["at"]), str(item.get("note") or "")
            )
            for item in items
        }

    def keys_of(self, merchant: str, billbee_id: int) -> list[str]:
        """The keys of the acknowledgements of an order's entries."""
        pk, prefix = place_of(merchant, f"{billbee_id}#")
        return [item["sk"] for item in self._table.query(pk, prefix)]

    def note(self, merchant: str, key: str, by: str, note: str = "") -> None:
        """Acknowledge an entry, by its key, with what somebody wants the others to know. Whoever was first stays."""
        pk, sk = place_of(merchant, key)
        now = self._now()
        first = {"by": by, "at": now.isoformat(), "expires_at": int((now + _KEPT).timestamp())}
        self._table.change(pk, sk, default=first | ({"note": note} if note else {}))
