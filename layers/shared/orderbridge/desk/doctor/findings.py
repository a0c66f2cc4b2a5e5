"""The findings of `merchants check`, and the wording of lists and failed calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from orderbridge.platform.errors import AuthenticationError, MalformedAnswer, RetryableError, Throttled, UpstreamError


class Grade(StrEnum):
    """How a finding is marked; `severity` in the JSON of the tool."""

    OK = "ok"
    HINT = "hint"
    """Works, but should be known."""
    WRONG = "wrong"
    """Stops orders, parcels, stock or products."""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes:
        area: e.g. ``"Billbee"``, ``"shipping"``.
        remedy: what to do; empty if nothing is wrong.
    """

    area: str
    severity: Grade
    what: str
    remedy: str = ""


def ok(area: str, what: str) -> Finding:
    return Finding(area, Grade.OK, what)


def hint(area: str, what: str, remedy: str) -> Finding:
    return Finding(area, Grade.HINT, what, remedy)


def wrong(area: str, what: str, remedy: str) -> Finding:
    return Finding(area, Grade.WRONG, what, remedy)


def failure(area: str, error: UpstreamError) -> Finding:
    """The meaning of a failed call, and what to do about it."""
    if isinstance(error, AuthenticationError):
        remedy = (
            "activate the API in the Billbee account, then set billbee.username and the secret billbee_password again; "
            "the application's key is billbee_api_key"
            if error.operation.startswith("billbee")
            else "set the secrets abillify_username and abillify_password again; the credential may be limited to IP "
            "addresses"
            if error.operation.startswith("abillify")
            else "set the secrets bibi_public_key and bibi_secret_key again"
        )
        return wrong(area, f"the credentials are refused: {error}", remedy)
    if isinstance(error, Throttled):
        return hint(area, str(error), f"try again in {error.retry_after:.0f} s")
    if isinstance(error, MalformedAnswer):
        return wrong(area, str(error), "try again in a few minutes; if it lasts, ask the vendor about this answer")
    if isinstance(error, RetryableError):
        return wrong(area, str(error), "try again in a few minutes; if it lasts, the service is down or out of reach")
    return wrong(area, str(error), "the vendor's answer names the reason: correct it there")


def not_compared(area: str, what: str, error: UpstreamError, *, severity: Grade | None = None) -> Finding:
    """A list that could not be read, so the settings that name its entries are not checked.

    Args:
        severity: if it differs from that of a failed call.
    """
    failed = failure(area, error)
    return Finding(area, severity or failed.severity, f"{what} could not be compared: {failed.what}", failed.remedy)


def asked(area: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a check that calls a vendor; a failed call is the last of them."""
    try:
        yield from look()
    except UpstreamError as error:
        yield failure(area, error)
