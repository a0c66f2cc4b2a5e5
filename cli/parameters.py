"""Writing settings and secrets to the Parameter Store, which is the operator's to do and no function's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from cli.failures import BadInput, ToolError, nearest
from cli.merchants_file import Merchants

SECRETS: Final = (
    "billbee_password",
    "bibi_public_key",
    "bibi_secret_key",
    "webhook_secret",
    "abillify_username",
    "abillify_password",
)
API_KEY: Final = "billbee_api_key"
"""The application's key, one for all merchants of a stage."""
_PASSWORD_LENGTH: Final = 12
_WEBHOOK_SECRET_LENGTHS: Final = range(32, 65)


class Writer:
    """Writes the parameters of one stage."""

    def __init__(self, ssm: Any, stage: str) -> None:
        self._ssm = ssm
        self._root = f"/orderbridge/{stage}"

    def api_key(self) -> str | None:
        """The application's key as it stands, or None."""
        return self._value(f"{self._root}/billbee/api_key")

    def put_api_key(self, value: str) -> None:
        self._put(f"{self._root}/billbee/api_key", value, "SecureString")

    def put_secret(self, merchant: str, name: str, value: str) -> None:
        self._put(f"{self._root}/merchants/{merchant}/secrets/{name}", value, "SecureString")

    def put_settings(self, merchant: str, text: str) -> None:
        self._put(self._settings_name(merchant), text, "String")

    def put_all(self, merchants: Merchants) -> None:
        """Write a merchants file as it stands. A merchant exists with its settings, which therefore come last."""
        self.put_api_key(merchants.billbee_api_key)
        for merchant in merchants:
            for name, value in merchant.secrets.items():
                self.put_secret(merchant.name, name, value)
            self.put_settings(merchant.name, merchant.settings)

    def change_mode(self, merchant: str, mode: str) -> str:
        """Set the mode in a merchant's settings and leave all else as it is; gives the mode from before.

        Raises:
            ToolError: the settings are no JSON object, or somebody else changed them meanwhile.
        """
        name = self._settings_name(merchant)
        read = self._ssm.get_parameter(Name=name)["Parameter"]
        settings = _object(read["Value"], merchant)
        before = str(settings.get("mode", "live"))
        if before == mode:
            return before
        lines = "\n" in read["Value"].strip()
        changed = {"mode": mode, **settings} | {"mode": mode}
        text = json.dumps(changed, ensure_ascii=False, indent=2 if lines else None)
        version = self._put(name, text, "String")
        if version != read["Version"] + 1:
            raise ToolError(
                f"the settings of {merchant} were changed by somebody else at the same moment",
                f"aws ssm get-parameter-history --name {name} shows both: write what is meant",
            )
        return before

    def mode_before_pause(self, merchant: str) -> str | None:
        """The mode that was set last before the merchant was paused, or None where the history does not say."""
        for text in self._earlier(self._settings_name(merchant)):
            try:
                mode = str(_object(text, merchant).get("mode", "live"))
            except ToolError:
                continue
            if mode in ("live", "test"):
                return mode
        return None

    def _earlier(self, name: str) -> Iterator[str]:
        """The texts of a parameter, the latest first."""
        pages = self._ssm.get_paginator("get_parameter_history").paginate(Name=name)
        history = [one for page in pages for one in page["Parameters"]]
        yield from (str(one["Value"]) for one in sorted(history, key=lambda one: -int(one["Version"])))

    def _value(self, name: str) -> str | None:
        try:
            return str(self._ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]).strip()
        except self._ssm.exceptions.ParameterNotFound:
            return None

    def _put(self, name: str, value: str, kind: str) -> int:
        return int(self._ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)["Version"])

    def _settings_name(self, merchant: str) -> str:
        return f"{self._root}/merchants/{merchant}/settings"


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
    if name == "webhook_secret" and len(value) not in _WEBHOOK_SECRET_LENGTHS:
        raise BadInput("webhook_secret must have 32 to 64 characters", "orderbridge webhooks register makes one")
    return value


def _object(text: str, merchant: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise ToolError(f"the settings of {merchant} are no JSON object", "mend them in the Parameter Store first")
    return settings
