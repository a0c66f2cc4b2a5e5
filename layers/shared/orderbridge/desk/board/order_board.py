"""The data of the order board: the orders that need attention first, and how the jobs went. It only reads, and no more
than fits on a page.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.billing.explain_billing import UnbilledOrder, explain_billing, unbilled
from orderbridge.desk.board.viewer import EVERYTHING, Viewer
from orderbridge.desk.next_step import is_stuck, next_step_in_words
from orderbridge.desk.troubles.find_troubles import EVERY, allowed, find_troubles, find_vanished
from orderbridge.desk.troubles.open_orders import OPEN_TOO_LONG
from orderbridge.desk.troubles.trouble import Trouble
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, Status
from orderbridge.ledger.order_number import tidy_number
from orderbridge.ledger.record import LedgerOrder, OrderSummary
from orderbridge.ledger.sku import Sku
from orderbridge.ledger.tags import Tags
from orderbridge.merchants.breaker import outages
from orderbridge.merchants.health import Health, JobHealth
from orderbridge.merchants.settings import MerchantSettings, find_settings
from orderbridge.platform.errors import OrderbridgeError, SettingsError
from orderbridge.platform.observability import logger
from orderbridge.stock.movement_records import MovementRecords
from orderbridge.stock.stock_records import StockRecord, StockRecords

if TYPE_CHECKING:
    from orderbridge.jobs.dead_letters import DeadLetter, DeadLetters
    from orderbridge.merchants.registry import MerchantListing, Pause
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table
    from orderbridge.stock.movements import Note

ZONE: Final = ZoneInfo("Europe/Berlin")
"""The zone of all times that are shown, and of "today"."""
SHOWN: Final = 200
"""How many orders a column has, and how many rows a list has."""
READ_AT_MOST: Final = 2000
"""How many orders of a merchant and kind are read for a page."""
REJECTED_WITHIN: Final = timedelta(days=14)
_LONGEST_NUMBER: Final = 100


class UnknownMerchant(OrderbridgeError):
    """There is no such merchant.

    Attributes:
        similar: names of merchants with a similar spelling.
    """

    def __init__(self, name: str, similar: list[str]) -> None:
        super().__init__(f"there is no merchant {name!r}")
        self.similar = similar


@dataclass(frozen=True)
class Shop:
    """A merchant. ``settings`` is None if they cannot be read."""

    name: str
    settings: MerchantSettings | None

    @property
    def mode(self) -> str:
        return self.settings.mode if self.settings else "bad settings"

    @property
    def tags(self) -> Tags | None:
        return Tags(self.settings.billbee.order_tag) if self.settings else None


@dataclass(frozen=True)
class Card:
    """One order on the board, with its tracking numbers. ``why`` says what is wrong with it, if anything."""

    order: OrderSummary
    why: str = ""
    parcels: tuple[str, ...] = ()


@dataclass
class Column:
    """One column.

    Attributes:
        cards: those that are shown.
        total: how many there are.
        cut: whether there may be more, because no more were read.
    """

    title: str
    about: str
    cards: list[Card] = field(default_factory=list)
    total: int = 0
    cut: bool = False

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.cards)


@dataclass(frozen=True)
class JobLine:
    """How a job of a merchant last went. ``overdue``: it has not succeeded in time."""

    merchant: str
    job: JobHealth
    overdue: bool


@dataclass(frozen=True)
class Board:
    """The board of all merchants, or of one.

    Attributes:
        shops: all merchants.
        chosen: the only one that is shown.
        failed: about how many dead letters there are; None if the queues could not be asked.
        pause: set while all merchants are paused.
    """

    now: datetime
    shops: list[Shop]
    chosen: str | None
    columns: list[Column]
    troubles: list[Trouble]
    jobs: list[JobLine]
    failed: int | None
    pause: Pause | None = None


@dataclass(frozen=True)
class OrderView:
    """One order, what happens next with it, and how it is billed, if that is compared."""

    now: datetime
    shop: Shop
    order: LedgerOrder
    next_step: str
    billing: str | None = None


@dataclass(frozen=True)
class StockView:
    """The shown stock records of a merchant: the one that was asked for, or all of them.

    Attributes:
        asked: the SKU that was asked for.
        similar: SKUs with a similar spelling, if the one that was asked for is missing.
        moves: its last movements in the warehouse, the newest last.
    """

    now: datetime
    shop: Shop
    asked: str
    record: StockRecord | None = None
    records: list[StockRecord] = field(default_factory=list)
    total: int = 0
    similar: list[str] = field(default_factory=list)
    moves: tuple[Note, ...] = ()


class OrderBoard:
    """Reads what the pages show. Any call may raise what boto3 raises.

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
        self._health = Health(table, clock)
        self._whole_listing = listing
        self._viewer = viewer
        self._dead_letters = dead_letters
        self._clock = clock
        self._now = clock.now

    def board(self, chosen: str | None = None) -> Board:
        """The board of one merchant, or of all. Raises UnknownMerchant."""
        now = self._now()
        listing, shops = self._listing(), self.shops()
        shown = [self.shop(chosen).name] if chosen else [shop.name for shop in shops]
        columns = _Columns(now)
        # To find those without settings, all others have to be known.
        whole = chosen is None and self._viewer.merchants is None
        troubles = find_vanished(listing.merchants, self._table, self._clock) if whole else []
        jobs: list[JobLine] = []
        for name in shown:
            cut = self._fill(columns, name, now)
            if not cut and listing.pause is None:  # that would read all of them again
                troubles += find_troubles({name: listing.merchants[name]}, self._table, self._clock)
            jobs += [JobLine(name, job, _is_overdue(job, now)) for job in self._health.jobs(name)]
        finished = columns.finished()
        for column in finished:
            column.cards = self._with_parcels(column.cards)
        return Board(now, shops, chosen, finished, troubles, jobs, self._count_failed(), listing.pause)

    def order(self, merchant: str, billbee_id: int) -> OrderView | None:
        """One order, or None if the ledger does not have it. Raises UnknownMerchant."""
        shop = self.shop(merchant)
        record = self._ledger.get(merchant, billbee_id)
        if record is None:
            return None
        now = self._now()
        holds = shop.settings is not None and shop.settings.billing.holds
        down = outages(self._table, merchant)
        following = next_step_in_words(record, shop.tags, now, until_billed=holds, down=down)
        return OrderView(now, shop, record, following, explain_billing(self._table, self._clock, record, shop.settings))

    def unbilled(self) -> list[UnbilledOrder]:
        """The orders of all merchants with Abillify that are not, or not yet, billed as they were sold."""
        return unbilled(self._table, self._clock, {shop.name: shop.settings for shop in self.shops() if shop.settings})

    def search(self, number: str) -> list[LedgerOrder]:
        """The orders of all merchants with this number: Billbee's id, or the shop's number."""
        wanted = tidy_number(number)
        if not wanted or len(wanted) > _LONGEST_NUMBER:
            return []
        found = [order for name in sorted(self._merchants()) for order in self._ledger.find(name, wanted)]
        return found[:SHOWN]

    def stock(self, merchant: str, sku: str = "") -> StockView:
        """The explained figure of a SKU; without one, all SKUs. Raises UnknownMerchant."""
        shop, records = self.shop(merchant), StockRecords(self._table, merchant, self._clock)
        wanted = sku.strip()
        if wanted:
            found = records.get_many([wanted]).get(Sku(wanted)) if len(wanted) <= _LONGEST_NUMBER else None
            if found:
                moves = MovementRecords(self._table, merchant).get_many([wanted]).get(Sku(wanted))
                return StockView(self._now(), shop, wanted, found, moves=moves.last if moves else ())
        everything = records.all()
        if wanted:
            by_name = {Sku(record.sku).key: record.sku for record in everything}
            near = difflib.get_close_matches(wanted.casefold()[:_LONGEST_NUMBER], by_name, n=5)
            return StockView(self._now(), shop, wanted, similar=[by_name[name] for name in near])
        everything.sort(key=lambda record: (not record.unknown, not record.due, Sku(record.sku).key))
        return StockView(self._now(), shop, "", records=everything[:SHOWN], total=len(everything))

    def failed(self) -> list[DeadLetter]:
        """The dead letters that the viewer may see, the oldest first."""
        return [letter for letter in self._dead_letters.all() if self._viewer.sees(letter.merchant)][:SHOWN]

    def shops(self) -> list[Shop]:
        """All merchants, by name."""
        return [_shop(name, text) for name, text in sorted(self._merchants().items())]

    def shop(self, merchant: str) -> Shop:
        """A merchant. Raises UnknownMerchant."""
        texts = self._merchants()
        if merchant not in texts:
            raise UnknownMerchant(merchant, difflib.get_close_matches(merchant, texts, n=3))
        return _shop(merchant, texts[merchant])

    def _listing(self) -> MerchantListing:
        return self._viewer.limited(self._whole_listing())

    def _merchants(self) -> dict[str, str]:
        return self._listing().merchants

    def _with_parcels(self, cards: Sequence[Card]) -> list[Card]:
        """The cards with the tracking numbers of what has left, which the index does not hold."""
        left: dict[str, list[int]] = {}
        for card in cards:
            if card.order.status in (Status.SHIPPED, Status.PARTIALLY_SHIPPED):
                left.setdefault(card.order.merchant, []).append(card.order.billbee_id)
        records = {name: self._ledger.get_many(name, ids) for name, ids in left.items()}
        found = [(card, records.get(card.order.merchant, {}).get(card.order.billbee_id)) for card in cards]
        return [replace(card, parcels=tuple(record.parcels)) if record else card for card, record in found]

    def _count_failed(self) -> int | None:
        try:
            if self._viewer.merchants is not None:
                return len(self.failed())
            return sum(self._dead_letters.counts().values())
        except (BotoCoreError, ClientError) as error:  # the orders can be shown anyway
            logger.warning("Dead letters not counted", extra={"error": type(error).__name__})
            return None

    def _fill(self, columns: _Columns, merchant: str, now: datetime) -> bool:
        """Put a merchant's orders into the columns. True if there are more open ones than were read."""
        orders = list(self._ledger.open_orders(merchant, at_most=READ_AT_MOST))
        for order in orders:
            columns.add_open(order)
        today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        quarantined = list(islice(self._ledger.quarantined_orders(merchant), READ_AT_MOST))
        columns.attention.take(quarantined, "quarantined after an unexpected error")
        columns.attention.take(self._ended(merchant, Status.REJECTED, now - REJECTED_WITHIN), "rejected", rank=1)
        columns.shipped.take(self._ended(merchant, Status.SHIPPED, today))
        columns.cancelled.take(self._ended(merchant, Status.CANCELLED, today))
        columns.rehearsed.take(list(islice(self._ledger.rehearsed_orders(merchant), READ_AT_MOST)))
        if cut := len(orders) == READ_AT_MOST:
            columns.cut_open()
        return cut

    def _ended(self, merchant: str, status: Status, since: datetime) -> list[OrderSummary]:
        return list(islice(self._ledger.ended_orders(merchant, status, since=since), READ_AT_MOST))


