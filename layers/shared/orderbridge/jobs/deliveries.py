"""Processes what SQS delivers: parse, call the use case, and report which messages must come again.

A delivery ends in one of five ways:

- done;
- handed back, to come again after a time that fits the reason;
- moved to a lane of its own order, where it waits without holding up the merchant's other orders (R31);
- given up, if the ledger or the job's next turn repeats the work, or if nothing is due; a job also while a vendor is
  down (R32);
- moved to the dead letters with the reason, if it is not one of our messages.

A message that only a newer release can read is handed back until that release is there or the queue gives it up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.jobs.messages import JobMessage, Message, parse_any
from orderbridge.jobs.publisher import lane, short_id
from orderbridge.ledger.defect import WAITS
from orderbridge.platform.defects import is_defect, is_unexpected, loggable, report
from orderbridge.platform.errors import (
    Later,
    LedgerConflict,
    MessageError,
    NewerRelease,
    NotDue,
    PermanentError,
    SettingsError,
    Throttled,
    VendorDown,
)
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from orderbridge.merchants.health import Health

M = TypeVar("M", bound=Message)
W = TypeVar("W")

TRIES: Final = 6
"""How often an order's message is delivered while a vendor fails; then the sweeper takes over."""
JOB_TRIES: Final = 4
"""How often a job's message is delivered while a vendor fails; then the job's next turn takes over."""
THROTTLED_TRIES: Final = 15
"""How often a message is delivered while the vendor throttles."""
ALONE_TRIES: Final = 15
"""How often a message in a lane of its own is delivered while a vendor is down. Its queue gives it up after 20."""
SHORT_OUTAGE: Final = timedelta(seconds=75)
"""A job waits for a vendor that will have been down for at most so long at its next probe, because some jobs run once a
day.
"""
_LONGEST_WAIT: Final = 300.0
_RELEASE_WAIT: Final = 120
"""Seconds after which a message of a newer release comes again. Its queue gives it up after 20 deliveries."""


@dataclass(frozen=True)
class Delivery(Generic[M]):
    """One message as it was delivered.

    Attributes:
        attempt: counts from 1.
        alone: whether it came in the order's own lane.
        body: the message as SQS holds it.
    """

    message: M
    message_id: str
    receipt_handle: str
    attempt: int
    sent_at: datetime
    alone: bool = False
    body: str = field(default="", repr=False)


@dataclass(frozen=True)
class HandBack(Generic[M]):
    """A delivery that has to come again, and why."""

    delivery: Delivery[M]
    error: Exception


Kinds = type[M] | tuple[type[M], ...]
Work = Callable[[str, Sequence[Delivery[M]]], Sequence[HandBack[M]]]
"""A use case: processes deliveries of one merchant and returns those that must come again. An exception means all of
them.
"""


