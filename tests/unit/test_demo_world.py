"""The demo's world takes whatever a merchant does to an order in the shop, at any moment: nothing stops `serve`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from local.clock import ScaledClock
from local.demo import API_KEY, Demo, Merchant
from local.demo_orders import Scenario
from local.simulators import Abillify, Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.bibi.records import FINAL
from local.simulators.bibi.submission import Line, Submission
from local.simulators.billbee import Account as Shop
from testkit.clock import NOON, ManualClock


@dataclass
class Bucket:
    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, body: bytes, content_type: str = "") -> str:
        self.files[key] = body
        return "etag"

    def get(self, key: str) -> bytes | None:
        return self.files.get(key)


@dataclass
class World:
    """The demo's world, and what the system would do in it."""

    demo: Demo
    billbee: Billbee
    bibi: Bibi

    def __post_init__(self) -> None:
        self.demo.delivery.bucket = Bucket()

    def of(self, merchant: Merchant) -> tuple[Shop, Warehouse]:
        shop = self.billbee.accounts[merchant.settings["billbee"]["username"]]
        return shop, self.bibi.accounts[merchant.secrets["bibi_public_key"]]

    def submit(self) -> None:
        """Bring every order that has to be at the warehouse and is in the shop there, as the system does."""
        for merchant in self.demo.merchants:
            shop, warehouse = self.of(merchant)
            for scenario in merchant.scenarios:
                number = merchant.bibi_number(scenario)
                has_goods = shop.orders.get(scenario.billbee_id, {}).get("OrderItems")
                if scenario.ends in ("shipped", "cancelled") and has_goods and number not in warehouse.orders:
                    warehouse.book(submission(number, shop, warehouse, scenario))
            for scenario in merchant.scenarios:
                self._follow(scenario, shop, warehouse)

    @staticmethod
    def _follow(scenario: Scenario, shop: Shop, warehouse: Warehouse) -> None:
        """Cancel what was merged into another order, or credited."""
        if shop.orders.get(scenario.billbee_id, {}).get("BillBeeParentOrderId") is not None:
            at_the_warehouse(Warehouse.cancel)(shop, warehouse, scenario.billbee_id, str(scenario.billbee_id))
        if scenario.credits is not None and scenario.billbee_id in shop.orders:
            at_the_warehouse(Warehouse.cancel)(shop, warehouse, scenario.credits, str(scenario.credits))


def submission(number: str, shop: Shop, warehouse: Warehouse, scenario: Scenario) -> Submission:
    goods: dict[str, int] = {}
    for line in shop.orders[scenario.billbee_id]["OrderItems"]:
        sku = line["Product"]["SKU"]
        sold = shop.product_by("SKU", sku)
        parts = [(part["SKU"], part["Amount"]) for part in sold["BillOfMaterial"]] if sold else []
        for part, amount in parts or [(sku, 1)]:
            if part in warehouse.products:
                goods[part] = goods.get(part, 0) + int(amount * line["Quantity"])
    lines = [Line(place, sku, Decimal(1), goods[sku], sku, "53") for place, sku in enumerate(goods, start=1)]
    return Submission(
        number=number,
        entered=None,
        future_date="0000-00-00",
        source="WEB",
        prod_dollars=Decimal(1),
        ph_amt=Decimal(0),
        tax_amt=Decimal(0),
        discounts=[],
        rush=False,
        comment="",
        bill_to={},
        ship_to=dict.fromkeys(("LastName", "Address1", "City", "ZipCode", "CountryCd", "State"), ""),
        lines=lines,
        body={},
    )


@pytest.fixture
def world() -> Iterator[World]:
    machine = ManualClock(NOON)
    clock = ScaledClock(10, base=machine)
    vendors = Billbee(api_key=API_KEY, clock=machine), Bibi(clock=machine), Abillify(clock=machine)
    demo = Demo(clock)
    demo.populate(*vendors)
    yield World(demo, *vendors[:2])
    for vendor in vendors:
        vendor.stop()


def until_done(world: World) -> int:
    """Let the warehouse work until nothing is left. Gives the number of its steps."""
    for step in range(10):
        world.submit()
        if not world.demo.advance():
            return step
    raise AssertionError("the warehouse never ends")


def test_left_alone_everything_that_has_to_ship_does_so_in_two_steps(world: World) -> None:
    assert until_done(world) == 2
    for merchant in world.demo.merchants:
        _, warehouse = world.of(merchant)
        for scenario in merchant.scenarios:
            order = warehouse.orders.get(merchant.bibi_number(scenario))
            should_be = {"shipped": "Shipped", "cancelled": "Cancelled"}.get(scenario.ends)
            assert (order and order.status) == should_be, scenario.label
    assert not warehouse.duplicates


Deed = Callable[[Shop, Warehouse, int, str], None]
"""What happens to an order: with the shop, the warehouse, Billbee's id, and the warehouse's number."""


def at_the_warehouse(act: Callable[[Warehouse, str], object]) -> Deed:
    """What the system brings to the warehouse for the merchant, while it still takes it."""

    def deed(shop: Shop, warehouse: Warehouse, billbee_id: int, number: str) -> None:
        order = warehouse.orders.get(number)
        if order is not None and order.status in ("New", "Pending", "Backordered", "Collate Printed"):
            act(warehouse, number)

    return deed


