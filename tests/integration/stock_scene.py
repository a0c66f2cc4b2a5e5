"""A shop and a warehouse in small numbers, all that can happen to them, and what must hold of them (R18).

The truth is read from the simulators: what is on the shelf, and which sold pieces have left it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from local.simulators import Call, Fault
from local.simulators.bibi import Account as Warehouse
from local.simulators.bibi.records import FINAL, Order
from local.simulators.billbee import Account as Shop
from local.simulators.billbee.enums import UNFULFILLED_STATES
from local.simulators.billbee.orders import item
from orderbridge.ledger.sku import Sku
from orderbridge.stock.stock_records import SENDING
from testkit.mishaps import Watch
from testkit.routes import FIGURES, STATE
from testkit.vendors import InProcess
from testkit.world import API_KEY, TAG, World

MUG, TEE, BOX = "MUG-BLUE", "TEE", "BOX"
SKUS = (MUG, TEE)
LANDS_WITHIN = SENDING - timedelta(seconds=1)
"""How late a request may still land: the assumption that the claims of a figure are made for."""


class Oversold(AssertionError):
    """Billbee offers more than there is."""


@dataclass
class Late:
    """A call that got no answer, and that the vendor works on later."""

    what: str
    land: Callable[[], object]
    skus: set[str]
    until: float


class Scene:
    """`here` is set before a run, and shared by its examples: each works for a merchant of its own."""

    here: ClassVar[World]
    seen: ClassVar[Counter[str]]
    examples: ClassVar[int] = 0

    shop: Shop
    warehouse: Warehouse

    def __init__(self) -> None:
        super().__init__()
        type(self).examples += 1
        self.name = f"m{self.examples}"
        self.orders = 0
        self.buffer = 0
        self.elsewhere = Counter[str]()
        self.surprises: list[tuple[str, int, int]] = []  # SKU, pieces, step: unknown until the next sync
        self.step = 0
        self.late: list[Late] = []
        self.wrong: list[str] = []
        self.noted: list[str] = []
        self.cancelled: list[tuple[str, int]] = []  # since the last import
        self.here.billbee.after_call.append(self._after_call)

    # -- each of them

    def sale(self, what: str, quantity: int, kind: str) -> None:
        self.note(f"sale, {kind}")
        self.orders += 1
        line = item(what, quantity=quantity, product_type=2 if what == BOX else 1)
        fields: dict[str, Any] = {"tags": [] if kind == "other" else [TAG], "state": 1 if kind == "unpaid" else 3}
        self.here.sell(self.number(self.orders), line, merchant=self.name, **fields)

    def shipment(self, which: int) -> None:
        """An order leaves, or the first of its parts."""
        there = [one for one in self.open_orders() if not any(part.status == "Backordered" for part in one.parts)]
        order = self.pick(there, which)
        if order is None:
            return
        lines = [line.item_no for part in order.parts for line in part.lines]
        if which % 3 and len(order.parts) == 1 and len(lines) > 1:
            self.note("partial shipment")
            self.warehouse.split(order.number, lines[:1], lines[1:])
            self.warehouse.ship(order.number, part=1)
        else:
            self.note("shipment")
            self.warehouse.ship(order.number)

    def setback(self, which: int) -> None:
        orders = [one for one in self.open_orders() if all(part.status == "New" for part in one.parts)]
        if order := self.pick(orders, which):
            how = ["backorder", "backorder", "cancel", "decline"][which % 4]
            self.note(f"the warehouse: {how}")
            getattr(self.warehouse, how)(order.number)

    def receipt(self, sku: str, pieces: int) -> None:
        self.note("receipt")
        self.warehouse.restock(sku, pieces)

    def loss(self, sku: str, pieces: int) -> None:
        """Some pieces turn out to be missing."""
        shelf = self.warehouse.products[sku]
        pieces = min(pieces, shelf["quantity_in_stock"] - shelf["allocated_quantity"])
        if pieces > 0:
            self.note("pieces missing")
            shelf["quantity_in_stock"] -= pieces
            self.surprise(sku, pieces)

    def from_elsewhere(self, sku: str, pieces: int) -> None:
        """The warehouse takes an order that Billbee does not know; or ships those it has of them."""
        shelf = self.warehouse.products[sku]
        if there := self.elsewhere.pop(sku, 0):
            self.note("shipment to elsewhere")
            shelf["allocated_quantity"] -= there
            shelf["quantity_in_stock"] -= there
        elif shelf["quantity_in_stock"] - shelf["allocated_quantity"] >= pieces:
            self.note("order from elsewhere")
            shelf["allocated_quantity"] += pieces
            self.elsewhere[sku] += pieces
            self.surprise(sku, pieces)

    def buffer_change(self, buffer: int) -> None:
        self.note("buffer change")
        for one in SKUS:
            self.surprise(one, max(0, buffer - self.buffer))
        self.here.configure(self.name, stock={"buffer": buffer})
        self.buffer = buffer

    def fulfilled_by_others(self, which: int) -> None:
        """An order that is not for this warehouse is shipped from elsewhere, or cancelled."""
        orders = [o for o in self.shop.orders.values() if not o["Tags"] and o["State"] in UNFULFILLED_STATES]
        if order := self.pick(orders, which):
            self.note("fulfilled by others")
            self.shop.set_state(order["BillBeeOrderId"], 4 if which % 2 else 8)

    def cancelled_by_the_merchant(self, which: int) -> None:
        """Billbee releases an order's pieces at once, whether the warehouse ships it or not."""
        orders = [o for o in self.shop.orders.values() if o["Tags"] and o["State"] == 3]
        if order := self.pick(orders, which):
            self.note("cancelled by the merchant")
            self.cancelled += [(sku, int(count)) for sku, count in self.shop._goods(order)]
            self.shop.change(order["BillBeeOrderId"], State=8)

    def import_and_submit(self) -> None:
        self.note("import and submission")
        self.here.poll(merchant=self.name)
        self.here.push()
        if not self.here.queues.messages("push"):
            for sku, pieces in self.cancelled:
                self.surprise(sku, pieces)
            self.cancelled.clear()

    def submission_without_an_answer(self) -> None:
        self.here.poll(merchant=self.name)
        if self.here.queues.messages("push"):
            self.note("submission without an answer")
            self.here.bibi.faults.add(Fault("drop_after", "POST /submitOrder", account=self.warehouse.public_key))
            self.here.deliver("push")
            self.here.bibi.faults.clear()

    def tracking(self) -> None:
        """One invocation of the tracking; what it hands back stays in the queue."""
        self.note("tracking")
        self.here.ask_pull(merchant=self.name)
        self.here.deliver("pull")

    def tracking_without_an_answer(self, fault: str) -> None:
        before = len(self.here.billbee.calls)
        kind: Any = "reset_before" if fault == "late" else fault
        self.here.billbee.faults.add(Fault(kind, STATE, account=self.shop.username, times=3))
        self.tracking()
        self.here.billbee.faults.clear()
        calls = [call for call in self.here.billbee.calls[before:] if call.name == STATE]
        if calls:
            self.note(f"shipped state without an answer: {fault}")
        for call in calls if fault == "late" else []:
            order = int(call.path.split("/")[-2])
            self.delay("shipped state", partial(self.shop.set_state, order, 4), set())

    def sync(self) -> None:
        self.note("sync")
        began, self.step = self.step, self.step + 1
        self.here.sync_stock(self.name)
        self.settle(began)

    def sync_without_an_answer(self, fault: str) -> None:
        before = len(self.here.billbee.calls)
        kind: Any = "reset_before" if fault == "late" else fault
        self.here.billbee.faults.add(Fault(kind, FIGURES, account=self.shop.username))
        self.here.ask("stock", self.name)
        self.here.deliver("stock")
        self.here.billbee.faults.clear()
        calls = [call for call in self.here.billbee.calls[before:] if call.name == FIGURES and call.fault]
        if calls:
            self.note(f"figures without an answer: {fault}")
        for call in calls if fault == "late" else []:
            self.delay("figures", partial(self.post, call.body), {one["Sku"] for one in call.body})

    # -- what must hold

    def raise_what_is_wrong(self) -> None:
        if self.wrong:
            raise Oversold(self.wrong[0])

    def become_quiet(self) -> None:
        """Nothing is half-way any more; then one pull of the tracking and one sync make it equal."""
        while self.late:
            self.late.pop().land()
        self.pass_time(400)
        for queue in ("push", "pull", "stock"):
            self.here.work(queue, patience=timedelta(minutes=20))
        for order in self.open_orders():
            if any(part.status in FINAL for part in order.parts):
                self.warehouse.ship(order.number)
        for order in self.warehouse.orders.values():
            if order.status in ("Cancelled", "Decline") and self.shop.orders[int(order.number)]["State"] == 3:
                self.shop.change(int(order.number), State=8)  # the merchant deals with it
        self.import_and_submit()
        self.pass_time(25 * 3600)
        self.here.pull(merchant=self.name)
        self.here.sync_stock(self.name)
        self.surprises.clear()
        self.look()
        for sku in SKUS:
            offered, there = self.here.offered(sku, self.name), self.promisable(sku)
            if not max(0, self.least(sku)) <= max(0, offered) <= max(0, there):
                self.wrong.append(f"Billbee offers {offered} of {sku} when quiet, there are {there}: {self.facts(sku)}")
        self.raise_what_is_wrong()

    def look(self) -> None:
        """Compare what Billbee offers with what there is."""
        for sku in SKUS:
            offered = self.here.offered(sku, self.name)
            unknown = sum(pieces for one, pieces, _ in self.surprises if one == sku)
            unknown += sum(pieces for one, pieces in self.cancelled if one == sku)
            most = max(0, self.promisable(sku) + unknown)
            if offered > most:
                self.wrong.append(f"Billbee offers {offered} of {sku}, {most} can be promised: {self.facts(sku)}")

    def promisable(self, sku: str) -> int:
        physical = self.warehouse.products[sku]["quantity_in_stock"]
        return int(physical - self.unshipped(sku) - self.elsewhere[sku] - self.buffer)

    def least(self, sku: str) -> int:
        """What has to be offered when nothing is half-way any more."""
        return self.promisable(sku)

    def unshipped(self, sku: str) -> int:
        """Pieces that were sold and have not left: those of orders not on the warehouse's books, and of open parts."""
        pieces = 0
        for order in self.shop.orders.values():
            booked = self.warehouse.orders.get(str(order["BillBeeOrderId"]))
            if booked is not None:
                pieces += sum(
                    count
                    for part in booked.parts
                    for shelf, count in self.warehouse._goods(part)
                    if part.status not in FINAL and shelf["product_number"] == sku
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
        if call.name in (FIGURES, STATE) and call.account == self.shop.username:
            self.look()

    def number(self, order: int) -> int:
        return type(self).examples * 1000 + order

    def note(self, what: str) -> None:
        self.seen[what] += 1
        self.noted.append(what)

    def pick(self, things: Sequence[Any], which: int) -> Any:
        return things[which % len(things)] if things else None

    def open_orders(self) -> list[Order]:
        orders = self.warehouse.orders.values()
        return [one for one in orders if any(part.status not in FINAL for part in one.parts)]

    def surprise(self, sku: str, pieces: int) -> None:
        self.surprises.append((sku, pieces, self.step))

    def settle(self, began: int) -> None:
        """What a sync has read, it knows; unless figures of a SKU are still to be sent, or to land."""
        if self.here.queues.messages("stock"):
            return
        records = self.here.stock_records(self.name).get_many(SKUS)
        landing = {sku for one in self.late for sku in one.skus}
        known = {sku for sku in SKUS if not records[Sku(sku)].due and sku not in landing}
        self.surprises = [one for one in self.surprises if one[0] not in known or one[2] > began]

    def delay(self, what: str, land: Callable[[], object], skus: set[str]) -> None:
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
        wire = InProcess(self.here.billbee, self.here.clock, Watch())
        wire.session().post(
            f"{wire.url}/products/updatestockmultiple",
            json=body,
            auth=(self.shop.username, self.shop.password),
            headers={"X-Billbee-Api-Key": API_KEY},
            timeout=5,
        ).raise_for_status()
