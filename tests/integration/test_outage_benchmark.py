"""The measurement of an outage says what is so (R32)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.outage import Measured, broken_promises, measure, probes_allowed, throttles_take


@pytest.mark.parametrize("vendor", ["bibi", "billbee"])
def test_r32_an_outage_of_an_hour_in_the_deployed_stack_keeps_its_promises(vendor: str) -> None:
    found = measure(vendor, "503", 30, 1)
    assert found.backlog == 30
    assert found.single_reads == 0
    assert found.failed_calls <= probes_allowed(1)
    assert found.most_messages <= 30
    assert found.slowest_after is not None
    assert found.slowest_after <= 150


def test_r32_each_broken_promise_is_told() -> None:
    fine = Measured(
        "bibi", "503", 300, 6, 1800, 190, 1800, 300, 1.9, 4000, 60.0, 1000.0, throttles_take(1850), 90.0, 120.0
    )
    assert broken_promises(fine) == []
    worse = [
        replace(fine, most_per_order=2.1),
        replace(fine, failed_calls=13_000),
        replace(fine, single_reads=1801),
        replace(fine, back_after=1200.0),
        replace(fine, back_after=None),
        replace(fine, slowest_after=301.0),
        replace(fine, slowest_after=None),
    ]
    assert [len(broken_promises(one)) for one in worse] == [1] * len(worse)
