"""What AWS costs: 10,000 orders, an idle merchant's month, and the stack itself, from recorded runs.

    python -m benchmarks.cost [--orders 400]

Three simulated days of the whole stack on the template's timetable (`benchmarks/simulation.py`): with two idle
merchants, with three, and with orders that come all day. What a third idle merchant adds is an idle merchant's; what
the orders add is theirs; the rest of the first day is the stack's own.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from benchmarks.prices import AWS
from benchmarks.results import rows, save, say
from benchmarks.simulation import Simulation, Usage, backlog, simulation, statuses_of
from testkit.blueprint import Blueprint, blueprint

DAYS: Final = 30
PER_ORDERS: Final = 10_000
ORDERS_GOAL, IDLE_GOAL, STACK_GOAL = Decimal("0.35"), Decimal("0.20"), Decimal(5)
POLLERS, LONG_POLL_SECONDS = 5, 20
"""Lambda begins with five long polls of 20 seconds at a queue, as its documentation says, and these never end."""
_WARM_UP: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Component:
    """One charged component: its amount, and its cost in dollars."""

    name: str
    amount: float
    dollars: Decimal


@dataclass(frozen=True)
class Cost:
    """A cost, the most expensive component first."""

    of: str
    components: tuple[Component, ...]
    usage: Usage

    @property
    def dollars(self) -> Decimal:
        return sum((one.dollars for one in self.components), Decimal(0))


def priced(of: str, used: Usage, times: float, *, tracing: bool) -> Cost:
    """What a usage costs, so many times over."""
    invocations = sum(used.invocations.values())
    amounts = {
        "Lambda GB-second": sum(used.gb_seconds.values()),
        "Lambda request": invocations,
        "DynamoDB write unit": used.dynamodb["write"] + used.dynamodb["index write"],
        "DynamoDB read unit": used.dynamodb["read"],
        "SQS request": sum(used.sqs.values()),
        "SSM request": sum(used.ssm.values()),
        "KMS request": used.decrypted,
        "Scheduler invocation": used.schedules,
        "Log GB": used.log_bytes / 10**9,
        "X-Ray trace": invocations if tracing else 0,
        "SNS message": used.sns,
        "S3 write or list": used.s3["write"],
        "S3 read": used.s3["read"],
    }
    return Cost(of, _components({name: amount * times for name, amount in amounts.items()}), used)


def fixed(stack: Blueprint, metrics: int, used: Usage, queue_days: int = DAYS) -> Cost:
    """What a stack costs in a month with no merchant at all: what is there, its schedules, and its pollers."""
    polls = POLLERS * queue_days * 86_400 // LONG_POLL_SECONDS
    fifo = sum(bool(stack.resources[queue]["Properties"].get("FifoQueue")) for queue in stack.queues)
    base = {one.name: one.amount for one in priced("", used, queue_days, tracing=stack.tracing).components}
    there = {
        "Metric and month": metrics,
        "Metric of an alarm and month": sum(map(read_by, stack.of_type("AWS::CloudWatch::Alarm").values())),
        "Dashboard and month": len(stack.of_type("AWS::CloudWatch::Dashboard")),
        "KMS key and month": len(stack.of_type("AWS::KMS::Key")),
        "SQS request": base.pop("SQS request", 0) + fifo * polls,
        "SQS request, standard queue": (len(stack.queues) - fifo) * polls,
    }
    return Cost("stack", _components(base | there), used)


def read_by(alarm: Mapping[str, Any]) -> int:
    """The metrics that an alarm reads: each is charged for like an alarm."""
    queries = alarm["Properties"].get("Metrics")
    if queries is None:
        return 1
    assert not any("SELECT" in str(query) for query in queries), "how many metrics does a query read?"
    return sum("MetricStat" in query for query in queries)


def _components(amounts: Mapping[str, float]) -> tuple[Component, ...]:
    found = [Component(name, float(amount), Decimal(str(amount)) * AWS[name]) for name, amount in amounts.items()]
    return tuple(sorted(found, key=lambda one: one.dollars, reverse=True))


def idle_day(merchants: int) -> tuple[Usage, set[tuple[str, ...]]]:
    """A day in which nothing happens, after an hour to warm up; with the metrics that were written."""
    with simulation() as here:
        for number in range(merchants):
            here.open_merchant(f"idle-{number}")
        here.run(hours=_WARM_UP.total_seconds() / 3600)
        before = here.counted()
        here.run(hours=24)
        _went_well(here)
        return here.counted() - before, here.output.metrics


def day_with_orders(orders: int, seed: int = 5) -> Usage:
    """The same day with orders that come at random moments, and parcels that leave two to eight hours later."""
    chance = random.Random(seed)
    with simulation() as here:
        here.open_merchant("idle-0")
        here.open_merchant("idle-1")
        here.run(hours=_WARM_UP.total_seconds() / 3600)
        before = here.counted()
        happening: list[tuple[float, Callable[[], object]]] = []
        for number in range(1, orders + 1):
            placed = chance.uniform(0, 14 * 3600)
            happening.append((placed, partial(here.sell, "idle-1", number)))
            ships = placed + chance.uniform(2 * 3600, 8 * 3600)
            happening.append((ships, partial(here.warehouse("idle-1").ship, str(number))))
        here.run(happening, hours=24)
        _went_well(here)
        statuses = statuses_of(here)
        assert statuses == {"shipped": orders}, f"not all orders came through: {statuses}"
        return here.counted() - before


def _went_well(here: Simulation) -> None:
    assert not here.failures, here.failures[:3]


def measure(orders: int) -> dict[str, Any]:
    stack = blueprint()
    two, metrics = idle_day(2)
    three, _ = idle_day(3)
    busy = day_with_orders(orders)
    merchant = three - two
    at_once = priced("10,000 orders at once", _both(*backlog(orders)), PER_ORDERS / orders, tracing=stack.tracing)
    per_orders = priced("10,000 orders", busy - two, PER_ORDERS / orders, tracing=stack.tracing)
    idle = priced("idle merchant and month", merchant, DAYS, tracing=stack.tracing)
    base = fixed(stack, len(metrics), two - merchant - merchant)
    return {
        "orders": orders,
        "per 10,000 orders": _told(per_orders, ORDERS_GOAL),
        "per 10,000 orders at once": _told(at_once, ORDERS_GOAL),
        "idle merchant": _told(idle, IDLE_GOAL),
        "stack": _told(base, STACK_GOAL),
        "two idle merchants": vars(two),
    }


def _both(one: Usage, other: Usage) -> Usage:
    return Usage(**{name: value + getattr(other, name) for name, value in vars(one).items()})


def _told(cost: Cost, goal: Decimal) -> dict[str, Any]:
    return {
        "dollars": cost.dollars,
        "goal": goal,
        "components": [vars(one) for one in cost.components if one.amount],
        "usage": vars(cost.usage),
    }


def table(found: Mapping[str, Any]) -> str:
    """The three costs side by side, by component."""
    columns = ("per 10,000 orders", "per 10,000 orders at once", "idle merchant", "stack")
    by = [{one["name"]: one for one in found[name]["components"]} for name in columns]
    names = sorted(
        {name for one in by for name in one}, key=lambda n: -max(float(c[n]["dollars"]) for c in by if n in c)
    )
    lines: list[tuple[Any, ...]] = []
    for name in names:
        line: list[str] = [name]
        for one in by:
            line += [f"{one[name]['amount']:,.4g}" if name in one else "–"]
            line += [f"{one[name]['dollars']:.4f}" if name in one else "–"]
        lines.append(tuple(line))
    lines.append(("**all**", *(cell for name in columns for cell in ("", f"**{float(found[name]['dollars']):.3f}**"))))
    return rows(
        (
            "",
            "10,000 orders over days",
            "$",
            "10,000 orders at once",
            "$",
            "idle merchant, month",
            "$",
            "stack, month",
            "$",
        ),
        lines,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, default=400)
    options = parser.parse_args()
    found = measure(options.orders)
    save("cost", found)
    say(table(found))
    missed = [
        name for name in ("per 10,000 orders", "idle merchant", "stack") if found[name]["dollars"] > found[name]["goal"]
    ]
    for name in missed:
        say(f"{name}: {float(found[name]['dollars']):.3f} dollars; the goal is at most {found[name]['goal']}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