class _Pile:
    """The orders of a column: all are counted; those with the smallest keys are shown."""

    def __init__(self, title: str, about: str) -> None:
        self._column = Column(title, about)
        self._cards: list[tuple[tuple[int, float], Card]] = []

    def put(self, order: OrderSummary, why: str = "", *, rank: int = 0, newest_first: bool = False) -> None:
        moved = order.moved_at.timestamp()
        self._cards.append(((rank, -moved if newest_first else moved), Card(order, why)))

    def take(self, orders: Sequence[OrderSummary], why: str = "", *, rank: int = 0) -> None:
        """Orders of one merchant that came to an end, the latest first."""
        for order in orders:
            self.put(order, why, rank=rank, newest_first=True)
        if len(orders) == READ_AT_MOST:
            self.cut()

    def cut(self) -> None:
        """Note that there may be more than were put here."""
        self._column.cut = True

    def finished(self) -> Column:
        self._cards.sort(key=lambda entry: entry[0])
        self._column.cards = [card for _, card in self._cards[:SHOWN]]
        self._column.total = len(self._cards)
        return self._column


class _Columns:
    """The board's columns, from left to right, the most important first."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.attention = _Pile(
            "Needs attention",
            f"Quarantined, rejected in the last {REJECTED_WITHIN.days} days, stuck, on hold, or open for more than "
            f"{OPEN_TOO_LONG.days} days.",
        )
        self.coming = _Pile("On their way in", "Imported, and not yet confirmed in Billbee.")
        self.warehouse = _Pile("At the warehouse", "Confirmed, and not completely shipped.")
        self.shipped = _Pile("Shipped today", "The shop has the parcels and the state.")
        self.cancelled = _Pile("Cancelled today", "Not shipped, as asked or as the warehouse decided.")
        self.rehearsed = _Pile("Rehearsed", "Tried in mode test; the warehouse kept nothing.")

    def add_open(self, order: OrderSummary) -> None:
        open_for = self._now - order.shelved_at
        if is_stuck(order, self._now):
            self.attention.put(order, f"stuck for {span(self._now - order.moved_at)}", rank=0)
        elif order.status is Status.HELD:
            self.attention.put(order, f"on hold for {span(self._now - order.moved_at)}", rank=2)
        elif open_for > OPEN_TOO_LONG:
            self.attention.put(order, f"open for {span(open_for)}", rank=3)
        elif order.status in BEFORE_WAREHOUSE or order.status is Status.SUBMITTED:
            self.coming.put(order)
        elif order.status in AT_WAREHOUSE:
            self.warehouse.put(order)
        else:  # it has ended, and the shop does not know yet
            self.attention.put(order, str(order.status), rank=1)

    def cut_open(self) -> None:
        for pile in (self.attention, self.coming, self.warehouse):
            pile.cut()

    def finished(self) -> list[Column]:
        always = [pile.finished() for pile in (self.attention, self.coming, self.warehouse, self.shipped)]
        seldom = [pile.finished() for pile in (self.cancelled, self.rehearsed)]
        return always + [column for column in seldom if column.total]


def span(length: timedelta) -> str:
    """A length of time in its largest unit, e.g. ``"45 minutes"``, ``"3 days"``."""
    minutes = int(length / timedelta(minutes=1))
    for size, unit in ((2 * 24 * 60, "day"), (2 * 60, "hour"), (0, "minute")):
        if minutes >= size:
            count = minutes // {"day": 24 * 60, "hour": 60, "minute": 1}[unit]
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "0 minutes"


def _shop(name: str, text: str) -> Shop:
    try:
        return Shop(name, find_settings(name, text).settings)
    except SettingsError:  # the troubles name the wrong key
        return Shop(name, None)


def _is_overdue(job: JobHealth, now: datetime) -> bool:
    return job.job in EVERY and job.succeeded_at is not None and now - job.succeeded_at > allowed(job.job)
