"""Parameter Store, S3, SNS and SQS in memory do what moto does, call by call and error code by error code; where moto
forgives what AWS refuses, AWS's documented rule counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from orderbridge.platform.topics import Topic
from testkit.aws import MemoryS3, MemorySNS, MemorySQS, MemorySSM
from testkit.clock import ManualClock

Call = tuple[str, dict[str, Any]]
REGION = "eu-central-1"


@pytest.fixture(scope="module")
def moto() -> Iterator[None]:
    with mock_aws():
        yield


def outcome(client: Any, call: Call, shown: Callable[[str, dict[str, Any]], Any]) -> Any:
    """What a call answers, as far as it can be the same; of an error, its code."""
    operation, request = call
    try:
        return shown(operation, getattr(client, operation)(**request))
    except ClientError as error:
        return error.response["Error"]["Code"].rpartition(".")[2]


# ---- Parameter Store


def ssm_shown(_operation: str, answer: dict[str, Any]) -> Any:
    names = ("Name", "Type", "Value", "Version")
    if "Parameter" in answer:
        return {name: answer["Parameter"][name] for name in names}
    if "Parameters" in answer:
        found = [{name: one[name] for name in names} for one in answer["Parameters"]]
        return sorted(found, key=lambda one: str(one["Name"])), "NextToken" in answer
    return answer.get("Version")


def put(name: str, value: str = "v", kind: str = "String", **more: Any) -> Call:
    return "put_parameter", {"Name": name, "Value": value, "Type": kind, **more}


def by_path(path: str, **more: Any) -> Call:
    return "get_parameters_by_path", {"Path": path, "WithDecryption": True, **more}


MANY = [put(f"/many/p{number:02d}", str(number)) for number in range(12)]
SSM_SCENES: dict[str, list[Call]] = {
    "put, once and again": [
        put("/once/a"),
        put("/once/a", "w"),
        put("/once/a", "w", Overwrite=True),
        ("get_parameter", {"Name": "/once/a"}),
        ("delete_parameter", {"Name": "/once/a"}),
        ("get_parameter", {"Name": "/once/a"}),
        ("delete_parameter", {"Name": "/once/a"}),
    ],
    "secrets are read with decryption": [
        put("/secret/a", "hidden", "SecureString"),
        ("get_parameter", {"Name": "/secret/a", "WithDecryption": True}),
        by_path("/secret"),
    ],
    "a path, and what is below it": [
        put("/tree/a"),
        put("/tree/b/c", "w"),
        put("/treehouse/a"),
        by_path("/tree"),
        by_path("/tree", Recursive=True),
        by_path("/tree/", Recursive=True),
        by_path("/nothing"),
    ],
    "by kind": [
        put("/kinds/a"),
        put("/kinds/b", "s", "SecureString"),
        by_path("/kinds", ParameterFilters=[{"Key": "Type", "Option": "Equals", "Values": ["String"]}]),
    ],
    "ten on a page": [*MANY, by_path("/many"), by_path("/many", MaxResults=5)],
    "what both refuse": [by_path("/many", MaxResults=11)],
}


@pytest.mark.parametrize("scene", SSM_SCENES)
@pytest.mark.usefixtures("moto")
def test_parameter_store_does_what_moto_does(scene: str) -> None:
    real, memory = boto3.client("ssm", REGION), MemorySSM()
    for call in SSM_SCENES[scene]:
        assert outcome(memory, call, ssm_shown) == outcome(real, call, ssm_shown), call


NAMES = ("no/slash/first", "/with blank", "/aws/a", "/ssm-a", "/a" * 16)
REFUSED_PARAMETERS = [put("/large", "x" * 4097), put("/empty", ""), *map(put, NAMES), by_path("no-slash")]


@pytest.mark.parametrize("call", REFUSED_PARAMETERS, ids=lambda call: str(call[1].get("Name", call[0])))
def test_parameter_store_refuses_what_its_documents_do(call: Call) -> None:
    """API_PutParameter: up to 4 KB and not empty, a path begins with a slash, 15 levels, not aws or ssm in front."""
    assert outcome(MemorySSM(), call, ssm_shown) == "ValidationException"


# ---- S3


def s3_shown(operation: str, answer: dict[str, Any]) -> Any:
    if operation == "get_object":
        return answer["Body"].read(), answer["ContentType"], answer["ETag"], answer["Metadata"]
    if operation == "list_objects_v2":
        files = [(one["Key"], one["Size"], one["ETag"]) for one in answer.get("Contents", [])]
        return files, "Contents" in answer, answer["KeyCount"], answer["IsTruncated"]
    return answer.get("ETag")


def of_file(operation: str, key: str = "a/1", **more: Any) -> Call:
    return operation, {"Bucket": "documents", "Key": key, **more}


def listing(**more: Any) -> Call:
    return "list_objects_v2", {"Bucket": "documents", **more}


FILE = of_file("put_object", Body=b"one", ContentType="text/csv", Metadata={"by": "us"})
S3_SCENES: dict[str, list[Call]] = {
    "a file comes, changes and goes": [
        FILE,
        of_file("get_object"),
        of_file("put_object", Body="zwei, für uns"),
        of_file("get_object"),
        of_file("delete_object"),
        of_file("get_object"),
        of_file("delete_object"),
    ],
    "only where there is none": [
        of_file("put_object", Body=b"one", IfNoneMatch="*"),
        of_file("put_object", Body=b"two", IfNoneMatch="*"),
        of_file("get_object"),
    ],
    "only what it was": [
        FILE,
        of_file("get_object", IfMatch='"another"'),
        of_file("put_object", Body=b"two", IfMatch='"another"'),
        of_file("put_object", Body=b"two", IfMatch='"f97c5d29941bfb1b2fdab0874906ab82"'),
        of_file("get_object"),
    ],
    "lists": [
        listing(),
        *(of_file("put_object", key, Body=b"x") for key in ("b/1", "a/2", "a/1", "ä/1")),
        listing(),
        listing(Prefix="a/"),
        listing(Prefix="nothing/"),
        listing(MaxKeys=2),
    ],
    "what both refuse": [
        ("get_object", {"Bucket": "another", "Key": "a"}),
        ("put_object", {"Bucket": "another", "Key": "a", "Body": b""}),
    ],
}


@pytest.mark.parametrize("scene", S3_SCENES)
@pytest.mark.usefixtures("moto")
def test_s3_does_what_moto_does(scene: str) -> None:
    real, memory = boto3.client("s3", REGION), MemoryS3()
    real.create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": REGION})
    try:
        for call in S3_SCENES[scene]:
            assert outcome(memory, call, s3_shown) == outcome(real, call, s3_shown), call
    finally:
        for one in real.list_objects_v2(Bucket="documents").get("Contents", []):
            real.delete_object(Bucket="documents", Key=one["Key"])
        real.delete_bucket(Bucket="documents")


def test_s3_refuses_a_key_of_more_than_1024_bytes() -> None:
    assert outcome(MemoryS3(), of_file("put_object", "k" * 1025, Body=b""), s3_shown) == "KeyTooLongError"


@pytest.mark.usefixtures("moto")
def test_s3_lists_page_by_page() -> None:
    real, memory = boto3.client("s3", REGION), MemoryS3(bucket="pages")
    real.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": REGION})
    pages = []
    for client in (real, memory):
        for number in range(5):
            client.put_object(Bucket="pages", Key=f"k{number}", Body=b"")
        found = client.get_paginator("list_objects_v2").paginate(Bucket="pages", MaxKeys=2)
        pages.append([[one["Key"] for one in page["Contents"]] for page in found])
    assert pages == [[["k0", "k1"], ["k2", "k3"], ["k4"]]] * 2


# ---- SNS

TOPIC = f"arn:aws:sns:{REGION}:123456789012:digests"


def publish(message: str = "text", topic: str = TOPIC, **more: Any) -> Call:
    return "publish", {"TopicArn": topic, "Message": message, **more}


def attribute(**value: Any) -> dict[str, Any]:
    return {"MessageAttributes": {"merchant": {"DataType": "String", **value}}}


SNS_CALLS: Mapping[str, Call] = {
    "a topic": ("create_topic", {"Name": "digests"}),
    "a message": publish("für acme", Subject="A subject", **attribute(StringValue="acme")),
    "a topic that is not there": publish(topic=f"{TOPIC}-gone"),
    "a long subject": publish(Subject="s" * 101),
    "a large message": publish("x" * 262_145),
}


@pytest.mark.parametrize("what", SNS_CALLS)
@pytest.mark.usefixtures("moto")
def test_sns_does_what_moto_does(what: str) -> None:
    real = boto3.client("sns", REGION)
    real.create_topic(Name="digests")

    def shown(_operation: str, answer: dict[str, Any]) -> Any:
        return answer.get("TopicArn", "MessageId" in answer)

    assert outcome(MemorySNS(TOPIC), SNS_CALLS[what], shown) == outcome(real, SNS_CALLS[what], shown)


SUBJECTS = ("", "two\nlines", "ü", " blank first")


@pytest.mark.parametrize("call", [publish(""), *(publish(Subject=one) for one in SUBJECTS)])
def test_sns_refuses_what_its_documents_do(call: Call) -> None:
    """API_Publish: messages are not empty, subjects are ASCII without line breaks."""
    assert outcome(MemorySNS(TOPIC), call, lambda *_: None) == "InvalidParameter"


def test_sns_names_an_attribute_without_a_value() -> None:
    """The code of API_Publish's InvalidParameterValueException."""
    call = publish(**attribute(StringValue=""))
    assert outcome(MemorySNS(TOPIC), call, lambda *_: None) == "ParameterValueInvalid"


