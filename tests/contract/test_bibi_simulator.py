"""The BiBi simulator keeps what BiBi's developer portal promises, one rule a test."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from local.simulators import Bibi
from local.simulators.bibi import Account
from testkit.clock import ManualClock
from tests.contract.simulator_callers import TIMEOUT, BibiCaller, Wire, orders_field, wire_line, wire_order


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


Start = Callable[..., tuple[Bibi, Account, BibiCaller]]


@pytest.fixture
def start(clock: ManualClock) -> Iterator[Start]:
    """Start a service with options, one account and two products; unthrottled unless asked."""
    running: list[Bibi] = []

    def started(**options: Any) -> tuple[Bibi, Account, BibiCaller]:
        chosen: dict[str, Any] = {"throttles": False, "clock": clock} | options
        bibi = Bibi(**chosen).start()
        running.append(bibi)
        account = bibi.add_account("public", "secret", sources={"WEB"})
        account.add_product("MUG-01", stock=10)
        account.add_product("PEN", stock=10)
        return bibi, account, BibiCaller(bibi)

    yield started
    for bibi in running:
        bibi.stop()


def refusal(answer: requests.Response) -> str:
    """The message of a refusal inside HTTP 200."""
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is False
    return str(answer.json()["message"])


def result(answer: requests.Response) -> Any:
    assert answer.status_code == 201, answer.text
    assert answer.json()["success"] is True, answer.text
    return answer.json()["result"]


# Tokens


def test_the_keys_give_a_token_that_expires_a_day_later_in_chicago_time(start: Start) -> None:
    _, _, call = start()
    body = call.log_in().json()
    assert (body["success"], len(body["token"])) == (True, 64)
    # Noon UTC is 7:00 in Chicago; the portal writes the hour without a leading zero.
    assert body["expires"] == "2026-07-02 7:00:00"


def test_in_winter_chicago_is_six_hours_behind(start: Start, clock: ManualClock) -> None:
    clock.seconds = datetime(2026, 1, 15, 20, 30, tzinfo=UTC).timestamp()
    _, _, call = start()
    assert call.log_in().json()["expires"] == "2026-01-16 14:30:00"


def test_wrong_keys_get_no_token(start: Start) -> None:
    bibi, _, _ = start()
    answer = requests.get(bibi.url + "/", auth=("public", "wrong"), timeout=TIMEOUT)
    body = answer.json()
    assert (answer.status_code, body["success"], body["message"]) == (401, False, "Invalid credentials.")


def test_the_secret_and_a_made_up_token_are_unauthorized(start: Start) -> None:
    _, _, call = start()
    for password in ("secret", "made-up"):
        call.token = password
        assert call("/listStates").status_code == 401


def test_an_expired_token_is_forbidden_and_a_new_one_works(start: Start, clock: ManualClock) -> None:
    _, _, call = start()
    assert call("/listStates").status_code == 201
    clock.sleep(24 * 3600)
    assert call("/listStates").status_code == 403
    call.log_in()
    assert call("/listStates").status_code == 201


@pytest.mark.parametrize(("new_token", "status"), [("keeps-old", 201), ("ends-old", 401)])
def test_a_new_token_ends_the_old_one_only_where_chosen(start: Start, new_token: str, status: int) -> None:
    _, _, call = start(readings={"new-token": new_token})
    call.log_in()
    old = call.token
    call.log_in()
    call.token = old
    assert call("/listStates").status_code == status


def test_x_authorization_serves_as_well(start: Start) -> None:
    bibi, _, call = start()
    call.log_in()
    encoded = requests.auth._basic_auth_str("public", call.token)
    answer = requests.post(bibi.url + "/listStates", headers={"X-Authorization": encoded}, timeout=TIMEOUT)
    assert answer.status_code == 201


# The rate limit


def test_sixty_calls_a_minute_then_429_until_the_window_ends(start: Start, clock: ManualClock) -> None:
    _, _, call = start(throttles=True)
    first = call.log_in()
    assert first.headers["X-Rate-Limit-Remaining"] == "59"
    assert first.json()["X-Rate-Limit-Remaining"] == 59
    assert {call("/listStates").status_code for _ in range(59)} == {201}
    clock.sleep(40)
    refused = call("/listStates")
    assert (refused.status_code, refused.json()) == (429, {"message": "Too Many Requests"})
    limits = [refused.headers[f"X-Rate-Limit-{name}"] for name in ("Limit", "Remaining", "Reset")]
    assert limits == ["60", "0", "20"]
    clock.sleep(20)
    assert call("/listStates").status_code == 201


def test_each_key_has_a_limit_of_its_own(start: Start) -> None:
    bibi, _, call = start(throttles=True)
    for _ in range(61):
        call("/listStates")
    bibi.add_account("other", "secret")
    assert BibiCaller(bibi, "other", "secret")("/listStates").status_code == 201


# Submitting


def test_an_order_as_in_the_documents_is_on_the_books(start: Start) -> None:
    _, account, call = start()
    answer = call("/submitOrder", orders_field(wire_order(Comment="Für dich 🎁", FutureDate="20260801")))
    assert (answer.json()["success"], answer.json()["message"]) == (True, "Orders uploaded.")
    booked = account.orders["1001"]
    assert (booked.status, booked.submission.comment, booked.submission.future_date) == (
        "New",
        "Für dich 🎁",
        "2026-08-01",
    )


def test_a_test_order_is_checked_but_not_booked(start: Start) -> None:
    _, account, call = start()
    assert call("/submitOrder", orders_field(wire_order(), test="T")).json()["success"] is True
    assert "PayMethod" in refusal(call("/submitOrder", orders_field(wire_order(PayMethod="XX"), test="T")))
    assert account.orders == {}


def changed(path: str, value: Any) -> Wire:
    """The sample order with the field at `path` set, or removed when the value is None."""
    entry = wire_order()
    steps = path.split(".")
    target: Any = entry["Order"]
    for step in steps[:-1]:
        target = target[int(step)] if isinstance(target, list) else target[step]
    if value is None:
        del target[steps[-1]]
    else:
        target[steps[-1]] = value
    return entry


@pytest.mark.parametrize(
    ("path", "value", "names"),
    [
        ("Header.HeaderGroup.OrderNumber", "", "OrderNumber"),
        ("Header.HeaderGroup.EntryDate", "01.07.2026", "EntryDate"),
        ("Header.HeaderGroup.FutureDate", "2026-08-01", "FutureDate"),
        ("Header.HeaderGroup.FutureDate", "20261301", "FutureDate"),
        ("Header.HeaderGroup.Source", "SHOP", "Source"),
        ("Header.HeaderGroup.ProdDollars", "99.00", "ProdDollars"),
        ("Header.HeaderGroup.ProdDollars", "ten", "ProdDollars"),
        ("Header.HeaderGroup.PHAmt", None, "PHAmt"),
        ("Header.HeaderGroup.TaxAmt", "-1", "TaxAmt"),
        ("Header.HeaderGroup.TaxAmt", "1.999", "TaxAmt"),
        ("Header.HeaderGroup.RushProcessing", "Y", "RushProcessing"),
        ("Header.HeaderGroup.PayMethod", "CASH", "PayMethod"),
        ("Header.HeaderGroup.Currency", "USD", "Currency"),
        ("Discounts", [{"Code": "A", "Amount": "1.00", "Type": "absolute"}], "discount"),
        ("Discounts", {"Code": "A"}, "Discounts"),
        ("Notes", "x", "Notes"),
        ("Shipping", None, "Shipping"),
        ("Billing", None, "Billing"),
        ("Shipping.Shipto.Address1", "", "Address1"),
        ("Shipping.Shipto.ZipCode", None, "ZipCode"),
        ("Shipping.Shipto.LastName", "", "LastName"),
        ("Shipping.Shipto.State", "California", "California"),
        ("Shipping.Shipto.CountryCd", "USA", "CountryCd"),
        ("Shipping.Shipto.Zip", "1", "Zip"),
        ("ProductManifest.Product", [], "Product"),
        ("ProductManifest.Product.0.LineNo", "2", "LineNo"),
        ("ProductManifest.Product.0.ItemNo", "GHOST-99", "GHOST-99"),
        ("ProductManifest.Product.0.ItemNo", "M" * 21, "20 characters"),
        ("ProductManifest.Product.0.Quantity", 0, "Quantity"),
        ("ProductManifest.Product.0.Quantity", 1.5, "Quantity"),
        ("ProductManifest.Product.0.Ship-Meth-Cd", "99", "Ship-Meth-Cd"),
        ("ProductManifest.Product.0.SKU", "MUG-01", "SKU"),
    ],
)
def test_an_order_with_a_bad_field_is_refused_by_name_inside_a_200(
    start: Start, path: str, value: Any, names: str
) -> None:
    _, account, call = start()
    assert names in refusal(call("/submitOrder", orders_field(changed(path, value))))
    assert account.orders == {}


def test_an_item_that_is_not_available_cannot_be_ordered(start: Start) -> None:
    _, account, call = start()
    account.products["MUG-01"]["available"] = "0"
    assert "not available" in refusal(call("/submitOrder", orders_field(wire_order())))


def test_unit_prices_may_be_off_by_the_rounding_to_cents(start: Start) -> None:
    _, _, call = start()
    lines = [wire_line(quantity=3, Amount="3.33")]
    answer = call("/submitOrder", orders_field(wire_order(lines=lines, ProdDollars="10.00")))
    assert answer.json()["success"] is True


def test_where_chosen_prod_dollars_may_be_more_than_the_lines(start: Start) -> None:
    _, _, call = start(readings={"prod-dollars": "free"})
    assert call("/submitOrder", orders_field(wire_order(ProdDollars="26.50"))).json()["success"] is True


def test_only_a_form_with_the_field_orders_is_taken(start: Start) -> None:
    bibi, _, call = start()
    call.log_in()
    sent = {"Test": "F", "Orders": [wire_order()]}
    as_json = requests.post(bibi.url + "/submitOrder", json=sent, auth=("public", call.token), timeout=TIMEOUT)
    assert as_json.status_code == 400
    assert call("/submitOrder", {"json": json.dumps(sent)}).status_code == 400
    assert call("/submitOrder", {"orders": "{"}).status_code == 400
    assert call("/submitOrder", method="GET").status_code == 405


def test_one_bad_order_refuses_the_whole_batch(start: Start) -> None:
    _, account, call = start()
    batch = orders_field(wire_order("1"), wire_order("2", PayMethod="XX"))
    assert "Order 2" in refusal(call("/submitOrder", batch))
    assert account.orders == {}


def test_where_chosen_only_the_bad_order_is_refused(start: Start) -> None:
    _, account, call = start(readings={"batch": "each"})
    batch = orders_field(wire_order("1"), wire_order("2", PayMethod="XX"))
    assert "Order 2" in refusal(call("/submitOrder", batch))
    assert list(account.orders) == ["1"]


def test_a_number_on_the_books_is_refused(start: Start) -> None:
    _, account, call = start()
    call("/submitOrder", orders_field(wire_order()))
    assert "already exists" in refusal(call("/submitOrder", orders_field(wire_order())))
    assert account.duplicates == []


def test_where_chosen_a_number_on_the_books_becomes_a_visible_double(start: Start) -> None:
    _, account, call = start(readings={"duplicate": "booked"})
    for _ in range(2):
        call("/submitOrder", orders_field(wire_order()))
    assert (account.orders["1001"].submissions, len(account.duplicates)) == (2, 1)


# Asking for the status


def booked(call: BibiCaller, *numbers: str) -> None:
    answer = call("/submitOrder", orders_field(*(wire_order(number) for number in numbers)))
    assert answer.json()["success"] is True, answer.text


def test_one_order_is_shown_as_in_the_documents_with_numbers_as_text(start: Start) -> None:
    _, account, call = start()
    booked(call, "1001")
    account.ship("1001", ["9400110200828627551759"], method="09")
    found = result(call("/orderStatus", {"orderNumber": "1001"}))
    assert found["header"]["customer_order_number"] == "1001"
    assert found["header"]["shipto_state"] == "CA"
    assert found["header"]["future_date"] == "0000-00-00"
    assert found["details"] == {
        "1001-0001": {
            "ship_method": "USPS First Class",
            "status": "Shipped",
            "items": [
                {
                    "item_no": "MUG-01",
                    "item_quantity": "1",
                    "item_description": "",
                    "item_price": "14.50",
                }
            ],
            "tracking_numbers": [{"9400110200828627551759": {"weight": "0.7500", "cost": "3.74"}}],
        }
    }


@pytest.mark.parametrize(("shape", "kind"), [("object", list), ("list", list), ("map", dict)])
def test_several_orders_come_in_the_chosen_shape(start: Start, shape: str, kind: type) -> None:
    _, _, call = start(readings={"several-orders": shape})
    booked(call, "1", "2")
    several = result(call("/orderStatus", {"status": "New"}))
    assert (type(several), len(several)) == (kind, 2)


@pytest.mark.parametrize(
    ("choice", "status", "success"), [("404-envelope", 404, False), ("empty", 201, True), ("refusal", 200, False)]
)
def test_an_unknown_number_is_answered_as_chosen(start: Start, choice: str, status: int, success: bool) -> None:
    _, _, call = start(readings={"not-found": choice})
    answer = call("/orderStatus", {"orderNumber": "9"})
    assert (answer.status_code, answer.json()["success"]) == (status, success)


def test_number_and_timestamp_exclude_each_other_and_something_must_be_asked(start: Start) -> None:
    _, _, call = start()
    assert "together" in refusal(call("/orderStatus", {"orderNumber": "1", "timestamp": "1782900000"}))
    assert "required" in refusal(call("/orderStatus", {"offset": "1"}))
    assert "status" in refusal(call("/orderStatus", {"status": "Gone"}))


@pytest.mark.parametrize("written", ["1782907260", "2026-07-01 07:01:00"])
def test_a_timestamp_is_unix_time_or_chicago_time_and_means_the_last_change(
    start: Start, clock: ManualClock, written: str
) -> None:
    _, account, call = start(readings={"several-orders": "list"})
    booked(call, "1", "2")
    clock.sleep(60)
    account.set_status("2", "Pack Checked")
    found = result(call("/orderStatus", {"timestamp": written}))
    assert [order["header"]["customer_order_number"] for order in found] == ["2"]


def test_a_timestamp_can_mean_the_order_date(start: Start, clock: ManualClock) -> None:
    _, account, call = start(readings={"several-orders": "list", "timestamp": "order-date"})
    booked(call, "1")
    clock.sleep(3600)
    account.ship("1")
    assert result(call("/orderStatus", {"timestamp": "2026-07-01 07:30:00"})) == []
    assert len(result(call("/orderStatus", {"timestamp": "2026-07-01 07:00:00"}))) == 1


def test_chicago_time_follows_daylight_saving(start: Start, clock: ManualClock) -> None:
    _, _, call = start(readings={"several-orders": "list"})
    clock.seconds = datetime(2026, 11, 1, 7, 30, tzinfo=UTC).timestamp()  # 1:30 standard time, after the switch
    booked(call, "1")
    clock.seconds = datetime(2026, 11, 1, 9, 0, tzinfo=UTC).timestamp()
    # 1:15 is read as its first occurrence, still in daylight time, an hour and a quarter before.
    assert len(result(call("/orderStatus", {"timestamp": "2026-11-01 01:15:00"}))) == 1
    assert result(call("/orderStatus", {"timestamp": "2026-11-01 02:00:00"})) == []


def test_a_timestamp_more_than_thirty_days_back_is_refused(start: Start) -> None:
    _, _, call = start()
    assert "30 days" in refusal(call("/orderStatus", {"timestamp": "2026-05-31 07:00:00"}))
    assert "timestamp" in refusal(call("/orderStatus", {"timestamp": "yesterday"}))


def test_a_hundred_orders_a_page_and_more_are_announced(start: Start) -> None:
    _, account, call = start(readings={"several-orders": "list"})
    account.products["MUG-01"]["quantity_in_stock"] = 200
    booked(call, *(str(number) for number in range(1, 131)))
    first = call("/orderStatus", {"status": "New"})
    second = call("/orderStatus", {"status": "New", "offset": "2"})
    assert (len(result(first)), first.json()["hasMoreResults"]) == (100, True)
    assert (len(result(second)), second.json()["hasMoreResults"]) == (30, False)


def test_parts_with_different_statuses_are_mixed(start: Start) -> None:
    _, account, call = start()
    lines = [wire_line(), wire_line("PEN", LineNo="2")]
    call("/submitOrder", orders_field(wire_order(lines=lines)))
    account.split("1001", ["MUG-01"], ["PEN"])
    account.ship("1001", part=1)
    details = result(call("/orderStatus", {"status": "Mixed"}))["details"]
    assert {key: part["status"] for key, part in details.items()} == {
        "1001-0001": "Shipped",
        "1001-0002": "New",
    }


# Changing, cancelling, holding; what came back


def test_a_new_order_can_be_updated_and_a_packed_one_cannot(start: Start) -> None:
    _, account, call = start()
    booked(call, "1001")
    update = {"1001": orders_field(wire_order(lines=[wire_line("PEN", 2)]))["orders"]}
    assert call("/updateOrder/1001", update).json()["message"] == "Order updated."
    assert [line.item_no for line in account.orders["1001"].submission.lines] == ["PEN"]
    assert account.products["MUG-01"]["allocated_quantity"] == 0
    account.set_status("1001", "Pack Checked")
    assert "Pack Checked" in refusal(call("/updateOrder/1001", update))


def test_the_update_can_be_demanded_in_a_field_named_by_the_order(start: Start) -> None:
    _, _, call = start(readings={"update-field": "number"})
    booked(call, "1001")
    sent = orders_field(wire_order())
    assert call("/updateOrder/1001", sent).status_code == 400
    assert call("/updateOrder/1001", {"1001": sent["orders"]}).json()["success"] is True


def test_an_order_is_cancelled_whole_or_by_product(start: Start) -> None:
    _, account, call = start()
    call("/submitOrder", orders_field(wire_order(lines=[wire_line(), wire_line("PEN", LineNo="2")])))
    sent = {"cancelEntireOrder": "N", "orderNumber": "1001", "products": '["PEN"]'}
    assert call("/cancelOrder/1001", sent).json()["success"] is True
    assert [line.item_no for line in account.orders["1001"].parts[0].lines] == ["MUG-01"]
    call("/cancelOrder/1001", {"cancelEntireOrder": "Y", "orderNumber": "1001"})
    assert account.orders["1001"].status == "Cancelled"
    assert account.products["MUG-01"]["allocated_quantity"] == 0


def test_a_shipped_order_cannot_be_cancelled_or_held(start: Start) -> None:
    _, account, call = start()
    booked(call, "1001")
    account.ship("1001")
    assert "Shipped" in refusal(call("/cancelOrder/1001", {"cancelEntireOrder": "Y"}))
    assert "Shipped" in refusal(call("/holdOrder/1001"))


def test_holding_is_a_toggle_that_names_the_new_status(start: Start) -> None:
    _, _, call = start()
    booked(call, "1001")
    answers = [call("/holdOrder/1001").json() for _ in range(2)]
    assert [answer["result"] for answer in answers] == [{"status": "Pending"}, {"status": "New"}]
    assert answers[0]["message"] == "Order status updated to Pending"


def test_changing_an_unknown_order_is_a_404_where_that_is_the_reading(start: Start) -> None:
    _, _, call = start(readings={"not-found": "404-envelope"})
    assert call("/holdOrder/9").status_code == 404
    assert call("/cancelOrder/9", {"cancelEntireOrder": "Y"}).status_code == 404


def test_returns_are_listed_by_order_or_by_time(start: Start) -> None:
    _, account, call = start()
    booked(call, "1001")
    account.ship("1001")
    account.return_item("1001", "MUG-01", reason="Broken")
    by_path = result(call("/listReturns/1001"))
    assert [(row["product_number"], row["quantity"], row["return_reason"]) for row in by_path] == [
        ("MUG-01", "1", "Broken")
    ]
    day = {"date_start": "2026-07-01 00:00:00", "date_end": "2026-07-01 23:59:59"}
    assert result(call("/listReturns", {"json": json.dumps(day)})) == by_path
    assert "required" in refusal(call("/listReturns", {"json": "{}"}))


# Stock and products


def stock(account: Account, number: str = "MUG-01") -> tuple[int, int, int]:
    product = account.products[number]
    return product["quantity_in_stock"], product["allocated_quantity"], product["backorder_quantity"]


def test_stock_is_allocated_by_an_order_and_taken_off_by_its_shipment(start: Start) -> None:
    _, account, call = start()
    call("/submitOrder", orders_field(wire_order(lines=[wire_line(quantity=3)])))
    assert stock(account) == (10, 3, 0)
    account.ship("1001")
    assert stock(account) == (7, 0, 0)


def test_what_is_not_in_stock_is_backordered_until_it_arrives(start: Start) -> None:
    _, account, call = start()
    call("/submitOrder", orders_field(wire_order(lines=[wire_line(quantity=12)])))
    assert (account.orders["1001"].status, stock(account)) == ("Backordered", (10, 0, 12))
    account.restock("MUG-01", 5)
    assert (account.orders["1001"].status, stock(account)) == ("New", (15, 12, 0))


def test_a_backordered_cancelled_or_declined_order_gives_its_stock_back(start: Start) -> None:
    _, account, call = start()
    booked(call, "1", "2", "3")
    account.backorder("1")
    account.cancel("2")
    account.decline("3")
    assert [account.orders[n].status for n in ("1", "2", "3")] == ["Backordered", "Cancelled", "Decline"]
    assert stock(account) == (10, 0, 1)
    account.ship("1")
    assert stock(account) == (9, 0, 0)


def upsert(call: BibiCaller, **fields: Any) -> requests.Response:
    sent = {"product_number": "CUP", "short_description": "Cup", "product_status": "R1"} | fields
    return call("/upsertProduct", {"product": json.dumps(sent)})


def test_a_product_is_inserted_then_updated(start: Start) -> None:
    _, account, call = start()
    inserted = upsert(call, weight=0.5).json()
    assert (inserted["message"], bool(inserted["result"])) == ("Product inserted.", True)
    assert upsert(call, short_description="Tall cup").json()["message"] == "Product updated."
    assert (account.products["CUP"]["short_description"], account.products["CUP"]["weight"]) == (
        "Tall cup",
        0.5,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product_number", "M" * 21),
        ("short_description", ""),
        ("product_status", "ZZ"),
        ("quantity_in_stock", 5),
        ("available", "yes"),
        ("weight", "heavy"),
        ("product_alias", "PEN"),
        ("sub_with_product", "GHOST"),
        ("colour", "red"),
    ],
)
def test_a_product_with_a_bad_field_is_refused(start: Start, field: str, value: Any) -> None:
    _, account, call = start()
    assert refusal(upsert(call, **{field: value}))
    assert "CUP" not in account.products


def test_several_products_get_one_message_each_in_order(start: Start) -> None:
    _, _, call = start()
    sent = [{"product_number": number, "short_description": "x", "product_status": "R1"} for number in ("PEN", "CUP")]
    answer = call("/upsertProducts", {"products": json.dumps(sent)})
    assert answer.json()["message"] == ["Product updated.", "Product inserted."]
    assert [outcome is None for outcome in result(answer)] == [True, False]


def test_one_product_is_shown_bare(start: Start) -> None:
    _, _, call = start()
    shown = call("/listProduct/PEN").json()
    assert ("success" in shown, shown["product_number"], shown["quantity_in_stock"]) == (False, "PEN", 10)
    assert "GHOST" in refusal(call("/listProduct/GHOST"))


def test_products_come_in_pages_with_the_stock_as_text(start: Start) -> None:
    _, _, call = start()
    page = call("/listProducts", {"json": json.dumps({"offset": 1, "perPage": 1})})
    assert [(row["product_number"], row["quantity_in_stock"]) for row in result(page)] == [("MUG-01", "10")]
    assert page.json()["hasMoreResults"] is True
    assert result(call("/listProducts", {"json": json.dumps({"min_qty": 11})})) == []
    assert "perPage" in refusal(call("/listProducts", {"json": json.dumps({"limit": 5})}))


# Reference lists


def test_ship_methods_are_the_documented_ones(start: Start) -> None:
    _, _, call = start()
    methods = {row["code"]: row for row in result(call("/listShipMethods"))}
    assert len(methods) == 43
    assert methods["24"] == {"code": "24", "short": "Ground", "is_expedite": "0", "is_generic": "1"}
    assert methods["85"]["short"] == "FedEx International"


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("listPayMethods", {"code": "PP", "name": "Pre-Paid"}),
        ("listStates", {"name": "ALABAMA", "abbrev": "AL"}),
        ("listCountries", {"name": "ALGERIA", "iso": "DZ", "un1": "DZA", "un2": "012", "ecom": "1002"}),
        ("listProductStatusCodes", {"code": "R1", "description": "Regular"}),
    ],
)
def test_the_other_lists_have_the_documented_shape(start: Start, name: str, entry: dict[str, str]) -> None:
    _, _, call = start()
    assert entry in result(call(f"/{name}"))


def test_order_statuses_say_where_they_occur(start: Start) -> None:
    _, _, call = start()
    statuses = result(call("/listOrderStatuses"))
    assert (statuses["Mixed"], statuses["Backordered - HTC"]) == (["header"], ["detail"])


def test_unknown_routes_are_404_in_bibis_words(start: Start) -> None:
    _, _, call = start()
    answer = call("/nonsense")
    assert (answer.status_code, answer.json()["success"]) == (404, False)
