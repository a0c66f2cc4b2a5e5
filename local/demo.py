"""The demo's world: two merchants, their orders, a warehouse that works in steps, and how all of it must end.

demo = Demo()
demo.populate(billbee, bibi, abillify)
while demo.advance(): …   # called whenever the system has nothing left to do
differences = demo.check(report)
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from local import demo_orders, demo_work
from local.clock import WALL_CLOCK, ScaledClock
from local.demo_inbound import Delivery
from local.demo_orders import ACME_TAG, NORDLICHT_TAG, Scenario
from local.simulators import Abillify, Bibi, Billbee
from local.simulators.abillify import AbillifyAccount
from local.simulators.bibi import Account as Warehouse
from local.simulators.bibi.records import Order
from local.simulators.billbee import Account as Shop
from local.simulators.server import Simulator

API_KEY = "00000000-0000-0000-0000-00000000demo"


@dataclass(frozen=True)
class Expectation:
    """How an order must end. An order that is "ignored" never appears in the report."""

    status: str
    tracking: int
    reason: str | None
    label: str


@dataclass(frozen=True)
class Merchant:
    """One merchant of the demo: settings and secrets as in the merchants file."""

    name: str
    settings: dict[str, Any]
    secrets: dict[str, str]
    products: list[dict[str, Any]]
    scenarios: list[Scenario]

    @property
    def at_warehouse(self) -> set[str]:
        """The SKUs that the warehouse has from the start."""
        return {sku for sku, *_ in (*demo_orders.ACME_PRODUCTS, *demo_orders.NORDLICHT_PRODUCTS)}

    @property
    def buffer(self) -> int:
        return int(self.settings.get("stock", {}).get("buffer", 0))

    @property
    def order_tag(self) -> str:
        return str(self.settings["billbee"]["order_tag"])

    @property
    def bills(self) -> bool:
        """Whether it bills through Abillify."""
        return bool(self.settings.get("billing", {}).get("enabled"))

    def bibi_number(self, scenario: Scenario) -> str:
        by_number = self.settings["bibi"]["order_number"] == "order_number"
        return str(scenario.wire["OrderNumber"] if by_number else scenario.billbee_id)


class Demo:
    """Two merchants from first order to last parcel."""

    def __init__(self, clock: ScaledClock = WALL_CLOCK) -> None:
        self.merchants = [_acme(clock.now().date()), _nordlicht()]
        self._shops: dict[str, Shop] = {}
        self._warehouses: dict[str, Warehouse] = {}
        self._vendors: tuple[Simulator, ...] = ()
        self._readings: dict[str, str] = {}
        self._steps_done = 0
        self._remarks: list[str] = []
        self.delivery = Delivery(clock)

    def merchants_file(self, order_prefix: str = "") -> dict[str, Any]:
        """The merchants, who know what their accounts at the warehouse put before order numbers."""

        def settings(of: Merchant) -> dict[str, Any]:
            known = {"order_prefix": order_prefix} if order_prefix else {}
            return of.settings | {"bibi": of.settings["bibi"] | known}

        return {
            "billbee_api_key": API_KEY,
            "merchants": {one.name: {"settings": settings(one), "secrets": one.secrets} for one in self.merchants},
        }

    def _without_prefix(self, number: str) -> str:
        """A number as our side writes it: calls may have had to take the account's."""
        return number.removeprefix(self._readings["prefix"]).removeprefix("-")

    def populate(self, billbee: Billbee, bibi: Bibi, abillify: Abillify) -> None:
        """Open the accounts, and let the products and orders arrive."""
        self._vendors = (billbee, bibi)
        self._readings = {**billbee.readings, **bibi.readings}
        for one in self.merchants:
            shop = billbee.add_account(one.settings["billbee"]["username"], one.secrets["billbee_password"])
            warehouse = bibi.add_account(
                one.secrets["bibi_public_key"],
                one.secrets["bibi_secret_key"],
                sources={one.settings["bibi"]["source"], *one.settings["bibi"].get("sources", {}).values()},
            )
            for product in one.products:
                shop.add_product(product)
                if product["SKU"] in one.at_warehouse:
                    warehouse.add_product(
                        product["SKU"], stock=demo_orders.ON_THE_SHELF.get(product["SKU"], demo_orders.PLENTY)
                    )
            for scenario in one.scenarios:
                if scenario.is_there_at_first:
                    shop.add_order(scenario.wire)
            if one.bills:
                books = abillify.add_account(one.secrets["abillify_username"], one.secrets["abillify_password"])
                for scenario in one.scenarios:
                    _bill(books, scenario, one.bibi_number(scenario))
            if one.name == "acme":
                warehouse.add_product(demo_orders.ONLY_AT_THE_WAREHOUSE, stock=5)
            self._shops[one.name], self._warehouses[one.name] = shop, warehouse

    def advance(self) -> bool:
        """The warehouse's next step; False when there was nothing to do.

        First it ships the early orders and parts, backorders one and cancels one. From then on it ships whatever is
        open. It processes each order in its present state.
        """
        with ExitStack() as exits:
            for vendor in self._vendors:
                exits.enter_context(vendor.lock)
            return self._advance()

    def _advance(self) -> bool:
        step = self._steps_done + 1
        if step == 1:
            self._warehouses["nordlicht"].adjust(demo_orders.LOST, -2, "01")
            self._remarks.append(self._sold_already("acme", demo_orders.NEARLY_GONE))
            self._remarks.append(self.delivery.announce())
            self._remarks += self._edit_in_the_shop()
        elif step == 2:
            self._ask_for_labels()
        worked = False
        for one in self.merchants:
            warehouse, shop = self._warehouses[one.name], self._shops[one.name]
            for late in (scenario for scenario in one.scenarios if scenario.late and step == 1):
                if late.billbee_id not in shop.orders:
                    shop.add_order(late.wire)
            planned = {one.bibi_number(scenario): scenario for scenario in one.scenarios}
            for number, order in warehouse.orders.items():
                plan = planned.get(number)
                if step > 1:
                    worked |= demo_work.finish(warehouse, order, plan)
                elif plan is not None:
                    demo_work.begin(warehouse, order, plan)
        if step == 2:
            self.delivery.arrive(self._warehouses["acme"])
        self._steps_done = min(step, 2)
        return worked or step <= 2

    def remarks(self) -> list[str]:
        """What was worth seeing on the way, and what the merchants read about edits, labels and invoices."""
        return [
            *self._remarks,
            *self.delivery.told(),
            *self._told("[OB-4"),
            *self._labels_told(),
            *self._told("[OB-50"),
        ]

    def _told(self, code: str) -> Iterator[str]:
        """The messages on the shops' orders whose code begins like this."""
        for one in self.merchants:
            for scenario in one.scenarios:
                comments = self._shops[one.name].orders.get(scenario.billbee_id, {}).get("Comments", ())
                for text in (comment["Text"] for comment in comments if code in comment["Text"]):
                    yield f"{one.name} {one.bibi_number(scenario)} ({scenario.label}): {text}"

    def _labels_told(self) -> Iterator[str]:
        """What the shop's orders say about return labels, but for the link."""
        for one in self.merchants:
            for scenario in one.scenarios:
                for comment in self._shops[one.name].orders.get(scenario.billbee_id, {}).get("Comments", ()):
                    if comment["Text"].endswith("[OB-701]"):
                        told = re.sub(r"(/labels/)\S+", r"\1…", comment["Text"])
                        yield f"{one.name} {scenario.billbee_id} was tagged return_label_{one.order_tag}: {told}"

    def _ask_for_labels(self) -> None:
        """What left in the first step comes back: the merchant tags the order."""
        for one in self.merchants:
            for scenario in one.scenarios:
                if scenario.sent_back and scenario.billbee_id in self._shops[one.name].orders:
                    self._shops[one.name].add_tags(scenario.billbee_id, [f"return_label_{one.order_tag}"])

    def _edit_in_the_shop(self) -> Iterator[str]:
        """The merchants merge and credit orders that the warehouse has not begun to work on."""
        for one in self.merchants:
            shop = self._shops[one.name]
            for scenario in one.scenarios:
                number, parent, credited = scenario.billbee_id, scenario.merged_into, scenario.credits
                if parent is not None and {number, parent} <= shop.orders.keys():
                    shop.merge(parent, number)
                    yield f"{one.name} merges {number} into {parent} in Billbee"
                if credited is not None and credited in shop.orders and number not in shop.orders:
                    shop.credit(credited, number)
                    yield f"{one.name} makes the credit note {number} for all of {credited}"

    def _sold_already(self, merchant: str, sku: str) -> str:
        """The figures that a sync without regard to sales would have sent, before anything has left the warehouse."""
        product = self._shops[merchant].product_by("SKU", sku)
        if product is None:
            return f"the shop does not have {sku} any more"
        physical = self._warehouses[merchant].products[sku]["quantity_in_stock"]
        sold, offered = int(self._shops[merchant].reserved(sku)), int(product["StockCurrent"])
        return (
            f"a naive sync would have offered {physical} of {sku}, {sold} {'is' if sold == 1 else 'are'} sold already:"
            f" Billbee offers {offered}"
        )

    def expected(self) -> dict[str, dict[int, Expectation]]:
        return {
            one.name: {
                scenario.billbee_id: Expectation(
                    status=scenario.ends,
                    tracking=sum(scenario.warehouse.parcels) if scenario.ends == "shipped" else 0,
                    reason=scenario.reason,
                    label=scenario.label,
                )
                for scenario in one.scenarios
            }
            for one in self.merchants
        }

    def check(self, report: Mapping[str, Any]) -> list[str]:
        """The unexpected results in the report, in Billbee or at the warehouse; one sentence each."""
        differences = []
        carriers = self._readings.get("carriers") not in ("failing", "empty")
        for one in self.merchants:
            told = {
                int(entry["billbee_id"]): entry for entry in report["merchants"].get(one.name, {}).get("orders", [])
            }
            shop, warehouse = self._shops[one.name], self._warehouses[one.name]
            for scenario in one.scenarios:
                number = one.bibi_number(scenario)
                for difference in (
                    *_check_report(scenario, told.get(scenario.billbee_id), number),
                    *_check_shop(scenario, shop, one.order_tag, bills=one.bills, carriers=carriers),
                    *_check_billing(scenario, told.get(scenario.billbee_id), bills=one.bills),
                    *_check_books(scenario, warehouse.orders.get(number), shop, warehouse),
                ):
                    where = f"{one.name} {scenario.billbee_id} ({scenario.label})"
                    differences.append(f"{where}: {difference}")
            counted = report["merchants"].get(one.name, {}).get("figures", {})
            left = sum(entry["status"] == "shipped" for entry in told.values())
            if counted.get("shipped") != left:
                differences.append(f"{one.name}: {counted.get('shipped')} orders were counted as shipped, {left} are")
            if (late := counted.get("late")) or (one.name == "acme" and counted.get("on_time") != left):
                differences.append(f"{one.name}: {late} orders left late, and {counted.get('on_time')} on time")
            expected_numbers = {one.bibi_number(scenario) for scenario in one.scenarios}
            differences += [
                f"{one.name}: order {number} is on the warehouse's books and should not be"
                for number in warehouse.orders.keys() - expected_numbers
            ]
            wanted = [one.bibi_number(scenario) for scenario in one.scenarios if scenario.sent_back]
            labels = [self._without_prefix(number) for number in warehouse.labels]
            if labels != wanted:
                differences.append(f"{one.name}: return labels were made for {labels}, should be {wanted}")
            shipping = report["merchants"].get(one.name, {}).get("shipping", [])
            sent = sum(len(_all_tracking(scenario)) for scenario in one.scenarios)
            shares_costs = self._readings.get("tracking-numbers") == "joined"  # then two parcels may have one cost
            if sum(costs["parcels"] for costs in shipping) != sent and not shares_costs:
                differences.append(f"{one.name}: there are {sent} parcels, and the shipping costs are {shipping}")
            differences += [f"{one.name}: order {double.number} was submitted twice" for double in warehouse.duplicates]
            stock = report["merchants"].get(one.name, {}).get("stock", {})
            differences += [f"{one.name}: {one_more}" for one_more in _check_stock(stock, shop, warehouse, one.buffer)]
        if not self._remarks or not self._remarks[0].endswith("2 of MUG-BLUE, 1 is sold already: Billbee offers 1"):
            differences.append(f"the sale before the first sync does not show: {self._remarks}")
        differences += self.delivery.differences()
        moved = report["merchants"].get("nordlicht", {}).get("movements", {})
        if moved != {demo_orders.LOST: ["2 pieces fewer: Missing (Stock Adjust)"]}:
            differences.append(f"nordlicht: what moved in the warehouse is not told: {moved}")
        return differences


