"""start_jobs: sends one message per active merchant for the job that a schedule names."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.jobs.start_jobs import parse_job, start_jobs
from orderbridge.platform.observability import logger, metered, traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
@traced
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    """Start the job that the schedule names, e.g. ``{"job": "poll-orders", "scope": "changes"}``."""
    logger.set_correlation_id(context.aws_request_id)
    parts = deployment()
    job, listing = parse_job(event), parts.registry.listing()
    return start_jobs(
        job,
        listing.merchants,
        {
            "poll-orders": parts.starter("POLL_ORDERS_QUEUE_URL"),
            "pull-tracking": parts.starter("PULL_TRACKING_QUEUE_URL"),
            "sync-stock": parts.starter("SYNC_STOCK_QUEUE_URL"),
            "chores": parts.starter("CHORES_QUEUE_URL"),
        },
        correlation_id=context.aws_request_id,
        now=parts.clock.now(),
        shuffle=random.shuffle,
        pause=listing.pause,
    )
