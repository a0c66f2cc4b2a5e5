"""R43: what happens to orders is counted once, day by day, from the table's stream."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from local.stack import PROJECT
from orderbridge.figures import count_moves
from orderbridge.figures.counts import counts_of
from orderbridge.figures.day_figures import DayFigures
from orderbridge.figures.figures import Figures
from orderbridge.figures.view import FiguresView
from orderbridge.ledger.ledger import as_item, restored
from orderbridge.ledger.moves import OrderMoved
from orderbridge.platform.table import plain, wire
from testkit.aws import aws_error
from testkit.aws.streams import by_whole_key
from testkit.environment import TABLE
from testkit.mishaps import Mishap, Step
from testkit.watched import mishaps_of
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


NAMES = ("imported", "submitted", "shipped", "cancelled", "rejected", "parcels")


def counted(here: World, merchant: str = "acme") -> dict[str, int]:
    """The counters of moves, of all of a merchant's days."""
    total: dict[str, int] = {}
    for item in here.table.query(f"MERCHANT#{merchant}", "FIGURES#"):
        for name, value in item.items():
            if name in NAMES or name.startswith("rejected "):
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


def test_r43_a_defect_in_counting_one_order_holds_up_no_other(
    here: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here.imported(*range(1, 10))

    def counts(move: OrderMoved) -> Any:
        if move.after.billbee_id == 5:
            raise KeyError("five")
        return counts_of(move)

    monkeypatch.setattr(count_moves, "counts_of", counts)
    here.follow_changes()
    assert counted(here) == {"imported": 8, "submitted": 8}
    assert here.failures == []
    assert "Unexpected error" in caplog.text
    here.changes.come_again()
    here.follow_changes()
    assert counted(here) == {"imported": 8, "submitted": 8}


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


# What else is counted


def view(here: World) -> FiguresView:
    here.follow_changes()
    return FiguresView(here.table, here.clock)


def total(here: World) -> Figures:
    return view(here).total(["acme"], date(2026, 7, 1))


def test_r43_the_time_from_payment_to_submission_and_shipment_is_counted(here: World) -> None:
    noon = here.clock.now()
    for number, hours in ((1, 1), (2, 2), (3, 30)):
        here.sell(number)
        here.wire(number)["PayedAt"] = (noon - timedelta(hours=hours)).isoformat()
    here.cycle()
    here.wait(hours=5)
    for number in (1, 2, 3):
        here.warehouse.ship(str(number))
    here.cycle()
    found = total(here)
    assert found.to_submitted.count == found.to_shipped.count == 3
    assert found.to_submitted.median == timedelta(hours=2, minutes=30)  # within its bucket of two to three hours
    assert found.to_shipped.mean == pytest.approx(timedelta(hours=16, minutes=10), abs=timedelta(minutes=5))
    assert timedelta(hours=30) < (found.to_shipped.ninth_decile or timedelta(0)) <= timedelta(hours=36)


def test_r43_an_adopted_orders_times_are_not_counted(here: World) -> None:
    here.imported(1)
    here.warehouse.ship("1")
    here.lose_the_ledger()
    here.cycle()
    here.run_on()
    assert here.status(1) == "shipped"
    found = total(here)
    assert (found["adopted"], found.imported) == (1, 1)  # imported before the ledger was lost
    assert found.to_shipped.count == 0


def test_r43_what_left_after_its_promise_is_late(here: World) -> None:
    here.configure(promise={"handling_days": 1, "zone": "UTC"})
    here.sell(1)
    here.sell(2)
    here.cycle()
    here.warehouse.ship("1")
    here.cycle()
    here.follow_changes()
    here.wait(hours=40)
    here.warehouse.ship("2")
    here.cycle()
    found = total(here)
    assert (found.on_time, found.late, found.share_on_time) == (1, 1, 0.5)


def test_r43_costs_are_counted_by_ship_method_and_taken_back_with_a_voided_label(here: World) -> None:
    here.imported(1, 2)
    here.warehouse.ship("1", method="02")
    here.warehouse.ship("2", method="02")
    here.cycle()
    found = total(here)
    costs = [cost for number in (1, 2) for cost in here.record(number).costs.values()]
    assert len(costs) == 2
    assert found.cost == sum(one.cost for one in costs)
    assert found.costed_orders == 2
    (method,) = found.by_method
    assert (method.method, method.parcels, method.cost) == (costs[0].ship_method, 2, found.cost)
    record = here.record(1)
    here.ledger.note(record, costs={})
    again = total(here)
    assert again.cost == costs[1].cost
    assert (again.costed_orders, again.by_method[0].parcels) == (1, 1)


def test_r43_returns_are_counted_once(here: World) -> None:
    here.imported(1)
    here.warehouse.ship("1")
    here.cycle()
    here.warehouse.return_item("1", "MUG-01", reason="too blue")
    for _ in range(2):
        here.wait(hours=1)
        here.pull_returns()
    assert total(here).returns == 1


def test_r43_the_view_has_every_day_and_every_merchant_that_is_asked_for(here: World) -> None:
    here.open_merchant("nord")
    here.imported(1)
    here.wait(hours=24)
    here.sell(7, merchant="nord")
    here.poll(merchant="nord")
    here.push()
    found = view(here)
    days = found.by_day(["acme", "nord", "nobody"], date(2026, 6, 30))
    assert [(day.isoformat(), one.imported) for day, one in days.items()] == [
        ("2026-06-30", 0),
        ("2026-07-01", 1),
        ("2026-07-02", 1),
    ]
    empty = days[date(2026, 6, 30)]
    assert (empty.to_shipped.median, empty.share_on_time, empty.cost_per_order, empty.by_method) == (
        None,
        None,
        None,
        [],
    )
    by_merchant = found.by_merchant(["acme", "nord", "nobody"], date(2026, 7, 2))
    assert {name: one.imported for name, one in by_merchant.items()} == {"acme": 0, "nord": 1, "nobody": 0}
    assert found.total(["acme", "nord"], date(2020, 1, 1)).imported == 2
    assert found.by_day([], date(2026, 7, 2)) == {date(2026, 7, 2): Figures()}


def test_r43_two_hundred_merchants_are_read_with_a_query_each(here: World) -> None:
    names = [f"merchant-{number:03d}" for number in range(200)]
    for name in names[::2]:
        DayFigures(here.table).add(name, date(2026, 7, 1), "shard", [("1", Counter(imported=3))])
    here.watch.forget()
    here.watch.recording = True
    found = FiguresView(here.table, here.clock).by_day(names, date(2026, 7, 1))
    assert found[date(2026, 7, 1)].imported == 300
    assert [step.name for step in here.watch.steps] == ["dynamodb query FIGURES"] * 200


def test_r43_the_sample_event_is_one_that_is_counted(here: World) -> None:
    event = json.loads((PROJECT / "events/run_chores/table_changes.json").read_text(encoding="utf-8"))
    assert here.invoke("run_chores", event, "chores") == {"state": {}, "batchItemFailures": []}
    assert counted(here) == {"imported": 1}


# When something fails while it counts


def _steps(here: World) -> list[Step]:
    here.watch.forget()
    here.watch.recording = True
    here.follow_changes()
    here.watch.recording = False
    return list(here.watch.steps)


def _moved_orders() -> AbstractContextManager[World]:
    return world(promise={"handling_days": 1})


def _prepared(here: World) -> None:
    """Orders of two merchants, in three shards, not counted yet."""
    here.changes.stream.shard_of = by_whole_key
    here.open_merchant("nord")
    for number in range(1, 6):
        here.sell(number)
        here.sell(number, merchant="nord")
    for merchant in ("acme", "nord"):
        here.poll(merchant=merchant)
    here.push()
    here.warehouse.ship("1")
    here.cycle()


def test_r43_whatever_goes_wrong_while_counting_each_move_counts_once() -> None:
    """Each step fails in each way that AWS may, once, and the worker is killed before and behind it."""
    with _moved_orders() as here:
        _prepared(here)
        steps = _steps(here)
        expected = counted(here), counted(here, "nord")
    assert expected[0]["imported"] == expected[1]["imported"] == 5
    writes = [place for place, step in enumerate(steps, 1) if step.name == "dynamodb update_item FIGURES"]
    assert len(writes) > 4
    for place in writes:
        step = steps[place - 1]
        strikes = dict(mishaps_of(step.name, step.kind))
        assert {"throttled", "time-out after the write", "repeated by the SDK"} <= strikes.keys()
        for what, strike in (*strikes.items(), ("killed before", None), ("killed behind", None)):
            with _moved_orders() as here:
                _prepared(here)
                after = what == "killed behind"
                act = strike or partial(here.watch.kill, after=after)
                here.watch.forget()
                here.watch.mishap, here.watch.recording = Mishap(what, None, place, act), True
                here.follow_changes()
                here.watch.recording = False
                assert here.watch.mishap.struck, what
                here.follow_changes()
                here.changes.come_again()
                here.follow_changes()
                assert (counted(here), counted(here, "nord")) == expected, f"{what} at {step.name}, step {place}"
