"""Journeys that the fault matrices do without: postage, discounts, shipments by hand, an empty ledger."""

from __future__ import annotations

from local.simulators.billbee.orders import item
from testkit.world import TAG, World
from tests.faults.scenes import Scene

HAND_MADE = "00340434161094042557"
"""The number of a shipment that the merchant made in Billbee."""


def shelves(here: World) -> None:
    here.goods("MUG-01", "TEE-01")


def from_order_to_return(here: World) -> None:
    """Postage and a discount, two parcels, a piece that comes back, and the stock of it all."""
    mugs = item("MUG-01", quantity=12, unit_price="13.50", discount=2, attributes={"Engraving": "Oma"})
    here.sell(1, mugs, shipping_cost="12.00", message="Please ring twice")
    here.sell(2, item("MUG-01"), item("TEE-01", quantity=2), shipping_cost="4.90")
    _cycles(here, 2)
    here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
    here.warehouse.ship("2", ["94001"], method="09")
    _cycles(here, 2)
    here.warehouse.return_item("1", "MUG-01", 2, reason="Damaged")
    here.pull_returns()
    here.sync_stock()


def nothing_known(here: World) -> None:
    """The shop has orders at the warehouse and orders with shipments of its own; the ledger has none."""
    shelves(here)
    for order in (1, 2, 3):
        here.sell(order, item("MUG-01"), shipping_cost="4.90")
    _cycles(here, 2)
    here.warehouse.ship("2", ["1Z2"], method="02")
    _cycles(here, 1)
    here.shop.ship_by_hand(3, HAND_MADE)
    here.wait(minutes=5)
    here.empty_the_table()
    here.queues.clear()
    here.cold_start()
    here.sell(4, item("TEE-01"))
    here.shop.ship_by_hand(4, HAND_MADE)


def all_is_found_again(here: World) -> None:
    _cycles(here, 2)
    for order in ("1", "3", "4"):
        here.warehouse.ship(order, [f"1Z{order}"], method="02")
    _cycles(here, 2)


def orders_to_change(here: World) -> None:
    shelves(here)
    here.sell(1, item("MUG-01", quantity=2), shipping_cost="4.90")
    here.sell(2, item("MUG-01"))
    _cycles(here, 2)


def one_is_discounted_and_one_cancelled(here: World) -> None:
    """The merchant changes one order, takes three dollars off, has it sent again (R11), and cancels the other (R12)."""
    lines = [item("TEE-01", quantity=3, discount=10)]
    here.shop.change(1, OrderItems=lines, AdjustmentCost=-3.0, AdjustmentReason="SALE", TotalCost=28.9, Tags=[TAG])
    here.shop.change(2, State=8)
    _cycles(here, 2)
    here.warehouse.ship("1", ["1Z1"], method="02")
    _cycles(here, 2)


def _cycles(here: World, count: int) -> None:
    for _ in range(count):
        here.cycle()


MORE_SCENES = {
    scene.name: scene
    for scene in (
        Scene("order to return", shelves, from_order_to_return, ("returns", "stock")),
        Scene("empty ledger", nothing_known, all_is_found_again),
        Scene("discount and cancellation", orders_to_change, one_is_discounted_and_one_cancelled),
    )
}
