"""R43: the local system brings the table's stream to the function that counts, and tells of what it gives up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local.aws import Aws
from local.clock import WALL_CLOCK
from local.queues import Pollers
from local.stack import Stack
from local.workers import Workers
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.platform.table import Table
from testkit.processes.waiting import wait_until
from testkit.records import open_order

pytestmark = pytest.mark.xdist_group(__name__)  # one stack


@dataclass
class Deployed:
    aws: Aws
    stack: Stack
    workers: Workers
    table: Table

    def figures(self) -> list[dict[str, Any]]:
        return list(self.table.query("MERCHANT#acme", "FIGURES#"))


@pytest.fixture
def here() -> Iterator[Deployed]:
    with ExitStack() as exits:
        aws = exits.enter_context(Aws())
        stack = Stack(aws, {})
        functions = stack.functions.values()
        workers = exits.enter_context(Workers(functions, stack.layers, aws.environment(), lambda *line: None))
        yield Deployed(aws, stack, workers, Table(aws.client("dynamodb"), stack.physical_id("Table")))


def test_r43_orders_are_counted_by_the_deployed_function(here: Deployed) -> None:
    with Pollers(here.aws, [], here.workers, here.stack.streams) as pollers:
        ledger = Ledger(here.table, WALL_CLOCK)
        for number in (1, 2):
            open_order(ledger, number, moves=[Status.SUBMITTING, Status.SUBMITTED])
        wait_until(pollers.idle)
        (day,) = here.figures()
    assert (day["imported"], day["submitted"]) == (2, 2)


def test_r43_changes_that_are_given_up_are_told_to_the_alarms_topic(here: Deployed) -> None:
    (stream,) = here.stack.streams
    sqs, sns = here.aws.client("sqs"), here.aws.client("sns")
    url = sqs.create_queue(QueueName="who-listens")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert stream.on_failure == here.stack.outputs["AlertsTopicArn"]
    sns.subscribe(TopicArn=stream.on_failure, Protocol="sqs", Endpoint=arn)
    impatient = replace(stream, settings=replace(stream.settings, retries=0))
    here.aws.client("dynamodb").put_item(
        TableName=stream.table,
        Item={"pk": {"S": "MERCHANT#acme"}, "sk": {"S": "ORDER#1"}, "schema": {"N": "99"}},
    )
    with Pollers(here.aws, [], here.workers, [impatient]) as pollers:
        wait_until(pollers.idle)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    told = json.loads(json.loads(message["Body"])["Message"])
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1
    assert told["DDBStreamBatchInfo"]["streamArn"] == stream.arn
    assert here.figures() == []
