"""Whether an answer of Billbee reports a failure, whatever its HTTP status.

The envelope is ``{ErrorMessage, ErrorCode, ErrorDescription, Data}``. As in Billbee's own client, a call has succeeded
only if there is no message *and* the code is 0. The swagger numbers the codes to 29 and explains about half of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from orderbridge.platform.errors import (
    AuthenticationError,
    MalformedAnswer,
    NotFound,
    Refused,
    ServerError,
    UnknownOutcome,
    UpstreamError,
)
from orderbridge.vendors.billbee.models import fold_keys
from orderbridge.vendors.http import Answer, Call, said, whole

INTERNAL_ERROR: Final = 8
"""Billbee's ErrorCode for a failure of its own."""
_NOT_FOUND: Final = frozenset({2, 6})
_NOT_ALLOWED: Final = frozenset({1, 16, 17})
_SUCCESS: Final = "NoError"


@dataclass(frozen=True)
class Complaint:
    """What an answer says about its failure.

    Attributes:
        code: Billbee's ErrorCode; None if the message has none.
        text: Billbee's words.
        readable: whether the code could be read; if not, its meaning is not known.
    """

    code: int | None
    text: str
    readable: bool = True


def find_complaint(told: object) -> Complaint | None:
    """The failure that an answer (or its entry for one item) reports; None for a success.

    Args:
        told: without secrets, because the words go into errors and logs.
    """
    if not isinstance(told, dict):
        return None
    envelope = fold_keys(told)
    code, readable = _code(envelope.get("ErrorCode"))
    text = said({"ErrorMessage": envelope.get("ErrorMessage")})
    if not text and not code and readable:
        return None
    return Complaint(code or None, text or said(told) or "no explanation", readable)


def to_error(call: Call, code: int | None, text: str, status: int | None) -> UpstreamError:
    """The error of a code; without a code, a refusal.

    A message without a code counts as a refusal of a change: a call that cannot be repeated is looked up in the order
    before it is sent again. A question may be asked again.
    """
    if code:
        text = f"{text} (Billbee error {code})"
    if code in _NOT_FOUND:
        return NotFound(call.operation, text, status=status)
    if code in _NOT_ALLOWED:
        return AuthenticationError(call.operation, text, status=status)
    if code == INTERNAL_ERROR:
        if call.repeatable:
            return ServerError(call.operation, text, status=status)
        return UnknownOutcome(call.operation, text, status=status)
    return Refused(call.operation, text, status=status, code=code)


def raise_complaint(call: Call, answer: Answer) -> None:
    """Raise the error that an answer with a successful HTTP status reports, if any."""
    # Secrets are removed only from answers with an error, because a list of orders is long.
    found = find_complaint(answer.told) if find_complaint(answer.data) is not None else None
    if found is None:
        return
    status = answer.status
    if found.readable and (found.code or call.method != "GET"):
        raise to_error(call, found.code, found.text, status)
    if call.repeatable:
        raise MalformedAnswer(call.operation, found.text, status=status)
    raise UnknownOutcome(call.operation, found.text, status=status)


def _code(value: Any) -> tuple[int, bool]:
    """The error code, 0 for none; and whether it could be read."""
    if value is None or (isinstance(value, str) and value.strip() in ("", _SUCCESS)):
        return 0, True
    code = None if isinstance(value, bool) else whole(value)
    return (0, False) if code is None else (code, True)
