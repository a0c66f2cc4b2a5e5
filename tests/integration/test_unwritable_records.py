"""R30: one record that the table refuses stops no other order, and a shipment without a number is no parcel."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.desk.troubles.trouble import TroubleKind
from testkit.world import RECEIVED, World, world


def refuse(here: World, patch: pytest.MonkeyPatch, *orders: int) -> None:
    """DynamoDB refuses what is written for these orders, as it does for a map with an empty key."""
    put = here.dynamodb.put_item

    def put_item(**request: Any) -> Any:
        if request["Item"]["sk"]["S"] in {f"ORDER#{order:020d}" for order in orders}:
            message = "One or more parameter values are not valid"
            raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "PutItem")
        return put(**request)

    patch.setattr(here.dynamodb, "put_item", put_item)


def not_written(here: World) -> list[str]:
    settings = {"acme": json.dumps(here.merchants["acme"].settings)}
    return [one.what for one in find_troubles(settings, here.table, here.clock) if one.kind is TroubleKind.NOT_WRITTEN]


def test_r30_the_other_orders_are_imported_and_the_refused_one_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as here:
        for order in (1, 2, 3):
            here.sell(order)
        refuse(here, monkeypatch, 2)
        here.poll()
        here.push()
        assert [here.status(order) for order in (1, 2, 3)] == ["acknowledged", "unknown", "acknowledged"]
        assert not_written(here) == ["the table does not take the record of 2: nothing is done for them"]
        monkeypatch.undo()
        here.run_on()
        assert [here.submitted(str(order)) for order in (1, 2, 3)] == [1, 1, 1]
        here.wait(hours=27)
        assert not_written(here) == []


def test_r30_the_other_orders_parcels_are_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as here:
        here.imported(1, 2)
        for number in ("1", "2"):
            here.warehouse.ship(number, [f"1Z{number}"], method="02")
        refuse(here, monkeypatch, 1)
        here.cycle()
        assert [here.parcels(order) for order in (1, 2)] == [[], ["1Z2"]]
        monkeypatch.undo()
        here.run_on()
        assert [here.parcels(order) for order in (1, 2)] == [["1Z1"], ["1Z2"]]


@pytest.mark.parametrize("number", [None, "", "  "])
def test_r30_a_shipment_without_a_number_is_no_parcel_of_an_adopted_order(number: str | None) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, ShippingIds=[{"ShippingId": number, "ShipmentType": 0, "Shipper": "by hand"}])
        here.lose_the_ledger()
        here.sell(2)
        here.run_on()
        record = here.record(1)
        assert (record.adopted, record.parcels) == (True, {})
        assert {RECEIVED} <= here.tags(2)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert [one["ShippingId"] for one in here.wire(1)["ShippingIds"]] == [number, "1Z1"]
