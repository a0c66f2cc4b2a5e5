"""pull_tracking: reads the warehouse's reports and sends parcels and states to Billbee."""

from orderbridge.bootstrap import import_warehouse_client
from orderbridge.handlers import queue_handler
from orderbridge.jobs.deliveries import one_by_one
from orderbridge.jobs.messages import PullTracking
from orderbridge.tracking.pull_tracking import pull_tracking

import_warehouse_client()

handler = queue_handler(PullTracking, lambda parts: one_by_one(parts.workspace, pull_tracking))
