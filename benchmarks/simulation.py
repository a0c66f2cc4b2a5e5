"""The deployed stack in one process, on a clock that jumps: the template's functions, queues and schedules, the real
handlers, the simulated vendors at their real throttles, and AWS in memory, counted.

    with simulation() as here:
        here.open_merchant("acme"); here.sell("acme", 1)
        here.run(hours=1)
        here.counted()

Invocations run one after the other. So the counts are those of AWS and the vendors, but where several functions would
run side by side, AWS takes less time.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final

os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "orderbridge/benchmark")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "benchmark")

from benchmarks.counting import CountedDynamoDB, CountedQueues, CountedS3, CountedSNS, CountedSSM
from local.simulators import Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.billbee import Account as Shop
from local.simulators.billbee.deliveries import signed
from local.simulators.billbee.orders import item, order, product
from orderbridge.bootstrap import Deployment, install, uninstall
from orderbridge.merchants.registry import Registry
from orderbridge.merchants.secrets import application_parameter, merchant_parameter
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Table
from testkit.blueprint import Blueprint, LambdaFunction, Schedule, blueprint
from testkit.clock import ManualClock
from testkit.followed import Due, Followed
from testkit.functions import Context, function_module, http_event
from testkit.mishaps import Watch
from testkit.template import make_table, stream_settings
from testkit.vendors import InProcess

BUCKET: Final = "DOCUMENTS_BUCKET"
DEAD: Final = "DEAD_LETTER_QUEUE_URL"
API_KEY: Final = "key-of-the-application"
STAGE: Final = "benchmark"
VENDOR_SECONDS: Final = 0.15
"""What one call to a vendor takes beside waiting for its throttle: a round trip across an ocean."""
COLD_AFTER: Final = timedelta(minutes=10)
"""How long an idle execution environment is assumed to last. AWS promises nothing."""
INIT_GB_SECONDS: Final = 0.4
"""What a cold start takes: 0.8 s at 512 MB, see their measurement, and longer with less; billed since August 2025."""
FULL_CPU_MB: Final = 1769
"""The memory with which a function has a whole processor, as AWS documents it."""
LONGEST_TURN: Final = 30.0
"""Seconds for which one queue goes first."""
PLATFORM_LOG_BYTES: Final = 420
"""START, END and REPORT lines of one invocation, with their trace."""


@dataclass
class Usage:
    """What an interval used. Calls by vendor and route; AWS by service and what is charged there."""

    calls: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    dynamodb: Counter[str] = field(default_factory=Counter)
    dynamodb_requests: Counter[str] = field(default_factory=Counter)
    by_record: Counter[str] = field(default_factory=Counter)
    sqs: Counter[str] = field(default_factory=Counter)
    ssm: Counter[str] = field(default_factory=Counter)
    s3: Counter[str] = field(default_factory=Counter)
    sns: int = 0
    decrypted: int = 0
    schedules: int = 0
    invocations: Counter[str] = field(default_factory=Counter)
    cold_starts: Counter[str] = field(default_factory=Counter)
    gb_seconds: Counter[str] = field(default_factory=Counter)
    waiting_seconds: Counter[str] = field(default_factory=Counter)
    cpu_seconds: Counter[str] = field(default_factory=Counter)
    log_bytes: int = 0

    def __sub__(self, other: Usage) -> Usage:
        """What came in between; counts that did not change are left out."""
        changed: dict[str, Any] = {}
        for name, mine in vars(self).items():
            before = getattr(other, name)
            if isinstance(mine, Counter):
                kept = {key: mine[key] - before[key] for key in mine if mine[key] != before[key]}
                changed[name] = Counter(kept)
            else:
                changed[name] = mine - before
        return Usage(**changed)

    @property
    def billbee_calls(self) -> int:
        return sum(count for name, count in self.calls.items() if name.startswith("billbee "))

    @property
    def bibi_calls(self) -> int:
        return sum(count for name, count in self.calls.items() if name.startswith("bibi "))


class OwnTime:
    """Processor time that is not ours: the vendors' and the stores' in this process."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        began = time.thread_time()
        try:
            yield
        finally:
            self.seconds += time.thread_time() - began


