"""The dead letters: messages that were tried too often, or are not ours. Reading does not remove them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from orderbridge.jobs.messages import KINDS, SCHEMA, TAKE_UP
from orderbridge.jobs.publisher import lane
from orderbridge.jobs.s3_events import stored_keys
from orderbridge.merchants.settings import MERCHANT_NAME

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_WHILE_LOOKING: Final = 30
"""Seconds for which a message stays hidden while it is read."""
_SHOWN: Final = ("scope", "billbee_id", "version", "key", "asked_at", "correlation_id")
"""The fields of a message that are shown. An order in it is not shown, because it holds personal data."""
_TRIED: Final = "tried too often: the function's log says why, at the time of each delivery"
_NEWER: Final = "of a newer release: deploy that release, then send it again"


@dataclass(frozen=True)
class DeadLetter:
    """One message that needs a person.

    Attributes:
        queue: the queue it belongs to, e.g. ``"push-orders"``.
        merchant: whose it is.
        job: what it asks for; empty for a message that is not ours.
        reason: why it is here, if known.
        sent_at: when it came into the dead-letter queue or, if it was tried too often, when it was first sent.
        body_summary: its fields, without the content of an order.
        receives: how often it was delivered or read.
    """

    queue: str
    merchant: str
    job: str
    reason: str
    sent_at: datetime
    message_id: str
    body_summary: Mapping[str, object]
    receives: int


@dataclass(frozen=True)
class QueuePair:
    """The URLs of a queue and of its dead-letter queue."""

    url: str
    dead_letters_url: str


class DeadLetters:
    """The dead letters of all queues.

    Args:
        queues: by name, e.g. ``"push-orders"``.
    """

    def __init__(self, client: SQSClient, queues: Mapping[str, QueuePair]) -> None:
        self._client = client
        self._queues = queues

    def counts(self) -> dict[str, int]:
        """About how many dead letters each queue has."""
        return {name: self._count(pair.dead_letters_url) for name, pair in self._queues.items()}

    def all(self) -> list[DeadLetter]:
        """The dead letters, the oldest first; at most the first ten of each lane, because a lane shows no more."""
        found: dict[str, DeadLetter] = {}
        for name, pair in self._queues.items():
            with self._looking(pair.dead_letters_url) as messages:
                found |= {message["MessageId"]: _letter(name, message) for message in messages}
        return sorted(found.values(), key=lambda letter: letter.sent_at)

    def redrive(self, queue: str, message_ids: Collection[str] | None = None, *, job: str | None = None) -> int:
        """Send dead letters to their queue again. Returns how many.

        A crash in between leaves a message in both queues, which is safe, because every job may be done twice.

        Args:
            message_ids: only these; all by default. Messages behind the first ten of a lane become visible as the
                earlier ones go.
            job: only those that ask for it.

        Raises:
            KeyError: there is no such queue.
        """
        return self._take(queue, self._move, message_ids, job)

    def discard(self, queue: str, message_ids: Collection[str] | None = None, *, job: str | None = None) -> int:
        """Delete dead letters for good. Returns how many. Arguments and errors as for `redrive`."""
        return self._take(queue, self._delete, message_ids, job)

    def _take(
        self,
        queue: str,
        do: Callable[[QueuePair, Mapping[str, Any]], None],
        message_ids: Collection[str] | None,
        job: str | None,
    ) -> int:
        """Do something that removes messages from the dead letters. Returns for how many."""
        pair = self._queues[queue]
        taken = 0
        # Each lane shows more once the first ones are gone. Messages that came meanwhile are left for the next time.
        for _ in range(self._count(pair.dead_letters_url) + 1):
            with self._looking(pair.dead_letters_url) as messages:
                wanted = [
                    one
                    for one in messages
                    if (message_ids is None or one["MessageId"] in message_ids)
                    and (job is None or _letter(queue, one).job == job)
                ]
                for message in wanted:
                    do(pair, message)
            taken += len(wanted)
            if not wanted:
                break
        return taken

    def _move(self, pair: QueuePair, message: Mapping[str, Any]) -> None:
        attributes = message["Attributes"]
        again = f"{message['MessageId']}:{attributes['ApproximateReceiveCount']}"
        self._client.send_message(
            QueueUrl=pair.url,
            MessageBody=message["Body"],
            **lane(attributes.get("MessageGroupId"), hashlib.sha256(again.encode()).hexdigest()),
        )
        self._delete(pair, message)

    def _delete(self, pair: QueuePair, message: Mapping[str, Any]) -> None:
        self._client.delete_message(QueueUrl=pair.dead_letters_url, ReceiptHandle=message["ReceiptHandle"])

    @contextmanager
    def _looking(self, url: str) -> Iterator[list[dict[str, Any]]]:
        """The visible messages, hidden from others meanwhile. Those that are still there afterwards become visible
        again.
        """
        seen: list[dict[str, Any]] = []
        try:
            while messages := self._receive(url):
                seen += messages
            yield seen
        finally:
            self._show_again(url, seen)

    def _receive(self, url: str) -> list[dict[str, Any]]:
        answer = self._client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_WHILE_LOOKING,
            MessageSystemAttributeNames=["MessageGroupId", "SentTimestamp", "ApproximateReceiveCount"],
            MessageAttributeNames=["reason"],
        )
        return [dict(message) for message in answer.get("Messages", [])]

    def _show_again(self, url: str, messages: Collection[Mapping[str, Any]]) -> None:
        for message in messages:
            try:
                self._client.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
            except self._client.exceptions.ClientError:  # it was moved, or becomes visible after a while
                continue

    def _count(self, url: str) -> int:
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)


def _letter(queue: str, message: Mapping[str, Any]) -> DeadLetter:
    attributes = message["Attributes"]
    fields = _fields(message["Body"])
    reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
    job = fields.get("job")
    return DeadLetter(
        queue=queue,
        merchant=attributes.get("MessageGroupId", "").partition("#")[0] or _named_in(message["Body"], fields),
        job=job if isinstance(job, str) and job in KINDS else "",
        reason=reason or (_NEWER if _is_newer(fields) else _TRIED),
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        message_id=message["MessageId"],
        body_summary={name: fields[name] for name in _SHOWN if isinstance(fields.get(name), str | int)},
        receives=int(attributes["ApproximateReceiveCount"]),
    )


def _is_newer(fields: Mapping[str, object]) -> bool:
    number = fields.get("schema", SCHEMA)
    return isinstance(number, int) and number > (TAKE_UP if "chain" in fields else SCHEMA)


def _named_in(body: str, fields: Mapping[str, object]) -> str:
    """The merchant of a message without a lane: our message names it, and S3's has it in its key,
    ``inbound/acme/…``.
    """
    if isinstance(named := fields.get("merchant"), str):
        return named
    _, *folders = (stored_keys(body) or [""])[0].split("/")
    return folders[0] if len(folders) > 1 and re.fullmatch(MERCHANT_NAME, folders[0]) else ""


def _fields(body: str) -> dict[str, object]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
