"""R7 to R19: whatever goes wrong with one call to DynamoDB, Parameter Store or SQS, it all ends as if it had not."""

from __future__ import annotations

import pytest

from tests.faults.checks import RecordProperty, struck
from tests.faults.matrix import aws_cases
from tests.faults.scenes import SCENES


@pytest.mark.parametrize("scene", SCENES)
def test_r7_a_fault_at_any_call_to_aws_leaves_no_trace(scene: str, record_property: RecordProperty) -> None:
    assert struck(aws_cases(scene), "faults of AWS", record_property) == {}
