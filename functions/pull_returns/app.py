"""pull_returns: from what came back to the warehouse, to messages and shipments in Billbee."""

from orderbridge.handlers import queue_handler
from orderbridge.queues.deliveries import one_by_one
from orderbridge.queues.messages import PullReturns
from orderbridge.services.pull_returns import pull_returns

handler = queue_handler(PullReturns, lambda parts: one_by_one(parts.workspace, pull_returns))
