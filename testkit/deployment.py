"""The template as CloudFormation gets it, with what AWS fills in later as long as it can get: ARNs, generated names."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from testkit.template import defaults

REGION: Final = "ap-southeast-4"  # as long as names of regions get
_STAGE: Final = "s" * 16
_PSEUDO: Final = {
    "AWS::AccountId": "1" * 12,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": f"orderbridge-{_STAGE}",
    "AWS::URLSuffix": "amazonaws.com",
}
_REFER_BY_ARN: Final = frozenset(
    {"AWS::IAM::ManagedPolicy", "AWS::Lambda::Alias", "AWS::Lambda::LayerVersion", "AWS::SNS::Topic"}
)
NAMES: Final = {
    "AWS::ApiGatewayV2::Api": ("Name", 128),
    "AWS::CloudWatch::Alarm": ("AlarmName", 255),
    "AWS::CloudWatch::Dashboard": ("DashboardName", 255),
    "AWS::DynamoDB::Table": ("TableName", 255),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", 128),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::Lambda::LayerVersion": ("LayerName", 140),
    "AWS::Logs::LogGroup": ("LogGroupName", 512),
    "AWS::S3::Bucket": ("BucketName", 63),
    "AWS::SNS::Topic": ("TopicName", 256),
    "AWS::SQS::Queue": ("QueueName", 80),
    "AWS::Scheduler::Schedule": ("Name", 64),
}
"""The property with the name of a resource, and how long AWS takes it."""


def transformed(template: Mapping[str, Any], layer: str = "s3://built/layer") -> dict[str, dict[str, Any]]:
    """The resources that CloudFormation gets, with a layer that was uploaded there."""
    source = copy.deepcopy(dict(template))
    for name, resource in source["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://built/{name}"
    source["Resources"]["SharedLayer"]["Properties"]["ContentUri"] = layer
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    resources: dict[str, dict[str, Any]] = translator.translate(source, defaults(source))["Resources"]
    return resources


def references(value: Any, conditions: Mapping[str, Any]) -> Iterator[str]:
    """The logical ids and parameters that a part of the template refers to, those of its conditions included."""
    if isinstance(value, list):
        for one in value:
            yield from references(one, conditions)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key == "Ref":
                yield one
            elif key == "Fn::GetAtt":
                yield (one if isinstance(one, list) else one.split("."))[0]
            elif key == "Fn::Sub":
                texts = one if isinstance(one, list) else [one]
                yield from re.findall(r"\$\{(\w+)", texts[0])
                yield from references(texts[1:], conditions)
            elif key == "Fn::If":
                yield from references(conditions[one[0]], conditions)
                yield from references(one[1:], conditions)
            else:
                yield from references(one, conditions)


def waits_for(resources: Mapping[str, dict[str, Any]], conditions: Mapping[str, Any]) -> dict[str, set[str]]:
    """For each resource, those that CloudFormation makes before it. The linter does not look at update policies."""
    return {
        name: {
            *references([one.get("Properties", {}), one.get("UpdatePolicy", {})], conditions),
            *([needs] if isinstance(needs := one.get("DependsOn", []), str) else needs),
        }
        & resources.keys()
        for name, one in resources.items()
    }


@dataclass(frozen=True)
class Plan:
    """The template as it is written and as CloudFormation gets it.

    Attributes:
        overrides: by stage, the parameters that `samconfig.toml` sets.
    """

    template: Mapping[str, Any]
    resources: Mapping[str, dict[str, Any]]
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def longest(self, value: Any) -> Any:
        """A part of the template with everything filled in, each as long as it can get; None for no value."""
        if isinstance(value, list):
            return [one for one in map(self.longest, value) if one is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, given),) = value.items()
            if function == "Ref":
                return None if given == "AWS::NoValue" else self._reference(given)
            if function == "Fn::GetAtt":
                name, attribute = given if isinstance(given, list) else given.split(".", 1)
                return self._attribute(name, attribute)
            if function == "Fn::Sub":
                text, more = given if isinstance(given, list) else (given, {})
                return re.sub(r"\$\{([\w:.]+)\}", partial(self._filled, more), text)
            if function == "Fn::Join":
                return given[0].join(map(str, self.longest(given[1])))
            if function == "Fn::If":
                return max(map(self.longest, given[1:]), key=lambda one: len(json.dumps(one)))
        found = {key: self.longest(one) for key, one in value.items()}
        return {key: one for key, one in found.items() if one is not None}

    def _filled(self, more: Mapping[str, Any], match: re.Match[str]) -> str:
        name, _, attribute = match[1].partition(".")
        if name in more:
            return str(self.longest(more[name]))
        return self._attribute(name, attribute) if attribute else self._reference(name)

    def _reference(self, name: str) -> str:
        kind = self.resources.get(name, {}).get("Type")
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{'1' * 12}/{self._named(name)}"
        return self._attribute(name, "Arn") if kind in _REFER_BY_ARN else self._named(name)

    def _named(self, name: str) -> str:
        """The value of a parameter, or the name of a resource."""
        if name in _PSEUDO:
            return _PSEUDO[name]
        if (parameter := self.template["Parameters"].get(name)) is not None:
            if name == "Stage":
                return _STAGE
            values = parameter.get("AllowedValues", [parameter.get("Default", ""), "x" * parameter.get("MaxLength", 0)])
            return max(map(str, values), key=len)
        resource = self.resources[name]
        attribute, limit = NAMES.get(resource["Type"], ("", 64))
        given = resource.get("Properties", {}).get(attribute)
        return str(self.longest(given)) if given else f"{_PSEUDO['AWS::StackName']}-{name}-{'X' * 13}"[:limit]

    def _attribute(self, name: str, attribute: str) -> str:
        service = self.resources[name]["Type"].split("::")[1].lower()
        arn = f"arn:aws:{service}:{REGION}:{'1' * 12}:{self._named(name)}"
        return arn if attribute == "Arn" else f"https://{arn}"


def read_overrides(path: Path) -> dict[str, dict[str, str]]:
    """By stage, the parameters that a samconfig.toml sets."""
    found = {}
    for stage, commands in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if isinstance(commands, dict) and "deploy" in commands:
            texts = commands["deploy"]["parameters"].get("parameter_overrides", [])
            found[stage] = dict(text.split("=", 1) for text in texts)
    return found
