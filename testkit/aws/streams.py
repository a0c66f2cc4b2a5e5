"""The stream of a table in memory: what was written, by shard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final
from zlib import crc32

from testkit.aws.values import Wire, size

KEPT: Final = timedelta(hours=24)
SHARDS: Final = 4
"""As many as a new table on demand has partitions."""
_MOST: Final = 50_000
"""Changes that a shard keeps, however young they are, for the sake of memory."""
_FIRST: Final = 100_000_000_000_000_000_001

Key = tuple[str, str]


def by_partition_key(key: Key) -> str:
    """All items of a partition key are in one shard, until the table grows."""
    return f"shardId-{crc32(key[0].encode()) % SHARDS + 1:020d}-0a1b2c3d"


def by_whole_key(key: Key) -> str:
    """Only the changes of one item are in sequence: DynamoDB may split a partition key by the sort key."""
    return f"shardId-{crc32('/'.join(key).encode()) % SHARDS + 1:020d}-4e5f6071"


@dataclass(frozen=True, slots=True)
class _Written:
    sequence: int
    at: float
    key: Key
    before: Wire | None
    after: Wire | None


class MemoryStream:
    """The stream of one table, with both images.

    Attributes:
        shard_of: says to which shard a change of an item goes.
    """

    def __init__(self, arn: str, names: Key, now: Callable[[], datetime]) -> None:
        self.arn = arn
        self.shard_of: Callable[[Key], str] = by_partition_key
        self._names = names
        self._now = now
        self._shards: dict[str, deque[_Written]] = {}
        self._last = _FIRST

    @property
    def shards(self) -> list[str]:
        """The shards to which something was written."""
        return list(self._shards)

    def note(self, key: Key, before: Wire | None, after: Wire | None) -> None:
        """Note a write. One that changes nothing is not in the stream."""
        if before == after:
            return
        now = self._now().timestamp()
        self._last += 7
        shard = self._shards.setdefault(self.shard_of(key), deque(maxlen=_MOST))
        while shard and shard[0].at < now - KEPT.total_seconds():
            shard.popleft()
        shard.append(_Written(self._last, float(int(now)), key, before, after))

    def read(self, shard: str, after: str | None) -> Sequence[dict[str, Any]]:
        """The records of a shard after a sequence number, the oldest first, as Lambda hands them over."""
        place = int(after or 0)
        newest_first = reversed(self._shards.get(shard, deque()))
        found = list(takewhile(lambda one: one.sequence > place, newest_first))
        return [self._record(one) for one in reversed(found)]

    def _record(self, one: _Written) -> dict[str, Any]:
        images = {name: item for name, item in (("OldImage", one.before), ("NewImage", one.after)) if item is not None}
        return {
            "eventID": f"{one.sequence:032x}",
            "eventName": "INSERT" if one.before is None else "REMOVE" if one.after is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "dynamodb": {
                "ApproximateCreationDateTime": one.at,
                "Keys": {name: {"S": part} for name, part in zip(self._names, one.key, strict=True)},
                **images,
                "SequenceNumber": str(one.sequence),
                "SizeBytes": sum(map(size, images.values())),
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventSourceARN": self.arn,
        }


def stream_of(
    table: str, names: Key, request: Mapping[str, Any], now: Callable[[], datetime]
) -> dict[str, MemoryStream]:
    """The stream that a table is created with, by the table's name; none if it asks for none."""
    asked = request.get("StreamSpecification", {"StreamEnabled": False})
    if not asked["StreamEnabled"]:
        return {}
    assert asked["StreamViewType"] == "NEW_AND_OLD_IMAGES", "other images are not taught"
    arn = f"arn:aws:dynamodb:eu-central-1:123456789012:table/{table}/stream/2026-01-01T00:00:00.000"
    return {table: MemoryStream(arn, names, now)}
