"""What the list of an order's shipments shows beyond what has left: parcels that came back, voided labels (R17).

Each is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.domain import problems
from orderbridge.domain.carriers import Carrier
from orderbridge.domain.shipping_costs import ShipmentKind
from orderbridge.errors import NotFound, Refused, UnknownOutcome
from orderbridge.observability import logger
from orderbridge.services.notices import note_unsettled, tell, wait_until_settled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderbridge.domain.shipping_costs import Shipment
    from orderbridge.services.workspace import Workspace
    from orderbridge.stores.ledger import LedgerOrder

_VOID = "void:"


def follow_shipments(workspace: Workspace, record: LedgerOrder, shown: Iterable[Shipment]) -> LedgerOrder:
    """Tell the shop what is new; gives the record as it is then.

    Raises:
        UpstreamError: what is missing is told when the list is read again.
        LedgerConflict: another worker has moved the order.
    """
    for one in {one.tracking_number: one for one in shown if one.kind is not ShipmentKind.SHIPMENT}.values():
        if one.tracking_number and one.kind is ShipmentKind.RETURN:
            text = problems.return_parcel(one.tracking_number).say(workspace.settings.language)
            kind = f"return parcel:{one.tracking_number}"
            record = post_return(workspace, record, kind, one.tracking_number, text)
        elif one.tracking_number:
            record = _voided(workspace, record, one.tracking_number)
    return record


def voided_parcels(record: LedgerOrder) -> set[str]:
    """The tracking numbers whose labels are known to be voided: they are not posted."""
    return {kind.removeprefix(_VOID) for kind in record.notices if kind.startswith(_VOID)}


def post_return(workspace: Workspace, record: LedgerOrder, kind: str, tracking_number: str, text: str) -> LedgerOrder:
    """Post a parcel that came back as a shipment of type return, once.

    Args:
        kind: names it among the record's notices.
    """
    if record.notices.get(kind):
        return record
    maybe_posted = kind in record.notices or record.adopted  # an adopted order was told by a ledger that is lost
    if kind not in record.notices:
        record = workspace.ledger.note(record, notices={**record.notices, kind: False})
    try:
        if maybe_posted:
            wait_until_settled(workspace, record, "billbee add shipment")
        if not (maybe_posted and tracking_number in _returned_to(workspace, record)):
            workspace.billbee.add_shipment(record.billbee_id, tracking_number, Carrier(), text, is_return=True)
    except UnknownOutcome as error:
        note_unsettled(workspace, record, error)
        raise
    except (NotFound, Refused) as error:
        logger.warning("Return not posted", extra={"order_id": record.billbee_id, "error": str(error)})
    return workspace.ledger.note(
        record, why="posted a return parcel", call="billbee add shipment", notices={**record.notices, kind: True}
    )


def _returned_to(workspace: Workspace, record: LedgerOrder) -> Iterable[str]:
    return workspace.billbee.order(record.billbee_id).return_tracking_numbers


def _voided(workspace: Workspace, record: LedgerOrder, number: str) -> LedgerOrder:
    """Take a voided label out of the costs, and tell the merchant if the shop has it as a parcel."""
    kind = f"{_VOID}{number}"
    if record.notices.get(kind):
        return record
    if (cost := record.costs.get(number)) is not None and cost.month:
        workspace.costs.take_back(record.billbee_id, number, cost.month)
    costs = {one: cost for one, cost in record.costs.items() if one != number}
    maybe_told = kind in record.notices or record.adopted
    shop_has_it = number in record.parcels
    notices = {**record.notices, kind: not shop_has_it}
    record = workspace.ledger.note(record, notices=notices, costs=costs)
    if not shop_has_it:
        return record
    text = problems.parcel_voided(number).say(workspace.settings.language)
    return tell(workspace, record, kind, text, maybe_told=maybe_told)
