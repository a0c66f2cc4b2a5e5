"""Start a job for every active merchant: one message each, in the merchant's lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orderbridge.errors import MessageError, SettingsError
from orderbridge.observability import logger, meter
from orderbridge.queues.messages import (
    Message,
    PollOrders,
    PullReturns,
    PullTracking,
    SyncProducts,
    SyncStock,
)
from orderbridge.services.workspace import Sender
from orderbridge.settings import parse_settings


class _Job(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PollOrdersJob(_Job):
    job: Literal["poll-orders"]
    scope: Literal["changes", "all", "stuck"] = "changes"

    def message(self, merchant: str, correlation_id: str, now: datetime) -> Message:
        return PollOrders(merchant=merchant, correlation_id=correlation_id, scope=self.scope, asked_at=now)


class PullTrackingJob(_Job):
    job: Literal["pull-tracking"]
    scope: Literal["open", "all"] = "open"

    def message(self, merchant: str, correlation_id: str, now: datetime) -> Message:
        return PullTracking(merchant=merchant, correlation_id=correlation_id, scope=self.scope, asked_at=now)


class SyncStockJob(_Job):
    job: Literal["sync-stock"]

    def message(self, merchant: str, correlation_id: str, now: datetime) -> Message:
        return SyncStock(merchant=merchant, correlation_id=correlation_id, asked_at=now)


class SyncProductsJob(_Job):
    job: Literal["sync-products"]

    def message(self, merchant: str, correlation_id: str, now: datetime) -> Message:
        return SyncProducts(merchant=merchant, correlation_id=correlation_id, asked_at=now)


class PullReturnsJob(_Job):
    job: Literal["pull-returns"]

    def message(self, merchant: str, correlation_id: str, now: datetime) -> Message:
        return PullReturns(merchant=merchant, correlation_id=correlation_id, asked_at=now)


Job = PollOrdersJob | PullTrackingJob | PullReturnsJob | SyncStockJob | SyncProductsJob
_JOB: TypeAdapter[Job] = TypeAdapter(Annotated[Job, Field(discriminator="job")])


def parse_job(event: Mapping[str, Any]) -> Job:
    """Read a schedule's input, e.g. ``{"job": "poll-orders", "scope": "all"}``. Raises MessageError."""
    try:
        return _JOB.validate_python(dict(event))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "event"
        raise MessageError(f"not a job: {where}: {first['msg']}") from None


def start_jobs(
    job: Job,
    merchants: Mapping[str, str],
    senders: Mapping[str, Sender],
    *,
    correlation_id: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, list[str]]:
    """Send the job's message for every merchant whose mode is not ``paused``.

    Args:
        merchants: settings JSON by merchant. Bad settings are reported and do not stop the others.
        senders: for each job, where its messages go.

    Returns:
        Which merchants were ``started``, ``paused``, or have ``bad_settings``.
    """
    outcome: dict[str, list[str]] = {"started": [], "paused": [], "bad_settings": []}
    for merchant, text in sorted(merchants.items()):
        try:
            settings = parse_settings(merchant, text)
            message = job.message(merchant, correlation_id, now())
        except (SettingsError, ValidationError) as error:
            reason = str(error) if isinstance(error, SettingsError) else "the merchant's name is not allowed"
            logger.error("Merchant skipped", extra={"merchant": merchant, "error": reason})
            outcome["bad_settings"].append(merchant)
            continue
        if settings.mode == "paused":
            outcome["paused"].append(merchant)
            continue
        senders[job.job]([message])
        outcome["started"].append(merchant)
    meter.count("JobsStarted", len(outcome["started"]))
    meter.count("MerchantsWithBadSettings", len(outcome["bad_settings"]))
    return outcome
