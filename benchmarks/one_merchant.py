"""One merchant with very many orders: the rate of its lane, how an outage is caught up, and the memory of its passes.

Part of `python -m benchmarks.fleet --merchants 1 --orders-per-day 100000`. Measured: the rates, with a sample of orders
in the simulation at the vendors' real throttles, and the memory of each pass over 150,000 open orders. Computed: the
day and the outage, from these rates.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from benchmarks.results import rows
from benchmarks.simulation import Simulation, simulation, statuses_of
from local.simulators.faults import Fault
from orderbridge.desk.troubles.open_orders import is_open_too_long
from orderbridge.jobs.open_portion import PORTION
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.record import OrderSummary
from orderbridge.platform.table import Table
from orderbridge.stock.figures import open_pieces
from testkit.blueprint import blueprint
from testkit.clock import NOON, ManualClock

OPEN_ORDERS: Final = 150_000
OUTAGE_HOURS: Final = 6
PER_ENDPOINT: Final = 2.0
"""Billbee's calls a second for one endpoint and merchant."""
BIBI_A_SECOND: Final = 1.0
RESTING_MB: Final = 70.0
"""What a function takes before it does anything; measured by `benchmarks.cold_start`."""
_SAMPLE: Final = 500
"""Two full portions, as most of a long backlog is. The last one, if it is short, takes a call for each order."""
_SHARE: Final = 0.8
_PAGE: Final = 2_500


def measure(orders_per_day: float, orders: int = _SAMPLE, open_orders: int = OPEN_ORDERS) -> dict[str, Any]:
    acknowledged, shipped, calls = _rates(orders)
    needed = orders_per_day / 86_400
    backlog = OUTAGE_HOURS * 3600 * needed
    limit = _hours(backlog, PER_ENDPOINT - needed)
    took = _hours(backlog, acknowledged - needed)
    return {
        "orders_per_day": orders_per_day,
        "needed_a_second": needed,
        "acknowledged_a_second": acknowledged,
        "shipped_a_second": shipped,
        "allowed_a_second": PER_ENDPOINT,
        "bibi_calls_a_second": calls * needed,
        "outage": {"hours": OUTAGE_HOURS, "backlog": backlog, "hours_to_catch_up": took, "hours_by_throttle": limit},
        "memory": {name: peak / 2**20 for name, peak in _memory(open_orders).items()},
        "open_orders": open_orders,
    }


def _hours(backlog: float, spare: float) -> float | None:
    """How long a backlog takes in addition to new orders; None without spare capacity."""
    return backlog / spare / 3600 if spare > 0 else None


def _rates(orders: int) -> tuple[float, float, float]:
    """Orders a second to acknowledged and to shipped, from a backlog; and calls to the warehouse for an order.

    The backlog is in the ledger, and one function takes it up while others poll and ship. So its rate is that of the
    tags, from the first to the last.
    """
    with simulation() as here:
        here.open_merchant("acme", stock={"enabled": False}, products={"enabled": False})
        here.start("poll-orders", "changes")
        here.start("pull-tracking", "all")
        here.clock.sleep(60)
        for number in range(1, orders + 1):
            here.sell("acme", number)
        down = Fault("status", status=503, times=None)
        here.bibi.faults.add(down)
        here.start("poll-orders", "changes")
        here.run(minutes=30)  # long enough that no message of an order is left in the queue
        assert statuses_of(here)["acknowledged"] == 0
        here.bibi.faults.clear()
        calls = len(here.bibi.calls)
        while statuses_of(here)["acknowledged"] < orders:
            here.run(minutes=5)
        acknowledged = _rate(here, "POST /orders/{id}/tags")
        for number in range(1, orders + 1):
            here.warehouse("acme").ship(str(number))
        while statuses_of(here)["shipped"] < orders:
            here.start("pull-tracking", "open")
        assert not any(call.status == 429 for call in here.billbee.calls), "calls were throttled"
        return acknowledged, _rate(here, "PUT /orders/{id}/orderstate"), (len(here.bibi.calls) - calls) / orders


