"""R21: where the doorbell rings, the schedules ask Billbee seldom for an idle merchant, and nothing is overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from benchmarks.calls import idle_day
from local.simulators.faults import Fault
from orderbridge.desk.troubles.find_troubles import allowed
from orderbridge.jobs.start_jobs import parse_job
from orderbridge.merchants.health import Health
from orderbridge.orders.poll_orders import CURSOR_TOO_OLD
from testkit.routes import ORDERS
from testkit.world import RING_SECRET, World, world

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


# ---- A day on the template's timetable, all functions


def test_r21_a_day_of_an_idle_merchant_whose_doorbell_rang_once_takes_60_calls_to_billbee_at_most() -> None:
    used = idle_day(rings=1)
    assert used.billbee_calls <= 60, used.calls
    assert used.billbee_calls >= 48, "polls each half hour are what finds a ring that was lost"


def test_r21_without_a_ring_an_idle_day_takes_what_it_took_before() -> None:
    used = idle_day()
    assert used.calls["billbee GET /orders"] == 290
    assert used.billbee_calls == 294


def test_r21_who_wants_a_poll_each_five_minutes_gets_it_though_the_doorbell_rings() -> None:
    settings = {"username": "shop@acme.example", "order_tag": "bibi", "poll_minutes_when_rung": 5}
    assert idle_day(rings=1, billbee=settings).billbee_calls >= 294


def test_r21_a_poll_that_is_left_out_costs_the_table_no_more_than_one_that_is_not() -> None:
    rung, unrung = idle_day(rings=1), idle_day()
    assert rung.dynamodb["write"] <= unrung.dynamodb["write"]
    assert rung.dynamodb["read"] <= unrung.dynamodb["read"] + 20, "no more than the ring's own poll"


# ---- One poll at a time


@pytest.fixture
def here() -> Iterator[World]:
    """acme, whose doorbell has just rung."""
    with world() as made:
        made.secret("webhook_secret", RING_SECRET)
        made.poll()
        made.wait(minutes=5)
        assert made.ring() == 202
        made.work("poll")
        made.billbee.calls.clear()
        yield made


def reads(here: World, scope: str = "changes") -> bool:
    """Whether a poll of the schedule asks Billbee for orders."""
    before = len(here.billbee.calls)
    here.poll(scope)
    return any(call.name == ORDERS for call in here.billbee.calls[before:])


def test_r21_after_a_ring_the_schedule_reads_each_half_hour(here: World) -> None:
    read = []
    for _ in range(24):
        here.wait(minutes=5)
        read.append(reads(here))
    assert 3 <= sum(read) <= 4
    assert not any(read[:5])


def test_r21_a_day_after_the_last_ring_the_schedule_reads_each_time(here: World) -> None:
    for _ in range(24 * 2):
        here.wait(minutes=30)
        reads(here)
    here.wait(minutes=5)
    assert reads(here)


def test_r21_what_was_changed_without_a_ring_is_found_within_half_an_hour(here: World) -> None:
    here.wait(minutes=1)
    here.sell(1)
    sold = here.clock.now()
    while here.status(1) == "unknown":
        here.wait(minutes=5)
        here.poll()
    assert here.clock.now() - sold <= timedelta(minutes=36)


def test_r21_a_ring_is_followed_at_once_though_the_schedule_rests(here: World) -> None:
    here.wait(minutes=10)
    assert not reads(here)
    here.sell(1)
    here.ring()
    here.work("poll")
    assert here.status(1) == "queued"


@pytest.mark.parametrize("scope", ["all", "stuck"])
def test_r10_the_nightly_poll_and_the_sweep_are_never_left_out(here: World, scope: str) -> None:
    here.sell(1)
    here.ring()
    here.work("poll")
    here.queues.clear()  # what was sent to the warehouse is lost: the order is stuck
    here.wait(minutes=31)
    here.ring()
    here.work("poll")
    here.queues.clear()
    here.wait(minutes=5)
    here.poll(scope)
    assert here.queues.waiting() == ({"push": 1} if scope == "stuck" else {})
    assert scope == "stuck" or here.billbee.calls[-1].name == ORDERS


def test_r21_a_persons_poll_is_never_left_out(here: World) -> None:
    here.wait(minutes=5)
    asked = parse_job({"job": "poll-orders", "scope": "changes"})
    message = asked.message("acme", "an operator's", here.clock.now())
    here.function("operator").sender("POLL_ORDERS_QUEUE_URL")([message])
    here.work("poll")
    assert here.billbee.calls[-1].name == ORDERS


def test_r21_where_a_rings_poll_fails_the_next_one_of_the_schedule_reads(here: World) -> None:
    here.wait(minutes=5)
    here.sell(1)
    here.billbee.faults.add(Fault(kind="status", route=ORDERS, times=None))
    here.ring()
    here.work("poll")
    assert here.status(1) == "unknown"
    here.billbee.faults.clear()
    here.wait(minutes=5)
    assert reads(here)
    assert here.status(1) == "queued"


def test_r10_a_cursor_that_polls_have_attended_to_is_trusted_and_one_from_a_backup_is_not(here: World) -> None:
    """Left-out polls say that they were there: what counts is when the table was last in use, not when it was read."""
    backup = None
    for minutes in range(5, 60, 5):
        here.wait(minutes=5)
        here.poll()
        if minutes == 25:
            backup = here.cursors().orders()
    assert here.bibi.calls == [], "no poll was cautious"
    assert backup is not None
    assert backup.attended_at is not None
    here.cursors().set_orders(backup)
    assert here.clock.now() - backup.attended_at > CURSOR_TOO_OLD - timedelta(minutes=5)
    here.wait(minutes=5)
    here.bibi.calls.clear()
    here.sell(1)
    here.poll()
    assert any(call.name == "POST /orderStatus" for call in here.bibi.calls), "the warehouse's books are read first"


def test_r21_polls_that_are_left_out_make_no_job_overdue_and_prove_no_success(here: World) -> None:
    def last_success() -> datetime | None:
        jobs = Health(here.table, here.clock).jobs("acme")
        return next(one.succeeded_at for one in jobs if one.job == "poll-orders")

    here.wait(minutes=5)
    before = last_success()
    here.poll()
    assert last_success() == before
    for _ in range(12):
        here.wait(minutes=5)
        here.poll()
        succeeded_at = last_success()
        assert succeeded_at is not None
        assert here.clock.now() - succeeded_at < allowed("poll-orders")