def _acme(today: date) -> Merchant:
    return Merchant(
        name="acme",
        settings={
            "mode": "live",
            "billbee": {"username": "shop@acme.example", "order_tag": ACME_TAG, "order_state": 3},
            "promise": {"handling_days": 1},
            "bibi": {
                "source": "WEB",
                "default_ship_method": "24",
                "international_ship_method": "81",
                "order_number": "billbee_id",
                "send_buyer_message": True,
                "sources": {"Etsy": "ETSY"},
            },
            "currency": {
                "warehouse": "USD",
                "rates": {"GBP": {"rate": 1.27, "since": f"{today - timedelta(days=30)}"}},
            },
            "money_only": ["TIP*"],
            "changes": "automatic",
            "carriers": {"FedEx Smart Post < 1 Lbs": 9},
            "rules": [
                {
                    "name": "many posters",
                    "when": {"sku": "POSTER-A2", "quantity": {"min": 4}},
                    "then": {"rush": True, "comment": "Do not bend."},
                }
            ],
        },
        secrets={
            "billbee_password": "Acme-Password-1",
            "bibi_public_key": "acme-public",
            "bibi_secret_key": "acme-secret",
            "webhook_secret": "acme-webhook-secret-of-the-demo-only",
        },
        products=demo_orders.acme_products(),
        scenarios=demo_orders.acme_orders(today),
    )


