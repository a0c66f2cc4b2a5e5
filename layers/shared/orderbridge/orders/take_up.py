"""Take up the orders that wait in the ledger, and find out when a vendor that was down answers again (R32).

    a vendor is down ──▶ wake-up, in a lane of its own, probes ──it answers──▶ portion ──▶ portion … ──▶ no order waits
    the sweeper finds stuck orders, a poll finds too many ─────────────────────▲

A portion travels in the merchant's lane. Its successor is sent to the end of the lane, so fresh orders go first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from orderbridge.jobs.deliveries import Delivery, HandBack
from orderbridge.jobs.messages import Message, PushOrder, TakeUp
from orderbridge.jobs.set_aside import is_passed_over
from orderbridge.ledger.lifecycle import BEFORE_WAREHOUSE, Status
from orderbridge.orders.batch import Batch, Item
from orderbridge.orders.push_orders import bring, push_orders
from orderbridge.orders.wake import VENDORS_OF_ORDERS, WOKEN_FOR, begin_chain, wake
from orderbridge.orders.warehouse_books import Doubtful, WarehouseBooks
from orderbridge.platform.errors import Later, LedgerConflict, OutOfTime, Throttled, UpstreamError, VendorDown
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder, OrderSummary
    from orderbridge.orders.ports import Workspace

PORTION: Final = 100
TAKES: Final = 60.0
"""Seconds that must be left to begin with ten orders, so that fresh orders wait for a portion for a minute at most."""
_AT_ONCE: Final = 10
_RENEWED_AFTER: Final = 12
"""After so many deliveries of a wake-up a new one is sent, because its queue gives a message up after 20."""
_FRESH: Final = timedelta(minutes=5)
"""An order that came so shortly before the first portion may have come when the vendor was back, because probes are two
minutes apart.
"""
_OVERLAP: Final = timedelta(minutes=30)
"""An overlap, as for a poll: Billbee's times are cut to the minute and may lag."""
_ORDERS_A_PAGE: Final = 4
"""A page of Billbee's list is read instead of so many single orders."""
_FEWEST: Final = 3
"""A list is read for so many orders."""
_MOST_RUSH_PAGES: Final = 20
_DATE_SLACK: Final = timedelta(hours=25)
"""The inaccuracy of an order's date at the warehouse, which may have no time and an undocumented zone."""
_CHANGE_SLACK: Final = timedelta(hours=1)
_LIST: Final = "warehouse list"


def push_or_take_up(workspace: Workspace, deliveries: Sequence[Delivery[Message]]) -> list[HandBack[Message]]:
    """Process the queue push-orders: single orders first, then a portion of those that wait."""
    orders = [one for one in deliveries if isinstance(one.message, PushOrder)]
    back: list[HandBack[Message]] = []
    if orders:
        batch = Batch(workspace)
        back += cast("list[HandBack[Message]]", push_orders(batch, cast("list[Delivery[PushOrder]]", orders)))
        for vendor in batch.down:
            wake(workspace, vendor, orders[0].message.correlation_id)
    for delivery in deliveries:
        message = delivery.message
        if not isinstance(message, TakeUp):
            continue
        try:
            if message.vendor is None:
                _take_up(workspace, message)
            else:
                _probe(workspace, delivery, message.vendor, message)
        except Exception as error:  # noqa: BLE001  what it is, is told apart where deliveries are handed back
            back.append(HandBack(delivery, error))
    return back


def _probe(workspace: Workspace, delivery: Delivery[Message], vendor: str, message: TakeUp) -> None:
    """Probe whether a vendor answers again; if it does, begin with the orders that wait.

    Raises:
        VendorDown: it does not; the message comes again when the next probe is due.
    """
    breaker = workspace.breaker(vendor)
    if breaker.outage() is not None:
        breaker.woken(workspace.now() + WOKEN_FOR)
        try:
            _ask(workspace, vendor)
        except UpstreamError as error:
            logger.info("Probed", extra={"vendor": vendor, "error": str(error)})
    if breaker.outage() is None:
        begin_chain(workspace, message.correlation_id, workspace.now())
    elif delivery.attempt >= _RENEWED_AFTER:
        workspace.push([message.model_copy(update={"turn": message.turn + 1})])
    else:
        breaker.require("probe")


def _ask(workspace: Workspace, vendor: str) -> None:
    """The cheapest call to a vendor."""
    if vendor == "bibi":
        workspace.warehouse.orders_since(workspace.now())
    else:
        workspace.hub.orders(page=1, tags=(workspace.tags.order_tag,), modified_since=workspace.now())


