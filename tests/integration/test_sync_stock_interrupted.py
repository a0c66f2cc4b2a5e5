"""R18: stock continues after interruptions, crashes and lost answers, in the right sequence with orders that leave."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from local.simulators import Fault
from local.simulators.billbee.orders import item
from orderbridge.vendors.bibi import products as bibi
from testkit.routes import FIGURES, SHELF, SHELVES, STATE
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True) as made:
        yield made


@pytest.fixture
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bibi, "PRODUCTS_PER_PAGE", 10)


@pytest.mark.usefixtures("pages_of_ten")
def test_r18_a_long_list_is_worked_through_over_several_invocations(here: World) -> None:
    skus = here.put_many(52)
    spans = iter([900.0] * 3 + [1.0] + [900.0] * 3 + [1.0] + [900.0] * 50)
    here.seconds_left = lambda: next(spans)
    here.sync_stock()
    pages = [json.loads(call.body["json"])["offset"] for call in here.bibi.calls if call.name == SHELVES]
    assert pages == [1, 2, 3, 4, 5, 6]
    assert {here.offered(sku) for sku in skus} == {5}
    assert sorted(sku for call in here.figures_told() for sku, _ in call) == skus


@pytest.mark.usefixtures("pages_of_ten")
@pytest.mark.parametrize("after", range(1, 50, 2))
def test_r18_after_a_crash_at_any_call_it_ends_as_without(after: int) -> None:
    with world(empty=True) as here:
        here.put_many(13)
        here.sell(1, item("SKU-0000"))
        here.poll()
        here.push()
        here.sync_stock()
        for sku in ("SKU-0003", "SKU-0012"):
            here.count(sku, 9)
        here.warehouse.ship("1")
        here.pull()
        here.watch.calls, here.watch.kill_after = 0, after
        here.sync_stock()
        here.watch.kill_after = None
        here.wait(minutes=3)
        here.sync_stock()
        assert [here.offered(f"SKU-{n:04d}") for n in (0, 1, 3, 11, 12)] == [4, 5, 9, 5, 9]


@pytest.mark.parametrize("after", range(1, 22))
def test_r18_a_crash_while_billbee_is_told_of_a_shipment_leaves_no_stale_figure(after: int) -> None:
    with world(empty=True) as here:
        here.put("MUG", 5)
        here.sync_stock()
        here.sell(1, item("MUG", quantity=2))
        here.poll()
        here.push()
        here.warehouse.ship("1")
        here.sync_stock()
        here.wait(minutes=1)
        here.ask_pull()
        here.watch.calls, here.watch.kill_after = 0, after
        here.deliver("pull")
        here.watch.kill_after = None
        here.sync_stock()
        assert here.offered("MUG") <= 3
        here.wait(minutes=6)
        here.work("pull")
        here.pull()
        here.sync_stock()
        assert (here.offered("MUG"), here.status(1)) == (3, "shipped")


def test_r18_a_figure_without_an_answer_holds_back_the_shipped_state_until_it_has_landed(here: World) -> None:
    here.put("MUG", 5)
    here.sync_stock()
    here.sell(1, item("MUG", quantity=2))
    here.poll()
    here.push()
    here.count("MUG", 6)
    here.billbee.faults.add(Fault("reset_before", FIGURES))
    here.ask("stock")
    here.deliver("stock")
    here.warehouse.ship("1")
    here.ask_pull()
    here.deliver("pull")
    assert here.wire(1)["State"] == 3  # the figure may still land
    here.work("pull")
    assert here.wire(1)["State"] == 4
    here.work("stock")
    here.sync_stock()
    assert here.offered("MUG") == 4


def test_r18_billbee_down_is_tried_again_and_nothing_is_lost(here: World) -> None:
    skus = here.put_many(110)
    here.billbee.faults.add(Fault("status", FIGURES, status=500, times=2))
    here.sync_stock()
    assert {here.offered(sku) for sku in skus} == {5}


def test_r18_an_order_adopted_after_a_lost_ledger_frees_its_stock_too(here: World) -> None:
    here.put("MUG", 5)
    here.sell(1, item("MUG", quantity=2))
    here.poll()
    here.push()
    here.sync_stock()
    here.lose_the_ledger()
    here.poll("all")
    here.push()
    assert here.record(1).pieces == {"MUG": 2}  # as the warehouse reports them
    here.sync_stock()
    assert here.offered("MUG") <= 3
    here.warehouse.ship("1")
    here.pull()
    here.sync_stock()
    assert here.offered("MUG") == 3


@pytest.mark.parametrize("inside", [SHELVES, SHELF])
def test_r18_a_figure_read_before_an_order_left_is_not_sent_after_it(here: World, inside: str) -> None:
    here.put("MUG", 3)
    here.sync_stock()
    here.sell(1, item("MUG", quantity=3))
    here.poll()
    here.push()
    here.warehouse.restock("MUG", 1)
    if inside == SHELF:
        here.stock_records().start_leaving(["MUG"])
        here.stock_records().has_left(["MUG"])

    def leave() -> None:
        here.warehouse.ship("1")
        here.ask_pull()
        here.deliver("pull")
        assert here.wire(1)["State"] == 4

    with here.inside(inside, leave):
        here.ask("stock")
        here.deliver("stock")
    assert here.offered("MUG") <= 1
    here.sync_stock()
    assert here.offered("MUG") == 1


def test_r18_told_twice_that_an_order_left_or_refused_it_goes_on(here: World) -> None:
    here.put("MUG", 3)
    here.sync_stock()
    here.sell(1, item("MUG"))
    here.poll()
    here.push()
    here.warehouse.ship("1")
    here.shop.archive(1)  # Billbee takes nothing for it any more
    here.pull()
    assert here.billbee.count(STATE) + here.billbee.count("POST /orders/{id}/shipment") >= 1
    here.sync_stock()
    assert here.stock_record("MUG").sent == 2


@pytest.mark.parametrize("broken", ["<html>", "none", 7])
def test_r18_a_list_that_cannot_be_read_is_not_an_empty_one(here: World, broken: object) -> None:
    here.put("MUG", 5)
    here.sync_stock()
    here.bibi.faults.add(Fault("wrong_type", SHELVES, path="result", value=broken, times=30))
    here.sync_stock()
    assert here.offered("MUG") == 5
    assert here.cursors().pages("sync-stock").completed_at != here.clock.now()
