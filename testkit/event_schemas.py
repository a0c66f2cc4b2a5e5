"""The schemas of the events that other systems may hear, made from their classes; docs/events/ has them as files.

`make tables` writes the files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from local.stack import PROJECT
from orderbridge.events.kinds import KINDS, Event, OrderNumbers

FOLDER: Final = PROJECT / "docs" / "events"
_ATTRIBUTES: Final = re.compile(r"^ {4}(\w+(?:, \w+)*): ([^\n]+(?:\n {8}[^\n]+)*)", re.MULTILINE)
"""Those that a docstring describes."""


def file_of(kind: type[Event]) -> Path:
    return FOLDER / f"{kind.DETAIL_TYPE.lower().replace(' ', '-')}.v{_version(kind)}.json"


def schema_of(kind: type[Event]) -> dict[str, Any]:
    """The schema of an event's ``detail``, in draft 2020-12. Other fields may be added, so they are allowed."""
    made = TypeAdapter(kind).json_schema(mode="serialization")
    parts = made.get("$defs", {})
    described: list[tuple[dict[str, Any], type[Any]]] = [(made, kind)]
    if OrderNumbers.__name__ in parts:
        described.append((parts[OrderNumbers.__name__], OrderNumbers))
    for part, cls in described:
        _describe(part, cls)
        part["required"] = sorted(part["properties"])
    for part in parts.values():
        part["description"] = part.get("description", "").partition("\n")[0]
        part.pop("title", None)
    properties = made.pop("properties")
    properties["schema"] |= {"const": _version(kind)}
    return {
        "$schema": Draft202012Validator.META_SCHEMA["$id"],
        "$id": f"urn:orderbridge:{file_of(kind).name.removesuffix('.json')}",
        "title": kind.DETAIL_TYPE,
        "description": made.pop("description").partition("\n")[0],
        "type": "object",
        "properties": properties,
        "required": made["required"],
        **({"$defs": parts} if parts else {}),
    }


def files() -> dict[Path, str]:
    """The text of each file."""
    return {file_of(kind): json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n" for kind in KINDS}


def check(entry: Mapping[str, Any]) -> None:
    """Whether an entry of PutEvents is one of ours, and its detail as the published schema says.

    Raises:
        jsonschema.ValidationError: it is not.
    """
    assert entry["Source"] == "orderbridge"
    validators = _published()
    detail = json.loads(entry["Detail"])
    validator = validators[entry["DetailType"], detail["schema"]]
    validator.validate(detail)
    assert datetime.fromisoformat(detail["at"]).tzinfo is not None
    assert detail.keys() == validator.schema["properties"].keys(), "a field is not in the schema"


@cache
def _published() -> dict[tuple[str, int], Draft202012Validator]:
    found = {}
    for path in sorted(FOLDER.glob("*.v*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        checker = Draft202012Validator.FORMAT_CHECKER
        validator = Draft202012Validator(schema, format_checker=checker)
        found[schema["title"], schema["properties"]["schema"]["const"]] = validator
    return found


def _version(kind: type[Event]) -> int:
    return kind.schema


def _describe(made: dict[str, Any], kind: type[Any]) -> None:
    """Give each property what its class says of it, and leave out what only repeats its name."""
    for one in made["properties"].values():
        one.pop("title", None)
        one.pop("default", None)
    for cls in reversed(kind.__mro__):
        for names, text in _ATTRIBUTES.findall(cleandoc(cls.__doc__ or "")):
            for name in names.split(", "):
                if name in made["properties"]:
                    made["properties"][name]["description"] = " ".join(text.split()).replace("``", "`")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
