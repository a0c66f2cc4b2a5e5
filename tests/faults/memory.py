"""DynamoDB and Parameter Store in memory: the calls that the layer makes, a hundred times as fast as over moto.

`test_memory.py` runs the same journeys on moto and compares every item that they leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from tests.world import held_by_the_index

Wire = dict[str, Any]
"""An item, or values of an expression, as they travel: ``{"n": {"N": "1"}}``."""
Condition = Callable[[Wire, Mapping[str, Any]], bool]
Change = Callable[[Wire, Wire, Mapping[str, Any]], None]
_TOKEN = re.compile(r"\(|\)|,|\+|<=|>=|<>|=|<|>|[:#]?\w+")


def aws_error(code: str, operation: str) -> ClientError:
    """What a client raises for an answer with this error code."""
    return ClientError({"Error": {"Code": code, "Message": "as the test has it"}}, operation)  # type: ignore[arg-type,unused-ignore]


class MemoryDynamoDB:
    """Tables with the key ``pk`` and ``sk`` and the sparse index ``shelves``. No item is changed, only replaced."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[str, str], Wire]] = {}

    def create_table(self, *, TableName: str, **_properties: Any) -> None:  # noqa: N803
        self.tables[TableName] = {}

    def get_item(self, *, TableName: str, Key: Wire, ConsistentRead: bool = False) -> dict[str, Any]:  # noqa: N803
        assert ConsistentRead, "decisions hang on what is read"
        found = self.tables[TableName].get(_key(Key))
        return {} if found is None else {"Item": found}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        found: dict[str, list[Wire]] = {}
        for name, asked in RequestItems.items():
            assert 0 < len(asked["Keys"]) <= 100
            items = (self.tables[name].get(_key(key)) for key in asked["Keys"])
            found[name] = [item for item in items if item is not None]
        return {"Responses": found}

    def put_item(self, *, TableName: str, Item: Wire, **request: Any) -> dict[str, Any]:  # noqa: N803
        key = _key(Item)
        self._check(self.tables[TableName].get(key, {}), request, "PutItem")
        self.tables[TableName][key] = Item
        return {}

    def update_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Key: Wire,  # noqa: N803
        UpdateExpression: str,  # noqa: N803
        ReturnValues: str,  # noqa: N803
        **request: Any,
    ) -> dict[str, Any]:
        assert ReturnValues == "ALL_NEW"
        before = self.tables[TableName].get(_key(Key), {})
        self._check(before, request, "UpdateItem")
        after = before | Key
        for change in _changes(UpdateExpression):
            change(after, before, request)
        self.tables[TableName][_key(Key)] = after
        return {"Attributes": after}

    def delete_item(self, *, TableName: str, Key: Wire) -> dict[str, Any]:  # noqa: N803
        self.tables[TableName].pop(_key(Key), None)
        return {}

    def query(self, *, TableName: str, KeyConditionExpression: str, **request: Any) -> dict[str, Any]:  # noqa: N803
        holds = _condition(KeyConditionExpression)
        items = [item for item in self.tables[TableName].values() if holds(item, request)]
        by = "sk"
        if "IndexName" in request:
            by = "shelved_at"
            held = held_by_the_index()
            items = [
                {name: value for name, value in item.items() if name in held}
                for item in items
                if "shelf" in item and by in item
            ]
        items.sort(key=lambda item: str(_plain(item[by])), reverse=not request.get("ScanIndexForward", True))
        return {"Items": items}

    def scan(self, *, TableName: str) -> dict[str, Any]:  # noqa: N803
        return {"Items": list(self.tables[TableName].values())}

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def _check(self, item: Wire, request: Mapping[str, Any], operation: str) -> None:
        text = request.get("ConditionExpression")
        if text is not None and not _condition(text)(item, request):
            raise aws_error("ConditionalCheckFailedException", operation)


class Paginator:
    """One page, as far as the tests' tables go."""

    def __init__(self, operation: Callable[..., dict[str, Any]]) -> None:
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        yield self._operation(**request)


