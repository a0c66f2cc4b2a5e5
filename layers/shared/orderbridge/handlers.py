"""Makes the handlers of the functions that read a queue. A function names only its messages and its use case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orderbridge.bootstrap import Deployment, deployment
from orderbridge.jobs.deliveries import Kinds, M, Work
from orderbridge.platform.observability import logger, metered, traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

Handler = Callable[[dict[str, Any], "LambdaContext"], dict[str, Any]]


def queue_handler(
    kinds: Kinds[M],
    work: Callable[[Deployment], Work[M]],
    *,
    read: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda event: event,
    follow: Callable[[Deployment, Mapping[str, Any]], dict[str, Any]] | None = None,
) -> Handler:
    """A handler of SQS events, with logs, traces and metrics, whose answer is the partial batch response.

    Args:
        kinds: the messages that the queue holds, of one kind or of several.
        work: makes the work for one merchant's messages from the deployed parts; called in each invocation.
        read: converts an event with other messages into one with ours.
        follow: processes a batch of the table's stream, for the function that also reads that.
    """

    @logger.inject_lambda_context(clear_state=True)
    @traced
    @metered
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        with deployment().invocation(context) as parts:
            if follow is not None and "shardId" in event:
                return follow(parts, event)
            return parts.deliveries.work_through(read(event), kinds, work(parts))

    made: Handler = handler
    return made
