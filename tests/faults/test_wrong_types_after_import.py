"""R11 to R19: a field of the wrong type in an answer after the import ends in nothing, or in a refusal that names it.

An order that cannot be read is rejected with OB-119, and a change of one refused; once the merchant asks again, all
ends as if it had not happened.
"""

from __future__ import annotations

import pytest

from tests.faults.checks import AFTERWARDS, SHELVES, RecordProperty, struck
from tests.faults.matrix import wrong_type_cases


@pytest.mark.parametrize("scene", AFTERWARDS + SHELVES)
def test_r14_a_wrong_type_in_any_answer_of_a_vendor_leaves_no_trace(
    scene: str, record_property: RecordProperty
) -> None:
    cases = wrong_type_cases(scene)
    assert cases
    assert struck(cases, "wrong types", record_property) == {}
