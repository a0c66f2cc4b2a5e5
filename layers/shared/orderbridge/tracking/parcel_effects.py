"""Parcels of a Billbee order, those that came back, and its state "shipped" (R14, R15, R17).

If Billbee accepts no change of an order because it is archived, parcels and state are kept in the ledger only. What it
refuses for another reason is said again later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.effects.saying import Outcome
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import Parcel
from orderbridge.ledger.shop_states import SHIPPED_STATE
from orderbridge.merchants.activity import Activity
from orderbridge.platform.errors import NotFound, Refused, UpstreamError
from orderbridge.platform.observability import logger
from orderbridge.tracking.carriers import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from orderbridge.effects.saying import About
    from orderbridge.ledger.record import LedgerOrder, RecordChanges
    from orderbridge.platform.clock import Clock
    from orderbridge.stock.stock_records import StockRecords
    from orderbridge.tracking.ports import Hub
    from orderbridge.tracking.warehouse_order import NewParcel

REFUSED_AGAIN_AFTER: Final = timedelta(hours=1)
_ADD_SHIPMENT: Final = "billbee add shipment"
_REFUSED: Final = "Billbee does not take what the warehouse reports"
_ARCHIVED: Final = "archived in Billbee: parcels and state are kept here only"


def shipment(parcel: NewParcel) -> Effect:
    body = {"number": parcel.tracking_number, "ship_method": parcel.ship_method}
    return Effect(kind=EffectKind.SHIPMENT, key=f"parcel {parcel.tracking_number}", body=body)


def shipped_state(leaving: Collection[str]) -> Effect:
    """Args: leaving: the SKUs of the order's pieces."""
    return Effect(kind=EffectKind.STATE, key="state", body={"leaving": list(leaving)})


class Shipments:
    """A parcel cannot be posted twice; the order's tracking numbers show whether it was posted.

    Args:
        carrier: who carries the parcels of a ship method (R15).
    """

    repeatable = False

    def __init__(self, hub: Hub, carrier: Callable[[str], Carrier], clock: Clock) -> None:
        self._hub = hub
        self._carrier = carrier
        self._clock = clock

    def look(self, about: About, effect: Effect) -> Outcome | None:
        there = about.read_again(self._hub).tracking_numbers
        return self._posted(about, effect) if effect.body["number"] in there else None

    def say(self, about: About, effect: Effect) -> Outcome:
        if effect.body.get("archived"):
            return self._posted(about, effect)
        number, ship_method = effect.body["number"], effect.body["ship_method"]
        carrier = self._carrier(ship_method)
        self._hub.add_shipment(about.record.billbee_id, number, carrier, ship_method)
        return replace(self._posted(about, effect), activity=Activity.PARCELS)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        if not _is_archived(about, self._hub, error):
            return _again_later(about, effect, error, self._clock.now())
        posted, left = self._posted(about, effect), _kept_here(about.record, effect)
        return Outcome(_ARCHIVED, "billbee get order", changes={"effects": left, **posted.changes})

    def _posted(self, about: About, effect: Effect) -> Outcome:
        """The shop has it, or would if its order were not archived."""
        record = about.record
        parcel = Parcel(effect.body["ship_method"], self._clock.now())
        parcels = record.parcels | {effect.body["number"]: parcel}
        return Outcome("parcels posted", _ADD_SHIPMENT, changes={"parcels": parcels, **_without_refusal(record)})


class ReturnParcels:
    """A parcel that came back is a shipment of type return, with its own numbers in the order."""

    repeatable = False

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def look(self, about: About, effect: Effect) -> Outcome | None:
        there = about.read_again(self._hub).return_tracking_numbers
        return self._posted(about, effect) if effect.body["number"] in there else None

    def say(self, about: About, effect: Effect) -> Outcome:
        number = effect.body["number"]
        self._hub.add_shipment(about.record.billbee_id, number, Carrier(), effect.text, is_return=True)
        return self._posted(about, effect)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        logger.warning("Return not posted", extra={"order_id": about.record.billbee_id, "error": str(error)})
        return self._posted(about, effect)

    def _posted(self, about: About, effect: Effect) -> Outcome:
        return Outcome("posted a return parcel", _ADD_SHIPMENT, changes={"told": about.record.told | {effect.key}})


class States:
    """The state "shipped" may be set again. In the ledger, the order becomes shipped once the shop has the state."""

    repeatable = True

    def __init__(self, hub: Hub, stock: StockRecords, clock: Clock) -> None:
        self._hub = hub
        self._stock = stock
        self._clock = clock

    def look(self, about: About, effect: Effect) -> Outcome | None:
        return None

    def say(self, about: About, effect: Effect) -> Outcome:
        self._stock.start_leaving(effect.body["leaving"])  # before Billbee releases the pieces (R18)
        if not effect.body.get("archived"):
            self._hub.set_state(about.record.billbee_id, SHIPPED_STATE)
        return self._shipped(about, effect)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        if _is_archived(about, self._hub, error):
            return self._shipped(about, effect)
        self._stock.has_left(effect.body["leaving"])
        return _again_later(about, effect, error, self._clock.now())

    def _shipped(self, about: About, effect: Effect) -> Outcome:
        leaving = effect.body["leaving"]
        return Outcome(
            f"the warehouse reports: {about.record.warehouse_status}",
            "bibi orderStatus",
            Status.SHIPPED,
            _without_refusal(about.record),
            Activity.SHIPPED,
            after=lambda: self._stock.has_left(leaving),
        )


def _again_later(about: About, effect: Effect, error: NotFound | Refused, now: datetime) -> Outcome:
    """Billbee refuses it: the order is gone, or its state does not allow it. Keep the reason.

    A refusal with a message may have taken effect nevertheless, so it is looked up then.
    """
    logger.error("Billbee refused", extra={"order_id": about.record.billbee_id, "error": str(error)})
    reason = f"{_REFUSED}: {error}"
    again = replace(
        effect,
        attempts=effect.attempts + 1,
        not_before=now + REFUSED_AGAIN_AFTER,
        settles_at=now,
        reason=str(error),
    )
    why = reason if about.record.reason != reason else None
    return Outcome(why, error.operation, changes={"reason": reason}, then=(again,))


def _kept_here(record: LedgerOrder, refused: Effect) -> tuple[Effect, ...]:
    """The other effects of an archived order. Those that Billbee would refuse too are marked for the ledger alone."""
    return tuple(
        replace(one, body={**one.body, "archived": True})
        if one.kind in (EffectKind.SHIPMENT, EffectKind.STATE)
        else one
        for one in record.effects
        if one.key != refused.key
    )


def _without_refusal(record: LedgerOrder) -> RecordChanges:
    return {"reason": None} if record.reason is not None and record.reason.startswith(_REFUSED) else {}


def _is_archived(about: About, hub: Hub, error: NotFound | Refused) -> bool:
    """Whether Billbee refuses because the order is archived. If that cannot be read, the next refusal asks again."""
    try:
        return isinstance(error, Refused) and about.read_again(hub).archived
    except UpstreamError:
        return False
