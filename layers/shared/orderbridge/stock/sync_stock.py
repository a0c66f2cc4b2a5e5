"""Send the warehouse's stock to Billbee without ever promising a piece twice (R18).

Billbee subtracts what it has reserved when a figure arrives. So a figure must not be older than the last order that
left: a piece that has left the warehouse is still in an older figure, but no longer reserved by Billbee. Every figure
therefore carries the time when it was read. ``StockRecords`` lets it be sent only if no order of the SKU has left
since, and holds back orders that are about to leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import AT_WAREHOUSE, Status
from orderbridge.ledger.sku import Sku
from orderbridge.ledger.told import Answer
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.cursors import PageCursor
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import Refused, RetryableError, UnknownOutcome, UpstreamError
from orderbridge.platform.observability import logger
from orderbridge.platform.patience import Patience
from orderbridge.stock.figures import StockAnswer, StockFigure, WarehouseStock, default_stock, figure, open_pieces
from orderbridge.stock.low_stock_pass import LowStockPass
from orderbridge.stock.stock_records import LOOK_AGAIN_AFTER, SENDING, StockRecord

if TYPE_CHECKING:
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import SyncStock
    from orderbridge.ledger.record import OrderSummary
    from orderbridge.merchants.cursors import Cursors
    from orderbridge.merchants.settings import MerchantSettings
    from orderbridge.stock.ports import Workspace

_JOB: Final = "sync-stock"
BATCH: Final = 100
"""How many SKUs one call to Billbee has; Billbee names no limit."""
SINGLE_READS: Final = 20
"""How many SKUs are read one by one in a run, because an order of them left after their page was read."""
_MISSES: Final = 3
"""After so many listed SKUs that a single read does not find, no other listed SKU is read alone."""
_CHECKPOINT_EVERY: Final = 10
UNEXPLAINED_AGAIN_AFTER: Final = timedelta(minutes=10)
"""A figure that Billbee refused without a code is sent again with the next run."""
_LONGEST_WAIT: Final = 45.0
"""Seconds. Calls under way usually end long before the time by which they certainly have ended."""
_SEND_WITHIN: Final = SENDING / 3
"""How long after claiming SKUs a call for them may still be started."""


class HeldBack(RetryableError):
    """Some figures could not be sent yet: earlier ones of the same SKUs have to land first."""

    def __init__(self, count: int, wait: timedelta) -> None:
        seconds = min(wait.total_seconds() + 1, _LONGEST_WAIT)
        super().__init__("sync stock", f"{count} figures have to wait", retry_after=seconds)


@dataclass(frozen=True)
class _Reading:
    """A figure, and since when its parts may be out of date."""

    figure: StockFigure
    read_at: datetime


@dataclass
class _Page:
    """The result of a page. It is remembered once nothing of it is left to send."""

    number: int
    figures: dict[str, int]
    before: dict[str, int]
    waiting: set[str] = field(default_factory=set)


def sync_stock(workspace: Workspace, delivery: Delivery[SyncStock]) -> int:
    """Send Billbee the changed and due figures. Returns their number.

    Raises:
        UpstreamError: something must come again; the cursor says where the run continues.
    """
    if workspace.rehearsing or not workspace.settings.stock.enabled:
        return 0
    run = _Run(workspace)
    cursor = workspace.cursors.pages(_JOB)
    if not _was_read(cursor, delivery):
        run.read_pages(cursor)
    run.read_due()
    return run.sent


def _was_read(cursor: PageCursor, delivery: Delivery[SyncStock]) -> bool:
    """Whether an earlier delivery of this message has read the whole list and stopped after that."""
    if delivery.attempt == 1 or cursor.next_page != 1 or cursor.completed_at is None:
        return False
    return cursor.completed_at >= delivery.message.asked_at


class _Run:
    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self.sent = 0
        self._stock_id = workspace.settings.billbee.stock_id
        self._due = workspace.stock.due()
        self._kits = workspace.kits.at_warehouse()
        self._waiting: dict[str, _Reading] = {}
        self._pages: list[_Page] = []
        self._seen: dict[Sku, str] = {}
        self._gone: set[str] = set()
        self._gone_are_due = False
        self._names_all = True
        """Whether each entry of the list names its product. If not, any SKU may be on it."""
        self._read_all = False
        self._misses = 0
        self._remembered: set[Sku] | None = None
        self._sending_failed = False
        self._busy_for = timedelta(0)
        self._low = LowStockPass(workspace) if workspace.settings.stock.tell_low else None
        self._read_ours()

    def _read_ours(self) -> None:
        """Read which pieces at the warehouse are ours. Figures that depend on it are not younger than this."""
        self._ours_at = self._ws.now()
        orders = all_at_work(self._ws)
        # When the warehouse takes a kit's pieces from what it can promise is not documented: they count as others'.
        self._ours = open_pieces(order.loose_pieces for order in orders if is_held_back(order))

    # The warehouse's list

    def read_pages(self, cursor: PageCursor) -> None:
        """Read the warehouse's list from where the last run stopped, and send what changed in batches."""
        page, more = cursor.next_page, True
        try:
            while more:
                self._ws.deadline.require(STEP)
                read_at = self._ws.now()
                answer = self._ws.warehouse.products(page)
                self._take(page, answer.stocks, read_at)
                self._pass_over(answer.unreadable)
                page, more = page + 1, answer.more
                if page % _CHECKPOINT_EVERY == 0:
                    self._ws.cursors.set_pages(_JOB, PageCursor(self._goes_on_at(page), cursor.completed_at))
            self._send_waiting()
        except (RetryableError, UnknownOutcome):
            self._save_what_was_read()
            self._ws.cursors.set_pages(_JOB, PageCursor(self._goes_on_at(page), cursor.completed_at))
            raise
        self._read_all = cursor.next_page == 1
        if self._names_all:
            beyond = self._pages_from(page)
            self._ws.stock.mark_due(sku for sku in self._gone if Sku(sku) not in self._seen)
            # Only now, because only the remembered pages show that a SKU is gone.
            self._gone_are_due = True
            self._remember_pages()
            for number in beyond:
                self._ws.stock.set_page(number, self._stock_id, {})
        if self._low is not None:
            self._low.end(self._all_listed() if self._names_all else None)
        self._ws.cursors.set_pages(_JOB, PageCursor(1, self._ws.now()))

    def _take(self, number: int, stocks: Sequence[WarehouseStock], read_at: datetime) -> None:
        """Find out which figures of a page have to be sent."""
        ours = (stock for stock in stocks if Sku(stock.sku) not in self._kits)  # a bundle has no stock in Billbee
        readings = {stock.sku: self._reading(stock, read_at) for stock in ours if self._is_first(stock.sku)}
        before = self._ws.stock.page(number, self._stock_id)
        page = _Page(number, {sku: one.figure.quantity for sku, one in readings.items()}, before)
        self._gone |= before.keys() - page.figures.keys()
        if self._low is not None:
            self._low.see([stock for stock in stocks if stock.sku in readings], self._ours)
        differing = [
            sku for sku, quantity in page.figures.items() if before.get(sku) != quantity or Sku(sku) in self._due
        ]
        unread = [sku for sku in differing if Sku(sku) not in self._due]
        records = self._due | (self._ws.stock.get_many(unread) if unread else {})
        for sku in differing:
            record = records.get(Sku(sku))
            if self._needs_sending(record, readings[sku].figure) and not self._belongs_to_another(record, sku):
                page.waiting.add(sku)
                self._waiting[sku] = readings[sku]
        self._pages.append(page)
        self._remember_pages()
        if len(self._waiting) >= BATCH:
            self._send_waiting(leave=len(self._waiting) % BATCH)

    def _pass_over(self, unreadable: Sequence[str]) -> None:
        """Entries with unreadable figures: their SKUs are on the list nevertheless."""
        if unreadable:
            logger.error("Products of the warehouse cannot be read", extra={"skus": list(unreadable)})
        self._names_all = self._names_all and all(unreadable)
        for sku in filter(None, unreadable):
            self._seen.setdefault(Sku(sku), sku)

    def _is_first(self, sku: str) -> bool:
        """Two product numbers that differ only in case are one SKU for the shops, so only the first is sent."""
        first = self._seen.setdefault(Sku(sku), sku)
        if first != sku:
            logger.error("Two product numbers differ only by case", extra={"sku": first, "other": sku})
        return first == sku

    def _belongs_to_another(self, record: StockRecord | None, sku: str) -> bool:
        """Whether the SKU was sent for a number that differs only in case, on a page that an earlier run has read."""
        if record is None or record.sent is None or record.sku == sku:
            return False
        other = self._ws.warehouse.product(record.sku)
        return other is not None and other.sku == record.sku

    def _needs_sending(self, record: StockRecord | None, now: StockFigure) -> bool:
        if record is None or record.due:
            return True
        return (record.sent, record.stock_id) != (now.quantity, self._stock_id)

    def _reading(self, stock: WarehouseStock, read_at: datetime) -> _Reading:
        """The figure for a product. If our open orders count in it, it is not younger than our knowledge of them."""
        uses_ours = stock.promised > 0 and self._ours.get(Sku(stock.sku), 0) > 0
        made = figure(stock, self._ours, self._ws.settings.stock.buffer)
        return _Reading(made, min(read_at, self._ours_at) if uses_ours else read_at)

    def _goes_on_at(self, page: int) -> int:
        """The first page that must be read again if the run ends before the given one."""
        return min((one.number for one in self._pages if one.waiting & self._waiting.keys()), default=page)

    def _save_what_was_read(self) -> None:
        """Send what was read before the reading failed, unless the sending failed."""
        if self._sending_failed:
            return
        try:
            self._send_waiting()
        except UpstreamError as error:
            logger.warning("Figures not sent", extra={"error": str(error), "figures": len(self._waiting)})

    def _pages_from(self, number: int) -> list[int]:
        """Forget the pages beyond the end of a list that has become shorter: if it grows again, their content is not
        what was sent last.
        """
        beyond = []
        while figures := self._ws.stock.page(number, self._stock_id):
            self._gone |= figures.keys()
            beyond.append(number)
            number += 1
        return beyond

    # Single products

    def read_due(self) -> None:
        """Read each SKU alone that is still due: an order of it has left after its page was read, or the warehouse's
        list does not show it any more.

        Raises:
            HeldBack: some could not be sent yet.
        """
        due = self._ws.stock.due()
        if not due:
            return
        self._read_ours()
        self._busy_for = timedelta(0)
        patience = Patience()
        put_aside: RetryableError | Refused | None = None
        for record in list(due.values())[:SINGLE_READS]:
            self._ws.deadline.require(STEP)
            if Sku(record.sku) in self._kits:
                self._ws.stock.forget_due(record.sku)
                continue
            if self._misses >= _MISSES and self._is_listed(record.sku):
                continue
            try:
                self._read_single(record)
            except (RetryableError, Refused) as error:
                if patience.is_over(error):
                    raise
                logger.warning("A product was not read alone", extra={"sku": record.sku, "error": str(error)})
                self._ws.stock.not_sent(record.sku)
                if not self._is_listed(record.sku):
                    put_aside = error
            else:
                patience.went_well()
        tried = len(self._waiting)
        if (answered := self._send_waiting()) < tried:
            raise HeldBack(tried - answered, self._busy_for)
        if put_aside is not None:
            raise put_aside

    def _read_single(self, record: StockRecord) -> None:
        """Queue the figure of one SKU. A SKU that is not found is 0 only if the list does not show it either."""
        read_at = self._ws.now()
        stock = self._ws.warehouse.product(record.sku)
        if stock is not None:
            self._waiting[stock.sku] = self._reading(stock, read_at)
        elif record.sent is None:
            self._ws.stock.forget_due(record.sku)
        elif self._is_listed(record.sku):
            # The next run's list tells its figure.
            self._misses += 1
            logger.warning("A single read does not find a SKU of the warehouse's list", extra={"sku": record.sku})
            self._ws.stock.not_sent(record.sku)
        else:  # no piece of it is left to sell
            self._waiting[record.sku] = self._reading(WarehouseStock(record.sku, 0), read_at)

    def _all_listed(self) -> set[Sku]:
        """The SKUs of the whole list, of whose first pages an earlier run may have read."""
        earlier = () if self._read_all else self._ws.stock.listed(self._stock_id)
        return {*self._seen, *map(Sku, earlier)}

    def _is_listed(self, sku: str) -> bool:
        """Whether the warehouse's list shows a SKU, on a page of this run or on one that an earlier run remembered."""
        if not self._names_all or Sku(sku) in self._seen:
            return True
        if self._read_all:
            return False
        if self._remembered is None:
            self._remembered = {Sku(one) for one in self._ws.stock.listed(self._stock_id)}
        return Sku(sku) in self._remembered

    # Sending

    def _send_waiting(self, leave: int = 0) -> int:
        """Send the waiting figures in batches, except for the last ``leave`` SKUs, which may share a call with later
        ones. Returns how many were answered.
        """
        skus = list(self._waiting)[: len(self._waiting) - leave]
        answered = 0
        for start in range(0, len(skus), BATCH):
            batch = {sku: self._waiting[sku] for sku in skus[start : start + BATCH]}
            try:
                answered += self._send(batch)
            except UpstreamError:
                self._sending_failed = True
                raise
            for sku in batch:
                del self._waiting[sku]
        self._remember_pages()
        return answered

    def _send(self, readings: Mapping[str, _Reading]) -> int:
        until = self._ws.now() + _SEND_WITHIN
        claimed = {}
        for sku, one in readings.items():
            busy_for = self._ws.stock.start_sending(sku, one.read_at)
            if busy_for is None:
                claimed[sku] = one.figure
            else:
                self._busy_for = max(self._busy_for, busy_for)
        return self._tell(claimed, until)

    def _tell(self, figures: Mapping[str, StockFigure], until: datetime) -> int:
        """Tell Billbee claimed figures. Returns for how many it has answered. A refused call is divided, so that a bad
        SKU does not affect the others.
        """
        if not figures:
            return 0
        if self._ws.now() > until:
            self._not_sent(figures)
            return 0
        try:
            told = {sku: one.quantity for sku, one in figures.items()}
            answers = self._ws.hub.update_stock(told, _stock_to_tell(self._ws))
        except UnknownOutcome as error:
            if not error.may_still_land:
                self._not_sent(figures)
            raise  # a figure that may still land keeps its claim, which expires
        except RetryableError:
            self._not_sent(figures)
            raise
        except Refused as refusal:
            if len(figures) > 1:
                skus = list(figures)
                middle = len(skus) // 2
                halves = ({sku: figures[sku] for sku in half} for half in (skus[:middle], skus[middle:]))
                return sum(self._tell(half, until) for half in halves)
            answers = {sku: StockAnswer(error=refusal.detail, unexplained=not refusal.code) for sku in figures}
        answered = sum(self._note(one, answers.get(sku)) for sku, one in figures.items())
        self._ws.count(Activity.STOCK_FIGURES, answered)
        self.sent += answered
        return answered

    def _not_sent(self, skus: Iterable[str]) -> None:
        """Release the claims, because none of their figures is under way. The SKUs stay due."""
        for sku in skus:
            self._ws.stock.not_sent(sku)

    def _note(self, figure: StockFigure, answer: StockAnswer | None) -> bool:
        """Write down Billbee's answer to a figure. False if there is none; the SKU then stays due."""
        sku = figure.sku
        if answer is None or answer.failed:
            logger.warning("Billbee has not answered for a SKU", extra={"sku": sku, "error": answer and answer.error})
            self._ws.stock.not_sent(sku)
            return False
        if answer.error is not None:
            self._report(sku, answer.error)
        self._ws.stock.sent(
            figure,
            answer.current,
            stock_id=self._stock_id,
            unknown=answer.error is not None,
            look_again=answer.reserved > 0,
            look_again_after=UNEXPLAINED_AGAIN_AFTER if answer.unexplained else LOOK_AGAIN_AFTER,
            still_due=not self._correct_page(figure),
        )
        return True

    def _correct_page(self, figure: StockFigure) -> bool:
        """Note on the waiting pages what was sent for a SKU. False if no page waits for it: the remembered figure may
        then differ, and the next run has to send it once more.
        """
        waiting = [page for page in self._pages if figure.sku in page.waiting]
        for page in waiting:
            page.waiting.discard(figure.sku)
            page.figures[figure.sku] = figure.quantity
        return bool(waiting)

    def _report(self, sku: str, error: str) -> None:
        """Report once that Billbee does not take a SKU."""
        record = self._ws.stock.get_many([sku]).get(Sku(sku))
        if record is None or not record.unknown:
            logger.error("Billbee does not take the stock of a SKU", extra={"sku": sku, "error": error})

    def _remember_pages(self) -> None:
        """Remember the pages of which nothing is left to send, and of which each missing SKU was seen on another
        page.
        """
        for page in [page for page in self._pages if not page.waiting and not self._loses(page)]:
            if page.figures != page.before:
                self._ws.stock.set_page(page.number, self._stock_id, page.figures)
            self._pages.remove(page)

    def _loses(self, page: _Page) -> bool:
        lost = page.before.keys() - page.figures.keys()
        return not self._gone_are_due and any(Sku(sku) not in self._seen for sku in lost)


