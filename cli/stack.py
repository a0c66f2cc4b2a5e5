"""Finds a deployment by its CloudFormation stack, whose outputs and parameters name all resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cli.failures import BadInput, ToolError, nearest

LOCAL_REGION: Final = "eu-central-1"
_LOCAL_CREDENTIALS: Final = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
STAGE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")
_WORDS: Final = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class Target:
    """The intended deployment, and how to reach it. None means the AWS SDK's own configuration.

    Attributes:
        stage: empty if only the stack's name is known, which has its stage as a parameter.
        profile: of the AWS CLI.
        stack: the stack's name, if it is not `orderbridge-<stage>`.
        alone: without an endpoint it is AWS itself, whatever endpoints the environment names.
    """

    stage: str = "dev"
    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None
    stack: str | None = None
    alone: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine; then neither real credentials nor the region are used."""
        from orderbridge.vendors.http import is_on_this_machine

        return self.endpoint_url is not None and is_on_this_machine(self.endpoint_url)

    @property
    def stack_name(self) -> str:
        return self.stack or f"orderbridge-{self.stage}"


@dataclass(frozen=True)
class Found:
    """A deployment that was found.

    Attributes:
        variables: the part of the functions' environment that the tool needs.
        queues: the names of those that functions read.
        webhook_url: with ``MERCHANT`` in place of the merchant's name; None on this machine, where the port is free.
        processes: whether its schedules and workers run; False if it is deployed with ``Processing=off``.
    """

    stage: str
    variables: Mapping[str, str]
    queues: tuple[str, ...]
    webhook_url: str | None = None
    processes: bool = True
    outputs: Mapping[str, str] = field(default_factory=dict, repr=False)


class Clients:
    """Makes boto3 clients for a target. boto3 is loaded with the first one."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._made: dict[str, Any] = {}
        self._session: Any = None

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    @property
    def region(self) -> str:
        return str(self("cloudformation").meta.region_name)

    def _make(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        target = self._target
        options: dict[str, Any] = {}
        config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
        if target.is_local:
            # Real credentials, region and proxy do not matter there.
            options = {"region_name": LOCAL_REGION, "botocore_session": _without_profile(), **_LOCAL_CREDENTIALS}
            config = config.merge(Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 1}))
        elif target.region or target.profile:
            options = {"region_name": target.region, "profile_name": target.profile}
        if target.alone:
            only_this: dict[str, Any] = {"ignore_configured_endpoint_urls": True}  # the stubs do not know it
            config = config.merge(Config(**only_this))
        self._session = self._session or boto3.Session(**options)
        try:
            return self._session.client(service, endpoint_url=target.endpoint_url, config=config)
        except ValueError as error:
            raise BadInput(f"--endpoint-url: {error}") from None


def _without_profile() -> Any:
    """A session that reads no profile, not even the one that AWS_PROFILE names."""
    from botocore.session import Session

    return Session(session_vars={"profile": (None, None, None, None)})


def find(target: Target, clients: Clients) -> Found:
    """Look the deployment up.

    Raises:
        ToolError: there is no such stack, or it is not one of ours.
    """
    if target.stack is None and not STAGE.fullmatch(target.stage):
        raise BadInput(f"--stage {target.stage!r}: lower-case letters, digits and dashes, at most 16 characters")
    from botocore.exceptions import ClientError

    cloudformation = clients("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=target.stack_name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        where = target.endpoint_url or f"{clients.region}"
        meant = "which --stage, --region or --profile is meant?"
        hint = meant if target.stack else nearest(target.stage, _stages(cloudformation)) or meant
        raise ToolError(f"there is no stack {target.stack_name} at {where}", hint) from None
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}
    if "TableName" not in outputs:
        status = stack.get("StackStatus", "unknown")
        hint = "deploy this version first; while a first deployment runs there are no outputs yet"
        raise ToolError(f"the stack {target.stack_name} ({status}) does not say where its table is", hint)
    stage = parameters.get("Stage") or target.stage
    return Found(
        stage=stage,
        variables=_variables(stage, outputs, parameters),
        queues=_queues(outputs),
        webhook_url=None if target.is_local else outputs.get("WebhookUrl"),
        processes=parameters.get("Processing") != "off",
        outputs=outputs,
    )


def _stages(cloudformation: Any) -> list[str]:
    """The deployed stages, as far as they can be listed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        stacks = cloudformation.describe_stacks()["Stacks"]
    except (BotoCoreError, ClientError):
        return []
    names = [str(stack["StackName"]) for stack in stacks]
    return [name.removeprefix("orderbridge-") for name in names if name.startswith("orderbridge-")]


def _variables(stage: str, outputs: Mapping[str, str], parameters: Mapping[str, str]) -> dict[str, str]:
    variables = {"STAGE": stage, "TABLE_NAME": outputs["TableName"], "POWERTOOLS_SERVICE_NAME": "operator"}
    for name, value in parameters.items():
        if name.endswith("BaseUrl"):
            variables[_words(name, "_").upper()] = value
    if "DocumentsBucket" in outputs:
        variables["DOCUMENTS_BUCKET"] = outputs["DocumentsBucket"]
    for name, value in outputs.items():
        if name.endswith(("QueueUrl", "DeadLettersUrl")):
            variables[_words(name, "_").upper()] = value
    return variables


def _queues(outputs: Mapping[str, str]) -> tuple[str, ...]:
    names = [name.removesuffix("QueueUrl") for name in outputs if name.endswith("QueueUrl")]
    return tuple(sorted(_words(name, "-").lower() for name in names))


def _words(name: str, between: str) -> str:
    """``PollOrdersQueueUrl`` in words."""
    return _WORDS.sub(between, name)
