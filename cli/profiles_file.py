"""The tool's own settings file: which deployments there are, by name.

    default = "prod"                  # used if nothing else names a deployment

    [profiles.prod]
    stage = "prod"                    # the stack orderbridge-prod; or its name as `stack`
    region = "eu-central-1"
    aws_profile = "shop-prod"         # of the AWS CLI
    endpoint = "https://…"            # AWS elsewhere

It is `$ORDERBRIDGE_CONFIG`, else `orderbridge/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cli.failures import BadInput, nearest
from cli.stack import STAGE

VARIABLE: Final = "ORDERBRIDGE_CONFIG"
LOCAL: Final = "local"
"""The profile of the local stack, which needs no entry."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_STACK: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_AT_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


@dataclass(frozen=True)
class Profile:
    """One deployment, as the file names it. ``line`` is where it begins."""

    name: str
    line: int
    stage: str | None = None
    stack: str | None = None
    region: str | None = None
    endpoint: str | None = None
    aws_profile: str | None = None


@dataclass(frozen=True)
class ProfilesFile:
    """The file, if there is one."""

    path: Path
    exists: bool = False
    default: str | None = None
    default_line: int = 0
    profiles: Mapping[str, Profile] = field(default_factory=dict)


_KEYS: Final = ("stage", "stack", "region", "endpoint", "aws_profile")


def read_profiles(variables: Mapping[str, str]) -> ProfilesFile:
    """The file that the environment names, or an empty one. Raises BadInput with the file's line."""
    named = variables.get(VARIABLE)
    home = Path(variables.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    path = Path(named).expanduser() if named else home / "orderbridge" / "config.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if named:
            raise BadInput(f"{VARIABLE}: {path} does not exist") from None
        return ProfilesFile(path)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not UTF-8 text") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = _AT_LINE.search(str(error))
        line = int(said[1]) if said and said[1] else len(text.splitlines())
        raise BadInput(f"{path}:{line}: not TOML: {_AT_LINE.sub('', str(error))}") from None
    return _Reader(path, text).read(content)


class _Reader:
    """Checks the content, and names the line of what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def read(self, content: Mapping[str, Any]) -> ProfilesFile:
        for key in content:
            if key not in ("default", "profiles"):
                raise self._wrong(self._line_of("", key), f"unknown key {key}", nearest(key, ("default", "profiles")))
        tables = content.get("profiles", {})
        if not isinstance(tables, dict):
            raise self._wrong(self._line_of("", "profiles"), "profiles must be tables: [profiles.NAME]")
        profiles = {name: self._profile(name, table) for name, table in tables.items()}
        default, line = content.get("default"), self._line_of("", "default")
        if default is not None and default not in (*profiles, LOCAL):
            raise self._wrong(line, f"default: there is no profile {default!r}", nearest(str(default), profiles))
        return ProfilesFile(self._path, True, default, line, profiles)

    def _profile(self, name: str, table: Any) -> Profile:
        where = f"profiles.{name}"
        head = self._line_of(where)
        if not isinstance(table, dict):
            raise self._wrong(head, f"{where} must be a table: [{where}]")
        if name == LOCAL:
            raise self._wrong(head, f"{where}: this name means the local stack of this machine", "choose another name")
        if not _NAME.fullmatch(name):
            raise self._wrong(head, f"{where}: a name has letters, digits, - and _, at most 40")
        for key, value in table.items():
            self._check(where, key, value)
        if "stage" not in table and "stack" not in table:
            raise self._wrong(head, f"{where}: stage or stack is missing", 'e.g. stage = "prod"')
        return Profile(name, head, **table)

    def _check(self, where: str, key: str, value: Any) -> None:
        line = self._line_of(where, key)
        if key not in _KEYS:
            raise self._wrong(line, f"{where}: unknown key {key}", nearest(key, _KEYS))
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(line, f"{where}.{key} must be a text that is not empty")
        if key == "stage" and not STAGE.fullmatch(value):
            raise self._wrong(line, f"{where}.stage: lower-case letters, digits and dashes, at most 16 characters")
        if key == "stack" and not _STACK.fullmatch(value):
            raise self._wrong(line, f"{where}.stack: letters, digits and dashes, at most 128 characters")
        if key == "endpoint" and not value.startswith(("https://", "http://")):
            raise self._wrong(line, f"{where}.endpoint is no http address")

    def _wrong(self, line: int, what: str, hint: str = "") -> BadInput:
        return BadInput(f"{self._path}:{line}: {what}", hint)

    def _line_of(self, table: str, key: str = "") -> int:
        """The line of a key in a table, or of the table's head; 1 if it is written in another way."""
        found, inside = 1, not table
        for number, line in enumerate(self._lines, 1):
            bare = line.split("#")[0].strip()
            if bare.startswith("["):
                head = bare.strip("[] ").replace('"', "").replace("'", "")
                if not table and head.partition(".")[0] == key:
                    return number
                inside = head == table
                if inside:
                    found = number
                    if not key:
                        return number
            elif inside and key and bare.partition("=")[0].strip(" \"'") == key:
                return number
        return found
