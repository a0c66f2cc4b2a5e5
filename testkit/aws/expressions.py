"""DynamoDB's expressions, as far as the layer uses them. What the documents refuse is refused; what they allow and the
layer has no use for is `NotTaught`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

from testkit.aws.service import NotTaught
from testkit.aws.values import Refused, Wire, number, plain, stored_value

Request = Mapping[str, Any]
Operand = Callable[[Wire, Request], Any]
Condition = Callable[[Wire, Request], bool]
_TOKEN: Final = re.compile(r"\s*(?:(\(|\)|,|\+|-|<=|>=|<>|=|<|>|[:#]?[A-Za-z_0-9]+)|(\S))")
_UNKNOWN_HERE: Final = frozenset(
    {"attribute_type", "contains", "size", "list_append", "NOT", "IN", "BETWEEN", "DELETE", "-"}
)
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_ORDERED: Final = ("S", "N", "B")


@dataclass(frozen=True)
class Change:
    """One attribute that an update sets or, where `value` is None, removes."""

    name: str
    value: Operand | None

    def attribute(self, request: Request) -> str:
        return _attribute(self.name, request)


@dataclass(frozen=True)
class Parsed:
    """An expression, and the placeholders that it uses."""

    holds: Condition | None
    changes: tuple[Change, ...]
    tokens: frozenset[str]
    key_parts: tuple[tuple[str, str, str], ...] = ()
    """Of a key condition: comparison, attribute and value of each part."""


@cache
def reserved_words() -> frozenset[str]:
    """The words that DynamoDB takes only as ``#name``."""
    text = (files("moto") / "dynamodb/parsing/reserved_keywords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def check_placeholders(request: Request, expressions: list[Parsed]) -> None:
    """Every placeholder is given, and every one that is given is used. Raises Refused."""
    used = frozenset[str]().union(*(one.tokens for one in expressions))
    for kind, field in (("#", "ExpressionAttributeNames"), (":", "ExpressionAttributeValues")):
        given = request.get(field)
        if given is not None and not expressions:
            raise Refused(f"{field} can only be specified when using expressions")
        if given is not None and not given:
            raise Refused(f"{field} must not be empty")
        wanted = {token for token in used if token[0] == kind}
        if missing := wanted - (given or {}).keys():
            raise Refused(f"An expression uses {sorted(missing)}, which {field} does not define")
        if unused := (given or {}).keys() - wanted:
            raise Refused(f"Value provided in {field} unused in expressions: keys: {sorted(unused)}")
    for value in request.get("ExpressionAttributeValues", {}).values():
        stored_value(value)


class _Tokens:
    def __init__(self, text: str) -> None:
        if not text.strip():
            raise Refused("The expression can not be empty")
        self._left: list[str] = []
        for found in _TOKEN.finditer(text):
            token, other = found.groups()
            if other is not None:
                if other in ".[":
                    raise NotTaught(f"paths into an attribute: {text}")
                raise Refused(f"Invalid expression: syntax error; token: {other}")
            self._left.append(token)
        if unknown := _UNKNOWN_HERE.intersection(self._left):
            raise NotTaught(f"{sorted(unknown)} in {text}")
        self.placeholders = frozenset(token for token in self._left if token[0] in ":#")

    def next(self, wanted: str | None = None) -> str:
        if not self._left or (wanted is not None and self._left[0] != wanted):
            raise Refused(f"Invalid expression: syntax error near {self._left[:1] or 'its end'}")
        return self._left.pop(0)

    def ahead(self, *these: str) -> bool:
        return bool(self._left) and (not these or self._left[0] in these)

    def path(self) -> str:
        token = self.next()
        if token[0] == ":" or not re.fullmatch(r"#?\w+", token) or token[0].isdigit():
            raise Refused(f"Invalid expression: syntax error; token: {token}")
        if token.upper() in reserved_words():
            raise Refused(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def arguments(self, count: int) -> list[str]:
        self.next("(")
        found = [self.path()]
        for _ in range(count - 1):
            self.next(",")
            found.append(self.operand())
        self.next(")")
        return found

    def operand(self) -> str:
        return self.next() if self._left and self._left[0][0] == ":" else self.path()


def _attribute(token: str, request: Request) -> str:
    return str(request["ExpressionAttributeNames"][token]) if token[0] == "#" else token


def _value_of(token: str) -> Operand:
    """The wire value that a path or a ``:value`` stands for, or None."""
    if token[0] == ":":
        return lambda _, request: request["ExpressionAttributeValues"][token]
    return lambda item, request: item.get(_attribute(token, request))


@cache
def condition(text: str) -> Parsed:
    """A ``ConditionExpression``. Raises Refused."""
    tokens = _Tokens(text)

    def either() -> Condition:
        found = [both()]
        while tokens.ahead("OR"):
            tokens.next()
            found.append(both())
        return lambda item, request: any(one(item, request) for one in found)

    def both() -> Condition:
        found = [one()]
        while tokens.ahead("AND"):
            tokens.next()
            found.append(one())
        return lambda item, request: all(each(item, request) for each in found)

    def one() -> Condition:
        if tokens.ahead("("):
            tokens.next()
            found = either()
            tokens.next(")")
            return found
        if tokens.ahead("attribute_exists", "attribute_not_exists"):
            wanted = tokens.next() == "attribute_exists"
            there = _value_of(tokens.arguments(1)[0])
            return lambda item, request: (there(item, request) is not None) is wanted
        if tokens.ahead("begins_with"):
            tokens.next()
            return _begins(*tokens.arguments(2))
        left = tokens.operand()
        return _compared(tokens.next(), left, tokens.operand())

    found = either()
    if tokens.ahead():
        tokens.next("the end of the expression")
    return Parsed(found, (), tokens.placeholders)


def _begins(path: str, prefix: str) -> Condition:
    text, start = _value_of(path), _value_of(prefix)

    def holds(item: Wire, request: Request) -> bool:
        found, wanted = text(item, request), start(item, request)
        return found is not None and "S" in found and "S" in wanted and found["S"].startswith(wanted["S"])

    return holds


def _compared(comparison: str, left: str, right: str) -> Condition:
    if comparison not in _COMPARISONS:
        raise Refused(f"Invalid expression: syntax error; token: {comparison}")
    compare, one, other = _COMPARISONS[comparison], _value_of(left), _value_of(right)

    def holds(item: Wire, request: Request) -> bool:
        a, b = one(item, request), other(item, request)
        if comparison in ("=", "<>"):
            if a is None or b is None or a.keys() != b.keys():
                return comparison == "<>"
            return compare(plain(a), plain(b))
        for value in (a, b):
            if value is not None and not value.keys() <= {*_ORDERED}:
                raise Refused(f"Invalid operand type for operator {comparison}: {[*value]}")
        return a is not None and b is not None and a.keys() == b.keys() and compare(plain(a), plain(b))

    return holds


@cache
def key_condition(text: str) -> Parsed:
    """A ``KeyConditionExpression``: at most two parts, joined by AND. Raises Refused."""
    tokens = _Tokens(text)
    parts: list[tuple[str, str, str]] = []
    holds: list[Condition] = []
    while True:
        if tokens.ahead("begins_with"):
            comparison = tokens.next()
            path, value = tokens.arguments(2)
            holds.append(_begins(path, value))
        else:
            path, comparison, value = tokens.path(), tokens.next(), tokens.operand()
            if comparison == "<>":
                raise Refused("Unsupported operator on KeyCondition: operator: <>")
            holds.append(_compared(comparison, path, value))
        if value[0] != ":":
            raise Refused("Invalid condition in KeyConditionExpression: an attribute is compared with an attribute")
        parts.append((comparison, path, value))
        if not tokens.ahead():
            break
        tokens.next("AND")
    return Parsed(lambda item, request: all(one(item, request) for one in holds), (), tokens.placeholders, tuple(parts))


@cache
def update(text: str) -> Parsed:
    """An ``UpdateExpression`` with ``SET``, ``REMOVE`` and ``ADD``. Raises Refused."""
    tokens = _Tokens(text)
    changes: list[Change] = []
    clauses: set[str] = set()
    while tokens.ahead():
        clause = tokens.next()
        if clause not in ("SET", "REMOVE", "ADD"):
            raise Refused(f"Invalid UpdateExpression: Syntax error; token: {clause}")
        if clause in clauses:
            raise Refused(f'The "{clause}" section can only be used once in an update expression')
        clauses.add(clause)
        while True:
            name = tokens.path()
            if clause == "SET":
                tokens.next("=")
                changes.append(Change(name, _to_set(tokens)))
            elif clause == "ADD":
                changes.append(Change(name, _added(name, tokens.next())))
            else:
                changes.append(Change(name, None))
            if not tokens.ahead(","):
                break
            tokens.next()
    return Parsed(None, tuple(changes), tokens.placeholders)


def _to_set(tokens: _Tokens) -> Operand:
    left = _set_operand(tokens)
    if not tokens.ahead("+"):
        return left
    tokens.next()
    right = _set_operand(tokens)
    return lambda item, request: _sum(left(item, request), right(item, request))


def _set_operand(tokens: _Tokens) -> Operand:
    if tokens.ahead("if_not_exists"):
        tokens.next()
        path, other = tokens.arguments(2)
        here, otherwise = _value_of(path), _there(other)
        return lambda item, request: found if (found := here(item, request)) is not None else otherwise(item, request)
    return _there(tokens.operand())


def _there(token: str) -> Operand:
    value = _value_of(token)

    def found(item: Wire, request: Request) -> Any:
        there = value(item, request)
        if there is None:
            raise Refused("The provided expression refers to an attribute that does not exist in the item")
        return there

    return found


def _added(name: str, value: str) -> Operand:
    if value[0] != ":":
        raise Refused(f"Invalid UpdateExpression: Syntax error; token: {value}")
    there, more = _value_of(name), _value_of(value)

    def found(item: Wire, request: Request) -> Any:
        if "N" not in more(item, request):
            raise NotTaught("ADD to a set")
        return _sum(there(item, request) or {"N": "0"}, more(item, request))

    return found


def _sum(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    if "N" not in left or "N" not in right:
        raise Refused("An operand in the update expression has an incorrect data type")
    return number(Decimal(left["N"]) + Decimal(right["N"]))
