"""Settings and secrets in SSM Parameter Store.

/orderbridge/<stage>/billbee/api_key                        SecureString, one per application
/orderbridge/<stage>/merchants/<merchant>/settings          String, JSON
/orderbridge/<stage>/merchants/<merchant>/secrets/<name>    SecureString
/orderbridge/<stage>/merchants/<merchant>/cache/bibi_token  SecureString, written by the workers
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.utilities.parameters import SSMProvider
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from orderbridge.errors import SettingsError
from orderbridge.observability import logger
from orderbridge.settings import MerchantSecrets, MerchantSettings, parse_secrets, parse_settings

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

CACHE_SECONDS: Final = 300
SECRETS_SECONDS: Final = 3600
"""Every SecureString that is read costs a request to KMS. One that a vendor refuses is read again at once."""
_MOST_NAMES: Final = 1000


class Parameters:
    """Reads parameters, and keeps what it read: settings for five minutes, secrets for an hour."""

    def __init__(self, client: SSMClient, stage: str) -> None:
        self._client = client
        self._provider = SSMProvider(boto3_client=client)
        self._root = f"/orderbridge/{stage}"
        self._webhook_secrets: dict[str, tuple[float, SecretStr | None]] = {}
        self._secrets: dict[str, tuple[float, dict[str, str]]] = {}

    def merchants(self) -> dict[str, str]:
        """The settings JSON of every merchant, as text and unchecked, by merchant."""
        texts = {}
        for name, text in self._read(f"{self._root}/merchants", only_plain=True).items():
            merchant, _, key = name.partition("/")
            if key == "settings":
                texts[merchant] = text
        return texts

    def settings(self, merchant: str) -> MerchantSettings:
        """A merchant's settings. Raises SettingsError."""
        text = self._read(f"{self._root}/merchants/{merchant}", only_plain=True).get("settings")
        if text is None:
            raise SettingsError(merchant, "settings", "the parameter is missing")
        return parse_settings(merchant, text)

    def secrets(self, merchant: str) -> MerchantSecrets:
        """A merchant's secrets. Raises SettingsError for a missing one."""
        try:
            return parse_secrets(merchant, self._read_secrets(f"{self._root}/merchants/{merchant}/secrets"))
        except SettingsError:
            self.forget_secrets(merchant)  # one that is missing may be put there any minute
            raise

    def forget_secrets(self, merchant: str) -> None:
        """A vendor has refused the merchant's credentials or the application's: they are read again."""
        for path in (f"{self._root}/merchants/{merchant}/secrets", f"{self._root}/billbee"):
            self._secrets.pop(path, None)

    def webhook_secret(self, merchant: str) -> SecretStr | None:
        """The secret that signs a merchant's webhooks; None for an unknown merchant or one without."""
        name = f"{self._root}/merchants/{merchant}/secrets/webhook_secret"
        known = self._webhook_secrets.get(name)
        if known is None or known[0] < time.monotonic():
            known = (time.monotonic() + CACHE_SECONDS, self._webhook_secret(name))
            if len(self._webhook_secrets) >= _MOST_NAMES:  # anybody may ring for names that do not exist
                self._webhook_secrets.clear()
            self._webhook_secrets[name] = known
        return known[1]

    def _webhook_secret(self, name: str) -> SecretStr | None:
        try:
            answer = self._client.get_parameter(Name=name, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return None
        return SecretStr(answer["Parameter"]["Value"].strip()) or None

    def billbee_api_key(self) -> SecretStr:
        """The application's key. Raises SettingsError."""
        values = self._read_secrets(f"{self._root}/billbee")
        if "api_key" not in values:
            raise SettingsError("*", "billbee/api_key", "the parameter is missing")
        return SecretStr(values["api_key"])

    def token_cache(self, merchant: str) -> ParameterTokenCache:
        return ParameterTokenCache(self._client, f"{self._root}/merchants/{merchant}/cache/bibi_token")

    def _read_secrets(self, path: str) -> dict[str, str]:
        known = self._secrets.get(path)
        if known is None or known[0] < time.monotonic():
            known = (time.monotonic() + SECRETS_SECONDS, self._read(path))
            self._secrets[path] = known
        return known[1]

    def _read(self, path: str, *, only_plain: bool = False) -> dict[str, str]:
        """All parameters below a path by the rest of their names; settings are kept, secrets are not."""
        filters: dict[str, Any] = {}
        if only_plain:
            filters["ParameterFilters"] = [{"Key": "Type", "Option": "Equals", "Values": ["String"]}]
        found = self._provider.get_multiple(
            path, recursive=True, decrypt=not only_plain, max_age=CACHE_SECONDS if only_plain else 0, **filters
        )
        # A parameter set from a file ends with a line break, which no credential contains.
        return {name.strip("/"): str(value).strip() for name, value in (found or {}).items()}


class ParameterTokenCache:
    """The BiBi token of one merchant as a SecureString, shared by its workers."""

    def __init__(self, client: SSMClient, name: str) -> None:
        self._client = client
        self._name = name

    def load(self) -> str | None:
        try:
            answer = self._client.get_parameter(Name=self._name, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return None
        return answer["Parameter"]["Value"]

    def save(self, text: str) -> None:
        try:
            self._client.put_parameter(Name=self._name, Value=text, Type="SecureString", Overwrite=True)
        except (BotoCoreError, ClientError) as error:  # the token in hand is good all the same
            logger.warning("Token not shared", extra={"error": type(error).__name__})
