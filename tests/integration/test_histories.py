"""R7, R11-R13, R17, R37-R39, R47: whatever merchant and warehouse do to an order, and whatever we hear of it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from testkit.world import World, world
from tests.integration.history_machine import Histories

# HISTORIES=200 for a long run: it takes about a second each.
SETTINGS = settings(
    max_examples=int(os.environ.get("HISTORIES", "20")),
    phases=[Phase.generate],
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
# A run in which one of these never happened would prove little.
MUST_HAPPEN = [
    *[f"merchant: {what}" for what in ("new order", "edit", "ask", "cancel", "hold", "release")],
    *[f"warehouse: {what}" for what in ("begin", "ship", "ship a part", "return")],
    *[f"job: {what}" for what in ("ring", "ring late", "ring twice", "rings out of order", "no ring", "pull", "night")],
    *[f"told: OB-{code}" for code in (206, 401, 402, 403, 404)],
    *[f"merchant: {what}" for what in ("merge", "copy", "credit", "credit a line", "remove a line")],
    *[f"warehouse: {what}" for what in ("drop a part", "drop a line")],
    *[f"changes: {how}" for how in ("ask", "tell", "automatic")],
    *[f"told: OB-{code}" for code in (209, 408, 409, 411, 413)],
    "a worker was killed",
    "credited before it was sent",
    "events told",
]


@pytest.fixture
def here() -> Iterator[World]:
    with world(tells_events=True) as made:
        yield made


def test_both_sides_agree_in_the_end_or_the_merchant_was_told_why_not(
    here: World, capsys: pytest.CaptureFixture[str]
) -> None:
    class Fresh(Histories):
        pass

    Fresh.here, Fresh.seen, Fresh.examples = here, Counter(), 0
    run_state_machine_as_test(Fresh, settings=SETTINGS)
    with capsys.disabled():
        sys.stdout.write(f"\n{Fresh.examples} histories, {Fresh.seen.total()} events:\n")
        sys.stdout.writelines(f"  {count:5}  {what}\n" for what, count in sorted(Fresh.seen.items()))
    assert [what for what in MUST_HAPPEN if not Fresh.seen[what]] == []
