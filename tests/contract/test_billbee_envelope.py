"""Billbee's envelope: a call has succeeded where there is no message and the code is 0, as in Billbee's own client."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    Refused,
    UnknownOutcome,
    UpstreamError,
)
from orderbridge.stock.figures import StockAnswer
from orderbridge.tracking.carriers import Carrier
from orderbridge.vendors.billbee.client import BillbeeClient
from tests.builders import wire_order
from tests.contract.canned import Canned, Reply
from tests.contract.clients import billbee_client

PASSWORD = "12345678"  # a password that looks like a quantity
TRIES = 3
_Ask = Callable[[BillbeeClient], object]

_READS: dict[str, _Ask] = {
    "orders": lambda it: it.orders(page=1), "order": lambda it: it.order(7), "carriers": lambda it: it.carriers(),
    "by number": lambda it: it.order_by_number("7"), "providers": lambda it: it.shipping_providers(),
    "products": lambda it: it.products(1), "product": lambda it: it.product(7),
    "components": lambda it: it.components(7, ""), "stocks": lambda it: it.stocks(),
    "stock levels": lambda it: it.stock_levels(1, 0), "webhooks": lambda it: it.webhooks(),
    "webhook filters": lambda it: it.webhook_filters(),
}  # fmt: skip
_REPEATABLE: dict[str, _Ask] = {
    "tags": lambda it: it.add_tags(7, "a"), "state": lambda it: it.set_state(7, 4),
    "remove webhook": lambda it: it.remove_webhook("w"),
}  # fmt: skip
_ONCE: dict[str, _Ask] = {
    "message": lambda it: it.add_message(7, "text"), "shipment": lambda it: it.add_shipment(7, "1Z", Carrier(), ""),
    "stock": lambda it: it.update_stock({"MUG": 1}, 0),
    "add webhook": lambda it: it.add_webhook("https://x.example", SecretStr("s" * 32), ["*"], ""),
}  # fmt: skip
_CHANGES = _REPEATABLE | _ONCE


@pytest.fixture
def server() -> Canned:
    return Canned()


@pytest.fixture
def client(server: Canned) -> BillbeeClient:
    return billbee_client(server, password=PASSWORD, calls_per_second=100)


def _fails(server: Canned, client: BillbeeClient, ask: _Ask, body: object) -> tuple[UpstreamError, int]:
    server.answer_next(Reply(body=body))
    with pytest.raises(UpstreamError) as caught:
        ask(client)
    return caught.value, len(server.received)


@pytest.mark.parametrize("message", ["It is locked", ["It is locked"], " It  is\nlocked "], ids=repr)
@pytest.mark.parametrize("code", [0, None, "", "0", 0.0, "NoError"], ids=repr)
@pytest.mark.parametrize("name", _CHANGES)
def test_r14_a_message_without_a_code_refuses_a_change_and_it_is_sent_once(
    server: Canned, client: BillbeeClient, name: str, code: object, message: object
) -> None:
    body = {"ErrorMessage": message, "ErrorCode": code, "ErrorDescription": "NoError", "Data": []}
    error, calls = _fails(server, client, _CHANGES[name], body)
    assert (type(error), error.detail, calls) == (Refused, "It is locked", 1)


@pytest.mark.parametrize("name", _READS)
def test_section_7_a_message_without_a_code_makes_what_was_asked_for_unusable(
    server: Canned, client: BillbeeClient, name: str
) -> None:
    body = {"ErrorMessage": "Try again", "ErrorCode": 0, "Data": [wire_order()], "Paging": {"TotalPages": 1}}
    error, calls = _fails(server, client, _READS[name], body)
    assert (type(error), error.detail, calls) == (MalformedAnswer, "Try again", TRIES)


@pytest.mark.parametrize("message", [None, "", "  ", []], ids=repr)
@pytest.mark.parametrize("code", [0, None, "", "0", 0.0, "NoError"], ids=repr)
def test_section_7_no_message_and_no_code_is_success(
    server: Canned, client: BillbeeClient, code: object, message: object
) -> None:
    server.answer_next(Reply(body={"ErrorMessage": message, "ErrorCode": code, "ErrorDescription": 0}))
    changes = (*_REPEATABLE.values(), _ONCE["message"], _ONCE["shipment"])
    for change in changes:
        change(client)
    assert len(server.received) == len(changes), "a change that has succeeded is not sent again"


@pytest.mark.parametrize("code", ["OrderNotFound", True, {}, [], "1E999"], ids=repr)
def test_section_7_a_code_that_cannot_be_read_is_an_unknown_outcome(
    server: Canned, client: BillbeeClient, code: object
) -> None:
    body = {"ErrorMessage": None, "ErrorCode": code, "Data": []}
    for ask in (*_REPEATABLE.values(), _READS["orders"]):
        assert type(_fails(server, client, ask, body)[0]) is MalformedAnswer
    for name in ("message", "shipment", "stock"):
        assert type(_fails(server, client, _ONCE[name], body)[0]) is UnknownOutcome


@pytest.mark.parametrize("code", range(1, 30))
def test_section_7_every_code_to_29_is_an_error_with_and_without_a_message(
    server: Canned, client: BillbeeClient, code: int
) -> None:
    kinds: dict[int, type[UpstreamError]] = {2: NotFound, 6: NotFound, 8: UnknownOutcome}
    kinds |= dict.fromkeys((1, 16, 17), AuthenticationError)
    for message, said in ((None, "no explanation"), ("It is so", "It is so")):
        error, _ = _fails(server, client, _ONCE["shipment"], {"ErrorMessage": message, "ErrorCode": code})
        assert (type(error), error.detail) == (kinds.get(code, Refused), f"{said} (Billbee error {code})")


def test_section_7_the_envelope_may_come_in_camel_case(server: Canned, client: BillbeeClient) -> None:
    error, _ = _fails(server, client, _ONCE["shipment"], {"errorMessage": None, "errorCode": 5})
    assert type(error) is Refused


@pytest.mark.parametrize(
    ("envelope", "answer"),
    [
        ({"ErrorMessage": "Stock is locked", "ErrorCode": 0}, StockAnswer(error="Stock is locked", unexplained=True)),
        ({"ErrorMessage": "No such product", "ErrorCode": 11}, StockAnswer(error="No such product")),
        ({"ErrorMessage": "Deadlock", "ErrorCode": 8}, StockAnswer(error="Deadlock", failed=True)),
        ({"ErrorMessage": "Locked", "ErrorCode": "Locked"}, StockAnswer(error="Locked", failed=True, unexplained=True)),
        ({"ErrorMessage": "", "ErrorCode": 0}, StockAnswer(current=3)),
        ({}, StockAnswer(current=3)),
    ],
    ids=str,
)  # fmt: skip
def test_r18_each_sku_has_an_error_of_its_own(
    server: Canned, client: BillbeeClient, envelope: dict[str, object], answer: StockAnswer
) -> None:
    rows = [{**envelope, "Data": {"SKU": "MUG", "CurrentStock": 3}}, {"ErrorCode": 0, "Data": {"SKU": "PEN"}}]
    server.answer_next(Reply(body=rows))
    assert client.update_stock({"MUG": 3, "PEN": 4}, 0) == {"MUG": answer, "PEN": StockAnswer()}


def test_a_password_that_equals_a_quantity_changes_no_figure(server: Canned, client: BillbeeClient) -> None:
    """Secrets are hidden in what people read, and nowhere else."""
    number, price = int(PASSWORD), float(f"{PASSWORD}.5")
    order = wire_order(BillBeeOrderId=number, OrderNumber=PASSWORD, TotalCost=price)
    server.answer_next(Reply(body={"ErrorCode": 0, "Data": order}))
    read = client.order(number)
    assert (read.id, read.number, float(read.total)) == (number, PASSWORD, price)
    stocks = [{"StockId": 0, "StockCurrent": number, "UnfulfilledAmount": 1}]
    server.answer_next(Reply(body={"ErrorCode": 0, "Data": [{"SKU": PASSWORD, "Stocks": stocks}]}))
    (level,) = client.stock_levels(1, 0).levels
    assert (level.sku, level.current) == (PASSWORD, number)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body={"ErrorMessage": f"The password {PASSWORD} is wrong", "ErrorCode": 0}),
        Reply(body={"ErrorMessage": int(PASSWORD), "ErrorCode": 11}),
        Reply(body={"ErrorMessage": [{"password": PASSWORD}, int(PASSWORD)], "ErrorCode": 11}),
        Reply(400, {"ErrorMessage": f"{'x' * 295} {PASSWORD}", "ErrorCode": 11}),
        Reply(400, {"message": "no", "details": [{"error": PASSWORD, "fields": [PASSWORD], "hint": PASSWORD}]}),
        Reply(401, {"Message": f"{PASSWORD} is not your password"}),
        Reply(404, {PASSWORD: PASSWORD, "message": PASSWORD}),
    ],
)
def test_a_password_that_a_vendor_repeats_is_in_no_error(server: Canned, client: BillbeeClient, reply: Reply) -> None:
    server.answer_next(reply)
    with pytest.raises(UpstreamError) as caught:
        client.add_tags(7, "a")
    shown = f"{caught.value!r} {caught.value} {vars(caught.value)}"
    assert PASSWORD[:5] not in shown
    server.answer_next(Reply(body=[{"ErrorCode": 11, "ErrorMessage": PASSWORD, "Data": {"SKU": "MUG"}}]))
    assert client.update_stock({"MUG": 1}, 0)["MUG"].error == "***"
