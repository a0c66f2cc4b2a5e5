"""What the order board reads for its pages. It only reads, and no more than fits on a page."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.billing.explain_billing import UnbilledOrder, explain_billing, unbilled
from orderbridge.desk.board import goods
from orderbridge.desk.board.figures_page import FiguresShown
from orderbridge.desk.board.order_list import OrderList, read_orders, shown_named
from orderbridge.desk.board.search import LONGEST, Found, search
from orderbridge.desk.board.shops import Shop, UnknownMerchant, all_shops, shop_named
from orderbridge.desk.board.viewer import EVERYTHING, Viewer
from orderbridge.desk.board.workbench import READ_AT_MOST, Workbench, read_workbench
from orderbridge.desk.digest_records import Digests
from orderbridge.desk.next_step import next_step_in_words
from orderbridge.figures.figures import Figures
from orderbridge.figures.view import FiguresView
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.record import LedgerOrder, OrderSummary
from orderbridge.ledger.sku import Sku
from orderbridge.merchants.breaker import outages
from orderbridge.platform.observability import logger
from orderbridge.stock.low_stock import Low, LowSku, Sales
from orderbridge.stock.low_stock_records import LowStockRecords, SalesPages
from orderbridge.stock.movement_records import MovementRecords
from orderbridge.stock.stock_records import StockRecord, StockRecords

if TYPE_CHECKING:
    from orderbridge.desk.digest_report import Report
    from orderbridge.desk.wording import Words
    from orderbridge.inbound.notice_records import NoticeRecord
    from orderbridge.jobs.dead_letters import DeadLetter, DeadLetters
    from orderbridge.merchants.registry import MerchantListing
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table
    from orderbridge.stock.movements import Note

__all__ = ["OrderBoard", "OrderView", "StockView", "UnknownMerchant"]
SHOWN: Final = 200
"""How many rows a list of SKUs or messages has."""


@dataclass(frozen=True)
class OrderView:
    """One order, what happens next with it, and how it is billed, if that is compared."""

    shop: Shop
    order: LedgerOrder
    next_step: Words
    billing: str | None = None


@dataclass(frozen=True)
class StockView:
    """The shown stock records of a merchant: the one that was asked for, or all of them.

    Attributes:
        asked: the SKU that was asked for.
        similar: SKUs with a similar spelling, if the one that was asked for is missing.
        moves: its last movements in the warehouse, the newest last.
        wanted_by: the open orders with it, the oldest first, each with its pieces.
        sales: what the shop sold of it in 30 days; None if not known.
        low: the shown SKUs that run low, by SKU (R45).
    """

    shop: Shop
    asked: str
    record: StockRecord | None = None
    records: Sequence[StockRecord] = field(default_factory=list)
    total: int = 0
    similar: Sequence[str] = field(default_factory=list)
    moves: tuple[Note, ...] = ()
    wanted_by: Sequence[tuple[OrderSummary, int]] = ()
    sales: Sales | None = None
    low: Mapping[Sku, LowSku] = field(default_factory=dict)

    @property
    def days_of_cover(self) -> int | None:
        """Whole days for which the pieces that are promised to nobody last at the pace of the last 30."""
        if self.record is None or self.sales is None:
            return None
        free = self.record.physical - self.record.allocated - self.record.elsewhere - self.record.buffer
        return LowSku(self.record.sku, Low.FEW_DAYS, max(0, free), sold=self.sales.sold).days


class OrderBoard:
    """Reads what the pages show. Any call may raise what boto3 raises; those that name a merchant, UnknownMerchant.

    Args:
        listing: gives all merchants.
        viewer: for whom; a merchant that they may not see is as if it did not exist (R44).
    """

    def __init__(
        self,
        table: Table,
        listing: Callable[[], MerchantListing],
        dead_letters: DeadLetters,
        clock: Clock,
        viewer: Viewer = EVERYTHING,
    ) -> None:
        self._table = table
        self._ledger = Ledger(table, clock)
        self._whole_listing = listing
        self._viewer = viewer
        self._dead_letters = dead_letters
        self._clock = clock

    def workbench(self, chosen: str | None = None) -> Workbench:
        """The first screen of one merchant, or of all."""
        self._chosen(chosen)
        return read_workbench(
            self._table,
            self._clock,
            self._listing(),
            self.shops(),
            chosen,
            self._count_failed(),
            everybody=self._viewer.merchants is None,
        )

    def order(self, merchant: str, billbee_id: int) -> OrderView | None:
        """One order, or None if the ledger does not have it."""
        shop = self.shop(merchant)
        record = self._ledger.get(merchant, billbee_id)
        if record is None:
            return None
        holds = shop.settings is not None and shop.settings.billing.holds
        down = outages(self._table, merchant)
        following = next_step_in_words(record, shop.tags, self._clock.now(), until_billed=holds, down=down)
        return OrderView(shop, record, following, explain_billing(self._table, self._clock, record, shop.settings))

    def orders(self, chosen: str | None, show: str, begin: str) -> OrderList:
        """A page of a list of orders. ``show`` and ``begin`` are as in an address; unknown ones are left out."""
        try:
            moment = datetime.fromisoformat(begin) if begin else None
            if moment is not None and (moment.tzinfo is None or not 1 < moment.year < MAXYEAR):
                moment = None
        except ValueError:
            moment = None
        return read_orders(self._ledger, self._chosen(chosen), chosen, shown_named(show), self._clock.now(), moment)

    def unbilled(self) -> list[UnbilledOrder]:
        """The orders of all merchants with Abillify that are not, or not yet, billed as they were sold."""
        return unbilled(self._table, self._clock, {shop.name: shop.settings for shop in self.shops() if shop.settings})

    def search(self, text: str) -> Found:
        """The orders and SKUs of all merchants whose number this is, or begins so."""
        return search(self._table, self._clock, [shop.name for shop in self.shops()], text)

    def stock(self, merchant: str, sku: str = "") -> StockView:
        """The explained figure of a SKU; without one, all SKUs."""
        shop, records = self.shop(merchant), StockRecords(self._table, merchant, self._clock)
        wanted = sku.strip()
        if wanted:
            found = records.get_many([wanted]).get(Sku(wanted)) if len(wanted) <= LONGEST else None
            if found:
                moves = MovementRecords(self._table, merchant).get_many([wanted]).get(Sku(wanted))
                return StockView(
                    shop,
                    wanted,
                    found,
                    moves=moves.last if moves else (),
                    wanted_by=self._wanting(merchant, wanted),
                    sales=SalesPages(self._table, merchant).all().get(Sku(wanted)),
                )
        everything = records.all()
        if wanted:
            begin = [record.sku for record in everything if Sku(record.sku).key.startswith(Sku(wanted).key)]
            by_name = {Sku(record.sku).key: record.sku for record in everything}
            near = difflib.get_close_matches(wanted.casefold()[:LONGEST], by_name, n=5)
            similar = dict.fromkeys([*begin[:SHOWN], *(by_name[name] for name in near)])
            return StockView(shop, wanted, similar=list(similar))
        low = {Sku(one.sku): one for one in LowStockRecords(self._table, merchant).all()}
        everything.sort(
            key=lambda record: (not record.unknown, Sku(record.sku) not in low, not record.due, Sku(record.sku).key)
        )
        return StockView(shop, "", records=everything[:SHOWN], total=len(everything), low=low)

    def failed(self) -> list[DeadLetter]:
        """The dead letters that the viewer may see, the oldest first."""
        return [letter for letter in self._dead_letters.all() if self._viewer.sees(letter.merchant)][:SHOWN]

    def returns(self, chosen: str | None, begin: str) -> goods.Listed[goods.ReturnLine]:
        return goods.returns(self._table, self._clock, self._names(chosen), begin)

    def inbound(self, chosen: str | None, begin: str) -> goods.Listed[tuple[str, NoticeRecord]]:
        return goods.notices(self._table, self._clock, self._names(chosen), begin)

    def refused_products(self, chosen: str | None, begin: str) -> goods.Listed[goods.RefusedProduct]:
        return goods.refused_products(self._table, self._names(chosen), begin)

    def figures(self, chosen: str | None, days: int) -> FiguresShown:
        """The figures of the last days, today included: one query for each merchant and month."""
        view, names = FiguresView(self._table, self._clock), self._names(chosen)
        since = view.today - timedelta(days=days - 1)
        by_merchant = {name: view.by_day([name], since) for name in names}
        by_day = {
            day: sum((one[day] for one in by_merchant.values()), Figures())
            for day in (since + timedelta(days=n) for n in range(days))
        }
        totals = {name: sum(one.values(), Figures()) for name, one in by_merchant.items()}
        return FiguresShown(days, by_day, totals)

    def calls(self, chosen: str | None) -> list[goods.Calls]:
        return goods.calls(self._table, self._clock, self._chosen(chosen))

    def digests(self, chosen: str | None) -> dict[str, list[date]]:
        """The days of which there is a digest, by merchant, the latest first."""
        return {name: Digests(self._table, name, self._clock).days() for name in self._names(chosen)}

    def digest(self, merchant: str, day: date) -> Report | None:
        """What a merchant's digest of a day says, if there is one."""
        return Digests(self._table, self.shop(merchant).name, self._clock).report(day)

    def shops(self) -> list[Shop]:
        """All merchants, by name."""
        return all_shops(self._listing().merchants)

    def shop(self, merchant: str) -> Shop:
        return shop_named(merchant, self._listing().merchants)

    def _listing(self) -> MerchantListing:
        return self._viewer.limited(self._whole_listing())

    def _chosen(self, chosen: str | None) -> list[Shop]:
        return [self.shop(chosen)] if chosen else self.shops()

    def _names(self, chosen: str | None) -> list[str]:
        return [shop.name for shop in self._chosen(chosen)]

    def _wanting(self, merchant: str, sku: str) -> list[tuple[OrderSummary, int]]:
        found = []
        for order in self._ledger.open_orders(merchant, at_most=READ_AT_MOST):
            pieces = sum(count for one, count in order.pieces.items() if Sku(one) == Sku(sku))
            if pieces:
                found.append((order, pieces))
        return found

    def _count_failed(self) -> int | None:
        try:
            if self._viewer.merchants is not None:
                return len(self.failed())
            return sum(self._dead_letters.counts().values())
        except (BotoCoreError, ClientError) as error:  # the orders can be shown anyway
            logger.warning("Dead letters not counted", extra={"error": type(error).__name__})
            return None
