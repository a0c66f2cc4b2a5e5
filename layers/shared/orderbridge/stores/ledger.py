"""The ledger: what orderbridge did for each order, with its timeline.

Every change is one conditional write on the record's version, so of two workers that act on the same order only one
goes on (R7).
No personal data is kept: numbers, hashes, quantities, statuses, and reasons in orderbridge's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from orderbridge.clock import Clock
from orderbridge.domain.defect import Defect
from orderbridge.domain.effects import Effect, Kind
from orderbridge.domain.kept_label import KeptLabel
from orderbridge.domain.lifecycle import OPEN, Status, check_move
from orderbridge.domain.order_number import OrderNumber
from orderbridge.domain.parcel_cost import ParcelCost
from orderbridge.domain.sku import Sku
from orderbridge.errors import ConditionFailed, LedgerConflict, NewerRelease, OrderbridgeError
from orderbridge.stores.table import Item, Table, merchant_key, read_moment

KEPT_AFTER_END: Final = timedelta(days=400)
"""How long a finished order stays in the ledger."""
_TIMELINE_LIMIT: Final = 100
_ID_DIGITS: Final = 18
_ORDER: Final = "ORDER#"


def tidy_number(text: str) -> str:
    """A number as people paste it, without blanks and ``#``."""
    return text.strip().removeprefix("#").strip()


def as_billbee_id(number: str) -> int | None:
    """The id that somebody may mean, or None; people may type zeros before it."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= _ID_DIGITS else None


class NumberTaken(OrderbridgeError):
    """Another order of the merchant already uses this order number at the warehouse."""

    def __init__(self, number: OrderNumber, other: int) -> None:
        super().__init__(f"order number {str(number)!r} is already used for order {other}")
        self.number = number
        self.other = other


@dataclass(frozen=True)
class Event:
    """One entry of an order's timeline. ``call`` is what caused it, e.g. ``"bibi submitOrder"``."""

    at: datetime
    before: str
    after: str
    why: str
    call: str


@dataclass(frozen=True)
class Parcel:
    """A parcel that the shop has."""

    ship_method: str
    posted_at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderSummary:
    """What the index holds of an order: enough to list it and to see whether anything is to be done for it.

    Attributes:
        order_number: the number the warehouse knows it by.
        shop_number: the number the shop and its customer know it by.
        shelved_at: since when it is open; of one that is not, when it came to its end.
        pieces: how many pieces were ordered by SKU, bundles resolved; empty where not known.
        kits: how many kits were sent, by the kit's SKU (R26).
        in_kits: of the pieces, how many travel in kits, by SKU.
        told: what the merchant was told, and other things that are done once, by key.
        unsaid: the keys of what has still to be said to a vendor (`LedgerOrder.effects`).
        seen_at: when the warehouse was last heard of about the order.
        warehouse_status: in the warehouse's words, as last noted; None where it has said no more than "new".
        held: we put it on hold at the warehouse for the merchant's tag.
        rehearsal: made in mode ``test``; does not count once the merchant is live.
        adopted: found at the warehouse without a record of ours (R10); its parcels are those the shop had then.
    """

    merchant: str
    billbee_id: int
    order_number: OrderNumber | None
    shop_number: str | None
    status: Status
    created_at: datetime
    moved_at: datetime
    shelved_at: datetime
    reason: str | None = None
    placed_at: datetime | None = None
    submitted_at: datetime | None = None
    seen_at: datetime | None = None
    warehouse_status: str | None = None
    pieces: dict[str, int] = field(default_factory=dict)
    kits: dict[str, int] = field(default_factory=dict)
    in_kits: dict[str, int] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    unsaid: frozenset[str] = frozenset()
    held: bool = False
    rehearsal: bool = False
    adopted: bool = False

    @property
    def number(self) -> OrderNumber:
        """The number that the warehouse was told; an empty one where it was told none."""
        return self.order_number or OrderNumber("")

    @property
    def loose_pieces(self) -> dict[str, int]:
        """The pieces that do not travel in kits: those that the warehouse certainly counts by their own SKU."""
        return {sku: count - self.in_kits.get(sku, 0) for sku, count in self.pieces.items()}

    def ordered_pieces(self, reported_skus: Iterable[str] = ()) -> int | None:
        """How many pieces were ordered; None where that is not known.

        Args:
            reported_skus: those of the warehouse's report. If a kit is among them, each kit counts as one piece.
        """
        pieces = sum(self.pieces.values())
        if self.kits and {Sku(sku) for sku in self.kits} & {Sku(sku) for sku in reported_skus}:
            pieces += sum(self.kits.values()) - sum(self.in_kits.values())
        return pieces or None

    def has_due(self, now: datetime) -> bool:
        """Whether there is something to say to a vendor; of a record, something that may be said now."""
        return bool(self.unsaid)

    @property
    def heard_of_at(self) -> datetime:
        """When the warehouse was last heard of about the order, be it that it took it."""
        return self.seen_at or self.submitted_at or self.created_at


