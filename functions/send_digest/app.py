"""send_digest: from what is kept about a merchant's orders, to a message for those who subscribed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.observability import logger, metrics, traced
from orderbridge.queues.deliveries import Delivery, one_by_one
from orderbridge.queues.messages import SendDigest
from orderbridge.services.send_digest import send_digest

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from orderbridge.services.workspace import Workspace


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work through messages of the queue send-digest."""
    with deployment().invocation(context) as parts:

        def work(workspace: Workspace, delivery: Delivery[SendDigest]) -> bool:
            return send_digest(workspace, delivery, publish=parts.digests.publish)

        return parts.deliveries.work_through(event, SendDigest, one_by_one(parts.workspace, work))
