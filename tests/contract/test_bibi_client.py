"""BiBi's API as its documents describe it: what is sent, and what its answers mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    Refused,
    RetryableError,
    ServerError,
    Throttled,
    UnknownOutcome,
    Unreachable,
    UpstreamError,
)
from orderbridge.tracking.warehouse_order import PartStatus, WarehouseOrdersPage
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from orderbridge.vendors.http import HttpClient
from testkit.clock import ManualClock
from tests.builders import address, shipping_order, status_order, status_part
from tests.contract.canned import Canned, Reply
from tests.contract.clients import FakeBudget, answers, bibi_client, credentials, refusal, success, token
from tests.contract.loopback import nobody_listens


@pytest.fixture
def budget() -> FakeBudget:
    return FakeBudget()


@pytest.fixture
def client(server: Canned, budget: FakeBudget) -> BibiWarehouse:
    return bibi_client(server, budget=budget)


def test_orders_are_submitted_in_one_call_as_json_in_a_form_field(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success())
    client.submit(
        [shipping_order(), shipping_order(id=1002, shipping=address(first_name="Zoë 🎁", last_name="A&B=C+%"))]
    )
    received = server.received[1]
    assert (received.method, received.path) == ("POST", "/api/submitOrder")
    assert list(received.form) == ["orders"]
    sent = json.loads(received.form["orders"])
    assert sent["Test"] == "F"
    assert [one["Order"]["Header"]["HeaderGroup"]["OrderNumber"] for one in sent["Orders"]] == ["1001", "1002"]
    to = sent["Orders"][1]["Order"]["Shipping"]["Shipto"]
    assert (to["FirstName"], to["LastName"]) == ("Zoë 🎁", "A&B=C+%")


def test_r22_a_rehearsal_says_so_to_the_warehouse(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success())
    client.submit([shipping_order()], test=True)
    assert json.loads(server.received[1].form["orders"])["Test"] == "T"


_UNCLEAR = [
    Reply(500, b""), Reply(502, "<html>"), Reply(504, "<html>"), Reply(200, "<html>"), Reply(200, b""),
    Reply(200, '{"success": tr'), Reply(200, []), Reply(200, {"message": "hm"}), Reply(200, {"success": None}),
    Reply(instead="close"), Reply(instead="reset"), Reply(instead="hang"),
    Reply(200, {"success": False, "code": 500, "message": "BiBiSolutions has encountered an error."}),
]  # fmt: skip


@pytest.mark.parametrize("fault", _UNCLEAR[:8] + _UNCLEAR[9:])
def test_r7_a_submission_without_a_clear_answer_is_not_repeated(
    server: Canned, client: BibiWarehouse, fault: Reply
) -> None:
    answers(server, token(), fault)
    with pytest.raises(UnknownOutcome):
        client.submit([shipping_order()])
    assert len(server.received) == 2


@pytest.mark.parametrize("fault", _UNCLEAR)
def test_section_7_a_question_without_a_clear_answer_is_asked_again(
    server: Canned, client: BibiWarehouse, fault: Reply
) -> None:
    if fault.body == {"success": None}:
        fault = Reply(503, b"")
    answers(server, token(), fault, success([]))
    assert client.order(OrderNumber("1001")) is None
    assert len(server.received) == 3


def test_r7_without_a_connection_nothing_was_submitted() -> None:
    with nobody_listens() as url, pytest.raises(Unreachable):
        bibi_client(HttpClient(url, clock=ManualClock())).submit([shipping_order()])


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusal("Order 1001 already exists."), Refused), (refusal("Bad SKU", code=200), Refused),
        (refusal("Bad Request", 400), Refused), (refusal("no", code=400), Refused), (refusal("none", 404), NotFound),
        (refusal("none", code=404), NotFound), (refusal("later", code=429), Throttled),
    ],
)  # fmt: skip
def test_section_7_a_refusal_is_told_apart_by_success_and_code(
    server: Canned, client: BibiWarehouse, reply: Reply, kind: type[UpstreamError]
) -> None:
    answers(server, token(), reply)
    with pytest.raises(kind) as caught:
        client.submit([shipping_order()])
    assert type(caught.value) is kind
    assert caught.value.operation == "bibi submitOrder"


def test_section_6_a_limit_reported_inside_a_200_names_its_reset(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), refusal("Too Many Requests", code=429, **{"X-Rate-Limit-Reset": 20}))
    with pytest.raises(Throttled) as caught:
        client.order(OrderNumber("1001"))
    assert caught.value.retry_after == 20


@pytest.mark.parametrize(
    "result",
    [
        status_order(),
        [status_order()],
        {"1001": status_order()},
        {"0": status_order("9"), "1": status_order()},
        [status_order("100"), status_order("1001"), status_order("10011")],
    ],
    ids=["object", "list", "map by number", "map by position", "several"],
)
def test_r7_an_order_is_found_in_any_shape_of_answer(server: Canned, client: BibiWarehouse, result: object) -> None:
    answers(server, token(), success(result))
    found = client.order(OrderNumber("1001"))
    assert found is not None
    assert (str(found.number), [part.status for part in found.parts]) == ("1001", [PartStatus.SHIPPED])
    assert (server.received[1].path, server.received[1].form) == ("/api/orderStatus", {"orderNumber": "1001"})


def test_r6_a_number_with_letters_is_found_however_it_is_written(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success(status_order("SHOP-Ä1")))
    assert client.order(OrderNumber("shop-ä1")) is not None


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, {"success": False, "message": "Not Found"}), Reply(204, b""), success([]),
        refusal("Resource was not found.", 404, code=404),
        success({}), success(None), refusal("Order not found."), refusal("No orders found", code=404),
        refusal("No results."),
        refusal("Order does not exist"), refusal("Invalid order number."),
    ],
)  # fmt: skip
def test_r7_an_order_the_warehouse_does_not_have_is_none(server: Canned, client: BibiWarehouse, reply: Reply) -> None:
    answers(server, token(), reply)
    assert client.order(OrderNumber("1001")) is None


@pytest.mark.parametrize(
    "others",
    [["21001"], ["10011"], ["100"], ["SHOP21001"], ["01001"], ["21001", "100100"], ["A1001", "B1001"]],
    ids=str,
)
def test_r7_another_order_is_never_taken_for_the_one_asked_for(
    server: Canned, client: BibiWarehouse, others: list[str]
) -> None:
    """Taken for it, the order asked for would never be sent, and would get the other one's parcels."""
    answers(server, token(), success([status_order(number) for number in others]))
    try:
        assert client.order(OrderNumber("1001")) is None
    except RetryableError as error:
        assert "another order" in error.detail  # noqa: PT017  either is safe, the order itself is not


