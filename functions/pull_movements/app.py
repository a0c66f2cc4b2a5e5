"""pull_movements: from what moved in the warehouse, to each SKU's last movements."""

from orderbridge.handlers import queue_handler
from orderbridge.queues.deliveries import one_by_one
from orderbridge.queues.messages import PullMovements
from orderbridge.services.pull_movements import pull_movements

handler = queue_handler(PullMovements, lambda parts: one_by_one(parts.workspace, pull_movements))
