"""Looking at dead letters consumes nothing and shows no order; redriving moves each once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orderbridge.jobs.dead_letters import DeadLetters, QueuePair
from testkit.aws import MemorySQS
from testkit.clock import ManualClock


@pytest.fixture
def sqs() -> Any:
    return MemorySQS(ManualClock())


@pytest.fixture
def pair(sqs: Any) -> QueuePair:
    fifo = {"FifoQueue": "true"}
    urls = [sqs.create_queue(QueueName=f"{name}.fifo", Attributes=fifo)["QueueUrl"] for name in ("push", "push-dead")]
    return QueuePair(*urls)


def bury(sqs: Any, pair: QueuePair, number: int, merchant: str = "acme", reason: str | None = None) -> None:
    body = {"job": "push-orders", "merchant": merchant, "billbee_id": number, "order": {"shipping": {"city": "Berlin"}}}
    attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    sqs.send_message(
        QueueUrl=pair.dead_letters_url,
        MessageBody=json.dumps(body),
        MessageGroupId=merchant,
        MessageDeduplicationId=f"{merchant}-{number}",
        MessageAttributes=attributes,
    )


def bodies(sqs: Any, url: str) -> list[int]:
    found: list[int] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [json.loads(message["Body"])["billbee_id"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_they_are_shown_with_their_reason_and_without_the_order(sqs: Any, pair: QueuePair) -> None:
    bury(sqs, pair, 1, reason="not a PushOrder message: version: Field required")
    bury(sqs, pair, 2, merchant="nordlicht")
    letters = DeadLetters(sqs, {"push-orders": pair})
    first, second = letters.all()
    assert (first.queue, first.merchant, first.job) == ("push-orders", "acme", "push-orders")
    assert first.reason == "not a PushOrder message: version: Field required"
    assert "log" in second.reason
    assert first.body_summary == {"billbee_id": 1}
    assert "Berlin" not in repr(first)
    assert [letter.message_id for letter in letters.all()] == [first.message_id, second.message_id]
    assert letters.counts() == {"push-orders": 2}


def test_redriving_moves_every_message_once_and_in_order(sqs: Any, pair: QueuePair) -> None:
    for number in range(25):
        bury(sqs, pair, number)
    letters = DeadLetters(sqs, {"push-orders": pair})
    assert letters.redrive("push-orders") == 25
    assert letters.all() == []
    assert bodies(sqs, pair.url) == list(range(25))


def test_only_the_chosen_ones_are_redriven(sqs: Any, pair: QueuePair) -> None:
    for number in range(3):
        bury(sqs, pair, number)
    letters = DeadLetters(sqs, {"push-orders": pair})
    chosen = letters.all()[1]
    assert letters.redrive("push-orders", [chosen.message_id]) == 1
    assert bodies(sqs, pair.url) == [1]
    assert [letter.body_summary["billbee_id"] for letter in letters.all()] == [0, 2]


def test_only_the_chosen_ones_are_discarded_and_for_good(sqs: Any, pair: QueuePair) -> None:
    for number in range(25):
        bury(sqs, pair, number)
    letters = DeadLetters(sqs, {"push-orders": pair})
    assert letters.discard("push-orders", [letters.all()[1].message_id]) == 1
    assert [letter.body_summary["billbee_id"] for letter in letters.all()][:3] == [0, 2, 3]
    assert letters.discard("push-orders", job="poll-orders") == 0
    assert letters.discard("push-orders") == 24
    assert (letters.all(), bodies(sqs, pair.url)) == ([], [])


def test_a_body_that_is_no_json_is_shown_as_such(sqs: Any, pair: QueuePair) -> None:
    sqs.send_message(
        QueueUrl=pair.dead_letters_url, MessageBody="not json", MessageGroupId="x", MessageDeduplicationId="x"
    )
    [letter] = DeadLetters(sqs, {"push-orders": pair}).all()
    assert (letter.job, letter.body_summary) == ("", {})


@pytest.mark.parametrize(
    ("key", "merchant"), [("inbound/acme/a.csv", "acme"), ("inbound/No%20Merchant/a.csv", ""), ("a.csv", "")]
)
def test_a_notification_of_s3_names_the_merchant_by_its_folder(sqs: Any, key: str, merchant: str) -> None:
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("announce", "announce-dead")]
    entry = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"object": {"key": key}}}
    sqs.send_message(QueueUrl=urls[1], MessageBody=json.dumps({"Records": [entry]}))
    (letter,) = DeadLetters(sqs, {"announce-inbound": QueuePair(*urls)}).all()
    assert (letter.merchant, letter.job) == (merchant, "")


def test_an_unknown_queue_is_an_error(sqs: Any, pair: QueuePair) -> None:
    with pytest.raises(KeyError):
        DeadLetters(sqs, {"push-orders": pair}).redrive("no-such-queue")
