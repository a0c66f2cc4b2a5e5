"""The project's SAM template, translated to plain CloudFormation and made ready for moto.

What moto's CloudFormation cannot create, and what `local/` runs itself (schedules, event source mappings, the
HTTP API), is taken out of the stack. The properties of the latter come back as stack outputs, so that moto
resolves every `Ref`, `Sub` and `If` in them and nothing here has to guess. The working tree is the only version of
each function here, so its alias is the function itself.
"""

from __future__ import annotations

import copy
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from moto.cloudformation.parsing import get_model_map
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

log = logging.getLogger(__name__)

#: Run by `local/` itself: moto starts containers for a mapping, has no schedules, and a layer is a folder.
RUN_HERE = {
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Scheduler::Schedule",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
}
UNVERSIONED = {"AWS::Lambda::Alias", "AWS::Lambda::Version"}
_OUTPUT = "Local"


class TemplateError(Exception):
    """The template cannot be read or translated. The message says where; fix the template."""


@dataclass(frozen=True)
class Code:
    """Where a function's code is on this machine."""

    folder: Path
    handler: str


@dataclass(frozen=True)
class Template:
    """A template ready to deploy: `body` for moto, and what only the source knows."""

    body: dict[str, Any]
    parameters: dict[str, str]
    code: dict[str, Code]
    layers: list[Path]
    event_order: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    run_here: dict[str, str] = field(default_factory=dict)

    def resolved(self, outputs: Mapping[str, str], resource_type: str) -> dict[str, dict[str, Any]]:
        """The resolved properties of each resource of a type that is run here, in the source's order."""
        ids = [i for i, kind in self.run_here.items() if kind == resource_type and _OUTPUT + i in outputs]
        rank = {logical_id: place for place, logical_id in enumerate(self.event_order)}
        ids.sort(key=lambda logical_id: rank.get(logical_id, len(rank)))
        return {logical_id: json.loads(outputs[_OUTPUT + logical_id]) for logical_id in ids}


def read(path: Path, parameters: Mapping[str, str], session: boto3.Session) -> Template:
    """Read and translate the template at `path`.

    Parameters that it does not declare, or whose value it does not allow, are left out.

    Raises TemplateError when it cannot be read or is no valid SAM template.
    """
    try:
        source = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror}") from error
    except Exception as error:  # PyYAML's errors share no useful base with samtranslator's constructors
        raise TemplateError(f"{path}: {error}") from error
    given = _accepted(source.get("Parameters", {}), parameters)
    code, layers = _point_code_at_this_machine(source, path)
    values = {name: spec["Default"] for name, spec in source.get("Parameters", {}).items() if "Default" in spec}
    values |= given | {"AWS::Region": session.region_name}
    try:
        body = Translator({}, Parser(), boto_session=session).translate(copy.deepcopy(source), values)
    except InvalidDocumentException as error:
        raise TemplateError(f"{path}: " + "; ".join(str(cause.message) for cause in error.causes)) from error
    aliases = _aliases(body)
    body |= {part: _unaliased(body[part], aliases) for part in ("Resources", "Outputs") if part in body}
    skipped, run_here = _take_out(body)
    _name_fifo_queues(body)
    return Template(body, given, code, layers, _event_order(source), skipped, run_here)


def _event_order(source: Mapping[str, Any]) -> list[str]:
    """Logical ids of the functions' events in the source's order; the translator sorts them by name."""
    return [
        function + event
        for function, resource in source.get("Resources", {}).items()
        for event in resource.get("Properties", {}).get("Events", {})
    ]


def _accepted(declared: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in wanted.items()
        if name in declared and value in declared[name].get("AllowedValues", [value])
    }


