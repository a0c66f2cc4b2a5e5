"""R11: what the warehouse's report of an order has to show after a change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.orders.change_shown import not_shown
from orderbridge.vendors.bibi.mapping import to_warehouse_orders
from tests.builders import address, line, shipping_order, status_order, status_part

SENT = shipping_order(line("MUG-1", quantity=Decimal(2)), line("TEE", quantity=Decimal(1)))
HEADER = {
    "shipto_company": "", "shipto_firstname": "Jane", "shipto_lastname": "DOE", "shipto_middle_initial": "",
    "shipto_street": "123 WILLIS AVENUE", "shipto_city": "LOS ANGELES", "shipto_state": "CA",
    "shipto_zip": "91402-1234", "shipto_country_code": "US",
}  # fmt: skip


def part(status: str = "New", **counts: Any) -> dict[str, Any]:
    items = [{"item_no": sku.replace("_", "-"), "item_quantity": count} for sku, count in counts.items()]
    return status_part(status) | {"items": items}


def missing(*parts: dict[str, Any], **header: Any) -> tuple[str, ...]:
    raw = status_order("1001", *parts)
    raw["header"] |= HEADER | header
    (reported,) = to_warehouse_orders(raw)
    return not_shown(reported, SENT)


@pytest.mark.parametrize(
    "parts",
    [
        [part(MUG_1="2", TEE=1)],
        [part(mug_1=2), part("Backordered", tee="1.00")],
        [part(MUG_1=1), part(MUG_1=1, TEE=1)],
        [part("Cancelled", OLD=5), part(MUG_1=2, TEE=1)],
        [part("Declined", MUG_1=2), part(MUG_1=2, TEE=1)],
    ],
)
def test_r11_products_and_quantities_are_compared_over_all_parts(parts: list[dict[str, Any]]) -> None:
    assert missing(*parts) == ()


@pytest.mark.parametrize(
    "parts",
    [
        [part(MUG_1=2)], [part(MUG_1=3, TEE=1)], [part(MUG_1=2, TEE=1, CAP=1)], [part()], [part(MUG_1="two", TEE=1)],
        [part("Cancelled", MUG_1=2, TEE=1)],
    ],
)  # fmt: skip
def test_r11_what_is_not_there_as_sent_is_not_shown(parts: list[dict[str, Any]]) -> None:
    assert missing(*parts) == ("products",)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"shipto_city": "RENO"}, ("city",)),
        ({"shipto_street": "124 Willis Avenue", "shipto_zip": "89501"}, ("street", "postcode")),
        ({"shipto_lastname": "Roe"}, ("name",)),
        ({"shipto_company": "ACME"}, ("company",)),
        ({"shipto_city": ""}, ()),
        ({"shipto_city": None, "shipto_state": 7}, ()),
        (dict.fromkeys(HEADER, ""), ()),
    ],
)
def test_r11_of_the_address_what_is_shown_is_compared(changes: dict[str, Any], fields: tuple[str, ...]) -> None:
    assert missing(part(MUG_1=2, TEE=1), **changes) == fields


def test_r11_a_kit_may_show_as_itself_or_as_its_pieces() -> None:
    sent = replace(shipping_order(line("SET", quantity=Decimal(2))), kits={"SET": {"CUP": 4, "POT": 2}})
    for parts in ([part(SET=2)], [part(CUP=4, POT=2)]):
        (reported,) = to_warehouse_orders(status_order("1001", *parts))
        assert not_shown(reported, sent) == ()
    (reported,) = to_warehouse_orders(status_order("1001", part(SET=2, CUP=4)))
    assert not_shown(reported, sent) == ("products",)


def test_r11_the_address_of_a_report_stays_out_of_its_repr() -> None:
    raw = status_order("1001")
    raw["header"] |= HEADER
    (reported,) = to_warehouse_orders(raw)
    assert "WILLIS" not in repr(reported).upper()
    assert address().city not in repr(reported)
