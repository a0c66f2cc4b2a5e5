"""What one defective order costs its merchant's other orders, and how soon it is reported (R31).

    python -m benchmarks.defect --orders-per-hour 300 [--hours 3] [--json]

The deployed stack in the simulation, at the vendors' real throttles, twice: with an order whose processing raises an
unexpected error, and without. Orders come evenly; the defective one is among the first. The measure is when the others
have their received tag.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from benchmarks.results import rows, save, say
from benchmarks.simulation import Simulation, simulation
from testkit.defects import defective_orders

MERCHANT: Final = "acme"
DEFECTIVE: Final = 3
"""Billbee's id of the defective order."""
MOST_LOST: Final = 0.10
ALARMS_WITHIN: Final = 300.0
"""Seconds from the first error to the alarm, of which CloudWatch takes up to two minutes for what a log brings."""
_CLOUDWATCH: Final = 120.0
_MOST_ORDERS: Final = 5_000
"""More would take this machine longer than ten minutes."""
_TAG: Final = "POST /orders/{id}/tags"


@dataclass(frozen=True)
class Flow:
    """The results of the orders that came within the time.

    Attributes:
        others: orders that are not defective.
        acknowledged: how many of those had their received tag by the end.
        by_hour: the same, by the hour in which they got it.
        slowest: seconds that the slowest of them waited for it.
    """

    others: int
    acknowledged: int
    by_hour: tuple[int, ...]
    slowest: float


@dataclass(frozen=True)
class Measured:
    """Both runs.

    Attributes:
        tries: how often the defective order was tried.
        metric_after: seconds from the first error to the metric; None if there was none.
        quarantined_after: seconds from the first error to the quarantine; None if there was none.
    """

    orders_per_hour: int
    hours: int
    without: Flow
    with_defect: Flow
    tries: int
    metric_after: float | None
    quarantined_after: float | None

    @property
    def lost(self) -> float:
        """The share of the other orders that the defect kept from being acknowledged in the time."""
        return 1 - self.with_defect.acknowledged / max(1, self.without.acknowledged)


@dataclass
class _Moments:
    """When things happened first, on the simulation's clock."""

    failed: float | None = None
    metric: float | None = None
    quarantined: float | None = None
    tries: int = 0


def measure(orders_per_hour: int, hours: int) -> Measured:
    without, _ = _run(orders_per_hour, hours, defect=False)
    with_defect, seen = _run(orders_per_hour, hours, defect=True)
    return Measured(
        orders_per_hour,
        hours,
        without,
        with_defect,
        seen.tries,
        _after(seen.failed, seen.metric),
        _after(seen.failed, seen.quarantined),
    )


def _after(began: float | None, ended: float | None) -> float | None:
    return None if began is None or ended is None else round(ended - began, 1)


def _run(orders_per_hour: int, hours: int, *, defect: bool) -> tuple[Flow, _Moments]:
    seen = _Moments()
    with simulation() as here, ExitStack() as stack:
        here.open_merchant(MERCHANT, stock={"enabled": False}, products={"enabled": False})
        here.start("poll-orders", "changes")
        here.start("pull-tracking", "all")
        here.clock.sleep(60)
        if defect:
            raised = stack.enter_context(defective_orders(DEFECTIVE))
            _look_on(here, raised, seen)
        began, calls = here.clock(), len(here.billbee.calls)
        gap = 3600 / orders_per_hour
        arrivals = {number: gap * number for number in range(1, orders_per_hour * hours)}
        here.run([(after, partial(here.sell, MERCHANT, number)) for number, after in arrivals.items()], hours=hours)
        done: dict[int, float] = {}
        for call in here.billbee.calls[calls:]:
            if call.name == _TAG and call.status < 400:
                done.setdefault(int(call.path.split("/")[-2]), call.at - began)
        assert DEFECTIVE not in done or not defect, "the defective order was handled"
    done.pop(DEFECTIVE, None)
    in_time = {number: at for number, at in done.items() if at <= hours * 3600}
    hourly = Counter(int(at // 3600) for at in in_time.values())
    waited = [at - arrivals[number] for number, at in in_time.items()]
    by_hour = tuple(hourly[hour] for hour in range(hours))
    return Flow(len(arrivals) - 1, len(in_time), by_hour, round(max(waited, default=0.0), 1)), seen


def _look_on(here: Simulation, raised: list[int], seen: _Moments) -> None:
    """Note after each invocation what has happened first; errors of this order are no failure of the simulation."""
    invoke = here.invoke

    def watched(*arguments: Any) -> Any:
        began = here.clock()
        answer = invoke(*arguments)
        now = here.clock()
        seen.tries = len(raised)
        if raised and seen.failed is None:
            seen.failed = began
        if seen.metric is None and any(name == "UnexpectedErrors" for name, *_ in here.output.metrics):
            seen.metric = now
        if seen.quarantined is None and _is_quarantined(here):
            seen.quarantined = now
        return answer

    here.invoke = watched  # type: ignore[method-assign,assignment]


def _is_quarantined(here: Simulation) -> bool:
    item = here.dynamodb.tables["table"].get((f"MERCHANT#{MERCHANT}", f"ORDER#{DEFECTIVE:020d}"), {})
    return str(item.get("shelf", {}).get("S", "")).endswith("#quarantined")


def broken_promises(one: Measured) -> list[str]:
    """The missed goals."""
    wrong = []
    if one.lost > MOST_LOST:
        wrong.append(
            f"{one.lost:.0%} of the other orders were not acknowledged in time, at most {MOST_LOST:.0%} may be"
        )
    if one.metric_after is None or one.metric_after + _CLOUDWATCH > ALARMS_WITHIN:
        wrong.append("the metric comes too late for an alarm within five minutes")
    if one.quarantined_after is None or one.quarantined_after > ALARMS_WITHIN:
        wrong.append("the order was not quarantined within five minutes")
    return wrong


def table(one: Measured) -> str:
    lines = [
        (name, flow.others, flow.acknowledged, " ".join(map(str, flow.by_hour)), f"{flow.slowest:.0f}")
        for name, flow in (("without a defect", one.without), ("with one defective order", one.with_defect))
    ]
    return rows(("", "other orders", "acknowledged", "by hour", "slowest, s"), lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders-per-hour", type=int, default=300)
    parser.add_argument("--hours", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    options = parser.parse_args()
    if options.hours < 1 or not DEFECTIVE < options.orders_per_hour * options.hours <= _MOST_ORDERS:
        parser.error(f"between {DEFECTIVE + 1} and {_MOST_ORDERS} orders, within at least an hour")
    found = measure(options.orders_per_hour, options.hours)
    wrong = broken_promises(found)
    result = asdict(found) | {"lost": found.lost, "wrong": wrong}
    if options.json:
        say(json.dumps(result, indent=1))
    else:
        save(f"defect-{options.orders_per_hour}", result)
        say(table(found))
        say(f"tries: {found.tries}; metric after {found.metric_after} s, quarantine after {found.quarantined_after} s")
        for line in wrong:
            say(f"not as it should be: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
