"""What stays of an order that was forgotten: its key, so that it is not sent again (R7).

To an earlier release it is the record of an ended order without details. It is on no shelf.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderbridge.platform.table import Item, read_moment

if TYPE_CHECKING:
    from orderbridge.ledger.record import LedgerOrder

_AT: Final = "forgotten_at"
_MOMENTS: Final = ("created_at", "moved_at", "shelved_at", "updated_at", "submitted_at", _AT)


def forgotten_item(pk: str, sk: str, record: LedgerOrder, *, now: datetime, expires_at: datetime) -> Item:
    """The item that takes the place of an order's record."""
    moment, status = now.isoformat(), record.status.value
    return {
        "pk": pk,
        "sk": sk,
        "status": status,
        "version": record.version + 1,
        "content_hash": "",
        "timeline": [[moment, status, "forgotten", "orderbridge orders forget", status]],
        **dict.fromkeys(_MOMENTS, moment),
        "expires_at": int(expires_at.timestamp()),
    }


def forgotten_at(item: Item) -> datetime | None:
    """When the order of an item was forgotten, or None if it was not."""
    return read_moment(item.get(_AT))


def is_forgotten(item: Item) -> bool:
    return _AT in item


def kept_records(items: Iterable[Item]) -> Iterator[Item]:
    """Without the orders that were forgotten."""
    return (item for item in items if not is_forgotten(item))
