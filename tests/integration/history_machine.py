"""A merchant, a warehouse and the jobs between them, doing things to orders in any order; and what must hold when all
is quiet: both sides agree, or the merchant was told why not (R7, R11-R13, R17).

Rings of the doorbell are poll messages: they come late, twice, out of order or never. Workers are killed, answers lost.
The truth is read from the simulators.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, ClassVar, get_args

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from local.simulators import Fault
from local.simulators.bibi.records import BACKORDERED, FINAL
from local.simulators.bibi.records import Order as Booked
from local.simulators.billbee.account import MergedIds
from local.simulators.billbee.orders import address, item
from orderbridge.jobs.messages import PollOrders
from orderbridge.jobs.publisher import Publisher
from orderbridge.ledger.record import LedgerOrder
from testkit.environment import EVENT_BUS
from testkit.routes import CANCEL, CHANGE, HOLD, MESSAGE, SHIPMENT, STATE, STATUS, SUBMIT, TAGS
from testkit.world import RECEIVED, REJECTED, TAG, World
from tests.integration.after_import import HOLDING

LEFT = frozenset({"Shipped", "ShippedExternal", "Returned"})
NOT_SHIPPED = frozenset({"Cancelled", "Decline", "Declined"})
CANCELLED_BY_US = ("OB-402", "OB-411", "OB-414")
TOLD_AS = {
    "Backordered": ["OB-201"],
    "Decline": ["OB-203", *CANCELLED_BY_US],
    "Cancelled": ["OB-204", "OB-209", "OB-409", *CANCELLED_BY_US],
    "Returned": ["OB-205"],
}
DIFFERENCE_IS_TOLD = ("OB-401", "OB-406", "OB-407", "OB-408", "OB-410", "OB-412")
CREDIT_IS_TOLD = ("OB-133", "OB-403", "OB-413", "OB-414")
OPEN_STATES = (1, 2, 3, 13, 16)
ROUNDS = 14
"""Most rounds of all jobs that it may take until nothing changes any more."""

MERCHANT = (
    *["new order", "edit", "ask", "cancel", "hold", "release"] * 2,
    "edit",
    "ask",
    *["spoil", "fix", "fix", "uncancel", "tag", "untag", "delete"],
    *["merge", "merge", "copy", "credit", "credit a line", "remove a line", "remove a line"],
)
WAREHOUSE = (
    *["begin", "ship", "ship a part", "return"] * 2,
    *["backorder", "backorder", "restock", "restock", "decline", "drop", "own hold", "end own hold"],
    *["drop a part", "drop a part", "drop a line"],
)
JOBS = (
    *["ring", "ring", "ring twice", "ring late", "rings out of order", "no ring"],
    *["poll", "push", "pull", "pull", "returns", "cycle", "night"],
)
MERGED_IDS = get_args(MergedIds)
LOST = ("drop_after", "status_after", "reset_before", "status", "throttled")
ROUTES = (*[CANCEL, HOLD, CHANGE] * 3, SUBMIT, STATUS, TAGS, MESSAGE, SHIPMENT, STATE)
DEEDS = (*MERCHANT, *WAREHOUSE)
SECONDS = (1, 5, 60, 400, 2400)


class Disagreement(AssertionError):
    """When all was quiet, the two sides did not agree, and no one was told why."""


@dataclass
class Life:
    """What was done to one order, as far as it cannot be read off the simulators in the end."""

    cancelled: bool = False
    asked: int = 0
    """How often a change was asked for."""
    edits: int = 0
    copied: bool = False
    """It has the received tag of another order, or may have."""
    note: bool = False
    """It is a credit note."""
    early_notes: list[int] = field(default_factory=list)
    """Its credit notes from before the warehouse had it."""
    merged_with: int | None = None
    """The order whose positions it took over, until one of the two is changed again."""
    before_merge: Counter[str] = field(default_factory=Counter)
    """What the warehouse shipped of it then."""
    dropped: bool = False
    """The warehouse has dropped some of it."""
    returns: int = 0
    reopened: bool = False
    """A cancellation was taken back, perhaps of a shipped order: then the state is the merchant's own."""


