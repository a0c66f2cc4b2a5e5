"""pull_returns: from what came back to the warehouse, to messages and shipments in Billbee."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.observability import logger, metrics, traced
from orderbridge.queues.deliveries import one_by_one
from orderbridge.queues.messages import PullReturns
from orderbridge.services.pull_returns import pull_returns

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work through messages of the queue pull-returns."""
    with deployment().invocation(context) as parts:
        return parts.deliveries.work_through(event, PullReturns, one_by_one(parts.workspace, pull_returns))
