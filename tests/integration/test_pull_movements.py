"""R25: the warehouse's movements, read from a cursor with an overlap, kept by SKU, and never who did it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from local.simulators.bibi.movements import PAGE
from local.simulators.bibi.records import STAFF, chicago_text
from local.simulators.faults import Fault
from orderbridge.ledger.sku import Sku
from orderbridge.merchants.bibi_paths import PATHS
from orderbridge.platform.errors import NotFound
from orderbridge.stock.movement_records import MovementRecords, Moves
from orderbridge.stock.movements import KEPT, Correction
from testkit.world import World, world

ROUTE = f"POST /{PATHS['inventory_transactions']}"
ON: dict[str, Any] = {"stock": {"movements": True}}


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True, **ON) as made:
        for sku in ("MUG", "TEE"):
            made.warehouse.add_product(sku)
        yield made


def read(here: World) -> None:
    here.run("movements", patience=timedelta(minutes=30))


def moves(here: World, sku: str = "MUG") -> Moves:
    return MovementRecords(here.table, "acme").get_many([sku]).get(Sku(sku), Moves(sku))


def at(here: World, **ago: float) -> str:
    return chicago_text(here.clock() - timedelta(**ago).total_seconds())


def asked(here: World) -> list[dict[str, Any]]:
    return [json.loads(call.body["json"]) for call in here.bibi.calls if call.name == ROUTE]


def test_r25_each_sku_shows_its_last_movements_in_plain_words(here: World) -> None:
    here.warehouse.adjust("MUG", -2, "01")
    here.warehouse.receive("TEE", 40)
    here.wait(minutes=1)
    read(here)
    assert [(one.quantity, one.text, one.effect) for one in moves(here).last] == [
        (-2, "2 pieces fewer: Missing (Stock Adjust)", Correction.COUNT)
    ]
    assert [one.text for one in moves(here, "tee").last] == ["40 pieces more: PO Receipt"]
    assert moves(here, "TEE").notable == ()


def test_r25_read_every_hour_a_transaction_counts_once_and_two_equal_ones_count_twice(here: World) -> None:
    for _ in range(2):
        here.warehouse.adjust("MUG", -1, "01")
    here.wait(minutes=1)
    read(here)
    written = here.dynamodb.tables["ledger-1"].copy()
    for _ in range(5):
        here.wait(hours=1)
        read(here)
    assert len(moves(here).last) == 2
    same = {key: item for key, item in here.dynamodb.tables["ledger-1"].items() if key[1].startswith("MOVES#")}
    assert same.items() <= written.items()


def test_r25_what_is_entered_late_is_found_on_the_next_day(here: World) -> None:
    read(here)
    here.wait(hours=6)
    read(here)
    here.warehouse.move("MUG", -3, reason="09", at=at(here, hours=5))
    here.wait(hours=1)
    read(here)
    assert moves(here).last == ()
    here.wait(hours=18)
    read(here)
    assert [one.quantity for one in moves(here).last] == [-3]


def test_r25_only_the_newest_are_kept_and_what_matters_for_days(here: World) -> None:
    for minute in range(KEPT + 5):
        here.warehouse.move("MUG", minute, kind="M", at=at(here, minutes=60 - minute))
    here.warehouse.move("MUG", -1, reason="10", at=at(here, days=2))
    here.warehouse.move("MUG", -1, reason="10", at=at(here, days=4))
    read(here)
    found = moves(here)
    assert [one.quantity for one in found.last] == list(range(5, KEPT + 5))
    assert [one.effect for one in found.notable] == [Correction.WRITE_OFF]
    assert MovementRecords(here.table, "acme").notable_since(here.clock.now() - timedelta(days=3)) == [found]
    assert MovementRecords(here.table, "acme").notable_since(here.clock.now() - timedelta(days=1)) == []


def test_r25_more_than_a_minute_s_calls_is_read_in_smaller_stretches(here: World) -> None:
    count = 45 * PAGE  # forty calls a minute are left to those in no hurry
    for number in range(count):
        here.warehouse.move("MUG", number, kind="M", at=at(here, seconds=(count - number) * 15))
    read(here)
    assert [one.quantity for one in moves(here).last] == list(range(count - KEPT, count))
    item = here.table.get("MERCHANT#acme", "CURSOR#pull-movements") or {}
    assert "goes_on_at" not in item
    assert item["read_until"]


@pytest.mark.parametrize("fault", ["status", "html", "reset_before"])
def test_r25_a_reading_that_fails_in_the_middle_goes_on_there(here: World, fault: Any) -> None:
    for minutes in range(2 * PAGE):
        here.warehouse.move("MUG", minutes, kind="M", at=at(here, minutes=10_000 - minutes))
    here.warehouse.adjust("TEE", -1, "01")
    here.wait(minutes=1)
    here.bibi.faults.add(Fault(fault, ROUTE, nth=3, times=3))
    read(here)
    assert len(moves(here).last) == KEPT
    assert len(moves(here, "TEE").last) == 1


def test_r25_without_the_setting_and_in_a_rehearsal_no_call_is_made(here: World) -> None:
    for settings in ({"stock": {"movements": False}}, {"mode": "test"} | ON):
        here.configure(**settings)
        here.cold_start()
        read(here)
    assert here.bibi.calls == []


def test_r25_nothing_shows_who_did_it(here: World, caplog: pytest.LogCaptureFixture) -> None:
    here.warehouse.adjust("MUG", -2, "01")
    here.wait(minutes=1)
    read(here)
    assert moves(here).last
    assert STAFF not in repr(here.dynamodb.tables) + caplog.text


def test_r25_without_the_list_of_reasons_the_documented_ones_are_taken(here: World) -> None:
    here.bibi.faults.add(Fault("status", f"GET /{PATHS['reason_codes']}", status=404, times=9))
    here.warehouse.adjust("MUG", -2, "01")
    here.wait(minutes=1)
    read(here)
    assert moves(here).last[0].text == "2 pieces fewer: Missing (Stock Adjust)"


def test_r25_a_wrong_path_is_not_taken_for_nothing_moved(here: World) -> None:
    here.bibi.faults.add(Fault("status", ROUTE, status=404))
    workspace = here.function("chores").any_workspace("acme")
    with pytest.raises(NotFound, match="bibi inventory_transactions"):
        workspace.warehouse.movements.page(here.clock.now() - timedelta(days=1), here.clock.now())


def test_r25_single_products_can_be_asked_for(here: World) -> None:
    here.warehouse.receive("MUG", 5)
    here.warehouse.receive("TEE", 6)
    here.warehouse.adjust("MUG", 1, "02")
    here.wait(minutes=1)
    reader = here.function("chores").any_workspace("acme").warehouse.movements
    since, until = here.clock.now() - timedelta(hours=1), here.clock.now()
    for products, quantities in ((["MUG"], [5, 1]), (["MUG", "TEE"], [5, 6, 1])):
        assert [one.quantity for one in reader.page(since, until, products=products).movements] == quantities


def test_r25_around_a_change_of_clocks_nothing_is_overlooked(here: World) -> None:
    """On 1 November the warehouse's hour from 1:00 to 2:00 comes twice; both are read as its first pass."""
    for minute in range(0, 60, 10):
        here.warehouse.move("MUG", minute, at=f"2026-11-01 01:{minute:02d}:00")
    reader = here.function("chores").any_workspace("acme").warehouse.movements
    start = datetime(2026, 11, 1, 5, tzinfo=UTC)
    hours = [start + timedelta(minutes=30 * half) for half in range(9)]
    found = [one.quantity for since, until in pairwise(hours) for one in reader.page(since, until).movements]
    assert found == list(range(0, 60, 10))
    assert asked(here)[2]["date_start"] < asked(here)[2]["date_end"]
