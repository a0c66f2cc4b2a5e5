"""Decides what follows from the warehouse's report about one order: its next status, the changes of its record, and
what the shop has to be told (R14, R16, R17). No input or output; `report_progress` executes it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.effects import message
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.ledger.told import MISPICK, PIECES_MISSING, WarehouseEvent
from orderbridge.tracking import problems as tracking_problems
from orderbridge.tracking.parcel_effects import shipment, shipped_state
from orderbridge.tracking.warehouse_order import PartStatus, Progress, examine
from orderbridge.tracking.weights import in_words as weight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Set

    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.problem import Language, Problem
    from orderbridge.ledger.record import OrderSummary
    from orderbridge.ledger.tags import Tags
    from orderbridge.tracking.warehouse_order import News, Part, WarehouseOrder
    from orderbridge.tracking.weights import Weighed

_PROBLEMS: Final[dict[WarehouseEvent, Problem]] = {
    WarehouseEvent.BACKORDERED: tracking_problems.BACKORDERED,
    WarehouseEvent.BACKORDERED_WITH_OTHERS: tracking_problems.BACKORDERED_WITH_OTHERS,
    WarehouseEvent.DECLINED: tracking_problems.DECLINED,
    WarehouseEvent.CANCELLED: tracking_problems.CANCELLED,
    WarehouseEvent.RETURNED: tracking_problems.RETURNED,
}


@dataclass(frozen=True)
class Step:
    """What follows from a report.

    Attributes:
        before, to: the order's status and its next one.
        news: what the shop was not told yet.
        reason: why the order is not shipped, according to the report.
        is_known: the record shows the reported status.
        shows_pieces: the report shows the order's pieces, which were not known.
        lost: pieces of the order that the warehouse has cancelled, by SKU (R39).
        missing: pieces that the report does not show, though nothing of the order is left to ship.
    """

    before: Status
    to: Status
    news: News
    reason: str | None
    is_known: bool
    shows_pieces: bool
    lost: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        return self.to is not self.before and self.to in (Status.SHIPPED, Status.CANCELLED)

    @property
    def ships(self) -> bool:
        """Whether nothing is left to ship and the shop does not have the state yet. The order becomes shipped once it
        has.
        """
        return self.ends and self.to is Status.SHIPPED

    @property
    def moves(self) -> bool:
        """Whether the order moves to its next status at once."""
        return self.to is not self.before and not self.ships


def next_step(order: OrderSummary, reported: WarehouseOrder, *, known_parcels: Set[str], told: Set[str]) -> Step:
    """
    Args:
        known_parcels: those that the shop has, and those that it must not get.
        told: what the merchant was told.
    """
    pieces = order.ordered_pieces(reported.skus)
    news = examine(reported, ordered_pieces=pieces, known_parcels=known_parcels, told=told)
    lost = _lost(order, reported) if news.progress is not Progress.CANCELLED else None
    if lost is not None:  # it is told by its pieces, and nothing is told of what the merchant had removed
        news = replace(news, events=tuple(one for one in news.events if one is not WarehouseEvent.CANCELLED))
    return Step(
        before=order.status,
        to=_target(order.status, news),
        news=news,
        reason=_reason(news, reported, without_cancelled=lost is not None and not lost),
        is_known=_is_known(order, reported),
        shows_pieces=_lacks_pieces(order) and bool(reported.pieces),
        lost=lost or {},
        missing=_missing(order, reported) if news.missing and PIECES_MISSING not in told else {},
    )


def is_news(order: OrderSummary, reported: WarehouseOrder) -> bool:
    """Whether a report may hold anything that is not yet in an order's record. If not, the record is not read."""
    step = next_step(order, reported, known_parcels=frozenset(), told=frozenset())
    changes = step.to is not step.before or step.reason != order.reason or step.shows_pieces or not step.is_known
    return bool(changes or order.unsaid or step.news.new_parcels or step.news.events or step.lost or step.missing)


