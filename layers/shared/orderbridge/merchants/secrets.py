"""Secrets in SSM Parameter Store, each a SecureString.

/orderbridge/<stage>/application              JSON: billbee_api_key, one for all merchants
/orderbridge/<stage>/merchants/<merchant>     JSON: the merchant's secrets by name
/orderbridge/<stage>/bibi_tokens/<merchant>   the merchant's BiBi token, written by the workers
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from orderbridge.merchants.settings import MerchantSecrets, parse_secrets
from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import SettingsError
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

API_KEY: Final = "billbee_api_key"
WEBHOOK_SECONDS: Final = 300
SECRETS_SECONDS: Final = 3600
"""Every read of a SecureString is a request to KMS. A secret that a vendor refuses is read again at once."""


class Secrets:
    """Reads secrets, and keeps what it read for an hour; a webhook's secret for five minutes."""

    def __init__(self, client: SSMClient, stage: str, clock: Clock) -> None:
        self._client = client
        self._stage = stage
        self._clock = clock
        self._webhooks: dict[str, tuple[float, SecretStr | None]] = {}
        self._kept: dict[str, tuple[float, dict[str, str]]] = {}

    def of(self, merchant: str) -> MerchantSecrets:
        """A merchant's secrets. Raises SettingsError if one is missing or they cannot be read."""
        try:
            return parse_secrets(merchant, self._values(merchant, merchant_parameter(self._stage, merchant)))
        except SettingsError:
            self.forget(merchant)  # a missing one may be added at any time
            raise

    def names(self, merchant: str) -> list[str]:
        """Which secrets a merchant has. Raises SettingsError if they cannot be read."""
        return sorted(self._values(merchant, merchant_parameter(self._stage, merchant)))

    def forget(self, merchant: str) -> None:
        """Called when a vendor has refused the merchant's or the application's credentials: they are read again."""
        for parameter in (merchant_parameter(self._stage, merchant), application_parameter(self._stage)):
            self._kept.pop(parameter, None)

    def of_webhook(self, merchant: str) -> SecretStr | None:
        """The secret that signs a merchant's webhooks; None for one without, and for one whose secrets cannot be read.

        Each name is kept, so only names of the registry may be asked for.
        """
        known = self._webhooks.get(merchant)
        if known is None or known[0] < self._clock.monotonic():
            known = (self._clock.monotonic() + WEBHOOK_SECONDS, self._webhook(merchant))
            self._webhooks[merchant] = known
        return known[1]

    def billbee_api_key(self) -> SecretStr:
        """The application's key. Raises SettingsError."""
        values = self._values("*", application_parameter(self._stage))
        if not values.get(API_KEY):
            self._kept.pop(application_parameter(self._stage), None)
            raise SettingsError("*", f"application.{API_KEY}", "is missing")
        return SecretStr(values[API_KEY])

    def token_cache(self, merchant: str) -> ParameterTokenCache:
        return ParameterTokenCache(self._client, token_parameter(self._stage, merchant))

    def _webhook(self, merchant: str) -> SecretStr | None:
        try:
            value = self._read(merchant, merchant_parameter(self._stage, merchant)).get("webhook_secret")
        except SettingsError as error:
            logger.error("Webhook's secret not readable", extra={"merchant": merchant, "error": str(error)})
            return None
        return SecretStr(value) if value else None

    def _values(self, merchant: str, parameter: str) -> dict[str, str]:
        known = self._kept.get(parameter)
        if known is None or known[0] < self._clock.monotonic():
            known = self._kept[parameter] = (self._clock.monotonic() + SECRETS_SECONDS, self._read(merchant, parameter))
        return known[1]

    def _read(self, merchant: str, parameter: str) -> dict[str, str]:
        """The secrets of one parameter by name; empty if it is missing. Raises SettingsError."""
        text = _value(self._client, parameter)
        return {} if text is None else parse_texts(merchant, parameter, text)


def application_parameter(stage: str) -> str:
    """The parameter of the application's secrets."""
    return f"/orderbridge/{stage}/application"


def merchant_parameter(stage: str, merchant: str) -> str:
    """The parameter of a merchant's secrets."""
    return f"/orderbridge/{stage}/merchants/{merchant}"


def token_parameter(stage: str, merchant: str) -> str:
    """The parameter of a merchant's BiBi token."""
    return f"/orderbridge/{stage}/bibi_tokens/{merchant}"


def parse_texts(merchant: str, parameter: str, text: str) -> dict[str, str]:
    """The secrets that a parameter holds, by name. Raises SettingsError, which repeats nothing of the text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise SettingsError(merchant, "secrets", f"the parameter {parameter} is not a JSON object of texts")
    # A secret copied from a file may end with a line break, which no credential contains.
    return {name: value.strip() for name, value in found.items()}


class ParameterTokenCache:
    """The BiBi token of one merchant as a SecureString, shared by its workers."""

    def __init__(self, client: SSMClient, name: str) -> None:
        self._client = client
        self._name = name

    def load(self) -> str | None:
        return _value(self._client, self._name)

    def save(self, text: str) -> None:
        try:
            self._client.put_parameter(Name=self._name, Value=text, Type="SecureString", Overwrite=True)
        except (BotoCoreError, ClientError) as error:  # the token in memory is good anyway
            logger.warning("Token not shared", extra={"error": type(error).__name__})


def _value(client: SSMClient, name: str) -> str | None:
    """The value of a SecureString, or None if there is none."""
    try:
        answer = client.get_parameter(Name=name, WithDecryption=True)
    except ClientError as error:  # by its code, because creating the client's exception classes is slow
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    return answer["Parameter"]["Value"]
