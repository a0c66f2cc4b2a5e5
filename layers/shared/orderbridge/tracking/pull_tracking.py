"""Tell Billbee what the warehouse did with the orders: parcels, the shipped state, and messages for the merchant
(R14-R17).

Reading is two passes. The bulk pass asks for all orders since the last one. BiBi does not say whether its
``timestamp`` means the order's date or its last change, so the answers show which it is. The straggler pass asks by
number for open orders that no pass has shown for long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from orderbridge.jobs.open_portion import Portion, portion_of_open, went_through
from orderbridge.jobs.set_aside import ComesAgain, is_passed_over, put_aside, recovered, waits
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, Status
from orderbridge.ledger.order_number import ByNumber, Habits, hidden_numbers
from orderbridge.merchants.cursors import TrackingCursor
from orderbridge.platform.clock import STEP
from orderbridge.platform.defects import is_defect
from orderbridge.platform.errors import LedgerConflict, RetryableError, UnknownOutcome
from orderbridge.platform.observability import logger
from orderbridge.platform.patience import Patience
from orderbridge.platform.table import Unwritable
from orderbridge.tracking.look_up_costs import fetch_costs
from orderbridge.tracking.progress import is_news
from orderbridge.tracking.report_progress import report_progress

if TYPE_CHECKING:
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import PullTracking
    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.ledger.record import LedgerOrder, OrderSummary
    from orderbridge.tracking.ports import Workspace
    from orderbridge.tracking.warehouse_order import WarehouseOrder

OVERLAP: Final = timedelta(minutes=15)
READ_AGAIN_FOR: Final = timedelta(hours=6)
"""How far behind the cursor stays for an order that cannot be read."""
ZONE_DOUBT: Final = timedelta(hours=3)
"""How far an order's date may be off, because Billbee documents no zone."""
SILENT_TOO_LONG: Final = timedelta(hours=1)
SILENT_THOUGH_LISTED: Final = timedelta(hours=4)
"""How long an open order may be silent before it is asked about; the second once it is known what is listed."""
STRAGGLERS_PER_RUN: Final = 20
_OLDEST: Final = 100
_JOB: Final = "pull-tracking"
_WATCHED: Final = AT_WAREHOUSE - {Status.SUBMITTED, Status.CANCELLING}
"""push_orders finishes these two first: the received tag comes before the tracking, an answer before a status."""


def pull_tracking(workspace: Workspace, delivery: Delivery[PullTracking]) -> int:
    """Read the warehouse's reports and tell Billbee. Returns the number of reported orders.

    Raises:
        UpstreamError: something must come again; everything else was done.
    """
    if workspace.rehearsing:
        return 0
    run = _Run(workspace, portion_of_open(workspace, _JOB))
    everything = delivery.message.scope == "all"
    if run.open or everything or not run.knows_all:
        run.bulk_pass(everything=everything)
        run.stragglers()
    fetch_costs(workspace)
    run.finish()
    return len(run.seen)


def _may_be_news(order: OrderSummary, reported: WarehouseOrder) -> bool:
    """Like `is_news`. If it fails for a report, that counts as news, so that only this order is set aside."""
    try:
        return is_news(order, reported)
    except Exception as error:
        if not is_defect(error):
            raise
        return True


