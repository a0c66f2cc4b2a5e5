"""SSM Parameter Store in memory.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

import re
from typing import Any, Final

from testkit.aws.service import NotTaught, Service, aws_error, operation

_LONGEST: Final = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
_KINDS: Final = ("String", "StringList", "SecureString")
_PAGE: Final = 10
_NAME: Final = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,14}")
_LONGEST_NAME: Final = 1011
_RESERVED: Final = ("aws", "ssm")


class MemorySSM(Service):
    """Parameters by name.

    Attributes:
        values: what they hold, in plain text.
        types: ``String`` or ``SecureString``.
    """

    service = "ssm"
    tokens = ("NextToken", "NextToken")

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self._versions: dict[str, int] = {}

    @operation
    def put_parameter(self, **request: Any) -> dict[str, Any]:
        name, value, tier = request["Name"], request["Value"], request.get("Tier", "Standard")
        _check_name(name, "PutParameter")
        there = name in self.values
        kind = request.get("Type", self.types.get(name))
        if kind not in _KINDS:
            raise aws_error("ValidationException", "PutParameter", "A parameter type is required")
        if not value:
            raise aws_error("ValidationException", "PutParameter", "Value must not be empty")
        if len(value.encode()) > _LONGEST[tier]:
            message = f"{tier} tier parameters support a maximum parameter value of {_LONGEST[tier]} characters."
            raise aws_error("ValidationException", "PutParameter", message)
        if there and not request.get("Overwrite", False):
            raise aws_error("ParameterAlreadyExists", "PutParameter", "The parameter already exists.")
        if request.get("Tags") and request.get("Overwrite"):
            raise aws_error("ValidationException", "PutParameter", "tags and overwrite can't be used together")
        self.values[name], self.types[name] = value, kind
        self._versions[name] = self._versions.get(name, 0) + 1
        return {"Version": self._versions[name], "Tier": tier}

    @operation
    def get_parameter(self, **request: Any) -> dict[str, Any]:
        name = request["Name"]
        if name not in self.values:
            raise aws_error("ParameterNotFound", "GetParameter", "")
        return {"Parameter": self._shown(name, decrypted=request.get("WithDecryption", False))}

    @operation
    def delete_parameter(self, **request: Any) -> dict[str, Any]:
        name = request["Name"]
        if name not in self.values:
            raise aws_error("ParameterNotFound", "DeleteParameter", "")
        del self.values[name], self.types[name]
        return {}

    @operation
    def get_parameters_by_path(self, **request: Any) -> dict[str, Any]:
        path = request["Path"]
        if not path.startswith("/"):
            raise aws_error("ValidationException", "GetParametersByPath", "The parameter path must begin with /")
        most = request.get("MaxResults", _PAGE)
        if not 1 <= most <= _PAGE:
            raise aws_error("ValidationException", "GetParametersByPath", "maxResults must be from 1 to 10")
        below = f"{path.rstrip('/')}/"
        found = sorted(
            name
            for name in self.values
            if name.startswith(below)
            and (request.get("Recursive", False) or "/" not in name.removeprefix(below))
            and all(self._matches(name, one) for one in request.get("ParameterFilters", ()))
        )
        after = request.get("NextToken", "")
        rest = [name for name in found if name > after]
        decrypted = request.get("WithDecryption", False)
        answer: dict[str, Any] = {"Parameters": [self._shown(name, decrypted=decrypted) for name in rest[:most]]}
        if len(rest) > most:
            answer["NextToken"] = rest[most - 1]
        return answer

    def _matches(self, name: str, one: dict[str, Any]) -> bool:
        if one["Key"] != "Type" or one.get("Option", "Equals") != "Equals":
            raise NotTaught(f"the filter {one}")
        return self.types[name] in one["Values"]

    def _shown(self, name: str, *, decrypted: bool) -> dict[str, Any]:
        hidden = self.types[name] == "SecureString" and not decrypted
        value = f"encrypted:{name}" if hidden else self.values[name]
        return {"Name": name, "Type": self.types[name], "Value": value, "Version": self._versions.get(name, 1)}


def _check_name(name: str, operation: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME or ("/" in name and name[0] != "/"):
        raise aws_error("ValidationException", operation, f"The parameter name {name!r} is not valid")
    if name.lstrip("/").lower().startswith(_RESERVED):
        raise aws_error("ValidationException", operation, f"No access to reserved parameter name: {name}")
