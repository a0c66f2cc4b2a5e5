"""A step is begun only while the invocation lasts long enough for it."""

from __future__ import annotations

import pytest

from orderbridge.platform.clock import Deadline
from orderbridge.platform.errors import OutOfTime
from testkit.clock import ManualClock


def test_a_step_needs_as_much_time_as_it_may_take() -> None:
    clock = ManualClock()
    deadline = Deadline(clock)
    deadline.set(120)
    clock.sleep(85)
    deadline.require(35)
    assert deadline.left() == 35
    clock.sleep(1)
    assert not deadline.has(35)
    with pytest.raises(OutOfTime, match="out of time") as error:
        deadline.require(35)
    assert error.value.retry_after == 1.0


def test_each_invocation_has_its_own_end() -> None:
    clock = ManualClock()
    deadline = Deadline(clock)
    deadline.set(10)
    clock.sleep(10)
    deadline.set(10)
    assert deadline.left() == 10


def test_without_an_invocation_there_is_no_end() -> None:
    assert Deadline(ManualClock()).has(1_000_000)
