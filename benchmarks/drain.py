"""How fast a backlog is processed: waiting orders, until all are acknowledged, then until all are shipped in Billbee.

    python -m benchmarks.drain [--orders 120]

The real local stack over HTTP: the template deployed on this machine, the real handlers in processes of their own, the
simulated vendors at their real throttles. All orders arrive at once; one ring of the doorbell reports them, as the
schedule would within five minutes. When all are acknowledged, the warehouse ships them all, and the schedule of the
tracking comes. The limit is set by the vendors' throttles: for each of Billbee's endpoints its calls at two a second,
for BiBi its calls at sixty a minute, whichever is more.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.results import rows, save, say
from local.simulators import Bibi, Billbee
from local.simulators.billbee.orders import item, order, product
from local.simulators.server import Call
from local.system import FunctionLog, Options, System, running
from testkit.processes.serving import API_KEY, merchant

PER_SECOND, PER_MINUTE = 2, 60
FACTOR, SECONDS_MORE = 1.05, 5.0
"""The goal: this factor of the limit, plus so many seconds."""
_PATIENCE: Final = 400.0
TAG, STATE = "POST /orders/{id}/tags", "PUT /orders/{id}/orderstate"


@dataclass(frozen=True)
class Phase:
    """One of the two halves.

    Attributes:
        seconds: from the moment the work was there to the last order's call.
        limit: seconds that the throttles allow no less than; of which endpoint.
        done_at: seconds after which each order was done, in order.
        calls: by vendor and route.
    """

    name: str
    orders: int
    seconds: float
    limit: float
    limited_by: str
    done_at: tuple[float, ...]
    calls: dict[str, int]
    throttled: int

    @property
    def goal(self) -> float:
        return FACTOR * self.limit + SECONDS_MORE

    @property
    def is_met(self) -> bool:
        return self.seconds <= self.goal and not self.throttled and len(self.done_at) == self.orders


def measure(orders: int) -> list[Phase]:
    """Both phases of one backlog."""
    with Billbee(api_key=API_KEY) as billbee, Bibi() as bibi, tempfile.TemporaryDirectory() as folder:
        shop = billbee.add_account("shop@acme.example", "password-of-acme")
        warehouse = bibi.add_account("public-acme", "secret-acme")
        shop.add_product(product("MUG-01", stock=1000))
        warehouse.add_product("MUG-01", stock=10_000)
        path = Path(folder) / "merchants.json"
        path.write_text(json.dumps({"billbee_api_key": API_KEY, "merchants": {"acme": merchant("acme")}}))
        log = io.StringIO()
        options = Options(path, billbee.url, bibi.url)
        with running(options, FunctionLog(log), lambda line: None) as system:
            _go(system, "poll-orders", "changes")
            _go(system, "pull-tracking", "all")
            system.drain()  # the functions are warm, and the first cautious poll is over
            time.sleep(3)  # none of those calls counts for a throttle any more

            def import_all() -> None:
                for number in range(1, orders + 1):
                    shop.add_order(order(number, items=[item("MUG-01")], tags=["bibi"]))
                _go(system, "poll-orders", "changes")

            acknowledged = _phase("acknowledged", orders, billbee, bibi, TAG, import_all)
            system.drain()
            time.sleep(3)

            def ship_all() -> None:
                for number in range(1, orders + 1):
                    warehouse.ship(str(number))
                _go(system, "pull-tracking", "open")

            shipped = _phase("shipped", orders, billbee, bibi, STATE, ship_all)
            system.drain()
        assert all(one.submissions == 1 for one in warehouse.orders.values()), "an order was submitted twice"
        return [acknowledged, shipped]


def _go(system: System, job: str, scope: str) -> None:
    """Run a schedule of the template now."""
    (due,) = (one for one in system.stack.schedules if one.event == {"job": job, "scope": scope})
    result = system.fire(due)
    assert not result.failed, result.message


def _phase(name: str, orders: int, billbee: Billbee, bibi: Bibi, route: str, begin: Callable[[], None]) -> Phase:
    """Begin, and wait until every order has had its call of a route."""
    before = len(billbee.calls), len(bibi.calls)
    began = time.time()
    begin()
    deadline = time.monotonic() + _PATIENCE
    while True:
        calls = billbee.calls[before[0] :]
        done = {call.path: call.at - began for call in calls if call.name == route and call.status < 400}
        if len(done) >= orders or time.monotonic() > deadline:
            break
        time.sleep(0.25)
    of_bibi = bibi.calls[before[1] :]
    limit, limited_by = _limit(calls, of_bibi)
    return Phase(
        name=name,
        orders=orders,
        seconds=max(done.values(), default=_PATIENCE),
        limit=limit,
        limited_by=limited_by,
        done_at=tuple(sorted(done.values())),
        calls={
            **{f"billbee {route}": count for route, count in Counter(call.name for call in calls).items()},
            **{f"bibi {route}": count for route, count in Counter(call.name for call in of_bibi).items()},
        },
        throttled=sum(call.status == 429 for call in (*calls, *of_bibi)),
    )


def _limit(calls: Sequence[Call], of_bibi: Sequence[Call]) -> tuple[float, str]:
    """The least time that these calls take at the throttles, and what sets it."""
    found = {f"Billbee's {name}": count / PER_SECOND for name, count in Counter(one.name for one in calls).items()}
    found["BiBi's calls"] = len(of_bibi) / (PER_MINUTE / 60)
    longest = max(found, key=lambda name: found[name])
    return found[longest], longest


def table(phases: Sequence[Phase]) -> str:
    lines = [
        (
            f"all {one.orders} {one.name}",
            f"{one.seconds:.1f}",
            f"{one.limit:.1f}",
            one.limited_by,
            f"{one.goal:.1f}",
            one.throttled,
            "met" if one.is_met else "**missed**",
        )
        for one in phases
    ]
    return rows(("", "seconds", "limit", "set by", "goal", "429", ""), lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, default=120)
    options = parser.parse_args()
    phases = measure(options.orders)
    save("drain", [vars(one) | {"goal": one.goal, "met": one.is_met} for one in phases])
    say(table(phases))
    for one in phases:
        say(f"{one.name}: {', '.join(f'{count} {name}' for name, count in sorted(one.calls.items()))}")
    return 0 if all(one.is_met for one in phases) else 1


if __name__ == "__main__":
    sys.exit(main())
