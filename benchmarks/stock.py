"""What the stock of a large catalogue costs: calls, DynamoDB units, memory and time.

    python -m benchmarks.stock [--skus 50000] [--seed 3]

The job and its clients are the real ones. The vendors answer in the process and DynamoDB is counted in memory
(`benchmarks.counting`), so the peak memory is that of the whole process with both. Throttles are off: with BiBi's
60 calls a minute, reading 500 pages takes nine minutes, spread over several invocations.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import time
from array import array
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import requests
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table as Rows

from benchmarks.counting import CountedDynamoDB, Packed
from benchmarks.results import save
from orderbridge.jobs.deliveries import Delivery
from orderbridge.jobs.messages import SyncStock
from orderbridge.merchants.account_numbers import AccountNumbers
from orderbridge.merchants.breaker import Breaker
from orderbridge.merchants.settings import MerchantSettings
from orderbridge.platform.clock import Deadline
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Table
from orderbridge.returns.label_store import ReturnLabels
from orderbridge.sayings import SAYINGS
from orderbridge.stock.sync_stock import sync_stock
from orderbridge.vendors.bibi.api import BibiApi
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from orderbridge.vendors.billbee.client import BillbeeClient
from orderbridge.vendors.http import HttpClient
from orderbridge.workspace import Workspace
from testkit.blueprint import blueprint
from testkit.clock import ManualClock
from testkit.template import make_table

MERCHANT = "acme"
TABLE = "benchmark"
MEGABYTES_AT_MOST = 256


class Vendors(requests.Session):
    """Both vendors' answers, made when they are asked for: a warehouse's shelf, and a shop that knows every SKU."""

    def __init__(self, skus: int) -> None:
        super().__init__()
        self.shelf = array("l", [20] * skus)
        self.calls = Counter[str]()
        self.slowest = 0

    def request(self, method: str | bytes, url: str | bytes, **rest: Any) -> requests.Response:  # type: ignore[override]
        path = str(url).removeprefix("https://vendor.invalid/")
        self.calls[path.split("/")[0]] += 1
        body: Any
        match path.split("/"):
            case ["listProducts"]:
                query = json.loads(rest["data"]["json"])
                first, size = (query["offset"] - 1) * query["perPage"], query["perPage"]
                rows = [self._row(number) for number in range(first, min(first + size, len(self.shelf)))]
                body = {"success": True, "result": rows, "hasMoreResults": first + size < len(self.shelf)}
            case ["listProduct", sku]:
                body = {"success": True, "result": self._row(int(unquote(sku).removeprefix("SKU-")))}
            case ["products", "updatestockmultiple"]:
                body = [
                    {"ErrorCode": 0, "Data": {"SKU": one["Sku"], "CurrentStock": one["NewQuantity"]}}
                    for one in rest["json"]
                ]
            case ["products", "stocks"]:
                body = [{"Id": 1, "Name": "Standard", "Description": None, "IsDefault": True}]
            case _:
                body = {"success": True, "token": "token", "expires": "2030-01-01 0:00:00"}
        answer = requests.Response()
        answer.status_code = 200
        answer._content = json.dumps(body).encode()  # noqa: SLF001
        return answer

    def _row(self, number: int) -> dict[str, Any]:
        return {
            "product_number": f"SKU-{number:08d}",
            "short_description": f"Product {number} with a name of some length",
            "price": "12.50",
            "quantity_in_stock": str(self.shelf[number]),
            "allocated_quantity": 0,
            "backorder_quantity": 0,
            "product_status": "R1",
            "upc_code": f"{4_000_000_000_000 + number}",
        }


class NoBudget:
    def take(self) -> None:
        return

    def learn(self, remaining: int, reset_seconds: float) -> None:
        return


class NoCache:
    def load(self) -> str | None:
        return None

    def save(self, text: str) -> None:
        return


@dataclass(frozen=True)
class Measured:
    """One run of the job."""

    name: str
    pages: int
    single_reads: int
    billbee_calls: int
    figures: int
    reads: float
    writes: float
    seconds: float
    megabytes: float


def workspace(vendors: Vendors, dynamodb: CountedDynamoDB, clock: ManualClock) -> Workspace:
    """A merchant whose clients talk to the vendors in this process."""
    table = Table(dynamodb, TABLE)  # type: ignore[arg-type]
    http = HttpClient("https://vendor.invalid", clock=clock, session=vendors)
    settings = {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}}
    return Workspace(
        merchant=MERCHANT,
        settings=MerchantSettings.model_validate(settings),
        table=table,
        account_numbers=AccountNumbers(table, MERCHANT, clock),
        make_hub=lambda: BillbeeClient(
            http,
            api_key=SecretStr("key"),
            username="shop@acme.example",
            password=SecretStr("password"),
            calls_per_second=2,
            clock=clock,
        ),
        make_warehouse=lambda: BibiWarehouse(
            BibiApi(
                http,
                public_key=SecretStr("public"),
                secret_key=SecretStr("secret"),
                budget=NoBudget(),
                token_cache=NoCache(),
                clock=clock,
            ),
            source="WEB",
            clock=clock,
        ),
        make_labels=lambda: ReturnLabels(lambda: None, "", ""),
        push=lambda messages: None,
        breaker=lambda vendor: Breaker(table, MERCHANT, vendor, clock),
        clock=clock,
        deadline=Deadline(clock),
        make_saying=lambda workspace, kind: SAYINGS[kind](workspace),
    )


def measure(name: str, ws: Workspace, vendors: Vendors, dynamodb: CountedDynamoDB) -> Measured:
    vendors.calls.clear()
    dynamodb.units.clear()
    message = SyncStock(merchant=MERCHANT, correlation_id="benchmark", asked_at=ws.now())
    began = time.perf_counter()
    figures = sync_stock(ws, Delivery(message, "1", "1", 1, ws.now()))
    units = dynamodb.units
    return Measured(
        name=name,
        pages=vendors.calls["listProducts"],
        single_reads=vendors.calls["listProduct"],
        billbee_calls=vendors.calls["products"],
        figures=figures,
        reads=units["read"],
        writes=units["write"] + units["index write"],
        seconds=time.perf_counter() - began,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
    )


def run(skus: int, seed: int) -> list[Measured]:
    """A catalogue's first run, and what the following ones cost."""
    chance = random.Random(seed)
    clock = ManualClock(datetime(2026, 7, 1, tzinfo=UTC))
    vendors, dynamodb = Vendors(skus), CountedDynamoDB(blueprint())
    make_table(dynamodb, TABLE)
    dynamodb.tables[TABLE] = Packed()
    dynamodb.streams.clear()  # what is written there would count as the memory of the job
    ws = workspace(vendors, dynamodb, clock)

    def later(name: str) -> Measured:
        clock.sleep(15 * 60)
        return measure(name, ws, vendors, dynamodb)

    found = [later("first run"), later("nothing changed")]
    for number in chance.sample(range(skus), skus // 100):
        vendors.shelf[number] += chance.randint(1, 5)
    found.append(later("1 % changed"))
    left = [f"SKU-{number:08d}" for number in chance.sample(range(skus), 100)]
    ws.stock.start_leaving(left)
    ws.stock.has_left(left)
    found += [later("100 SKUs left"), later("nothing changed")]
    return found


def broken_promises(found: list[Measured], skus: int) -> list[str]:
    """The missed goals."""
    wrong = []
    for one in found:
        if one.pages > -(-skus // 100):
            wrong.append(f"{one.name}: {one.pages} page reads for {skus} SKUs")
        if one.billbee_calls > -(-one.figures // 100) + 1:  # one asks which stocks there are
            wrong.append(f"{one.name}: {one.billbee_calls} calls to Billbee for {one.figures} figures")
        if one.name == "nothing changed" and one.billbee_calls:
            wrong.append(f"{one.name}: {one.billbee_calls} calls to Billbee")
        if one.megabytes > MEGABYTES_AT_MOST:
            wrong.append(f"{one.name}: {one.megabytes:.0f} MB")
    expected = [skus, 0, skus // 100, 100, 0]
    if [one.figures for one in found] != expected:
        wrong.append(f"figures sent were {[one.figures for one in found]}, should be {expected}")
    return wrong


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    arguments.add_argument("--skus", type=int, default=50_000)
    arguments.add_argument("--seed", type=int, default=3)
    chosen = arguments.parse_args()
    logger.setLevel("CRITICAL")
    with redirect_stdout(io.StringIO()):  # the metrics
        found = run(chosen.skus, chosen.seed)
    rows = Rows(title=f"sync_stock with {chosen.skus:,} SKUs", title_justify="left")
    rows.add_column("run")
    columns = ("page reads", "single reads", "Billbee calls", "figures", "read units", "write units", "s", "peak MB")
    for name in columns:
        rows.add_column(name, justify="right")
    for one in found:
        numbers = (one.pages, one.single_reads, one.billbee_calls, one.figures, one.reads, one.writes)
        rows.add_row(one.name, *(f"{number:,.0f}" for number in numbers), f"{one.seconds:.1f}", f"{one.megabytes:.0f}")
    console = Console(width=120)
    console.print(rows)
    wrong = broken_promises(found, chosen.skus)
    save("stock", {"skus": chosen.skus, "runs": [vars(one) for one in found], "wrong": wrong})
    for line in wrong:
        console.print(f"not as it should be: {line}", style="red")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
