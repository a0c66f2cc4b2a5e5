"""EventBridge in memory is as strict as the service's documents, and like moto where that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto import mock_aws

from testkit.aws import MemoryEvents

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(params=["memory", "moto"])
def events(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryEvents("bus")
        return
    with mock_aws():
        client = boto3.client("events", "eu-central-1")
        client.create_event_bus(Name="bus")
        yield client


@pytest.fixture
def memory() -> MemoryEvents:
    return MemoryEvents("bus")


def entry(**more: Any) -> dict[str, Any]:
    made = {"EventBusName": "bus", "Source": "orderbridge", "DetailType": "Order Moved", "Detail": "{}", "Time": NOW}
    return made | more


def test_a_good_entry_gets_an_id(events: Any) -> None:
    answer = events.put_events(Entries=[entry(), entry(Detail=json.dumps({"why": "ü"}))])
    assert answer["FailedEntryCount"] == 0
    assert [set(one) for one in answer["Entries"]] == [{"EventId"}, {"EventId"}]


@pytest.mark.parametrize("count", [0, 11])
def test_a_call_holds_one_to_ten_entries(events: Any, count: int) -> None:
    with pytest.raises((ClientError, ParamValidationError)):
        events.put_events(Entries=[entry()] * count)


def test_a_call_holds_256_kilobytes(memory: MemoryEvents) -> None:
    room = 256 * 1024 - 14 - len("orderbridge" + "Order Moved") - len('{"a":""}')
    memory.put_events(Entries=[entry(Detail=json.dumps({"a": "x" * room}, separators=(",", ":")))])
    with pytest.raises(ClientError, match="over the limit"):
        memory.put_events(Entries=[entry(Detail=json.dumps({"a": "x" * (room + 1)}, separators=(",", ":")))])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Detail": "no JSON"}, "MalformedDetail"),
        ({"Detail": "[]"}, "MalformedDetail"),
        ({"Detail": '{"a": NaN}'}, "MalformedDetail"),
        ({"EventBusName": "another"}, "ResourceNotFoundException"),
        ({"Source": "aws.events"}, "NotAuthorizedForSource"),
        ({"DetailType": "x" * 129}, "InvalidArgument"),
        ({"Source": ""}, "InvalidArgument"),
    ],
)
def test_an_entry_that_is_refused_stops_no_other(memory: MemoryEvents, more: dict[str, str], code: str) -> None:
    answer = memory.put_events(Entries=[entry(), entry(**more), entry()])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == code
    assert len(memory.put["bus"]) == 2


def test_an_unknown_parameter_is_refused_as_botocore_does(events: Any) -> None:
    with pytest.raises(ParamValidationError):
        events.put_events(Entries=[entry()], Bus="bus")
