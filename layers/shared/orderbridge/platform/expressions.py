"""Builds DynamoDB's update and condition expressions from attributes and plain values.

Every name and value gets a placeholder, so attributes may have any name, including DynamoDB's reserved words.
Conditions are boto3's: ``Attr("due_at").not_exists() | Attr("due_at").lt(now)``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder


def condition_request(only_if: ConditionBase) -> dict[str, Any]:
    """A condition as arguments of a write. Values are plain."""
    text, names, values = ConditionExpressionBuilder().build_expression(only_if)
    return _request({"ConditionExpression": text}, names, values)


def update_request(
    *,
    set: Mapping[str, Any],
    default: Mapping[str, Any],
    add: Mapping[str, Any],
    remove: Collection[str],
    only_if: ConditionBase | None,
) -> dict[str, Any]:
    """An update as arguments of ``update_item``; see ``Table.change``. Values are plain."""
    text = ""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    if only_if is not None:
        text, names, values = ConditionExpressionBuilder().build_expression(only_if)

    def attribute(name: str) -> str:
        names[f"#a{len(names)}"] = name
        return f"#a{len(names) - 1}"

    def content(value: Any) -> str:
        values[f":a{len(values)}"] = value
        return f":a{len(values) - 1}"

    assigned = [f"{attribute(name)} = {content(value)}" for name, value in set.items() if value is not None]
    for name, value in default.items():
        short = attribute(name)
        assigned.append(f"{short} = if_not_exists({short}, {content(value)})")
    clauses = {
        "SET": assigned,
        "ADD": [f"{attribute(name)} {content(value)}" for name, value in add.items()],
        "REMOVE": [attribute(name) for name in (*remove, *(name for name, value in set.items() if value is None))],
    }
    update = " ".join(f"{clause} {', '.join(parts)}" for clause, parts in clauses.items() if parts)
    return _request({"UpdateExpression": update, "ConditionExpression": text}, names, values)


def _request(expressions: Mapping[str, str], names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out empty parts, because DynamoDB refuses them."""
    request = {**expressions, "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return {name: part for name, part in request.items() if part}
