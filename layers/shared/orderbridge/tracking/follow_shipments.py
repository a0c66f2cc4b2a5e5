"""The parcels that came back and the voided labels in the list of an order's shipments (R17).

Each is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.effects.executor import say, say_open
from orderbridge.ledger.effects import message, return_parcel, waiting_parcels
from orderbridge.tracking import problems as tracking_problems
from orderbridge.tracking.shipments import ShipmentKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.tracking.ports import Workspace
    from orderbridge.tracking.shipments import Shipment

_VOID = "void:"


def follow_shipments(workspace: Workspace, record: LedgerOrder, shown: Iterable[Shipment]) -> LedgerOrder:
    """Tell the shop what is new. Returns the record as it is then.

    Raises:
        UpstreamError: the rest is told when the list is read again.
        LedgerConflict: another worker has changed the order.
    """
    record = say_open(workspace, record)
    for one in {one.tracking_number: one for one in shown if one.kind is not ShipmentKind.SHIPMENT}.values():
        if one.tracking_number and one.kind is ShipmentKind.RETURN:
            record = _came_back(workspace, record, one.tracking_number)
        elif one.tracking_number:
            record = _voided(workspace, record, one.tracking_number)
    return record


def voided_parcels(record: LedgerOrder) -> set[str]:
    """The tracking numbers whose labels are known to be voided: they are not posted."""
    return {key.removeprefix(_VOID) for key in record.told | record.unsaid if key.startswith(_VOID)}


def _came_back(workspace: Workspace, record: LedgerOrder, number: str) -> LedgerOrder:
    """Post a parcel that came back as a shipment of type return."""
    key = f"return parcel:{number}"
    if key in record.told | record.unsaid:
        return record
    text = tracking_problems.return_parcel(number).say(workspace.settings.language)
    # An adopted order may have been told by the lost ledger.
    return say(workspace, record, return_parcel(key, number, text), in_doubt=record.adopted)


def _voided(workspace: Workspace, record: LedgerOrder, number: str) -> LedgerOrder:
    """Remove a voided label from the costs, and tell the merchant if the shop has it as a parcel."""
    key = f"{_VOID}{number}"
    if key in record.told | record.unsaid:
        return record
    if (cost := record.costs.get(number)) is not None and cost.month:
        workspace.costs.take_back(record.billbee_id, number, cost.month)
    costs = {one: cost for one, cost in record.costs.items() if one != number}
    waiting = number in waiting_parcels(record.effects)
    if number not in record.parcels and not waiting:
        return workspace.ledger.note(record, told=record.told | {key}, costs=costs)
    if waiting:  # Billbee may have it although it refused it, so the merchant is told anyway
        left = tuple(effect for effect in record.effects if effect.body.get("number") != number)
        why = "its parcel is not posted, because the warehouse voided the label"
        record = workspace.ledger.note(record, why=why, call="bibi shipments", effects=left)
    text = tracking_problems.parcel_voided(number).say(workspace.settings.language)
    return say(workspace, record, *message(key, text), in_doubt=record.adopted, costs=costs)
