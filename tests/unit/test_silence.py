"""When a merchant has gone quiet, and when it only looks like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.desk.troubles.silence import FEWEST, Silence, find_silence

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
"""Midnight; the weeks before it are the merchant's history."""
WEEK = timedelta(weeks=1)
UNPUNCTUAL = timedelta(hours=2)


def by_hour(moments: Iterable[datetime]) -> Counter[datetime]:
    return Counter(moment.replace(minute=0, second=0, microsecond=0) for moment in moments)


def weekly(pattern: Iterable[timedelta], weeks: Iterable[int] = range(-6, 1)) -> list[datetime]:
    """The same moments in each week; week 0 is the one that begins on `MONDAY`."""
    return [MONDAY + week * WEEK + moment for week in weeks for moment in pattern]


def silence(moments: Iterable[datetime], now: datetime, *, active_since: datetime | None = None) -> Silence | None:
    """What is found at a moment: only what came until then is known."""
    past = [moment for moment in moments if moment <= now]
    quiet_since = max([*past, active_since or MONDAY - 52 * WEEK])
    return find_silence(by_hour(past), quiet_since=quiet_since, now=now, unpunctual=UNPUNCTUAL)


def office_hours(a_day: int) -> list[timedelta]:
    """So many a day, evenly between 8 and 18 o'clock, Monday to Friday."""
    return [timedelta(days=day, hours=8 + 10 * n / a_day) for day in range(5) for n in range(a_day)]


HISTORY = weekly(office_hours(50), range(-6, 0))


@pytest.mark.parametrize(
    ("now", "silent"),
    [
        (timedelta(hours=6), False),  # Monday's early morning
        (timedelta(hours=9), False),  # the first hour without any: they may be late
        (timedelta(hours=14), True),
        (timedelta(days=-1), False),  # Sunday
        (timedelta(days=-2, hours=12), False),  # Saturday
    ],
)
def test_a_shop_of_office_hours_is_silent_only_when_the_others_were_open(now: timedelta, silent: bool) -> None:
    found = silence(HISTORY, MONDAY + now)
    assert (found is not None) is silent
    if found:
        assert found.since == max(HISTORY)
        assert found.usual >= FEWEST


def test_an_outage_in_the_middle_of_the_day_is_found_the_same_day() -> None:
    pattern = office_hours(200)
    today = [MONDAY + moment for moment in pattern if moment < timedelta(hours=10)]
    moments = [*weekly(pattern, range(-6, 0)), *today]
    assert silence(moments, MONDAY + timedelta(hours=12)) is None
    assert silence(moments, MONDAY + timedelta(hours=15, minutes=5)) is not None


def test_a_merchant_with_two_orders_a_day_is_not_silent_after_a_day_but_after_a_week() -> None:
    history = weekly([timedelta(days=day, hours=hour) for day in range(7) for hour in (9, 15)], range(-6, 0))
    assert silence(history, MONDAY + timedelta(days=1, hours=12)) is None
    assert silence(history, MONDAY + timedelta(days=6, hours=12)) is not None


@pytest.mark.parametrize("weeks", [1, 2])
def test_a_new_merchant_is_not_silent_before_the_fourth_week(weeks: int) -> None:
    history = weekly(office_hours(100), range(-weeks, 0))
    for hours in range(0, (3 - weeks) * 7 * 24, 2):
        assert silence(history, MONDAY + timedelta(hours=hours)) is None


def test_a_week_with_a_holiday_does_not_hide_the_silence() -> None:
    history = weekly(office_hours(50), [-6, -5, -4, -3, -1])
    assert silence(history, MONDAY + timedelta(hours=16)) is not None


def test_a_merchant_who_has_stopped_is_silent_for_about_a_fortnight_and_no_more() -> None:
    found = [half for half in range(8 * 7 * 2) if silence(HISTORY, MONDAY + half * timedelta(hours=12)) is not None]
    assert timedelta(days=10) < found[-1] * timedelta(hours=12) < timedelta(days=21)


def test_a_resumed_merchant_is_not_blamed_for_the_pause() -> None:
    now = MONDAY + timedelta(days=2, hours=16)
    assert silence(HISTORY, now) is not None
    assert silence(HISTORY, now, active_since=now - timedelta(hours=3)) is None


moments_of_a_week = st.lists(
    st.integers(0, 7 * 24 * 60 - 1).map(lambda minute: timedelta(minutes=minute)), min_size=1, max_size=60
)
a_moment = st.integers(0, 7 * 24 * 60 - 1).map(lambda minute: MONDAY + timedelta(minutes=minute))


@given(moments_of_a_week, a_moment, st.integers(1, 30))
def test_who_sells_every_week_at_the_same_times_is_never_silent(
    pattern: list[timedelta], now: datetime, at_once: int
) -> None:
    assert silence(weekly(pattern) * at_once, now) is None


@given(moments_of_a_week, a_moment, st.integers(-120, 120), st.integers(1, 30))
def test_nor_who_is_up_to_two_hours_early_or_late_this_week(
    pattern: list[timedelta], now: datetime, minutes: int, at_once: int
) -> None:
    history = weekly(pattern, range(-6, 0))
    unpunctual = [moment + timedelta(minutes=minutes) for moment in weekly(pattern, [-1, 0, 1])]
    moments = [m for m in history if m < MONDAY - WEEK] + unpunctual
    quiet_since = max(m for m in moments if m <= now)
    # The weeks it is compared with are the punctual ones.
    found = find_silence(by_hour(history * at_once), quiet_since=quiet_since, now=now, unpunctual=UNPUNCTUAL)
    if now - quiet_since < timedelta(days=7):
        assert found is None


@given(st.lists(a_moment, max_size=FEWEST - 1), a_moment)
def test_who_never_has_ten_in_a_week_is_never_silent(pattern: list[datetime], now: datetime) -> None:
    assert silence(weekly([moment - MONDAY for moment in pattern], range(-6, 0)), now) is None


@given(moments_of_a_week, a_moment, st.integers(1, 40))
def test_a_silence_says_how_many_there_usually_are(pattern: list[timedelta], now: datetime, at_once: int) -> None:
    moments = weekly(pattern, range(-6, 0)) * at_once
    found = silence(moments, now)
    if found is not None:
        assert FEWEST <= found.usual <= len(pattern) * at_once
        assert now - found.since > 2 * UNPUNCTUAL
