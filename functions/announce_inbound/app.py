"""announce_inbound: from a file that was dropped, to a notice in the warehouse's books and a result beside the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.observability import logger, metrics, traced
from orderbridge.queues.deliveries import Delivery, one_by_one
from orderbridge.queues.files import with_our_messages
from orderbridge.queues.messages import AnnounceInbound
from orderbridge.services.announce_inbound import announce_inbound

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from orderbridge.domain.inbound_results import Outcome
    from orderbridge.services.workspace import Workspace


@logger.inject_lambda_context(clear_state=True)
@traced
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work through messages of the queue announce-inbound: S3's notifications, and our own."""
    with deployment().invocation(context) as parts:

        def work(workspace: Workspace, delivery: Delivery[AnnounceInbound]) -> Outcome | None:
            return announce_inbound(workspace, delivery, documents=parts.documents)

        event = with_our_messages(event)
        return parts.deliveries.work_through(event, AnnounceInbound, one_by_one(parts.workspace, work))
