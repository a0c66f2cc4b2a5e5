"""Who calls a server on loopback: a program of this machine, or its browser for a page of another site."""

from __future__ import annotations

from wsgiref.types import WSGIEnvironment

_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def names_loopback(host: str) -> bool:
    """Whether a header ``Host`` has a name of loopback. Another name that leads here is that of somebody else's page,
    whose scripts would be let in.
    """
    return host in _NAMES or host.rpartition(":")[0] in _NAMES


def is_foreign(environ: WSGIEnvironment) -> bool:
    """Whether a browser sends a request for a page of another site. Programs name neither origin nor site."""
    asks_elsewhere = "HTTP_ORIGIN" in environ or environ.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site")
    return asks_elsewhere or not names_loopback(environ.get("HTTP_HOST", ""))
