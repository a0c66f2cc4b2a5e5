"""What came back to the warehouse, so that it can be listed: one item for each return that the shop was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item
from orderbridge.platform.table import Table, merchant_key

if TYPE_CHECKING:
    from orderbridge.returns.returned_pieces import ReturnedPieces

_KEPT: Final = timedelta(days=400)
_PREFIX: Final = "RETURN#"


@dataclass(frozen=True)
class ReturnRecord:
    """One return. Numbers and the day only: the warehouse's words about it are not kept.

    Attributes:
        noted_at: when it was first read.
        returned_at: the day, as the warehouse writes it.
    """

    billbee_id: int
    sku: str
    quantity: str
    noted_at: datetime
    returned_at: str = ""
    tracking_number: str = ""


class ReturnRecords:
    """One merchant's returns."""

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._now = clock.now

    def note(self, billbee_id: int, returned: ReturnedPieces) -> None:
        """Keep a return before the shop is told. Of one that is read again the first moment stays."""
        now = self._now()
        self._table.change(
            self._pk,
            f"{_PREFIX}{returned.key}",
            set={
                "billbee_id": billbee_id,
                "sku": returned.sku,
                "quantity": returned.quantity,
                "returned_at": returned.returned_at,
                "tracking_number": returned.tracking_number,
            },
            default={"noted_at": now.isoformat(), "expires_at": int((now + _KEPT).timestamp())},
        )

    def keys_of(self, billbee_id: int) -> list[str]:
        """The keys of an order's returns. All returns of the merchant are looked through."""
        found = self._table.query(self._pk, _PREFIX)
        return [item["sk"] for item in found if int(item["billbee_id"]) == billbee_id]

    def all(self) -> Iterator[ReturnRecord]:
        """All returns that are kept."""
        return (from_item(ReturnRecord, item) for item in self._table.query(self._pk, _PREFIX))
