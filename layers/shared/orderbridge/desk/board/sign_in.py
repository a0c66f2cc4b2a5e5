"""Signing in to the board from a browser: OpenID Connect's code flow with PKCE, and a session of our own (R44).

The ID token comes straight from the provider, over TLS and for the client's secret, so its signature need not be
checked (OpenID Connect Core 1.0, 3.1.3.7, 6). Everything else of it is. Neither it nor an access token reaches the
browser: the session is a signed cookie with the person's name and limits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

from orderbridge.desk.board.refused import Refused
from orderbridge.desk.board.seals import LONGEST
from orderbridge.desk.board.viewer import Viewer, limits_in, name_in, viewer_of
from orderbridge.platform.errors import UpstreamError

if TYPE_CHECKING:
    from orderbridge.desk.board.gate import Access
    from orderbridge.desk.board.seals import Seals
    from orderbridge.platform.clock import Clock

SESSION_LASTS: Final = timedelta(hours=8)
ATTEMPT_LASTS: Final = timedelta(minutes=10)
"""How long a person may take at the provider."""
_SESSION, _ATTEMPT = "session", "sign-in"
_SCOPE: Final = "openid profile"
_SKEW: Final = 60
"""Seconds by which the provider's clock may differ."""
_LONGEST_PATH: Final = 500


class IdentityProvider(Protocol):
    """Who signs people in."""

    def sign_in_url(self) -> str:
        """Where people are sent, without a query. Raises UpstreamError."""

    def id_token(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token for a code. Raises UpstreamError."""


class NotSignedIn(Refused):
    """Nobody is signed in, or signing in has failed. The message says why."""


@dataclass(frozen=True)
class SignedIn:
    """What a browser gets after signing in: the session's cookie, and the page that was asked for."""

    session: str
    back: str


class SignIn:
    """Signs people in at one provider.

    Args:
        callback: the address to which the provider sends them back.
    """

    def __init__(
        self, provider: Callable[[], IdentityProvider], seals: Seals, clock: Clock, access: Access, callback: str
    ) -> None:
        self._provider = provider
        self._seals = seals
        self._now = clock.now
        self._access = access
        self._callback = callback

    def begin(self, back: str) -> tuple[str, str]:
        """Where to send a person, and the cookie that has to come back with them. Raises UpstreamError."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self._access.client,
            "redirect_uri": self._callback,
            "scope": _SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": _encoded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        attempt = {"state": state, "nonce": nonce, "verifier": verifier, "back": own_path(back)}
        url = f"{self._provider().sign_in_url()}?{urlencode(asked)}"
        return url, self._seals.seal(_ATTEMPT, attempt, ATTEMPT_LASTS)

    def finish(self, answer: Mapping[str, str], cookie: str) -> SignedIn:
        """Who was sent back by the provider.

        Args:
            answer: the query with which they came.
            cookie: of `begin`.

        Raises:
            NotSignedIn: they did not begin here, the provider refused, or its token is not for us.
        """
        attempt = self._seals.open(_ATTEMPT, cookie)
        if attempt is None or not hmac.compare_digest(attempt["state"].encode(), answer.get("state", "").encode()):
            raise NotSignedIn("this browser did not begin to sign in here, or it took too long")
        if answer.get("iss", self._access.issuer) != self._access.issuer:
            raise NotSignedIn("the answer is of another identity provider")
        if "error" in answer:
            code = answer["error"] if re.fullmatch(r"[a-z_]{1,40}", answer["error"]) else "an error"
            raise NotSignedIn("the identity provider says {code}", code=code)
        try:
            token = self._provider().id_token(answer.get("code", ""), attempt["verifier"], self._callback)
        except UpstreamError as error:
            why = type(error).__name__
            raise NotSignedIn("the identity provider did not confirm it ({error})", error=why) from error
        claims = _claims(token)
        self._check(claims, attempt["nonce"])
        name = name_in(claims)
        if not name:
            raise NotSignedIn("the identity provider does not name the person")
        session = {"name": name, "limits": limits_in(claims), "of": [self._access.issuer, self._access.client]}
        sealed = self._seals.seal(_SESSION, session, SESSION_LASTS)
        if len(sealed) > LONGEST:
            raise NotSignedIn("the claim of merchants is too long for a cookie; leave it out for all merchants")
        return SignedIn(sealed, own_path(attempt["back"]))

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        """OpenID Connect Core 1.0, 3.1.3.7; by its numbers."""
        client, now = self._access.client, self._now().timestamp()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        party, said = claims.get("azp", client if len(audiences) == 1 else None), str(claims.get("nonce", ""))
        checks = (
            ("issuer", claims.get("iss") == self._access.issuer),  # 2
            ("audience", client in audiences),  # 3
            ("authorized party", party == client),  # 4, 5
            ("expiry", now < _moment(claims, "exp") + _SKEW),  # 9
            ("time of issue", abs(now - _moment(claims, "iat")) <= ATTEMPT_LASTS.total_seconds()),  # 10
            ("nonce", hmac.compare_digest(said.encode(), nonce.encode())),  # 11
        )
        wrong = next((what for what, is_right in checks if not is_right), None)
        if wrong is not None:
            raise NotSignedIn("the {part} of the identity provider's token is not the right one", part=wrong)


def session_viewer(seals: Seals, access: Access, cookie: str) -> Viewer:
    """Whose session a cookie is. Raises NotSignedIn."""
    session = seals.open(_SESSION, cookie) if cookie else None
    if session is None or session["of"] != [access.issuer, access.client]:
        raise NotSignedIn("nobody is signed in, or the session is over")
    return viewer_of(session["name"], session["limits"], access.otherwise)


def own_path(asked: str) -> str:
    """A path of the board, or its first page: nobody is sent anywhere else."""
    is_own = asked.startswith("/") and not re.match(r"/[/\\]", asked) and asked.isprintable() and "\\" not in asked
    return asked if is_own and len(asked) <= _LONGEST_PATH else "/"


def _claims(token: str) -> Mapping[str, Any]:
    """What a token says. It came from the provider itself, so nobody else can have written it."""
    try:
        _, body, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise NotSignedIn("the identity provider's token cannot be read")
    return claims


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """UNIX seconds; 0 if the claim is missing or is no number."""
    found = claims.get(name)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else 0.0


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
