"""R21: a burst of rings becomes a handful of polls, and no ring is lost, whenever it comes.

The webhook's use case and the poll's run on one clock, which moves with every wait and every call of the poll; what is
to happen at a moment happens then, also in the middle of a poll. Nothing but rings asks for polls here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from local.simulators.billbee.deliveries import signed
from local.simulators.billbee.orders import item
from local.simulators.server import Call
from orderbridge.jobs.publisher import Publisher
from orderbridge.orders import poll_orders as polling
from orderbridge.orders import webhook
from testkit.clock import ManualClock, WrongClock
from testkit.world import World, world
from tests.effort import THOROUGH

SECRET = "a-secret-of-the-tests-32-chars-and"
BODY = b'{"Id": "1", "Attempt": 1, "Notifications": []}'


@dataclass
class Door:
    """acme's door in a world without schedules."""

    here: World
    agenda: ManualClock
    seconds_a_call: float = 0.0
    rings: int = 0
    orders: int = 0
    polls: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        publisher = Publisher(self.here.queues)
        self.clock_of_the_webhook = WrongClock(self.agenda)
        self.doorbell = webhook.Doorbell(
            lambda kept: self.here.registry.listing(),
            lambda merchant: SecretStr(SECRET),
            lambda messages: publisher.send("poll", messages),
            self.clock_of_the_webhook,
        )

    def begin(self, seconds_a_call: float = 0.0) -> float:
        """Ten quiet minutes pass; gives the time. Each call to Billbee takes so long after its work is done."""
        self.seconds_a_call = 0.0
        self.agenda.sleep(600)
        self.agenda.seconds = float(int(self.agenda.seconds) + int(self.agenda.seconds) % 2)
        self.here.poll()  # a cursor of half an hour ago would count as none
        self.here.queues.clear()
        self.agenda.sleep(60)
        self.polls.clear()
        self.seconds_a_call, self.rings = seconds_a_call, 0
        return self.agenda.seconds

    def called(self, _: Call) -> None:
        self.agenda.sleep(self.seconds_a_call)

    def ring(self, skew: float = 0.0) -> None:
        """A signed ring; `skew` is how far the webhook's clock is ahead of the others."""
        self.rings += 1
        self.clock_of_the_webhook.ahead = skew
        ring = webhook.Ring("acme", BODY, signed("ms", SECRET, BODY), None)
        self.doorbell.ring(ring, f"ring-{self.rings}")

    def work(self) -> None:
        """Poll whenever a message is there, until nothing more is to come."""
        while True:
            if self.here.deliver("poll"):
                self._note_poll()
                continue
            due = [at for at in (self.agenda.next_due, self.here.queues.next_due("poll")) if at is not None]
            if not due:
                return
            self.agenda.sleep(max(0.0, min(due) - self.agenda.seconds))
            self.agenda.seconds = max(self.agenda.seconds, min(due))  # a sum of floats may fall short of it

    def _note_poll(self) -> None:
        """The cursor says when the last poll started; a message that asked for no more than that was skipped."""
        read_until = self.here.cursors().orders().read_until
        assert read_until is not None
        if read_until.timestamp() not in self.polls:
            self.polls.append(read_until.timestamp())


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    """A doorbell without a ring yet, after a first poll."""
    with world() as here:
        here.poll()
        made = Door(here, here.clock)
        here.billbee.after_call.append(made.called)
        yield made


@dataclass(frozen=True)
class Tagged:
    """An order is tagged at `at`; its ring comes after `delay`, with the webhook's clock ahead by `skew`."""

    at: float
    delay: float = 0.0
    skew: float = 0.0


