"""Lists of the warehouse in pages: all of them are read, and a list that never ends is an error and no silent cut."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.platform.errors import MalformedAnswer
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from tests.builders import status_order
from tests.contract.canned import Canned
from tests.contract.clients import NOW, answers, bibi_client, success, token

SINCE, UNTIL = NOW - timedelta(hours=3), NOW + timedelta(hours=1)


def _notice(number: int) -> dict[str, Any]:
    return {"asn_bol_track_number": f"T-{number}", "status": "Open"}


def _shipment(number: int) -> dict[str, Any]:
    return {
        "shipment_number": f"S-{number}",
        "customer_order_number": "1",
        "type": "Shipment",
        "tracking_number": f"1Z{number}",
    }


def _movement(number: int) -> dict[str, Any]:
    return {
        "product_number": f"SKU-{number}",
        "transaction_date": "2026-03-02 08:00:00",
        "quantity": "1",
        "transaction_type": "S",
    }


def _returned(number: int) -> dict[str, Any]:
    return {"customer_order_number": str(number), "product_number": "MUG", "quantity": "1"}


def _product(number: int) -> dict[str, Any]:
    return {"product_number": f"SKU-{number}", "quantity_in_stock": "5"}


def _method(number: int) -> dict[str, Any]:
    return {"code": f"{number:02d}", "short": f"Method {number}"}


def _all(read: Callable[[int], Any], what: str) -> list[Any]:
    found: list[Any] = []
    page, more = 1, True
    while more:
        answer = read(page)
        found += getattr(answer, what)
        page, more = page + 1, answer.more
    return found


LISTS: dict[str, tuple[Callable[[BibiWarehouse], Any], Callable[[int], dict[str, Any]]]] = {
    "ship methods": (BibiWarehouse.ship_methods, _method),
    "notices": (lambda client: client.notices.list(), _notice),
    "shipments": (lambda client: client.shipments(OrderNumber("1")), _shipment),
    "movements": (lambda client: _all(lambda page: client.movements.page(SINCE, UNTIL, page), "movements"), _movement),
    "returns": (lambda client: _all(lambda page: client.returns(SINCE, UNTIL, page), "returned"), _returned),
    "products": (lambda client: _all(client.products, "stocks"), _product),
    "orders": (
        lambda client: _all(lambda page: client.orders_since(SINCE, page), "orders"),
        lambda number: status_order(str(number)),
    ),
}


@pytest.fixture
def client(server: Canned) -> BibiWarehouse:
    return bibi_client(server)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("yes", [True, 1, "true", "1", "True"])
def test_all_pages_of_a_list_are_read(server: Canned, client: BibiWarehouse, name: str, yes: Any) -> None:
    read, row = LISTS[name]
    pages = [success([row(1), row(2)], hasMoreResults=yes), success([row(3)], hasMoreResults=yes), success([row(4)])]
    answers(server, token(), *pages)
    assert len(read(client)) == 4
    assert len(server.received) == 1 + 3
    assert all('"offset": 3' in one or "offset=3" in one for one in [_asked(server)])


def _asked(server: Canned) -> str:
    form = server.received[-1].form
    return f"offset={form['offset']}" if "offset" in form else form["json"]


@pytest.mark.parametrize("name", LISTS)
def test_a_server_that_ignores_the_page_is_not_asked_for_ever(server: Canned, client: BibiWarehouse, name: str) -> None:
    read, row = LISTS[name]
    answers(server, token(), *[success([row(1), row(2)], hasMoreResults=True)] * 20)
    with pytest.raises(MalformedAnswer, match=r"page 2 shows what page 1 showed"):
        read(client)
    assert len(server.received) == 1 + 2


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("nothing", [[], {}, None, ""])
def test_an_empty_page_with_more_behind_it_is_no_end(
    server: Canned, client: BibiWarehouse, name: str, nothing: Any
) -> None:
    read, row = LISTS[name]
    answers(server, token(), success([row(1)], hasMoreResults=True), success(nothing, hasMoreResults=True))
    with pytest.raises(MalformedAnswer):
        read(client)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("said", [7, "perhaps", [], {}, ["true"]])
def test_an_answer_that_does_not_say_whether_there_are_more_is_an_error(
    server: Canned, client: BibiWarehouse, name: str, said: Any
) -> None:
    read, row = LISTS[name]
    answers(server, token(), *[success([row(1)], hasMoreResults=said)] * 5)
    with pytest.raises(MalformedAnswer):
        read(client)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("said", [False, None, 0, "", "false", "0"])
def test_an_answer_that_says_nothing_of_more_is_the_last(
    server: Canned, client: BibiWarehouse, name: str, said: Any
) -> None:
    read, row = LISTS[name]
    answers(server, token(), success([row(1)], hasMoreResults=said))
    assert len(read(client)) == 1
    assert len(server.received) == 1 + 1


@pytest.mark.parametrize(("name", "bound"), [("ship methods", 20), ("shipments", 50)])
def test_a_list_beyond_its_bound_is_an_error(server: Canned, client: BibiWarehouse, name: str, bound: int) -> None:
    read, row = LISTS[name]
    answers(server, token(), *[success([row(number)], hasMoreResults=True) for number in range(60)])
    with pytest.raises(MalformedAnswer, match=rf"more than {bound} pages"):
        read(client)
    assert len(server.received) == 1 + bound
