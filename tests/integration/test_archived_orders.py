"""An order that is archived in Billbee takes no change: it is followed in the ledger, and nothing is repeated."""

from __future__ import annotations

import pytest

from testkit.routes import ORDER, SHIPMENT, STATE
from testkit.world import RECEIVED, REJECTED, TAG, world
from tests.integration.after_import import HOLDING


@pytest.mark.parametrize("shipped_before", [False, True])
def test_r14_the_parcels_of_an_archived_order_end_in_the_ledger_and_are_tried_once(shipped_before: bool) -> None:
    with world() as here:
        here.imported()
        if shipped_before:
            here.warehouse.ship("1", ["1Z1"])
            here.pull()
        here.shop.archive(1)
        if shipped_before:
            here.warehouse.orders["1"].parts[0].parcels["1Z2"] = {"weight": "0.5", "cost": "1"}
        else:
            here.warehouse.ship("1", ["1Z1"])
        before = len(here.billbee.calls)
        for _ in range(30):
            here.cycle()
        for scope in ("all", "changes"):
            here.poll(scope)
            here.push()
            here.pull("all")
        calls = [call.name for call in here.billbee.calls[before:]]
        assert (here.status(1), calls.count(SHIPMENT), calls.count(STATE)) == ("shipped", 1, 0)
        assert calls.count(ORDER) <= 2
        assert here.record(1).effects == ()


def test_r1_an_archived_order_is_not_imported_whatever_its_tags() -> None:
    with world() as here:
        here.sell(1)
        here.sell(2, tags=[TAG, REJECTED])
        for number in (1, 2):
            here.shop.archive(number)
        here.shop.remove_tag(2, REJECTED)
        for _ in range(3):
            here.cycle()
        assert [here.status(number) for number in (1, 2)] == ["unknown", "unknown"]
        assert here.writes_to_billbee() == []


def test_r11_the_tags_of_an_archived_order_start_nothing_that_repeats() -> None:
    with world() as here:
        here.imported()
        here.shop.add_tags(1, [HOLDING])
        here.shop.remove_tag(1, RECEIVED)
        here.shop.archive(1)
        for _ in range(8):
            here.cycle()
        before = len(here.billbee.calls)
        for _ in range(8):
            here.cycle()
        assert [call.name for call in here.billbee.calls[before:] if call.method != "GET"] == []
        assert (here.status(1), here.submitted("1")) == ("held", 1)
