"""The index is spared where nothing is lost by it: what that costs, by count, and what still has to be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.counting import CountedDynamoDB
from local.simulators.billbee.orders import item
from orderbridge.ledger.effects import message
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.sku import Sku
from orderbridge.ledger.told import Answer
from orderbridge.platform.errors import LedgerConflict, Throttled
from orderbridge.platform.table import Table
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.stock_records import LOOK_AGAIN_AFTER, SENDING, StockRecords
from orderbridge.vendors.bibi.budgets import CallBudgets
from testkit.blueprint import blueprint
from testkit.clock import ManualClock
from testkit.records import open_order
from testkit.template import make_table
from testkit.world import RECEIVED, TAG, World, world
from tests.faults.scenes import imported

MUG, TEE = "MUG-01", "TEE-01"


class Counted:
    """Stores on a table that is counted."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.dynamodb = CountedDynamoDB(blueprint())
        make_table(self.dynamodb, "table")
        self.table = Table(self.dynamodb, "table")  # type: ignore[arg-type]
        self.stock = StockRecords(self.table, "acme", self.clock)
        self.ledger = Ledger(self.table, self.clock)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def units(self, do: Callable[[], object]) -> tuple[int, int]:
        """Units written to the table and to the index."""
        before = self.dynamodb.units.copy()
        do()
        used = self.dynamodb.units - before
        return used["write"], used["index write"]

    # -- stock

    def sends(self, sku: str, *, look_again: bool = False) -> None:
        assert self.stock.start_sending(sku, self.now()) is None
        self.stock.sent(StockFigure(sku, physical=5, allocated=0, elsewhere=0, buffer=0), 5, look_again=look_again)

    def leaves(self, *skus: str) -> None:
        self.stock.start_leaving(skus)
        self.stock.has_left(skus)
        self.clock.sleep(10)  # clocks are not quite trusted

    # -- orders

    def queued(self, billbee_id: int = 1) -> LedgerOrder:
        return open_order(self.ledger, billbee_id)

    def claimed(self, record: LedgerOrder) -> LedgerOrder:
        return self.ledger.move(
            record, Status.SUBMITTING, why="claimed for sending", call="test", pieces={MUG: 2}, kits={}, in_kits={}
        )


@pytest.fixture
def here() -> Counted:
    return Counted()


@pytest.mark.parametrize("look_again", [False, True])
def test_a_sku_that_left_is_written_four_times_and_its_entry_twice(here: Counted, look_again: bool) -> None:
    here.sends(MUG, look_again=look_again)
    here.clock.sleep(10)
    assert here.units(lambda: here.leaves(MUG)) == (2, 1)
    assert here.units(lambda: here.leaves(MUG)) == (2, 0)  # due already
    assert list(here.stock.due()) == [Sku(MUG)]
    assert here.units(lambda: here.sends(MUG, look_again=look_again)) == (2, 1)
    assert here.stock.due() == {}


def test_r18_a_sku_that_waits_for_another_look_is_due_at_once_when_an_order_of_it_leaves(here: Counted) -> None:
    here.sends(MUG, look_again=True)
    here.clock.sleep(10)
    assert here.stock.due() == {}
    here.leaves(MUG)
    assert here.stock.due()[Sku(MUG)].due


def test_r18_a_sku_is_looked_at_again_after_a_day(here: Counted) -> None:
    here.sends(MUG, look_again=True)
    here.clock.sleep(LOOK_AGAIN_AFTER.total_seconds() - 1)
    assert here.stock.due() == {}
    here.clock.sleep(2)
    assert list(here.stock.due()) == [Sku(MUG)]


def test_r18_a_worker_that_dies_while_it_sends_leaves_the_sku_due(here: Counted) -> None:
    here.sends(MUG, look_again=True)
    here.clock.sleep(10)
    assert here.stock.start_sending(MUG, here.now()) is None
    here.clock.sleep(SENDING.total_seconds() + 1)
    assert list(here.stock.due()) == [Sku(MUG)]


NOTHING_CAME_OF_IT: dict[str, Callable[[Counted], object]] = {
    "no answer for it": lambda here: here.stock.not_sent(MUG),
    "no answer at all": lambda here: here.clock.sleep(SENDING.total_seconds() + 1),
    "once more": lambda here: here.stock.sent(StockFigure(MUG, 5, 0, 0, 0), 5, still_due=True),
}


@pytest.mark.parametrize("what", NOTHING_CAME_OF_IT)
def test_a_sku_that_was_tried_in_vain_waits_behind_the_others(here: Counted, what: str) -> None:
    for sku in (MUG, TEE):
        here.leaves(sku)
    assert list(here.stock.due()) == [Sku(MUG), Sku(TEE)]
    assert here.stock.start_sending(MUG, here.now()) is None
    NOTHING_CAME_OF_IT[what](here)
    assert list(here.stock.due()) == [Sku(TEE), Sku(MUG)]


def test_r18_the_due_sku_that_was_tried_longest_ago_comes_first(here: Counted) -> None:
    here.sends(MUG)
    here.clock.sleep(10)
    here.sends(TEE)
    here.clock.sleep(10)
    here.leaves(TEE)
    here.leaves(MUG)
    assert list(here.stock.due()) == [Sku(MUG), Sku(TEE)]


