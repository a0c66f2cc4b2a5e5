"""The measurement of what a defective order costs the others says what is so (R31)."""

from __future__ import annotations

from benchmarks.defect import Flow, Measured, broken_promises, measure


def test_r31_one_defective_order_in_the_deployed_stack_delays_no_other() -> None:
    found = measure(12, 1)
    assert found.with_defect == found.without
    assert found.without.others == 10
    assert found.without.acknowledged >= 9
    assert found.tries == 4
    assert broken_promises(found) == []


def test_a_lane_that_waits_and_an_error_that_nobody_hears_of_are_told() -> None:
    whole, third = Flow(300, 290, (290,), 300.0), Flow(300, 100, (100,), 3000.0)
    assert len(broken_promises(Measured(300, 1, whole, third, 60, None, None))) == 3
