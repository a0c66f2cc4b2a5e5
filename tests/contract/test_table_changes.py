"""What `Table.change` asks of DynamoDB does the same on moto and in memory, with attributes of any name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr
from moto import mock_aws

from orderbridge.platform.errors import ConditionFailed
from orderbridge.platform.table import Table
from testkit.aws import MemoryDynamoDB
from testkit.template import make_table


@pytest.fixture(params=["moto", "memory"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    with mock_aws():
        client: Any = boto3.client("dynamodb") if request.param == "moto" else MemoryDynamoDB()
        make_table(client, "ledger")
        yield Table(client, "ledger")


KEYS = {"pk": "MERCHANT#acme", "sk": "X"}


def change(table: Table, **what: Any) -> dict[str, Any]:
    return table.change(KEYS["pk"], KEYS["sk"], **what)


def test_attributes_are_set_added_to_and_removed_in_one_write(table: Table) -> None:
    assert change(table, set={"status": "new", "until": 3, "gone": "x"}, add={"count": 2}) == KEYS | {
        "status": "new",
        "until": 3,
        "gone": "x",
        "count": 2,
    }
    found = change(table, set={"status": "old", "until": None}, add={"count": -5}, remove=["gone"])
    assert found == KEYS | {"status": "old", "count": -3}
    assert table.get(**KEYS) == found


def test_a_default_counts_only_where_there_is_nothing(table: Table) -> None:
    change(table, default={"since": "monday"})
    assert change(table, default={"since": "tuesday"}, set={"name": ""})["since"] == "monday"


def test_names_that_dynamodb_reserves_and_values_of_all_kinds_are_taken(table: Table) -> None:
    values = {"last": [1, {"value": "x"}], "data": {"state": True}, "returns": 0, "values": "", "size": False}
    assert change(table, set=values) == KEYS | values


def test_removing_what_is_not_there_writes_the_item(table: Table) -> None:
    assert change(table, set={"one": None}, remove=["other"]) == KEYS


def test_a_write_happens_only_if_its_condition_holds(table: Table) -> None:
    free = Attr("pk").not_exists() | Attr("owner").eq(1)
    change(table, set={"owner": 2, "at": "b"}, only_if=free)
    with pytest.raises(ConditionFailed):
        change(table, set={"owner": 3}, only_if=free)
    change(table, set={"owner": 4}, only_if=Attr("owner").gt(1) & Attr("at").lt("c") & Attr("at").exists())
    change(table, set={"mark": "a"}, only_if=Attr("mark").not_exists() | Attr("mark").lt(Attr("at")))
    with pytest.raises(ConditionFailed):
        change(table, set={"mark": "z"}, only_if=Attr("at").lt(Attr("mark")))
    assert table.get(**KEYS) == KEYS | {"owner": 4, "at": "b", "mark": "a"}


def test_an_item_is_put_and_deleted_only_if_a_condition_holds(table: Table) -> None:
    absent, first = Attr("pk").not_exists(), Attr("version").eq(1)
    table.put(KEYS | {"version": 1}, only_if=absent)
    with pytest.raises(ConditionFailed):
        table.put(KEYS | {"version": 1}, only_if=absent)
    table.put(KEYS | {"version": 2}, only_if=first)
    with pytest.raises(ConditionFailed):
        table.delete(KEYS["pk"], KEYS["sk"], only_if=first)
    assert table.get(**KEYS) == KEYS | {"version": 2}
    table.delete(KEYS["pk"], KEYS["sk"], only_if=Attr("version").eq(2))
    assert table.get(**KEYS) is None
