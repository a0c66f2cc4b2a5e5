"""Who sent a request to the board, and whether it may act (R44)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from orderbridge.desk.board.refused import Refused
from orderbridge.desk.board.viewer import May, Viewer, name_in, tidy_name, viewer_of

LONGEST_BODY: Final = 8192
"""Bytes of a form."""
LONGEST_NOTE: Final = 200
"""Characters of a note that somebody writes."""
_FORM: Final = "application/x-www-form-urlencoded"
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Auth(StrEnum):
    """How people get in, as the template's ``BoardAuth`` says."""

    IAM = "iam"
    JWT = "jwt"
    OIDC = "oidc"


class NotAllowed(Refused):
    """Somebody may not do this. The message says why."""


class BadForm(Refused):
    """A form that no page of the board sends."""


@dataclass(frozen=True)
class Access:
    """How the board is opened, as API Gateway's stage says with each request.

    Attributes:
        otherwise: what those may do whom no claim or tag gives a role.
        issuer: the identity provider, for ``oidc``.
        client: the board's name there.
    """

    auth: Auth
    otherwise: May
    issuer: str = ""
    client: str = ""


def access_of(event: Mapping[str, Any]) -> Access:
    """Raises NotAllowed for a request that did not come through the board's API, or one whose settings are half set."""
    variables = event.get("stageVariables") or {}
    try:
        auth, otherwise = Auth(variables.get("auth", "")), May(variables.get("otherwise", ""))
    except ValueError:
        raise NotAllowed("the board's API does not say who may see it") from None
    access = Access(auth, otherwise, variables.get("issuer", ""), variables.get("client", ""))
    if auth is Auth.OIDC and not {"", "-"}.isdisjoint((access.issuer, access.client)):
        raise NotAllowed("the board's API does not say where people sign in")
    return access


def authorised_viewer(event: Mapping[str, Any], access: Access) -> Viewer:
    """Whom API Gateway let in, by IAM or by a token. It passes no tags of an IAM principal on.

    Raises:
        NotAllowed: nobody was let in, or without a name.
    """
    found = event.get("requestContext", {}).get("authorizer") or {}
    limits: Mapping[str, object] = {}
    if access.auth is Auth.IAM:
        name = tidy_name(str((found.get("iam") or {}).get("userArn") or "").rpartition(":")[2])
    else:
        limits = (found.get("jwt") or {}).get("claims") or {}
        name = name_in(limits)
    if not name:
        raise NotAllowed("the request does not say who sent it")
    return viewer_of(name, limits, access.otherwise)


def address_of(event: Mapping[str, Any]) -> str:
    """The board's own address, as API Gateway names it."""
    domain = str(event.get("requestContext", {}).get("domainName", ""))
    scheme = "http" if urlsplit(f"//{domain}").hostname in _HERE else "https"
    return f"{scheme}://{domain}"


def cookie_of(event: Mapping[str, Any], name: str) -> str:
    """A cookie of a request; empty if there is none, or more than one of that name."""
    found = [one.partition("=")[2] for one in event.get("cookies") or () if one.partition("=")[0] == name]
    return found[0] if len(found) == 1 else ""


def check_sender(event: Mapping[str, Any], access: Access) -> None:
    """Refuse a form that another site's page sent, or that no browser did.

    Browsers name the relation of the page and the board in ``Sec-Fetch-Site``, which no page can set. A name of another
    site that leads to this machine would pass as the same site; so a form for a signing proxy must come from loopback.

    Raises:
        NotAllowed
    """
    headers = event.get("headers") or {}
    if headers.get("sec-fetch-site") != "same-origin":
        raise NotAllowed("the form was not sent by a page of this board, or the browser does not say so")
    if access.auth is Auth.IAM:
        host = _host_of(headers.get("origin", ""))
        if host not in _HERE and host != event.get("requestContext", {}).get("domainName"):
            raise NotAllowed("the form was sent by a page of another address than the board's")


def check_reader(event: Mapping[str, Any], access: Access) -> None:
    """Refuse a page to another site's script, for which a signing proxy would sign as well.

    A name of another site that leads to this machine makes its script the same origin as the proxy, and the proxy hides
    the name. Browsers send ``Sec-Fetch-…`` only to https and to loopback addresses, so such a script sends none.
    `serve` answers to names of loopback only.

    Raises:
        NotAllowed
    """
    if access.auth is not Auth.IAM or urlsplit(address_of(event)).hostname in _HERE:
        return
    headers = event.get("headers") or {}
    is_opened = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    if headers.get("sec-fetch-site") not in ("same-origin", "none") and not is_opened:
        raise NotAllowed("the page was asked for by a page of another address, or the browser does not say by which")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:  # such as http://[
        return None


def form_of(content_type: str, body: str, fields: Mapping[str, int]) -> dict[str, str]:
    """The fields of a form; those that are missing are empty.

    Args:
        fields: the longest value of each field that there may be.

    Raises:
        BadForm: it is of another kind, is too long, or has a field twice, too long, or unknown.
    """
    if content_type.partition(";")[0].strip().lower() != _FORM or len(body.encode()) > LONGEST_BODY:
        raise BadForm("the form cannot be read")
    try:
        pairs = parse_qsl(
            body, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=len(fields)
        )
    except ValueError:
        raise BadForm("the form cannot be read") from None
    found = dict(pairs)
    if len(found) < len(pairs) or any(len(value) > fields.get(name, -1) for name, value in pairs):
        raise BadForm("the form has a field that it should not have")
    return dict.fromkeys(fields, "") | found