def _nordlicht() -> Merchant:
    return Merchant(
        name="nordlicht",
        settings={
            "mode": "live",
            "billbee": {
                "username": "versand@nordlicht.example",
                "order_tag": NORDLICHT_TAG,
                "order_state": 3,
            },
            "bibi": {
                "source": "NORD",
                "default_ship_method": "24",
                "international_ship_method": "81",
                "ship_methods": {"DHL Paket": "84"},
                "shipping_costs": True,
                "order_number": "order_number",
            },
            "stock": {"buffer": 3, "movements": True},
            "bundles": "kits",
            "billing": {"enabled": True, "reference": "order_number", "grace_hours": 0},
        },
        secrets={
            "billbee_password": "Nordlicht-Passwort-1",
            "bibi_public_key": "nordlicht-public",
            "bibi_secret_key": "nordlicht-secret",
            "webhook_secret": "nordlicht-webhook-secret-of-the-demo-only",
            "abillify_username": "nordlicht-api",
            "abillify_password": "Nordlicht-Abillify-1",
        },
        products=demo_orders.nordlicht_products(),
        scenarios=demo_orders.nordlicht_orders(),
    )


def _all_tracking(scenario: Scenario) -> list[str]:
    if scenario.ends != "shipped":
        return []
    shipments = range(1, len(scenario.warehouse.parcels) + 1)
    return sorted(number for shipment in shipments for number in demo_work.tracking(scenario, shipment))


