"""The lists of codes that each account at the warehouse has: an empty or unreadable one is an error, never "none"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orderbridge.platform.errors import MalformedAnswer, RetryableError, ServerError
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from testkit.clock import ManualClock
from tests.contract.canned import Canned, Reply
from tests.contract.clients import NOW, answers, bibi_client, refusal, success, token

UPS = {"code": "02", "short": "UPS Ground", "is_expedite": "0", "is_generic": "0"}
LISTS: tuple[Callable[[BibiWarehouse], dict[str, str]], ...] = (
    BibiWarehouse.ship_methods,
    BibiWarehouse.pay_methods,
    BibiWarehouse.product_statuses,
)


@pytest.fixture
def client(server: Canned) -> BibiWarehouse:
    return bibi_client(server, clock=ManualClock(NOW))


def test_r4_ship_methods_are_read_by_name(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success([UPS, {"code": 24, "short": "Ground"}]))
    assert client.ship_methods() == {"UPS Ground": "02", "Ground": "24"}
    assert (server.received[1].method, server.received[1].path) == ("GET", "/api/listShipMethods")


def test_r4_pay_methods_and_statuses_are_read_by_code(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), success([{"code": "PP", "name": "Pre-Paid"}]), success([{"code": "R1"}]))
    assert (client.pay_methods(), client.product_statuses()) == ({"PP": "Pre-Paid"}, {"R1": "R1"})
    assert [one.path for one in server.received[1:]] == ["/api/listPayMethods", "/api/listProductStatusCodes"]


@pytest.mark.parametrize(
    "shown",
    [
        [{"code": "R1", "description": "Regular"}],
        [{"product_status": "R1", "description": "Regular"}],
        {"R1": "Regular"},
        {"R1": {"description": "Regular"}},
        {"0": {"code": "R1", "name": "Regular"}},
    ],
)
def test_r19_the_statuses_of_products_are_read_in_any_shape(server: Canned, client: BibiWarehouse, shown: Any) -> None:
    answers(server, token(), success(shown))
    assert client.product_statuses() == {"R1": "Regular"}


@pytest.mark.parametrize("read", LISTS)
@pytest.mark.parametrize(
    "shown",
    [None, [], {}, "", "UPS Ground", 5, True, [None], [[]], [{}], [{"code": "02", "short": ""}, 7.5], [UPS, None],
     [UPS, {"short": "Ground", "code": None}, {}], [{"code": True, "short": "Ground"}], {"02": None}],
    ids=str,
)  # fmt: skip
def test_r4_a_list_that_is_empty_or_cannot_be_read_is_an_error(
    server: Canned, client: BibiWarehouse, read: Callable[[BibiWarehouse], dict[str, str]], shown: object
) -> None:
    answers(server, token(), success(shown))
    with pytest.raises(MalformedAnswer):
        read(client)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal("No results found."), MalformedAnswer),
        (Reply(404, {"message": "Not Found"}), RetryableError),
        (Reply(200, b"<html>maintenance</html>"), MalformedAnswer),
        (Reply(204, b""), MalformedAnswer),
        (Reply(500, b""), ServerError),
    ],
    ids=["refused", "404", "HTML", "204", "500"],
)
def test_r4_a_list_that_is_not_given_can_be_asked_for_again(
    server: Canned, client: BibiWarehouse, reply: Reply, error: type[Exception]
) -> None:
    answers(server, token(), *[reply] * 8)
    with pytest.raises(error):
        client.ship_methods()


def test_r4_all_pages_of_a_list_are_read(server: Canned, client: BibiWarehouse) -> None:
    more = success([{"code": "24", "short": "Ground"}], hasMoreResults=True)
    answers(server, token(), success([UPS], hasMoreResults=True), more, success([{"code": "81", "short": "Abroad"}]))
    assert client.ship_methods() == {"UPS Ground": "02", "Ground": "24", "Abroad": "81"}
    assert [(one.method, one.form.get("offset")) for one in server.received[1:]] == [
        ("GET", None),
        ("POST", "2"),
        ("POST", "3"),
    ]


def test_r4_a_list_that_never_ends_is_an_error(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), *[success([UPS], hasMoreResults=True)] * 30)
    with pytest.raises(MalformedAnswer):
        client.ship_methods()
    assert len(server.received) == 1 + 2  # the second page is the first one again


def test_a_list_that_may_not_be_got_is_posted_for(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), Reply(405, {"success": False, "message": "Method Not Allowed"}), success([UPS]))
    assert client.ship_methods() == {"UPS Ground": "02"}
    assert [received.method for received in server.received] == ["GET", "GET", "POST"]