def in_the_shop(act: Callable[[Shop, int], object]) -> Deed:
    def deed(shop: Shop, warehouse: Warehouse, billbee_id: int, number: str) -> None:
        if billbee_id in shop.orders:
            act(shop, billbee_id)

    return deed


def change(warehouse: Warehouse, number: str) -> None:
    """Another quantity of one SKU only."""
    order = warehouse.orders[number]
    warehouse.rebook(order, replace(order.submission, lines=[replace(order.submission.lines[0], quantity=500)]))


def twice_the_same(warehouse: Warehouse, number: str) -> None:
    order = warehouse.orders[number]
    first = order.submission.lines[0]
    warehouse.rebook(order, replace(order.submission, lines=[first, replace(first, line_no=2)]))


def drop_the_first_item(warehouse: Warehouse, number: str) -> None:
    order = warehouse.orders[number]
    warehouse.drop_items(order, [order.parts[0].lines[0].item_no])


def merge(shop: Shop, billbee_id: int) -> None:
    """Into the order before it, which takes all positions."""
    kept = shop.orders.get(billbee_id - 1)
    if kept is not None:
        shop.change(billbee_id - 1, OrderItems=[*kept["OrderItems"], *shop.orders[billbee_id]["OrderItems"]])
        shop.remove_order(billbee_id)


def forget_its_products(shop: Shop, billbee_id: int) -> None:
    for line in shop.orders[billbee_id]["OrderItems"]:
        if known := shop.product_by("SKU", line["Product"]["SKU"]):
            del shop.products[known["Id"]]


DEEDS: dict[str, Deed] = {
    "cancel": at_the_warehouse(Warehouse.cancel),
    "decline": at_the_warehouse(Warehouse.decline),
    "hold": at_the_warehouse(lambda warehouse, number: warehouse.set_status(number, "Pending")),
    "change": at_the_warehouse(change),
    "the same item twice": at_the_warehouse(twice_the_same),
    "drop an item": at_the_warehouse(drop_the_first_item),
    "cancel in the shop": in_the_shop(lambda shop, one: shop.set_state(one, 8)),
    "delete": in_the_shop(Shop.remove_order),
    "merge": in_the_shop(merge),
    "archive": in_the_shop(Shop.archive),
    "re-tag": in_the_shop(lambda shop, one: shop.replace_tags(one, ["another"])),
    "remove all tags": in_the_shop(lambda shop, one: shop.change(one, Tags=[])),
    "remove all positions": in_the_shop(lambda shop, one: shop.change(one, OrderItems=[])),
    "delete its products": in_the_shop(forget_its_products),
}


@pytest.mark.parametrize("moment", [0, 1, 2, 3])
@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_is_done_to_every_order_at_any_moment_the_world_goes_on(world: World, deed: str, moment: int) -> None:
    """Moment 0 is before the orders are at the warehouse, 1 before its first step, 2 and 3 after its steps."""

    def everywhere() -> None:
        for merchant in world.demo.merchants:
            shop, warehouse = world.of(merchant)
            for scenario in merchant.scenarios:
                DEEDS[deed](shop, warehouse, scenario.billbee_id, merchant.bibi_number(scenario))

    for step in range(4):
        if step == moment == 0:
            everywhere()
        world.submit()
        if step + 1 == moment:
            everywhere()
        world.demo.advance()
    assert until_done(world) <= 1
    world.demo.remarks()
    report: dict[str, Any] = {"merchants": {}}
    assert world.demo.check(report)
    for merchant in world.demo.merchants:
        _, warehouse = world.of(merchant)
        for order in warehouse.orders.values():
            statuses = {part.status for part in order.parts}
            is_held = deed == "hold" and statuses <= {"Pending", "Shipped"}
            waits = statuses == {"Backordered"} and any(warehouse.missing(part) for part in order.parts)
            assert statuses <= FINAL or is_held or waits, order


def test_an_order_that_was_cancelled_or_held_does_not_leave_until_it_is_released(world: World) -> None:
    world.submit()
    acme = world.demo.merchants[0]
    _, warehouse = world.of(acme)
    warehouse.cancel("5001")
    warehouse.set_status("5002", "Pending")
    until_done(world)
    assert (warehouse.orders["5001"].status, warehouse.orders["5002"].status) == ("Cancelled", "Pending")
    assert not warehouse.orders["5001"].tracking
    warehouse.set_status("5002", "New")
    assert world.demo.advance()
    assert warehouse.orders["5002"].tracking == ["940010000500211"]
    assert not world.demo.advance()


def test_an_order_that_its_merchant_has_corrected_leaves_like_any_other(world: World) -> None:
    until_done(world)
    acme = world.demo.merchants[0]
    shop, warehouse = world.of(acme)
    corrected = next(scenario for scenario in acme.scenarios if scenario.billbee_id == 5020)
    warehouse.book(submission("5020", shop, warehouse, corrected))
    assert world.demo.advance()
    assert warehouse.orders["5020"].status == "Shipped"
    assert not world.demo.advance()