def _check_report(scenario: Scenario, told: Mapping[str, Any] | None, number: str) -> list[str]:
    if told is None:
        return [] if scenario.ends == "ignored" else [f"is not in the report, should be {scenario.ends}"]
    if scenario.ends == "ignored":
        return [f"is {told['status']}, should have been left alone"]
    found = []
    if told["status"] != scenario.ends:
        found.append(f"is {told['status']} ({told['reason']}), should be {scenario.ends}")
    if sorted(told["tracking"]) != _all_tracking(scenario):
        found.append(f"tracking is {told['tracking']}, should be {_all_tracking(scenario)}")
    if scenario.ends != "rejected" and told["bibi_order_number"] != number:
        found.append(f"number at the warehouse is {told['bibi_order_number']}, should be {number}")
    if scenario.reason and scenario.reason.casefold() not in (told["reason"] or "").casefold():
        found.append(f"reason is {told['reason']!r}, should name {scenario.reason!r}")
    return found


def _bill(books: AbillifyAccount, scenario: Scenario, number: str) -> None:
    """Bill an order from the start, as it was sold or as the scenario has it."""
    if scenario.ends != "shipped" or scenario.billed == "not":
        return
    bill = books.bill(scenario.wire, number)
    if scenario.billed == "otherwise":
        bill["items"][0]["quantity"] -= 1
        bill["total"], bill["net"], bill["tax"] = (round(bill[name] / 2, 2) for name in ("total", "net", "tax"))


