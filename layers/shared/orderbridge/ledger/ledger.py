"""The ledger: what orderbridge did for each order, with its timeline.

Every change is one conditional write on the record's version, so of two workers with the same order only one succeeds
(R7). No personal data is kept: numbers, hashes, quantities, statuses, and reasons in orderbridge's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, Unpack

from boto3.dynamodb.conditions import Attr

from orderbridge.ledger.forgotten import forgotten_at, forgotten_item, is_forgotten, kept_records
from orderbridge.ledger.lifecycle import HAS_REACHED_WAREHOUSE, OPEN, Status, check_beginning, check_move
from orderbridge.ledger.order_number import OrderNumber, as_billbee_id
from orderbridge.ledger.record import Event, Facts, LedgerOrder, OrderSummary, RecordChanges
from orderbridge.ledger.shown import Shown
from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.errors import ConditionFailed, LedgerConflict, OrderbridgeError
from orderbridge.platform.table import Item, Table, merchant_key

KEPT_AFTER_END: Final = timedelta(days=400)
"""How long a finished order stays in the ledger."""
_TIMELINE_LIMIT: Final = 100
_ORDER: Final = "ORDER#"
_RESTORED: Final = "table restore"
"""What caused the last entry of a record that was restored from a backup."""


class NumberTaken(OrderbridgeError):
    """Another order of the merchant already uses this order number at the warehouse."""

    def __init__(self, number: OrderNumber, other: int) -> None:
        super().__init__(f"order number {str(number)!r} is already used for order {other}")
        self.number = number
        self.other = other


_NOT_BY_NAME: Final = frozenset({"merchant", "billbee_id", "told", "unsaid", "unknown"})
"""Fields that no attribute is named after."""
_ATTRIBUTES: Final = (frozenset(one.name for one in fields(LedgerOrder)) - _NOT_BY_NAME) | {
    *("pk", "sk", "notices", "claim", "shelf", "expires_at"),
}
"""Those that this release reads and writes."""
_UNSAID: Final = "unsaid "
"""Prefix of the keys of effects in the attribute ``notices``, which the index holds, because those in ``told`` have the
same keys.
"""


class Ledger:
    """The records of all merchants' orders."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def now(self) -> datetime:
        """The moment for records."""
        return self._now()

    def get(self, merchant: str, billbee_id: int) -> LedgerOrder | None:
        item = self._table.get(merchant_key(merchant), _sort_key(billbee_id))
        return order_of(item) if item and not is_forgotten(item) else None

    def forgotten_at(self, merchant: str, billbee_id: int) -> datetime | None:
        """When the order was forgotten, or None if it was not."""
        item = self._table.get(merchant_key(merchant), _sort_key(billbee_id)) or {}
        return forgotten_at(item)

    def get_many(self, merchant: str, billbee_ids: Iterable[int], *, consistent: bool = True) -> dict[int, LedgerOrder]:
        """The records there are, by Billbee order id. With ``consistent=False`` they may be slightly stale."""
        pk = merchant_key(merchant)
        keys = ((pk, _sort_key(order_id)) for order_id in billbee_ids)
        items = self._table.get_many(keys, consistent=consistent)
        return {record.billbee_id: record for record in map(order_of, kept_records(items))}

    def of_many(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], LedgerOrder]:
        """The records of orders of several merchants, by merchant and Billbee id; they may be slightly stale."""
        keys = ((merchant_key(merchant), _sort_key(order_id)) for merchant, order_id in wanted)
        records = map(order_of, kept_records(self._table.get_many(keys, consistent=False)))
        return {(record.merchant, record.billbee_id): record for record in records}

    def of_numbers(
        self, merchant: str, numbers: Iterable[OrderNumber], *, by_id: bool, consistent: bool = True
    ) -> dict[OrderNumber, LedgerOrder]:
        """The records that have one of these numbers at the warehouse. ``by_id``: those are the Billbee order ids."""
        wanted = {number for number in numbers if number}
        if by_id:
            ids = [billbee_id for number in wanted if (billbee_id := number.billbee_id()) is not None]
        else:
            pk = merchant_key(merchant)
            pointers = self._table.get_many(((pk, _number_key(number)) for number in wanted), consistent=consistent)
            ids = [int(pointer["billbee_id"]) for pointer in pointers]
        records = self.get_many(merchant, ids, consistent=consistent).values()
        # A record may have a number of another kind, from before the setting was changed.
        return {record.order_number: record for record in records if record.order_number in wanted}

    def orders(self, merchant: str) -> Iterator[LedgerOrder]:
        """All records of a merchant, by Billbee order id."""
        return map(order_of, kept_records(self._table.query(merchant_key(merchant), _ORDER)))

    def open_orders(
        self,
        merchant: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        at_most: int | None = None,
    ) -> Iterator[OrderSummary]:
        """The orders with something still to happen or to say, the oldest first, read page by page.

        The index lags slightly; each record's version guards the actions.

        Args:
            since: only those that are open since this moment or later.
            before: only those that are open since earlier than this moment. Not together with ``since``.
        """
        first, last = (moment.astimezone(UTC).isoformat() if moment else None for moment in (since, before))
        return map(_summary, islice(self._table.query_shelf(merchant, since=first, before=last), at_most))

    def ended_orders(
        self,
        merchant: str,
        status: Status,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
    ) -> Iterator[OrderSummary]:
        """The orders that have ended, the latest first. Not both ``since`` and ``before``.

        Args:
            status: one that is not open.
            since: only those that have ended since this moment.
            before: only those that ended earlier than this moment.
        """
        assert status not in OPEN
        first, last = (moment.astimezone(UTC).isoformat() if moment else None for moment in (since, before))
        shelf = f"{merchant}#{status}"
        return map(_summary, self._table.query_shelf(shelf, since=first, before=last, newest_first=True))

    def rehearsed_orders(self, merchant: str) -> Iterator[OrderSummary]:
        """The orders that were tried in mode ``test``, the latest first."""
        return map(_summary, self._table.query_shelf(_rehearsals(merchant), newest_first=True))

    def quarantined_orders(self, merchant: str) -> Iterator[OrderSummary]:
        """The orders that no job touches until a person asks for them, in whatever status; the oldest first (R31)."""
        return map(_summary, self._table.query_shelf(_quarantine(merchant)))

    def find(self, merchant: str, number: str) -> list[LedgerOrder]:
        """The orders with this number: Billbee's id, the shop's number, or the warehouse's.

        Several if shops of one merchant use the same numbers.
        """
        billbee_id = as_billbee_id(number)
        ids = [] if billbee_id is None else [billbee_id]
        prefix = f"{shop_number_key(number)}#"
        ids += [int(item["billbee_id"]) for item in self._table.query(merchant_key(merchant), prefix)]
        return [record for _, record in sorted(self.get_many(merchant, ids).items())]

    def open(
        self,
        merchant: str,
        billbee_id: int,
        status: Status,
        *,
        why: str,
        call: str,
        content_hash: str,
        order_number: OrderNumber | None,
        shop_number: str | None = None,
        placed_at: datetime | None = None,
        shown: Shown | None = None,
        rehearsal: bool = False,
        **facts: Unpack[Facts],
    ) -> LedgerOrder:
        """Create the record of an order; it replaces a record of a rehearsal.

        Raises:
            LedgerConflict: the order has a record already.
            NumberTaken: another order holds the order number.
        """
        check_beginning(status)
        now = self._now()
        if shop_number and shop_number != str(billbee_id):
            self._table.change(
                merchant_key(merchant),
                f"{shop_number_key(shop_number)}#{billbee_id}",
                set={"billbee_id": billbee_id, "expires_at": int((now + 2 * KEPT_AFTER_END).timestamp())},
            )
        record = LedgerOrder(
            merchant=merchant,
            billbee_id=billbee_id,
            shop_number=shop_number,
            order_number=order_number,
            status=status,
            version=1,
            content_hash=content_hash,
            created_at=now,
            moved_at=now,
            shelved_at=now,
            updated_at=now,
            timeline=(Event(now, "", status, why, call),),
            placed_at=placed_at,
            shown=shown,
            submitted_at=now if status in HAS_REACHED_WAREHOUSE else None,
            rehearsal=rehearsal,
            **facts,
        )
        try:
            self._table.put(_to_item(record), only_if=Attr("pk").not_exists() | Attr("rehearsal").eq(True))
        except ConditionFailed:
            raise LedgerConflict(f"order {billbee_id} is in the ledger already") from None
        return record

    def reserve_number(self, merchant: str, number: OrderNumber, billbee_id: int) -> None:
        """Claim an order number for one order, for good. Raises NumberTaken."""
        pk, sk = merchant_key(merchant), _number_key(number)
        free = Attr("pk").not_exists() | Attr("billbee_id").eq(billbee_id)
        try:
            self._table.change(pk, sk, set={"billbee_id": billbee_id}, only_if=free)
        except ConditionFailed:
            holder = self._table.get(pk, sk) or {}
            raise NumberTaken(number, int(holder.get("billbee_id", 0))) from None

    def move(
        self, record: LedgerOrder, to: Status, *, why: str, call: str, **changes: Unpack[RecordChanges]
    ) -> LedgerOrder:
        """Take an order to its next status, with an entry in its timeline.

        Raises:
            LedgerConflict: the record changed since it was read.
        """
        return self.write(self.moved(record, to, why=why, call=call, **changes))

    def moved(
        self, record: LedgerOrder, to: Status, *, why: str, call: str, **changes: Unpack[RecordChanges]
    ) -> LedgerOrder:
        """The record as `move` would return it, not yet written: the next write includes all its moves."""
        check_move(record.status, to)
        now = self._now()
        event = Event(now, record.status, to, why, call)
        moved = replace(record, status=to, moved_at=now, timeline=_appended(record.timeline, event), **changes)
        if to is Status.SUBMITTED:
            moved = replace(moved, submitted_at=now)
        if to is not Status.SUBMITTING:
            moved = replace(moved, settles_at=None)
        return moved if _shelf(moved) == _shelf(record) else replace(moved, shelved_at=now)

    def note(
        self, record: LedgerOrder, *, why: str | None = None, call: str = "", **changes: Unpack[RecordChanges]
    ) -> LedgerOrder:
        """Change details without moving the order; with ``why`` the timeline says so. Raises LedgerConflict."""
        return self.write(self.noted(record, why=why, call=call, **changes))

    def noted(
        self, record: LedgerOrder, *, why: str | None = None, call: str = "", **changes: Unpack[RecordChanges]
    ) -> LedgerOrder:
        """The record as `note` would return it, not yet written."""
        noted = replace(record, **changes)
        if why is not None:
            event = Event(self._now(), record.status, record.status, why, call)
            noted = replace(noted, timeline=_appended(record.timeline, event))
        appears = noted.status not in OPEN and _shelf(noted) != _shelf(record) and not noted.effects
        if appears and (record.is_quarantined or noted.shelved_at < noted.moved_at):
            return replace(noted, shelved_at=self._now())  # readers of recently ended orders have not seen it
        return noted

    def write(self, record: LedgerOrder) -> LedgerOrder:
        """Write a record as it is. Raises LedgerConflict."""
        written = replace(record, version=record.version + 1, updated_at=self._now())
        try:
            self._table.put(_to_item(written), only_if=Attr("version").eq(record.version))
        except ConditionFailed:
            raise LedgerConflict(f"order {record.billbee_id} was changed by another worker") from None
        return written

    def forget(self, record: LedgerOrder) -> None:
        """Remove the record of an order that has ended.

        Of one that the warehouse has had, the key stays, without details, as long as its record would have: no poll
        opens another record for it, so it is not sent again (R7). A number that was reserved stays reserved.

        Raises:
            LedgerConflict: the record changed since it was read.
        """
        assert record.rehearsal or record.status not in OPEN
        pk, sk, now = merchant_key(record.merchant), _sort_key(record.billbee_id), self._now()
        unchanged = Attr("version").eq(record.version)
        try:
            if record.rehearsal or record.submitted_at is None:
                self._table.delete(pk, sk, only_if=unchanged)
            else:
                self._table.put(
                    forgotten_item(pk, sk, record, expires_at=now + KEPT_AFTER_END, now=now), only_if=unchanged
                )
        except ConditionFailed:
            raise LedgerConflict(f"order {record.billbee_id} was changed by another worker") from None

    def shop_number_keys(self, merchant: str, billbee_id: int, record: LedgerOrder | None) -> list[str]:
        """The keys of the shop's numbers that lead to an order. Without its record, all numbers are looked through."""
        prefix = "SHOPNUMBER#" if record is None else f"{shop_number_key(record.shop_number or '')}#{billbee_id}"
        found = self._table.query(merchant_key(merchant), prefix)
        return [item["sk"] for item in found if int(item["billbee_id"]) == billbee_id]


