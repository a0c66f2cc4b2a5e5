"""send_digest: from what is kept about a merchant's orders, to a message for those who subscribed."""

from functools import partial

from orderbridge.handlers import queue_handler
from orderbridge.queues.deliveries import one_by_one
from orderbridge.queues.messages import SendDigest
from orderbridge.services.send_digest import send_digest

handler = queue_handler(
    SendDigest,
    lambda parts: one_by_one(parts.workspace, partial(send_digest, publish=parts.digests.publish)),
)
