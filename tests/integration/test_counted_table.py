"""The benchmarks' table does what the table in memory does, as far as the stock's records ask it to, and counts it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from benchmarks.counting import CountedDynamoDB, Packed
from orderbridge.merchants.cursors import Cursors, PageCursor
from orderbridge.platform.table import Table
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.stock_records import StockRecords
from testkit.aws import MemoryDynamoDB
from testkit.blueprint import blueprint
from testkit.clock import ManualClock
from testkit.template import make_table

STEPS = ("leave", "left", "due", "claim", "claim", "sent", "again", "not sent", "forget", "page", "wait")


def counted_table() -> tuple[CountedDynamoDB, Table]:
    """As the benchmark of the stock has it."""
    counted = CountedDynamoDB(blueprint())
    make_table(counted, "counted")
    counted.tables["counted"] = Packed()
    return counted, Table(counted, "counted")  # type: ignore[arg-type]


def do(records: StockRecords, clock: ManualClock, what: str, sku: str, number: int) -> Any:
    """One step; gives what it came to."""
    figure = StockFigure(sku, number, 0, 0, 0)
    try:
        match what:
            case "leave":
                records.start_leaving([sku])
            case "left":
                records.has_left([sku])
            case "due":
                records.mark_due([sku])
            case "claim":
                return records.start_sending(sku, clock.now() - timedelta(seconds=number))
            case "sent":
                records.sent(figure, number)
            case "again":
                records.sent(figure, None, look_again=True)
            case "not sent":
                records.mark_due([sku])
                if records.get_many([sku]):
                    records.not_sent(sku)
            case "forget":
                if records.get_many([sku]):
                    records.forget_due(sku)
            case "page":
                records.set_page(number % 3, 0, {sku: number})
                return records.page(1, 0)
    except Exception as error:  # noqa: BLE001  both must fail alike
        return repr(error)
    return records.all(), records.due()


@pytest.mark.parametrize("seed", range(12))
def test_it_ends_with_the_same_records(seed: int) -> None:
    chance, clock, memory = random.Random(seed), ManualClock(), MemoryDynamoDB()
    plain = Table(memory, make_table(memory, "plain"))  # type: ignore[arg-type]
    _, counted = counted_table()
    one, other = (StockRecords(table, "acme", clock) for table in (plain, counted))
    for _ in range(25):
        what, sku, number = chance.choice(STEPS), chance.choice(["MUG", "mug", "TEE"]), chance.randint(0, 200)
        if what == "wait":
            clock.sleep(number * 1000)
        assert do(one, clock, what, sku, number) == do(other, clock, what, sku, number)
    for table in (plain, counted):
        Cursors(table, "acme").set_pages("sync-stock", PageCursor(seed, clock.now()))
        assert Cursors(table, "acme").pages("sync-stock") == PageCursor(seed, clock.now())


def items() -> tuple[CountedDynamoDB, StockRecords]:
    counted, table = counted_table()
    return counted, StockRecords(table, "acme", ManualClock())


def test_it_counts_a_write_and_what_the_index_takes() -> None:
    counted, records = items()
    assert records.start_sending("MUG", ManualClock().now()) is None
    assert counted.units == {"write": 1, "index write": 1}
    records.sent(StockFigure("MUG", 1, 0, 0, 0), 1)
    assert counted.units == {"write": 2, "index write": 2}


@pytest.mark.parametrize(("skus", "writes", "reads"), [(10, 1, 1), (100, 2, 1), (400, 5, 2)])
def test_it_counts_larger_items_by_their_size(skus: int, writes: int, reads: int) -> None:
    counted, records = items()
    records.set_page(1, 0, {f"SKU-{number:05d}": 7 for number in range(skus)})
    records.page(1, 0)
    assert (counted.units["write"], counted.units["read"]) == (writes, reads)
