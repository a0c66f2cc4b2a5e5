"""Forms that were sent: each acts once, and shows what came of it if it is sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from boto3.dynamodb.conditions import Attr

from orderbridge.platform.errors import ConditionFailed

if TYPE_CHECKING:
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table

LASTS: Final = timedelta(minutes=30)
"""How long a form may be sent after it was made."""
_PK: Final = "APPLICATION"


class SentForms:
    """The forms that were sent within the last hour, by their number."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._now = clock.now

    def take(self, number: str) -> bool:
        """Note that a form was sent. False if it was sent before."""
        gone = int((self._now() + 2 * LASTS).timestamp())
        try:
            self._table.change(_PK, _key(number), set={"expires_at": gone}, only_if=Attr("pk").not_exists())
        except ConditionFailed:
            return False
        return True

    def done(self, number: str, said: str) -> None:
        """Note what came of a form."""
        self._table.change(_PK, _key(number), set={"said": said})

    def said(self, number: str) -> str | None:
        """What came of a form that was sent before; None if that is not known."""
        item = self._table.get(_PK, _key(number)) or {}
        return item.get("said")


def _key(number: str) -> str:
    return f"FORM#{number}"
