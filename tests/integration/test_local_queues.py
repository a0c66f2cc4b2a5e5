"""Queues as Lambda works them off: batches, groups, partial failures, redelivery and dead letters."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.queues import Pollers, failed_message_ids, is_waited_for
from testkit.processes.waiting import wait_until
from tests.integration.local_project import VISIBILITY, Project, deployed, drain, held, polled


@pytest.fixture
def running() -> Iterator[tuple[Project, Pollers]]:
    with polled() as both:
        yield both


def test_the_event_is_the_one_lambda_makes(running: tuple[Project, Pollers]) -> None:
    project, pollers = running
    project.send("acme", do="nothing", n=1)
    drain(project, pollers)
    (item,) = project.items("acme")
    record = json.loads(item["record"])
    assert record["body"] == '{"do": "nothing", "n": 1}'
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == project.queue.arn
    assert record["awsRegion"] == "eu-central-1"
    assert record["messageId"]
    assert record["receiptHandle"]
    assert len(record["md5OfBody"]) == 32
    assert record["messageAttributes"]["cause"]["stringValue"] == "test"
    assert record["messageAttributes"]["cause"]["dataType"] == "String"
    attributes = record["attributes"]
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["MessageGroupId"] == "acme"
    assert attributes["MessageDeduplicationId"]
    assert attributes["SequenceNumber"]
    assert int(attributes["SentTimestamp"]) <= int(attributes["ApproximateFirstReceiveTimestamp"])


def test_one_group_never_has_two_invocations_at_once_and_keeps_its_order(
    running: tuple[Project, Pollers], tmp_path: Path
) -> None:
    project, pollers = running
    lock = tmp_path / "lock"
    with held(lock):
        for n in range(6):
            project.send("acme", do="wait for a lock", path=str(lock), n=n)
            project.send("other", do="wait for a lock", path=str(lock), n=n)
        wait_until(lambda: project.workers.activity().running > 0)
    drain(project, pollers)
    for group in ("acme", "other"):
        items = project.items(group)
        assert project.done(group) == list(range(6))
        assert all(int(one["ended"]) <= int(after["sk"]) for one, after in itertools.pairwise(items))
    assert max(item["batch"] for group in ("acme", "other") for item in project.items(group)) <= 3


def test_groups_run_side_by_side(running: tuple[Project, Pollers], tmp_path: Path) -> None:
    project, pollers = running
    lock = tmp_path / "lock"
    with held(lock):
        project.send("acme", do="wait for a lock", path=str(lock), n=1)
        wait_until(lambda: project.workers.activity().running == 1)
        project.send("other", do="nothing", n=2)
        pollers.wake()
        wait_until(lambda: project.done("other") == [2])
        assert project.done("acme") == []
    drain(project, pollers)
    assert project.done("acme") == [1]


def test_what_is_not_reported_as_failed_is_deleted_and_the_rest_comes_back(
    running: tuple[Project, Pollers],
) -> None:
    project, pollers = running
    project.send("good", do="nothing", n=1)
    project.send("bad", do="fail", n=2)
    drain(project, pollers)
    assert project.done("good") == [1]
    assert project.done("bad") == [2, 2]
    counts = [json.loads(item["record"])["attributes"]["ApproximateReceiveCount"] for item in project.items("bad")]
    assert counts == ["1", "2"]


def test_a_failed_message_becomes_a_dead_letter_after_its_last_receive(
    running: tuple[Project, Pollers],
) -> None:
    project, pollers = running
    project.send("acme", do="fail", n=1)
    project.send("acme", do="nothing", n=2)
    drain(project, pollers)
    (dead,) = project.stack.dead_letter_queues
    assert pollers.aws.depths([dead.name]) == {dead.name: 1}
    assert sorted(project.done("acme")) == [1, 1, 2]
    letter = pollers.sqs.receive_message(QueueUrl=dead.url, AttributeNames=["All"])["Messages"][0]
    assert json.loads(letter["Body"])["n"] == 1
    assert letter["Attributes"]["MessageGroupId"] == "acme"


@pytest.mark.parametrize("how", ["raise", "exit"])
def test_an_exception_or_a_crash_fails_the_whole_batch(running: tuple[Project, Pollers], how: str) -> None:
    project, pollers = running
    project.send("acme", do=how, n=1)
    drain(project, pollers)
    (dead,) = project.stack.dead_letter_queues
    assert pollers.aws.depths([dead.name]) == {dead.name: 1}


def test_a_batch_that_failed_comes_back_in_its_order() -> None:
    with deployed() as project:
        for n in range(3):
            project.send("acme", do="fail", n=n)
        with Pollers(project.aws, project.stack.mappings, project.workers) as pollers:
            drain(project, pollers)
            assert project.done("acme") == [0, 1, 2, 0, 1, 2]


def test_idle_is_not_said_while_a_function_runs_or_a_message_waits_for_its_visibility(
    running: tuple[Project, Pollers],
) -> None:
    project, pollers = running
    assert pollers.idle()
    project.send("acme", do="fail", n=1)
    began = project.clock.monotonic()
    drain(project, pollers)
    # Two receives, and the visibility after each.
    assert project.clock.monotonic() - began >= 2 * VISIBILITY
    assert len(project.items("acme")) == 2


def test_a_schedules_messages_are_worked_off(running: tuple[Project, Pollers]) -> None:
    project, pollers = running
    schedule = project.stack.schedules[0]
    assert project.workers.invoke(schedule.function, schedule.event).payload == {"stage": "local"}
    drain(project, pollers)
    assert len(project.items("a")) == len(project.items("b")) == 1


@pytest.mark.parametrize(
    ("response", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "nobody's"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"wrong": "b"}]}, {"a", "b"}),
        ({"batchItemFailures": ["b"]}, {"a", "b"}),
        ({"batchItemFailures": "b"}, {"a", "b"}),
        ("done", {"a", "b"}),
    ],
)
def test_a_partial_batch_response_is_read_as_lambda_reads_it(response: Any, failed: set[str]) -> None:
    assert failed_message_ids(response, ["a", "b"]) == failed


@pytest.mark.parametrize(
    ("group", "receives", "waited"),
    [
        ("acme", 50, True),
        ("acme#bibi", 3, True),
        ("acme#bibi", 4, False),
        ("acme#billbee", 4, False),
        ("acme#17", 4, True),
        ("acme#17", 5, False),
    ],
)
def test_r32_a_run_does_not_wait_for_a_vendor_that_stays_down(group: str, receives: int, *, waited: bool) -> None:
    assert is_waited_for(group, receives) is waited
