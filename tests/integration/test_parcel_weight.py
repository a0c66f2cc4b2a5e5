"""R46: parcels that weigh far more or far less than the order's goods are told once as a suspected mispick."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.simulators.billbee.orders import item
from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.desk.troubles.trouble import Trouble
from orderbridge.merchants.findings import TOLD_FOR
from testkit.world import World, world
from tests.integration.after_import import survives_every_crash

WEIGHED: dict[str, Any] = {"weights": {"enabled": True}}


def ship(here: World, number: str, pounds: str, part: int | None = None) -> None:
    """A parcel leaves that weighs so much."""
    tracking = f"1Z{number}-{part or 1}"
    here.warehouse.ship(number, [tracking], part=part, method="02")
    for one in here.warehouse.orders[number].parts:
        if tracking in one.parcels:
            one.parcels[tracking]["weight"] = pounds


def mispicks(here: World) -> list[Trouble]:
    texts = {name: json.dumps(one.settings) for name, one in here.merchants.items()}
    found = find_troubles(texts, here.table, here.clock)
    return [one for one in found if one.kind == "suspected-mispick"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "The parcels of this order weigh 1.81 kg, its goods weigh 500 g in Billbee: the warehouse may have packed"
            " something else. Ask the warehouse, or correct the weights of the products. [OB-211]",
        ),
        (
            "de",
            "Die Pakete dieser Bestellung wiegen 1,81 kg, die Artikel laut Billbee 500 g: vielleicht hat das Lager"
            " etwas anderes gepackt. Bitte im Lager nachfragen oder die Gewichte der Artikel berichtigen. [OB-211]",
        ),
    ],
)
def test_r46_a_parcel_that_is_far_too_heavy_is_told_once_and_ships_all_the_same(language: str, text: str) -> None:
    with world(language=language, **WEIGHED) as here:
        here.imported(1, lines=[item("MUG-01", quantity=2)])
        ship(here, "1", "4.0000")
        here.run_on()
        here.run_on()
        assert here.told(1) == [text]
        assert "parcel_weight_differs_bibi" in here.tags(1)
        assert (here.status(1), here.wire(1)["State"], here.parcels(1)) == ("shipped", 4, ["1Z1-1"])
        what = "the parcel weighs 1.81 kg (4 lb), the goods 500 g"
        assert [one.why for one in here.record(1).timeline if "mispick:" in one.why] == [
            f"the warehouse reports: Shipped; suspected mispick: {what}"
        ]
        assert [(one.about, one.what) for one in mispicks(here)] == [("1", f"1: {what}")]


def test_r46_a_parcel_that_is_far_too_light_is_told() -> None:
    with world(**WEIGHED) as here:
        here.imported(1, lines=[item("MUG-01", quantity=4)])
        ship(here, "1", "0.5")
        here.run_on()
        assert here.codes(1) == ["OB-211"]


def test_r46_what_fits_is_not_told_and_no_order_costs_a_call_more() -> None:
    def calls(**settings: Any) -> int:
        with world(**settings) as here:
            here.imported(1)
            ship(here, "1", "0.7500")
            here.run_on()
            assert (here.codes(1), here.status(1), mispicks(here)) == ([], "shipped", [])
            return len(here.billbee.calls) + len(here.bibi.calls)

    assert calls(**WEIGHED) == calls()


def test_r46_it_is_off_by_default() -> None:
    with world() as here:
        here.imported(1)
        ship(here, "1", "90")
        here.run_on()
        assert (here.codes(1), here.record(1).grams, mispicks(here)) == ([], None, [])


@pytest.mark.parametrize("weight", [0, None], ids=["none", "missing"])
def test_r46_one_product_without_a_weight_and_nothing_is_said(weight: Any) -> None:
    with world(**WEIGHED) as here:
        here.imported(1, lines=[item("MUG-01"), item("TEE-01", weight=weight)])
        ship(here, "1", "90")
        here.run_on()
        assert (here.codes(1), here.status(1)) == ([], "shipped")


def test_r46_partial_shipments_wait_until_all_parcels_are_known() -> None:
    with world(**WEIGHED) as here:
        here.imported(1, lines=[item("MUG-01"), item("TEE-01", weight=1000)])
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        ship(here, "1", "4.0000", part=1)
        here.run_on()
        assert here.codes(1) == []  # the mug alone weighs 250 g, but the shirt may be in that parcel
        ship(here, "1", "4.0000", part=2)
        here.run_on()
        assert here.codes(1) == ["OB-211"]
        assert "the 2 parcels weigh 3.63 kg (8 lb), the goods 1.25 kg" in mispicks(here)[0].what


def test_r46_parcels_that_fit_together_are_not_told_though_one_alone_does_not() -> None:
    with world(**WEIGHED) as here:
        here.imported(1, lines=[item("MUG-01"), item("TEE-01", weight=1000)])
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        ship(here, "1", "2.5", part=1)
        ship(here, "1", "0.4", part=2)
        here.run_on()
        assert (here.codes(1), here.status(1)) == ([], "shipped")


def test_r46_nothing_is_said_once_the_warehouse_has_cancelled_a_part() -> None:
    with world(**WEIGHED) as here:
        here.imported(1, lines=[item("MUG-01"), item("TEE-01", weight=5000)])
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        here.warehouse.drop_items(here.warehouse.orders["1"], ["TEE-01"])
        here.run_on()
        ship(here, "1", "0.7", part=1)
        here.run_on()
        assert here.codes(1) == ["OB-209"]


def test_r46_a_weight_that_comes_after_the_order_has_shipped_counts_when_it_is_reported_again() -> None:
    with world(**WEIGHED) as here:
        here.imported(1, 2)
        ship(here, "1", "0")
        here.pull()
        assert (here.codes(1), here.status(1)) == ([], "shipped")
        here.warehouse.orders["1"].parts[0].parcels["1Z1-1"]["weight"] = "30"
        here.run_on()
        assert here.codes(1) == ["OB-211"]


def test_r46_a_changed_order_is_weighed_as_it_was_sent_last() -> None:
    with world(changes="automatic", **WEIGHED) as here:
        here.imported(1)
        here.shop.change(1, OrderItems=[item("MUG-01"), item("TEE-01", weight=3000)], TotalCost=20.0)
        here.look()
        here.run_on()
        ship(here, "1", "7.2")
        here.run_on()
        assert here.codes(1) == ["OB-409"]


def test_r46_the_trouble_ends_by_itself() -> None:
    with world(**WEIGHED) as here:
        here.imported(1)
        ship(here, "1", "90")
        here.run_on()
        assert len(mispicks(here)) == 1
        here.wait(seconds=TOLD_FOR.total_seconds())
        assert mispicks(here) == []


def test_r46_a_crash_after_any_call_ends_as_if_it_had_not_happened() -> None:
    def before(here: World) -> None:
        here.configure(**WEIGHED)
        here.imported(1)
        ship(here, "1", "90")

    def end(here: World) -> Any:
        return here.status(1), here.tags(1), here.told(1), [one.what for one in mispicks(here)]

    calls, different = survives_every_crash(before, World.pull, end)
    assert calls > 5
    assert different == {}
