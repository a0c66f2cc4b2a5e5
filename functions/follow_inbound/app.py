"""follow_inbound: from what the warehouse says about announced goods, to lists of what arrived and a stock sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.observability import logger, metrics, traced
from orderbridge.queues.deliveries import Delivery, one_by_one
from orderbridge.queues.messages import FollowInbound
from orderbridge.services.follow_inbound import follow_inbound

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from orderbridge.services.workspace import Workspace


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work through messages of the queue follow-inbound."""
    with deployment().invocation(context) as parts:

        def work(workspace: Workspace, delivery: Delivery[FollowInbound]) -> int:
            return follow_inbound(
                workspace,
                delivery,
                documents=parts.documents,
                announce=parts.sender("ANNOUNCE_INBOUND_QUEUE_URL"),
                sync_stock=parts.sender("SYNC_STOCK_QUEUE_URL"),
            )

        return parts.deliveries.work_through(event, FollowInbound, one_by_one(parts.workspace, work))