class Deliveries:
    """The deliveries of one queue.

    Args:
        queue_url: where they came from.
        dead_letter_queue_url: for messages that are not ours.
        health: keeps how the jobs went.
    """

    def __init__(
        self, client: SQSClient, queue_url: str, dead_letter_queue_url: str, health: Health | None = None
    ) -> None:
        self._health = health
        self._client = client
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    def work_through(self, event: Mapping[str, Any], kinds: Kinds[M], work: Work[M]) -> dict[str, Any]:
        """Process an SQS event lane by lane. Returns the partial batch response.

        Args:
            kinds: the kind of messages that the queue holds, or several.
        """
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        lanes: dict[str, list[Delivery[M]]] = {}
        records: list[Mapping[str, Any]] = event["Records"]
        failed: list[str] = []
        for record in records:
            try:
                delivery = _delivery(record, kinds)
            except NewerRelease as error:
                logger.warning("Handed back", extra={"error": str(error), "seconds": _RELEASE_WAIT})
                self._hide(record["receiptHandle"], _RELEASE_WAIT)
                failed.append(record["messageId"])
            except MessageError as error:
                self._bury(record, str(error))
            else:
                lanes.setdefault(delivery.message.lane, []).append(delivery)
        for deliveries in lanes.values():
            first = deliveries[0].message
            logger.append_keys(merchant=first.merchant, job=first.job, correlation_id=first.correlation_id)
            backs = self._work_on(first.merchant, deliveries, work)
            self._note(first.merchant, first, backs)
            failed += [back.delivery.message_id for back in backs if self._comes_again(back)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _note(self, merchant: str, message: M, backs: Sequence[HandBack[M]]) -> None:
        """Note how the job went. A throttle is no failure, and neither is the defect of one order.

        A job that was not due is neither a success nor a failure.
        """
        passing = Throttled | LedgerConflict | Later | NotDue
        failures = [back.error for back in backs if not isinstance(back.error, passing)]
        if self._health is not None and failures:
            self._health.failed(merchant, message.health_name, failures[0])
        elif self._health is not None and not backs:
            self._health.succeeded(merchant, message.health_name)

    def _work_on(self, merchant: str, deliveries: Sequence[Delivery[M]], work: Work[M]) -> Sequence[HandBack[M]]:
        try:
            return work(merchant, deliveries)
        except Exception as error:  # noqa: BLE001  what it is, is told apart in _comes_again
            return [HandBack(delivery, error) for delivery in deliveries]

    def _comes_again(self, back: HandBack[M]) -> bool:
        """Hand a message back, or give it up if coming again soon does not help."""
        error, delivery = back.error, back.delivery
        match error:
            case VendorDown():
                return self._waits_for_vendor(delivery, error)
            case NotDue():
                return False
            case Later():
                return self._waits_alone(delivery, error.seconds)
            case SettingsError() | PermanentError():
                logger.error("Job given up: a person has to act", extra={"error": str(error)})
                return False
            case Throttled():
                tries, wait = THROTTLED_TRIES, error.retry_after
            case _ if is_defect(error):
                report(error)
                return self._defect_comes_again(delivery)
            case _:
                tries = JOB_TRIES if isinstance(delivery.message, JobMessage) else TRIES
                wait = getattr(error, "retry_after", None) or _backoff(delivery.attempt)
                if is_unexpected(error):
                    report(error)
        words = loggable(error)
        if delivery.attempt >= tries:
            logger.error("Job given up for now", extra={"error": words, "attempt": delivery.attempt})
            return False
        logger.warning("Handed back", extra={"error": words, "attempt": delivery.attempt, "seconds": round(wait, 1)})
        self._hide(delivery.receipt_handle, max(1, round(wait + 0.5)))
        return True

    def _waits_for_vendor(self, delivery: Delivery[M], error: VendorDown) -> bool:
        """A job waits during the first minute; after that, its next turn tries again. A message that neither a turn nor
        a record repeats waits in a lane of its own.
        """
        if isinstance(delivery.message, JobMessage):
            if error.next_try_at - error.since <= SHORT_OUTAGE and delivery.attempt < 2 * JOB_TRIES:
                logger.warning("Handed back", extra={"error": str(error), "attempt": delivery.attempt})
                self._hide(delivery.receipt_handle, max(1, round(error.retry_after + 0.5)))
                return True
            logger.warning("Job skipped", extra={"error": str(error)})
            return False
        if delivery.attempt > ALONE_TRIES:
            logger.error("Message given up", extra={"error": str(error), "attempt": delivery.attempt})
            return False
        return self._waits_alone(delivery, error.retry_after)

    def _defect_comes_again(self, delivery: Delivery[M]) -> bool:
        """Retry a message whose failures no record counts; then its next turn, or the sweeper, takes over."""
        if delivery.attempt > len(WAITS):
            logger.error("Job given up for now", extra={"attempt": delivery.attempt})
            return False
        return self._waits_alone(delivery, WAITS[delivery.attempt - 1])

    def _waits_alone(self, delivery: Delivery[M], seconds: float) -> bool:
        """Hide a message. If it shares its lane with other orders, it is moved to its own lane first.

        A hidden message blocks its whole group. After a crash between copy and deletion, SQS drops the second copy.
        """
        own_lane = delivery.message.own_lane
        if own_lane is None or delivery.alone:
            self._hide(delivery.receipt_handle, max(1, round(seconds + 0.5)))
            return True
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=delivery.body,  # unchanged: it may have fields of a newer release
                **lane(own_lane, short_id(f"{delivery.message_id}:alone")),
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("Message not moved to a lane of its own", extra={"error": type(error).__name__})
            self._hide(delivery.receipt_handle, max(1, round(seconds + 0.5)))
            return True
        return False

    def _hide(self, receipt_handle: str, seconds: int) -> None:
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as error:  # it comes again when its visibility ends, or is already gone
            logger.warning("Visibility not changed", extra={"error": type(error).__name__})

    def _bury(self, record: Mapping[str, Any], reason: str) -> None:
        """Move a message that is not ours to the dead letters at once, so that it does not block its lane."""
        logger.error("Message moved to the dead letters", extra={"message_id": record["messageId"], "reason": reason})
        self._client.send_message(
            QueueUrl=self._dead_letter_queue_url,
            MessageBody=record["body"],
            **lane(record["attributes"].get("MessageGroupId"), record["messageId"]),
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:1000]}},
        )


def one_by_one(workspace: Callable[[str], W | None], use_case: Callable[[W, Delivery[M]], object]) -> Work[M]:
    """Work for one delivery at a time. A merchant without a workspace is paused: nothing is done."""

    def work(merchant: str, deliveries: Sequence[Delivery[M]]) -> list[HandBack[M]]:
        found = workspace(merchant)
        back: list[HandBack[M]] = []
        for delivery in deliveries if found is not None else ():
            assert found is not None
            try:
                use_case(found, delivery)
            except Exception as error:  # noqa: BLE001  as above
                back.append(HandBack(delivery, error))
        return back

    return work


def together(
    workspace: Callable[[str], W | None], use_case: Callable[[W, Sequence[Delivery[M]]], list[HandBack[M]]]
) -> Work[M]:
    """Work for all deliveries of a merchant at once. A merchant without a workspace is paused: nothing is done."""

    def work(merchant: str, deliveries: Sequence[Delivery[M]]) -> list[HandBack[M]]:
        found = workspace(merchant)
        return [] if found is None else use_case(found, deliveries)

    return work


def _delivery(record: Mapping[str, Any], kinds: tuple[type[M], ...]) -> Delivery[M]:
    """Read one record of the event by hand, because Powertools' class imports those of all other services."""
    attributes = record["attributes"]
    message = parse_any(kinds, record["body"])
    return Delivery(
        message=message,
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        attempt=int(attributes["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        alone=message.own_lane is not None and attributes.get("MessageGroupId") == message.own_lane,
        body=record["body"],
    )


def _backoff(attempt: int) -> float:
    return float(min(_LONGEST_WAIT, 2.0**attempt) * random.uniform(0.75, 1.25))  # noqa: S311
