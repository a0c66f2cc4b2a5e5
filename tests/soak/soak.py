"""A long run with everything going wrong at once: many merchants, parallel workers, random faults.

    python -m tests.soak --seeds 1 2 3

The use cases, clients and stores are the real ones, the vendors the simulators; the workers share a clock that jumps.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from local.simulators.billbee.orders import item
from local.simulators.faults import Fault
from orderbridge.bootstrap import install, uninstall
from orderbridge.merchants.health import Health
from orderbridge.platform.observability import metrics
from testkit.environment import FUNCTIONS, Function
from testkit.functions import Context, bare_handler
from testkit.mishaps import Act, Kind, Watch
from testkit.side_by_side import SharedClock
from testkit.vendors import VENDOR_MISHAPS
from testkit.watched import WatchedQueues, mishaps_of
from testkit.world import World, world

HEALTHY: Final = ("acme", "beta", "gamma")
DOWN: Final = "delta"
WRONG: Final = "epsilon"
"""One whose warehouse is down for the first half, and one whose credentials are wrong all the time."""
BILLS: Final = "gamma"
"""One who bills through Abillify, every fifth order wrongly."""
WORKERS: Final = 5
"""Of each queue, at the same time."""
FAULTY: Final = 0.2
"""Share of the vendors' calls that go wrong."""
AWS_FAULTY: Final = 0.01
"""Share of the calls to AWS that still fail after the SDK's own retries."""
REDELIVERED: Final = 0.1
"""Share of the deliveries that come once more."""
MINUTE: Final = 60.0
HOUR: Final = 3600.0
HALF: Final = 1.5 * HOUR
LONGEST: Final = 8 * HOUR
INVOCATION: Final = 120.0
SKUS: Final = ("MUG-01", "TEE-01", "POSTER", "CAP-01")


@dataclass
class Outcome:
    """What came of a run. Times are seconds from its start, by merchant, until all its orders were shipped."""

    seed: int
    sold: int = 0
    lost: list[str] = field(default_factory=list)
    booked_twice: list[str] = field(default_factory=list)
    posted_twice: list[str] = field(default_factory=list)
    done_after: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    wrong_calls: int = 0
    wrong_reported: str | None = None
    most_in_a_minute: int = 0
    hours: float = 0.0

    def lines(self) -> list[str]:
        done = ", ".join(f"{name} {seconds / 60:.0f} min" for name, seconds in sorted(self.done_after.items()))
        struck = sum(self.faults.values())
        calls = self.calls["billbee"] + self.calls["bibi"] + self.calls["abillify"]
        return [
            f"seed {self.seed}: {self.sold} orders, {self.hours:.1f} h, {calls} calls to vendors and "
            f"{self.calls['aws']} to AWS, {struck} of them faulty",
            f"  lost {len(self.lost)}, booked twice {len(self.booked_twice)}, parcels posted twice "
            f"{len(self.posted_twice)}; all shipped after: {done}",
            f"  {WRONG}: {self.wrong_calls} calls, reported: {self.wrong_reported}; at most "
            f"{self.most_in_a_minute} calls to BiBi in a minute of one merchant, {self.throttled} refused with 429",
        ]


class Trouble(Watch):
    """Every step takes its time, and some go wrong."""

    def __init__(self, here: World, seed: int, outcome: Outcome) -> None:
        super().__init__()
        self._here = here
        self._random = random.Random(seed)
        self._outcome = outcome
        self.on = True
        self.watching = False

    def step(self, place: str, name: str, kind: Kind, act: Act) -> Any:
        if not self.watching:
            return act()
        here = self._here
        vendor = here.wires.get(place)
        self._outcome.calls[place if vendor else "aws"] += 1
        here.clock.sleep(self._random.uniform(0.05, 0.4) if vendor else 0.005)
        if not self.on or self._random.random() >= (FAULTY if vendor else AWS_FAULTY):
            return act()
        if vendor is not None:
            what = self._random.choice(sorted(VENDOR_MISHAPS))
            self._outcome.faults[what] += 1
            try:
                return VENDOR_MISHAPS[what](vendor, act)
            finally:  # faults that did not come up must not strike another worker
                faults = vendor.simulator.faults._faults
                faults[:] = [fault for fault in faults if fault.times is None]
        mishaps = mishaps_of(name, kind)
        what = self._random.choice(sorted(mishaps))
        self._outcome.faults[f"{place}: {what}"] += 1
        return mishaps[what](act)


