"""R32: when a breaker opens, what it lets pass, and what closes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from orderbridge.merchants.breaker import FIRST_INTERVAL, LONGEST_INTERVAL, Breaker, outages
from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    PermanentError,
    Refused,
    ServerError,
    Throttled,
    TimedOut,
    UnknownOutcome,
    Unreachable,
    UpstreamError,
    VendorDown,
)
from orderbridge.platform.table import Table
from orderbridge.vendors.http import Call
from testkit.aws import MemoryDynamoDB
from testkit.aws.service import aws_error
from testkit.clock import ManualClock
from testkit.template import make_table

FAILURES: list[Callable[[], UpstreamError]] = [
    lambda: Unreachable("bibi", "no connection"),
    lambda: TimedOut("bibi", "no answer in time"),
    lambda: ServerError("bibi", "the server failed", status=503),
    lambda: MalformedAnswer("bibi", "the answer is not JSON", status=200),
    lambda: UnknownOutcome("bibi", "no answer in time", may_still_land=True),
]
ANSWERS: list[Callable[[], UpstreamError | None]] = [
    lambda: None,
    lambda: Throttled("bibi", "too many", retry_after=2, status=429),
    lambda: AuthenticationError("bibi", "token expired", status=401),
    lambda: Refused("bibi", "declined", status=400),
]


class Wire(MemoryDynamoDB):
    """A table that may be out of reach, and counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.out_of_reach = False
        self.reads = self.writes = 0

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        self.reads += 1
        if self.out_of_reach:
            raise aws_error("InternalServerError", "BatchGetItem", "try again")
        return super().batch_get_item(**request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        self.writes += 1
        if self.out_of_reach:
            raise aws_error("InternalServerError", "UpdateItem", "try again")
        return super().update_item(**request)


class Scene:
    """Two workers of one merchant, and what they call."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        make_table(wire := Wire(), "table")
        self.wire = wire
        self.table = Table(wire, "table")  # type: ignore[arg-type]
        self.one, self.other = (Breaker(self.table, "acme", "bibi", self.clock) for _ in range(2))
        self.calls = 0

    def call(self, breaker: Breaker, error: UpstreamError | None = None, **about: Any) -> bool:
        """Make a call, unlike any before; gives whether it was sent."""
        self.calls += 1
        made = Call(
            "bibi orderStatus", "POST", "/orderStatus", **{"repeatable": True, "form": {"n": str(self.calls)}, **about}
        )
        try:
            breaker.enter(made)
        except VendorDown:
            return False
        breaker.left(made, error)
        return True

    def fail(self, breaker: Breaker, **about: Any) -> bool:
        return self.call(breaker, FAILURES[0](), **about)

    def open(self) -> None:
        for _ in range(3):
            assert self.fail(self.one)
        self.other.forget()


@pytest.mark.parametrize("failure", FAILURES)
def test_r32_it_opens_after_three_calls_in_a_row_that_the_vendor_did_not_answer(
    failure: Callable[[], UpstreamError],
) -> None:
    scene = Scene()
    sent = [scene.call(scene.one, failure()) for _ in range(5)]
    assert sent == [True, True, True, False, False]


@pytest.mark.parametrize("answer", ANSWERS)
def test_r32_whatever_the_vendor_answers_shows_that_it_is_there(answer: Callable[[], UpstreamError | None]) -> None:
    scene = Scene()
    for _ in range(4):
        assert scene.fail(scene.one)
        assert scene.fail(scene.one)
        assert scene.call(scene.one, answer())
    assert scene.one.outage() is None


def test_r32_a_request_that_could_not_be_sent_says_nothing() -> None:
    scene = Scene()
    for _ in range(3):
        scene.fail(scene.one)
        scene.call(scene.one, PermanentError("bibi", "the request cannot be sent"))
    assert scene.one.outage() is not None


def test_r32_failures_of_all_workers_count_together() -> None:
    scene = Scene()
    scene.fail(scene.one)
    scene.fail(scene.other)
    scene.one.forget()
    scene.fail(scene.one)
    assert not scene.fail(scene.one)
    scene.other.forget()
    assert not scene.fail(scene.other)


def test_r32_one_call_that_fails_again_and_again_opens_nothing_by_itself() -> None:
    scene = Scene()
    for _ in range(10):
        assert scene.fail(scene.one, form={"n": "the same"})
    assert scene.one.outage() is None


def test_r32_failures_that_lie_far_apart_are_not_in_a_row() -> None:
    scene = Scene()
    for _ in range(5):
        scene.fail(scene.one)
        scene.clock.sleep(301)
    assert scene.one.outage() is None


def test_r32_probes_come_at_growing_intervals_of_at_most_two_minutes() -> None:
    scene = Scene()
    scene.open()
    sent = []
    for _ in range(1200):
        if scene.fail(scene.one):
            sent.append(scene.clock())
        scene.clock.sleep(1)
    gaps = [round(after - before) for before, after in pairwise(sent)]
    assert gaps[:4] == [15, 45, 120, 120]
    assert set(gaps[2:]) == {LONGEST_INTERVAL.total_seconds()}


def test_r32_of_two_workers_one_probes() -> None:
    scene = Scene()
    scene.open()
    scene.clock.sleep(FIRST_INTERVAL.total_seconds())
    scene.other.outage()  # both have seen that a probe is due
    first = Call("bibi orderStatus", "POST", "/orderStatus", repeatable=True)
    scene.one.enter(first)
    assert not scene.fail(scene.other)
    scene.one.left(first, None)
    scene.other.forget()
    assert scene.call(scene.other)


def test_r32_a_probe_whose_worker_was_killed_is_sent_again_after_half_a_minute() -> None:
    scene = Scene()
    scene.open()
    scene.clock.sleep(5)
    scene.one.enter(Call("bibi orderStatus", "POST", "/orderStatus", repeatable=True))
    scene.clock.sleep(29)
    assert not scene.call(scene.other)
    scene.clock.sleep(1)
    assert scene.call(scene.other)


def test_r32_what_must_not_be_repeated_is_never_a_probe() -> None:
    scene = Scene()
    scene.open()
    scene.clock.sleep(3600)
    assert not scene.call(scene.one, repeatable=False)
    assert scene.call(scene.one)
    assert scene.call(scene.one, repeatable=False)


def test_r32_one_answer_closes_it_for_everybody() -> None:
    scene = Scene()
    scene.open()
    scene.clock.sleep(5)
    assert scene.call(scene.one)
    assert scene.call(scene.other)
    assert list(outages(scene.table, "acme")) == []
    assert scene.fail(scene.one)
    assert scene.fail(scene.one)
    assert scene.one.outage() is None, "the failures before it do not count any more"


def test_r32_while_all_is_well_an_invocation_costs_one_read() -> None:
    scene = Scene()
    for _ in range(50):
        scene.call(scene.one)
    assert (scene.wire.reads, scene.wire.writes) == (1, 0)
    scene.one.forget()
    scene.call(scene.one)
    assert (scene.wire.reads, scene.wire.writes) == (2, 0)


def test_r32_a_table_that_does_not_answer_fails_no_call() -> None:
    scene = Scene()
    scene.wire.out_of_reach = True
    for _ in range(4):
        assert scene.fail(scene.one)
        assert scene.call(scene.one)
    scene.wire.out_of_reach = False
    scene.open()
    scene.clock.sleep(5)
    scene.wire.out_of_reach = True
    scene.other.forget()
    assert scene.call(scene.other)


def test_r32_the_error_says_since_when_and_when_it_is_tried_next() -> None:
    scene = Scene()
    scene.clock.sleep(timedelta(minutes=2).total_seconds())
    scene.open()
    with pytest.raises(VendorDown) as raised:
        scene.one.enter(Call("bibi submitOrder", "POST", "/submitOrder", repeatable=False))
    assert str(raised.value) == (
        "bibi submitOrder: The warehouse: no answer since 2026-07-01 12:02 UTC, next try at 12:02 UTC"
    )
    assert raised.value.retry_after == 5
    (outage,) = outages(scene.table, "acme")
    assert (outage.vendor, outage.name, outage.error) == ("bibi", "The warehouse", "Unreachable")


def test_r32_a_probe_that_a_wrong_clock_put_off_by_a_day_is_due_now() -> None:
    scene = Scene()
    scene.open()
    wrong = Breaker(scene.table, "acme", "bibi", ManualClock(scene.clock.now() + timedelta(days=1)))
    assert scene.fail(wrong)
    scene.one.forget()
    assert not scene.call(scene.one, repeatable=False)
    with pytest.raises(VendorDown) as raised:
        scene.one.require("take up orders")
    assert raised.value.retry_after == 1
    assert scene.call(scene.one)
    assert list(outages(scene.table, "acme")) == []


@pytest.mark.parametrize("lost", ["failures", "next_probe_at", "probe_interval", "error_kind", "sk"])
def test_r32_a_breaker_that_lost_a_part_lets_a_call_pass_and_is_whole_again(lost: str) -> None:
    scene = Scene()
    scene.open()
    key = ("MERCHANT#acme", "BREAKER#bibi")
    if lost == "sk":
        scene.wire.tables["table"].pop(key)
    else:
        scene.table.change(*key, remove=(lost,))
    scene.clock.sleep(5)
    scene.other.forget()
    assert scene.call(scene.other)
    assert list(outages(scene.table, "acme")) == []
    scene.one.forget()
    scene.open()
    assert not scene.fail(scene.one)


@pytest.mark.parametrize("spoilt", [{"open_since": "yesterday"}, {"probe_interval": "long"}, {"next_probe_at": 5}])
def test_r32_a_breaker_that_cannot_be_read_lets_calls_pass(spoilt: dict[str, Any]) -> None:
    scene = Scene()
    scene.open()
    scene.table.change("MERCHANT#acme", "BREAKER#bibi", set=spoilt)
    scene.other.forget()
    assert outages(scene.table, "acme") == []
    assert scene.call(scene.other)
    scene.one.forget()
    scene.open()
    assert not scene.fail(scene.one)


def test_r32_an_order_whose_every_call_fails_in_each_invocation_opens_nothing_by_itself() -> None:
    scene = Scene()
    for _ in range(10):
        assert scene.fail(scene.one, about="1007")
        assert scene.fail(scene.one, about="1007", repeatable=False)
        scene.one.forget()
        scene.clock.sleep(5)
    assert scene.one.outage() is None
    assert scene.fail(scene.one, about="1008")
    assert scene.fail(scene.one)
    assert scene.one.outage() is not None


def test_r32_where_only_probes_are_answered_they_come_at_growing_intervals_too() -> None:
    scene = Scene()
    answered: list[float] = []
    for _ in range(1800):
        breaker = scene.one
        if breaker.outage() is None:
            for _ in range(3):
                scene.fail(breaker)
        elif scene.call(breaker):
            answered.append(scene.clock())
        scene.clock.sleep(1)
    gaps = [after - before for before, after in pairwise(answered)]
    assert [round(gap) for gap in gaps[:3]] == [16, 46, 121]
    assert len(answered) <= 18
    scene.clock.sleep(601)
    assert scene.one.outage() is not None
    assert scene.call(scene.one)
    scene.clock.sleep(601)
    for _ in range(3):
        scene.fail(scene.one)
    (outage,) = outages(scene.table, "acme")
    assert outage.interval == FIRST_INTERVAL
