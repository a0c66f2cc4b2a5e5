"""How long it takes from tagging an order in Billbee to its submission, with the doorbell, on the local stack.

    python -m benchmarks.latency [--orders 60] [--minutes 2.5] [--seed 4]     --minutes 0 tags all of them at once

The vendors are simulated at their real throttles, Billbee rings signed webhooks over HTTP, and the real handlers run
behind `python -m local serve`. Orders are tagged at random moments between two polls of the schedule, so that only the
doorbell can cause their reading.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from itertools import pairwise

from benchmarks.results import save
from local.simulators import Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.billbee import Account as Shop
from local.simulators.billbee.orders import item, order, product
from local.simulators.server import Call
from testkit.processes.serving import API_KEY, merchant, register, served

SECRET = "webhook-secret-of-the-benchmark-only"  # noqa: S105
SETTLING_SECONDS = 90.0
"""How long after the last tag an order counts as lost."""


class Submissions:
    """When each order came to the warehouse's books, on the clock that never jumps."""

    def __init__(self, bibi: Bibi, warehouse: Warehouse) -> None:
        self.at: dict[str, float] = {}
        self._warehouse = warehouse
        bibi.after_call.append(self._called)

    def _called(self, call: Call) -> None:
        if call.name == "POST /submitOrder":
            now = time.monotonic()
            for number in list(self._warehouse.orders):
                self.at.setdefault(number, now)


def measure(shop: Shop, submissions: Submissions, orders: int, seconds: float, seed: int) -> list[float]:
    """Tag the orders at random moments. Returns the seconds of each until it was on the warehouse's books."""
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0, seconds) for _ in range(orders))
    began = time.monotonic()
    tagged: dict[str, float] = {}
    for number, moment in enumerate(moments, start=1):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        tagged[str(number)] = time.monotonic()
        shop.add_tags(number, ["bibi"])
    took = time.monotonic() - began
    assert moments[-1] <= took < moments[-1] + 5, f"tagging took {took:.1f} s instead of {moments[-1]:.1f} s"
    assert seconds == 0 or len(set(moments)) == orders, "the moments are not spread"
    deadline = time.monotonic() + SETTLING_SECONDS
    while tagged.keys() - submissions.at.keys() and time.monotonic() < deadline:
        time.sleep(0.1)
    return [submissions.at[number] - at for number, at in tagged.items() if number in submissions.at]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def table(latencies: Sequence[float]) -> str:
    rows = [
        ("p50", percentile(latencies, 50)),
        ("p95", percentile(latencies, 95)),
        ("max", max(latencies)),
        ("min", min(latencies)),
        ("mean", sum(latencies) / len(latencies)),
    ]
    lines = ["| | seconds |", "| --- | ---: |", *(f"| {name} | {value:.1f} |" for name, value in rows)]
    edges = [0, 2, 4, 6, 8, 10, 15, 20, 30, 60, 1000]
    lines += ["", "| seconds | orders |", "| --- | ---: |"]
    for low, high in pairwise(edges):
        count = sum(low <= value < high for value in latencies)
        if count:
            lines.append(f"| {low}–{high} | {count} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Seconds from tag to submission, with the doorbell.")
    parser.add_argument("--orders", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=2.5)
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    with Billbee(api_key=API_KEY) as billbee, Bibi() as bibi:
        shop = billbee.add_account("shop@acme.example", "password-of-acme")
        warehouse = bibi.add_account("public-acme", "secret-acme")
        shop.add_product(product("MUG-01", stock=1000))
        warehouse.add_product("MUG-01", stock=1000)
        for number in range(1, options.orders + 1):
            shop.add_order(order(number, items=[item("MUG-01")]))
        with served({"acme": merchant("acme", webhook_secret=SECRET)}, billbee, bibi) as serve:
            register(billbee, "acme", serve.url, SECRET)
            submissions = Submissions(bibi, warehouse)
            before = len(billbee.calls), len(bibi.calls)
            latencies = measure(shop, submissions, options.orders, options.minutes * 60, options.seed)
            calls = [simulator.calls[start:] for simulator, start in zip((billbee, bibi), before, strict=True)]
            rings = len(billbee.deliveries)
    throttled = sum(call.status == 429 for made in calls for call in made)
    lost = options.orders - len(latencies)
    twice = sum(one.submissions - 1 for one in warehouse.orders.values())
    sys.stdout.write(
        f"{options.orders} orders tagged over {options.minutes * 60:.0f} s: {lost} not submitted, {twice} twice; "
        f"{rings} rings, {len(calls[0])} calls to Billbee and {len(calls[1])} to BiBi, {throttled} throttled\n\n"
        f"{table(latencies)}\n"
    )
    name = "latency" if options.minutes else "latency-at-once"
    found = {part: percentile(latencies, percent) for part, percent in (("p50", 50), ("p95", 95), ("max", 100))}
    save(
        name,
        {
            "orders": options.orders,
            "minutes": options.minutes,
            "seed": options.seed,
            "rings": rings,
            **found,
            "calls": [len(made) for made in calls],
            "throttled": throttled,
            "lost": lost,
            "twice": twice,
        },
    )
    return 0 if not lost and not twice and percentile(latencies, 95) < 30 else 1


if __name__ == "__main__":
    sys.exit(main())
