"""R21: repeated rings, and masses of rings, cost a merchant a bounded number of polls, and no ring is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.simulators.faults import Fault
from orderbridge.orders.rings import AT_ONCE, ONE_EACH
from testkit.routes import ORDERS
from testkit.world import RING_SECRET, World, world

EACH = int(ONE_EACH.total_seconds())
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.fixture
def here() -> Iterator[World]:
    """acme's doorbell, after a first poll; nothing but rings asks for others."""
    with world() as made:
        made.secret("webhook_secret", RING_SECRET)
        made.poll()
        made.billbee.calls.clear()
        yield made


def readings(here: World) -> int:
    """How often Billbee was asked for orders."""
    return sum(call.name == ORDERS for call in here.billbee.calls)


def work_until(here: World, moment: float) -> None:
    """Deliver whatever comes due until then, at the time it is due."""
    while True:
        if here.deliver("poll"):
            continue
        due = here.queues.next_due("poll")
        if due is None or due > moment:
            break
        here.clock.seconds = max(here.clock.seconds, due)
    here.clock.seconds = max(here.clock.seconds, moment)


def rings(here: World, count: int, every: float, merchant: str = "acme") -> None:
    for _ in range(count):
        assert here.ring(merchant) == 202
        work_until(here, here.clock.seconds + every)


def exhaust(here: World) -> None:
    """Ring until the next poll has to wait, and until none is left in the queue."""
    rings(here, AT_ONCE + 10, 2.0)
    while due := here.queues.next_due("poll"):
        work_until(here, due)


@pytest.mark.parametrize("every", [0.2, 2.0])
def test_r21_1000_repetitions_of_a_ring_cost_30_polls_and_one_more_each_30_seconds(here: World, every: float) -> None:
    began = here.clock.seconds
    rings(here, 1000, every)
    assert readings(here) <= AT_ONCE + (here.clock.seconds - began) / EACH
    assert AT_ONCE == EACH == 30


def test_r21_after_a_night_of_quiet_30_polls_are_at_hand_again(here: World) -> None:
    for _ in range(2):
        here.billbee.calls.clear()
        exhaust(here)
        assert readings(here) >= AT_ONCE
        here.wait(hours=8)
        here.poll()  # a cursor that no poll attends to would make the next one cautious


def test_r21_the_last_of_many_rings_is_not_lost_and_waits_for_30_seconds_at_most(here: World) -> None:
    rings(here, 500, 2.0)
    here.sell(1)
    rung = here.clock.seconds
    rings(here, 1, 0.0)
    while here.status(1) == "unknown":
        work_until(here, here.clock.seconds + 1)
    assert here.clock.seconds - rung <= EACH + 5
    work_until(here, here.clock.seconds + 2 * EACH)
    assert here.queues.waiting() == {"push": 1}


def test_r21_a_poll_that_has_to_wait_waits_in_its_queue_and_not_in_a_worker(here: World) -> None:
    exhaust(here)
    here.queues.waits.clear()
    here.billbee.calls.clear()
    here.ring()
    here.wait(seconds=3)
    before = here.clock.seconds
    assert here.deliver("poll")
    assert here.clock.seconds == before
    (hidden,) = here.queues.waits
    assert 1 <= hidden <= EACH + 1
    assert readings(here) == 0


def test_r21_what_piles_up_behind_a_poll_that_waits_becomes_one(here: World) -> None:
    exhaust(here)
    here.billbee.calls.clear()
    for _ in range(10):  # in shares of their own, while the first of them waits
        here.ring()
        work_until(here, here.clock.seconds + 2)
    assert readings(here) == 0
    work_until(here, here.clock.seconds + 4 * EACH)
    assert readings(here) == 1
    assert here.queues.waiting() == {}


def test_r21_one_merchants_rings_hold_up_no_other_merchant(here: World) -> None:
    here.open_merchant("bolt")
    here.secret("webhook_secret", RING_SECRET, "bolt")
    here.poll(merchant="bolt")
    rings(here, 100, 2.0)
    here.ring()
    here.sell(1, merchant="bolt")
    here.ring("bolt")
    here.wait(seconds=3)
    while here.deliver("poll"):
        pass
    assert here.status(1, "bolt") == "queued"


def test_r21_polls_of_the_schedule_cost_no_ring(here: World) -> None:
    for _ in range(AT_ONCE):
        here.poll("all")
    here.billbee.calls.clear()
    exhaust(here)
    assert readings(here) >= AT_ONCE


