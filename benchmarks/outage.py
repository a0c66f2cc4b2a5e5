"""What an outage of a vendor costs, and how soon the backlog is processed (R32).

    python -m benchmarks.outage --orders-per-hour 300 --hours 6 [--vendor bibi] [--how 503] [--json]

The deployed stack in the simulation, at the vendors' real throttles, with the jobs that orders need: one function runs
after the other here, so that others would only take their time. Orders come evenly; the vendor is down for some hours.
Orders continue to come after it is back, the first one a minute later. Each order rings the doorbell. The run ends when
every order has its received tag.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from benchmarks.results import rows, save, say
from benchmarks.simulation import Simulation, simulation
from local.simulators.faults import Fault

MERCHANT: Final = "acme"
FRESH_WITHIN: Final = 300.0
"""Seconds within which an order after recovery has to be acknowledged."""
SLOWER_THAN_THROTTLES: Final = 1.2
MESSAGES_PER_ORDER: Final = 2
MESSAGES_BESIDE: Final = 2
"""Messages without an order: a wake-up, a portion of the backlog."""
_LONGEST_INTERVAL: Final = 120.0
_QUICK_PROBES: Final = 16
"""Failed calls that are allowed beside one in the longest interval: those that open the breaker, and the first probes.
"""
_FRESH_AFTER: Final = 60.0
_TAGS_A_SECOND: Final = 2.0
_SUBMITTED_AT_ONCE: Final = 10
_CALLS_A_MINUTE: Final = 60.0
_MOST_ORDERS: Final = 5_000
"""More would take this machine longer than ten minutes."""
_LONGEST_RUN: Final = 12
"""Hours after recovery, when the run is given up."""
_QUEUE: Final = "PushOrdersQueue"
_TAG: Final = "POST /orders/{id}/tags"
_ONE_ORDER: Final = "GET /orders/{id}"
_STATUS: Final = "POST /orderStatus"
_HOW: Final[Mapping[str, Mapping[str, Any]]] = {
    "503": {"kind": "status", "status": 503},
    "silent": {"kind": "delay_before", "seconds": 25.0},
    "reset": {"kind": "reset_before"},
}


@dataclass(frozen=True)
class Measured:
    """One outage.

    Attributes:
        backlog: orders that were not acknowledged when the vendor was back.
        failed_calls: calls to the vendor while it was down.
        single_reads: calls after recovery, until the backlog is acknowledged, that ask for one order of it.
        most_messages: the largest number of messages in the queue push-orders.
        most_per_order: the largest number of messages per unacknowledged order, not counting messages without an order.
        noticed_after: seconds from recovery to the first call that the vendor answered.
        back_after: seconds from then until the backlog was acknowledged; None if it never was.
        throttles_take: seconds that the throttles alone take for the backlog and what comes meanwhile.
        fresh_waited: seconds that an order waited that came a minute after recovery.
        slowest_after: seconds that the slowest order waited of those that came after recovery.
    """

    vendor: str
    how: str
    orders_per_hour: int
    hours: int
    backlog: int
    failed_calls: int
    single_reads: int
    most_messages: int
    most_per_order: float
    messages_sent: int
    noticed_after: float
    back_after: float | None
    throttles_take: float
    fresh_waited: float | None
    slowest_after: float | None

    @property
    def ratio(self) -> float | None:
        """The time that the backlog took, by the time that the throttles take."""
        return None if self.back_after is None else self.back_after / max(1.0, self.throttles_take)


class _Observed:
    """What is observed during a run."""

    def __init__(self, here: Simulation) -> None:
        self.here = here
        self.sold = 0
        self.most_messages = 0
        self.most_per_order = 0.0
        self.tagged: dict[int, float] = {}
        self._seen_calls = 0
        self._invoke = here.invoke
        here.invoke = self._observed  # type: ignore[method-assign,assignment]

    def sell(self, number: int) -> None:
        self.sold += 1
        self.here.sell(MERCHANT, number)
        poll = {"job": "poll-orders", "scope": "changes"}
        self.here.fire(next(one for one in self.here.stack.schedules if dict(one.event) == poll))  # as a ring does

    def look(self) -> None:
        calls = self.here.billbee.calls
        for call in calls[self._seen_calls :]:
            if call.name == _TAG and call.status < 400:
                self.tagged.setdefault(int(call.path.split("/")[-2]), call.at)
        self._seen_calls = len(calls)
        messages = self.here.queues.waiting().get(_QUEUE, 0)
        self.most_messages = max(self.most_messages, messages)
        waiting = self.sold - len(self.tagged)
        per_order = max(0, messages - MESSAGES_BESIDE) / max(1, waiting)
        self.most_per_order = max(self.most_per_order, per_order)

    def _observed(self, *arguments: Any) -> Any:
        self.look()
        return self._invoke(*arguments)


def measure(vendor: str, how: str, orders_per_hour: int, hours: int) -> Measured:
    with simulation() as here:
        here.open_merchant(MERCHANT, stock={"enabled": False}, products={"enabled": False})
        for job, scope in (("poll-orders", "changes"), ("pull-tracking", "all")):
            here.start(job, scope)
        here.clock.sleep(60)
        seen = _Observed(here)
        gap = 3600 / orders_per_hour
        fresh = orders_per_hour * hours + 1
        began, failing = here.clock(), here.billbee if vendor == "billbee" else here.bibi
        sent_before = here.queues.sent
        failing.faults.add(Fault(times=None, **_HOW[how]))
        arrivals = {number: gap * (number - 0.5) for number in range(1, fresh)}
        happening = [(after, partial(seen.sell, number)) for number, after in arrivals.items()]
        here.run(happening, hours=hours)
        seen.look()
        failed = sum(call.at > began for call in failing.calls)
        recovered_at = here.clock()
        backlog = {number for number in arrivals if number not in seen.tagged}
        failing.faults.clear()
        after_calls = len(here.billbee.calls), len(here.bibi.calls)
        later = _go_on(seen, backlog, fresh, gap)
        noticed_at = min(call.at for call in failing.calls if call.at > recovered_at and call.status < 400)
        done = {number: seen.tagged[number] - noticed_at for number in backlog if number in seen.tagged}
        back_after = max(done.values(), default=0.0) if len(done) == len(backlog) else None
        waited = {number: seen.tagged[number] - at for number, at in later.items() if number in seen.tagged}
        until = noticed_at + (back_after if back_after is not None else float("inf"))
        meanwhile = sum(at <= until for at in later.values())
        reads = _single_reads(here, after_calls, backlog, until)
        return Measured(
            vendor,
            how,
            orders_per_hour,
            hours,
            len(backlog),
            failed,
            reads,
            seen.most_messages,
            round(seen.most_per_order, 2),
            here.queues.sent - sent_before,
            round(noticed_at - recovered_at, 1),
            None if back_after is None else round(back_after, 1),
            round(throttles_take(len(backlog) + meanwhile), 1),
            round(waited[fresh], 1) if fresh in waited else None,
            round(max(waited.values()), 1) if len(waited) == len(later) else None,
        )


def _go_on(seen: _Observed, backlog: set[int], fresh: int, gap: float) -> dict[int, float]:
    """Sell orders until the backlog is acknowledged. Returns when each of them came."""
    here, later, number = seen.here, dict[int, float](), fresh
    for _ in range(_LONGEST_RUN * 12):
        begin, happening = here.clock(), []
        times = [_FRESH_AFTER, *(_FRESH_AFTER + gap * turn for turn in range(1, 1 + int((300 - _FRESH_AFTER) / gap)))]
        if backlog <= seen.tagged.keys():
            times = []
        for after in times:
            later[number] = begin + after
            happening.append((after, partial(seen.sell, number)))
            number += 1
        here.run(happening, minutes=5)
        seen.look()
        if backlog <= seen.tagged.keys() and later.keys() <= seen.tagged.keys():
            break
    return later


def _single_reads(here: Simulation, since: tuple[int, int], backlog: set[int], until: float) -> int:
    """Calls that ask a vendor for one order of the backlog."""
    numbers = {str(number) for number in backlog}
    found: Counter[str] = Counter()
    for call in here.billbee.calls[since[0] :]:
        if call.name == _ONE_ORDER and call.at <= until and call.path.rpartition("/")[2] in numbers:
            found["billbee"] += 1
    for call in here.bibi.calls[since[1] :]:
        asked = call.body.get("orderNumber") if isinstance(call.body, Mapping) else None
        if call.name == _STATUS and call.at <= until and asked in numbers:
            found["bibi"] += 1
    return found.total()


def throttles_take(orders: int) -> float:
    """Seconds that so many orders take at least: each a tag, each ten a call that submits them."""
    return max(orders / _TAGS_A_SECOND, orders / _SUBMITTED_AT_ONCE / _CALLS_A_MINUTE * 60)


def probes_allowed(hours: int) -> float:
    return _QUICK_PROBES + hours * 3600 / _LONGEST_INTERVAL


def broken_promises(one: Measured) -> list[str]:
    """The missed goals."""
    wrong = []
    if one.most_per_order > MESSAGES_PER_ORDER:
        wrong.append(f"{one.most_per_order} messages for each order that waits, at most {MESSAGES_PER_ORDER} may be")
    if one.failed_calls > probes_allowed(one.hours):
        wrong.append(f"{one.failed_calls} calls while the vendor was down, at most {probes_allowed(one.hours):.0f}")
    if one.single_reads > one.backlog:
        wrong.append(f"{one.single_reads} calls that ask for one of {one.backlog} orders, at most one each")
    if one.ratio is None:
        wrong.append("the backlog was not acknowledged")
    elif one.ratio > SLOWER_THAN_THROTTLES:
        wrong.append(f"the backlog took {one.ratio:.2f} times as long as the throttles do")
    if one.slowest_after is None or one.slowest_after > FRESH_WITHIN:
        wrong.append(f"an order that came after recovery waited longer than {FRESH_WITHIN:.0f} s")
    return wrong


def table(one: Measured) -> str:
    ratio = "never" if one.ratio is None else f"{one.ratio:.2f}"
    heads = (
        *("down", "orders/h", "h", "backlog", "most messages", "calls while down", "single reads"),
        *("noticed after, s", "acknowledged after, s", "by throttles", "fresh order, s", "slowest later, s"),
    )
    line = (
        *(one.vendor, one.orders_per_hour, one.hours, one.backlog, one.most_messages, one.failed_calls),
        *(one.single_reads, one.noticed_after, one.back_after, ratio, one.fresh_waited, one.slowest_after),
    )
    return rows(heads, [line])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders-per-hour", type=int, default=300)
    parser.add_argument("--hours", type=int, default=6)
    parser.add_argument("--vendor", choices=("bibi", "billbee"), default="bibi")
    parser.add_argument("--how", choices=sorted(_HOW), default="503", help="what a call comes to while it is down")
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    options = parser.parse_args()
    if options.hours < 1 or not 1 <= options.orders_per_hour * options.hours <= _MOST_ORDERS:
        parser.error(f"between 1 and {_MOST_ORDERS} orders, within at least an hour")
    found = measure(options.vendor, options.how, options.orders_per_hour, options.hours)
    wrong = broken_promises(found)
    result = asdict(found) | {"ratio": found.ratio, "wrong": wrong}
    if options.json:
        say(json.dumps(result, indent=1))
    else:
        save(f"outage-{options.vendor}-{options.orders_per_hour}x{options.hours}", result)
        say(table(found))
        for line in wrong:
            say(f"not as it should be: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
