"""What an AWS account holds that built functions need, on a server of moto in this process, and the vendors."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from local.simulators import Bibi, Billbee
from local.stack import PROJECT
from orderbridge.merchants.registry import Registry
from orderbridge.merchants.secrets import application_parameter, merchant_parameter
from orderbridge.platform.clock import SYSTEM_CLOCK
from orderbridge.platform.table import Table
from testkit.template import holds, make_table, of_type, read_template

#: `make built` says where it built them, which differs by the Python that runs them.
BUILD = PROJECT / os.environ.get("BUILT", ".aws-sam/here")
LAYER = BUILD / "SharedLayer"
TEMPLATE = read_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTIONS = {name: one["Properties"] for name, one in of_type(RESOURCES, "AWS::Serverless::Function").items()}
QUEUES = {name: one["Properties"] for name, one in of_type(RESOURCES, "AWS::SQS::Queue").items()}
TOPICS = list(of_type(RESOURCES, "AWS::SNS::Topic"))
REGION = "eu-central-1"
MERCHANT = "acme"

PASSWORD = "billbee-password"
SETTINGS: dict[str, dict[str, Any]] = {
    "billbee": {"username": "shop@acme.example", "order_tag": "bibi"},
    "billing": {"enabled": True},
}
SECRETS = {"billbee_password": PASSWORD, "bibi_public_key": "public", "bibi_secret_key": "secret"}
SECRETS |= {"abillify_username": "api", "abillify_password": "password"}


def samples(function: str) -> list[Path]:
    return sorted((PROJECT / "events" / Path(FUNCTIONS[function]["CodeUri"]).name).glob("*.json"))


def is_batch(event: dict[str, Any]) -> bool:
    return any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", ()))


class Account:
    """Table, queues, topics, a bucket, and the parameters of merchants."""

    def __init__(self, endpoint: str, urls: dict[str, str]) -> None:
        session = boto3.Session(region_name=REGION)
        self._endpoint = endpoint
        self._parameters = {name: p["Default"] for name, p in TEMPLATE["Parameters"].items()} | urls
        self._sqs = session.client("sqs", endpoint_url=endpoint)
        self._ssm = session.client("ssm", endpoint_url=endpoint)
        dynamodb = session.client("dynamodb", endpoint_url=endpoint)
        self._table = Table(dynamodb, make_table(dynamodb, "table"))
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
        stage = self._parameters["Stage"]
        self._put_secrets(application_parameter(stage), {"billbee_api_key": "key"})
        self._put_secrets(merchant_parameter(stage, name), SECRETS)
        Registry(self._table, SYSTEM_CLOCK).put(name, json.dumps(SETTINGS), by="a test")

    def add_secret(self, merchant: str, name: str, value: str) -> None:
        self._put_secrets(merchant_parameter(self._parameters["Stage"], merchant), SECRETS | {name: value})

    def _put_secrets(self, parameter: str, secrets: dict[str, str]) -> None:
        self._ssm.put_parameter(Name=parameter, Value=json.dumps(secrets), Type="SecureString", Overwrite=True)

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


@contextmanager
def account() -> Iterator[Account]:
    """An account with one merchant, and both vendors without throttles."""
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    host, port = aws.get_host_and_port()
    try:
        with Billbee(api_key="key", throttles=False) as billbee, Bibi(throttles=False) as bibi:
            billbee.add_account(SETTINGS["billbee"]["username"], PASSWORD)
            bibi.add_account(SECRETS["bibi_public_key"], SECRETS["bibi_secret_key"])
            made = Account(f"http://{host}:{port}", {"BillbeeBaseUrl": billbee.url, "BibiBaseUrl": bibi.url})
            made.add_merchant(MERCHANT)
            yield made
    finally:
        aws.stop()
