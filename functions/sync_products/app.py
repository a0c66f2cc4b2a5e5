"""sync_products: from the merchant's products, to the warehouse's."""

from orderbridge.handlers import queue_handler
from orderbridge.queues.deliveries import one_by_one
from orderbridge.queues.messages import SyncProducts
from orderbridge.services.sync_products import sync_products

handler = queue_handler(SyncProducts, lambda parts: one_by_one(parts.workspace, sync_products))
