"""R7, R11-R13, R17: whatever merchant and warehouse do to an order, in whatever order, and whatever of it we hear."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.history_machine import Histories
from tests.world import World, world

SETTINGS = settings(
    max_examples=int(os.environ.get("EX", "15")),
    phases=[Phase.generate],
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("tests.world.READ_TIMEOUT", 20.0)  # no call is slow here, but the machine may be
    with world(bibi={"duplicate": "accept"}) as made:
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
