"""AWS in memory, with its calls counted: DynamoDB by capacity units, SSM with its decryptions, SQS, SNS.

The stores' logic is that of `testkit.aws`; here it is only counted. Each call takes as long on the simulation's clock
as such a call takes on AWS.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final

from benchmarks.units import read_units, write_units
from testkit.aws import MemoryDynamoDB, MemoryS3, MemorySQS, MemorySSM
from testkit.aws.values import Wire, size
from testkit.blueprint import Blueprint, Mapped

Wait = Callable[[float], None]
LATENCY: Final = {"dynamodb": 0.005, "sqs": 0.010, "ssm": 0.020, "sns": 0.020, "s3": 0.030}
"""Seconds that a call takes. AWS promises none; these are single-digit for DynamoDB, as AWS says, and a bit more."""
Key = tuple[str, str]


class CountedDynamoDB(MemoryDynamoDB):
    """The table, with an index of what is where, and the units of every call.

    Attributes:
        units: by what they are: ``write``, ``index write``, ``read``.
        by_record: the same, by operation and kind of record, e.g. ``put_item ORDER``.
        requests: calls, by operation.
    """

    def __init__(
        self, stack: Blueprint, wait: Wait = lambda seconds: None, now: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(now)
        self._index_keys = stack.index_keys
        self.units: Counter[str] = Counter()
        self.by_record: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self._projected = stack.projected
        self._wait = wait
        self._by_pk: dict[str, dict[Key, None]] = {}
        self._by_shelf: dict[str, dict[Key, None]] = {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        answer = super().get_item(**request)
        units = read_units(size(answer.get("Item", {})), consistent=request.get("ConsistentRead", False))
        self._count("get_item", request["Key"]["sk"]["S"], read=units)
        return answer

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        answer = super().batch_get_item(**request)
        for table, asked in request["RequestItems"].items():
            found = {_key(item): item for item in answer["Responses"].get(table, ())}
            consistent = asked.get("ConsistentRead", False)
            units = sum(read_units(size(found.get(_key(key), {})), consistent=consistent) for key in asked["Keys"])
            self._count("batch_get_item", asked["Keys"][0]["sk"]["S"], read=units)
        return answer

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._write("put_item", _key(request["Item"]), request, super().put_item)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._write("update_item", _key(request["Key"]), request, super().update_item)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._write("delete_item", _key(request["Key"]), request, super().delete_item)

    def put_quietly(self, item: Wire) -> None:
        """An older item of the table, which is not counted."""
        ((_, table),) = self.tables.items()
        table[_key(item)] = {name: dict(value) for name, value in item.items()}
        self._index(_key(item), None, item)

    def query(self, **request: Any) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        by_index = "IndexName" in request
        nearby = MemoryDynamoDB()  # the same logic on the few possible items
        nearby._tables = self._tables  # noqa: SLF001
        table = self.tables[request["TableName"]]
        if by_index:
            near: Iterable[Key] = self._by_shelf.get(values[":shelf"]["S"], ())
        else:
            prefix, part = values.get(":prefix", {"S": ""})["S"], self._by_pk.get(values[":pk"]["S"], ())
            near = (key for key in part if key[1].startswith(prefix))
        nearby.tables = {request["TableName"]: {key: table[key] for key in near}}
        answer = nearby.query(**request)
        held = [self._entry(item) for item in answer["Items"]] if by_index else answer["Items"]
        consistent = request.get("ConsistentRead", False) and not by_index
        about = str(request.get("IndexName") or values.get(":prefix", {"S": "?"})["S"])
        self._count("query", about, read=read_units(sum(map(size, held)), consistent=consistent))
        return answer

    def __getattr__(self, operation: str) -> Any:
        raise AssertionError(f"what does {operation} cost? Teach {__name__} to count it.")

    def _write(self, operation: str, key: Key, request: dict[str, Any], do: Callable[..., Any]) -> dict[str, Any]:
        table = self.tables[request["TableName"]]
        before = table.get(key)
        try:
            answer: dict[str, Any] = do(**request)
        except Exception:
            self._count(operation, key[1], write=write_units(before), refused=1)
            raise
        after = table.get(key)
        self._count(operation, key[1], write=write_units(before, after), index=self._index(key, before, after))
        return answer

    def _index(self, key: Key, before: Wire | None, after: Wire | None) -> int:
        """Keep what is where; gives the units that the index takes. An item that moves within it is put in twice."""
        if after is None:
            self._by_pk.get(key[0], {}).pop(key, None)
        else:
            self._by_pk.setdefault(key[0], {})[key] = None
        was, now = self._place(before), self._place(after)
        if was is not None:
            self._by_shelf[was[0]].pop(key, None)
        if now is not None and after is not None:
            self._by_shelf.setdefault(now[0], {})[key] = None
        old, new = self._entry(before or {}), self._entry(after or {})
        if was == now:
            return write_units(old, new) if now is not None and old != new else 0
        return (write_units(old) if was is not None else 0) + (write_units(new) if now is not None else 0)

    def _entry(self, item: Wire) -> Wire:
        """What the index holds of an item."""
        if self._projected is None:
            return item
        return {name: value for name, value in item.items() if name in self._projected}

    def _place(self, item: Wire | None) -> Key | None:
        """Where an item stands in the index, if it does."""
        shelf, sorted_by = self._index_keys
        return (item[shelf]["S"], item[sorted_by]["S"]) if item and shelf in item and sorted_by in item else None

    def _count(
        self, operation: str, about: str, *, read: float = 0, write: int = 0, index: int = 0, refused: int = 0
    ) -> None:
        self._wait(LATENCY["dynamodb"])
        record = about if about.startswith(("CURSOR", "BUDGET", "HEALTH", "SLOTS")) else about.partition("#")[0]
        self.requests[operation] += 1
        for what, units in (("read", read), ("write", write), ("index write", index), ("refused", refused)):
            if units:
                self.units[what] += units  # type: ignore[assignment]  # halves, where reads are eventually consistent
                if what != "refused":
                    self.by_record[f"{what}: {operation} {record}"] += units  # type: ignore[assignment]


class Packed(MutableMapping[Key, dict[str, dict[str, Any]]]):
    """A table's items as JSON, so that those of a large catalogue do not count as the memory of the job."""

    def __init__(self) -> None:
        self._packed: dict[Key, bytes] = {}

    def __getitem__(self, key: Key) -> dict[str, dict[str, Any]]:
        item: dict[str, dict[str, Any]] = json.loads(self._packed[key])
        return item

    def __setitem__(self, key: Key, item: dict[str, dict[str, Any]]) -> None:
        self._packed[key] = json.dumps(item).encode()

    def __delitem__(self, key: Key) -> None:
        del self._packed[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


class CountedSSM(MemorySSM):
    """Parameter Store. ``decrypted`` counts the SecureStrings that KMS decrypts or encrypts for it."""

    def __init__(self, wait: Wait = lambda seconds: None) -> None:
        super().__init__()
        self.requests: Counter[str] = Counter()
        self.decrypted = 0
        self._wait = wait

    def put_parameter(self, **request: Any) -> dict[str, Any]:
        self._count("put_parameter", [request["Name"]] if request["Type"] == "SecureString" else ())
        return super().put_parameter(**request)

    def get_parameter(self, **request: Any) -> dict[str, Any]:
        self._count("get_parameter", self._secret([request["Name"]]) if request.get("WithDecryption") else ())
        return super().get_parameter(**request)

    def _secret(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if self.types.get(name) == "SecureString"]

    def _count(self, operation: str, secrets: Iterable[str]) -> None:
        self._wait(LATENCY["ssm"])
        self.requests[operation] += 1
        self.decrypted += len(list(secrets))


class CountedS3:
    """The documents. Writing and listing cost twelve times as much as reading."""

    def __init__(self, now: Callable[[], datetime], wait: Wait, bucket: str) -> None:
        self.requests: Counter[str] = Counter()
        self._there = MemoryS3(now, bucket)
        self._wait = wait

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        """A call of the client, counted."""
        call = getattr(self._there, operation)

        def counted(**request: Any) -> Any:
            self._wait(LATENCY["s3"])
            self.requests["read" if operation in ("get_object", "head_object") else "write"] += 1
            return call(**request)

        return counted


class CountedQueues(MemorySQS):
    """The queues. A batch that Lambda's poller gets is one receive, and one delete if anything of it was done."""

    def __init__(
        self,
        clock: Callable[[], float],
        mapped: Mapping[str, Mapped],
        wait: Wait,
        *,
        not_fifo: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(clock)
        for queue, one in mapped.items():
            self.add(queue, fifo=queue not in not_fifo, visibility=180, delay=one.delay, batch=one.batch)
        self.requests: Counter[str] = Counter()
        self._wait = wait

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        # A request is charged for each 64 KB.
        self._count("send", -(-sum(len(entry["MessageBody"].encode()) for entry in request["Entries"]) // 65_536))
        return super().send_message_batch(**request)

    def send_message(self, **request: Any) -> dict[str, Any]:
        self._count("send")
        return super().send_message(**request)

    def change_message_visibility(self, **request: Any) -> dict[str, Any]:
        self._count("visibility")
        return super().change_message_visibility(**request)

    def receive(self, url: str) -> dict[str, Any] | None:
        event = super().receive(url)
        if event is not None:
            self.requests["receive"] += -(-sum(len(one["body"].encode()) for one in event["Records"]) // 65_536)
        return event

    def settle(self, url: str, event: Mapping[str, Any], failed: Iterable[str]) -> None:
        failures = list(failed)
        self.requests["delete"] += len(failures) < len(event["Records"])
        super().settle(url, event, failures)

    def _count(self, operation: str, times: int = 1) -> None:
        self._wait(LATENCY["sqs"])
        self.requests[operation] += times


class CountedSNS:
    """Topics without subscribers."""

    def __init__(self, wait: Wait) -> None:
        self.requests: Counter[str] = Counter()
        self._wait = wait

    def publish(self, **_: Any) -> dict[str, Any]:
        self._wait(LATENCY["sns"])
        self.requests["publish"] += 1
        return {}


def _key(item: Wire) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
