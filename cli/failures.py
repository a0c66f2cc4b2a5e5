"""Failures of commands, and how each is shown: one line, a hint, an exit status.

Exit statuses: 0 nothing is wrong; 1 something needs a person, or was not found; 2 bad input, no access, or a service
out of reach; 130 interrupted.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

FOUND_TROUBLE = 1
NO_ACCESS = 2
INTERRUPTED = 130


class ToolError(Exception):
    """Ends the command with a line that says what is wrong, and a line that says what to do."""

    status = NO_ACCESS

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadInput(ToolError):
    """The input is not valid."""


class NotThere(ToolError):
    """What was asked for does not exist."""

    status = FOUND_TROUBLE


@dataclass(frozen=True)
class Told:
    """A failure in words."""

    message: str
    hint: str
    status: int


def explain(error: Exception) -> Told | None:
    """The meaning of a failure, or None for an unexpected one."""
    if isinstance(error, ToolError):
        return Told(error.message, error.hint, error.status)
    return _of_ours(error) or _of_aws(error)


def nearest(name: str, known: Iterable[str], *, most: int = 12) -> str:
    """A hint that proposes the nearest name, or lists the names, at most so many.

    >>> nearest("acmee", ["acme", "nordlicht"])
    'did you mean acme?'
    """
    by_fold = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(name.casefold(), by_fold, n=2, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(by_fold[one] for one in close)}?"
    if not by_fold:
        return ""
    shown = sorted(by_fold.values())
    return f"there {'is' if len(shown) == 1 else 'are'}: {', '.join(shown[:most])}{' …' if len(shown) > most else ''}"


def _of_ours(error: Exception) -> Told | None:
    from orderbridge.platform import errors

    if not isinstance(error, errors.OrderbridgeError):
        return None
    hint, status = "", NO_ACCESS
    if isinstance(error, errors.SettingsError):
        hint = "orderbridge merchants set changes a setting, merchants set-secret a secret"
    elif isinstance(error, errors.AuthenticationError):
        hint = "orderbridge merchants check says which credential is refused"
    elif isinstance(error, errors.Throttled):
        hint = f"try again in {error.retry_after:.0f} s"
    elif isinstance(error, errors.RetryableError):
        hint = "try again in a moment; if it stays, the service is down or out of reach"
    elif isinstance(error, errors.UnknownOutcome):
        hint = "it may have taken effect: look before you repeat it"
    elif isinstance(error, errors.LedgerConflict):
        hint, status = "a function is at work on it just now: try again", FOUND_TROUBLE
    elif isinstance(error, errors.NewerRelease):
        hint = "update this tool to the release that is deployed"
    elif isinstance(error, errors.NotFound):
        status = FOUND_TROUBLE
    return Told(str(error), hint, status)


def _of_aws(error: Exception) -> Told | None:
    """Imports botocore only if the failure is one of botocore's."""
    if not type(error).__module__.startswith(("botocore.", "boto3.")):
        return None
    from botocore import exceptions as aws
    from botocore.parsers import ResponseParserError

    hint = ""
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError):
        message = "there are no AWS credentials"
        hint = "log in (aws sso login, aws configure), name a profile with --profile, or use --endpoint-url"
    elif isinstance(error, aws.ProfileNotFound):
        message, hint = str(error), "aws configure list-profiles says which there are"
    elif isinstance(error, aws.NoRegionError):
        message, hint = "no AWS region is set", "say it with --region, or in AWS_REGION"
    elif isinstance(error, ResponseParserError):
        message = "what answers there is not AWS"
        hint = "is it another port of the local stack? orderbridge profiles shows which endpoint is used, and why"
    elif isinstance(error, aws.HTTPClientError | aws.ConnectionError):
        message = "AWS is out of reach: no connection"
        hint = "is there a network? With --endpoint-url: does the local stack still run?"
    elif isinstance(error, aws.ClientError):
        return _refused(error)
    else:
        message = f"AWS: {' '.join(str(error).split())}"
    return Told(message, hint, NO_ACCESS)


def _refused(error: Exception) -> Told:
    answer = getattr(error, "response", {}).get("Error", {})
    code, operation = str(answer.get("Code", "unknown")), getattr(error, "operation_name", "a call")
    hints = {
        "ExpiredToken": "the login has expired: log in again",
        "ExpiredTokenException": "the login has expired: log in again",
        "InvalidClientTokenId": "these credentials are not known to AWS: which --profile is meant?",
        "UnrecognizedClientException": "these credentials are not known to AWS: which --profile is meant?",
        "SignatureDoesNotMatch": "the secret key does not fit the key, or this machine's clock is wrong",
        "ResourceNotFoundException": "the stack was removed or is being changed: was it deployed?",
        "AWS.SimpleQueueService.NonExistentQueue": "the stack was removed or is being changed: was it deployed?",
    }
    if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
        return Told(f"AWS does not allow {operation} with these credentials", "use another --profile", NO_ACCESS)
    return Told(f"AWS refused {operation}: {code}", hints.get(code, str(answer.get("Message", ""))[:200]), NO_ACCESS)
