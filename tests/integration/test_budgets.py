"""The warehouse's calls per minute are counted once for all workers of a merchant, and never exceeded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from local.aws import Aws
from orderbridge.platform.errors import Throttled
from orderbridge.platform.table import Table
from orderbridge.vendors.bibi.budgets import CallBudgets
from testkit.clock import ManualClock
from testkit.template import make_table
from testkit.world import world

LIMIT = 60


def take_all(budget: CallBudgets, tries: int) -> int:
    waits: list[float] = []
    for _ in range(tries):
        try:
            budget.take()
        except Throttled as error:
            waits.append(error.retry_after or 0.0)
    assert all(0 < wait <= 60.5 for wait in waits)
    return tries - len(waits)


def test_parallel_workers_together_never_take_more_than_the_budget() -> None:
    with Aws() as aws:
        dynamodb: Any = aws.client("dynamodb")
        table, clock = Table(dynamodb, make_table(dynamodb, "budgets")), ManualClock()
        workers = [CallBudgets(table, "acme", LIMIT, clock=clock) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            taken = sum(pool.map(lambda budget: take_all(budget, 25), workers))
        assert taken == LIMIT
        clock.sleep(61)
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda budget: take_all(budget, 25), workers)) == LIMIT


def test_who_reads_a_catalogue_leaves_calls_to_the_orders() -> None:
    with world() as here:
        orders = CallBudgets(here.table, "acme", LIMIT, clock=here.clock)
        catalogue = CallBudgets(here.table, "acme", LIMIT, reserve=20, clock=here.clock)
        assert take_all(catalogue, 50) == 40
        assert take_all(orders, 50) == 20
        here.wait(seconds=61)
        assert take_all(orders, 45) == 45
        assert take_all(catalogue, 50) == 0


def test_a_window_that_a_wrong_clock_opened_a_day_ahead_counts_as_over() -> None:
    with world() as here:
        wrong = ManualClock(here.clock.now() + timedelta(days=1))
        take_all(CallBudgets(here.table, "acme", LIMIT, clock=wrong), LIMIT)
        budget = CallBudgets(here.table, "acme", LIMIT, clock=here.clock)
        assert take_all(budget, LIMIT + 5) == LIMIT


def test_a_merchant_has_a_budget_of_its_own() -> None:
    with world() as here:
        acme, beta = (CallBudgets(here.table, name, 3, clock=here.clock) for name in ("acme", "beta"))
        assert take_all(acme, 5) == 3
        assert take_all(beta, 5) == 3


def test_what_the_warehouse_counts_makes_the_budget_smaller_and_never_larger() -> None:
    with world() as here:
        budget = CallBudgets(here.table, "acme", LIMIT, clock=here.clock)
        budget.take()
        budget.learn(remaining=2, reset_seconds=60)
        assert take_all(budget, 5) == 2
        budget.learn(remaining=50, reset_seconds=60)
        assert take_all(budget, 5) == 0


def test_an_answer_that_overtook_another_workers_call_does_not_take_that_call_off_the_count() -> None:
    """One worker's answer was counted before the other's call arrived: the other's must stay counted."""
    with world() as here:
        first, second = (CallBudgets(here.table, "acme", 4, clock=here.clock) for _ in range(2))
        first.take()
        here.clock.sleep(5)
        first.take()
        second.take()
        first.learn(remaining=2, reset_seconds=60)
        assert take_all(second, 5) == 1


def test_a_throttled_answer_closes_the_budget_for_all_workers_until_its_reset() -> None:
    with world() as here:
        first, second = (CallBudgets(here.table, "acme", LIMIT, clock=here.clock) for _ in range(2))
        first.take()
        first.learn(remaining=0, reset_seconds=30)
        with pytest.raises(Throttled) as stopped:
            second.take()
        assert 25 <= (stopped.value.retry_after or 0) <= 31
        here.clock.sleep(31)
        second.take()


def test_a_lane_that_runs_out_of_calls_hands_back_and_finishes_later_without_a_single_429() -> None:
    with world(bibi={"throttles": True}) as here:
        for order in range(1, 201):
            here.sell(order)
        here.poll()
        here.configure(bibi={"requests_per_minute": 8})
        here.push()
        assert {here.status(order) for order in range(1, 201)} == {"acknowledged"}
        assert [call.status for call in here.bibi.calls if call.status == 429] == []
        assert here.warehouse.duplicates == []


def test_who_comes_second_to_a_new_window_takes_from_it_and_does_not_wait_for_its_end() -> None:
    """Two workers find no window at the same moment: one opens it, the other's call fits in as well."""
    with world() as here:
        first, second = (CallBudgets(here.table, "acme", LIMIT, clock=here.clock) for _ in range(2))
        start_window = second._start_window

        def too_late(now: int) -> Any:
            first.take()
            return start_window(now)

        second._start_window = too_late  # type: ignore[method-assign]
        second.take()
        assert take_all(first, LIMIT) == LIMIT - 2
