"""What the warehouse says about an order, and what follows from it (R14, R16, R17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.told import WarehouseEvent

if TYPE_CHECKING:
    from orderbridge.ledger.parcel_cost import ParcelCost


class PartStatus(StrEnum):
    """The status of a part of an order, in terms of no vendor."""

    OPEN = "open"
    HELD = "held"
    SHIPPED = "shipped"
    BACKORDERED = "backordered"
    BACKORDERED_WITH_OTHERS = "backordered_with_others"
    """Waits because another item of the same order is on backorder."""
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RETURNED = "returned"


_CLOSED = frozenset({PartStatus.SHIPPED, PartStatus.CANCELLED, PartStatus.RETURNED})
_LEFT = frozenset({PartStatus.SHIPPED, PartStatus.RETURNED})
_NOT_SHIPPED = frozenset({PartStatus.CANCELLED, PartStatus.DECLINED})


@dataclass(frozen=True)
class Part:
    """One shipment of an order: some of its pieces, shipped together.

    Attributes:
        untouched: the warehouse has not begun with it.
        costs: the known costs of its parcels, by tracking number.
        pieces: SKU and count of each of its items.
        pounds: the known weights of its parcels, by tracking number.
    """

    status: PartStatus
    status_text: str
    ship_method: str = ""
    quantity: int = 0
    tracking_numbers: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    untouched: bool = False
    costs: Mapping[str, ParcelCost] = field(default_factory=dict)
    pieces: tuple[tuple[str, int], ...] = ()
    pounds: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class WarehouseOrder:
    """An order as the warehouse reports it.

    Attributes:
        ship_to: what the report shows of the delivery address: name, company, street, city, state, postcode, country.
        presumed: a question by our number was answered with a number behind an unknown prefix (R28). That is enough not
            to send the order again, but not enough to post its parcels.
    """

    number: OrderNumber
    parts: tuple[Part, ...]
    ship_to: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)  # personal data
    presumed: bool = False

    @property
    def status_text(self) -> str:
        """The warehouse's own words for the order's status."""
        return ", ".join(dict.fromkeys(part.status_text for part in self.parts)) or "unknown"

    @property
    def is_held(self) -> bool:
        """Whether every part that has not left is on hold."""
        still_there = [part for part in self.parts if part.status not in _CLOSED]
        return bool(still_there) and all(part.status is PartStatus.HELD for part in still_there)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to ship."""
        return all(part.status in _CLOSED for part in self.parts)

    @property
    def has_left(self) -> bool:
        """Whether any of it has left."""
        return any(part.status in _LEFT for part in self.parts)

    @property
    def nothing_ships(self) -> bool:
        """Whether every part was cancelled or declined. An order without parts says nothing."""
        return bool(self.parts) and all(part.status in _NOT_SHIPPED for part in self.parts)

    @property
    def costs(self) -> dict[str, ParcelCost]:
        """The costs of its parcels in the report, by tracking number."""
        return {number: cost for part in self.parts for number, cost in part.costs.items()}

    @property
    def pieces(self) -> dict[str, int]:
        """All pieces that were not cancelled, by SKU; empty if a part does not show its items."""
        parts = [part for part in self.parts if part.status is not PartStatus.CANCELLED]
        if not all(part.pieces and all(sku and count > 0 for sku, count in part.pieces) for part in parts):
            return {}
        pieces = Counter[str]()
        for sku, count in (one for part in parts for one in part.pieces):
            pieces[sku] += count
        return dict(pieces)

    @property
    def skus(self) -> frozenset[str]:
        """What the report shows of it."""
        return frozenset(sku for part in self.parts for sku in part.skus)


@dataclass(frozen=True)
class WarehouseOrdersPage:
    """One page of at most a hundred orders, and how many others on it could not be read."""

    orders: tuple[WarehouseOrder, ...]
    more: bool
    unreadable: int = 0


class Progress(StrEnum):
    NOTHING_SHIPPED = "nothing shipped"
    PARTIALLY_SHIPPED = "partially shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class NewParcel:
    tracking_number: str
    ship_method: str


@dataclass(frozen=True)
class News:
    """What the shop has to be told about one order.

    Attributes:
        held: every open part is on hold.
        missing: pieces that were ordered and that no part of the warehouse's order shows.
    """

    progress: Progress
    new_parcels: tuple[NewParcel, ...] = ()
    events: tuple[WarehouseEvent, ...] = ()
    held: bool = False
    missing: int = 0


def examine(
    reported: WarehouseOrder,
    *,
    ordered_pieces: int | None,
    known_parcels: Iterable[str],
    told: Iterable[str],
) -> News:
    """Compare the warehouse's report with what the shop was already told.

    Args:
        ordered_pieces: how many pieces were ordered, or None if not known (an adopted order).
    """
    known = set(known_parcels)
    parcels: dict[str, NewParcel] = {}
    for part in reported.parts:
        if part.status in _LEFT:
            for number in part.tracking_numbers:
                if number not in known:
                    parcels.setdefault(number, NewParcel(number, part.ship_method))
    seen = {WarehouseEvent(part.status.value) for part in reported.parts if part.status.value in set(WarehouseEvent)}
    progress, missing = _progress(reported, ordered_pieces)
    return News(
        progress=progress,
        new_parcels=tuple(parcels.values()),
        events=tuple(sorted(seen - set(told))),
        held=reported.is_held,
        missing=missing,
    )


def _progress(reported: WarehouseOrder, ordered_pieces: int | None) -> tuple[Progress, int]:
    """Shipped means that every part has left or was cancelled, at least one has left, and no ordered piece is
    missing.
    """
    accounted = sum(part.quantity for part in reported.parts)
    # Pieces can be missing only if the report has quantities.
    counted = ordered_pieces is not None and all(part.quantity for part in reported.parts)
    missing = max(0, (ordered_pieces or 0) - accounted) if counted else 0
    if not reported.has_left:
        all_cancelled = bool(reported.parts) and reported.is_over
        return (Progress.CANCELLED if all_cancelled else Progress.NOTHING_SHIPPED), missing
    if not reported.is_over or missing:
        return Progress.PARTIALLY_SHIPPED, missing
    return Progress.SHIPPED, 0
