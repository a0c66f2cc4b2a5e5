"""Processes the queues, and follows the table's stream, as Lambda's event source mappings do.

One poller for each mapping receives batches when there is a free lane for them, invokes the function and deletes the
messages that it processed. SQS delivers failed messages again when their visibility ends, and moves them to the
dead-letter queue after `maxReceiveCount` receives. SQS (moto) keeps a FIFO group back while one of its messages is in
flight.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.aws import REGION, Aws
from local.clock import WALL_CLOCK, ScaledClock
from local.stack import Queue, QueueMapping, StreamMapping
from local.stream_poller import StreamPoller
from local.workers import Workers, WorkersClosed

log = logging.getLogger(__name__)

#: Real seconds that a poller waits when its queue was empty. A possible new message wakes it at once; delayed and
#: failed messages are found by polling.
IDLE_SECONDS = 0.1
#: After so many deliveries, a wake-up, or another message in a lane of its own, is not waited for.
PROBED, TRIED = 4, 5

_SYSTEM_ATTRIBUTES = (
    "ApproximateReceiveCount",
    "AWSTraceHeader",
    "SentTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "ApproximateFirstReceiveTimestamp",
)


def sqs_event(queue: Queue, messages: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The event that Lambda makes of received messages."""
    return {"Records": [_record(queue, message) for message in messages]}


def _record(queue: Queue, message: dict[str, Any]) -> dict[str, Any]:
    attributes = message.get("Attributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {name: attributes[name] for name in _SYSTEM_ATTRIBUTES if name in attributes},
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "binaryValue": value.get("BinaryValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": REGION,
    }


def failed_message_ids(response: Any, batch: Iterable[str]) -> set[str]:
    """The ids of `batch` that a partial batch response reports as failed; all of them when it is malformed.

    As in Lambda, an empty answer, an empty object and an empty or null list all mean success.
    """
    everything = set(batch)
    if response is None or response == {}:
        return set()
    if not isinstance(response, dict):
        return everything
    failures = response.get("batchItemFailures")
    if failures is None and set(response) <= {"batchItemFailures"}:
        return set()
    if not isinstance(failures, list):
        return everything
    failed: set[str] = set()
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if identifier not in everything:
            return everything
        failed.add(str(identifier))
    return failed


def is_waited_for(group: str, receives: int) -> bool:
    """Whether a message will be done within minutes.

    What waits alone for a vendor is hidden for longer each time: a wake-up has probed for a minute by its fourth
    delivery. An order that waits after a defect is done with its fourth.
    """
    _, _, alone = group.partition("#")
    return not alone or receives < (PROBED if alone in ("bibi", "billbee") else TRIED)


class Pollers:
    """The pollers of all mappings. A context manager: they run while it is open; leaving it closes the workers."""

    def __init__(
        self,
        aws: Aws,
        mappings: Iterable[QueueMapping],
        workers: Workers,
        streams: Iterable[StreamMapping] = (),
        clock: ScaledClock = WALL_CLOCK,
    ) -> None:
        self._aws = aws
        self._sqs = aws.client("sqs")
        self._workers = workers
        self._stop = threading.Event()
        self._pollers = [_Poller(self, mapping) for mapping in mappings]
        self._followers = [StreamPoller(aws, stream, workers, clock) for stream in streams]

    def __enter__(self) -> Pollers:
        for thread in (one.thread for part in (self._pollers, self._followers) for one in part):
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for follower in self._followers:
            follower.stop()
        self.wake()
        # Leaving does not wait two minutes for a slow invocation, because its messages are still in the queue.
        self._workers.close()
        for poller in self._pollers:
            poller.thread.join()
            poller.lanes.shutdown(wait=True)
        for follower in self._followers:
            follower.thread.join()

    def wake(self) -> None:
        """Look now: a message may have been sent."""
        for poller in self._pollers:
            poller.look.set()

    def waiting(self) -> dict[str, int]:
        """How many messages each queue still has, in flight and delayed ones too; empty queues are left out. So are
        messages that come again while a vendor is down, so that a run without it ends too.
        """
        names = [poller.mapping.queue.name for poller in self._pollers]
        counts = {name: self._aws.count(name, is_waited_for) for name in names}
        return {name: count for name, count in counts.items() if count}

    def idle(self) -> bool:
        """Whether no message is left, no change of the table is to be followed, and nothing runs that could send one.

        Only an invocation sends. So if none ran or began while the queues were counted, the count is still true.
        """
        before = self._workers.activity()
        is_quiet = not self.waiting() and all(follower.is_done() for follower in self._followers)
        return not before.running and is_quiet and self._workers.activity() == before

    def resting(self) -> bool:
        """Whether no poller looks for messages, or works on some that it received."""
        return all(poller.has_all_lanes() for poller in self._pollers)

    @property
    def aws(self) -> Aws:
        return self._aws

    @property
    def sqs(self) -> Any:
        return self._sqs

    @property
    def workers(self) -> Workers:
        return self._workers

    def stopped(self) -> bool:
        return self._stop.is_set()


class _Poller:
    """One mapping's poller, and its lanes."""

    def __init__(self, pollers: Pollers, mapping: QueueMapping) -> None:
        self.mapping = mapping
        self.look = threading.Event()
        self._pollers = pollers
        size = min(pollers.workers.concurrency, mapping.maximum_concurrency or pollers.workers.concurrency)
        self._size = size
        self._free = threading.Semaphore(size)
        self.lanes = ThreadPoolExecutor(size, thread_name_prefix=mapping.queue.name)
        self.thread = threading.Thread(target=self._poll, name=f"poll {mapping.queue.name}", daemon=True)

    def has_all_lanes(self) -> bool:
        taken = 0
        while taken < self._size and self._free.acquire(blocking=False):
            taken += 1
        if taken:
            self._free.release(taken)
        return taken == self._size

    def _poll(self) -> None:
        while not self._pollers.stopped():
            # The lane comes before the messages: their visibility must not run out while they wait for one.
            self._free.acquire()
            handed_over = False
            try:
                self.look.clear()
                if not self._pollers.stopped() and self._has_work() and (batch := self._receive()):
                    self.lanes.submit(self._work, batch)
                    handed_over = True
            except Exception:
                log.exception("polling %s failed", self.mapping.queue.name)
            finally:
                if not handed_over:
                    self._free.release()
            if not handed_over:
                self.look.wait(IDLE_SECONDS)

    def _has_work(self) -> bool:
        return self._pollers.aws.has_work(self.mapping.queue.name)

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._pollers.sqs.receive_message(
            QueueUrl=self.mapping.queue.url,
            MaxNumberOfMessages=min(self.mapping.batch_size, 10),
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _work(self, batch: list[dict[str, Any]]) -> None:
        try:
            result = self._pollers.workers.invoke(self.mapping.function, sqs_event(self.mapping.queue, batch))
            ids = [message["MessageId"] for message in batch]
            if result.failed:
                failed = set(ids)
            elif self.mapping.partial_failures:
                failed = failed_message_ids(result.payload, ids)
            else:
                failed = set()
            self._delete([message for message in batch if message["MessageId"] not in failed])
        except WorkersClosed:
            return
        except Exception:
            log.exception("a batch of %s failed", self.mapping.queue.name)
        finally:
            self._free.release()
            self._pollers.wake()

    def _delete(self, messages: list[dict[str, Any]]) -> None:
        if messages:
            self._pollers.sqs.delete_message_batch(
                QueueUrl=self.mapping.queue.url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ],
            )
