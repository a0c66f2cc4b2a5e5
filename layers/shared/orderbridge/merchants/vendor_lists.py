"""Billbee's lists that seldom change, kept for all functions. Each costs a call, which is throttled and billed, and in
a large fleet an environment seldom remembers a merchant.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter, ValidationError

from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import NewerRelease
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Table, read_moment

V = TypeVar("V")

APPLICATION: Final = "APPLICATION"
"""The key of what all merchants share."""


class VendorList(Generic[V]):
    """One list. It helps and is never required: if the table does not have it, the vendor is asked.

    Args:
        pk: whose list it is.
        kind: its type, e.g. ``dict[str, int]``.
        account: the vendor's account. For another account, the list is not used.
    """

    def __init__(self, table: Table, pk: str, name: str, kind: Any, *, account: str = "", clock: Clock) -> None:
        self._table = table
        self._key = (pk, f"LIST#{name}")
        self._kind = kind
        # A username is an e-mail address, which must not be in the table.
        self._account = hashlib.sha256(account.encode()).hexdigest()[:16]
        self._clock = clock

    def load(self) -> tuple[V, float] | None:
        """The list, and the seconds for which it holds; None if it is missing or too old."""
        try:
            item = self._table.get(*self._key) or {}
        except (BotoCoreError, ClientError, NewerRelease) as error:
            logger.warning("List not read", extra={"error": type(error).__name__})
            return None
        until = read_moment(item.get("holds_until"))
        if until is None or item.get("account") != self._account:
            return None
        left = (until - self._clock.now()).total_seconds()
        try:
            return (TypeAdapter(self._kind).validate_json(item["content"]), left) if left > 0 else None
        except (KeyError, ValidationError):  # another release wrote it
            return None

    def keep(self, found: V, seconds: float) -> None:
        """Keep the vendor's answer for so many seconds."""
        until = self._clock.now() + timedelta(seconds=seconds)
        content = {
            "content": TypeAdapter(self._kind).dump_json(found).decode(),
            "account": self._account,
            "holds_until": until.isoformat(),
            "expires_at": int((until + timedelta(days=1)).timestamp()),
        }
        try:
            self._table.change(*self._key, set=content)
        except (BotoCoreError, ClientError) as error:
            logger.warning("List not kept", extra={"error": type(error).__name__})
