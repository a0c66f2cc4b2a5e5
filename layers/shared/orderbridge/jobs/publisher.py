"""Sends messages to the queues, all but one of which are FIFO."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from orderbridge.jobs.messages import Message
from orderbridge.platform.errors import NotSent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Sender = Callable[[Sequence[Message]], None]
"""Sends messages to one queue, each in its merchant's lane."""

_BATCH_COUNT: Final = 10
_BATCH_BYTES: Final = 240_000
_TRIES: Final = 2


def lane(merchant: str | None, deduplication_id: str) -> dict[str, Any]:
    """The lane of a message; nothing for a message without a lane, because only FIFO queues take these fields."""
    if not merchant:
        return {}
    return {"MessageGroupId": merchant, "MessageDeduplicationId": deduplication_id}


class Publisher:
    """Sends messages, each in its lane, usually its merchant's."""

    def __init__(self, client: SQSClient) -> None:
        self._client = client

    def send(self, queue_url: str, messages: Sequence[Message]) -> None:
        """Send all messages, in order.

        Raises:
            NotSent: naming how many were not taken.
        """
        for batch in _batches(messages):
            failed = self._send(queue_url, batch)
            if failed:
                code = next(iter(failed.values()))
                raise NotSent(f"SQS did not take {len(failed)} of {len(batch)} messages: {code}")

    def send_what_goes(self, queue_url: str, messages: Sequence[Message]) -> list[Message]:
        """Send messages in any order, up to ten with a call.

        Messages of a batch that SQS does not take are sent once more; the other batches are sent anyway.

        Returns:
            The messages that SQS has not taken.
        """
        left: list[Message] = []
        for whole in _batches(messages):
            batch = whole
            for _ in range(_TRIES):
                failed = self._send(queue_url, batch)
                batch = [batch[index] for index in sorted(failed)]
                if not batch:
                    break
            left += [message for message, _ in batch]
        return left

    def _send(self, queue_url: str, batch: Sequence[tuple[Message, str]]) -> dict[int, str | None]:
        """One call. Returns the positions of the messages that were not taken, each with SQS's code."""
        entries: Any = [
            {
                "Id": str(index),
                "MessageBody": body,
                **(lane(message.lane, short_id(message.deduplication_id)) if message.HAS_LANE else {}),
            }
            for index, (message, body) in enumerate(batch)
        ]
        answer = self._client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        return {int(one["Id"]): one.get("Code") for one in answer.get("Failed", ())}


def _batches(messages: Iterable[Message]) -> Iterable[list[tuple[Message, str]]]:
    batch: list[tuple[Message, str]] = []
    size = 0
    for message in messages:
        body = message.body()
        length = len(body.encode())
        if batch and (len(batch) == _BATCH_COUNT or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((message, body))
        size += length
    if batch:
        yield batch


def short_id(deduplication_id: str) -> str:
    """SQS takes 128 characters of a limited alphabet."""
    return hashlib.sha256(deduplication_id.encode()).hexdigest()
