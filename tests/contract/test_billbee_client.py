"""Billbee's API as its documents describe it: what is sent, and what its answers mean."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from orderbridge.ledger.pricing import Component
from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    Refused,
    ServerError,
    Throttled,
    UnknownOutcome,
    UpstreamError,
)
from orderbridge.tracking.carriers import Carrier, ShippingProduct, ShippingProvider, carrier_from_providers
from orderbridge.vendors.billbee.client import BillbeeClient
from testkit.clock import ManualClock
from tests.builders import NOW, wire_order
from tests.contract.canned import Canned, Received, Reply
from tests.contract.clients import billbee_client

_KEY, _PASSWORD = "application-key-4711", "Pässword-4712"
_OK = {"ErrorMessage": None, "ErrorCode": 0, "ErrorDescription": "NoError"}


@pytest.fixture
def server() -> Canned:
    return Canned()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def slept(clock: ManualClock) -> list[float]:
    return clock.slept


@pytest.fixture
def client(server: Canned, clock: ManualClock) -> BillbeeClient:
    return billbee_client(server, api_key=_KEY, password=_PASSWORD, clock=clock)


def _answers(server: Canned, *replies: Reply | object) -> None:
    server.answer_next(*(reply if isinstance(reply, Reply) else Reply(body=reply) for reply in replies))


def _page(*orders: object, pages: int = 1, rows: int | None = None) -> dict[str, Any]:
    paging = {"Page": 1, "TotalPages": pages, "TotalRows": len(orders) if rows is None else rows, "PageSize": 250}
    return {**_OK, "Paging": paging, "Data": list(orders)}


def _only(server: Canned) -> Received:
    (received,) = server.received
    return received


def test_calls_carry_the_applications_key_and_the_merchants_credentials(server: Canned, client: BillbeeClient) -> None:
    _answers(server, _page())
    client.orders(page=1)
    headers = _only(server).headers
    assert headers["X-Billbee-Api-Key"] == _KEY
    scheme, _, value = headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(value).decode()) == ("Basic", f"shop@acme.example:{_PASSWORD}")


def test_credentials_do_not_show(client: BillbeeClient) -> None:
    assert not any(secret in f"{client!r} {vars(client)}" for secret in (_KEY, _PASSWORD))


def test_orders_are_listed_by_250_with_their_filters(server: Canned, client: BillbeeClient) -> None:
    _answers(server, _page(wire_order(), wire_order(BillBeeOrderId=1002), pages=3, rows=502))
    since = datetime(2026, 3, 2, 10, 59, 59, tzinfo=timezone(timedelta(hours=1)))
    page = client.orders(page=2, states=[3, 8], tags=["bibi", "b&c"], modified_since=since)
    received = _only(server)
    assert (received.method, received.path) == ("GET", "/api/orders")
    assert sorted(received.query) == [
        ("modifiedAtMin", "2026-03-02 09:59"),
        ("orderStateId", "3"),
        ("orderStateId", "8"),
        ("page", "2"),
        ("pageSize", "250"),
        ("tag", "b&c"),
        ("tag", "bibi"),
    ]
    assert [order.id for order in page.orders] == [1001, 1002]
    assert (page.total_pages, page.total_rows) == (3, 502)
    assert page.orders[0].read_at == NOW


def test_one_malformed_order_does_not_hide_the_others_of_its_page(server: Canned, client: BillbeeClient) -> None:
    bad = wire_order(BillBeeOrderId=1002, TotalCost="a lot")
    worse = wire_order(BillBeeOrderId=1003, OrderItems="none", CreatedAt="0001-01-01T00:00:00")
    _answers(server, _page(wire_order(), bad, worse, None, {"State": 3}, "text", wire_order(BillBeeOrderId=1004)))
    orders = client.orders(page=1).orders
    assert [order.id for order in orders] == [1001, 1002, 1003, 1004]
    assert [bool(order.unreadable) for order in orders] == [False, True, True, False]


@pytest.mark.parametrize("body", [{**_OK}, {**_OK, "Data": {"1": {}}}, {**_OK, "Data": "none"}, [], "text", None])
def test_section_7_a_list_that_is_none_is_retryable(server: Canned, client: BillbeeClient, body: object) -> None:
    _answers(server, body)
    with pytest.raises(MalformedAnswer):
        client.orders(page=1)


def test_one_order_is_read(server: Canned, client: BillbeeClient) -> None:
    _answers(server, {**_OK, "Data": wire_order()})
    assert client.order(1001).number == "SHOP-1001"
    assert _only(server).path == "/api/orders/1001"


@pytest.mark.parametrize("data", [None, [], {}, "gone", {"BillBeeOrderId": None}])
def test_section_7_an_order_that_is_none_is_retryable(server: Canned, client: BillbeeClient, data: object) -> None:
    _answers(server, {**_OK, "Data": data})
    with pytest.raises(MalformedAnswer):
        client.order(1001)


def test_tags_are_added_and_never_replaced(server: Canned, client: BillbeeClient) -> None:
    client.add_tags(7, "a", "b")
    received = _only(server)
    assert (received.method, received.path, received.json) == ("POST", "/api/orders/7/tags", {"Tags": ["a", "b"]})


def test_the_state_is_put(server: Canned, client: BillbeeClient) -> None:
    client.set_state(7, 4)
    received = _only(server)
    assert (received.method, received.path) == ("PUT", "/api/orders/7/orderstate")
    assert received.json == {"NewStateId": 4}


def test_messages_are_internal(server: Canned, client: BillbeeClient) -> None:
    client.add_message(7, "Line 1 has no SKU – bitte ergänzen")
    received = _only(server)
    assert (received.method, received.path) == ("POST", "/api/orders/7/message")
    assert received.json == {
        "IsInternal": True, "SenderName": "orderbridge", "Text": "Line 1 has no SKU – bitte ergänzen",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("carrier", "fields"),
    [
        (Carrier(carrier_id=0), {"CarrierId": 0}),
        (Carrier(carrier_id=17), {"CarrierId": 17}),
        (Carrier(provider_id=3), {"ShippingProviderId": 3}),
        (Carrier(provider_id=3, product_id=9), {"ShippingProviderId": 3, "ShippingProviderProductId": 9}),
        (Carrier(), {}),
    ],
)
def test_r14_a_parcel_carries_its_number_and_carrier(
    server: Canned, client: BillbeeClient, carrier: Carrier, fields: dict[str, int]
) -> None:
    client.add_shipment(7, "1Z999", carrier, "UPS Ground")
    received = _only(server)
    assert (received.method, received.path) == ("POST", "/api/orders/7/shipment")
    assert received.json == {"ShippingId": "1Z999", "Comment": "UPS Ground", "ShipmentType": 0, **fields}


_Change = Callable[[BillbeeClient], object]
_REPEATABLE: list[_Change] = [
    lambda client: client.add_tags(7, "a"), lambda client: client.set_state(7, 4),
    lambda client: client.order(7), lambda client: client.orders(page=1),
]  # fmt: skip
_ONCE: list[_Change] = [
    lambda client: client.add_shipment(7, "1Z", Carrier(), ""), lambda client: client.add_message(7, "text"),
]  # fmt: skip
_FAULTS = [
    Reply(500, b""), Reply(502, "<html>"), Reply(200, "<html>"), Reply(200, '{"Error'), Reply(instead="close"),
    Reply(200, {"ErrorCode": 8, "ErrorMessage": "internal"}),
]  # fmt: skip


@pytest.mark.parametrize("change", _REPEATABLE)
@pytest.mark.parametrize("fault", _FAULTS)
def test_section_7_a_repeatable_call_is_tried_again(
    server: Canned, client: BillbeeClient, change: _Change, fault: Reply
) -> None:
    good = Reply(body={**_page(), "Data": wire_order()} if change is _REPEATABLE[2] else _page())
    _answers(server, fault, good)
    change(client)
    assert len(server.received) == 2


@pytest.mark.parametrize("change", _ONCE)
@pytest.mark.parametrize("fault", _FAULTS)
def test_r14_what_cannot_be_repeated_is_sent_once_and_its_outcome_is_unknown(
    server: Canned, client: BillbeeClient, change: _Change, fault: Reply
) -> None:
    _answers(server, fault)
    with pytest.raises(UnknownOutcome):
        change(client)
    assert len(server.received) == 1


@pytest.mark.parametrize("change", [*_REPEATABLE[:2], *_ONCE])
@pytest.mark.parametrize("reply", [Reply(204, b""), Reply(200, b""), Reply(201, _OK), Reply(200, {})])
def test_a_change_that_is_answered_with_nothing_is_done(
    server: Canned, client: BillbeeClient, change: _Change, reply: Reply
) -> None:
    _answers(server, reply)
    change(client)
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, AuthenticationError), (2, NotFound), (3, Refused), (5, Refused), (6, NotFound), (7, Refused),
        (8, ServerError), (9, Refused), (11, Refused), (16, AuthenticationError), (17, AuthenticationError),
        (29, Refused), (99, Refused), ("2", NotFound),
    ],
)  # fmt: skip
def test_section_7_an_error_code_is_an_error_whatever_the_status(
    server: Canned, client: BillbeeClient, status: int, code: object, kind: type[UpstreamError]
) -> None:
    _answers(server, Reply(status, {"ErrorCode": code, "ErrorMessage": "This did not work", "Data": wire_order()}))
    with pytest.raises(kind, match=rf"This did not work \(Billbee error {code}\)") as caught:
        client.add_tags(7, "a")
    assert type(caught.value) is kind
    assert (caught.value.operation, caught.value.status) == ("billbee add tags", status)
    with pytest.raises(kind):
        client.order(7)


def test_section_6_a_short_retry_after_is_obeyed_even_for_what_cannot_be_repeated(
    server: Canned, client: BillbeeClient, slept: list[float]
) -> None:
    _answers(server, Reply(429, b"", {"Retry-After": "1"}), _OK)
    client.add_shipment(7, "1Z", Carrier(), "")
    assert len(server.received) == 2
    assert 1.0 in slept


def test_section_6_a_long_retry_after_is_handed_on(server: Canned, client: BillbeeClient) -> None:
    _answers(server, Reply(429, b"", {"Retry-After": "42"}))
    with pytest.raises(Throttled) as caught:
        client.order(7)
    assert caught.value.retry_after == 42
    assert len(server.received) == 1


def test_section_6_a_third_call_to_one_endpoint_waits(
    server: Canned, client: BillbeeClient, slept: list[float]
) -> None:
    _answers(server, _OK)
    for order_id in (1, 2):
        client.add_tags(order_id, "a")
    client.set_state(1, 4)
    assert slept == []
    client.add_tags(3, "a")
    assert 0.5 < sum(slept) <= 1.0


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_permanent_and_not_shown(server: Canned, client: BillbeeClient, status: int) -> None:
    _answers(server, Reply(status, {"Message": "Authorization has been denied for this request."}))
    with pytest.raises(AuthenticationError) as caught:
        client.orders(page=1)
    assert len(server.received) == 1
    assert not any(secret in str(caught.value) + repr(caught.value) for secret in (_KEY, _PASSWORD))


def test_r3_the_components_of_a_bundle_are_read_by_its_id(server: Canned, client: BillbeeClient) -> None:
    parts = [{"Amount": 2, "ArticleId": 8, "SKU": "CUP"}, {"Amount": 1.0, "ArticleId": 9, "SKU": "POT"}]
    _answers(server, {**_OK, "Data": {"Id": 77, "SKU": "SET", "Type": 2, "BillOfMaterial": parts}})
    assert client.components(77, "SET") == (Component("CUP", 2), Component("POT", 1))  # type: ignore[arg-type]
    assert (_only(server).path, _only(server).query) == ("/api/products/77", (("lookupBy", "id"),))


def test_r3_a_bundle_without_an_id_is_read_by_its_sku(server: Canned, client: BillbeeClient) -> None:
    _answers(server, {**_OK, "Data": {"Id": 77, "SKU": "A/B 1", "BillOfMaterial": None}})
    assert client.components(None, "A/B 1") == ()
    assert _only(server).query == (("lookupBy", "sku"),)
    assert _only(server).path == "/api/products/A%2FB%201"


def test_r3_a_component_named_by_its_id_alone_is_looked_up(server: Canned, client: BillbeeClient) -> None:
    bundle = {"Id": 77, "SKU": "SET", "BillOfMaterial": [{"Amount": 1, "ArticleId": 8, "SKU": None}]}
    _answers(server, {**_OK, "Data": bundle}, {**_OK, "Data": {"Id": 8, "SKU": "CUP"}})
    assert [part.sku for part in client.components(77, "SET")] == ["CUP"]


_PROVIDERS = [
    {"id": 1, "name": "UPS", "products": [{"id": 5, "displayName": "UPS Ground", "productName": "03"}]},
    {"id": 2, "name": "DHL", "products": None},
]


@pytest.mark.parametrize("enveloped", [False, True])
def test_r15_carriers_and_providers_are_read(server: Canned, client: BillbeeClient, enveloped: bool) -> None:
    def shaped(data: object) -> object:
        return {**_OK, "Data": data} if enveloped else data

    _answers(server, shaped([{"Id": 0, "Name": "other"}, {"Id": 17, "Name": "usPostalService"}]), shaped(_PROVIDERS))
    assert client.carriers() == {"other": 0, "usPostalService": 17}
    assert client.shipping_providers() == (
        ShippingProvider(1, "UPS", (ShippingProduct(5, ("UPS Ground", "03")),)),
        ShippingProvider(2, "DHL"),
    )
    assert [received.path for received in server.received] == [
        "/api/enums/shippingcarriers", "/api/shipment/shippingproviders",
    ]  # fmt: skip


_NO_LISTS: list[object] = [
    None,
    "",
    "none",
    7,
    True,
    {**_OK},
    {**_OK, "Data": None},
    {**_OK, "Data": "none"},
    ["UPS", None],
    [{}],
]


@pytest.mark.parametrize("body", [*_NO_LISTS, [], {}, {**_OK, "Data": []}, [{"Id": 5, "Name": None}]], ids=str)
def test_r15_a_list_of_carriers_that_names_none_is_an_error(
    server: Canned, client: BillbeeClient, body: object
) -> None:
    _answers(server, body)
    with pytest.raises(MalformedAnswer):
        client.carriers()


@pytest.mark.parametrize("body", [*_NO_LISTS, {}, [{"name": "UPS"}]], ids=str)
def test_r15_a_list_of_providers_that_cannot_be_read_is_an_error(
    server: Canned, client: BillbeeClient, body: object
) -> None:
    _answers(server, body)
    with pytest.raises(MalformedAnswer):
        client.shipping_providers()


@pytest.mark.parametrize("body", [*_NO_LISTS, {}, [{"Id": 1}, {"Id": None}]], ids=str)
def test_r18_a_list_of_stocks_that_cannot_be_read_is_an_error(
    server: Canned, client: BillbeeClient, body: object
) -> None:
    _answers(server, body)
    with pytest.raises(MalformedAnswer):
        client.stocks()


def test_r15_an_account_may_have_no_providers(server: Canned, client: BillbeeClient) -> None:
    _answers(server, [])
    assert client.shipping_providers() == ()


@pytest.mark.parametrize(
    "products", [None, "none", 5, {}, [None, "x", {}, {"id": True}, {"displayName": "UPS Ground"}]]
)
def test_r15_products_that_cannot_be_read_are_none_and_the_provider_stays(
    server: Canned, client: BillbeeClient, products: object
) -> None:
    _answers(server, [{"id": 1, "name": "UPS", "products": products}, None, {"id": "x"}])
    assert client.shipping_providers() == (ShippingProvider(1, "UPS"),)


def test_r15_a_product_without_names_is_read_and_matches_nothing(server: Canned, client: BillbeeClient) -> None:
    _answers(server, [{"id": 1, "name": None, "products": [{"id": 5}, {"id": 6, "displayName": None}]}])
    providers = client.shipping_providers()
    assert [carrier_from_providers(method, providers) for method in ("", " ", "UPS")] == [None] * 3
