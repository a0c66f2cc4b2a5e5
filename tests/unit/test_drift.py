"""What a vendor sends beyond what it documents is noticed by name, and by nothing else of the answer."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.vendors.bibi.documented import BY_OPERATION as BIBI
from orderbridge.vendors.billbee.documented import BY_OPERATION as BILLBEE
from orderbridge.vendors.drift import drift
from tests.builders import status_order, status_part, wire_item, wire_order

LIST, STATUS = BILLBEE["billbee list orders"], BIBI["bibi orderStatus"]


def of_orders(*orders: object, **envelope: Any) -> list[str]:
    return list(drift({"ErrorCode": 0, "Data": list(orders), "Paging": {}} | envelope, LIST))


def of_status(result: object, **envelope: Any) -> list[str]:
    return list(drift({"success": True, "code": 201, "result": result, "message": ""} | envelope, STATUS))


def test_what_is_documented_is_no_drift() -> None:
    assert of_orders(wire_order(), wire_order(OrderItems=[])) == []
    assert of_status(status_order()) == []
    assert of_status([status_order("1"), status_order("2")]) == []
    assert of_status({"1": status_order("1"), "2": status_order("2")}) == []


@pytest.mark.parametrize(
    ("order", "noticed"),
    [
        (wire_order(GiftWrap=True), ["order.GiftWrap"]),
        (wire_order(State=17), ["order.State = 17"]),
        (wire_order(OrderItems=[wire_item(Colour="red")]), ["order item.Colour"]),
        (wire_order(OrderItems=[wire_item(Product={"Hazard": 3})]), ["order item product.Hazard"]),
        (wire_order(ShippingIds=[{"ShippingId": "1Z", "ShipmentType": 2}]), ["shipment.ShipmentType = 2"]),
        (wire_order(ShippingAddress={"Floor": "3", "City": "Bonn"}), ["address.Floor"]),
    ],
)
def test_a_new_field_or_value_of_billbees_is_noticed(order: dict[str, Any], noticed: list[str]) -> None:
    assert of_orders(order) == noticed


def test_a_new_code_of_billbees_is_noticed() -> None:
    assert of_orders(ErrorCode=30) == ["answer.ErrorCode = 30"]
    assert of_orders(Warnings=[]) == ["answer.Warnings"]


def test_a_new_status_of_the_warehouses_is_noticed() -> None:
    assert of_status(status_order("1", status_part("Quarantined"))) == ["order part.status = Quarantined"]
    assert of_status(status_order("1", status_part("backordered - htc"))) == []
    assert of_status(status_order("1", status_part("Shipped") | {"lot": "7"})) == ["order part.lot"]


def test_names_and_values_that_might_be_somebodys_data_are_not_kept() -> None:
    odd = wire_order(**{"jane@doe.example": 1, "Jane Doe, Elm Street": 2})
    assert of_orders(odd) == ["order.…", "order.…"]
    assert of_status(status_order("1", status_part("Held for Jane Doe, Elm Street 12"))) == ["order part.status = …"]


@pytest.mark.parametrize("answer", [None, "", 7, [], [None], {"Data": None}, {"Data": "x"}, {"Data": [7, None]}])
def test_an_answer_of_another_form_is_no_drift(answer: object) -> None:
    assert list(drift(answer, LIST)) == []
