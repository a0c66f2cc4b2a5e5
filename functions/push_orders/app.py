"""push_orders: from up to ten orders of one merchant, to the warehouse's books and the received tags."""

from orderbridge.handlers import queue_handler
from orderbridge.queues.deliveries import together
from orderbridge.queues.messages import PushOrder
from orderbridge.services.push_orders import push_orders

handler = queue_handler(PushOrder, lambda parts: together(parts.workspace, push_orders))