def test_r7_of_several_orders_the_one_asked_for_is_taken(server: Canned, client: BibiWarehouse) -> None:
    others = [status_order("21001", status_part("Cancelled")), status_order("1001", status_part("New"))]
    answers(server, token(), success(others))
    found = client.order(OrderNumber("1001"))
    assert found is not None
    assert found.status_text == "New"


def test_r7_an_order_that_is_on_the_books_twice_is_there(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success([status_order(), status_order()]))
    assert client.order(OrderNumber("1001")) is not None


_UNREADABLE: list[object] = [
    "something", 5, [1], {"header": None}, {"header": {}, "details": {}}, [{"order": {}}], {"1001": {"details": {}}},
]  # fmt: skip


@pytest.mark.parametrize("result", _UNREADABLE, ids=str)
def test_r7_an_answer_that_cannot_be_read_is_not_taken_for_a_no(
    server: Canned, client: BibiWarehouse, result: object
) -> None:
    answers(server, token(), success(result))
    with pytest.raises(RetryableError):
        client.order(OrderNumber("1001"))


@pytest.mark.parametrize("result", _UNREADABLE, ids=str)
def test_r10_a_list_of_orders_that_cannot_be_read_is_not_taken_for_an_empty_one(
    server: Canned, client: BibiWarehouse, result: object
) -> None:
    """With a lost ledger, an order that is overlooked here is sent a second time."""
    answers(server, token(), success(result))
    with pytest.raises(RetryableError):
        client.orders_since(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize("message", ["Account disabled", "Too many orders", "Not allowed", "Order is locked"])
def test_r7_any_other_refusal_is_not_taken_for_a_no(server: Canned, client: BibiWarehouse, message: str) -> None:
    answers(server, token(), refusal(message))
    with pytest.raises(Refused, match=message):
        client.order(OrderNumber("1001"))


def test_r16_orders_are_read_page_by_page_since_a_moment(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success([status_order("1"), status_order("2")], hasMoreResults=True), success([]))
    since = datetime(2026, 3, 1, 12, 0, 0, 900_000, tzinfo=UTC)
    first = client.orders_since(since)
    assert ([str(order.number) for order in first.orders], first.more) == (["1", "2"], True)
    assert server.received[1].form == {"timestamp": str(int(since.timestamp())), "offset": "1"}
    last = client.orders_since(since, 2)
    assert (last.orders, last.more) == ((), False)
    assert server.received[2].form["offset"] == "2"


@pytest.mark.parametrize("reply", [refusal("No orders found."), refusal("none", 404), Reply(204, b""), success({})])
def test_r16_no_orders_is_an_empty_page(server: Canned, client: BibiWarehouse, reply: Reply) -> None:
    answers(server, token(), reply)
    assert client.orders_since(datetime(2026, 3, 1, tzinfo=UTC)).orders == ()


@pytest.mark.parametrize("nothing", [None, "", False, {"header": [], "details": []}], ids=str)
def test_r16_what_says_nothing_is_an_empty_page_once_it_says_so_twice(
    server: Canned, client: BibiWarehouse, nothing: object
) -> None:
    """How an empty list looks is not documented; and a slip of one answer must not hide an order (R10)."""
    since = datetime(2026, 3, 1, tzinfo=UTC)
    answers(server, token(), success(nothing), success([status_order("1")]), success(nothing), success(nothing))
    assert [str(order.number) for order in client.orders_since(since).orders] == ["1"]
    assert client.orders_since(since) == WarehouseOrdersPage((), more=False)


def test_a_whole_order_is_cancelled(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success())
    client.cancel(OrderNumber("SHOP 1/2"))
    received = server.received[1]
    assert received.path == "/api/cancelOrder/SHOP%201%2F2"
    assert received.form == {"cancelEntireOrder": "Y", "orderNumber": "SHOP 1/2"}


def test_section_6_every_call_counts_the_token_call_too(
    server: Canned, client: BibiWarehouse, budget: FakeBudget
) -> None:
    answers(server, token(), Reply(500, b""), success([]))
    client.order(OrderNumber("1001"))
    assert budget.taken == len(server.received) == 3


def test_section_6_nothing_is_sent_once_the_budget_is_used_up(
    server: Canned, client: BibiWarehouse, budget: FakeBudget
) -> None:
    budget.allowed = 0
    with pytest.raises(Throttled):
        client.order(OrderNumber("1001"))
    assert server.received == []


def test_section_6_what_the_warehouse_says_about_its_limit_is_taken_over(
    server: Canned, client: BibiWarehouse, budget: FakeBudget
) -> None:
    headers = {"X-Rate-Limit-Remaining": "12", "X-Rate-Limit-Reset": "33"}
    in_body = success([], **{"X-Rate-Limit-Remaining": 11, "X-Rate-Limit-Reset": "32"})
    answers(server, token(), Reply(200, {"success": True, "result": []}, headers), in_body)
    client.order(OrderNumber("1001"))
    client.order(OrderNumber("1001"))
    assert budget.learned == [(12, 33), (11, 32)]


def test_section_6_a_429_stops_all_workers_until_the_reset(
    server: Canned, client: BibiWarehouse, budget: FakeBudget
) -> None:
    answers(server, token(), Reply(429, {"message": "Too Many Requests"}, {"X-Rate-Limit-Reset": "20"}))
    with pytest.raises(Throttled) as caught:
        client.submit([shipping_order()])
    assert caught.value.retry_after == 20
    assert budget.learned[-1] == (0, 20)
    assert len(server.received) == 2


def test_the_merchants_keys_and_token_do_not_show_in_an_error(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), Reply(400, {"success": False, "message": "bad"}))
    with pytest.raises(Refused) as caught:
        client.order(OrderNumber("1001"))
    pair = credentials(server.received[1])
    assert not any(secret in f"{caught.value!r} {client!r}" for secret in pair.split(":"))


def test_section_7_the_kinds_of_trouble_with_a_question_are_kept_apart(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), Reply(500, b""))
    with pytest.raises(ServerError):
        client.order(OrderNumber("1001"))
    answers(server, Reply(200, "<html>"))
    with pytest.raises(MalformedAnswer):
        client.order(OrderNumber("1001"))
    answers(server, refusal("Invalid credentials.", 401))
    with pytest.raises(AuthenticationError):
        client.order(OrderNumber("1001"))


def test_r14_two_parts_and_their_parcels_are_read(server: Canned, client: BibiWarehouse) -> None:
    result = status_order("1001", status_part("Shipped", "1Z1", "1Z2", quantity="2"), status_part("Backordered"))
    answers(server, token(), success(result))
    found = client.order(OrderNumber("1001"))
    assert found is not None
    assert [(part.status_text, part.quantity, part.tracking_numbers) for part in found.parts] == [
        ("Shipped", 2, ("1Z1", "1Z2")),
        ("Backordered", 1, ()),
    ]