def _take_up(workspace: Workspace, message: TakeUp) -> None:
    """Take up a portion of the orders that wait, and ask for the next one."""
    backlog = workspace.backlog
    if workspace.rehearsing or not backlog.begin(message.chain, message.turn, message.until):
        return
    try:
        for vendor in VENDORS_OF_ORDERS:
            workspace.breaker(vendor).require("take up orders")
        following = _Portion(workspace, message).work()
    except VendorDown as error:
        backlog.break_off(message.chain)
        wake(workspace, error.vendor, message.correlation_id)
        return
    if following is None and (until := backlog.end(message.chain, message.until)) is not None:
        following = message.model_copy(update={"until": until, "after": None, "tied": (), "rush": True})
    if following is not None:
        workspace.push([following.model_copy(update={"turn": message.turn + 1})])


@dataclass(frozen=True)
class _KeptList:
    """The warehouse's list since a moment, as one chain has read it."""

    books: WarehouseBooks
    since: datetime
    chain: str


class _Portion:
    """A portion of the orders that wait: rush orders and fresh ones first, then those that have waited longest."""

    def __init__(self, workspace: Workspace, message: TakeUp) -> None:
        self._ws = workspace
        self._message = message

    def work(self) -> TakeUp | None:
        """Take the portion up. Returns what is left to do, or None.

        Raises:
            VendorDown: a vendor stopped answering.
            UpstreamError: all of ten orders failed.
        """
        waiting = self._waiting()
        portion = list(islice(waiting, PORTION))
        if self._message.rush and len(portion) > _AT_ONCE:
            urgent = self._urgent_orders()
            done = self._bring(urgent)
            if len(done) < len(urgent):
                return self._message.model_copy(update={"rush": bool(done)})
            if len(urgent) == PORTION:
                return self._message
            tried = {record.billbee_id for record in urgent}
            portion = [record for record in portion if record.billbee_id not in tried]
        done = self._bring(portion)
        if len(done) == len(portion) and next(waiting, None) is None:
            return None
        after, tied = self._message.after, self._message.tied
        if done:
            after = done[-1].shelved_at
            tied = (tied if after == self._message.after else ()) + tuple(
                record.billbee_id for record in done if record.shelved_at == after
            )
        return self._message.model_copy(update={"after": after, "tied": tied, "rush": False})

    def _waiting(self) -> Iterator[LedgerOrder]:
        """The waiting orders, the oldest first, with their present records."""
        listed = self._ws.ledger.open_orders(self._ws.merchant, since=self._message.after)
        due = (one for one in listed if self._waits(one) and one.billbee_id not in self._message.tied)
        while some := list(islice(due, PORTION)):
            yield from self._records(one.billbee_id for one in some)

    def _records(self, billbee_ids: Iterable[int]) -> Iterator[LedgerOrder]:
        ids = list(billbee_ids)
        records = self._ws.ledger.get_many(self._ws.merchant, ids)
        for record in (records[billbee_id] for billbee_id in ids if billbee_id in records):
            if self._waits(record) and not record.rehearsal and not is_passed_over(self._ws, record):
                yield record

    def _waits(self, order: OrderSummary) -> bool:
        return order.is_unfinished(self._ws.now()) and order.shelved_at <= self._message.until

    def _urgent_orders(self) -> list[LedgerOrder]:
        """Rush orders, then those that came when the vendor may have been back already; at most a portion."""
        since = self._message.until - _FRESH
        lately = self._ws.ledger.open_orders(self._ws.merchant, since=since)
        fresh = [one.billbee_id for one in lately if self._waits(one) and (one.placed_at or one.created_at) > since]
        return list(islice(self._records(dict.fromkeys([*self._rush_orders(), *fresh])), PORTION))

    def _rush_orders(self) -> list[int]:
        """Those with the merchant's rush tag, as Billbee lists them."""
        tags, states = self._ws.tags, self._ws.settings.billbee.import_states
        found: list[int] = []
        page = pages = 1
        while page <= min(pages, _MOST_RUSH_PAGES):
            answer = self._ws.hub.orders(page=page, states=states, tags=(tags.order_tag, tags.rush))
            found += [order.id for order in answer.orders if not order.has_tag(tags.received)]
            page, pages = page + 1, answer.total_pages
        return found

    def _bring(self, records: Sequence[LedgerOrder]) -> list[LedgerOrder]:
        """Send orders to the warehouse while there is time. Returns those that were tried."""
        orders = self._read(records)
        done: list[LedgerOrder] = []
        while len(done) < len(records) and self._ws.deadline.has(TAKES):
            ten = records[len(done) : len(done) + _AT_ONCE]
            items = [Item((), record, orders.get(record.billbee_id)) for record in ten]
            batch = Batch(self._ws)
            bring(batch, items)
            self._go_on_with(items)
            for error in batch.down.values():
                raise error
            done += ten
        return done

    def _go_on_with(self, items: Collection[Item]) -> None:
        """An order that must come again gets a message of its own, as if it had just been found.

        Raises:
            Throttled: the portion comes again.
            UpstreamError: all orders failed.
        """
        errors = {item.record.billbee_id: item.error for item in items if item.error is not None}
        passed = (VendorDown, LedgerConflict, Later, Throttled)
        again = [item.record for item in items if item.error is not None and not isinstance(item.error, passed)]
        self._ws.push(
            [
                PushOrder(
                    merchant=record.merchant,
                    correlation_id=self._message.correlation_id,
                    billbee_id=record.billbee_id,
                    version=record.version,
                )
                for record in again
            ]
        )
        for error in errors.values():
            if isinstance(error, Throttled) or (len(errors) == len(items) and isinstance(error, UpstreamError)):
                raise error

    # Reading many at once

    def _read(self, records: Sequence[LedgerOrder]) -> dict[int, Order]:
        """The orders' content by lists of Billbee. Orders that these do not show, or that may be at the warehouse, are
        left out and are read one by one.
        """
        wanted = {record.billbee_id: record for record in records if record.status in BEFORE_WAREHOUSE}
        if len(wanted) < _FEWEST:
            return {}
        try:
            orders = self._listed_by_billbee(wanted)
            queued = [order for order in orders.values() if wanted[order.id].status is Status.QUEUED]
            there = self._may_be_there(queued, wanted.values()) if queued else set()
        except (OutOfTime, Throttled, VendorDown):
            raise
        except UpstreamError as error:
            logger.warning("Orders are read one by one", extra={"error": str(error)})
            return {}
        return {billbee_id: order for billbee_id, order in orders.items() if billbee_id not in there}

    def _listed_by_billbee(self, wanted: Mapping[int, LedgerOrder]) -> dict[int, Order]:
        """The orders that Billbee lists as changed when they were imported. Missing ones are looked up at the time when
        they were placed, because after an outage of Billbee they were imported much later.
        """
        imported = [one.created_at for one in wanted.values()]
        found = self._changed(wanted, min(imported) - _OVERLAP, max(imported))
        missing = {billbee_id: one for billbee_id, one in wanted.items() if billbee_id not in found}
        placed = [one.placed_at for one in missing.values() if one.placed_at is not None]
        if len(placed) >= _FEWEST:
            found |= self._changed(missing, min(placed) - _OVERLAP, max(placed) + _OVERLAP)
        return found

    def _changed(self, wanted: Mapping[int, LedgerOrder], since: datetime, until: datetime) -> dict[int, Order]:
        settings = self._ws.settings.billbee
        found: dict[int, Order] = {}
        page = pages = 1
        while page <= pages <= max(1, len(wanted) // _ORDERS_A_PAGE):
            answer = self._ws.hub.orders(
                page=page,
                states=settings.import_states,
                tags=(settings.order_tag,),
                modified_since=since,
                modified_until=until,
            )
            found |= {order.id: order for order in answer.orders if order.id in wanted}
            page, pages = page + 1, answer.total_pages
        return found

    def _may_be_there(self, orders: Sequence[Order], records: Collection[LedgerOrder]) -> set[int]:
        """Those that the warehouse has already, or may have, by its list (R7)."""
        books = self._books(records)
        found: set[int] = set()
        books.expect(orders, orders)
        for order in orders:
            try:
                if books.has(order):
                    found.add(order.id)
            except Doubtful:
                found.add(order.id)
        return found

    def _books(self, records: Collection[LedgerOrder]) -> WarehouseBooks:
        """The warehouse's list from the time since when these orders can be in it, whatever its ``timestamp`` means. A
        chain reads it once in an environment, because the ledger knows what was sent since then.
        """
        ws, chain = self._ws, self._message.chain
        if ws.cursors.tracking().timestamp_means == "change":
            since = min(record.created_at for record in records) - _CHANGE_SLACK
        else:
            since = min(min(one.created_at, one.placed_at or one.created_at) for one in records) - _DATE_SLACK
        kept = ws.kept.get(_LIST)
        if isinstance(kept, _KeptList) and kept.since <= since and kept.chain == chain:
            return kept.books
        made = _KeptList(WarehouseBooks(ws, self._message.until, since=since, job="take-up"), since, chain)
        ws.kept[_LIST] = made
        return made.books
