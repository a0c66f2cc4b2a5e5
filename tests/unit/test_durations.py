"""R43: a median and a ninth decile from counts by bucket are near those of the durations themselves."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from orderbridge.figures.durations import Durations, bucket

took = st.floats(0, 90 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


def durations(some: list[timedelta]) -> Durations:
    return Durations(Counter(map(bucket, some)), round(sum(one.total_seconds() for one in some)))


@given(st.lists(took, min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_r43_a_quantile_is_in_the_bucket_of_the_true_one(some: list[timedelta], share: float) -> None:
    found = durations(some).quantile(share)
    place = max(0, -(-len(some) * round(share * 10) // 10) - 1)
    true = sorted(some)[place]
    assert found is not None
    assert bucket(found) == bucket(true)


@given(st.lists(took), st.lists(took))
def test_r43_durations_of_two_days_are_those_of_both_together(one: list[timedelta], other: list[timedelta]) -> None:
    both, first, second = durations(one + other), durations(one), durations(other)
    assert Counter(both.buckets) == Counter(first.buckets) + Counter(second.buckets)
    assert abs(both.seconds - first.seconds - second.seconds) <= 1


def test_r43_what_takes_longer_than_any_bound_counts_at_the_last() -> None:
    assert bucket(timedelta(days=400)) == bucket(timedelta(days=90))
    assert bucket(timedelta(seconds=-5)) == bucket(timedelta(0)) == 10
    assert durations([]).median is None
    assert durations([]).mean is None
