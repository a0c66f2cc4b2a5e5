"""The busiest hour of a fleet of merchants: what it takes, what breaks first, and at how many merchants.

    python -m benchmarks.fleet --merchants 10000 [--orders-per-day 20] [--without-doorbell] [--json]
    python -m benchmarks.fleet --merchants 1 --orders-per-day 100000

Measured: a sample of merchants in the simulation, with the real handlers, at the vendors' real throttles; what one
job of each kind takes, in time, in calls to vendors and in calls to AWS; and what `start_jobs` and `watch` take for
some and for more merchants. Modelled: the hour of the whole fleet (`benchmarks.fleet_model`), made of these figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from statistics import mean
from typing import Any, Final
from unittest.mock import patch

from benchmarks import one_merchant
from benchmarks.fleet_model import SSM, SSM_QUOTA, Hour, Kind, play
from benchmarks.results import rows, save, say
from benchmarks.simulation import FULL_CPU_MB, Environment, Simulation, simulation
from orderbridge.desk.troubles import watch
from orderbridge.vendors.billbee.slots import GAP
from testkit.blueprint import LambdaFunction, blueprint

BUSIEST_HOUR: Final = 0.12
"""The share of a day's orders that comes in its busiest hour."""
SAMPLES: Final = (6, 24)
"""The numbers of merchants in the two samples, to measure how invocations for all merchants grow."""
_SKUS: Final = 20
_FIRST: Final = 900_000
"""The number of the first order that comes before the hour."""
_BY_ORDERS: Final = ("pull-tracking open", "sync-stock")
"""Jobs whose calls are caused by orders. The sample has an hour's orders and more turns than an hour."""
_LISTS: Final = {"pull-tracking open": 1 / 6, "sync-stock": 1 / 6}
"""Calls an hour for lists that are kept for six hours; the sample asks for them before its hour."""
_SCOPES: Final = {"poll-orders": "changes", "pull-tracking": "open", "check-billing": "due"}
"""What a message without a scope means."""
_FIFO: Final = 2_400.0
"""Requests a second and action of a FIFO queue with high throughput: a cautious figure, in Frankfurt it is 19,000."""
QUOTAS: Final[Mapping[str, tuple[float, str]]] = {
    "billbee calls": (50, "Billbee's calls a second for an application (slots: 40)"),
    "kms": (5_500, "KMS symmetric requests a second (the lowest quota of a region)"),
    "write units": (4_000, "DynamoDB write units a second of an on-demand table, at first"),
    "read units": (12_000, "DynamoDB read units a second of an on-demand table, at first"),
    "sqs send": (_FIFO, "SQS FIFO requests a second, each action of a queue; here of all queues together"),
    **{
        f"sqs {action} of {one.label}": (_FIFO, "SQS FIFO requests a second, each action of a queue")
        for one in blueprint().functions.values()
        if one.mapped
        for action in ("receive", "delete")
    },
}
REGISTRY_READS: Final = 3_000
"""Read units a second of one partition of DynamoDB's. All merchants' settings are in one; a job reads one of them."""
ACCOUNTS: Final = {
    "default quotas": (1_000, SSM_QUOTA),
    "SSM with higher throughput": (1_000, 10_000.0),
    "new account, concurrency 10": (10, SSM_QUOTA),
}
"""Lambda's concurrency, and SSM's calls a second."""
AT_ONCE_SECONDS: Final = 30.0
"""What `start_jobs` and `watch` may take."""
_ALL_MERCHANTS: Final = ("start_jobs", "watch")
_LADDER: Final = (100, 200, 500, *range(1_000, 21_000, 1_000))


@dataclass
class _Sum:
    """The sums of jobs of one kind."""

    jobs: int = 0
    seconds: float = 0.0
    calls: float = 0.0
    used: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Linear:
    """Seconds that an invocation for all merchants takes: so many, and so many for each merchant.

    Attributes:
        least: of these, what each merchant takes in any case.
        put_off_after: seconds for the rest; the remainder waits for the next turn.
    """

    fixed: float
    each: float
    least: float = 0.0
    put_off_after: float = float("inf")

    def seconds(self, merchants: int) -> float:
        at_least = self.fixed + self.least * merchants
        return at_least + min((self.each - self.least) * merchants, self.put_off_after)

    def most(self, seconds: float) -> int:
        """For how many merchants so many seconds are enough."""
        ways = ((self.each, self.fixed), (self.least, self.fixed + self.put_off_after))
        enough = [int((seconds - fixed) / each) if each > 0 else sys.maxsize for each, fixed in ways if fixed < seconds]
        return max((most for most in enough if self.seconds(most) <= seconds + 1e-6), default=0)


