"""R7 to R10: whatever goes wrong with one call to a vendor while orders are imported, it all ends as if it had not."""

from __future__ import annotations

import pytest

from testkit.vendors import VENDOR_MISHAPS
from tests.faults.checks import ORDERS, RecordProperty, struck
from tests.faults.matrix import vendor_cases


@pytest.mark.parametrize("what", VENDOR_MISHAPS)
@pytest.mark.parametrize("scene", ORDERS)
def test_r7_a_fault_at_any_call_to_a_vendor_leaves_no_trace(
    scene: str, what: str, record_property: RecordProperty
) -> None:
    assert struck(vendor_cases(scene, what), "vendors' faults", record_property) == {}


@pytest.mark.parametrize("scene", ORDERS)
def test_r7_a_token_that_expires_at_any_call_leaves_no_trace(scene: str, record_property: RecordProperty) -> None:
    assert struck(vendor_cases(scene, "expired token"), "vendors' faults", record_property) == {}
