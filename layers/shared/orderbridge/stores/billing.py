"""Which orders are still to be compared with their invoice, and when next (R20).

One small record per order. While there is something to look at it stands on the shelf ``<merchant>#billing``, sorted by
when that is due; so nothing else has to be read to find what is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, islice
from typing import Any, Final

from orderbridge.clock import Clock
from orderbridge.errors import ConditionFailed
from orderbridge.stores.table import Item, Table, merchant_key, read_moment

KEPT: Final = timedelta(days=400)
"""As long as the order's own record is kept after its end."""
_PREFIX: Final = "BILLING#"
_AT_ONCE: Final = 100


class About(StrEnum):
    """Why an order is looked at. Each begins anew: what was billed may have to be cancelled later."""

    HELD = "held"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class State(StrEnum):
    """What the last look found."""

    WAITING = "waiting"
    MISSING = "missing"
    DIFFERS = "differs"
    AGREES = "agrees"
    OVER = "over"
    """Nothing is compared any more: the order is gone, or was looked at for long enough."""


@dataclass(frozen=True)
class BillingRecord:
    """One order.

    Attributes:
        since: from when on it should be billed, or cancelled there.
        next_look: when it is due; None where nothing is looked at any more.
        told: the text of the last message about it, which a crash may have kept from being posted.
        looked_at: when it was last compared, or looked for, to the end.
        unreadable_since: since when what Abillify shows of it cannot be read; None where it can, or is not known.
        unreadable: what about it cannot.
    """

    billbee_id: int
    about: About
    since: datetime
    next_look: datetime | None
    state: State = State.WAITING
    told: str | None = None
    looked_at: datetime | None = None
    unreadable_since: datetime | None = None
    unreadable: str | None = None


class BillingRecords:
    """One merchant's records."""

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._shelf = f"{merchant}#billing"
        self._now = clock.now

    def get(self, billbee_id: int) -> BillingRecord | None:
        item = self._table.get(self._pk, _sort_key(billbee_id))
        return _from_item(item) if item else None

    def get_many(self, billbee_ids: Iterable[int]) -> dict[int, BillingRecord]:
        """The records there are, by Billbee order id."""
        items = self._table.get_many((self._pk, _sort_key(billbee_id)) for billbee_id in billbee_ids)
        return {record.billbee_id: record for record in map(_from_item, items)}

    def open(self, billbee_id: int, about: About, since: datetime, *, anew: bool = False) -> bool:
        """Have an order looked at from now on, unless it already is, or was, for the same reason. Whether it is new.

        Args:
            anew: also if it is, or was, looked at for this reason.
        """
        values = {
            ":id": billbee_id,
            ":about": about.value,
            ":since": since.isoformat(),
            ":now": self._now().isoformat(),
            ":shelf": self._shelf,
            ":state": State.WAITING.value,
            ":end": int((since + KEPT).timestamp()),
        }
        expression = (
            "SET billbee_id = :id, about = :about, since = :since, shelved_at = :now, shelf = :shelf, #state = :state,"
            " expires_at = :end"
        )
        try:
            self._table.update(
                self._pk,
                _sort_key(billbee_id),
                expression,
                values,
                None if anew else "attribute_not_exists(pk) OR about <> :about",
                names={"#state": "state"},
            )
        except ConditionFailed:
            return False
        return True

    def due(self, *, everything: bool = False) -> Iterator[list[BillingRecord]]:
        """Those to look at now, the longest due first, some at a time; ``everything``: also those whose time has not
        come.
        """
        now = self._now()
        for found in self._standing(None if everything else (now + timedelta(seconds=1)).isoformat()):
            yield [one for one in found if everything or (one.next_look is not None and one.next_look <= now)]

    def standing(self, at_most: int) -> list[BillingRecord]:
        """Those that are still looked at, by when that is due."""
        return list(islice(chain.from_iterable(self._standing(None)), at_most))

    def announce(self, record: BillingRecord, text: str) -> None:
        """Keep the text of a message that is about to be posted."""
        self._table.update(self._pk, _sort_key(record.billbee_id), "SET told = :told", {":told": text})

    def look_again(self, record: BillingRecord, state: State, at: datetime) -> None:
        now = self._now().isoformat()
        values: dict[str, Any] = {":state": state.value, ":at": at.isoformat(), ":shelf": self._shelf, ":now": now}
        expression = "SET #state = :state, shelved_at = :at, shelf = :shelf, looked_at = :now"
        expression += " REMOVE unreadable, unreadable_since"
        self._table.update(self._pk, _sort_key(record.billbee_id), expression, values, names={"#state": "state"})

    def postpone(self, record: BillingRecord, at: datetime) -> None:
        """Look at it later, whatever is known of it: others come first."""
        values = {":at": at.isoformat(), ":shelf": self._shelf}
        with suppress(ConditionFailed):
            self._table.update(self._pk, _sort_key(record.billbee_id), "SET shelved_at = :at", values, "shelf = :shelf")

    def note_unreadable(self, record: BillingRecord, why: str) -> BillingRecord:
        """Keep that what Abillify shows of it cannot be read; gives the record as it is now."""
        expression = "SET unreadable = :why, unreadable_since = if_not_exists(unreadable_since, :now)"
        values = {":why": why, ":now": self._now().isoformat()}
        return _from_item(self._table.update(self._pk, _sort_key(record.billbee_id), expression, values))

    def close(self, record: BillingRecord, state: State) -> None:
        """Look at it no more."""
        expression = "SET #state = :state REMOVE shelf, shelved_at, unreadable, unreadable_since"
        values = {":state": state.value}
        self._table.update(self._pk, _sort_key(record.billbee_id), expression, values, names={"#state": "state"})

    def _standing(self, before: str | None) -> Iterator[list[BillingRecord]]:
        """Some at a time. The index lags behind: the records themselves say whether they are still to be looked at."""
        items = self._table.query_shelf(self._shelf, before=before)
        while ids := [int(item["sk"].removeprefix(_PREFIX)) for item in islice(items, _AT_ONCE)]:
            found = self.get_many(ids)
            yield [found[one] for one in ids if one in found and found[one].next_look is not None]


def _sort_key(billbee_id: int) -> str:
    return f"{_PREFIX}{billbee_id:020d}"


def _from_item(item: Item) -> BillingRecord:
    return BillingRecord(
        billbee_id=item["billbee_id"],
        about=About(item["about"]),
        since=datetime.fromisoformat(item["since"]),
        next_look=datetime.fromisoformat(item["shelved_at"]) if "shelf" in item else None,
        state=State(item["state"]),
        told=item.get("told"),
        looked_at=read_moment(item.get("looked_at")),
        unreadable_since=read_moment(item.get("unreadable_since")),
        unreadable=item.get("unreadable"),
    )
