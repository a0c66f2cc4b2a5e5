"""R27: what parcels cost, asked for where a merchant wants it, each parcel counted once, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from local.simulators.bibi.records import chicago_text
from local.simulators.bibi.shipments import row
from local.simulators.faults import Fault
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import LedgerOrder
from orderbridge.tracking.cost_records import CostRecords, MonthlyCost
from testkit.routes import SHIPMENTS
from testkit.world import World, world
from tests.faults.scenes import imported


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True) as made:
        made.configure(bibi={"shipping_costs": True})
        imported(made, 1)
        yield made


def record(here: World) -> LedgerOrder:
    found = here.ledger.get("acme", 1)
    assert found is not None
    return found


def of_month(here: World) -> list[MonthlyCost]:
    return CostRecords(here.table, "acme", here.clock).of_month(f"{here.clock.now():%Y-%m}")


def runs(here: World, *minutes: int) -> None:
    for some in minutes:
        here.wait(minutes=some)
        here.pull()


def calls(here: World) -> int:
    return sum(call.name == SHIPMENTS for call in here.bibi.calls)


def test_r27_weight_cost_zone_and_link_of_each_parcel_are_kept(here: World) -> None:
    here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
    runs(here, 5, 5)
    costs = record(here).costs
    assert costs.keys() == {"1Z1", "1Z2"}
    assert (costs["1Z1"].cost, costs["1Z1"].weight, costs["1Z1"].zone) == (Decimal("3.74"), Decimal("0.75"), "5")
    assert costs["1Z1"].link == "https://fedex.com/tracking?1Z1"
    assert of_month(here) == [MonthlyCost("UPS Ground", False, 2, Decimal("7.48"))]


def test_r27_weight_and_cost_come_with_the_status_and_nobody_asks_for_more_unless_the_merchant_wants_it() -> None:
    with world(empty=True) as here:
        imported(here, 1)
        here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
        runs(here, 5, 5)
        assert calls(here) == 0
        costs = record(here).costs
        assert {one: (cost.cost, cost.weight, cost.zone) for one, cost in costs.items()} == dict.fromkeys(
            ("1Z1", "1Z2"), (Decimal("3.74"), Decimal("0.75"), "")
        )
        assert of_month(here) == [MonthlyCost("UPS Ground", False, 2, Decimal("7.48"))]


def test_r27_a_parcel_counts_once_in_the_month_in_which_it_was_posted() -> None:
    with world(empty=True) as here:
        here.configure(bibi={"shipping_costs": True})
        imported(here, 1)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.bibi.faults.add(Fault("status", route=SHIPMENTS, times=3))
        runs(here, 5)
        posted = record(here).costs["1Z1"].month
        runs(here, 40, 80)
        assert record(here).costs["1Z1"].zone == "5"
        assert record(here).costs["1Z1"].month == posted
        assert sum(one.parcels for one in of_month(here)) == 1


def test_r27_costs_that_are_known_are_asked_for_once(here: World) -> None:
    here.warehouse.ship("1", ["1Z1"])
    runs(here, 5, 5, 5, 60, 600)
    assert calls(here) == 1


def test_r27_a_later_parcel_is_asked_for_and_the_first_counts_once(here: World) -> None:
    here.warehouse.ship("1", ["1Z1"], method="02")
    runs(here, 5, 5)
    here.warehouse.add_parcel("1", "1Z2")
    here.wait(minutes=5)
    here.pull("all")
    runs(here, 5)
    assert sum(one.parcels for one in of_month(here)) == 2


@pytest.mark.parametrize("kind", ["status", "html", "bad_gateway", "throttled"])
def test_r27_a_failure_holds_nothing_up_and_is_tried_again(here: World, kind: str) -> None:
    here.bibi.faults.add(Fault(kind, route=SHIPMENTS, times=3))  # type: ignore[arg-type]
    here.warehouse.ship("1", ["1Z1"])
    runs(here, 5)
    assert record(here).status is Status.SHIPPED
    assert here.wire(1)["State"] == 4
    runs(here, 40, 80, 200, 5)
    assert record(here).costs


def test_r27_a_parcel_that_billbee_takes_later_keeps_its_link_too(here: World) -> None:
    refusal = Fault("wrong_type", route="POST /orders/{id}/shipment", path="ErrorMessage", value={"text": "no"}, nth=2)
    here.billbee.faults.add(refusal)
    here.warehouse.uncounted.add("1Z2")
    here.warehouse.ship("1", ["1Z1", "1Z2"], method="02")
    runs(here, 5, 5)
    assert record(here).parcels.keys() == {"1Z1"}
    here.warehouse.uncounted.clear()
    runs(here, 35, 60, 5)
    assert record(here).parcels.keys() == {"1Z1", "1Z2"}
    assert record(here).costs["1Z2"].link == "https://fedex.com/tracking?1Z2"


def test_r27_costs_that_never_come_are_given_up_after_three_days(here: World) -> None:
    here.warehouse.uncounted.add("1Z1")
    here.warehouse.ship("1", ["1Z1"])
    runs(here, *[120] * 60)
    asked = calls(here)
    assert 5 <= asked <= 9
    runs(here, *[600] * 5)
    assert calls(here) == asked


def test_r27_a_shipment_without_its_parcel_waits_and_a_void_costs_nothing(here: World) -> None:
    here.warehouse.ship("1", ["1Z1"], method="02")
    order, parcel = here.warehouse.orders["1"], {"weight": "1.0000", "cost": "9.36"}
    when = chicago_text(here.clock())
    here.warehouse.further_shipments["1"] = [
        row(order, "-8", "UPS Ground", "1Z8", parcel, when, "Void"),
        row(order, "-8", "UPS Ground", "1Z8", parcel, when),
        row(order, "-9", "UPS Ground", "1Z9", parcel, when, "Return"),
    ]
    runs(here, 5, 5)
    assert of_month(here) == [
        MonthlyCost("UPS Ground", True, 1, Decimal("9.36")),
        MonthlyCost("UPS Ground", False, 1, Decimal("3.74")),
    ]
