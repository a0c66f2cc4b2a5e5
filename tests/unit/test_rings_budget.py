"""R21: how often rings may have orders read, and when the schedule may leave that out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.orders.rings import is_poll_needless, pay, wait_for_poll

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def polls(gaps: list[float]) -> list[float]:
    """When rings lead to polls that come so many seconds after one another, and wait for their turn."""
    paid_until, moment, made = None, NOW, []
    for gap in gaps:
        moment += timedelta(seconds=gap)
        moment += wait_for_poll(paid_until, moment)
        paid_until = pay(paid_until, moment)
        made.append((moment - NOW).total_seconds())
    return made


@given(st.lists(st.floats(0, 120), max_size=200))
def test_r21_in_any_stretch_of_time_there_are_30_polls_and_one_more_each_30_seconds(gaps: list[float]) -> None:
    made = polls(gaps)
    for first, start in enumerate(made):
        for last in range(first, len(made)):
            assert last - first + 1 <= 30 + (made[last] - start) / 30 + 1e-6


def test_r21_polls_that_a_wrong_clock_paid_for_a_day_ahead_delay_a_ring_by_30_seconds_at_most() -> None:
    paid_until = pay(None, NOW + timedelta(days=1))
    assert wait_for_poll(paid_until, NOW) == timedelta(seconds=30)
    assert pay(paid_until, NOW) - NOW <= timedelta(minutes=15, seconds=30)


def test_r21_a_merchant_who_rings_seldom_never_waits() -> None:
    assert polls([30.0] * 500) == [30.0 * number for number in range(1, 501)]


def test_r21_the_31st_of_a_burst_waits_for_30_seconds_and_no_longer() -> None:
    made = polls([0.0] * 33)
    assert made[:30] == [0.0] * 30
    assert made[30:] == [30.0, 60.0, 90.0]


def test_r21_a_quarter_of_an_hour_of_quiet_fills_the_bucket_again() -> None:
    made = polls([0.0] * 30 + [900.0] + [0.0] * 29)
    assert made[30:] == [900.0] * 30


@pytest.mark.parametrize(
    ("rung", "read", "every", "needless"),
    [
        (timedelta(hours=23), timedelta(minutes=27), 30, True),
        (timedelta(hours=23), timedelta(minutes=29), 30, False),
        (timedelta(hours=24), timedelta(minutes=1), 30, False),
        (None, timedelta(minutes=1), 30, False),
        (timedelta(hours=1), None, 30, False),
        (timedelta(hours=1), timedelta(minutes=7), 10, True),
        (timedelta(hours=1), timedelta(minutes=9), 10, False),
        (timedelta(minutes=1), timedelta(minutes=1), 5, False),
    ],
)
def test_r21_a_poll_is_left_out_after_a_ring_of_today_and_a_reading_of_late(
    rung: timedelta | None, read: timedelta | None, every: int, *, needless: bool
) -> None:
    rung_at, read_until = (None if ago is None else NOW - ago for ago in (rung, read))
    assert is_poll_needless(rung_at, read_until, timedelta(minutes=every), NOW) is needless
