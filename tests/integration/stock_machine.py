"""Shop, warehouse and the jobs between them take turns in any order; after every step the check of R18 is made.

Steps happen between jobs and, by the simulators' hooks, in the middle of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from local.simulators.billbee.orders import product
from testkit.routes import FIGURES, SHELF, SHELVES
from tests.integration.stock_scene import BOX, MUG, SKUS, TEE, Scene

some = st.integers(1, 3)


class Shops(Scene, RuleBasedStateMachine):
    """`here` is set before a run, and shared by its examples: each works for a merchant of its own."""

    @initialize(
        mugs=st.integers(1, 6),
        tees=st.integers(1, 6),
        buffer=st.integers(0, 1),
        sales=st.lists(st.tuples(st.sampled_from([MUG, TEE, BOX]), some), min_size=1, max_size=3),
    )
    def open(self, mugs: int, tees: int, buffer: int, sales: list[tuple[str, int]]) -> None:
        """A merchant whose first orders are at the warehouse already."""
        self.here.lose_the_ledger()  # a table of its own
        merchant = self.here.open_merchant(self.name, stock={"buffer": buffer})
        self.shop, self.warehouse, self.buffer = merchant.shop, merchant.warehouse, buffer
        self.here.put(MUG, mugs, merchant=self.name)
        self.here.put(TEE, tees, merchant=self.name)
        self.shop.add_product(product(BOX, components=[(MUG, 1), (TEE, 2)]))
        self.here.sync_stock(self.name)
        for what, quantity in [(BOX, 1), *sales]:
            self.sale(what, quantity, "paid")
        self.import_and_submit()

    # -- what happens. Few rules with many faces: so that every face turns up in most runs

    @rule(
        what=st.sampled_from(["sale", "sale", "sale", "others", "buffer", "cancel"]),
        which=st.integers(0, 9),
        sku=st.sampled_from([MUG, TEE, BOX]),
        pieces=some,
    )
    def the_shop_moves(self, what: str, which: int, sku: str, pieces: int) -> None:
        match what:
            case "sale":
                self.sale(sku, pieces, ["paid", "paid", "paid", "other", "unpaid"][which % 5])
            case "others":
                self.fulfilled_by_others(which)
            case "buffer":
                self.buffer_change(pieces - 1)
            case "cancel":
                self.cancelled_by_the_merchant(which)

    @rule(
        what=st.sampled_from(["shipment", "shipment", "receipt", "setback", "loss", "order"]),
        which=st.integers(0, 9),
        sku=st.sampled_from(SKUS),
        pieces=some,
    )
    def the_warehouse_moves(self, what: str, which: int, sku: str, pieces: int) -> None:
        match what:
            case "shipment":
                self.shipment(which)
            case "receipt":
                self.receipt(sku, pieces)
            case "setback":
                self.setback(which)
            case "loss":
                self.loss(sku, pieces)
            case "order":
                self.from_elsewhere(sku, pieces)

    @rule(what=st.sampled_from(["import", "tracking", "tracking", "sync"]), seconds=st.sampled_from([1, 5, 60, 400]))
    def a_job_runs(self, what: str, seconds: int) -> None:
        self.pass_time(seconds)
        match what:
            case "import":
                self.import_and_submit()
            case "tracking":
                self.tracking()
            case "sync":
                self.sync()

    @rule(
        at=st.sampled_from([SHELVES, SHELVES, SHELVES, FIGURES, SHELF]),
        which=st.integers(0, 9),
        doing=st.sampled_from(
            [
                ("shipment", "tracking"),
                ("shipment", "tracking", "sale"),
                ("sale", "import", "shipment", "tracking"),
                ("tracking", "receipt"),
                ("sale", "elsewhere"),
                ("shipment", "elsewhere", "tracking"),
            ]
        ),
        waits=st.sampled_from([0, 0, 3]),
    )
    def sync_with_something_inside(self, at: str, which: int, doing: Sequence[str], waits: int) -> None:
        """After the page was read and before the figures are sent, say, an order leaves and Billbee is told."""
        self.pass_time(5)
        one = SKUS[which % 2]
        steps: dict[str, Callable[[], object]] = {
            "sale": lambda: self.sale(one, 1, "paid"),
            "shipment": lambda: self.shipment(which % 5),
            "tracking": self.tracking,
            "receipt": lambda: self.receipt(one, 1),
            "elsewhere": lambda: self.from_elsewhere(one, 1),
            "import": self.import_and_submit,
        }

        def do(what: str) -> None:
            self.note(f"inside a sync, after {at}: {what}")
            steps[what]()
            self.here.clock.sleep(waits)
            self.look()

        self.here.ask("stock", self.name)
        began, self.step = self.step, self.step + 1
        with self.here.inside(at, *(partial(do, what) for what in doing)):
            self.here.work("stock", patience=timedelta(minutes=10))
        self.settle(began)

    @rule(
        what=st.sampled_from(["figures", "figures", "shipped state", "submission"]),
        fault=st.sampled_from(["late", "late", "drop_after", "status", "cut_json"]),
        sku=st.sampled_from(SKUS),
    )
    def no_answer(self, what: str, fault: str, sku: str) -> None:
        """A call gets no answer: it was processed, was not, or will be. Something happens first that leads to it."""
        self.pass_time(5)
        match what:
            case "figures":
                self.receipt(sku, 1)
                self.sync_without_an_answer(fault)
            case "shipped state":
                self.shipment(0)
                self.tracking_without_an_answer(fault)
            case "submission":
                self.sale(sku, 1, "paid")
                self.submission_without_an_answer()

    @rule(which=st.integers(0, 9), seconds=st.sampled_from([1, 30, 60, 200, 2000]))
    def time_passes(self, which: int, seconds: int) -> None:
        """What is under way lands; else time passes, and what was handed back is tried again."""
        if one := self.pick(self.late, which):
            self.note(f"late landing: {one.what}")
            self.late.remove(one)
            one.land()
        else:
            self.pass_time(seconds)
            self.here.work("stock", patience=timedelta(0))

    # -- what must hold

    @invariant()
    def never_oversold(self) -> None:
        self.step += 1
        while self.noted:  # events can only be recorded outside of the simulators' threads
            event(self.noted.pop())
        self.look()
        self.raise_what_is_wrong()

    def teardown(self) -> None:
        try:
            if not self.wrong and hasattr(self, "shop"):
                self.become_quiet()
        finally:
            self.here.billbee.after_call.remove(self._after_call)
            self.here.billbee.faults.clear()
            self.here.bibi.faults.clear()
            self.here.queues.clear()
