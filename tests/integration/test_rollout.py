"""How a release takes over: versions, aliases and what calls them, in the template as SAM transforms it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local.aws import Aws
from local.stack import Stack
from testkit import deployment
from testkit.deploy_check import check_order
from testkit.template import decided, of_type
from tests.integration.test_template import FUNCTIONS, GLOBALS, TEMPLATE, WORK_QUEUES

ERROR_ALARMS = ["UnexpectedErrorsAlarm", "FunctionErrorsAlarm"]
SCHEDULE, MAPPING = "AWS::Scheduler::Schedule", "AWS::Lambda::EventSourceMapping"
DEFAULTS = {name: str(entry["Default"]) for name, entry in TEMPLATE["Parameters"].items()}


transformed = partial(deployment.transformed, TEMPLATE)
references = partial(deployment.references, conditions=TEMPLATE["Conditions"])
_chosen = partial(decided, conditions=TEMPLATE["Conditions"])


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    return transformed()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_moved_to_its_next_version_by_codedeploy(
    name: str, resources: dict[str, dict[str, Any]]
) -> None:
    alias = resources[f"{name}Aliaslive"]
    version, _ = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"]
    assert resources[version]["Properties"]["FunctionName"] == {"Ref": name}
    group = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]
    deployed = {resources[one].get("Condition") for one in (name, version, f"{name}Aliaslive", group)}
    assert len(deployed) == 1, "all of them are there under the same condition, or CloudFormation refuses the template"


@pytest.mark.parametrize(("rollout", "kind", "alarms"), [("canary", "Canary", ERROR_ALARMS), ("at-once", "AllAt", [])])
def test_a_canary_goes_back_on_an_alarm_of_errors_and_at_once_asks_none(
    rollout: str, kind: str, alarms: list[str], resources: dict[str, dict[str, Any]]
) -> None:
    """A fix has to be deployed while the alarm is on that it ends: CodeDeploy would refuse to begin."""
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == len(FUNCTIONS)
    for group in groups.values():
        chosen = _chosen(group["Properties"], parameters=DEFAULTS | {"Rollout": rollout})
        watched = chosen["AlarmConfiguration"].get("Alarms", [])
        assert [alarm["Name"] for alarm in watched] == [resources[one]["Properties"]["AlarmName"] for one in alarms]
        assert chosen["DeploymentConfigName"]["Fn::Sub"][1]["ConfigName"].startswith(kind)
        assert "DEPLOYMENT_STOP_ON_ALARM" in chosen["AutoRollbackConfiguration"]["Events"]
        assert chosen["ServiceRoleArn"] == {"Fn::GetAtt": ["RolloutRole", "Arn"]}


def test_nothing_calls_a_function_past_its_alias(resources: dict[str, dict[str, Any]]) -> None:
    """The function itself is named by what makes its versions, and by alarms, which count for all versions."""
    allowed = {"AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"}
    past = {
        name: one["Type"]
        for name, one in resources.items()
        if one["Type"] not in allowed and FUNCTIONS.keys() & set(references(one.get("Properties", {})))
    }
    qualified = {
        name
        for name, one in of_type(resources, "AWS::Lambda::EventInvokeConfig").items()
        if one["Properties"]["Qualifier"] == "live"
    }
    assert past.keys() == qualified
    aliases = {f"{name}Aliaslive" for name in FUNCTIONS}
    for kind, at_least in {
        SCHEDULE: 13,
        MAPPING: len(WORK_QUEUES),
        "AWS::Lambda::Permission": 4,
        "AWS::ApiGatewayV2::Integration": 1,
    }.items():
        callers = of_type(resources, kind)
        assert len(callers) >= at_least
        assert [name for name, one in callers.items() if not aliases & set(references(one["Properties"]))] == []


def test_schedules_may_start_what_they_are_aimed_at(resources: dict[str, dict[str, Any]]) -> None:
    targets = {one["Properties"]["Target"]["Arn"]["Ref"] for one in of_type(resources, SCHEDULE).values()}
    (policy,) = resources["SchedulerRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert {one["Ref"] for one in statement["Resource"]} == targets


def test_another_layer_publishes_a_version_of_every_function(resources: dict[str, dict[str, Any]]) -> None:
    """All code that matters is in the layer."""
    now, then = (set(of_type(one, "AWS::Lambda::Version")) for one in (resources, transformed("s3://built/another")))
    assert len(now) == len(then) == len(FUNCTIONS)
    assert not now & then


@pytest.mark.parametrize("name", FUNCTIONS)
def test_another_value_of_a_parameter_publishes_a_version_of_each_function_that_has_it(
    name: str, resources: dict[str, dict[str, Any]]
) -> None:
    """The name of a version does not depend on it, so its description has to: CloudFormation then replaces it."""
    not_of_a_version = {"DeploymentPreference", "Events", "VersionDescription"}
    properties = {**GLOBALS, **FUNCTIONS[name], "Environment": [GLOBALS["Environment"], FUNCTIONS[name]["Environment"]]}
    has = {
        reference
        for key, value in properties.items()
        if key not in not_of_a_version
        for reference in references(value)
        if reference in TEMPLATE["Parameters"]
    }
    assert {"Stage", "PythonRuntime", "LogLevel", "Tracing", "BillbeeBaseUrl"} <= has
    version, _ = resources[f"{name}Aliaslive"]["Properties"]["FunctionVersion"]["Fn::GetAtt"]
    assert has == set(references(resources[version]["Properties"]["Description"]))


def test_cloudformation_replaces_a_version_whose_description_is_another() -> None:
    """Says AWS's schema of the resource, which the linter brings along."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-central-1", "AWS::Lambda::Version").schema
    assert "/properties/Description" in schema["createOnlyProperties"]


