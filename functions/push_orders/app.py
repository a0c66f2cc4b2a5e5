"""push_orders: from up to ten orders of one merchant, to the warehouse's books and the received tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.observability import logger, metrics, traced
from orderbridge.queues.deliveries import together
from orderbridge.queues.messages import PushOrder
from orderbridge.services.push_orders import push_orders

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work through messages of the queue push-orders."""
    with deployment().invocation(context) as parts:
        return parts.deliveries.work_through(event, PushOrder, together(parts.workspace, push_orders))
