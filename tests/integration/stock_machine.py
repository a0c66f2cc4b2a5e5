"""A shop, a warehouse and the jobs between them, taking turns in any order, and what must hold after every step (R18).

Steps happen between jobs and, by the simulators' hooks, in the middle of them. The truth is read from the simulators:
what is on the shelf, and which sold pieces have left it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import requests
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from local.simulators import Call, Fault
from local.simulators.bibi.account import FINAL, Order
from local.simulators.billbee.enums import UNFULFILLED_STATES
from local.simulators.billbee.orders import item, product
from orderbridge.stores.stock import SENDING
from tests.stock_world import LIST, SINGLE, STATE, UPDATE, StockWorld
from tests.world import API_KEY, TAG

MUG, TEE, BOX = "MUG-BLUE", "TEE", "BOX"
SKUS = (MUG, TEE)
LANDS_WITHIN = SENDING - timedelta(seconds=1)
"""How late a request may still land: the assumption that the claims of a figure are made for."""
some = st.integers(1, 3)
sku = st.sampled_from(SKUS)


class Oversold(AssertionError):
    """Billbee offers more than there is."""


@dataclass
class Late:
    """A call that got no answer, and that the vendor works on later."""

    what: str
    land: Callable[[], None]
    skus: set[str]
    until: float


class Shops(RuleBasedStateMachine):
    """`here` is set before a run, and shared by its examples: each works for a merchant of its own."""

    here: ClassVar[StockWorld]
    seen: ClassVar[Counter[str]]
    examples: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        cls = type(self)
        cls.examples += 1
        self.name = f"m{cls.examples}"
        self.orders = 0
        self.buffer = 0
        self.elsewhere = Counter[str]()
        self.surprises: list[tuple[str, int, int]] = []  # SKU, pieces, step: what nobody can know before the next sync
        self.step = 0
        self.late: list[Late] = []
        self.wrong: list[str] = []
        self.here.billbee.after_call.append(self._after_call)

    @initialize(mugs=st.integers(0, 5), tees=st.integers(0, 5), buffer=st.integers(0, 1))
    def open(self, mugs: int, tees: int, buffer: int) -> None:
        merchant = self.here.open_merchant(self.name, stock={"buffer": buffer})
        self.shop, self.warehouse, self.buffer = merchant.shop, merchant.warehouse, buffer
        self.here.put(MUG, mugs, merchant=self.name)
        self.here.put(TEE, tees, merchant=self.name)
        self.shop.add_product(product(BOX, components=[(MUG, 1), (TEE, 2)]))

    # -- what happens

    @rule(what=st.sampled_from([MUG, TEE, BOX]), quantity=some, kind=st.sampled_from(["paid"] * 4 + ["other", "unpaid"]))
    def sale(self, what: str, quantity: int, kind: str) -> None:
        self.note(f"sale, {kind}")
        self.orders += 1
        line = item(what, quantity=quantity, product_type=2 if what == BOX else 1)
        fields: dict[str, Any] = {"tags": [] if kind == "other" else [TAG], "state": 1 if kind == "unpaid" else 3}
        self.here.sell(self.number(self.orders), line, merchant=self.name, **fields)

    @rule()
    def import_and_submit(self) -> None:
        self.note("import and submission")
        self.pass_time(5)
        self.here.poll(merchant=self.name)
        self.here.push()

    @rule()
    def submission_without_an_answer(self) -> None:
        self.note("submission without an answer")
        self.pass_time(5)
        self.here.poll(merchant=self.name)
        self.here.bibi.faults.add(Fault("drop_after", "POST /submitOrder", account=self.warehouse.public_key))
        self.here.deliver("push")
        self.here.bibi.faults.clear()

    @rule(which=st.integers(0, 9), first_part_only=st.booleans())
    def shipment(self, which: int, first_part_only: bool) -> None:
        if order := self.pick(self.open_orders(), which):
            self.ship(order, first_part_only=first_part_only)

    @rule(which=st.integers(0, 9), how=st.sampled_from(["backorder", "cancel", "decline"]))
    def setback(self, which: int, how: str) -> None:
        orders = [one for one in self.open_orders() if all(part.status == "New" for part in one.parts)]
        if order := self.pick(orders, which):
            self.note(f"warehouse: {how}")
            getattr(self.warehouse, how)(order.number)

    @rule(sku=sku, pieces=some)
    def receipt(self, sku: str, pieces: int) -> None:
        self.note("receipt")
        self.warehouse.restock(sku, pieces)

    @rule(sku=sku, pieces=some)
    def loss(self, sku: str, pieces: int) -> None:
        """Some pieces turn out to be missing."""
        shelf = self.warehouse.products[sku]
        pieces = min(pieces, shelf["quantity_in_stock"] - shelf["allocated_quantity"])
        if pieces > 0:
            self.note("pieces missing")
            shelf["quantity_in_stock"] -= pieces
            self.surprise(sku, pieces)

    @rule(sku=sku, pieces=some)
    def order_from_elsewhere(self, sku: str, pieces: int) -> None:
        """The warehouse takes an order that Billbee does not know."""
        shelf = self.warehouse.products[sku]
        if shelf["quantity_in_stock"] - shelf["allocated_quantity"] >= pieces:
            self.note("order from elsewhere")
            shelf["allocated_quantity"] += pieces
            self.elsewhere[sku] += pieces
            self.surprise(sku, pieces)

    @rule(sku=sku)
    def shipment_to_elsewhere(self, sku: str) -> None:
        if pieces := self.elsewhere.pop(sku, 0):
            self.note("shipment to elsewhere")
            shelf = self.warehouse.products[sku]
            shelf["allocated_quantity"] -= pieces
            shelf["quantity_in_stock"] -= pieces

    @rule(buffer=st.integers(0, 2))
    def buffer_change(self, buffer: int) -> None:
        self.note("buffer change")
        for one in SKUS:
            self.surprise(one, max(0, buffer - self.buffer))
        self.here.set(self.name, stock={"buffer": buffer})
        self.buffer = buffer

    @rule(which=st.integers(0, 9))
    def fulfilled_by_others(self, which: int) -> None:
        """An order that is not for this warehouse is shipped by somebody else, or cancelled."""
        orders = [o for o in self.shop.orders.values() if not o["Tags"] and o["State"] in UNFULFILLED_STATES]
        if order := self.pick(orders, which):
            self.note("fulfilled by others")
            self.shop.set_state(order["BillBeeOrderId"], 4 if which % 2 else 8)

    @rule()
    def tracking(self) -> None:
        self.note("tracking")
        self.pass_time(5)
        self.pull()

    @rule(fault=st.sampled_from(["drop_after", "status", "late"]))
    def tracking_without_an_answer(self, fault: str) -> None:
        """Billbee does not answer to the shipped state: it has set it, has not, or will."""
        self.note(f"shipped state without an answer: {fault}")
        self.pass_time(5)
        before = len(self.here.billbee.calls)
        kind: Any = "reset_before" if fault == "late" else fault
        self.here.billbee.faults.add(Fault(kind, STATE, account=self.shop.username, times=3))
        self.pull()
        self.here.billbee.faults.clear()
        for call in self.here.billbee.calls[before:]:
            if fault == "late" and call.name == STATE:
                order = int(call.path.split("/")[-2])
                self.delay("shipped state", lambda order=order: self.shop.set_state(order, 4), set())

    @rule()
    def sync(self) -> None:
        self.note("sync")
        self.pass_time(5)
        began, self.step = self.step, self.step + 1
        self.here.sync_stock(self.name)
        self.settle(began)

    @rule(
        at=st.sampled_from([LIST, LIST, LIST, UPDATE, SINGLE]),
        which=st.integers(0, 9),
        doing=st.lists(
            st.sampled_from(["sale", "shipment", "tracking", "receipt", "elsewhere", "import"]), min_size=1, max_size=4
        ),
        waits=st.sampled_from([0, 0, 3]),
    )
    def sync_with_something_inside(self, at: str, which: int, doing: Sequence[str], waits: int) -> None:
        """After the page was read and before the figures are sent, say, an order leaves and Billbee is told."""
        self.pass_time(5)
        steps: dict[str, Callable[[], object]] = {
            "sale": lambda: self.sale(SKUS[which % 2], 1, "paid"),
            "shipment": lambda: self.shipment(which, first_part_only=False),
            "tracking": self.pull,
            "receipt": lambda: self.receipt(SKUS[which % 2], 1),
            "elsewhere": lambda: self.order_from_elsewhere(SKUS[which % 2], 1),
            "import": self.import_and_submit,
        }

        def do(what: str) -> None:
            self.note(f"inside a sync, after {at}: {what}")
            steps[what]()
            self.here.clock.sleep(waits)
            self.look()

        self.here.ask_sync("stock", self.name)
        began, self.step = self.step, self.step + 1
        with self.here.inside(at, *(lambda what=what: do(what) for what in doing)):  # type: ignore[misc]
            self.here.work("stock", patience=timedelta(minutes=10))
        self.settle(began)

    @rule(fault=st.sampled_from(["drop_after", "status", "late", "late", "cut_json"]))
    def sync_without_an_answer(self, fault: str) -> None:
        """Billbee does not answer to the figures: it has taken them, has not, or will."""
        self.note(f"figures without an answer: {fault}")
        self.pass_time(5)
        before = len(self.here.billbee.calls)
        kind: Any = "reset_before" if fault == "late" else fault
        self.here.billbee.faults.add(Fault(kind, UPDATE, account=self.shop.username))
        self.here.ask_sync("stock", self.name)
        self.here.deliver("stock")
        self.here.billbee.faults.clear()
        for call in self.here.billbee.calls[before:]:
            if fault == "late" and call.name == UPDATE and call.fault:
                skus = {one["Sku"] for one in call.body}
                self.delay("figures", lambda body=call.body: self.post(body), skus)

    @precondition(lambda self: self.late)
    @rule(which=st.integers(0, 9))
    def late_landing(self, which: int) -> None:
        if one := self.pick(self.late, which):
            self.note(f"late landing: {one.what}")
            self.late.remove(one)
            one.land()

    @rule(seconds=st.sampled_from([1, 30, 60, 200, 2000]))
    def time_passes(self, seconds: int) -> None:
        self.pass_time(seconds)
        self.here.work("stock", patience=timedelta(0))

    # -- what must hold

    @invariant()
    def never_oversold(self) -> None:
        self.step += 1
        self.look()
        if self.wrong:
            raise Oversold(self.wrong[0])

    def teardown(self) -> None:
        try:
            if not self.wrong and hasattr(self, "shop"):
                self.become_quiet()
        finally:
            self.here.billbee.after_call.remove(self._after_call)
            self.here.billbee.faults.clear()
            self.here.bibi.faults.clear()
            self.here.queues.clear()

    def become_quiet(self) -> None:
        """Nothing is half-way any more; then one pull of the tracking and one sync make it equal."""
        while self.late:
            self.late.pop().land()
        self.pass_time(400)
        for queue in ("push", "pull", "stock"):
            self.here.work(queue, patience=timedelta(minutes=20))
        self.import_and_submit()
        for order in self.open_orders():
            if any(part.status in FINAL for part in order.parts):
                self.warehouse.ship(order.number)
        for order in self.warehouse.orders.values():
            if order.status in ("Cancelled", "Decline"):
                self.shop.set_state(int(order.number), 8)  # the merchant deals with it
        self.pass_time(25 * 3600)
        self.here.pull(merchant=self.name)
        self.here.sync_stock(self.name)
        self.surprises.clear()
        self.look()
        for sku in SKUS:
            offered, there = self.here.offered(sku, self.name), self.promisable(sku)
            if max(0, offered) != max(0, there):
                self.wrong.append(f"when quiet, Billbee offers {offered} of {sku}, there are {there}: {self.facts(sku)}")
        if self.wrong:
            raise Oversold(self.wrong[0])

    def look(self) -> None:
        """Compare what Billbee offers with what there is."""
        for sku in SKUS:
            offered = self.here.offered(sku, self.name)
            most = max(0, self.promisable(sku) + sum(pieces for one, pieces, _ in self.surprises if one == sku))
            if offered > most:
                self.wrong.append(f"Billbee offers {offered} of {sku}, at most {most} can be promised: {self.facts(sku)}")

    def promisable(self, sku: str) -> int:
        physical = self.warehouse.products[sku]["quantity_in_stock"]
        return int(physical - self.unshipped(sku) - self.elsewhere[sku] - self.buffer)

    def unshipped(self, sku: str) -> int:
        """Pieces that were sold and have not left: those of orders not on the warehouse's books, and of open parts."""
        pieces = 0
        for order in self.shop.orders.values():
            booked = self.warehouse.orders.get(str(order["BillBeeOrderId"]))
            if booked is not None:
                pieces += sum(
                    line.quantity
                    for part in booked.parts
                    for line in part.lines
                    if part.status not in FINAL and line.item_no == sku
                )
            elif order["State"] in UNFULFILLED_STATES:
                pieces += sum(int(count) for found, count in self.shop._goods(order) if found == sku)
        return pieces

    def facts(self, sku: str) -> str:
        shelf = self.warehouse.products[sku]
        return (
            f"{shelf['quantity_in_stock']} on the shelf, {self.unshipped(sku)} sold and not shipped,"
            f" {self.elsewhere[sku]} for elsewhere, buffer {self.buffer}"
        )

    # -- inside

    def _after_call(self, call: Call) -> None:
        if call.name in (UPDATE, STATE) and call.account == self.shop.username:
            self.look()

    def number(self, order: int) -> int:
        return type(self).examples * 1000 + order

    def note(self, what: str) -> None:
        event(what)
        self.seen[what] += 1

    def pick(self, things: Sequence[Any], which: int) -> Any:
        return things[which % len(things)] if things else None

    def open_orders(self) -> list[Order]:
        orders = self.warehouse.orders.values()
        return [one for one in orders if any(part.status not in FINAL for part in one.parts)]

    def ship(self, order: Order, *, first_part_only: bool) -> None:
        lines = [line.item_no for part in order.parts for line in part.lines]
        if any(part.status == "Backordered" for part in order.parts):
            return
        if first_part_only and len(order.parts) == 1 and len(lines) > 1:
            self.warehouse.split(order.number, lines[:1], lines[1:])
            self.note("partial shipment")
            self.warehouse.ship(order.number, part=1)
            return
        self.note("shipment")
        self.warehouse.ship(order.number)

    def pull(self) -> None:
        """One invocation of the tracking; what it hands back stays in the queue."""
        self.here.ask_pull(merchant=self.name)
        self.here.deliver("pull")

    def surprise(self, sku: str, pieces: int) -> None:
        self.surprises.append((sku, pieces, self.step))

    def settle(self, began: int) -> None:
        """What a sync has read, it knows; unless figures of a SKU are still to be sent, or to land."""
        if self.here.queues.messages("stock"):
            return
        records = self.here.stock_records(self.name).get_many(SKUS)
        landing = {sku for one in self.late for sku in one.skus}
        known = {sku for sku in SKUS if not records[sku.casefold()].due and sku not in landing}
        self.surprises = [one for one in self.surprises if one[0] not in known or one[2] > began]

    def delay(self, what: str, land: Callable[[], None], skus: set[str]) -> None:
        self.late.append(Late(what, land, skus, self.here.clock() + LANDS_WITHIN.total_seconds()))

    def pass_time(self, seconds: int) -> None:
        """Whatever is still under way lands in time."""
        ends = self.here.clock() + seconds
        for one in [one for one in self.late if one.until <= ends]:
            self.late.remove(one)
            one.land()
        self.here.wait(seconds=seconds)

    def post(self, body: Any) -> None:
        """The figures arrive, long after their sender has given up."""
        requests.post(
            f"{self.here.billbee.url}/products/updatestockmultiple",
            json=body,
            auth=(self.shop.username, self.shop.password),
            headers={"X-Billbee-Api-Key": API_KEY},
            timeout=5,
        ).raise_for_status()
