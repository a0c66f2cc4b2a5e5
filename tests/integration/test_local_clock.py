"""AWS and the functions' processes follow the local system's clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.core.utils import utcnow

from local.aws import Aws
from local.clock import ScaledClock
from local.stack import PROJECT
from local.workers import Workers
from testkit.clock import NOON, ManualClock
from tests.integration.local_project import deployed

SPEED = 10


@pytest.fixture
def machine() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def aws(machine: ManualClock) -> Iterator[Aws]:
    with Aws(ScaledClock(SPEED, base=machine)) as aws:
        yield aws


class Lane:
    """A FIFO queue with a visibility of three minutes."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._sqs = aws.client("sqs")
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "180"}
        self._url = self._sqs.create_queue(QueueName="lane.fifo", Attributes=attributes)["QueueUrl"]

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body, MessageGroupId="acme", MessageDeduplicationId=body)

    def received(self) -> list[str]:
        """What comes now; whether anything comes is known beforehand."""
        expected = self._aws.has_work("lane.fifo")
        found = [one["Body"] for one in self._sqs.receive_message(QueueUrl=self._url).get("Messages", [])]
        assert bool(found) == expected
        return found

    @property
    def depth(self) -> int:
        return self._aws.depths(["lane.fifo"])["lane.fifo"]


def test_a_message_comes_back_when_its_visibility_has_passed_on_the_clock(aws: Aws, machine: ManualClock) -> None:
    lane = Lane(aws)
    lane.send("first")
    lane.send("second")
    assert lane.received() == ["first"]
    machine.seconds += 17.9
    assert lane.received() == []  # the second waits for the first, which is in flight
    machine.seconds += 0.2
    assert lane.received() == ["first"]
    assert lane.depth == 2


def test_a_message_is_deduplicated_for_five_minutes_of_the_clock(aws: Aws, machine: ManualClock) -> None:
    lane = Lane(aws)
    lane.send("same")
    machine.seconds += 29
    lane.send("same")
    assert lane.depth == 1
    machine.seconds += 2
    lane.send("same")
    assert lane.depth == 2


def test_a_delayed_message_counts_and_comes_when_its_delay_has_passed_on_the_clock(
    aws: Aws, machine: ManualClock
) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="delayed", Attributes={"DelaySeconds": "60"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="later")
    assert aws.depths(["delayed"]) == {"delayed": 1}
    assert not aws.has_work("delayed")
    machine.seconds += 6.1
    assert aws.has_work("delayed")
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]] == ["later"]


def test_a_file_is_as_old_as_the_clock_says(aws: Aws, machine: ManualClock) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    machine.seconds += 60
    s3.put_object(Bucket="files", Key="a", Body=b"")
    assert s3.head_object(Bucket="files", Key="a")["LastModified"] == NOON + timedelta(seconds=60 * SPEED)


def test_without_it_moto_keeps_the_machines_time(machine: ManualClock) -> None:
    with Aws(ScaledClock(SPEED, base=machine)):
        assert utcnow() == NOON.replace(tzinfo=None)
    assert abs(utcnow().replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


APP = """
from orderbridge.bootstrap import deployment

def handler(event, context):
    clock = deployment().clock
    return {"now": clock.now().isoformat(), "speed": clock.speed, "left": context.get_remaining_time_in_millis()}
"""


def test_a_function_lives_by_the_clock_and_sees_the_end_of_its_time_on_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    day_ahead = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    clock = ScaledClock(2, day_ahead)  # at twice the speed since yesterday, it is tomorrow
    log: list[str] = []
    with deployed() as project:
        function = replace(project.work, folder=tmp_path, timeout=600)
        layers = [PROJECT / "layers" / "shared"]
        environment = project.aws.environment()
        with Workers([function], layers, environment, lambda _, line: log.append(line), clock=clock) as workers:
            before = clock.now()
            result = workers.invoke(function, {})
            after = clock.now()
    assert not result.failed, log
    told: dict[str, Any] = json.loads(json.dumps(result.payload))
    assert before <= datetime.fromisoformat(told["now"]) <= after
    assert before > datetime.now(UTC) + timedelta(hours=23)
    assert told["speed"] == 2
    assert 0 < told["left"] <= 600_000
