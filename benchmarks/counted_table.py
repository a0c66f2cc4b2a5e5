"""DynamoDB in memory, for measuring: as much of it as the layer's stock job uses, and what it would have cost.

Capacity is counted as AWS documents it: a read unit per 4 KB read consistently (half of one otherwise, by the sum for
a query), a write unit per 1 KB of the larger of the item before and after, also where a condition fails, and the same
for each change in the index. Items are kept as JSON, so that 50,000 of them do not count as the job's memory.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from benchmarks.units import size
from orderbridge.stores.table import INDEX
from testkit.blueprint import blueprint

Attributes = dict[str, dict[str, Any]]
Key = tuple[str, str]
_CLAUSE: Final = re.compile(r"\b(SET|REMOVE)\b")


class CountedTable:
    """The calls of a DynamoDB client, on one table with the index of shelves, as the template defines it."""

    def __init__(self) -> None:
        self.units: Counter[str] = Counter()
        self._items: dict[str, dict[str, bytes]] = {}
        self._shelves: dict[str, dict[Key, str]] = {}

    def get_item(self, *, Key: Attributes, **_: Any) -> dict[str, Any]:  # noqa: N803
        item = self._load(_key(Key))
        self.units["read"] += _units(item, 4096)
        return {"Item": item} if item else {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        ((table, request),) = RequestItems.items()
        assert len(request["Keys"]) <= 100
        found = []
        for key in request["Keys"]:
            item = self._load(_key(key))
            self.units["read"] += _units(item, 4096)
            if item:
                found.append(item)
        return {"Responses": {table: found}}

    def update_item(self, **request: Any) -> dict[str, Any]:
        key = _key(request["Key"])
        before = self._load(key)
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        condition = request.get("ConditionExpression")
        if condition and not _holds(condition, before or {}, names, values):
            self.units["write"] += _units(before, 1024)
            self.units["refused"] += 1
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "UpdateItem")
        after = _updated(before or dict(request["Key"]), request["UpdateExpression"], names, values)
        self.units["write"] += max(_units(before, 1024), _units(after, 1024))
        self._index(key, before, after)
        self._items.setdefault(key[0], {})[key[1]] = json.dumps(after).encode()
        return {"Attributes": after}

    def query(self, **request: Any) -> dict[str, Any]:
        """All of it on one page; only the conditions that `Table` makes."""
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        if request.get("IndexName") == INDEX:
            there = self._shelves.get(values[":shelf"], {})
            moment, is_start = values.get(":moment"), ">=" in request["KeyConditionExpression"]
            keys = sorted((at, key) for key, at in there.items() if moment is None or (at >= moment) is is_start)
            if not request["ScanIndexForward"]:
                keys.reverse()
            items = [_held(item) for _, key in keys if (item := self._load(key))]
            self.units["half read"] += max(1, -(-sum(map(size, items)) // 4096))
        else:
            part = self._items.get(values[":pk"], {})
            keys_of_part = sorted(sk for sk in part if sk.startswith(values[":prefix"]))
            items = [json.loads(part[sk]) for sk in keys_of_part]
            self.units["read"] += max(1, -(-sum(map(size, items)) // 4096))
        return {"Items": items}

    def _load(self, key: Key) -> Attributes | None:
        found = self._items.get(key[0], {}).get(key[1])
        return json.loads(found) if found else None

    def _index(self, key: Key, before: Attributes | None, after: Attributes) -> None:
        """The sparse index: an item that comes, goes, or moves within it is a write, or two."""
        was, now = _place(before), _place(after)
        if was is not None:
            del self._shelves[was[0]][key]
        if now is not None:
            self._shelves.setdefault(now[0], {})[key] = now[1]
        versions = ((was, _held(before or {})), (now, _held(after)))
        changed = {place: item for place, item in versions if place is not None}
        if was != now or versions[0][1] != versions[1][1]:
            self.units["index write"] += sum(_units(item, 1024) for item in changed.values())


def _key(key: Attributes) -> Key:
    return key["pk"]["S"], key["sk"]["S"]


def _place(item: Attributes | None) -> tuple[str, str] | None:
    shelf, sorted_by = blueprint().index_keys
    return (item[shelf]["S"], item[sorted_by]["S"]) if item and shelf in item and sorted_by in item else None


def _held(item: Attributes) -> Attributes:
    """What the index holds of an item."""
    projected = blueprint().projected
    return item if projected is None else {name: value for name, value in item.items() if name in projected}


def _units(item: Attributes | None, each: int) -> int:
    return max(1, -(-size(item or {}) // each))


def _updated(item: Attributes, expression: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Attributes:
    after = dict(item)
    clauses = _CLAUSE.split(expression)[1:]
    for verb, body in zip(clauses[::2], clauses[1::2], strict=True):
        for part in re.split(r",\s*(?![^(]*\))", body.strip()):
            if verb == "REMOVE":
                after.pop(names.get(part.strip(), part.strip()), None)
                continue
            name, what = (text.strip() for text in part.split("=", 1))
            name = names.get(name, name)
            if default := re.fullmatch(r"if_not_exists\((\w+), (:\w+)\)", what):
                after[name] = item.get(default[1], values[default[2]])
            else:
                after[name] = values[what]
    return after


def _holds(condition: str, item: Attributes, names: Mapping[str, str], values: Mapping[str, Any]) -> bool:
    """Comparisons, attribute_exists and attribute_not_exists, joined by AND and OR, one level of brackets deep."""

    def term(text: str) -> bool:
        text = text.strip()
        if exists := re.fullmatch(r"attribute_(not_)?exists\((\w+)\)", text):
            return (exists[2] in item) is (exists[1] is None)
        left, operator, right = text.split(" ")
        found, wanted = item.get(names.get(left, left)), values[right]
        if found is None or found.keys() != wanted.keys():
            return False
        ((kind, a),), ((_, b),) = found.items(), wanted.items()
        return bool({"=": a == b, "<": a < b if kind == "S" else float(a) < float(b)}[operator])

    def group(text: str) -> bool:
        return any(all(term(one) for one in part.split(" AND ")) for part in text.split(" OR "))

    groups = re.findall(r"\(((?:[^()]|\(\w+\))*)\)(?= AND |$)", condition) if condition.startswith("(") else [condition]
    return all(group(one) for one in groups)
