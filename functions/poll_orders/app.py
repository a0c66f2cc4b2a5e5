"""poll_orders: from a request to look, to the orders of one merchant in the lane to the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.observability import logger, metrics, traced
from orderbridge.queues.deliveries import one_by_one
from orderbridge.queues.messages import PollOrders
from orderbridge.services.poll_orders import poll_orders

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work through messages of the queue poll-orders."""
    with deployment().invocation(context) as parts:
        return parts.deliveries.work_through(event, PollOrders, one_by_one(parts.workspace, poll_orders))
