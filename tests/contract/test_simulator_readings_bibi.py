"""Each reading of BiBi's documents: the simulator behaves by it, and by nothing else."""

from __future__ import annotations

import json

import pytest

from local.simulators import Fault
from local.simulators.bibi.shipments import send_back, void
from tests.contract.simulator_callers import AtBibi, orders_field, orders_text, wire_line, wire_order

PREFIXES = [({"prefix": "SA"}, "SA1001"), ({"prefix": "SA", "prefix-style": "separated"}, "SA-1001")]


def refused(answer: dict[str, object]) -> str:
    assert answer["success"] is False
    return str(answer["message"])


# Order numbers


@pytest.mark.parametrize(("readings", "shown"), PREFIXES)
def test_every_answer_carries_the_prefix(readings: dict[str, str], shown: str) -> None:
    at = AtBibi(readings)
    assert at.book(wire_order())["success"] is True
    at.account.ship("1001", ["1Z1"])
    at.account.return_item("1001", "MUG-01")
    found = at.status(shown)["result"]
    assert found["header"]["customer_order_number"] == shown
    assert list(found["details"]) == [f"{shown}-0001"]
    assert at(f"/listShipments/{shown}")["result"]["customer_order_number"] == shown
    assert at(f"/listReturns/{shown}")["result"][0]["customer_order_number"] == shown
    day = json.dumps({"date_start": "2026-07-01 00:00:00", "date_end": "2026-07-01 23:59:59"})
    assert at("/listReturns", {"json": day})["result"][0]["customer_order_number"] == shown


@pytest.mark.parametrize(("readings", "shown"), PREFIXES)
@pytest.mark.parametrize(
    ("calls", "takes_with", "takes_without"), [("with", True, False), ("without", False, True), ("either", True, True)]
)
def test_calls_take_the_number_only_as_the_reading_says(
    readings: dict[str, str], shown: str, calls: str, takes_with: bool, takes_without: bool
) -> None:
    at = AtBibi(readings | {"prefix-calls": calls})
    at.book(wire_order())
    for number, taken in ((shown, takes_with), ("1001", takes_without)):
        assert at.status(number)["success"] is taken
        assert at(f"/holdOrder/{number}")["success"] is taken
        if taken:
            at(f"/holdOrder/{number}")
        text = orders_text(wire_order("1001", "PEN"))
        assert at(f"/updateOrder/{number}", {number: text})["success"] is taken
        assert at(f"/listShipments/{number}")["success"] is taken
        assert bool(at(f"/listReturns/{number}")["result"]) is False
    asked = {"cancelEntireOrder": "Y"}
    assert at("/cancelOrder/1001", asked)["success"] is takes_without
    if not takes_without:
        assert at(f"/cancelOrder/{shown}", asked)["success"] is True
    assert at.account.orders["1001"].status == "Cancelled"


def test_a_number_that_only_ends_alike_is_another_order() -> None:
    at = AtBibi()
    at.book(wire_order("11001"))
    assert at.status("1001")["success"] is False


@pytest.mark.parametrize(
    ("reading", "http", "success", "result"),
    [
        ("refusal", 200, False, None),
        ("empty", 201, True, []),
        ("null", 201, True, None),
        ("404-envelope", 404, False, None),
    ],
)
def test_wire_order_that_does_not_exist(reading: str, http: int, success: bool, result: object) -> None:
    at = AtBibi({"not-found": reading})
    for answer in (at.raw("/orderStatus", {"orderNumber": "9"}), at.raw("/listShipments/9"), at.raw("/listProduct/9")):
        said = answer.json()
        assert (answer.status_code, said["success"], said.get("result")) == (http, success, result)
        assert said["code"] == (404 if not success else 201)
    changed = at.raw("/cancelOrder/9", {"cancelEntireOrder": "Y"})
    assert (changed.status_code, changed.json()["code"]) == (
        404 if reading == "404-envelope" else 200,
        404,
    )


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_gateway_answers_three_calls_of_twenty_and_bibi_never_sees_them(form: str) -> None:
    at = AtBibi({"gateway-404": form})
    at.raw.log_in()
    answers = [at.raw("/submitOrder", orders_field(wire_order(str(number)))) for number in range(1, 21)]
    struck = [place for place, answer in enumerate(answers, start=1) if answer.status_code == 404]
    assert struck == [7, 8, 9]
    assert sorted(map(int, at.account.orders)) == [one for one in range(1, 21) if one not in struck]
    answer = answers[6]
    assert "X-Rate-Limit-Limit" not in answer.headers
    if form == "json":
        assert answer.json() == {"message": "Not Found"}
    else:
        assert answer.content.startswith(b"<html>")


