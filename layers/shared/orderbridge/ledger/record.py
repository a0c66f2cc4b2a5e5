"""What the ledger knows of an order: its record, the summary of it in the index, and its timeline.

No personal data is kept: numbers, hashes, quantities, statuses, and reasons in orderbridge's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from orderbridge.ledger.conversion import Conversion
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import Effect, first_due
from orderbridge.ledger.kept_label import KeptLabel
from orderbridge.ledger.lifecycle import PASSING, Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.shown import Difference, Shown
from orderbridge.ledger.sku import Sku


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
    """What the index holds of an order: enough to list it and to see whether anything has to be done for it.

    Attributes:
        order_number: the number the warehouse knows it by.
        shop_number: the number the shop and its customer know it by.
        shelved_at: since when it has been open; for an ended one, when it ended.
        pieces: how many pieces were ordered by SKU, bundles resolved; empty if not known.
        kits: how many kits were sent, by the kit's SKU (R26).
        in_kits: of the pieces, how many travel in kits, by SKU.
        told: what the merchant was told, and what was done once, by key.
        unsaid: the keys of what must still be said to a vendor (`LedgerOrder.effects`).
        seen_at: when the warehouse last reported the order.
        warehouse_status: in the warehouse's words, as last noted; None if it has only said "new".
        held: we put it on hold at the warehouse for the merchant's tag.
        rehearsal: made in mode ``test``; does not count once the merchant is live.
        adopted: found at the warehouse without a record of ours (R10); its parcels are those the shop had then.
        promised_by: when it should have left the warehouse (R42); None if nothing was promised.
    """

    merchant: str
    billbee_id: int
    order_number: OrderNumber | None
    status: Status
    created_at: datetime
    moved_at: datetime
    shelved_at: datetime
    shop_number: str | None = None
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
    promised_by: datetime | None = None

    @property
    def number(self) -> OrderNumber:
        """The number that the warehouse was told; empty if it was told none."""
        return self.order_number or OrderNumber("")

    @property
    def loose_pieces(self) -> dict[str, int]:
        """The pieces that do not travel in kits: those that the warehouse certainly counts by their own SKU."""
        return {sku: count - self.in_kits.get(sku, 0) for sku, count in self.pieces.items()}

    def ordered_pieces(self, reported_skus: Iterable[str] = ()) -> int | None:
        """How many pieces were ordered; None if not known.

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

    def is_unfinished(self, now: datetime) -> bool:
        """Whether a worker has something to do for the order: its status passes, or there is something to say."""
        return self.status in PASSING or self.has_due(now)

    @property
    def heard_of_at(self) -> datetime:
        """When the warehouse last reported or took the order."""
        return self.seen_at or self.submitted_at or self.created_at


@dataclass(frozen=True, kw_only=True)
class LedgerOrder(OrderSummary):
    """One order's whole record.

    Attributes:
        paid_at: when its customer had paid it, as far as the shop has told; it dates the promise (R42).
        content_hash: of the order's content in Billbee when the warehouse was sent it.
        country: to which it was sent, as two letters (ISO 3166); None if it was not. By itself it is nobody's data.
        method: the ship method that the warehouse was asked for.
        sent: fingerprints of what the warehouse was sent (`orders.content`); empty if not known.
        shown: what Billbee showed of the order then; None if not known.
        difference: how the order in Billbee differs from that now.
        parcels: those that the shop has, by tracking number.
        costs: the known costs of parcels, by tracking number.
        label: the return label that was asked for last.
        effects: what must still be said to a vendor, in sequence.
        defect: the last unexpected errors of its processing (R31).
        rule: the name of the merchant's rule that shaped what was sent last (R40); None if none did.
        rule_holds: that rule puts the order on hold.
        conversion: how its money was converted for the warehouse; None if its figures were sent as they are (R36).
        grams: the weight of its goods by the shop, when the warehouse was sent it; None if it is not compared (R46).
        settles_at: until then, a sent order that the warehouse does not show may still appear there; None unless it is
            `submitting`.
        unknown: attributes that a newer release keeps of the order; they are written back as they are.
    """

    version: int
    content_hash: str
    updated_at: datetime
    paid_at: datetime | None = None
    settles_at: datetime | None = None
    sent: str = ""
    country: str | None = None
    method: str | None = None
    shown: Shown | None = None
    difference: Difference | None = None
    parcels: dict[str, Parcel] = field(default_factory=dict)
    costs: dict[str, ParcelCost] = field(default_factory=dict)
    label: KeptLabel | None = None
    effects: tuple[Effect, ...] = ()
    defect: Defect | None = None
    conversion: Conversion | None = None
    rule: str | None = None
    rule_holds: bool = False
    grams: Decimal | None = None
    timeline: tuple[Event, ...] = ()
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unsaid", frozenset(effect.key for effect in self.effects))

    @property
    def is_quarantined(self) -> bool:
        """No job touches it until a person asks for it."""
        return self.defect is not None and self.defect.is_final

    def has_due(self, now: datetime) -> bool:
        return first_due(self.effects, now) is not None


class Facts(TypedDict, total=False):
    """What a new record may hold. The ledger writes status, version, moments and timeline."""

    reason: str | None
    seen_at: datetime | None
    warehouse_status: str | None
    pieces: dict[str, int]
    kits: dict[str, int]
    in_kits: dict[str, int]
    told: frozenset[str]
    held: bool
    adopted: bool
    parcels: dict[str, Parcel]
    costs: dict[str, ParcelCost]
    label: KeptLabel | None
    defect: Defect | None
    conversion: Conversion | None
    paid_at: datetime | None
    promised_by: datetime | None


class RecordChanges(Facts, total=False):
    """What a step may change in a record."""

    order_number: OrderNumber | None
    content_hash: str
    placed_at: datetime | None
    settles_at: datetime | None
    rule: str | None
    rule_holds: bool
    grams: Decimal | None
    sent: str
    country: str | None
    method: str | None
    shown: Shown | None
    difference: Difference | None
    effects: tuple[Effect, ...]
