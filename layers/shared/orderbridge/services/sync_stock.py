"""Bring the warehouse's stock to Billbee without ever promising a piece twice (R18).

Billbee takes off what it has reserved at the moment a figure arrives, so what matters is that a figure is not older
than the last order that left:
a piece that has left the warehouse is still in an older figure, but no longer among those Billbee holds back. Every
figure therefore carries when it
was read, and ``StockRecords`` lets it go only if no order of the SKU has left since, and holds back orders that are
about to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from orderbridge.domain.lifecycle import OPEN
from orderbridge.domain.stock import OpenPieces, StockFigure, WarehouseStock, figure, open_pieces
from orderbridge.errors import RetryableError
from orderbridge.observability import logger, meter
from orderbridge.queues.deliveries import Delivery
from orderbridge.queues.messages import SyncStock
from orderbridge.services.workspace import Workspace
from orderbridge.stores.cursors import PageCursor
from orderbridge.stores.stock import StockRecord

BATCH: Final = 100
"""SKUs in one call to Billbee, which names no limit."""
SINGLE_READS: Final = 20
"""SKUs read one by one in a run, because an order of them left after their page was read."""
_JOB: Final = "sync-stock"
_TIME_RESERVE: Final = 35.0
_CHECKPOINT_EVERY: Final = 10


class OutOfTime(RetryableError):
    """The invocation is about to end; the message comes again and the run goes on where it stopped."""

    def __init__(self) -> None:
        super().__init__("sync stock", "out of time", retry_after=1.0)


@dataclass(frozen=True)
class _Reading:
    """A figure and when the page it stands on was asked for."""

    figure: StockFigure
    read_at: datetime


@dataclass
class _Page:
    """What a page came to. It is remembered once nothing of it is left to send."""

    number: int
    figures: dict[str, int]
    waiting: set[str] = field(default_factory=set)


def sync_stock(workspace: Workspace, delivery: Delivery[SyncStock]) -> int:
    """Send Billbee the figures that changed or are due; gives their number."""
    if workspace.rehearsing or not workspace.settings.stock.enabled:
        return 0
    run = _Run(workspace)
    run.read_pages()
    run.read_due()
    return run.sent


class _Run:
    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self.sent = 0
        self._due = workspace.stock.due()
        self._ours = _open_pieces(workspace)
        self._waiting: dict[str, _Reading] = {}
        self._pages: list[_Page] = []
        self._seen: dict[str, str] = {}

    def read_pages(self) -> None:
        """Read the warehouse's list from where the last run stopped, and send what changed in batches."""
        cursor = self._ws.cursors.pages(_JOB)
        page, more = cursor.next_page, True
        try:
            while more:
                self._check_time()
                read_at = self._ws.now()
                answer = self._ws.bibi.products(page)
                self._take(page, answer.stocks, read_at)
                page, more = page + 1, answer.more
                if page % _CHECKPOINT_EVERY == 0 and not self._waiting:
                    self._ws.cursors.set_pages(_JOB, PageCursor(page, cursor.completed_at))
            self._send_waiting()
        except RetryableError:
            self._send_waiting()
            self._ws.cursors.set_pages(_JOB, PageCursor(page, cursor.completed_at))
            raise
        self._ws.cursors.set_pages(_JOB, PageCursor(1, self._ws.now()))

    def read_due(self) -> None:
        """Read by itself each SKU whose page was read before an order of it left."""
        for sku in list(self._ws.stock.due())[:SINGLE_READS]:
            self._check_time()
            read_at = self._ws.now()
            record = self._due.get(sku) or self._ws.stock.get_many([sku]).get(sku)
            stock = self._ws.bibi.product(record.sku if record else sku)
            if stock is not None:
                self._waiting[stock.sku] = _Reading(self._figure(stock), read_at)
        self._send_waiting()

    def _take(self, number: int, stocks: Sequence[WarehouseStock], read_at: datetime) -> None:
        """Find out what of a page has to be sent."""
        figures = {stock.sku: self._figure(stock) for stock in stocks if self._is_first(stock.sku)}
        before = self._ws.stock.page(number)
        page = _Page(number, {sku: one.quantity for sku, one in figures.items()})
        differing = [
            one for sku, one in figures.items() if before.get(sku) != one.quantity or sku.casefold() in self._due
        ]
        records = self._ws.stock.get_many(one.sku for one in differing) if differing else {}
        for one in differing:
            if _needs_sending(records.get(one.sku.casefold()), one):
                page.waiting.add(one.sku)
                self._waiting[one.sku] = _Reading(one, read_at)
        if page.figures != before:
            self._pages.append(page)
        self._remember_pages()
        if len(self._waiting) >= BATCH:
            self._send_waiting(leave=len(self._waiting) % BATCH)

    def _is_first(self, sku: str) -> bool:
        """Two product numbers that differ only by case are one SKU to the shops: only the first can be told."""
        first = self._seen.setdefault(sku.casefold(), sku)
        if first != sku:
            logger.error("Two product numbers differ only by case", extra={"sku": first, "other": sku})
        return first == sku

    def _figure(self, stock: WarehouseStock) -> StockFigure:
        return figure(stock, self._ours, self._ws.settings.stock.buffer)

    def _send_waiting(self, leave: int = 0) -> None:
        """Send what waits in batches, except for the last ``leave`` SKUs, which may share a call with later ones."""
        skus = list(self._waiting)[: len(self._waiting) - leave]
        for start in range(0, len(skus), BATCH):
            self._send({sku: self._waiting.pop(sku) for sku in skus[start : start + BATCH]})
        self._remember_pages()

    def _send(self, readings: dict[str, _Reading]) -> None:
        stock = self._ws.stock
        claimed = {sku: one for sku, one in readings.items() if stock.start_sending(sku, one.read_at)}
        if not claimed:
            return
        # After an error the claims run out by themselves: until then the figures may still land.
        answers = self._ws.billbee.update_stock(
            {sku: one.figure.quantity for sku, one in claimed.items()}, self._ws.settings.billbee.stock_id
        )
        for sku, one in claimed.items():
            answer = answers.get(sku)
            if answer is None:
                stock.not_sent(sku)
                continue
            if answer.error is not None:
                self._report(sku, answer.error)
            stock.sent(one.figure, answer.current, unknown=answer.error is not None)
            self.sent += 1
            for page in self._pages:
                page.waiting.discard(sku)
        meter.count("StockFiguresSent", len(claimed))

    def _report(self, sku: str, error: str) -> None:
        """Say once that Billbee does not take a SKU."""
        record = self._ws.stock.get_many([sku]).get(sku.casefold())
        if record is None or not record.unknown:
            logger.error("Billbee does not take the stock of a SKU", extra={"sku": sku, "error": error})
            meter.count("StockFiguresRefused")

    def _remember_pages(self) -> None:
        for page in [page for page in self._pages if not page.waiting]:
            self._ws.stock.set_page(page.number, page.figures)
            self._pages.remove(page)

    def _check_time(self) -> None:
        if self._ws.seconds_left() < _TIME_RESERVE:
            raise OutOfTime


def _needs_sending(record: StockRecord | None, now: StockFigure) -> bool:
    return record is None or record.sent != now.quantity or record.due


def _open_pieces(workspace: Workspace) -> OpenPieces:
    """Pieces of our orders that the warehouse may have allocated."""
    records = workspace.ledger.open_orders(workspace.merchant)
    return open_pieces(record.pieces for record in records if record.status in OPEN and record.order_number)
