"""`orderbridge table restore` in front of a deployed stack, with a table that moto restored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from moto.dynamodb.models.table import RestoredPITTable

from cli.tool import Tool
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.registry import Registry
from orderbridge.platform.table import merchant_key
from testkit.clock import ManualClock
from tests.cli_world import CliWorld

pytestmark = pytest.mark.xdist_group(__name__)  # one deployed stack


@pytest.fixture
def here(stack: CliWorld) -> Iterator[CliWorld]:
    """The stack with a merchant, three orders, and a table `restored` that shows them."""
    stack.clear()
    stack.open_merchant("acme")
    for order in (1, 2, 3):
        stack.note("acme", order, Status.ACKNOWLEDGED)
    restored(stack, "restored")
    yield stack
    dynamodb = stack.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        if name != table_of(stack):
            dynamodb.delete_table(TableName=name)


def table_of(here: CliWorld) -> str:
    return here.stack.physical_id("Table")


def restored(here: CliWorld, name: str) -> None:
    here.client("dynamodb").restore_table_to_point_in_time(SourceTableName=table_of(here), TargetTableName=name)


def pause(here: CliWorld, minutes: int = 11) -> None:
    Registry(here.table, ManualClock(datetime.now(UTC) - timedelta(minutes=minutes))).pause_all(by="a test")


def lose(here: CliWorld, billbee_id: int) -> None:
    key: Any = {"pk": {"S": merchant_key("acme")}, "sk": {"S": f"ORDER#{billbee_id:020d}"}}
    here.client("dynamodb").delete_item(TableName=table_of(here), Key=key)


def damage(here: CliWorld, billbee_id: int) -> None:
    here.table.change(merchant_key("acme"), f"ORDER#{billbee_id:020d}", set={"content_hash": "damaged"})


def test_what_is_missing_comes_back_and_what_differs_where_it_is_named(here: CliWorld) -> None:
    lose(here, 1)
    damage(here, 2)
    pause(here)
    dry = here.ask("table", "restore", "--from", "restored", "--dry-run")
    counted = {name: count for name, count in dry["kinds"]["orders"].items() if count}
    assert counted == {"in_backup": 3, "missing": 1, "different": 1, "put_back": 1}
    assert here.ledger.get("acme", 1) is None
    (damaged,) = [key for key in dry["different"] if "/ORDER#" in key]
    done = here.ask("table", "restore", "--from", "restored", "--replace", damaged)
    assert (done["kinds"]["orders"]["put_back"], done["kinds"]["orders"]["replaced"]) == (1, 1)
    assert done["cautious_polls"] == ["acme"]
    first, second = here.ledger.get("acme", 1), here.ledger.get("acme", 2)
    assert first is not None
    assert second is not None
    assert (first.adopted, second.content_hash) == (True, "x")


def test_it_says_in_the_end_what_is_to_be_done_with_the_restored_table(here: CliWorld) -> None:
    lose(here, 1)
    pause(here)
    result = here.run("table", "restore", "--from", "restored")
    assert result.exit_code == 0, result.output
    assert "aws dynamodb delete-table --table-name restored" in result.stdout
    assert "merchants resume --all" in result.stdout


def test_aws_restores_the_table_as_it_was_at_a_moment_and_a_second_run_takes_what_is_there(here: CliWorld) -> None:
    """moto restores what the table holds now."""
    first = here.ask("table", "restore", "--at", "2026-01-31T10:00:00Z", "--dry-run")
    assert first["backup"] == f"{table_of(here)}-restored-20260131T100000Z"
    lose(here, 3)
    pause(here)
    again = here.ask("table", "restore", "--at", "2026-01-31T10:00:00Z")
    assert again["kinds"]["orders"]["put_back"] == 1
    assert here.ledger.get("acme", 3) is not None


def test_the_ledger_of_another_stage_is_taken_over(here: CliWorld) -> None:
    """As docs/deploy.md has it for a merchant who moves: its table is the source, whatever stack it belongs to."""
    client = here.client("dynamodb")
    client.restore_table_to_point_in_time(SourceTableName=table_of(here), TargetTableName="another")
    for billbee_id in (1, 2, 3):
        lose(here, billbee_id)
    pause(here)
    at = f"{datetime.now(UTC) - timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"
    done = here.ask("table", "restore", "--at", at, "--source", "another")
    assert done["backup"] in client.list_tables()["TableNames"]
    assert done["kinds"]["orders"]["put_back"] == 3
    assert done["cautious_polls"] == ["acme"]
    orders = [here.ledger.get("acme", billbee_id) for billbee_id in (1, 2, 3)]
    assert [order is not None and order.adopted for order in orders] == [True] * 3


def test_the_tool_waits_until_the_table_is_there(here: CliWorld) -> None:
    clock = ManualClock(datetime.now(UTC))
    ready = clock() + 40
    describe = RestoredPITTable.describe

    def described(table: RestoredPITTable, base_key: str = "TableDescription") -> dict[str, Any]:
        found = describe(table, base_key)
        return {base_key: found[base_key] | ({"TableStatus": "CREATING"} if clock() < ready else {})}

    with patch.object(Tool, "clock", clock), patch.object(RestoredPITTable, "describe", described):
        assert here.ask("table", "restore", "--from", "restored", "--dry-run")["kinds"]["orders"]["in_backup"] == 3
    assert clock.slept == [15.0, 15.0, 15.0]


@pytest.mark.parametrize(("minutes", "told"), [(None, "only while all merchants are paused"), (4, "still be at work")])
def test_nothing_is_written_before_everybody_has_been_paused_for_ten_minutes(
    here: CliWorld, minutes: int | None, told: str
) -> None:
    lose(here, 1)
    if minutes is not None:
        pause(here, minutes)
    result = here.run("table", "restore", "--from", "restored")
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert here.ledger.get("acme", 1) is None
    assert here.run("table", "restore", "--from", "restored", "--dry-run").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ((), 2, "say either --at or --from"),
        (("--at", "1h", "--from", "restored"), 2, "say either --at or --from"),
        (("--from", "restored", "--replace", "stock"), 2, "is no kind of items"),
        (("--from", "nowhere"), 1, "there is no table nowhere"),
        (("--from", "restored", "--source", "another"), 2, "was not restored from another"),
        (("--at", "1h", "--source", "another"), 1, "there is no table another"),
        (("--from", "restored", "--replace", "MERCHANT#acme/ORDER#x"), 1, "nothing to replace MERCHANT#acme/ORDER#x"),
    ],
)
def test_what_cannot_be_meant_is_refused(here: CliWorld, arguments: tuple[str, ...], status: int, told: str) -> None:
    pause(here)
    result = here.run("table", "restore", *arguments, "--dry-run")
    assert result.exit_code == status, result.output
    assert told in " ".join(result.output.split())


def test_a_table_that_was_not_restored_from_this_one_is_refused(here: CliWorld) -> None:
    """Another stage's merchants would be brought in."""
    pause(here)
    result = here.run("table", "restore", "--from", table_of(here))
    assert result.exit_code == 2
    assert "was not restored from" in result.output
