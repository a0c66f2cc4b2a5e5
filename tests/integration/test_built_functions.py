"""What `sam build` made, started as Lambda starts it: nothing is missing or read too early, and sizes hold.

`make check` builds for this machine and then runs these; `make test` leaves them out.
"""

from __future__ import annotations

import json
import marshal
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from samtranslator.yaml_helper import yaml_parse

from benchmarks.blueprint import holds
from local.simulators import Bibi, Billbee
from tests.integration.runtime_api import BuiltFunction

pytestmark = [
    pytest.mark.built,
    pytest.mark.skipif(sys.platform != "linux", reason="the layer holds packages compiled for Linux"),
]

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "here"
LAYER = BUILD / "SharedLayer"
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTIONS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}
QUEUES = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::SQS::Queue"}
TOPICS = [n for n, r in RESOURCES.items() if r["Type"] == "AWS::SNS::Topic"]
REGION = "eu-central-1"

PASSWORD = "billbee-password"
SETTINGS: dict[str, dict[str, Any]] = {
    "billbee": {"username": "shop@acme.example", "order_tag": "bibi"},
    "billing": {"enabled": True},
}
SECRETS = {"billbee_password": PASSWORD, "bibi_public_key": "public", "bibi_secret_key": "secret"}
SECRETS |= {"abillify_username": "api", "abillify_password": "password"}


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def samples(function: str) -> list[Path]:
    return sorted((ROOT / "events" / Path(FUNCTIONS[function]["CodeUri"]).name).glob("*.json"))


def is_batch(event: dict[str, Any]) -> bool:
    return any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", ()))