@dataclass(frozen=True)
class Sample:
    """One sample's hour: jobs by function and name, what the invocations for all merchants took, and what one of
    `watch` took that looked closer only at those of whom something is noted.
    """

    jobs: dict[tuple[str, str], _Sum]
    at_once: dict[str, list[float]]
    glance: float


def sample(merchants: int, orders_per_hour: float, *, doorbell: bool) -> Sample:
    """Play an hour of some merchants. Nothing is remembered of a job's merchant, as in a large fleet.

    Args:
        doorbell: Billbee rings for each event of an order; the events of one invocation are one ring.
    """
    with simulation() as here:
        for number in range(merchants):
            here.open_merchant(f"m{number:03d}", skus=_SKUS)
        rung = _rings_of(here, merchants) if doorbell else {}
        first: list[tuple[float, Callable[[], object]]] = []
        for number in range(merchants):  # so that lists that are read once in hours have been read
            first.append((600, partial(here.sell, f"m{number:03d}", _FIRST + number, skus=_SKUS)))
            first.append((1500, partial(_ship, here, f"m{number:03d}", _FIRST + number)))
        first += [(1800 + number, partial(here.ring, name)) for number, name in enumerate(rung)]
        here.run(first, hours=1)
        jobs: dict[tuple[str, str], _Sum] = {}
        at_once: dict[str, list[float]] = {name: [] for name in _ALL_MERCHANTS}
        _look_on(here, jobs, at_once, rung)
        orders = max(1, round(orders_per_hour * merchants))
        happening: list[tuple[float, Callable[[], object]]] = []
        for number in range(1, orders + 1):
            merchant = f"m{number % merchants:03d}"
            at = 3000 * number / orders
            happening.append((at, partial(here.sell, merchant, number, skus=_SKUS)))
            happening.append((at + 900, partial(_ship, here, merchant, number)))
        here.run(happening, hours=1.25)
        with patch.object(watch, "AT_LEAST", 0):
            here.run(minutes=5)
            glance = at_once["watch"].pop()
        assert not here.failures, here.failures[:3]
    return Sample(jobs, at_once, glance)


def _ship(here: Simulation, merchant: str, number: int) -> None:
    if str(number) in here.warehouse(merchant).orders:
        here.warehouse(merchant).ship(str(number))


def _rings_of(here: Simulation, merchants: int) -> dict[str, bool]:
    """The merchants to ring for, set by events of orders."""
    rung = {f"m{number:03d}": False for number in range(merchants)}

    def notify(name: str, _account: Any, events: Sequence[str], *_: Any) -> None:
        rung[name] = rung[name] or any(event.startswith("order.") for event in events)

    for name in rung:
        here.shop(name)._notify = partial(notify, name)  # noqa: SLF001
    return rung


def _look_on(
    here: Simulation, jobs: dict[tuple[str, str], _Sum], at_once: dict[str, list[float]], rung: dict[str, bool]
) -> None:
    invoke = here.invoke

    def watched(function: LambdaFunction, event: Mapping[str, Any]) -> Any:
        if function.mapped:
            _forget_merchants(here, function)
        before, waited, cpu = _snapshot(here), here.clock(), here.used.cpu_seconds[function.label]
        answer = invoke(function, event)
        cpu = here.used.cpu_seconds[function.label] - cpu
        seconds = here.clock() - waited + cpu * max(1.0, FULL_CPU_MB / function.memory_mb)
        if function.label in _ALL_MERCHANTS:
            at_once[function.label].append(seconds)
            return answer
        found = jobs.setdefault((function.label, _name(_asked(event), function.label)), _Sum())
        used = _snapshot(here)
        used.subtract(before)
        found.jobs += 1
        found.seconds += seconds
        found.calls += used.pop("billbee calls", 0)
        found.used.update(used)
        if function.label != "webhook":
            for name in [name for name, rings in rung.items() if rings]:
                rung[name] = False
                here.ring(name)
        return answer

    here.invoke = watched  # type: ignore[method-assign]