def restored(item: Item, *, version: int, taken_at: datetime, now: datetime) -> LedgerOrder:
    """An order's record from a backup. It does not show what was said since, so that is looked up before it is said.

    Args:
        version: the one that the record is to have.
        taken_at: the moment that the backup shows.
    """
    record = order_of(item)
    why = f"restored from the backup of {taken_at:%Y-%m-%d %H:%M:%S} UTC"
    return replace(
        record,
        version=version,
        adopted=True,
        effects=tuple(replace(effect, settles_at=effect.settles_at or taken_at) for effect in record.effects),
        timeline=_appended(record.timeline, Event(now, record.status, record.status, why, _RESTORED)),
    )


def as_item(record: LedgerOrder) -> Item:
    """The record as the table holds it."""
    return {name: value for name, value in _to_item(record).items() if value is not None}


def is_order(sort_key: str) -> bool:
    """Whether an item of the table is an order's record."""
    return sort_key.startswith(_ORDER)


def is_restored(before: LedgerOrder | None, after: LedgerOrder) -> bool:
    """Whether a restore made the record what it is, and no worker."""
    last = after.timeline[-1]
    return last.call == _RESTORED and (before is None or before.timeline[-1] != last)


def _sort_key(billbee_id: int) -> str:
    return f"{_ORDER}{billbee_id:020d}"


