"""What the deployed roles allow, read back from IAM with every reference resolved."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.aws import ACCOUNT
from local.stack import Stack
from tests.security.aws_calls import Use


@dataclass(frozen=True)
class Grant:
    """One action on one resource, or pattern of resources, that a role allows."""

    sid: str
    action: str
    resource: str

    def covers(self, use: Use) -> bool:
        pattern = re.escape(self.resource).replace(r"\*", ".*").replace(r"\?", ".")
        return self.action == use.action and re.fullmatch(pattern, use.resource) is not None


def grants(stack: Stack, role: str) -> set[Grant]:
    """All that the role of this name allows."""
    return {
        Grant(statement["Sid"], action, resource)
        for statement in statements(stack, role)
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def statements(stack: Stack, role: str) -> Iterator[dict[str, Any]]:
    iam = stack.aws.client("iam")
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
        assert policy["Arn"].split(":")[4] == ACCOUNT, "none of AWS's own, which are broad"
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        yield from _read(version["Document"])
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        yield from _read(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])


def _read(document: Any) -> list[dict[str, Any]]:
    """The statements; moto keeps the text of a Python dictionary."""
    found: list[dict[str, Any]] = (ast.literal_eval(document) if isinstance(document, str) else document)["Statement"]
    return found


def role_of(stack: Stack, function: str) -> str:
    """The name of the role that a function runs with."""
    arn: str = stack.aws.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    return arn.rsplit("/", 1)[-1]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
