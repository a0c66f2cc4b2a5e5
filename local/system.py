"""The running system: vendors, AWS, the stack, merchants, workers and pollers, stopped in reverse order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from cli import merchants_file
from cli.local_stack import is_running
from cli.merchants_file import Merchants, MerchantsFileError
from cli.parameters import Writer, put_all
from local import demo_orders
from local import report as reports
from local.aws import Aws
from local.clock import WALL_CLOCK, ScaledClock
from local.demo import Demo, Expectation
from local.queues import Pollers
from local.report import Books, LedgerBooks, Snapshot
from local.sandbox.places import Places, open_places
from local.sandbox.warehouse import work_on_all
from local.serving import own_folder
from local.simulators import Abillify, Bibi, Billbee
from local.simulators.readings import of_vendor
from local.stack import PROJECT, Schedule, Stack
from local.workers import Invocation, Workers
from orderbridge.merchants.registry import Registry
from orderbridge.platform.documents import Documents
from orderbridge.platform.table import Table
from orderbridge.vendors.http import is_on_this_machine

Say = Callable[[str], None]

#: After so many real seconds without a line, a line says what is waited for, so that the run does not seem to hang.
_QUIET_SECONDS = 2.5
#: Real seconds between two looks at queues that are not empty.
_LOOK_EVERY = 0.05
#: How many runs' logs are kept, besides those of running ones.
_LOGS_KEPT = 10


@dataclass(frozen=True)
class Options:
    """What the command line asks for. A URL that is None means: the built-in simulator."""

    merchants: Path | None = None
    billbee_url: str | None = None
    bibi_url: str | None = None
    abillify_url: str | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    """Of the built-in simulators, by name."""
    speed: float = 1.0
    """How many times as fast as the wall clock the system's clock runs."""
    warehouse: Literal["auto", "hand"] = "auto"
    """Whether the simulated warehouse works by itself when the system has nothing left to do."""
    sandbox: bool = False
    """Whether a person acts at the simulators: their empty accounts get products that can be sold."""

    @property
    def abroad(self) -> str | None:
        """The option with a vendor that is not on this machine: what the sandbox does would reach it."""
        urls = {"--billbee-url": self.billbee_url, "--bibi-url": self.bibi_url}
        return next((name for name, url in urls.items() if url and not is_on_this_machine(url)), None)


class World(Protocol):
    """The world around the system that the demo brings along."""

    def advance(self) -> bool:
        """Let the warehouse do its next step. False when nothing is left to do."""

    def expected(self) -> Mapping[str, Mapping[int, Expectation]]:
        """How each order must end, by merchant and Billbee id."""

    def check(self, report: Mapping[str, Any]) -> list[str]:
        """The unexpected results."""

    def remarks(self) -> list[str]:
        """What was worth seeing on the way."""


