"""The stock of each product: the figure that Billbee was sent, when, and how it was computed.

The record of a SKU also keeps two jobs apart that must not overlap for one SKU: sending a figure that was read from the
warehouse, and telling Billbee that an order of it has left (which frees what Billbee holds back). If they overlapped, a
piece that has left could be sold again.

A SKU that has to be sent again, now or at ``retry_at``, is on one shelf of the index, where its entry does not move.
SKUs are tried in the order of ``tried_at`` in their records, so that no SKU waits for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from orderbridge.ledger.sku import Sku
from orderbridge.platform.clock import Clock
from orderbridge.platform.codec import from_item
from orderbridge.platform.errors import ConditionFailed, RetryableError
from orderbridge.platform.table import Item, Table, merchant_key, read_moment
from orderbridge.stock.figures import StockFigure

SENDING: Final = timedelta(seconds=120)
"""How long a figure under way may still take effect: longer than a call, and a proxy behind it, can take."""
LEAVING: Final = timedelta(minutes=5)
"""How long telling Billbee that an order has left may take before it counts as interrupted."""
DOUBT: Final = timedelta(seconds=2)
"""How far the clocks of two workers, and the ledger's index, may be apart."""
LOOK_AGAIN_AFTER: Final = timedelta(days=1)
"""SKUs that Billbee holds something back of, or does not know, are sent again after this time: it may have changed."""
_STOCK: Final = "STOCK#"
_PAGE: Final = "STOCKPAGE#"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class StockBusy(RetryableError):
    """A figure of this product is under way to Billbee; wait until it has landed."""

    def __init__(self, sku: str) -> None:
        super().__init__("stock", f"a figure of {sku!r} is being sent", retry_after=45.0)


