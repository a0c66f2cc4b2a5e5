"""What `template.yaml` says, with its conditions decided and its references followed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from samtranslator.yaml_helper import yaml_parse

from local.stack import PROJECT
from local.streams import StreamSettings

_NO_VALUE: Final = {"Ref": "AWS::NoValue"}


def read_template() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text(encoding="utf-8"))
    return template


def defaults(template: Mapping[str, Any]) -> dict[str, str]:
    """The parameters, each with its default."""
    return {name: str(one.get("Default", "")) for name, one in template["Parameters"].items()}


def of_type(resources: Mapping[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in resources.items() if one["Type"] == kind}


def ref(value: Any) -> str:
    """The logical id that `!Ref` or `!GetAtt` points at."""
    if "Ref" in value:
        return str(value["Ref"])
    target = value["Fn::GetAtt"]
    return str(target[0] if isinstance(target, list) else target.split(".")[0])


def decided(value: Any, conditions: Mapping[str, Any], parameters: Mapping[str, str]) -> Any:
    """A part of the template with each `!If` decided, and nothing left where it says `AWS::NoValue`."""
    if isinstance(value, list):
        every = [decided(one, conditions, parameters) for one in value]
        return [one for one in every if one != _NO_VALUE]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        name, yes, no = value["Fn::If"]
        return decided(yes if holds(conditions[name], parameters) else no, conditions, parameters)
    every_key = {key: decided(one, conditions, parameters) for key, one in value.items()}
    return {key: one for key, one in every_key.items() if one != _NO_VALUE}


def text(value: Any, conditions: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
    """A value with every parameter filled in; of a resource its logical id."""
    found = decided(value, conditions, parameters)
    if not isinstance(found, dict):
        return str(found)
    if "Fn::Sub" in found:
        return re.sub(r"\$\{(\w+)\}", lambda name: parameters.get(name[1], name[1]), str(found["Fn::Sub"]))
    return parameters.get(ref(found), ref(found))


def holds(condition: Any, parameters: Mapping[str, str]) -> bool:
    """Whether one of the template's conditions does."""
    if "Fn::Not" in condition:
        return not holds(condition["Fn::Not"][0], parameters)
    if "Fn::Or" in condition:
        return any(holds(one, parameters) for one in condition["Fn::Or"])
    one, other = (text(value, {}, parameters) for value in condition["Fn::Equals"])
    return one == other


@lru_cache(maxsize=1)
def table_properties() -> dict[str, Any]:
    """What it takes to create the table."""
    properties: dict[str, Any] = read_template()["Resources"]["Table"]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    stream = {"StreamEnabled": True, **properties["StreamSpecification"]}
    return {key: properties[key] for key in taken} | {"StreamSpecification": stream}


@lru_cache(maxsize=2)
def stream_settings(*, tells_events: bool = False) -> tuple[str, StreamSettings]:
    """The function that follows the table's stream, by its logical id, and how its changes reach it."""
    template = read_template()
    parameters = defaults(template) | {"EventBus": "on" if tells_events else "off"}
    ((name, event),) = (
        (name, one)
        for name, resource in of_type(template["Resources"], "AWS::Serverless::Function").items()
        for one in resource["Properties"].get("Events", {}).values()
        if one["Type"] == "DynamoDB"
    )
    properties = decided(event["Properties"], template["Conditions"], parameters)
    return name, StreamSettings.of(properties)


def make_table(dynamodb: Any, name: str) -> str:
    """The table as the template defines it, in memory or on moto; gives its name."""
    dynamodb.create_table(TableName=name, **table_properties())
    return name
