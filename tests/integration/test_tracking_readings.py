"""R16: the whole journey, in every reading that the vendors' documents leave open."""

from __future__ import annotations

import pytest

from testkit.world import RECEIVED, World, world

LISTS = [
    {"timestamp": means, "several-orders": shape, "not-found": not_found}
    for means in ("change", "order-date")
    for shape, not_found in (("object", "404-envelope"), ("list", "empty"), ("map", "refusal"))
]
OTHER_BIBI = [
    {"duplicate": "refused"},
    {"batch": "each"},
    {"refusal-status": "400"},
    {"success-status": "200"},
    {"new-token": "ends-old"},
    {"update-field": "orders"},
    {"update-field": "either"},
]
BILLBEE = [
    {"hub-not-found": "404"},
    {"zone": "berlin"},
    {"tag-filter": "exact"},
    {"enum-shape": "map"},
    {"void-answers": "empty"},
]


def whole_journey(here: World) -> None:
    """Two orders sold an hour apart; the first leaves in a day, the second at once."""
    here.sell(1)
    here.cycle()
    here.wait(hours=1)
    here.sell(2)
    here.cycle()
    here.warehouse.ship("2", ["1Z2"], method="02")
    here.run_on()
    here.wait(hours=23)
    here.warehouse.ship("1", ["1Z1"], method="02")
    here.run_on()
    here.wait(hours=5)
    here.cycle()
    for order in (1, 2):
        assert (here.status(order), here.parcels(order)) == ("shipped", [f"1Z{order}"])
        assert here.wire(order)["State"] == 4
        assert here.wire(order)["ShippingIds"][0]["ShippingCarrier"] == 5
        assert RECEIVED in here.tags(order)
        assert here.submitted(str(order)) == 1
        assert here.told(order) == []


@pytest.mark.parametrize("readings", LISTS, ids=str)
def test_r16_the_journey_holds_however_the_warehouse_lists_its_orders(readings: dict[str, str]) -> None:
    with world(bibi={"readings": readings}) as here:
        whole_journey(here)


@pytest.mark.parametrize("readings", OTHER_BIBI, ids=str)
def test_the_journey_holds_in_every_other_reading_of_bibi(readings: dict[str, str]) -> None:
    with world(bibi={"readings": readings}) as here:
        whole_journey(here)


@pytest.mark.parametrize("readings", BILLBEE, ids=str)
def test_the_journey_holds_in_every_reading_of_billbee(readings: dict[str, str]) -> None:
    with world(billbee={"readings": readings}) as here:
        whole_journey(here)


def test_r16_by_order_date_the_second_order_shipped_late_is_found_in_the_next_cycle() -> None:
    """The first one may be found by asking for it by number; that must be enough to learn how the list is meant."""
    with world(bibi={"readings": {"timestamp": "order-date"}}) as here:
        here.poll()
        here.sell(1)
        here.cycle()
        here.wait(hours=2)
        here.warehouse.ship("1", ["1Z1"], method="02")
        for _ in range(3):
            here.wait(minutes=30)
            here.cycle()
        assert here.status(1) == "shipped"
        here.sell(2)
        here.cycle()
        here.wait(minutes=20)
        here.cycle()
        here.wait(minutes=15)
        here.warehouse.ship("2", ["1Z2"], method="02")
        here.cycle()
        assert here.status(2) == "shipped"
