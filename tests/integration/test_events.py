"""R47: what happens to orders, troubles, products and stock is told on a bus of EventBridge, from the table's stream.

Each event that a world sends is checked by its published schema when it is taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ConnectTimeoutError

from orderbridge.events.kinds import KINDS, StockRecovered
from orderbridge.events.tell_moves import as_entry
from orderbridge.ledger.ledger import as_item, restored
from orderbridge.ledger.lifecycle import Status
from orderbridge.platform.table import plain, wire
from testkit import event_schemas
from testkit.aws import aws_error
from testkit.aws.streams import by_whole_key
from testkit.environment import EVENT_BUS, TABLE
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world(tells_events=True) as made:
        yield made


def heard(here: World, kind: str | None = None) -> list[dict[str, Any]]:
    """The details of the events that the bus has taken, in sequence."""
    taken = here.events.put[EVENT_BUS]
    return [json.loads(one["Detail"]) for one in taken if kind in (None, one["DetailType"])]


def kinds(here: World) -> list[str]:
    return [one["DetailType"] for one in here.events.put[EVENT_BUS]]


def moves(here: World, order: int) -> list[tuple[str | None, str]]:
    """The moves of an order that were told, each once."""
    told = {one["id"]: one for one in heard(here, "Order Moved") if one["order"]["billbee_id"] == order}
    return [(one["before"], one["status"]) for one in told.values()]


def in_its_timeline(here: World, order: int) -> list[tuple[str | None, str]]:
    return [(one.before or None, one.after) for one in here.record(order).timeline if one.before != one.after]


def busy_day(here: World) -> None:
    """Orders that are shipped, rejected, cancelled and held, a merchant with a trouble, a product that is refused."""
    for number in (1, 2, 3):
        here.sell(number)
    here.sell(4)
    here.wire(4)["OrderItems"] = []
    here.cycle()
    here.warehouse.ship("1")
    here.wire(3)["State"] = 8
    here.wire(2)["Tags"].append("hold_bibi")
    here.cycle()
    here.sync_products()


def test_r47_every_move_of_an_order_is_told_in_sequence(here: World) -> None:
    busy_day(here)
    here.follow_changes()
    for order in (1, 2, 3, 4):
        assert moves(here, order) == in_its_timeline(here, order)
    assert moves(here, 1)[0] == (None, "queued")
    assert moves(here, 1)[-1][1] == "shipped"
    (rejected,) = [one for one in heard(here, "Order Moved") if one["status"] == "rejected"]
    assert (rejected["merchant"], rejected["codes"]) == ("acme", ["OB-110"])
    assert rejected["order"] == {"billbee_id": 4, "order_number": "4", "shop_number": "4"}
    assert here.failures == []


def test_r47_a_number_that_is_not_known_is_null(here: World) -> None:
    record = here.ledger.open(
        "acme", 77, Status.REJECTED, why="a test", call="a test", content_hash="c", order_number=None
    )
    here.follow_changes()
    (moved,) = heard(here, "Order Moved")
    assert moved["order"] == {"billbee_id": record.billbee_id, "order_number": None, "shop_number": None}
    assert moved["before"] is None


def test_r47_a_parcel_is_told_with_its_number(here: World) -> None:
    here.imported(1)
    here.warehouse.ship("1", ["1Z1"], method="02")
    here.cycle()
    here.follow_changes()
    (parcel,) = heard(here, "Parcel Posted")
    assert (parcel["tracking_number"], parcel["order"]["billbee_id"]) == ("1Z1", 1)
    assert parcel["ship_method"]


def test_r47_troubles_are_told_when_they_begin_and_when_they_end(here: World) -> None:
    here.secret("billbee_password", "wrong-password-1")
    here.cold_start()
    here.poll()
    for _ in range(3):
        here.invoke("watch", {})
        here.follow_changes()
    (began,) = heard(here, "Trouble Began")
    assert (began["merchant"], began["kind"], began["severity"], began["about"]) == (
        "acme",
        "merchant-broken",
        "critical",
        "poll-orders",
    )
    here.secret("billbee_password", here.merchants["acme"].password)
    here.cold_start()
    here.wait(minutes=5)
    here.poll()
    for _ in range(8):
        here.wait(minutes=5)
        here.invoke("watch", {})
    here.follow_changes()
    (ended,) = heard(here, "Trouble Ended")
    assert (ended["kind"], ended["about"], ended["since"]) == (began["kind"], began["about"], began["at"])
    assert datetime.fromisoformat(ended["at"]) > datetime.fromisoformat(ended["since"])


def test_r47_a_refused_product_is_told_once_for_each_reason(here: World) -> None:
    found = here.put("CAP-01", 5)
    here.sync_products()
    here.sync_products()
    here.follow_changes()
    told = [one for one in heard(here, "Product Refused") if one["product_id"] == found["Id"]]
    assert [one["codes"] for one in told] == [["OB-302"]]
    found["SKU"] = "X" * 30
    here.sync_products()
    here.follow_changes()
    told = [one for one in heard(here, "Product Refused") if one["product_id"] == found["Id"]]
    assert len(told) == 2
    assert "OB-302" in told[1]["codes"]
    assert told[0]["id"] != told[1]["id"]


def test_r47_a_product_that_runs_low_is_told_and_that_it_does_not_any_more(here: World) -> None:
    here.configure(stock={"tell_low": True})
    found = here.shop.product_by("SKU", "MUG-01")
    assert found is not None
    found["SoldAmountLast30Days"] = 60.0
    here.sync_products()
    for pieces in (9, 8, 900):
        here.count("MUG-01", pieces)
        here.sync_stock()
    here.follow_changes()
    (low,) = heard(here, "Stock Low")
    assert (low["sku"], low["why"], low["free"], low["days"], low["sold"]) == ("MUG-01", "few days", 9, 4, 60)
    (recovered,) = heard(here, "Stock Recovered")
    assert (recovered["merchant"], recovered["sku"]) == ("acme", "MUG-01")


@pytest.mark.parametrize("spread", [False, True])
def test_r47_what_the_stream_brings_again_has_the_same_ids(here: World, spread: bool) -> None:
    if spread:
        here.changes.stream.shard_of = by_whole_key
    busy_day(here)
    here.follow_changes()
    first = {one["id"] for one in heard(here)}
    assert len(first) == len(heard(here))
    here.changes.come_again()
    here.follow_changes()
    assert len(heard(here)) == 2 * len(first)
    assert {one["id"] for one in heard(here)} == first


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "InternalException"])
@pytest.mark.parametrize("nth", range(1, 12, 2))
def test_r47_an_event_that_is_not_taken_comes_again_and_none_of_its_order_passes_it(
    here: World, code: str, nth: int
) -> None:
    seen = 0

    def refuse(entry: dict[str, Any]) -> str | None:
        nonlocal seen
        seen += 1
        return code if nth <= seen < nth + 3 else None

    here.events.refuse = refuse
    busy_day(here)
    for _ in range(8):
        here.follow_changes()
    for order in (1, 2, 3, 4):
        assert moves(here, order) == in_its_timeline(here, order)
    assert here.failures == []
    assert here.changes.lost == []


@pytest.mark.parametrize(
    "error",
    [
        aws_error("ThrottlingException", "PutEvents"),
        aws_error("ServiceUnavailable", "PutEvents"),
        ConnectTimeoutError(endpoint_url="https://events"),
    ],
    ids=["throttled", "unavailable", "no connection"],
)
def test_r47_a_call_that_fails_is_made_again(here: World, error: Exception) -> None:
    put, failing = here.events.put_events, [error] * 3

    def put_events(**request: Any) -> Any:
        if failing:
            raise failing.pop()
        return put(**request)

    with patch.object(here.events, "put_events", put_events):
        busy_day(here)
        for _ in range(8):
            here.follow_changes()
    for order in (1, 2, 3, 4):
        assert moves(here, order) == in_its_timeline(here, order)


def test_r47_what_is_refused_for_good_is_reported_and_holds_up_nothing(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    here.events.refuse = lambda entry: "NotAuthorizedForSource" if '"rejected"' in entry["Detail"] else None
    busy_day(here)
    here.follow_changes()
    assert moves(here, 4) == [(None, "queued")]
    assert moves(here, 1) == in_its_timeline(here, 1)
    assert [one.message for one in caplog.records].count("An event was refused") == 1
    here.changes.come_again()
    here.follow_changes()
    assert here.failures == []


def test_r47_a_bus_that_is_gone_stops_no_figures(here: World) -> None:
    here.events.put.clear()
    busy_day(here)
    here.follow_changes()
    (day,) = here.table.query("MERCHANT#acme", "FIGURES#")
    assert day["imported"] == 4
    assert here.changes.lost == []


def test_r47_no_call_holds_more_than_ten_events_or_two_of_one_record(here: World) -> None:
    for number in range(1, 31):
        here.sell(number)
    here.cycle()
    here.cycle()
    calls: list[list[int]] = []
    put = here.events.put_events

    def put_events(**request: Any) -> Any:
        calls.append([json.loads(one["Detail"]).get("order", {}).get("billbee_id") for one in request["Entries"]])
        return put(**request)

    with patch.object(here.events, "put_events", put_events):
        here.follow_changes()
    assert max(map(len, calls)) == 10
    assert all(len(orders) == len(set(orders)) for orders in calls)


def test_r47_without_a_bus_nothing_is_sent_and_only_orders_reach_the_function() -> None:
    with world() as here:
        busy_day(here)
        here.invoke("watch", {})
        here.follow_changes()
        assert (here.events.calls, kinds(here)) == ([], [])
        delivered = [
            record
            for shard in here.changes.stream.shards
            for record in here.changes.stream.read(shard, None)
            if here.changes.settings.wants(record)
        ]
        assert {record["dynamodb"]["Keys"]["sk"]["S"].partition("#")[0] for record in delivered} == {"ORDER"}


def test_r47_rehearsals_restored_and_forgotten_records_are_no_events(here: World) -> None:
    here.configure(mode="test")
    here.sell(9)
    here.cycle()
    here.configure(mode="live")
    here.imported(1)
    here.follow_changes()
    before = len(heard(here))
    assert [one for one in heard(here) if one.get("order", {}).get("billbee_id") == 9 and one["before"]] == []
    record = here.record(1)
    now = here.clock.now()
    item = plain(here.dynamodb.get_item(TableName=TABLE, Key=_key(1))["Item"])
    back = restored(item, version=record.version + 1, taken_at=now, now=now)
    here.dynamodb.put_item(TableName=TABLE, Item=wire(as_item(back)))
    here.follow_changes()
    assert len(heard(here)) == before


def _key(order: int) -> dict[str, dict[str, str]]:
    return {"pk": {"S": "MERCHANT#acme"}, "sk": {"S": f"ORDER#{order:020d}"}}


# ---- the published schemas


def test_the_schemas_are_those_of_the_classes() -> None:
    """`make tables` writes them. A kind whose form changes gets another version beside this one."""
    assert {path.name: path.read_text(encoding="utf-8") for path in sorted(event_schemas.FOLDER.glob("*.json"))} == {
        path.name: text for path, text in sorted(event_schemas.files().items())
    }


def test_a_detail_that_is_not_as_its_schema_says_is_found() -> None:
    event = StockRecovered(id="1", at=datetime(2026, 11, 28, tzinfo=UTC), merchant="acme", sku="MUG-01")
    entry = as_entry(event)
    sent = {"Source": entry.source, "DetailType": entry.kind}
    event_schemas.check(sent | {"Detail": entry.detail})
    for more in ({"sku": 5}, {"at": "yesterday"}, {"schema": 2}, {"another": 1}):
        with pytest.raises(Exception):  # noqa: B017, PT011  of jsonschema, or an assertion
            event_schemas.check(sent | {"Detail": json.dumps(json.loads(entry.detail) | more)})


def test_every_kind_is_described_and_has_an_example() -> None:
    page = (event_schemas.FOLDER / "README.md").read_text(encoding="utf-8")
    examples = {}
    for block in page.split("```json\n")[1:]:
        shown = json.loads(block.partition("```")[0])
        if "detail-type" in shown and "detail" in shown and isinstance(shown["detail-type"], str):
            examples[shown["detail-type"]] = shown
    assert examples.keys() == {kind.DETAIL_TYPE for kind in KINDS}
    for name, shown in examples.items():
        detail = json.dumps(shown["detail"])
        event_schemas.check({"Source": shown["source"], "DetailType": name, "Detail": detail})
