"""`orderbridge profiles`: which deployments the settings file names, which one is used, and why."""

from __future__ import annotations

from typing import Any

from cli import choice
from cli.local_stack import local_stacks
from cli.profiles_file import LOCAL, Profile
from cli.tool import Tool


def profiles(tool: Tool) -> None:
    """Which deployments the settings file names, which one is used, and what decided that. Asks nothing of AWS."""
    used, file = tool.choice, tool.choice.file
    target = used.target
    shown = [_as_dict(one, used.profile) for one in file.profiles.values()]
    shown += [
        {
            "name": LOCAL,
            "stage": LOCAL,
            "endpoint": one.aws,
            "url": one.url,
            "pid": one.pid,
            "used": used.profile == LOCAL,
        }
        for one in local_stacks()[0]
    ]
    answer: dict[str, Any] = {
        "file": str(file.path) if file.exists else None,
        "profiles": shown,
        "used": {
            "profile": used.profile,
            "why": used.why,
            "stack": target.stack_name,
            "region": target.region,
            "endpoint": target.endpoint_url,
            "aws_profile": target.profile,
        },
    }

    def render() -> None:
        tool.out.fields(
            [
                ("file", str(file.path) if file.exists else f"none: {file.path} does not exist"),
                ("used", f"{target.stack_name} {_where(target.endpoint_url, target.region, target.profile)}"),
                ("why", used.why),
            ]
        )
        if shown:
            tool.out.line()
            rows = [
                (
                    f"{one['name']}{' *' if one['used'] else ''}",
                    one.get("stack") or f"orderbridge-{one['stage']}",
                    _where(one["endpoint"], one.get("region"), one.get("aws_profile")),
                    str(one.get("line") or ""),
                )
                for one in shown
            ]
            tool.out.table(("profile", "stack", "where", "line"), rows, numbers=frozenset({3}))
        tool.out.line()
        tool.out.line("What is said nearer to the command wins:", style="dim")
        for number, line in enumerate(choice.PRECEDENCE, 1):
            tool.out.line(f"{number}. {line}", style="dim", indent=2)

    tool.out.show(answer, render)


def _as_dict(one: Profile, used: str | None) -> dict[str, Any]:
    return vars(one) | {"used": one.name == used}


def _where(endpoint: str | None, region: str | None, aws_profile: str | None) -> str:
    """In words: on AWS or at an endpoint.

    >>> _where(None, "eu-central-1", "shop")
    'on AWS, eu-central-1, AWS profile shop'
    """
    parts = [f"at {endpoint}" if endpoint else "on AWS", *([region] if region and not endpoint else [])]
    return ", ".join([*parts, *([f"AWS profile {aws_profile}"] if aws_profile and not endpoint else [])])
