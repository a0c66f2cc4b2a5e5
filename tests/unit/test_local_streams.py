"""The local system delivers a table's stream as Lambda does: filters, batches, halves, retries, losses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.streams import Record, ShardReader, StreamSettings, lost_records, stream_event

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ORDERS = '{"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ORDER#"}]}}}}'
PROPERTIES: dict[str, Any] = {
    "FilterCriteria": {"Filters": [{"Pattern": ORDERS}]},
    "BatchSize": 4,
    "TumblingWindowInSeconds": 900,
    "MaximumRetryAttempts": 2,
    "MaximumRecordAgeInSeconds": 3600,
    "BisectBatchOnFunctionError": True,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}
DONE: dict[str, Any] = {"state": {}, "batchItemFailures": []}


def record(number: int, sk: str = "ORDER#1") -> Record:
    change = {"SequenceNumber": str(number), "Keys": {"sk": {"S": sk}}}
    return {"dynamodb": change | {"ApproximateCreationDateTime": NOW.timestamp()}}


def reader(records: Sequence[Record], **properties: Any) -> ShardReader:
    def read(after: str | None) -> list[Record]:
        return [one for one in records if int(one["dynamodb"]["SequenceNumber"]) > int(after or 0)]

    return ShardReader("shardId-1", StreamSettings.of(PROPERTIES | properties), read)


def numbers(batch: Sequence[Record]) -> list[int]:
    return [int(one["dynamodb"]["SequenceNumber"]) for one in batch]


def failed(number: int) -> dict[str, Any]:
    return {"state": {}, "batchItemFailures": [{"itemIdentifier": str(number)}]}


def test_what_the_filter_leaves_out_is_never_delivered_and_not_read_again() -> None:
    here = reader([record(1, "USAGE#1"), record(2), record(3, "USAGE#2"), record(4), record(5, "USAGE#3")])
    batch = here.batch()
    assert numbers(batch) == [2, 4]
    here.settle(batch, DONE, NOW)
    assert here.batch() == []
    assert here.after == "5"


def test_batches_come_in_sequence_and_no_larger_than_said() -> None:
    here = reader([record(number) for number in range(1, 11)])
    seen = []
    while batch := here.batch():
        seen.append(numbers(batch))
        here.settle(batch, DONE, NOW)
    assert seen == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


def test_what_a_function_does_not_report_as_failed_is_done_up_to_there() -> None:
    here = reader([record(number) for number in range(1, 5)])
    here.settle(here.batch(), failed(3), NOW)
    assert numbers(here.batch()) == [3, 4]
    assert here.tried == 1


def test_a_function_that_raises_gets_the_halves_one_after_the_other() -> None:
    here = reader([record(number) for number in range(1, 5)])
    here.settle(here.batch(), None, NOW)
    assert numbers(here.batch()) == [1, 2]
    here.settle(here.batch(), DONE, NOW)
    assert numbers(here.batch()) == [3, 4]
    here.settle(here.batch(), None, NOW)
    assert numbers(here.batch()) == [3]


@pytest.mark.parametrize(
    "answer", [{"batchItemFailures": []}, {}, failed(99), {"state": {}, "batchItemFailures": [{}]}]
)
def test_an_answer_without_a_state_or_with_an_unknown_record_is_a_failure(answer: dict[str, Any]) -> None:
    here = reader([record(1), record(2)])
    here.settle(here.batch(), answer, NOW)
    assert numbers(here.batch()) == [1, 2]


def test_what_fails_too_often_is_given_up_and_the_next_batch_goes_on() -> None:
    here = reader([record(number) for number in range(1, 6)])
    for _ in range(3):
        here.settle(here.batch(), failed(1), NOW)
    assert [numbers(batch) for batch in here.given_up] == [[1, 2, 3, 4]]
    assert numbers(here.batch()) == [5]
    told = lost_records("arn", here, here.given_up[0], NOW)["DDBStreamBatchInfo"]
    assert (told["startSequenceNumber"], told["endSequenceNumber"], told["batchSize"]) == ("1", "4", 4)
    assert "ORDER#" not in json.dumps(told)


def test_what_is_too_old_is_given_up_at_its_next_failure() -> None:
    here = reader([record(1)], MaximumRetryAttempts=-1)
    here.settle(here.batch(), failed(1), NOW + timedelta(minutes=59))
    assert not here.given_up
    here.settle(here.batch(), failed(1), NOW + timedelta(minutes=61))
    assert here.given_up
    assert here.batch() == []


def test_an_event_names_its_shard_only_with_a_window() -> None:
    here = reader([record(1)])
    event = stream_event("arn", here, here.batch(), NOW + timedelta(minutes=20))
    assert event["shardId"] == "shardId-1"
    assert event["window"] == {"start": "2026-07-01T12:15:00Z", "end": "2026-07-01T12:30:00Z"}
    without = reader([record(1)], TumblingWindowInSeconds=0)
    assert stream_event("arn", without, without.batch(), NOW).keys() == {"Records"}


def test_a_filter_that_is_not_understood_is_an_error() -> None:
    here = reader([record(1)], FilterCriteria={"Filters": [{"Pattern": '{"eventName": [{"numeric": [">", 1]}]}'}]})
    with pytest.raises(ValueError, match="numeric"):
        here.batch()
