"""R7 to R19: a worker killed before or after any step that shows outside leaves nothing undone, and nothing twice."""

from __future__ import annotations

import pytest

from tests.faults.checks import RecordProperty, struck
from tests.faults.matrix import crash_cases
from tests.faults.scenes import SCENES


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("scene", SCENES)
def test_r7_a_worker_killed_at_any_step_leaves_no_trace(
    scene: str, after: bool, record_property: RecordProperty
) -> None:
    assert struck(crash_cases(scene, after=after), "crashes", record_property) == {}
