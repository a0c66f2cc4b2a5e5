"""`run` and `serve`: cycles, when they end, what they tell, and how the program is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.table import Table

from cli.merchants_file import Merchants, parse
from local.demo import Expectation
from local.report import OrderLine, as_json, changes, closing_lines, product_tables, stock_tables
from local.run import Timetable, cycle, until_idle
from local.stack import Schedule
from local.system import System
from orderbridge.figures.figures import Figures
from orderbridge.products.product_records import ProductRecord
from orderbridge.stock.stock_records import StockRecord
from orderbridge.tracking.cost_records import MonthlyCost
from tests.integration.local_project import Project, drain, polled

QUEUED = OrderLine(1, None, "queued", None, (), 1)
SHIPPED = OrderLine(1, "1", "shipped", None, ("1Z1", "1Z2"), 4)


def merchants(**settings: Any) -> Merchants:
    good = {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}}
    secrets = {"billbee_password": "p", "bibi_public_key": "k", "bibi_secret_key": "s"}
    raw = {"acme": {"settings": good | settings, "secrets": secrets}}
    return parse({"billbee_api_key": "k", "merchants": raw}, "a test")


@dataclass
class Shelf:
    """Books whose orders are what a test puts there."""

    lines: list[OrderLine] = field(default_factory=list)
    shelves: list[StockRecord] = field(default_factory=list)
    catalogue: list[ProductRecord] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)

    def orders(self, merchant: str) -> Iterable[OrderLine]:
        return list(self.lines)

    def stock(self, merchant: str) -> list[StockRecord]:
        return self.shelves

    def products(self, merchant: str) -> list[ProductRecord]:
        return self.catalogue

    def errors(self, merchant: str) -> list[str]:
        return []

    def movements(self, merchant: str) -> dict[str, list[str]]:
        return {}

    def shipping(self, merchant: str) -> Iterable[MonthlyCost]:
        return ()

    def calls(self, merchant: str) -> Mapping[str, int]:
        return {"billbee": 3, "bibi": 2, "throttled": 1}

    def figures(self, merchant: str) -> Figures:
        return Figures(self.counted)


@dataclass
class Warehouse:
    """A world with a number of steps to do, each of which changes the books."""

    shelf: Shelf
    steps: int
    advanced: int = 0

    def advance(self) -> bool:
        if self.advanced == self.steps:
            return False
        self.advanced += 1
        self.shelf.lines = [replace(QUEUED, version=self.advanced + 1)]
        return True

    def expected(self) -> Mapping[str, Mapping[int, Expectation]]:
        return {"acme": {1: Expectation("shipped", 2, None, "two parcels")}}

    def check(self, report: Mapping[str, Any]) -> list[str]:
        return []

    def remarks(self) -> list[str]:
        return ["worth seeing"]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def running(told: list[str]) -> Iterator[tuple[Project, System]]:
    with polled() as (project, pollers):
        yield project, System(project.stack, project.workers, pollers, Shelf(), merchants(), told.append)


def fired(project: Project) -> int:
    return len(project.items("start"))


def test_a_cycle_fires_every_schedule_once_and_leaves_no_message(running: tuple[Project, System]) -> None:
    project, system = running
    assert cycle(system)
    assert fired(project) == 2
    assert len(project.items("a")) == len(project.items("b")) == 1
    assert system.pollers.idle()


def test_cycles_end_when_a_whole_one_changes_nothing(running: tuple[Project, System]) -> None:
    project, system = running
    assert until_idle(system)
    assert fired(project) == 2


def test_so_many_cycles_are_exactly_so_many(running: tuple[Project, System]) -> None:
    project, system = running
    assert until_idle(system, cycles=3)
    assert fired(project) == 6


def test_a_dead_letter_is_a_change(running: tuple[Project, System]) -> None:
    project, system = running
    before = system.fingerprint()
    project.send("acme", do="fail", n=1)
    drain(project, system.pollers)
    assert system.fingerprint() != before


def test_in_a_world_each_idle_cycle_is_followed_by_its_next_step(running: tuple[Project, System]) -> None:
    project, system = running
    shelf = Shelf([QUEUED])
    system.books = shelf
    system.world = world = Warehouse(shelf, steps=2)
    assert until_idle(system)
    assert world.advanced == 2
    # Idle; after the first step changed and then idle; so after the second; and once more when nothing was left.
    assert fired(project) == 2 * 6


def test_a_schedule_whose_function_fails_is_told_and_makes_the_run_fail(
    running: tuple[Project, System], told: list[str]
) -> None:
    _, system = running
    system.stack.schedules[:] = [replace(system.stack.schedules[0], event={"no": "groups"})]
    assert not until_idle(system)
    assert told == ["start failed: KeyError: 'groups'"]


def test_changes_tell_status_tracking_and_reason_of_what_moved() -> None:
    label = {("acme", 1): "two parcels"}
    before = {("acme", 1): QUEUED, ("acme", 2): replace(QUEUED, billbee_id=2)}
    rejected = OrderLine(3, None, "rejected", "no street", (), 1)
    after = {("acme", 1): SHIPPED, ("acme", 2): replace(QUEUED, billbee_id=2), ("acme", 3): rejected}
    lines = [" ".join(line.split()) for line in changes(before, after, lambda *o: label.get(o, ""))]
    assert lines == [
        "acme 1 queued → shipped, tracking 1Z1, 1Z2 (two parcels)",
        "acme 3 rejected: no street",
    ]


def test_the_report_is_the_documented_json() -> None:
    report = as_json(Shelf([replace(QUEUED, billbee_id=7), SHIPPED]), merchants())
    assert report == {
        "merchants": {
            "acme": {
                "orders": [
                    {
                        "billbee_id": 1,
                        "status": "shipped",
                        "bibi_order_number": "1",
                        "tracking": ["1Z1", "1Z2"],
                        "reason": None,
                    },
                    {
                        "billbee_id": 7,
                        "status": "queued",
                        "bibi_order_number": None,
                        "tracking": [],
                        "reason": None,
                    },
                ],
                "stock": {},
                "shipping": [],
                "calls": {"billbee": 3, "bibi": 2, "throttled": 1},
            }
        }
    }
    assert list(closing_lines(report, 12.3)) == [
        "acme: 2 orders, 3 calls to Billbee and 2 to BiBi, 1 throttled",
        "2 orders in 12 s: 1 queued, 1 shipped",
    ]


MUG = StockRecord("MUG", 5, 1, 0, 2, sent=3, billbee_stock=2, sent_at=datetime(2026, 1, 1, 12, 30, tzinfo=UTC))
GHOST = StockRecord("GHOST", 7, sent=7, unknown=True, sent_at=datetime(2026, 1, 1, 12, 31, tzinfo=UTC))


def shown(table: Table) -> list[list[str]]:
    """The cells of a table, row by row."""
    return [list(row) for row in zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)]


def test_the_report_explains_every_figure_of_the_stock() -> None:
    report = as_json(Shelf(shelves=[MUG, GHOST, StockRecord("NEW")]), merchants())
    stock = report["merchants"]["acme"]["stock"]
    assert stock["MUG"] == {
        "physical": 5,
        "allocated": 1,
        "elsewhere": 0,
        "buffer": 2,
        "sent": 3,
        "billbee_stock": 2,
        "sent_at": "2026-01-01T12:30:00+00:00",
        "unknown": False,
    }
    assert (stock["GHOST"]["unknown"], stock["NEW"]["sent"], stock["NEW"]["sent_at"]) == (True, None, None)
    (table,) = stock_tables(report)
    assert shown(table) == [
        ["MUG", "5", "1", "2", "3", "2", "12:30:00"],
        ["GHOST", "7", "0", "0", "7", "does not know it", "12:31:00"],
        ["NEW", "0", "0", "0", "", "", ""],
    ]


def test_the_products_that_were_created_or_refused_are_named() -> None:
    catalogue = [
        ProductRecord(1, "x", "CAP", "4", created=True),
        ProductRecord(2, "x", "", "", problem="no EAN"),
        ProductRecord(3, "x", "MUG", "5"),
        ProductRecord(4, "x", "PEN", "6"),
    ]
    (table,) = product_tables(Shelf(catalogue=catalogue), merchants())
    assert shown(table) == [
        ["CAP", "created", ""],
        ["product 2", "refused", "no EAN"],
        ["2 others", "updated", ""],
    ]


def test_a_figure_that_was_sent_is_a_change(running: tuple[Project, System]) -> None:
    _, system = running
    system.books = shelf = Shelf(shelves=[MUG])
    before = system.fingerprint()
    assert system.fingerprint() == before
    shelf.shelves = [replace(MUG, sent=4)]
    assert system.fingerprint() != before


def test_a_merchant_with_bad_settings_is_in_the_report_with_the_reason() -> None:
    report = as_json(Shelf(), merchants(modee="live"))
    assert report["merchants"]["acme"]["orders"] == []
    assert "modee" in report["merchants"]["acme"]["error"]
    assert "unknown key" in report["merchants"]["acme"]["error"]


def test_a_timetable_fires_rates_at_the_start_and_the_rest_at_their_times(
    running: tuple[Project, System],
) -> None:
    project, _ = running
    clock = [datetime(2026, 1, 1, 0, 0, tzinfo=UTC)]
    often = project.stack.schedules[0]
    nightly = replace(often, logical_id="nightly", expression="cron(30 2 * * ? *)")

    def due_after(minutes: int) -> list[Schedule]:
        clock[0] += timedelta(minutes=minutes)
        return table.take_due()

    table = Timetable([often, nightly], now=lambda: clock[0])
    assert due_after(0) == [often]
    assert due_after(4) == []
    assert due_after(1) == [often]
    assert due_after(60) == [often]
    assert due_after(4) == []
    assert due_after(81) == [often, nightly]
    assert due_after(1) == []


def test_r43_the_report_has_the_figures_that_were_counted() -> None:
    counted = {"imported": 5, "shipped": 4, "on time": 3, "late": 1, "cost": 150_000, "costed orders": 4}
    report = as_json(Shelf(counted=counted), merchants())
    figures = report["merchants"]["acme"]["figures"]
    assert (figures["imported"], figures["late"], figures["usd_per_order"]) == (5, 1, "3.75")
    said = "acme: counted: 5 orders imported, 4 shipped, 3 of 4 when promised, for 3.75 US dollars each"
    assert said in list(closing_lines(report, 1.0))
    assert "figures" not in as_json(Shelf(), merchants())["merchants"]["acme"]
