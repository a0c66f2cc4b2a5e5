"""An operator has one order looked at again: in each status it can be in, without anything happening twice."""

from __future__ import annotations

import pytest

from local.simulators.billbee.orders import address
from local.simulators.faults import Fault
from orderbridge.desk.retry_order import CannotRetry, retry_order
from orderbridge.jobs.messages import PushOrder
from orderbridge.jobs.publisher import Publisher
from orderbridge.ledger.lifecycle import Status
from testkit.world import REJECTED, World, world


def retry(here: World, order: int = 1) -> str:
    senders = {
        "push-orders": lambda messages: Publisher(here.queues).send("push", messages),
        "poll-orders": lambda messages: Publisher(here.queues).send("poll", messages),
    }
    said = retry_order(here.ledger, here.record(order), senders, f"retry-{here.queues.sent}")
    here.push()
    return said.english


def rejected(here: World) -> None:
    here.sell(1, ship_to=address(city=""))
    here.poll()
    here.push()
    assert here.status(1) == "rejected"


def test_r2_a_rejected_order_that_was_fixed_is_sent_although_the_tag_is_still_there() -> None:
    with world() as here:
        rejected(here)
        here.shop.change(1, ShippingAddress={**here.wire(1)["ShippingAddress"], "City": "Berlin"})
        assert retry(here) == "it is checked again, and sent if nothing is wrong any more"
        assert here.status(1) == "acknowledged"
        assert REJECTED in here.tags(1)
        here.run_on()
        assert here.submitted("1") == 1


def test_r2_a_rejected_order_that_was_not_fixed_is_rejected_again_with_its_reason() -> None:
    with world() as here:
        rejected(here)
        retry(here)
        record = here.record(1)
        assert record.status is Status.REJECTED
        assert record.reason is not None
        assert "OB-104" in record.reason
        here.run_on()
        assert here.status(1) == "rejected"
        assert "1" not in here.warehouse.orders


def test_r7_an_order_that_the_warehouse_has_lost_is_not_sent_a_second_time() -> None:
    with world() as here:
        here.imported()
        del here.warehouse.orders["1"]
        retry(here)
        here.run_on()
        assert here.status(1) == "acknowledged"
        assert "1" not in here.warehouse.orders


def test_an_order_at_the_warehouse_is_brought_up_to_date_on_both_sides() -> None:
    with world() as here:
        here.imported(1, 2)
        here.warehouse.ship("1")
        here.shop.change(2, State=8)
        retry(here, 1)
        retry(here, 2)
        assert (here.status(1), here.status(2)) == ("shipped", "cancelled")
        assert len(here.parcels(1)) == 1
        assert here.writes_to_billbee().count("PUT /api/v1/orders/1/orderstate") == 1


def test_r14_retrying_a_shipped_order_posts_no_parcel_twice() -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1")
        here.pull()
        before = here.parcels(1)
        retry(here)
        retry(here)
        assert here.parcels(1) == before


def test_who_asks_for_an_order_that_lacks_nothing_finds_that_in_its_timeline() -> None:
    with world() as here:
        here.imported()
        retry(here)
        asked, answered = here.record(1).timeline[-2:]
        assert (asked.call, answered.why) == (
            "orderbridge order retry",
            "the warehouse and Billbee were asked: nothing is missing",
        )
        here.warehouse.ship("1")
        retry(here)
        assert [event.why for event in here.record(1).timeline].count(answered.why) == 1


def test_a_queued_order_whose_message_is_lost_goes_on() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.queues.clear()
        retry(here)
        assert here.status(1) == "acknowledged"


def test_an_order_cancelled_at_the_warehouse_cannot_be_sent_again() -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=8)
        here.look()
        assert here.status(1) == "cancelled"
        with pytest.raises(CannotRetry, match="create a new order"):
            retry(here)


def ask_again(here: World, order: int = 1) -> None:
    """An operator asks; the queue is not processed yet."""
    senders = {"push-orders": lambda messages: Publisher(here.queues).send("push", messages)}
    retry_order(here.ledger, here.record(order), senders, "asked-again")


def test_r7_an_order_that_is_still_to_be_sent_is_taken_up_each_time_that_it_is_asked_for() -> None:
    """A queue drops what it takes for a repetition: then the tool would say that it is taken up, and it is not."""
    with world() as here:
        here.sell(2)
        here.poll()
        waiting = len(here.queues.messages("push"))
        ask_again(here, 2)
        ask_again(here, 2)
        assert len(here.queues.messages("push")) == waiting + 2
        here.push()
        assert (here.status(2), here.submitted("2")) == ("acknowledged", 1)


def test_r14_a_look_and_a_label_that_share_a_batch_with_a_later_message_are_not_lost() -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        record = here.record(1)
        asked = [
            PushOrder(merchant="acme", correlation_id="look", billbee_id=1, version=record.version, look=True),
            PushOrder(merchant="acme", correlation_id="late", billbee_id=1, version=record.version),
        ]
        Publisher(here.queues).send("push", asked)
        assert len(here.queues.messages("push")) == 2
        assert here.deliver("push")
        assert here.parcels(1) == ["1Z1"]
        assert here.queues.messages("push") == []


def test_r14_deliveries_of_one_order_come_again_together() -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        record = here.record(1)
        asked = [
            PushOrder(merchant="acme", correlation_id="look", billbee_id=1, version=record.version, look=True),
            PushOrder(merchant="acme", correlation_id="late", billbee_id=1, version=record.version),
        ]
        Publisher(here.queues).send("push", asked)
        here.bibi.faults.add(Fault("status", route="POST /orderStatus", times=3))
        assert here.deliver("push")
        assert len(here.queues.messages("push")) == 2
        here.push()
        assert here.parcels(1) == ["1Z1"]
