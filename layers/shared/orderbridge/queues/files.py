"""What S3 says when a file was dropped, as messages of our own.

S3 writes its own notifications into the queue, not ours, and it also tells of the result files that we write, and sends
a test when the notification is set up. Those two are nothing to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from pydantic import ValidationError

from orderbridge.domain.inbound_results import OURS
from orderbridge.queues.messages import AnnounceInbound
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
        files = files_in(record["body"], record.get("messageId", ""))
        if files is None:
            records.append(record)
        else:
            records += [{**record, "body": one.body()} for one in files]
    return {**event, "Records": records}


def files_in(body: str, correlation_id: str = "") -> list[AnnounceInbound] | None:
    """The files that a notification names; None for what is no notification of S3."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    if told.get("Event") == "s3:TestEvent":
        return []
    entries = told.get("Records")
    if not isinstance(entries, list) or not entries:
        return None
    found = []
    for entry in entries:
        match entry:
            case {"eventSource": "aws:s3", "eventName": str(name), "s3": {"object": {"key": str(key)}}}:
                if name.startswith(("ObjectCreated:", "s3:ObjectCreated:")) and (one := _message(key, correlation_id)):
                    found.append(one)
            case _:
                return None
    return found


def _message(encoded_key: str, correlation_id: str) -> AnnounceInbound | None:
    key = unquote_plus(encoded_key)
    merchant = merchant_of(key)
    if merchant is None:
        return None
    try:
        return AnnounceInbound(merchant=merchant, correlation_id=correlation_id, key=key)
    except ValidationError:
        return None
