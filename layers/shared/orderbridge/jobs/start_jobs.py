"""Start a job for every active merchant: one message each, in the merchant's lane, ten in a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from orderbridge.jobs.messages import KINDS, JobMessage, Message, PollOrders
from orderbridge.merchants.settings import find_settings
from orderbridge.platform.errors import MessageError, NotSent, SettingsError
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.merchants.registry import Pause

Starter = Callable[[Sequence[Message]], list[Message]]
"""Sends messages in any order, and returns those that SQS has not taken."""

JOBS: Final[Mapping[str, type[JobMessage]]] = {job: kind for job, kind in KINDS.items() if issubclass(kind, JobMessage)}
"""The messages of each job that can be started."""
_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """What a schedule asks for: the fields of the job's message that do not depend on the merchant."""

    name: str
    asked: Mapping[str, Any]

    @property
    def queue(self) -> str:
        """The name of the queue that its messages go to."""
        return JOBS[self.name].QUEUE

    def message(self, merchant: str, correlation_id: str, now: datetime, *, scheduled: bool = False) -> JobMessage:
        """The message for one merchant. Raises ValidationError for a merchant's name that is not allowed.

        Args:
            scheduled: a schedule asks, not a person.
        """
        fields = {**self.asked, "merchant": merchant, "correlation_id": correlation_id, "asked_at": now}
        message = JOBS[self.name].model_validate(fields)
        if scheduled and isinstance(message, PollOrders) and message.scope == "changes":
            return message.model_copy(update={"scheduled": True})
        return message


def parse_job(event: Mapping[str, Any]) -> Job:
    """Read a schedule's input, e.g. ``{"job": "poll-orders", "scope": "all"}``. Raises MessageError."""
    name = event.get("job")
    if not isinstance(name, str) or name not in JOBS:
        raise MessageError(f"not a job: job: must be one of {', '.join(JOBS)}")
    known = {"job", "scope"} & JOBS[name].model_fields.keys()  # messages themselves ignore unknown fields
    if extra := event.keys() - known:
        raise MessageError(f"not a job: {min(extra)}: unknown key")
    job = Job(name, dict(event))
    try:
        job.message("anyone", "", _ANY_TIME)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "event"
        raise MessageError(f"not a job: {where}: {first['msg']}") from None
    return job


class NotStarted(StrEnum):
    """Why a person cannot start a job for a merchant."""

    PAUSED = "paused"
    BAD_SETTINGS = "settings that cannot be used"
    OFF = "the settings have it switched off"


def why_not_started(job: str, merchant: str, text: str, pause: Pause | None) -> NotStarted | None:
    """Why a job cannot be started for a merchant; None if it can.

    Args:
        text: the merchant's settings JSON.
        pause: set while all merchants are paused.
    """
    if pause is not None:
        return NotStarted.PAUSED
    try:
        settings = find_settings(merchant, text).settings
    except SettingsError:
        return NotStarted.BAD_SETTINGS
    if settings.mode == "paused":
        return NotStarted.PAUSED
    return None if settings.wants(job) else NotStarted.OFF


def start_jobs(
    job: Job,
    merchants: Mapping[str, str],
    starters: Mapping[str, Starter],
    *,
    correlation_id: str,
    now: datetime,
    shuffle: Callable[[list[JobMessage]], None],
    pause: Pause | None = None,
) -> dict[str, list[str]]:
    """Send the job's message for every merchant who is not ``paused`` and uses the job.

    Args:
        merchants: settings JSON by merchant. Bad settings are reported and do not stop the others.
        starters: the sender of each queue.
        shuffle: brings the messages into the order of sending, so that no merchant is always last.
        pause: set while all merchants are paused; then no message is sent.

    Returns:
        Which merchants were ``started``, ``paused``, or have ``bad_settings``; and which keys are
        ``unknown_settings``, as ``merchant: key``.

    Raises:
        NotSent: SQS has not taken some messages, although they were sent twice. All others were sent. The invocation
            may be repeated, because SQS drops messages that it has already.
    """
    unknown: list[str] = []
    outcome: dict[str, list[str]] = {"started": [], "paused": [], "bad_settings": [], "unknown_settings": unknown}
    if pause is not None:
        logger.warning("All merchants are paused", extra={"since": pause.since.isoformat(), "by": pause.by})
        outcome["paused"] = sorted(merchants)
        merchants = {}
    messages: list[JobMessage] = []
    for merchant, text in sorted(merchants.items()):
        try:
            found = find_settings(merchant, text)
            message = job.message(merchant, correlation_id, now, scheduled=True)
        except (SettingsError, ValidationError) as error:
            reason = str(error) if isinstance(error, SettingsError) else "the merchant's name is not allowed"
            logger.error("Merchant skipped", extra={"merchant": merchant, "error": reason})
            outcome["bad_settings"].append(merchant)
            continue
        if found.unknown:
            logger.warning("Unknown settings", extra={"merchant": merchant, "keys": list(found.unknown)})
            unknown += [f"{merchant}: {key}" for key in found.unknown]
        if found.settings.mode == "paused":
            outcome["paused"].append(merchant)
        elif found.settings.wants(job.name):
            messages.append(message)
    shuffle(messages)
    left = sorted(message.merchant for message in starters[job.queue](messages)) if messages else []
    outcome["started"] = sorted({message.merchant for message in messages}.difference(left))
    if left:
        logger.error("Jobs not started", extra={"job": job.name, "merchants": left})
        raise NotSent(f"SQS did not take {len(left)} of {len(messages)} messages of {job.name}")
    return outcome
