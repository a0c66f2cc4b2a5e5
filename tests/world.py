"""A small world to run the use cases in: real stores on moto, real messages, simulated vendors over HTTP, one clock.

    world.sell(1); world.poll(); world.push()
    world.warehouse.ship("1"); world.pull()

Time passes only when somebody waits: every sleep, and `world.wait`, moves the clock that all parts share.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws
from pydantic import SecretStr
from samtranslator.yaml_helper import yaml_parse

from local.simulators import Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.billbee import Account as Shop
from local.simulators.billbee.orders import item, order, product
from local.stack import PROJECT
from orderbridge.clients.bibi.client import BibiClient
from orderbridge.clients.billbee.client import BillbeeClient
from orderbridge.clients.http import HttpClient
from orderbridge.queues.deliveries import Deliveries, one_by_one, together
from orderbridge.queues.messages import Message, PollOrders, PullReturns, PullTracking, PushOrder
from orderbridge.queues.publisher import Publisher
from orderbridge.services.poll_orders import poll_orders
from orderbridge.services.pull_returns import pull_returns
from orderbridge.services.pull_tracking import pull_tracking
from orderbridge.services.push_orders import push_orders
from orderbridge.services.workspace import Workspace
from orderbridge.settings import MerchantSettings
from orderbridge.stores.budgets import CallBudgets
from orderbridge.stores.cursors import Cursors
from orderbridge.stores.labels import ReturnLabels
from orderbridge.stores.ledger import Ledger, LedgerOrder
from orderbridge.stores.parameters import Parameters
from orderbridge.stores.table import Table
from tests.fake_queues import FifoQueues
from tests.memory_s3 import MemoryS3
from tests.mishaps import READ_TIMEOUT, Clock, CountedSession, Crash, CrashPlan

API_KEY = "application-key-of-the-tests"
LABELS_URL = "https://doorbell.example/labels"
TAG, RECEIVED, REJECTED = "bibi", "order_received_by_bibi", "order_rejected_by_bibi"


@dataclass
class Merchant:
    """One merchant: what its settings say, and its two accounts."""

    name: str
    settings: dict[str, Any]
    shop: Shop
    warehouse: Warehouse
    bibi_secret: str
    password: str


@dataclass
class World:
    """Merchants, vendors, queues and stores. `acme` is there from the start."""

    billbee: Billbee
    bibi: Bibi
    clock: Clock
    plan: CrashPlan
    dynamodb: Any
    ssm: Any
    table: Table
    queues: FifoQueues
    s3: Any = field(default_factory=MemoryS3)
    merchants: dict[str, Merchant] = field(default_factory=dict)
    _workspaces: dict[str, tuple[str, Workspace]] = field(default_factory=dict)
    _tables: int = 1

    # -- who there is

    def open_merchant(self, name: str, **settings: Any) -> Merchant:
        """A merchant with accounts at both vendors. `settings` are merged into the defaults, section by section."""
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
        self.configure(name, **settings)
        for sku in ("MUG-01", "TEE-01", "POSTER"):
            merchant.shop.add_product(_product(sku))
            merchant.warehouse.add_product(sku, stock=10_000)
        return merchant

    def configure(self, merchant: str = "acme", **settings: Any) -> None:
        """Change a merchant's settings: `world.configure(mode="test", bibi={"order_number": "order_number"})`."""
        held = self.merchants[merchant].settings
        for key, value in settings.items():
            held[key] = {**held.get(key, {}), **value} if isinstance(value, dict) else value

    @property
    def shop(self) -> Shop:
        return self.merchants["acme"].shop

    @property
    def warehouse(self) -> Warehouse:
        return self.merchants["acme"].warehouse

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.table, self.clock)

    def cursors(self, merchant: str = "acme") -> Cursors:
        return Cursors(self.table, merchant)

    # -- what is sold

    def sell(self, billbee_id: int, *lines: dict[str, Any], merchant: str = "acme", **fields: Any) -> dict[str, Any]:
        """An order to import arrives in Billbee; `fields` as `local.simulators.billbee.orders.order` takes them."""
        fields = {"tags": [TAG], "created_at": self.clock.now().isoformat()} | fields
        return self.merchants[merchant].shop.add_order(
            order(billbee_id, items=list(lines) or [item("MUG-01")], **fields)
        )

    # -- the system at work

    def workspace(self, name: str) -> Workspace | None:
        """The merchant's workspace as a warm function keeps it: made anew when the settings changed."""
        merchant = self.merchants[name]
        text = json.dumps([merchant.settings, merchant.password, merchant.bibi_secret])
        known = self._workspaces.get(name)
        if known is None or known[0] != text:
            known = text, self._make(merchant)
            self._workspaces[name] = known
        return None if known[1].settings.mode == "paused" else known[1]

    def cold_start(self) -> None:
        """All functions start anew: nothing is remembered outside the stores."""
        self._workspaces.clear()

    def lose_the_ledger(self) -> None:
        """The table is gone; a fresh one takes its place. The queues are empty too."""
        self._tables += 1
        self.table = Table(self.dynamodb, make_table(self.dynamodb, f"ledger-{self._tables}"))
        self.queues.clear()
        self.cold_start()

    def lose_record(self, billbee_id: int, merchant: str = "acme") -> None:
        """The ledger does not know an order any more, as after the restore of a backup."""
        key = {"pk": {"S": f"MERCHANT#{merchant}"}, "sk": {"S": f"ORDER#{billbee_id:020d}"}}
        self.dynamodb.delete_item(TableName=f"ledger-{self._tables}", Key=key)

    def ask_poll(self, scope: Any = "changes", merchant: str = "acme") -> None:
        self._ask("poll", PollOrders, scope, merchant)

    def ask_pull(self, scope: Any = "open", merchant: str = "acme") -> None:
        self._ask("pull", PullTracking, scope, merchant)

    def poll(self, scope: Any = "changes", merchant: str = "acme") -> None:
        """Ask for a poll, and work on the poll queue until no message is due."""
        self.ask_poll(scope, merchant)
        self.work("poll")

    def push(self) -> None:
        """Work on the push queue until it is empty, waiting for what is handed back."""
        self.work("push", patience=timedelta(minutes=20))

    def pull(self, scope: Any = "open", merchant: str = "acme") -> None:
        self.ask_pull(scope, merchant)
        self.work("pull", patience=timedelta(minutes=5))

    def pull_returns(self, merchant: str = "acme", *, patience: timedelta = timedelta(minutes=5)) -> None:
        correlation_id = f"test-{self.queues.sent}"
        message = PullReturns(merchant=merchant, correlation_id=correlation_id, asked_at=self.clock.now())
        Publisher(self.queues).send("returns", [message])  # type: ignore[arg-type]
        self.work("returns", patience=patience)

    def work(self, queue: str, *, patience: timedelta = timedelta(minutes=5)) -> None:
        """Deliver messages until the queue is empty, or what is left is not due within `patience`."""
        ends_at = self.clock.now() + patience
        while True:
            if self.deliver(queue):
                continue
            due = self.queues.next_due(queue)
            if due is None or due > ends_at.timestamp():
                return
            self.clock.seconds = max(self.clock.seconds, due)

    def deliver(self, queue: str) -> bool:
        """Invoke the function of a queue once with what is due. False if nothing was. A crash loses nothing."""
        event = self.queues.receive(queue)
        if event is None:
            return False
        deliveries = Deliveries(self.queues, queue, f"{queue}-dead")  # type: ignore[arg-type]
        try:
            answer = {
                "poll": lambda: deliveries.work_through(event, PollOrders, one_by_one(self.workspace, poll_orders)),
                "push": lambda: deliveries.work_through(event, PushOrder, together(self.workspace, push_orders)),
                "pull": lambda: deliveries.work_through(event, PullTracking, one_by_one(self.workspace, pull_tracking)),
                "returns": lambda: deliveries.work_through(
                    event, PullReturns, one_by_one(self.workspace, pull_returns)
                ),
            }[queue]()
        except Crash:
            self.cold_start()
            return True  # its messages come again when their visibility ends
        self.queues.settle(queue, event, [failed["itemIdentifier"] for failed in answer["batchItemFailures"]])
        return True

    def cycle(self, *, merchant: str = "acme") -> None:
        """Five minutes of the schedules."""
        self.wait(minutes=5)
        for scope in ("changes", "stuck"):
            self.poll(scope, merchant)
        self.push()
        self.pull("open", merchant)

    def run_on(self) -> None:
        """Most of an hour of the schedules: what was given up for the moment is taken up again."""
        for minutes in (0, 31, 0):
            self.wait(minutes=minutes)
            self.cycle()

    def journey(self, ship: Callable[[Warehouse], object], cycles: int = 3) -> None:
        """Import, submit, let the warehouse work, and bring back what it did."""
        for _ in range(cycles):
            self.cycle()
        ship(self.warehouse)
        for _ in range(cycles):
            self.cycle()

    def wait(self, **how_long: float) -> None:
        """`world.wait(minutes=31)`."""
        self.clock.sleep(timedelta(**how_long).total_seconds())

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

    def parcels(self, billbee_id: int, merchant: str = "acme") -> list[str]:
        return sorted(one["ShippingId"] for one in self.wire(billbee_id, merchant)["ShippingIds"])

    def submitted(self, number: str, merchant: str = "acme") -> int:
        """How often an order came to the warehouse's books."""
        found = self.merchants[merchant].warehouse.orders.get(number)
        return 0 if found is None else found.submissions

    def writes_to_billbee(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.billbee.calls if call.method != "GET"]

    def items(self) -> list[dict[str, Any]]:
        """Everything that stands in the table."""
        found: list[dict[str, Any]] = []
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=f"ledger-{self._tables}"):
            found += page["Items"]
        return found

    # -- inside

    def _ask(self, queue: str, kind: type[PollOrders] | type[PullTracking], scope: Any, merchant: str) -> None:
        message = kind(
            merchant=merchant,
            correlation_id=f"test-{self.queues.sent}",
            scope=scope,
            asked_at=self.clock.now(),
        )
        Publisher(self.queues).send(queue, [message])  # type: ignore[arg-type]

    def _send_push(self, messages: Sequence[Message]) -> None:
        Publisher(self.queues).send("push", messages)  # type: ignore[arg-type]

    def _make(self, merchant: Merchant) -> Workspace:
        settings = MerchantSettings.model_validate(merchant.settings)
        timeout = (1.0, READ_TIMEOUT)
        return Workspace(
            merchant=merchant.name,
            settings=settings,
            table=self.table,
            make_billbee=lambda: BillbeeClient(
                HttpClient(self.billbee.url, clock=self.clock, session=CountedSession(self.plan), timeout=timeout),
                api_key=SecretStr(API_KEY),
                username=settings.billbee.username,
                password=SecretStr(merchant.password),
                calls_per_second=settings.billbee.requests_per_second,
                clock=self.clock,
            ),
            make_bibi=lambda: BibiClient(
                HttpClient(self.bibi.url, clock=self.clock, session=CountedSession(self.plan), timeout=timeout),
                public_key=SecretStr(merchant.warehouse.public_key),
                secret_key=SecretStr(merchant.bibi_secret),
                source=settings.bibi.source,
                budget=CallBudgets(self.table, merchant.name, settings.bibi.requests_per_minute, clock=self.clock),
                token_cache=Parameters(self.ssm, "test", self.clock).token_cache(merchant.name),
                paths=settings.bibi.paths,
                clock=self.clock,
            ),
            make_labels=lambda: ReturnLabels(lambda: self.s3, "documents", LABELS_URL),
            push=self._send_push,
            clock=self.clock,
        )


