"""Writes `docs/performance.md` from the existing results."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from benchmarks import calls, cold_start, cost, drain, growth, one_merchant, overhead, path, plots, prices
from benchmarks.defect import MOST_LOST
from benchmarks.drain import Phase
from benchmarks.growth import Long, Many
from benchmarks.results import load, rows
from local.stack import PROJECT

PAGE: Final = PROJECT / "docs" / "performance.md"
_REMARKS: Final = Path(__file__).with_name("remarks.md")
"""The text about each missed goal, by heading; written by hand."""
Goal = tuple[str, str, str, bool]


def write() -> Path:
    """Write the page and its plots. Raises FileNotFoundError if a measurement is missing."""
    sections = [
        _drain,
        _latency,
        _calls,
        _cost,
        _cold_start,
        _overhead,
        _path,
        _growth,
        _stock,
        _memory,
        _defect,
        _fleet,
        _one_merchant,
    ]
    goals: list[Goal] = []
    parts = [_written(section, goals) for section in sections]
    measured = load("drain")["measured"]
    head = _HEAD.format(**measured)
    table = rows(("goal", "measured", "limit", ""), [(*goal[:3], _verdict(goal[3])) for goal in goals])
    PAGE.write_text("\n\n".join([head, table, _REMARKS.read_text(encoding="utf-8").strip(), *parts]) + "\n")
    return PAGE


def _written(section: Callable[[list[Goal]], str], goals: list[Goal]) -> str:
    """A section, or a line that its results are not there."""
    try:
        return section(goals)
    except FileNotFoundError as error:
        return f"*Not measured yet: {Path(error.filename).stem}.*"


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "**missed**"


def _section(title: str, name: str, text: str, *blocks: str, options: str = "") -> str:
    when = load(name)["measured"]
    repeat = f"`python -m benchmarks.{name.partition('-')[0]}{options}`; measured on {when['on']} at {when['commit']}."
    lead = textwrap.fill(f"{repeat} {text}", 120, break_long_words=False, break_on_hyphens=False)
    return "\n\n".join([f"## {title}", lead, *blocks])


def _drain(goals: list[Goal]) -> str:
    found = load("drain")["result"]
    phases = [Phase(**{name: one[name] for name in Phase.__dataclass_fields__}) for one in found]
    goals += [
        (
            f"{one.orders} waiting orders {one.name}: 1.05 × limit + 5 s, no 429",
            f"{one.seconds:.1f} s, {one.throttled}",
            f"{one.goal:.1f} s, 0",
            one.is_met,
        )
        for one in phases
    ]
    plots.drain(found)
    counted = rows(
        ("call", *(one.name for one in phases)),
        [
            (name, *(one.calls.get(name, 0) for one in phases))
            for name in sorted({name for one in phases for name in one.calls})
        ],
    )
    picture = "![Orders done over time](images/performance-drain.svg)"
    return _section("A backlog", "drain", _DRAIN, drain.table(phases), picture, counted)


def _defect(goals: list[Goal]) -> str:
    lines = []
    for per_hour in (60, 300):
        found = load(f"defect-{per_hour}")["result"]
        without, with_defect = found["without"], found["with_defect"]
        lost = f"other orders that one defective order delays, {per_hour} an hour"
        goals.append((lost, f"{found['lost']:.1%}", "10 %", found["lost"] <= MOST_LOST))
        after = (found["metric_after"], found["quarantined_after"])
        lines.append((per_hour, without["acknowledged"], with_defect["acknowledged"], found["tries"], *after))
    headings = ("orders an hour", "acknowledged without", "with", "tries", "metric after, s", "quarantine after, s")
    return _section("One defective order", "defect-300", _DEFECT, rows(headings, lines), options=" --orders-per-hour N")


def _latency(goals: list[Goal]) -> str:
    spread, at_once = load("latency")["result"], load("latency-at-once")["result"]
    goals.append(("tag to submission with the doorbell, 95 %", f"{spread['p95']:.1f} s", "30 s", spread["p95"] < 30))
    lines = [
        (
            title,
            *(f"{one[name]:.1f}" for name in ("p50", "p95", "max")),
            one["rings"],
            *one["calls"],
            one["throttled"],
        )
        for title, one in (
            (f"{spread['orders']} orders tagged over {spread['minutes'] * 60:.0f} s", spread),
            (f"{at_once['orders']} tagged at once", at_once),
        )
    ]
    headings = ("seconds from tag to submission", "p50", "p95", "max", "rings", "calls to Billbee", "to BiBi", "429")
    return _section("One order, with the doorbell", "latency", _LATENCY, rows(headings, lines))


def _calls(goals: list[Goal]) -> str:
    found = load("calls")["result"]
    goals += [
        (
            f"calls for an order, {found['orders']:,} at once",
            f"{found['per_order']:.2f}",
            f"{found['goal']}",
            found["per_order"] <= found["goal"],
        ),
        (
            "calls to Billbee on an idle day",
            str(found["idle_billbee"]),
            str(found["idle_goal"]),
            found["idle_billbee"] <= found["idle_goal"],
        ),
        (
            "the same, where the doorbell rang within a day",
            str(found["rung_idle_billbee"]),
            str(found["rung_idle_goal"]),
            found["rung_idle_billbee"] <= found["rung_idle_goal"],
        ),
    ]
    text = _CALLS.format(price=prices.BILLBEE_CALL_EUR, **found["day"] | {"per_day": found["day"]["orders"]})
    return _section("Calls, and what Billbee charges", "calls", text, calls.table(found))


def _cost(goals: list[Goal]) -> str:
    found = load("cost")["result"]
    for name, title in (
        ("per 10,000 orders", "AWS, 10,000 orders"),
        ("idle merchant", "AWS, idle merchant and month"),
        ("stack", "AWS, stack without a merchant and month"),
    ):
        dollars, goal = found[name]["dollars"], found[name]["goal"]
        goals.append((title, f"${dollars:.2f}", f"${goal:.2f}", dollars <= goal))
    plots.cost(found)
    used = found["per 10,000 orders"]["usage"]
    units = sorted(used["by_record"].items(), key=lambda one: -float(one[1]))[:12]
    each = rows(("DynamoDB units for an order, over days", ""), [(n, f"{u / found['orders']:.2f}") for n, u in units])
    picture = "![What the dollars go to](images/performance-cost.svg)"
    text = _COST.format(region=prices.REGION, as_of=prices.AS_OF, orders=found["orders"], pollers=cost.POLLERS)
    return _section("What AWS costs", "cost", text, cost.table(found), picture, each)


def _cold_start(goals: list[Goal]) -> str:
    result = load("cold_start")["result"]
    found = result["functions"]
    worst = max(found, key=lambda one: float(one["least_ratio"]))
    goals.append(
        (
            "cold start to the bare floor, dearest function",
            f"{worst['least_ratio']:.2f} ({worst['function']})",
            f"{cold_start.GOAL}",
            worst["least_ratio"] <= cold_start.GOAL,
        )
    )
    plots.cold_start(found, cold_start.GOAL)
    picture = "![Cold starts beside their floor](images/performance-cold-start.svg)"
    table = cold_start.table([SimpleNamespace(**one) for one in found])  # type: ignore[misc]
    what = "Built functions with the layer's own bytecode, nothing written." if result["built"] else "From the sources."
    return _section("Cold starts", "cold_start", f"{_COLD_START} {what}", table, picture)


def _overhead(goals: list[Goal]) -> str:
    found = load("overhead")["result"]
    return _section("Our own share", "overhead", _OVERHEAD, overhead.table(found))


def _path(goals: list[Goal]) -> str:
    found = load("path")["result"]
    entered, goal = found["counts"]["both"], found["goal"]
    goals.append(
        (
            "functions / files on the way of one order",
            f"{entered['own_functions']} / {entered['own_files']}",
            f"{goal['functions']} / {goal['files']}",
            path.is_met(found),
        )
    )
    return _section("The way of one order", "path", _PATH, path.counts(found))


def _growth(goals: list[Goal]) -> str:
    found = load("growth")["result"]
    many, long = [Many(**one) for one in found["many"]], [Long(**one) for one in found["long"]]
    for title, what in (("calls for an order", "calls"), ("DynamoDB units for an order", "units"),
                        ("time for a merchant", "seconds")):  # fmt: skip
        values = [float(getattr(one, what)) for one in many]
        goals.append(
            (
                f"{title}, {many[0].merchants} to {many[-1].merchants} merchants",
                f"+{max(values) / min(values) - 1:.1%}",
                "10 %",
                growth.is_flat(values),
            )
        )
    flat = all(growth.is_flat([one.units[name] for one in long]) for name in growth.JOBS)
    goals.append(
        (f"units of a pass, up to {long[-1].finished:,} orders in the ledger", "same" if flat else "grow", "10 %", flat)
    )
    plots.growth(found["long"])
    picture = "![Units of a pass](images/performance-growth.svg)"
    return _section("Growth", "growth", _GROWTH.format(orders=found["orders"]), growth.table(many, long), picture)


def _stock(goals: list[Goal]) -> str:
    found = load("stock")["result"]
    goals.append(
        (f"stock of {found['skus']:,} SKUs, its limits", f"{len(found['wrong'])} broken", "0", not found["wrong"])
    )
    columns: Mapping[str, str] = {
        "pages": "page reads",
        "single_reads": "single reads",
        "billbee_calls": "calls to Billbee",
        "figures": "figures sent",
        "reads": "read units",
        "writes": "write units",
        "seconds": "seconds",
        "megabytes": "peak MB",
    }
    lines = [(one["name"], *(f"{one[name]:,.0f}" for name in columns)) for one in found["runs"]]
    return _section("Stock of a large catalogue", "stock", _STOCK, rows(("run", *columns.values()), lines))


def _memory(goals: list[Goal]) -> str:
    found = load("memory")["result"]
    peaks = found["peak_mb"]
    goals.append(("peak memory of any function", f"{max(peaks.values()):.0f} MB", "256 MB", max(peaks.values()) < 256))
    lines = [(name, f"{megabytes:.0f}") for name, megabytes in sorted(peaks.items(), key=lambda one: -float(one[1]))]
    return _section("Memory", "memory", _MEMORY.format(**found), rows(("function", "MB"), lines))


def _fleet(goals: list[Goal]) -> str:
    both = {"yes": load("fleet-10000")["result"], "no": load("fleet-10000-without-doorbell")["result"]}
    parts = []
    for doorbell, found in both.items():
        carried = found["hours"]["default quotas"]["carries"]
        what = f"merchants with 20 orders a day, doorbell: {doorbell}"
        goals.append((what, f"{carried:,}", "10,000", carried >= 10_000))
    accounts = [
        (f"{name}, doorbell: {doorbell}", f"{one['carries']:,}", *(_breaks(one["breaks"])))
        for doorbell, found in both.items()
        for name, one in found["hours"].items()
    ]
    parts.append(rows(("account", "carries", "at", "breaks first"), accounts))
    enough: dict[str, int] = both["yes"]["limits"]
    first = sorted(enough, key=lambda what: enough[what])
    limits = [(what, *(f"{found['limits'].get(what, 0):,}" for found in both.values())) for what in first]
    parts.append(rows(("enough by itself for so many merchants", "doorbell", "none"), limits))
    kinds = [
        (
            one["name"],
            f"{one['per_merchant']:.1f}",
            f"{one['seconds']:.2f}",
            f"{one['calls']:.2f}",
            f"{one['used'].get('ssm get', 0):.2f}",
            f"{one['used'].get('write units', 0):.1f}",
            f"{one['used'].get('read units', 0):.1f}",
        )
        for one in both["yes"]["kinds"]
    ]
    headings = ("job, with the doorbell", "in the hour", "seconds", "Billbee calls", "SSM", "write units", "read units")
    parts.append(rows(headings, kinds))
    return _section("A fleet of merchants", "fleet-10000", _FLEET, "\n\n".join(parts), options=" --merchants 10000")


def _breaks(breaks: Mapping[str, list[str]]) -> tuple[str, str]:
    """At how many merchants something breaks, and what."""
    for merchants, what in breaks.items():
        return f"{int(merchants):,}", "; ".join(what)
    return "–", "not tried"


def _one_merchant(goals: list[Goal]) -> str:
    found = load("fleet-1")["result"]
    wrong = one_merchant.too_large(found)
    goals.append(("passes over 150,000 open orders beyond 80 % of the memory", str(len(wrong)), "0", not wrong))
    took, limit = (found["outage"][name] for name in ("hours_to_catch_up", "hours_by_throttle"))
    ratio = took / limit if took and limit else float("inf")
    goals.append(
        ("100,000 orders a day, six hours caught up: by what the throttle takes", f"{ratio:.2f}", "1.2", ratio <= 1.2)
    )
    text = one_merchant.table(found)
    return _section("One merchant, 100,000 orders a day", "fleet-1", _ONE, text, _ONE_LIMITS, options=_ONE_OPTIONS)


_HEAD: Final = """\
# Speed and cost