def _check_billing(scenario: Scenario, told: Mapping[str, Any] | None, *, bills: bool) -> list[str]:
    """What the report says about the invoice."""
    is_compared = bills and scenario.ends == "shipped"
    should_be = {"as sold": True}.get(scenario.billed, False) if is_compared else None
    has = told.get("billed") if told else None
    return [] if has == should_be else [f"is billed as sold: {has}, should be {should_be}"]


def _check_shop(scenario: Scenario, shop: Shop, tag: str, *, bills: bool, carriers: bool) -> list[str]:
    """Tags, messages, parcels and state in Billbee. If ``carriers`` cannot be read, parcels are posted without a
    carrier.
    """
    wire = shop.orders.get(scenario.billbee_id)
    if wire is None:
        return ["is gone from Billbee"]
    tags = [one.casefold() for one in wire["Tags"]]
    messages = [one["Text"] for one in wire["Comments"] if not one["FromCustomer"]]
    received, rejected = f"order_received_by_{tag}", f"order_rejected_by_{tag}"
    found = []
    parcels = sorted(one["ShippingId"] for one in wire["ShippingIds"])
    if parcels != _all_tracking(scenario):
        found.append(f"Billbee has the parcels {parcels}, should have {_all_tracking(scenario)}")
    wrong = {one["ShippingCarrier"] for one in wire["ShippingIds"]} - {scenario.warehouse.carrier}
    if wrong and carriers:
        found.append(f"carrier is {sorted(wrong)}, should be {scenario.warehouse.carrier}")
    unshipped = 6 if scenario.merged_into is not None else 1 if wire["PayedAt"] is None else 3
    should_be = 4 if scenario.ends == "shipped" else unshipped
    if wire["State"] != should_be:
        found.append(f"state in Billbee is {wire['State']}, should be {should_be}")
    if scenario.ends == "ignored":
        return found + (["was written to"] if wire["LastModifiedAt"] != wire["UpdatedAt"] else [])
    if (received in tags) != (scenario.ends != "rejected" or scenario.copied):
        found.append(f"tags are {wire['Tags']}: {received} is {'there' if received in tags else 'missing'}")
    is_rejected = scenario.ends == "rejected" and scenario.credits is None
    if (rejected in tags) != is_rejected:
        found.append(f"tags are {wire['Tags']}: {rejected} is {'there' if rejected in tags else 'missing'}")
    setback = {"backorder": "backordered", "cancel": "cancelled"}.get(scenario.warehouse.first)
    if setback and not any(setback in one for one in tags):
        found.append(f"tags are {wire['Tags']}, should tell that it was {setback}")
    ready = f"return_label_ready_by_{tag}"
    if (ready in tags) != scenario.sent_back:
        found.append(f"tags are {wire['Tags']}: {ready} is {'there' if ready in tags else 'missing'}")
    if scenario.told and not any(f"[{scenario.told}]" in one for one in messages):
        found.append(f"the messages are {messages}, one should be {scenario.told}")
    wanted = 1 if setback or is_rejected or scenario.sent_back or scenario.told else 0
    if is_mismatch := bills and scenario.ends == "shipped" and scenario.billed != "as sold":
        wanted += 1
    if is_mismatch != (f"billing_mismatch_{tag}" in tags):
        found.append(f"tags are {wire['Tags']}: billing_mismatch_{tag} is {'missing' if is_mismatch else 'there'}")
    if len(messages) != wanted:
        found.append(f"has {len(messages)} messages, should have {wanted}: {messages}")
    return found


