"""R2 to R27: whatever goes wrong with one call of a scene, it all ends as if it had not.

A field of the wrong type may also end in a refusal that names it: an order that cannot be read is rejected with OB-119,
and a change of one is refused. Once the merchant asks again, all ends as if it had not happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from testkit.vendors import TOKEN_MISHAPS, VENDOR_MISHAPS
from tests.effort import share
from tests.faults.argued import unexplained
from tests.faults.matrix import Case, aws_cases, crash_cases, run, vendor_cases, wrong_type_cases
from tests.faults.scenes import SCENES

RecordProperty = Callable[[str, object], None]


def struck(cases: Sequence[Case], matrix: str, record_property: RecordProperty) -> dict[str, Any]:
    """What ended differently and is not argued, by case. The counts go into the summary of the run."""
    ends = {case: differing for case in cases if (differing := run(case))}
    wrong = {case: left for case, differing in ends.items() if (left := unexplained(case, differing))}
    record_property("fault cases", (matrix, len(cases), len(ends) - len(wrong), len(wrong)))
    return {str(case): left for case, left in wrong.items()}


@pytest.mark.parametrize("what", [*VENDOR_MISHAPS, *TOKEN_MISHAPS])
@pytest.mark.parametrize("scene", SCENES)
def test_r7_r14_r20_a_fault_at_any_call_to_a_vendor_leaves_no_trace(
    scene: str, what: str, record_property: RecordProperty
) -> None:
    assert struck(vendor_cases(scene, what), "vendors' faults", record_property) == {}


@pytest.mark.parametrize("scene", SCENES)
def test_r2_r7_r14_r20_a_wrong_type_in_any_answer_of_a_vendor_leaves_no_trace(
    scene: str, record_property: RecordProperty
) -> None:
    """Of the scenes about invoices each field of an invoice, and a share of what the other scenes spoil as well."""
    cases = wrong_type_cases(scene)
    assert cases
    if invoices := [case for case in cases if str(case.name).startswith("abillify")]:
        cases = [*invoices, *share([case for case in cases if case not in invoices], 6)]
    assert struck(cases, "wrong types", record_property) == {}


@pytest.mark.parametrize("scene", SCENES)
def test_r7_a_fault_at_any_call_to_aws_leaves_no_trace(scene: str, record_property: RecordProperty) -> None:
    assert struck(aws_cases(scene), "faults of AWS", record_property) == {}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("scene", SCENES)
def test_r7_a_worker_killed_at_any_step_leaves_no_trace(
    scene: str, after: bool, record_property: RecordProperty
) -> None:
    """Before or after any step that shows outside."""
    assert struck(crash_cases(scene, after=after), "crashes", record_property) == {}