class _Vendor(InProcess):
    """A vendor across the ocean, whose own work is not ours."""

    own: OwnTime

    def send(self, request: Any, *arguments: Any, **rest: Any) -> Any:
        self.clock.sleep(VENDOR_SECONDS)
        with self.own.elsewhere():
            return super().send(request, *arguments, **rest)


class _Elsewhere:
    """A client in memory whose own work is not ours."""

    def __init__(self, client: Any, own: OwnTime) -> None:
        self._client = client
        self._own = own

    def __getattr__(self, operation: str) -> Any:
        found = getattr(self._client, operation)
        if operation == "get_paginator":
            return lambda name: _Pages(getattr(self, name))
        if operation in ("exceptions", "meta"):
            return found

        def call(**request: Any) -> Any:
            with self._own.elsewhere():
                return found(**request)

        return call


class _Pages:
    def __init__(self, operation: Callable[..., dict[str, Any]]) -> None:
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        yield self._operation(**request)


class Environment(Deployment):
    """One execution environment of a function: as deployed, but for the clock and for how requests travel."""

    def __init__(self, here: Simulation, function: LambdaFunction) -> None:
        variables = {**function.environment, "TABLE_NAME": "table", "STAGE": STAGE}
        variables |= {"BILLBEE_BASE_URL": here.to_billbee.url, "BIBI_BASE_URL": here.to_bibi.url}
        super().__init__(
            variables,
            clock=here.clock,
            client=here.clients.__getitem__,
            session=lambda vendor: {"billbee": here.to_billbee, "bibi": here.to_bibi}[vendor].session(),
        )
        self.used_at = here.clock.now()


class _Output(io.TextIOBase):
    """Where the functions write: lines are counted, metrics kept by name and dimensions."""

    def __init__(self) -> None:
        self.bytes = 0
        self.function = ""
        self.metrics: set[tuple[str, ...]] = set()
        self.lines: list[str] = []
        self.unexpected: list[str] = []

    def write(self, text: str) -> int:
        self.bytes += len(text.encode())
        if '"CloudWatchMetrics"' in text:
            blob = json.loads(text)
            for kind in blob["_aws"]["CloudWatchMetrics"]:
                for dimensions in kind["Dimensions"]:
                    where = [self.function if name == "service" else str(blob.get(name, "")) for name in dimensions]
                    self.metrics |= {(metric["Name"], *where) for metric in kind["Metrics"]}
        elif text.strip():
            self.lines.append(text)
            if '"Unexpected error"' in text:  # handed back, and so no failure of the invocation
                self.unexpected.append(text)
        return len(text)


