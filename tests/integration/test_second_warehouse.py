"""A merchant of another warehouse: the rooms work with whatever implements their ports, and BiBi is never called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.sku import Sku
from orderbridge.orders.shipping_order import ShippingOrder
from orderbridge.stock.movement_records import MovementRecords
from testkit.environment import FUNCTIONS
from testkit.world import RECEIVED, TAG, World, sold_product, world
from tests.contract.conformance.tiny_warehouse import TinyWarehouse
from tests.faults.scenes import notice

ONE = OrderNumber("1")


@pytest.fixture
def here() -> Iterator[World]:
    with world(stock={"movements": True}) as made:
        yield made
    assert made.failures == []
    assert made.bibi.calls == []


@pytest.fixture
def tiny(here: World) -> TinyWarehouse:
    """The warehouse of every function, with a hundred mugs."""
    warehouse = TinyWarehouse(here.clock)
    warehouse.shelf[Sku("MUG-01")] = 100
    for queue in FUNCTIONS:
        here.workspace(function=queue).make_warehouse = lambda: warehouse
    return warehouse


def test_r14_an_order_goes_from_its_import_to_its_parcel(here: World, tiny: TinyWarehouse) -> None:
    here.sell(1)
    here.poll()
    here.push()
    assert (here.status(1), RECEIVED in here.tags(1), list(tiny.books)) == ("acknowledged", True, [ONE])
    tiny.ship(ONE, "1Z1")
    here.wait(minutes=5)
    here.pull()
    assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("shipped", ["1Z1"], 4)


def test_r7_an_order_whose_answer_is_lost_is_asked_for_and_not_sent_again(
    here: World, tiny: TinyWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, submit = list[str](), tiny.submit

    def lose_the_answer(orders: Sequence[ShippingOrder], *, test: bool = False) -> None:
        sent.extend(order.number.text for order in orders)
        tiny.line.cut = "answer"
        submit(orders, test=test)

    monkeypatch.setattr(tiny, "submit", lose_the_answer)
    here.imported(1)
    assert (sent, here.status(1)) == (["1"], "acknowledged")


def test_r12_r13_holds_and_cancellations_reach_it(here: World, tiny: TinyWarehouse) -> None:
    here.imported(1)
    here.shop.add_tags(1, [f"hold_{TAG}"])
    here.look(5)
    assert tiny.books[ONE].report().is_held
    here.shop.remove_tag(1, f"hold_{TAG}")
    here.look(5)
    assert not tiny.books[ONE].report().is_held
    here.shop.change(1, State=8)
    here.look(5)
    assert (here.status(1), tiny.books[ONE].report().nothing_ships) == ("cancelled", True)


def test_r17_r24_returns_and_their_labels_come_from_it(here: World, tiny: TinyWarehouse) -> None:
    here.imported(1)
    tiny.ship(ONE, "1Z1")
    here.wait(minutes=5)
    here.pull()
    here.shop.add_tags(1, [f"return_label_{TAG}"])
    here.look(5)
    assert tiny.labels == ["1"]
    assert f"return_label_ready_by_{TAG}" in here.tags(1)
    tiny.take_back(ONE, "MUG-01")
    here.wait(hours=1)
    here.pull_returns()
    assert f"returned_by_{TAG}" in here.tags(1)


def test_r18_r19_r25_products_stock_and_movements_are_exchanged_with_it(here: World, tiny: TinyWarehouse) -> None:
    here.shop.add_product(sold_product("CAP-01", ean="4006381333931"))
    here.sync_products()
    assert Sku("CAP-01") in tiny.shelf
    tiny.receive("CAP-01", 7)
    here.wait(hours=1)
    here.sync_stock()
    assert here.offered("CAP-01") == 7
    here.run("movements")
    kept = MovementRecords(here.table, "acme").get_many(["CAP-01"])
    assert [one.quantity for one in kept[Sku("CAP-01")].last] == [7]


def test_r23_goods_are_announced_to_it(here: World, tiny: TinyWarehouse) -> None:
    here.sync_stock()
    here.drop("new.csv", notice("NEW", MUG_01=12))
    here.work("announce")
    there = tiny.notices.get("NEW")
    assert there is not None
    assert there.quantities == {"MUG-01": 12}
