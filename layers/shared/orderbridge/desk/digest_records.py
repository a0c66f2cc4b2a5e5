"""Which daily digests were sent, so that each is sent once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from boto3.dynamodb.conditions import Attr

from orderbridge.desk.digest_report import Report
from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.errors import ConditionFailed
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Table, merchant_key

_DIGEST: Final = "DIGEST#"
_KEPT: Final = timedelta(days=40)


class Digests:
    """One merchant's digests, by the day that they report.

    A digest is claimed before it is sent, and confirmed after that. A digest that was claimed but not confirmed may
    have been sent, so it is not sent again.
    """

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._merchant = merchant
        self._now = clock.now

    def is_claimed(self, day: date) -> bool:
        """Whether the digest was sent, or may have been."""
        item = self._table.get(merchant_key(self._merchant), _sort_key(day))
        if item is None or item.get("released"):
            return False
        if "sent_at" not in item:
            logger.warning("A digest may not have been sent", extra={"merchant": self._merchant, "day": str(day)})
        return True

    def claim(self, day: date) -> bool:
        """Claims the right to send a digest. False if another worker has claimed it."""
        now = self._now()
        free = Attr("pk").not_exists() | Attr("released").eq(True)
        new = {"claimed_at": now.isoformat(), "expires_at": int((now + _KEPT).timestamp()), "released": None}
        try:
            self._table.change(merchant_key(self._merchant), _sort_key(day), set=new, only_if=free)
        except ConditionFailed:
            return False
        return True

    def release(self, day: date) -> None:
        """Gives the claim back, because the digest was certainly not sent."""
        self._table.change(merchant_key(self._merchant), _sort_key(day), set={"released": True})

    def confirm(self, day: date, report: Report) -> None:
        """Notes that the digest was sent, and what it says."""
        sent = {"sent_at": self._now().isoformat(), "report": to_item(report)}
        self._table.change(merchant_key(self._merchant), _sort_key(day), set=sent)

    def report(self, day: date) -> Report | None:
        """What a digest says; None if it was not sent, or is not kept any more."""
        item = self._table.get(merchant_key(self._merchant), _sort_key(day))
        return from_item(Report, item["report"]) if item and "report" in item else None

    def days(self) -> list[date]:
        """The days of which a digest is kept, the latest first."""
        items = self._table.query(merchant_key(self._merchant), _DIGEST)
        return [date.fromisoformat(item["sk"].removeprefix(_DIGEST)) for item in items if "report" in item][::-1]


def _sort_key(day: date) -> str:
    return f"{_DIGEST}{day:%Y-%m-%d}"