class Histories(RuleBasedStateMachine):
    """`here` is set before a run, and shared by its examples: each works for a merchant of its own."""

    here: ClassVar[World]
    seen: ClassVar[Counter[str]]
    examples: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        cls = type(self)
        cls.examples += 1
        self.name = f"m{cls.examples}"
        self.lives: dict[int, Life] = {}
        self.failed = False

    @initialize(orders=st.integers(3, 5), hold=st.booleans(), seed=st.integers(0, 2**32))
    def open(self, orders: int, hold: bool, seed: int) -> None:
        """A merchant whose first orders are at the warehouse already. The details of what happens are thrown with dice,
        which spread them evenly: Hypothesis prefers to repeat itself.
        """
        self.dice = Random(seed)
        self.here.lose_the_ledger()  # a table of its own
        changes = ("ask", "automatic", "tell", "automatic")[type(self).examples % 4]
        self.note(f"changes: {changes}")
        merchant = self.here.open_merchant(self.name, stock={"enabled": False}, changes=changes)
        self.shop, self.warehouse = merchant.shop, merchant.warehouse
        for order in range(orders):
            self.sell([TAG, HOLDING] if hold and not order else [TAG])
        self.look()

    # -- what happens

    @rule(deeds=st.integers(2, 6))
    def they_do_and_a_job_runs(self, deeds: int) -> None:
        self.some_of_it(deeds)
        self.run(self.dice.choice(JOBS))

    @rule(deeds=st.integers(1, 4))
    def they_do_and_a_worker_is_killed(self, deeds: int) -> None:
        self.some_of_it(deeds)
        self.killed(self.dice.choice([*JOBS, "ring", "ring"]), self.dice.randrange(1, 25))

    @rule(deeds=st.integers(1, 4))
    def they_do_and_an_answer_is_lost(self, deeds: int) -> None:
        self.some_of_it(deeds)
        job, kind = self.dice.choice([*JOBS, "ring", "ring"]), self.dice.choice(LOST)
        self.unanswered(job, kind, self.dice.choice(ROUTES), self.dice.choice([1, 1, 2, 4]))

    # -- each of them

    def some_of_it(self, deeds: int) -> None:
        for _ in range(deeds):
            self.here.wait(seconds=20)
            tries = 0
            while tries < 6 and not self.do(self.dice.choice(DEEDS), self.dice.randrange(12)):
                tries += 1
        self.here.wait(seconds=self.dice.choice(SECONDS))

    def do(self, what: str, which: int) -> bool:
        """Do it to one of the orders, if it is possible."""
        if what == "new order":
            self.sell([[TAG], [TAG], [TAG, HOLDING], []][which % 4], city="" if which % 6 == 5 else "Los Angeles")
            done, who = True, "merchant"
        elif what in MERCHANT:
            notes = [number for number, life in self.lives.items() if life.note]
            orders = [one for one in self.shop.orders.values() if one["BillBeeOrderId"] not in notes]
            order = self.pick(orders, which)
            done, who = order is not None and self.merchant_does(what, order, which), "merchant"
        else:
            booked = self.pick(list(self.warehouse.orders.values()), which)
            done, who = booked is not None and self.warehouse_does(what, booked, which), "warehouse"
        if done:
            self.note(f"{who}: {what}")
        return done

    def run(self, job: str) -> None:
        self.note(f"job: {job}")
        self.job(job)

    def killed(self, job: str, after: int) -> None:
        watch = self.here.watch
        watch.calls, watch.kill_after = 0, after
        self.run(job)
        watch.kill_after = None
        if watch.calls >= after:
            self.note("a worker was killed")

    def unanswered(self, job: str, kind: Any, route: str, times: int) -> None:
        theirs = route in (TAGS, MESSAGE, SHIPMENT, STATE)
        service = self.here.billbee if theirs else self.here.bibi
        account = self.shop.username if theirs else self.warehouse.public_key
        struck = service.faults.add(Fault(kind, route=route, account=account, times=times, retry_after=20))
        self.run(job)
        service.faults.clear()
        if struck.used:
            self.note(f"an answer was lost: {route.split()[1]}")

    def ring(self, *minutes_ago: int) -> None:
        """Rings that only enqueue; they are read with whatever poll comes next."""
        watch = self.here.watch
        kill_after, watch.kill_after = watch.kill_after, None  # who rings is no worker
        for minutes in minutes_ago:
            at = self.here.clock.now() - timedelta(minutes=minutes)
            message = PollOrders(
                merchant=self.name,
                correlation_id=f"ring-{self.here.queues.sent}",
                asked_at=at,
                burst=int(at.timestamp()) // 2 * 2,
            )
            Publisher(self.here.queues).send("poll", [message])
        watch.kill_after = kill_after

    def sell(self, tags: Sequence[str], city: str = "Los Angeles") -> None:
        place, number = len(self.lives) + 1, self.new_life()
        lines = [item("MUG-01", quantity=1 + place % 3), item("TEE-01")][: 1 + place % 2]
        self.here.sell(number, *lines, merchant=self.name, tags=list(tags), ship_to=address(city=city))

    def new_life(self, **known: Any) -> int:
        number = type(self).examples * 100 + len(self.lives) + 1
        self.lives[number] = Life(**known)
        return number

    def edited(self, number: int) -> None:
        self.lives[number].edits += 1
        for life in (self.lives[number], *(one for one in self.lives.values() if one.merged_with == number)):
            life.merged_with = None

    def merge(self, first: int, which: int) -> bool:
        """Merge another order that is not cancelled into one."""
        others = [
            number
            for number, order in self.shop.orders.items()
            if number != first
            and not self.lives[number].note
            and order["State"] in OPEN_STATES
            and TAG in order["Tags"]
        ]
        other = self.pick(others, which)
        if other is None or self.shop.orders[first]["State"] not in OPEN_STATES:
            return False
        for number in (first, other):
            self._change_before_the_tag(number, self.shop.orders[number]["Tags"])
            self.edited(number)
        self.lives[first].copied = True
        self.lives[other].cancelled = True
        self.lives[first].merged_with = other
        booked = self.warehouse.orders.get(str(first))
        self.lives[first].before_merge = self.pieces(booked) if booked is not None else Counter()
        self.shop.merge(first, other, ids=MERGED_IDS[which % len(MERGED_IDS)])
        return True

    def merchant_does(self, what: str, order: dict[str, Any], which: int) -> bool:
        number, tags = order["BillBeeOrderId"], order["Tags"]
        match what:
            case "merge":
                return self.merge(number, which)
            case "copy" if order["State"] == 3 and len(order["OrderItems"]) < 5:
                self.shop.copy(number, self.new_life(copied=True))
            case "credit" | "credit a line" if order["State"] in OPEN_STATES:
                lines = order["OrderItems"][:1] if what == "credit a line" else order["OrderItems"]
                note = self.new_life(note=True)
                if str(number) not in self.warehouse.orders:
                    self.lives[number].early_notes.append(note)
                    self.note("credited before it was sent")
                self.shop.credit(number, note, *lines)
            case "remove a line" if len(order["OrderItems"]) > 1:
                self._change_before_the_tag(number, tags)
                self.edited(number)
                left = order["OrderItems"][1:]
                self.shop.change(number, OrderItems=left, TotalCost=sum(line["TotalPrice"] for line in left))
            case "edit":
                self._change_before_the_tag(number, tags)
                self.edited(number)
                quantity = 1 + which % 5
                self.shop.change(number, OrderItems=[item("TEE-01", quantity=quantity)], TotalCost=10.0 * quantity)
            case "spoil":
                self._change_before_the_tag(number, tags)
                self.edited(number)
                self.shop.change(number, ShippingAddress=address(city=""))
            case "fix" if REJECTED in tags:
                self.edited(number)
                self.shop.change(number, ShippingAddress=address(), Tags=[one for one in tags if one != REJECTED])
            case "ask" if RECEIVED in tags:
                self.lives[number].asked += 1
                self.shop.remove_tag(number, RECEIVED)
            case "cancel" if order["State"] in (*OPEN_STATES, 4):
                self.lives[number].cancelled = True
                self.shop.change(number, State=6 if which % 4 == 0 else 8)
            case "uncancel" if order["State"] in (6, 8):
                self.edited(number)
                self.lives[number].cancelled, self.lives[number].reopened = False, True
                self.shop.change(number, State=3)
            case "hold" if HOLDING not in tags:
                self.shop.change(number, Tags=[*tags, HOLDING])
            case "release" if HOLDING in tags:
                self.shop.remove_tag(number, HOLDING)
            case "tag" if TAG not in tags:
                self.shop.change(number, Tags=[*tags, TAG])
            case "untag" if TAG in tags:
                self.shop.remove_tag(number, TAG)
            case "delete" if which % 3 == 0:
                self.shop.remove_order(number)
            case _:
                return False
        return True

    def warehouse_does(self, what: str, order: Booked, which: int) -> bool:
        statuses = {part.status for part in order.parts}
        still_open = [place for place, part in enumerate(order.parts, start=1) if part.status not in FINAL]
        match what:
            case "begin" if "New" in statuses:
                for place in still_open:
                    if order.parts[place - 1].status == "New":
                        step = ["Collate Printed", "Pack Checked", "Processed"][which % 3]
                        self.warehouse.set_status(order.number, step, place)
            case "ship" if still_open and not statuses & {"Hold", "Pending"}:
                self.warehouse.ship(order.number)
            case "ship a part" if still_open and not statuses & {"Hold", "Pending", *BACKORDERED}:
                skus = [line.item_no for part in order.parts for line in part.lines]
                if len(order.parts) == 1 and 1 < len(skus) == len(set(skus)):
                    self.warehouse.split(order.number, skus[:1], skus[1:])
                self.warehouse.ship(order.number, part=still_open[0])
            case "backorder" if statuses == {"New"}:
                self.warehouse.backorder(order.number)
            case "restock" if statuses & BACKORDERED:
                self.warehouse.restock("MUG-01", 0)
            case "decline" if statuses <= {"New", "Pending"} and which % 2:
                self.warehouse.decline(order.number)
            case "drop a part" | "drop a line" if still_open and not statuses & {"Hold", "Pending", *BACKORDERED}:
                skus = [line.item_no for part in order.parts for line in part.lines]
                if len(set(skus)) < 2:
                    return False
                if what == "drop a part" and len(order.parts) == 1 and len(set(skus)) == len(skus):
                    self.warehouse.split(order.number, skus[:1], skus[1:])
                part = order.parts[still_open[0] - 1]
                if any(
                    one.item_no == part.lines[0].item_no for p in order.parts if p.status in LEFT for one in p.lines
                ):
                    return False
                self.lives[int(order.number)].dropped = True
                self.warehouse.drop_items(order, [part.lines[0].item_no])
            case "drop" if still_open and which % 2:
                self.warehouse.cancel(order.number)
            case "own hold" if statuses == {"New"}:
                self.warehouse.set_status(order.number, "Hold")
            case "end own hold" if "Hold" in statuses:
                self.warehouse.set_status(order.number, "New")
            case "return" if statuses & {"Shipped", "Returned"}:
                part = next(one for one in order.parts if one.status in ("Shipped", "Returned"))
                self.warehouse.return_item(order.number, part.lines[0].item_no, 1)
                if which % 2:
                    self.warehouse.returns[-1]["tracking_number"] = f"BACK-{order.number}-{len(self.warehouse.returns)}"
                self.lives[int(order.number)].returns += 1
            case _:
                return False
        return True

    def job(self, what: str) -> None:
        """One thing that the functions do. What is handed back stays in its queue."""
        match what:
            case "no ring":
                return
            case "ring":
                self.look()
            case "ring twice":
                self.ring(0, 0)
                self.look()
            case "ring late":
                self.ring(10)
                self.here.work("poll", patience=timedelta(0))
                self.here.deliver("push")
            case "rings out of order":
                self.ring(0, 7, 3)
                self.here.work("poll", patience=timedelta(0))
            case "poll":
                self.here.ask_poll(merchant=self.name)
                self.here.work("poll", patience=timedelta(0))
            case "push" | "pull":
                if what == "pull":
                    self.here.ask_pull(merchant=self.name)
                self.here.deliver(what)
            case "returns":
                self.here.pull_returns(self.name, patience=timedelta(0))
            case "cycle":
                self.here.cycle(merchant=self.name)
            case "stuck":
                self.here.poll("stuck", self.name)
                self.here.push()
            case "night":
                self.here.poll("all", self.name)
                self.here.push()
                self.here.pull("all", self.name)

    def look(self) -> None:
        self.here.ask_poll(merchant=self.name)
        self.here.work("poll", patience=timedelta(0))
        self.here.work("push", patience=timedelta(0))

    # -- when all is quiet

    def teardown(self) -> None:
        try:
            if not self.failed and hasattr(self, "shop"):
                self.all_jobs()
                self.ask_for_everything()
                self.become_quiet()
                for number in self.lives:
                    self.check(number)
                if self.here.event_bus:
                    self.check_events()
                if self.warehouse.duplicates:
                    raise Disagreement(f"submitted twice: {self.warehouse.duplicates}")
        finally:
            self.here.watch.kill_after = None
            self.here.billbee.faults.clear()
            self.here.bibi.faults.clear()
            self.here.queues.clear()

    def _change_before_the_tag(self, number: int, tags: Sequence[str]) -> None:
        """What is sent, and not tagged as received yet, is compared once more before it is: a change is asked for."""
        if RECEIVED not in tags and str(number) in self.warehouse.orders:
            self.lives[number].asked += 1

    def ask_for_everything(self) -> None:
        """The merchant has every order that went to the warehouse compared once more."""
        for number, order in self.shop.orders.items():
            tags = order["Tags"]
            if RECEIVED in tags:
                self.lives[number].asked += 1
            if RECEIVED in tags or str(number) in self.warehouse.orders:
                self.shop.change(number, Tags=[*(one for one in tags if one not in (RECEIVED, TAG)), TAG])

    def become_quiet(self) -> None:
        """All jobs, until a whole round of them changes nothing."""
        before: Any = None
        for _ in range(ROUNDS):
            self.all_jobs()
            after = self.picture()
            if after == before:
                return
            before = after
        raise Disagreement(f"not quiet after {ROUNDS} rounds: {before}")

    def all_jobs(self) -> None:
        self.here.wait(minutes=61)
        self.here.work("poll", patience=timedelta(minutes=20))
        self.job("stuck")
        self.job("night")
        self.here.pull_returns(self.name)
        if self.here.event_bus:
            self.here.follow_changes()  # the stream keeps them for a day

    def picture(self) -> Any:
        shop = {
            n: (o["State"], sorted(o["Tags"]), len(o["Comments"]), len(o["ShippingIds"]))
            for n, o in self.shop.orders.items()
        }
        there = {n: [part.status for part in order.parts] for n, order in self.warehouse.orders.items()}
        ledger = {
            one.billbee_id: (one.status, one.told | one.unsaid, len(one.timeline))
            for one in self.here.ledger.orders(self.name)
        }
        return shop, there, ledger

    def check(self, number: int) -> None:
        """Raise Disagreement unless both sides agree about one order, or the merchant was told why not."""
        life = self.lives[number]
        booked, record = self.warehouse.orders.get(str(number)), self.here.ledger.get(self.name, number)
        wrong = list(self.at_the_warehouse(life, booked, record))
        if number in self.shop.orders:
            order = self.shop.orders[number]
            codes = Counter(
                re.findall(r"OB-\d+", one["Text"])[-1] for one in order["Comments"] if not one["FromCustomer"]
            )
            self.seen.update(f"told: {code}" for code in codes.elements())
            wrong += self.told_once(life, order, codes)
            if booked is None:
                wrong += self.never_sent(life, order, codes, record)
            else:
                wrong += self.at_billbee(life, order, booked, codes)
        if wrong:
            self.failed = True
            raise Disagreement("\n".join([f"order {number}: {wrong}", *self.story(number, booked, record)]))

    def check_events(self) -> None:
        """Each move of each order was told on the bus, in its sequence (R47)."""
        told: dict[int, list[tuple[str | None, str]]] = {}
        for entry in self.here.events.put[EVENT_BUS]:
            detail = json.loads(entry["Detail"])
            if (entry["DetailType"], detail["merchant"]) == ("Order Moved", self.name):
                told.setdefault(detail["order"]["billbee_id"], []).append((detail["before"], detail["status"]))
        made = {
            record.billbee_id: [(one.before or None, one.after) for one in record.timeline if one.before != one.after]
            for record in self.here.ledger.orders(self.name)
        }
        if told != made:
            self.failed = True
            raise Disagreement(f"told {told}, and in the timelines {made}")
        self.seen["events told"] += sum(map(len, told.values()))

    def story(self, number: int, booked: Booked | None, record: LedgerOrder | None) -> list[str]:
        """Everything about one order, to find out what went wrong."""
        order = self.shop.orders.get(number)
        lines = [str(self.lives[number])]
        if order is not None:
            texts = [one["Text"] for one in order["Comments"]]
            lines += [f"Billbee: state {order['State']}, {order['Tags']}, {order['ShippingIds']}", *texts]
        if booked is not None:
            lines += [str(part) for part in booked.parts]
        if record is not None:
            lines += [f"{one.at} {one.before} > {one.after}: {one.why}" for one in record.timeline]
            lines.append(str((record.told, record.effects)))
        for note in self.lives[number].early_notes:
            lines += self.story(note, None, self.here.ledger.get(self.name, note))
        return lines

    def at_the_warehouse(self, life: Life, booked: Booked | None, record: LedgerOrder | None) -> Sequence[str]:
        wrong = []
        if booked is None:
            return []
        if booked.submissions != 1:
            wrong.append(f"submitted {booked.submissions} times")
        statuses = {part.status for part in booked.parts}
        if record is None:
            return [*wrong, "at the warehouse, and not in the ledger"]
        if record.status.value == "cancelled" and not statuses <= NOT_SHIPPED:
            wrong.append(f"cancelled in the ledger, {statuses} at the warehouse")
        if record.status.value == "shipped" and not (statuses <= FINAL and statuses & LEFT):
            wrong.append(f"shipped in the ledger, {statuses} at the warehouse")
        if statuses <= (LEFT | {"Cancelled"}) and statuses & LEFT and record.status.value != "shipped":
            number = int(booked.number)
            if number in self.shop.orders and "pieces_missing" not in record.told:
                wrong.append(f"{record.status} in the ledger, {statuses} at the warehouse")
        return wrong

    def told_once(self, life: Life, order: dict[str, Any], codes: Counter[str]) -> Sequence[str]:
        limits = Counter(dict.fromkeys(["OB-406", "OB-408", "OB-409", "OB-410", "OB-412"], life.edits + life.asked))
        limits |= Counter({"OB-401": life.asked + life.edits, "OB-415": life.asked, "OB-209": 5, "OB-413": 12})
        limits |= Counter({"OB-401": life.asked, "OB-206": life.returns, "OB-404": 12, "OB-405": 12, "OB-100": 12})
        wrong = [f"{code} told {times} times" for code, times in codes.items() if times > (limits[code] or 1)]
        sent_back = [one["ShippingId"] for one in order["ShippingIds"] if one["ShipmentType"] == 1]
        parcels = [one["ShippingId"] for one in order["ShippingIds"] if one["ShipmentType"] == 0]
        wrong += [f"posted twice: {numbers}" for numbers in (sent_back, parcels) if len(set(numbers)) != len(numbers)]
        if codes["OB-206"] + len(sent_back) != life.returns:
            wrong.append(f"{life.returns} returns, told {codes['OB-206']} and {sent_back}")
        return wrong

    def never_sent(
        self, life: Life, order: dict[str, Any], codes: Counter[str], record: LedgerOrder | None
    ) -> Sequence[str]:
        tags = order["Tags"]
        if life.note:
            return [] if not codes else [f"a credit note was told {codes}"]
        if TAG in tags and order["State"] == 3 and not (REJECTED in tags and codes["OB-100"]):
            return ["not at the warehouse, and nobody was told"]
        return ["reported as received"] if RECEIVED in tags and not life.copied else []

    def at_billbee(self, life: Life, order: dict[str, Any], booked: Booked, codes: Counter[str]) -> Sequence[str]:
        wrong, tags, state = [], set(order["Tags"]), order["State"]
        statuses = {part.status for part in booked.parts}
        parcels = {one["ShippingId"] for one in order["ShippingIds"] if one["ShipmentType"] == 0}
        if parcels != set(booked.tracking):
            wrong.append(f"parcels {parcels} posted, {booked.tracking} left")
        cancelled = any(codes[code] for code in CANCELLED_BY_US)
        if cancelled and not statuses <= NOT_SHIPPED:
            wrong.append(f"told that it was cancelled, and it is {statuses}")
        if statuses & LEFT and cancelled:
            wrong.append("a shipped order was reported cancelled")
        if state in (6, 8) and not statuses <= NOT_SHIPPED and not codes["OB-403"]:
            wrong.append(f"cancelled in Billbee, {statuses} at the warehouse, and nobody was told")
        if life.cancelled and statuses & LEFT and not codes["OB-403"] and state != 4:
            wrong.append("cancelled and shipped, and nobody was told")
        if (
            statuses <= (LEFT | {"Cancelled"})
            and statuses & LEFT
            and state != 4
            and not (codes["OB-403"] or codes["OB-210"] or life.reopened)
        ):
            wrong.append(f"shipped, and in state {state}")
        texts = "".join(one["Text"] for one in order["Comments"])
        if not statuses & (LEFT | NOT_SHIPPED) and not any(f"[{code}]" in texts for code in CREDIT_IS_TOLD):
            wrong += [f"credited by {note}, and nobody was told" for note in life.early_notes if self.counts(note)]
        for status, told in TOLD_AS.items():
            both = status == "Cancelled" and life.dropped and life.edits  # the merchant may have removed it as well
            if status in statuses and not any(codes[code] for code in told) and not both:
                wrong.append(f"{status}, and nobody was told")
        if not statuses <= NOT_SHIPPED and state not in (6, 8):
            wrong += self.same_content(life, order, booked, codes)
            wrong += self.same_hold(tags, statuses, codes)
            if RECEIVED not in tags and not statuses <= FINAL:
                wrong.append("the received tag is missing")
        return wrong

    def same_content(self, life: Life, order: dict[str, Any], booked: Booked, codes: Counter[str]) -> Sequence[str]:
        wanted, there = Counter[str](), self.pieces(booked)
        for one in order["OrderItems"]:
            wanted[one["Product"]["SKU"]] += int(one["Quantity"])
        wrong = []
        second = self.warehouse.orders.get(str(life.merged_with))
        told = codes["OB-412"] and there == life.before_merge  # as many by chance, and not by a change
        if second is not None and wanted == there and not told and (twice := self.pieces(second)):
            wrong.append(f"{twice} shipped with order {life.merged_with}, too")
        same = wanted == there and order["ShippingAddress"]["City"] == booked.submission.ship_to["City"]
        if same or life.dropped or codes["OB-209"] or any(codes[code] for code in DIFFERENCE_IS_TOLD):
            return wrong
        return [*wrong, f"{wanted} in Billbee, {there} at the warehouse"]

    def counts(self, note: int) -> bool:
        """Whether a credit note is there, and is one for orderbridge."""
        found = self.shop.orders.get(note)
        life = self.lives[note]
        return found is not None and TAG in found["Tags"] and not (life.cancelled or life.reopened)

    def pieces(self, booked: Booked) -> Counter[str]:
        """What the warehouse ships of an order."""
        found = Counter[str]()
        for part in booked.parts:
            for line in part.lines if part.status not in NOT_SHIPPED else ():
                found[line.item_no] += line.quantity
        return found

    def same_hold(self, tags: set[str], statuses: set[str], codes: Counter[str]) -> Sequence[str]:
        held = statuses - FINAL <= {"Pending", "Hold"} and bool(statuses - FINAL)
        if HOLDING in tags and not held and not codes["OB-404"]:
            return [f"to be held, and it is {statuses}"]
        if HOLDING not in tags and "Pending" in statuses and not codes["OB-405"]:
            return ["held by us for no tag"]
        return []

    # -- inside

    def note(self, what: str) -> None:
        self.seen[what] += 1
        event(what)

    def pick(self, things: Sequence[Any], which: int) -> Any:
        return things[which % len(things)] if things else None
