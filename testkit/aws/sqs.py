"""SQS in memory, on a clock that tests move: the calls of a client, and what Lambda's poller does with a queue.

Messages of a group come in order, none of a group while one is in flight; duplicates within five minutes are dropped;
what is neither deleted nor handed back comes again when its visibility ends, and ends in the dead letters when it has
been received too often.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from testkit.aws.service import Service, aws_error, operation

DEDUPLICATED_FOR: Final = 300.0
LARGEST: Final = 262_144
"""Bytes of a message, and of all messages of a batch, as the layer counts on."""
_BATCH: Final = 10
_LONGEST_VISIBILITY: Final = 43_200
_LONGEST_DELAY: Final = 900
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_LANE: Final = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_TEXT: Final = re.compile(r"[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_ALONE: Final = "alone-"
"""A message without a group, in a queue that is not FIFO, waits for no other."""


@dataclass
class Queued:
    """One message; `visible_at` is later than now while it is in flight, or delayed."""

    message_id: str
    body: str
    group: str
    sent_at: float
    visible_at: float
    attempts: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    receipt: str = ""
    deduplication_id: str = ""

    def is_in_flight(self, now: float) -> bool:
        """Whether it was received and is hidden since. Others of its group are not handed out meanwhile."""
        return self.attempts > 0 and self.visible_at > now

    @property
    def group_id(self) -> str | None:
        return None if self.group.startswith(_ALONE) else self.group


@dataclass
class Queue:
    """One queue.

    Attributes:
        delay: how long a message stays hidden after it was sent, where the message itself does not say.
        batch: how many messages Lambda's poller takes at once.
        dead_letters: where a message goes when it was received more than `max_receives` times.
    """

    url: str
    fifo: bool
    visibility: float = 30.0
    delay: float = 0.0
    batch: int = 1
    dead_letters: str | None = None
    max_receives: int = 0
    messages: list[Queued] = field(default_factory=list)
    known: dict[tuple[str, str], float] = field(default_factory=dict)


class MemorySQS(Service):
    """All queues, by URL."""

    service = "sqs"

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.queues: dict[str, Queue] = {}
        self.sent = 0
        self.waits: list[int] = []

    def add(self, url: str, *, fifo: bool = True, **details: Any) -> Queue:
        """A queue with a URL of the test's choice; `details` as `Queue` has them."""
        self.queues[url] = Queue(url, fifo, **details)
        return self.queues[url]

    # -- what a client calls

    @operation
    def create_queue(self, **request: Any) -> dict[str, Any]:
        name, given = request["QueueName"], request.get("Attributes", {})
        fifo = given.get("FifoQueue") == "true"
        if fifo != name.endswith(".fifo"):
            raise _invalid("CreateQueue", "The name of a FIFO queue can only end with .fifo")
        redrive = json.loads(given.get("RedrivePolicy", "{}"))
        url = f"https://sqs.eu-central-1.amazonaws.com/123456789012/{name}"
        dead = str(redrive.get("deadLetterTargetArn", "")).rpartition(":")[2]
        self.add(
            url,
            fifo=fifo,
            visibility=float(given.get("VisibilityTimeout", 30)),
            delay=float(given.get("DelaySeconds", 0)),
            dead_letters=f"{url.rpartition('/')[0]}/{dead}" if dead else None,
            max_receives=int(redrive.get("maxReceiveCount", 0)),
        )
        return {"QueueUrl": url}

    @operation
    def send_message(self, **request: Any) -> dict[str, Any]:
        queue = self._queue(request["QueueUrl"], "SendMessage")
        if code := _fault_of(queue, request):
            raise aws_error(code[0], "SendMessage", code[1])
        return {"MessageId": self._put(queue, request)}

    @operation
    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        queue, entries = self._queue(request["QueueUrl"], "SendMessageBatch"), request["Entries"]
        _check_batch(entries, "SendMessageBatch")
        if sum(_size(entry) for entry in entries) > LARGEST:
            raise aws_error(f"{_CODES}BatchRequestTooLong", "SendMessageBatch", f"more than {LARGEST} bytes")
        answer: dict[str, Any] = {"Successful": []}
        for entry in entries:
            if fault := _fault_of(queue, entry):
                failed = {"Id": entry["Id"], "SenderFault": True, "Code": fault[0], "Message": fault[1]}
                answer.setdefault("Failed", []).append(failed)
            else:
                answer["Successful"].append({"Id": entry["Id"], "MessageId": self._put(queue, entry)})
        return answer

    @operation
    def receive_message(self, **request: Any) -> dict[str, Any]:
        queue, most = self._queue(request["QueueUrl"], "ReceiveMessage"), request.get("MaxNumberOfMessages", 1)
        if not 1 <= most <= _BATCH:
            raise _invalid("ReceiveMessage", "MaxNumberOfMessages must be between 1 and 10")
        asked = {*request.get("AttributeNames", ()), *request.get("MessageSystemAttributeNames", ())}
        found = self._take(queue, most, request.get("VisibilityTimeout", queue.visibility), one_group=False)
        wanted = request.get("MessageAttributeNames", ())
        return {"Messages": [_message(one, asked, wanted) for one in found]} if found else {}

    @operation
    def delete_message(self, **request: Any) -> dict[str, Any]:
        queue = self._queue(request["QueueUrl"], "DeleteMessage")
        self._delete(queue, request["ReceiptHandle"], "DeleteMessage")
        return {}

    @operation
    def change_message_visibility(self, **request: Any) -> dict[str, Any]:
        queue, seconds = self._queue(request["QueueUrl"], "ChangeMessageVisibility"), request["VisibilityTimeout"]
        if not 0 <= seconds <= _LONGEST_VISIBILITY:
            raise _invalid("ChangeMessageVisibility", "VisibilityTimeout must be between 0 and 43200")
        message = self._held(queue, request["ReceiptHandle"], "ChangeMessageVisibility")
        self.waits.append(seconds)
        message.visible_at = self._clock() + seconds
        return {}

    @operation
    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        queue, now = self._queue(request["QueueUrl"], "GetQueueAttributes"), self._clock()
        hidden = [one for one in queue.messages if one.visible_at > now]
        found = {
            "ApproximateNumberOfMessages": str(len(queue.messages) - len(hidden)),
            "ApproximateNumberOfMessagesNotVisible": str(sum(one.attempts > 0 for one in hidden)),
            "ApproximateNumberOfMessagesDelayed": str(sum(one.attempts == 0 for one in hidden)),
            "VisibilityTimeout": f"{queue.visibility:.0f}",
            "QueueArn": f"arn:aws:sqs:eu-central-1:123456789012:{queue.url.rpartition('/')[2]}",
        }
        names = request.get("AttributeNames", ())
        return {"Attributes": {name: found[name] for name in (found if "All" in names else names)}}

    # -- what Lambda's poller does

    def receive(self, url: str) -> dict[str, Any] | None:
        """The event of the next batch of one group, or None if nothing is due."""
        queue = self.queues[url]
        batch = self._take(queue, queue.batch, queue.visibility, one_group=True)
        return {"Records": [_record(message) for message in batch]} if batch else None

    def settle(self, url: str, event: Mapping[str, Any], failed: Iterable[str]) -> None:
        """Delete what is done; what failed stays, and comes when it is visible again.

        This invocation can no longer delete a message whose visibility has ended.
        """
        failures = set(failed)
        for record in event["Records"]:
            if record["messageId"] not in failures:
                try:
                    self._delete(self.queues[url], record["receiptHandle"], "DeleteMessageBatch")
                except self.exceptions.ClientError:  # the poller's delete fails unnoticed
                    continue

    # -- what the tests look at

    def messages(self, url: str) -> list[Queued]:
        return list(self.queues[url].messages)

    def waiting(self) -> dict[str, int]:
        """How many messages are left in each queue that is not empty."""
        return {url: len(queue.messages) for url, queue in self.queues.items() if queue.messages}

    def clear(self) -> None:
        """Remove all messages, and forget their deduplication."""
        for queue in self.queues.values():
            queue.messages.clear()
            queue.known.clear()

    def next_due(self, url: str) -> float | None:
        """When the next group has nothing in flight any more, and its first message is not delayed."""
        now, groups = self._clock(), dict[str, float]()
        for message in self.queues[url].messages:
            if message.group not in groups or message.is_in_flight(now):
                groups[message.group] = max(groups.get(message.group, 0.0), message.visible_at)
        return min(groups.values(), default=None)

    # -- inside

    def _queue(self, url: str, operation: str) -> Queue:
        if url not in self.queues:
            raise aws_error(f"{_CODES}NonExistentQueue", operation, f"The specified queue does not exist: {url}")
        return self.queues[url]

    def _put(self, queue: Queue, entry: Mapping[str, Any]) -> str:
        self.sent += 1
        now, group = self._clock(), entry.get("MessageGroupId", "")
        if queue.fifo:
            key = (group, entry["MessageDeduplicationId"])
            if queue.known.get(key, 0.0) > now:
                return f"message-{self.sent}"
            queue.known[key] = now + DEDUPLICATED_FOR
        queue.messages.append(
            Queued(
                message_id=f"message-{self.sent}",
                body=entry["MessageBody"],
                group=group if queue.fifo else f"{_ALONE}{self.sent}",
                sent_at=now,
                visible_at=now + entry.get("DelaySeconds", queue.delay),
                attributes=dict(entry.get("MessageAttributes", {})),
                deduplication_id=entry.get("MessageDeduplicationId", ""),
            )
        )
        return f"message-{self.sent}"

    def _take(self, queue: Queue, most: int, visibility: float, *, one_group: bool) -> list[Queued]:
        now = self._clock()
        held = {message.group for message in queue.messages if message.is_in_flight(now)}
        taken: list[Queued] = []
        for message in list(queue.messages):
            if message.visible_at > now:  # delayed: those that were sent after it to its group wait as well
                held.add(message.group)
            if message.group in held or len(taken) == most:
                continue
            if one_group and queue.fifo and taken and message.group != taken[0].group:
                continue
            if queue.dead_letters is not None and message.attempts >= queue.max_receives:
                queue.messages.remove(message)
                self.queues[queue.dead_letters].messages.append(message)
                message.attempts, message.visible_at = 0, now
                continue
            message.attempts += 1
            message.visible_at = now + visibility
            message.receipt = f"{message.message_id}/{message.attempts}"
            taken.append(message)
        return taken

    def _held(self, queue: Queue, receipt: str, operation: str) -> Queued:
        """The message that a receipt is good for: the last one given for it, while it is in flight."""
        _check_receipt(receipt, operation)
        for message in queue.messages:
            if message.receipt == receipt:
                if message.visible_at > self._clock():
                    return message
                if queue.fifo:
                    raise _invalid(operation, "The receipt handle has expired.")
                raise aws_error(f"{_CODES}MessageNotInflight", operation, "The message is not in flight.")
        raise _invalid(operation, "The message does not exist or is not available for a visibility timeout change.")

    def _delete(self, queue: Queue, receipt: str, operation: str) -> None:
        _check_receipt(receipt, operation)
        there = [message for message in queue.messages if message.receipt == receipt]
        if there and queue.fifo and there[0].visible_at <= self._clock():
            raise _invalid(operation, "The receipt handle has expired.")
        queue.messages[:] = [message for message in queue.messages if message.receipt != receipt]


