"""What the first screen shows: what needs a person, what is open, and how the jobs went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from orderbridge.billing.billing_records import BillingState
from orderbridge.billing.explain_billing import unbilled
from orderbridge.desk.board import worklist
from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.desk.board.kept_orders import shipped_work
from orderbridge.desk.board.waiting import Group, by_age, grouped
from orderbridge.desk.open_promises import OpenPromise, most_urgent_first, promise_of
from orderbridge.desk.troubles.find_troubles import EVERY, allowed, find_troubles, find_vanished
from orderbridge.desk.troubles.trouble import Trouble, TroubleKind
from orderbridge.desk.troubles.watched import Watched
from orderbridge.desk.wording import NOTHING
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.health import Health, JobHealth
from orderbridge.merchants.promise import Standing

if TYPE_CHECKING:
    from orderbridge.desk.board.shops import Shop
    from orderbridge.desk.board.worklist import Entry
    from orderbridge.ledger.record import LedgerOrder, OrderSummary
    from orderbridge.merchants.registry import MerchantListing, Pause
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table

READ_AT_MOST: Final = 2000
"""How many orders of a merchant and kind are read for a page."""
ENDED_AT_MOST: Final = 500
"""How many rejected or cancelled orders of a merchant are read: the latest."""
FEW: Final = 20
"""For so few merchants the troubles are looked for at once; of more, those that the watch knows are shown."""
NAMED: Final = 4
"""How many orders of a kind the first screen names; the others are counted."""
LATELY: Final = timedelta(hours=24)


@dataclass(frozen=True)
class JobLine:
    """How a job of a merchant last went. ``overdue``: it has not succeeded in time."""

    merchant: str
    job: JobHealth
    overdue: bool

    @property
    def is_bad(self) -> bool:
        return self.overdue or self.job.error is not None


@dataclass(frozen=True)
class Workbench:
    """The first screen, of all merchants or of one.

    Attributes:
        shops: all merchants.
        chosen: the only one that is shown.
        work: what needs a person, the most urgent first.
        records: of the orders in it that are named, by merchant and id.
        urgent: the open orders that are late by their promise, or have to leave today, the most urgent first.
        promises: how many open orders have a promise.
        groups: the open orders, by what they wait for.
        ages: how many are open by age, see `waiting.AGES`.
        shipped, cancelled: orders that ended so in the last 24 hours.
        cut: whether there may be more orders than were read.
        failed: about how many dead letters there are; None if the queues could not be asked.
        pause: set while all merchants are paused.
    """

    now: datetime
    shops: Sequence[Shop]
    chosen: str | None
    work: Sequence[Entry] = ()
    records: dict[tuple[str, int], LedgerOrder] = field(default_factory=dict)
    urgent: Sequence[OpenPromise] = ()
    promises: int = 0
    groups: Sequence[Group] = ()
    ages: Sequence[int] = ()
    shipped: int = 0
    cancelled: int = 0
    rehearsed: int = 0
    jobs: Sequence[JobLine] = ()
    failed: int | None = 0
    pause: Pause | None = None
    cut: bool = False

    @property
    def shown(self) -> list[Shop]:
        return [shop for shop in self.shops if self.chosen in (None, shop.name)]

    @property
    def to_do(self) -> list[Entry]:
        """What nobody has acknowledged yet."""
        return [entry for entry in self.work if entry.acknowledged is None]

    @property
    def open_orders(self) -> int:
        return sum(group.orders for group in self.groups)


@dataclass
class _Orders:
    """The orders of the merchants that are shown, as far as they are read."""

    open: list[OrderSummary] = field(default_factory=list)
    ended: list[OrderSummary] = field(default_factory=list)
    quarantined: list[OrderSummary] = field(default_factory=list)
    rehearsed: int = 0
    cut: bool = False


def read_workbench(
    table: Table,
    clock: Clock,
    listing: MerchantListing,
    shops: Sequence[Shop],
    chosen: str | None,
    failed: int | None,
    *,
    everybody: bool = True,
) -> Workbench:
    """The first screen. Of each merchant it reads what is on a few shelves of the index, and of all orders none.

    Args:
        everybody: the listing has all merchants; to find those without settings, all others have to be known.
    """
    now = clock.now()
    shown = [shop for shop in shops if chosen in (None, shop.name)]
    ledger = Ledger(table, clock)
    orders = _Orders()
    for shop in shown:
        _read(orders, ledger, shop, now)
    troubles = _troubles(table, clock, listing, shown, everybody=everybody and chosen is None, cut=orders.cut)
    entries = [
        *worklist.of_troubles(troubles),
        *map(worklist.quarantined, orders.quarantined),
        *_some(worklist.of_open(order, now) for order in orders.open),
        *_some(worklist.of_ended(order) for order in orders.ended),
        *_kept(table, ledger, shown),
        *_misbilled(table, clock, shown),
    ]
    arranged = worklist.arranged(entries, Acknowledgements(table, clock).of(entries))
    promises = _promises(orders.open, shown, now)
    urgent = [one for one in promises if one.standing is not Standing.ON_TIME]
    named = ((one.order.merchant, one.order.billbee_id) for one in urgent[:NAMED])
    records = ledger.of_many(chain(_named(arranged), named))
    ended = [order for order in orders.ended if now - order.shelved_at <= LATELY]
    health = Health(table, clock).of_many(shop.name for shop in shown)
    return Workbench(
        now=now,
        shops=shops,
        chosen=chosen,
        work=[entry for entry in arranged if not _is_over(entry, records)],
        records=records,
        urgent=urgent,
        promises=len(promises),
        groups=grouped(orders.open),
        ages=by_age(orders.open, now),
        shipped=sum(order.status is Status.SHIPPED for order in ended),
        cancelled=sum(order.status is Status.CANCELLED for order in ended),
        rehearsed=orders.rehearsed,
        jobs=[JobLine(name, job, is_overdue(job, now)) for name, one in sorted(health.items()) for job in one.jobs],
        failed=failed,
        pause=listing.pause,
        cut=orders.cut,
    )


def _promises(orders: Sequence[OrderSummary], shown: Sequence[Shop], now: datetime) -> list[OpenPromise]:
    """The open orders that have a promise, the most urgent first (R42)."""
    settings = {shop.name: shop.settings.promise for shop in shown if shop.settings}
    found = (promise_of(settings[one.merchant], one, now) for one in orders if one.merchant in settings)
    return most_urgent_first(one for one in found if one is not None)


def is_overdue(job: JobHealth, now: datetime) -> bool:
    return job.job in EVERY and job.succeeded_at is not None and now - job.succeeded_at > allowed(job.job)


def _read(orders: _Orders, ledger: Ledger, shop: Shop, now: datetime) -> None:
    """Add what a merchant has on its shelves."""
    open_orders = list(ledger.open_orders(shop.name, at_most=READ_AT_MOST))
    orders.cut = orders.cut or len(open_orders) == READ_AT_MOST
    orders.open += open_orders
    orders.quarantined += islice(ledger.quarantined_orders(shop.name), READ_AT_MOST)
    for status in (Status.REJECTED, Status.CANCELLED):
        orders.ended += islice(ledger.ended_orders(shop.name, status), ENDED_AT_MOST)
    orders.ended += islice(ledger.ended_orders(shop.name, Status.SHIPPED, since=now - LATELY), READ_AT_MOST)
    if shop.rehearses:
        orders.rehearsed += sum(1 for _ in islice(ledger.rehearsed_orders(shop.name), READ_AT_MOST))


def _troubles(
    table: Table, clock: Clock, listing: MerchantListing, shown: Sequence[Shop], *, everybody: bool, cut: bool
) -> list[Trouble]:
    """What is wrong with the merchants. While all are paused, nothing is."""
    if listing.pause is not None:
        return []
    found = find_vanished(listing.merchants, table, clock) if everybody else []
    if len(shown) <= FEW and not cut:  # looking reads the open orders again
        return found + find_troubles({shop.name: listing.merchants[shop.name] for shop in shown}, table, clock)
    known = Watched(table, clock).of_many(shop.name for shop in shown)
    kinds = {kind.value: kind for kind in TroubleKind}
    return found + [
        Trouble(merchant, kinds[one.kind], one.words, NOTHING, one.count, one.about, one.since)
        for merchant, memory in sorted(known.items())
        for one in memory.troubles.values()
        if one.gone_at is None and one.kind in kinds
    ]


def _kept(table: Table, ledger: Ledger, shown: Sequence[Shop]) -> Iterable[Entry]:
    """The shipped orders that need a person, however long ago they left."""
    wanted = [(shop.name, billbee_id) for shop in shown for billbee_id in shipped_work(table, shop.name)]
    return _some(worklist.of_ended(record) for record in ledger.of_many(wanted).values())


def _misbilled(table: Table, clock: Clock, shown: Sequence[Shop]) -> Iterable[Entry]:
    settings = {shop.name: shop.settings for shop in shown if shop.settings}
    for one in unbilled(table, clock, settings):
        if one.record.state in (BillingState.DIFFERS, BillingState.MISSING):
            yield worklist.misbilled(one.order, one.record.since, one.text)


def _named(entries: Sequence[Entry]) -> Iterator[tuple[str, int]]:
    """The orders whose records are needed: those that are shown, and those that may be over."""
    shown: Counter[worklist.Work] = Counter()
    for entry in entries:
        if entry.order is None:
            continue
        shown[entry.work] += entry.acknowledged is None
        if entry.work is worklist.Work.CHANGED or (entry.acknowledged is None and shown[entry.work] <= NAMED):
            yield entry.order.merchant, entry.order.billbee_id


def _is_over(entry: Entry, records: Mapping[tuple[str, int], LedgerOrder]) -> bool:
    """Whether an order that had been changed is as the warehouse has it again."""
    if entry.work is not worklist.Work.CHANGED or entry.order is None:
        return False
    record = records.get((entry.order.merchant, entry.order.billbee_id))
    return record is not None and record.difference is None


def _some(found: Iterable[Entry | None]) -> Iterable[Entry]:
    return (entry for entry in found if entry is not None)
