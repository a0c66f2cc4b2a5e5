"""start_jobs: a schedule's input in, one message per active merchant out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.observability import logger, metrics, traced
from orderbridge.services.start_jobs import parse_job, start_jobs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    """Start the job that the schedule names, e.g. ``{"job": "poll-orders", "scope": "changes"}``."""
    logger.set_correlation_id(context.aws_request_id)
    parts = deployment()
    return start_jobs(
        parse_job(event),
        parts.parameters.merchants(),
        {
            "poll-orders": parts.sender("POLL_ORDERS_QUEUE_URL"),
            "pull-tracking": parts.sender("PULL_TRACKING_QUEUE_URL"),
            "pull-returns": parts.sender("PULL_RETURNS_QUEUE_URL"),
            "pull-movements": parts.sender("PULL_MOVEMENTS_QUEUE_URL"),
            "sync-stock": parts.sender("SYNC_STOCK_QUEUE_URL"),
            "sync-products": parts.sender("SYNC_PRODUCTS_QUEUE_URL"),
            "send-digest": parts.sender("SEND_DIGEST_QUEUE_URL"),
            "check-billing": parts.sender("CHECK_BILLING_QUEUE_URL"),
            "follow-inbound": parts.sender("FOLLOW_INBOUND_QUEUE_URL"),
        },
        correlation_id=context.aws_request_id,
        now=parts.clock.now(),
    )
