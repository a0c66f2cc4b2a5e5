"""R43: what happens to orders is counted once, day by day, from the table's stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from orderbridge.ledger.ledger import as_item, restored
from orderbridge.platform.table import plain, wire
from testkit.aws import aws_error
from testkit.aws.streams import by_whole_key
from testkit.environment import TABLE
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def counted(here: World, merchant: str = "acme") -> dict[str, int]:
    """All counters of a merchant's days."""
    total: dict[str, int] = {}
    for item in here.table.query(f"MERCHANT#{merchant}", "FIGURES#"):
        for name, value in item.items():
            if isinstance(value, int) and name != "expires_at":
                total[name] = total.get(name, 0) + value
    return total


def busy_days(here: World) -> None:
    """Two orders are shipped, one of them after a day, one is rejected and one cancelled."""
    for number in (1, 2, 3):
        here.sell(number)
    here.sell(4)
    here.wire(4)["OrderItems"] = []
    here.cycle()
    here.warehouse.ship("1")
    here.wire(3)["State"] = 8
    here.cycle()
    here.wait(hours=13)
    here.warehouse.ship("2")
    here.cycle()
    assert [here.status(one) for one in (1, 2, 3, 4)] == ["shipped", "shipped", "cancelled", "rejected"]


BUSY = {
    "imported": 4,
    "submitted": 3,
    "shipped": 2,
    "cancelled": 1,
    "rejected": 1,
    "rejected OB-110": 1,
    "parcels": 2,
}


def test_r43_each_move_of_an_order_is_counted_on_its_day(here: World) -> None:
    busy_days(here)
    here.follow_changes()
    assert counted(here) == BUSY
    days = [item["sk"] for item in here.table.query("MERCHANT#acme", "FIGURES#")]
    assert days == ["FIGURES#2026-07-01#bibi", "FIGURES#2026-07-02#bibi"]
    assert here.failures == []