def test_r21_polls_that_fail_are_paid_for_as_well(here: World) -> None:
    here.billbee.faults.add(Fault(kind="status", route=ORDERS, times=None))
    began = here.clock.seconds
    rings(here, 1000, 2.0)
    tries = readings(here)
    assert tries
    polls = tries / 3  # a call that may be repeated is, twice
    assert polls <= AT_ONCE + (here.clock.seconds - began) / EACH


def test_r21_in_mode_test_rings_are_bounded_in_the_same_way(here: World) -> None:
    here.configure(mode="test")
    rings(here, 300, 2.0)
    assert readings(here) <= AT_ONCE + 300 * 2 / EACH
    assert here.cursors().orders().read_until is not None  # of the live poll before
    here.lose_the_ledger()
    rings(here, 5, 2.0)
    assert here.cursors().orders().read_until is None  # the first live run starts cautiously
    assert here.cursors().orders().rings_paid_until is not None


def test_r21_a_poll_with_its_bucket_makes_no_more_calls_to_the_table_than_one_without(here: World) -> None:
    def calls_of_a_poll() -> list[str]:
        here.watch.forget()
        here.watch.recording = True
        here.work("poll")
        here.watch.recording = False
        return sorted(step.name for step in here.watch.steps if step.place == "dynamodb")

    here.ask_poll()
    scheduled = calls_of_a_poll()
    here.ring()
    assert calls_of_a_poll() == scheduled
    assert scheduled.count("dynamodb get_item CURSOR#poll-orders") == 1
    assert scheduled.count("dynamodb update_item CURSOR#poll-orders") == 1


def test_r21_rings_of_one_share_are_sent_to_the_queue_once_by_an_environment(here: World) -> None:
    here.watch.recording = True
    for _ in range(1000):
        assert here.ring() == 202
    sent = [step for step in here.watch.steps if step.place == "sqs"]
    assert len(sent) == 1
    here.wait(seconds=2)
    here.ring()
    assert sum(step.place == "sqs" for step in here.watch.steps) == 2


def test_r21_a_ring_that_the_queue_did_not_take_is_sent_again_with_the_next(here: World) -> None:
    send, here.queues._client.send_message_batch = (
        here.queues._client.send_message_batch,
        lambda **_: {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]},
    )
    assert here.ring() == 500
    here.queues._client.send_message_batch = send
    assert here.ring() == 202
    assert here.queues.waiting() == {"poll": 1}


# ---- Unknown names


def aws_calls(here: World) -> list[str]:
    return [step.name for step in here.watch.steps if step.place in ("dynamodb", "ssm", "sqs", "s3")]


def test_r21_1000_rings_of_unknown_merchants_cost_no_call_beyond_a_listing_a_minute(here: World) -> None:
    here.watch.recording = True
    began = here.clock.seconds
    for number in range(1000):
        assert here.ring(f"nobody-{number}") == 401
        if here.clock.seconds - began < 60:
            assert len(aws_calls(here)) == 1, "the first listing"
    minutes = (here.clock.seconds - began) / 60
    assert {name.split()[1] for name in aws_calls(here)} == {"query"}
    assert len(aws_calls(here)) <= 1 + minutes


def test_r21_forged_rings_of_a_known_merchant_cost_its_secret_each_five_minutes_and_a_listing_a_minute(
    here: World,
) -> None:
    here.watch.recording = True
    began = here.clock.seconds
    for _ in range(1000):
        assert here.ring(secret="another-secret-of-the-tests-40-chars-ok") == 401
    minutes = (here.clock.seconds - began) / 60
    kinds = [name.split()[1] for name in aws_calls(here)]
    assert kinds.count("query") <= 1 + minutes
    assert kinds.count("get_parameter") <= 1 + minutes / 5
    assert set(kinds) == {"query", "get_parameter"}


def test_r21_a_merchant_that_was_just_added_is_let_in_within_a_minute(here: World) -> None:
    assert here.ring() == 202
    environment = here.function("webhook")
    here.open_merchant("bolt")
    here.secret("webhook_secret", RING_SECRET, "bolt")
    here._functions["webhook"] = environment  # the one that has listed the merchants before
    assert here.ring("bolt") == 401
    here.wait(seconds=61)
    assert here.ring("bolt") == 202


def test_r21_a_merchant_that_was_removed_is_a_stranger_after_five_minutes(here: World) -> None:
    assert here.ring() == 202
    here.registry.remove("acme", by="a test")
    here.wait(seconds=301)
    assert here.ring() == 401