class Simulation:
    """The stack, its vendors and merchants; made by `simulation`."""

    def __init__(self, stack: Blueprint, clock: ManualClock, *, vendor_options: Mapping[str, Any]) -> None:
        self.stack = stack
        self.clock = clock
        self.own = OwnTime()
        self.billbee = Billbee(api_key=API_KEY, clock=clock, **vendor_options)
        self.bibi = Bibi(clock=clock, **vendor_options)
        watch = Watch()
        self.to_billbee, self.to_bibi = _Vendor(self.billbee, clock, watch), _Vendor(self.bibi, clock, watch)
        for vendor in (self.to_billbee, self.to_bibi):
            vendor.own = self.own
        self.dynamodb = CountedDynamoDB(stack, clock.sleep, clock.now)
        make_table(self.dynamodb, "table")
        self.changes = Followed(self.dynamodb, "table", clock, stream_settings()[1])
        self._windows: dict[str, float] = {}
        self.ssm = CountedSSM(clock.sleep)
        self.queues = CountedQueues(clock, stack.queues, clock.sleep, not_fifo=frozenset({"AnnounceInboundQueue"}))
        for dead in {one.environment[DEAD] for one in stack.functions.values() if DEAD in one.environment}:
            self.queues.add(dead, fifo=dead != "AnnounceInboundDeadLetters")
        self.sns = CountedSNS(clock.sleep)
        self.s3 = CountedS3(
            clock.now,
            clock.sleep,
            next(one.environment[BUCKET] for one in stack.functions.values() if BUCKET in one.environment),
        )
        services = {
            "dynamodb": self.dynamodb,
            "ssm": self.ssm,
            "sqs": self.queues,
            "sns": self.sns,
            "s3": self.s3,
        }
        self.clients = {name: _Elsewhere(client, self.own) for name, client in services.items()}
        workers = [one for one in stack.functions.values() if one.mapped]
        named = Counter(value for one in workers for value in one.environment.values())
        self._downstream_first = sorted(stack.queues, key=lambda queue: named[queue], reverse=True)
        self._took: dict[str, float] = {}
        self.output = _Output()
        self.used = Usage()
        self.failures: list[str] = []
        self._environments: dict[str, Environment] = {}
        self._warehouses: dict[str, Warehouse] = {}
        self._shops: dict[str, Shop] = {}
        self._put_secrets(application_parameter(STAGE), {"billbee_api_key": API_KEY})

    # -- who there is, and what happens

    def open_merchant(self, name: str, *, skus: int = 100, **settings: Any) -> None:
        """A merchant with accounts at both vendors, and products with plenty of stock at the warehouse."""
        given = {"billbee": {"username": f"shop@{name}.example", "order_tag": "bibi"}} | settings
        secrets = {
            "billbee_password": f"password-of-{name}",
            "bibi_public_key": f"public-{name}",
            "bibi_secret_key": f"secret-of-{name}",
            "webhook_secret": _webhook_secret(name),
        }
        self._put_secrets(merchant_parameter(STAGE, name), secrets)
        Registry(Table(self.dynamodb, "table"), self.clock).put(name, json.dumps(given), by="a benchmark")  # type: ignore[arg-type]
        self._shops[name] = self.billbee.add_account(f"shop@{name}.example", secrets["billbee_password"])
        self._warehouses[name] = self.bibi.add_account(secrets["bibi_public_key"], secrets["bibi_secret_key"])
        for number in range(skus):
            sku = f"SKU-{number:05d}"
            self._shops[name].add_product(product(sku, stock=0, ean=f"{4_000_000_000_000 + number}"))
            self._warehouses[name].add_product(sku, stock=1_000_000)

    def shop(self, merchant: str) -> Shop:
        return self._shops[merchant]

    def warehouse(self, merchant: str) -> Warehouse:
        return self._warehouses[merchant]

    def sell(self, merchant: str, number: int, *, skus: int = 100) -> None:
        """A paid and tagged order with one line arrives."""
        lines = [item(f"SKU-{number % skus:05d}")]
        self._shops[merchant].add_order(
            order(number, items=lines, tags=["bibi"], created_at=self.clock.now().isoformat())
        )

    def ring(self, merchant: str) -> None:
        """Billbee rings at the merchant's door, signed."""
        body = b'{"Notifications": []}'
        headers = signed("ms", _webhook_secret(merchant), body)
        event = http_event(f"/webhooks/billbee/{merchant}", body=body, headers=headers)
        (webhook,) = (one for one in self.stack.functions.values() if one.label == "webhook")
        answer = self.invoke(webhook, event)
        if answer is None or answer["statusCode"] != 202:
            self.failures.append(f"webhook: {answer}")

    # -- the system at work

    def run(self, happening: Iterable[tuple[float, Callable[[], object]]] = (), **how_long: float) -> None:
        """Let the schedules run for some time, and everything that follows from them: ``run(hours=24)``.

        Args:
            happening: what else happens, and after how many seconds.
        """
        begin = self.clock.now()
        end = begin + timedelta(**how_long)
        turns: list[tuple[float, Callable[[], object]]] = [
            (due.timestamp(), partial(self.fire, one)) for one in self.stack.schedules for due in one.times(begin, end)
        ]
        turns += [(begin.timestamp() + seconds, do) for seconds, do in happening]
        turns.sort(key=lambda turn: turn[0], reverse=True)
        while True:
            while turns and turns[-1][0] <= self.clock():
                turns.pop()[1]()
            if self._deliver_any() or self._follow_any():
                continue
            if not turns and self.clock() >= end.timestamp():
                return
            moments = [*(turn[0] for turn in turns[-1:]), *self._next_due(), *self._next_changes()]
            self.clock.seconds = max(self.clock(), min([*moments, max(self.clock(), end.timestamp())]))

    def drain(self, hours: float = 2) -> None:
        """Process messages until no queue has one that is due within some time."""
        end = self.clock() + hours * 3600
        while self.clock() < end:
            if self._deliver_any():
                continue
            due = self._next_due()
            if not due or min(due) > end:
                return
            self.clock.seconds = max(self.clock.seconds, min(due))

    def fire(self, schedule: Schedule) -> None:
        self.used.schedules += 1
        self.invoke(self.stack.functions[schedule.function], dict(schedule.event))

    def start(self, job: str, scope: str | None = None) -> None:
        """Run one of the template's schedules, by its input, and process messages until all queues are empty."""
        wanted = {"job": job} | ({"scope": scope} if scope else {})
        (schedule,) = (one for one in self.stack.schedules if dict(one.event) == wanted)
        self.fire(schedule)
        self.drain()

    def invoke(self, function: LambdaFunction, event: Mapping[str, Any]) -> Any:
        """Invoke a function as Lambda does; gives its answer, or None if it raised."""
        known = self._environments.get(function.name)
        if known is None or self.clock.now() - known.used_at > COLD_AFTER:
            known = self._environments[function.name] = Environment(self, function)
            self._used_up(function, "cold_starts", INIT_GB_SECONDS * 1024 / function.memory_mb)
        environment: Environment = known
        module = function_module(function.label, function.folder.parent)
        began = self.clock()
        ends_at = began + function.timeout
        context = Context(function.label, lambda: max(0.0, ends_at - self.clock()), function.memory_mb)
        elsewhere, at_work = self.own.seconds, time.thread_time()
        self.output.function = function.label
        answer = None
        token = install(environment)
        try:
            answer = module.handler(dict(event), context)
        except Exception as error:  # noqa: BLE001  the invocation fails, as on Lambda
            self.failures.append(f"{function.label}: {error!r}")
        finally:
            uninstall(token)
        self.failures += [f"{function.label}: {line}" for line in self.output.unexpected]
        self.output.unexpected.clear()
        cpu = time.thread_time() - at_work - (self.own.seconds - elsewhere)
        waited = self.clock() - began
        self.used.cpu_seconds[function.label] += cpu  # type: ignore[assignment]
        self.used.waiting_seconds[function.label] += waited  # type: ignore[assignment]
        self._used_up(function, "invocations", waited + cpu * max(1.0, FULL_CPU_MB / function.memory_mb))
        environment.used_at = self.clock.now()
        return answer

    def _used_up(self, function: LambdaFunction, what: str, seconds: float) -> None:
        getattr(self.used, what)[function.label] += 1
        self.used.gb_seconds[function.label] += seconds * function.memory_mb / 1024  # type: ignore[assignment]

    def _deliver_any(self) -> bool:
        """One batch. What workers send goes first: with as many workers as on AWS it would not wait for the others.
        They would not wait for a busy queue either.
        """
        busy = next((queue for queue, took in self._took.items() if took > LONGEST_TURN), None)
        for queue in (*(one for one in self._downstream_first if one != busy), *([busy] if busy else [])):
            began = self.clock()
            if self._deliver(queue):
                took = self.clock() - began
                self._took = {queue: took} if queue == busy else {**self._took, queue: self._took.get(queue, 0) + took}
                return True
        self._took.clear()
        return False

    def _deliver(self, queue: str) -> bool:
        event = self.queues.receive(queue)
        if event is None:
            return False
        answer = self.invoke(self.stack.reader(queue), event)
        if answer is not None:
            self.queues.settle(queue, event, [failed["itemIdentifier"] for failed in answer["batchItemFailures"]])
        return True

    def follow_changes(self) -> None:
        """Deliver at once what was written to the table."""
        for batch in self.changes.batches():
            self._follow(batch)

    def _follow_any(self) -> bool:
        """The changes whose time has come, and the end of each window that had some."""
        if min(self._next_changes(), default=float("inf")) > self.clock():
            return False
        for batch in self.changes.due_batches():
            self._follow(batch)
        for shard in [shard for shard, ends in self._windows.items() if ends <= self.clock()]:
            del self._windows[shard]
            end = {"Records": [], "shardId": shard, "isFinalInvokeForWindow": True}
            self.invoke(self.stack.functions[stream_settings()[0]], end)
        return True

    def _follow(self, batch: Due) -> None:
        self.changes.settle(batch, self.invoke(self.stack.functions[stream_settings()[0]], batch.event))
        window = self.changes.settings.tumbling_window
        self._windows.setdefault(batch.reader.shard, (self.clock() // window + 1) * window)

    def _next_changes(self) -> list[float]:
        due = self.changes.next_due()
        return [*self._windows.values(), *([] if due is None else [due])]

    def _next_due(self) -> list[float]:
        return [due for queue in self.stack.queues if (due := self.queues.next_due(queue)) is not None]

    # -- what it used

    def counted(self) -> Usage:
        """Everything that was used so far."""
        calls: Counter[str] = Counter()
        for vendor, simulator in (("billbee", self.billbee), ("bibi", self.bibi)):
            calls.update(f"{vendor} {call.name}" for call in simulator.calls)
        throttled = sum(call.status == 429 for one in (self.billbee, self.bibi) for call in one.calls)
        copied: dict[str, Any] = {
            name: Counter(one) if isinstance(one, Counter) else one for name, one in vars(self.used).items()
        }
        invocations = sum(self.used.invocations.values())
        return Usage(
            **copied
            | {
                "calls": calls,
                "throttled": throttled,
                "dynamodb": Counter(self.dynamodb.units),
                "dynamodb_requests": Counter(self.dynamodb.requests),
                "by_record": Counter(self.dynamodb.by_record),
                "sqs": Counter(self.queues.requests),
                "ssm": Counter(self.ssm.requests),
                "s3": Counter(self.s3.requests),
                "sns": self.sns.requests["publish"],
                "decrypted": self.ssm.decrypted,
                "log_bytes": self.output.bytes + invocations * PLATFORM_LOG_BYTES,
            }
        )

    # -- inside

    def _put_secrets(self, parameter: str, secrets: Mapping[str, str]) -> None:
        self.ssm.values[parameter], self.ssm.types[parameter] = json.dumps(secrets), "SecureString"


def _webhook_secret(merchant: str) -> str:
    return f"webhook-secret-of-{merchant}-0123456789"


@contextmanager
def simulation(**vendor_options: Any) -> Iterator[Simulation]:
    """An empty stack. `vendor_options` are those of both simulators, e.g. ``throttles=False``."""
    stack, clock = blueprint(), ManualClock()
    here = Simulation(stack, clock, vendor_options=vendor_options)
    handlers = [one for one in logging.getLogger(logger.service).handlers if isinstance(one, logging.StreamHandler)]
    streams = [one.setStream(here.output) for one in handlers]
    try:
        with redirect_stdout(here.output):
            yield here
    finally:
        for handler, stream in zip(handlers, streams, strict=True):
            handler.setStream(stream or sys.stdout)


def statuses_of(here: Simulation) -> Counter[str]:
    """The statuses of the orders."""
    items = here.dynamodb.tables["table"].values()
    return Counter(one["status"]["S"] for one in items if one["sk"]["S"].startswith("ORDER#"))


def backlog(orders: int, *, followed: bool = True) -> tuple[Usage, Usage]:
    """So many orders at once, to acknowledged; then all are shipped, to the last state. Gives what each half used.

    Only what the orders need is started: the poll that finds them, and the tracking that brings their parcels.

    Args:
        followed: with what follows the table's stream.
    """
    with simulation() as here:
        here.open_merchant("acme", stock={"enabled": False}, products={"enabled": False})
        here.start("poll-orders", "changes")
        here.start("pull-tracking", "all")
        here.clock.sleep(60)
        before = here.counted()
        for number in range(1, orders + 1):
            here.sell("acme", number)
        here.start("poll-orders", "changes")
        if followed:
            here.follow_changes()
        middle = here.counted()
        assert (found := statuses_of(here)) == {"acknowledged": orders}, found
        for number in range(1, orders + 1):
            here.warehouse("acme").ship(str(number))
        while statuses_of(here)["shipped"] < orders:
            here.start("pull-tracking", "open")
        if followed:
            here.follow_changes()
        assert not here.failures, here.failures[:3]
        end = here.counted()
        assert end.throttled == before.throttled, "calls were throttled"
        return middle - before, end - middle