_CODES: Final = "AWS.SimpleQueueService."


def _invalid(operation: str, message: str) -> Exception:
    return aws_error("InvalidParameterValue", operation, message)


def _check_receipt(receipt: str, operation: str) -> None:
    if "/" not in receipt:  # none that was ever given
        raise aws_error("ReceiptHandleIsInvalid", operation, "The input receipt handle is invalid.")


def _check_batch(entries: list[dict[str, Any]], operation: str) -> None:
    if not entries:
        raise aws_error(f"{_CODES}EmptyBatchRequest", operation, "There should be at least one entry in the request.")
    if len(entries) > _BATCH:
        raise aws_error(f"{_CODES}TooManyEntriesInBatchRequest", operation, "Maximum number of entries is 10.")
    ids = [entry["Id"] for entry in entries]
    if not all(_ID.fullmatch(one) for one in ids):
        raise aws_error(f"{_CODES}InvalidBatchEntryId", operation, "An id has 1 to 80 letters, digits, - and _.")
    if len(set(ids)) < len(ids):
        raise aws_error(f"{_CODES}BatchEntryIdsNotDistinct", operation, "Two or more entries have the same Id.")


def _size(entry: Mapping[str, Any]) -> int:
    attributes = sum(
        len(name.encode()) + len(one["DataType"].encode()) + len(str(one.get("StringValue", "")).encode())
        for name, one in entry.get("MessageAttributes", {}).items()
    )
    return len(entry["MessageBody"].encode()) + attributes


