"""The Billbee simulator keeps what Billbee's documents promise, one rule a test."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from local.simulators import Billbee
from local.simulators.billbee import Account
from local.simulators.billbee.orders import item, order, product
from testkit.clock import ManualClock
from tests.contract.simulator_callers import KEY, PASSWORD, USER, BillbeeCaller


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def billbee(clock: ManualClock) -> Iterator[Billbee]:
    with Billbee(api_key=KEY, clock=clock) as running:
        yield running


@pytest.fixture
def unthrottled(clock: ManualClock) -> Iterator[Billbee]:
    with Billbee(api_key=KEY, clock=clock, throttles=False) as running:
        yield running


@pytest.fixture
def shop(unthrottled: Billbee) -> Account:
    return unthrottled.add_account(USER, PASSWORD)


@pytest.fixture
def call(unthrottled: Billbee, shop: Account) -> BillbeeCaller:
    return BillbeeCaller(unthrottled)


def ids(answer: requests.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [entry["BillBeeOrderId"] for entry in answer.json()["Data"]]


# Authentication


@pytest.mark.parametrize(
    ("key", "user", "password"),
    [("wrong", USER, PASSWORD), (KEY, "nobody@example.com", PASSWORD), (KEY, USER, "Password-9999")],
)
def test_a_wrong_key_user_or_password_is_unauthorized(
    unthrottled: Billbee, shop: Account, key: str, user: str, password: str
) -> None:
    assert BillbeeCaller(unthrottled, user, password, key)("GET", "/orders").status_code == 401


def test_a_missing_key_or_missing_login_is_unauthorized(unthrottled: Billbee, shop: Account) -> None:
    url = unthrottled.url + "/orders"
    assert requests.get(url, auth=(USER, PASSWORD), timeout=60).status_code == 401
    assert requests.get(url, headers={"X-Billbee-Api-Key": KEY}, timeout=60).status_code == 401


def test_each_user_sees_only_its_own_orders(unthrottled: Billbee, shop: Account, call: BillbeeCaller) -> None:
    unthrottled.add_account("other@example.com", "Password-5678").add_order(order(1))
    shop.add_order(order(2))
    assert ids(call("GET", "/orders")) == [2]


def test_an_answer_is_dated_by_the_clock_of_the_service(call: BillbeeCaller, clock: ManualClock) -> None:
    clock.sleep(3600)
    assert parsedate_to_datetime(call("GET", "/orders").headers["Date"]) == clock.now()


def test_unknown_routes_are_404_and_wrong_methods_405(call: BillbeeCaller) -> None:
    assert call("GET", "/nonsense").status_code == 404
    assert call("DELETE", "/orders/1/tags").status_code == 405


# Throttles


def throttled_calls(billbee: Billbee) -> BillbeeCaller:
    shop = billbee.add_account(USER, PASSWORD)
    for number in range(1, 20):
        shop.add_order(order(number))
    return BillbeeCaller(billbee)


def test_a_third_call_within_a_second_to_one_endpoint_is_told_how_long_to_wait(
    billbee: Billbee, clock: ManualClock
) -> None:
    call = throttled_calls(billbee)
    assert [call("GET", "/orders").status_code for _ in range(2)] == [200, 200]
    refused = call("GET", "/orders")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    clock.sleep(1)
    assert call("GET", "/orders").status_code == 200


def test_an_endpoint_is_the_route_and_not_the_single_order(billbee: Billbee) -> None:
    call = throttled_calls(billbee)
    path = "/orders/{}/tags"
    assert [call("POST", path.format(n), {"Tags": ["a"]}).status_code for n in (1, 2, 3)] == [200, 200, 429]
    assert call("PUT", path.format(1), {"Tags": ["a"]}).status_code == 200


def test_a_user_has_ten_calls_a_second_over_all_endpoints(billbee: Billbee) -> None:
    call = throttled_calls(billbee)
    paths = [
        "/orders",
        "/products",
        "/products/stocks",
        "/enums/orderstates",
        "/enums/paymenttypes",
        "/webhooks",
    ]
    statuses = [call("GET", path).status_code for path in paths for _ in range(2)]
    assert statuses == [200] * 10 + [429] * 2


def test_a_key_has_fifty_calls_a_second_over_all_users(billbee: Billbee) -> None:
    statuses = []
    for number in range(6):
        user = f"user{number}@example.com"
        billbee.add_account(user, PASSWORD)
        call = BillbeeCaller(billbee, user, PASSWORD, KEY)
        paths = ["/orders", "/products", "/products/stocks", "/enums/orderstates", "/webhooks"]
        statuses += [call("GET", path).status_code for path in paths for _ in range(2)]
    assert statuses == [200] * 50 + [429] * 10


def test_one_order_can_be_read_six_times_a_minute(billbee: Billbee, clock: ManualClock) -> None:
    call = throttled_calls(billbee)
    statuses = []
    for _ in range(7):
        statuses.append(call("GET", "/orders/1").status_code)
        clock.sleep(1)
    assert statuses == [200] * 6 + [429]
    assert int(call("GET", "/orders/1").headers["Retry-After"]) > 50
    assert call("GET", "/orders/2").status_code == 200


# Listing orders


def test_a_page_has_fifty_orders_and_says_how_many_there_are(shop: Account, call: BillbeeCaller) -> None:
    for number in range(1, 61):
        shop.add_order(order(number))
    first = call("GET", "/orders")
    assert len(ids(first)) == 50
    assert first.json()["Paging"] == {"Page": 1, "TotalPages": 2, "TotalRows": 60, "PageSize": 50}
    assert ids(call("GET", "/orders", params={"page": 2})) == list(range(51, 61))


@pytest.mark.parametrize(("name", "value"), [("pageSize", 251), ("pageSize", 0), ("page", 0), ("page", "one")])
def test_a_page_outside_the_documented_bounds_is_refused(call: BillbeeCaller, name: str, value: Any) -> None:
    assert call("GET", "/orders", params={name: value}).status_code == 400


def test_unknown_parameters_are_refused(call: BillbeeCaller) -> None:
    assert call("GET", "/orders", params={"tags": "bibi"}).status_code == 400


@pytest.mark.parametrize("names", [("tag", "tag"), ("tag[0]", "tag[1]")])
def test_all_given_tags_must_be_attached_in_either_way_of_writing(
    shop: Account, call: BillbeeCaller, names: tuple[str, str]
) -> None:
    shop.add_order(order(1, tags=["Bibi", "Gift"]))
    shop.add_order(order(2, tags=["bibi"]))
    assert ids(call("GET", "/orders", params=[(names[0], "bibi"), (names[1], "gift")])) == [1]


def test_exclude_tags_turns_the_whole_list_of_tags_round(shop: Account, call: BillbeeCaller) -> None:
    for number, tags in enumerate([["bibi"], ["other"], []], start=1):
        shop.add_order(order(number, tags=tags))
    assert ids(call("GET", "/orders", params={"tag": "bibi", "excludeTags": "true"})) == [2, 3]


def test_the_tag_filter_can_mind_case(clock: ManualClock) -> None:
    with Billbee(api_key=KEY, clock=clock, throttles=False, readings={"tag-filter": "exact"}) as billbee:
        billbee.add_account(USER, PASSWORD).add_order(order(1, tags=["BIBI"]))
        call = BillbeeCaller(billbee)
        assert ids(call("GET", "/orders", params={"tag": "bibi"})) == []
        assert ids(call("GET", "/orders", params={"tag": "BIBI"})) == [1]


def test_several_states_can_be_asked_for(shop: Account, call: BillbeeCaller) -> None:
    for number, state in enumerate([1, 3, 4], start=1):
        shop.add_order(order(number, state=state))
    assert ids(call("GET", "/orders", params={"orderStateId": [3, 4]})) == [2, 3]
    assert ids(call("GET", "/orders", params={"orderStateId[0]": 1})) == [1]


def test_modified_at_min_is_exclusive_and_max_inclusive(shop: Account, call: BillbeeCaller, clock: ManualClock) -> None:
    shop.add_order(order(1))
    clock.sleep(60)
    shop.add_order(order(2))
    assert ids(call("GET", "/orders", params={"modifiedAtMin": "2026-07-01 12:00"})) == [2]
    assert ids(call("GET", "/orders", params={"modifiedAtMin": "2026-07-01T11:59:59"})) == [1, 2]
    assert ids(call("GET", "/orders", params={"modifiedAtMax": "2026-07-01 12:00:00"})) == [1]


def test_dates_without_a_zone_can_be_berlin_time(clock: ManualClock) -> None:
    with Billbee(api_key=KEY, clock=clock, throttles=False, readings={"zone": "berlin"}) as billbee:
        placed = billbee.add_account(USER, PASSWORD).add_order(order(1))
        call = BillbeeCaller(billbee)
        assert placed["LastModifiedAt"] == "2026-07-01T14:00:00.000"
        assert ids(call("GET", "/orders", params={"modifiedAtMin": "2026-07-01 13:59"})) == [1]
        assert ids(call("GET", "/orders", params={"modifiedAtMin": "2026-07-01 14:00"})) == []


def test_orders_from_an_id_on_include_that_id(shop: Account, call: BillbeeCaller) -> None:
    for number in (1, 2, 3):
        shop.add_order(order(number))
    assert ids(call("GET", "/orders", params={"minimumBillBeeOrderId": 2})) == [2, 3]


def test_order_dates_bound_the_list_on_both_sides(shop: Account, call: BillbeeCaller) -> None:
    for day in (1, 2, 3):
        shop.add_order(order(day, created_at=f"2026-06-0{day}T10:00:00"))
    params = {"minOrderDate": "2026-06-02", "maxOrderDate": "2026-06-02T10:00"}
    assert ids(call("GET", "/orders", params=params)) == [2]


# One order


def test_an_order_is_read_in_the_envelope(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(7, items=[item("MUG-01", quantity=2, unit_price="12.50", tax_rate="19")]))
    body = call("GET", "/orders/7").json()
    assert (body["ErrorCode"], body["ErrorMessage"]) == (0, None)
    assert body["Data"]["OrderItems"][0]["TotalPrice"] == 25.0
    assert body["Data"]["OrderItems"][0]["TaxAmount"] == 3.99


def test_a_paid_order_says_when_and_how_much(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(1, shipping_cost="4.95"))
    shop.add_order(order(2, state=1))
    paid = [(one["PayedAt"], one["PaidAmount"]) for one in call("GET", "/orders").json()["Data"]]
    assert paid == [("2026-07-01T12:00:00.000", 14.95), (None, 0.0)]


def test_an_order_that_is_not_there_is_error_2_inside_a_200(call: BillbeeCaller) -> None:
    for answer in (call("GET", "/orders/9"), call("POST", "/orders/9/tags", {"Tags": ["a"]})):
        assert (answer.status_code, answer.json()["ErrorCode"]) == (200, 2)


def test_an_order_that_is_not_there_can_be_a_404(clock: ManualClock) -> None:
    with Billbee(api_key=KEY, clock=clock, readings={"hub-not-found": "404"}) as billbee:
        billbee.add_account(USER, PASSWORD)
        assert BillbeeCaller(billbee)("GET", "/orders/9").status_code == 404


def test_an_order_is_found_by_its_number_in_the_shop(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(7, order_number="A-7"))
    assert call("GET", "/orders/findbyextref/A-7").json()["Data"]["BillBeeOrderId"] == 7


# Changing an order


def test_adding_tags_keeps_the_others_and_ignores_what_is_attached_in_any_case(
    shop: Account, call: BillbeeCaller
) -> None:
    shop.add_order(order(1, tags=["Bibi"]))
    call("POST", "/orders/1/tags", {"Tags": ["BIBI", "received"]})
    assert shop.orders[1]["Tags"] == ["Bibi", "received"]


def test_putting_tags_replaces_all(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(1, tags=["Bibi"]))
    call("PUT", "/orders/1/tags", {"Tags": ["new"]})
    assert shop.orders[1]["Tags"] == ["new"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "tags", {"Tags": ["a"]}),
        ("PUT", "orderstate", {"NewStateId": 4}),
        ("POST", "shipment", {"ShippingId": "1Z"}),
        ("POST", "message", {"Text": "Hello"}),
    ],
)
def test_every_change_updates_last_modified_at_and_an_archived_order_refuses_it(
    shop: Account, call: BillbeeCaller, clock: ManualClock, method: str, path: str, body: dict[str, Any]
) -> None:
    before = shop.add_order(order(1))["LastModifiedAt"]
    clock.sleep(60)
    assert call(method, f"/orders/1/{path}", body).json()["ErrorCode"] == 0
    assert shop.orders[1]["LastModifiedAt"] > before
    shop.archive(1)
    assert call(method, f"/orders/1/{path}", body).json()["ErrorCode"] != 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "tags", {"tags": ["a"]}),
        ("POST", "tags", {"Tags": "a"}),
        ("POST", "tags", ["a"]),
        ("PUT", "orderstate", {"NewStateId": "4"}),
        ("PUT", "orderstate", {"NewStateId": 99}),
        ("POST", "shipment", {"ShippingId": 12345}),
        ("POST", "shipment", {"ShippingId": "1Z", "OrderId": 1}),
        ("POST", "shipment", {"ShippingId": "1Z", "CarrierId": 77}),
        ("POST", "shipment", {"ShippingId": "1Z", "ShipmentType": 5}),
        ("POST", "shipment", {"ShippingId": "1Z", "ShippingProviderId": 4711}),
        ("POST", "shipment", {"ShippingId": "1Z", "TrackingNumber": "1Z"}),
        ("POST", "shipment", {"CarrierId": 5}),
        ("POST", "message", {"IsInternal": "yes", "Text": "Hello"}),
        ("POST", "message", {"Text": ""}),
    ],
)
def test_unknown_fields_and_wrong_types_are_refused_and_change_nothing(
    shop: Account, call: BillbeeCaller, method: str, path: str, body: Any
) -> None:
    before = dict(shop.add_order(order(1)))
    answer = call(method, f"/orders/1/{path}", body)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, 11)
    assert shop.orders[1] == before


def test_a_body_that_is_not_json_is_refused(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(1))
    answer = requests.post(
        call.billbee.url + "/orders/1/tags",
        data="Tags=a",
        headers={"X-Billbee-Api-Key": KEY, "Content-Type": "text/plain"},
        auth=(USER, PASSWORD),
        timeout=60,
    )
    assert answer.status_code == 415


def test_the_shipped_state_stamps_the_order(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(1))
    call("PUT", "/orders/1/orderstate", {"NewStateId": 4})
    assert (shop.orders[1]["State"], shop.orders[1]["ShippedAt"]) == (4, "2026-07-01T12:00:00.000")


def test_state_and_shipment_calls_can_answer_without_a_body(clock: ManualClock) -> None:
    with Billbee(api_key=KEY, clock=clock, readings={"void-answers": "empty"}) as billbee:
        billbee.add_account(USER, PASSWORD).add_order(order(1))
        answer = BillbeeCaller(billbee)("PUT", "/orders/1/orderstate", {"NewStateId": 4})
        assert (answer.status_code, answer.text) == (200, "")


def test_a_shipment_posted_twice_is_there_twice(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(1))
    for _ in range(2):
        call("POST", "/orders/1/shipment", {"ShippingId": "1Z999", "CarrierId": 5, "ShipmentType": 0})
    shipments = call("GET", "/orders/1").json()["Data"]["ShippingIds"]
    assert [(one["ShippingId"], one["ShippingCarrier"], one["Shipper"]) for one in shipments] == [
        ("1Z999", 5, "UPS")
    ] * 2


def test_a_provider_gives_the_shipment_its_carrier(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(1))
    call(
        "POST",
        "/orders/1/shipment",
        {"ShippingId": "1Z", "ShippingProviderId": 100, "ShippingProviderProductId": 1001},
    )
    assert shop.orders[1]["ShippingIds"][0]["ShippingCarrier"] == 2


def test_a_message_becomes_a_comment_of_the_order(shop: Account, call: BillbeeCaller) -> None:
    shop.add_order(order(1, message="Please hurry 🎁"))
    call("POST", "/orders/1/message", {"IsInternal": True, "SenderName": "orderbridge", "Text": "Grüße"})
    comments = call("GET", "/orders/1").json()["Data"]["Comments"]
    assert [(one["FromCustomer"], one["Text"]) for one in comments] == [
        (True, "Please hurry 🎁"),
        (False, "Grüße"),
    ]


# Products and stock


@pytest.fixture
def stocked(shop: Account) -> Account:
    shop.add_product(product("MUG-01", ean="4000000000017", stock=10))
    shop.add_product(product("PEN", stock=10))
    shop.add_product(product("GIFT", components=[("MUG-01", 1), ("PEN", 3)]))
    return shop


@pytest.mark.parametrize(("wanted", "lookup"), [("50001", "id"), ("MUG-01", "sku"), ("4000000000017", "ean")])
def test_a_product_is_found_by_id_sku_or_ean(stocked: Account, call: BillbeeCaller, wanted: str, lookup: str) -> None:
    answer = call("GET", f"/products/{wanted}", params={"lookupBy": lookup})
    assert answer.json()["Data"]["SKU"] == "MUG-01"


def test_a_product_that_is_not_there_is_a_404(stocked: Account, call: BillbeeCaller) -> None:
    assert call("GET", "/products/NONE", params={"lookupBy": "sku"}).status_code == 404
    assert call("GET", "/products/MUG-01").status_code == 400


def test_a_bundle_names_its_components(stocked: Account, call: BillbeeCaller) -> None:
    bundle = call("GET", "/products/GIFT", params={"lookupBy": "sku"}).json()["Data"]
    assert (bundle["Type"], bundle["BillOfMaterial"]) == (
        2,
        [
            {"Amount": 1.0, "ArticleId": 50001, "SKU": "MUG-01"},
            {"Amount": 3.0, "ArticleId": 50002, "SKU": "PEN"},
        ],
    )


def test_products_come_in_pages(stocked: Account, call: BillbeeCaller) -> None:
    page = call("GET", "/products", params={"pageSize": 2, "page": 2}).json()
    assert ([one["SKU"] for one in page["Data"]], page["Paging"]["TotalPages"]) == (["GIFT"], 2)


def test_an_order_takes_its_goods_off_the_stock_even_unpaid(stocked: Account) -> None:
    stocked.add_order(order(1, state=1, items=[item("GIFT", quantity=2, product_type=2), item("MUG-01")]))
    assert [stocked.products[number]["StockCurrent"] for number in (50001, 50002)] == [7.0, 4.0]


def test_reserved_is_what_is_sold_and_not_sent(stocked: Account, call: BillbeeCaller) -> None:
    stocked.add_order(order(1, items=[item("GIFT", quantity=2, product_type=2)]))
    stocked.add_order(order(2, items=[item("PEN")], state=4))
    answer = call("GET", "/products/reservedamount", params={"id": "PEN", "lookupBy": "sku"})
    assert answer.json()["Data"] == {"ReservedAmount": 6.0}


def test_a_stock_update_can_take_off_what_is_reserved(stocked: Account, call: BillbeeCaller) -> None:
    stocked.add_order(order(1, items=[item("MUG-01", quantity=3)]))
    update = {"Sku": "MUG-01", "NewQuantity": 20, "AutosubtractReservedAmount": True}
    [result] = call("POST", "/products/updatestockmultiple", [update]).json()
    assert result["Data"] | {"Message": ""} == {
        "SKU": "MUG-01",
        "OldStock": 7.0,
        "CurrentStock": 17.0,
        "UnfulfilledAmount": 3.0,
        "Message": "",
    }


def test_each_stock_update_has_its_own_result(stocked: Account, call: BillbeeCaller) -> None:
    updates = [{"Sku": sku, "NewQuantity": 5} for sku in ("MUG-01", "NONE", "GIFT", "PEN")]
    results = call("POST", "/products/updatestockmultiple", updates).json()
    assert [one["ErrorCode"] == 0 for one in results] == [True, False, False, True]


def test_a_further_stock_location_has_its_own_figure(stocked: Account, call: BillbeeCaller) -> None:
    stocked.add_stock(12, "Warehouse")
    assert [one["Id"] for one in call("GET", "/products/stocks").json()["Data"]] == [0, 12]
    call("POST", "/products/updatestockmultiple", [{"Sku": "PEN", "StockId": 12, "NewQuantity": 3}])
    assert [place["StockCurrent"] for place in stocked.products[50002]["Stocks"]] == [10.0, 3.0]


# Lists and webhooks


def test_carriers_come_as_a_list_or_as_a_map(call: BillbeeCaller, clock: ManualClock) -> None:
    assert {"Id": 17, "Name": "usPostalService"} in call("GET", "/enums/shippingcarriers").json()
    with Billbee(api_key=KEY, clock=clock, readings={"enum-shape": "map"}) as billbee:
        billbee.add_account(USER, PASSWORD)
        carriers = BillbeeCaller(billbee)("GET", "/enums/shippingcarriers").json()
        assert carriers["17"] == "usPostalService"


@pytest.mark.parametrize(
    "path",
    [
        "/enums/orderstates",
        "/enums/shipmenttypes",
        "/enums/paymenttypes",
        "/shipment/shippingcarriers",
        "/shipment/shippingproviders",
        "/webhooks/filters",
    ],
)
def test_the_other_lists_are_there(call: BillbeeCaller, path: str) -> None:
    assert len(call("GET", path).json()) > 1


def test_a_webhook_is_registered_read_changed_and_deleted(call: BillbeeCaller) -> None:
    hook = {"WebHookUri": "https://example.com/hook?noecho", "Secret": "s" * 32, "Filters": ["order.created"]}
    registered = call("POST", "/webhooks", hook).json()
    path = f"/webhooks/{registered['Id']}"
    assert call("GET", path).json() == registered
    assert call("PUT", path, hook | {"IsPaused": True}).json()["IsPaused"] is True
    assert len(call("GET", "/webhooks").json()) == 1
    assert call("DELETE", path).status_code == 200
    assert call("GET", path).status_code == 404


@pytest.mark.parametrize(
    "change", [{"Secret": "short"}, {"WebHookUri": "hook"}, {"Filters": ["order.eaten"]}, {"Url": "x"}]
)
def test_a_webhook_with_a_bad_field_is_refused(call: BillbeeCaller, change: dict[str, Any]) -> None:
    hook = {"WebHookUri": "https://example.com/hook", "Secret": "s" * 32}
    assert call("POST", "/webhooks", hook | change).status_code == 400


def test_calls_are_recorded_with_account_route_and_status(unthrottled: Billbee, call: BillbeeCaller) -> None:
    call("GET", "/orders/5", params={"articleTitleSource": 1})
    recorded = unthrottled.calls[-1]
    assert (recorded.account, recorded.name, recorded.path, recorded.status) == (
        USER,
        "GET /orders/{id}",
        "/api/v1/orders/5",
        200,
    )
    assert recorded.query == {"articleTitleSource": ["1"]}
