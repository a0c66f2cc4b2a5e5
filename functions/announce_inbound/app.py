"""announce_inbound: announces the goods of a dropped file to the warehouse, and writes a result beside the file."""

from functools import partial

from orderbridge.handlers import queue_handler
from orderbridge.inbound.announce_inbound import announce_inbound
from orderbridge.inbound.dropped_files import with_our_messages
from orderbridge.jobs.deliveries import one_by_one
from orderbridge.jobs.messages import AnnounceInbound

handler = queue_handler(
    AnnounceInbound,
    lambda parts: one_by_one(parts.workspace, partial(announce_inbound, documents=parts.documents)),
    read=with_our_messages,
)
