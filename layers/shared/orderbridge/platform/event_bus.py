"""Sending to a bus of EventBridge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.platform.defects import PASSING_CODES

MOST_ENTRIES: Final = 10
MOST_BYTES: Final = 256 * 1024
"""What one call may hold, by EventBridge's documents."""
_BYTES_OF_A_TIME: Final = 14


@dataclass(frozen=True)
class Entry:
    """One event.

    Attributes:
        source, kind: what rules choose by; ``kind`` is called detail-type there.
        detail: a JSON object.
    """

    source: str
    kind: str
    detail: str
    at: datetime

    @property
    def bytes(self) -> int:
        """Its size, as EventBridge counts it."""
        return _BYTES_OF_A_TIME + sum(len(text.encode()) for text in (self.source, self.kind, self.detail))


@dataclass(frozen=True)
class Refusal:
    """Why an entry was not taken. ``passes``: it may be taken later."""

    code: str
    passes: bool


class EventBus:
    """One bus."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, entries: Sequence[Entry]) -> list[Refusal | None]:
        """Send entries that fit into one call. Returns for each why it was not taken; None if it was."""
        wire = [
            {
                "EventBusName": self._name,
                "Source": one.source,
                "DetailType": one.kind,
                "Detail": one.detail,
                "Time": one.at,
            }
            for one in entries
        ]
        try:
            answer = self._client.put_events(Entries=wire)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            refusal = _refusal(error.response["Error"]["Code"], is_down=status >= 500)
            return [refusal] * len(entries)
        except BotoCoreError as error:
            return [Refusal(type(error).__name__, passes=True)] * len(entries)
        return [_refusal(one["ErrorCode"]) if one.get("ErrorCode") else None for one in answer["Entries"]]


def _refusal(code: str, *, is_down: bool = False) -> Refusal:
    return Refusal(code, passes=is_down or code in PASSING_CODES)
