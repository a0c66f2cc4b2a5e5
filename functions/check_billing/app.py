"""check_billing: from what was shipped and what is billed, to tags and messages in Billbee."""

from orderbridge.handlers import queue_handler
from orderbridge.queues.deliveries import one_by_one
from orderbridge.queues.messages import CheckBilling
from orderbridge.services.check_billing import check_billing

handler = queue_handler(CheckBilling, lambda parts: one_by_one(parts.workspace, check_billing))
