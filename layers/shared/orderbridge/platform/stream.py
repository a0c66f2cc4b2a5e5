"""The table's stream: what was written, item by item, with the item before and after.

Lambda delivers every change at least once, and the changes of one shard in sequence the first time. A change that comes
again may come late, and in another batch. Its place in its shard tells that it was there before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from orderbridge.platform.table import Item, plain

_LONGEST_SEQUENCE: Final = 40
"""Digits that a sequence number may have, by DynamoDB's documents."""


@dataclass(frozen=True)
class Change:
    """One write of one item.

    Attributes:
        before: the item before; None if it is new.
        after: the item now; None if it was deleted.
        at: when it was written, to the second.
        sequence: the change's place in its shard, as text that sorts.
        number: the same as Lambda knows it.
    """

    pk: str
    sk: str
    before: Item | None
    after: Item | None
    at: datetime
    sequence: str
    number: str


def shard_of(event: Mapping[str, Any]) -> str:
    """The shard that a batch is from. Lambda names it only to functions with a tumbling window."""
    return str(event["shardId"]).removeprefix("shardId-").lstrip("0")


def changes_in(event: Mapping[str, Any]) -> Sequence[Change]:
    """The changes of a batch, in sequence. There are none at the end of a window."""
    return [_change(record["dynamodb"]) for record in event["Records"]]


def _change(wire: Mapping[str, Any]) -> Change:
    key = plain(wire["Keys"])
    return Change(
        pk=key["pk"],
        sk=key["sk"],
        before=plain(wire["OldImage"]) if "OldImage" in wire else None,
        after=plain(wire["NewImage"]) if "NewImage" in wire else None,
        at=datetime.fromtimestamp(float(wire["ApproximateCreationDateTime"]), UTC),
        sequence=str(wire["SequenceNumber"]).zfill(_LONGEST_SEQUENCE),
        number=str(wire["SequenceNumber"]),
    )