@dataclass(frozen=True, kw_only=True)
class LedgerOrder(OrderSummary):
    """One order's whole record.

    Attributes:
        parcels: those that the shop has, by tracking number.
        costs: what parcels cost, as far as it is asked for and known, by tracking number.
        label: the return label that was asked for last.
        effects: what has still to be said to a vendor, in the order in which it is said.
        defect: the unexpected errors that its handling met last (R31).
        settles_at: until then, an order that was sent and that the warehouse does not show may still appear there.
        unknown: attributes that a newer release keeps of the order; they are written back as they are.
    """

    version: int
    content_hash: str
    updated_at: datetime
    settles_at: datetime | None = None
    parcels: dict[str, Parcel] = field(default_factory=dict)
    costs: dict[str, ParcelCost] = field(default_factory=dict)
    label: KeptLabel | None = None
    effects: tuple[Effect, ...] = ()
    defect: Defect | None = None
    timeline: tuple[Event, ...] = ()
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unsaid", frozenset(effect.key for effect in self.effects))

    @property
    def is_quarantined(self) -> bool:
        """No job touches it until a person asks for it."""
        return self.defect is not None and self.defect.is_final

    def has_due(self, now: datetime) -> bool:
        first = next(iter(self.effects), None)
        return first is not None and not first.waits(now)


_MOMENTS: Final = ("created_at", "moved_at", "shelved_at", "placed_at", "submitted_at", "seen_at")
_MOMENTS_OF_RECORDS: Final = ("updated_at", "settles_at")
_ATTRIBUTES: Final = frozenset(
    {
        *("pk", "sk", "order_number", "shop_number", "status", "version", "content_hash", "reason", "warehouse_status"),
        *("pieces", "kits", "in_kits", "notices", "held", "rehearsal", "adopted", "parcels", "costs", "label"),
        *("defect", "effects"),
        *("timeline", "claim", "shelf", "expires_at", *_MOMENTS, *_MOMENTS_OF_RECORDS),
    }
)
"""Those that this release writes."""
_UNSAID: Final = "unsaid "
"""Before the keys of effects in the attribute ``notices``, which the index holds: those told have the same keys."""