def _asked(event: Mapping[str, Any]) -> dict[str, Any]:
    """The message of an event, or what stands for it if it is a batch of the table's stream."""
    if "shardId" in event:
        return {"job": "follow-changes"}
    asked: dict[str, Any] = json.loads(event["Records"][0]["body"]) if "Records" in event else {}
    return asked


def _name(asked: Mapping[str, Any], otherwise: str) -> str:
    """A job with its scope, by a message or a schedule's input: ``poll-orders changes``."""
    job = str(asked.get("job", otherwise))
    if asked.get("burst") is not None:
        return f"{job} rung"
    return f"{job} {asked.get('scope', _SCOPES.get(job, ''))}".strip()


def _forget_merchants(here: Simulation, function: LambdaFunction) -> None:
    known = here._environments.get(function.name)  # noqa: SLF001
    if known is not None:
        fresh = here._environments[function.name] = Environment(here, function)  # noqa: SLF001
        fresh.secrets.billbee_api_key()  # the application's own, which every environment knows
        fresh.used_at = known.used_at


def _snapshot(here: Simulation) -> Counter[str]:
    """What quotas count, so far."""
    dynamodb, sqs = here.dynamodb.units, here.queues.requests
    return Counter(
        {
            "billbee calls": len(here.billbee.calls),
            "bibi calls": len(here.bibi.calls),
            "ssm get": here.ssm.requests["get_parameter"] + here.ssm.requests["get_parameters_by_path"],
            "kms": here.ssm.decrypted,
            "write units": dynamodb["write"] + dynamodb["index write"],
            "read units": dynamodb["read"],
            "sqs send": sqs["send"],
            "sqs receive": sqs["receive"],
            "sqs delete": sqs["delete"],
        }
    )


def kinds_of(found: Sample, merchants: int) -> list[Kind]:
    """What one job of each kind takes. Each is received and deleted in a request of its own."""
    stack = blueprint()
    periods: dict[str, tuple[float, float]] = {}
    for schedule in stack.schedules:
        if schedule.expression.startswith("rate("):
            number, unit = schedule.expression[5:-1].split()
            minutes = int(number) * {"m": 1, "h": 60, "d": 1440}[unit[0]]
            events = stack.resources[schedule.function]["Properties"]["Events"]
            flexible = events[schedule.name]["Properties"].get("FlexibleTimeWindow", {})
            window = 60.0 * int(flexible.get("MaximumWindowInMinutes", 0))
            periods[_name(schedule.event, "")] = minutes * 60.0, window
    kinds = []
    for (function, name), one in sorted(found.jobs.items()):
        every, window = periods.get(name, (0.0, 0.0))
        used = {what: amount / one.jobs for what, amount in one.used.items()} | {"sqs receive": 1.0, "sqs delete": 1.0}
        jobs = max(1.0, 3600 / every) if every else one.jobs / merchants
        calls = one.calls / merchants / jobs if name in _BY_ORDERS else one.calls / one.jobs
        calls += _LISTS.get(name, 0.0) / jobs
        kinds.append(Kind(function, name, jobs, every, one.seconds / one.jobs, calls, used, window))
    return kinds


@dataclass(frozen=True)
class Verdict:
    """An hour of so many merchants, and its missed goals."""

    merchants: int
    hour: Hour
    start_jobs: float
    watch: float
    broken: list[str]


