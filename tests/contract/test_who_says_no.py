"""R29: only the vendor itself can say that an order is not there. A gateway's 404 says nothing about any order. If it
were believed, the order would be sent a second time, or cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from orderbridge.ledger.order_number import Habits, OrderNumber
from orderbridge.platform.errors import MalformedAnswer, NotFound, RetryableError, ServerError, UnknownOutcome
from orderbridge.tracking.carriers import Carrier
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from tests.contract.canned import Canned, Reply
from tests.contract.clients import NOW, FakeHabits, answers, bibi_client, billbee_client, refusal, success, token

ORDER = OrderNumber("1001")
GATEWAYS = {
    "JSON": Reply(404, {"message": "Not Found"}),
    "JSON with a code": Reply(404, {"code": 404, "message": "Order not found"}),
    "JSON list": Reply(404, "[]"),
    "page": Reply(404, "<html>Not found</html>"),
    "text": Reply(404, b"404 page not found"),
    "nothing": Reply(404, b""),
    "gone": Reply(410, {"message": "Gone"}),
    "another path": Reply(404, {"Message": "No HTTP resource was found that matches the request"}),
}
CHANGES: dict[str, Callable[[BibiWarehouse], object]] = {
    "cancel": lambda client: client.cancel(ORDER),
    "orders": lambda client: client.orders_since(datetime(2026, 3, 1, tzinfo=UTC)),
    "returns": lambda client: client.returns(datetime(2026, 3, 1, tzinfo=UTC), NOW),
    "product": lambda client: client.product("MUG-01"),
    "shipments": lambda client: client.shipments(ORDER),
}


def status(number: str) -> dict[str, object]:
    return {"header": {"customer_order_number": number}, "details": {f"{number}-0001": {"status": "New"}}}


@pytest.fixture
def client(server: Canned) -> BibiWarehouse:
    return bibi_client(server)


@pytest.mark.parametrize("reply", GATEWAYS.values(), ids=GATEWAYS)
def test_r29_a_gateways_404_is_not_bibis_no(server: Canned, client: BibiWarehouse, reply: Reply) -> None:
    answers(server, token(), *[reply] * 4)
    with pytest.raises(MalformedAnswer):
        client.order(ORDER)


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("reply", [GATEWAYS["JSON"], GATEWAYS["nothing"]], ids=["JSON", "nothing"])
def test_r29_no_call_takes_a_gateways_404_for_none(
    server: Canned, client: BibiWarehouse, what: str, reply: Reply
) -> None:
    answers(server, token(), *[reply] * 4)
    with pytest.raises(MalformedAnswer):
        CHANGES[what](client)


def test_r29_a_refusal_that_is_not_bibis_own_is_no_no_either(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), Reply(400, {"message": "order not found"}))
    with pytest.raises(Exception, match="not found") as caught:
        client.order(ORDER)
    assert not isinstance(caught.value, NotFound)


READS: dict[str, Callable[[BibiWarehouse], object]] = {
    "order": lambda client: client.order(ORDER),
    "orders": CHANGES["orders"],
    "returns": CHANGES["returns"],
}
SERVERS_OWN = [
    "SQLSTATE[42S02]: Base table or view not found: 1146 Table 'bibi.orders' doesn't exist",
    "Table 'bibi.orders' doesn't exist",
    "Database host not found",
    "Uncaught exception: record not found",
    "Endpoint not found",
    "API key not found",
    "The session could not be found",
    "User account does not exist",
]


@pytest.mark.parametrize("code", [400, 404])
@pytest.mark.parametrize("message", SERVERS_OWN)
@pytest.mark.parametrize("what", READS)
def test_r29_a_failure_of_the_server_does_not_say_that_there_is_no_order(
    server: Canned, client: BibiWarehouse, what: str, message: str, code: int
) -> None:
    """If it counted as a no, an order would be sent twice, and returns would be missed for good."""
    answers(server, token(), *[refusal(message, code=code)] * 8)
    with pytest.raises(ServerError):
        READS[what](client)


@pytest.mark.parametrize(
    "message",
    [
        "Order not found",
        "Order not found on the server",
        "No orders found for your account",
        "No data",
        "Invalid order id",
    ],
)
def test_r29_a_no_of_the_warehouse_is_believed_in_many_words(
    server: Canned, client: BibiWarehouse, message: str
) -> None:
    answers(server, token(), refusal(message, code=400))
    assert client.order(ORDER) is None


@pytest.mark.parametrize("reply", [GATEWAYS["JSON"], GATEWAYS["page"], GATEWAYS["nothing"]], ids=str)
def test_r29_what_must_not_be_repeated_is_of_unknown_outcome(
    server: Canned, client: BibiWarehouse, reply: Reply
) -> None:
    answers(server, token(), reply, reply)
    with pytest.raises(UnknownOutcome):
        client.toggle_hold(ORDER)
    with pytest.raises(UnknownOutcome):
        client.return_label(ORDER)


@pytest.mark.parametrize("reply", GATEWAYS.values(), ids=GATEWAYS)
def test_r29_a_gateways_404_is_not_billbees_no(server: Canned, reply: Reply) -> None:
    """Taken for one, the order would be dropped, or cancelled at the warehouse."""
    answers(server, *[reply] * 8)
    with pytest.raises(MalformedAnswer):
        billbee_client(server).order(1)
    with pytest.raises(MalformedAnswer):
        billbee_client(server).add_tags(1, "order_received_by_bibi")
    with pytest.raises(UnknownOutcome):
        billbee_client(server).add_shipment(1, "1Z1", Carrier(), "UPS")


@pytest.mark.parametrize("status_code", [200, 404])
def test_r29_billbees_own_envelope_says_no(server: Canned, status_code: int) -> None:
    answers(server, Reply(status_code, {"ErrorCode": 2, "ErrorMessage": "Order not found", "Data": None}))
    with pytest.raises(NotFound):
        billbee_client(server).order(1)


def test_r29_an_internal_error_of_billbee_with_404_does_not_say_that_the_order_is_gone(server: Canned) -> None:
    answers(server, *[Reply(404, {"ErrorCode": 8, "ErrorMessage": "Internal error"})] * 4)
    with pytest.raises(ServerError):
        billbee_client(server).order(1)


# R28: while nothing is known of a prefix, and where there is one


def test_r28_not_there_is_believed_only_after_the_list_says_so_too(server: Canned) -> None:
    client = bibi_client(server, habits=FakeHabits(Habits()))
    answers(server, token(), refusal("not found", code=404), success([status("77")]))
    assert client.order(ORDER) is None
    assert [one.form.keys() for one in server.received[1:]] == [{"orderNumber"}, {"timestamp", "offset"}]


def test_r28_a_number_behind_an_unknown_prefix_in_the_list_cannot_be_told_and_is_learned(server: Canned) -> None:
    habits = FakeHabits(Habits())
    client = bibi_client(server, habits=habits)
    answers(server, token(), refusal("not found", code=404), success([status("77"), status("SA1001")]))
    with pytest.raises(RetryableError, match="prefix"):
        client.order(ORDER)
    assert (habits.habits.writes, habits.habits.example) == ("SA", "SA1001")
    answers(server, refusal("not found", code=404), success(status("SA1001")))
    found = client.order(ORDER)
    assert found is not None
    assert (found.presumed, str(found.number), found.number.written) == (True, "1001", "SA1001")
    assert server.received[-1].form == {"orderNumber": "SA1001"}
    assert habits.habits.takes == "theirs"


@pytest.mark.parametrize("written", ["SA1001", "SA-1001", "1001"])
def test_r28_with_the_prefix_set_the_answer_is_ours_however_it_is_written(server: Canned, written: str) -> None:
    habits = FakeHabits(Habits())
    answers(server, token(), success(status(written)))
    found = bibi_client(server, prefix="SA", habits=habits).order(ORDER)
    assert found is not None
    assert (found.presumed, found.number) == (False, ORDER)
    assert habits.habits.takes == "ours"


def test_r28_without_the_setting_the_one_answer_to_a_question_by_number_counts_as_there(server: Canned) -> None:
    answers(server, token(), success(status("SA-1001")))
    found = bibi_client(server).order(ORDER)
    assert found is not None
    assert found.presumed


@pytest.mark.parametrize(
    ("written", "asked"), [("SA1001", ["1001", "SA1001"]), ("SA-1001", ["1001", "SA1001", "SA-1001"])]
)
def test_r28_with_the_prefix_set_not_there_is_believed_after_every_form(
    server: Canned, written: str, asked: list[str]
) -> None:
    client = bibi_client(server, prefix="SA", habits=FakeHabits(Habits()))
    answers(server, token(), *[refusal("not found", code=404)] * (len(asked) - 1), success(status(written)))
    assert client.order(ORDER) is not None
    assert [one.form["orderNumber"] for one in server.received[1:]] == asked
    answers(server, *[refusal("not found", code=404)] * 3)
    assert client.order(OrderNumber("1002")) is None
    assert len(server.received) == 1 + len(asked) + 3


def test_r28_the_form_that_was_taken_before_is_asked_first(server: Canned) -> None:
    client = bibi_client(server, prefix="SA", habits=FakeHabits(Habits(writes="SA", takes="theirs")))
    answers(server, token(), success(), success({"status": "Pending"}))
    client.cancel(ORDER)
    client.toggle_hold(ORDER)
    assert [one.path for one in server.received[1:]] == ["/api/cancelOrder/SA1001", "/api/holdOrder/SA1001"]
    assert server.received[1].form["orderNumber"] == "SA1001"


def test_r28_a_call_that_knows_the_order_in_no_form_fails_as_before(server: Canned) -> None:
    client = bibi_client(server, prefix="SA", habits=FakeHabits(Habits()))
    answers(server, token(), *[refusal("not found", 404)] * 3)
    with pytest.raises(NotFound):
        client.toggle_hold(ORDER)
    assert [one.path for one in server.received[1:]] == [
        "/api/holdOrder/1001", "/api/holdOrder/SA1001", "/api/holdOrder/SA-1001",
    ]  # fmt: skip


def test_r28_a_shipment_of_another_order_with_the_same_end_is_not_ours(server: Canned, client: BibiWarehouse) -> None:
    row = {"shipment_number": "T1", "tracking_number": "1Z1", "type": "Shipment"}
    answers(
        server,
        token(),
        success([row | {"customer_order_number": "21001"}]),
        success([row | {"customer_order_number": "1001"}]),
    )
    with pytest.raises(MalformedAnswer):
        client.shipments(ORDER)
    assert len(client.shipments(ORDER)) == 1
