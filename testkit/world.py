"""One world for tests and benchmarks: the real functions, the vendors' simulators in this process, AWS in memory.

    with world() as here:
        here.sell(1); here.poll(); here.push()
        here.warehouse.ship("1"); here.pull()

Time passes only in sleeps and in `here.wait`, which move the clock that all parts share.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from local.simulators import Abillify, Bibi, Billbee, Call
from local.simulators.abillify import AbillifyAccount
from local.simulators.bibi import Account as Warehouse
from local.simulators.billbee import Account as Shop
from local.simulators.billbee.deliveries import signed
from local.simulators.billbee.orders import item, order, product
from orderbridge.inbound.notice_records import InboundNotices
from orderbridge.jobs.start_jobs import parse_job, start_jobs
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.record import LedgerOrder
from orderbridge.ledger.sku import Sku
from orderbridge.merchants.cursors import Cursors
from orderbridge.merchants.registry import REGISTRY, Registry
from orderbridge.merchants.secrets import API_KEY as API_KEY_NAME
from orderbridge.merchants.secrets import application_parameter, merchant_parameter
from orderbridge.platform.table import Table
from orderbridge.products.product_records import ProductRecord, ProductRecords
from orderbridge.stock.stock_records import StockRecord, StockRecords
from orderbridge.workspace import Workspace
from testkit import event_schemas
from testkit.aws import MemoryDynamoDB, MemoryEvents, MemoryS3, MemorySNS, MemorySSM
from testkit.aws.s3 import Stored
from testkit.clock import ManualClock
from testkit.environment import (
    DIGESTS,
    EVENT_BUS,
    FUNCTIONS,
    INVOCATION,
    JOBS,
    STAGE,
    TABLE,
    TROUBLES,
    Function,
    queue_of,
    queues,
)
from testkit.followed import Followed
from testkit.functions import Context, http_event, invoke
from testkit.mishaps import Crash, Watch
from testkit.routes import FIGURES
from testkit.template import make_table, stream_settings
from testkit.vendors import InProcess
from testkit.watched import Watched, WatchedQueues

API_KEY = "application-key-of-the-tests"
RING_SECRET = "webhook-secret-of-the-tests-40-chars-ok"  # noqa: S105
TAG, RECEIVED, REJECTED = "bibi", "order_received_by_bibi", "order_rejected_by_bibi"


SOLD: Final = ("MUG-01", "TEE-01", "POSTER")
"""The products at the start."""


@dataclass
class Merchant:
    """One merchant: what its settings say, and its two accounts."""

    name: str
    settings: dict[str, Any]
    shop: Shop
    warehouse: Warehouse
    bibi_secret: str
    password: str


class World:
    """Merchants, vendors, queues and stores; made by `world`. `acme` is there from the start.

    Attributes:
        seconds_left: what a job is told that its invocation still has, where that is not the truth.
        watch: sees every call that the functions make, and has things go wrong.
        failures: what invocations failed with.
        events: EventBridge, which checks each event by its published schema.
        changes: the table's stream, on its way to the function that follows it.
    """

    def __init__(
        self,
        billbee: Mapping[str, Any],
        bibi: Mapping[str, Any],
        dynamodb: Any = None,
        *,
        empty: bool = False,
        clock: ManualClock | None = None,
        tells_events: bool = False,
    ) -> None:
        self.clock = clock or ManualClock()
        self.watch = Watch()
        self.billbee = Billbee(**{"api_key": API_KEY, "clock": self.clock, **billbee})
        shows_twice = {"readings": {"duplicate": "booked"} | bibi.get("readings", {})}
        self.bibi = Bibi(**{"clock": self.clock, **bibi, **shows_twice})
        self.abillify = Abillify(clock=self.clock)
        services = (self.billbee, self.bibi, self.abillify)
        self.wires = {one.name: InProcess(one, self.clock, self.watch) for one in services}
        if dynamodb is None:
            make_table(dynamodb := MemoryDynamoDB(self.clock.now), TABLE)
        self.event_bus = EVENT_BUS if tells_events else ""
        self.changes = Followed(dynamodb, TABLE, self.clock, stream_settings(tells_events=tells_events)[1])
        self.dynamodb: Any = Watched("dynamodb", dynamodb, self.watch)
        self.ssm: Any = Watched("ssm", MemorySSM(), self.watch)
        self.s3: Any = Watched("s3", MemoryS3(self.clock.now), self.watch)
        self.sns = MemorySNS(DIGESTS, TROUBLES)
        self.events = MemoryEvents(EVENT_BUS)
        self.events.check = event_schemas.check
        self.queues: Any = WatchedQueues("sqs", queues(self.clock), self.watch)
        self.table = Table(self.dynamodb, TABLE)  # type: ignore[arg-type]
        self.merchants: dict[str, Merchant] = {}
        self.seconds_left: Callable[[], float] | None = None
        self.failures: list[str] = []
        self._empty = empty
        self._functions: dict[str, Function] = {}
        self.secret(API_KEY_NAME, API_KEY, merchant=None)

    # -- who there is

    def open_merchant(self, name: str, **settings: Any) -> Merchant:
        """A merchant with accounts at all vendors. `settings` are merged into the defaults, section by section."""
        password, secret = f"password-of-{name}", f"secret-of-{name}"
        merchant = Merchant(
            name=name,
            settings={"billbee": {"username": f"shop@{name}.example", "order_tag": TAG}},
            shop=self.billbee.add_account(f"shop@{name}.example", password),
            warehouse=self.bibi.add_account(f"public-{name}", secret),
            bibi_secret=secret,
            password=password,
        )
        self.merchants[name] = merchant
        secrets = {
            "billbee_password": password,
            "bibi_public_key": merchant.warehouse.public_key,
            "bibi_secret_key": secret,
            "abillify_username": f"api-{name}",
            "abillify_password": f"abillify-of-{name}",
        }
        self.abillify.add_account(secrets["abillify_username"], secrets["abillify_password"])
        for key, value in secrets.items():
            self.secret(key, value, name)
        self.configure(name, **settings)
        for sku in () if self._empty else SOLD:
            merchant.shop.add_product(product(sku, stock=10_000))
            merchant.warehouse.add_product(sku, stock=10_000)
        return merchant

    def configure(self, merchant: str = "acme", **settings: Any) -> None:
        """Change a merchant's settings: `here.configure(mode="test", bibi={"order_number": "order_number"})`.

        All functions have read them when this ends.
        """
        held = self.merchants[merchant].settings
        for key, value in settings.items():
            held[key] = {**held.get(key, {}), **value} if isinstance(value, dict) else value
        with self._unseen():
            self.registry.put(merchant, json.dumps(held), by="a test")
        self.cold_start()

    def secret(self, name: str, value: str | None, merchant: str | None = "acme") -> None:
        """Change one secret of a merchant, or of the application; None takes it away."""
        parameter = merchant_parameter(STAGE, merchant) if merchant else application_parameter(STAGE)
        held = json.loads(self.ssm.values.get(parameter, "{}")) | {name: value}
        text = json.dumps({key: secret for key, secret in held.items() if secret is not None})
        with self._unseen():
            self.ssm.put_parameter(Name=parameter, Value=text, Type="SecureString", Overwrite=True)

    @property
    def registry(self) -> Registry:
        return Registry(self.table, self.clock)

    def function(self, queue: str) -> Function:
        """The environment of the function that reads a queue, or of another of that name."""
        if queue not in self._functions:
            self._functions[queue] = Function(self, queue)
        return self._functions[queue]

    def workspace(self, name: str = "acme", function: str = "operator") -> Workspace:
        """A merchant's workspace, as an operator has it, or one of the functions."""
        found = self.function(function).workspace(name)
        assert found is not None, f"{name} is paused"
        return found

    def cold_start(self) -> None:
        """Restart all functions: nothing is remembered outside the stores."""
        self._functions.clear()

    def lose_the_ledger(self) -> None:
        """Empty the table and the queues."""
        self.empty_the_table()
        self.queues.clear()
        self.cold_start()

    def empty_the_table(self) -> None:
        """Nothing is left but the registry, which an operator has written again from an export."""
        table = self.dynamodb.tables[TABLE]
        for key in [key for key in table if not key[0].startswith(REGISTRY)]:
            del table[key]

    def lose_record(self, billbee_id: int, merchant: str = "acme") -> None:
        """The ledger does not know an order any more, as after the restore of a backup."""
        self.dynamodb.tables[TABLE].pop((f"MERCHANT#{merchant}", f"ORDER#{billbee_id:020d}"), None)

    def forget_lists(self, merchant: str = "acme") -> None:
        """The lists of a merchant's account that seldom change are too old to be used, and asked for again."""
        for name in ("providers", "stocks"):
            key = {"pk": {"S": f"MERCHANT#{merchant}"}, "sk": {"S": f"LIST#{name}"}}
            self.dynamodb.delete_item(TableName=TABLE, Key=key)

    @property
    def shop(self) -> Shop:
        return self.merchants["acme"].shop

    @property
    def warehouse(self) -> Warehouse:
        return self.merchants["acme"].warehouse

    @property
    def books(self) -> AbillifyAccount:
        """What `acme` has billed."""
        return self.abillify.accounts["api-acme"]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.table, self.clock)

    def cursors(self, merchant: str = "acme") -> Cursors:
        return Cursors(self.table, merchant)

    def notices(self, merchant: str = "acme") -> InboundNotices:
        return InboundNotices(self.table, merchant, self.clock)

    def stock_records(self, merchant: str = "acme") -> StockRecords:
        return StockRecords(self.table, merchant, self.clock)

    def stock_record(self, sku: str, merchant: str = "acme") -> StockRecord:
        return self.stock_records(merchant).get_many([sku])[Sku(sku)]

    def product_records(self, merchant: str = "acme") -> list[ProductRecord]:
        return ProductRecords(self.table, merchant).all()

    def product_record(self, product_id: int, merchant: str = "acme") -> ProductRecord:
        return ProductRecords(self.table, merchant).get_many([product_id])[product_id]

    # -- what is sold, and what there is

    def sell(self, billbee_id: int, *lines: dict[str, Any], merchant: str = "acme", **fields: Any) -> dict[str, Any]:
        """An order to import arrives in Billbee; `fields` as `local.simulators.billbee.orders.order` takes them."""
        fields = {"tags": [TAG], "created_at": self.clock.now().isoformat()} | fields
        return self.merchants[merchant].shop.add_order(
            order(billbee_id, items=list(lines) or [item("MUG-01")], **fields)
        )

    def put(self, sku: str, physical: int = 0, *, merchant: str = "acme", **fields: Any) -> dict[str, Any]:
        """A product in the shop, with nothing to sell yet, and at the warehouse."""
        one = self.merchants[merchant]
        one.warehouse.add_product(sku, stock=physical)
        return one.shop.add_product(sold_product(sku, **fields))

    def put_many(self, count: int, physical: int = 5) -> list[str]:
        """Products SKU-0000, SKU-0001 …; gives their SKUs."""
        skus = [f"SKU-{number:04d}" for number in range(count)]
        for sku in skus:
            self.put(sku, physical)
        return skus

    def count(self, sku: str, pieces: int, *, merchant: str = "acme") -> None:
        """The warehouse counts its shelf."""
        self.merchants[merchant].warehouse.products[sku]["quantity_in_stock"] = pieces

    def goods(self, *skus: str, stock: int = 100) -> None:
        """Products of which the shop and the warehouse have as many."""
        for sku in skus:
            self.put(sku, stock, stock=stock)

    def drop(self, name: str, content: str | bytes, merchant: str = "acme", *, told: bool = True) -> str:
        """Put a file into the bucket; gives its key. S3 tells of it, unless it is not `told`."""
        key, body = f"inbound/{merchant}/{name}", content.encode() if isinstance(content, str) else content
        self.s3.files[key] = Stored(body, "text/csv", self.clock.now())
        if told:
            said = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"object": {"key": quote(key)}}}
            with self._unseen():
                self.queues.send_message(QueueUrl="announce", MessageBody=json.dumps({"Records": [said]}))
        return key

    def file(self, key: str) -> dict[str, Any]:
        """A file of JSON in the bucket; empty if there is none."""
        found: dict[str, Any] = json.loads(self.s3.files[key].body) if key in self.s3.files else {}
        return found

    # -- the system at work

    def schedule(self, job: str, **asked: str) -> None:
        """A schedule is due: EventBridge invokes `start_jobs`, and twice more if that fails."""
        event = {"job": JOBS[job], **asked}
        request_id = f"run-{self.queues.sent}-{self.clock.seconds}"
        for _ in range(3):
            if self.invoke("start_jobs", event, aws_request_id=request_id) is not None:
                return
            self.wait(minutes=1)

    def ask(self, name: str, merchant: str = "acme", **asked: str) -> None:
        """What a schedule asks for, of one merchant alone."""
        if len(self.merchants) == 1:
            self.schedule(name, **asked)
            return
        job = parse_job({"job": JOBS[name], **asked})
        settings = {merchant: json.dumps(self.merchants[merchant].settings)}
        send = self.function("start_jobs").starter(f"{job.queue.replace('-', '_').upper()}_QUEUE_URL")
        run = f"run-{self.queues.sent}-{self.clock.seconds}"
        with self._unseen():
            starters = {job.queue: send}
            start_jobs(job, settings, starters, correlation_id=run, now=self.clock.now(), shuffle=lambda messages: None)

    def ask_poll(self, scope: str = "changes", merchant: str = "acme") -> None:
        self.ask("poll", merchant, scope=scope)

    def ask_pull(self, scope: str = "open", merchant: str = "acme") -> None:
        self.ask("pull", merchant, scope=scope)

    def run(self, job: str, *, patience: timedelta = timedelta(minutes=20), **asked: str) -> None:
        """Run a schedule and everything that it asks for."""
        self.schedule(job, **asked)
        self.work(queue_of(job), patience=patience)

    def look(self, minutes: float = 1) -> None:
        """After a minute, a ring for `acme`: its orders are read, and everything that follows is done."""
        self.wait(minutes=minutes)
        self.poll()
        self.push()

    def imported(self, *orders: int, lines: Sequence[dict[str, Any]] = (), **fields: Any) -> None:
        """Orders are sold and sent to the warehouse, and Billbee knows it."""
        for number in orders or (1,):
            self.sell(number, *lines, **fields)
        self.look(0)
        self.wait(minutes=1)

    def poll(self, scope: str = "changes", merchant: str = "acme") -> None:
        """Ask for a poll, and process the poll queue until no message is due."""
        self.ask_poll(scope, merchant)
        self.work("poll")

    def push(self) -> None:
        """Process the push queue until it is empty, waiting for messages that are handed back."""
        self.work("push")

    def pull(self, scope: str = "open", merchant: str = "acme") -> None:
        self.ask_pull(scope, merchant)
        self.work("pull", patience=timedelta(minutes=5))

    def pull_returns(self, merchant: str = "acme", *, patience: timedelta = timedelta(minutes=20)) -> None:
        self.ask("returns", merchant)
        self.work("chores", patience=patience)

    def check_billing(self, scope: str = "due", *, patience: timedelta = timedelta(minutes=20)) -> None:
        self.run("billing", patience=patience, scope=scope)

    def sync_stock(self, merchant: str = "acme") -> None:
        """Let some time pass, then ask for the job and process it until no message is due within minutes."""
        self.wait(seconds=5)
        self.ask("stock", merchant)
        self.work("stock", patience=timedelta(minutes=10))

    def sync_products(self, merchant: str = "acme") -> None:
        self.wait(seconds=5)
        self.ask("products", merchant)
        self.work("chores", patience=timedelta(minutes=10))

    def ring(self, merchant: str = "acme", *, secret: str = RING_SECRET, body: bytes = b"{}") -> int:
        """Ring for a merchant, signed with a secret. Returns the status of the webhook's answer."""
        request = http_event(f"/webhooks/billbee/{merchant}", body=body, headers=signed("ms", secret, body))
        answer = self.invoke("webhook", request)
        return 500 if answer is None else int(answer["statusCode"])

    def work(self, queue: str, *, patience: timedelta = timedelta(minutes=20)) -> None:
        """Deliver messages until the queue is empty, or what is left is not due within `patience`.

        Those of a killed worker come again after minutes. Messages that the queue delays are waited for in any case.
        """
        ends_at = self.clock.now() + max(patience, timedelta(seconds=self.queues.queues[queue].delay))
        while True:
            if self.deliver(queue):
                continue
            due = self.queues.next_due(queue)
            if due is None or due > ends_at.timestamp():
                break
            self.clock.seconds = max(self.clock.seconds, due)
        if queue == "chores":  # follow_inbound sends there
            self.work("announce", patience=patience)

    def invoke(self, function: str, event: Mapping[str, Any], environment: str = "", **details: Any) -> Any:
        """What a function answers to an event, or None if it failed or was killed."""
        environment = environment or function
        ends_at = self.clock() + INVOCATION
        context = Context(function, lambda: max(0.0, ends_at - self.clock()), **details)
        try:
            return invoke(function, self.function(environment), event, context)
        except Crash:
            self._bury_the_dead(environment)
        except Exception as error:  # noqa: BLE001  whatever it is, Lambda says that the invocation failed
            self.failures.append(f"{function}: {error!r}")
        return None

    def deliver(self, queue: str) -> bool:
        """Invoke the function of a queue once with what is due. False if nothing was. A crash loses nothing."""
        event = self.queues.receive(queue)
        if event is None:
            return False
        answer = self.invoke(FUNCTIONS[queue], event, queue)
        if answer is None:
            return True  # all its messages come again when their visibility ends
        try:
            self.queues.settle(queue, event, [failed["itemIdentifier"] for failed in answer["batchItemFailures"]])
        except Crash:
            self._bury_the_dead(queue)
        except (ClientError, BotoCoreError) as error:
            self.failures.append(f"{queue}: {error!r}")
        return True

    def follow_changes(self) -> None:
        """Deliver what was written to the table until nothing new is left, or what fails has to wait."""
        for batch in self.changes.batches():
            self.changes.settle(batch, self.invoke("run_chores", batch.event, "chores"))

    def cycle(self, *, merchant: str = "acme") -> None:
        """Five minutes of the schedules."""
        self.wait(minutes=5)
        for scope in ("changes", "stuck"):
            self.poll(scope, merchant)
        self.push()
        self.pull("open", merchant)

    def run_on(self) -> None:
        """Most of an hour of the schedules, after which messages that were given up are taken up again."""
        for minutes in (0, 31, 0):
            self.wait(minutes=minutes)
            self.cycle()

    def journey(self, ship: Callable[[Warehouse], object], cycles: int = 3) -> None:
        """Import, submit, let the warehouse work, and read its reports."""
        for _ in range(cycles):
            self.cycle()
        ship(self.warehouse)
        for _ in range(cycles):
            self.cycle()

    def wait(self, **how_long: float) -> None:
        """`here.wait(minutes=31)`."""
        self.clock.sleep(timedelta(**how_long).total_seconds())

    @contextmanager
    def inside(self, route: str, *doing: Callable[[], object], nth: int = 1) -> Iterator[None]:
        """Have something happen in the middle of a job: after the work of its nth call to a route, before the
        answer.
        """
        seen = 0

        def hook(call: Call) -> None:
            nonlocal seen
            if call.name != route:
                return
            seen += 1
            if seen != nth:
                return
            running, self._functions = self._functions, {}  # other environments, elsewhere
            for do in doing:
                do()
            self._functions = running

        for service in (self.billbee, self.bibi):
            service.after_call.append(hook)
        try:
            yield
        finally:
            for service in (self.billbee, self.bibi):
                service.after_call.remove(hook)

    # -- what came of it

    def record(self, billbee_id: int, merchant: str = "acme") -> LedgerOrder:
        found = self.ledger.get(merchant, billbee_id)
        assert found is not None, f"order {billbee_id} is not in the ledger"
        return found

    def status(self, billbee_id: int, merchant: str = "acme") -> str:
        found = self.ledger.get(merchant, billbee_id)
        return "unknown" if found is None else found.status.value

    def wire(self, billbee_id: int, merchant: str = "acme") -> dict[str, Any]:
        """The order as Billbee has it."""
        return self.merchants[merchant].shop.orders[billbee_id]

    def tags(self, billbee_id: int, merchant: str = "acme") -> set[str]:
        return set(self.wire(billbee_id, merchant)["Tags"])

    def told(self, billbee_id: int, merchant: str = "acme") -> list[str]:
        """The messages on the Billbee order that are not the buyer's."""
        return [one["Text"] for one in self.wire(billbee_id, merchant)["Comments"] if not one["FromCustomer"]]

    def codes(self, billbee_id: int) -> list[str]:
        """The codes at the end of those messages, e.g. ``"OB-119"``."""
        return [text[-7:-1] for text in self.told(billbee_id)]

    def parcels(self, billbee_id: int, merchant: str = "acme") -> list[str]:
        return sorted(one["ShippingId"] for one in self.wire(billbee_id, merchant)["ShippingIds"])

    def submitted(self, number: str, merchant: str = "acme") -> int:
        """How often an order came to the warehouse's books."""
        found = self.merchants[merchant].warehouse.orders.get(number)
        return 0 if found is None else found.submissions

    def lines(self, number: int) -> list[tuple[str, int]]:
        """SKUs and quantities that the warehouse ships of an order."""
        parts = self.warehouse.orders[str(number)].parts
        return sorted((one.item_no, one.quantity) for p in parts if p.status != "Cancelled" for one in p.lines)

    def offered(self, sku: str, merchant: str = "acme") -> int:
        """What Billbee has of a SKU."""
        found = self.merchants[merchant].shop.product_by("SKU", sku)
        assert found is not None
        return int(found["StockCurrent"])

    def figures_told(self) -> list[list[tuple[str, int]]]:
        """The figures of each call that updated stock."""
        calls = [call for call in self.billbee.calls if call.name == FIGURES]
        return [[(one["Sku"], one["NewQuantity"]) for one in call.body] for call in calls]

    def writes_to_billbee(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.billbee.calls if call.method != "GET"]

    def items(self) -> list[dict[str, Any]]:
        """All items of the table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=TABLE)
        return [found for page in pages for found in page["Items"]]

    # -- inside

    def _bury_the_dead(self, function: str) -> None:
        self.watch.dead = False
        self._functions.pop(function, None)

    @contextmanager
    def _unseen(self) -> Iterator[None]:
        """What happens outside the functions is no step of theirs."""
        watch = self.watch
        recording, calls, kill_after = watch.recording, watch.calls, watch.kill_after
        watch.recording, watch.kill_after = False, None
        try:
            yield
        finally:
            watch.recording, watch.calls, watch.kill_after = recording, calls, kill_after


@contextmanager
def world(
    *,
    billbee: Mapping[str, Any] | None = None,
    bibi: Mapping[str, Any] | None = None,
    dynamodb: Any = None,
    empty: bool = False,
    clock: ManualClock | None = None,
    tells_events: bool = False,
    **settings: Any,
) -> Iterator[World]:
    """A world with the merchant `acme`.

    Args:
        billbee: options of the simulator, as `bibi`.
        dynamodb: a client with the table, which is not to be in memory.
        empty: neither shop nor warehouse has products.
        clock: one on which workers run side by side, where they are to.
        tells_events: the functions know a bus of EventBridge.
        settings: the merchant's.
    """
    random.seed(1)
    made = World(billbee or {}, bibi or {}, dynamodb, empty=empty, clock=clock, tells_events=tells_events)
    made.open_merchant("acme", **settings)
    yield made


def sold_product(sku: str, **fields: Any) -> dict[str, Any]:
    """A product as the shop has it, with nothing to sell yet."""
    return product(sku, **({"stock": 0} | fields))
