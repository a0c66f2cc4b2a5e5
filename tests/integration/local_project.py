"""The small project under `fixtures/local_project`, deployed: what the tests of `local/` run."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.aws import Aws
from local.queues import Pollers
from local.stack import Function, Queue, Stack
from local.workers import Workers

FOLDER = Path(__file__).parent / "fixtures" / "local_project"
BILLBEE_URL = "http://127.0.0.1:9/api/v1"

_from_wire = TypeDeserializer()


@dataclass
class Project:
    """The deployed project. `log` collects its functions' log lines as (function, line)."""

    aws: Aws
    stack: Stack
    workers: Workers
    log: list[tuple[str, str]] = field(default_factory=list)

    @property
    def start(self) -> Function:
        return self.stack.functions["Start"]

    @property
    def work(self) -> Function:
        return self.stack.functions["Work"]

    @property
    def queue(self) -> Queue:
        return self.stack.mappings[0].queue

    def send(self, group: str, **message: Any) -> None:
        self.aws.client("sqs").send_message(
            QueueUrl=self.queue.url,
            MessageBody=json.dumps(message),
            MessageGroupId=group,
            MessageDeduplicationId=uuid.uuid4().hex,
            MessageAttributes={"cause": {"DataType": "String", "StringValue": "test"}},
        )

    def items(self, pk: str) -> list[dict[str, Any]]:
        """What the functions wrote down under a key, in order."""
        answer = self.aws.client("dynamodb").query(
            TableName=self.stack.physical_id("Table"),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        return [{name: _from_wire.deserialize(v) for name, v in item.items()} for item in answer["Items"]]

    def done(self, pk: str) -> list[Any]:
        """The `n` of each message of a group that was worked on, in order."""
        return [json.loads(item["body"])["n"] for item in self.items(pk)]


@contextmanager
def deployed() -> Iterator[Project]:
    """Deploy the project, with nothing polling its queue yet."""
    log: list[tuple[str, str]] = []
    with ExitStack() as exits:
        aws = exits.enter_context(Aws())
        stack = Stack(aws, {"BillbeeBaseUrl": BILLBEE_URL, "BibiBaseUrl": "not declared"}, FOLDER / "template.yaml")
        workers = exits.enter_context(
            Workers(stack.functions.values(), stack.layers, aws.environment(), lambda *line: log.append(line))
        )
        yield Project(aws, stack, workers, log)


@contextmanager
def polled() -> Iterator[tuple[Project, Pollers]]:
    """Deploy the project and work its queue off."""
    with deployed() as project, Pollers(project.aws, project.stack.mappings, project.workers) as pollers:
        yield project, pollers


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
