"""What is known about each product's stock: what was sent to Billbee, when, and how the figure came about.

The record of a SKU is also where two jobs meet that must not overlap for it: sending a figure that was read from the
warehouse, and telling
Billbee that an order of it has left (which frees what Billbee holds back). If they did, a piece that has left could
be sold again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orderbridge.domain.stock import StockFigure
from orderbridge.errors import RetryableError
from orderbridge.stores.table import ConditionFailed, Item, Table, merchant_key

SENDING: Final = timedelta(seconds=60)
"""How long a figure under way may still land; longer than a call takes with its retries."""


class StockBusy(RetryableError):
    """A figure of this product is under way to Billbee; wait until it has landed."""

    def __init__(self, sku: str) -> None:
        super().__init__("stock", f"a figure of {sku!r} is being sent", retry_after=3.0)


@dataclass(frozen=True)
class StockRecord:
    """One SKU.

    Attributes:
        sent: the quantity last told to Billbee, before it takes off what it has reserved.
        billbee_stock: what Billbee made of it.
        unknown: Billbee does not know the SKU; it was reported when this was set.
        due: has to be sent again whether it changed or not.
        left_at: when Billbee was last told that an order of it has left.
    """

    sku: str
    physical: int = 0
    allocated: int = 0
    elsewhere: int = 0
    buffer: int = 0
    sent: int | None = None
    sent_at: datetime | None = None
    billbee_stock: int | None = None
    unknown: bool = False
    due: bool = False
    left_at: datetime | None = None


class StockRecords:
    """One merchant's stock records. SKUs are kept without regard to case, as shops and warehouse mix it."""

    def __init__(self, table: Table, merchant: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._table = table
        self._merchant = merchant
        self._pk = merchant_key(merchant)
        self._now = now

    def get_many(self, skus: Iterable[str]) -> dict[str, StockRecord]:
        """The records there are, by folded SKU."""
        items = self._table.get_many((self._pk, _sort_key(sku)) for sku in skus)
        return {record.sku.casefold(): record for record in map(_from_item, items)}

    def all(self) -> list[StockRecord]:
        return [_from_item(item) for item in self._table.query(self._pk, "STOCK#")]

    def due(self) -> dict[str, StockRecord]:
        """The SKUs that have to be sent again, by folded SKU (by the sparse index, which lags a little behind)."""
        records = map(_from_item, self._table.query_open(_due_key(self._merchant)))
        return {record.sku.casefold(): record for record in records}

    def mark_left(self, skus: Iterable[str]) -> None:
        """Note, before Billbee is told that an order has left, that figures read up to now are out of date.

        Raises:
            StockBusy: a figure of one of the SKUs is under way.
        """
        now = self._now()
        for sku in skus:
            try:
                self._update(
                    sku,
                    "SET sku = if_not_exists(sku, :sku), left_at = :now, #open = :due, moved_at = :now",
                    {":sku": sku, ":now": now.isoformat(), ":due": _due_key(self._merchant)},
                    "attribute_not_exists(sending_until) OR sending_until < :now",
                )
            except ConditionFailed:
                raise StockBusy(sku) from None

    def start_sending(self, sku: str, read_at: datetime) -> bool:
        """Claim a SKU for sending a figure that was read at ``read_at``.

        False if an order of it has left since, or a figure of it is under way: then it stays due.
        """
        now = self._now()
        values = {
            ":sku": sku,
            ":now": now.isoformat(),
            ":until": (now + SENDING).isoformat(),
            ":read_at": read_at.isoformat(),
            ":due": _due_key(self._merchant),
        }
        try:
            self._update(
                sku,
                "SET sku = :sku, sending_until = :until, #open = :due, moved_at = :now",
                values,
                "(attribute_not_exists(left_at) OR left_at < :read_at)"
                " AND (attribute_not_exists(sending_until) OR sending_until < :now)",
            )
        except ConditionFailed:
            return False
        return True

    def sent(self, figure: StockFigure, billbee_stock: int | None, *, unknown: bool = False) -> None:
        """Billbee has answered for this SKU."""
        values: dict[str, Any] = {
            ":physical": figure.physical,
            ":allocated": figure.allocated,
            ":elsewhere": figure.elsewhere,
            ":buffer": figure.buffer,
            ":sent": figure.quantity,
            ":sent_at": self._now().isoformat(),
            ":billbee_stock": billbee_stock,
            ":unknown": unknown,
        }
        assignments = ", ".join(f"#{name[1:]} = {name}" for name in values)
        names = {f"#{name[1:]}": name[1:] for name in values}
        self._update(figure.sku, f"SET {assignments} REMOVE sending_until, #open, moved_at", values, names=names)

    def not_sent(self, sku: str) -> None:
        """Billbee has not answered for this SKU; it stays due."""
        self._update(sku, "REMOVE sending_until", {})

    def page(self, number: int) -> dict[str, int]:
        """The figures that a page of the warehouse's list came to when it was last read, by SKU."""
        item = self._table.get(self._pk, _page_key(number))
        return item["figures"] if item else {}

    def set_page(self, number: int, figures: Mapping[str, int]) -> None:
        self._table.update(self._pk, _page_key(number), "SET figures = :figures", {":figures": dict(figures)})

    def _update(
        self,
        sku: str,
        expression: str,
        values: Mapping[str, Any],
        condition: str | None = None,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        used = dict(names or {}) | ({"#open": "open"} if "#open" in expression else {})
        self._table.update(self._pk, _sort_key(sku), expression, values, condition, names=used)


def _due_key(merchant: str) -> str:
    return f"{merchant}#stock"


def _sort_key(sku: str) -> str:
    return f"STOCK#{sku.casefold()}"


def _page_key(number: int) -> str:
    return f"STOCKPAGE#{number:06d}"


def _from_item(item: Item) -> StockRecord:
    return StockRecord(
        sku=item["sku"],
        physical=item.get("physical", 0),
        allocated=item.get("allocated", 0),
        elsewhere=item.get("elsewhere", 0),
        buffer=item.get("buffer", 0),
        sent=item.get("sent"),
        sent_at=_moment(item.get("sent_at")),
        billbee_stock=item.get("billbee_stock"),
        unknown=item.get("unknown", False),
        due="open" in item,
        left_at=_moment(item.get("left_at")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
