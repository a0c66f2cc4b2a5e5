"""The world of the matrices: everything in this process and in memory, put together by the real `Deployment`.

Each function has an environment of its own, started cold or kept warm, and reads its settings from Parameter Store.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from local.simulators import Abillify, Bibi, Billbee
from local.simulators.abillify import AbillifyAccount
from local.simulators.billbee.orders import product
from orderbridge.bootstrap import Deployment
from orderbridge.observability import metrics
from orderbridge.queues.deliveries import Delivery, Work, one_by_one, together
from orderbridge.queues.files import with_our_messages
from orderbridge.queues.messages import (
    AnnounceInbound,
    CheckBilling,
    FollowInbound,
    PollOrders,
    PullMovements,
    PullReturns,
    PullTracking,
    PushOrder,
    SyncProducts,
    SyncStock,
)
from orderbridge.services.announce_inbound import announce_inbound
from orderbridge.services.check_billing import check_billing
from orderbridge.services.follow_inbound import follow_inbound
from orderbridge.services.poll_orders import poll_orders
from orderbridge.services.pull_movements import pull_movements
from orderbridge.services.pull_returns import pull_returns
from orderbridge.services.pull_tracking import pull_tracking
from orderbridge.services.push_orders import push_orders
from orderbridge.services.start_jobs import parse_job, start_jobs
from orderbridge.services.sync_products import sync_products
from orderbridge.services.sync_stock import sync_stock
from orderbridge.services.workspace import Workspace
from orderbridge.stores.inbound import InboundNotices
from orderbridge.stores.table import Table
from tests.fake_queues import FifoQueues
from tests.faults.aws import Watched, WatchedQueues
from tests.faults.memory import MemoryDynamoDB, MemorySSM
from tests.faults.mishaps import ActingClock, Watch
from tests.faults.vendors import InProcess
from tests.memory_s3 import MemoryS3, Stored
from tests.mishaps import Crash, CrashPlan
from tests.stock_world import StockWorld
from tests.world import API_KEY, LABELS_URL, Merchant

JOBS = {
    "poll": "poll-orders",
    "pull": "pull-tracking",
    "returns": "pull-returns",
    "stock": "sync-stock",
    "products": "sync-products",
    "billing": "check-billing",
    "movements": "pull-movements",
    "inbound": "follow-inbound",
}
_MESSAGES: dict[str, tuple[Any, Callable[[Any], Work[Any]]]] = {
    "poll": (PollOrders, lambda parts: one_by_one(parts.workspace, poll_orders)),
    "push": (PushOrder, lambda parts: together(parts.workspace, push_orders)),
    "pull": (PullTracking, lambda parts: one_by_one(parts.workspace, pull_tracking)),
    "returns": (PullReturns, lambda parts: one_by_one(parts.workspace, pull_returns)),
    "stock": (SyncStock, lambda parts: one_by_one(parts.workspace, sync_stock)),
    "products": (SyncProducts, lambda parts: one_by_one(parts.workspace, sync_products)),
    "billing": (CheckBilling, lambda parts: one_by_one(parts.workspace, check_billing)),
    "movements": (PullMovements, lambda parts: one_by_one(parts.workspace, pull_movements)),
    "inbound": (FollowInbound, lambda parts: one_by_one(parts.workspace, parts.follow_inbound)),
    "announce": (AnnounceInbound, lambda parts: one_by_one(parts.workspace, parts.announce_inbound)),
}
_ROOT = "/orderbridge/test"


class Function(Deployment):
    """One function's environment: as deployed, but for the clock and for how requests travel."""

    def __init__(self, town: Town, queue: str) -> None:
        clients = {"dynamodb": town.dynamodb, "ssm": town.ssm, "sqs": town.queues, "s3": town.s3}
        variables = {
            "TABLE_NAME": "ledger-1",
            "STAGE": "test",
            "QUEUE_URL": queue,
            "DEAD_LETTER_QUEUE_URL": f"{queue}-dead",
            "PUSH_ORDERS_QUEUE_URL": "push",
            "ANNOUNCE_INBOUND_QUEUE_URL": "announce",
            "SYNC_STOCK_QUEUE_URL": "stock",
            "DOCUMENTS_BUCKET": "documents",
            "LABELS_URL": LABELS_URL,
            "POWERTOOLS_SERVICE_NAME": JOBS.get(queue, "push-orders").replace("-", "_"),
        }
        variables |= {f"{name.upper()}_BASE_URL": getattr(town, name).url for name in ("billbee", "bibi", "abillify")}
        super().__init__(
            variables | {f"{to}_URL": to for to in JOBS},
            clock=town.clock,
            client=clients.__getitem__,
            session=lambda vendor: getattr(town, f"to_{vendor}").session(),
        )

    def announce_inbound(self, workspace: Workspace, delivery: Delivery[AnnounceInbound]) -> object:
        return announce_inbound(workspace, delivery, documents=self.documents)

    def follow_inbound(self, workspace: Workspace, delivery: Delivery[FollowInbound]) -> int:
        return follow_inbound(
            workspace,
            delivery,
            documents=self.documents,
            announce=self.sender("ANNOUNCE_INBOUND_QUEUE_URL"),
            sync_stock=self.sender("SYNC_STOCK_QUEUE_URL"),
        )


