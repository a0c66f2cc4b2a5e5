"""DynamoDB in memory does what moto does, call by call and error code by error code; where moto forgives what AWS
refuses, AWS's documented rule counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from orderbridge.platform.table import INDEX
from testkit.aws import MemoryDynamoDB
from testkit.template import make_table

KEY = {"pk": {"S": "MERCHANT#acme"}, "sk": {"S": "ORDER#1"}}
TABLE = {"TableName": "ledger"}
Call = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("dynamodb")


def outcome(client: Any, name: str, call: Call) -> Any:
    """What a call answers, as far as the layer reads it; of an error, its code."""
    operation, request = call
    if operation not in ("batch_get_item", "batch_write_item"):
        request = {"TableName": name} | request
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return {key: answer[key] for key in ("Item", "Attributes", "Items") if key in answer}


def update(expression: str, condition: str | None = None, **values: Any) -> Call:
    request: dict[str, Any] = {"Key": KEY, "UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    if condition is not None:
        request["ConditionExpression"] = condition
    return "update_item", request


def query(condition: str, index: str | None = None, **values: str) -> Call:
    request: dict[str, Any] = {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
    }
    return "query", request | ({} if index is None else {"IndexName": index})


PUT: Call = ("put_item", {"Item": KEY | {"n": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(pk)"})
GET: Call = ("get_item", {"Key": KEY, "ConsistentRead": True})
PUT_ANOTHER = {"PutRequest": {"Item": KEY | {"sk": {"S": "ORDER#2"}, "n": {"N": "2"}}}}
SCENES: dict[str, list[Call]] = {
    "an item is put once": [PUT, PUT, GET],
    "conditions": [
        PUT,
        update("SET n = :two", "n = :one", one={"N": "1"}, two={"N": "2"}),
        update("SET n = :two", "n = :one", one={"N": "1"}, two={"N": "2"}),
        update("SET n = :two", "attribute_not_exists(gone) OR gone < :one", one={"N": "1"}, two={"N": "3"}),
    ],
    "sums and defaults": [
        update("ADD n :one", one={"N": "1"}),
        update("SET n = n + :one, since = if_not_exists(since, :now)", one={"N": "1"}, now={"S": "today"}),
        update("SET m = missing + :one", one={"N": "1"}),
        update("REMOVE n"),
    ],
    "a sparse index holds what is projected": [
        PUT,
        query("shelf = :shelf", INDEX, shelf="open"),
        update(
            "SET shelf = :shelf, shelved_at = :at, timeline = :at, reason = :at",
            shelf={"S": "open"},
            at={"S": "2026-07-01"},
        ),
        query("shelf = :shelf", INDEX, shelf="open"),
        query("shelf = :shelf AND shelved_at < :at", INDEX, shelf="open", at="2026-07-01"),
        query("pk = :pk AND begins_with(sk, :prefix)", pk="MERCHANT#acme", prefix="ORDER#"),
    ],
    "a batch of writes": [
        PUT,
        ("scan", {"ConsistentRead": True, "ProjectionExpression": "pk, sk"}),
        ("batch_write_item", {"RequestItems": {"a-batch-of-writes": [PUT_ANOTHER, {"DeleteRequest": {"Key": KEY}}]}}),
        ("scan", {"ConsistentRead": True}),
        ("batch_write_item", {"RequestItems": {"a-batch-of-writes": [{"DeleteRequest": {"Key": KEY}}]}}),
        ("batch_write_item", {"RequestItems": {"missing": [PUT_ANOTHER]}}),
        ("batch_write_item", {"RequestItems": {"a-batch-of-writes": [PUT_ANOTHER, PUT_ANOTHER]}}),
    ],
    "what both refuse": [
        ("put_item", {"Item": {"pk": {"S": "a"}}}),
        ("get_item", {"Key": {"pk": {"S": "a"}}, "ConsistentRead": True}),
        ("put_item", {"Item": {"pk": {"S": "a"}, "sk": {"S": ""}}}),
        update("SET sk = :one", one={"S": "1"}),
        update("SET n = :one, n = :one", one={"N": "1"}),
        update("SET status = :one", one={"S": "1"}),
        update("SET n = :one", one={"N": "1"}, two={"N": "2"}),
        ("put_item", {"Item": KEY | {"large": {"S": "x" * 409_600}}}),
        ("query", query("shelf = :shelf", INDEX, shelf="open")[1] | {"ConsistentRead": True}),
        ("batch_get_item", {"RequestItems": {"missing": {"Keys": [KEY]}}}),
    ],
}


@pytest.mark.parametrize("scene", SCENES)
def test_memory_answers_as_moto_does(scene: str, moto: Any) -> None:
    name = make_table(moto, scene.replace(" ", "-"))
    memory = MemoryDynamoDB()
    make_table(memory, name)
    assert [outcome(memory, name, call) for call in SCENES[scene]] == [
        outcome(moto, name, call) for call in SCENES[scene]
    ]
    assert memory.scan(TableName=name)["Items"] == moto.scan(TableName=name)["Items"]


STRICT: dict[str, Call] = {
    "an index that the table has not": query("shelf = :shelf", "another", shelf="open"),
    "an empty name of an attribute": ("put_item", {"Item": KEY | {"": {"S": "a"}}}),
    "an empty name within a map": ("put_item", {"Item": KEY | {"m": {"M": {"": {"S": "a"}}}}}),
    "an empty key of the index": update("SET shelf = :shelf", shelf={"S": ""}),
    "39 digits": update("SET n = :n", n={"N": "1" * 39}),
    "no number": update("SET n = :n", n={"N": "many"}),
    "a number too large": update("SET n = :n", n={"N": "1E126"}),
    "an empty set": update("SET n = :n", n={"SS": []}),
    "101 keys": (
        "batch_get_item",
        {"RequestItems": {"ledger": {"Keys": [KEY | {"sk": {"S": str(place)}} for place in range(101)]}}},
    ),
    "26 writes": (
        "batch_write_item",
        {
            "RequestItems": {
                "ledger": [{"PutRequest": {"Item": KEY | {"sk": {"S": str(place)}}}} for place in range(26)],
            }
        },
    ),
    "a key twice": ("batch_get_item", {"RequestItems": {"ledger": {"Keys": [KEY, KEY]}}}),
}


@pytest.mark.parametrize("what", STRICT)
def test_memory_refuses_what_aws_documents_that_it_refuses(what: str) -> None:
    memory = MemoryDynamoDB()
    make_table(memory, "ledger")
    assert outcome(memory, "ledger", STRICT[what]) == "ValidationException"
    assert memory.tables["ledger"] == {}


def test_a_query_ends_a_page_at_1_mb_and_goes_on_behind_it() -> None:
    memory = MemoryDynamoDB()
    make_table(memory, "ledger")
    for number in range(7):
        memory.put_item(**TABLE, Item=KEY | {"sk": {"S": f"ORDER#{number}"}, "text": {"S": "x" * 300_000}})
    asked = query("pk = :pk AND begins_with(sk, :prefix)", pk="MERCHANT#acme", prefix="ORDER#")[1]
    pages = list(memory.get_paginator("query").paginate(**TABLE, **asked))
    assert [len(page["Items"]) for page in pages] == [4, 3]
    assert [item["sk"]["S"] for page in pages for item in page["Items"]] == [f"ORDER#{number}" for number in range(7)]


def test_numbers_are_kept_without_needless_zeros() -> None:
    memory = MemoryDynamoDB()
    make_table(memory, "ledger")
    memory.put_item(**TABLE, Item=KEY | {"n": {"N": "1.50"}, "m": {"N": "1E+2"}, "z": {"N": "-0"}})
    item = memory.get_item(**TABLE, Key=KEY)["Item"]
    assert [Decimal(item[name]["N"]) for name in "nmz"] == [Decimal("1.5"), 100, 0]
    assert [item[name]["N"] for name in "nmz"] == ["1.5", "100", "0"]


def test_the_stream_in_memory_holds_what_motos_holds(moto: Any) -> None:
    """Each write with the item before and after, in sequence. moto also notes writes that change nothing."""
    memory = MemoryDynamoDB()
    for client in (moto, memory):
        make_table(client, "streamed")
        for operation, request in (
            PUT,
            PUT,  # refused
            update("SET n = :n", n={"N": "2"}),
            ("delete_item", {"Key": KEY}),
            ("put_item", {"Item": KEY | {"n": {"N": "3"}}}),
        ):
            outcome(client, "streamed", (operation, request))
    streams = boto3.client("dynamodbstreams", endpoint_url="https://streams.dynamodb.eu-central-1.amazonaws.com")
    arn = moto.describe_table(TableName="streamed")["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    of_moto = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    (own,) = memory.streams["streamed"].shards
    of_memory = memory.streams["streamed"].read(own, None)
    kept = ("Keys", "OldImage", "NewImage", "StreamViewType")
    assert [_told(one, kept) for one in of_memory] == [_told(one, kept) for one in of_moto]
    assert [one["eventName"] for one in of_memory] == ["INSERT", "MODIFY", "REMOVE", "INSERT"]
    memory.put_item(TableName="streamed", Item=KEY | {"n": {"N": "3"}})
    assert len(memory.streams["streamed"].read(own, None)) == 4, "a write that changes nothing is not in the stream"


def _told(record: Any, kept: tuple[str, ...]) -> Any:
    return record["eventName"], {name: record["dynamodb"].get(name) for name in kept}
