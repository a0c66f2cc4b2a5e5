"""What every test of the matrices does with its cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.argued import unexplained
from tests.faults.matrix import Case, run

RecordProperty = Callable[[str, object], None]
ORDERS = ("import", "lost ledger", "interrupted submission", "handed back", "rehearsal")
AFTERWARDS = ("tracking", "silence", "returns", "labels", "changes", "hold")
SHELVES = ("stock", "products", "movements", "kits", "notices", "arrival")
BILLS = ("billing", "gate")


def struck(cases: Sequence[Case], matrix: str, record_property: RecordProperty) -> dict[str, Any]:
    """What ended differently and is not argued, by case. The counts go into the summary of the run."""
    ends = {case: differing for case in cases if (differing := run(case))}
    wrong = {case: left for case, differing in ends.items() if (left := unexplained(case, differing))}
    record_property("fault cases", (matrix, len(cases), len(ends) - len(wrong), len(wrong)))
    return {str(case): left for case, left in wrong.items()}
