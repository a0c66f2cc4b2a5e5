"""A merchant may have 150,000 open orders: no pass holds them, and each turn goes through a portion of them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from orderbridge.jobs import open_portion
from orderbridge.jobs.open_portion import portion_of_open, went_through
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.sku import Sku
from orderbridge.platform.table import Table
from orderbridge.stock.figures import open_pieces
from orderbridge.stock.sync_stock import all_at_work
from testkit.clock import NOON, ManualClock
from testkit.world import World, world


class Shelves:
    """A table whose index answers page by page, with as many open orders as asked for; it holds none of them."""

    def __init__(self, orders: int, page: int = 2_000) -> None:
        self.orders = orders
        self.page = page
        self.queries = 0

    def query(self, **request: Any) -> dict[str, Any]:
        self.queries += 1
        first = int(request.get("ExclusiveStartKey", {"n": {"N": "0"}})["n"]["N"])
        last = min(self.orders, first + self.page)
        answer: dict[str, Any] = {"Items": [self._entry(number) for number in range(first, last)]}
        return answer if last == self.orders else answer | {"LastEvaluatedKey": {"n": {"N": str(last)}}}

    def _entry(self, number: int) -> dict[str, Any]:
        at = (NOON - timedelta(days=3) + timedelta(seconds=number)).isoformat()
        moments = {name: {"S": at} for name in ("created_at", "moved_at", "shelved_at", "submitted_at", "placed_at")}
        texts = {"order_number": {"S": str(number)}, "status": {"S": "acknowledged"}, "shelf": {"S": "acme"}}
        key = {"pk": {"S": "MERCHANT#acme"}, "sk": {"S": f"ORDER#{number:020d}"}}
        return key | texts | moments | {"pieces": {"M": {"MUG-01": {"N": "1"}}}}


def ledger_of(shelves: Shelves) -> Ledger:
    return Ledger(Table(shelves, "t"), ManualClock())  # type: ignore[arg-type]


def test_open_orders_are_read_page_by_page_while_they_are_gone_through() -> None:
    shelves = Shelves(10_000)
    orders = ledger_of(shelves).open_orders("acme")
    assert shelves.queries == 0
    assert len(list(islice(orders, 2_001))) == 2_001
    assert shelves.queries == 2


def test_counting_the_open_orders_of_a_merchant_holds_no_more_of_them_than_a_page() -> None:
    shelves = Shelves(20_000, page=500)
    tracemalloc.start()
    try:
        pieces = open_pieces(order.loose_pieces for order in ledger_of(shelves).open_orders("acme"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pieces == {Sku("MUG-01"): 20_000}
    assert peak < 6_000_000, "a page of entries takes some megabytes, all of them sixty"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Twelve orders at the warehouse, and turns that hold five."""
    monkeypatch.setattr(open_portion, "PORTION", 5)
    with world() as made:
        for order in range(1, 13):
            made.sell(order)
            made.poll()
            made.wait(seconds=30)
        made.push()
        yield made


def test_turns_go_through_all_open_orders_and_begin_again(here: World) -> None:
    workspace = here.workspace()
    turns = []
    for _ in range(4):
        portion = portion_of_open(workspace, "a-job")
        went_through(workspace, "a-job", portion)
        turns.append([order.billbee_id for order in portion.orders])
    assert turns == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12], [1, 2, 3, 4, 5]]


def test_r14_parcels_of_orders_beyond_the_portion_are_posted(here: World) -> None:
    for order in range(1, 13):
        here.warehouse.ship(str(order))
    here.pull()
    assert {here.status(order) for order in range(1, 13)} == {"shipped"}
    assert all(len(here.parcels(order)) == 1 for order in range(1, 13))


def test_r16_silent_orders_of_every_portion_are_asked_for(here: World) -> None:
    for order in (2, 7, 12):
        del here.warehouse.orders[str(order)]
    here.wait(hours=5)
    for _ in range(4):
        here.pull()
        here.wait(minutes=10)
    missing = {order for order in range(1, 13) if "does not show" in (here.record(order).reason or "")}
    assert missing == {2, 7, 12}


def test_a_merchant_with_few_orders_has_no_walk(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_portion, "PORTION", 5_000)
    here.pull()
    assert not [item for item in here.items() if item["sk"]["S"].endswith("-walk")]


def test_r18_the_pieces_of_all_open_orders_count_however_many_there_are(here: World) -> None:
    workspace = here.workspace()
    assert sum(order.pieces["MUG-01"] for order in all_at_work(workspace)) == 12
