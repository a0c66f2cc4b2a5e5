"""The warehouse's books, for a poll that cannot trust the ledger (R10), and for orders that have waited (R32)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.order_number import ByNumber, Habits, OrderNumber, hidden_numbers
from orderbridge.orders.listings import OrderListing
from orderbridge.orders.shipping_order import order_number
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import MalformedAnswer, RetryableError

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.orders.ports import Workspace

_ZONE_DOUBT: Final = timedelta(days=1)
"""How much earlier the warehouse's date of an order may be than Billbee's."""
_WORTH_KEEPING: Final = 10
"""A complete list with so many pages is kept, because reading it again would use up the calls of a minute."""


class Doubtful(Exception):
    """An order may be at the warehouse, behind a prefix that is not in the settings (R28)."""


class WarehouseBooks:
    """The warehouse's list of orders, read once when it is first asked for. A list that takes longer than an invocation
    is kept as far as it was read, and the message's next delivery continues.

    Args:
        cursor: with another one, the list is read again.
        since: the beginning of the list. The caller has made sure that every order that is asked for would be in it. By
            default, the date of the oldest of these orders.
        job: whose list it is.

    Attributes:
        doubted: the orders that may be there behind an unknown prefix.
    """

    def __init__(
        self,
        workspace: Workspace,
        cursor: datetime | None,
        *,
        since: datetime | None = None,
        job: str = "poll-orders",
    ) -> None:
        self._workspace = workspace
        self._listings = workspace.listings(job)
        self._cursor = cursor.isoformat() if cursor else ""
        self._earliest = workspace.now() - workspace.warehouse.history + timedelta(hours=1)
        self._holds_all = since is not None and since >= self._earliest
        self._since = max(self._earliest, since) if since is not None else workspace.now()
        self._is_since_given = since is not None
        self._ours: frozenset[OrderNumber] = frozenset()
        self._listed: ByNumber[dict[str, int]] | None = None
        self._may_hide: Collection[OrderNumber] = ()
        self.doubted: list[int] = []

    def expect(self, orders: Iterable[Order], asked: Iterable[Order]) -> None:
        """Set which orders exist, and which of them will be asked for.

        What the warehouse writes before one of the existing numbers may be its prefix. The list has to reach back to
        the oldest order that will be asked for.
        """
        self._ours = frozenset(order_number(order, self._workspace.rules) for order in orders)
        dates = [order.placed_at for order in asked if order.placed_at is not None]
        if self._listed is not None:
            self._look_for_hidden(self._listed)
        if dates and not self._is_since_given:
            self._since = max(self._earliest, min(dates) - _ZONE_DOUBT - timedelta(hours=1))

    def has(self, order: Order) -> bool:
        """Whether the order is there already; orders too old for the bulk answer are asked for by number.

        Raises:
            Doubtful: it is not certain.
        """
        return self.pieces(order) is not None

    def pieces(self, order: Order) -> dict[str, int] | None:
        """The pieces of an order that is there, by SKU, empty if not known; None if it is not there. Raises as
        `has`.
        """
        number = order_number(order, self._workspace.rules)
        if not number:
            return None
        if self._listed is None:
            self._listed = self._read()
        if number in self._may_hide:
            self.doubted.append(order.id)
            raise Doubtful
        known = self._listed.get(number)
        young = order.placed_at is not None and order.placed_at - _ZONE_DOUBT > self._since
        if known is None and (not (self._holds_all or young) or self._listed.is_unclear(number)):
            found = self._workspace.warehouse.order(number)
            if found is not None:
                known = found.pieces
                self._listed.add(number, known)
        return known

    def _read(self) -> ByNumber[dict[str, int]]:
        listing = self._listings.load(self._since, self._cursor) or OrderListing(
            self._since, self._workspace.now(), self._cursor
        )
        try:
            self._read_on(listing)
        except RetryableError:
            if len(listing.pages) > listing.kept:
                self._listings.save(listing)
            raise
        if len(listing.pages) > max(listing.kept, _WORTH_KEEPING):
            self._listings.save(listing)
        listed = ByNumber(entry for page in listing.pages for entry in page)
        self._look_for_hidden(listed)
        return listed

    def _look_for_hidden(self, listed: ByNumber[dict[str, int]]) -> None:
        hidden = hidden_numbers(self._ours, listed)
        if hidden:
            prefix, example = next(iter(hidden.values()))
            self._workspace.account_numbers.learn(Habits(writes=prefix, example=example))
        self._may_hide = hidden.keys()

    def _read_on(self, listing: OrderListing) -> None:
        while not listing.complete:
            self._workspace.deadline.require(STEP)
            answer = self._workspace.warehouse.orders_since(listing.since, len(listing.pages) + 1)
            if answer.unreadable:  # one of them may be the order that must not be sent again
                raise MalformedAnswer("bibi orderStatus", f"{answer.unreadable} orders cannot be read")
            listing.pages.append([(order.number, order.pieces) for order in answer.orders])
            listing.complete = not answer.more
