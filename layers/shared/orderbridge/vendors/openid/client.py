"""An OpenID provider: where it signs people in, and the ID token for a code (OpenID Connect Core 1.0, 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from orderbridge.platform.errors import MalformedAnswer
from orderbridge.vendors.http import (
    Call,
    HeaderAuth,
    HttpClient,
    basic_credentials,
    checked_base_url,
    is_on_this_machine,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from orderbridge.platform.clock import Clock

KEPT_SECONDS: Final = 3600.0
"""For how long the provider's endpoints are used without being looked up again."""
_DISCOVERY: Final = "openid discovery"
_TOKEN: Final = "openid token"  # noqa: S105


class OpenIdProvider:
    """Calls one provider in the name of one client. Every method raises the errors of ``orderbridge.platform.errors``.

    Args:
        issuer: its URL; https, or http on a loopback address.
        client_secret: gives the client's secret, when it is needed.
        http: makes the client of a base URL.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: Callable[[], SecretStr],
        http: Callable[[str], HttpClient],
        clock: Clock,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._http = http
        self._now = clock.monotonic
        self._endpoints: tuple[float, dict[str, Any]] | None = None

    def sign_in_url(self) -> str:
        """Where people are sent to sign in, without a query."""
        return self._endpoint("authorization_endpoint")

    def id_token(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token for a code, straight from the provider. Not repeatable: a code works once.

        Raises:
            Refused: the code, the verifier or the redirect URI is not the right one.
            AuthenticationError: the client's secret is wrong.
        """
        # Both are form-encoded before they are put together: RFC 6749, 2.3.1.
        secret = quote_plus(self._client_secret().get_secret_value())
        auth = HeaderAuth({"Authorization": basic_credentials(quote_plus(self._client_id), secret)})
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        endpoint = self._endpoint("token_endpoint")
        call = Call(_TOKEN, "POST", "/" if endpoint.endswith("/") else "", repeatable=False, form=form)
        data = self._http(endpoint).send(call, auth).data
        token = data.get("id_token") if isinstance(data, dict) else None
        if not isinstance(token, str):
            raise MalformedAnswer(_TOKEN, "it has no ID token")
        return token

    def _endpoint(self, name: str) -> str:
        known = self._endpoints
        if known is None or known[0] < self._now():
            known = self._endpoints = (self._now() + KEPT_SECONDS, self._discover())
        url = str(known[1].get(name, ""))
        try:
            checked_base_url(url)
        except ValueError:
            raise MalformedAnswer(_DISCOVERY, f"{name} is no https URL") from None
        if is_on_this_machine(url) and not is_on_this_machine(self._issuer):
            raise MalformedAnswer(_DISCOVERY, f"{name} leads to this machine")
        return url

    def _discover(self) -> dict[str, Any]:
        call = Call(_DISCOVERY, "GET", "/.well-known/openid-configuration", repeatable=True)
        data = self._http(self._issuer).send(call, HeaderAuth({})).data
        if not isinstance(data, dict) or data.get("issuer") != self._issuer:
            raise MalformedAnswer(_DISCOVERY, "it is the configuration of another issuer")
        return data
