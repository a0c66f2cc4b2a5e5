"""R7, R9, R10, R14 under everything at once: random faults, parallel workers, redelivered messages, broken merchants.

`python -m tests.soak` plays it with 1,000 orders and three seeds.
"""

from __future__ import annotations

import pytest

from tests.effort import THOROUGH
from tests.soak.soak import DOWN, HALF, HEALTHY, Outcome, soak

SEED = 4
ORDERS = 200 if THOROUGH else 12

pytestmark = pytest.mark.xdist_group(__name__)  # one run for all


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return soak(SEED, orders=ORDERS)


def test_r7_nothing_is_lost_and_nothing_happens_twice(outcome: Outcome) -> None:
    assert sum(outcome.faults.values()) > 4 * ORDERS
    assert outcome.lost == []
    assert outcome.booked_twice == []
    assert outcome.posted_twice == []


def test_everybody_but_the_broken_merchant_gets_done(outcome: Outcome) -> None:
    assert outcome.done_after.keys() == {*HEALTHY, DOWN}
    assert outcome.done_after[DOWN] > HALF


def test_wrong_credentials_are_reported_and_not_retried_to_death(outcome: Outcome) -> None:
    assert outcome.wrong_reported is not None
    assert "401" in outcome.wrong_reported
    asked = outcome.hours * 60 / 5 + outcome.hours * (60 / 60 + 60 / 180)  # polls, products, full polls
    assert 0 < outcome.wrong_calls <= 2 * asked  # one message in so many is delivered once more


def test_bibis_sixty_a_minute_are_kept_by_parallel_workers(outcome: Outcome) -> None:
    assert 0 < outcome.most_in_a_minute <= 60


def test_the_healthy_are_not_held_up_by_the_others(outcome: Outcome) -> None:
    alone = soak(SEED, HEALTHY, ORDERS)
    together = sum(outcome.done_after[name] for name in HEALTHY)
    # Few orders, and passes every five minutes: the times are coarse.
    assert together <= 2 * sum(alone.done_after[name] for name in HEALTHY)


@pytest.mark.thorough
def test_a_seed_always_gives_the_same_run() -> None:
    first, second = (soak(7, HEALTHY[:1], 5) for _ in range(2))
    assert first == second
    assert first != soak(8, HEALTHY[:1], 5)
