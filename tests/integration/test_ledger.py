"""The ledger: one writer at a time, orders found by any number and by how they ended, no personal data kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.domain.lifecycle import Status
from orderbridge.domain.order_number import OrderNumber
from orderbridge.errors import LedgerConflict
from orderbridge.stores.ledger import NumberTaken
from orderbridge.stores.record import Event, LedgerOrder, OrderSummary
from testkit.records import open_order
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def opened(here: World, billbee_id: int, status: Status = Status.QUEUED, **more: Any) -> LedgerOrder:
    return open_order(here.ledger, billbee_id, status, **more)


def test_r7_an_order_has_one_record(here: World) -> None:
    opened(here, 1)
    with pytest.raises(LedgerConflict):
        opened(here, 1)


def test_r7_of_two_writers_that_read_the_same_record_one_goes_on(here: World) -> None:
    record = opened(here, 1)
    here.ledger.move(record, Status.SUBMITTING, why="first", call="test")
    with pytest.raises(LedgerConflict):
        here.ledger.move(record, Status.SUBMITTING, why="second", call="test")
    assert [event.why for event in here.record(1).timeline] == ["imported", "first"]


def test_a_record_made_in_a_rehearsal_gives_way(here: World) -> None:
    opened(here, 1, rehearsal=True)
    assert list(here.ledger.open_orders("acme")) == []
    assert opened(here, 1).rehearsal is False


def test_it_reads_back_what_was_written(here: World) -> None:
    record = opened(here, 1, shop_number="A-1", pieces={"MUG-01": 2}, placed_at=here.clock.now())
    assert here.record(1) == record


def test_r6_a_number_belongs_to_one_order(here: World) -> None:
    here.ledger.reserve_number("acme", OrderNumber("A-1"), 1)
    here.ledger.reserve_number("acme", OrderNumber("A-1"), 1)
    with pytest.raises(NumberTaken, match="already used for order 1"):
        here.ledger.reserve_number("acme", OrderNumber("A-1"), 2)


@pytest.mark.parametrize("number", ["1", "A-17", "a-17"])
def test_an_order_is_found_by_billbees_id_and_by_the_shops_number(here: World, number: str) -> None:
    opened(here, 1, shop_number="A-17")
    opened(here, 2, shop_number="A-170")
    assert [record.billbee_id for record in here.ledger.find("acme", number)] == [1]
    assert here.ledger.find("other", number) == []


def test_a_number_that_two_shops_use_finds_both_orders(here: World) -> None:
    opened(here, 1, shop_number="2")
    opened(here, 2, shop_number="B-2")
    assert [record.billbee_id for record in here.ledger.find("acme", "2")] == [1, 2]


@pytest.mark.parametrize("number", ["", "0", "x" * 300, "-1", "²", "1" * 40, "#", "1#2"])
def test_a_number_that_nobody_uses_finds_nothing(here: World, number: str) -> None:
    opened(here, 1, shop_number="A-1")
    assert here.ledger.find("acme", number) == []


def test_ended_orders_are_found_by_how_they_ended_the_latest_first(here: World) -> None:
    for billbee_id in (1, 2, 3):
        record = opened(here, billbee_id)
        here.wait(minutes=1)
        here.ledger.move(record, Status.REJECTED, why="no address", call="push orders")
    opened(here, 4)
    since = here.clock.now() - timedelta(minutes=1, seconds=30)
    assert [record.billbee_id for record in here.ledger.ended_orders("acme", Status.REJECTED, since=since)] == [3, 2]
    assert list(here.ledger.ended_orders("acme", Status.SHIPPED, since=since)) == []
    assert [record.billbee_id for record in here.ledger.open_orders("acme")] == [4]


def test_an_order_that_is_taken_up_again_is_open_again(here: World) -> None:
    record = here.ledger.move(opened(here, 1), Status.REJECTED, why="no address", call="push orders")
    here.ledger.move(record, Status.QUEUED, why="fixed", call="poll")
    assert [found.billbee_id for found in here.ledger.open_orders("acme")] == [1]
    assert list(here.ledger.ended_orders("acme", Status.REJECTED, since=record.created_at)) == []


def test_what_is_open_is_found_the_oldest_first_whatever_moved_last(here: World) -> None:
    for billbee_id in (2, 1, 3):
        opened(here, billbee_id)
        here.wait(minutes=20)
    here.ledger.move(here.record(2), Status.SUBMITTING, why="claimed", call="test")
    found = list(here.ledger.open_orders("acme"))
    assert [(order.billbee_id, order.status) for order in found] == [
        (2, Status.SUBMITTING),
        (1, Status.QUEUED),
        (3, Status.QUEUED),
    ]


def test_an_order_that_comes_back_counts_as_open_from_then_on(here: World) -> None:
    opened(here, 1)
    here.ledger.move(here.record(1), Status.REJECTED, why="no street", call="test")
    here.wait(hours=3)
    record = here.ledger.move(here.record(1), Status.QUEUED, why="fixed", call="test")
    here.wait(hours=1)
    record = here.ledger.move(record, Status.SUBMITTING, why="claimed", call="test")
    (order,) = here.ledger.open_orders("acme")
    assert order.shelved_at == record.shelved_at == record.moved_at - timedelta(hours=1)


def test_the_index_holds_all_of_an_orders_summary(here: World) -> None:
    record = opened(here, 1, shop_number="A-1", pieces={"MUG-01": 2}, placed_at=here.clock.now())
    record = here.ledger.move(record, Status.SUBMITTING, why="claimed", call="test", reason="none")
    moments: dict[str, Any] = dict.fromkeys(("submitted_at", "seen_at"), here.clock.now())
    record = here.ledger.note(
        record,
        warehouse_status="Pending",
        told=frozenset({"hold"}),
        held=True,
        adopted=True,
        order_number=OrderNumber("1"),
        **moments,
    )
    (order,) = here.ledger.open_orders("acme")
    assert order == OrderSummary(**{one.name: getattr(record, one.name) for one in fields(OrderSummary)})
    assert None not in [getattr(order, one.name) for one in fields(OrderSummary)]


def test_moves_can_be_written_together_with_both_in_the_timeline(here: World) -> None:
    record = here.ledger.move(opened(here, 1), Status.SUBMITTING, why="claimed", call="test")
    planned = here.ledger.moved(record, Status.SUBMITTED, why="sent", call="test")
    assert here.record(1) == record
    here.ledger.move(planned, Status.ACKNOWLEDGED, why="tagged", call="test")
    assert [(event.before, event.after) for event in here.record(1).timeline] == [
        ("", "queued"),
        ("queued", "submitting"),
        ("submitting", "submitted"),
        ("submitted", "acknowledged"),
    ]
    with pytest.raises(LedgerConflict):
        here.ledger.move(planned, Status.ACKNOWLEDGED, why="tagged", call="test")


def test_a_long_timeline_keeps_its_beginning_and_its_end(here: World) -> None:
    record = opened(here, 1)
    for number in range(150):
        record = here.ledger.note(record, why=f"note {number}", call="test")
    told = [event.why for event in here.record(1).timeline]
    assert len(told) <= 100
    assert told[:2] == ["imported", "note 0"]
    assert told[-1] == "note 149"


def test_every_entry_says_when_from_to_why_and_which_call(here: World) -> None:
    record = here.ledger.move(opened(here, 1), Status.SUBMITTING, why="claimed for sending", call="push orders")
    assert record.timeline[-1] == Event(here.clock.now(), "queued", "submitting", "claimed for sending", "push orders")


def test_only_ended_orders_expire(here: World) -> None:
    opened(here, 1)
    here.ledger.move(opened(here, 2), Status.REJECTED, why="no address", call="push orders")
    expiring = {
        item["sk"]["S"][-1] for item in here.items() if item["sk"]["S"].startswith("ORDER#") and "expires_at" in item
    }
    assert expiring == {"2"}