def _number_key(number: OrderNumber) -> str:
    return f"NUMBER#{number.key}"


def shop_number_key(number: str) -> str:
    """The beginning of the keys of the orders that a shop has numbered so."""
    return f"SHOPNUMBER#{number.casefold()}"


def _rehearsals(merchant: str) -> str:
    return f"{merchant}#rehearsal"


def _quarantine(merchant: str) -> str:
    return f"{merchant}#quarantined"


def _shelf(record: LedgerOrder) -> str:
    """The shelf of a record in the index. While there is something to say, an order is open, whatever its status."""
    if record.is_quarantined:
        return _quarantine(record.merchant)
    if record.rehearsal:
        return _rehearsals(record.merchant)
    return record.merchant if record.status in OPEN or record.effects else f"{record.merchant}#{record.status}"


def _appended(timeline: tuple[Event, ...], event: Event) -> tuple[Event, ...]:
    """Shortened in the middle: the first entries show the beginning, the last ones the present."""
    if len(timeline) < _TIMELINE_LIMIT:
        return (*timeline, event)
    half = _TIMELINE_LIMIT // 2
    return (*timeline[:half], *timeline[-half + 1 :], event)


def _to_item(record: LedgerOrder) -> Item:
    told = dict.fromkeys(sorted(record.told), True) | {f"{_UNSAID}{key}": False for key in sorted(record.unsaid)}
    # Texts that only the run may know are not kept.
    effects = tuple(replace(effect, aloud=None) for effect in record.effects)
    item = {
        **record.unknown,
        **_named(to_item(replace(record, effects=effects), sparse=True)),
        "pk": merchant_key(record.merchant),
        "sk": _sort_key(record.billbee_id),
        "order_number": record.order_number.text if record.order_number is not None else None,
        "notices": told or None,
        "timeline": [_to_entry(event) for event in record.timeline],
        "shelf": _shelf(record),
    }
    if record.rehearsal or record.status not in OPEN:
        item["expires_at"] = int((record.moved_at + KEPT_AFTER_END).timestamp())
    return item