class Ledger:
    """The records of all merchants' orders."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def now(self) -> datetime:
        """The moment that is written into records."""
        return self._now()

    def get(self, merchant: str, billbee_id: int) -> LedgerOrder | None:
        item = self._table.get(merchant_key(merchant), _sort_key(billbee_id))
        return _from_item(item) if item else None

    def get_many(self, merchant: str, billbee_ids: Iterable[int], *, consistent: bool = True) -> dict[int, LedgerOrder]:
        """The records there are, by Billbee order id. With ``consistent=False`` they may be slightly stale."""
        pk = merchant_key(merchant)
        keys = ((pk, _sort_key(order_id)) for order_id in billbee_ids)
        items = self._table.get_many(keys, consistent=consistent)
        return {record.billbee_id: record for record in map(_from_item, items)}

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
        return map(_from_item, self._table.query(merchant_key(merchant), _ORDER))

    def open_orders(
        self,
        merchant: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        at_most: int | None = None,
    ) -> Iterator[OrderSummary]:
        """The orders with something still to happen or to say; the oldest first, read page by page as they are gone
        through.

        The index lags a little behind; what is acted upon is guarded by each record's version.

        Args:
            since: only those that are open since this moment or later.
            before: only those that are open since earlier than this moment. Not together with ``since``.
        """
        first, last = (moment.astimezone(UTC).isoformat() if moment else None for moment in (since, before))
        return map(_summary, islice(self._table.query_shelf(merchant, since=first, before=last), at_most))

    def ended_orders(self, merchant: str, status: Status, *, since: datetime) -> Iterator[OrderSummary]:
        """The orders that came to an end since a moment, the latest first. ``status``: one that is not open."""
        assert status not in OPEN
        moment = since.astimezone(UTC).isoformat()
        return map(_summary, self._table.query_shelf(f"{merchant}#{status}", since=moment, newest_first=True))

    def rehearsed_orders(self, merchant: str) -> Iterator[OrderSummary]:
        """The orders that were tried in mode ``test``, the latest first."""
        return map(_summary, self._table.query_shelf(_rehearsals(merchant), newest_first=True))

    def quarantined_orders(self, merchant: str) -> Iterator[OrderSummary]:
        """The orders that no job touches until a person asks for them, in whatever status; the oldest first (R31)."""
        return map(_summary, self._table.query_shelf(_quarantine(merchant)))

    def find(self, merchant: str, number: str) -> list[LedgerOrder]:
        """The orders that somebody may mean by a number: Billbee's id, the shop's number, or the warehouse's.

        Several where shops of one merchant use the same numbers.
        """
        billbee_id = as_billbee_id(number)
        ids = [] if billbee_id is None else [billbee_id]
        prefix = f"{_shop_number_key(number)}#"
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
        **details: Any,
    ) -> LedgerOrder:
        """Start the record of an order; a record made in a rehearsal gives way.

        Raises:
            LedgerConflict: the order has a record already.
            NumberTaken: another order holds the order number.
        """
        now = self._now()
        if shop_number and shop_number != str(billbee_id):
            self._table.change(
                merchant_key(merchant),
                f"{_shop_number_key(shop_number)}#{billbee_id}",
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
            **details,
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

    def move(self, record: LedgerOrder, to: Status, *, why: str, call: str, **changes: Any) -> LedgerOrder:
        """Take an order to its next status, with an entry in its timeline.

        Raises:
            LedgerConflict: the record changed since it was read.
        """
        return self.write(self.moved(record, to, why=why, call=call, **changes))

    def moved(self, record: LedgerOrder, to: Status, *, why: str, call: str, **changes: Any) -> LedgerOrder:
        """The record as `move` would make it, not yet written: the next write takes all its moves along."""
        check_move(record.status, to)
        now = self._now()
        event = Event(now, record.status, to, why, call)
        moved = replace(record, status=to, moved_at=now, timeline=_appended(record.timeline, event), **changes)
        return moved if _shelf(moved) == _shelf(record) else replace(moved, shelved_at=now)

    def note(self, record: LedgerOrder, *, why: str | None = None, call: str = "", **changes: Any) -> LedgerOrder:
        """Change details without moving the order; with ``why`` the timeline says so. Raises LedgerConflict."""
        return self.write(self.noted(record, why=why, call=call, **changes))

    def noted(self, record: LedgerOrder, *, why: str | None = None, call: str = "", **changes: Any) -> LedgerOrder:
        """The record as `note` would make it, not yet written."""
        if why is not None:
            event = Event(self._now(), record.status, record.status, why, call)
            changes["timeline"] = _appended(record.timeline, event)
        noted = replace(record, **changes)
        appears = noted.status not in OPEN and _shelf(noted) != _shelf(record) and not noted.effects
        if appears and (record.is_quarantined or noted.shelved_at < noted.moved_at):
            return replace(noted, shelved_at=self._now())  # who looks for what has ended since has not seen it
        return noted

    def write(self, record: LedgerOrder) -> LedgerOrder:
        """Write a record as it is. Raises LedgerConflict."""
        written = replace(record, version=record.version + 1, updated_at=self._now())
        try:
            self._table.put(_to_item(written), only_if=Attr("version").eq(record.version))
        except ConditionFailed:
            raise LedgerConflict(f"order {record.billbee_id} was changed by another worker") from None
        return written


def restored(item: Item, *, version: int, taken_at: datetime, now: datetime) -> LedgerOrder:
    """An order's record from a backup, which does not know what was said since: that is looked up before it is said.

    Args:
        version: the one that the record is to have.
        taken_at: the moment that the backup shows.
    """
    record = _from_item(item)
    why = f"restored from the backup of {taken_at:%Y-%m-%d %H:%M:%S} UTC"
    return replace(
        record,
        version=version,
        adopted=True,
        effects=tuple(replace(effect, settles_at=effect.settles_at or taken_at) for effect in record.effects),
        timeline=_appended(record.timeline, Event(now, record.status, record.status, why, "table restore")),
    )


def as_item(record: LedgerOrder) -> Item:
    """The record as the table holds it."""
    return {name: value for name, value in _to_item(record).items() if value is not None}


def _sort_key(billbee_id: int) -> str:
    return f"{_ORDER}{billbee_id:020d}"


def _number_key(number: OrderNumber) -> str:
    return f"NUMBER#{number.key}"


def _shop_number_key(number: str) -> str:
    return f"SHOPNUMBER#{number.casefold()}"


def _rehearsals(merchant: str) -> str:
    return f"{merchant}#rehearsal"


def _quarantine(merchant: str) -> str:
    return f"{merchant}#quarantined"


def _shelf(record: LedgerOrder) -> str:
    """Where a record stands in the index. While there is something to say, an order is open, whatever its status."""
    if record.is_quarantined:
        return _quarantine(record.merchant)
    if record.rehearsal:
        return _rehearsals(record.merchant)
    return record.merchant if record.status in OPEN or record.effects else f"{record.merchant}#{record.status}"


def _appended(timeline: tuple[Event, ...], event: Event) -> tuple[Event, ...]:
    """The first entries tell how it began and the last ones where it stands: cut in between."""
    if len(timeline) < _TIMELINE_LIMIT:
        return (*timeline, event)
    half = _TIMELINE_LIMIT // 2
    return (*timeline[:half], *timeline[-half + 1 :], event)


def _to_item(record: LedgerOrder) -> Item:
    item: Item = dict(record.unknown) | {
        "pk": merchant_key(record.merchant),
        "sk": _sort_key(record.billbee_id),
        "order_number": record.order_number.text if record.order_number is not None else None,
        "shop_number": record.shop_number,
        "status": record.status.value,
        "version": record.version,
        "content_hash": record.content_hash,
        "reason": record.reason,
        "warehouse_status": record.warehouse_status,
        "pieces": record.pieces or None,
        "kits": record.kits or None,
        "in_kits": record.in_kits or None,
        "notices": dict.fromkeys(sorted(record.told), True)
        | {f"{_UNSAID}{key}": False for key in sorted(record.unsaid)}
        or None,
        "effects": [_effect_item(effect) for effect in record.effects] or None,
        "held": record.held or None,
        "rehearsal": record.rehearsal or None,
        "adopted": record.adopted or None,
        "parcels": {
            number: {"ship_method": parcel.ship_method, "posted_at": _text(parcel.posted_at)}
            for number, parcel in record.parcels.items()
        }
        or None,
        "costs": {number: _cost_item(cost) for number, cost in record.costs.items()} or None,
        "label": _label_item(record.label) if record.label else None,
        "defect": _defect_item(record.defect) if record.defect else None,
        "timeline": [_to_entry(event) for event in record.timeline],
        "shelf": _shelf(record),
    }
    item |= {name: _text(getattr(record, name)) for name in (*_MOMENTS, *_MOMENTS_OF_RECORDS)}
    if record.rehearsal or record.status not in OPEN:
        item["expires_at"] = int((record.moved_at + KEPT_AFTER_END).timestamp())
    return item


def _from_item(item: Item) -> LedgerOrder:
    item = item | item.get("claim", {})  # where 0.1.0 wrote what a claim changes
    return LedgerOrder(
        **{name: value for name, value in _shared(item).items() if name != "unsaid"},
        version=item["version"],
        content_hash=item["content_hash"],
        parcels={
            number: Parcel(parcel["ship_method"], posted_at)
            for number, parcel in item.get("parcels", {}).items()
            if (posted_at := read_moment(parcel.get("posted_at"))) is not None
        },
        costs={number: _cost(cost) for number, cost in item.get("costs", {}).items()},
        label=_label(item["label"]) if "label" in item else None,
        effects=tuple(map(_effect, item.get("effects", ()))),
        defect=_defect(item["defect"]) if "defect" in item else None,
        timeline=_timeline(item["timeline"]),
        unknown={name: value for name, value in item.items() if name not in _ATTRIBUTES},
        **{name: read_moment(item.get(name)) for name in _MOMENTS_OF_RECORDS},  # type: ignore[arg-type]
    )


def _summary(item: Item) -> OrderSummary:
    return OrderSummary(**_shared(item))


def _shared(item: Item) -> dict[str, Any]:
    """What a record and its summary have in common."""
    return {
        "merchant": item["pk"].removeprefix(merchant_key("")),
        "billbee_id": int(item["sk"].removeprefix(_ORDER)),
        "order_number": OrderNumber(number) if (number := item.get("order_number")) is not None else None,
        "shop_number": item.get("shop_number"),
        "status": _status(item["status"]),
        "reason": item.get("reason"),
        "warehouse_status": item.get("warehouse_status"),
        "pieces": item.get("pieces", {}),
        "kits": item.get("kits", {}),
        "in_kits": item.get("in_kits", {}),
        "told": frozenset(key for key, said in item.get("notices", {}).items() if said),
        "unsaid": frozenset(key.removeprefix(_UNSAID) for key, said in item.get("notices", {}).items() if not said),
        "held": item.get("held", False),
        "rehearsal": item.get("rehearsal", False),
        "adopted": item.get("adopted", False),
    } | {name: read_moment(item.get(name)) for name in _MOMENTS}


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise NewerRelease(f"the status {text!r} is one of a newer release") from None


def _to_entry(event: Event) -> list[str]:
    return [event.at.isoformat(), event.after, event.why, event.call, event.before]


def _timeline(entries: list[list[str]]) -> tuple[Event, ...]:
    """Earlier releases left out where an entry starts, unless the one before it ended elsewhere."""
    timeline: list[Event] = []
    for at, after, why, call, *rest in entries:
        before = rest[0] if rest else timeline[-1].after if timeline else ""
        timeline.append(Event(datetime.fromisoformat(at), before, after, why, call))
    return tuple(timeline)


def _cost_item(cost: ParcelCost) -> Item:
    """Amounts as text: a number of DynamoDB's would lose its cents' zeros. What is not known is left out: each byte of
    the record is written with each step of the order.
    """
    item = {
        "cost": str(cost.cost),
        "ship_method": cost.ship_method,
        "weight": "" if cost.weight is None else str(cost.weight),
        "zone": cost.zone,
        "link": cost.link,
        "shipped_at": _text(cost.shipped_at),
        "returned": cost.returned,
        "month": cost.month,
    }
    return {name: value for name, value in item.items() if value}


def _cost(item: Item) -> ParcelCost:
    weight = item.get("weight")
    return ParcelCost(
        cost=Decimal(item["cost"]),
        ship_method=item.get("ship_method", ""),
        weight=Decimal(weight) if weight else None,
        zone=item.get("zone", ""),
        link=item.get("link", ""),
        shipped_at=read_moment(item.get("shipped_at")),
        returned=item.get("returned", False),
        month=item.get("month", ""),
    )


def _label_item(label: KeptLabel) -> Item:
    return {
        "key": label.key,
        "asked_at": _text(label.asked_at),
        "expires_at": _text(label.expires_at),
        "stored": label.stored,
    }


def _label(item: Item) -> KeptLabel:
    return KeptLabel(
        item["key"],
        asked_at=datetime.fromisoformat(item["asked_at"]),
        expires_at=datetime.fromisoformat(item["expires_at"]),
        stored=item["stored"],
    )


def _effect_item(effect: Effect) -> Item:
    item = {
        "kind": effect.kind.value,
        "key": effect.key,
        "body": dict(effect.body),
        "attempts": effect.attempts,
        "not_before": _text(effect.not_before),
        "settles_at": _text(effect.settles_at),
        "doubted": effect.doubted,
        "reason": effect.reason,
    }
    return {name: value for name, value in item.items() if value}


def _effect(item: Item) -> Effect:
    try:
        kind = Kind(item["kind"])
    except ValueError:
        raise NewerRelease(f"the effect {item['kind']!r} is one of a newer release") from None
    return Effect(
        kind=kind,
        key=item["key"],
        body=item.get("body", {}),
        attempts=item.get("attempts", 0),
        not_before=read_moment(item.get("not_before")),
        settles_at=read_moment(item.get("settles_at")),
        doubted=item.get("doubted", False),
        reason=item.get("reason"),
    )


def _defect_item(defect: Defect) -> Item:
    item = {
        "what": defect.what,
        "job": defect.job,
        "failures": defect.failures,
        "at": _text(defect.at),
        "again_at": _text(defect.again_at),
    }
    return {name: value for name, value in item.items() if value is not None}


def _defect(item: Item) -> Defect:
    return Defect(
        what=item["what"],
        job=item["job"],
        failures=item["failures"],
        at=datetime.fromisoformat(item["at"]),
        again_at=read_moment(item.get("again_at")),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
