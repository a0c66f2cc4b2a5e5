"""Reading and writing a whole table, whatever its items are: for bringing a backup back. No function imports it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from orderbridge.platform.errors import RetryableError
from orderbridge.platform.table import Item, plain, wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.platform.clock import Clock

Key = tuple[str, str]
READ_AT_ONCE: Final = 100
WRITTEN_AT_ONCE: Final = 25
_FIRST_WAIT: Final = 0.5
_TRIES: Final = 10


class WholeTable:
    """A table of ours, or a copy of one.

    Attributes:
        calls: how many requests were made.
    """

    def __init__(self, client: DynamoDBClient, name: str, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self.name = name
        self.calls = 0

    def items(self) -> Iterator[Item]:
        """Every item, page by page, so that the memory holds one page of them."""
        for page in self._pages({}):
            yield from map(plain, page)

    def all_keys(self) -> Iterator[Key]:
        """The key of every item. Costs as much as reading the items."""
        for page in self._pages({"ProjectionExpression": "pk, sk"}):
            yield from (key_of(plain(item)) for item in page)

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The items that exist, of at most `READ_AT_ONCE` keys, as they are now."""
        found: dict[Key, Item] = {}
        request: Any = {self.name: {"Keys": [_wire_key(key) for key in keys], "ConsistentRead": True}}
        for wait in _waits("read the table"):
            answer = self._client.batch_get_item(RequestItems=request)
            self.calls += 1
            found |= {key_of(item): item for item in map(plain, answer["Responses"].get(self.name, []))}
            request = answer.get("UnprocessedKeys")
            if not request:
                break
            self._clock.sleep(wait)
        return found

    def write(self, items: Iterable[Item]) -> None:
        """Write items over whatever there is. BatchWriteItem knows no conditions: nothing else may write them now."""
        self._write({"PutRequest": {"Item": wire(item)}} for item in items)

    def delete(self, keys: Iterable[Key]) -> None:
        """Delete items; one that does not exist is no error."""
        self._write({"DeleteRequest": {"Key": _wire_key(key)}} for key in keys)

    def _write(self, requests: Iterable[Any]) -> None:
        remaining = iter(requests)
        while batch := list(islice(remaining, WRITTEN_AT_ONCE)):
            left: Any = {self.name: batch}
            for wait in _waits("write the table"):
                left = self._client.batch_write_item(RequestItems=left).get("UnprocessedItems")
                self.calls += 1
                if not left:
                    break
                self._clock.sleep(wait)

    def _pages(self, request: Any) -> Iterator[list[Any]]:
        while True:
            page = self._client.scan(TableName=self.name, ConsistentRead=True, **request)
            self.calls += 1
            yield page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            request = request | {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def key_of(item: Item) -> Key:
    return item["pk"], item["sk"]


def _wire_key(key: Key) -> dict[str, Any]:
    return wire({"pk": key[0], "sk": key[1]})


def _waits(operation: str) -> Iterator[float]:
    """How long to wait after each try that left something over. Raises RetryableError after the last one."""
    for attempt in range(_TRIES):
        yield min(_FIRST_WAIT * 2**attempt, 30.0)
    raise RetryableError(operation, "DynamoDB still leaves items over", retry_after=60.0)
