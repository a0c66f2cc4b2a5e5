"""Which files that were stored ask for goods to be announced, and our messages about them (R23).

S3 also tells of the result files that we write beside them: those ask for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from orderbridge.domain.inbound_results import OURS
from orderbridge.queues.messages import AnnounceInbound
from orderbridge.queues.s3_events import stored_keys
from orderbridge.settings import MERCHANT_NAME

PREFIX: Final = "inbound/"
_KEY: Final = re.compile(rf"{PREFIX}([^/]+)/(.+)", re.DOTALL)
_MERCHANT: Final = re.compile(MERCHANT_NAME)


def merchant_of(key: str) -> str | None:
    """Whose file it is, or None for one that is nobody's, or that we wrote ourselves, or that is only a folder."""
    found = _KEY.fullmatch(key)
    if found is None or not _MERCHANT.fullmatch(found[1]) or key.endswith((*OURS, "/")):
        return None
    return found[1]


def with_our_messages(event: Mapping[str, Any]) -> dict[str, Any]:
    """An SQS event in which each notification of S3 became our message, one for each file.

    Those that ask for nothing are left out, and so deleted. What is neither S3's nor ours stays as it is, and goes to
    the dead letters.
    """
    records: list[Any] = []
    for record in event.get("Records", ()):
        keys = stored_keys(record["body"])
        if keys is None:
            records.append(record)
        else:
            found = (_message(key, record.get("messageId", "")) for key in keys)
            records += [{**record, "body": one.body()} for one in found if one is not None]
    return {**event, "Records": records}


def _message(key: str, correlation_id: str) -> AnnounceInbound | None:
    merchant = merchant_of(key)
    if merchant is None:
        return None
    try:
        return AnnounceInbound(merchant=merchant, correlation_id=correlation_id, key=key)
    except ValidationError:
        return None