class Town(StockWorld):
    """The world with functions of their own; made by `town`."""

    watch: Watch
    clock: ActingClock
    to_billbee: InProcess
    to_bibi: InProcess
    to_abillify: InProcess
    abillify: Abillify
    _functions: dict[str, Function]

    def open_merchant(self, name: str, **settings: Any) -> Merchant:
        merchant = super().open_merchant(name, **settings)
        secrets = {
            "billbee_password": merchant.password,
            "bibi_public_key": merchant.warehouse.public_key,
            "bibi_secret_key": merchant.bibi_secret,
            "abillify_username": f"api-{name}",
            "abillify_password": f"abillify-of-{name}",
        }
        self.abillify.add_account(secrets["abillify_username"], secrets["abillify_password"])
        for secret, value in secrets.items():
            self._put(f"merchants/{name}/secrets/{secret}", value, "SecureString")
        return merchant

    def configure(self, merchant: str = "acme", **settings: Any) -> None:
        super().configure(merchant, **settings)
        self._put(f"merchants/{merchant}/settings", json.dumps(self.merchants[merchant].settings), "String")

    def _put(self, name: str, value: str, kind: str) -> None:
        self.ssm.put_parameter(Name=f"{_ROOT}/{name}", Value=value, Type=kind, Overwrite=True)

    def function(self, queue: str) -> Function:
        if queue not in self._functions:
            self._functions[queue] = Function(self, queue)
        return self._functions[queue]

    def cold_start(self) -> None:
        self._functions.clear()

    def work(self, queue: str, *, patience: timedelta = timedelta(minutes=20)) -> None:
        """Deliver messages until the queue is empty: those of a killed worker come again after minutes."""
        super().work(queue, patience=patience)
        if queue == "inbound":  # which sends there
            super().work("announce", patience=patience)

    def drop(self, name: str, content: str | bytes, merchant: str = "acme", *, told: bool = True) -> str:
        """Put a file into the bucket; gives its key. S3 tells of it, unless it is not `told`."""
        key, body = f"inbound/{merchant}/{name}", content.encode() if isinstance(content, str) else content
        self.s3.files[key] = Stored(body, "text/csv", self.clock.now())
        if told:
            said = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"object": {"key": quote(key)}}}
            FifoQueues.send_message(self.queues, QueueUrl="announce", MessageBody=json.dumps({"Records": [said]}))
        return key

    def file(self, key: str) -> dict[str, Any]:
        """A file of JSON in the bucket; empty if there is none."""
        found: dict[str, Any] = json.loads(self.s3.files[key].body) if key in self.s3.files else {}
        return found

    def notices(self, merchant: str = "acme") -> InboundNotices:
        return InboundNotices(self.table, merchant, self.clock)

    def deliver(self, queue: str) -> bool:
        event = self.queues.receive(queue)
        if event is None:
            return False
        kind, work = _MESSAGES[queue]
        parts = self.function(queue)
        try:
            with parts.working(120):
                ours = with_our_messages(event) if queue == "announce" else event
                answer = parts.deliveries.work_through(ours, kind, work(parts))
            self.queues.settle(queue, event, [failed["itemIdentifier"] for failed in answer["batchItemFailures"]])
        except Crash:
            self._bury_the_dead(queue)
        except Exception:  # noqa: BLE001  the invocation fails: all its messages come again when their visibility ends
            pass
        finally:
            metrics.clear_metrics()  # nobody reads them, and Powertools prints them now and then
        return True

    def schedule(self, queue: str, **asked: str) -> None:
        """A schedule is due: EventBridge invokes `start_jobs`, and twice more if that fails."""
        correlation_id = f"run-{self.queues.sent}-{self.clock.seconds}"
        for _ in range(3):
            parts = self.function("start")
            senders = {job: parts.sender(f"{to}_URL") for to, job in JOBS.items()}
            try:
                start_jobs(
                    parse_job({"job": JOBS[queue], **asked}),
                    parts.parameters.merchants(),
                    senders,
                    correlation_id=correlation_id,
                    now=self.clock.now(),
                )
            except Crash:
                self._bury_the_dead("start")
            except Exception:  # noqa: BLE001  EventBridge minds no kinds either
                pass
            else:
                return
            self.wait(minutes=1)

    def _bury_the_dead(self, function: str) -> None:
        self.watch.dead = False
        self._functions.pop(function, None)

    def _ask(self, queue: str, kind: Any, scope: Any, merchant: str) -> None:
        self.schedule(queue, scope=scope)

    def ask_sync(self, queue: str, merchant: str = "acme") -> None:
        self.schedule(queue)

    @property
    def books(self) -> AbillifyAccount:
        """What `acme` has billed."""
        return self.abillify.accounts["api-acme"]

    def check_billing(self, scope: str = "due", *, patience: timedelta = timedelta(minutes=20)) -> None:
        self.schedule("billing", scope=scope)
        self.work("billing", patience=patience)

    def pull_returns(self, merchant: str = "acme", *, patience: timedelta = timedelta(minutes=20)) -> None:
        self.schedule("returns")
        self.work("returns", patience=patience)