def wanted(
    step: Step, tags: Tags, language: Language, leaving: Collection[str], suspect: Weighed | None = None
) -> tuple[Effect, ...]:
    """What the shop has to be told.

    Args:
        leaving: the SKUs of the order's pieces.
        suspect: weights that show a suspected mispick, if they were not told (R46).
    """
    tag_of = {
        WarehouseEvent.BACKORDERED: tags.backordered,
        WarehouseEvent.BACKORDERED_WITH_OTHERS: tags.backordered,
        WarehouseEvent.DECLINED: tags.declined,
        WarehouseEvent.CANCELLED: tags.cancelled,
        WarehouseEvent.RETURNED: tags.returned,
    }
    parcels = [shipment(parcel) for parcel in step.news.new_parcels]
    told = [message(event, _PROBLEMS[event].say(language), tag_of[event]) for event in step.news.events]
    if step.lost:
        text = tracking_problems.part_cancelled(in_words(step.lost)).say(language)
        told.append(message(f"part_cancelled {_digest(step.lost)}", text, tags.cancelled))
    if step.missing:
        text = tracking_problems.pieces_missing(in_words(step.missing)).say(language)
        told.append(message(PIECES_MISSING, text, tags.content_differs))
    if suspect is not None:
        problem = tracking_problems.suspected_mispick(weight(suspect.grams), weight(suspect.goods))
        told.append(message(MISPICK, problem.say(language), tags.weight_differs))
    return (*parcels, *chain.from_iterable(told), *((shipped_state(leaving),) if step.ships else ()))


def _lost(order: OrderSummary, reported: WarehouseOrder) -> dict[str, int] | None:
    """The pieces that are cancelled at the warehouse and not in Billbee; None if that cannot be told. Kits may be
    reported by their pieces or not.
    """
    cancelled = _pieces(part for part in reported.parts if part.status is PartStatus.CANCELLED)
    if not cancelled or not order.pieces or order.kits or not reported.pieces:
        return None
    lost = (by_sku(order.pieces) - by_sku(reported.pieces)) & cancelled
    return {sku: lost[Sku(sku)] for sku in order.pieces if lost[Sku(sku)]}


def _missing(order: OrderSummary, reported: WarehouseOrder) -> dict[str, int]:
    """The pieces that no part shows, once none is open and something has left."""
    if order.kits or not reported.is_over or not reported.has_left:
        return {}
    missing = by_sku(order.pieces) - _pieces(reported.parts)
    return {sku: missing[Sku(sku)] for sku in order.pieces if missing[Sku(sku)]}


def _pieces(parts: Iterable[Part]) -> Counter[Sku]:
    pieces = Counter[Sku]()
    for sku, count in chain.from_iterable(part.pieces for part in parts):
        pieces[Sku(sku)] += count
    return pieces


def in_words(pieces: Mapping[str, int]) -> str:
    return ", ".join(f"{count} × {sku}" for sku, count in pieces.items())


def _digest(pieces: Mapping[str, int]) -> str:
    return sha256(in_words(pieces).encode()).hexdigest()[:12]


def _lacks_pieces(order: OrderSummary) -> bool:
    """Whether an adopted order's pieces are not known: until they are, they count as others' (R18)."""
    return order.adopted and not order.pieces


def _is_known(order: OrderSummary, reported: WarehouseOrder) -> bool:
    """Whether the record already shows the reported status. "New" needs no report, because the submission shows it."""
    if order.warehouse_status is None:
        return all(part.untouched for part in reported.parts)
    return order.warehouse_status == reported.status_text


def _target(before: Status, news: News) -> Status:
    if before is Status.SHIPPED:
        return before
    match news.progress:
        case Progress.SHIPPED:
            return Status.SHIPPED
        case Progress.CANCELLED:
            return Status.CANCELLED
        case Progress.PARTIALLY_SHIPPED:
            return Status.PARTIALLY_SHIPPED
        case _ if before is Status.PARTIALLY_SHIPPED or before is Status.CANCELLING:
            return before
        case _:
            return Status.HELD if news.held else Status.ACKNOWLEDGED


def _reason(news: News, reported: WarehouseOrder, *, without_cancelled: bool) -> str | None:
    """Why the order is not shipped, according to the report."""
    if news.progress is Progress.SHIPPED:
        return None
    told = {part.status.value for part in reported.parts}
    if without_cancelled:
        told.discard(WarehouseEvent.CANCELLED)
    texts = [str(problem) for event, problem in _PROBLEMS.items() if event.value in told]
    if news.missing:
        texts.append(f"The warehouse's report does not account for {news.missing} of the ordered pieces.")
    return " ".join(texts) or None
