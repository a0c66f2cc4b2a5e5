"""Which deployment is meant: `PRECEDENCE`. A profile that is chosen decides alone: no variable that is left over in a
terminal turns one deployment into another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cli.failures import BadInput, ToolError, nearest
from cli.local_stack import LocalStack, local_stacks
from cli.profiles_file import LOCAL, ProfilesFile, read_profiles
from cli.stack import Target

_PROFILE: Final = "ORDERBRIDGE_PROFILE"
_STAGE: Final = "ORDERBRIDGE_STAGE"
_ENDPOINT: Final = "AWS_ENDPOINT_URL"
_MEANS_AWS: Final = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION"),
    *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)
"""Who has set one of these works with AWS."""


PRECEDENCE: Final = (
    "the options --stage, --region, --endpoint-url and --aws-profile, each by itself",
    "the profile of --profile, else of ORDERBRIDGE_PROFILE; ORDERBRIDGE_STAGE and AWS_ENDPOINT_URL do not count then",
    "ORDERBRIDGE_STAGE and AWS_ENDPOINT_URL",
    "the profile that the settings file names as default",
    "the local stack that runs on this machine, if no option and no variable means AWS",
    "the stage dev on AWS",
)
"""What decides, the strongest first."""


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    profile: str | None = None
    stage: str | None = None
    endpoint_url: str | None = None
    region: str | None = None
    aws_profile: str | None = None

    def options(self) -> list[str]:
        said = {"--stage": self.stage, "--endpoint-url": self.endpoint_url, "--region": self.region}
        said["--aws-profile"] = self.aws_profile
        return [name for name, value in said.items() if value]


@dataclass(frozen=True)
class Choice:
    """The deployment that is meant.

    Attributes:
        why: what decided.
        profile: its name, if a profile decided.
        notes: what whoever calls the tool should know.
    """

    target: Target
    why: str
    profile: str | None
    file: ProfilesFile
    notes: tuple[str, ...] = ()


def choose(asked: Asked, variables: Mapping[str, str]) -> Choice:
    """Find out which deployment is meant; nothing is asked of AWS.

    Raises:
        BadInput: the settings file or the profile's name is wrong.
        ToolError: the local stack is meant, and none runs, or several do.
    """
    chosen = _chosen(asked, variables)
    target = chosen.target
    if asked.stage:
        target = replace(target, stage=asked.stage, stack=None)
    # boto3 itself reads only the second of these.
    region = asked.region or target.region or variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or None
    target = replace(
        target,
        endpoint_url=asked.endpoint_url or target.endpoint_url,
        profile=asked.aws_profile or target.profile,
        region=region,
    )
    options = asked.options()
    why = f"{', '.join(options)}; for the rest {chosen.why}" if options else chosen.why
    return replace(chosen, target=target, why=why)


def _chosen(asked: Asked, variables: Mapping[str, str]) -> Choice:
    """As `choose`, without the options of single values."""
    file = read_profiles(variables)
    if asked.profile:
        return _of_profile(file, asked.profile, "--profile")
    if variables.get(_PROFILE):
        return _of_profile(file, variables[_PROFILE], _PROFILE)
    if said := [name for name in (_STAGE, _ENDPOINT) if variables.get(name)]:
        stage, endpoint = (variables.get(name) or None for name in (_STAGE, _ENDPOINT))
        return Choice(Target(stage or "dev", endpoint), " and ".join(said), None, file)
    if file.default is not None:
        return _of_profile(file, file.default, f"default in {file.path}:{file.default_line}")
    running, stale = local_stacks()
    notes = [f"{path} is left of a local stack that has ended: remove it" for path in stale]
    means_aws = [name for name in _MEANS_AWS if variables.get(name)]
    built_in = Choice(Target(), "nothing names a deployment, and dev on AWS is built in", None, file, tuple(notes))
    if not running or asked.options():
        return built_in
    if means_aws:
        note = f"AWS is meant, because {means_aws[0]} is set; --profile {LOCAL} uses the local stack that runs here"
        return replace(built_in, notes=(*notes, note))
    target = _local_target(running)
    note = f"the local stack at {target.endpoint_url} is used; --stage or --profile names another deployment"
    return Choice(target, "a local stack runs here, and nothing names AWS", LOCAL, file, (*notes, note))


def _of_profile(file: ProfilesFile, name: str, why: str) -> Choice:
    if name == LOCAL:
        return Choice(_local_target(local_stacks()[0]), why, LOCAL, file)
    found = file.profiles.get(name)
    if found is None:
        hint = nearest(name, [*file.profiles, LOCAL])
        raise BadInput(f"{why}: {file.path} has no profile {name!r}", f"{hint} --aws-profile names one of the AWS CLI")
    target = Target(
        stage=found.stage or "",
        endpoint_url=found.endpoint,
        profile=found.aws_profile,
        region=found.region,
        stack=found.stack,
        alone=True,
    )
    return Choice(target, why, name, file)


def _local_target(running: list[LocalStack]) -> Target:
    if not running:
        raise ToolError("no local stack runs on this machine", "make serve starts one")
    if len(running) > 1:
        where = ", ".join(one.aws for one in running)
        raise ToolError(f"{len(running)} local stacks run on this machine", f"name one with --endpoint-url: {where}")
    return Target(LOCAL, running[0].aws, alone=True)