def judge(kinds: list[Kind], lines: Mapping[str, Linear], merchants: int, account: tuple[int, float]) -> Verdict:
    stack = blueprint()
    workers = {one.label: one.mapped.workers for one in stack.functions.values() if one.mapped}
    start, looking = (lines[name].seconds(merchants) for name in _ALL_MERCHANTS)
    concurrency, ssm = account
    hour = play(_remembering(kinds, workers), merchants, workers, concurrency=concurrency, spread=start, ssm=ssm)
    broken = []
    for name, seconds in (("start_jobs", start), ("watch", looking)):
        if seconds > AT_ONCE_SECONDS:
            broken.append(f"{name} takes {seconds:.0f} s, at most {AT_ONCE_SECONDS:.0f} s are wanted")
    for kind in kinds:
        late = hour.latest.get(kind.name, 0.0)
        if kind.every and late > kind.every:
            broken.append(f"{kind.name} begins up to {late:.0f} s late, more than its interval of {kind.every:.0f} s")
    for what, (quota, _) in QUOTAS.items():
        if hour.peaks.get(what, 0.0) > quota:
            broken.append(f"{what}: {hour.peaks[what]:,.0f} in one second, {quota:,.0f} are allowed")
    if hour.unfinished:
        broken.append(f"{hour.unfinished:,} jobs were left after two hours")
    return Verdict(merchants, hour, start, looking, broken)


def _remembering(kinds: list[Kind], workers: Mapping[str, int]) -> list[Kind]:
    """Secrets stay in an environment's memory for an hour: a job needs them only where the one that it meets has not
    worked for its merchant within that.
    """
    of_queue = Counter[str]()
    for kind in kinds:
        of_queue[kind.queue] += kind.per_merchant  # type: ignore[assignment]
    found = []
    for kind in kinds:
        missed = (1 - 1 / workers.get(kind.queue, 1)) ** max(0.0, of_queue[kind.queue] - 1)
        asked = {what: kind.used.get(what, 0.0) * missed for what in ("ssm get", "kms")}
        found.append(replace(kind, used={**kind.used, **asked}))
    return found


def most_merchants(
    kinds: list[Kind], lines: Mapping[str, Linear], account: tuple[int, float]
) -> tuple[int, list[Verdict]]:
    """The largest fleet of the ladder whose hour meets all goals, and the simulated hours."""
    best, played = 0, []
    for merchants in _LADDER:
        verdict = judge(kinds, lines, merchants, account)
        played.append(verdict)
        if verdict.broken:
            break
        best = merchants
    return best, played


def measure(
    orders_per_day: float, *, doorbell: bool, samples: tuple[int, int] = SAMPLES
) -> tuple[list[Kind], dict[str, Linear]]:
    """What one job takes, and what the invocations for all merchants take."""
    orders = orders_per_day * BUSIEST_HOUR
    few, many = (sample(merchants, orders, doorbell=doorbell) for merchants in samples)
    lines = {}
    for name in _ALL_MERCHANTS:
        less, more = (mean(one.at_once[name]) for one in (few, many))
        each = max(0.0, (more - less) / (samples[1] - samples[0]))
        lines[name] = Linear(max(0.0, less - each * samples[0]), each)
    glance = max(0.0, (many.glance - few.glance) / (samples[1] - samples[0]))
    lines["watch"] = replace(lines["watch"], least=min(glance, lines["watch"].each), put_off_after=watch.LOOKS_FOR)
    return kinds_of(many, samples[1]), lines


def limits(kinds: list[Kind], lines: Mapping[str, Linear]) -> dict[str, int]:
    """For how many merchants each resource alone is enough, on the hour's average."""
    found = {f"{name} within {AT_ONCE_SECONDS:.0f} s": line.most(AT_ONCE_SECONDS) for name, line in lines.items()}
    calls = sum(kind.calls * kind.per_merchant for kind in kinds)
    found["Billbee's slots (40 a second)"] = int(3600 * 1000 / GAP / calls)
    workers = {one.label: one.mapped.workers for one in blueprint().functions.values() if one.mapped}
    for queue in sorted({kind.queue for kind in kinds}):
        busy = sum(kind.seconds * kind.per_merchant for kind in kinds if kind.queue == queue)
        if busy and queue in workers:
            found[f"{workers[queue]} workers of {queue}"] = int(3600 * workers[queue] / busy)
    for what, (quota, _) in QUOTAS.items():
        used = sum(kind.used.get(what, 0.0) * kind.per_merchant for kind in _remembering(kinds, workers))
        if used and what != "billbee calls":
            found[f"{what} ({quota:,.0f} a second)"] = int(3600 * quota / used)
    secrets = sum(kind.used.get(SSM, 0.0) * kind.per_merchant for kind in _remembering(kinds, workers))
    jobs = sum(kind.per_merchant for kind in kinds if kind.queue in workers)
    found[f"the registry's partition ({REGISTRY_READS:,} read units a second)"] = int(3600 * REGISTRY_READS / jobs)
    if secrets:
        found["SSM GetParameter (40 a second, without higher throughput)"] = int(3600 * SSM_QUOTA / secrets)
    return dict(sorted(found.items(), key=lambda one: one[1]))


