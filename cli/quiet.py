"""The layer logs for Lambda, on standard output, which here belongs to the answer."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def layer_logs(*, shown: bool) -> Iterator[None]:
    """Send the layer's log lines to standard error, or drop them, while a command runs."""
    from orderbridge.platform.observability import logger

    handlers = [handler for handler in logger.handlers if isinstance(handler, logging.StreamHandler)]
    level, streams = logger.log_level, [handler.stream for handler in handlers]
    logger.setLevel(logging.DEBUG if shown else logging.CRITICAL)
    for handler in handlers:
        handler.stream = sys.stderr  # not setStream, because the previous stream may be closed and cannot be flushed
    try:
        yield
    finally:
        logger.setLevel(level)
        for handler, stream in zip(handlers, streams, strict=True):
            handler.stream = stream
