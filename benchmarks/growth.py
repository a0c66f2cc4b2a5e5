"""What grows: 1, 10 and 100 merchants with 50 orders each, and 1,000 to 100,000 finished orders in the ledger.

    python -m benchmarks.growth [--orders 50] [--most-merchants 100] [--most-in-ledger 100000]

Simulated (`benchmarks/simulation.py`), at real throttles. Merchants are processed one after the other here, so the time
of one is the total divided by their number.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from benchmarks.results import rows, save, say
from benchmarks.simulation import Simulation, Usage, simulation, statuses_of

FLAT: Final = 0.10
"""By how much the most expensive may exceed the cheapest."""
OPEN: Final = 20
JOBS: Final = {
    "poll": ("poll-orders", "changes"),
    "sweeper": ("poll-orders", "stuck"),
    "tracking": ("pull-tracking", "open"),
}


@dataclass(frozen=True)
class Many:
    """So many merchants: what an order costs, and how long one merchant takes on the clock."""

    merchants: int
    calls: float
    units: float
    requests: float
    cpu_ms: float
    seconds: float


@dataclass(frozen=True)
class Long:
    """So many finished orders in the ledger: the units that one pass of each job reads and writes."""

    finished: int
    units: Mapping[str, float]


def many_merchants(merchants: int, orders: int) -> Many:
    names = [f"m{number:03d}" for number in range(merchants)]
    with simulation() as here:
        for name in names:
            here.open_merchant(name, skus=10)
        here.start("poll-orders", "changes")
        here.start("pull-tracking", "all")
        here.clock.sleep(60)
        before, began = here.counted(), here.clock()
        for name in names:
            for number in range(1, orders + 1):
                here.sell(name, number, skus=10)
        here.start("poll-orders", "changes")
        for name in names:
            for number in range(1, orders + 1):
                here.warehouse(name).ship(str(number))
        while statuses_of(here)["shipped"] < merchants * orders:
            here.start("pull-tracking", "open")
        used, took = here.counted() - before, here.clock() - began
        assert not here.failures, here.failures[:3]
    total = merchants * orders
    return Many(
        merchants=merchants,
        calls=sum(used.calls.values()) / total,
        units=_units(used) / total,
        requests=(sum(used.dynamodb_requests.values()) + sum(used.sqs.values()) + sum(used.ssm.values())) / total,
        cpu_ms=sum(used.cpu_seconds.values()) * 1000 / total,
        seconds=took / merchants,
    )


def long_ledger(sizes: Sequence[int]) -> list[Long]:
    """A ledger that grows by finished orders, while always the same few are open."""
    found = []
    with simulation() as here:
        here.open_merchant("acme", stock={"enabled": False}, products={"enabled": False})
        for number in range(1, OPEN + 2):
            here.sell("acme", number)
        here.start("poll-orders", "changes")
        here.warehouse("acme").ship(str(OPEN + 1))
        for _ in range(2):
            here.start("pull-tracking", "open")
        assert statuses_of(here) == {"acknowledged": OPEN, "shipped": 1}
        # Late enough that no list shows these orders as new, and early enough that the cursors hold.
        for _ in range(3):
            here.run(minutes=25)
        pattern = _record(here, OPEN + 1)
        done = 1
        for size in sizes:
            while done < size:
                done += 1
                _put_finished(here, pattern, 10_000_000 + done)
            units = {}
            for name, (job, scope) in JOBS.items():
                here.clock.sleep(300)
                before = here.counted()
                here.start(job, scope)
                units[name] = _units(here.counted() - before)
            before = here.counted()
            here.invoke(here.stack.functions["Watch"], {})
            units["watch"] = _units(here.counted() - before)
            found.append(Long(size, units))
        assert not here.failures, here.failures[:3]
    return found


def _units(used: Usage) -> float:
    return sum(used.dynamodb[kind] for kind in ("read", "write", "index write"))


def _record(here: Simulation, number: int) -> dict[str, Any]:
    return here.dynamodb.tables["table"]["MERCHANT#acme", f"ORDER#{number:020d}"]


def _put_finished(here: Simulation, pattern: Mapping[str, Any], number: int) -> None:
    """An order that was shipped long ago, as the ledger keeps it."""
    when = here.clock.now() - timedelta(days=number % 300 + 2)
    here.dynamodb.put_quietly(
        {
            **pattern,
            "sk": {"S": f"ORDER#{number:020d}"},
            "billbee_id": {"N": str(number)},
            "order_number": {"S": str(number)},
            **{name: {"S": when.isoformat()} for name in ("moved_at", here.stack.index_keys[1]) if name in pattern},
        }
    )


def is_flat(values: Sequence[float]) -> bool:
    return max(values) <= min(values) * (1 + FLAT)


def table(many: Sequence[Many], long: Sequence[Long]) -> str:
    first = rows(
        ("merchants", "calls for an order", "DynamoDB units", "AWS requests", "CPU ms", "seconds for a merchant"),
        [
            (
                one.merchants,
                f"{one.calls:.2f}",
                f"{one.units:.1f}",
                f"{one.requests:.2f}",
                f"{one.cpu_ms:.1f}",
                f"{one.seconds:.1f}",
            )
            for one in many
        ],
    )
    names = list(long[0].units)
    second = rows(
        ("finished orders in the ledger", *(f"units of a {name} pass" for name in names)),
        [(f"{one.finished:,}", *(f"{one.units[name]:.1f}" for name in names)) for one in long],
    )
    return f"{first}\n\n{second}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, default=50)
    parser.add_argument("--most-merchants", type=int, default=100)
    parser.add_argument("--most-in-ledger", type=int, default=100_000)
    options = parser.parse_args()
    many_merchants(1, 10)  # whatever is made once
    many = [many_merchants(count, options.orders) for count in (1, 10, 100) if count <= options.most_merchants]
    long = long_ledger([size for size in (1_000, 10_000, 100_000) if size <= options.most_in_ledger])
    save("growth", {"orders": options.orders, "many": [vars(one) for one in many], "long": [vars(one) for one in long]})
    say(table(many, long))
    flat = all(is_flat([getattr(one, what) for one in many]) for what in ("calls", "units", "seconds"))
    return 0 if flat and all(is_flat([one.units[name] for one in long]) for name in JOBS) else 1


if __name__ == "__main__":
    sys.exit(main())
