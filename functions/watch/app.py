"""watch: finds what is wrong with any merchant, sends notifications, and writes the gauges of the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import deployment
from orderbridge.desk.troubles.watch import watch
from orderbridge.merchants.registry import Registry
from orderbridge.platform.observability import logger, metered, traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
@traced
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Look at all merchants; the schedule's event has no content."""
    logger.set_correlation_id(context.aws_request_id)
    parts = deployment()
    # Read again in each pass, because a merchant who was added since would seem to have vanished.
    listing = Registry(parts.table, parts.clock).listing()
    return watch(listing.merchants, parts.table, parts.clock, parts.troubles.publish, parts.stage, listing.pause)