class Account:
    """The little of an AWS account that the functions need: a table, queues, one merchant's parameters."""

    def __init__(self, endpoint: str, urls: dict[str, str]) -> None:
        session = boto3.Session(region_name=REGION)
        self._endpoint = endpoint
        self._parameters = {name: p["Default"] for name, p in TEMPLATE["Parameters"].items()} | urls
        self._sqs = session.client("sqs", endpoint_url=endpoint)
        self._ssm = session.client("ssm", endpoint_url=endpoint)
        dynamodb = session.client("dynamodb", endpoint_url=endpoint)
        table = RESOURCES["Table"]["Properties"]
        keys = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        dynamodb.create_table(TableName="table", **{key: table[key] for key in keys})
        sns = session.client("sns", endpoint_url=endpoint)
        self._physical = {"Table": "table"} | {name: self._queue(QUEUES[name]) for name in QUEUES}
        self._physical |= {name: sns.create_topic(Name=name)["TopicArn"] for name in TOPICS}
        session.client("s3", endpoint_url=endpoint).create_bucket(
            Bucket="documents", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self._physical |= {"Documents": "documents", "Doorbell": "doorbell"}

    def _queue(self, properties: dict[str, Any]) -> str:
        name = properties["QueueName"]["Fn::Sub"].replace("${Stage}", self._parameters["Stage"])
        fifo: Any = {"FifoQueue": "true"} if properties.get("FifoQueue") else {}
        return self._sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]

    def add_merchant(self, name: str) -> None:
        path = f"/orderbridge/{self._parameters['Stage']}"
        put = self._ssm.put_parameter
        put(Name=f"{path}/billbee/api_key", Value="key", Type="SecureString", Overwrite=True)
        put(Name=f"{path}/merchants/{name}/settings", Value=json.dumps(SETTINGS), Type="String")
        for secret, value in SECRETS.items():
            put(Name=f"{path}/merchants/{name}/secrets/{secret}", Value=value, Type="SecureString")

    def environment(self, function: str) -> dict[str, str]:
        """The function's environment as the template wires it, and the runtime's own way to reach AWS."""
        given = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        given = given | FUNCTIONS[function]["Environment"]["Variables"]
        return {name: self._resolved(value) for name, value in given.items()} | {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL": self._endpoint,
        }

    def _resolved(self, value: Any) -> str:
        known = self._parameters | self._physical
        if isinstance(value, dict) and "Fn::If" in value:
            name, yes, no = value["Fn::If"]
            return self._resolved(yes if holds(TEMPLATE["Conditions"][name], self._parameters) else no)
        if isinstance(value, dict) and "Fn::Sub" in value:
            return re.sub(r"\$\{(\w+)\}", lambda name: known[name[1]], value["Fn::Sub"])
        return known[value["Ref"]] if isinstance(value, dict) else str(value)

    def _empty(self, queue: str) -> None:
        while messages := self._sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def deliver(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """The event with its messages really in the queue: a sample's receipt handle opens nothing."""
        if not is_batch(event):
            return event
        queue = self.environment(function)["QUEUE_URL"]
        self._empty(queue)  # of what start_jobs' samples sent
        records = {str(uuid.uuid4()): record for record in event["Records"]}
        for deduplication_id, record in records.items():
            group = record["attributes"].get("MessageGroupId")
            lane = {"MessageGroupId": group, "MessageDeduplicationId": deduplication_id} if group else {}
            self._sqs.send_message(QueueUrl=queue, MessageBody=record["body"], **lane)
        received = self._sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"])
        (first, *_) = records  # a queue that is not FIFO has one message a sample
        messages = {m["Attributes"].get("MessageDeduplicationId", first): m for m in received["Messages"]}
        assert messages.keys() == records.keys()
        return event | {
            "Records": [
                record | {"messageId": messages[key]["MessageId"], "receiptHandle": messages[key]["ReceiptHandle"]}
                for key, record in records.items()
            ]
        }

    def settle(self, function: str, event: dict[str, Any]) -> None:
        """Delete what was delivered, as Lambda does once the function has answered."""
        for record in event["Records"] if is_batch(event) else ():
            queue = self.environment(function)["QUEUE_URL"]
            self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=record["receiptHandle"])


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    host, port = aws.get_host_and_port()
    try:
        with Billbee(api_key="key", throttles=False) as billbee, Bibi(throttles=False) as bibi:
            billbee.add_account(SETTINGS["billbee"]["username"], PASSWORD)
            bibi.add_account(SECRETS["bibi_public_key"], SECRETS["bibi_secret_key"])
            account = Account(f"http://{host}:{port}", {"BillbeeBaseUrl": billbee.url, "BibiBaseUrl": bibi.url})
            account.add_merchant("acme")
            yield account
    finally:
        aws.stop()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_built_function_starts_and_answers_its_sample_events(function: str, account: Account) -> None:
    assert samples(function)
    with BuiltFunction(BUILD / function, LAYER, account.environment(function)) as built:
        for sample in samples(function):
            event = account.deliver(function, json.loads(sample.read_text(encoding="utf-8")))
            answer = built.invoke(event)
            account.settle(function, event)
            if is_batch(event):
                assert answer == {"batchItemFailures": []}, f"{sample.name}\n{built.output()}"
            else:
                assert isinstance(answer, dict), f"{sample.name}\n{built.output()}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_without_its_layer_stays_under_200_kb(function: str) -> None:
    assert (BUILD / function / "app.py").is_file()
    assert size(BUILD / function) < 200_000


def test_the_layer_stays_under_30_mb_unpacked() -> None:
    """A third of it is bytecode. AWS allows 250 MB."""
    assert (LAYER / "python" / "orderbridge").is_dir()
    assert size(LAYER) < 30_000_000


def test_the_layer_brings_bytecode_for_its_runtime_that_holds_whatever_the_times_of_files() -> None:
    ours = sorted((LAYER / "python" / "orderbridge").rglob("*.py"))
    assert ours
    for source in ours:
        compiled = Path(cache_from_source(source)).read_bytes()
        assert compiled[:4] == MAGIC_NUMBER
        assert int.from_bytes(compiled[4:8], "little") == 0b01, "by hash, and unchecked"
        in_lambda = f"/opt/python/{source.relative_to(LAYER / 'python')}"
        assert marshal.loads(compiled[16:]).co_filename == in_lambda


def test_the_bytecode_is_what_runs(tmp_path: Path) -> None:
    shutil.copytree(LAYER / "python" / "annotated_types", tmp_path / "annotated_types")
    (tmp_path / "annotated_types" / "__init__.py").write_text("raise SystemExit('compiled again')", encoding="utf-8")
    asked = [sys.executable, "-S", "-c", "import annotated_types; print(annotated_types.Gt(1))"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert (done.stdout, done.stderr) == ("Gt(gt=1)\n", "")


def test_the_layer_brings_no_aws_sdk() -> None:
    brought = {path.name for path in (LAYER / "python").iterdir()}
    assert not brought & {"boto3", "botocore", "s3transfer"}
