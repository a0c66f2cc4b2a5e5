"""Classifies refusals of BiBi's: that something does not exist, or another reason. The wording is not documented."""

from __future__ import annotations

import re
from typing import Final

from orderbridge.platform.errors import NotFound, Refused, ServerError

# A refusal of a question by order number that means "no such order".
_NO_SUCH_ORDER: Final = re.compile(
    r"\bnot\s+(be\s+)?found\b|\bno\s+(such\s+|matching\s+)?(orders?|results?|records?|data)\b|does\s?n[o']t\s+exist"
    r"|\bunknown\s+order\b|\binvalid\s+order\s*(number|id)?\b",
    re.IGNORECASE,
)

# A failure of the server itself, which may come as a refusal: "SQLSTATE[42S02]: Base table or view not found".
_SERVERS_OWN: Final = re.compile(
    r"sqlstate|database|exception"
    r"|\b(table|column|class|method|function|route|endpoint|url|page|host|server|session|token|api[ -]?key|account|user"
    r"|credentials?)\b[^:;]{0,60}?(\bnot\b|n['’]t\b|\bno longer\b)",
    re.IGNORECASE,
)


def means_none(error: NotFound | Refused, also: re.Pattern[str] | None = None) -> bool:
    """Whether a refusal only says that there is nothing, and comes from the warehouse itself. A gateway's 404 says
    nothing about an order.

    Args:
        also: other words that mean it, in answers that are about something else than an order.
    """
    if not error.own:
        return False
    wordings = (_NO_SUCH_ORDER, also) if also else (_NO_SUCH_ORDER,)
    return isinstance(error, NotFound) or any(wording.search(error.detail) for wording in wordings)


def raise_unless_none(error: NotFound | Refused, also: re.Pattern[str] | None = None) -> None:
    """Return if a refusal says that there is nothing; ``also``: see `means_none`.

    Raises:
        ServerError: it is about the server itself, so nothing is known of what was asked for.
        NotFound, Refused: it says something else.
    """
    if error.own and _SERVERS_OWN.search(error.detail):
        raise ServerError(error.operation, "the server failed", status=error.status)
    if not means_none(error, also):
        raise error