def _rate(here: Simulation, name: str) -> float:
    """Calls a second that succeeded, from the first one to the last."""
    at = [call.at for call in here.billbee.calls if call.name == name and call.status < 400]
    return (len(at) - 1) / (at[-1] - at[0])


def _memory(open_orders: int) -> dict[str, int]:
    """The most bytes that the passes over open orders hold, by the functions that make them."""
    ledger = Ledger(Table(_Shelf(open_orders), "table"), ManualClock())  # type: ignore[arg-type]

    def each() -> Any:
        return ledger.open_orders("acme")

    def portion() -> list[OrderSummary]:
        return list(ledger.open_orders("acme", at_most=PORTION + 1))

    passes: dict[str, Callable[[], object]] = {
        "pull_tracking": portion,
        "run_chores": portion,
        "poll_orders": portion,
        "sync_stock": lambda: open_pieces(order.loose_pieces for order in each()),
        "watch": lambda: sum(is_open_too_long(order, NOON) for order in each()),
        "all of them at once, as before": lambda: list(each()),
    }
    return {name: _peak(one) for name, one in passes.items()}


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class _Shelf:
    """An index with so many open orders, which answers a megabyte a page and holds none of them."""

    def __init__(self, orders: int) -> None:
        self._orders = orders

    def query(self, **request: Any) -> dict[str, Any]:
        first = int(request.get("ExclusiveStartKey", {"n": {"N": "0"}})["n"]["N"])
        last = min(self._orders, first + _PAGE)
        answer: dict[str, Any] = {"Items": [_entry(number) for number in range(first, last)]}
        return answer if last == self._orders else answer | {"LastEvaluatedKey": {"n": {"N": str(last)}}}


def _entry(number: int) -> dict[str, Any]:
    at = (NOON - timedelta(days=3) + timedelta(seconds=number)).isoformat()
    moments = {name: {"S": at} for name in ("created_at", "moved_at", "shelved_at", "submitted_at", "placed_at")}
    texts = {name: {"S": str(number)} for name in ("order_number", "shop_number")}
    key = {"pk": {"S": "MERCHANT#acme"}, "sk": {"S": f"ORDER#{number:020d}"}, "shelf": {"S": "acme"}}
    return (
        key | moments | texts | {"status": {"S": "acknowledged"}, "pieces": {"M": {f"SKU-{number % 99}": {"N": "1"}}}}
    )


def too_large(result: Mapping[str, Any]) -> list[str]:
    """Functions whose pass takes more than 80 % of their memory."""
    sizes = {one.label: one.memory_mb for one in blueprint().functions.values()}
    return [
        f"{name} takes {RESTING_MB + peak:.0f} of {sizes[name]} MB"
        for name, peak in result["memory"].items()
        if name in sizes and RESTING_MB + peak > _SHARE * sizes[name]
    ]


def table(result: Mapping[str, Any]) -> str:
    """The result for people."""
    sizes = {one.label: one.memory_mb for one in blueprint().functions.values()}
    outage = result["outage"]
    took, limit = (
        "never" if one is None else f"{one:.1f} h" for one in (outage["hours_to_catch_up"], outage["hours_by_throttle"])
    )
    return "\n\n".join(
        [
            rows(
                ("orders a second", "needed", "measured", "allowed"),
                [
                    (
                        name,
                        f"{result['needed_a_second']:.2f}",
                        f"{result[key]:.2f}",
                        f"{result['allowed_a_second']:.2f}",
                    )
                    for name, key in (("acknowledged", "acknowledged_a_second"), ("shipped", "shipped_a_second"))
                ],
            ),
            f"calls to the warehouse: {result['bibi_calls_a_second']:.2f} a second, {BIBI_A_SECOND:.0f} is allowed",
            f"after {outage['hours']} hours: {outage['backlog']:,.0f} orders wait; caught up after {took}, "
            f"the throttle alone takes {limit}",
            rows(
                (f"{result['open_orders']:,} open orders", "pass, MB", "with what it rests at, MB", "has, MB"),
                [
                    (name, f"{peak:.1f}", f"{RESTING_MB + peak:.0f}", sizes.get(name, "–"))
                    for name, peak in result["memory"].items()
                ],
            ),
        ]
    )
