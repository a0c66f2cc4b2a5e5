"""The deployed stack: what the template became on moto, every name and environment as moto resolved it."""

from __future__ import annotations

import json
import logging
import platform
import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import template as templates
from local.aws import Aws
from local.streams import StreamSettings
from local.template import Template, TemplateError

log = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Function:
    """One Lambda function: its code on this machine and its configuration as deployed."""

    logical_id: str
    name: str
    arn: str
    folder: Path
    handler: str
    environment: Mapping[str, str]
    timeout: float
    memory_mb: int

    @property
    def label(self) -> str:
        return self.folder.name


@dataclass(frozen=True)
class Queue:
    """One SQS queue; `dead_letters` is the ARN of its dead-letter queue."""

    logical_id: str
    name: str
    url: str
    arn: str
    dead_letters: str | None


@dataclass(frozen=True)
class QueueMapping:
    """One event source mapping of a queue to a function."""

    queue: Queue
    function: Function
    batch_size: int
    partial_failures: bool
    maximum_concurrency: int | None


@dataclass(frozen=True)
class StreamMapping:
    """The event source mapping of a table's stream to a function. `on_failure` is the topic that hears of losses."""

    arn: str
    table: str
    function: Function
    settings: StreamSettings
    on_failure: str | None


@dataclass(frozen=True)
class Schedule:
    """One EventBridge schedule of a function. `event` is its `Input` as the function gets it."""

    logical_id: str
    expression: str
    time_zone: str
    function: Function
    event: Any


