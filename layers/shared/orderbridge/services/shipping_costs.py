"""Ask the warehouse what parcels cost, for merchants who want that (R27): a call for every order that ships.

It is no part of telling the shop about a parcel: what fails here is tried again for three days, and nothing waits.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderbridge.clients.bibi.mapping import warehouse_text
from orderbridge.clients.bibi.shipments import shipments
from orderbridge.clients.pacing import Patience
from orderbridge.domain.shipping_costs import ParcelCost, costs_of
from orderbridge.errors import AuthenticationError, LedgerConflict, NotFound, Throttled, UpstreamError
from orderbridge.observability import logger

if TYPE_CHECKING:
    from orderbridge.services.workspace import Workspace
    from orderbridge.stores.costs import DueCosts
    from orderbridge.stores.ledger import LedgerOrder

ORDERS_PER_RUN: Final = 20
_TIME_RESERVE: Final = 30.0


def expect_costs(workspace: Workspace, record: LedgerOrder) -> None:
    """Parcels of an order have left. To be called before the ledger says so, so that a crash forgets nothing."""
    if workspace.settings.bibi.shipping_costs:
        workspace.costs.expect(record.billbee_id)


def fetch_costs(workspace: Workspace) -> int:
    """Ask for the costs that are due, of a few orders; gives how many orders' are known now. Raises nothing that the
    warehouse has caused.
    """
    if not workspace.settings.bibi.shipping_costs or workspace.rehearsing:
        return 0
    patience, known = Patience(), 0
    for due in workspace.costs.due(ORDERS_PER_RUN):
        if workspace.seconds_left() < _TIME_RESERVE:
            break
        try:
            known += _fetch(workspace, due)
        except LedgerConflict:
            continue  # another worker is at it; the next run looks again
        except (Throttled, AuthenticationError) as error:
            logger.warning("Shipping costs put off", extra={"error": str(error)})
            break
        except UpstreamError as error:
            logger.warning("Shipping costs not known", extra={"order_id": due.billbee_id, "error": str(error)})
            _postpone(workspace, due)
            if patience.is_over(error):
                break
        else:
            patience.went_well()
    return known


def _fetch(workspace: Workspace, due: DueCosts) -> bool:
    """Whether all parcels' costs are known now."""
    record = workspace.ledger.get(workspace.merchant, due.billbee_id)
    if record is None or not record.order_number:
        workspace.costs.settle(due)
        return False
    try:
        found = costs_of(shipments(workspace.bibi, record.order_number))
    except NotFound:
        found = {}
    costs = record.costs | found
    for number, cost in found.items():
        workspace.costs.add(record.billbee_id, number, cost, _month(record, number, cost))
    if costs != record.costs:
        total = sum(cost.cost for number, cost in found.items() if number not in record.costs)
        why = f"the warehouse names shipping costs of {total:.2f} USD"
        workspace.ledger.note(record, why=why, call="bibi shipments", costs=costs)
    if record.posted_parcels <= costs.keys():
        workspace.costs.settle(due)
        return True
    _postpone(workspace, due)
    return False


def _postpone(workspace: Workspace, due: DueCosts) -> None:
    if not workspace.costs.postpone(due):
        logger.warning("Shipping costs given up", extra={"order_id": due.billbee_id})


def _month(record: LedgerOrder, number: str, cost: ParcelCost) -> str:
    """The warehouse's month in which a parcel left; one that stays the same however often it is asked for."""
    parcel = record.parcels.get(number)
    left: datetime = cost.shipped_at or (parcel.posted_at if parcel else None) or record.created_at
    return warehouse_text(left)[:7]
