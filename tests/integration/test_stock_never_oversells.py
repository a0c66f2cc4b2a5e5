"""R18: whatever happens in whatever order, the shops are never offered a piece that is sold already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from orderbridge.clients.billbee.client import BillbeeClient
from orderbridge.clients.http import Call, HttpClient
from orderbridge.stores.stock import StockRecords
from tests.integration.stock_machine import Oversold, Shops
from tests.stock_world import StockWorld, stock_world

SETTINGS = settings(
    max_examples=40,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def here() -> Iterator[StockWorld]:
    with stock_world() as made:
        yield made


def run(here: StockWorld, how: settings) -> Counter[str]:
    class Fresh(Shops):
        pass

    Fresh.here, Fresh.seen, Fresh.examples = here, Counter(), 0
    run_state_machine_as_test(Fresh, settings=how)  # type: ignore[no-untyped-call]
    Fresh.seen["examples"] = Fresh.examples
    return Fresh.seen


def test_r18_billbee_never_offers_more_than_can_be_promised_and_one_sync_makes_it_equal(
    here: StockWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = run(here, SETTINGS)
    with capsys.disabled():
        print(f"\nR18, {seen['examples']} runs, {sum(seen.values()) - seen['examples']} events:")
        for what, count in sorted(seen.items()):
            print(f"  {count:5}  {what}")
