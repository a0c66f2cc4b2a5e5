"""R18: whatever happens in whatever order, the shops are never offered a piece that is sold already.

`STOCK_RUNS=500 pytest tests/integration/test_stock_never_oversells.py` looks further than the usual run does.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from orderbridge.stock import sync_stock
from orderbridge.stock.stock_records import StockRecords
from orderbridge.vendors.http import Answer, Call, HttpClient
from testkit.routes import SHELVES
from testkit.world import World, world
from tests.integration.stock_machine import Shops
from tests.integration.stock_scene import MUG, Oversold

# The same runs each time. A failing run is shown as it was found: making it shorter takes minutes.
SETTINGS = settings(
    max_examples=int(os.environ.get("STOCK_RUNS", "20")),
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
A_YEAR = timedelta(days=365)
MUST_HAPPEN = (
    "sale, paid",
    "shipment",
    "partial shipment",
    "order from elsewhere",
    "figures without an answer: late",
    "late landing: figures",
    "inside a sync, after POST /listProducts: shipment",
    "inside a sync, after POST /listProducts: tracking",
    "inside a sync, after POST /products/updatestockmultiple: tracking",
)


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True, billbee={"throttles": False}, bibi={"throttles": False}) as made:
        yield made


def run(here: World, how: settings = SETTINGS) -> Counter[str]:
    """How often each thing happened. Raises Oversold."""

    class Fresh(Shops):
        pass

    Fresh.here, Fresh.seen, Fresh.examples = here, Counter(), 0
    run_state_machine_as_test(Fresh, settings=how)
    Fresh.seen["runs"] = Fresh.examples
    return Fresh.seen


def test_r18_billbee_never_offers_more_than_can_be_promised_and_one_sync_makes_it_equal(
    here: World, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = run(here)
    assert [what for what in MUST_HAPPEN if not seen[what]] == []
    with capsys.disabled():
        sys.stdout.write(f"\nR18 held in {seen.pop('runs')} runs, after each of {seen.total()} events:\n")
        sys.stdout.writelines(f"  {count:5}  {what}\n" for what, count in sorted(seen.items()))


def raw_figures(patch: pytest.MonkeyPatch) -> None:
    """The warehouse's figure as it is: Billbee takes nothing off."""
    send = HttpClient.send

    def without_autosubtract(self: HttpClient, call: Call, auth: Any, **more: Any) -> Answer:
        if call.operation == "billbee update stock" and isinstance(call.body, list):
            body = [one | {"AutosubtractReservedAmount": False} for one in call.body]
            call = Call(call.operation, call.method, call.path, repeatable=call.repeatable, body=body)
        return send(self, call, auth, **more)

    patch.setattr(HttpClient, "send", without_autosubtract)


def stale_figures(patch: pytest.MonkeyPatch) -> None:
    """Figures are sent, however old the page they stand on, while Billbee is told that orders have left."""
    start = StockRecords.start_sending
    patch.setattr(StockRecords, "start_sending", lambda self, sku, read_at: start(self, sku, read_at + A_YEAR))
    patch.setattr(StockRecords, "start_leaving", StockRecords.mark_due)


def unclaimed_figures(patch: pytest.MonkeyPatch) -> None:
    """Nothing waits for a figure that got no answer: it lands later, when Billbee has released an order's pieces."""
    start = StockRecords.start_sending

    def without_regard(self: StockRecords, sku: str, read_at: datetime) -> timedelta | None:
        busy_for = start(self, sku, read_at)
        if busy_for is None:
            self.not_sent(sku)
        return busy_for

    patch.setattr(StockRecords, "start_sending", without_regard)


def only_changes(patch: pytest.MonkeyPatch) -> None:
    """A figure is sent when it has changed, and not once more when Billbee has released an order's pieces."""
    patch.setattr(StockRecords, "due", lambda self: {})
    patch.setattr(
        sync_stock._Run, "_needs_sending", lambda self, record, now: not record or record.sent != now.quantity
    )


Naive = Callable[[pytest.MonkeyPatch], None]


def test_r18_raw_figures_are_caught_by_chance(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: this is the sync that one writes first."""
    raw_figures(monkeypatch)
    with pytest.raises(Oversold):
        run(here)


def an_order_leaves_after_the_page_was_read(shops: Shops) -> None:
    shops.sync_with_something_inside(SHELVES, 0, ("shipment", "tracking"), 0)


def a_figure_lands_after_its_order_left(shops: Shops) -> None:
    shops.sync_without_an_answer("late")
    shops.shipment(0)
    shops.a_job_runs("tracking", 5)
    shops.look()
    for one in shops.late:
        one.land()
    shops.look()


def an_order_is_shipped_while_the_figure_stays(shops: Shops) -> None:
    shops.shipment(0)
    shops.a_job_runs("sync", 5)
    shops.a_job_runs("tracking", 5)


@pytest.mark.parametrize(
    ("naive", "story"),
    [
        (stale_figures, an_order_leaves_after_the_page_was_read),
        (unclaimed_figures, a_figure_lands_after_its_order_left),
        (only_changes, an_order_is_shipped_while_the_figure_stays),
    ],
)
def test_r18_a_naive_sync_is_caught_by_a_story(
    naive: Naive, story: Callable[[Shops], None], here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes long to be found by chance: it holds with the real sync, and does not with a naive one."""
    assert how_it_ends(here, story) is None
    naive(monkeypatch)
    assert how_it_ends(here, story) is not None


def how_it_ends(here: World, story: Callable[[Shops], None]) -> str | None:
    Shops.here, Shops.seen = here, Counter()
    shops = Shops()
    shops.open(mugs=6, tees=6, buffer=0, sales=[(MUG, 2)])
    shops.receipt(MUG, 1)
    try:
        story(shops)
        shops.raise_what_is_wrong()
        shops.teardown()
    except Oversold as oversold:
        return str(oversold)
    return None