def all_are_found(door: Door, events: list[Tagged], seconds_a_call: float) -> int:
    """Play the events through; gives the number of polls."""
    start = door.begin(seconds_a_call)
    numbers = range(door.orders + 1, door.orders + len(events) + 1)
    door.orders += len(events)
    for number, event in zip(numbers, events, strict=True):
        door.here.sell(number, item("MUG-01"), tags=[])
        door.agenda.at(start + event.at, partial(door.here.shop.add_tags, number, ["bibi"]))
        door.agenda.at(start + event.at + event.delay, partial(door.ring, event.skew))
    door.work()
    lost = [number for number in numbers if door.here.status(number) != "queued"]
    assert lost == [], (events, [at - start for at in door.polls])
    return len(door.polls)


moments = st.integers(0, 120).map(lambda tenth: tenth / 10)
events = st.builds(
    Tagged,
    at=moments,
    delay=st.sampled_from([0.0, 0.0, 0.1, 0.7, 3.0, 60.0]),
    # Any two clocks differ by a second at most.
    skew=st.sampled_from([-0.5, 0.0, 0.5]),
)


@settings(max_examples=60 if THOROUGH else 20)
@given(tagged=st.lists(events, min_size=1, max_size=8), seconds_a_call=st.sampled_from([0.0, 0.3, 1.1, 2.5]))
def test_r21_no_ring_is_lost_whenever_it_comes(door: Door, tagged: list[Tagged], seconds_a_call: float) -> None:
    all_are_found(door, tagged, seconds_a_call)


def two_rings(door: Door, seconds_a_call: float) -> None:
    """The second order is tagged and rings at any tenth of a second before, during and after the first one's poll."""
    for tenth in range(80):
        assert all_are_found(door, [Tagged(0.0), Tagged(tenth / 10)], seconds_a_call) <= 4


@pytest.mark.parametrize("seconds_a_call", [0.1, 0.4, 1.5])
def test_r21_a_ring_after_a_poll_has_started_leads_to_another(door: Door, seconds_a_call: float) -> None:
    two_rings(door, seconds_a_call)


def test_r21_a_burst_of_1000_rings_becomes_a_handful_of_polls(door: Door) -> None:
    start = door.begin(seconds_a_call=0.2)
    for number in range(1000):
        door.agenda.at(start + 5 * number / 1000, door.ring)
    door.work()
    assert door.rings == 1000
    assert len(door.polls) <= 4


def test_r21_rings_of_one_moment_are_one_poll(door: Door) -> None:
    door.begin()
    for _ in range(1000):
        door.ring()
    door.work()
    assert len(door.polls) == 1


def test_r21_a_poll_comes_within_seconds_of_its_ring(door: Door) -> None:
    for tenth in range(20):
        door.begin()
        door.agenda.sleep(tenth / 10)
        rung = door.agenda.seconds
        door.ring()
        door.work()
        assert 0 < door.polls[0] - rung <= webhook.BURST + webhook.CLOCKS_DIFFER


def test_r21_a_poll_that_its_queue_does_not_delay_is_hidden_until_its_burst_is_over(door: Door) -> None:
    """The clocks of SQS and of two functions may differ: then a message comes early, and no worker waits for it."""
    queue = door.here.queues.queues["poll"]
    delay, queue.delay = queue.delay, 0.0
    try:
        two_rings(door, 0.1)
        door.begin()
        door.here.queues.waits.clear()
        door.ring()
        door.agenda.slept.clear()
        assert door.here.deliver("poll")
        assert door.agenda.slept == []
        (hidden,) = door.here.queues.waits
        assert 3 <= hidden <= 4
        door.work()
    finally:
        queue.delay = delay


def test_the_tests_notice_a_poll_that_does_not_wait_for_its_burst(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "LONGEST_BURST", 0.0)
    monkeypatch.setattr(door.here.queues.queues["poll"], "delay", 0.0)
    with pytest.raises(AssertionError):
        two_rings(door, 0.1)


def test_the_tests_notice_rings_that_share_a_poll_for_too_long(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "BURST", 60)
    with pytest.raises(AssertionError):
        two_rings(door, 0.1)
