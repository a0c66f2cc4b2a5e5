"""Which stored files announce goods, and our messages about them (R23).

S3 also reports the result files that we write beside them, which are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from orderbridge.inbound.results import OURS
from orderbridge.jobs.messages import AnnounceInbound
from orderbridge.jobs.s3_events import stored_keys
from orderbridge.merchants.settings import MERCHANT_NAME

PREFIX: Final = "inbound/"
_KEY: Final = re.compile(rf"{PREFIX}([^/]+)/(.+)", re.DOTALL)
_MERCHANT: Final = re.compile(MERCHANT_NAME)


def merchant_of(key: str) -> str | None:
    """The merchant of a file, or None for a file without a merchant, a result file of ours, or a folder."""
    found = _KEY.fullmatch(key)
    if found is None or not _MERCHANT.fullmatch(found[1]) or key.endswith((*OURS, "/")):
        return None
    return found[1]


def with_our_messages(event: Mapping[str, Any]) -> dict[str, Any]:
    """An SQS event in which each notification of S3 is replaced by our messages, one for each file.

    Notifications without a file to process are left out, and so deleted. A message that is neither S3's nor ours stays
    unchanged and goes to the dead letters.
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