# Orders


@pytest.mark.parametrize(("reading", "number_of_orders"), [("change", 1), ("order-date", 0)])
def test_timestamp_is_the_last_change_or_the_date_of_the_order(reading: str, number_of_orders: int) -> None:
    at = AtBibi({"timestamp": reading, "several-orders": "list"})
    at.book(wire_order(EntryDate="2026-06-20 10:00:00"))  # booked on 1 July
    assert len(at("/orderStatus", {"timestamp": "2026-06-30 00:00:00"})["result"]) == number_of_orders


@pytest.mark.parametrize(
    ("reading", "one", "several"), [("object", dict, list), ("list", list, list), ("map", dict, dict)]
)
def test_several_orders_come_in_the_shape_of_the_reading(reading: str, one: type, several: type) -> None:
    at = AtBibi({"several-orders": reading, "prefix": "SA"})
    at.book(wire_order("1"))
    alone = at("/orderStatus", {"status": "New"})["result"]
    at.book(wire_order("2"))
    both = at("/orderStatus", {"status": "New"})["result"]
    assert (type(alone), type(both)) == (one, several)
    assert ("header" in alone) is (reading == "object")
    if reading == "map":
        assert set(both) == {"SA1", "SA2"}


@pytest.mark.parametrize(
    ("reading", "by_number", "by_name"), [("number", True, False), ("orders", False, True), ("either", True, True)]
)
def test_update_takes_the_field_of_the_reading(reading: str, by_number: bool, by_name: bool) -> None:
    at = AtBibi({"update-field": reading})
    at.book(wire_order())
    for field, taken, sku in (("1001", by_number, "PEN"), ("orders", by_name, "MUG-01")):
        before = [line.item_no for line in at.account.orders["1001"].submission.lines]
        assert at("/updateOrder/1001", {field: orders_text(wire_order("1001", sku))})["success"] is taken
        after = [line.item_no for line in at.account.orders["1001"].submission.lines]
        assert after == ([sku] if taken else before)


@pytest.mark.parametrize(
    ("reading", "coupons", "discounts"), [("coupons", True, False), ("discounts", False, True), ("either", True, True)]
)
def test_update_takes_coupons_or_discounts(reading: str, coupons: bool, discounts: bool) -> None:
    at = AtBibi({"update-discounts": reading})
    at.book(wire_order())
    coupon = {"CouponType": "", "CouponNumber": "SALE", "DollarDiscountAmount": "3.00", "PercentageDiscount": ""}
    changed = wire_order()
    changed["Order"]["Coupons"] = {"Coupon": coupon}
    assert at("/updateOrder/1001", {"1001": orders_text(changed)})["success"] is coupons
    if coupons:
        assert at.account.orders["1001"].submission.discount_total == 3
    changed = wire_order()
    changed["Order"]["Discounts"] = [{"Code": "SALE", "Amount": "4.00", "Type": "fixed_amount"}]
    assert at("/updateOrder/1001", {"1001": orders_text(changed)})["success"] is discounts
    if discounts:
        assert at.account.orders["1001"].submission.discount_total == 4


def test_submit_takes_discounts_and_no_coupons() -> None:
    at = AtBibi()
    order = wire_order()
    order["Order"]["Coupons"] = {"Coupon": {}}
    assert "Coupons" in refused(at.book(order))


@pytest.mark.parametrize(
    ("reading", "taken"), [("until-work-begins", True), ("new-and-pending", False), ("beside-shipped", True)]
)
def test_a_backordered_order_can_be_changed_only_where_the_list_of_statuses_says_so(reading: str, taken: bool) -> None:
    at = AtBibi({"changeable": reading})
    at.book(wire_order(lines=[wire_line("MUG-01", 11)]))
    assert at.account.orders["1001"].status == "Backordered"
    assert at("/updateOrder/1001", {"1001": orders_text(wire_order())})["success"] is taken


@pytest.mark.parametrize(("reading", "booked"), [("whole", []), ("each", ["1"])])
def test_a_bad_order_refuses_its_batch_or_itself(reading: str, booked: list[str]) -> None:
    at = AtBibi({"batch": reading})
    assert "GHOST" in refused(at.book(wire_order("1"), wire_order("2", "GHOST")))
    assert list(at.account.orders) == booked


