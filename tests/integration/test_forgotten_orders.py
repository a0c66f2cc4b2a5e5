"""An order that was forgotten leaves its key and nothing else, and is not sent again (R7)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.simulators.bibi.labels import picture
from orderbridge.billing.billing_records import BillingCause, BillingRecords
from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.desk.explain_import import explain_import
from orderbridge.desk.forget_order import find_traces
from orderbridge.desk.reconcile import reconcile
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import message
from orderbridge.ledger.ledger import restored
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.record import Parcel
from orderbridge.merchants.refused_records import RefusedRecords
from orderbridge.returns.label_store import ReturnLabels, claim
from orderbridge.returns.return_label import LabelFormat, ReturnLabel
from orderbridge.returns.return_records import ReturnRecords
from orderbridge.returns.returned_pieces import ReturnedPieces
from orderbridge.tracking.cost_records import CostRecords
from testkit.world import RECEIVED, World, world
from tests.cli_world import CliWorld
from tests.integration.test_cli_upkeep import bury

NOW = datetime.now(UTC)

pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture
def here(stack: CliWorld) -> CliWorld:
    stack.clear()
    stack.open_merchant("acme")
    stack.open_merchant("nordlicht")
    return stack


def names_it(here: CliWorld, *names: str) -> list[str]:
    """The keys of all items, files and dead letters in which one of these stands."""
    pages = here.client("dynamodb").get_paginator("scan").paginate(TableName=here.stack.physical_id("Table"))
    items = [item for page in pages for item in page["Items"]]
    found = [item["sk"]["S"] for item in items if any(name in json.dumps(item) for name in names)]
    files = here.client("s3").list_objects_v2(Bucket=here.stack.physical_id("Documents")).get("Contents", [])
    found += [file["Key"] for file in files if any(name in file["Key"] for name in names)]
    letters = here.ask("failed", "list", status=1)["failed"] if here.run("failed", "list").exit_code else []
    return sorted(found + [one["message_id"] for one in letters if any(name in json.dumps(one) for name in names)])


def shipped(here: CliWorld, billbee_id: int = 77001) -> None:
    """A shipped order that is named in as many places as there are."""
    cost = ParcelCost(Decimal("9.36"), "UPS Ground", Decimal("1.0000"), "5", "https://ups.example/1Z9", NOW)
    kept = replace(claim("acme", billbee_id, 30, NOW), stored=True)
    here.note(
        "acme",
        billbee_id,
        Status.SHIPPED,
        shop_number="SHOP-9x",
        parcels={"1Z9": Parcel("UPS Ground", NOW)},
        costs={"1Z9": cost},
        label=kept,
    )
    labels = ReturnLabels(lambda: here.client("s3"), here.stack.physical_id("Documents"), "")
    labels.put(kept, ReturnLabel(LabelFormat.PNG, picture("with an address")))
    BillingRecords(here.table, "acme", here.clock).open(billbee_id, BillingCause.SHIPPED, NOW)
    costs = CostRecords(here.table, "acme", here.clock)
    costs.add(billbee_id, "1Z9", cost, f"{NOW:%Y-%m}")
    costs.expect(billbee_id)
    returned = ReturnedPieces(OrderNumber(str(billbee_id)), "SKU-1", "1", "9", "", "2026-11-01", "", "1Z9R")
    ReturnRecords(here.table, "acme", here.clock).note(billbee_id, returned)
    Acknowledgements(here.table, here.clock).note("acme", f"{billbee_id}#rejected#-", "anna")
    RefusedRecords(here.table, here.clock).note("acme", [billbee_id, 5])
    bury(here, billbee_id)


def test_forgetting_removes_all_that_names_an_order_and_says_so_before_and_after(here: CliWorld) -> None:
    shipped(here)
    here.note("acme", 77002, Status.SHIPPED, shop_number="SHOP-10")
    before = names_it(here, "77001", "SHOP-9x", "shop-9x", "1Z9")
    dry = here.ask("orders", "forget", "SHOP-9X", "-m", "acme")
    assert (dry["forgotten"], names_it(here, "77001", "SHOP-9x", "shop-9x", "1Z9")) == (False, before)
    (told,) = dry["orders"]
    assert (told["billbee_id"], told["shop_number"], told["status"]) == (77001, "SHOP-9x", "shipped")
    assert told["removed"][0] == "the record: 5 entries of its timeline, 1 parcel"
    assert len(told["removed"]) == len(before) == 10

    result = here.run("orders", "forget", "77001", "-m", "acme", "--yes")
    assert result.exit_code == 0, result.output
    assert "This is removed." in result.stdout
    assert "so that it is not sent again" in result.stdout
    assert names_it(here, "77001", "SHOP-9x", "shop-9x", "1Z9") == [f"ORDER#{77001:020d}"]
    item = here.table.get("MERCHANT#acme", f"ORDER#{77001:020d}")
    assert item is not None
    assert [entry[2] for entry in item["timeline"]] == ["forgotten"]
    assert not item.keys() & {"shelf", "shop_number", "order_number", "pieces", "parcels", "label", "reason", "told"}
    assert here.ledger.get("acme", 77001) is None
    assert [one.billbee_id for one in here.ledger.orders("acme")] == [77002]
    assert [one.billbee_id for one in RefusedRecords(here.table, here.clock).of("acme")] == [5]
    shown = here.run("order", "show", "77001")
    assert (shown.exit_code, "order 77001 of acme was forgotten at" in shown.stderr) == (1, True)
    assert here.run("order", "show", "SHOP-10").exit_code == 0
    assert here.run("orders", "--status", "shipped", "-m", "acme").exit_code == 0


def test_costs_of_an_adopted_order_that_left_before_it_had_a_record_are_removed(here: CliWorld) -> None:
    cost = ParcelCost(Decimal("9.36"), "UPS Ground", month="2026-01")
    here.note("acme", 77004, Status.SHIPPED, costs={"1Z4": cost})
    CostRecords(here.table, "acme", here.clock).add(77004, "1Z4", cost, cost.month)
    here.ask("orders", "forget", "77004", "-m", "acme", "--yes")
    assert names_it(here, "77004", "1Z4") == [f"ORDER#{77004:020d}"]


def test_a_number_that_was_reserved_is_not_used_twice(here: CliWorld) -> None:
    here.ledger.reserve_number("acme", OrderNumber("SHOP-1"), 77003)
    here.note("acme", 77003, Status.SHIPPED, order_number=OrderNumber("SHOP-1"))
    here.ask("orders", "forget", "77003", "-m", "acme", "--yes")
    assert names_it(here, "77003") == ["NUMBER#shop-1", f"ORDER#{77003:020d}"]


@pytest.mark.parametrize(
    ("status", "details", "said"),
    [
        (Status.ACKNOWLEDGED, {}, "it is acknowledged: an order is forgotten once it is shipped"),
        (Status.HELD, {}, "it is held"),
        (Status.QUEUED, {}, "it is queued"),
        (Status.SHIPPED, {"effects": message("backordered", "It waits.")}, "still to be said: backordered"),
        (Status.SHIPPED, {"defect": Defect("KeyError in x.py:1", "push-orders", 4, NOW, None)}, "it is quarantined"),
    ],
)
def test_an_order_that_has_not_ended_is_refused_and_with_it_all_that_were_named(
    here: CliWorld, status: Status, details: dict[str, Any], said: str
) -> None:
    here.note("acme", 77010, Status.SHIPPED)
    here.note("acme", 77011, status, **details)
    result = here.run("orders", "forget", "77010", "77011", "-m", "acme", "--yes", width=300)
    assert (result.exit_code, said in result.stderr, "nothing was removed" in result.stderr) == (1, True, True)
    assert {one.billbee_id for one in here.ledger.orders("acme")} == {77010, 77011}


@pytest.mark.parametrize("status", [Status.REJECTED, Status.CANCELLED])
def test_an_order_that_never_was_at_the_warehouse_leaves_nothing(here: CliWorld, status: Status) -> None:
    here.note("acme", 77020, status, shop_number="SHOP-20")
    here.ask("orders", "forget", "77020", "-m", "acme", "--yes")
    assert names_it(here, "77020", "shop-20") == []
    assert here.run("orders", "forget", "77020", "-m", "acme").exit_code == 1


def test_the_merchant_has_to_be_said_and_another_ones_order_stays(here: CliWorld) -> None:
    here.note("acme", 77030, Status.SHIPPED)
    assert here.run("orders", "forget", "77030", "--yes").exit_code == 2
    assert here.run("orders", "forget", "77030", "-m", "nordlicht", "--yes").exit_code == 1
    assert here.ledger.get("acme", 77030) is not None


def test_what_a_restored_backup_has_brought_back_is_forgotten_again(here: CliWorld) -> None:
    shipped(here)
    here.ask("orders", "forget", "77001", "-m", "acme", "--yes")
    BillingRecords(here.table, "acme", here.clock).open(77001, BillingCause.SHIPPED, NOW)
    here.table.change("MERCHANT#acme", "SHOPNUMBER#shop-9x#77001", set={"billbee_id": 77001})
    (told,) = here.ask("orders", "forget", "77001", "-m", "acme", "--yes")["orders"]
    assert told["removed"] == [
        "the item SHOPNUMBER#shop-9x#77001",
        f"the item BILLING#{77001:020d}",
    ]
    assert names_it(here, "77001") == [f"ORDER#{77001:020d}"]


# ---- The functions


def forgotten(here: World) -> None:
    here.imported(1)
    here.warehouse.ship("1")
    here.pull()
    here.wait(minutes=20)
    here.ledger.forget(here.record(1))


def test_a_cost_is_found_in_the_warehouses_month_though_utc_has_the_next_and_the_record_does_not_name_it() -> None:
    with world() as here:
        now = here.clock.now()
        first = (now.replace(day=1, hour=2, minute=0, second=0) + timedelta(days=31)).replace(day=1)
        here.wait(minutes=(first - now).total_seconds() / 60)
        here.imported(1)
        assert here.record(1).created_at.day == 1
        here.warehouse.ship("1")
        here.pull()
        costs, month = CostRecords(here.table, "acme", here.clock), f"{first - timedelta(days=1):%Y-%m}"
        costs.add(1, "1Z9", ParcelCost(Decimal(1)), month)
        here.ledger.note(here.record(1), costs={})
        traces = find_traces(here.table, here.clock, here.ledger, "acme", 1, [])
        assert f"COST#{month}#{1:020d}#1Z9" in traces.keys


def test_r7_an_order_that_was_forgotten_is_not_sent_again_whatever_its_merchant_does() -> None:
    with world() as here:
        forgotten(here)
        here.shop.change(1, State=3, Tags=["bibi"])
        for scope in ("changes", "all", "stuck"):
            here.wait(minutes=5)
            here.poll(scope)
            here.push()
        assert here.submitted("1") == 1
        assert here.ledger.get("acme", 1) is None
        [check] = explain_import(here.workspace(), here.workspace().hub.order(1))
        assert (check.rule, check.passed) == ("R7 ledger", False)
        assert check.remedy.endswith("create a new order in Billbee")
        assert reconcile(here.workspace(), since=here.clock.now() - timedelta(days=3)) == []


def test_r10_a_cautious_poll_does_not_adopt_what_was_forgotten() -> None:
    with world() as here:
        forgotten(here)
        here.table.delete("MERCHANT#acme", "CURSOR#poll-orders")
        here.poll()
        here.push()
        assert here.ledger.get("acme", 1) is None
        assert here.submitted("1") == 1
        assert RECEIVED in here.tags(1)


def test_a_late_report_of_the_warehouse_about_a_forgotten_order_does_nothing() -> None:
    with world() as here:
        forgotten(here)
        calls = len(here.writes_to_billbee())
        here.pull("all")
        here.pull_returns()
        assert here.ledger.get("acme", 1) is None
        assert len(here.writes_to_billbee()) == calls


def test_an_earlier_release_reads_it_as_an_ended_order_without_details() -> None:
    with world() as here:
        forgotten(here)
        item = here.table.get("MERCHANT#acme", f"ORDER#{1:020d}")
        assert item is not None
        record = restored(item, version=9, taken_at=here.clock.now(), now=here.clock.now())
        assert (record.status, record.pieces, record.shop_number) == (Status.SHIPPED, {}, None)
        assert record.submitted_at is not None
