"""The events that other systems may hear, as their ``detail`` holds them (R47).

Each kind has a schema in docs/events/, generated from its class. A field may be added; nothing else about a kind
changes without a higher version. No event holds personal data: there are numbers, statuses, SKUs, and reasons in
orderbridge's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from orderbridge.desk.troubles.trouble import Severity
from orderbridge.ledger.lifecycle import Status
from orderbridge.stock.low_stock import Low


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event has.

    Attributes:
        id: equal for the same event, however often it is sent.
        schema: the version of its form.
        at: when it happened, in UTC.
        merchant: whose it is; ``*`` for a trouble of all merchants.
    """

    DETAIL_TYPE: ClassVar[str]

    id: str
    schema: int = 1
    at: datetime
    merchant: str


@dataclass(frozen=True, kw_only=True)
class OrderNumbers:
    """By which numbers an order is known.

    Attributes:
        billbee_id: Billbee's.
        order_number: the warehouse's; null if it was told none.
        shop_number: the shop's; null if it is not known.
    """

    billbee_id: int
    order_number: str | None
    shop_number: str | None


@dataclass(frozen=True, kw_only=True)
class OrderMoved(Event):
    """An order came to another status.

    Attributes:
        before: its status before; null if it was imported.
        status: its status now.
        why: in orderbridge's words.
        call: what caused it, e.g. ``bibi submitOrder``.
        codes: of the messages that say why it is not sent or not shipped (docs/messages.md).
    """

    DETAIL_TYPE = "Order Moved"

    order: OrderNumbers
    before: Status | None
    status: Status
    why: str
    call: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ParcelPosted(Event):
    """The shop has a parcel of an order.

    Attributes:
        ship_method: in the warehouse's words; may be empty.
    """

    DETAIL_TYPE = "Parcel Posted"

    order: OrderNumbers
    tracking_number: str
    ship_method: str


@dataclass(frozen=True, kw_only=True)
class TroubleBegan(Event):
    """Something is wrong with a merchant (docs/runbook.md has each kind).

    Attributes:
        kind: e.g. ``orders-late``.
        about: distinguishes it from others of its kind; may be empty.
        what: in words, as it was seen first.
        count: how many jobs, orders or products are affected.
    """

    DETAIL_TYPE = "Trouble Began"

    kind: str
    about: str
    severity: Severity
    what: str
    count: int


@dataclass(frozen=True, kw_only=True)
class TroubleEnded(Event):
    """A trouble is over.

    Attributes:
        kind, about: as when it began.
        what: in words, as it was seen last.
        since: when it began.
    """

    DETAIL_TYPE = "Trouble Ended"

    kind: str
    about: str
    severity: Severity
    what: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class ProductRefused(Event):
    """A product is not sent to the warehouse, or the warehouse does not take it.

    Attributes:
        product_id: Billbee's.
        sku: as the warehouse last knew it; empty if it never did.
        problem: why, in words.
        codes: of what is wrong (docs/messages.md).
    """

    DETAIL_TYPE = "Product Refused"

    product_id: int
    sku: str
    problem: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StockLow(Event):
    """A product begins to run low, or does so for another reason.

    Attributes:
        why: orders wait for it; it is below its warning level; it lasts for few days.
        free: pieces that are promised to nobody.
        waiting: pieces of orders for which there are none.
        sold: pieces in the last 30 days.
        days: for how many days the free pieces last; null if nothing was sold.
        warning: the warning level; null without one.
    """

    DETAIL_TYPE = "Stock Low"

    sku: str
    why: Low
    free: int
    waiting: int
    sold: int
    days: int | None
    warning: int | None


@dataclass(frozen=True, kw_only=True)
class StockRecovered(Event):
    """A product does not run low any more, or is no longer listed by the warehouse."""

    DETAIL_TYPE = "Stock Recovered"

    sku: str


KINDS: Final[tuple[type[Event], ...]] = (
    OrderMoved,
    ParcelPosted,
    TroubleBegan,
    TroubleEnded,
    ProductRefused,
    StockLow,
    StockRecovered,
)