@pytest.mark.parametrize(("reading", "doubles"), [("refused", 0), ("booked", 1)])
def test_a_number_that_is_there_is_refused_or_booked_again(reading: str, doubles: int) -> None:
    at = AtBibi({"duplicate": reading})
    at.book(wire_order())
    assert at.book(wire_order())["success"] is bool(doubles)
    assert len(at.account.duplicates) == doubles


@pytest.mark.parametrize(("reading", "taken"), [("checked", False), ("free", True)])
def test_prod_dollars_must_match_the_lines_or_not(reading: str, taken: bool) -> None:
    assert AtBibi({"prod-dollars": reading}).book(wire_order(ProdDollars="99.00"))["success"] is taken


@pytest.mark.parametrize(("reading", "taken"), [("checked", False), ("free", True)])
def test_only_yes_puts_wire_order_first(reading: str, taken: bool) -> None:
    at = AtBibi({"rush": reading})
    assert at.book(wire_order("1", RushProcessing="Yes"))["success"] is True
    assert at.book(wire_order("2", RushProcessing="Y"))["success"] is taken
    assert [order.submission.rush for order in at.account.orders.values()] == [True, *([False] if taken else [])]


@pytest.mark.parametrize(("reading", "result"), [("status", {"status": "Pending"}), ("silent", None)])
def test_a_hold_names_the_new_status_or_only_succeeds(reading: str, result: object) -> None:
    at = AtBibi({"hold-answer": reading})
    at.book(wire_order())
    answer = at("/holdOrder/1001")
    assert (answer["success"], answer["result"]) == (True, result)
    assert at.account.orders["1001"].status == "Pending"


@pytest.mark.parametrize(("reading", "fields"), [("single", ["1Z1", "1Z2"]), ("joined", ["1Z1, 1Z2"])])
def test_tracking_numbers_stand_by_themselves_or_in_one_field(reading: str, fields: list[str]) -> None:
    at = AtBibi({"tracking-numbers": reading})
    at.book(wire_order())
    at.account.ship("1001", ["1Z1", "1Z2"])
    shown = at.status("1001")["result"]["details"]["1001-0001"]["tracking_numbers"]
    assert [number for one in shown for number in one] == fields
    assert all(set(facts) == {"weight", "cost"} for one in shown for facts in one.values())
    assert sum(float(facts["weight"]) for one in shown for facts in one.values()) == 1.5


def test_wire_order_without_parcels_has_no_tracking_field() -> None:
    at = AtBibi({"tracking-numbers": "joined"})
    at.book(wire_order())
    assert at.status("1001")["result"]["details"]["1001-0001"]["tracking_numbers"] == []


# Tokens, statuses, pages


@pytest.mark.parametrize(("reading", "http"), [("keeps-old", 201), ("ends-old", 401)])
def test_a_new_token_ends_the_old_one_or_not(reading: str, http: int) -> None:
    at = AtBibi({"new-token": reading})
    first = at.raw.log_in().json()["token"]
    at.raw.log_in()
    at.raw.token = first
    assert at.raw("/listStates").status_code == http


@pytest.mark.parametrize("header", ["Authorization", "X-Authorization"])
def test_a_proxy_may_strip_the_authorization(header: str) -> None:
    at = AtBibi({"authorization": "stripped"})
    at.raw.headers = (header,)
    assert bool(at.raw.log_in().json().get("token")) is (header == "X-Authorization")
    at = AtBibi()
    at.raw.headers = (header,)
    assert at.raw.log_in().json()["token"]


@pytest.mark.parametrize("status", ["200", "400"])
def test_the_http_status_of_a_refusal(status: str) -> None:
    answer = AtBibi({"refusal-status": status}).raw("/orderStatus", {"status": "Unheard of"})
    assert (answer.status_code, answer.json()["code"]) == (int(status), 400)


@pytest.mark.parametrize("status", ["200", "201"])
def test_the_http_status_of_a_success(status: str) -> None:
    answer = AtBibi({"success-status": status}).raw("/listStates")
    assert (answer.status_code, answer.json()["code"]) == (int(status), int(status))


LISTS = [
    "listShipMethods",
    "listPayMethods",
    "listCountries",
    "listStates",
    "listOrderStatuses",
    "listProductStatusCodes",
    "listASNs",
    "listBOMs",
    "inventory/transactionTypes",
    "inventory/reasonCodes",
]


