"""What S3 writes into a queue when a file was stored: messages of its own, not ours."""

from __future__ import annotations

import json
from urllib.parse import unquote_plus


def stored_keys(body: str) -> list[str] | None:
    """The keys of the files that a notification says were stored; None for what is no notification of S3.

    S3 also sends a test when the notification is set up, and may be told to report what was removed: there are no
    files in either.
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