class _Run:
    def __init__(self, workspace: Workspace, portion: Portion) -> None:
        self._ws = workspace
        self._portion = portion
        self.open = {order.number: order for order in portion.orders if order.status in _WATCHED and order.number}
        self.knows_all = portion.is_all
        self.seen: set[OrderNumber] = set()
        self._statuses: dict[OrderNumber, str] = {}
        self._look_at_closed = True
        self._unreadable = False
        self._means: Literal["change", "order_date"] | None = None
        self._put_aside: RetryableError | UnknownOutcome | None = None
        self._patience = Patience()
        self._earliest = workspace.now() - workspace.warehouse.history + timedelta(hours=1)

    # The bulk pass

    def bulk_pass(self, *, everything: bool) -> None:
        """Read all reports since the last pass, from where an interrupted one stopped."""
        cursor = self._ws.cursors.tracking()
        if cursor.pass_started is None or cursor.pass_since is None:
            since = self._since(cursor, everything=everything)
            cursor = replace(cursor, pass_started=self._ws.now(), pass_since=since, next_page=1)
        since = max(cursor.pass_since or self._earliest, self._earliest)
        # By order date, each pass lists again what was closed since the oldest open order was placed.
        self._look_at_closed = everything or cursor.timestamp_means != "order_date"
        try:
            for page in self._pages(since, cursor.next_page):
                cursor = replace(cursor, pass_since=since, next_page=page)
        except RetryableError:  # the next run continues there
            self._ws.cursors.set_tracking(replace(cursor, pass_since=since))
            raise
        read_until = cursor.pass_started
        if self._unreadable and read_until:  # unreadable entries are read again for a while
            earliest = read_until - READ_AGAIN_FOR
            read_until = max(cursor.read_until or earliest, earliest)
        self._means = cursor.timestamp_means
        try:
            self._means = self._means or self._what_timestamp_means(since)
        except RetryableError:  # this pass is complete nevertheless
            self._ws.cursors.set_tracking(TrackingCursor(read_until=read_until))
            raise
        self._ws.cursors.set_tracking(TrackingCursor(read_until=read_until, timestamp_means=self._means))

    def _since(self, cursor: TrackingCursor, *, everything: bool) -> datetime:
        since = cursor.read_until - OVERLAP if cursor.read_until else None
        if since is None or cursor.timestamp_means == "order_date":
            oldest = self._oldest_order_date(self._oldest())
            since = min(oldest, since or oldest)
        if everything and cursor.timestamp_means == "order_date":
            since = self._earliest  # returns of orders that were closed long ago
        return max(since, self._earliest)

    def _oldest(self) -> Iterable[OrderSummary]:
        """Open orders that include the one that was placed first, which has usually been open for longest too."""
        if self.knows_all:
            return self.open.values()
        return [*self.open.values(), *self._ws.ledger.open_orders(self._ws.merchant, at_most=_OLDEST)]

    def _pages(self, since: datetime, page: int = 1) -> Iterator[int]:
        """Read and report page by page. Returns the number of the next page."""
        more = True
        while more:
            found = self._ws.warehouse.orders_since(since, page)
            if found.unreadable:
                self._unreadable = True
                logger.error("Orders of the warehouse cannot be read", extra={"orders": found.unreadable})
            self._report(found.orders)
            page, more = page + 1, found.more
            yield page

    def _what_timestamp_means(self, since: datetime) -> Literal["change", "order_date"] | None:
        """Find out BiBi's reading from a pass; until it is known, also read the silent orders by their dates.

        An order dated before the pass that was listed proves "change". An order that reached the warehouse or changed
        during the time the pass covers, and that only a pass from its own date lists, proves "order_date".
        """
        for number in self.seen:
            record = self.open.get(number)
            if record and record.placed_at and record.placed_at < since - ZONE_DOUBT:
                return "change"
        silent = {number: record for number, record in self.open.items() if number not in self.seen}
        oldest = max(self._oldest_order_date(silent.values()), self._earliest)
        if not silent or oldest >= since:
            return None
        for _ in self._pages(oldest):
            pass
        for number in self.seen & silent.keys():
            record = silent[number]
            known_from = record.seen_at or record.submitted_at
            is_news = record.seen_at is None or self._statuses[number] != record.warehouse_status
            if is_news and known_from is not None and known_from >= since:
                return "order_date"
        return None

    def _oldest_order_date(self, orders: Iterable[OrderSummary]) -> datetime:
        dates = [order.placed_at or order.created_at for order in orders]
        return min(dates, default=self._ws.now()) - ZONE_DOUBT

    # The straggler pass

    def stragglers(self) -> None:
        """Ask by number for open orders that no bulk pass has shown for too long, the longest silent first."""
        silent = [order for number, order in self.open.items() if number not in self.seen and self._is_due(order)]
        silent.sort(key=lambda order: order.heard_of_at)
        for order in silent[:STRAGGLERS_PER_RUN]:
            self._ws.deadline.require(STEP)
            try:
                reported = self._ws.warehouse.order(order.number)
            except Exception as error:  # noqa: BLE001  other errors are raised
                self._comes_again(put_aside(self._ws, order, error, _JOB))
                continue
            if reported is not None and not reported.presumed:
                self._report([reported], asked=True)
            elif record := self._ws.ledger.get(order.merchant, order.billbee_id):
                self._missing(record, reported)
        if len(silent) <= STRAGGLERS_PER_RUN:  # otherwise the next run asks for others of this portion
            went_through(self._ws, _JOB, self._portion)

    def _is_due(self, order: OrderSummary) -> bool:
        """Orders that have waited for long are asked about less often; those that were never seen, at once."""
        if order.seen_at is None and order.submitted_at is None:
            return True
        now = self._ws.now()
        # Once the reading of the list is known, this is a second safety net.
        least = SILENT_TOO_LONG if self._means is None else SILENT_THOUGH_LISTED
        patience = max(least, (now - (order.submitted_at or order.created_at)) / 2)
        return now - order.heard_of_at > patience

    def _missing(self, record: LedgerOrder, presumed: WarehouseOrder | None) -> None:
        if presumed is not None:
            reason = f"the warehouse shows it as {presumed.number.written}: set bibi.order_prefix if that is a prefix"
            logger.warning("Order is shown behind a prefix that is not set", extra={"order_id": record.billbee_id})
        else:
            reason = "the warehouse does not show this order: ask the warehouse about it"
            logger.error("Order is not at the warehouse", extra={"order_id": record.billbee_id})
        try:
            self._ws.ledger.note(
                record,
                why=reason if record.reason != reason else None,
                call="bibi orderStatus",
                reason=reason,
                seen_at=self._ws.now(),
            )
        except LedgerConflict:
            return

    # What was reported

    def _report(self, reported: Iterable[WarehouseOrder], *, asked: bool = False) -> None:
        """Tell Billbee a page of reports. An order that fails is put aside; the others continue.

        Raises:
            RetryableError: Billbee cannot be used now, or the invocation is about to end.
        """
        listed = ByNumber((order.number, order) for order in reported)
        ours = {number: found for number in self.open if (found := listed.get(number)) is not None}
        self._learn_prefix(listed, ours)
        self.seen |= ours.keys()
        self._statuses |= {number: found.status_text for number, found in ours.items()}
        records = self._watched(n for n, found in ours.items() if asked or _may_be_news(self.open[n], found))
        if self._look_at_closed or not self.knows_all:
            records |= self._others(number for number in listed if number not in ours)
        self.seen |= records.keys()
        for number, record in records.items():
            self._ws.deadline.require(STEP)
            if (found := listed.get(number)) is None:
                continue  # the account distinguishes case and lists others of nearly this number
            if self._passes_over(record):
                continue
            try:
                recovered(self._ws, report_progress(self._ws, record, found, asked=asked), _JOB)
            except LedgerConflict:
                continue  # another worker has it; the next pass looks again
            except Unwritable:
                self._ws.note_unwritable([record.billbee_id])
            except (RetryableError, UnknownOutcome) as error:
                if self._patience.is_over(error):
                    raise
                logger.warning("Order put aside", extra={"order_id": record.billbee_id, "error": str(error)})
                self._put_aside = error
            except Exception as error:  # noqa: BLE001  other errors are raised
                self._comes_again(put_aside(self._ws, record, error, _JOB))
            else:
                self._patience.went_well()

    def _passes_over(self, record: LedgerOrder) -> bool:
        """Whether an order is not to be touched now; for one that waits, the message comes again (R31)."""
        if not is_passed_over(self._ws, record):
            return False
        if not record.is_quarantined:
            self._comes_again(ComesAgain(_JOB, waits(self._ws, record)))
        return True

    def _comes_again(self, error: ComesAgain | None) -> None:
        self._put_aside = self._put_aside or error

    def _learn_prefix(self, listed: ByNumber[WarehouseOrder], ours: Mapping[OrderNumber, WarehouseOrder]) -> None:
        """Remember how a page shows that the account writes our numbers (R28)."""
        numbers = self._ws.account_numbers
        if ours:
            written = next(iter(ours.values())).number
            example = written.written if written.written_prefix else ""
            numbers.learn(Habits(writes=written.written_prefix, example=example))
        elif self.knows_all and (hidden := hidden_numbers(self.open, listed)):
            prefix, example = next(iter(hidden.values()))
            numbers.learn(Habits(writes=prefix, example=example))

    def _watched(self, numbers: Iterable[OrderNumber]) -> dict[OrderNumber, LedgerOrder]:
        """The present records of open orders."""
        ids = {number: self.open[number].billbee_id for number in numbers}
        records = self._ws.ledger.get_many(self._ws.merchant, ids.values())
        found = {number: records[billbee_id] for number, billbee_id in ids.items() if billbee_id in records}
        return {number: record for number, record in found.items() if record.status in _WATCHED}

    def _others(self, numbers: Iterable[OrderNumber]) -> dict[OrderNumber, LedgerOrder]:
        """Our closed orders, because late parcels and returns still count. If not all open orders are known, also
        those.

        Each is listed by several passes, so slightly stale records are good enough: every message is first noted by
        version.
        """
        by_id = self._ws.settings.bibi.number_is_billbee_id
        records = self._ws.ledger.of_numbers(self._ws.merchant, numbers, by_id=by_id, consistent=False)
        wanted = {Status.SHIPPED} if self._look_at_closed else set[Status]()
        wanted |= set() if self.knows_all else _WATCHED
        return {number: record for number, record in records.items() if record.status in wanted}

    def finish(self) -> None:
        """Raise the error that was put aside while the other orders continued, so that the message comes again."""
        if self._put_aside is not None:
            raise self._put_aside
