"""Every call that reaches AWS on this machine, who made it, and what a policy has to allow for it.

Each function's processes sign with an access key of their own, so a call can be told from another function's.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from local.aws import ACCOUNT, REGION

_SIGNED_BY = re.compile(r"Credential=([^/]+)/\d{8}/[^/]+/([^/]+)/aws4_request")
_OF_STREAMS = {"DescribeStream", "GetShardIterator", "GetRecords"}
#: A batch of these is allowed by the action on what it carries.
_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


@dataclass(frozen=True)
class Use:
    """One action on one resource, as policies name them."""

    action: str
    resource: str


@dataclass(frozen=True)
class AwsCall:
    """One call. ``caller`` is the access key it was signed with."""

    caller: str
    service: str
    operation: str
    body: str

    def uses(self) -> list[Use]:
        """The permission that it needs. Raises ValueError for an unknown service."""
        match self.service:
            case "dynamodb":
                if (stream := self.stream) is not None:
                    return [Use(f"dynamodb:{self.operation}", stream)]
                return [Use(f"dynamodb:{name}", _arn("dynamodb", f"table/{table}")) for name, table in self._tables()]
            case "sqs":
                name = json.loads(self.body)["QueueUrl"].rsplit("/", 1)[-1]
                return [Use(f"sqs:{self.operation.removesuffix('Batch')}", _arn("sqs", name))]
            case "ssm":
                asked = json.loads(self.body)
                name = asked.get("Name") or asked["Path"]
                return [Use(f"ssm:{self.operation}", _arn("ssm", f"parameter{name}"))]
            case "sns":
                return [Use(f"sns:{self.operation}", parse_qs(self.body)["TopicArn"][0])]
            case "events":
                buses = {entry["EventBusName"] for entry in json.loads(self.body)["Entries"]}
                return [Use(f"events:{self.operation}", _arn("events", f"event-bus/{bus}")) for bus in buses]
            case "s3":
                return [Use(f"s3:{self.operation}", f"arn:aws:s3:::{self.body}")]
        raise ValueError(f"what {self.service} {self.operation} needs is not known here")

    @property
    def stream(self) -> str | None:
        """The table's stream that is read, by its ARN; None if it is no such call."""
        asked = json.loads(self.body) if self.operation in _OF_STREAMS else {}
        arn = asked.get("StreamArn") or asked.get("ShardIterator")
        return None if arn is None else str(arn).partition("|")[0]

    def _tables(self) -> Iterator[tuple[str, str]]:
        asked = json.loads(self.body)
        if "RequestItems" in asked:
            yield from ((self.operation, table) for table in asked["RequestItems"])
        elif "TransactItems" in asked:
            for one in asked["TransactItems"]:
                ((kind, item),) = one.items()
                yield _TRANSACTION[kind], item["TableName"]
        else:
            index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
            yield self.operation, asked["TableName"] + index


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


class RecordedAws:
    """A WSGI application before moto's: notes signed calls, and refuses those that a test says.

    ``refuse`` takes a function that says for each call with which error code it is refused, or None.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.calls: list[AwsCall] = []
        self.refuse: Callable[[AwsCall], str | None] = lambda call: None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        signed = _SIGNED_BY.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signed is None:
            return self._app(environ, start_response)
        text = body.decode("utf-8", "replace")  # a picture, on its way to S3
        target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        if signed[2] == "s3":
            call = _of_s3(signed[1], environ)
        else:
            call = AwsCall(signed[1], signed[2], target or parse_qs(text).get("Action", ["?"])[0], text)
        with self._lock:
            self.calls.append(call)
        code = self.refuse(call)
        if code is None:
            return self._app(environ, start_response)
        return _refusal(call, code, start_response)


def _of_s3(caller: str, environ: WSGIEnvironment) -> AwsCall:
    """S3 has no names of operations: method and path say what is done. The body is the bucket, or the file's place."""
    bucket, _, key = environ["PATH_INFO"].strip("/").partition("/")
    verb = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "POST": "Put", "DELETE": "Delete"}[environ["REQUEST_METHOD"]]
    return AwsCall(caller, "s3", f"{verb}Object" if key else "ListBucket", f"{bucket}/{key}" if key else bucket)


def _refusal(call: AwsCall, code: str, start_response: StartResponse) -> Iterable[bytes]:
    error: Any = {"__type": code, "message": "refused by the test"}
    if call.service == "sns":
        text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>"
        start_response("403 Forbidden", [("Content-Type", "text/xml")])
        return [text.encode()]
    start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
    return [json.dumps(error).encode()]
