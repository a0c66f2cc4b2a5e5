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


def means_none(error: NotFound | Refused) -> bool:
    """Whether a refusal only says that there is no such order, and comes from the warehouse itself. A gateway's 404
    says nothing about the order.
    """
    return error.own and (isinstance(error, NotFound) or bool(_NO_SUCH_ORDER.search(error.detail)))


def raise_unless_none(error: NotFound | Refused) -> None:
    """Return if a refusal says that there is nothing.

    Raises:
        ServerError: it is about the server itself, so nothing is known of the order.
        NotFound, Refused: it says something else.
    """
    if error.own and _SERVERS_OWN.search(error.detail):
        raise ServerError(error.operation, "the server failed", status=error.status)
    if not means_none(error):
        raise error