@pytest.mark.usefixtures("moto")
def test_a_subscriber_gets_the_messages_that_its_filter_names() -> None:
    """The attributes that the layer publishes with are those that a subscription can filter by."""
    sns, sqs = boto3.client("sns", REGION), boto3.client("sqs", REGION)
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="filtered")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": '{"merchant": ["acme"]}'})
    for merchant in ("acme", "bolt"):
        Topic(sns, topic).publish("A subject", f"for {merchant}", {"merchant": merchant})
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert ["for acme" in message["Body"] for message in messages] == [True]


# ---- SQS


def sqs_shown(operation: str, answer: dict[str, Any]) -> Any:
    match operation:
        case "receive_message":
            return [
                (
                    one["Body"],
                    one.get("Attributes", {}).get("MessageGroupId"),
                    one.get("Attributes", {}).get("ApproximateReceiveCount"),
                    one.get("MessageAttributes", {}),
                )
                for one in answer.get("Messages", [])
            ]
        case "send_message_batch":
            failed = [(one["Id"], one["Code"], one["SenderFault"]) for one in answer.get("Failed", [])]
            return [one["Id"] for one in answer.get("Successful", [])], failed
        case "get_queue_attributes":
            return answer["Attributes"]
    return None


def send(body: str, group: str = "acme", **more: Any) -> Call:
    return "send_message", {"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": body, **more}


