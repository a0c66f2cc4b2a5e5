"""What is known about each product's stock: what was sent to Billbee, when, and how the figure came about.

The record of a SKU is also where two jobs meet that must not overlap for it: sending a figure that was read from the
warehouse, and telling Billbee that an order of it has left (which frees what Billbee holds back). If they did, a piece
that has left could be sold again.

A SKU that has to be sent again, now or at ``retry_at``, stands on one shelf of the index. An entry there that stays as
it is costs nothing, one that moves costs two writes: so it keeps its place until there is nothing to be sent. It goes
behind the others only where sending has led to nothing, so that none of them waits for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from orderbridge.clock import Clock
from orderbridge.domain.sku import Sku
from orderbridge.domain.stock import StockFigure
from orderbridge.errors import ConditionFailed, RetryableError
from orderbridge.stores.table import Item, Table, merchant_key, read_moment

SENDING: Final = timedelta(seconds=120)
"""How long a figure under way may still land; longer than a call takes, and a proxy behind it after that."""
LEAVING: Final = timedelta(minutes=5)
"""How long telling Billbee that an order has left may take, before it counts as interrupted."""
DOUBT: Final = timedelta(seconds=2)
"""Two workers' clocks, and the ledger's index, may be this far apart."""
LOOK_AGAIN_AFTER: Final = timedelta(days=1)
"""What Billbee holds back, or does not know yet, may change without a word to us: those SKUs are sent again."""
_PAGE: Final = "STOCKPAGE#"
_BECOMES_DUE: Final = "shelf = :due, shelved_at = if_not_exists(shelved_at, :now) REMOVE retry_at"
"""The end of a SET. Where the SKU is due already, its entry in the index stays as it is."""
_NOT_MARKED_SINCE: Final = (
    "(attribute_not_exists(marked_at) OR marked_at < safe_from)"
    " AND (attribute_not_exists(left_at) OR left_at < safe_from)"
)
"""Since the figure under way was read."""


class StockBusy(RetryableError):
    """A figure of this product is under way to Billbee; wait until it has landed."""

    def __init__(self, sku: str) -> None:
        super().__init__("stock", f"a figure of {sku!r} is being sent", retry_after=45.0)


@dataclass(frozen=True)
class StockRecord:
    """One SKU.

    Attributes:
        sent: the quantity last told to Billbee, before it takes off what it has reserved.
        stock_id: the stock in Billbee that it was told for.
        billbee_stock: what Billbee made of it.
        unknown: Billbee does not take the SKU; it was reported when this was set.
        due: has to be sent again whether it changed or not.
        left_at: when Billbee was last told that an order of it has left.
        claimed: a figure of it is under way, or what became of the last one is not known.
    """

    sku: str
    physical: int = 0
    allocated: int = 0
    elsewhere: int = 0
    buffer: int = 0
    sent: int | None = None
    stock_id: int = 0
    sent_at: datetime | None = None
    billbee_stock: int | None = None
    unknown: bool = False
    due: bool = False
    left_at: datetime | None = None
    claimed: bool = False


class StockRecords:
    """One merchant's stock records. SKUs are kept without regard to case, as shops and warehouse mix it."""

    def __init__(self, table: Table, merchant: str, clock: Clock) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._now = clock.now
        self._due_key = f"{merchant}#stock"

    def get_many(self, skus: Iterable[str]) -> dict[Sku, StockRecord]:
        """The records there are, by folded SKU."""
        items = self._table.get_many((self._pk, _sort_key(sku)) for sku in skus)
        return {Sku(record.sku): record for record in map(self._from_item, items)}

    def all(self) -> list[StockRecord]:
        return [self._from_item(item) for item in self._table.query(self._pk, "STOCK#")]

    def due(self) -> dict[Sku, StockRecord]:
        """The SKUs that have to be sent again, by folded SKU, the longest waiting first, and of those the one that was
        told longest ago; after them those that were tried, and what became of it is not known.
        """
        waiting = [item for item in self._table.query_shelf(self._due_key) if self._is_due(item)]
        # The index lags behind: the records themselves say whether it is still so.
        found = self.get_many(item["sku"] for item in waiting)
        since = {Sku(item["sku"]): item["shelved_at"] for item in waiting}
        due = [found[sku] for sku in since if sku in found and found[sku].due]
        due.sort(key=lambda one: (one.claimed, since[Sku(one.sku)], one.sent_at.isoformat() if one.sent_at else ""))
        return {Sku(record.sku): record for record in due}

    def start_leaving(self, skus: Iterable[str]) -> None:
        """Hold back all figures, before Billbee is told that an order has left, and until `has_left`.

        Figures read before are out of date, and cannot be told from later ones while Billbee changes its mind.

        Raises:
            StockBusy: a figure of one of the SKUs is under way.
        """
        now = self._now()
        for sku in skus:
            try:
                self._update(
                    sku,
                    f"SET sku = if_not_exists(sku, :sku), left_at = :now, leaving_until = :until, {_BECOMES_DUE}",
                    self._becomes_due(now) | {":sku": sku, ":until": (now + LEAVING).isoformat()},
                    "attribute_not_exists(sending_until) OR sending_until < :now",
                )
            except ConditionFailed:
                raise StockBusy(sku) from None

    def has_left(self, skus: Iterable[str]) -> None:
        """Billbee has been told, and the ledger says so: figures read from now on may be sent again."""
        for sku in skus:
            self._update(
                sku,
                "SET left_at = :now, sku = if_not_exists(sku, :sku) REMOVE leaving_until",
                {":now": self._now().isoformat(), ":sku": sku},
            )

    def mark_due(self, skus: Iterable[str]) -> None:
        """Have SKUs that have a record sent again, with a figure that is read from now on."""
        for sku in skus:
            values = self._becomes_due(self._now())
            try:
                self._update(sku, f"SET marked_at = :now, {_BECOMES_DUE}", values, "attribute_exists(pk)")
            except ConditionFailed:
                continue

    def start_sending(self, sku: str, read_at: datetime) -> timedelta | None:
        """Claim a SKU for sending a figure that was read at ``read_at``; gives None once it is claimed.

        If an order of it has left since or is about to, or a figure of it is under way, it stays due: gives how long
        that may last.
        """
        now = self._now()
        values = self._becomes_due(now) | {
            ":sku": sku,
            ":until": (now + SENDING).isoformat(),
            ":safe": (read_at - DOUBT).isoformat(),
        }
        try:
            self._update(
                sku,
                f"SET sku = :sku, sending_until = :until, safe_from = :safe, {_BECOMES_DUE}",
                values,
                "(attribute_not_exists(left_at) OR left_at < :safe)"
                " AND (attribute_not_exists(leaving_until) OR leaving_until < :now)"
                " AND (attribute_not_exists(sending_until) OR sending_until < :now)",
            )
        except ConditionFailed:
            return self._busy_for(sku, now)
        return None

    def _becomes_due(self, now: datetime) -> dict[str, Any]:
        return {":due": self._due_key, ":now": now.isoformat()}

    def _busy_for(self, sku: str, now: datetime) -> timedelta:
        item = self._table.get(self._pk, _sort_key(sku)) or {}
        ends = [read_moment(item.get(name)) or now for name in ("sending_until", "leaving_until")]
        return max(*ends, now + DOUBT) - now

    def sent(
        self,
        figure: StockFigure,
        billbee_stock: int | None,
        *,
        stock_id: int = 0,
        unknown: bool = False,
        look_again: bool = False,
        look_again_after: timedelta = LOOK_AGAIN_AFTER,
        still_due: bool = False,
    ) -> None:
        """Billbee has answered for this SKU. It stays due where it was marked, or an order of it left, since its figure
        was read.

        Args:
            look_again: what it made of the figure may change without anything changing at the warehouse.
            still_due: have it sent once more all the same, after all others that are due.
        """
        values: dict[str, Any] = {
            ":sku": figure.sku,
            ":physical": figure.physical,
            ":allocated": figure.allocated,
            ":elsewhere": figure.elsewhere,
            ":buffer": figure.buffer,
            ":sent": figure.quantity,
            ":stock_id": stock_id,
            ":sent_at": self._now().isoformat(),
            ":billbee_stock": billbee_stock,
            ":unknown": unknown,
        }
        assignments = ", ".join(f"#{name[1:]} = {name}" for name in values)
        names = {f"#{name[1:]}": name[1:] for name in values}
        stays = f"SET {assignments}, shelf = :due, shelved_at = :sent_at REMOVE sending_until"
        due = {":due": self._due_key}
        if still_due:
            self._update(figure.sku, stays, values | due, names=names)
            return
        if look_again or unknown:
            place = "shelf = :due, shelved_at = if_not_exists(shelved_at, :sent_at), retry_at = :again"
            expression = f"SET {assignments}, {place} REMOVE sending_until"
            more = due | {":again": (self._now() + look_again_after).isoformat()}
        else:
            expression, more = f"SET {assignments} REMOVE sending_until, shelf, shelved_at, retry_at", {}
        try:
            self._update(figure.sku, expression, values | more, _NOT_MARKED_SINCE, names=names)
        except ConditionFailed:
            self._update(figure.sku, stays, values | due, names=names)

    def not_sent(self, sku: str) -> None:
        """Billbee has answered, but not for this SKU; it stays due, behind all others."""
        self._update(sku, "SET shelved_at = :now REMOVE sending_until", {":now": self._now().isoformat()})

    def forget_due(self, sku: str) -> None:
        """There is nothing to send for this SKU."""
        self._update(sku, "REMOVE shelf, shelved_at, retry_at", {})

    def page(self, number: int, stock_id: int) -> dict[str, int]:
        """What a page of the warehouse's list came to for a stock when it was last read and dealt with, by SKU."""
        item = self._table.get(self._pk, _page_key(number))
        return item["figures"] if item and item.get("stock_id", 0) == stock_id else {}

    def listed(self, stock_id: int) -> set[str]:
        """The SKUs on all pages of the warehouse's list, as they were last read and dealt with."""
        items = self._table.query(self._pk, _PAGE)
        return {sku for item in items if item.get("stock_id", 0) == stock_id for sku in item["figures"]}

    def set_page(self, number: int, stock_id: int, figures: Mapping[str, int]) -> None:
        self._table.update(
            self._pk,
            _page_key(number),
            "SET figures = :figures, stock_id = :stock_id",
            {":figures": dict(figures), ":stock_id": stock_id},
        )

    def _update(
        self,
        sku: str,
        expression: str,
        values: Mapping[str, Any],
        condition: str | None = None,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._table.update(self._pk, _sort_key(sku), expression, values, condition, names=names)

    def _from_item(self, item: Item) -> StockRecord:
        return StockRecord(
            sku=item["sku"],
            physical=item.get("physical", 0),
            allocated=item.get("allocated", 0),
            elsewhere=item.get("elsewhere", 0),
            buffer=item.get("buffer", 0),
            sent=item.get("sent"),
            stock_id=item.get("stock_id", 0),
            sent_at=read_moment(item.get("sent_at")),
            billbee_stock=item.get("billbee_stock"),
            unknown=item.get("unknown", False),
            due=self._is_due(item),
            left_at=read_moment(item.get("left_at")),
            claimed="sending_until" in item,
        )

    def _is_due(self, item: Item) -> bool:
        retry_at = read_moment(item.get("retry_at"))
        return "shelf" in item and (retry_at is None or retry_at < self._now())


def _sort_key(sku: str) -> str:
    return f"STOCK#{Sku(sku).key}"


def _page_key(number: int) -> str:
    return f"{_PAGE}{number:06d}"