def test_a_release_that_was_rolled_back_can_be_deployed_again(resources: dict[str, dict[str, Any]]) -> None:
    """Lambda publishes no second version of the same code, and CloudFormation fails where it is given the first one."""
    assert {one["DeletionPolicy"] for one in of_type(resources, "AWS::Lambda::Version").values()} == {"Delete"}


def test_the_description_of_a_version_is_never_too_long() -> None:
    description = FUNCTIONS["StartJobs"]["VersionDescription"]["Fn::Sub"]
    for name in references({"Fn::Sub": description}):
        parameter = TEMPLATE["Parameters"][name]
        longest = max((len(value) for value in parameter.get("AllowedValues", [])), default=parameter.get("MaxLength"))
        description = description.replace(f"${{{name}}}", "x" * (16 if name == "Stage" else longest))
    assert "$" not in description
    assert len(description) <= 256


def test_no_resource_waits_for_itself(resources: dict[str, dict[str, Any]]) -> None:
    """An alias waits for the deployment group of its update policy. The linter does not look there."""
    assert "WebhookDeploymentGroup" in deployment.waits_for(resources, TEMPLATE["Conditions"])["WebhookAliaslive"]
    assert check_order(deployment.Plan(TEMPLATE, resources)).problems == ()


# ---- Stopped


def test_processing_off_stops_every_schedule_and_every_queue_and_nothing_else() -> None:
    off = DEFAULTS | {"Processing": "off"}
    resources = transformed()
    schedules = [_chosen(one, parameters=off)["Properties"] for one in of_type(resources, SCHEDULE).values()]
    mappings = [_chosen(one, parameters=off)["Properties"] for one in of_type(resources, MAPPING).values()]
    assert {one["State"] for one in schedules} == {"DISABLED"}
    assert {one["Enabled"] for one in mappings} == {False}
    assert len(mappings) == len(WORK_QUEUES) + 1  # and the table's stream
    named = {name for name, one in resources.items() if '"Processes"' in json.dumps(one, default=str)}
    assert {resources[name]["Type"] for name in named} == {SCHEDULE, MAPPING}


@pytest.mark.parametrize(("processing", "runs"), [("on", True), ("off", False)])
def test_the_stack_on_this_machine_obeys_it_and_its_doorbell_stays(processing: str, runs: bool) -> None:
    with Aws() as aws:
        stack = Stack(aws, {"Processing": processing})
    assert bool(stack.schedules) is bool(stack.mappings) is runs
    assert {route.function.logical_id for route in stack.routes} == {"Webhook", "Board"}
