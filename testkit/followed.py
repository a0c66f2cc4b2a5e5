"""The stream of the table in memory, brought to the function that follows it as the template says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from local.streams import Record, ShardReader, StreamSettings, lost_records, stream_event
from testkit.aws.dynamodb import MemoryDynamoDB
from testkit.clock import ManualClock


@dataclass(frozen=True)
class Due:
    """A batch on its way to the function."""

    reader: ShardReader
    records: list[Record]
    event: dict[str, Any]


class Followed:
    """Every change of a table, at least once. Nothing is delivered by itself.

    Attributes:
        lost: what the destination for failures was told.
    """

    def __init__(self, dynamodb: Any, table: str, clock: ManualClock, settings: StreamSettings) -> None:
        self._streams = dynamodb.streams if isinstance(dynamodb, MemoryDynamoDB) else {}
        self._table = table
        self._clock = clock
        self.settings = settings
        self._readers: dict[str, ShardReader] = {}
        self._looked_at: dict[str, str] = {}
        self._due: dict[str, float] = {}
        self.lost: list[dict[str, Any]] = []

    @property
    def stream(self) -> Any:
        return self._streams[self._table]

    def _read(self, shard: str, after: str | None) -> Sequence[Record]:
        found: Sequence[Record] = self.stream.read(shard, after)
        return found

    def next_due(self) -> float | None:
        """When the next batch is due: so long after the oldest change that waits as the template says."""
        for shard in self.stream.shards:
            new = self._read(shard, self._looked_at.get(shard))
            wanted = [one for one in new if self.settings.wants(one)]
            if new:
                self._looked_at[shard] = new[-1]["dynamodb"]["SequenceNumber"]
            if wanted:
                written_at = wanted[0]["dynamodb"]["ApproximateCreationDateTime"]
                self._due.setdefault(shard, written_at + self.settings.batching_window)
        return min(self._due.values(), default=None)

    def due_batches(self) -> Iterator[Due]:
        """Each batch of the shards whose time has come."""
        now = self._clock()
        for shard in [shard for shard, due in self._due.items() if due <= now]:
            del self._due[shard]
            yield from self.batches([shard])

    def batches(self, shards: Sequence[str] | None = None) -> Iterator[Due]:
        """Each batch that is there, shard by shard. One that is not settled comes once only."""
        for shard in self.stream.shards if shards is None else shards:
            if shard not in self._readers:
                self._readers[shard] = ShardReader(shard, self.settings, partial(self._read, shard))
            reader = self._readers[shard]
            tried: list[Record] = []
            while (records := reader.batch()) and records != tried:
                tried = records
                yield Due(reader, records, stream_event(self.stream.arn, reader, records, self._clock.now()))

    def settle(self, due: Due, answer: Any) -> None:
        """Note the function's answer; None if it failed."""
        due.reader.settle(due.records, answer, self._clock.now())
        while due.reader.given_up:
            lost = due.reader.given_up.pop(0)
            self.lost.append(lost_records(self.stream.arn, due.reader, lost, self._clock.now()))

    def come_again(self, shard: str | None = None, *, after: str | None = None) -> None:
        """Have what was delivered come again, from a place in a shard, or from the beginning of all."""
        for name, reader in self._readers.items():
            if shard in (None, name):
                reader.begin(after)
