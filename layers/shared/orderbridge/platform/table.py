"""The one DynamoDB table, with plain Python values in and out.

Keys: ``pk`` is ``MERCHANT#<merchant>``, ``APPLICATION`` for what all merchants share, or one of the registry's
(``merchants/registry.py``); ``sk`` names the record: ``ORDER#…``, ``NUMBER#…``, ``SHOPNUMBER#…``, ``STOCK#…``,
``CURSOR#…``, ``BUDGET#…``, ``HEALTH``, ``USAGE#…``. ``shelf`` and ``shelved_at`` put an item into the index, which
holds a part of its attributes. ``schema`` is the form of an item; without it, form 1.

Functions of two releases may share the table. A release may add attributes: older code ignores them when it reads, and
leaves them as they are when it writes. A form that older code would misunderstand has a higher number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from orderbridge.platform.errors import ConditionFailed, NewerRelease, OrderbridgeError
from orderbridge.platform.expressions import condition_request, update_request

if TYPE_CHECKING:
    from boto3.dynamodb.conditions import ConditionBase
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
SCHEMA: Final = 1
"""The newest form of items that this release reads, of whatever kind."""
INDEX: Final = "shelves_v2"
"""An index cannot be changed: another one has another name (see docs/deploy.md)."""
_SERIALIZE = TypeSerializer()
_DESERIALIZE = TypeDeserializer()
_BATCH_GET_LIMIT = 100
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Unwritable(OrderbridgeError):
    """The table refuses this item: a key is empty, or a value has a type or size that DynamoDB does not take. Retrying
    does not help. Other items are not affected.
    """


def read_moment(text: str | None) -> datetime | None:
    """Reads a moment of an item: ISO 8601 with a time zone. None stays None."""
    return datetime.fromisoformat(text) if text else None


def merchant_key(merchant: str) -> str:
    return f"MERCHANT#{merchant}"


def merchant_of(item: Item) -> str:
    """The merchant that an item belongs to."""
    return str(item["pk"].removeprefix(merchant_key("")))


class Table:
    """Reads and conditional writes. Reads are consistent by default, because decisions depend on them.

    Every read raises NewerRelease for an item whose form only a newer release can read.
    """

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, pk: str, sk: str) -> Item | None:
        answer = self._client.get_item(TableName=self._name, Key=_key(pk, sk), ConsistentRead=True)
        return _readable(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Iterable[tuple[str, str]], *, consistent: bool = True) -> list[Item]:
        """The items that exist, in no particular order. With ``consistent=False`` they may be slightly stale."""
        wanted = [_key(pk, sk) for pk, sk in dict.fromkeys(keys)]
        found: list[Item] = []
        while wanted:
            batch, wanted = wanted[:_BATCH_GET_LIMIT], wanted[_BATCH_GET_LIMIT:]
            request: Any = {self._name: {"Keys": batch, "ConsistentRead": consistent}}
            answer = self._client.batch_get_item(RequestItems=request)
            found += [_readable(item) for item in answer["Responses"].get(self._name, [])]
            left: Any = answer.get("UnprocessedKeys", {}).get(self._name, {"Keys": []})
            wanted = [*left["Keys"], *wanted]
        return found

    def query(self, pk: str, sk_prefix: str) -> Iterator[Item]:
        """All items of a key whose sort key starts with ``sk_prefix``, in order of the sort key."""
        yield from self._pages(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=_values({":pk": pk, ":prefix": sk_prefix}),
            ConsistentRead=True,
        )

    def all_of(self, pk: str, *, consistent: bool = True) -> Iterator[Item]:
        """All items of a key, in order of the sort key. Includes items of a newer form; the caller checks each."""
        request: Any = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": _values({":pk": pk}),
            "ConsistentRead": consistent,
        }
        yield from map(plain, self._raw_pages(**request))

    def query_shelf(
        self, shelf: str, *, before: str | None = None, since: str | None = None, newest_first: bool = False
    ) -> Iterator[Item]:
        """The items on a shelf, the oldest first. Reads the sparse index, which is eventually consistent.

        Items have only the attributes that the index holds. Read an item again before you write it.
        """
        condition, values = "shelf = :shelf", {":shelf": shelf}
        if before is not None:
            condition, values = f"{condition} AND shelved_at < :moment", values | {":moment": before}
        elif since is not None:
            condition, values = f"{condition} AND shelved_at >= :moment", values | {":moment": since}
        yield from self._pages(
            IndexName=INDEX,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=_values(values),
            ScanIndexForward=not newest_first,
        )

    def put(self, item: Item, *, only_if: ConditionBase) -> None:
        """Writes a whole item. Raises ConditionFailed and Unwritable."""
        self._write(self._client.put_item, condition_request(only_if), Item=wire(item))

    def change(
        self,
        pk: str,
        sk: str,
        *,
        set: Mapping[str, Any] = _NOTHING,
        default: Mapping[str, Any] = _NOTHING,
        add: Mapping[str, int] = _NOTHING,
        remove: Collection[str] = (),
        only_if: ConditionBase | None = None,
    ) -> Item:
        """Updates an item in place and returns it as it is now. Raises ConditionFailed and Unwritable.

        Args:
            set: new values; None removes the attribute.
            default: values for attributes that do not exist yet.
            add: amounts to add to numbers; a missing number counts as 0.
        """
        request = update_request(set=set, default=default, add=add, remove=remove, only_if=only_if)
        answer = self._write(self._client.update_item, request, Key=_key(pk, sk), ReturnValues="ALL_NEW")
        return plain(answer["Attributes"])

    def delete(self, pk: str, sk: str, *, only_if: ConditionBase | None = None) -> None:
        """Deletes an item, if it exists. Raises ConditionFailed."""
        request = {} if only_if is None else condition_request(only_if)
        self._write(self._client.delete_item, request, Key=_key(pk, sk))

    def _write(self, call: Callable[..., Any], request: dict[str, Any], **more: Any) -> Any:
        if values := request.get("ExpressionAttributeValues"):
            request["ExpressionAttributeValues"] = _values(values)
        try:
            return call(TableName=self._name, **request, **more)
        except ClientError as error:
            _raise_ours(error)
            raise

    def _pages(self, **request: Any) -> Iterator[Item]:
        yield from map(_readable, self._raw_pages(**request))

    def _raw_pages(self, **request: Any) -> Iterator[Mapping[str, Any]]:
        """Follows the pages by hand, because at a cold start botocore's paginator takes longer than the call itself."""
        while True:
            page = self._client.query(TableName=self._name, **request)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _raise_ours(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        raise ConditionFailed from None
    if code == "ValidationException":
        raise Unwritable(f"{error.operation_name}: {code}") from None


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as DynamoDB's calls take it; None leaves an attribute out."""
    return {name: _SERIALIZE.serialize(value) for name, value in item.items() if value is not None}


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _SERIALIZE.serialize(value) for name, value in values.items()}


def is_newer(item: Mapping[str, Any]) -> bool:
    """Whether an item has a form that only a newer release reads."""
    return bool(item.get("schema", 1) > SCHEMA)


def check_release(item: Item) -> None:
    """Raises NewerRelease if only a newer release reads the item."""
    if is_newer(item):
        raise NewerRelease(f"the item {item['sk']} has a form of a newer release")


def _readable(item: Mapping[str, Any]) -> Item:
    found = plain(item)
    check_release(found)
    return found


def plain(item: Mapping[str, Any]) -> Item:
    """An item as DynamoDB's calls give it, with plain values."""
    return {name: _number(_DESERIALIZE.deserialize(value)) for name, value in item.items()}


def _number(value: Any) -> Any:
    """Whole numbers as int: DynamoDB has only one kind of number."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if isinstance(value, dict):
        return {key: _number(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_number(entry) for entry in value]
    return value