For whoever needs to know what orderbridge takes, compared with what the vendors' throttles and the bare runtime allow.
`make bench` writes this page from the results of `benchmarks/`. Each measurement can be repeated alone, and
`python -m benchmarks report` writes the page again. The last run was on {on}: {processor}, {processors} processors,
{memory}, {system}, Python {python}. Seconds and milliseconds are that machine's; counts are the same everywhere, and
`tests/integration/test_performance_guard.py` checks them."""
_DRAIN: Final = """\
Orders that wait, the whole local stack over HTTP, vendors at their real throttles (2 calls a second for each of
Billbee's endpoints, 60 a minute at BiBi). First until all have their received tag; then the warehouse ships all of
them, until all are shipped in Billbee. The limit is the calls that were made, at the throttles. The schedule that
finds them is fired by hand, so that its interval does not count."""
_DEFECT: Final = """\
The stack simulated on a clock that jumps, at the vendors' real throttles, for three hours. One of the first orders
meets an error that nobody expects, at each try (R31). Counted are the others that have their received tag in the time;
the last ones come too late for the last poll in either run. Before R31, 114 of 174 at 60 an hour, and 399 of 874 at
300."""
_FLEET: Final = """\
The busiest hour: 20 orders a day for each merchant, 12 % of them in that hour, and one turn of what runs every six
hours. **Measured:** 24 merchants in the simulation, real handlers, vendors at their throttles; what one job of each
kind takes, where the environment knows nothing of its merchant, as in a large fleet; `start_jobs` and `watch` for 6 and
24 merchants. With the doorbell, whatever an invocation changes in a merchant's orders rings once. Latencies of AWS and
the vendors are those assumed below under costs. **Modelled** (`benchmarks/fleet_model.py`): the hour of the whole
fleet, with the template's workers and flexible schedules, Billbee's slots, SSM's 40 calls a second, and messages that
are handed back where either is used up. An account carries as many as the largest fleet of 100, 200, 500, 1,000, 2,000,
3,000 … in whose hour each scheduled job starts within its interval, no quota is exceeded, and `start_jobs` and `watch`
take 30 s at most. `watch` looks closer at nobody else after 25 s; what is left waits for its next pass."""
_ONE: Final = """\
Each order takes a tag, a shipment and a state at Billbee, each at an endpoint of its own with 2 calls a second for the
merchant: 172,800 orders a day at most, and 1.16 a second are needed. What is spare is for a backlog. So after six hours
without the warehouse, the throttle alone makes it more than eight hours until nobody waits. **Measured:** the rates, of
500 orders, two portions, that lie in the ledger when the warehouse is back, from the first call to the last (one
function submits and tags, another one ships, and on AWS they run side by side); and the memory of the passes over open
orders. **Computed:** the rest."""
_ONE_LIMITS: Final = """\
Not carried: reading *all* orders of Billbee, at the first start and each night. 250 a page and 2 pages a second are
42,000 open orders in an invocation, and all of them are held at once. A cautious poll after a break of half an hour
lists the warehouse from a day before the oldest order that waits, 100 a page and 60 pages a minute: 1,250 pages, 21
minutes."""
_ONE_OPTIONS: Final = " --merchants 1 --orders-per-day 100000"
_LATENCY: Final = """\
From tagging an order in Billbee to its submission, with signed webhooks over HTTP and the functions behind `python -m
local serve`. A poll waits 3 s in its queue, so that its ring's burst has ended. Of orders that come at once, ten go out
in a call, and the next ten once these are tagged."""
_CALLS: Final = """\
The stack simulated on a clock that jumps, on the template's timetable, with the real handlers. Single-parcel orders.
A month is an idle merchant's polls, and for its orders what {per_day} a day took, or, from 100,000 on, orders that
come at once. With the doorbell, every event of an order rings, also those that our own tags, shipments and states
cause: {bursts} polls more for {per_day} orders. Billbee gives 100,000 calls a month for each integration, shared by
all its merchants, and takes EUR {price} for each one more."""
_COST: Final = """\
List prices of {region}, {as_of} (`benchmarks/prices.py`), no free tier taken off. Counted in simulated days of the
whole stack, {orders} orders at random moments of 14 hours, or at once; an idle merchant is what a third one adds to
two. Assumed: a call to a vendor takes 0.15 s, one to DynamoDB 5 ms, to SQS 10 ms, to SSM 20 ms; our own processor
time is stretched by what share of a processor the function's memory gives it; an environment lasts ten idle minutes
and takes 0.8 s to start with 512 MB, longer with less; invocations are traced if the template's defaults say so;
Lambda keeps {pollers} long polls of 20 s at each queue. What follows the table's stream is part of it: batches of a
minute, and an empty call at the end of each quarter of an hour with changes; Lambda's reads of a stream are free. The
stack is what there is without a merchant, with the
template's defaults. Each metric that an alarm reads is charged for. A dashboard is off by default; it costs $3 beyond
the three of an account that are free. A metric of our own costs $0.30 for a month in which it is written all the time,
and nothing is written where nothing happens. Of the rest, storage and back-up are left out: an order's record takes one
to two KB."""
_COLD_START: Final = """\
Processor time of import and first invocation in a fresh process, least / median, beside a floor: the same interpreter
importing boto3, pydantic and Powertools' logger, making the AWS clients that the first invocation calls, with one
answer of each, and, where requests is imported, that and one answer of a vendor. In brackets the floor's. The first
invocation does the work of a quiet turn: a poll reads Billbee's list, a sync the warehouse's."""
_OVERHEAD: Final = """\
Processor time of our own code and its libraries, with the vendors and AWS answered from memory. The profile's times
are longer than without it."""
_PATH: Final = """\
How many functions and files of ours one plain order enters from the poll to its received tag, each counted once; a
measure of what somebody has to read. Nothing is timed. Named ones leave out properties, lambdas, comprehensions and
dunder methods. The order's own leave out what every call of any job goes through: HTTP and its pace, the table,
messages, logging, settings. `python -m benchmarks.path` lists them file by file."""
_GROWTH: Final = """\
{orders} orders for each of so many merchants, at real throttles on the clock that jumps, one merchant after the
other; and a ledger of finished orders with 20 open ones, for each of whom a pass does the same."""
_STOCK: Final = """\
The real job and its clients; vendors answer in the process, throttles are off, and write units contain those of the
index. With BiBi's 60 calls a minute, 500 pages take nine minutes, over several invocations. The peak is that of the
whole process, vendors and table included."""
_MEMORY: Final = """\
Peak of each function's process with {known:,} orders at the warehouse and {new} new ones, on the local stack."""
