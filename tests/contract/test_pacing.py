"""Calls stay below the throttles, and short troubles are waited out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.platform.errors import (
    Refused,
    RetryableError,
    ServerError,
    Throttled,
    UnknownOutcome,
    Unreachable,
)
from orderbridge.vendors.pacing import SHORT_WAIT, EndpointPacer, Window, persist
from testkit.clock import ManualClock


def _most_within(times: list[float], seconds: float) -> int:
    return max(sum(1 for other in times if 0 <= other - start < seconds - 1e-6) for start in times)


@given(
    per_second=st.sampled_from([0.5, 1, 1.5, 2]),
    way=st.floats(0, 0.2),
    connecting=st.floats(0, 0.5),
    work=st.lists(
        st.tuples(
            st.sampled_from("ABCDEFGH"),
            st.floats(0, 0.025),
            st.floats(0, 0.4),
            st.floats(0, 0.025),
            st.floats(0, 0.3),
        ),
        min_size=1,
        max_size=60,
    ),
)
def test_section_6_billbee_never_sees_more_calls_than_it_allows(
    per_second: float, way: float, connecting: float, work: list[tuple[str, float, float, float, float]]
) -> None:
    """2 a second per endpoint, 10 a second in all, as Billbee sees them come. Requests and answers travel for a time
    that differs, Billbee works on one for any time, and the first one waits for its connection.
    """
    clock, counted = ManualClock(), list[tuple[str, float]]()
    pacer = EndpointPacer(per_second, 10, clock=clock)
    for endpoint, there, working, back, pause in work:

        def call(endpoint: str = endpoint, there: float = there, rest: float = working + back) -> None:
            clock.seconds += way + there + (0 if counted else connecting)
            counted.append((endpoint, clock()))
            clock.seconds += way + rest

        pacer.run(endpoint, call)
        clock.seconds += pause
    assert _most_within([at for _, at in counted], 1.0) <= 10
    for endpoint in {endpoint for endpoint, _ in counted}:
        times = [at for name, at in counted if name == endpoint]
        assert _most_within(times, 1.0) <= 2
        if per_second < 1:
            assert all(later - earlier >= 1 / per_second - 1e-6 for earlier, later in pairwise(times))


def _sleeps(clock: ManualClock, seconds: float) -> Callable[[], None]:
    return lambda: clock.sleep(seconds)


def test_section_6_a_round_trip_costs_no_call_of_the_two_a_second() -> None:
    clock = ManualClock()
    pacer = EndpointPacer(2, 10, clock=clock)
    pacer.run("A", _sleeps(clock, 0.15))
    began = clock()
    for _ in range(20):
        pacer.run("A", _sleeps(clock, 0.15))
    assert 1.85 <= 20 / (clock() - began) < 2


def test_section_6_a_call_that_is_under_way_for_longer_than_others_counts_from_later_on() -> None:
    """It may have waited for its connection: then Billbee saw it come late."""
    clock = ManualClock()
    pacer = EndpointPacer(1, 10, clock=clock)
    for took in (0.15, 0.45, 0.15):
        pacer.run("A", _sleeps(clock, took))
    waits = [slept for slept in clock.slept if slept not in (0.15, 0.45)]
    assert waits == [pytest.approx(1.0), pytest.approx(1 - 0.15 + 0.05)]


def test_section_6_the_first_calls_do_not_wait() -> None:
    clock = ManualClock()
    pacer = EndpointPacer(2, 10, clock=clock)
    for endpoint in ("A", "A", "B"):
        pacer.run(endpoint, lambda: None)
    assert clock.slept == []
    pacer.run("A", lambda: None)
    assert clock.slept == [pytest.approx(1.0)]


def test_section_6_a_call_that_fails_counts_like_any_other() -> None:
    clock = ManualClock()
    pacer = EndpointPacer(1, 10, clock=clock)

    def fail() -> None:
        raise ServerError("op", "down")

    with pytest.raises(ServerError):
        pacer.run("A", fail)
    pacer.run("A", lambda: None)
    assert clock.slept == [pytest.approx(1.0)]


def test_a_window_frees_one_place_at_a_time() -> None:
    clock = ManualClock()
    window = Window(2, 10.0, clock)
    window.answered(0.0)
    clock.seconds += 4
    window.answered(0.0)
    assert window.wait_needed() == pytest.approx(6)
    clock.seconds += 6
    assert window.wait_needed() == 0
    window.answered(0.0)
    assert window.wait_needed() == pytest.approx(4)


def _failing(*errors: Exception) -> tuple[Callable[[], str], list[int]]:
    """A call that fails with each error in turn and then succeeds, and how often it was made."""
    left, made = list(errors), [0]

    def call() -> str:
        made[0] += 1
        if left:
            raise left.pop(0)
        return "done"

    return call, made


@pytest.mark.parametrize("error", [ServerError("op", "down"), Unreachable("op", "no connection")])
def test_a_passing_fault_is_tried_again_after_a_moment(error: Exception) -> None:
    clock = ManualClock()
    call, made = _failing(error, error)
    assert persist(call, clock=clock) == "done"
    assert made == [3]
    assert all(0 < slept <= SHORT_WAIT for slept in clock.slept)


def test_a_fault_that_stays_is_not_tried_for_ever() -> None:
    call, made = _failing(*[ServerError("op", "down")] * 10)
    with pytest.raises(ServerError):
        persist(call, clock=ManualClock())
    assert made == [3]


def test_section_6_a_short_throttle_is_waited_out_for_as_long_as_it_says() -> None:
    clock = ManualClock()
    call, _ = _failing(Throttled("op", "429", retry_after=1.5))
    assert persist(call, clock=clock) == "done"
    assert clock.slept == [1.5]


def test_section_6_a_long_throttle_goes_back_to_the_queue_at_once() -> None:
    clock = ManualClock()
    call, made = _failing(Throttled("op", "429", retry_after=20))
    with pytest.raises(Throttled):
        persist(call, clock=clock)
    assert (made, clock.slept) == ([1], [])


@pytest.mark.parametrize("error", [UnknownOutcome("op", "lost"), Refused("op", "no"), ValueError("defect")])
def test_r7_nothing_else_is_ever_repeated(error: Exception) -> None:
    call, made = _failing(error)
    assert not isinstance(error, RetryableError)
    with pytest.raises(type(error)):
        persist(call, clock=ManualClock())
    assert made == [1]
