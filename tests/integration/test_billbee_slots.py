"""Billbee allows 50 calls a second for an application. All merchants' workers together keep to it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from orderbridge import bootstrap
from orderbridge.platform.errors import Throttled
from orderbridge.platform.table import Table
from orderbridge.vendors.billbee.slots import GAP, GRACE, PATIENCE, PATIENCE_IN_NO_HURRY, CallSlots
from orderbridge.vendors.pacing import SHORT_WAIT
from testkit.aws import MemoryDynamoDB
from testkit.clock import ManualClock, WrongClock
from testkit.environment import FUNCTIONS, INVOCATION, TABLE, Function
from testkit.functions import Context, bare_handler
from testkit.side_by_side import Distant, FarVendor, SharedClock
from testkit.template import make_table
from testkit.world import World, world

ALLOWED = 50
CLOCKS_OFF = 0.025
TRAVEL_DIFFERS = 0.150


def most_in_a_second(moments: list[float]) -> int:
    """The most of them in any second, wherever it begins."""
    ordered = sorted(moments)
    most = first = 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


class Counted:
    """A table in memory whose calls are counted."""

    def __init__(self) -> None:
        self.client = MemoryDynamoDB()
        make_table(self.client, TABLE)
        self.calls: Counter[str] = Counter()

    def __getattr__(self, operation: str) -> Any:
        found = getattr(self.client, operation)

        def call(**request: Any) -> Any:
            self.calls[operation] += 1
            return found(**request)

        return call


def table(client: Any) -> Table:
    return Table(client, TABLE)


# The proof, played


@pytest.mark.parametrize("seed", range(3))
def test_no_second_at_billbee_has_more_than_50_calls_of_all_workers_together(seed: int) -> None:
    """80 workers that would make hundreds of calls a second, whose clocks differ and whose calls travel for a time that
    differs, each by as much as the proof allows; and a table that now and then takes long.
    """
    by_chance = random.Random(seed)
    clock, counted, arrived = SharedClock(), Counted(), list[float]()

    def seconds() -> float:
        return by_chance.choice([0.3, *[by_chance.uniform(0.004, 0.02)] * 50])

    def worker(ahead: float) -> Callable[[], None]:
        slots = CallSlots(table(Distant(counted, clock, seconds)), patience=3600, clock=WrongClock(clock, ahead))

        def work() -> None:
            for _ in range(8):
                slots.wait_for_turn()
                clock.sleep(by_chance.uniform(0.01, 0.01 + TRAVEL_DIFFERS))
                arrived.append(clock())
                clock.sleep(0.05)

        return work

    for _ in range(80):
        clock.start(worker(by_chance.uniform(-CLOCKS_OFF, CLOCKS_OFF)), after=by_chance.uniform(0, 0.5))
    clock.run()
    assert len(arrived) == 640
    assert 40 < most_in_a_second(arrived) <= ALLOWED
    assert max(arrived) - min(arrived) == pytest.approx(640 * GAP / 1000, rel=0.1)  # no slot is left unused for long


def test_the_margins_of_the_proof_add_up_to_50_calls() -> None:
    """Slots that may reach Billbee within one second lie within a second and all that shifts them."""
    shifts = 2 * CLOCKS_OFF + GRACE / 1000 + TRAVEL_DIFFERS
    assert (1 + shifts) * 1000 / GAP == pytest.approx(ALLOWED)


# What a call costs


def test_a_call_takes_one_write_where_nobody_waits_and_where_many_do() -> None:
    counted, clock = Counted(), ManualClock()
    slots = CallSlots(table(counted), patience=PATIENCE, clock=clock)
    for _ in range(10):
        slots.wait_for_turn()
        clock.sleep(1)
    assert counted.calls == {"update_item": 10}
    assert clock.slept == [1] * 10
    for _ in range(10):
        slots.wait_for_turn()
    assert counted.calls == {"update_item": 20}
    assert clock.slept[10:] == [pytest.approx(GAP / 1000)] * 9


def test_a_worker_that_meets_others_learns_it_with_one_write_more() -> None:
    counted, clock = Counted(), ManualClock()
    one, other = (CallSlots(table(counted), clock=clock) for _ in range(2))
    one.wait_for_turn()
    other.wait_for_turn()
    assert counted.calls == {"update_item": 3}
    assert clock.slept == [pytest.approx(GAP / 1000)]


# When too much is asked


def test_what_would_wait_for_too_long_goes_back_to_the_queue() -> None:
    clock = ManualClock()
    slots = CallSlots(table(Counted()), patience=PATIENCE, clock=clock)
    before, most = clock(), int(PATIENCE * 1000 / GAP) + 1
    for _ in range(most):
        clock.seconds = before  # each worker asks at the same moment
        slots.wait_for_turn()
    assert clock() - before == pytest.approx(PATIENCE)
    clock.seconds = before
    with pytest.raises(Throttled) as refused:
        slots.wait_for_turn()
    assert refused.value.retry_after > SHORT_WAIT, "it would be waited for in the function"


def test_work_in_no_hurry_leaves_the_slots_to_the_orders() -> None:
    clock, memory = ManualClock(), Counted()
    catalogue = CallSlots(table(memory), patience=PATIENCE_IN_NO_HURRY, clock=clock)
    orders = CallSlots(table(memory), patience=PATIENCE, clock=clock)
    before = clock()
    for _ in range(20):
        clock.seconds = before
        orders.wait_for_turn()
    clock.seconds = before
    with pytest.raises(Throttled):
        catalogue.wait_for_turn()
    orders.wait_for_turn()
    assert clock() - before == pytest.approx(20 * GAP / 1000)


def test_a_table_that_answers_slowly_delays_calls_and_lets_none_leave_too_late() -> None:
    clock = SharedClock()
    seconds, left = 0.4, list[tuple[float, float]]()
    memory = Counted()
    slots = CallSlots(table(Distant(memory, clock, lambda: seconds)), clock=clock)

    def work() -> None:
        for _ in range(6):
            slots.wait_for_turn()
            after = float(memory.client.tables[TABLE]["APPLICATION", "SLOTS#billbee"]["next_at"]["N"])
            left.append((clock(), (after - GAP) / 1000))

    clock.start(work)
    clock.run()
    assert all(0 <= at - slot <= GRACE / 1000 + 0.001 for at, slot in left)
    assert memory.calls["update_item"] <= 8


def test_a_table_that_never_answers_in_time_sends_the_work_back() -> None:
    clock = SharedClock()
    growing = (4.0**number for number in range(10))
    slots = CallSlots(table(Distant(Counted(), clock, lambda: next(growing))), clock=clock)
    failed: list[Throttled] = []

    def work() -> None:
        with pytest.raises(Throttled) as refused:
            slots.wait_for_turn()
        failed.append(refused.value)

    clock.start(work)
    clock.run()
    assert failed


def test_a_slot_that_a_wrong_clock_took_a_day_ahead_holds_nobody_up() -> None:
    clock, memory = ManualClock(), Counted()
    wrong = ManualClock(clock.now() + timedelta(days=1))
    CallSlots(table(memory), clock=wrong).wait_for_turn()
    one, other = (CallSlots(table(memory), clock=clock) for _ in range(2))
    before = clock()
    for slots in (one, other, one, other):
        slots.wait_for_turn()
    assert clock() - before == pytest.approx(3 * GAP / 1000, abs=0.001)
    assert memory.calls["update_item"] == 8, "the wrong one, and two where others were quicker"


# The real functions, side by side


@contextmanager
def merchants_side_by_side(count: int) -> Iterator[tuple[World, SharedClock]]:
    by_chance = random.Random(7)
    clock = SharedClock()
    make_table(memory := MemoryDynamoDB(), TABLE)
    far = Distant(memory, clock, lambda: by_chance.uniform(0.004, 0.01))
    with world(clock=clock, dynamodb=far) as here:
        for name, near in list(here.wires.items()):
            here.wires[name] = FarVendor(near, lambda: by_chance.uniform(0.02, 0.15))
        for number in range(count - 1):
            here.open_merchant(f"merchant-{number}")
        for merchant in here.merchants:
            for order in (1, 2, 3):
                here.sell(order, merchant=merchant)
        yield here, clock


def worker(here: World, queue: str, until: float) -> Callable[[], None]:
    """One execution environment, which takes what is due until a moment. A merchant's next may be another's."""
    handler, environment = bare_handler(FUNCTIONS[queue]), Function(here, queue)

    def work() -> None:
        while here.clock() < until:
            event = here.queues.receive(queue)
            if event is None:
                here.clock.sleep(0.5)
                continue
            seconds_left = partial(lambda ends_at: ends_at - here.clock(), here.clock() + INVOCATION)
            token = bootstrap.install(environment)
            try:
                answer = handler(event, Context(queue, seconds_left))
            finally:
                bootstrap.uninstall(token)
            here.queues.settle(queue, event, [one["itemIdentifier"] for one in answer["batchItemFailures"]])

    return work


def run_side_by_side(here: World, clock: SharedClock, workers: int = 40, seconds: float = 60) -> None:
    for merchant in here.merchants:
        here.ask_poll(merchant=merchant)
    until = clock() + seconds
    for queue in ("poll", "push"):
        for _ in range(workers):
            clock.start(worker(here, queue, until))
    clock.run()


def refused(here: World) -> int:
    return sum(call.status == 429 for call in here.billbee.calls)


def test_the_workers_of_many_merchants_are_never_refused_for_the_applications_limit() -> None:
    with merchants_side_by_side(60) as (here, clock):
        run_side_by_side(here, clock)
        assert {here.status(order, name) for name in here.merchants for order in (1, 2, 3)} == {"acknowledged"}
        assert here.billbee.count("POST /orders/{id}/tags") == 180 + refused(here)
        assert 35 <= most_in_a_second([call.at for call in here.billbee.calls]) <= ALLOWED
        assert refused(here) == 0


def test_without_slots_the_same_workers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CallSlots, "wait_for_turn", lambda slots: None)
    with merchants_side_by_side(60) as (here, clock):
        run_side_by_side(here, clock)
        assert refused(here) > 0


def test_the_slots_of_an_application_are_in_the_order_in_which_they_were_asked_for() -> None:
    clock, counted, turns = SharedClock(), Counted(), list[tuple[float, int]]()

    def work(number: int) -> Callable[[], None]:
        slots = CallSlots(table(Distant(counted, clock, lambda: 0.005)), clock=clock)

        def once() -> None:
            slots.wait_for_turn()
            turns.append((clock(), number))

        return once

    for number in range(30):
        clock.start(work(number), after=number / 1000)
    clock.run()
    assert [number for _, number in turns] == list(range(30))
    assert all(later - earlier >= GAP / 1000 - GRACE / 1000 for (earlier, _), (later, _) in pairwise(turns))