def _check_books(scenario: Scenario, order: Order | None, shop: Shop, warehouse: Warehouse) -> list[str]:
    """Goods, money and address on the warehouse's books."""
    if scenario.ends in ("rejected", "ignored"):
        return ["is on the warehouse's books and should not be"] if order else []
    if order is None:
        return ["is not on the warehouse's books"]
    sent, wire, found = order.submission, scenario.wire, []
    shipped: dict[str, int] = {}
    for line in sent.lines:
        for sku, count in warehouse.boms.get(line.item_no, {line.item_no: 1}).items():
            shipped[sku] = shipped.get(sku, 0) + count * line.quantity
    ship_to = wire["ShippingAddress"]
    as_sold = {
        "goods": _goods(wire, shop),
        "total": Decimal(str(wire["TotalCost"])),
        "LastName": ship_to["LastName"],
        "City": ship_to["City"],
        "ZipCode": ship_to["Zip"],
        "CountryCd": ship_to["CountryISO2"],
        "rush": False,
        "future_date": "0000-00-00",
    }
    facts = {
        **sent.ship_to,
        "goods": shipped,
        "total": sent.prod_dollars + sent.ph_amt + sent.tax_amt - sent.discount_total,
        "source": sent.source,
        "descriptions": [line.description for line in sent.lines],
        "rush": sent.rush,
        "future_date": sent.future_date,
        "comment": sent.comment,
        "lines": {line.item_no: line.quantity for line in sent.lines},
    }
    for name, value in (as_sold | scenario.books).items():
        if facts[name] != value:
            found.append(f"{name} is {facts[name]!r}, should be {value!r}")
    return found


def _check_stock(told: Mapping[str, Any], shop: Shop, warehouse: Warehouse, buffer: int) -> list[str]:
    """Billbee's stock of all that the warehouse has: what is there, less what is sold and not shipped, less the
    buffer.
    """
    found = []
    for sku, shelf in warehouse.products.items():
        physical, product = int(shelf["quantity_in_stock"]), shop.product_by("SKU", sku)
        if sku in warehouse.boms:
            found += [f"the kit {sku} has a figure of its own"] if sku in told else []
            continue
        if sku not in told:
            found.append(f"{sku} is not in the report's stock")
            continue
        if told[sku]["unknown"] != (product is None):
            found.append(f"{sku} is reported as {'unknown to' if told[sku]['unknown'] else 'known to'} Billbee")
        if (told[sku]["physical"], told[sku]["sent"]) != (physical, max(0, physical - buffer)):
            found.append(f"{sku}: told were {told[sku]}, {physical} are there")
        should_be = max(0, physical - buffer) - shop.reserved(sku)  # a quantity may be a fraction in Billbee
        if product is not None and product["StockCurrent"] != should_be:
            found.append(f"Billbee offers {product['StockCurrent']} of {sku}, should be {should_be}")
    return found


def _goods(wire: dict[str, Any], shop: Shop) -> dict[str, int]:
    """What must leave the warehouse: no coupons, discounts or downloads, and bundles taken apart."""
    goods: dict[str, int] = {}
    for line in wire["OrderItems"]:
        sold = line["Product"]
        if line["IsCoupon"] or sold["IsDigital"] or line["TotalPrice"] < 0:
            continue
        bundle = shop.product_by("SKU", sold["SKU"]) if sold["Type"] == 2 else None
        parts = [(part["SKU"], part["Amount"]) for part in bundle["BillOfMaterial"]] if bundle else [(sold["SKU"], 1)]
        for sku, amount in parts:
            if (shop.product_by("SKU", sku) or {"IsDigital": False})["IsDigital"]:
                continue
            goods[sku] = goods.get(sku, 0) + int(amount * line["Quantity"])
    return goods
