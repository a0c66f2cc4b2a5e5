"""poll_orders: finds the orders of one merchant to import or to change, and sends a message for each."""

from orderbridge.handlers import queue_handler
from orderbridge.jobs.deliveries import one_by_one
from orderbridge.jobs.messages import PollOrders
from orderbridge.orders.poll_orders import poll_orders

handler = queue_handler(PollOrders, lambda parts: one_by_one(parts.workspace, poll_orders))
