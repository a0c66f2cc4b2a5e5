"""BiBi's 24-hour access token: one per merchant, shared by all its workers, renewed once when it is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from pydantic import BaseModel, SecretStr

from orderbridge.platform.errors import AuthenticationError, MalformedAnswer
from orderbridge.vendors.http import HeaderAuth, basic_credentials

_LIFETIME: Final = timedelta(hours=24)


class Token(BaseModel):
    """A cached token. ``key`` identifies the key pair it was made with, so that changed keys are noticed."""

    value: SecretStr
    issued_at: datetime
    key: str

    def cached(self) -> str:
        """The text for the encrypted cache; the only place where the token's value is written out."""
        return json.dumps(
            {"value": self.value.get_secret_value(), "issued_at": self.issued_at.isoformat(), "key": self.key}
        )


class TokenCache(Protocol):
    """Where a merchant's workers share the token; encrypted at rest."""

    def load(self) -> str | None: ...

    def save(self, text: str) -> None: ...


@dataclass
class TokenSource:
    """Hands out the merchant's token.

    It is not documented whether a new token ends the old one. So a refused token is first compared with the shared
    cache, because another worker may have renewed it, and only then renewed.

    Args:
        authenticate: does the token call with the given credentials; gives BiBi's answer.
    """

    public_key: SecretStr
    secret_key: SecretStr
    cache: TokenCache
    authenticate: Callable[[HeaderAuth], dict[str, object]]
    now: Callable[[], datetime]
    _token: Token | None = field(default=None, repr=False)

    def current(self) -> Token:
        """A token that should still be valid: the one in memory, the shared one, or a new one."""
        if self._token is None or not self._good(self._token):
            self._token = self._shared() or self._renew()
        return self._token

    def renew(self) -> Token:
        """A new token, shared with the other workers."""
        self._token = self._renew()
        return self._token

    def renewed_elsewhere(self, refused: Token) -> Token | None:
        """The shared token, if another worker has renewed the refused one."""
        shared = self._shared()
        if shared is None or shared.value == refused.value:
            return None
        self._token = shared
        return shared

    def auth(self, token: Token) -> HeaderAuth:
        return basic_auth(self.public_key, token.value)

    def _shared(self) -> Token | None:
        text = self.cache.load()
        if not text:
            return None
        try:
            token = Token.model_validate_json(text)
        except ValueError:
            return None
        return token if token.key == self._fingerprint() and self._good(token) else None

    def _good(self, token: Token) -> bool:
        # The answer's "expires" is not relied on: a token is used until it is refused, or its documented life is over.
        return token.issued_at + _LIFETIME > self.now()

    def _renew(self) -> Token:
        answer = self.authenticate(basic_auth(self.public_key, self.secret_key))
        value = answer.get("token") or ""
        if not isinstance(value, str):
            raise MalformedAnswer("bibi authenticate", "the token is no text")
        if not value:
            raise AuthenticationError("bibi authenticate", "the answer holds no token")
        token = Token(value=SecretStr(value), issued_at=self.now(), key=self._fingerprint())
        self.cache.save(token.cached())
        return token

    def _fingerprint(self) -> str:
        pair = f"{self.public_key.get_secret_value()}:{self.secret_key.get_secret_value()}"
        return hashlib.sha256(pair.encode()).hexdigest()[:16]


def basic_auth(user: SecretStr, password: SecretStr) -> HeaderAuth:
    """Basic credentials in ``Authorization``, and in ``X-Authorization`` in case a proxy strips the first."""
    value = basic_credentials(user.get_secret_value(), password.get_secret_value())
    return HeaderAuth({"Authorization": value, "X-Authorization": value})
