"""What the demo's warehouse does with an order on its books."""

from local.demo_orders import Scenario
from local.simulators.bibi import Account as Warehouse
from local.simulators.bibi.records import FINAL, HELD, Order


def begin(warehouse: Warehouse, order: Order, scenario: Scenario) -> None:
    """The first step of a scenario. An order that is not new any more is left alone: held, cancelled or backordered."""
    plan, number = scenario.warehouse, order.number
    if order.status != "New":
        return
    items = [line.item_no for part in order.parts for line in part.lines]
    if plan.first == "backorder":
        warehouse.backorder(number)
    elif plan.first == "cancel":
        warehouse.cancel(number)
    elif len(plan.parcels) > 1 and len(set(items)) == len(items) > 1:
        # The first item leaves at once, the others later.
        warehouse.split(number, items[:1], items[1:])
        warehouse.ship(number, tracking(scenario, 1), method=plan.method, part=1)
    elif plan.early:
        warehouse.ship(number, tracking(scenario, 1), method=plan.method)
    elif plan.first == "print":
        warehouse.set_status(number, "Collate Printed")


def finish(warehouse: Warehouse, order: Order, scenario: Scenario | None) -> bool:
    """Ship what is open of an order. False when nothing is, its merchant holds it, or goods are missing.

    An order that no scenario sends here (its merchant has corrected or added it) leaves like any other.
    """
    statuses = {part.status for part in order.parts}
    lacks = any(warehouse.missing(part) for part in order.parts if part.status not in FINAL)
    if statuses <= FINAL or statuses & HELD or lacks:
        return False
    if scenario is None or scenario.ends != "shipped":
        warehouse.ship(order.number)
    else:
        plan = scenario.warehouse
        warehouse.ship(order.number, tracking(scenario, len(plan.parcels)), method=plan.method)
    return True


def tracking(scenario: Scenario, shipment: int) -> list[str]:
    """The tracking numbers of the nth shipment of an order."""
    parcels = scenario.warehouse.parcels[shipment - 1]
    return [f"94001{scenario.billbee_id:08d}{shipment}{parcel}" for parcel in range(1, parcels + 1)]
