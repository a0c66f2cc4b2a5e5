"""R46: whether an order's parcels weigh what its goods do."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orderbridge.ledger.order import LineKind, Order, OrderLine
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.merchants.settings import WeightSettings
from orderbridge.tracking.warehouse_order import Part, PartStatus, WarehouseOrder
from orderbridge.tracking.weights import Weighed, in_words, weighed
from orderbridge.vendors.bibi.mapping import to_part

SETTINGS = WeightSettings(enabled=True)


def part(status: PartStatus = PartStatus.SHIPPED, **pounds: str) -> Part:
    """A part with parcels by tracking number; ``""`` is an unknown weight."""
    known = {number: Decimal(weight) for number, weight in pounds.items() if weight}
    return Part(status, status.value, tracking_numbers=tuple(pounds), pounds=known)


def report(*parts: Part) -> WarehouseOrder:
    return WarehouseOrder(OrderNumber("1"), parts)


@pytest.mark.parametrize(
    ("pounds", "suspect"),
    [("1.76", True), ("1.77", False), ("2.2", False), ("3.74", False), ("3.75", True), ("20", True)],
)
def test_r46_a_kilogram_of_goods_may_be_a_fifth_lighter_or_a_fifth_and_packaging_heavier(
    pounds: str, suspect: bool
) -> None:
    """800 g are 1.764 lb, and 1,700 g are 3.748 lb."""
    assert Weighed(Decimal(1000), Decimal(pounds), 1).is_suspect(SETTINGS) is suspect


def test_r46_packaging_counts_for_each_parcel() -> None:
    assert Weighed(Decimal(1000), Decimal(4), 1).is_suspect(SETTINGS)
    assert not Weighed(Decimal(1000), Decimal(4), 2).is_suspect(SETTINGS)


def test_r46_light_goods_have_a_tolerance_in_grams() -> None:
    """A letter of 40 g that the warehouse rounds to 0.01 lb is nothing to tell."""
    assert not Weighed(Decimal(40), Decimal("0.01"), 1).is_suspect(SETTINGS)
    assert Weighed(Decimal(40), Decimal("0.01"), 1).is_suspect(SETTINGS.model_copy(update={"tolerance_grams": 10}))


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (part(A="1"), part(B="")),
        (part(A="1"), part()),
        (part(A="1"), part(PartStatus.OPEN)),
        (part(A="1"), part(PartStatus.CANCELLED)),
        (part(A="1"), part(PartStatus.BACKORDERED)),
    ],
    ids=["no parts", "a weight is unknown", "a part without number", "open", "cancelled", "backordered"],
)
def test_r46_nothing_is_said_until_all_has_left_and_every_weight_is_known(parts: tuple[Part, ...]) -> None:
    assert weighed(Decimal(500), report(*parts), ()) is None


def test_r46_all_parcels_of_an_order_count_together_each_once_and_voided_ones_do_not() -> None:
    parts = (part(A="1", B="0.5"), part(PartStatus.RETURNED, B="0.5", C="2", VOID="9"))
    found = weighed(Decimal(500), report(*parts), {"VOID"})
    assert found == Weighed(Decimal(500), Decimal("3.5"), 3)
    assert str(found) == "the 3 parcels weigh 1.59 kg (3.5 lb), the goods 500 g"


def test_r46_nothing_is_said_of_goods_of_unknown_weight() -> None:
    assert weighed(None, report(part(A="1")), ()) is None


def test_r46_the_weight_of_the_goods_is_known_if_it_is_known_of_each() -> None:
    known = OrderLine(sku="A", quantity=Decimal(3), grams=Decimal(250))
    paper = OrderLine(kind=LineKind.DIGITAL, sku="PDF")
    order = Order(
        id=1, read_at=datetime(2026, 11, 1, tzinfo=UTC), lines=(known, paper, OrderLine(sku="B", grams=Decimal("0.5")))
    )
    assert order.goods_grams == Decimal("750.5")
    assert order.model_copy(update={"lines": (known, OrderLine(sku="B"))}).goods_grams is None


@pytest.mark.parametrize(
    ("parcels", "pounds"),
    [
        ([{"1Z": {"weight": "0.7500", "cost": "3.74"}}], {"1Z": Decimal("0.7500")}),
        ([{"1Z": {"weight": "0.7500", "cost": "0.00"}}], {"1Z": Decimal("0.7500")}),
        ([{"1Z": {"weight": "0.0000", "cost": "3.74"}}], {}),
        ([{"1Z": {"weight": "heavy", "cost": "3.74"}}], {}),
        (["1Z"], {}),
    ],
)
def test_r46_a_weight_is_read_without_its_cost_and_0_is_unknown(parcels: object, pounds: dict[str, Decimal]) -> None:
    assert to_part({"status": "Shipped", "tracking_numbers": parcels}).pounds == pounds


def test_r46_weights_are_said_in_grams_or_kilograms() -> None:
    assert (in_words(Decimal("84.6")), in_words(Decimal(1240))) == ("85 g", "1.24 kg")