@dataclass(frozen=True)
class StockRecord:
    """One SKU.

    Attributes:
        sent: the quantity that Billbee was last sent; Billbee then subtracts what it has reserved.
        stock_id: the stock in Billbee that the quantity was sent for.
        billbee_stock: the stock that Billbee then showed.
        unknown: whether Billbee does not know the SKU. It was reported when this was set.
        due: whether the SKU has to be sent again even if nothing has changed.
        left_at: when Billbee was last told that an order of it has left.
        tried_at: when it was last claimed for sending, or could not be read.
        claimed: whether a figure is under way, or the outcome of the last one is not known.
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
    tried_at: datetime | None = None
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
        return {Sku(record.sku): record for record in map(self._record, items)}

    def beginning(self, sku: str) -> Iterator[str]:
        """The SKUs that begin so."""
        return (str(item["sku"]) for item in self._table.query(self._pk, _sort_key(sku)))

    def all(self) -> list[StockRecord]:
        return [self._record(item) for item in self._table.query(self._pk, _STOCK)]

    def due(self) -> dict[Sku, StockRecord]:
        """The SKUs that have to be sent again, by folded SKU. Those come first that were never tried, or longest ago.
        SKUs whose last outcome is not known come last.
        """
        waiting = [
            item["sk"].removeprefix(_STOCK) for item in self._table.query_shelf(self._due_key) if self._is_due(item)
        ]
        found = self.get_many(waiting)  # the index lags behind
        due = [found[sku] for sku in map(Sku, waiting) if sku in found and found[sku].due]
        due.sort(key=lambda one: (one.claimed, one.tried_at or _NEVER))
        return {Sku(record.sku): record for record in due}

    def start_leaving(self, skus: Iterable[str]) -> None:
        """Holds back all figures from before Billbee is told that an order has left until `has_left`.

        Figures that were read earlier are out of date, and while Billbee changes its own figure they look like later
        ones.

        Raises:
            StockBusy: a figure of one of the SKUs is under way.
        """
        now = self._now().isoformat()
        until = (self._now() + LEAVING).isoformat()
        for sku in skus:
            try:
                self._make_due(sku, {"left_at": now, "leaving_until": until}, _is_over("sending_until", now))
            except ConditionFailed:
                raise StockBusy(sku) from None

    def has_left(self, skus: Iterable[str]) -> None:
        """Notes that Billbee and the ledger know that the order has left. Figures read from now on may be sent."""
        for sku in skus:
            now = self._now().isoformat()
            self._change(sku, set={"left_at": now, "leaving_until": None}, default={"sku": sku})

    def mark_due(self, skus: Iterable[str]) -> None:
        """Marks SKUs that have a record to be sent again, with a figure that is read from now on."""
        for sku in skus:
            with suppress(ConditionFailed):
                self._make_due(sku, {"marked_at": self._now().isoformat()}, Attr("pk").exists())

    def start_sending(self, sku: str, read_at: datetime) -> timedelta | None:
        """Claims a SKU for sending a figure that was read at ``read_at``. Returns None if the SKU is claimed.

        If an order of it has left since or is about to leave, or if a figure is under way, the SKU stays due. Returns
        how long this may last.
        """
        now, safe_from = self._now(), (read_at - DOUBT).isoformat()
        until = (now + SENDING).isoformat()
        under_way = {"sending_until": until, "safe_from": safe_from, "tried_at": now.isoformat()}
        idle = _is_over("leaving_until", now.isoformat()) & _is_over("sending_until", now.isoformat())
        try:
            self._make_due(sku, under_way, _is_over("left_at", safe_from) & idle)
        except ConditionFailed:
            return self._busy_for(sku, now)
        return None

    def _make_due(self, sku: str, more: Item, only_if: ConditionBase) -> None:
        """If the SKU is due already, its entry in the index does not change."""
        new = more | {"shelf": self._due_key, "retry_at": None}
        first = {"sku": sku, "shelved_at": self._now().isoformat()}
        self._change(sku, set=new, default=first, only_if=only_if)

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
        """Notes Billbee's answer for a SKU. It stays due if it was marked, or if an order of it left, since the figure
        was read.

        Args:
            look_again: whether Billbee's own figure may change without a change at the warehouse.
            still_due: send it once more in any case.
        """
        now = self._now()
        told = {
            "sku": figure.sku,
            "physical": figure.physical,
            "allocated": figure.allocated,
            "elsewhere": figure.elsewhere,
            "buffer": figure.buffer,
            "sent": figure.quantity,
            "stock_id": stock_id,
            "sent_at": now.isoformat(),
            "billbee_stock": billbee_stock,
            "unknown": unknown,
            "sending_until": None,
        }
        again = told | {"shelf": self._due_key}
        if still_due:
            self._change(figure.sku, set=again)
            return
        done = told | {"shelf": None, "retry_at": None}
        if look_again or unknown:
            done = again | {"retry_at": (now + look_again_after).isoformat()}
        read_at = Attr("safe_from")
        unmarked = _is_over("marked_at", read_at) & _is_over("left_at", read_at)
        try:
            self._change(figure.sku, set=done, only_if=unmarked)
        except ConditionFailed:
            self._change(figure.sku, set=again)

    def not_sent(self, sku: str) -> None:
        """Notes that nothing came of a try. The SKU stays due, behind all others."""
        self._change(sku, set={"tried_at": self._now().isoformat(), "sending_until": None})

    def forget_due(self, sku: str) -> None:
        """Notes that there is nothing to send for this SKU."""
        self._change(sku, remove=("shelf", "retry_at"))

    def page(self, number: int, stock_id: int) -> dict[str, int]:
        """The figures, by SKU, of a page of the warehouse's list for a stock, as last read and processed."""
        item = self._table.get(self._pk, _page_key(number))
        return item["figures"] if item and item.get("stock_id", 0) == stock_id else {}

    def listed(self, stock_id: int) -> set[str]:
        """The SKUs on all pages of the warehouse's list, as last read and processed."""
        items = self._table.query(self._pk, _PAGE)
        return {sku for item in items if item.get("stock_id", 0) == stock_id for sku in item["figures"]}

    def set_page(self, number: int, stock_id: int, figures: Mapping[str, int]) -> None:
        page = {"figures": dict(figures), "stock_id": stock_id}
        self._table.change(self._pk, _page_key(number), set=page)

    def _change(self, sku: str, **change: Any) -> None:
        self._table.change(self._pk, _sort_key(sku), **change)

    def _record(self, item: Item) -> StockRecord:
        return from_item(StockRecord, item | {"due": self._is_due(item), "claimed": "sending_until" in item})

    def _is_due(self, item: Item) -> bool:
        retry_at = read_moment(item.get("retry_at"))
        return "shelf" in item and (retry_at is None or retry_at < self._now())


def _is_over(name: str, moment: str | Attr) -> ConditionBase:
    """The attribute is missing, or is before a moment."""
    return Attr(name).not_exists() | Attr(name).lt(moment)


def _sort_key(sku: str) -> str:
    return f"{_STOCK}{Sku(sku).key}"


def _page_key(number: int) -> str:
    return f"{_PAGE}{number:06d}"