def report(
    merchants: int, orders_per_day: float, kinds: list[Kind], lines: Mapping[str, Linear], *, search: bool = True
) -> dict[str, Any]:
    result: dict[str, Any] = {"merchants": merchants, "orders_per_day": orders_per_day}
    result["kinds"] = [asdict(kind) for kind in kinds]
    result["start_jobs and watch"] = {name: asdict(line) for name, line in lines.items()}
    result["limits"] = limits(kinds, lines)
    result["hours"] = {}
    for name, account in ACCOUNTS.items():
        verdict = judge(kinds, lines, merchants, account)
        result["hours"][name] = asdict(verdict)
        if search:
            best, played = most_merchants(kinds, lines, account)
            result["hours"][name] |= {
                "carries": best,
                "breaks": {str(one.merchants): one.broken for one in played if one.broken},
            }
    return result


def table(result: Mapping[str, Any]) -> str:
    """The result for people."""
    hour = result["hours"]["default quotas"]["hour"]
    parts = [
        rows(
            ("kind of job", "a merchant's, in the hour", "seconds", "Billbee calls", "every, s", "latest start, s"),
            [
                (
                    one["name"],
                    f"{one['per_merchant']:.2f}",
                    f"{one['seconds']:.2f}",
                    f"{one['calls']:.2f}",
                    f"{one['every']:.0f}" if one["every"] else "–",
                    f"{hour['latest'].get(one['name'], 0):.0f}" if one["every"] else "–",
                )
                for one in result["kinds"]
            ],
        ),
        rows(
            ("at most, a second", "used", "allowed", "of what"),
            [
                (what, f"{hour['peaks'].get(what, 0):,.0f}", f"{quota:,.0f}", words)
                for what, (quota, words) in QUOTAS.items()
                if what in hour["peaks"]
            ],
        ),
        rows(("enough by itself", "merchants"), [(what, f"{most:,}") for what, most in result["limits"].items()]),
    ]
    for account, found in result["hours"].items():
        said = found["broken"] or ["as it has to be"]
        parts.append(f"{account}, {result['merchants']:,} merchants: " + "; ".join(said))
        if "carries" in found:
            parts.append(f"{account}: carries {found['carries']:,} merchants; beyond: {found['breaks'] or 'not tried'}")
    return "\n\n".join(parts)


def _one(orders_per_day: float, *, as_json: bool) -> int:
    """One merchant with very many orders."""
    result = one_merchant.measure(orders_per_day)
    wrong = one_merchant.too_large(result)
    if as_json:
        say(json.dumps(result | {"wrong": wrong}, indent=1))
    else:
        save("fleet-1", result)
        say(one_merchant.table(result))
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--merchants", type=int, default=10_000)
    parser.add_argument("--orders-per-day", type=float, default=20)
    parser.add_argument("--without-doorbell", action="store_true", help="no merchant has registered a webhook")
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")
    options = parser.parse_args()
    if not 1 <= options.merchants <= 100_000:
        parser.error("between 1 and 100,000 merchants")
    if options.merchants == 1:
        return _one(options.orders_per_day, as_json=options.json)
    began = time.monotonic()
    kinds, lines = measure(options.orders_per_day, doorbell=not options.without_doorbell)
    result = report(options.merchants, options.orders_per_day, kinds, lines)
    result["doorbell"] = not options.without_doorbell
    result["took"] = round(time.monotonic() - began)
    if options.json:
        say(json.dumps(result, indent=1))
    else:
        save(f"fleet-{options.merchants}{'-without-doorbell' if options.without_doorbell else ''}", result)
        say(table(result))
    return 1 if result["hours"]["default quotas"]["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
