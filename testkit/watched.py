"""AWS clients whose calls are steps, named by operation and kind of record; and what may go wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from testkit.aws.service import aws_error
from testkit.mishaps import Act, Kind, Watch

_DYNAMODB: Mapping[str, Kind] = {
    "get_item": "read",
    "batch_get_item": "read",
    "query": "read",
    "put_item": "write",
    "update_item": "write",
}
_SSM: Mapping[str, Kind] = {"get_parameter": "read", "put_parameter": "write"}
_S3: Mapping[str, Kind] = {
    "get_object": "read",
    "list_objects_v2": "read",
    "put_object": "write",
    "delete_object": "write",
}
_SQS: Mapping[str, Kind] = {
    "send_message": "write",
    "send_message_batch": "write",
    "change_message_visibility": "write",
}


class Watched:
    """A client whose calls are steps. What the tests themselves look at and do passes by the watch."""

    def __init__(self, service: str, client: Any, watch: Watch) -> None:
        self._service = service
        self._client = client
        self._watch = watch
        self._kinds = {"dynamodb": _DYNAMODB, "ssm": _SSM, "s3": _S3, "sqs": _SQS}[service]

    def __getattr__(self, operation: str) -> Any:
        found = getattr(self._client, operation)
        return self._call(operation, found) if operation in self._kinds else found

    def _call(self, operation: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            kind = self._kinds[operation]
            if "ConditionExpression" in request:
                kind = "conditional write"
            name = f"{self._service} {operation} {_record(request)}"
            self._watch.request = request
            return self._watch.step(self._service, name, kind, lambda: do(**request))

        return call


def _record(request: Mapping[str, Any]) -> str:
    """What a call is about: the sort key's kind, the index, or the end of a parameter's name."""
    match request:
        case {"Item": {"sk": {"S": sk}}} | {"Key": {"sk": {"S": sk}}}:
            return _kind_of(sk)
        case {"RequestItems": asked}:
            return _kind_of(next(iter(asked.values()))["Keys"][0]["sk"]["S"])
        case {"IndexName": index}:
            return str(index)
        case {"ExpressionAttributeValues": {":prefix": {"S": prefix}}}:
            return _kind_of(prefix)
        case {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": key}}}:
            return str(key)
        case {"Bucket": _, "Key": key} | {"Bucket": _, "Prefix": key}:
            return str(key).partition("/")[0]
        case {"QueueUrl": url}:
            return str(url)
        case {"Name": name}:
            return str(name).rpartition("/")[2]
    raise AssertionError(f"what is this call about? {sorted(request)}")


def _kind_of(sort_key: str) -> str:
    kind = sort_key.partition("#")[0]
    return sort_key if kind in ("CURSOR", "BUDGET", "HEALTH") else kind


class WatchedQueues(Watched):
    """The queues in memory. In addition to a client's calls, the deletion of processed messages is a step."""

    def settle(self, url: str, event: dict[str, Any], failed: Iterable[str]) -> None:
        failures = list(failed)
        if len(failures) < len(event["Records"]):
            act = partial(self._client.settle, url, event, failures)
            self._watch.step("sqs", f"sqs delete_message_batch {url}", "write", act)


# What goes wrong


def _throttled(act: Act) -> Any:
    raise aws_error("ThrottlingException", "AnyOperation")


def _no_connection(act: Act) -> Any:
    raise ConnectTimeoutError(endpoint_url="https://aws.example")


def _answer_lost(act: Act) -> Any:
    act()
    raise ReadTimeoutError(endpoint_url="https://aws.example")


def _repeated(act: Act) -> Any:
    """The write's answer is lost, and the SDK sends it again by itself: a condition on what was there is false now."""
    act()
    return act()


def _lost(act: Act) -> Any:
    """The condition did not hold for a moment, for another worker's sake."""
    raise aws_error("ConditionalCheckFailedException", "AnyOperation")


def _not_taken(act: Act) -> Any:
    """SQS takes the call, but not its messages."""
    return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}


def mishaps_of(name: str, kind: Kind) -> Mapping[str, Callable[[Act], Any]]:
    """What may go wrong with a step."""
    found: dict[str, Callable[[Act], Any]] = {"throttled": _throttled, "no connection": _no_connection}
    if kind != "read":
        found["time-out after the write"] = _answer_lost
        found["repeated by the SDK"] = _repeated
    # A number, SKU or EAN that another has claimed stays another's, which ends otherwise: that is R6 and R19.
    if kind == "conditional write" and name.rsplit(maxsplit=1)[-1].partition("#")[0] in ("BUDGET", "STOCK"):
        found["condition lost"] = _lost
    if name.startswith("sqs send_message_batch"):
        found["messages not taken"] = _not_taken
    return found
