"""Delivers a table's stream to a function, as Lambda's event source mappings do.

Each shard is read on its own: batch after batch, in sequence. What fails comes again, halved if the function raised,
until it succeeds, is too old, or was tried too often. Then it is given up, and the topic hears where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]
"""One change, as the function gets it."""


@dataclass(frozen=True)
class StreamSettings:
    """What an event source mapping says of a stream; durations are seconds."""

    filters: tuple[Mapping[str, Any], ...] = ()
    batch_size: int = 100
    batching_window: float = 0.0
    tumbling_window: float = 0.0
    retries: int = -1
    longest_age: float = -1.0
    halves: bool = False
    partial_failures: bool = False

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> StreamSettings:
        """The settings of a mapping's resource, or of SAM's event."""
        filters = properties.get("FilterCriteria", {}).get("Filters", ())
        return cls(
            filters=tuple(json.loads(one["Pattern"]) for one in filters),
            batch_size=int(properties.get("BatchSize", 100)),
            batching_window=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
            tumbling_window=float(properties.get("TumblingWindowInSeconds", 0)),
            retries=int(properties.get("MaximumRetryAttempts", -1)),
            longest_age=float(properties.get("MaximumRecordAgeInSeconds", -1)),
            halves=str(properties.get("BisectBatchOnFunctionError", False)).lower() == "true",
            partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
        )

    def wants(self, record: Mapping[str, Any]) -> bool:
        """Whether a record passes one of the filters; the others never reach the function."""
        return not self.filters or any(_matches(record, pattern) for pattern in self.filters)


def _matches(value: Any, pattern: Any) -> bool:
    """EventBridge's patterns, as far as they are used: a list has the values that pass, or prefixes of them."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(value.get(name), part) for name, part in pattern.items())
    return any(_passes(value, one) for one in pattern)


def _passes(value: Any, allowed: Any) -> bool:
    if not isinstance(allowed, dict):
        return bool(value == allowed)
    if allowed.keys() == {"prefix"}:
        return isinstance(value, str) and value.startswith(allowed["prefix"])
    if allowed.keys() == {"exists"}:
        return (value is not None) is allowed["exists"]
    raise ValueError(f"{__name__} cannot filter by {sorted(allowed)} yet")


@dataclass
class ShardReader:
    """Where the reading of one shard is.

    Args:
        read: gives the records of the shard after a sequence number, oldest first; None is the beginning.
    """

    shard: str
    settings: StreamSettings
    read: Callable[[str | None], Sequence[Record]]
    given_up: list[list[Record]] = field(default_factory=list)
    """Batches that were tried too often, or became too old."""
    after: str | None = None
    tried: int = 0
    """How often the batch that is due has failed."""
    _parts: list[list[Record]] = field(default_factory=list)

    def begin(self, after: str | None = None) -> None:
        """Read again what comes after a sequence number."""
        self.after, self._parts, self.tried = after, [], 0

    def batch(self) -> list[Record]:
        """What is due: the rest of a batch that failed, or the next one. Empty if there is nothing new."""
        if not self._parts:
            new = self.read(self.after)
            wanted = [record for record in new if self.settings.wants(record)][: self.settings.batch_size]
            if not wanted:
                self.after = _sequence(new[-1]) if new else self.after
                return []
            self._parts = [wanted]
        return self._parts[0]

    def settle(self, batch: list[Record], answer: Any, now: datetime) -> None:
        """Note what came of a batch. ``answer`` is None if the function raised."""
        done = self._done(batch, answer)
        rest = batch[done:]
        self._parts.pop(0)
        if done:
            self.after = _sequence(batch[done - 1])
            self.tried = 0
        if not rest:
            return
        if answer is None and self.settings.halves and len(rest) > 1:
            middle = len(rest) // 2
            self._parts[:0] = [rest[:middle], rest[middle:]]  # which does not count as another try
            return
        self.tried += 1
        if self._is_over(rest, now):
            self.given_up.append(rest)
            self.after, self.tried = _sequence(rest[-1]), 0
        else:
            self._parts.insert(0, rest)

    def _done(self, batch: Sequence[Record], answer: Any) -> int:
        """How many of the batch are done: those before the first that failed."""
        if answer is None or (self.settings.tumbling_window and "state" not in answer):
            return 0
        if not self.settings.partial_failures or not answer.get("batchItemFailures"):
            return len(batch)
        failed = {one.get("itemIdentifier") for one in answer["batchItemFailures"]}
        places = [place for place, record in enumerate(batch) if _sequence(record) in failed]
        return places[0] if len(places) == len(failed) else 0

    def _is_over(self, rest: Sequence[Record], now: datetime) -> bool:
        oldest = datetime.fromtimestamp(rest[0]["dynamodb"]["ApproximateCreationDateTime"], UTC)
        is_too_old = 0 <= self.settings.longest_age < (now - oldest).total_seconds()
        return is_too_old or 0 <= self.settings.retries < self.tried


def stream_event(arn: str, reader: ShardReader, batch: Sequence[Record], now: datetime) -> dict[str, Any]:
    """The event that Lambda makes of a batch."""
    if not reader.settings.tumbling_window:
        return {"Records": list(batch)}
    begins = now - timedelta(seconds=now.timestamp() % reader.settings.tumbling_window)
    ends = begins + timedelta(seconds=reader.settings.tumbling_window)
    return {
        "Records": list(batch),
        "window": {"start": f"{begins:%Y-%m-%dT%H:%M:%SZ}", "end": f"{ends:%Y-%m-%dT%H:%M:%SZ}"},
        "state": {},
        "shardId": reader.shard,
        "eventSourceARN": arn,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def lost_records(arn: str, reader: ShardReader, batch: Sequence[Record], now: datetime) -> dict[str, Any]:
    """What the destination for failures is told: where the records were, and nothing of what they hold."""
    return {
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S.000Z}",
        "DDBStreamBatchInfo": {
            "shardId": reader.shard,
            "startSequenceNumber": _sequence(batch[0]),
            "endSequenceNumber": _sequence(batch[-1]),
            "batchSize": len(batch),
            "streamArn": arn,
        },
    }


def _sequence(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
