"""Between the rooms' values and BiBi's wire format, both ways; times are America/Chicago."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.tracking.warehouse_order import Part, PartStatus
from orderbridge.vendors.bibi.mapping import (
    from_warehouse_text,
    to_part,
    to_sent_order,
    to_warehouse_orders,
    warehouse_text,
)
from orderbridge.vendors.bibi.models import Unreadable
from tests.builders import address, digital, discount, line, shipping_order, status_order, status_part
from tests.contract.canned import Canned
from tests.contract.clients import bibi_client

_P = PartStatus
_SINCE_2008 = datetime(2008, 1, 1, tzinfo=UTC)  # by the rules that hold today


def _wire(**changes: Any) -> dict[str, Any]:
    lines = changes.pop("lines", (line(),))
    order = to_sent_order(shipping_order(*lines, **changes), "WEB").wire()["Order"]
    assert isinstance(order, dict)
    return order


def _header(**changes: Any) -> dict[str, Any]:
    header = _wire(**changes)["Header"]["HeaderGroup"]
    assert isinstance(header, dict)
    return header


def _part(raw: dict[str, Any]) -> Part:
    (order,) = to_warehouse_orders(status_order("1", raw))
    (part,) = order.parts
    return part


def test_an_order_has_the_fields_of_the_documented_example() -> None:
    order = _wire(
        lines=(line(price="23.80", tax="3.80", quantity=Decimal(2)), discount("-5.00", title="SALE132")),
        shipping_cost=Decimal("4.90"),
    )
    assert order == {
        "Header": {
            "HeaderGroup": {
                "OrderNumber": "1001", "EntryDate": "2026-03-01 06:00:00", "FutureDate": "", "Source": "WEB",
                "ProdDollars": 20.0, "PHAmt": 4.9, "TaxAmt": 3.8, "RushProcessing": "N", "PayMethod": "PP",
                "Comment": "",
            }
        },
        "Discounts": [{"Code": "SALE132", "Amount": "5.00", "Type": "fixed_amount"}],
        "Billing": {"Billto": order["Shipping"]["Shipto"]},
        "ProductManifest": {
            "Product": [
                {
                    "LineNo": "1", "ItemNo": "MUG-1", "Amount": "10.00", "Quantity": 2, "Description": "Mug",
                    "Ship-Meth-Cd": 24,
                }
            ]
        },
        "Shipping": {
            "Shipto": {
                "FirstName": "Jane", "MiddleInitial": "", "LastName": "Doe", "CompanyName": "",
                "Address1": "123 Willis Avenue", "Address2": "", "Address3": "", "City": "Los Angeles", "State": "CA",
                "ZipCode": "91402", "CountryCd": "US", "DayPhone": "555-0100", "Email": "jane@example.com",
            }
        },
    }  # fmt: skip


def test_r3_money_is_sent_exactly() -> None:
    header = _header(
        lines=(line(price="0.30", tax="0.10"), line(price="1234567.89", tax="0")), shipping_cost=Decimal("0.1")
    )
    assert json.dumps([header["ProdDollars"], header["PHAmt"], header["TaxAmt"]]) == "[1234568.09, 0.1, 0.1]"


def test_r3_without_a_discount_there_is_no_list_of_discounts_and_a_fee_is_negative() -> None:
    assert "Discounts" not in _wire()
    (fee,) = _wire(lines=(line(), digital("9.99")))["Discounts"]
    assert (fee["Amount"], fee["Type"]) == ("-9.99", "fixed_amount")


def test_lines_are_numbered_from_one() -> None:
    products = _wire(lines=(line("A"), discount("-1.00"), line("B")))["ProductManifest"]["Product"]
    assert [(product["LineNo"], product["ItemNo"]) for product in products] == [("1", "A"), ("2", "B")]


@pytest.mark.parametrize(("code", "sent"), [("24", 24), ("02", "02"), ("84", 84), ("UPSG", "UPSG"), ("0", "0")])
def test_r4_a_ship_method_keeps_its_leading_zero(code: str, sent: int | str) -> None:
    order = to_sent_order(shipping_order(ship_method=code), "WEB")
    assert order.wire()["Order"]["ProductManifest"]["Product"][0]["Ship-Meth-Cd"] == sent


def test_r4_rush_and_ship_date_are_in_the_header() -> None:
    assert _header(tags=("bibi", "rush_bibi"))["RushProcessing"] == "Yes"
    assert _header(tags=("bibi", "ship_on_2026-12-24"))["FutureDate"] == "20261224"


def test_r5_no_character_is_lost_on_the_way() -> None:
    to = _wire(shipping=address(first_name="Zoë 🎁", city="København", line2="4楼"))["Shipping"]["Shipto"]
    assert (to["FirstName"], to["City"], to["Address2"]) == ("Zoë 🎁", "København", "4楼")


@pytest.mark.parametrize(
    ("utc", "chicago"),
    [
        ("2026-01-15T12:00:00", "2026-01-15 06:00:00"),
        ("2026-07-15T12:00:00", "2026-07-15 07:00:00"),
        ("2026-03-08T07:59:59", "2026-03-08 01:59:59"),
        ("2026-03-08T08:00:00", "2026-03-08 03:00:00"),
        ("2026-11-01T06:59:59", "2026-11-01 01:59:59"),
        ("2026-11-01T07:00:00", "2026-11-01 01:00:00"),
        ("2026-11-01T08:00:00", "2026-11-01 02:00:00"),
    ],
)
def test_r16_times_are_written_in_chicago_across_both_changes_of_clocks(utc: str, chicago: str) -> None:
    assert warehouse_text(datetime.fromisoformat(utc).replace(tzinfo=UTC)) == chicago


@pytest.mark.parametrize(
    ("chicago", "utc"),
    [
        ("2026-01-15 06:00:00", "2026-01-15T12:00:00"),
        ("2026-07-15 07:00:00", "2026-07-15T12:00:00"),
        ("2026-03-08 01:59:59", "2026-03-08T07:59:59"),
        ("2026-03-08 03:00:00", "2026-03-08T08:00:00"),
        ("2026-11-01 00:59:59", "2026-11-01T05:59:59"),
        ("2026-11-01 01:30:00", "2026-11-01T06:30:00"),
        ("2026-11-01 02:00:00", "2026-11-01T08:00:00"),
    ],
)
def test_r16_times_are_read_from_chicago_and_a_repeated_hour_as_its_first_pass(chicago: str, utc: str) -> None:
    assert from_warehouse_text(chicago) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@given(st.integers(0, 28 * 365 * 86_400).map(lambda seconds: _SINCE_2008 + timedelta(seconds=seconds)))
def test_r16_a_time_survives_the_way_there_and_back_but_for_the_repeated_hour(moment: datetime) -> None:
    back = from_warehouse_text(warehouse_text(moment))
    lost = moment - back
    folded = moment.astimezone(ZoneInfo("America/Chicago")).fold == 1
    assert lost == (timedelta(hours=1) if folded else timedelta(0))


@pytest.mark.parametrize("text", ["", "0000-00-00", "0000-00-00 00:00:00", "soon"])
def test_a_time_that_is_none_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_warehouse_text(text)


def test_r4_today_is_the_warehouses_today() -> None:
    warehouse = bibi_client(Canned())
    assert warehouse.date_of(datetime(2026, 3, 2, 5, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert warehouse.date_of(datetime(2026, 3, 2, 6, 0, tzinfo=UTC)) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("New", _P.OPEN), ("Collate Printed", _P.OPEN), ("Pack Checked", _P.OPEN), ("Processed", _P.OPEN),
        ("Draft", _P.OPEN), ("Mixed", _P.OPEN), ("Shipped", _P.SHIPPED), ("ShippedExternal", _P.SHIPPED),
        ("Backordered", _P.BACKORDERED), ("Backordered - HTC", _P.BACKORDERED_WITH_OTHERS), ("Returned", _P.RETURNED),
        ("Cancelled", _P.CANCELLED), ("Hold", _P.HELD), ("Pending", _P.HELD), ("Decline", _P.DECLINED),
        ("Declined", _P.DECLINED), (" SHIPPED ", _P.SHIPPED), ("backordered  -  htc", _P.BACKORDERED_WITH_OTHERS),
        ("Something new", _P.OPEN), ("", _P.OPEN),
    ],
)  # fmt: skip
def test_r17_every_documented_status_is_known_and_any_other_waits(text: str, status: PartStatus) -> None:
    part = _part(status_part(text))
    assert (part.status, part.status_text) == (status, text.strip() or "unknown")


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ([{"9400": {"weight": "0.75", "cost": "3.74"}}], ("9400",)),
        ([{"9400": {}}, {"9401": {}}], ("9400", "9401")),
        ([{"9400": {}, "9401": {}}], ("9400", "9401")),
        ({"9400": {"weight": "0.75"}, "9401": {}}, ("9400", "9401")),
        (["9400", " 9401 "], ("9400", "9401")),
        ([9400], ("9400",)),
        ("9400", ("9400",)),
        ([{"9400": {}}, {"9400": {}}], ("9400",)),
        ([], ()), ({}, ()), (None, ()), ("", ()), ([None, ""], ()), ([{}], ()), ([[]], ()),
    ],
    ids=str,
)  # fmt: skip
def test_r14_tracking_numbers_are_read_in_any_shape(value: object, numbers: tuple[str, ...]) -> None:
    assert _part(status_part("Shipped") | {"tracking_numbers": value}).tracking_numbers == numbers


@pytest.mark.parametrize(
    ("quantity", "count"), [("2", 2), (2, 2), ("2.00", 2), (2.0, 2), ("", 0), (None, 0), ("x", 0), ("Infinity", 0)]
)
def test_r14_counts_may_come_as_text(quantity: object, count: int) -> None:
    item = {"item_no": "A", "item_quantity": quantity}
    assert _part(status_part() | {"items": [item]}).quantity == count
    assert _part(status_part() | {"items": {"0": item, "1": item}}).quantity == 2 * count


@pytest.mark.parametrize("quantity", [{"count": 2}, [2], True])
def test_r11_a_part_with_a_quantity_that_cannot_be_read_is_not_taken_for_one_without_pieces(quantity: object) -> None:
    with pytest.raises(Unreadable):
        to_part(status_part() | {"items": [{"item_no": "A", "item_quantity": quantity}]})


@pytest.mark.parametrize("empty", [[], {}, None])
def test_r16_an_order_whose_details_are_php_empty_has_no_parts(empty: object) -> None:
    (order,) = to_warehouse_orders(status_order("1") | {"details": empty})
    assert (str(order.number), order.parts) == ("1", ())


def test_r16_details_may_come_as_a_list() -> None:
    (order,) = to_warehouse_orders(
        status_order("1") | {"details": [status_part("Shipped", "9400"), status_part("New")]}
    )
    assert [part.status for part in order.parts] == [_P.SHIPPED, _P.OPEN]


def test_r6_an_order_number_may_come_as_a_number() -> None:
    raw = status_order("1001")
    raw["header"]["customer_order_number"] = 1001
    assert [str(order.number) for order in to_warehouse_orders(raw)] == ["1001"]


@pytest.mark.parametrize(
    "shape", [list, lambda orders: {order["header"]["customer_order_number"]: order for order in orders}]
)
def test_r16_several_orders_come_as_a_list_or_a_map(shape: Any) -> None:
    orders = shape([status_order("1"), status_order("2")])
    assert [str(order.number) for order in to_warehouse_orders(orders)] == ["1", "2"]


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_r16_a_php_empty_list_has_no_orders(nothing: object) -> None:
    assert list(to_warehouse_orders(nothing)) == []


@pytest.mark.parametrize(
    ("field", "numbers"),
    [
        ([{"1Z1, 1Z2": {"weight": "1.5", "cost": "9.36"}}], ("1Z1", "1Z2")),
        ([{"1Z1": {}}, {"1Z1": {}}], ("1Z1",)),
        (["1Z1;1Z2", "1Z3|1Z4"], ("1Z1", "1Z2", "1Z3", "1Z4")),
        ({"9400 1102": None, "1Z2": {}}, ("9400 1102", "1Z2")),
        ([{"N/A": {"weight": "1.0", "cost": "3.74"}}, {"": {}}, {"none": {}}, {"000": {}}, {"-": {}}, "pending"], ()),
        ([None, 7, [], True, {}], ("7",)),
        (None, ()), ("", ()), ([], ()), ({}, ()), (12, ("12",)),
    ],
)  # fmt: skip
def test_r14_a_field_of_tracking_numbers_may_hold_several_or_none(field: Any, numbers: tuple[str, ...]) -> None:
    (found,) = to_warehouse_orders(status_order("1", status_part() | {"tracking_numbers": field}))
    assert found.parts[0].tracking_numbers == numbers


@pytest.mark.parametrize(
    ("measured", "cost", "weight"),
    [
        ({"weight": "0.7500", "cost": "3.74"}, "3.74", "0.75"), ({"cost": Decimal("3.74")}, "3.74", None),
        ({"cost": "3.74", "weight": "heavy"}, "3.74", None), ({"cost": ""}, None, None), ({"cost": "0.00"}, None, None),
        ({"cost": "-1"}, None, None), ({"cost": []}, None, None), ({"cost": "1e99"}, None, None), ({}, None, None),
        (None, None, None), ("3.74", None, None), ([], None, None),
    ],
)  # fmt: skip
def test_r27_weight_and_cost_of_a_parcel_come_with_the_status(
    measured: Any, cost: str | None, weight: str | None
) -> None:
    (found,) = to_warehouse_orders(status_order("1", status_part() | {"tracking_numbers": [{"1Z1, 1Z2": measured}]}))
    known = {number: (one.cost, one.weight, one.ship_method) for number, one in found.costs.items()}
    expected = (Decimal(cost), None if weight is None else Decimal(weight), "USPS First Class") if cost else None
    assert known == ({"1Z1": expected} if expected else {})


@pytest.mark.parametrize(
    ("items", "pieces"),
    [
        ([{"item_no": "MUG", "item_quantity": "2"}, {"item_no": "MUG", "item_quantity": 1}], {"MUG": 3}),
        ([{"item_no": "MUG", "item_quantity": "2"}, {"item_no": "", "item_quantity": 1}], {}),
        ([{"item_no": "MUG", "item_quantity": ""}], {}), ([{"item_no": "MUG"}], {}), ([{"item_quantity": "2"}], {}),
        ([{"item_no": "MUG", "item_quantity": "0"}], {}), ([], {}), (None, {}), ("", {}),
    ],
)  # fmt: skip
def test_r18_pieces_of_a_report_count_only_where_all_of_them_are_told(items: Any, pieces: dict[str, int]) -> None:
    (found,) = to_warehouse_orders(status_order("1", status_part() | {"items": items}))
    assert found.pieces == pieces
