"""Checks the template for what AWS refuses only while it deploys: `python -m testkit.deploy_check`, without an account.

Every value that AWS fills in later is assumed as long as possible, with the longest name of a stage. Checks of `sam
validate --lint` are not repeated.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from local.stack import PROJECT
from testkit.deployment import (
    NAMES,
    Plan,
    read_overrides,
    references,
    transformed,
    waits_for,
)
from testkit.template import decided, defaults, holds, of_type, read_template

_INLINE, _MANAGED, _TRUST = 10_240, 6_144, 2_048
_RESOURCES, _OUTPUTS, _PARAMETERS, _TEMPLATE_BYTES = 500, 200, 200, 1_048_576
_ENVIRONMENT_BYTES: Final = 4_096
_MANAGED_OF_A_ROLE: Final = 10

DESCRIPTIONS: Final = {
    "AWS::CloudWatch::Alarm": ("AlarmDescription", 1024),
    "AWS::IAM::ManagedPolicy": ("Description", 1000),
    "AWS::IAM::Role": ("Description", 1000),
    "AWS::Lambda::Function": ("Description", 256),
    "AWS::Lambda::Version": ("Description", 256),
    "AWS::Scheduler::Schedule": ("Description", 512),
}
QUOTAS: Final = {
    "AWS::IAM::Role": ("IAM roles of the account", 1_000),
    "AWS::IAM::ManagedPolicy": ("IAM policies of the account", 1_500),
    "AWS::CloudWatch::Alarm": ("CloudWatch alarms", 5_000),
    "AWS::DynamoDB::Table": ("DynamoDB tables", 2_500),
    "AWS::ApiGatewayV2::Api": ("HTTP APIs", 600),
    "AWS::SNS::Topic": ("SNS topics", 100_000),
    "AWS::KMS::Key": ("KMS keys", 100_000),
}
"""The default quotas of a region or an account."""
_NEW_ACCOUNT: Final = 10
"""Lambda executions at once in a new account; the default of others is 1,000."""


@dataclass(frozen=True)
class Checked:
    """What a check has found: a figure that says how much room is left, and what AWS would refuse."""

    figure: str
    problems: tuple[str, ...] = ()


def check_size(plan: Plan) -> Checked:
    size = len(json.dumps(plan.resources, default=str).encode())
    counts = {
        "resources": (len(plan.resources), _RESOURCES),
        "outputs": (len(plan.template.get("Outputs", {})), _OUTPUTS),
        "parameters": (len(plan.template["Parameters"]), _PARAMETERS),
        "bytes": (size, _TEMPLATE_BYTES),
    }
    return _limited(counts)


def check_policies(plan: Plan) -> Checked:
    sizes: dict[str, tuple[int, int]] = {}
    for name, role in of_type(plan.resources, "AWS::IAM::Role").items():
        properties = role["Properties"]
        inline = [one["PolicyDocument"] for one in properties.get("Policies", ())]
        sizes[f"inline policies of {name}"] = (sum(_policy_size(plan, one) for one in inline), _INLINE)
        sizes[f"trust policy of {name}"] = (_policy_size(plan, properties["AssumeRolePolicyDocument"]), _TRUST)
        attached = len(properties.get("ManagedPolicyArns", ()))
        sizes[f"managed policies attached to {name}"] = (attached, _MANAGED_OF_A_ROLE)
    for name, policy in of_type(plan.resources, "AWS::IAM::ManagedPolicy").items():
        sizes[f"managed policy {name}"] = (_policy_size(plan, policy["Properties"]["PolicyDocument"]), _MANAGED)
    return _limited(sizes, fullest=True)


def _policy_size(plan: Plan, document: Any) -> int:
    """IAM does not count white space."""
    return len(json.dumps(plan.longest(document), separators=(",", ":")))


def check_environments(plan: Plan) -> Checked:
    """Names and values together, as Lambda counts them."""
    sizes = {}
    for name, function in of_type(plan.resources, "AWS::Lambda::Function").items():
        variables = plan.longest(function["Properties"].get("Environment", {}).get("Variables", {}))
        size = sum(len(key.encode()) + len(str(value).encode()) for key, value in variables.items())
        sizes[f"variables of {name}"] = (size, _ENVIRONMENT_BYTES)
    return _limited(sizes, fullest=True)


def check_lengths(plan: Plan) -> Checked:
    lengths = {"the template's description": (len(plan.template.get("Description", "").encode()), 1024)}
    for name, resource in plan.resources.items():
        for attribute, limit in filter(None, (NAMES.get(resource["Type"]), DESCRIPTIONS.get(resource["Type"]))):
            if (given := resource.get("Properties", {}).get(attribute)) is not None:
                lengths[f"{attribute} of {name}"] = (len(str(plan.longest(given))), limit)
    return _limited(lengths, fullest=True)


def check_order(plan: Plan) -> Checked:
    found = waits_for(plan.resources, plan.template.get("Conditions", {}))
    try:
        order = list(TopologicalSorter(found).static_order())
    except CycleError as error:
        return Checked("", (f"resources wait for each other: {' → '.join(error.args[1])}",))
    return Checked(f"{len(order)} resources can be made one after the other")


def check_canary(plan: Plan) -> Checked:
    """Each function is moved by an alias, which goes back on alarms that there are."""
    problems = []
    conditions = plan.template.get("Conditions", {})
    parameters = defaults(plan.template) | {"Rollout": "canary"}
    alarms = [one["Properties"].get("AlarmName") for one in of_type(plan.resources, "AWS::CloudWatch::Alarm").values()]
    functions = of_type(plan.resources, "AWS::Lambda::Function")
    for name in functions:
        alias = plan.resources.get(f"{name}Aliaslive", {})
        update = alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate")
        if update is None:
            problems.append(f"{name} has no alias that CodeDeploy moves")
            continue
        problems += [
            f"{name}: {hook} is no function of the template"
            for hook in ("BeforeAllowTrafficHook", "AfterAllowTrafficHook")
            if hook in update and not set(references(update[hook], conditions)) & functions.keys()
        ]
        group = plan.resources[update["DeploymentGroupName"]["Ref"]]["Properties"]
        watched = decided(group, conditions, parameters).get("AlarmConfiguration", {})
        if not watched.get("Alarms"):
            problems.append(f"{name}: no alarm ends its canary")
        problems += [
            f"{name}: its canary depends on {plan.longest(alarm['Name'])}, which is no alarm of the template"
            for alarm in watched.get("Alarms", ())
            if alarm["Name"] not in alarms
        ]
    return Checked(f"{len(functions)} functions", tuple(problems))


def check_parameters(plan: Plan) -> Checked:
    """Defaults and samconfig.toml keep the parameters' own rules; each rule speaks of parameters that there are."""
    known: Mapping[str, Any] = plan.template["Parameters"]
    defaults = {name: str(entry.get("Default", "")) for name, entry in known.items()}
    problems = [
        f"the default of {name} is not allowed"
        for name, entry in known.items()
        if "Default" in entry and not _is_allowed(str(entry["Default"]), entry)
    ]
    asked = []
    for stage, overrides in plan.overrides.items():
        problems += [f"{stage}: there is no parameter {name}" for name in overrides if name not in known]
        problems += [
            f"{stage}: {name}={value} is not allowed"
            for name, value in overrides.items()
            if name in known and not _is_allowed(value, known[name])
        ]
        for name, rule in plan.template.get("Rules", {}).items():
            given = {**defaults, **overrides}
            if holds(rule.get("RuleCondition", {"Fn::Equals": ["", ""]}), given):
                asked += [
                    (stage, assertion.get("AssertDescription", name), sorted(set(references(assertion["Assert"], {}))))
                    for assertion in rule["Assertions"]
                    if not holds(assertion["Assert"], given)
                ]
    for stage, told, names in asked:
        if any(name in plan.overrides[stage] for name in names):
            problems.append(f"{stage}: samconfig.toml breaks a rule: {told}")
    for name, rule in plan.template.get("Rules", {}).items():
        for one in set(references(rule, {})) - known.keys():
            problems.append(f"rule {name}: there is no parameter {one}")
    figure = f"{len(known)} parameters"
    wanted = sorted({f"{stage} asks for {name}" for stage, _, names in asked for name in names})
    return Checked(", ".join([figure, *wanted]), tuple(problems))


