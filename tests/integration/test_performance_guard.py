"""What an order, an idle hour and a start may cost, by counts: these do not depend on the machine.

`make bench` measures how fast and how dear it is (`docs/performance.md`). Here stand the limits that no change may
pass unnoticed; one that has to be raised says why beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from benchmarks.simulation import Usage, backlog, simulation, statuses_of
from local.stack import PROJECT
from testkit.blueprint import blueprint
from testkit.processes.account import BUILD, LAYER
from tests.integration.test_built_functions import size

ORDERS = 40

#: For one of 40 single-parcel orders that come at once, from the poll to the shipped state. What follows the table's
#: stream is limited where they come one by one.
LIMITS_FOR_AN_ORDER = {
    "calls to Billbee": (3.15, "one tag, one shipment, one state, and a share of the lists"),
    "calls to BiBi": (0.25, "a tenth of a submission, and a share of the lists"),
    "write units": (
        19.9,
        "a write for each status, and one of the index; a slot for each Billbee call; submitted and acknowledged "
        "apart, since the tags of many come later; a share of the lists",
    ),
    "read units": (4.0, "read in bulk, when it is sent, tagged and tracked"),
    "SQS requests": (0.8, "ten orders share a batch: sent, received, deleted; once more for the tags of many"),
    "SSM requests": (0.3, "settings and secrets are read once for each function, not for each order"),
    "invocations": (0.31, "ten orders share one; the tags of many another"),
}

#: For one of 30 orders that come and leave one by one, by record; reads as they are after the first hour.
LIMITS_ONE_BY_ONE = {
    "write: put_item ORDER": (7.0, "queued, claimed, acknowledged, to be shipped, shipped; two KB with its effects"),
    "index write: put_item ORDER": (6.0, "each status, and what is to be said; leaving it is two"),
    "write: update_item STOCK": (5.0, "about to leave, left, claimed, sent; and sent when it was sold"),
    "index write: update_item STOCK": (3.0, "due, and not due any more; the same when it was sold"),
    "read: batch_get_item ORDER": (8.0, "not by each poll that lists it again"),
    "write: update_item FIGURES": (1.2, "a day's counters, once for what moves within a minute"),
}

#: For an idle merchant's hour, with both catalogues already read.
LIMITS_FOR_AN_IDLE_HOUR = {
    "calls to Billbee": (12.5, "300 a day: it charges by the call"),
    "calls to BiBi": (6, "stock four times, returns once"),
    "write units": (120, "most passes find nothing, and say no more than that they succeeded"),
    "read units": (
        168,
        "lists of what is open, not of what ever was; the settings; a vendor's breaker once an invocation",
    ),
    "SSM decryptions": (150, "KMS charges for each secret that is read again"),
    "invocations": (92, "one for each turn of a schedule, and one for each message"),
}

#: Modules that importing a handler brings, boto3's included: each takes time at every cold start. Four of them, 2 ms,
#: are the codec of records and the builder of expressions. Up to three count and divide what is too much for one turn.
#: Python 3.13 has three more than 3.11.
MOST_MODULES = {
    "start_jobs": 530,
    "watch": 568,  # with an order's rates, the findings of goods; patterns, currencies, countries of the settings
    "poll_orders": 592,  # with the stores of all jobs: 17 modules of our own delay no person
    "run_chores": 656,  # with the code of six jobs, the records of all, and what follows the stream
    "push_orders": 752,  # with the warehouse's client; what is changed and said stands in modules by topic
    "sync_stock": 560,
    "announce_inbound": 580,  # with the stores of all jobs
    "board": 719,  # each page is a module, and so are its actions, texts and pictures; messages in both languages
    "webhook": 603,
}
MOST_MODULES_OF_A_WORKER = 712
#: Functions whose import brings no vendor's client: they call none, or find out first whether there is a reason to.
IMPORT_NO_CLIENT = (
    *("start_jobs", "watch", "webhook", "board", "poll_orders"),
    *("sync_stock", "run_chores", "announce_inbound"),
)
#: Functions that call the warehouse in nearly every invocation.
LOAD_THE_WAREHOUSE = ("push_orders", "pull_tracking")

#: The layer holds bytecode beside its sources, for quicker cold starts. AWS allows 250 MB, and 50 MB zipped.
MOST_BYTES = {"function": 60_000, "layer": 30_000_000}


@dataclass(frozen=True)
class Spent:
    """What was used, by the names of the limits."""

    by_name: dict[str, float]

    @classmethod
    def of(cls, used: Usage, times: float) -> Spent:
        return cls(
            {
                "calls to Billbee": used.billbee_calls / times,
                "calls to BiBi": used.bibi_calls / times,
                "write units": (used.dynamodb["write"] + used.dynamodb["index write"]) / times,
                "read units": used.dynamodb["read"] / times,
                "SQS requests": sum(used.sqs.values()) / times,
                "SSM requests": sum(used.ssm.values()) / times,
                "SSM decryptions": used.decrypted / times,
                "invocations": sum(used.invocations.values()) / times,
            }
        )


@pytest.fixture(scope="module")
def for_an_order() -> Spent:
    acknowledged, shipped = backlog(ORDERS, followed=False)
    both = Usage(**{name: value + getattr(shipped, name) for name, value in vars(acknowledged).items()})
    return Spent.of(both, ORDERS)


@pytest.fixture(scope="module")
def one_by_one() -> Iterator[dict[str, float]]:
    orders = 30
    with simulation() as here:
        here.open_merchant("acme", skus=20)
        here.run(hours=1)
        before = here.counted()
        happening: list[tuple[float, Callable[[], object]]] = []
        for number in range(1, orders + 1):
            happening.append((number * 100, partial(here.sell, "acme", number, skus=20)))
            happening.append((3600 + number * 100, partial(here.warehouse("acme").ship, str(number))))
        here.run(happening, hours=2.5)
        assert not here.failures
        assert statuses_of(here) == {"shipped": orders}
        used = here.counted() - before
        yield {name: used.by_record[name] / orders for name in LIMITS_ONE_BY_ONE}


@pytest.fixture(scope="module")
def for_an_idle_hour() -> Iterator[Spent]:
    with simulation() as here:
        here.open_merchant("acme", skus=20)
        here.run(hours=1)
        before = here.counted()
        here.run(hours=2)
        assert not here.failures
        yield Spent.of(here.counted() - before, 2)


@pytest.mark.parametrize("what", LIMITS_FOR_AN_ORDER)
def test_an_order_costs_no_more_than_this(for_an_order: Spent, what: str) -> None:
    limit, why = LIMITS_FOR_AN_ORDER[what]
    assert 0 < for_an_order.by_name[what] <= limit, why


@pytest.mark.parametrize("what", LIMITS_ONE_BY_ONE)
def test_an_order_that_comes_by_itself_costs_no_more_than_this(one_by_one: dict[str, float], what: str) -> None:
    limit, why = LIMITS_ONE_BY_ONE[what]
    assert 0 < one_by_one[what] <= limit, why


@pytest.mark.parametrize("what", LIMITS_FOR_AN_IDLE_HOUR)
def test_an_idle_hour_costs_no_more_than_this(for_an_idle_hour: Spent, what: str) -> None:
    limit, why = LIMITS_FOR_AN_IDLE_HOUR[what]
    assert 0 < for_an_idle_hour.by_name[what] <= limit, why


@pytest.fixture(scope="module")
def imports() -> dict[str, dict[str, Any]]:
    folders = {str(function.folder): function.label for function in blueprint().functions.values()}
    told = subprocess.run(
        [sys.executable, "-P", str(PROJECT / "tests" / "integration" / "imported_by.py"), *folders],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT / "layers" / "shared"),
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_LAMBDA_FUNCTION_NAME": "guard",  # with what it traces, as on Lambda
            "LAMBDA_TASK_ROOT": "/var/task",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {folders[folder]: found for folder, found in json.loads(told.stdout).items()}


@pytest.mark.parametrize("function", [function.label for function in blueprint().functions.values()])
def test_a_cold_start_imports_no_more_modules_than_this(imports: dict[str, dict[str, Any]], function: str) -> None:
    found = imports[function]
    assert any(name.endswith(f".{function}") for name in found["names"]) or function in ("board", "run_chores")
    assert found["modules"] <= MOST_MODULES.get(function, MOST_MODULES_OF_A_WORKER)


@pytest.mark.parametrize("function", IMPORT_NO_CLIENT)
def test_no_vendors_client_is_imported_before_it_is_needed(imports: dict[str, dict[str, Any]], function: str) -> None:
    unused = {"requests", "orderbridge.vendors.http", "orderbridge.vendors.billbee.client"}
    unused |= {
        "orderbridge.vendors.bibi.api",
        "orderbridge.vendors.bibi.warehouse",
        "orderbridge.vendors.abillify.client",
    }
    assert unused.isdisjoint(imports[function]["names"])


@pytest.mark.parametrize("function", LOAD_THE_WAREHOUSE)
def test_who_always_calls_the_warehouse_imports_its_client_at_the_start(
    imports: dict[str, dict[str, Any]], function: str
) -> None:
    assert "orderbridge.vendors.bibi.warehouse" in imports[function]["names"]


@pytest.mark.built
@pytest.mark.parametrize("function", blueprint().functions)
def test_a_built_function_stays_small(function: str) -> None:
    assert 0 < size(BUILD / function) <= MOST_BYTES["function"]


@pytest.mark.built
def test_the_built_layer_stays_small() -> None:
    assert 0 < size(LAYER) <= MOST_BYTES["layer"]
