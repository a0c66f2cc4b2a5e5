"""`make deploy-check`: the template passes each check, and each check fails on a template that AWS would refuse."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

from local.stack import PROJECT
from testkit.deploy_check import CHECKS, concurrency, main
from testkit.deployment import Plan, read_overrides, transformed
from testkit.template import read_template

Resources = dict[str, dict[str, Any]]


@lru_cache(maxsize=1)
def _made() -> tuple[dict[str, Any], Resources]:
    template = read_template()
    return template, transformed(template)


def plan() -> Plan:
    """As it is, to be broken."""
    template, resources = copy.deepcopy(_made())
    return Plan(template, resources, read_overrides(PROJECT / "samconfig.toml"))


def test_the_template_passes_every_check() -> None:
    assert {title: check(plan()).problems for title, check in CHECKS.items()} == dict.fromkeys(CHECKS, ())


def _first(made: Plan, kind: str) -> dict[str, Any]:
    properties: dict[str, Any] = next(one for one in made.resources.values() if one["Type"] == kind)["Properties"]
    return properties


def _add(made: Plan, kind: str, count: int) -> None:
    assert isinstance(made.resources, dict)
    made.resources.update({f"More{place}": {"Type": kind, "Properties": {}} for place in range(count)})


def _policy(length: int) -> dict[str, Any]:
    return {"PolicyDocument": {"Statement": [{"Sid": "x" * length}]}}


def too_many_resources(made: Plan) -> None:
    _add(made, "AWS::SNS::Subscription", 500)


def too_many_parameters(made: Plan) -> None:
    made.template["Parameters"].update({f"P{place}": {"Type": "String", "Default": ""} for place in range(201)})


def a_large_role(made: Plan) -> None:
    """Each policy fits; their sum does not."""
    _first(made, "AWS::IAM::Role")["Policies"] = [_policy(4_000), _policy(4_000), _policy(4_000)]


def a_large_trust_policy(made: Plan) -> None:
    _first(made, "AWS::IAM::Role")["AssumeRolePolicyDocument"] = {"Statement": [{"Sid": "x" * 2_048}]}


def many_managed_policies(made: Plan) -> None:
    _first(made, "AWS::IAM::Role")["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/ReadOnlyAccess"] * 11


def a_large_managed_policy(made: Plan) -> None:
    """By names that are short in the template and long in AWS."""
    name = next(name for name, one in made.resources.items() if one["Type"] == "AWS::DynamoDB::Table")
    arns = [{"Fn::GetAtt": [name, "Arn"]} for _ in range(80)]
    _first(made, "AWS::IAM::ManagedPolicy")["PolicyDocument"] = {"Statement": [{"Resource": arns}]}


def a_large_environment(made: Plan) -> None:
    variables = {f"VARIABLE_{place}": {"Fn::Sub": "${AWS::StackName}" * 4} for place in range(40)}
    _first(made, "AWS::Lambda::Function")["Environment"] = {"Variables": variables}


def a_long_name_of_a_queue(made: Plan) -> None:
    """Short with the stage dev, too long with the longest name of a stage."""
    name = f"{'n' * 70}-${{Stage}}.fifo"
    assert len(name.replace("${Stage}", "dev")) <= 80
    _first(made, "AWS::SQS::Queue")["QueueName"] = {"Fn::Sub": name}


def a_long_description(made: Plan) -> None:
    _first(made, "AWS::Lambda::Version")["Description"] = "x" * 257


def a_circle(made: Plan) -> None:
    queue = next(name for name, one in made.resources.items() if one["Type"] == "AWS::SQS::Queue")
    table = next(name for name, one in made.resources.items() if one["Type"] == "AWS::DynamoDB::Table")
    made.resources[queue]["DependsOn"] = table
    made.resources[table]["DependsOn"] = [queue]


def a_circle_through_an_update_policy(made: Plan) -> None:
    alias = made.resources["WebhookAliaslive"]
    group = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]
    made.resources[group]["DependsOn"] = "WebhookAliaslive"


def a_function_without_an_alias(made: Plan) -> None:
    del made.resources["WebhookAliaslive"]["UpdatePolicy"]


def a_hook_that_is_not_there(made: Plan) -> None:
    update = made.resources["WebhookAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    update["BeforeAllowTrafficHook"] = {"Ref": "Gone"}


def a_canary_without_an_alarm(made: Plan) -> None:
    del _first(made, "AWS::CodeDeploy::DeploymentGroup")["AlarmConfiguration"]


def a_canary_on_an_alarm_that_is_not_there(made: Plan) -> None:
    _first(made, "AWS::CodeDeploy::DeploymentGroup")["AlarmConfiguration"] = {"Alarms": [{"Name": "gone"}]}


def a_default_that_is_not_allowed(made: Plan) -> None:
    made.template["Parameters"]["Rollout"]["Default"] = "sometimes"


def a_stage_with_a_value_that_is_not_allowed(made: Plan) -> None:
    made.overrides["prod"]["LogRetentionDays"] = "31"  # type: ignore[index]


def a_stage_with_a_parameter_that_is_not_there(made: Plan) -> None:
    made.overrides["dev"]["Gone"] = "x"  # type: ignore[index]


def a_stage_that_breaks_a_rule(made: Plan) -> None:
    made.overrides["prod"]["AlertEmail"] = ""  # type: ignore[index]


def a_rule_about_no_parameter(made: Plan) -> None:
    made.template["Rules"]["New"] = {"Assertions": [{"Assert": {"Fn::Equals": [{"Ref": "Gone"}, ""]}}]}


def too_many_roles(made: Plan) -> None:
    role = copy.deepcopy(next(one for one in made.resources.values() if one["Type"] == "AWS::IAM::Role"))
    assert isinstance(made.resources, dict)
    made.resources.update({f"Role{place}": role for place in range(1_001)})


BROKEN: list[tuple[str, Callable[[Plan], None], str]] = [
    ("size of the stack", too_many_resources, "resources: "),
    ("size of the stack", too_many_parameters, "parameters: "),
    ("policies", a_large_role, "inline policies of "),
    ("policies", a_large_trust_policy, "trust policy of "),
    ("policies", many_managed_policies, "attached to "),
    ("policies", a_large_managed_policy, "managed policy "),
    ("environment variables", a_large_environment, "variables of "),
    ("names and descriptions", a_long_name_of_a_queue, "QueueName of "),
    ("names and descriptions", a_long_description, "Description of "),
    ("order", a_circle, "wait for each other"),
    ("order", a_circle_through_an_update_policy, "wait for each other"),
    ("canary", a_function_without_an_alias, "no alias"),
    ("canary", a_hook_that_is_not_there, "is no function"),
    ("canary", a_canary_without_an_alarm, "no alarm ends"),
    ("canary", a_canary_on_an_alarm_that_is_not_there, "no alarm of the template"),
    ("parameters", a_default_that_is_not_allowed, "default of Rollout"),
    ("parameters", a_stage_with_a_value_that_is_not_allowed, "LogRetentionDays=31"),
    ("parameters", a_stage_with_a_parameter_that_is_not_there, "no parameter Gone"),
    ("parameters", a_stage_that_breaks_a_rule, "breaks a rule"),
    ("parameters", a_rule_about_no_parameter, "no parameter Gone"),
    ("quotas of a new account", too_many_roles, "IAM roles"),
]


@pytest.mark.parametrize(("title", "break_it", "told"), BROKEN, ids=[one[1].__name__ for one in BROKEN])
def test_a_check_fails_on_what_aws_would_refuse(title: str, break_it: Callable[[Plan], None], told: str) -> None:
    made = plan()
    break_it(made)
    problems = CHECKS[title](made).problems
    assert problems
    assert all(told in problem for problem in problems)


def test_the_deployment_page_shows_what_the_command_does(capsys: pytest.CaptureFixture[str]) -> None:
    """But for what any change of the template changes: its size, and the hash in the name of a version."""
    page = (PROJECT / "docs" / "deploy.md").read_text(encoding="utf-8")
    shown = page.partition("$ make deploy-check\n")[2].partition("```")[0]
    main()
    printed = capsys.readouterr().out
    on_the_page, now = (re.sub(r"Version[0-9a-f]{10}\b|bytes [\d,]+ of", "", text) for text in (shown, printed))
    assert on_the_page == now


def test_every_check_is_seen_to_fail() -> None:
    assert {title for title, _, _ in BROKEN} == CHECKS.keys()


def test_the_command_shows_each_check_and_ends_with_a_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main() == 0
    shown = capsys.readouterr().out
    assert all(f"ok      {title}: " in shown for title in CHECKS)
    assert f"queues may use {concurrency(plan())} Lambda executions at once; a new account has 10" in shown
    template = read_template()
    template["Parameters"]["Rollout"]["Default"] = "sometimes"
    monkeypatch.setattr("testkit.deploy_check.read_template", lambda: template)
    assert main() == 1
    assert "failed  parameters" in capsys.readouterr().out