def filled(readings: dict[str, str]) -> AtBibi:
    """Three rows at least of all that can be listed, but for product statuses."""
    at = AtBibi(readings)
    at.account.add_product("BOX")
    at.account.set_bom("BOX", {"MUG-01": 1, "PEN": 2})
    at.account.add_product("BAG")
    at.account.set_bom("BAG", {"MUG-01": 1})
    header = {
        "date_shipped": "2026-07-01",
        "expected_delivery_date": "2026-07-02",
        "shipment_origination_country": "US",
        "destination_warehouse": "BWI",
    }
    for name in ("A", "B", "C"):
        notice = {"Header": header | {"asn_bol_track_number": name}, "Products": []}
        assert at("/createASN", {"json": json.dumps(notice)})["success"] is True
        at.account.receive("PEN", 1)
    return at


@pytest.mark.parametrize("name", LISTS)
def test_every_list_may_come_in_pages(name: str) -> None:
    whole = filled({})(f"/{name}")
    assert whole["hasMoreResults"] is False
    at = filled({"pages": "several"})
    found: list[object] = []
    for page in (1, 2, 3):
        answer = at(f"/{name}", {"offset": str(page)})
        assert 0 < len(answer["result"]) < len(whole["result"])
        found += answer["result"].items() if isinstance(answer["result"], dict) else answer["result"]
        if not answer["hasMoreResults"]:
            break
    assert found == (list(whole["result"].items()) if isinstance(whole["result"], dict) else whole["result"])


def test_orders_products_shipments_returns_and_movements_come_in_pages_too() -> None:
    at = filled({"pages": "several"})
    for number in ("1", "2", "3"):
        at.book(wire_order(number))
        at.account.ship(number, [f"1Z{number}"])
        at.account.return_item(number, "MUG-01")
    for tracking in ("1Z4", "1Z5"):
        at.account.add_parcel("1", tracking)
    day = json.dumps({"date_start": "2026-07-01 00:00:00", "date_end": "2026-07-01 23:59:59"})
    calls: list[tuple[str, dict[str, str]]] = [
        ("/orderStatus", {"status": "Returned"}),
        ("/listProducts", {}),
        ("/listShipments/1", {}),
        ("/listReturns", {"json": day}),
        ("/inventory/transactions", {"json": day}),
    ]
    for path, form in calls:
        first, second, third = (at(path, form | {"offset": page}) for page in ("1", "2", "3"))
        assert first["hasMoreResults"] is True, path
        assert second["result"]
        assert third["hasMoreResults"] is False


# Goods


@pytest.mark.parametrize(("reading", "found"), [("number", "MUG-01"), ("id", "10001")])
def test_a_product_is_found_by_its_number_or_by_its_id(reading: str, found: str) -> None:
    at = AtBibi({"list-product": reading})
    for wanted in ("MUG-01", "10001"):
        answer = at(f"/listProduct/{wanted}")
        if wanted == found:
            assert (answer["product_number"], answer["third_party_id_no"]) == ("MUG-01", 10001)
        else:
            assert refused(answer)


@pytest.mark.parametrize("reading", ["each", "whole"])
def test_a_product_that_is_not_taken_is_refused_in_its_message_or_with_all(reading: str) -> None:
    at = AtBibi({"upsert-messages": reading})
    sent = [
        {"product_number": "MUG-01", "short_description": "Mug", "product_status": "R1"},
        {"product_number": "BAD", "short_description": "Bad", "product_status": "??"},
        {"product_number": "NEW", "short_description": "New", "product_status": "R1"},
    ]
    answer = at("/upsertProducts", {"products": json.dumps(sent)})
    if reading == "whole":
        assert "??" in refused(answer)
        assert "NEW" not in at.account.products
    else:
        assert answer["message"][::2] == ["Product updated.", "Product inserted."]
        assert "??" in answer["message"][1]
        assert answer["result"] == [None, None, "10003"]
        assert ("NEW" in at.account.products, "BAD" in at.account.products) == (True, False)


@pytest.mark.parametrize(
    ("reading", "one", "listed"), [("sample", int, str), ("text", str, str), ("numbers", int, int)]
)
def test_stock_figures_come_as_text_or_as_numbers(reading: str, one: type, listed: type) -> None:
    at = AtBibi({"stock-numbers": reading})
    assert type(at("/listProduct/PEN")["quantity_in_stock"]) is one
    assert type(at("/listProducts")["result"][0]["quantity_in_stock"]) is listed


