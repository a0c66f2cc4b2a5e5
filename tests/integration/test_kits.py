"""R26: Billbee's bundles as products with a bill of materials: brought to the warehouse, kept in step, sent whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest

from local.simulators.billbee.orders import item, product
from local.simulators.faults import Fault
from orderbridge.desk.explain_import import explain_import
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.sku import Sku
from orderbridge.merchants.bibi_paths import PATHS
from orderbridge.merchants.cursors import PageCursor
from orderbridge.products.kit_records import KitRecord, KitRecords
from orderbridge.products.product_records import ProductRecords
from orderbridge.vendors.billbee import client as billbee
from testkit.world import RECEIVED, REJECTED, World, world

BOMS = f"POST /{PATHS['bom_upsert_many']}"
MUG, PEN, BOX = "MUG", "PEN", "BOX"


@pytest.fixture
def here() -> Iterator[World]:
    """A shop with a bundle of a mug and three pens; the warehouse has a hundred of each."""
    with world(empty=True, bundles="kits") as made:
        for place, sku in enumerate((MUG, PEN, "TEE"), start=1):
            made.put(sku, 100, ean=f"400000000000{place}")
        bundle(made, BOX, (MUG, 1), (PEN, 3))
        yield made


def bundle(here: World, sku: str, *parts: tuple[str, float], **fields: Any) -> int:
    return int(here.shop.add_product(product(sku, components=list(parts), **({"stock": 0} | fields)))["Id"])


def consists_of(here: World, product_id: int, *parts: tuple[str, float]) -> None:
    bill = [
        {"Amount": amount, "ArticleId": (here.shop.product_by("SKU", sku) or {})["Id"], "SKU": sku}
        for sku, amount in parts
    ]
    here.shop.change_product(product_id, BillOfMaterial=bill)


def boms(here: World) -> list[dict[str, dict[str, int]]]:
    """What each call that the warehouse took said that kits consist of; in either form of the request."""
    return [
        {
            kit["product_number"]: {
                one["component_product_number"]: one["component_quantity"] for one in kit["components"]
            }
            for kit in (json.loads(call.body["json"]) if isinstance(call.body, dict) else call.body)
        }
        for call in here.bibi.calls
        if call.name == BOMS and call.status < 400
    ]


def kit(here: World, sku: str = BOX) -> KitRecord:
    return KitRecords(here.table, "acme").get_many([sku])[Sku(sku)]


def buy(here: World, order: int = 1, quantity: int = 2, sku: str = BOX, **fields: Any) -> None:
    here.sell(order, item(sku, quantity=quantity, product_type=2, unit_price="29.99"), **fields)
    here.poll()
    here.push()


def record(here: World, order: int = 1) -> LedgerOrder:
    found = Ledger(here.table, here.clock).get("acme", order)
    assert found is not None
    return found


# Brought to the warehouse and kept in step


def test_r26_a_bundle_goes_to_the_warehouse_after_what_it_consists_of(here: World) -> None:
    here.sync_products()
    assert boms(here) == [{BOX: {MUG: 1, PEN: 3}}]
    assert here.warehouse.boms == {BOX: {MUG: 1, PEN: 3}}
    assert kit(here) == KitRecord(BOX, kit(here).product_id, {MUG: 1, PEN: 3})
    here.sync_products()
    assert len(boms(here)) == 1


def test_r26_a_changed_bill_of_material_is_sent_again_and_replaces_the_old_one(here: World) -> None:
    here.sync_products()
    consists_of(here, kit(here).product_id, (MUG, 2), ("TEE", 1), ("TEE", 1))
    here.sync_products()
    assert here.warehouse.boms == {BOX: {MUG: 2, "TEE": 2}}
    assert dict(kit(here).contents) == {MUG: 2, "TEE": 2}


def test_r26_a_bundle_before_its_products_in_the_catalogue_waits_for_them(here: World) -> None:
    here.shop.products.clear()
    here.warehouse.products.clear()
    early = bundle(here, "EARLY", ("?", 1))
    here.shop.add_product(product("LATE", ean="4000000000099", stock=0))
    consists_of(here, early, ("LATE", 2))
    here.sync_products()
    assert boms(here) == [{"EARLY": {"LATE": 2}}]


@pytest.fixture
def small() -> Iterator[World]:
    """A merchant with kits and no product yet, whose invocations can run out of time."""
    with world(empty=True, bundles="kits") as made:
        yield made


def interrupted(here: World, *, after_pages: int) -> None:
    """An invocation of the products job whose time is over once so many pages were read."""
    here.seconds_left = lambda: 1.0 if here.billbee.count("GET /products") >= after_pages else 900.0
    here.deliver("chores")
    here.seconds_left = lambda: 900.0
    here.wait(seconds=30)


def test_r26_bundles_that_wait_for_later_products_are_remembered_over_interruptions(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billbee, "PAGE_SIZE", 2)
    early = [bundle(small, f"EARLY-{number}", ("?", 1)) for number in range(3)]
    for number in range(4):
        small.shop.add_product(product(f"PART-{number}", ean=f"40000000001{number:02d}", stock=0))
    for number, one in enumerate(early):
        consists_of(small, one, (f"PART-{number + 1}", 2))
    small.ask("products")
    interrupted(small, after_pages=2)
    interrupted(small, after_pages=4)
    small.work("chores")
    assert small.warehouse.boms == {f"EARLY-{number}": {f"PART-{number + 1}": 2} for number in range(3)}
    assert small.cursors().pages("sync-products") == PageCursor(1, small.cursors().pages("sync-products").completed_at)
    assert small.billbee.count("GET /products") == 5  # four pages, and the one after them that says that there is none
    read_again = small.billbee.count("GET /products/{id}")
    assert read_again == 3
    small.sync_products()
    assert small.billbee.count("GET /products/{id}") == read_again


def test_r26_a_bundle_that_is_gone_while_it_waits_keeps_no_other_back(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billbee, "PAGE_SIZE", 1)
    early = [bundle(small, f"EARLY-{number}", ("?", 1)) for number in range(2)]
    small.shop.add_product(product("LATE", ean="4000000000099", stock=0))
    for one in early:
        consists_of(small, one, ("LATE", 2))
    small.ask("products")
    interrupted(small, after_pages=3)
    assert small.cursors().pages("sync-products").put_off == tuple(early)
    del small.shop.products[early[0]]
    small.work("chores")
    assert small.warehouse.boms == {"EARLY-1": {"LATE": 2}}


def test_r26_a_bill_of_material_is_read_back_before_an_order_may_carry_the_kit(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps = here.warehouse.set_bom
    monkeypatch.setattr(here.warehouse, "set_bom", lambda kit, contents: keeps(kit, {MUG: 1}))
    here.sync_products()
    assert "[OB-309]" in str(here.product_record(kit(here).product_id).problem)
    assert not kit(here).confirmed
    buy(here)
    assert here.warehouse.orders == {}
    assert (record(here).status, "[OB-122]" in str(record(here).reason)) == (Status.QUEUED, True)
    monkeypatch.undo()
    here.sync_products()
    assert kit(here) == KitRecord(BOX, kit(here).product_id, {MUG: 1, PEN: 3})
    here.wait(minutes=31)
    here.poll("stuck")
    here.push()
    assert record(here).status is Status.ACKNOWLEDGED


@pytest.mark.parametrize("lost", ["drop_after", "html", "status"])
def test_r26_between_the_call_and_its_proof_nobody_knows_what_a_kit_holds(here: World, lost: Any) -> None:
    here.sync_products()
    consists_of(here, kit(here).product_id, (MUG, 2))
    here.bibi.faults.add(Fault(lost, route=f"GET /{PATHS['bom_get']}/{{number}}", times=100))
    here.ask("products")
    here.deliver("chores")
    assert (dict(kit(here).contents), kit(here).confirmed) == ({MUG: 2}, False)
    consists_of(here, kit(here).product_id, (MUG, 1), (PEN, 3))  # back again, while the warehouse has the other one
    buy(here)
    assert here.warehouse.orders == {}


def test_r26_reading_back_costs_one_call_for_each_kit_that_changed(here: World) -> None:
    bundle(here, "BAG", (MUG, 1), (PEN, 1))
    reads = f"GET /{PATHS['bom_get']}/{{number}}"
    here.sync_products()
    assert here.bibi.count(reads) == 2
    here.sync_products()
    assert here.bibi.count(reads) == 2


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((), "OB-114"),
        ((("SELF", 1),), "OB-306"),
        (((BOX, 1), (MUG, 1)), "OB-306"),
        (((MUG, 0.5),), "OB-115"),
        (((MUG, 0),), "OB-115"),
        ((("EBOOK", 1),), "OB-307"),
        ((("NO-EAN", 1),), "OB-307"),
    ],
)
def test_r26_a_bundle_that_is_no_kit_is_refused_and_keeps_no_other_back(
    here: World, caplog: pytest.LogCaptureFixture, parts: tuple[tuple[str, float], ...], code: str
) -> None:
    here.shop.add_product(product("EBOOK", is_digital=True, stock=0))
    here.shop.add_product(product("NO-EAN", stock=0))
    other = bundle(here, "SELF", (MUG, 1))
    consists_of(here, other, *parts)
    here.sync_products()
    here.sync_products()
    assert f"[{code}]" in str(kit(here, "SELF").problem)
    assert list(here.warehouse.boms) == [BOX]
    assert sum("SELF" in str(getattr(one, "sku", "")) for one in caplog.records if "not sent" in one.message) == 1


def test_r26_a_bundle_within_a_kit_is_refused_with_what_to_do_in_both_languages(here: World) -> None:
    bundle(here, "OUTER", (BOX, 1), (PEN, 1))
    here.sync_products()
    found = kit(here, "OUTER")
    assert found.problem == (
        "The bundle 'OUTER' contains the bundle 'BOX', and the warehouse's kits hold no kits: list the products of"
        " 'BOX' in its place, or have the setting bundles set to components, which sends the products of every bundle."
        " [OB-306]"
    )
    assert found.german == (
        "Das Set 'OUTER' enthält das Set 'BOX', ein Set im Lager kann aber keine Sets enthalten: bitte statt 'BOX'"
        " dessen Artikel in die Stückliste aufnehmen oder die Einstellung bundles auf components setzen lassen, dann"
        " gehen die Artikel jedes Sets ans Lager. [OB-306]"
    )


def test_r26_a_long_sku_is_refused_for_a_kit_too(here: World) -> None:
    long = "A-BUNDLE-WITH-A-LONG-SKU"
    bundle(here, long, (MUG, 1))
    here.sync_products()
    assert "[OB-112]" in str(kit(here, long).problem)
    buy(here, sku=long)
    assert "[OB-112]" in str(record(here).reason)


def test_r26_a_kit_that_becomes_a_plain_product_needs_a_new_sku(here: World) -> None:
    here.sync_products()
    product_id = kit(here).product_id
    here.shop.change_product(product_id, Type=1, BillOfMaterial=[], EAN="4000000000077")
    here.sync_products()
    here.sync_products()
    found = ProductRecords(here.table, "acme").get_many([product_id])[product_id]
    assert "[OB-308]" in str(found.problem)
    assert BOX in here.warehouse.boms
    here.shop.change_product(product_id, SKU="BOX-NEW")
    here.sync_products()
    assert "BOX-NEW" in here.warehouse.products


def test_r26_a_bill_that_the_warehouse_refuses_is_told_and_the_others_arrive(here: World) -> None:
    bundle(here, "BOX-2", (PEN, 2))
    here.bibi.faults.add(Fault("wrong_type", BOMS, path="success", value=False))
    here.sync_products()
    assert here.warehouse.boms == {BOX: {MUG: 1, PEN: 3}, "BOX-2": {PEN: 2}}
    here.shop.add_product(product("BOX-3", components=[(PEN, 1)], stock=0))
    here.bibi.faults.add(Fault("wrong_type", BOMS, path="success", value=False, times=5))
    here.sync_products()
    assert "[OB-305]" in str(kit(here, "BOX-3").problem)


def test_r26_with_components_no_bundle_is_sent(here: World) -> None:
    here.configure(bundles="components")
    here.sync_products()
    assert boms(here) == []
    buy(here)
    assert {line.item_no for line in here.warehouse.orders["1"].submission.lines} == {MUG, PEN}


# Orders


def test_r26_an_order_carries_the_kit_as_one_line_at_its_whole_price(here: World) -> None:
    here.sync_products()
    buy(here, quantity=2)
    (line,) = here.warehouse.orders["1"].submission.lines
    assert (line.item_no, line.quantity, line.amount) == (BOX, 2, Decimal("29.99"))
    found = record(here)
    assert found.status is Status.ACKNOWLEDGED
    assert (found.pieces, found.kits, found.in_kits) == ({MUG: 2, PEN: 6}, {BOX: 2}, {MUG: 2, PEN: 6})


def test_r26_an_order_waits_until_the_warehouse_has_the_kit(here: World) -> None:
    buy(here)
    assert record(here).status is Status.QUEUED
    assert "[OB-122]" in str(record(here).reason)
    assert here.warehouse.orders == {}
    events = len(record(here).timeline)
    here.wait(minutes=31)
    here.poll("stuck")
    here.push()
    assert len(record(here).timeline) == events
    here.sync_products()
    here.wait(minutes=31)
    here.poll("stuck")
    here.push()
    assert record(here).status is Status.ACKNOWLEDGED
    assert record(here).reason is None


def test_r26_an_order_is_never_packed_by_an_old_bill_of_material(here: World) -> None:
    here.sync_products()
    consists_of(here, kit(here).product_id, (MUG, 2))
    buy(here)
    assert here.warehouse.orders == {}
    here.sync_products()
    here.wait(minutes=31)
    here.poll("stuck")
    here.push()
    assert record(here).pieces == {MUG: 4}


def test_r26_an_order_of_a_bundle_that_cannot_be_a_kit_is_rejected_with_the_reason(here: World) -> None:
    inner = bundle(here, "OUTER", (BOX, 1))
    here.sync_products()
    buy(here, sku="OUTER", language="de")
    found = record(here)
    assert found.status is Status.REJECTED
    assert "[OB-121]" in str(found.reason)
    assert "[OB-306]" in str(found.reason)
    assert here.shop.orders[1]["Tags"].count(REJECTED) == 1
    consists_of(here, inner, (MUG, 1))
    here.sync_products()
    here.shop.remove_tag(1, REJECTED)
    here.wait(minutes=5)
    here.poll()
    here.push()
    assert record(here).status is Status.ACKNOWLEDGED


def test_r26_a_change_with_a_kit_that_is_not_there_yet_is_refused_and_can_be_asked_for_again(here: World) -> None:
    here.sync_products()
    buy(here)
    bundle(here, "NEW-BOX", (PEN, 1))
    here.shop.change(1, OrderItems=[item("NEW-BOX", product_type=2)])
    here.shop.remove_tag(1, RECEIVED)
    here.wait(minutes=5)
    here.poll()
    here.push()
    assert "[OB-122]" in str(record(here).reason)
    assert record(here).pieces == {MUG: 2, PEN: 6}
    here.sync_products()
    here.shop.remove_tag(1, RECEIVED)
    here.wait(minutes=5)
    here.poll()
    here.push()
    assert (record(here).pieces, record(here).kits) == ({PEN: 1}, {"NEW-BOX": 1})


def test_r26_the_doctor_of_an_order_says_what_the_kit_holds_or_lacks(here: World) -> None:
    def checks() -> dict[str, str]:
        workspace = here.function("push").any_workspace("acme")
        return {one.rule: one.text for one in explain_import(workspace, workspace.hub.order(1))}

    here.sell(1, item(BOX, quantity=2, product_type=2))
    assert "does not have the bundle" in checks()["R2 OB-122"]
    here.sync_products()
    assert checks()["R26 kits"] == "BOX goes as a kit, in all 2 × MUG, 6 × PEN"


# Parcels and stock


@pytest.mark.parametrize("shown", ["kit", "components"])
def test_r26_a_kit_order_is_shipped_once_all_of_it_has_left(
    here: World, shown: Literal["kit", "components"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the warehouse's report shows the kit or its pieces is not documented."""
    here.sync_products()
    buy(here)
    part = here.warehouse.orders["1"].parts[0]
    here.warehouse.ship("1", ["1Z1"], method="02")
    if shown == "components":
        (line,) = part.lines
        monkeypatch.setattr(part, "lines", [copy(line, MUG, 2), copy(line, PEN, 5)])
        here.pull()
        assert record(here).status is Status.PARTIALLY_SHIPPED
        part.lines[1] = copy(line, PEN, 6)
        here.wait(minutes=5)
    here.pull()
    assert record(here).status is Status.SHIPPED
    assert here.shop.orders[1]["State"] == 4


