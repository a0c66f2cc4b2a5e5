"""FIFO queues in memory, on a clock that a test moves: the calls of an SQS client that the layer makes, and delivery.

As SQS does it: messages of a group in order, none of a group while one is in flight, duplicates within five minutes
dropped, and what is neither deleted nor handed back comes again when its visibility ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

VISIBILITY = 180.0
DEDUPLICATED_FOR = 300.0
BATCH = {"push": 10}
_ALONE = "alone-"
"""A message without a group, in a queue that is not FIFO, waits for no other."""


@dataclass
class Queued:
    """One message; `visible_at` is later than now while it is in flight."""

    message_id: str
    body: str
    group: str
    sent_at: float
    visible_at: float
    attempts: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)


class FifoQueues:
    """All queues, by URL."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._queues: dict[str, list[Queued]] = {}
        self._known: dict[tuple[str, str, str], float] = {}
        self.sent = 0
        self.waits: list[int] = []
        self.batches = BATCH

    # -- what the layer calls

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10
        assert sum(len(entry["MessageBody"].encode()) for entry in Entries) <= 262_144
        for entry in Entries:
            self._put(QueueUrl, entry)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def send_message(self, *, QueueUrl: str, **entry: Any) -> dict[str, Any]:  # noqa: N803
        self._put(QueueUrl, entry)
        return {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        assert 0 <= VisibilityTimeout <= 43_200
        self.waits.append(VisibilityTimeout)
        self._find(QueueUrl, ReceiptHandle).visible_at = self._clock() + VisibilityTimeout

    # -- what the tests call

    def messages(self, queue: str) -> list[Queued]:
        return list(self._queues.get(queue, []))

    def clear(self) -> None:
        self._queues.clear()
        self._known.clear()

    def receive(self, queue: str) -> dict[str, Any] | None:
        """The event of the next batch of one group, or None if nothing is due."""
        now = self._clock()
        held = {message.group for message in self._queues.get(queue, []) if message.visible_at > now}
        free = [message for message in self._queues.get(queue, []) if message.group not in held]
        batch = [message for message in free if message.group == free[0].group]
        batch = batch[: self.batches.get(queue, 1)]
        for message in batch:
            message.attempts += 1
            message.visible_at = now + VISIBILITY
        return {"Records": [_record(message) for message in batch]} if batch else None

    def settle(self, queue: str, event: dict[str, Any], failed: Iterable[str]) -> None:
        """Delete what is done; what failed stays, and comes when it is visible again."""
        failures = set(failed)
        done = {record["messageId"] for record in event["Records"]} - failures
        self._queues[queue] = [message for message in self._queues[queue] if message.message_id not in done]

    def next_due(self, queue: str) -> float | None:
        """When the next group has nothing in flight any more."""
        groups: dict[str, float] = {}
        for message in self._queues.get(queue, []):
            groups[message.group] = max(groups.get(message.group, 0.0), message.visible_at)
        return min(groups.values(), default=None)

    def _put(self, queue: str, entry: dict[str, Any]) -> None:
        self.sent += 1
        now = self._clock()
        group = entry.get("MessageGroupId", "")
        if group:
            key = (queue, group, entry["MessageDeduplicationId"])
            if self._known.get(key, 0.0) > now:
                return
            self._known[key] = now + DEDUPLICATED_FOR
        self._queues.setdefault(queue, []).append(
            Queued(
                message_id=f"message-{self.sent}",
                body=entry["MessageBody"],
                group=group or f"{_ALONE}{self.sent}",
                sent_at=now,
                visible_at=now,
                attributes=entry.get("MessageAttributes", {}),
            )
        )

    def _find(self, queue: str, receipt: str) -> Queued:
        for message in self._queues[queue]:
            if message.message_id == receipt:
                return message
        error = {"Code": "InvalidParameterValue", "Message": "The message is not available for a change of visibility."}
        raise ClientError({"Error": error}, "ChangeMessageVisibility")  # type: ignore[typeddict-item]


def _record(message: Queued) -> dict[str, Any]:
    return {
        "messageId": message.message_id,
        "receiptHandle": message.message_id,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.attempts),
            "SentTimestamp": str(int(message.sent_at * 1000)),
            **({} if message.group.startswith(_ALONE) else {"MessageGroupId": message.group}),
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(message.body.encode()).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue.fifo",
        "awsRegion": "eu-central-1",
    }