def batch(*bodies: str, **more: Any) -> Call:
    entries = [
        {"Id": f"m{place}", "MessageBody": body, "MessageGroupId": "acme", "MessageDeduplicationId": f"{place}", **more}
        for place, body in enumerate(bodies)
    ]
    return "send_message_batch", {"Entries": entries}


def receive(most: int = 10, **more: Any) -> Call:
    return "receive_message", {"MaxNumberOfMessages": most, "AttributeNames": ["All"], **more}


DEPTHS: Call = (
    "get_queue_attributes",
    {"AttributeNames": ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]},
)
REASON = {"reason": {"DataType": "String", "StringValue": "why"}}
SQS_SCENES: dict[str, list[Call]] = {
    "in order, by lanes, once": [
        send("1"),
        send("1"),
        send("2"),
        send("3", "beta"),
        DEPTHS,
        receive(1),
        DEPTHS,
    ],
    "attributes": [send("1", MessageAttributes=REASON), receive(MessageAttributeNames=["All"])],
    "attributes that nobody asked for": [send("1", MessageAttributes=REASON), receive()],
    "batches": [batch("1", "2", "3"), receive(), receive()],
    "batches that are none": [batch(), batch(*map(str, range(11)))],
    "entries of one name": [
        ("send_message_batch", {"Entries": [{"Id": "m", "MessageBody": "a", "MessageGroupId": "g"}] * 2}),
    ],
    "what both refuse": [
        ("send_message", {"MessageBody": "no lane"}),
        ("send_message", {"MessageBody": "no id", "MessageGroupId": "acme"}),
        send("late", DelaySeconds=5),
        receive(11),
        receive(0),
    ],
}


@pytest.mark.parametrize("scene", SQS_SCENES)
@pytest.mark.usefixtures("moto")
def test_sqs_does_what_moto_does(scene: str) -> None:
    real, memory = boto3.client("sqs", REGION), MemorySQS(ManualClock())
    made: dict[str, Any] = {
        "QueueName": f"{scene.replace(' ', '-').replace(',', '')}.fifo",
        "Attributes": {"FifoQueue": "true"},
    }
    urls = [client.create_queue(**made)["QueueUrl"] for client in (memory, real)]
    for operation, request in SQS_SCENES[scene]:
        found, expected = (
            outcome(client, (operation, {"QueueUrl": url, **request}), sqs_shown)
            for client, url in zip((memory, real), urls, strict=True)
        )
        assert found == expected, (operation, request)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (batch("a" * 200_000, "b" * 200_000), "BatchRequestTooLong"),
        (send("line\x00"), "InvalidMessageContents"),
        (send("x" * 262_145), "InvalidParameterValue"),
    ],
    ids=["large batch", "binary", "large message"],
)
def test_sqs_refuses_what_its_documents_do(call: Call, code: str) -> None:
    """API_SendMessage and API_SendMessageBatch. The size is the older limit, which the layer keeps to."""
    sqs = MemorySQS(ManualClock())
    sqs.add("lanes")
    assert outcome(sqs, (call[0], {"QueueUrl": "lanes", **call[1]}), sqs_shown) == code


@pytest.mark.usefixtures("moto")
def test_sqs_deletes_and_hides_by_receipt_as_moto_does() -> None:
    ends = []
    for client in (boto3.client("sqs", REGION), MemorySQS(ManualClock())):
        url = client.create_queue(QueueName="receipts.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for operation, request in (send("1"), send("2")):
            getattr(client, operation)(QueueUrl=url, **request)
        first = client.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=first, VisibilityTimeout=0)
        again = client.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
        client.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
        left = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        unknown = {"QueueUrl": url, "ReceiptHandle": "no receipt", "VisibilityTimeout": 0}
        ends.append(
            (
                again["Body"],
                again["Attributes"]["ApproximateReceiveCount"],
                [one["Body"] for one in left],
                outcome(client, ("change_message_visibility", unknown), sqs_shown),
                outcome(client, ("send_message", {"QueueUrl": f"{url}-gone", **send("1")[1]}), sqs_shown),
            )
        )
    assert ends[0] == ends[1]