@dataclass(frozen=True)
class Route:
    """One route of an HTTP API: method (`ANY` for all), path with `{parameters}`, and its function.

    Attributes:
        authorization: as the template names it, e.g. `AWS_IAM`.
        variables: those of the API's stage.
    """

    method: str
    path: str
    function: Function
    authorization: str = "NONE"
    variables: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """Deploys a template onto `aws` and says what came of it.

    `parameters` are given to the template where it declares them. Raises TemplateError for a bad template.
    """

    def __init__(self, aws: Aws, parameters: Mapping[str, str], path: Path = PROJECT / "template.yaml") -> None:
        self.aws = aws
        machine = {
            "Stage": "local",
            "PythonRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
            "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
            "CloudWatchDashboard": "on",
            "BoardAuth": "iam",  # so that there is one; whoever reaches loopback may look and act
            "BoardOtherwise": "act",
            "EventBus": "on",
        }
        self.template: Template = templates.read(path, machine | dict(parameters), aws.session)
        self.outputs = self._deploy()
        self.functions = {i: self._function(i) for i in self.template.code if i in self._physical}
        self.queues = self._queues()
        self._notify_of_files()
        self._attach_policies()
        aws.client("events").create_event_bus(Name=self.name)
        self.streams: list[StreamMapping] = []
        self.mappings = self._mappings()
        self.schedules = self._schedules()
        self.routes = self._routes()

    @property
    def layers(self) -> list[Path]:
        return self.template.layers

    @property
    def name(self) -> str:
        """Of the CloudFormation stack, as `samconfig.toml` has it."""
        return f"orderbridge-{self.stage}"

    @property
    def stage(self) -> str:
        return self.template.parameters.get("Stage", "local")

    def physical_id(self, logical_id: str) -> str:
        """What `Ref` gives for a resource: its name or URL. Raises KeyError when it is not deployed."""
        return self._physical[logical_id]

    @property
    def worked_queues(self) -> list[Queue]:
        """The queues that functions process."""
        return [mapping.queue for mapping in self.mappings]

    @property
    def dead_letter_queues(self) -> list[Queue]:
        arns = {queue.dead_letters for queue in self.queues.values()}
        return [queue for queue in self.queues.values() if queue.arn in arns]

    def _deploy(self) -> dict[str, str]:
        cloudformation = self.aws.client("cloudformation")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cloudformation.create_stack(
                StackName=self.name,
                TemplateBody=json.dumps(self.template.body, default=str),
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value} for key, value in self.template.parameters.items()
                ],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
        stack = cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise TemplateError(f"the stack is {stack['StackStatus']}: {stack.get('StackStatusReason', 'no reason')}")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        self._physical: dict[str, str] = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}
        self._types: dict[str, str] = {r["LogicalResourceId"]: r["ResourceType"] for r in resources}
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _notify_of_files(self) -> None:
        """Have buckets tell queues of new files: moto makes a bucket without what the template says about that."""
        for logical_id, kind in self._types.items():
            if kind != "AWS::S3::Bucket":
                continue
            wanted = self.template.body["Resources"][logical_id]["Properties"].get("NotificationConfiguration", {})
            by_id = {queue.logical_id: queue.arn for queue in self.queues.values()}
            configurations = [
                {
                    "QueueArn": by_id[one["Queue"]["Fn::GetAtt"][0]],
                    "Events": [one["Event"]],
                    "Filter": {
                        "Key": {
                            "FilterRules": [
                                {"Name": rule["Name"], "Value": rule["Value"]}
                                for rule in one.get("Filter", {}).get("S3Key", {}).get("Rules", [])
                            ]
                        }
                    },
                }
                for one in wanted.get("QueueConfigurations", [])
            ]
            self.aws.client("s3").put_bucket_notification_configuration(
                Bucket=self._physical[logical_id],
                NotificationConfiguration={"QueueConfigurations": configurations},
            )

    def _attach_policies(self) -> None:
        """Attach managed policies to their roles: moto makes a role without those that the template names."""
        iam = self.aws.client("iam")
        for logical_id, kind in self._types.items():
            if kind == "AWS::IAM::Role":
                named = self.template.body["Resources"][logical_id]["Properties"].get("ManagedPolicyArns", [])
                for policy in (one for one in named if isinstance(one, dict)):  # not those of AWS, which moto lacks
                    iam.attach_role_policy(RoleName=self._physical[logical_id], PolicyArn=self._physical[policy["Ref"]])

    def _function(self, logical_id: str) -> Function:
        name = self._physical[logical_id]
        configuration = self.aws.client("lambda").get_function_configuration(FunctionName=name)
        code = self.template.code[logical_id]
        return Function(
            logical_id=logical_id,
            name=name,
            arn=configuration["FunctionArn"],
            folder=code.folder,
            handler=code.handler,
            environment=configuration.get("Environment", {}).get("Variables", {}),
            timeout=float(configuration["Timeout"]),
            memory_mb=int(configuration["MemorySize"]),
        )

    def _queues(self) -> dict[str, Queue]:
        """The deployed queues by ARN."""
        sqs = self.aws.client("sqs")
        queues: dict[str, Queue] = {}
        for logical_id, kind in self._types.items():
            if kind != "AWS::SQS::Queue":
                continue
            name = self._physical[logical_id].rsplit("/", 1)[-1]
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            redrive = json.loads(attributes.get("RedrivePolicy", "{}"))
            arn = attributes["QueueArn"]
            queues[arn] = Queue(logical_id, name, url, arn, redrive.get("deadLetterTargetArn"))
        return queues

    def _function_at(self, arn_or_name: str) -> Function:
        for function in self.functions.values():
            if arn_or_name in (function.arn, function.name) or arn_or_name.startswith(function.arn + ":"):
                return function
        raise TemplateError(f"no function of this template is called {arn_or_name}")

    def _mappings(self) -> list[QueueMapping]:
        found = []
        for properties in self.template.resolved(self.outputs, "AWS::Lambda::EventSourceMapping").values():
            arn = properties.get("EventSourceArn", "")
            if str(properties.get("Enabled", True)).lower() == "false":
                continue
            if found_table := re.fullmatch(r"arn:aws:dynamodb:[^/]*:table/([^/]+)/stream/.+", arn):
                function = self._function_at(properties["FunctionName"])
                failures = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
                settings = StreamSettings.of(properties)
                self.streams.append(StreamMapping(arn, found_table[1], function, settings, failures))
                continue
            if arn not in self.queues:
                log.warning("not on this machine: the event source %s", arn or "without an ARN")
                continue
            scaling = properties.get("ScalingConfig", {}).get("MaximumConcurrency")
            found.append(
                QueueMapping(
                    queue=self.queues[arn],
                    function=self._function_at(properties["FunctionName"]),
                    batch_size=int(properties.get("BatchSize", 10)),
                    partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
                    maximum_concurrency=int(scaling) if scaling else None,
                )
            )
        return found

    def _schedules(self) -> list[Schedule]:
        found = self.template.resolved(self.outputs, "AWS::Scheduler::Schedule")
        return [
            Schedule(
                logical_id=logical_id,
                expression=properties["ScheduleExpression"],
                time_zone=properties.get("ScheduleExpressionTimezone", "UTC"),
                function=self._function_at(properties["Target"]["Arn"]),
                event=json.loads(properties["Target"].get("Input", "{}")),
            )
            for logical_id, properties in found.items()
            if properties.get("State", "ENABLED") == "ENABLED"
        ]

    def _routes(self) -> list[Route]:
        routes = []
        for properties in self.template.resolved(self.outputs, "AWS::ApiGatewayV2::Api").values():
            for path, methods in properties.get("Body", {}).get("paths", {}).items():
                for method, operation in methods.items():
                    uri = operation.get("x-amazon-apigateway-integration", {}).get("uri", "")
                    if arn := re.search(r"functions/(arn:[^/]+)/invocations", uri):
                        name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                        routes.append(Route(name, path, self._function_at(arn[1])))
        return routes + self._spelled_out_routes()

    def _spelled_out_routes(self) -> list[Route]:
        """The routes that are resources of their own, each leading to a function by an integration."""
        integrations = self.template.resolved(self.outputs, "AWS::ApiGatewayV2::Integration")
        stages = self.template.resolved(self.outputs, "AWS::ApiGatewayV2::Stage").values()
        variables = {properties["ApiId"]: properties.get("StageVariables", {}) for properties in stages}
        routes = []
        for properties in self.template.resolved(self.outputs, "AWS::ApiGatewayV2::Route").values():
            integration = integrations[properties["Target"].removeprefix("integrations/")]
            method, _, path = properties["RouteKey"].rpartition(" ")
            function, authorization = self._function_at(integration["IntegrationUri"]), properties["AuthorizationType"]
            given = variables.get(properties["ApiId"], {})
            routes.append(Route(method or "ANY", path, function, authorization, given))
        return routes
