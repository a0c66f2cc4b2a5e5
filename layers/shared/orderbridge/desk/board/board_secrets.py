"""The board's own secrets in SSM Parameter Store, each a SecureString.

/orderbridge/<stage>/board/key             signs forms and sessions; the board makes it when it first needs one
/orderbridge/<stage>/board/client_secret   of the identity provider, written by an operator
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError
from pydantic import SecretStr

from orderbridge.platform.errors import OrderbridgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_ssm import SSMClient

    from orderbridge.platform.clock import Clock

KEPT_SECONDS: Final = 300
"""For how long a secret is used without being read again. A key that is deleted ends all sessions after that."""
_KEY_BYTES: Final = 32


class MissingSecret(OrderbridgeError):
    """A secret of the board is missing, or cannot be used."""


class BoardSecrets:
    """Reads the board's secrets."""

    def __init__(self, client: SSMClient, stage: str, clock: Clock) -> None:
        self._client = client
        self._folder = f"/orderbridge/{stage}/board"
        self._now = clock.monotonic
        self._kept: dict[str, tuple[float, str]] = {}

    def key(self) -> bytes:
        """The key that signs. Raises MissingSecret for one that could be guessed, such as an empty one."""
        text = self._read("key", make=lambda: secrets.token_hex(_KEY_BYTES))
        if not re.fullmatch(f"[0-9a-f]{{{2 * _KEY_BYTES}}}", text):
            raise MissingSecret(f"the parameter {self._folder}/key is no key of the board's; delete it to get one")
        return bytes.fromhex(text)

    def client_secret(self) -> SecretStr:
        """What identifies the board to the identity provider. Raises MissingSecret."""
        return SecretStr(self._read("client_secret").strip())

    def _read(self, name: str, make: Callable[[], str] | None = None) -> str:
        known = self._kept.get(name)
        if known is None or known[0] < self._now():
            parameter = f"{self._folder}/{name}"
            value = self._value(parameter) or (self._made(parameter, make()) if make else None)
            if value is None:
                raise MissingSecret(f"the parameter {parameter} is missing")
            known = self._kept[name] = (self._now() + KEPT_SECONDS, value)
        return known[1]

    def _made(self, parameter: str, value: str) -> str | None:
        """Write a new secret. Of two functions that do so at once, both use the one that was first."""
        try:
            self._client.put_parameter(Name=parameter, Value=value, Type="SecureString", Overwrite=False)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterAlreadyExists":
                raise
            return self._value(parameter)
        return value

    def _value(self, parameter: str) -> str | None:
        try:
            return self._client.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise
