"""The costs of parcels (R27). Weight and cost come with the order's status, and are kept with the parcel.

Zone and link are asked for if the merchant wants them, one call for every shipped order. Nothing waits for that call;
it is retried for three days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.effects import waiting_parcels
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.platform.clock import STEP
from orderbridge.platform.defects import is_defect, report
from orderbridge.platform.errors import AuthenticationError, LedgerConflict, NotFound, Throttled, UpstreamError
from orderbridge.platform.observability import logger
from orderbridge.platform.patience import Patience
from orderbridge.tracking.follow_shipments import follow_shipments
from orderbridge.tracking.shipments import ShipmentKind, costs_of

if TYPE_CHECKING:
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.tracking.cost_records import DueCosts
    from orderbridge.tracking.ports import Workspace
    from orderbridge.tracking.warehouse_order import NewParcel, WarehouseOrder

ORDERS_PER_RUN: Final = 20


def expect_costs(workspace: Workspace, record: LedgerOrder) -> None:
    """Note that parcels of an order have left. Called before the ledger notes it, so that a crash loses nothing."""
    if workspace.settings.bibi.shipping_costs:
        workspace.costs.expect(record.billbee_id)


def told_costs(
    workspace: Workspace, record: LedgerOrder, reported: WarehouseOrder, new: Iterable[NewParcel]
) -> dict[str, ParcelCost]:
    """The known costs of an order's parcels, including those of new parcels in a report."""
    told, month = reported.costs, _month_of(workspace, workspace.now())
    found = {one.tracking_number: told[one.tracking_number] for one in new if one.tracking_number in told}
    return {number: replace(cost, month=month) for number, cost in found.items()} | record.costs


def count_costs(workspace: Workspace, record: LedgerOrder, costs: Mapping[str, ParcelCost]) -> None:
    """Count costs that are not in the record yet in their month. Counting twice has no effect."""
    for number, cost in costs.items():
        if number not in record.costs:
            workspace.costs.add(record.billbee_id, number, cost, cost.month)


def fetch_costs(workspace: Workspace) -> int:
    """Ask for the due costs of a few orders. Returns for how many orders they are known now. Does not raise the
    warehouse's errors.
    """
    if not workspace.settings.bibi.shipping_costs or workspace.rehearsing:
        return 0
    patience, known = Patience(), 0
    for due in workspace.costs.due(ORDERS_PER_RUN):
        if not workspace.deadline.has(STEP):
            break
        try:
            known += _fetch(workspace, due)
        except LedgerConflict:
            continue  # another worker has it; the next run looks again
        except (Throttled, AuthenticationError) as error:
            logger.warning("Shipping costs put off", extra={"error": str(error)})
            break
        except UpstreamError as error:
            logger.warning("Shipping costs not known", extra={"order_id": due.billbee_id, "error": str(error)})
            _postpone(workspace, due)
            if patience.is_over(error):
                break
        except Exception as error:
            if not is_defect(error):
                raise
            report(error, order_id=due.billbee_id)  # the others continue; it is tried for three days, then given up
            _postpone(workspace, due)
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
        shown = workspace.warehouse.shipments(record.order_number)
    except NotFound:
        shown = ()
    record = follow_shipments(workspace, record, shown)
    found = {
        number: replace(
            cost, month=known.month if (known := record.costs.get(number)) else _month(workspace, record, number, cost)
        )
        for number, cost in costs_of(shown).items()
    }
    costs = record.costs | found
    for number, cost in found.items():
        workspace.costs.add(record.billbee_id, number, cost, cost.month)
    if costs != record.costs:
        total = sum(cost.cost for number, cost in costs.items())
        why = f"the warehouse names shipping costs of {total:.2f} USD"
        workspace.ledger.note(record, why=why, call="bibi shipments", costs=costs)
    voided = {one.tracking_number for one in shown if one.kind is ShipmentKind.VOID}
    if record.parcels.keys() | waiting_parcels(record.effects) <= found.keys() | voided:
        workspace.costs.settle(due)
        return True
    _postpone(workspace, due)
    return False


def _postpone(workspace: Workspace, due: DueCosts) -> None:
    if not workspace.costs.postpone(due):
        logger.warning("Shipping costs given up", extra={"order_id": due.billbee_id})


def _month(workspace: Workspace, record: LedgerOrder, number: str, cost: ParcelCost) -> str:
    """The warehouse's month in which a parcel left. It does not change when it is asked for again."""
    parcel = record.parcels.get(number)
    left: datetime = cost.shipped_at or (parcel.posted_at if parcel else None) or record.created_at
    return _month_of(workspace, left)


def _month_of(workspace: Workspace, moment: datetime) -> str:
    return f"{workspace.warehouse.date_of(moment):%Y-%m}"
