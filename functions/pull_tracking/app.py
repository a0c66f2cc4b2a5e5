"""pull_tracking: reads the warehouse's reports and sends parcels and states to Billbee."""

from orderbridge.bootstrap import load_warehouse
from orderbridge.handlers import queue_handler
from orderbridge.jobs.deliveries import one_by_one
from orderbridge.jobs.messages import PullTracking
from orderbridge.tracking.pull_tracking import pull_tracking

load_warehouse()

handler = queue_handler(PullTracking, lambda parts: one_by_one(parts.workspace, pull_tracking))
