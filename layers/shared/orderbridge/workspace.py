"""A merchant's workspace: everything that the use cases of all rooms are given (see each room's ``ports``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orderbridge.desk.digest_records import Digests
from orderbridge.effects.answers import Answers
from orderbridge.inbound.notice_records import InboundNotices
from orderbridge.ledger.conversion import Conversion, CurrencyRules
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.tags import Tags, marked
from orderbridge.merchants.cursors import Cursors
from orderbridge.merchants.findings import Findings
from orderbridge.merchants.health import Health
from orderbridge.merchants.refused_records import RefusedRecords
from orderbridge.merchants.remembered import Remembered, SeldomChanged
from orderbridge.merchants.usage import Usage
from orderbridge.merchants.vendor_lists import APPLICATION, VendorList
from orderbridge.orders.addresses import AddressRules
from orderbridge.orders.backlog import Backlog
from orderbridge.orders.listings import Listings
from orderbridge.orders.personalisation import TextRules
from orderbridge.orders.shipping_order import ImportRules
from orderbridge.platform.observability import logger, meter
from orderbridge.platform.table import Table, merchant_key
from orderbridge.products.kit_records import KitRecords
from orderbridge.products.product_records import ProductRecords
from orderbridge.returns.return_records import ReturnRecords
from orderbridge.stock.figures import ShopStock
from orderbridge.stock.low_stock_records import LowStockRecords, SalesPages
from orderbridge.stock.movement_records import MovementRecords
from orderbridge.stock.stock_records import StockRecords
from orderbridge.tracking.carriers import ShippingProvider
from orderbridge.tracking.cost_records import CostRecords

if TYPE_CHECKING:
    from orderbridge.billing.ports import Billing
    from orderbridge.desk.ports import Hub, Warehouse
    from orderbridge.effects.saying import Saying
    from orderbridge.jobs.publisher import Sender
    from orderbridge.ledger.effects import EffectKind
    from orderbridge.ledger.pricing import Component
    from orderbridge.merchants.account_numbers import AccountNumbers
    from orderbridge.merchants.activity import Activity
    from orderbridge.merchants.breaker import Breaker
    from orderbridge.merchants.settings import CurrencySettings, MerchantSettings
    from orderbridge.platform.clock import Clock, Deadline
    from orderbridge.returns.label_store import ReturnLabels
    from orderbridge.stock.movements import Codes


@dataclass
class Workspace:
    """One merchant's settings, clients and records. Clients and records are made when they are first asked for.

    Attributes:
        table: holds the records.
        account_numbers: how the account at the warehouse writes order numbers (R28).
        make_hub, make_warehouse, make_labels, make_billing: make what is called so.
        clock: tells the time and waits.
        push: sends to the push queue; only push_orders, poll_orders and check_billing may.
        breaker: the merchant's breaker for a vendor (R32).
        deadline: when the invocation ends.
        make_saying: how effects of a kind are said for the merchant.
        counted: counts that are not written down yet, by activity.
        bundles: what bundles consist of, by Billbee's product id and SKU.
        ship_methods: the warehouse's ship methods, codes by name.
        movement_codes: what the warehouse's codes of movements mean.
        kept: data that a job keeps for its next run in this environment.
    """

    merchant: str
    settings: MerchantSettings
    table: Table
    account_numbers: AccountNumbers
    make_hub: Callable[[], Hub]
    make_warehouse: Callable[[], Warehouse]
    make_labels: Callable[[], ReturnLabels]
    push: Sender
    breaker: Callable[[str], Breaker]
    clock: Clock
    deadline: Deadline
    make_saying: Callable[[Workspace, EffectKind], Saying]
    make_billing: Callable[[], Billing | None] = lambda: None
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.bundles: Remembered[tuple[int | None, str], tuple[Component, ...]] = Remembered(self.clock)
        self.ship_methods: Remembered[str, dict[str, str]] = Remembered(self.clock)
        self.movement_codes: Remembered[str, Codes] = Remembered(self.clock)
        self.kept: dict[str, object] = {}
        self._hub: Hub | None = None
        self._warehouse: Warehouse | None = None
        self._billing: tuple[Billing | None] | None = None

    def now(self) -> datetime:
        return self.clock.now()

    @cached_property
    def carriers(self) -> SeldomChanged[dict[str, int]]:
        """Billbee's carriers, numbers by name: the same for all merchants."""
        return SeldomChanged(
            self.clock, VendorList(self.table, APPLICATION, "carriers", dict[str, int], clock=self.clock)
        )

    @cached_property
    def providers(self) -> SeldomChanged[tuple[ShippingProvider, ...]]:
        """The shipping providers of the merchant's Billbee account."""
        return SeldomChanged(self.clock, self._own_list("providers", tuple[ShippingProvider, ...]))

    @cached_property
    def stocks(self) -> SeldomChanged[tuple[ShopStock, ...]]:
        """The stocks of that account."""
        return SeldomChanged(self.clock, self._own_list("stocks", tuple[ShopStock, ...]))

    def _own_list(self, name: str, kind: Any) -> VendorList[Any]:
        account = self.settings.billbee.username
        return VendorList(self.table, merchant_key(self.merchant), name, kind, account=account, clock=self.clock)

    # Making a client reads secrets, which may wait, and until Python 3.12 a `cached_property` holds a lock meanwhile.

    @property
    def hub(self) -> Hub:
        if self._hub is None:
            self._hub = self.make_hub()
        return self._hub

    @property
    def warehouse(self) -> Warehouse:
        if self._warehouse is None:
            self._warehouse = self.make_warehouse()
        return self._warehouse

    @property
    def billing(self) -> Billing | None:
        """None for a merchant without Abillify's credentials."""
        if self._billing is None:
            self._billing = (self.make_billing(),)
        return self._billing[0]

    @cached_property
    def labels(self) -> ReturnLabels:
        return self.make_labels()

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.table, self.clock)

    @cached_property
    def cursors(self) -> Cursors:
        return Cursors(self.table, self.merchant)

    @cached_property
    def stock(self) -> StockRecords:
        return StockRecords(self.table, self.merchant, self.clock)

    @cached_property
    def sales(self) -> SalesPages:
        return SalesPages(self.table, self.merchant)

    @cached_property
    def low_stock(self) -> LowStockRecords:
        return LowStockRecords(self.table, self.merchant)

    @cached_property
    def products(self) -> ProductRecords:
        return ProductRecords(self.table, self.merchant)

    @cached_property
    def movements(self) -> MovementRecords:
        return MovementRecords(self.table, self.merchant)

    @cached_property
    def kits(self) -> KitRecords:
        return KitRecords(self.table, self.merchant)

    @cached_property
    def costs(self) -> CostRecords:
        return CostRecords(self.table, self.merchant, self.clock)

    @cached_property
    def notices(self) -> InboundNotices:
        return InboundNotices(self.table, self.merchant, self.clock)

    @cached_property
    def returned(self) -> ReturnRecords:
        return ReturnRecords(self.table, self.merchant, self.clock)

    @cached_property
    def digests(self) -> Digests:
        return Digests(self.table, self.merchant, self.clock)

    @cached_property
    def health(self) -> Health:
        return Health(self.table, self.clock)

    @cached_property
    def backlog(self) -> Backlog:
        return Backlog(self.table, self.merchant, self.clock)

    def listings(self, job: str) -> Listings:
        return Listings(self.table, self.merchant, self.clock, job)

    @cached_property
    def findings(self) -> Findings:
        return Findings(self.table, self.clock)

    @cached_property
    def refused_records(self) -> RefusedRecords:
        return RefusedRecords(self.table, self.clock)

    @cached_property
    def usage(self) -> Usage:
        return Usage(self.table, self.clock)

    def saying(self, kind: EffectKind) -> Saying:
        """How effects of a kind are said. What that takes is made now: a client reads secrets."""
        return self.make_saying(self, kind)

    def count(self, activity: Activity, times: int = 1) -> None:
        """Count an activity, for the merchant and, if it has a metric, over all merchants."""
        self.counted[activity] += times
        if activity.metric is not None:
            meter.count(activity.metric, times)

    def note_unwritable(self, billbee_ids: Collection[int]) -> None:
        """Note orders whose record the table refuses. The others continue, and these are a trouble."""
        if billbee_ids:
            logger.error("Orders cannot be written down", extra={"orders": sorted(billbee_ids)})
            self.refused_records.note(self.merchant, billbee_ids)

    def note_defective(self, errors: Mapping[int, str]) -> None:
        """Note orders whose import met an unexpected error, with that error. They are a trouble until the import is
        tried again.
        """
        if errors:
            self.refused_records.note(self.merchant, errors, errors)

    @property
    def tags(self) -> Tags:
        return Tags(self.settings.billbee.order_tag, marked(self.settings.rule_tags))

    @property
    def answers(self) -> Answers:
        return Answers(self.tags, self.settings.language)

    @property
    def rules(self) -> ImportRules:
        return ImportRules(
            tags=self.tags,
            number_is_billbee_id=self.settings.bibi.number_is_billbee_id,
            send_buyer_message=self.settings.bibi.send_buyer_message,
            bundles_are_kits=self.settings.bundles_are_kits,
            prepaid=self.settings.bibi.pay_method,
            pay_methods=self.settings.bibi.pay_methods,
            money_only=self.settings.money_only,
            offer_codes=self.settings.bibi.sources,
            weighs=self.settings.weights.enabled,
            currencies=_currency_rules(self.settings.currency),
            texts=TextRules(
                self.settings.bibi.longest_description,
                self.settings.bibi.longest_comment,
                self.settings.attributes_not_sent,
            ),
            addresses=AddressRules(
                domestic_territories=self.settings.bibi.territories == "domestic",
                check_postcodes=self.settings.bibi.check_postcodes,
                no_postcode=self.settings.bibi.no_postcode,
            ),
        )

    @property
    def rehearsing(self) -> bool:
        return self.settings.mode == "test"


def _currency_rules(settings: CurrencySettings) -> CurrencyRules:
    into = settings.warehouse
    if into is None:
        return CurrencyRules()
    rates = {code: Conversion(code, into, one.rate, one.since) for code, one in settings.rates.items()}
    return CurrencyRules(into, rates)