@lru_cache(maxsize=1)
def _table_properties() -> dict[str, Any]:
    template = yaml_parse((PROJECT / "template.yaml").read_text(encoding="utf-8"))
    properties: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {key: properties[key] for key in taken}


def held_by_the_index() -> frozenset[str]:
    """The attributes that items have when they are read from the table's index."""
    (index,) = _table_properties()["GlobalSecondaryIndexes"]
    keys = (key["AttributeName"] for key in index["KeySchema"])
    return frozenset({"pk", "sk", *keys, *index["Projection"]["NonKeyAttributes"]})


def make_table(dynamodb: Any, name: str) -> str:
    """The table as the template defines it; gives its name."""
    dynamodb.create_table(TableName=name, **_table_properties())
    return name


@contextmanager
def world(
    *,
    billbee: Mapping[str, Any] | None = None,
    bibi: Mapping[str, Any] | None = None,
    dynamodb: Any = None,
    **settings: Any,
) -> Iterator[World]:
    """A world with the merchant `acme`; `billbee` and `bibi` are options of the simulators. `dynamodb`: not moto's."""
    clock, plan = Clock(), CrashPlan()
    with (
        mock_aws(),
        Billbee(**{"api_key": API_KEY, "throttles": False, "clock": clock, **(billbee or {})}) as shops,
        Bibi(**{"throttles": False, "clock": clock, **(bibi or {})}) as warehouses,
    ):
        config = Config(retries={"total_max_attempts": 1})
        ssm = boto3.client("ssm", config=config)
        clients: list[Any] = [ssm]
        if dynamodb is None:
            clients.append(dynamodb := boto3.client("dynamodb", config=config))
        table = Table(dynamodb, make_table(dynamodb, "ledger-1"))
        for client in clients:
            client.meta.events.register("after-call", plan.called)
        made = World(shops, warehouses, clock, plan, dynamodb, ssm, table, FifoQueues(clock))
        made.open_merchant("acme", **settings)
        yield made


def _product(sku: str) -> dict[str, Any]:
    return product(sku, stock=10_000)
