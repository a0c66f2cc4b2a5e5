"""The stack on moto that built functions need, with a merchant, and the vendors."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.aws import Aws
from local.simulators import Bibi, Billbee
from local.stack import PROJECT, Stack
from orderbridge.merchants.registry import Registry
from orderbridge.merchants.secrets import application_parameter, merchant_parameter
from orderbridge.platform.clock import SYSTEM_CLOCK
from orderbridge.platform.table import Table
from testkit.template import of_type, read_template

#: `make built` says where it built them, which differs by the Python that runs them.
BUILD = PROJECT / os.environ.get("BUILT", ".aws-sam/here")
LAYER = BUILD / "SharedLayer"
FUNCTIONS = of_type(read_template()["Resources"], "AWS::Serverless::Function")
MERCHANT = "acme"

PASSWORD = "billbee-password"
SETTINGS: dict[str, dict[str, Any]] = {
    "billbee": {"username": "shop@acme.example", "order_tag": "bibi"},
    "billing": {"enabled": True},
}
SECRETS = {"billbee_password": PASSWORD, "bibi_public_key": "public", "bibi_secret_key": "secret"}
SECRETS |= {"abillify_username": "api", "abillify_password": "password"}


def samples(function: str) -> list[Path]:
    return sorted((PROJECT / "events" / Path(FUNCTIONS[function]["Properties"]["CodeUri"]).name).glob("*.json"))


def is_batch(event: dict[str, Any]) -> bool:
    return any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", ()))


class Account:
    """The stack that the template defines, and the parameters of merchants."""

    def __init__(self, aws: Aws, urls: dict[str, str]) -> None:
        self._aws = aws
        self._stack = Stack(aws, urls)
        self._sqs = aws.client("sqs")
        for queue in self._stack.queues.values():  # what is delivered is not waited for
            self._sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"DelaySeconds": "0"})

    def add_merchant(self, name: str) -> None:
        self._put_secrets(application_parameter(self._stack.stage), {"billbee_api_key": "key"})
        self._put_secrets(merchant_parameter(self._stack.stage, name), SECRETS)
        table = Table(self._aws.client("dynamodb"), self._stack.physical_id("Table"))
        Registry(table, SYSTEM_CLOCK).put(name, json.dumps(SETTINGS), by="a test")

    def add_secret(self, merchant: str, name: str, value: str) -> None:
        self._put_secrets(merchant_parameter(self._stack.stage, merchant), SECRETS | {name: value})

    def _put_secrets(self, parameter: str, secrets: dict[str, str]) -> None:
        self._aws.client("ssm").put_parameter(
            Name=parameter, Value=json.dumps(secrets), Type="SecureString", Overwrite=True
        )

    def environment(self, function: str) -> dict[str, str]:
        """The function's environment as it is deployed, and the runtime's own way to reach AWS."""
        return {**self._stack.functions[function].environment, **self._aws.environment()}

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
    with Billbee(api_key="key", throttles=False) as billbee, Bibi(throttles=False) as bibi, Aws() as aws:
        billbee.add_account(SETTINGS["billbee"]["username"], PASSWORD)
        bibi.add_account(SECRETS["bibi_public_key"], SECRETS["bibi_secret_key"])
        made = Account(aws, {"BillbeeBaseUrl": billbee.url, "BibiBaseUrl": bibi.url})
        made.add_merchant(MERCHANT)
        yield made
