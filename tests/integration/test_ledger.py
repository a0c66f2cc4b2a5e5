"""The ledger: one writer at a time, orders found by any number and by how they ended, no personal data kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.ledger.defect import Defect
from orderbridge.ledger.effects import Effect, EffectKind, message
from orderbridge.ledger.kept_label import KeptLabel
from orderbridge.ledger.ledger import NumberTaken
from orderbridge.ledger.lifecycle import BEGINNINGS, MOVES, OPEN, ForbiddenMove, Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.record import Event, LedgerOrder, OrderSummary, Parcel
from orderbridge.platform.errors import LedgerConflict
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
    now = here.clock.now()
    record = opened(here, 1, shop_number="A-1", pieces={"MUG-01": 2}, placed_at=now, promised_by=now)
    record = here.ledger.move(record, Status.SUBMITTING, why="claimed", call="test", reason="none")
    record = here.ledger.move(
        record, Status.SUBMITTED, why="sent", call="test", seen_at=here.clock.now(), reason="none"
    )
    record = here.ledger.note(
        record,
        warehouse_status="Pending",
        told=frozenset({"hold"}),
        held=True,
        adopted=True,
        order_number=OrderNumber("1"),
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


def _shelves(here: World) -> dict[str, list[OrderSummary]]:
    """What each query of the index gives."""
    since = here.clock.now() - timedelta(days=1)
    ended = {status.value: list(here.ledger.ended_orders("acme", status, since=since)) for status in set(Status) - OPEN}
    return ended | {
        "open": list(here.ledger.open_orders("acme")),
        "rehearsed": list(here.ledger.rehearsed_orders("acme")),
        "quarantined": list(here.ledger.quarantined_orders("acme")),
    }


def _assert_shown_once(here: World, shelf: str) -> None:
    """The index shows the order on this shelf and on no other, as its record is."""
    record = here.record(1)
    summary = OrderSummary(**{one.name: getattr(record, one.name) for one in fields(OrderSummary)})
    assert {name: found for name, found in _shelves(here).items() if found} == {shelf: [summary]}


def _ways() -> list[tuple[Status, ...]]:
    """A shortest way to each status, and from there each of its moves."""
    ways: dict[Status, tuple[Status, ...]] = {status: (status,) for status in BEGINNINGS}
    ahead = list(ways)
    for status in ahead:
        new = [to for to in MOVES[status] if to not in ways]
        ways |= {to: (*ways[status], to) for to in new}
        ahead += new
    return [*((one,) for one in BEGINNINGS), *((*ways[status], to) for status in MOVES for to in MOVES[status])]


@pytest.mark.parametrize("way", _ways(), ids=" ".join)
@pytest.mark.parametrize("rehearsal", [False, True])
def test_after_every_move_the_index_tells_the_status_that_the_record_has(
    here: World, way: tuple[Status, ...], rehearsal: bool
) -> None:
    begins, *moves = way
    record = opened(here, 1, begins, rehearsal=rehearsal)
    for to in moves:
        here.wait(minutes=1)
        record = here.ledger.move(record, to, why=f"became {to}", call="test")
    resting = "rehearsed" if rehearsal else "open" if record.status in OPEN else record.status.value
    _assert_shown_once(here, resting)
    record = here.ledger.note(record, effects=message("told", "It is told."))
    _assert_shown_once(here, "rehearsed" if rehearsal else "open")
    defect = Defect("KeyError in x.py:1", "push-orders", 4, here.clock.now())
    record = here.ledger.note(record, defect=defect)
    _assert_shown_once(here, "quarantined")
    here.ledger.note(record, effects=(), defect=None)
    _assert_shown_once(here, resting)


@pytest.mark.parametrize("way", _ways(), ids=" ".join)
def test_r7_only_an_order_that_is_being_sent_may_still_appear_and_one_that_arrived_says_since_when(
    here: World, way: tuple[Status, ...]
) -> None:
    begins, *moves = way
    record = opened(here, 1, begins)
    arrived = None if begins in {Status.QUEUED, Status.REJECTED} else here.clock.now()
    for to in moves:
        here.wait(minutes=1)
        arrived = here.clock.now() if to is Status.SUBMITTED else arrived
        record = here.ledger.move(record, to, why=f"became {to}", call="test")
        if to is Status.SUBMITTING:
            record = here.ledger.note(record, settles_at=here.clock.now())
        assert (record.settles_at is not None) is (record.status is Status.SUBMITTING)
    assert record.submitted_at == arrived


def test_a_move_that_the_orders_life_does_not_have_is_not_written(here: World) -> None:
    record = opened(here, 1)
    with pytest.raises(ForbiddenMove):
        here.ledger.move(record, Status.SHIPPED, why="by mistake", call="test")
    with pytest.raises(ForbiddenMove):
        opened(here, 2, Status.CANCELLING)
    assert here.record(1) == record
    assert here.ledger.get("acme", 2) is None


def test_what_the_ledger_writes_itself_no_caller_can_change(here: World) -> None:
    """The type checker refuses each of these calls, and would report a comment that it no longer needs."""
    record = opened(here, 1)
    with pytest.raises(TypeError):
        here.ledger.move(record, Status.SUBMITTING, why="", call="", timeline=())  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        here.ledger.move(record, Status.SUBMITTING, why="", call="", moved_at=None)  # type: ignore[call-arg]
    with pytest.raises(LedgerConflict):
        here.ledger.note(record, version=7)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        here.ledger.move(record, Status.SUBMITTING, why="", call="", status=Status.SHIPPED)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        here.ledger.note(record, stauts=Status.SHIPPED)  # type: ignore[call-arg]
    here.ledger.noted(record, reason=7)  # type: ignore[arg-type]
    assert here.record(1) == record


def test_an_item_holds_what_the_record_holds_and_no_words_of_a_run(here: World) -> None:
    """Releases share the table: an attribute that changes its form here is one that others misread."""
    at = here.clock.now()
    moment = at.isoformat()
    opening = opened(here, 1, shop_number="A-1", placed_at=at)
    record = replace(
        opening, submitted_at=at, settles_at=at, seen_at=at, reason="late",
        warehouse_status="Pending", pieces={"MUG-01": 2}, kits={"BOX": 1}, in_kits={"MUG-01": 1}, held=True,
        told=frozenset({"hold"}), adopted=True, parcels={"1Z1": Parcel("UPS Ground", at)},
        costs={"1Z1": ParcelCost(Decimal("3.70"), weight=Decimal("0.7500")), "1Z2": ParcelCost(Decimal(0))},
        label=KeptLabel("labels/1", at, at, stored=False),
        defect=Defect("KeyError in x.py:1", "push-orders", 1, at, at),
    )  # fmt: skip
    hold = Effect(
        kind=EffectKind.HOLD, key="hold", body={"by_tag": True}, attempts=2, not_before=at, settles_at=at, doubted=True,
        reason="HTTP 500",
    )  # fmt: skip
    said = replace(*message("came back", "Something came back."), aloud="Ms Doe sent it back.")
    record = here.ledger.note(record, effects=(said, hold))
    found = here.record(1)
    assert found == record
    assert found.effects[0].aloud is None
    assert here.table.get("MERCHANT#acme", f"ORDER#{1:020d}") == {
        "pk": "MERCHANT#acme", "sk": f"ORDER#{1:020d}", "shelf": "acme", "status": "queued", "version": 2,
        "order_number": "1", "shop_number": "A-1", "content_hash": "x", "reason": "late", "held": True, "adopted": True,
        "warehouse_status": "Pending", "pieces": {"MUG-01": 2}, "kits": {"BOX": 1}, "in_kits": {"MUG-01": 1},
        "notices": {"hold": True, "unsaid came back": False, "unsaid hold": False},
        "parcels": {"1Z1": {"ship_method": "UPS Ground", "posted_at": moment}},
        "costs": {"1Z1": {"cost": "3.70", "weight": "0.7500"}, "1Z2": {"cost": "0"}},
        "label": {"key": "labels/1", "asked_at": moment, "expires_at": moment, "stored": False},
        "effects": [
            {"kind": "message", "key": "came back", "body": {"text": "Something came back."}},
            {
                "kind": "hold", "key": "hold", "body": {"by_tag": True}, "attempts": 2, "not_before": moment,
                "settles_at": moment, "doubted": True, "reason": "HTTP 500",
            },
        ],
        "defect": {
            "what": "KeyError in x.py:1", "job": "push-orders", "failures": 1, "at": moment, "again_at": moment,
        },
        "timeline": [[moment, "queued", "imported", "billbee list orders", ""]],
        "created_at": moment, "moved_at": moment, "shelved_at": moment, "updated_at": moment,
        "placed_at": moment, "submitted_at": moment, "seen_at": moment, "settles_at": moment,
    }  # fmt: skip
