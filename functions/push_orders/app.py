"""push_orders: submits up to ten orders of one merchant, or a portion of those that wait, to the warehouse, and tags
them as received.
"""

from orderbridge.bootstrap import import_warehouse_client
from orderbridge.handlers import queue_handler
from orderbridge.jobs.deliveries import together
from orderbridge.jobs.messages import PUSHED
from orderbridge.orders.take_up import push_or_take_up

import_warehouse_client()

handler = queue_handler(PUSHED, lambda parts: together(parts.workspace, push_or_take_up))
