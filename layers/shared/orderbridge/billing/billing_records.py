"""Which orders still have to be compared with their invoice, and when (R20).

There is one small record per order. While the order has to be compared, its record is on the shelf
``<merchant>#billing``, sorted by the time of the next comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, islice
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item
from orderbridge.platform.errors import ConditionFailed
from orderbridge.platform.table import Item, Table, merchant_key

KEPT: Final = timedelta(days=400)
"""As long as the order's own record is kept after the order has ended."""
_PREFIX: Final = "BILLING#"
_AT_ONCE: Final = 100
_READABLE: Final = {"unreadable": None, "unreadable_since": None}


class BillingCause(StrEnum):
    """Why an order is compared. Each reason starts over: what was billed may have to be cancelled later."""

    HELD = "held"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class BillingState(StrEnum):
    """What the last comparison found."""

    WAITING = "waiting"
    MISSING = "missing"
    DIFFERS = "differs"
    AGREES = "agrees"
    OVER = "over"
    """The order is no longer compared: it is gone, or it was compared for long enough."""


@dataclass(frozen=True)
class BillingRecord:
    """One order.

    Attributes:
        since: when it should have been billed, or cancelled in Abillify.
        next_look: when it is compared next; None if it is no longer compared.
        told: the text of the last message about it. After a crash this message may not have been posted.
        looked_at: when the last comparison, or search for the invoice, was completed.
        unreadable_since: since when Abillify's invoice cannot be read; None if it can, or if that is not known.
        unreadable: what about the invoice cannot be read.
    """

    billbee_id: int
    about: BillingCause
    since: datetime
    next_look: datetime | None
    state: BillingState = BillingState.WAITING
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
        return _record(item) if item else None

    def get_many(self, billbee_ids: Iterable[int]) -> dict[int, BillingRecord]:
        """The records there are, by Billbee order id."""
        items = self._table.get_many((self._pk, _sort_key(billbee_id)) for billbee_id in billbee_ids)
        return {record.billbee_id: record for record in map(_record, items)}

    def keys_of(self, billbee_id: int) -> list[str]:
        """The sort key of an order's record, if there is one."""
        return [_sort_key(billbee_id)] if self._table.get(self._pk, _sort_key(billbee_id)) else []

    def open(self, billbee_id: int, about: BillingCause, since: datetime, *, again: bool = False) -> bool:
        """Starts comparing an order, unless it already is or was compared for this reason. Returns whether it started.

        Args:
            again: start even if the order is or was compared for this reason.
        """
        new = {
            "billbee_id": billbee_id,
            "about": about.value,
            "since": since.isoformat(),
            "shelved_at": self._now().isoformat(),
            "shelf": self._shelf,
            "state": BillingState.WAITING.value,
            "expires_at": int((since + KEPT).timestamp()),
        }
        is_new = Attr("pk").not_exists() | Attr("about").ne(about.value)
        try:
            self._table.change(self._pk, _sort_key(billbee_id), set=new, only_if=None if again else is_new)
        except ConditionFailed:
            return False
        return True

    def due(self, *, everything: bool = False) -> Iterator[list[BillingRecord]]:
        """The records that are due, in batches, the longest due first. ``everything`` includes those that are not due
        yet.
        """
        now = self._now()
        for found in self._standing(None if everything else (now + timedelta(seconds=1)).isoformat()):
            yield [one for one in found if everything or (one.next_look is not None and one.next_look <= now)]

    def standing(self, at_most: int) -> list[BillingRecord]:
        """The records that are still compared, in the order in which they are due."""
        return list(islice(chain.from_iterable(self._standing(None)), at_most))

    def announce(self, record: BillingRecord, text: str) -> None:
        """Keeps the text of a message that is about to be posted."""
        self._change(record, {"told": text})

    def look_again(self, record: BillingRecord, state: BillingState, at: datetime) -> None:
        place = {"shelf": self._shelf, "shelved_at": at.isoformat()}
        self._change(record, {"state": state.value, "looked_at": self._now().isoformat(), **place, **_READABLE})

    def postpone(self, record: BillingRecord, at: datetime) -> None:
        """Moves the next comparison to a later time. Nothing else about the record changes."""
        with suppress(ConditionFailed):
            self._change(record, {"shelved_at": at.isoformat()}, only_if=Attr("shelf").eq(self._shelf))

    def note_unreadable(self, record: BillingRecord, why: str) -> BillingRecord:
        """Notes that the invoice cannot be read, and returns the record as it is now."""
        since = {"unreadable_since": self._now().isoformat()}
        key = _sort_key(record.billbee_id)
        return _record(self._table.change(self._pk, key, set={"unreadable": why}, default=since))

    def close(self, billbee_id: int, state: BillingState) -> None:
        """Ends the comparisons of an order."""
        ended = {"state": state.value, "shelf": None, "shelved_at": None, **_READABLE}
        self._table.change(self._pk, _sort_key(billbee_id), set=ended)

    def _change(self, record: BillingRecord, new: Item, only_if: ConditionBase | None = None) -> None:
        self._table.change(self._pk, _sort_key(record.billbee_id), set=new, only_if=only_if)

    def _standing(self, before: str | None) -> Iterator[list[BillingRecord]]:
        """Batches of records. The index lags behind, so each record is read to see whether it is still compared."""
        items = self._table.query_shelf(self._shelf, before=before)
        while ids := [int(item["sk"].removeprefix(_PREFIX)) for item in islice(items, _AT_ONCE)]:
            found = self.get_many(ids)
            yield [found[one] for one in ids if one in found and found[one].next_look is not None]


def _sort_key(billbee_id: int) -> str:
    return f"{_PREFIX}{billbee_id:020d}"


def _record(item: Item) -> BillingRecord:
    return from_item(BillingRecord, item | {"next_look": item["shelved_at"] if "shelf" in item else None})
