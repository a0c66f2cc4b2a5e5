"""sync_stock: reads the warehouse's stock and tells Billbee how much the shops may sell."""

from orderbridge.handlers import queue_handler
from orderbridge.jobs.deliveries import one_by_one
from orderbridge.jobs.messages import SyncStock
from orderbridge.stock.sync_stock import sync_stock

handler = queue_handler(SyncStock, lambda parts: one_by_one(parts.workspace, sync_stock))
