"""Writes secrets to the Parameter Store, which only the operator's tool does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cli.failures import BadInput, ToolError, nearest

if TYPE_CHECKING:
    from cli.merchants_file import Merchants
    from orderbridge.merchants.registry import Registry

WEBHOOK_SECRET: Final = "webhook_secret"  # noqa: S105  the name of one
SECRETS: Final = (
    "billbee_password",
    "bibi_public_key",
    "bibi_secret_key",
    WEBHOOK_SECRET,
    "abillify_username",
    "abillify_password",
)
API_KEY: Final = "billbee_api_key"
"""The application's key, one for all merchants of a stage."""
_PASSWORD_LENGTH: Final = 12
_WEBHOOK_SECRET_LENGTHS: Final = range(32, 65)


class Writer:
    """Writes the secrets of one stage. Other secrets in a parameter stay in it."""

    def __init__(self, ssm: Any, stage: str) -> None:
        self._ssm = ssm
        self._stage = stage

    def held(self, merchant: str) -> dict[str, str]:
        """The secrets that a merchant has. Raises SettingsError if they cannot be read."""
        from orderbridge.merchants.secrets import merchant_parameter

        return self._read(merchant, merchant_parameter(self._stage, merchant))[0]

    def api_key(self) -> str | None:
        """The application's key, or None."""
        from orderbridge.merchants.secrets import application_parameter

        return self._read("*", application_parameter(self._stage))[0].get(API_KEY)

    def put_api_key(self, value: str) -> None:
        from orderbridge.merchants.secrets import application_parameter

        self._put("*", application_parameter(self._stage), {API_KEY: value})

    def put(self, merchant: str, values: Mapping[str, str]) -> None:
        """Write some secrets of a merchant.

        Raises:
            ToolError: they were changed meanwhile.
            SettingsError: the present ones cannot be read.
        """
        from orderbridge.merchants.secrets import merchant_parameter

        self._put(merchant, merchant_parameter(self._stage, merchant), values)

    def remove(self, merchant: str) -> list[str]:
        """Delete a merchant's secrets and its BiBi token. Returns the names of the deleted parameters."""
        from orderbridge.merchants.secrets import merchant_parameter, token_parameter

        there = []
        for name in (merchant_parameter(self._stage, merchant), token_parameter(self._stage, merchant)):
            try:
                self._ssm.delete_parameter(Name=name)
            except self._ssm.exceptions.ParameterNotFound:
                continue
            there.append(name)
        return there

    def _put(self, merchant: str, parameter: str, values: Mapping[str, str]) -> None:
        """Read, change and write a parameter. SSM has no conditional writes, but returns the version that it
        created.
        """
        held, version = self._read(merchant, parameter)
        wanted = {**held, **values}
        if wanted == held:
            return
        text = json.dumps(wanted, ensure_ascii=False, sort_keys=True)
        answer = self._ssm.put_parameter(Name=parameter, Value=text, Type="SecureString", Overwrite=True)
        if answer["Version"] != version + 1:
            raise ToolError(
                f"the secrets in {parameter} were changed by another user at the same moment",
                f"aws ssm get-parameter-history --name {parameter} lists the versions: write again what is missing",
            )

    def _read(self, merchant: str, parameter: str) -> tuple[dict[str, str], int]:
        """A parameter's content and version; empty and 0 if it is missing."""
        from orderbridge.merchants.secrets import parse_texts

        try:
            found = self._ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]
        except self._ssm.exceptions.ParameterNotFound:
            return {}, 0
        return parse_texts(merchant, parameter, str(found["Value"])), int(found["Version"])


def put_all(merchants: Merchants, writer: Writer, registry: Registry, *, by: str) -> None:
    """Write a merchants file. The settings come last, because a merchant exists once it has settings."""
    writer.put_api_key(merchants.billbee_api_key)
    for merchant in merchants:
        writer.put(merchant.name, merchant.secrets)
        registry.put(merchant.name, merchant.settings, by=by)


def checked_secret(name: str, value: str) -> str:
    """A secret without the line break that a file ends with. Raises BadInput, which never repeats the value."""
    if name not in (*SECRETS, API_KEY):
        raise BadInput(f"{name!r} is no secret that orderbridge knows", nearest(name, (*SECRETS, API_KEY)))
    value = value.strip()
    if not value:
        raise BadInput(f"{name} is empty")
    if any(ord(character) < 32 for character in value):
        raise BadInput(f"{name} has a line break or another control character in it")
    if name == "billbee_password" and (":" in value or len(value) < _PASSWORD_LENGTH):
        raise BadInput(
            "billbee_password is no Billbee API password",
            f"those have at least {_PASSWORD_LENGTH} characters and no colon; it is not the password of the log-in",
        )
    if name == WEBHOOK_SECRET and len(value) not in _WEBHOOK_SECRET_LENGTHS:
        raise BadInput("webhook_secret must have 32 to 64 characters", "orderbridge webhooks register makes one")
    return value
