"""Reads the stream of a table on moto, and invokes the function that follows it.

Lambda waits for more changes as long as the template says; here a batch is delivered within a second, so that a run
does not end a minute later.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from local.aws import Aws
from local.clock import ScaledClock
from local.stack import StreamMapping
from local.streams import Record, ShardReader, lost_records, stream_event
from local.workers import Workers, WorkersClosed

log = logging.getLogger(__name__)

#: Real seconds between two looks.
LOOK_SECONDS = 1.0
#: After so many tries, a batch that fails is not waited for.
WAITED_FOR = 3


class StreamPoller:
    """Follows one stream, in a thread of its own."""

    def __init__(self, aws: Aws, mapping: StreamMapping, workers: Workers, clock: ScaledClock) -> None:
        self._aws = aws
        self._mapping = mapping
        self._workers = workers
        self._clock = clock
        self._client = aws.client("dynamodbstreams")
        self._readers: dict[str, ShardReader] = {}
        self._read = 0
        self._stop = threading.Event()
        self.thread = threading.Thread(target=self._follow, name=f"follow {mapping.table}", daemon=True)

    def stop(self) -> None:
        self._stop.set()

    def is_done(self) -> bool:
        """Whether the function has had everything that was written so far, or failed at it several times."""
        return self._read == self._aws.written(self._mapping.table) or any(
            reader.tried >= WAITED_FOR for reader in self._readers.values()
        )

    def _follow(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                written = self._aws.written(self._mapping.table)
                if written != self._read and self._deliver():
                    self._read = written
            except WorkersClosed:
                return
            except Exception:
                log.exception("following %s failed", self._mapping.table)

    def _deliver(self) -> bool:
        """Deliver what is there. False if some of it has to come again."""
        stream = self._client.describe_stream(StreamArn=self._mapping.arn)["StreamDescription"]
        for shard in (one["ShardId"] for one in stream["Shards"]):
            if shard not in self._readers:
                self._readers[shard] = ShardReader(shard, self._mapping.settings, partial(self._records, shard))
            reader = self._readers[shard]
            while batch := reader.batch():
                event = stream_event(self._mapping.arn, reader, batch, self._clock.now())
                result = self._workers.invoke(self._mapping.function, event)
                reader.settle(batch, None if result.failed else result.payload, self._clock.now())
                self._tell_of_losses(reader)
                if reader.tried:
                    return False
        return True

    def _records(self, shard: str, after: str | None) -> Sequence[Record]:
        where = (
            {"ShardIteratorType": "TRIM_HORIZON"}
            if after is None
            else {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        )
        iterator = self._client.get_shard_iterator(StreamArn=self._mapping.arn, ShardId=shard, **where)["ShardIterator"]
        return [self._as_lambda_has_it(one) for one in self._client.get_records(ShardIterator=iterator)["Records"]]

    def _as_lambda_has_it(self, record: dict[str, Any]) -> Record:
        change = record["dynamodb"]
        written_at = {"ApproximateCreationDateTime": float(int(change["ApproximateCreationDateTime"].timestamp()))}
        return record | {"dynamodb": change | written_at, "eventSourceARN": self._mapping.arn}

    def _tell_of_losses(self, reader: ShardReader) -> None:
        for batch in reader.given_up:
            told = lost_records(self._mapping.arn, reader, batch, self._clock.now())
            log.error("changes of %s are given up: %s", self._mapping.table, told["DDBStreamBatchInfo"])
            if self._mapping.on_failure:
                self._aws.client("sns").publish(TopicArn=self._mapping.on_failure, Message=json.dumps(told))
        reader.given_up.clear()