@pytest.mark.parametrize("spread", [False, True])
def test_r43_what_the_stream_brings_again_is_not_counted_again(here: World, spread: bool) -> None:
    if spread:
        here.changes.stream.shard_of = by_whole_key
    busy_days(here)
    for _ in range(3):
        here.follow_changes()
        assert counted(here) == BUSY
        here.changes.come_again()
    for shard in here.changes.stream.shards:
        records = here.changes.stream.read(shard, None)
        here.changes.come_again(shard, after=records[len(records) // 2]["dynamodb"]["SequenceNumber"])
    here.follow_changes()
    assert counted(here) == BUSY
    assert here.failures == []


def test_r43_counting_again_from_anywhere_and_in_other_batches_changes_nothing(here: World) -> None:
    busy_days(here)
    here.follow_changes()
    (shard,) = here.changes.stream.shards[-1:]
    for record in here.changes.stream.read(shard, None):
        for many in (1, 2, 5):
            here.changes.come_again(shard, after=record["dynamodb"]["SequenceNumber"])
            for batch in here.changes.batches():
                part = batch.records[:many]
                here.invoke("run_chores", batch.event | {"Records": part}, "chores")
                here.changes.settle(batch, {"state": {}, "batchItemFailures": []})
    assert counted(here) == BUSY


def test_r43_shards_that_are_read_at_once_lose_no_count(here: World) -> None:
    """A merchant's orders may be in several shards, and their batches come in any sequence."""
    here.changes.stream.shard_of = by_whole_key
    here.imported(*range(1, 21))
    batches = list(here.changes.batches())
    assert len({one.reader.shard for one in batches}) > 2
    for batch in reversed(batches):
        assert here.invoke("run_chores", batch.event, "chores") is not None
    assert counted(here) == {"imported": 20, "submitted": 20}


def test_r43_a_lost_answer_of_the_table_counts_once(here: World) -> None:
    here.imported(1, 2)
    write = here.dynamodb._client.update_item
    lost: list[dict[str, Any]] = []

    def update_item(**request: Any) -> Any:
        answer = write(**request)
        if "FIGURES#" in json.dumps(request["Key"]) and not lost:
            lost.append(request)
            raise aws_error("InternalServerError", "UpdateItem")
        return answer

    here.dynamodb._client.update_item = update_item
    here.follow_changes()
    assert lost
    assert [one for one in here.failures if "InternalServerError" in one]
    here.follow_changes()
    assert counted(here) == {"imported": 2, "submitted": 2}


def spoil(here: World, change: Callable[[dict[str, Any]], object], *, nth: int = 0) -> None:
    """One image of the stream is other than this release writes."""
    read = here.changes.stream.read

    def spoiled(shard: str, after: str | None) -> Any:
        records = json.loads(json.dumps(read(shard, after)))
        orders = [one for one in records if one["dynamodb"]["Keys"]["sk"]["S"] == f"ORDER#{nth:020d}"]
        for one in orders:
            change(one["dynamodb"]["NewImage"])
        return records

    here.changes.stream.read = spoiled


def test_r43_a_change_that_cannot_be_read_is_reported_and_holds_up_no_other(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    here.imported(1, 2)
    spoil(here, lambda image: image.pop("timeline"), nth=1)
    here.follow_changes()
    assert counted(here) == {"imported": 1, "submitted": 1}
    assert here.failures == []
    assert "Unexpected error" in caplog.text


def test_r43_an_image_with_fields_of_a_newer_release_is_read(here: World) -> None:
    here.imported(1)
    spoil(here, lambda image: image.update(promised_to={"S": "a moon"}), nth=1)
    here.follow_changes()
    assert counted(here) == {"imported": 1, "submitted": 1}


@pytest.mark.parametrize("newer", [{"schema": {"N": "2"}}, {"status": {"S": "levitating"}}])
def test_r43_a_change_of_a_newer_release_comes_again_until_that_release_is_there(
    here: World, newer: dict[str, Any]
) -> None:
    here.imported(1, 2, 3)
    read = here.changes.stream.read
    spoil(here, lambda image: image.update(newer), nth=2)
    here.follow_changes()
    assert counted(here)["imported"] < 3
    assert here.changes.lost == []
    here.changes.stream.read = read
    here.changes.come_again()
    here.follow_changes()
    assert counted(here) == {"imported": 3, "submitted": 3}


def test_r43_what_no_release_reads_is_given_up_and_told_and_the_rest_goes_on(here: World) -> None:
    here.imported(1, 2)
    spoil(here, lambda image: image.update(schema={"N": "2"}), nth=2)
    here.follow_changes()
    here.wait(hours=7)
    here.follow_changes()
    (lost,) = here.changes.lost
    assert lost["DDBStreamBatchInfo"]["startSequenceNumber"]
    here.imported(3)
    here.follow_changes()
    assert counted(here)["imported"] >= 2


def test_r43_rehearsals_and_other_items_are_not_counted(here: World) -> None:
    here.configure(mode="test")
    here.imported(1)
    here.follow_changes()
    assert counted(here) == {}
    here.configure(mode="live")
    here.look(minutes=10)
    here.follow_changes()
    assert counted(here) == {"imported": 1, "submitted": 1}


def test_r43_a_restored_record_is_not_counted_as_a_move(here: World) -> None:
    here.imported(1)
    before = dict(here.dynamodb.tables[TABLE])
    here.warehouse.ship("1")
    here.cycle()
    here.follow_changes()
    whole = counted(here)
    key = ("MERCHANT#acme", f"ORDER#{1:020d}")
    version = here.record(1).version + 1
    record = restored(plain(before[key]), version=version, taken_at=here.clock.now(), now=here.clock.now())
    here.dynamodb.put_item(TableName=TABLE, Item=wire(as_item(record)))
    here.follow_changes()
    assert counted(here) == whole


def test_r43_an_order_that_is_forgotten_stays_counted_and_is_no_move(here: World) -> None:
    busy_days(here)
    here.follow_changes()
    for order in (1, 2, 3, 4):
        here.ledger.forget(here.record(order))
    here.follow_changes()
    assert counted(here) == BUSY
    assert here.failures == []


def test_r43_the_end_of_a_window_brings_no_changes(here: World) -> None:
    here.imported(1)
    (batch,) = here.changes.batches()
    end = batch.event | {"Records": [], "isFinalInvokeForWindow": True}
    assert here.invoke("run_chores", end, "chores") == {"state": {}, "batchItemFailures": []}
    assert counted(here) == {}


def test_r43_figures_are_kept_for_400_days(here: World) -> None:
    here.imported(1)
    here.follow_changes()
    (item,) = here.table.query("MERCHANT#acme", "FIGURES#")
    assert item["expires_at"] == datetime(2026, 7, 1, tzinfo=UTC).timestamp() + 400 * 86_400
