"""Calls to the vendors: for an order, on an idle day, and what Billbee charges for a month of them.

    python -m benchmarks.calls [--orders 1000]

The whole stack simulated (`benchmarks/simulation.py`): the real handlers on the template's timetable, the vendors at
their real throttles.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from benchmarks.prices import BILLBEE_CALLS_FREE, billbee_month
from benchmarks.results import rows, save, say
from benchmarks.simulation import Usage, backlog, simulation, statuses_of
from orderbridge.orders.webhook import BURST

CALLS_GOAL: Final = 3.2
POLLS_GOAL: Final = 300
RUNG_POLLS_GOAL: Final = 60
"""If the doorbell rang within a day."""
MONTHS: Final = (1_000, 10_000, 100_000)
ORDERS_A_DAY: Final = 333
"""Of a merchant with 10,000 a month."""
SELLING_HOURS: Final = 14


def idle_day(*, rings: int = 0, **settings: Any) -> Usage:
    """What a day of a merchant uses without orders and with so many rings, one in each of the first minutes."""
    with simulation() as here:
        here.open_merchant("acme", **settings)
        here.run(hours=1)
        before = here.counted()
        here.run([(60.0 * number, partial(here.ring, "acme")) for number in range(1, rings + 1)], hours=24)
        assert here.failures == []
        return here.counted() - before


def day(orders: int, seed: int = 8) -> tuple[Usage, int]:
    """A day's orders at random moments in 14 hours, shipped two to eight hours later.

    Gives what the day used, and in how many bursts Billbee would have rung: every event of an order rings, also those
    that our own tags, shipments and states cause, and the rings of two seconds become one poll.
    """
    chance = random.Random(seed)
    with simulation() as here:
        here.open_merchant("acme")
        here.run(hours=1)
        before = here.counted()
        happening: list[tuple[float, Callable[[], object]]] = []
        for number in range(1, orders + 1):
            placed = chance.uniform(0, SELLING_HOURS * 3600)
            happening.append((placed, partial(here.sell, "acme", number)))
            ships = placed + chance.uniform(2 * 3600, 8 * 3600)
            happening.append((ships, partial(here.warehouse("acme").ship, str(number))))
        bursts: set[int] = set()

        def notify(_account: Any, events: Sequence[str], *_: Any) -> None:
            if any(event.startswith("order.") for event in events):
                bursts.add(int(here.clock() // BURST))

        here.shop("acme")._notify = notify  # noqa: SLF001
        here.run(happening, hours=24)
        assert (found := statuses_of(here)) == {"shipped": orders}, found
        return here.counted() - before, len(bursts)


def measure(orders: int) -> dict[str, Any]:
    acknowledged, shipped = backlog(orders)
    idle, rung_idle = idle_day(), idle_day(rings=1)
    used, bursts = day(ORDERS_A_DAY)
    by_endpoint = Counter(acknowledged.calls) + Counter(shipped.calls)
    of_billbee = sum(calls for name, calls in by_endpoint.items() if name.startswith("billbee ")) / orders
    spread = (used.billbee_calls - idle.billbee_calls) / ORDERS_A_DAY
    months = []
    for count in MONTHS:
        written = count * (spread if count <= MONTHS[1] else of_billbee)
        shares = SELLING_HOURS * 3600 / BURST  # of the day, for bursts to fall into
        rung = 30 * shares * (1 - math.exp(-bursts * count / 30 / ORDERS_A_DAY / shares))
        without = idle.billbee_calls * 30 + written
        for doorbell, calls in (("no", without), ("yes", rung_idle.billbee_calls * 30 + written + rung)):
            months.append(
                {"orders": count, "doorbell": doorbell, "calls": round(calls), "euro": billbee_month(round(calls))}
            )
    return {
        "orders": orders,
        "per_order": sum(by_endpoint.values()) / orders,
        "goal": CALLS_GOAL,
        "by_endpoint": {name: count / orders for name, count in by_endpoint.most_common()},
        "idle_day": idle.calls,
        "idle_billbee": idle.billbee_calls,
        "idle_goal": POLLS_GOAL,
        "rung_idle_billbee": rung_idle.billbee_calls,
        "rung_idle_goal": RUNG_POLLS_GOAL,
        "day": {"orders": ORDERS_A_DAY, "calls": used.calls, "bursts": bursts, "throttled": used.throttled},
        "months": months,
        "free": BILLBEE_CALLS_FREE,
    }


def table(found: Mapping[str, Any]) -> str:
    """Calls for an order, and a month's price."""
    each = rows(
        (f"call, {found['orders']:,} orders at once", "for an order"),
        [(name, f"{count:.3f}") for name, count in found["by_endpoint"].items()]
        + [("**all**", f"**{found['per_order']:.3f}**")],
    )
    idle = rows(("call, idle day", "number"), [(name, count) for name, count in sorted(found["idle_day"].items())])
    months = rows(
        ("orders a month", "doorbell", "Billbee calls", "EUR"),
        [
            (f"{one['orders']:,}", one["doorbell"], f"{one['calls']:,}", f"{float(one['euro']):.2f}")
            for one in found["months"]
        ],
    )
    return f"{each}\n\n{idle}\n\n{months}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, default=1000)
    options = parser.parse_args()
    found = measure(options.orders)
    save("calls", found)
    say(table(found))
    kept = [
        found["per_order"] <= CALLS_GOAL,
        found["idle_billbee"] <= POLLS_GOAL,
        found["rung_idle_billbee"] <= RUNG_POLLS_GOAL,
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
