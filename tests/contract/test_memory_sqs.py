"""SQS in memory: what its documents say of FIFO queues, receipts, visibility and dead letters."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from testkit.aws import MemorySQS
from testkit.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sqs(clock: ManualClock) -> MemorySQS:
    made = MemorySQS(clock)
    made.add("dead")
    made.add("lanes", visibility=180, dead_letters="dead", max_receives=3)
    made.add("plain", fifo=False)
    return made


def lane(body: str, group: str = "acme", known_as: str | None = None) -> dict[str, Any]:
    return {"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": known_as or body}


def bodies(sqs: MemorySQS, **more: Any) -> list[str]:
    answer = sqs.receive_message(QueueUrl="lanes", MaxNumberOfMessages=10, **more)
    return [one["Body"] for one in answer.get("Messages", [])]


def code_of(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**request)
    return str(refused.value.response["Error"]["Code"])


def test_a_duplicate_is_dropped_for_five_minutes_within_its_group(sqs: MemorySQS, clock: ManualClock) -> None:
    for group in ("acme", "acme", "beta"):
        sqs.send_message(QueueUrl="lanes", **lane("a", group))
    assert len(sqs.messages("lanes")) == 2
    clock.sleep(301)
    sqs.send_message(QueueUrl="lanes", **lane("a"))
    assert len(sqs.messages("lanes")) == 3


def test_a_group_waits_for_what_is_in_flight_and_another_does_not(sqs: MemorySQS, clock: ManualClock) -> None:
    for body in ("1", "2"):
        sqs.send_message(QueueUrl="lanes", **lane(body))
    first = sqs.receive_message(QueueUrl="lanes")["Messages"][0]
    sqs.send_message(QueueUrl="lanes", **lane("3", "beta"))
    assert bodies(sqs) == ["3"]
    sqs.delete_message(QueueUrl="lanes", ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs) == ["2"]
    clock.sleep(181)
    assert sorted(bodies(sqs)) == ["2", "3"]


def test_a_receipt_is_good_until_the_visibility_ends(sqs: MemorySQS, clock: ManualClock) -> None:
    sqs.send_message(QueueUrl="lanes", **lane("1"))
    receipt = sqs.receive_message(QueueUrl="lanes")["Messages"][0]["ReceiptHandle"]
    asked = {"QueueUrl": "lanes", "ReceiptHandle": receipt}
    assert code_of(sqs.change_message_visibility, **asked, VisibilityTimeout=43_201) == "InvalidParameterValue"
    clock.sleep(181)
    assert code_of(sqs.change_message_visibility, **asked, VisibilityTimeout=5) == "InvalidParameterValue"
    assert code_of(sqs.delete_message, **asked) == "InvalidParameterValue"
    assert bodies(sqs) == ["1"]


def test_what_was_received_too_often_goes_to_the_dead_letters(sqs: MemorySQS, clock: ManualClock) -> None:
    sqs.send_message(QueueUrl="lanes", **lane("1"))
    for _ in range(3):
        assert bodies(sqs) == ["1"]
        clock.sleep(181)
    assert bodies(sqs) == []
    assert [one.body for one in sqs.messages("dead")] == ["1"]


@pytest.mark.parametrize(
    ("queue", "entry", "code"),
    [
        ("lanes", {"MessageBody": "a"}, "MissingParameter"),
        ("lanes", lane("a") | {"DelaySeconds": 5}, "InvalidParameterValue"),
        ("lanes", lane("x" * 262_145, known_as="x"), "InvalidParameterValue"),
        ("lanes", lane("a", "a b"), "InvalidParameterValue"),
        ("plain", lane("a"), "InvalidParameterValue"),
        ("plain", {"MessageBody": "a", "DelaySeconds": 901}, "InvalidParameterValue"),
        ("plain", {"MessageBody": "\x00"}, "InvalidMessageContents"),
        ("nowhere", {"MessageBody": "a"}, "AWS.SimpleQueueService.NonExistentQueue"),
    ],
)
def test_a_message_that_is_refused(sqs: MemorySQS, queue: str, entry: dict[str, Any], code: str) -> None:
    assert code_of(sqs.send_message, QueueUrl=queue, **entry) == code


def test_a_batch_has_ten_entries_with_ids_of_their_own_and_256_kb(sqs: MemorySQS) -> None:
    def refusal(*entries: dict[str, Any]) -> str:
        return code_of(sqs.send_message_batch, QueueUrl="plain", Entries=list(entries)).rpartition(".")[2]

    assert refusal() == "EmptyBatchRequest"
    assert refusal(*({"Id": str(n), "MessageBody": "a"} for n in range(11))) == "TooManyEntriesInBatchRequest"
    assert refusal(*({"Id": "1", "MessageBody": "a"} for _ in range(2))) == "BatchEntryIdsNotDistinct"
    assert refusal(*({"Id": str(n), "MessageBody": "x" * 140_000} for n in range(2))) == "BatchRequestTooLong"


def test_a_queue_that_delays_hands_out_the_first_of_a_group_while_the_next_is_still_delayed(
    sqs: MemorySQS, clock: ManualClock
) -> None:
    sqs.queues["lanes"].delay = 3
    sqs.send_message(QueueUrl="lanes", **lane("1"))
    clock.sleep(2)
    sqs.send_message(QueueUrl="lanes", **lane("2"))
    assert bodies(sqs) == []
    assert sqs.next_due("lanes") == clock.seconds + 1
    clock.sleep(1)
    (first,) = sqs.receive_message(QueueUrl="lanes", MaxNumberOfMessages=10)["Messages"]
    clock.sleep(2)
    assert bodies(sqs) == [], "the group has a message in flight"
    sqs.delete_message(QueueUrl="lanes", ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs) == ["2"]