def _point_code_at_this_machine(source: dict[str, Any], path: Path) -> tuple[dict[str, Code], list[Path]]:
    """Note where the code is, and put in its place what the translator and moto accept without a bucket."""
    root = path.parent
    defaults = source.get("Globals", {}).get("Function", {})
    code: dict[str, Code] = {}
    layers: list[Path] = []
    for logical_id, resource in source.get("Resources", {}).items():
        properties = resource.setdefault("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            folder = properties.pop("CodeUri", defaults.get("CodeUri"))
            handler = properties.get("Handler", defaults.get("Handler"))
            if not isinstance(folder, str) or not isinstance(handler, str):
                raise TemplateError(f"{path}: {logical_id}: CodeUri and Handler must be given as plain text")
            code[logical_id] = Code((root / folder).resolve(), handler)
            properties["InlineCode"] = "# runs from the working tree"
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            folder = (root / properties["ContentUri"]).resolve()
            layers.append(folder / "python" if (folder / "python").is_dir() else folder)
            properties["ContentUri"] = "s3://local/layer"
    defaults.pop("CodeUri", None)
    return code, layers


def _aliases(body: Mapping[str, Any]) -> dict[str, str]:
    """The function that each alias is of, by the logical id of the alias."""
    return {
        logical_id: resource["Properties"]["FunctionName"]["Ref"]
        for logical_id, resource in body["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Alias"
    }


def _unaliased(value: Any, aliases: Mapping[str, str]) -> Any:
    """`value` with the ARN of the function in place of each reference to an alias."""
    if isinstance(value, list):
        return [_unaliased(item, aliases) for item in value]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)}", lambda ref: f"${{{aliases[ref[1]]}.Arn}}" if ref[1] in aliases else ref[0], value)
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in aliases:
        return {"Fn::GetAtt": [aliases[value["Ref"]], "Arn"]}
    return {key: _unaliased(item, aliases) for key, item in value.items()}


def _take_out(body: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Remove what moto shall not create: the types it does not know, and what `local/` runs itself, by id."""
    resources: dict[str, Any] = body["Resources"]
    known = get_model_map()
    gone = {
        logical_id: resource
        for logical_id, resource in resources.items()
        if resource["Type"] in RUN_HERE | UNVERSIONED or resource["Type"] not in known
    }
    for logical_id in gone:
        del resources[logical_id]
    skipped = {i: r["Type"] for i, r in gone.items() if r["Type"] not in RUN_HERE}
    run_here = {i: r["Type"] for i, r in gone.items() if r["Type"] in RUN_HERE}
    for kind in sorted(set(skipped.values())):
        names = ", ".join(i for i, t in skipped.items() if t == kind)
        log.info("not on this machine: %s (%s)", kind, names)
    body["Resources"] = {name: _without_references(resource, gone) for name, resource in resources.items()}
    for resource in body["Resources"].values():
        if isinstance(needs := resource.get("DependsOn"), str | list):
            left = [name for name in ([needs] if isinstance(needs, str) else needs) if name not in gone]
            resource["DependsOn"] = left
    # The template's own outputs stay, for the operator's tool; they name what is not deployed.
    body["Outputs"] = {name: _without_references(output, gone) for name, output in body.get("Outputs", {}).items()} | {
        _OUTPUT + logical_id: {
            "Value": {"Fn::ToJsonString": _without_references(gone[logical_id].get("Properties", {}), gone)},
            **({"Condition": gone[logical_id]["Condition"]} if "Condition" in gone[logical_id] else {}),
        }
        for logical_id in run_here
    }
    return skipped, run_here


def _name_fifo_queues(body: dict[str, Any]) -> None:
    """CloudFormation ends its names for FIFO queues in `.fifo`; moto does not, and then refuses them."""
    for logical_id, resource in body["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::SQS::Queue" and str(properties.get("FifoQueue")).lower() == "true":
            properties.setdefault("QueueName", f"{logical_id}.fifo")


def _without_references(value: Any, gone: Mapping[str, Any]) -> Any:
    """`value` with references to resources that are not deployed replaced by their names."""
    if isinstance(value, list):
        return [_without_references(item, gone) for item in value]
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref" and argument in gone:
            return argument
        if name == "Fn::GetAtt":
            parts = argument.split(".", 1) if isinstance(argument, str) else list(argument)
            return ".".join(parts) if parts[0] in gone else {name: parts}
        if name == "Fn::Sub":
            return {name: _without_references_in_sub(argument, gone)}
    return {key: _without_references(item, gone) for key, item in value.items()}


def _without_references_in_sub(argument: Any, gone: Mapping[str, Any]) -> Any:
    if isinstance(argument, list):
        text, names = argument
        return [_without_references_in_sub(text, gone), _without_references(names, gone)]
    return re.sub(
        r"\$\{([A-Za-z0-9]+)([^}]*)}",
        lambda match: match[1] + match[2] if match[1] in gone else match[0],
        argument,
    )
