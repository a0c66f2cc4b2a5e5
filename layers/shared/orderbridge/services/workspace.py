"""Everything a use case needs to work for one merchant; put together by ``orderbridge.bootstrap``."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from orderbridge.domain.activity import Activity
from orderbridge.domain.carriers import ShippingProvider
from orderbridge.domain.import_rules import Tags
from orderbridge.domain.movements import Codes
from orderbridge.domain.pricing import Component
from orderbridge.domain.shipping_order import ImportRules
from orderbridge.observability import meter
from orderbridge.queues.messages import Message
from orderbridge.settings import MerchantSettings
from orderbridge.stores.billing import BillingRecords
from orderbridge.stores.costs import CostRecords
from orderbridge.stores.cursors import Cursors
from orderbridge.stores.kits import KitRecords
from orderbridge.stores.labels import ReturnLabels
from orderbridge.stores.ledger import Ledger
from orderbridge.stores.movements import MovementRecords
from orderbridge.stores.products import ProductRecords
from orderbridge.stores.stock import StockRecords

if TYPE_CHECKING:  # who only starts jobs or looks at the table imports no vendor's client
    from orderbridge.clients.abillify.client import AbillifyClient
    from orderbridge.clients.bibi.client import BibiClient
    from orderbridge.clients.billbee.client import BillbeeClient

K = TypeVar("K")
V = TypeVar("V")


Sender = Callable[[Sequence[Message]], None]
"""Sends messages to one queue, each in its merchant's lane."""


class Remembered(dict[K, tuple[float, V]]):
    """What was looked up at a vendor, kept for a while so that it is not fetched again."""

    def __init__(self, seconds: float = 900.0) -> None:
        super().__init__()
        self._seconds = seconds

    def look_up(self, key: K, fetch: Callable[[], V]) -> V:
        kept = self.get(key)
        if kept is None or kept[0] < time.monotonic():
            kept = (time.monotonic() + self._seconds, fetch())
            self[key] = kept
        return kept[1]


@dataclass(frozen=True)
class Billing:
    """What it takes to compare a merchant's orders with Abillify (R20)."""

    abillify: AbillifyClient
    records: BillingRecords


_SELDOM_CHANGED: Final = 6 * 3600.0
"""Seconds for which Billbee's carriers and an account's shipping providers are kept: a call each, and not free."""


@dataclass
class Workspace:
    """One merchant's settings, clients and stores.

    Attributes:
        push: sends to the push queue; only poll_orders and check_billing may.
        billing: None for a merchant without credentials of Abillify.
        seconds_left: how long the invocation still has.
        counted: what happened since it was last written down, by activity.
        bundles: what bundles consist of, by Billbee's product id and SKU.
        ship_methods: the warehouse's ship methods, codes by name.
        carriers: Billbee's carriers, numbers by name.
        movement_codes: what the warehouse's codes of movements mean.
        providers: the shipping providers of the merchant's Billbee account.
    """

    merchant: str
    settings: MerchantSettings
    billbee: BillbeeClient
    bibi: BibiClient
    ledger: Ledger
    cursors: Cursors
    stock: StockRecords
    products: ProductRecords
    movements: MovementRecords
    kits: KitRecords
    costs: CostRecords
    labels: ReturnLabels
    push: Sender
    billing: Billing | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds_left: Callable[[], float] = lambda: 900.0
    sleep: Callable[[float], None] = time.sleep
    counted: Counter[str] = field(default_factory=Counter)
    bundles: Remembered[tuple[int | None, str], tuple[Component, ...]] = field(default_factory=Remembered)
    ship_methods: Remembered[str, dict[str, str]] = field(default_factory=Remembered)
    movement_codes: Remembered[str, Codes] = field(default_factory=Remembered)
    carriers: Remembered[str, dict[str, int]] = field(default_factory=partial(Remembered, _SELDOM_CHANGED))
    providers: Remembered[str, tuple[ShippingProvider, ...]] = field(
        default_factory=partial(Remembered, _SELDOM_CHANGED)
    )

    def count(self, activity: Activity, times: int = 1) -> None:
        """Count what happened, for the merchant and over all of them."""
        self.counted[activity] += times
        meter.count(activity.metric, times)

    @property
    def tags(self) -> Tags:
        return Tags(self.settings.billbee.order_tag)

    @property
    def rules(self) -> ImportRules:
        return ImportRules(
            tags=self.tags,
            number_is_billbee_id=self.settings.bibi.order_number == "billbee_id",
            send_buyer_message=self.settings.bibi.send_buyer_message,
            bundles_are_kits=self.settings.bundles == "kits",
        )

    @property
    def rehearsing(self) -> bool:
        return self.settings.mode == "test"