class MemorySSM:
    """Parameters by name."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.types: dict[str, str] = {}

    class exceptions:  # noqa: N801  as a client has it
        class ParameterNotFound(ClientError):
            pass

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool = False) -> dict[str, Any]:  # noqa: N803
        assert Overwrite or Name not in self.values
        self.values[Name], self.types[Name] = Value, Type
        return {}

    def get_parameter(self, *, Name: str, WithDecryption: bool = False) -> dict[str, Any]:  # noqa: N803
        assert WithDecryption
        if Name not in self.values:
            error: Any = {"Error": {"Code": "ParameterNotFound", "Message": ""}}
            raise self.exceptions.ParameterNotFound(error, "GetParameter")
        return {"Parameter": {"Name": Name, "Value": self.values[Name]}}

    def get_parameters_by_path(self, *, Path: str, **request: Any) -> dict[str, Any]:  # noqa: N803
        assert request["Recursive"]
        plain = [one["Values"] == ["String"] for one in request.get("ParameterFilters", [])]
        return {
            "Parameters": [
                {"Name": name, "Value": value}
                for name, value in self.values.items()
                if name.startswith(f"{Path}/") and (not any(plain) or self.types[name] == "String")
            ]
        }

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))


def _key(item: Wire) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _plain(value: Any) -> Any:
    """A wire value to compare with; of numbers, their value."""
    ((kind, held),) = value.items()
    return Decimal(held) if kind == "N" else held


def _operand(token: str) -> Callable[[Wire, Mapping[str, Any]], Any]:
    """The wire value that a path or a ``:value`` stands for, or None."""
    if token.startswith(":"):
        return lambda _, request: request["ExpressionAttributeValues"][token]
    if token.startswith("#"):
        return lambda item, request: item.get(request["ExpressionAttributeNames"][token])
    return lambda item, _: item.get(token)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


@cache
def _condition(text: str) -> Condition:
    """`ConditionExpression` and `KeyConditionExpression`, as far as the layer uses them."""
    tokens = _TOKEN.findall(text)

    def either() -> Condition:
        found = [both()]
        while tokens[:1] == ["OR"]:
            tokens.pop(0)
            found.append(both())
        return lambda item, request: any(one(item, request) for one in found)

    def both() -> Condition:
        found = [one()]
        while tokens[:1] == ["AND"]:
            tokens.pop(0)
            found.append(one())
        return lambda item, request: all(each(item, request) for each in found)

    def one() -> Condition:
        token = tokens.pop(0)
        if token == "(":
            found = either()
            assert tokens.pop(0) == ")"
            return found
        if token in ("attribute_exists", "attribute_not_exists"):
            _, path, _ = tokens.pop(0), tokens.pop(0), tokens.pop(0)
            return lambda item, request: (_operand(path)(item, request) is not None) == (token == "attribute_exists")
        if token == "begins_with":
            _, path, _, prefix, _ = (tokens.pop(0) for _ in range(5))
            return lambda item, request: _operand(path)(item, request)["S"].startswith(
                _operand(prefix)(item, request)["S"]
            )
        compare, left, right = _COMPARISONS[tokens.pop(0)], _operand(token), _operand(tokens.pop(0))

        def holds(item: Wire, request: Mapping[str, Any]) -> bool:
            a, b = left(item, request), right(item, request)
            return a is not None and b is not None and a.keys() == b.keys() and compare(_plain(a), _plain(b))

        return holds

    found = either()
    assert not tokens, f"not understood: {text}"
    return found


@cache
def _changes(text: str) -> tuple[Change, ...]:
    """`UpdateExpression` with ``SET``, ``REMOVE`` and ``ADD``, as far as the layer uses it."""
    tokens = _TOKEN.findall(text)
    found: list[Change] = []
    clause = ""
    while tokens:
        if tokens[0] in ("SET", "REMOVE", "ADD"):
            clause = tokens.pop(0)
        name = tokens.pop(0)
        if clause == "SET":
            assert tokens.pop(0) == "="
            found.append(_set(name, _value(tokens)))
        elif clause == "ADD":
            found.append(_set(name, _sum(_operand(name), _operand(tokens.pop(0)), missing=Decimal(0))))
        else:
            found.append(_remove(name))
        if tokens[:1] == [","]:
            tokens.pop(0)
    return tuple(found)


def _value(tokens: list[str]) -> Callable[[Wire, Mapping[str, Any]], Any]:
    token = tokens.pop(0)
    if token == "if_not_exists":
        _, path, _, other, _ = (tokens.pop(0) for _ in range(5))

        def kept(item: Wire, request: Mapping[str, Any]) -> Any:
            there = _operand(path)(item, request)
            return _operand(other)(item, request) if there is None else there

        return kept
    if tokens[:1] == ["+"]:
        tokens.pop(0)
        return _sum(_operand(token), _operand(tokens.pop(0)))
    return _operand(token)


def _sum(
    left: Callable[[Wire, Mapping[str, Any]], Any],
    right: Callable[[Wire, Mapping[str, Any]], Any],
    *,
    missing: Decimal | None = None,
) -> Callable[[Wire, Mapping[str, Any]], Any]:
    def added(item: Wire, request: Mapping[str, Any]) -> Any:
        a, b = left(item, request), right(item, request)
        if a is None and missing is None:
            raise aws_error("ValidationException", "UpdateItem")
        return {"N": str((missing if a is None else _plain(a)) + _plain(b))}

    return added


def _set(name: str, value: Callable[[Wire, Mapping[str, Any]], Any]) -> Change:
    def change(after: Wire, before: Wire, request: Mapping[str, Any]) -> None:
        attribute = request["ExpressionAttributeNames"][name] if name.startswith("#") else name
        after[attribute] = value(before, request)

    return change


def _remove(name: str) -> Change:
    return lambda after, before, request: after.pop(name, None) and None
