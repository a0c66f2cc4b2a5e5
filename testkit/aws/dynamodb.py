"""DynamoDB in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from testkit.aws.expressions import Parsed, check_placeholders, condition, key_condition, update
from testkit.aws.service import NotTaught, Service, aws_error, operation
from testkit.aws.streams import MemoryStream, stream_of
from testkit.aws.values import LARGEST_ITEM, Refused, Wire, plain, size, stored
from testkit.clock import ManualClock

Item = dict[str, dict[str, Any]]
Key = tuple[str, str]
_PAGE: Final = 1024 * 1024
_BATCH_BYTES: Final = 16 * _PAGE
_BATCH_KEYS: Final = 100
_BATCH_WRITES: Final = 25
_LONGEST_HASH, _LONGEST_RANGE = 2048, 1024
_READ: Final = frozenset({"TableName", "Key", "ConsistentRead"})
_WRITE: Final = frozenset(
    {"TableName", "Key", "Item", "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"}
)
_UPDATE: Final = _WRITE | {"UpdateExpression", "ReturnValues"}
_QUERY: Final = frozenset(
    {
        "TableName",
        "IndexName",
        "KeyConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ConsistentRead",
        "ScanIndexForward",
        "Limit",
        "ExclusiveStartKey",
    }
)


@dataclass(frozen=True)
class Schema:
    """The keys of a table or an index, and what an index holds: None is all of an item."""

    hash_key: str
    range_key: str
    held: frozenset[str] | None = None

    @property
    def keys(self) -> Key:
        return self.hash_key, self.range_key


@dataclass(frozen=True)
class _Table:
    schema: Schema
    indexes: Mapping[str, Schema] = field(default_factory=dict)


class MemoryDynamoDB(Service):
    """Tables with two keys of text each, and their sparse indexes. No item is changed, only replaced.

    Attributes:
        tables: the items by their keys, by table. What is changed there by hand is not in the stream.
        streams: the streams of the tables that have one.
    """

    service = "dynamodb"
    tokens = ("LastEvaluatedKey", "ExclusiveStartKey")

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self._now = now or ManualClock().now
        self.streams: dict[str, MemoryStream] = {}
        self.tables: dict[str, MutableMapping[Key, Item]] = {}
        self._tables: dict[str, _Table] = {}

    @operation
    def create_table(self, **request: Any) -> dict[str, Any]:
        name = request["TableName"]
        if name in self.tables:
            raise aws_error("ResourceInUseException", "CreateTable", f"Table already exists: {name}")
        kinds = {one["AttributeName"]: one["AttributeType"] for one in request["AttributeDefinitions"]}
        table = _schema(request["KeySchema"])
        indexes = {}
        for one in request.get("GlobalSecondaryIndexes", ()):
            found, projection = _schema(one["KeySchema"]), one["Projection"]
            held = {*table.keys, *found.keys, *projection.get("NonKeyAttributes", ())}
            everything = projection["ProjectionType"] == "ALL"
            indexes[one["IndexName"]] = Schema(*found.keys, None if everything else frozenset(held))
        used = {name for schema in (table, *indexes.values()) for name in schema.keys}
        if used != kinds.keys():
            raise aws_error("ValidationException", "CreateTable", "Number of attributes does not match the key schemas")
        if set(kinds.values()) != {"S"}:
            raise NotTaught("keys that are no text")
        self.tables[name], self._tables[name] = {}, _Table(table, indexes)
        self.streams |= stream_of(name, table.keys, request, self._now)
        return {"TableDescription": {"TableName": name, "TableStatus": "ACTIVE"}}

    @operation
    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("GetItem", request, _READ, self._get)

    @operation
    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("BatchGetItem", request, frozenset({"RequestItems"}), self._batch_get)

    @operation
    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("PutItem", request, _WRITE, self._put)

    @operation
    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("UpdateItem", request, _UPDATE, self._update)

    @operation
    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("DeleteItem", request, _WRITE, self._delete)

    @operation
    def batch_write_item(self, **request: Any) -> dict[str, Any]:
        return self._answer("BatchWriteItem", request, frozenset({"RequestItems"}), self._batch_write)

    @operation
    def query(self, **request: Any) -> dict[str, Any]:
        return self._answer("Query", request, _QUERY, self._query)

    @operation
    def scan(self, **request: Any) -> dict[str, Any]:
        known = frozenset({"TableName", "ExclusiveStartKey", "Limit", "ConsistentRead", "ProjectionExpression"})
        return self._answer("Scan", request, known, self._scan)

    # -- inside

    def _answer(
        self, name: str, request: dict[str, Any], known: frozenset[str], do: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        if unknown := request.keys() - known:
            raise NotTaught(f"{name} with {sorted(unknown)}")
        if "TableName" in request and request["TableName"] not in self.tables:
            raise aws_error("ResourceNotFoundException", name, "Requested resource not found")
        try:
            return do(request)
        except Refused as refusal:
            raise aws_error("ValidationException", name, str(refusal)) from None

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        found = self.tables[request["TableName"]].get(self._key(request))
        return {} if found is None else {"Item": found}

    def _batch_get(self, request: dict[str, Any]) -> dict[str, Any]:
        asked: dict[str, dict[str, Any]] = request["RequestItems"]
        if not asked or sum(len(one["Keys"]) for one in asked.values()) > _BATCH_KEYS:
            raise Refused("Too many items requested for the BatchGetItem call")
        found: dict[str, list[Item]] = {}
        left: dict[str, dict[str, Any]] = {}
        used = 0
        for name, one in asked.items():
            if name not in self.tables:
                raise aws_error("ResourceNotFoundException", "BatchGetItem", "Requested resource not found")
            if unknown := one.keys() - {"Keys", "ConsistentRead"}:
                raise NotTaught(f"BatchGetItem with {sorted(unknown)}")
            keys = [self._key({"TableName": name, "Key": key}) for key in one["Keys"]]
            if not keys:
                raise Refused("Value at 'requestItems.keys' must have length greater than or equal to 1")
            if len(set(keys)) < len(keys):
                raise Refused("Provided list of item keys contains duplicates")
            found[name] = []
            for key, wire in zip(keys, one["Keys"], strict=True):
                item = self.tables[name].get(key)
                used += 0 if item is None else size(item)
                if used > _BATCH_BYTES:
                    left.setdefault(name, {**one, "Keys": []})["Keys"].append(wire)
                elif item is not None:
                    found[name].append(item)
        return {"Responses": found, "UnprocessedKeys": left}

    def _put(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["TableName"]
        item = stored(request["Item"])
        schema = self._tables[name].schema
        for attribute in schema.keys:
            if attribute not in item:
                raise Refused(f"One or more parameter values were invalid: Missing the key {attribute} in the item")
        key = self._key({"TableName": name, "Key": {attribute: item[attribute] for attribute in schema.keys}})
        self._check_item(name, item, "Item size has exceeded the maximum allowed size")
        self._check_condition(request, self.tables[name].get(key), "PutItem", [])
        self._store(name, key, item)
        return {}

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        name, key = request["TableName"], self._key(request)
        parsed = update(request["UpdateExpression"]) if "UpdateExpression" in request else None
        before = self.tables[name].get(key)
        self._check_condition(request, before, "UpdateItem", [parsed] if parsed is not None else [])
        after = dict(before or stored(request["Key"]))
        changed: set[str] = set()
        for change in parsed.changes if parsed is not None else ():
            attribute = change.attribute(request)
            if attribute in changed:
                raise Refused("Two document paths overlap with each other; must remove or rewrite one of these paths")
            if attribute in self._tables[name].schema.keys:
                raise Refused(f"Cannot update attribute {attribute}. This attribute is part of the key")
            changed.add(attribute)
            if change.value is None:
                after.pop(attribute, None)
            else:
                after[attribute] = change.value(before or {}, request)
        after = stored(after)
        self._check_item(name, after, "Item size to update has exceeded the maximum allowed size")
        self._store(name, key, after)
        return _returned(request.get("ReturnValues", "NONE"), before, after)

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        name, key = request["TableName"], self._key(request)
        self._check_condition(request, self.tables[name].get(key), "DeleteItem", [])
        self._store(name, key, None)
        return {}

    def _batch_write(self, request: dict[str, Any]) -> dict[str, Any]:
        """All or nothing is checked; nothing is ever left over."""
        asked: dict[str, list[dict[str, Any]]] = request["RequestItems"]
        if not 0 < sum(map(len, asked.values())) <= _BATCH_WRITES:
            raise Refused("Too many items requested for the BatchWriteItem call")
        writes: list[tuple[str, Key, Item | None]] = []
        for name, requests in asked.items():
            if name not in self.tables:
                raise aws_error("ResourceNotFoundException", "BatchWriteItem", "Requested resource not found")
            keys = self._tables[name].schema.keys
            for one in requests:
                item = stored(one["PutRequest"]["Item"]) if "PutRequest" in one else None
                wire = item if item is not None else one["DeleteRequest"]["Key"]
                if missing := [attribute for attribute in keys if attribute not in wire]:
                    raise Refused(f"The provided key element does not match the schema: {missing}")
                if item is not None:
                    self._check_item(name, item, "Item size has exceeded the maximum allowed size")
                key = self._key({"TableName": name, "Key": {attribute: wire[attribute] for attribute in keys}})
                writes.append((name, key, item))
        if len({(name, key) for name, key, _ in writes}) < len(writes):
            raise Refused("Provided list of item keys contains duplicates")
        for name, place, item in writes:
            self._store(name, place, item)
        return {"UnprocessedItems": {}}

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["TableName"]
        table, index = self._tables[name], request.get("IndexName")
        if index is not None and index not in table.indexes:
            raise Refused(f"The table does not have the specified index: {index}")
        if index is not None and request.get("ConsistentRead"):
            raise Refused("Consistent reads are not supported on global secondary indexes")
        schema = table.schema if index is None else table.indexes[index]
        parsed = key_condition(request.get("KeyConditionExpression", ""))
        check_placeholders(request, [parsed])
        _check_key_condition(parsed, schema, request)
        assert parsed.holds is not None
        items: Iterable[Item] = self.tables[name].values()
        if index is not None:
            items = (item for item in items if schema.hash_key in item and schema.range_key in item)
        found = [item for item in items if parsed.holds(item, request)]
        order = [schema.range_key, *table.schema.keys] if index is not None else [schema.range_key]
        return self._page(request, table.schema, found, order, schema)

    def _scan(self, request: dict[str, Any]) -> dict[str, Any]:
        schema = self._tables[request["TableName"]].schema
        page = self._page(request, schema, list(self.tables[request["TableName"]].values()), [*schema.keys], schema)
        if (projected := request.get("ProjectionExpression")) is not None:
            names = {name.strip() for name in projected.split(",")}
            page["Items"] = [{name: item[name] for name in item if name in names} for item in page["Items"]]
        return page

    def _page(
        self, request: dict[str, Any], table: Schema, items: list[Item], order: list[str], schema: Schema
    ) -> dict[str, Any]:
        """At most 1 MB of what was found, as the index holds it."""

        def place(item: Wire) -> tuple[Any, ...]:
            return tuple(plain(item[name]) for name in order)

        backwards = not request.get("ScanIndexForward", True)
        items.sort(key=place, reverse=backwards)
        if "ExclusiveStartKey" in request:
            wanted = {*table.keys, *schema.keys}
            if request["ExclusiveStartKey"].keys() != wanted:
                raise Refused("The provided starting key is invalid")
            start = place(request["ExclusiveStartKey"])
            items = [item for item in items if (place(item) < start if backwards else place(item) > start)]
        if schema.held is not None:
            held = schema.held
            items = [{name: value for name, value in item.items() if name in held} for item in items]
        page: list[Item] = []
        used = 0
        for item in items:
            if len(page) == request.get("Limit", len(items)) or used > _PAGE:
                break
            page.append(item)
            used += size(item)
        answer: dict[str, Any] = {"Items": page, "Count": len(page), "ScannedCount": len(page)}
        if len(page) < len(items) or len(page) == request.get("Limit"):
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in sorted({*table.keys, *schema.keys})}
        return answer

    def _store(self, name: str, key: Key, item: Item | None) -> None:
        before = self.tables[name].get(key)
        if item is None:
            self.tables[name].pop(key, None)
        else:
            self.tables[name][key] = item
        if (stream := self.streams.get(name)) is not None:
            stream.note(key, before, item)

    def _key(self, request: Mapping[str, Any]) -> Key:
        schema = self._tables[request["TableName"]].schema
        given = request["Key"]
        if given.keys() != {schema.hash_key, schema.range_key}:
            raise Refused("The provided key element does not match the schema")
        texts = []
        for name, longest in zip(schema.keys, (_LONGEST_HASH, _LONGEST_RANGE), strict=True):
            if [*given[name]] != ["S"]:
                raise Refused(f"One or more parameter values were invalid: Type mismatch for key {name}")
            text: str = given[name]["S"]
            if not text:
                raise Refused(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                    f"an empty string value. Key: {name}"
                )
            if len(text.encode()) > longest:
                raise Refused(f"One or more parameter values were invalid: the size of {name} exceeds {longest} bytes")
            texts.append(text)
        return texts[0], texts[1]

    def _check_item(self, table: str, item: Wire, too_large: str) -> None:
        if size(item) > LARGEST_ITEM:
            raise Refused(too_large)
        for index, schema in self._tables[table].indexes.items():
            for name, longest in zip(schema.keys, (_LONGEST_HASH, _LONGEST_RANGE), strict=True):
                if name not in item:
                    continue
                if [*item[name]] != ["S"]:
                    raise Refused(f"Type mismatch for Index Key {name}. IndexName: {index}")
                if not 0 < len(item[name]["S"].encode()) <= longest:
                    raise Refused(
                        "One or more parameter values are not valid. A value specified for a secondary index key is "
                        f"not supported: it is empty or too long. IndexName: {index}, IndexKey: {name}"
                    )

    def _check_condition(
        self, request: Mapping[str, Any], item: Item | None, operation: str, others: list[Parsed]
    ) -> None:
        expressions = list(others)
        if "ConditionExpression" in request:
            expressions.append(condition(request["ConditionExpression"]))
        check_placeholders(request, expressions)
        for one in expressions:
            if one.holds is not None and not one.holds(item or {}, request):
                raise aws_error("ConditionalCheckFailedException", operation, "The conditional request failed")


def _schema(keys: Iterable[Mapping[str, str]]) -> Schema:
    found = {one["KeyType"]: one["AttributeName"] for one in keys}
    if found.keys() != {"HASH", "RANGE"}:
        raise NotTaught("a table or index without a sort key")
    return Schema(found["HASH"], found["RANGE"])


def _check_key_condition(parsed: Parsed, schema: Schema, request: Mapping[str, Any]) -> None:
    names = request.get("ExpressionAttributeNames", {})
    values = request["ExpressionAttributeValues"]
    found = {names.get(path, path): comparison for comparison, path, _ in parsed.key_parts}
    if len(found) != len(parsed.key_parts) or len(found) > 2:
        raise Refused("KeyConditionExpressions must only contain one condition per key")
    if found.get(schema.hash_key) != "=":
        raise Refused(f"Query condition missed key schema element: {schema.hash_key}")
    if found.keys() - {*schema.keys}:
        raise Refused(f"Query condition missed key schema element: {schema.range_key}")
    for _, path, value in parsed.key_parts:
        if "S" not in values[value]:
            raise Refused(f"Condition parameter type does not match schema type: {path}")
        if not values[value]["S"]:
            raise Refused(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                f"empty string value. Key: {path}"
            )


def _returned(what: str, before: Item | None, after: Item) -> dict[str, Any]:
    match what:
        case "NONE":
            return {}
        case "ALL_NEW":
            return {"Attributes": after}
        case "ALL_OLD":
            return {} if before is None else {"Attributes": before}
        case "UPDATED_NEW" | "UPDATED_OLD":
            raise NotTaught(what)
    raise Refused(f"Value '{what}' at 'returnValues' failed to satisfy constraint")
