"""The operator's tool in front of a deployed stack: the template on moto, simulated vendors, and no function at work.

with cli_world() as here:
    here.open_merchant("acme")
    assert here.run("merchants", "list").exit_code == 0
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from unittest.mock import patch

import boto3
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends
from moto.ssm.models import ssm_backends
from typer.testing import CliRunner, Result
from werkzeug import Request, Response
from werkzeug.serving import make_server

from cli.app import app
from cli.merchants_file import Merchant, Merchants
from cli.parameters import Writer, put_all
from local.aws import ACCOUNT, REGION, Aws
from local.simulators import Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.billbee import Account as Shop
from local.simulators.billbee.orders import item, order, product
from local.stack import Stack
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import LedgerOrder
from orderbridge.merchants.registry import Registry
from orderbridge.platform.clock import SYSTEM_CLOCK
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Table
from orderbridge.vendors.pacing import EndpointPacer
from testkit.records import open_order

API_KEY: Final = "application-key-of-the-tests"
TAG: Final = "bibi"
_MOVES: Final = {
    Status.QUEUED: (),
    Status.REJECTED: (Status.REJECTED,),
    Status.CANCELLED: (Status.CANCELLED,),
    Status.SUBMITTING: (Status.SUBMITTING,),
    Status.ACKNOWLEDGED: (Status.SUBMITTING, Status.SUBMITTED, Status.ACKNOWLEDGED),
    Status.HELD: (Status.SUBMITTING, Status.SUBMITTED, Status.ACKNOWLEDGED, Status.HELD),
    Status.SHIPPED: (Status.SUBMITTING, Status.SUBMITTED, Status.ACKNOWLEDGED, Status.SHIPPED),
}


Stored = tuple[dict[str, Any], dict[str, Any]]
"""The items of each table, and Parameter Store."""


@dataclass
class CliWorld:
    """A stack at stage `local` with its vendors; merchants are opened by the tests."""

    aws: Aws
    stack: Stack
    billbee: Billbee
    bibi: Bibi
    shops: dict[str, Shop] = field(default_factory=dict)
    warehouses: dict[str, Warehouse] = field(default_factory=dict)

    clock = SYSTEM_CLOCK
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Of this stack's AWS, one for all who ask."""
        if service not in self._clients:
            self._clients[service] = self.aws.client(service)
        return self._clients[service]

    @property
    def table(self) -> Table:
        return Table(self.client("dynamodb"), self.stack.physical_id("Table"))

    @property
    def registry(self) -> Registry:
        return Registry(self.table, self.clock)

    @property
    def writer(self) -> Writer:
        return Writer(self.client("ssm"), "local")

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.table, self.clock)

    def run(
        self, *arguments: str, width: int = 100, said: str | None = None, env: Mapping[str, str | None] | None = None
    ) -> Result:
        """Invoke the tool in this process, before this stack. `said` is what is typed or piped in."""
        where = {"AWS_ENDPOINT_URL": self.aws.endpoint, "ORDERBRIDGE_STAGE": "local", "COLUMNS": str(width)}
        return CliRunner().invoke(app, list(arguments), input=said, env={**os.environ, **where, **(env or {})})

    def ask(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """The JSON answer of a command that has to end with this status."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == status, result.output
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    def open_merchant(self, name: str, secrets: Mapping[str, str] | None = None, **settings: Any) -> None:
        """A merchant with an account at both vendors, settings and secrets."""
        self.open_accounts(name)
        billbee = {"username": f"shop@{name}.example", "order_tag": TAG, **settings.pop("billbee", {})}
        merchant = Merchant(
            name,
            json.dumps({"billbee": billbee, **settings}),
            {
                "billbee_password": f"password-of-{name}",
                "bibi_public_key": f"public-{name}",
                "bibi_secret_key": f"secret-of-{name}",
                **(secrets or {}),
            },
        )
        put_all(Merchants(API_KEY, (merchant,)), self.writer, self.registry, by="a test")

    def open_accounts(self, name: str) -> None:
        """New accounts at both vendors, for a merchant whom the deployment knows or is to know."""
        self.shops[name] = self.billbee.add_account(f"shop@{name}.example", f"password-of-{name}")
        self.warehouses[name] = self.bibi.add_account(f"public-{name}", f"secret-of-{name}")
        self.shops[name].add_product(product("MUG-01", stock=100, ean="4006381333931"))
        self.warehouses[name].add_product("MUG-01", stock=100, ean="4006381333931")

    def clear(self) -> None:
        """As after the deployment: no merchant, no account, and nothing in tables, queues and buckets."""
        ssm_backends[ACCOUNT][REGION]._parameters.clear()
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.items.clear()
        for queue in sqs_backends[ACCOUNT][REGION].queues.values():
            queue._messages.clear()
            queue.pending_messages.clear()
            queue.deleted_messages.clear()
        for bucket in s3_backends[ACCOUNT]["aws"].buckets.values():
            bucket.keys.clear()
        for simulator in (self.billbee, self.bibi):
            simulator.accounts.clear()
            simulator.calls.clear()
            simulator.faults.clear()
        self.shops.clear()
        self.warehouses.clear()

    def stored(self) -> Stored:
        """What the deployment holds now, to begin each test of a file with."""
        tables = {name: table.items for name, table in dynamodb_backends[ACCOUNT][REGION].tables.items()}
        return deepcopy((tables, dict(ssm_backends[ACCOUNT][REGION]._parameters)))

    def restore(self, stored: Stored) -> None:
        """As after the deployment, but for what was stored."""
        self.clear()
        tables, parameters = deepcopy(stored)
        for name, items in tables.items():
            dynamodb_backends[ACCOUNT][REGION].tables[name].items = items
        ssm_backends[ACCOUNT][REGION]._parameters.update(parameters)

    def secrets(self) -> dict[str, dict[str, str]]:
        """Everything that stands in SSM, decrypted, by the rest of the parameter's name."""
        root = "/orderbridge/local/"
        pages = self.client("ssm").get_paginator("get_parameters_by_path")
        found = pages.paginate(Path=root, Recursive=True, WithDecryption=True)
        return {
            one["Name"].removeprefix(root): json.loads(one["Value"]) for page in found for one in page["Parameters"]
        }

    def settings(self) -> dict[str, Any]:
        """The settings of all merchants as they stand in the registry."""
        return {name: json.loads(text) for name, text in self.registry.merchants().items()}

    def written(self) -> Any:
        """All that a command could have changed of merchants."""
        return self.secrets(), self.registry.entries()

    def sell(self, merchant: str, billbee_id: int, **fields: Any) -> dict[str, Any]:
        fields = {"tags": [TAG], "items": [item("MUG-01")], **fields}
        return self.shops[merchant].add_order(order(billbee_id, **fields))

    def note(
        self, merchant: str, billbee_id: int, status: Status, *, shop_number: str | None = None, **details: Any
    ) -> LedgerOrder:
        """An order in the ledger that came to a status; `details` are of its last move."""
        return open_order(
            self.ledger,
            billbee_id,
            merchant=merchant,
            moves=_MOVES[status],
            last=details,
            shop_number=shop_number,
            pieces={"MUG-01": 1},
        )

    def messages(self, job: str, *, dead: bool = False) -> list[dict[str, Any]]:
        """What waits in a queue, taken out of it."""
        sqs = self.client("sqs")
        url = self.url_of(job, dead=dead)
        found = []
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in batch:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def url_of(self, job: str, *, dead: bool = False) -> str:
        name = "".join(word.title() for word in job.split("-"))
        return self.stack.physical_id(f"{name}{'DeadLetters' if dead else 'Queue'}")


class _Session(boto3.Session):
    """Makes each client once: the tool's commands run in one process here, and all before this stack."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._made: dict[tuple[str, str | None], Any] = {}

    def client(self, service: str, *, endpoint_url: str | None, config: Any) -> Any:  # type: ignore[override]
        which = (service, endpoint_url)
        if which not in self._made:
            self._made[which] = super().client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]
        return self._made[which]


def _kept_sessions() -> Callable[..., boto3.Session]:
    kept = lru_cache(_Session)

    def session(*, botocore_session: object = None, **options: Any) -> boto3.Session:
        return kept(**options)

    return session


@contextmanager
def cli_world() -> Iterator[CliWorld]:
    """The stack without any merchant."""
    assert logger.handlers  # made here, where standard output outlives a single command of the tool
    with (
        Billbee(api_key=API_KEY, throttles=False) as billbee,
        Bibi(throttles=False) as bibi,
        Aws() as aws,
        # Each command would read botocore's large models again, and keep Billbee's pace, which is not needed here.
        patch("boto3.Session", _kept_sessions()),
        patch.object(EndpointPacer, "run", lambda pacer, endpoint, call: call()),
    ):
        stack = Stack(aws, {"BillbeeBaseUrl": billbee.url, "BibiBaseUrl": bibi.url})
        for queue in stack.queues.values():  # the tests look at the messages without waiting
            aws.client("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"DelaySeconds": "0"})
        yield CliWorld(aws, stack, billbee, bibi)


@contextmanager
def echoing() -> Iterator[str]:
    """A doorbell that answers Billbee's echo; gives its address."""

    @Request.application
    def answer(request: Request) -> Response:
        return Response(request.args.get("echo", ""))

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
