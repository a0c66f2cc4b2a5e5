"""Unexpected errors: which errors count, and what is logged of them.

An error is expected if `orderbridge.platform.errors` knows it, or if AWS did not answer for a moment. Everything else
is a defect of ours. The message of such an error may hold a name or an address, so it is never written down unmasked.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.platform.errors import (
    ConditionFailed,
    Later,
    LedgerConflict,
    NewerRelease,
    NotSent,
    OrderbridgeError,
    PermanentError,
    RetryableError,
    SettingsError,
    UnknownOutcome,
)
from orderbridge.platform.observability import logger, meter
from orderbridge.platform.texts import masked

_EXPECTED: Final = (
    SettingsError,
    PermanentError,
    RetryableError,
    UnknownOutcome,
    LedgerConflict,
    NewerRelease,
    NotSent,
    Later,
)
PASSING_CODES: Final = frozenset(
    {
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
    }
)
_PACKAGE: Final = "orderbridge"
_STACK: Final = 12
"""How many calls of a stack are logged, the innermost ones."""


def is_aws(error: BaseException) -> bool:
    """Whether AWS failed or another worker was faster, which says nothing about the order."""
    return isinstance(error, ClientError | BotoCoreError | ConditionFailed)


def is_defect(error: BaseException) -> bool:
    """Whether an error in the processing of one order is a defect of ours."""
    return not isinstance(error, _EXPECTED) and not is_aws(error)


def is_unexpected(error: BaseException) -> bool:
    """Whether a person has to know of an error: a defect, or a call that AWS will refuse again."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        return error.response.get("Error", {}).get("Code") not in PASSING_CODES and status < 500
    return is_defect(error)


def describe(error: BaseException) -> str:
    """Class and place: ``"KeyError in orders/preparation.py:61"``."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in PurePath(frame.filename).parts] or frames
    if not ours:
        return type(error).__name__
    return f"{type(error).__name__} in {_place(ours[-1])}"


def loggable(error: BaseException) -> str:
    """An error's text for logs and the table. Texts of other libraries' errors are masked, because they may hold
    personal data.
    """
    return str(error) if isinstance(error, OrderbridgeError) else f"{type(error).__name__}: {masked(str(error))}"


def report(error: BaseException, **about: object) -> str:
    """Log and count an unexpected error. Returns its class and place."""
    what = describe(error)
    stack = [f"{_place(frame)} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-_STACK:]]
    logger.error("Unexpected error", extra={"error": loggable(error), "what": what, "stack": stack, **about})
    meter.count("UnexpectedErrors")
    return what


def _place(frame: traceback.FrameSummary) -> str:
    parts = PurePath(frame.filename).parts
    inside = parts[::-1].index(_PACKAGE) if _PACKAGE in parts else 2
    return f"{'/'.join(parts[-inside:])}:{frame.lineno}"
