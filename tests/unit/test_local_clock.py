"""The local system's clock: N times as fast as the machine's, and the same in every process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.clock import WALL_CLOCK, ScaledClock
from local.run import Timetable
from local.simulators.server import real_seconds
from local.stack import Function, Schedule
from testkit.clock import NOON, ManualClock


@pytest.fixture
def machine() -> ManualClock:
    return ManualClock(NOON)


def test_both_clocks_agree_at_the_origin_and_then_the_fast_one_runs_ahead(machine: ManualClock) -> None:
    clock = ScaledClock(10, base=machine)
    assert clock.now() == NOON
    machine.seconds += 6
    assert clock.now() == NOON + timedelta(minutes=1)
    assert clock() == NOON.timestamp() + 60


def test_clocks_with_speed_and_origin_in_common_tell_the_same_time_whenever_they_were_made(
    machine: ManualClock,
) -> None:
    first = ScaledClock(2.5, base=machine)
    machine.seconds += 100
    second = ScaledClock(first.speed, first.origin, machine)
    machine.seconds += 11
    assert first.now() == second.now() == NOON + timedelta(seconds=111 * 2.5)


def test_a_sleep_is_shorter_on_the_machine_and_whole_on_the_clock(machine: ManualClock) -> None:
    clock = ScaledClock(10, base=machine)
    began, moment = clock.monotonic(), clock.now()
    clock.sleep(60)
    assert machine.slept == [6]
    assert clock.monotonic() - began == pytest.approx(60)
    assert clock.now() - moment == timedelta(seconds=60)


def test_at_speed_one_it_is_the_machines_clock(machine: ManualClock) -> None:
    clock = ScaledClock(base=machine)
    machine.seconds += 12.5
    assert (clock.now(), clock.monotonic(), clock.real(7)) == (machine.now(), machine.monotonic(), 7)


def test_a_simulators_delay_lasts_as_long_as_its_clock_says_and_is_real_on_any_other(machine: ManualClock) -> None:
    assert real_seconds(ScaledClock(10, base=machine), 30) == 3
    assert real_seconds(WALL_CLOCK, 30) == 30
    assert real_seconds(machine, 30) == 30


def scheduled(expression: str) -> Schedule:
    return Schedule(expression, expression, "UTC", WORKED, {})


WORKED = Function("Work", "work", "arn", None, "app.handler", {}, 3, 128)  # type: ignore[arg-type]


def test_schedules_follow_the_clock(machine: ManualClock) -> None:
    often, nightly = scheduled("rate(5 minutes)"), scheduled("cron(30 2 * * ? *)")
    clock = ScaledClock(60, base=machine)
    table = Timetable([often, nightly], clock.now)

    def due_after(real_seconds: float) -> list[Schedule]:
        machine.seconds += real_seconds
        return table.take_due()

    assert due_after(0) == [often]
    assert due_after(4.9) == []
    assert due_after(0.1) == [often]
    # From five past noon to half past two.
    assert due_after(14 * 60 + 24) == [often]
    assert clock.now() == datetime(2026, 7, 2, 2, 29, tzinfo=UTC)
    assert due_after(1) == [nightly]
