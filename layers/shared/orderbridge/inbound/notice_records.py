"""What is known about each advance shipping notice. Its record keeps two files from making two notices (R23).

A notice is claimed by its tracking number before it is sent. The record holds numbers, SKUs and dates. Everything else
stays in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from boto3.dynamodb.conditions import Attr

from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.errors import ConditionFailed, LedgerConflict
from orderbridge.platform.table import Item, Table, merchant_key

NoticeStatus = Literal["announcing", "open", "closed", "deleted", "refused"]
KEPT: Final = timedelta(days=400)
"""How long a notice is kept after it has ended."""
OVER: Final = frozenset({"closed", "deleted", "refused"})
REUSABLE: Final = frozenset({"deleted", "refused"})
"""Notices whose tracking number may be announced again."""


@dataclass(frozen=True)
class NoticeRecord:
    """One notice.

    Attributes:
        file: key of the file that announced it; empty if the warehouse has it from another source.
        content_hash: of that file's content.
        number: the warehouse's number.
        announced: pieces by SKU.
        received: pieces by SKU that arrived; None before the notice is closed, or if they could not be read.
        settles_at: until then, a call whose outcome is unknown may still take effect.
        unknown: attributes that a newer release keeps of the notice; they are written back as they are.
    """

    tracking_number: str
    status: NoticeStatus
    file: str = ""
    content_hash: str = ""
    number: str = ""
    announced: Mapping[str, int] = field(default_factory=dict)
    received: Mapping[str, int] | None = None
    destination: str = ""
    date_shipped: date | None = None
    expected_delivery_date: date | None = None
    settles_at: datetime | None = None
    created_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 0
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False)


_ATTRIBUTES: Final = frozenset({"pk", "sk", "expires_at", *(one.name for one in fields(NoticeRecord))})


class InboundNotices:
    """One merchant's notices, by tracking number without regard to case."""

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._now = clock.now

    def get(self, tracking_number: str) -> NoticeRecord | None:
        item = self._table.get(self._pk, _sort_key(tracking_number))
        return _from_item(item) if item else None

    def all(self) -> list[NoticeRecord]:
        """All notices that are kept, in order of their tracking numbers."""
        return [_from_item(item) for item in self._table.query(self._pk, "NOTICE#")]

    def open(self) -> list[NoticeRecord]:
        """The notices that the warehouse has and has not closed."""
        return [one for one in self.all() if one.status == "open"]

    def save(self, record: NoticeRecord) -> NoticeRecord:
        """Writes a record that is new (version 0) or was read before. Returns it as it is now.

        Raises:
            LedgerConflict: another worker has written it since.
        """
        now = self._now()
        written = replace(record, version=record.version + 1, created_at=record.created_at or now)
        item = {"pk": self._pk, "sk": _sort_key(record.tracking_number), **_to_item(written)}
        if written.status in OVER:
            item["expires_at"] = int((now + KEPT).timestamp())
        unchanged = Attr("version").eq(record.version) if record.version else Attr("pk").not_exists()
        try:
            self._table.put(item, only_if=unchanged)
        except ConditionFailed:
            raise LedgerConflict(f"the notice {record.tracking_number} changed meanwhile") from None
        return written


def _sort_key(tracking_number: str) -> str:
    return f"NOTICE#{tracking_number.casefold()}"


def _to_item(record: NoticeRecord) -> Item:
    return dict(record.unknown) | {name: value for name, value in to_item(record).items() if name != "unknown"}


def _from_item(item: Item) -> NoticeRecord:
    unknown = {name: value for name, value in item.items() if name not in _ATTRIBUTES}
    return from_item(NoticeRecord, item | {"unknown": unknown})
