"""R20: whatever goes wrong while orders are compared with their invoices, held for them, or cancelled there, it all
ends as if it had not. Crashes and faults of AWS are in the matrices of all scenes.
"""

from __future__ import annotations

import pytest

from testkit.vendors import TOKEN_MISHAPS, VENDOR_MISHAPS
from tests.effort import share
from tests.faults.checks import BILLS, RecordProperty, struck
from tests.faults.matrix import vendor_cases, wrong_type_cases


@pytest.mark.parametrize("scene", BILLS)
def test_r20_a_fault_at_any_call_to_a_vendor_leaves_no_trace(scene: str, record_property: RecordProperty) -> None:
    cases = [case for what in (*VENDOR_MISHAPS, *TOKEN_MISHAPS) for case in vendor_cases(scene, what)]
    assert struck(cases, "vendors' faults", record_property) == {}


@pytest.mark.parametrize("scene", BILLS)
def test_r20_a_wrong_type_in_any_answer_of_a_vendor_leaves_no_trace(
    scene: str, record_property: RecordProperty
) -> None:
    """Each field of an invoice; of what the older scenes spoil as well, a share."""
    cases = wrong_type_cases(scene)
    invoices = [case for case in cases if str(case.name).startswith("abillify")]
    others = share([case for case in cases if case not in invoices], 6)
    assert invoices
    assert struck([*invoices, *others], "wrong types", record_property) == {}
