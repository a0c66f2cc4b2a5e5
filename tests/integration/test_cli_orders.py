"""`orderbridge order …` and `orderbridge orders` before a deployed stack: where an order is, and why not."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from local.simulators.bibi.labels import picture
from local.simulators.billbee.orders import item
from orderbridge.billing.billing_records import BillingCause, BillingRecords, BillingState
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import message
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.record import Parcel
from orderbridge.merchants.cursors import Cursors, OrdersCursor
from orderbridge.returns.label_store import ReturnLabels, claim
from orderbridge.returns.return_label import LabelFormat, ReturnLabel
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.stock_records import StockRecords
from orderbridge.tracking.cost_records import CostRecords
from orderbridge.tracking.parcel_effects import shipment, shipped_state
from orderbridge.tracking.warehouse_order import NewParcel
from tests.cli_world import CliWorld, Stored, cli_world

NOW = datetime.now(UTC)
NO_ADDRESS = "The order has no shipping address: add one. [OB-101]"


pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[CliWorld, Stored]]:
    with cli_world() as made:
        made.open_merchant("acme")
        made.open_merchant("nordlicht")
        for merchant in ("acme", "nordlicht"):
            Cursors(made.table, merchant).set_orders(OrdersCursor(NOW))
        parcels = {"1Z999AA10123456784": Parcel("UPS Ground", NOW), "XX1": Parcel("Truck", NOW)}
        made.note("acme", 5001, Status.SHIPPED, shop_number="ACME-1", parcels=parcels, warehouse_status="Shipped")
        made.note("acme", 5002, Status.REJECTED, reason=NO_ADDRESS)
        made.note("acme", 5003, Status.HELD, held=True)
        made.note("acme", 5004, Status.CANCELLED)
        made.note("nordlicht", 7001, Status.ACKNOWLEDGED, shop_number="S-77")
        made.note("acme", 5005, Status.ACKNOWLEDGED, shop_number="S-77", effects=message("backordered", "It waits."))
        yield made, made.stored()


@pytest.fixture
def here(stack: tuple[CliWorld, Stored]) -> CliWorld:
    """Two merchants with an order of each kind, and nothing of the test before."""
    made, stored = stack
    made.restore(stored)
    made.open_accounts("acme")
    made.open_accounts("nordlicht")
    return made


def test_an_order_is_shown_with_its_status_parcels_links_and_whole_timeline(here: CliWorld) -> None:
    result = here.run("order", "show", "ACME-1")
    assert result.exit_code == 0, result.output
    assert "acme 5001 (ACME-1)" in result.stdout
    assert "status     shipped" in result.stdout
    assert "https://www.ups.com/track?tracknum=1Z999AA10123456784" in result.stdout
    assert "XX1  Truck, posted" in result.stdout
    for call in ("imported (billbee list orders)", "became submitted (a test)", "became shipped (a test)"):
        assert call in result.stdout


def test_json_has_the_same_in_utc(here: CliWorld) -> None:
    answer = here.ask("order", "show", "5001")
    (shown,) = answer["orders"]
    assert (shown["merchant"], shown["billbee_id"], shown["status"]) == ("acme", 5001, "shipped")
    assert [event["to"] for event in shown["timeline"]] == [
        "queued",
        "submitting",
        "submitted",
        "acknowledged",
        "shipped",
    ]
    assert all(datetime.fromisoformat(event["at"]).utcoffset() == timedelta(0) for event in shown["timeline"])
    assert {parcel["tracking_number"]: parcel["url"] for parcel in shown["parcels"]} == {
        "1Z999AA10123456784": "https://www.ups.com/track?tracknum=1Z999AA10123456784",
        "XX1": None,
    }


def test_r20_an_order_is_shown_with_what_is_billed(here: CliWorld) -> None:
    here.open_merchant("bills", billing={"enabled": True})
    here.note("bills", 9001, Status.SHIPPED, told=frozenset({"billing_mismatch"}))
    records = BillingRecords(here.table, "bills", here.clock)
    records.open(9001, BillingCause.SHIPPED, datetime.now(UTC))
    record = records.get(9001)
    assert record is not None
    records.announce(record, "MUG-01: 1 billed instead of 2")
    records.look_again(record, BillingState.DIFFERS, datetime(2030, 1, 1, tzinfo=UTC))
    said = "MUG-01: 1 billed instead of 2 It is looked at again after 2030-01-01 00:00 UTC."
    assert said in " ".join(here.run("order", "show", "9001").output.split())
    assert here.ask("order", "show", "9001")["orders"][0]["billing"] == said
    here.note("bills", 9002, Status.SHIPPED, told=frozenset({"billing_ok"}))
    assert "It is billed as it was sold." in here.run("order", "show", "9002").output


def test_a_number_that_two_merchants_use_shows_both_orders(here: CliWorld) -> None:
    answer = here.ask("order", "show", "s-77")
    assert {(one["merchant"], one["billbee_id"]) for one in answer["orders"]} == {("acme", 5005), ("nordlicht", 7001)}
    answer = here.ask("order", "show", "S-77", "--merchant", "nordlicht")
    assert [one["billbee_id"] for one in answer["orders"]] == [7001]


def test_what_is_still_to_be_said_is_shown(here: CliWorld) -> None:
    (order,) = here.ask("order", "show", "5005")["orders"]
    assert [(one["key"], one["kind"], one["attempts"]) for one in order["still_to_be_said"]] == [
        ("backordered", "message", 0)
    ]
    assert "Still to be said" in here.run("order", "show", "5005").output


def test_what_is_still_to_be_said_can_be_dropped_and_counts_as_said(here: CliWorld) -> None:
    number, state = shipment(NewParcel("1Z7", "UPS Ground")), shipped_state(())
    tell = message("backordered", "It waits.", "a-tag")
    here.note("acme", 5400, Status.ACKNOWLEDGED, effects=(number, *tell, state))
    result = here.run("order", "drop-effect", "5400", "no such thing")
    assert result.exit_code == 1
    assert "still to be said: parcel 1Z7, backordered, backordered tags, state" in " ".join(result.output.split())
    for effect in (number, *tell, state):
        assert here.ask("order", "drop-effect", "5400", effect.key)["dropped"] == effect.key
    record = Ledger(here.table, here.clock).get("acme", 5400)
    assert record is not None
    assert (record.status, record.effects, list(record.parcels)) == (Status.SHIPPED, (), ["1Z7"])
    assert "backordered" in record.told


@pytest.mark.parametrize("number", ["5009", "", " ", "#", "no such order", "9" * 40, "²"])
def test_an_unknown_order_ends_with_1_and_what_to_do(here: CliWorld, number: str) -> None:
    result = here.run("order", "show", number)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "the ledger has no order" in result.stderr


def test_the_nearest_order_is_proposed(here: CliWorld) -> None:
    assert "did you mean 5003" in here.run("order", "show", "50033").stderr


def test_an_unknown_merchant_ends_with_2_and_the_nearest_one(here: CliWorld) -> None:
    result = here.run("order", "show", "5001", "--merchant", "nordlict")
    assert result.exit_code == 2
    assert "did you mean nordlicht?" in result.stderr
    assert here.ask("order", "show", "5001", "--merchant", "x", status=2)["error"].startswith("there is no merchant")


def test_orders_of_a_status_have_their_reasons(here: CliWorld) -> None:
    result = here.run("orders", "--status", "rejected", "--since", "2d")
    assert result.exit_code == 0
    assert NO_ADDRESS in result.stdout
    assert [one["billbee_id"] for one in here.ask("orders", "--status", "held")["orders"]] == [5003]
    assert {one["billbee_id"] for one in here.ask("orders")["orders"]} == {5003, 5005, 7001}
    assert [one["billbee_id"] for one in here.ask("orders", "-m", "nordlicht")["orders"]] == [7001]
    assert here.ask("orders", "--status", "rejected", "--since", "2099-01-01")["orders"] == []


def test_more_than_the_limit_is_said(here: CliWorld) -> None:
    answer = here.ask("orders", "--limit", "1")
    assert (len(answer["orders"]), answer["more_of"]) == (2, ["acme"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--status", "rejcted"), "did you mean rejected?"),
        (("--status", "foo"), "queued, rehearsal, rejected, shipped, submitted, submitting"),
        (("--since", "yesterday"), "30m, 12h, 2d or 1w"),
        (("--limit", "0"), "--limit"),
    ],
)
def test_bad_input_ends_with_2_and_a_line(here: CliWorld, arguments: tuple[str, ...], said: str) -> None:
    result = here.run("orders", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_60_columns_are_enough(here: CliWorld) -> None:
    for arguments in (("orders", "--status", "rejected"), ("order", "show", "5001"), ("orders",)):
        lines = here.run(*arguments, width=60).stdout.splitlines()
        links = [line for line in lines if "https://" in line]
        assert max(len(line) for line in lines if line not in links) <= 60


def test_search_finds_orders_and_products_by_how_their_numbers_begin(here: CliWorld) -> None:
    StockRecords(here.table, "nordlicht", here.clock).sent(StockFigure("S-7-MUG", 9, 0, 0, 0), 9)
    answer = here.ask("search", "s-7")
    assert [(one["merchant"], one["billbee_id"]) for one in answer["orders"]] == [("acme", 5005), ("nordlicht", 7001)]
    assert answer["skus"] == [{"merchant": "nordlicht", "sku": "S-7-MUG"}]
    shown = here.run("search", "#5001").stdout
    assert "ACME-1" in shown
    assert [one["billbee_id"] for one in here.ask("search", "S-77", "-m", "nordlicht")["orders"]] == [7001]
    nothing = here.run("search", "no-such")
    assert (nothing.exit_code, "nothing is known of 'no-such'" in nothing.stdout) == (1, True)


def test_why_names_the_rule_that_keeps_an_order_out_and_its_remedy(here: CliWorld) -> None:
    here.sell("acme", 5101, tags=[])
    result = here.run("order", "why", "5101", "-m", "acme")
    assert result.exit_code == 1
    assert "✗ R1 order tag" in result.stdout
    assert "→ add the tag bibi in Billbee" in result.stdout
    assert "Not imported because of R1 order tag" in result.stdout


def test_why_finds_the_merchant_by_itself_and_0_means_that_nothing_is_in_the_way(here: CliWorld) -> None:
    here.sell("nordlicht", 7101, order_number="NL-7101")
    (shown,) = here.ask("order", "why", "NL-7101")["orders"]
    assert (shown["merchant"], shown["billbee_id"], shown["imported_next"]) == ("nordlicht", 7101, True)
    assert {check["rule"].partition(" ")[0] for check in shown["checks"]} == {"R1", "R2", "R4", "R7", "R19", "R22"}
    assert "Nothing speaks against it" in here.run("order", "why", "7101").stdout


def test_why_says_of_an_order_that_is_well_that_it_was_imported_and_ends_with_0(here: CliWorld) -> None:
    here.sell("acme", 5001, state=4, tags=["bibi", "order_received_by_bibi"])
    (shown,) = here.ask("order", "why", "5001", "-m", "acme")["orders"]
    assert (shown["imported"], shown["imported_next"]) == (True, False)
    told = here.run("order", "why", "5001", "-m", "acme")
    assert (told.exit_code, "Not imported" in told.stdout) == (0, False)
    assert "it was imported: shipped since" in told.stdout
    assert "It was imported; no rule keeps it out." in told.stdout


def test_why_asks_everybody_and_says_who_could_not_be_asked(here: CliWorld) -> None:
    result = here.run("order", "why", "no-such-order")
    assert result.exit_code == 1
    assert "Billbee has no order 'no-such-order'" in result.stderr
    password, here.shops["acme"].password = here.shops["acme"].password, "another-password"
    try:
        result = here.run("order", "why", "no-such-order")
        assert result.exit_code == 2
        assert "acme: billbee" in result.stderr
        assert "password-of-acme" not in result.output
        alone = here.run("order", "why", "no-such-order", "-m", "acme")
        assert alone.exit_code == 2
        assert "merchants check" in alone.stderr
    finally:
        here.shops["acme"].password = password


def test_why_knows_an_order_that_is_gone_from_billbee(here: CliWorld) -> None:
    result = here.run("order", "why", "5003")
    assert result.exit_code == 1
    assert "does not have order '5003' any more" in result.stderr


def test_no_personal_data_is_shown(here: CliWorld) -> None:
    here.sell("acme", 5102, items=[item("MUG-01", quantity=0)])
    shown = here.run("order", "why", "5102", "-m", "acme").output + here.run("order", "show", "5001").output
    for personal in ("Jane", "Doe", "Willis", "jane.doe@example.com", "91402", "shop@acme.example"):
        assert personal not in shown


def test_r10_retry_sends_the_message_and_notes_it_in_the_ledger(here: CliWorld) -> None:
    here.note("acme", 5201, Status.REJECTED, reason=NO_ADDRESS)
    here.messages("push-orders")
    assert "checked again" in here.ask("order", "retry", "5201")["done"]
    assert [one["billbee_id"] for one in here.messages("push-orders")] == [5201]
    record = here.ledger.get("acme", 5201)
    assert record is not None
    assert (record.status, record.timeline[-1].why) == (Status.QUEUED, f"{getpass.getuser()} asked for it")


def test_retry_says_why_not(here: CliWorld) -> None:
    here.note("acme", 5202, Status.SHIPPED)
    here.note("acme", 5203, Status.QUEUED, shop_number="TWICE")
    here.note("acme", 5204, Status.QUEUED, shop_number="TWICE")
    record = here.note("acme", 5205, Status.ACKNOWLEDGED)
    here.ledger.move(record, Status.CANCELLED, why="cancelled", call="a test")
    gone = here.run("order", "retry", "5205")
    assert gone.exit_code == 1
    assert "it was cancelled there" in gone.stderr
    several = here.run("order", "retry", "TWICE")
    assert several.exit_code == 2
    assert "acme 5203, acme 5204" in several.stderr
    assert here.run("order", "retry", "599").exit_code == 1


# ---- Quarantine


QUARANTINED = Defect("KeyError in orders/preparation.py:61", "push-orders", 4, NOW, None)


def test_r31_an_order_in_quarantine_is_shown_as_such_and_listed(here: CliWorld) -> None:
    here.note("acme", 5301, Status.HELD, defect=QUARANTINED)
    shown = here.run("order", "show", "5301")
    assert "quarantined: KeyError in orders/preparation.py:61 (4 times" in shown.stdout
    assert "orderbridge order retry 5301" in " ".join(shown.stdout.split())
    (listed,) = here.ask("orders", "--status", "quarantined")["orders"]
    assert (listed["billbee_id"], listed["status"]) == (5301, "held")
    assert listed["quarantined"] == "quarantined: KeyError in orders/preparation.py:61"
    assert 5301 not in [one["billbee_id"] for one in here.ask("orders", "--limit", "1000")["orders"]]
    jobs = here.run("jobs")
    assert jobs.exit_code == 1
    assert "quarantined after KeyError in orders/preparation.py:61: 5301" in " ".join(jobs.stdout.split())


def test_r31_retry_takes_an_order_out_of_quarantine_alone_or_with_all_others(here: CliWorld) -> None:
    for order in (5302, 5303, 5304):
        here.note("acme", order, Status.ACKNOWLEDGED, defect=QUARANTINED)
    here.messages("push-orders")
    here.ask("order", "retry", "5302")
    assert [(one["billbee_id"], one["look"]) for one in here.messages("push-orders")] == [(5302, True)]
    taken = here.ask("order", "retry", "--quarantined", "--merchant", "acme")["orders"]
    assert taken == [{"merchant": "acme", "billbee_id": order} for order in (5303, 5304)]
    assert [one["billbee_id"] for one in here.messages("push-orders")] == [5303, 5304]
    for order in (5302, 5303, 5304):
        record = here.ledger.get("acme", order)
        assert record is not None
        assert (record.status, record.defect) == (Status.ACKNOWLEDGED, None)
    assert here.ask("orders", "--status", "quarantined")["orders"] == []


@pytest.mark.parametrize("arguments", [(), ("5001", "--quarantined")])
def test_r31_retry_takes_either_a_number_or_all_in_quarantine(here: CliWorld, arguments: tuple[str, ...]) -> None:
    result = here.run("order", "retry", *arguments)
    assert result.exit_code == 2
    assert "either an order's number or --quarantined" in result.stderr


# ---- order return-label, and what parcels cost


def test_r24_a_label_is_asked_for_through_the_queue_and_written_once_it_is_there(
    here: CliWorld, tmp_path: Path
) -> None:
    """The functions do not run here: the test does what push_orders does."""
    here.note("acme", 5301, Status.SHIPPED)
    here.messages("push-orders")
    file = tmp_path / "label.png"
    asked = here.run("order", "return-label", "5301", "-o", str(file), "--wait", "0")
    assert (asked.exit_code, "no label yet" in asked.stderr) == (1, True)
    (message,) = here.messages("push-orders")
    assert (message["billbee_id"], message["label"]) == (5301, True)
    record = here.ledger.get("acme", 5301)
    assert record is not None
    kept = claim("acme", 5301, 30, datetime.now(UTC))
    labels = ReturnLabels(lambda: here.client("s3"), here.stack.physical_id("Documents"), "")
    labels.put(kept, ReturnLabel(LabelFormat.PNG, picture("with an address")))
    here.ledger.note(record, label=replace(kept, stored=True))
    answer = here.ask("order", "return-label", "5301", "-o", str(file))
    assert (answer["made_now"], answer["kind"]) == (False, "png")
    assert file.read_bytes() == picture("with an address")
    assert file.stat().st_mode & 0o777 == 0o600
    assert here.messages("push-orders") == []
    again = here.run("order", "return-label", "5301", "-o", str(file), width=400)
    assert (again.exit_code, "it is there already" in again.stderr) == (2, True)
    assert "return label  kept until" in here.run("order", "show", "5301").stdout
    opened = labels.open(kept.key)
    assert opened is not None
    assert opened.token not in here.run("order", "show", "5301").stdout + json.dumps(here.ask("order", "show", "5301"))


def test_r24_a_label_is_not_asked_for_in_vain_or_twice(here: CliWorld, tmp_path: Path) -> None:
    here.messages("push-orders")
    in_doubt = claim("acme", 5302, 30, datetime.now(UTC))
    here.note("acme", 5302, Status.SHIPPED, label=in_doubt)
    here.note("acme", 5303, Status.ACKNOWLEDGED)
    file = str(tmp_path / "label.png")
    for number, said in (("5302", "--again"), ("5303", "nothing yet that could come back"), ("599", "no order")):
        result = here.run("order", "return-label", number, "-o", file, "--wait", "0")
        assert (result.exit_code, said in result.stderr) == (1, True), result.stderr
    nowhere = here.run("order", "return-label", "5302", "-o", str(tmp_path / "none" / "x.png"), width=400)
    assert (nowhere.exit_code, "nothing can be written there" in nowhere.stderr) == (2, True)
    assert here.messages("push-orders") == []
    assert here.run("order", "return-label", "5302", "-o", file, "--again", "--wait", "0").exit_code == 1
    assert [one["label"] for one in here.messages("push-orders")] == [True]


def test_r27_what_parcels_cost_is_shown_with_the_order_and_by_month(here: CliWorld) -> None:
    cost = ParcelCost(Decimal("9.36"), "UPS Ground", Decimal("1.0000"), "5", "https://ups.example/1Z9", NOW)
    here.note("acme", 5304, Status.SHIPPED, parcels={"1Z9": Parcel("UPS Ground", NOW)}, costs={"1Z9": cost})
    shown = here.run("order", "show", "5304").stdout
    assert "9.36 USD, 1 lb, zone 5" in shown
    assert "https://ups.example/1Z9" in shown
    (parcel,) = here.ask("order", "show", "5304")["orders"][0]["parcels"]
    assert (parcel["cost_usd"], parcel["url"]) == ("9.36", "https://ups.example/1Z9")
    costs = CostRecords(here.table, "acme", here.clock)
    costs.add(5304, "1Z9", cost, "2026-01")
    costs.add(5304, "1Z9", cost, "2026-01")
    costs.add(5304, "1Z8", replace(cost, returned=True), "2026-01")
    (sent, returned) = here.ask("usage", "--month", "2026-01")["shipping"]
    assert (sent["parcels"], sent["cost"], returned["returned"]) == (1, "9.36", True)
    assert "UPS Ground, returned" in here.run("usage", "--month", "2026-01").stdout