def test_r7_a_claim_is_one_write_and_one_of_the_index(here: Counted) -> None:
    record = here.queued()
    assert here.units(lambda: here.claimed(record)) == (1, 1)
    with pytest.raises(LedgerConflict):
        here.claimed(record)
    held = here.ledger.get("acme", 1)
    assert held is not None
    assert (held.status, held.pieces, held.version) == (Status.SUBMITTING, {MUG: 2}, 2)
    assert [event.after for event in held.timeline] == [Status.QUEUED, Status.SUBMITTING]
    assert [(one.status, one.pieces) for one in here.ledger.open_orders("acme")] == [(Status.SUBMITTING, {MUG: 2})]


@pytest.mark.parametrize("to", [Status.SUBMITTED, Status.QUEUED, Status.REJECTED])
def test_whatever_comes_after_a_claim_is_in_the_index_as_it_is(here: Counted, to: Status) -> None:
    here.clock.sleep(5)
    record = here.claimed(here.queued())
    here.clock.sleep(5)
    after = here.ledger.move(record, to, why="test", call="test")
    assert here.ledger.get("acme", 1) == after
    rejected = here.ledger.ended_orders("acme", Status.REJECTED, since=here.now() - timedelta(hours=1))
    (listed,) = [*here.ledger.open_orders("acme"), *rejected]
    assert (listed.status, listed.pieces, listed.moved_at) == (to, {MUG: 2}, after.moved_at)


def test_r10_an_order_that_was_claimed_just_now_is_not_stuck_however_long_it_was_queued() -> None:
    with world(empty=True) as here:
        here.sell(1)
        here.poll()
        here.wait(minutes=40)
        here.ledger.move(here.record(1), Status.SUBMITTING, why="claimed for sending", call="test")
        sent = here.queues.sent
        here.poll("stuck")
        assert here.queues.sent == sent + 1  # the sweeper's own message, and none of the order
        here.wait(minutes=31)
        here.poll("stuck")
        assert here.queues.sent == sent + 3


WISHES: dict[str, Callable[[World, int], object]] = {
    "hold": lambda here, order: here.shop.change(order, Tags=[TAG, RECEIVED, "hold_bibi"]),
    "change": lambda here, order: here.shop.change(order, Tags=[TAG]),
    "change after it was shipped": lambda here, order: here.shop.change(
        order, Tags=[TAG], OrderItems=[item(MUG, quantity=7)], TotalCost=70.0
    ),
    "cancel": lambda here, order: here.shop.change(order, State=8),
    "label": lambda here, order: here.shop.change(order, Tags=[TAG, RECEIVED, "return_label_bibi"]),
    "announced": lambda here, order: here.ledger.note(
        here.record(order), effects=message(Answer.CHANGE_REFUSED, "It was not changed.")
    ),
}


@pytest.mark.parametrize("wish", WISHES)
def test_r11_of_many_orders_that_are_listed_again_only_those_with_something_to_do_are_read(wish: str) -> None:
    with world(empty=True) as here:
        imported(here, *range(1, 13))
        for order in (1, 2, 12):
            here.warehouse.ship(str(order))
        here.wait(minutes=5)
        here.pull()
        here.wait(minutes=5)
        assert _orders_read(here, here.poll) == []
        assert here.queues.receive("push") is None
        order = 2 if wish in ("label", "change after it was shipped") else 3
        WISHES[wish](here, order)
        here.wait(minutes=5)
        assert _orders_read(here, here.poll) == [order]
        event = here.queues.receive("push")
        assert event is not None
        assert len(event["Records"]) == 1


def _orders_read(here: World, do: Callable[[], object]) -> list[int]:
    """The orders whose records are read one by one meanwhile."""
    read: list[int] = []
    batch_get_item = here.table._client.batch_get_item  # as every function's table has it
    reading: Any = here.dynamodb

    def noted(**request: Any) -> Any:
        for asked in request["RequestItems"].values():
            names = [key["sk"]["S"] for key in asked["Keys"]]
            read.extend(int(name.removeprefix("ORDER#")) for name in names if name.startswith("ORDER#"))
        return batch_get_item(**request)

    reading.batch_get_item = noted
    try:
        here.cold_start()
        do()
    finally:
        del reading.batch_get_item
        here.cold_start()
    return read


def budgets(here: Counted, count: int, per_minute: int = 60) -> list[CallBudgets]:
    return [CallBudgets(here.table, "acme", per_minute, clock=here.clock) for _ in range(count)]


def take_all(*workers: CallBudgets) -> int:
    """Let them take in turns until nothing is left for any of them."""
    taken, waiting = 0, list(workers)
    while waiting:
        for worker in list(waiting):
            try:
                worker.take()
                taken += 1
            except Throttled:
                waiting.remove(worker)
    return taken


def test_each_call_is_one_write(here: Counted) -> None:
    (budget,) = budgets(here, 1)
    assert [here.units(budget.take) for _ in range(4)] == [(1, 0)] * 4


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_together_they_never_take_more_than_the_budget_and_lose_none_of_it(here: Counted, workers: int) -> None:
    assert take_all(*budgets(here, workers)) == 60
    here.clock.sleep(61)
    assert take_all(*budgets(here, workers)) == 60


def test_a_worker_that_dies_costs_no_call_but_its_own(here: Counted) -> None:
    dead, other = budgets(here, 2)
    dead.take()
    assert take_all(other) == 59
    here.clock.sleep(61)
    assert take_all(other) == 60
