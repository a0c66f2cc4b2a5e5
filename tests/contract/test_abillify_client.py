"""R20: Abillify's endpoint as its documents have it, held against the simulator and canned answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr
from requests.auth import HTTPBasicAuth

from local.simulators import Abillify
from local.simulators.abillify import AbillifyAccount
from local.simulators.billbee.orders import item, order
from local.simulators.faults import Fault
from orderbridge.billing.invoice import BilledItem, Invoice
from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    OrderbridgeError,
    Refused,
    ServerError,
    Throttled,
    UnknownOutcome,
)
from orderbridge.vendors.abillify.client import CALLS_PER_SECOND, AbillifyClient
from orderbridge.vendors.http import HttpClient
from testkit.clock import ManualClock
from tests.fuzz.targets import Canned

SAMPLE: dict[str, Any] = json.loads((Path(__file__).parent / "samples/abillify_order.json").read_text(encoding="utf-8"))
REFERENCE = SAMPLE["reference"]
LOGIN = HTTPBasicAuth("api-acme", "päss:word".encode())


@pytest.fixture(scope="module")
def service() -> Iterator[Abillify]:
    with Abillify() as made:
        made.add_account("api-acme", "päss:word")
        yield made


@pytest.fixture
def books(service: Abillify) -> AbillifyAccount:
    account = service.accounts["api-acme"]
    account.orders.clear()
    account.cancellations.clear()
    service.faults.clear()
    service.calls.clear()
    return account


def client(url: str, password: str = "päss:word", **more: Any) -> AbillifyClient:
    clock = more.pop("clock", None) or ManualClock()
    http = HttpClient(url, clock=clock, **more)
    return AbillifyClient(http, username=SecretStr("api-acme"), password=SecretStr(password), clock=clock)


def answered(answer: Any, status: int = 200) -> AbillifyClient:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return client("https://api.example", session=Canned(text, status))


def test_the_documented_order_is_read() -> None:
    assert answered(SAMPLE).order(REFERENCE) == Invoice(
        currency="EUR",
        total=Decimal(1190),
        tax=Decimal(119),
        net=Decimal(1000),
        net_based=True,
        cancelled=True,
        items=(BilledItem("1234567890", Decimal(1), "principal"),),
    )


@pytest.mark.parametrize("reference", ["A/1", "A 1", "50%", "?x=1", "#7", "ü€", "a%2Fb", "-", "..x"])
def test_a_reference_is_escaped_whole(service: Abillify, books: AbillifyAccount, reference: str) -> None:
    books.bill(order(1, items=[item()]), reference)
    assert client(service.url).order(reference) is not None
    assert service.calls[-1].path == f"/api/orders/{reference}"


@pytest.mark.parametrize("reference", ["", " ", ".", ".."])
def test_a_reference_that_a_path_would_swallow_is_nobodys(
    service: Abillify, books: AbillifyAccount, reference: str
) -> None:
    assert client(service.url).order(reference) is None
    assert service.calls == []


def test_an_unescaped_slash_is_not_taken_by_the_service(service: Abillify, books: AbillifyAccount) -> None:
    books.bill(order(1, items=[item()]), "A/1")
    plain = requests.get(f"{service.url}/orders/A/1", auth=LOGIN, timeout=60)
    assert plain.status_code == 404


def test_what_is_not_there_or_not_visible_is_none(service: Abillify, books: AbillifyAccount) -> None:
    service.add_account("other", "x").bill(order(1, items=[item()]))
    assert client(service.url).order("1") is None


@pytest.mark.parametrize("page", ["<!doctype html><h1>Not found</h1>", '{"message": "Cannot GET /orders/1"}', ""])
def test_a_404_of_somebody_else_is_no_answer(page: str) -> None:
    with pytest.raises(MalformedAnswer):
        answered(page, 404).order("1")


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"total": "1190.00", "net": " 1000", "tax": "119.0000"}, {"total": Decimal("1190.00")}),
        ({"total": 0.1 + 0.2}, {"total": Decimal("0.30000000000000004")}),
        ({"items": []}, {"items": ()}),
        ({"items": None}, {"items": ()}),
        ({"netbased": None}, {"net_based": False}),
        ({"cancellationdate": None}, {"cancelled": False}),
        ({"cancellationdate": None, "state": "canceled"}, {"cancelled": True}),
        ({"cancellationdate": None, "cancelationdate": "2020-01-01T00:00:00.000Z"}, {"cancelled": True}),
    ],
)
def test_what_may_come_otherwise_is_read_all_the_same(changes: dict[str, Any], seen: dict[str, Any]) -> None:
    invoice = answered(SAMPLE | changes).order(REFERENCE)
    assert {name: getattr(invoice, name) for name in seen} == seen


@pytest.mark.parametrize(
    "changes",
    [
        {"total": "eleven"}, {"total": "1.190,00"}, {"total": None}, {"total": True}, {"total": "1E+999999999"},
        {"total": "1E-999999999"},
        {"tax": {}}, {"net": []}, {"currency": {}}, {"netbased": "yes"}, {"items": "none"}, {"items": [{}]},
        {"items": [{"quantity": "many"}]}, {"reference": "another", "ordernumber": "", "id": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_its_name_and_not_by_its_value(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer) as raised:
        answered(SAMPLE | changes).order(REFERENCE)
    assert "eleven" not in str(raised.value)


def test_addresses_are_never_kept() -> None:
    assert "Doe" not in repr(answered(SAMPLE).order(REFERENCE))


def test_documented_errors_come_with_code_fields_and_hints() -> None:
    body = {
        "code": 400,
        "details": [
            {
                "error": "Value for field 'debtor' is of wrong type, expected bigint.",
                "fields": ["debtor"],
                "hint": "Value must be a number or a string containing only a number.",
            }
        ],
        "message": "InvalidValue, see error details",
        "name": "ClientError",
        "type": "ERR_INVALID_VALUE",
    }
    with pytest.raises(Refused) as raised:
        answered(body, 400).order("1")
    error = raised.value
    assert (error.operation, error.status, error.code) == ("abillify get order", 400, 400)
    assert error.fields == ("debtor",)
    assert error.hints == ("Value must be a number or a string containing only a number.",)
    assert "wrong type, expected bigint. (field debtor; hint: Value must be a number" in str(error)


@pytest.mark.parametrize("odd", [None, "text", [1], [{"fields": "debtor", "hint": 7}], [[]], [{"error": {"a": 1}}]])
def test_details_of_any_shape_do_no_harm(odd: Any) -> None:
    with pytest.raises(Refused):
        answered({"code": 409, "details": odd, "message": "no"}, 409).order("1")


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, AuthenticationError), (409, Refused), (500, ServerError)]
)
def test_each_status_has_its_error(
    service: Abillify, books: AbillifyAccount, status: int, kind: type[OrderbridgeError]
) -> None:
    service.faults.add(Fault("status", status=status, times=None))
    with pytest.raises(kind):
        client(service.url).order("1")


def test_wrong_credentials_are_refused_and_never_shown(service: Abillify, books: AbillifyAccount) -> None:
    with pytest.raises(AuthenticationError) as raised:
        client(service.url, password="wrong-password-of-acme").order("1")
    assert "wrong-password" not in f"{raised.value} {raised.value.detail}"


def test_a_429_is_obeyed(service: Abillify, books: AbillifyAccount) -> None:
    books.bill(order(1, items=[item()]))
    clock = ManualClock()
    service.faults.add(Fault("throttled", retry_after=2))
    assert client(service.url, clock=clock).order("1") is not None
    assert clock.slept == [2.0]
    service.faults.add(Fault("throttled", retry_after=60))
    with pytest.raises(Throttled) as raised:
        client(service.url).order("1")
    assert raised.value.retry_after == 60


def test_the_pace_is_kept() -> None:
    clock = ManualClock()
    http = HttpClient("https://api.example", clock=clock, session=Canned(json.dumps(SAMPLE)))
    slow = AbillifyClient(http, username=SecretStr("u"), password=SecretStr("p"), clock=clock)
    for _ in range(CALLS_PER_SECOND + 1):
        slow.order(REFERENCE)
    assert clock.slept == [1.0]


def test_a_cancellation_is_sent_as_documented(service: Abillify, books: AbillifyAccount) -> None:
    books.bill(order(1, items=[item()]))
    client(service.url).cancel("1", datetime(2026, 11, 22, 10, 0, tzinfo=UTC))
    assert service.calls[-1].body == {"state": "canceled", "cancelationdate": "2026-11-22T10:00:00.000Z"}
    invoice = client(service.url).order("1")
    assert invoice is not None
    assert invoice.cancelled


@pytest.mark.parametrize("kind", ["drop_after", "status_after", "html", "cut_json"])
def test_a_cancellation_without_a_clear_answer_is_unknown_and_not_repeated(
    service: Abillify, books: AbillifyAccount, kind: Any
) -> None:
    books.bill(order(1, items=[item()]))
    service.faults.add(Fault(kind))
    with pytest.raises(UnknownOutcome):
        client(service.url).cancel("1", datetime.now(UTC))
    assert books.cancellations == ["1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "gone"}, "state"),
        ({"state": "canceled"}, "cancelationdate"),
        ({"state": "canceled", "cancelationdate": "2026-01-01T00:00:00Z", "total": 1}, "total"),
        ([], "body"),
    ],
)
def test_the_service_names_what_is_wrong_with_a_change(
    service: Abillify, books: AbillifyAccount, body: Any, field: str
) -> None:
    books.bill(order(1, items=[item()]))
    refused = requests.put(f"{service.url}/orders/1", json=body, auth=LOGIN, timeout=60)
    assert (refused.status_code, refused.json()["details"][0]["fields"]) == (400, [field])


def test_the_service_keeps_a_limit_where_a_test_wants_one() -> None:
    with Abillify(calls_per_second=2) as quick:
        quick.add_account("a", "b")
        statuses = [requests.get(f"{quick.url}/orders/1", auth=("a", "b"), timeout=60).status_code for _ in range(3)]
    assert statuses == [404, 404, 429]
