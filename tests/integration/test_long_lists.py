"""R10: a list that takes longer than one invocation is read over several, and delays no merchant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from local.simulators.bibi import Account
from local.simulators.bibi.submission import read_order
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.orders.listings import KEPT_FOR, Entry, Listings, OrderListing
from orderbridge.platform.errors import OutOfTime
from testkit.routes import STATUS
from testkit.world import SOLD, World, world

CALLS_A_MINUTE = 10


def fill_books(warehouse: Account, orders: range) -> None:
    """Orders of other channels, which the warehouse lists with ours."""
    person = {"FirstName": "Jane", "MiddleInitial": "", "LastName": "Doe", "CompanyName": "", "Address1": "1 Main St"}
    person |= {"Address2": "", "Address3": "", "City": "Austin", "State": "TX", "ZipCode": "73301", "CountryCd": "US"}
    person |= {"DayPhone": "", "Email": "jane@shop.example"}
    line = {"LineNo": "1", "ItemNo": SOLD[0], "Amount": "1.00", "Quantity": 1, "Description": "", "Ship-Meth-Cd": 24}
    for number in orders:
        header = {"OrderNumber": str(number), "EntryDate": "", "Source": "WEB", "ProdDollars": 1.0, "PHAmt": 0.0}
        header |= {"TaxAmt": 0.0, "RushProcessing": "N", "PayMethod": "PP"}
        order = {"Header": {"HeaderGroup": header}, "Billing": {"Billto": person}, "Shipping": {"Shipto": person}}
        order |= {"ProductManifest": {"Product": [line]}}
        warehouse.book(read_order({"Order": order}, warehouse.rules))


def pages_read(here: World) -> int:
    return sum(call.name == STATUS and "timestamp" in (call.body or {}) for call in here.bibi.calls)


@pytest.fixture
def long_ago(request: pytest.FixtureRequest) -> str:
    with world() as here:
        return (here.clock.now() - timedelta(days=20)).isoformat()


def test_a_list_longer_than_the_calls_of_a_minute_is_read_on_and_nothing_is_sent_twice(long_ago: str) -> None:
    """25 pages, 10 calls a minute: before, each delivery began at the first page, and no order was ever imported."""
    with world() as here:
        here.configure(bibi={"requests_per_minute": CALLS_A_MINUTE})
        fill_books(here.warehouse, range(1, 2401))
        for known in (5, 2399):
            here.sell(known, created_at=long_ago)  # sent before the ledger was lost, and not tagged
        here.sell(9001, created_at=long_ago)
        here.poll()
        assert {here.status(order) for order in (5, 2399)} == {"submitted"}
        assert here.status(9001) == "queued"
        assert pages_read(here) == 24
        here.push()
        assert {here.status(order) for order in (5, 2399, 9001)} == {"acknowledged"}
        assert [here.submitted(str(order)) for order in (5, 2399, 9001)] == [1, 1, 1]


def test_the_list_reaches_back_only_as_far_as_the_orders_that_are_asked_for() -> None:
    with world() as here:
        fill_books(here.warehouse, range(1, 1001))
        here.wait(days=3)
        here.sell(9001)
        here.poll()
        assert here.status(9001) == "queued"
        assert pages_read(here) == 1


def test_where_nothing_is_to_be_sent_the_warehouse_is_not_asked() -> None:
    with world() as here:
        fill_books(here.warehouse, range(1, 1001))
        here.poll()
        assert pages_read(here) == 0


def test_a_poll_that_runs_out_of_time_goes_on_where_it_stopped(long_ago: str) -> None:
    with world() as here:
        fill_books(here.warehouse, range(1, 801))
        here.sell(9001, created_at=long_ago)
        began = len(here.bibi.calls)
        here.seconds_left = lambda: 20.0 if pages_read(here) % 3 == 2 and len(here.bibi.calls) > began else 90.0
        here.ask_poll()
        here.wait(seconds=10)
        here.deliver("poll")
        assert here.status(9001) == "unknown"
        assert pages_read(here) == 2
        here.seconds_left = None
        here.work("poll")
        assert here.status(9001) == "queued"
        assert pages_read(here) == 8
        assert OutOfTime().retry_after == 1.0


def test_an_import_that_runs_out_of_time_has_what_it_imported_taken_up_and_goes_on() -> None:
    """So many are no messages of their own: they are taken up in portions (R32)."""
    with world() as here:
        here.poll()
        here.wait(minutes=5)
        for order in range(1, 601):
            here.sell(order)
        here.seconds_left = lambda: 20.0
        here.ask_poll()
        here.wait(seconds=10)
        here.deliver("poll")
        assert here.queues.waiting()["push"] == 1
        assert sum(here.status(order) == "queued" for order in range(1, 601)) == 250
        here.seconds_left = None
        here.work("poll")
        assert {here.status(order) for order in range(1, 601)} == {"queued"}


def test_rows_that_are_added_while_a_list_is_read_do_not_hold_up_the_cursor() -> None:
    """A shop that sells all the time never has a list that stands still."""
    with world() as here:
        for order in range(1, 301):
            here.sell(order)
        with here.inside("GET /orders", lambda: here.sell(301)):
            here.poll()
        assert here.cursors().orders().read_until is not None
        assert here.status(301) == "queued"


def listing(here: World, *, after: str = "", days: int = 5) -> OrderListing:
    since = here.clock.now() - timedelta(days=days)
    pages: list[Sequence[Entry]] = [[(OrderNumber("15698", "SA15698"), {"MUG": 2})], [(OrderNumber("7"), {})]]
    return OrderListing(since, here.clock.now(), after, complete=True, pages=pages)


def test_a_kept_listing_is_read_as_it_was_written() -> None:
    with world() as here:
        listings = Listings(here.table, "acme", here.clock)
        assert listings.load(here.clock.now(), "") is None
        kept = listing(here)
        listings.save(kept)
        found = listings.load(kept.since, "")
        assert found is not None
        assert found == kept
        assert found.pages[0][0][0].written == "SA15698"


def test_a_kept_listing_is_of_no_use_for_older_orders_after_an_hour_or_with_another_cursor() -> None:
    with world() as here:
        listings, kept = Listings(here.table, "acme", here.clock), listing(here)
        listings.save(kept)
        assert listings.load(kept.since - timedelta(seconds=1), "") is None
        assert listings.load(kept.since, "2026-07-01T11:00:00+00:00") is None
        here.wait(seconds=KEPT_FOR.total_seconds() + 1)
        assert listings.load(kept.since, "") is None


def test_pages_of_an_earlier_listing_are_not_taken_for_those_of_this_one() -> None:
    with world() as here:
        listings = Listings(here.table, "acme", here.clock)
        listings.save(listing(here))
        here.wait(minutes=1)
        later = listing(here)
        later.pages, later.complete = later.pages[:1], False
        listings.save(later)
        found = listings.load(later.since, "")
        assert found is not None
        assert (len(found.pages), found.complete) == (1, False)
