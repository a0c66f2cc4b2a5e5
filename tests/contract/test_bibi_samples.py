"""Whole answers of BiBi, in the shapes of its documents and with the oddities of real ones: numbers as text, empty
texts, "0000-00-00", times of America/Chicago.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.products.products import WarehouseProduct
from orderbridge.tracking.shipments import ShipmentKind, costs_of
from orderbridge.tracking.warehouse_order import PartStatus
from orderbridge.vendors.bibi.mapping import to_warehouse_orders
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from tests.contract.canned import Canned, Reply
from tests.contract.clients import NOW, answers, bibi_client, success, token

SAMPLES = Path(__file__).parent / "samples" / "bibi"


@pytest.fixture
def client(server: Canned) -> BibiWarehouse:
    return bibi_client(server)


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def answered(server: Canned, name: str) -> None:
    answers(server, token(), Reply(201, sample(name)))


def test_r14_one_order_with_two_fields_of_tracking_numbers_and_what_they_cost() -> None:
    (order,) = to_warehouse_orders(sample("order_status_one")["result"])
    (part,) = order.parts
    first, second, third = (f"94001102008286275517{end}" for end in (59, 60, 61))
    assert (str(order.number), part.status, part.quantity) == ("SA15698", PartStatus.SHIPPED, 3)
    assert part.tracking_numbers == (first, second, third)
    assert {number: (one.cost, one.weight) for number, one in order.costs.items()} == {
        first: (Decimal("3.74"), Decimal("0.75")),
        second: (Decimal("9.36"), Decimal("1.25")),
    }
    assert order.pieces == {"MUG-01": 2, "0042": 1}


def test_r16_several_orders_with_backorders_placeholders_and_no_details(server: Canned, client: BibiWarehouse) -> None:
    answered(server, "order_status_several")
    page = client.orders_since(NOW - timedelta(days=2))
    assert (len(page.orders), page.unreadable, page.more) == (3, 0, True)
    waiting, abroad, empty = page.orders
    assert [part.status for part in waiting.parts] == [PartStatus.BACKORDERED_WITH_OTHERS, PartStatus.BACKORDERED]
    assert waiting.pieces == {"MUG-01": 1, "TEE-01": 1}
    assert (abroad.parts[0].status, abroad.parts[0].tracking_numbers, abroad.costs) == (PartStatus.SHIPPED, (), {})
    assert (str(empty.number), empty.parts) == ("15701", ())


def test_r17_returns_without_a_reason_a_time_or_an_order(server: Canned, client: BibiWarehouse) -> None:
    answered(server, "list_returns")
    page = client.returns(NOW - timedelta(days=2), NOW)
    assert [(one.sku, one.quantity, one.reason, one.returned_at) for one in page.returned] == [
        ("MUG-01", "1", "Wrong Item", "2026-03-08 03:30:00"),
        ("0042", "1", "", "0000-00-00 00:00:00"),
    ]
    assert len({one.key for one in page.returned}) == 2
    assert not any(one.tracking_number for one in page.returned)


def test_r17_r27_shipments_returns_and_voids_in_one_list(server: Canned, client: BibiWarehouse) -> None:
    answered(server, "shipments")
    found = client.shipments(OrderNumber("SA15698"))
    sent, void, back = found  # neither the row with a date of zeros nor the one of an unknown type
    assert [one.kind for one in found] == [ShipmentKind.SHIPMENT, ShipmentKind.VOID, ShipmentKind.RETURN]
    # The clock goes from 2 to 3 o'clock that night: 6 hours behind UTC before, 5 after.
    assert sent.shipped_at == datetime(2026, 3, 8, 7, 59, 59, tzinfo=UTC)
    assert void.shipped_at == datetime(2026, 3, 8, 8, 0, tzinfo=UTC)
    assert back.shipped_at == datetime(2026, 7, 1, 15, 30, 57, tzinfo=UTC)
    assert (back.zone, back.link) == ("", "")
    costs = costs_of(found)
    assert {number[-3:]: (cost.cost, cost.returned) for number, cost in costs.items()} == {
        "554": (Decimal("9.36"), False),
        "578": (Decimal("7.10"), True),
    }


def test_r18_a_page_of_products_with_numbers_as_text(server: Canned, client: BibiWarehouse) -> None:
    answered(server, "list_products")
    page = client.products(1)
    assert [(one.sku, one.physical, one.promised) for one in page.stocks] == [
        ("MUG-01", 12, 2),
        ("0042", 7, 1),
        ("MUG/RED", -3, 0),
        ("TEE-01", 0, 0),
    ]
    assert (page.unreadable, page.more) == (("POSTER", ""), True)


def test_r19_a_refusal_between_two_successes(server: Canned, client: BibiWarehouse) -> None:
    answered(server, "upsert_products")
    price = Decimal("9.99")
    products = [
        WarehouseProduct(sku, "", sku, "", available=True, price=price, cost=price, tariff_number="")
        for sku in ("MUG-01", "0042", "TEE-01")
    ]
    taken = client.upsert_products(products)
    assert taken == (None, None, "Product alias MUG is already in use, so the product was not updated.")


def test_r4_ship_methods_with_a_code_that_is_a_number(server: Canned, client: BibiWarehouse) -> None:
    answered(server, "list_ship_methods")
    assert client.ship_methods() == {
        "UPS Ground": "02",
        "Ground": "24",
        "FedEx Smart Post < 1 Lbs": "59",
        "International": "81",
    }


def test_r26_a_bill_of_material_with_quantities_as_numbers_and_as_text(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success(), Reply(201, sample("list_bom")))
    assert client.upsert_kits({"BOX-01": {"MUG-01": 1, "0042": 3}}) == {"BOX-01"}