@dataclass
class System:
    """The running system. `billbee` is the built-in simulator, unless another Billbee is used."""

    stack: Stack
    workers: Workers
    pollers: Pollers
    books: Books
    merchants: Merchants
    say: Say
    world: World | None = None
    billbee: Billbee | None = None
    clock: ScaledClock = WALL_CLOCK
    sandbox: Places | None = None
    step: Callable[[], bool] | None = None
    """Has the simulated warehouse do its next step; None where it does that by hand only."""
    seen: Snapshot = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.labels: dict[tuple[str, int], str] = {}
        if self.world:
            self.labels = {
                (merchant, billbee_id): expectation.label
                for merchant, orders in self.world.expected().items()
                for billbee_id, expectation in orders.items()
            }
        self._look_again = 0.0
        self._told_at = WALL_CLOCK.monotonic()

    def fire(self, schedule: Schedule) -> Invocation:
        """Invoke a schedule's function with its input, as EventBridge does."""
        result = self.workers.invoke(schedule.function, schedule.event)
        if result.failed:
            self.tell(f"{schedule.function.label} failed: {result.error}: {result.message}")
        self.pollers.wake()
        return result

    def tell(self, line: str) -> None:
        self.say(line)
        self._told_at = WALL_CLOCK.monotonic()

    def break_silence(self, line: Callable[[], str]) -> None:
        """Tell a line if nothing was told for a while."""
        if WALL_CLOCK.monotonic() - self._told_at > _QUIET_SECONDS:
            self.tell(line())

    def _what_is_waited_for(self) -> str:
        waiting = ", ".join(f"{count} in {name}" for name, count in self.pollers.waiting().items())
        return f"… waiting for {waiting or 'a function'}"

    def drain(self) -> None:
        """Wait until no queue has a message left, telling what changes meanwhile."""
        while not self.pollers.idle():
            self.tell_changes(at_most_every=2.0)
            self.break_silence(self._what_is_waited_for)
            WALL_CLOCK.sleep(_LOOK_EVERY)
        self.tell_changes(at_most_every=2.0)

    def tell_changes(self, at_most_every: float = 0.0) -> None:
        """Tell which orders moved since the last time; not more often than asked for."""
        began = WALL_CLOCK.monotonic()
        if at_most_every and began < self._look_again:
            return
        now = reports.snapshot(self.books, self.merchants)
        for line in reports.changes(self.seen, now, lambda *order: self.labels.get(order, "")):
            self.tell(line)
        self.seen = now
        # Reading a long ledger takes the server's time from the functions: never more than a fifth of it.
        took = WALL_CLOCK.monotonic() - began
        self._look_again = WALL_CLOCK.monotonic() + max(at_most_every, 5 * took) if at_most_every else 0.0

    def fingerprint(self) -> Any:
        """All orders, stock figures and the number of dead letters: equal at two moments when nothing happened between
        them. Tells what changed.
        """
        self.tell_changes()
        dead = self.stack.aws.depths(queue.name for queue in self.stack.dead_letter_queues)
        stock = reports.stock_snapshot(self.books, self.merchants)
        return self.seen, stock, dead


class FunctionLog:
    """The functions' log lines, each with the function's name, in one text stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, function: str, line: str) -> None:
        with self._lock:
            self._stream.write(f"{function:<14} {line}\n")
            self._stream.flush()


def open_log_file() -> tuple[Path, TextIO]:
    """A log file for this run alone, in the project's folder `.local`, which git does not see. Old ones are removed."""
    folder = own_folder(PROJECT / ".local")
    path = folder / f"orderbridge-{WALL_CLOCK.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    stream = path.open("w", encoding="utf-8")
    for old in sorted(folder.glob("orderbridge-*.log"))[:-_LOGS_KEPT]:
        if not is_running(int(old.stem.rpartition("-")[2])):
            old.unlink(missing_ok=True)
    return path, stream


@contextmanager
def running(options: Options, log: FunctionLog, say: Say) -> Iterator[System]:
    """Start the system, and stop all of it again.

    Raises MerchantsFileError and TemplateError before anything of it runs.
    """
    clock = ScaledClock(options.speed)
    demo = None if options.merchants else Demo(clock)
    merchants = (
        merchants_file.load(options.merchants)
        if options.merchants
        else merchants_file.parse(Demo(clock).merchants_file(_order_prefix(options)), "the built-in merchants")
    )
    with ExitStack() as exits:
        vendors = _vendors(exits, options, merchants, demo, say, clock)
        say("deploying the template")
        aws = exits.enter_context(Aws(clock))
        stack = Stack(aws, vendors.urls)
        table = Table(aws.client("dynamodb"), stack.physical_id("Table"))
        put_all(merchants, Writer(aws.client("ssm"), stack.stage), Registry(table, clock), by="local")
        workers = exits.enter_context(
            Workers(stack.functions.values(), stack.layers, aws.environment(), log, clock=clock)
        )
        pollers = exits.enter_context(Pollers(aws, stack.mappings, workers, stack.streams, clock))
        books = LedgerBooks(aws.client("dynamodb"), stack.physical_id("Table"), clock)
        if demo:
            demo.delivery.bucket = Documents(aws.client("s3"), stack.physical_id("Documents"))
        step = demo.advance if demo and vendors.populated else vendors.work
        yield System(
            stack,
            workers,
            pollers,
            books,
            merchants,
            say,
            demo if vendors.populated else None,
            vendors.billbee,
            clock,
            open_places(merchants, vendors.billbee, vendors.bibi, step, _why_closed(options)),
            step if vendors.billbee and vendors.bibi and options.warehouse == "auto" else None,
        )


