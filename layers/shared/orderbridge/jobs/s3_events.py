"""S3's own messages about stored files."""

from __future__ import annotations

import json
from urllib.parse import unquote_plus


def stored_keys(body: str) -> list[str] | None:
    """The keys of the stored files in a notification; None for a message that is not S3's.

    S3 also sends a test when the notification is set up, and may report removed files: these give no keys.
    """
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
                if name.startswith(("ObjectCreated:", "s3:ObjectCreated:")):
                    found.append(unquote_plus(key))
            case _:
                return None
    return found