def _fault_of(queue: Queue, entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """The error code that a message earns, and why."""
    body, delay = entry["MessageBody"], entry.get("DelaySeconds")
    if not body:
        return "MissingParameter", "The request must contain the parameter MessageBody."
    if not _TEXT.fullmatch(body):
        return "InvalidMessageContents", "Invalid binary character was found in the message body."
    if _size(entry) > LARGEST:
        return "InvalidParameterValue", f"One or more parameters are invalid. Message must be shorter than {LARGEST}."
    if len(entry.get("MessageAttributes", {})) > 10:
        return "InvalidParameterValue", "Number of message attributes exceeds the allowed maximum [10]."
    for name, one in entry.get("MessageAttributes", {}).items():
        if not one.get("StringValue", one.get("BinaryValue")):
            return "InvalidParameterValue", f"Message attribute {name!r} must contain a non-empty value."
    lane = {name: entry[name] for name in ("MessageGroupId", "MessageDeduplicationId") if name in entry}
    if any(not _LANE.fullmatch(one) for one in lane.values()):
        return "InvalidParameterValue", "An id of a lane has 1 to 128 letters, digits and punctuation."
    if not queue.fifo:
        if lane:
            return "InvalidParameterValue", "The request includes a parameter that is not valid for this queue type."
        if delay is not None and not 0 <= delay <= _LONGEST_DELAY:
            return "InvalidParameterValue", "DelaySeconds must be between 0 and 900."
        return None
    if delay is not None:
        return "InvalidParameterValue", "DelaySeconds: not valid for this queue type."
    if "MessageGroupId" not in lane:
        return "MissingParameter", "The request must contain the parameter MessageGroupId."
    if "MessageDeduplicationId" not in lane:
        return "InvalidParameterValue", "The queue should either have ContentBasedDeduplication or an id provided."
    return None


def _attributes(message: Queued) -> dict[str, str]:
    found = {
        "ApproximateReceiveCount": str(message.attempts),
        "SentTimestamp": str(int(message.sent_at * 1000)),
    }
    if message.group_id is not None:
        found |= {"MessageGroupId": message.group_id, "MessageDeduplicationId": message.deduplication_id}
    return found


def _message(message: Queued, asked: set[str], wanted: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
    }
    if shown := {name: one for name, one in _attributes(message).items() if name in asked or "All" in asked}:
        found["Attributes"] = shown
    names = set(wanted)
    if told := {name: one for name, one in message.attributes.items() if name in names or "All" in names}:
        found["MessageAttributes"] = told
    return found


def _record(message: Queued) -> dict[str, Any]:
    return {
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": _attributes(message),
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue.fifo",
        "awsRegion": "eu-central-1",
    }
