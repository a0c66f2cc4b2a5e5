"""R45: products that run low are noted by the jobs that read them, and told."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest

from local.simulators.faults import Fault
from orderbridge.desk.digest_text import text
from orderbridge.desk.low_stock import low_stock
from orderbridge.desk.send_digest import _digest
from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.figures.view import FiguresView
from orderbridge.merchants.settings import parse_settings
from orderbridge.platform.table import Table
from orderbridge.stock.low_stock import Low
from orderbridge.stock.low_stock_records import LowStockRecords
from testkit.environment import TROUBLES
from testkit.routes import PRODUCTS, SHELF, SHELVES
from testkit.world import World, world

ON: dict[str, Any] = {"stock": {"tell_low": True}}


def sold(here: World, sku: str, pieces: float, *, warning: float | None = None) -> None:
    """What the shop says of a product."""
    found = here.shop.product_by("SKU", sku)
    assert found is not None
    found |= {"SoldAmountLast30Days": pieces, "StockWarning": warning}


def sync(here: World) -> None:
    here.sync_products()
    here.sync_stock()


def low(here: World) -> list[str]:
    return [one.in_words() for one in LowStockRecords(here.table, "acme").all()]


def troubles(here: World) -> dict[str, tuple[int, str]]:
    texts = {name: json.dumps(one.settings) for name, one in here.merchants.items()}
    found = find_troubles(texts, here.table, here.clock)
    return {one.kind: (one.count, one.what) for one in found if one.kind in ("low-stock", "out-of-stock")}


def test_r45_what_runs_low_is_a_trouble_that_ends_when_goods_arrive() -> None:
    with world(**ON) as here:
        here.goods("CAP-01", "PEN-01", stock=100)
        here.count("CAP-01", 20)
        here.count("PEN-01", 3)
        sold(here, "CAP-01", 60)
        sold(here, "PEN-01", 0, warning=5)
        sync(here)
        assert low(here) == ["CAP-01: 20 left, 10 days", "PEN-01: 3 left, below the warning level of 5"]
        assert troubles(here) == {
            "low-stock": (2, "2 SKUs are low: CAP-01: 20 left, 10 days; PEN-01: 3 left, below the warning level of 5")
        }
        here.count("CAP-01", 500)
        here.count("PEN-01", 5)
        here.sync_stock()
        assert (low(here), troubles(here)) == ([], {})


def test_r45_it_is_told_once_and_its_end_too() -> None:
    with world(**ON) as here:
        sold(here, "MUG-01", 60)
        here.count("MUG-01", 4)
        sync(here)
        for pieces in (4, 3, 2, 900):
            here.count("MUG-01", pieces)
            here.sync_stock()
            for _ in range(8):
                here.wait(minutes=5)
                here.invoke("watch", {})
        published = [one["MessageAttributes"] for one in here.sns.published[TROUBLES]]
        told = [(about["kind"]["StringValue"], about["state"]["StringValue"]) for about in published]
        assert [one for one in told if one[0] == "low-stock"] == [("low-stock", "new"), ("low-stock", "ended")]


def test_r45_orders_that_wait_for_goods_are_a_warning_of_their_own() -> None:
    with world(**ON) as here:
        here.imported(1)
        here.warehouse.backorder("1")
        here.count("MUG-01", 0)
        sync(here)
        assert troubles(here) == {
            "out-of-stock": (1, "1 SKU is out of stock with orders waiting: MUG-01: out of stock, 1 pieces wait")
        }


def test_r45_it_is_off_by_default_and_what_was_noted_before_is_no_trouble_then() -> None:
    with world() as here:
        sold(here, "MUG-01", 30_000, warning=100_000)
        sync(here)
        assert (low(here), troubles(here)) == ([], {})
        assert not [one for one in here.items() if one["sk"]["S"].startswith(("SALES#", "LOWSTOCK#", "FINDINGS"))]
        here.configure(**ON)
        sync(here)
        assert set(troubles(here)) == {"low-stock"}
        here.configure(stock={"tell_low": False})
        assert troubles(here) == {}


def test_r45_no_call_is_added() -> None:
    def calls(**settings: Any) -> tuple[int, ...]:
        with world(**settings) as here:
            sold(here, "MUG-01", 90_000)
            for _ in range(2):
                sync(here)
            return (here.billbee.count(PRODUCTS), here.bibi.count(SHELVES), here.bibi.count(SHELF))

    assert calls(**ON) == calls()


def test_r45_a_pass_that_finds_nothing_new_writes_nothing_of_it() -> None:
    with world(**ON) as here:
        sold(here, "MUG-01", 90_000)
        sync(here)
        written: list[str] = []
        change = Table.change

        def noted(table: Table, pk: str, sk: str, **what: Any) -> None:
            written.append(sk)
            change(table, pk, sk, **what)

        with patch.object(Table, "change", noted):
            sync(here)
        assert written
        assert [sk for sk in written if sk.startswith(("SALES#", "LOWSTOCK#", "FINDINGS"))] == []


def test_r45_products_that_the_warehouse_does_not_list_any_more_are_forgotten() -> None:
    with world(empty=True, **ON) as here:
        skus = here.put_many(150)
        for sku in skus:
            sold(here, sku, 300)
        sync(here)
        assert len(low(here)) == 150
        for sku in skus[20:]:
            del here.warehouse.products[sku]
        sync(here)
        assert len(low(here)) == 20
        assert troubles(here)["low-stock"][0] == 20


def test_r45_an_interrupted_pass_ends_with_all_that_is_low() -> None:
    with world(empty=True, **ON) as here:
        skus = here.put_many(150)
        for sku in skus:
            sold(here, sku, 300)
        here.sync_products()
        here.bibi.faults.add(Fault("status", route=SHELVES, nth=2, times=9))
        here.ask("stock")
        assert here.deliver("stock")
        assert (len(low(here)), troubles(here)) == (100, {})
        here.bibi.faults.clear()
        here.work("stock")
        assert troubles(here)["low-stock"][0] == 150


def test_r45_a_pass_that_an_earlier_one_began_forgets_what_neither_has_seen() -> None:
    with world(empty=True, **ON) as here:
        skus = here.put_many(150)
        for sku in skus:
            sold(here, sku, 300)
        sync(here)
        for sku in ("SKU-0003", "SKU-0120"):
            del here.warehouse.products[sku]
        here.bibi.faults.add(Fault("status", route=SHELVES, nth=2, times=9))
        here.ask("stock")
        assert here.deliver("stock")
        here.bibi.faults.clear()
        here.work("stock")
        assert troubles(here)["low-stock"][0] == 148


def test_r45_an_entry_that_cannot_be_read_ends_no_trouble() -> None:
    with world(**ON) as here:
        sold(here, "MUG-01", 60)
        here.count("MUG-01", 4)
        sync(here)
        here.warehouse.products["MUG-01"]["allocated_quantity"] = "many"
        here.sync_stock()
        assert low(here) == ["MUG-01: 4 left, 2 days"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_r45_the_digest_lists_what_runs_low(language: str) -> None:
    with world(language=language, **ON) as here:
        sold(here, "MUG-01", 60)
        here.count("MUG-01", 4)
        sync(here)
        figures = FiguresView(here.table, here.clock)
        digest = _digest(here.workspace(), figures, here.clock.now().date(), patient=False)
        said = text(digest, here.workspace().settings.language)
        assert {
            "en": "Low stock: 1\n- MUG-01: 4 left, 2 days\n",
            "de": "Bestand wird knapp: 1\n- MUG-01: noch 4, 2 Tage\n",
        }[language] in said


def test_r45_the_query_of_the_board_has_the_worst_of_all_merchants_first() -> None:
    with world(**ON) as here:
        here.open_merchant("nordlicht", **ON)
        here.open_merchant("quiet")
        for name, pieces in (("acme", 4), ("nordlicht", 2)):
            found = here.merchants[name].shop.product_by("SKU", "MUG-01")
            assert found is not None
            found["SoldAmountLast30Days"] = 60.0
            here.merchants[name].warehouse.products["MUG-01"]["quantity_in_stock"] = pieces
            here.sync_products(name)
            here.sync_stock(name)
        settings = {name: parse_settings(name, json.dumps(one.settings)) for name, one in here.merchants.items()}
        listed = low_stock(here.table, settings)
        assert [(one.merchant, one.low.sku, one.low.why, one.low.days) for one in listed] == [
            ("nordlicht", "MUG-01", Low.FEW_DAYS, 1),
            ("acme", "MUG-01", Low.FEW_DAYS, 2),
        ]
