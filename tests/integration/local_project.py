"""The small project under `fixtures/local_project`, deployed: what the tests of `local/` run."""

from __future__ import annotations

import fcntl
import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.aws import Aws
from local.clock import WALL_CLOCK, ScaledClock
from local.queues import Pollers
from local.stack import Function, Queue, Stack
from local.workers import Workers
from testkit.processes.waiting import wait_until

FOLDER = Path(__file__).parent / "fixtures" / "local_project"
VISIBILITY = 90
"""Seconds, as in its template."""
BILLBEE_URL = "http://127.0.0.1:9/api/v1"

_from_wire = TypeDeserializer()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Messages that wait for this lock are at work until the end."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
        fcntl.flock(file, fcntl.LOCK_UN)  # processes that were started meanwhile may have the file open as well


@dataclass
class Jumping:
    """The machine's time, and as much later as a test has let it jump."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def jump(self, seconds: float) -> None:
        self._ahead += seconds

    def now(self) -> datetime:
        return WALL_CLOCK.now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        return WALL_CLOCK.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        WALL_CLOCK.sleep(seconds)


@dataclass
class Project:
    """The deployed project, its queues on a clock that jumps. `log` collects its functions' log lines as (function,
    line).
    """

    clock: Jumping
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
        clock = Jumping()
        aws = exits.enter_context(Aws(ScaledClock(base=clock)))
        stack = Stack(aws, {"BillbeeBaseUrl": BILLBEE_URL, "BibiBaseUrl": "not declared"}, FOLDER / "template.yaml")
        workers = exits.enter_context(
            Workers(stack.functions.values(), stack.layers, aws.environment(), lambda *line: log.append(line))
        )
        yield Project(clock, aws, stack, workers, log)


@contextmanager
def polled() -> Iterator[tuple[Project, Pollers]]:
    """Deploy the project and work its queue off."""
    with deployed() as project, Pollers(project.aws, project.stack.mappings, project.workers) as pollers:
        yield project, pollers


def drain(project: Project, pollers: Pollers) -> None:
    """Have the queue processed. When only visibility is waited for, the clock jumps to its end."""
    pollers.wake()

    def idle() -> bool:
        if pollers.idle():
            return True
        if _only_time_is_missing(project, pollers):
            project.clock.jump(VISIBILITY)
            pollers.wake()
        return False

    wait_until(idle)


def _only_time_is_missing(project: Project, pollers: Pollers) -> bool:
    """Whether all messages are in flight, and nobody works on any. What was received earlier than the count is done
    when a lane is free after it.
    """
    return not project.aws.has_work(project.queue.name) and pollers.resting()
