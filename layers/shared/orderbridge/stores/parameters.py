"""Settings and secrets in SSM Parameter Store.

/orderbridge/<stage>/billbee/api_key                        SecureString, one per application
/orderbridge/<stage>/merchants/<merchant>/settings          String, JSON
/orderbridge/<stage>/merchants/<merchant>/secrets/<name>    SecureString
/orderbridge/<stage>/merchants/<merchant>/cache/bibi_token  SecureString, written by the workers
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from orderbridge.clock import Clock
from orderbridge.errors import SettingsError
from orderbridge.observability import logger
from orderbridge.settings import MerchantSecrets, MerchantSettings, find_settings, parse_secrets

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

CACHE_SECONDS: Final = 300
SECRETS_SECONDS: Final = 3600
"""Every SecureString that is read costs a request to KMS. One that a vendor refuses is read again at once."""
_MOST_NAMES: Final = 1000


class Parameters:
    """Reads parameters, and keeps what it read: settings for five minutes, secrets for an hour."""

    def __init__(self, client: SSMClient, stage: str, clock: Clock) -> None:
        self._client = client
        self._root = f"/orderbridge/{stage}"
        self._clock = clock
        self._webhook_secrets: dict[str, tuple[float, SecretStr | None]] = {}
        self._plain: dict[str, tuple[float, dict[str, str]]] = {}
        self._secrets: dict[str, tuple[float, dict[str, str]]] = {}
        self._reported: set[str] = set()

    def merchants(self) -> dict[str, str]:
        """The settings JSON of every merchant, as text and unchecked, by merchant."""
        texts = {}
        for name, text in self._read_plain(f"{self._root}/merchants").items():
            merchant, _, key = name.partition("/")
            if key == "settings":
                texts[merchant] = text
        return texts

    def settings(self, merchant: str) -> MerchantSettings:
        """A merchant's settings, without keys that this release does not know. Raises SettingsError."""
        text = self._read_plain(f"{self._root}/merchants/{merchant}").get("settings")
        if text is None:
            raise SettingsError(merchant, "settings", "the parameter is missing")
        found = find_settings(merchant, text)
        if found.unknown and text not in self._reported:
            self._reported.add(text)
            logger.warning("Unknown settings", extra={"merchant": merchant, "keys": list(found.unknown)})
        return found.settings

    def unknown_settings(self, merchant: str) -> tuple[str, ...]:
        """The keys of a merchant's settings that this release does not know. Raises SettingsError."""
        text = self._read_plain(f"{self._root}/merchants/{merchant}").get("settings", "{}")
        return find_settings(merchant, text).unknown

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
        if known is None or known[0] < self._clock.monotonic():
            known = (self._clock.monotonic() + CACHE_SECONDS, self._webhook_secret(name))
            if len(self._webhook_secrets) >= _MOST_NAMES:  # anybody may ring for names that do not exist
                self._webhook_secrets.clear()
            self._webhook_secrets[name] = known
        return known[1]

    def _webhook_secret(self, name: str) -> SecretStr | None:
        value = _value(self._client, name)
        return None if value is None else SecretStr(value.strip()) or None

    def billbee_api_key(self) -> SecretStr:
        """The application's key. Raises SettingsError."""
        values = self._read_secrets(f"{self._root}/billbee")
        if "api_key" not in values:
            raise SettingsError("*", "billbee/api_key", "the parameter is missing")
        return SecretStr(values["api_key"])

    def token_cache(self, merchant: str) -> ParameterTokenCache:
        return ParameterTokenCache(self._client, f"{self._root}/merchants/{merchant}/cache/bibi_token")

    def _read_plain(self, path: str) -> dict[str, str]:
        return self._kept(self._plain, path, CACHE_SECONDS, lambda: self._read(path, only_plain=True))

    def _read_secrets(self, path: str) -> dict[str, str]:
        return self._kept(self._secrets, path, SECRETS_SECONDS, lambda: self._read(path, only_plain=False))

    def _kept(
        self,
        kept: dict[str, tuple[float, dict[str, str]]],
        path: str,
        seconds: float,
        read: Callable[[], dict[str, str]],
    ) -> dict[str, str]:
        """What was read below a path, not longer ago than so many seconds."""
        known = kept.get(path)
        if known is None or known[0] < self._clock.monotonic():
            known = kept[path] = (self._clock.monotonic() + seconds, read())
        return known[1]

    def _read(self, path: str, *, only_plain: bool) -> dict[str, str]:
        """All parameters below a path by the rest of their names.

        Page by page by hand: at a cold start botocore's paginator takes longer than the call itself.
        """
        request: dict[str, Any] = {"Path": path, "Recursive": True, "WithDecryption": not only_plain}
        if only_plain:
            request["ParameterFilters"] = [{"Key": "Type", "Option": "Equals", "Values": ["String"]}]
        found: dict[str, str] = {}
        while True:
            answer = self._client.get_parameters_by_path(**request)
            # A parameter set from a file ends with a line break, which no credential contains.
            found |= {one["Name"].removeprefix(path).strip("/"): one["Value"].strip() for one in answer["Parameters"]}
            if not answer.get("NextToken"):
                return found
            request["NextToken"] = answer["NextToken"]


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
        except (BotoCoreError, ClientError) as error:  # the token in hand is good all the same
            logger.warning("Token not shared", extra={"error": type(error).__name__})


def _value(client: SSMClient, name: str) -> str | None:
    """The value of a SecureString, or None if there is none."""
    try:
        answer = client.get_parameter(Name=name, WithDecryption=True)
    except ClientError as error:  # by its code, since the client's own exceptions are made when first asked for, dearly
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    return answer["Parameter"]["Value"]