def _why_closed(options: Options) -> str | None:
    """Why nobody may act at the simulators."""
    if options.abroad is None:
        return None
    return f"The sandbox is closed: {options.abroad} names a service that is not on this machine, and would be reached."


def _order_prefix(options: Options) -> str:
    """What the simulated warehouse puts before order numbers."""
    chosen = options.readings.get("prefix", "none")
    return "" if chosen == "none" else chosen


@dataclass(frozen=True)
class _Vendors:
    """The template's URL parameters, the simulators that are used, and whether the demo's world is in place: it needs
    all three simulators.
    """

    urls: dict[str, str]
    billbee: Billbee | None
    bibi: Bibi | None
    populated: bool

    def work(self) -> bool:
        """The warehouse's next step without a demo; False when there was nothing to do."""
        if self.bibi is None:
            return False
        with self.bibi.lock:
            return work_on_all(self.bibi.accounts.values())


def _vendors(
    exits: ExitStack, options: Options, merchants: Merchants, demo: Demo | None, say: Say, clock: ScaledClock
) -> _Vendors:
    """Start a simulator for each service without a URL."""
    urls = {
        "BillbeeBaseUrl": options.billbee_url,
        "BibiBaseUrl": options.bibi_url,
        "AbillifyBaseUrl": options.abillify_url,
    }
    billbee = bibi = abillify = None
    if not options.billbee_url:
        billbee = exits.enter_context(
            Billbee(api_key=merchants.billbee_api_key, readings=of_vendor("billbee", options.readings), clock=clock)
        )
        urls["BillbeeBaseUrl"] = billbee.url
    if not options.bibi_url:
        bibi = exits.enter_context(Bibi(readings=of_vendor("bibi", options.readings), clock=clock))
        urls["BibiBaseUrl"] = bibi.url
    if not options.abillify_url:
        abillify = exits.enter_context(Abillify(clock=clock))
        urls["AbillifyBaseUrl"] = abillify.url
    populated = None not in (demo, billbee, bibi, abillify)
    if demo and billbee and bibi and abillify:
        demo.populate(billbee, bibi, abillify)
    else:
        _open_accounts(billbee, bibi, abillify, merchants)
        if billbee and bibi and options.sandbox:
            _fill(billbee, bibi)
        if demo:
            say("the built-in orders need all three simulators; the built-in merchants are used without them")
    return _Vendors({name: url for name, url in urls.items() if url}, billbee, bibi, populated)


def _open_accounts(billbee: Billbee | None, bibi: Bibi | None, abillify: Abillify | None, merchants: Merchants) -> None:
    """Give the merchants empty accounts at the built-in simulators, as far as they say who they are."""
    for merchant in merchants:
        secrets = merchant.secrets
        if billbee and merchant.billbee_username and "billbee_password" in secrets:
            try:
                billbee.add_account(merchant.billbee_username, secrets["billbee_password"])
            except ValueError as refused:
                raise MerchantsFileError(f"merchants.{merchant.name}.secrets.billbee_password: {refused}") from None
        if bibi and "bibi_public_key" in secrets and "bibi_secret_key" in secrets:
            bibi.add_account(secrets["bibi_public_key"], secrets["bibi_secret_key"])
        if abillify and "abillify_username" in secrets and "abillify_password" in secrets:
            abillify.add_account(secrets["abillify_username"], secrets["abillify_password"])


def _fill(billbee: Billbee, bibi: Bibi) -> None:
    """Products to sell, in every shop and at every warehouse."""
    for shop in billbee.accounts.values():
        for product in demo_orders.sample_products():
            shop.add_product(product)
    for warehouse in bibi.accounts.values():
        for product in demo_orders.sample_products():
            warehouse.add_product(product["SKU"], stock=demo_orders.PLENTY)
