"""An OpenID provider over HTTP: discovery, the authorization code flow with PKCE, and ID tokens.

As strict as OpenID Connect Core 1.0, RFC 6749 (OAuth 2.0), RFC 7636 (PKCE) and RFC 9700 (security) allow: the redirect
URI is compared exactly, a code works once and for a minute, and a client without PKCE is refused. ID tokens are signed
with the client's secret (HS256), as Core 10.1 allows for confidential clients.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, urlencode

from flask import Request, request

from local.clock import WALL_CLOCK
from local.simulators.server import Answer, Clock, Refused, Simulator

_CODE_SECONDS = 60
_FORM = (
    '<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,">'
    '<form action="/authorize" method="post">{hidden}<input name="username" autocomplete="username">'
    '<input name="password" type="password" autocomplete="current-password"><button>Sign in</button></form></html>'
)
_TOKEN_SECONDS = 3600
_SHORTEST_VERIFIER, _LONGEST_VERIFIER = 43, 128


@dataclass
class Client:
    """An application that may have people signed in."""

    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]


@dataclass
class _Grant:
    """A code that was given out."""

    client: Client
    redirect_uri: str
    challenge: str
    nonce: str | None
    person: dict[str, Any]
    ends_at: float
    used: bool = False


class OpenId(Simulator):
    """The provider.

    Attributes:
        people: the claims of each, by the name that they type. All have the password `password`.
        signed_in: who has a session at the provider, and is not asked; None if nobody has.
        changes: what ID tokens say in place of what they should; None takes a claim away.
        configuration: what discovery says in place of what it should.
    """

    name = "openid"

    def __init__(self, *, clock: Clock = WALL_CLOCK) -> None:
        super().__init__(throttles=False, clock=clock)
        self.clients: dict[str, Client] = {}
        self.people: dict[str, dict[str, Any]] = {}
        self.signed_in: str | None = None
        self.issuer = ""
        self.changes: dict[str, Any] = {}
        self.configuration: dict[str, Any] = {}
        self._grants: dict[str, _Grant] = {}
        self.route("GET /.well-known/openid-configuration", self._configuration)
        self.route("GET /authorize", self._authorize)
        self.route("POST /authorize", self._sign_in)
        self.route("POST /token", self._token)

    def add_client(self, client_id: str, secret: str, *redirect_uris: str) -> Client:
        self.clients[client_id] = Client(client_id, secret, redirect_uris)
        return self.clients[client_id]

    def identify(self, request: Request) -> str | None:
        return request.values.get("client_id")

    def authenticate(self, request: Request, route: str) -> None:
        """Only the token endpoint asks who calls: OAuth 2.0, 3.2.1."""

    # -- endpoints

    def _configuration(self) -> Answer:
        """OpenID Connect Discovery 1.0, 3."""
        base = self.issuer or self.url
        return Answer(
            body={
                "issuer": base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "HS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            }
            | self.configuration
        )

    def _authorize(self) -> Answer:
        """Ask who it is, unless somebody has a session here."""
        client, asked = self._asked()
        if self.signed_in is None:
            hidden = "".join(
                f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
                for name, value in asked.items()
            )
            return Answer(body=_FORM.format(hidden=hidden))
        return self._granted(client, asked, self.signed_in)

    def _sign_in(self) -> Answer:
        client, asked = self._asked()
        name = request.form.get("username", "")
        if name not in self.people or request.form.get("password") != "password":
            return Answer(401, "<!doctype html><title>Sign in</title><p>Wrong name or password</p>")
        return self._granted(client, asked, name)

    def _asked(self) -> tuple[Client, dict[str, str]]:
        """The client and what it asks for. Nobody is sent to a URI that is not the client's: RFC 6749, 4.1.2.1."""
        asked = {name: request.values[name] for name in request.values if name not in ("username", "password")}
        client = self.clients.get(asked.get("client_id", ""))
        if client is None:
            raise Refused(Answer(400, "<p>unknown client</p>"))
        if asked.get("redirect_uri") not in client.redirect_uris:
            raise Refused(Answer(400, "<p>redirect_uri does not match</p>"))
        problem = None
        if any(len(request.values.getlist(name)) > 1 for name in request.values):
            problem = "invalid_request"
        elif asked.get("response_type") != "code":
            problem = "unsupported_response_type"
        elif "openid" not in asked.get("scope", "").split():
            problem = "invalid_scope"
        elif not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256" or not asked.get("state"):
            problem = "invalid_request"
        if problem is not None:
            raise Refused(self._back(asked, error=problem))
        return client, asked

    def _granted(self, client: Client, asked: dict[str, str], name: str) -> Answer:
        code = secrets.token_urlsafe(24)
        self._grants[code] = _Grant(
            client=client,
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            nonce=asked.get("nonce"),
            person=self.people[name],
            ends_at=self.clock() + _CODE_SECONDS,
        )
        return self._back(asked, code=code)

    def _back(self, asked: dict[str, str], **said: str) -> Answer:
        state = {"state": asked["state"]} if "state" in asked else {}
        query = urlencode(said | state | {"iss": self.issuer or self.url})  # RFC 9207
        return Answer(302, headers={"Location": f"{asked['redirect_uri']}?{query}"})

    def _token(self) -> Answer:
        """OpenID Connect Core 1.0, 3.1.3."""
        client = self._caller()
        form = request.form
        if form.get("grant_type") != "authorization_code":
            raise _error("unsupported_grant_type")
        grant = self._grants.get(form.get("code", ""))
        if grant is None or grant.client is not client or grant.used or self.clock() > grant.ends_at:
            raise _error("invalid_grant")
        grant.used = True
        verifier = form.get("code_verifier", "")
        if not _SHORTEST_VERIFIER <= len(verifier) <= _LONGEST_VERIFIER or _challenge(verifier) != grant.challenge:
            raise _error("invalid_grant")
        if form.get("redirect_uri") != grant.redirect_uri:
            raise _error("invalid_grant")
        body = {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": _TOKEN_SECONDS,
            "id_token": self._id_token(grant),
        }
        return Answer(body=body, headers={"Cache-Control": "no-store"})

    def _caller(self) -> Client:
        """By HTTP Basic, whose parts are form-encoded first: RFC 6749, 2.3.1."""
        given = request.authorization
        if given is None or given.type != "basic":
            raise _error("invalid_client", 401)
        client = self.clients.get(unquote_plus(given.username or ""))
        if client is None or not hmac.compare_digest(client.secret, unquote_plus(given.password or "")):
            raise _error("invalid_client", 401)
        return client

    def _id_token(self, grant: _Grant) -> str:
        now = int(self.clock())
        claims: dict[str, Any] = {
            **grant.person,
            "iss": self.issuer or self.url,
            "aud": grant.client.client_id,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
        }
        if grant.nonce is not None:
            claims["nonce"] = grant.nonce
        claims = {name: value for name, value in (claims | self.changes).items() if value is not None}
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = hmac.new(grant.client.secret.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _error(code: str, status: int = 400) -> Refused:
    """RFC 6749, 5.2."""
    headers = {"WWW-Authenticate": "Basic"} if status == 401 else {}
    return Refused(Answer(status, {"error": code}, headers))


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