class Queues(WatchedQueues):
    """Lanes come in any order, and what was done is delivered once more now and then."""

    def __init__(self, queues: WatchedQueues, watch: Watch, seed: int) -> None:
        super().__init__("sqs", queues._client, watch)
        self._random = random.Random(seed)
        self.redelivering = True

    def receive(self, queue: str) -> dict[str, Any] | None:
        waiting = self.queues[queue].messages
        place = {group: self._random.random() for group in sorted({message.group for message in waiting})}
        waiting.sort(key=lambda message: place[message.group])
        found: dict[str, Any] | None = self._client.receive(queue)
        return found

    def settle(self, queue: str, event: dict[str, Any], failed: Iterable[str]) -> None:
        if self.redelivering and self._random.random() < REDELIVERED:
            return  # its deletion got lost
        super().settle(queue, event, failed)


class _Soak:
    def __init__(self, here: World, clock: SharedClock, seed: int, merchants: Iterable[str], orders: int) -> None:
        self.here = here
        self._clock = clock
        self.outcome = Outcome(seed)
        self._random = random.Random(seed)
        self._merchants = list(merchants)
        self._trouble = Trouble(here, seed, self.outcome)
        self._began = clock()
        self._parcels: Counter[str] = Counter()
        here.queues = self._queues = Queues(here.queues, self._trouble, seed)
        for watched in (here.dynamodb, here.ssm, *here.wires.values()):
            watched._watch = self._trouble
        self._open(orders)

    def _open(self, orders: int) -> None:
        here = self.here
        for place, name in enumerate(self._merchants):
            if name != "acme":
                here.open_merchant(name)
            merchant = here.merchants[name]
            for sku in SKUS:
                here.put(sku, 100_000, merchant=name, ean=f"40000000000{place}{SKUS.index(sku)}")
            for number in range(1, orders + 1):
                lines = [item(sku) for sku in self._random.sample(SKUS, self._random.randint(1, 2))]
                here.sell(10_000 * (place + 1) + number, *lines, merchant=name)
            if name == BILLS:
                here.configure(name, billing={"enabled": True})
                for number, wire in merchant.shop.orders.items():
                    bill = here.abillify.accounts[f"api-{name}"].bill(wire)
                    bill["total"] = 1.0 if number % 5 == 0 else bill["total"]
            if name == DOWN:
                account = merchant.warehouse.public_key
                here.bibi.faults.add(Fault("status", account=account, times=None, status=503))
            if name == WRONG:
                here.secret("billbee_password", "not-the-password", name)
        self.outcome.sold = orders * len(self._merchants)

    def run(self) -> Outcome:
        for queue in FUNCTIONS:
            for _ in range(WORKERS):
                self._clock.start(lambda queue=queue: self._work(queue))  # type: ignore[misc]
        for doing in (self._schedules, self._warehouse, self._end):
            self._clock.start(doing)
        self._trouble.watching = True
        try:
            self._clock.run()
        finally:
            self._trouble.watching = False
        self._judge()
        return self.outcome

    # -- who is at work

    def _work(self, queue: str) -> None:
        parts = Function(self.here, queue)
        handler, context = bare_handler(FUNCTIONS[queue]), Context(FUNCTIONS[queue], lambda: INVOCATION)
        while True:
            event = self.here.queues.receive(queue)
            if event is None:
                self._clock.sleep(2)
                continue
            token = install(parts)
            try:
                answer = handler(event, context)
                self.here.queues.settle(queue, event, [one["itemIdentifier"] for one in answer["batchItemFailures"]])
            except Exception:  # noqa: BLE001  the invocation fails; its messages come again
                pass
            finally:
                uninstall(token)
                metrics.clear_metrics()

    def _schedules(self) -> None:
        minute = 0
        while True:
            for job, asked, every, at in (
                ("poll", {"scope": "changes"}, 5, 0),
                ("pull", {"scope": "open"}, 5, 2),
                ("poll", {"scope": "stuck"}, 10, 1),
                ("stock", {}, 15, 3),
                ("products", {}, 60, 4),
                ("returns", {}, 60, 6),
                ("billing", {}, 30, 8),
                ("poll", {"scope": "all"}, 180, 100),
            ):
                if minute % every == at % every and minute >= at:
                    self.here.schedule(job, **asked)
            self._clock.sleep(MINUTE)
            minute += 1

    def _warehouse(self) -> None:
        """Ships what was booked a while ago, in one parcel or two."""
        while True:
            self._clock.sleep(2 * MINUTE)
            for name in self._merchants:
                warehouse = self.here.merchants[name].warehouse
                for number, order in list(warehouse.orders.items()):
                    if order.status == "New" and self._random.random() < 0.5:
                        parcels = [f"1Z{name}{number}-{place}" for place in range(self._random.choice((1, 1, 1, 2)))]
                        warehouse.ship(number, parcels)

    def _end(self) -> None:
        """Lets the one warehouse come up again, notes who is done, and ends the run an hour after all are."""
        while self._passed() < LONGEST:
            self._clock.sleep(MINUTE)
            if self._passed() >= HALF:
                self.here.bibi.faults.clear()
            for name in self._merchants:
                if name not in self.outcome.done_after and self._is_done(name):
                    self.outcome.done_after[name] = self._passed()
            if self._passed() >= HALF and set(self._merchants) - {WRONG} <= self.outcome.done_after.keys():
                break
        self._trouble.on = self._queues.redelivering = False
        self._clock.sleep(HOUR)
        self._clock.stop()

    # -- what came of it

    def _passed(self) -> float:
        return self._clock() - self._began

    def _is_done(self, name: str) -> bool:
        return all(order["State"] == 4 for order in self.here.merchants[name].shop.orders.values())

    def _judge(self) -> None:
        outcome = self.outcome
        outcome.hours = self._passed() / HOUR
        for name in self._merchants:
            merchant = self.here.merchants[name]
            for billbee_id, order in merchant.shop.orders.items():
                booked = merchant.warehouse.orders.get(str(billbee_id))
                if booked is not None and booked.submissions != 1:
                    outcome.booked_twice.append(f"{name} {billbee_id}")
                posted = Counter(one["ShippingId"] for one in order["ShippingIds"])
                outcome.posted_twice += [f"{name} {number}" for number, times in posted.items() if times > 1]
                if name == WRONG:
                    continue
                whole = booked is not None and set(posted) == set(booked.tracking)
                received = f"order_received_by_{merchant.settings['billbee']['order_tag']}" in order["Tags"]
                if not (whole and received and order["State"] == 4 and self.here.status(billbee_id, name) == "shipped"):
                    outcome.lost.append(f"{name} {billbee_id}: {self.here.status(billbee_id, name)}")
                if name == BILLS:
                    told = [one for one in order["Comments"] if "OB-501" in one["Text"]]
                    notices = self.here.record(billbee_id, name).told
                    wrong = billbee_id % 5 == 0
                    if (len(told), "billing_mismatch" in notices, "billing_ok" in notices) != (
                        (1, True, False) if wrong else (0, False, True)
                    ):
                        outcome.lost.append(f"{name} {billbee_id}: told {len(told)} times of its invoice, {notices}")
        self._count_calls()

    def _count_calls(self) -> None:
        outcome = self.outcome
        minutes: Counter[tuple[str, int]] = Counter()
        for call in self.here.bibi.calls:
            minutes[call.account or "", int((call.at - self._began) // MINUTE)] += 1
        outcome.most_in_a_minute = max(minutes.values())
        calls = [*self.here.bibi.calls, *self.here.billbee.calls]
        outcome.throttled = sum(call.status == 429 and call.fault is None for call in calls)
        if WRONG in self._merchants:
            outcome.wrong_calls = sum(call.status == 401 for call in self.here.billbee.calls)
            errors = [job.error for job in Health(self.here.table, self.here.clock).jobs(WRONG) if job.error]
            outcome.wrong_reported = errors[0] if errors else None


def soak(seed: int, merchants: Iterable[str] = (*HEALTHY, DOWN, WRONG), orders: int = 200) -> Outcome:
    """One run; the same seed gives the same one."""
    clock = SharedClock()
    with world(empty=True, clock=clock) as here:
        return _Soak(here, clock, seed, merchants, orders).run()
