"""follow_inbound: from what the warehouse says about announced goods, to lists of what arrived and a stock sync."""

from functools import partial

from orderbridge.bootstrap import Deployment
from orderbridge.handlers import queue_handler
from orderbridge.queues.deliveries import Work, one_by_one
from orderbridge.queues.messages import FollowInbound
from orderbridge.services.follow_inbound import follow_inbound


def _work(parts: Deployment) -> Work[FollowInbound]:
    follow = partial(
        follow_inbound,
        documents=parts.documents,
        announce=parts.sender("ANNOUNCE_INBOUND_QUEUE_URL"),
        sync_stock=parts.sender("SYNC_STOCK_QUEUE_URL"),
    )
    return one_by_one(parts.workspace, follow)


handler = queue_handler(FollowInbound, _work)