def copy(line: Any, sku: str, quantity: int) -> Any:
    return type(line)(**{**vars(line), "item_no": sku, "quantity": quantity})


@pytest.mark.parametrize("allocate", ["components", "kit"])
def test_r18_r26_kits_are_never_promised_twice_and_have_no_figure(
    here: World, allocate: Literal["components", "kit"]
) -> None:
    """Others' orders are taken off whole, wherever the warehouse shows what our kits hold."""
    here.bibi.readings.choose({**here.bibi.readings, "kit-stock": allocate})
    here.warehouse.products[MUG]["allocated_quantity"] = 5  # an order from elsewhere
    here.sync_products()
    here.sync_stock()
    buy(here, quantity=2)
    here.count(PEN, 90)
    here.sync_stock()
    assert here.offered(MUG) <= 100 - 5 - 2
    assert here.offered(PEN) <= 90 - 6
    here.warehouse.ship("1", ["1Z1"], method="02")
    here.pull()
    here.wait(minutes=1)
    here.sync_stock()
    assert (here.offered(MUG), here.offered(PEN)) == (98 - 5, 84)
    assert BOX not in {sku for call in here.figures_told() for sku, _ in call}
    assert BOX.casefold() not in here.stock_records().due()


def test_r18_r26_what_an_adopted_kit_order_takes_is_known_by_its_kit(here: World) -> None:
    here.sync_products()
    buy(here)
    here.sync_stock()
    for key in [key for key in here.dynamodb.tables["ledger-1"] if key[1].startswith(("ORDER#", "CURSOR#poll"))]:
        del here.dynamodb.tables["ledger-1"][key]
    here.cold_start()
    here.wait(minutes=5)
    here.poll()
    here.push()
    assert record(here).adopted
    here.warehouse.ship("1", ["1Z1"], method="02")
    here.wait(minutes=5)
    here.pull()
    assert record(here).status is Status.SHIPPED
    assert {sku for sku, one in here.stock_records().due().items() if one.left_at} >= {Sku(MUG), Sku(PEN)}
    here.sync_stock()
    assert (here.offered(MUG), here.offered(PEN)) == (98, 94)


def test_r22_r26_a_rehearsal_waits_for_no_kit(here: World) -> None:
    here.sync_products()
    consists_of(here, kit(here).product_id, (MUG, 2))
    here.configure(mode="test")
    here.cold_start()
    buy(here)
    assert "would take it" in str(record(here).reason)
    here.wait(minutes=1)
    assert timedelta(0) < here.clock.now() - record(here).created_at