def _is_allowed(value: str, parameter: Mapping[str, Any]) -> bool:
    values = parameter.get("AllowedValues")
    if values is not None and value not in map(str, values):
        return False
    if not re.fullmatch(parameter.get("AllowedPattern", "(?s).*"), value):
        return False
    if parameter["Type"] == "Number":
        number = float(value)
        return float(parameter.get("MinValue", number)) <= number <= float(parameter.get("MaxValue", number))
    return int(parameter.get("MinLength", 0)) <= len(value) <= int(parameter.get("MaxLength", len(value)))


def check_quotas(plan: Plan) -> Checked:
    counts = {told: (len(of_type(plan.resources, kind)), quota) for kind, (told, quota) in QUOTAS.items()}
    return _limited({told: pair for told, pair in counts.items() if pair[0]})


def concurrency(plan: Plan) -> int:
    """How many invocations the queues alone may have at once. The table's stream has one for each of a few shards."""
    every = of_type(plan.resources, "AWS::Lambda::EventSourceMapping").values()
    mappings = [one for one in every if "StartingPosition" not in one["Properties"]]
    return sum(int(one["Properties"].get("ScalingConfig", {}).get("MaximumConcurrency", 1_000)) for one in mappings)


CHECKS: Final[Mapping[str, Callable[[Plan], Checked]]] = {
    "size of the stack": check_size,
    "policies": check_policies,
    "environment variables": check_environments,
    "names and descriptions": check_lengths,
    "order": check_order,
    "canary": check_canary,
    "parameters": check_parameters,
    "quotas of a new account": check_quotas,
}


def _limited(counts: Mapping[str, tuple[int, int]], *, fullest: bool = False) -> Checked:
    problems = tuple(
        f"{what}: {count:,}, and at most {limit:,}" for what, (count, limit) in counts.items() if count > limit
    )
    shown = counts.items()
    if fullest:
        shown = [max(counts.items(), key=lambda item: item[1][0] / item[1][1])] if counts else []  # type: ignore[assignment]
    return Checked(", ".join(f"{what} {count:,} of {limit:,}" for what, (count, limit) in shown), problems)


def main() -> int:
    template = read_template()
    plan = Plan(template, transformed(template), read_overrides(PROJECT / "samconfig.toml"))
    lines, failed = [], False
    for title, check in CHECKS.items():
        checked = check(plan)
        failed = failed or bool(checked.problems)
        lines.append(f"{'failed' if checked.problems else 'ok':<8}{title}: {checked.figure or '-'}")
        lines += [f"        {problem}" for problem in checked.problems]
    lines.append(
        f"note    queues may use {concurrency(plan)} Lambda executions at once; a new account has {_NEW_ACCOUNT}, "
        "the default is 1,000: ask for more in Service Quotas before going live"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