def was_all_read(settings: MerchantSettings, cursors: Cursors) -> bool:
    """Whether the stock records have all SKUs of the warehouse's list."""
    return settings.stock.enabled and cursors.pages(_JOB).completed_at is not None


def _stock_to_tell(workspace: Workspace) -> int:
    """The stock that figures are for; 0 is Billbee's default. With several stocks, the default one is named."""
    if configured := workspace.settings.billbee.stock_id:
        return configured
    stocks = workspace.stocks.look_up(workspace.hub.stocks, ())
    return (default_stock(stocks) or 0) if len(stocks) > 1 else 0


def all_at_work(workspace: Workspace) -> Iterator[OrderSummary]:
    """The open orders, and those in quarantine, because what the warehouse has allocated to them is ours too (R18)."""
    ledger, merchant = workspace.ledger, workspace.merchant
    return chain(ledger.open_orders(merchant), ledger.quarantined_orders(merchant))


def is_held_back(order: OrderSummary) -> bool:
    """Whether Billbee reserves the pieces of an order that the warehouse has. It does not if the merchant has cancelled
    it, even if the warehouse ships it nevertheless.
    """
    cancelled = order.status is Status.CANCELLING or Answer.CANCEL_REFUSED in order.told
    return order.status in AT_WAREHOUSE and not cancelled
