"""Give up saying something to a vendor, because it fails for good or was done by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.desk.retry_order import OPERATOR
from orderbridge.ledger.effects import Effect, EffectKind
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import Parcel, RecordChanges
from orderbridge.platform.errors import OrderbridgeError

if TYPE_CHECKING:
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.record import LedgerOrder

CALL: Final = "orderbridge order drop-effect"
_TOLD: Final = frozenset(
    {EffectKind.MESSAGE, EffectKind.RETURN_PARCEL, EffectKind.LABEL_MESSAGE, EffectKind.INVOICE_CANCELLATION}
)
"""Kinds that would come back if they did not count as said."""


class NoSuchEffect(OrderbridgeError):
    """The order has no effect of that name. The message names its effects."""


def drop_effect(ledger: Ledger, record: LedgerOrder, key: str, *, by: str = OPERATOR, call: str = CALL) -> LedgerOrder:
    """Remove an effect from an order's list. A message, a parcel and the shipped state then count as said; others come
    back when the merchant or the warehouse wants them again. ``by`` and ``call`` are as for `retry_order`.

    Raises:
        NoSuchEffect: no effect has that key.
        LedgerConflict: a worker has just changed the order.
    """
    found = next((effect for effect in record.effects if effect.key == key), None)
    if found is None:
        there = ", ".join(effect.key for effect in record.effects) or "nothing"
        raise NoSuchEffect(f"it has no {key!r} to say; still to be said: {there}")
    why = f"{by} dropped it: {found.kind} {key}"
    changes = _as_said(ledger, record, found)
    changes["effects"] = tuple(effect for effect in record.effects if effect is not found)
    if found.kind is EffectKind.STATE and record.status is not Status.SHIPPED:
        return ledger.move(record, Status.SHIPPED, why=why, call=call, **changes)
    return ledger.note(record, why=why, call=call, **changes)


def _as_said(ledger: Ledger, record: LedgerOrder, effect: Effect) -> RecordChanges:
    if effect.kind in _TOLD:
        return {"told": record.told | {effect.key}}
    if effect.kind is EffectKind.SHIPMENT:
        parcel = Parcel(effect.body["ship_method"], ledger.now())
        return {"parcels": record.parcels | {effect.body["number"]: parcel}}
    return {}