@pytest.mark.parametrize("reading", ["form", "json"])
def test_a_bill_of_materials_is_posted_one_way_only(reading: str) -> None:
    at = AtBibi({"bom": reading})
    at.account.add_product("BOX")
    bom = {
        "product_number": "BOX",
        "components": [{"component_product_number": "PEN", "component_quantity": 2}],
    }

    def post(path: str, value: object, way: str) -> bool:
        sent = at(path, {"json": json.dumps(value)}) if way == "form" else at(path, body=value)
        return bool(sent["success"])

    other = "json" if reading == "form" else "form"
    for path, value in (("/upsertBOM", bom), ("/upsertBOMs", [bom])):
        at.account.boms.clear()
        assert post(path, value, other) is False
        assert at.account.boms == {}
        assert post(path, value, reading) is True
        assert at.account.boms == {"BOX": {"PEN": 2}}


@pytest.mark.parametrize(("reading", "pens", "boxes"), [("components", 2, 0), ("kit", 0, 1)])
def test_a_kit_is_allocated_in_its_components_or_in_itself(reading: str, pens: int, boxes: int) -> None:
    at = AtBibi({"kit-stock": reading})
    at.account.add_product("BOX")
    at.account.set_bom("BOX", {"PEN": 2})
    at.book(wire_order("1001", "BOX"))
    allocated = {number: one["allocated_quantity"] for number, one in at.account.products.items()}
    assert (allocated["PEN"], allocated["BOX"]) == (pens, boxes)


# What an account has set up


def test_wire_order_must_be_payable_and_shippable_by_what_the_account_has_set_up() -> None:
    at = AtBibi()
    at.account.lists |= {
        "listPayMethods": [{"code": "VI", "name": "Visa"}],
        "listShipMethods": [{"code": "81", "short": "International", "is_expedite": "1", "is_generic": "1"}],
    }
    assert "PP" in refused(at.book(wire_order()))
    assert "24" in refused(at.book(wire_order(PayMethod="VI")))


@pytest.mark.parametrize("who", ["Billing", "Shipping"])
def test_an_address_in_the_united_states_needs_a_state(who: str) -> None:
    order = wire_order()
    order["Order"][who][{"Billing": "Billto", "Shipping": "Shipto"}[who]]["State"] = ""
    assert "State" in refused(AtBibi().book(order))


@pytest.mark.parametrize(("reading", "taken"), [("until-work-begins", False), ("beside-shipped", True)])
def test_what_is_left_of_wire_order_can_be_cancelled_beside_a_shipped_part_or_not(reading: str, taken: bool) -> None:
    at = AtBibi({"changeable": reading})
    at.book(wire_order("1001", "MUG-01", "PEN"))
    at.account.split("1001", ["MUG-01"], ["PEN"])
    at.account.ship("1001", part=1)
    assert at("/cancelOrder/1001", {"cancelEntireOrder": "Y"})["success"] is taken
    assert [part.status for part in at.account.orders["1001"].parts] == ["Shipped", "Cancelled" if taken else "New"]


# Parcels


def test_a_part_shows_weight_and_cost_of_each_parcel() -> None:
    at = AtBibi()
    at.book(wire_order())
    at.account.ship("1001", ["1Z1"])
    (shown,) = at.status("1001")["result"]["details"].values()
    assert shown["tracking_numbers"] == [{"1Z1": {"weight": "0.7500", "cost": "3.74"}}]


def test_voided_labels_and_return_parcels_stand_beside_the_shipments() -> None:
    at = AtBibi({"several-orders": "list"})
    at.book(wire_order())
    at.account.ship("1001", ["1Z1", "1Z2"])
    void(at.account, "1001", "1Z2")
    send_back(at.account, "1001", "1ZBACK")
    rows = at("/listShipments/1001")["result"]
    assert [(row["type"], row["tracking_number"]) for row in rows] == [
        ("Shipment", "1Z1"),
        ("Shipment", "1Z2"),
        ("Void", "1Z2"),
        ("Return", "1ZBACK"),
    ]
    assert len({row["shipment_number"] for row in rows}) == 4
    assert at("/listReturns/1001")["result"] == []


@pytest.mark.parametrize("kind", ["gateway_404_json", "gateway_404_html"])
def test_a_gateway_may_swallow_a_single_call(kind: str) -> None:
    at = AtBibi()
    at.raw.log_in()
    at.bibi.faults.add(Fault(kind, "POST /submitOrder"))  # type: ignore[arg-type]
    assert at.raw("/submitOrder", orders_field(wire_order())).status_code == 404
    assert at.account.orders == {}
    assert at.book(wire_order())["success"] is True