def _named(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in _NOT_BY_NAME}


def order_of(item: Item) -> LedgerOrder:
    """The record that an item of the table holds. Raises NewerRelease."""
    item = item | item.get("claim", {})  # where 0.1.0 wrote what a claim changes
    parcels = item.get("parcels", {})
    more = {
        "parcels": {number: parcel for number, parcel in parcels.items() if parcel.get("posted_at")},
        "timeline": _timeline(item["timeline"]),
        "unknown": {name: value for name, value in item.items() if name not in _ATTRIBUTES},
    }
    return from_item(LedgerOrder, item | _shared(item) | more)


def _summary(item: Item) -> OrderSummary:
    return from_item(OrderSummary, item | _shared(item))


def _shared(item: Item) -> dict[str, Any]:
    """The fields that a record and its summary hold in another form than their item."""
    notices = item.get("notices", {})
    number = item.get("order_number")
    return {
        "merchant": item["pk"].removeprefix(merchant_key("")),
        "billbee_id": int(item["sk"].removeprefix(_ORDER)),
        "order_number": OrderNumber(number) if number is not None else None,
        "told": frozenset(key for key, said in notices.items() if said),
        "unsaid": frozenset(key.removeprefix(_UNSAID) for key, said in notices.items() if not said),
    }


def _to_entry(event: Event) -> list[str]:
    return [event.at.isoformat(), event.after, event.why, event.call, event.before]


def _timeline(entries: list[list[str]]) -> tuple[Event, ...]:
    """Earlier releases left out the status before an entry, unless the previous entry ended with another one."""
    timeline: list[Event] = []
    for at, after, why, call, *rest in entries:
        before = rest[0] if rest else timeline[-1].after if timeline else ""
        timeline.append(Event(datetime.fromisoformat(at), before, after, why, call))
    return tuple(timeline)
