"""The simulated warehouse's transactions and bills of material: as the portal shows them, and strict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.simulators.bibi.movements import PAGE
from local.simulators.billbee.orders import item, product
from orderbridge.platform.errors import Refused
from orderbridge.vendors.bibi.api import BibiApi
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True) as made:
        for sku in ("MUG", "PEN", "BOX", "BOX-2"):
            made.warehouse.add_product(sku)
        made.warehouse.set_bom("BOX-2", {"MUG": 1})
        yield made


@pytest.fixture
def bibi(here: World) -> BibiApi:
    warehouse = here.function("push").any_workspace("acme").warehouse
    assert isinstance(warehouse, BibiWarehouse)
    return warehouse._api


def form(asked: Any) -> dict[str, str]:
    return {"json": json.dumps(asked)}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"product": "MUG"}, "takes product_number"),
        ([], "takes product_number"),
        ({"product_number": 5}, "array of texts"),
        ({"transaction_type": ["X"]}, "X is not known"),
        ({"date_start": "2026-01-01 00:00:00"}, "come together"),
        ({"date_start": "2026-01-01", "date_end": "2026-01-02"}, "YYYY-MM-DD HH:MM:SS"),
    ],
)
def test_transactions_that_cannot_be_asked_for_are_refused(bibi: BibiApi, asked: Any, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        bibi.call("inventory_transactions", form(asked))
    assert said in refusal.value.detail


def test_transactions_come_in_pages_with_quantities_as_text(here: World, bibi: BibiApi) -> None:
    for number in range(PAGE + 1):
        here.warehouse.move("MUG", number, at=f"2026-01-01 00:{number // 60:02d}:{number % 60:02d}")
    first = bibi.call("inventory_transactions", form({"product_number": "MUG"})).data
    second = bibi.call("inventory_transactions", form({}) | {"offset": "2"}).data
    assert (len(first["result"]), first["hasMoreResults"]) == (PAGE, True)
    assert (second["result"][0]["quantity"], second["hasMoreResults"]) == (str(PAGE), False)
    with pytest.raises(Refused, match="offset"):
        bibi.call("inventory_transactions", form({}) | {"offset": "0"})


def component(number: Any = "MUG", count: Any = 1) -> dict[str, Any]:
    return {"component_product_number": number, "component_quantity": count}


@pytest.mark.parametrize(
    ("bom", "said"),
    [
        ({"product_number": "BOX"}, "a product_number and components"),
        ({"product_number": "BOX", "components": [], "name": "x"}, "a product_number and components"),
        ({"product_number": "NONE", "components": [component()]}, "NONE does not exist"),
        ({"product_number": "BOX", "components": []}, "no components"),
        ({"product_number": "BOX", "components": [component("NONE")]}, "NONE cannot be a component"),
        ({"product_number": "BOX", "components": [component("BOX")]}, "BOX cannot be a component"),
        ({"product_number": "BOX", "components": [component("BOX-2")]}, "BOX-2 cannot be a component"),
        ({"product_number": "BOX", "components": [component(count=0)]}, "at least 1"),
        ({"product_number": "BOX", "components": [component(count="1")]}, "component_quantity"),
    ],
)
def test_a_bill_of_material_that_is_none_is_refused_with_all_others(
    here: World, bibi: BibiApi, bom: Any, said: str
) -> None:
    with pytest.raises(Refused) as refusal:
        bibi.call("bom_upsert_many", body=[{"product_number": "PEN", "components": [component()]}, bom])
    assert said in refusal.value.detail
    assert here.warehouse.boms == {"BOX-2": {"MUG": 1}}


def test_a_bill_of_material_is_shown_as_the_portal_shows_it(bibi: BibiApi) -> None:
    bibi.call("bom_upsert", body={"product_number": "BOX", "components": [component(count=2), component("PEN")]})
    shown = bibi.call("bom_get", suffix="BOX").data["result"]
    assert shown == [
        {
            "product_number": "BOX",
            "components": [
                {"component_product_number": "MUG", "component_quantity": 2},
                {"component_product_number": "PEN", "component_quantity": 1},
            ],
        }
    ]
    assert len(bibi.call("bom_list").data["result"]) == 3


def test_orders_that_the_warehouse_has_begun_with_keep_the_old_bill(here: World) -> None:
    here.warehouse.set_bom("BOX", {"MUG": 1})
    here.shop.add_product(product("BOX", components=[("MUG", 1)]))
    for number in (1, 2):
        here.sell(number, item("BOX"))
    here.poll()
    here.push()
    begun, new = (here.warehouse.orders[number].parts[0] for number in ("1", "2"))
    here.warehouse.set_status("1", "Collate Printed")
    here.warehouse.set_bom("BOX", {"PEN": 3})
    assert (begun.boms["BOX"], new.boms["BOX"]) == ({"MUG": 1}, {"PEN": 3})
    assert here.warehouse.products["MUG"]["allocated_quantity"] == 1
    assert here.warehouse.products["PEN"]["allocated_quantity"] == 3
    here.warehouse.ship("1")
    assert here.warehouse.products["MUG"]["quantity_in_stock"] == 99