@lru_cache(maxsize=1)
def _vendors() -> tuple[ActingClock, Billbee, Bibi, Abillify]:
    """One set of simulators for all worlds of this process; their routes take long to build."""
    clock = ActingClock()
    shops = Billbee(api_key=API_KEY, clock=clock)
    warehouses = Bibi(clock=clock)
    books = Abillify(clock=clock)
    for one in (shops, warehouses, books):
        one._server.server_close()  # nobody connects
    return clock, shops, warehouses, books


@contextmanager
def town(dynamodb: Any = None, **settings: Any) -> Iterator[Town]:
    """A world with the merchant `acme`, whose shop and warehouse are empty, in its first state."""
    random.seed(1)
    clock, shops, warehouses, books = _vendors()
    clock.__init__()  # type: ignore[misc]
    for one in (shops, warehouses, books):
        one.accounts.clear()
        one.calls.clear()
        one.faults.clear()
    shops.readings.choose({})
    warehouses.readings.choose({"duplicate": "booked"})  # what is sent twice shall show
    warehouses._windows.clear()
    for windows in (shops._per_endpoint, shops._per_user, shops._per_key, shops._per_order):
        windows._hits.clear()
    watch = Watch()
    memory = MemoryDynamoDB() if dynamodb is None else dynamodb
    if dynamodb is None:
        memory.create_table(TableName="ledger-1")
    watched = Watched("dynamodb", memory, watch)
    made = Town(
        shops,
        warehouses,
        clock,
        CrashPlan(),
        watched,
        Watched("ssm", MemorySSM(), watch),
        Table(watched, "ledger-1"),  # type: ignore[arg-type]
        WatchedQueues(clock, watch),
        Watched("s3", MemoryS3(clock.now), watch),
    )
    made.watch = watch
    made._functions = {}
    made.to_billbee, made.to_bibi = InProcess(shops, clock, watch), InProcess(warehouses, clock, watch)
    made.abillify, made.to_abillify = books, InProcess(books, clock, watch)
    made._put("billbee/api_key", API_KEY, "SecureString")
    made.open_merchant("acme", **settings)
    yield made


def sold_product(sku: str, **fields: Any) -> dict[str, Any]:
    """A product as the shop has it."""
    return product(sku, **({"stock": 0} | fields))
