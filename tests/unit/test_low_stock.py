"""R45: which products run low."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orderbridge.ledger.sku import Sku
from orderbridge.merchants.settings import StockSettings
from orderbridge.stock.figures import WarehouseStock
from orderbridge.stock.low_stock import Low, LowSku, Sales, find_low, pieces_sold, worst_first
from orderbridge.stock.low_stock_records import low_skus
from orderbridge.vendors.billbee.mapping import to_products

SETTINGS = StockSettings(tell_low=True, low_days=14)


def low(
    physical: int,
    *,
    ours: int = 0,
    buffer: int = 0,
    sales: Sales | None = None,
    allocated: int = 0,
    backordered: int = 0,
) -> LowSku | None:
    settings = SETTINGS.model_copy(update={"buffer": buffer})
    return find_low(WarehouseStock("MUG-01", physical, allocated, backordered), ours, sales or Sales(), settings)


@pytest.mark.parametrize(
    ("physical", "allocated", "buffer", "days"),
    [(14, 0, 0, None), (13, 0, 0, 13), (14, 1, 0, 13), (14, 0, 1, 13), (0, 0, 0, 0), (0, 5, 0, 0)],
)
def test_r45_free_pieces_last_for_days_at_the_pace_of_the_last_thirty(
    physical: int, allocated: int, buffer: int, days: int | None
) -> None:
    """One piece a day; pieces that are promised or kept back are not free."""
    found = low(physical, allocated=allocated, buffer=buffer, sales=Sales(sold=30))
    if allocated > physical:
        assert found is not None
        assert (found.why, found.waiting) == (Low.ORDERS_WAIT, allocated - physical)
    else:
        assert (None if found is None else (found.why, found.days)) == (None if days is None else (Low.FEW_DAYS, days))


def test_r45_the_merchants_warning_level_counts_whatever_was_sold() -> None:
    assert low(5, sales=Sales(warning=5)) is None
    found = low(4, sales=Sales(warning=5))
    assert found == LowSku("MUG-01", Low.BELOW_WARNING, free=4, warning=5)
    assert found.days is None


@pytest.mark.parametrize(
    ("stock", "ours", "waiting"),
    [
        ({"physical": 0, "backordered": 3}, 0, 3),
        ({"physical": 2, "allocated": 2, "backordered": 1}, 3, 1),
        ({"physical": 0}, 2, 2),
        ({"physical": -4}, 1, 1),
    ],
)
def test_r45_orders_wait_for_what_the_warehouse_lacks(stock: dict[str, int], ours: int, waiting: int) -> None:
    physical, backordered = stock["physical"], stock.get("backordered", 0)
    found = low(physical, ours=ours, allocated=stock.get("allocated", 0), backordered=backordered)
    assert found is not None
    assert (found.why, found.waiting, found.free) == (Low.ORDERS_WAIT, waiting, 0)


def test_r45_nothing_is_low_that_nobody_buys_and_nobody_watches() -> None:
    assert low(0) is None
    assert low(3, allocated=3, ours=3) is None


def test_r45_the_worst_come_first() -> None:
    found = [
        LowSku("A", Low.FEW_DAYS, 9, sold=30),
        LowSku("B", Low.BELOW_WARNING, 1, warning=2),
        LowSku("C", Low.ORDERS_WAIT, 0, waiting=1),
        LowSku("D", Low.FEW_DAYS, 1, sold=30),
        LowSku("E", Low.ORDERS_WAIT, 0, waiting=7),
    ]
    assert [one.sku for one in worst_first(found)] == ["E", "C", "D", "A", "B"]


@pytest.mark.parametrize(
    ("one", "english", "german"),
    [
        (
            LowSku("MUG", Low.FEW_DAYS, 1, sold=30),
            "MUG: 1 left, 1 day",
            "MUG: noch 1, 1 Tag",
        ),
        (
            LowSku("MUG", Low.BELOW_WARNING, 4, sold=60, warning=9),
            "MUG: 4 left, below the warning level of 9, 2 days",
            "MUG: noch 4, unter dem Mindestbestand von 9, 2 Tage",
        ),
        (
            LowSku("MUG", Low.ORDERS_WAIT, 0, waiting=3, sold=60),
            "MUG: out of stock, 3 pieces wait",
            "MUG: nicht vorrätig, 3 Stück fehlen",
        ),
    ],
)
def test_r45_it_is_said_in_words(one: LowSku, english: str, german: str) -> None:
    assert (one.in_words(), one.in_words("de")) == (english, german)


def test_r45_a_sale_of_a_product_of_several_pieces_counts_its_pieces() -> None:
    assert pieces_sold(Decimal(4), Decimal(6)) == 24
    assert pieces_sold(Decimal(-4), Decimal(1)) == 0


@pytest.mark.parametrize(
    ("fields", "sold", "warning"),
    [
        ({"SoldAmountLast30Days": 12.0, "StockWarning": 5.0}, 12, 5),
        ({"SoldAmountLast30Days": None, "StockWarning": None}, 0, None),
        ({"SoldAmountLast30Days": "many", "StockWarning": {}}, 0, None),
        ({"SoldAmountLast30Days": -3, "StockWarning": 0.0}, 0, None),
        ({"SoldAmountLast30Days": True, "StockWarning": float("inf")}, 0, None),
        ({}, 0, None),
    ],
)
def test_r45_figures_that_make_no_sense_are_unknown_and_the_product_is_read(
    fields: dict[str, object], sold: int, warning: int | None
) -> None:
    (product,) = to_products([{"Id": 7, "SKU": "MUG-01", **fields}])
    assert product.sold == sold
    assert product.warning == warning


def test_r45_each_of_several_stocks_has_its_own_warning_level() -> None:
    stocks = [{"StockId": 1, "StockWarning": 3}, {"StockId": 2, "StockWarning": None}, {"StockId": "x"}, 5]
    (product,) = to_products([{"Id": 7, "SKU": "MUG-01", "StockWarning": 9, "Stocks": stocks}])
    assert product.warning == Decimal(9)
    assert product.warning_by_stock == {1: Decimal(3)}


def test_r45_reasons_of_a_newer_release_are_left_out() -> None:
    skus = {"A": ["orders wait", 0, 1, 2, None], "B": ["going out of fashion", 0, 1, 2, None, "more"]}
    assert low_skus({"skus": skus}) == {Sku("a"): LowSku("A", Low.ORDERS_WAIT, 0, 1, 2)}
