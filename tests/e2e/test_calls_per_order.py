"""Calls cost money: a single-parcel order takes at most 3.3 of them from push to shipped."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from testkit.world import World, world

ORDERS = 100
LIMIT = 3.3


def calls(here: World) -> Counter[str]:
    return Counter(call.name for call in (*here.billbee.calls, *here.bibi.calls))


@pytest.mark.parametrize("means", ["change", "order-date"])
def test_push_and_tracking_of_a_hundred_orders_take_at_most_3_3_calls_each(
    means: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(bibi={"readings": {"timestamp": means}}) as here:
        for order in range(1, ORDERS + 1):
            here.sell(order)
        here.poll()
        before = calls(here)
        here.push()
        here.wait(minutes=5)
        here.pull()
        for order in range(1, ORDERS + 1):
            here.warehouse.ship(str(order), [f"1Z{order}"], method="02")
        here.wait(minutes=5)
        here.pull()
        spent = calls(here) - before
        assert {here.status(order) for order in range(1, ORDERS + 1)} == {"shipped"}
    with capsys.disabled():
        lines = [f"calls of push and tracking for {ORDERS} orders, timestamp means {means}:"]
        lines += [f"  {count:5d}  {name}" for name, count in spent.most_common()]
        sys.stdout.write("\n".join(["", *lines, f"  {spent.total() / ORDERS:.2f} an order", ""]))
    assert spent.total() <= LIMIT * ORDERS
