"""R32: a vendor that is down gets one probe at a time, the ledger keeps what waits, and portions take it up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from flask import request as served

from local.simulators import Call
from local.simulators.faults import Fault
from orderbridge.desk.board.order_board import OrderBoard
from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.desk.troubles.trouble import Trouble, TroubleKind
from orderbridge.jobs.messages import PUSHED, Message, PushOrder, TakeUp, parse_any
from orderbridge.merchants.breaker import outages
from orderbridge.merchants.cursors import Cursors, OrdersCursor
from orderbridge.merchants.health import Health
from orderbridge.merchants.registry import MerchantListing
from orderbridge.orders.backlog import GIVEN_UP_AFTER, Backlog
from orderbridge.orders.preparation import prepare
from orderbridge.orders.shipping_order import ShippingOrder
from testkit.clock import ManualClock
from testkit.routes import ORDER, ORDERS, STATUS, SUBMIT, TAGS
from testkit.world import RECEIVED, World, world

HOW = {
    "503": Fault("status", status=503, times=None),
    "silent": Fault("delay_before", seconds=25.0, times=None),
    "reset": Fault("reset_before", times=None),
    "page": Fault("html_before", times=None),
}


def go_down(vendor: Any, how: str = "503") -> None:
    fault = HOW[how]
    vendor.faults.add(Fault(fault.kind, status=fault.status, seconds=fault.seconds, times=None))


@contextmanager
def down(*orders: int, how: str = "503", **settings: Any) -> Iterator[World]:
    """The warehouse has been down for some minutes, and these orders came meanwhile."""
    with world(**settings) as here:
        here.poll()
        here.pull("all")
        go_down(here.bibi, how)
        for _ in range(3):
            here.pull("all")
            here.wait(seconds=1)
        for order in orders:
            here.sell(order)
        here.poll()
        here.work("push", patience=timedelta(minutes=5))
        yield here


def calls_of(vendor: Any, name: str | None = None, since: int = 0) -> list[Call]:
    return [call for call in vendor.calls[since:] if name in (None, call.name)]


def queued(here: World) -> list[Message]:
    return [parse_any(PUSHED, one.body) for one in here.queues.messages("push")]


def come_back(here: World) -> None:
    here.bibi.faults.clear()
    here.billbee.faults.clear()
    here.work("push", patience=timedelta(minutes=5))


@pytest.mark.parametrize("how", HOW)
def test_r32_while_the_warehouse_is_down_one_probe_is_sent_at_growing_intervals(how: str) -> None:
    with down(1, 2, how=how) as here:
        before = len(here.bibi.calls)
        for _ in range(3):
            here.ask_pull("open")
            here.deliver("pull")
            here.work("push", patience=timedelta(minutes=20))
        probes = [call.at for call in here.bibi.calls[before:]]
        gaps = [after - before for before, after in pairwise(probes)]
        assert max(gaps) <= 150, "the longest interval, and what a time-out takes"
        assert min(gaps) >= 100
        assert {call.name for call in here.bibi.calls[before:]} == {STATUS}
        assert here.queues.waiting() == {"push": 1}


def test_r32_the_ledger_keeps_the_orders_and_the_queue_one_message() -> None:
    with down(*range(1, 31)) as here:
        assert {here.status(order) for order in range(1, 31)} <= {"queued", "submitting"}
        (message,) = queued(here)
        assert isinstance(message, TakeUp)
        assert (message.vendor, message.lane) == ("bibi", "acme#bibi")


def test_r32_what_waited_is_acknowledged_once_the_warehouse_answers() -> None:
    orders = range(1, 26)
    with down(*orders) as here:
        here.wait(minutes=50)
        before = len(here.billbee.calls), len(here.bibi.calls)
        come_back(here)
        assert {here.status(order) for order in orders} == {"acknowledged"}
        assert {here.submitted(str(order)) for order in orders} == {1}
        assert all(RECEIVED in here.tags(order) for order in orders)
        assert here.queues.waiting() == {}
        assert len(calls_of(here.bibi, SUBMIT, before[1])) == 3
        assert len(calls_of(here.billbee, TAGS, before[0])) == 25
        assert calls_of(here.billbee, ORDER, before[0]) == []
        assert len(calls_of(here.billbee, ORDERS, before[0])) == 2, "the rush orders, and what the others hold"
        asked = calls_of(here.bibi, STATUS, before[1])
        assert len([call for call in asked if call.body.get("orderNumber")]) <= 1


def test_r32_an_order_without_an_answer_before_the_outage_is_asked_for_and_sent_once() -> None:
    with world() as here:
        here.poll()
        for order in (1, 2):
            here.sell(order)
        here.pull("all")
        here.bibi.faults.add(Fault("drop_after", route=SUBMIT))
        go_down(here.bibi)
        here.poll()
        here.work("push", patience=timedelta(minutes=5))
        assert {here.status(1), here.status(2)} == {"submitting"}
        assert len(calls_of(here.bibi, SUBMIT)) == 1
        come_back(here)
        assert [here.status(order) for order in (1, 2)] == ["acknowledged"] * 2
        assert [here.submitted(order) for order in ("1", "2")] == [1, 1]
        assert len(calls_of(here.bibi, SUBMIT)) == 1


def test_r32_an_order_that_the_warehouse_has_already_is_not_sent_again() -> None:
    """As after the restore of a backup: the ledger says queued, and the warehouse has it."""
    with world() as here:
        here.poll()
        here.pull("all")
        for order in range(1, 6):
            here.sell(order)
        here.poll()
        workspace = here.workspace()
        prepared = prepare(workspace, workspace.hub.order(3))
        assert isinstance(prepared, ShippingOrder)
        workspace.warehouse.submit([prepared])
        go_down(here.bibi)
        for _ in range(3):
            here.pull("all")
        here.work("push", patience=timedelta(minutes=5))
        assert {here.status(order) for order in range(1, 6)} == {"queued"}
        before = len(here.bibi.calls)
        come_back(here)
        assert {here.status(order) for order in range(1, 6)} == {"acknowledged"}
        assert {here.submitted(str(order)) for order in range(1, 6)} == {1}
        assert here.record(3).adopted
        (submitted,) = calls_of(here.bibi, SUBMIT, before)
        assert '"3"' not in submitted.body["orders"]


def test_r32_rush_orders_go_first_then_those_that_waited_longest() -> None:
    with world() as here:
        here.poll()
        here.pull("all")
        go_down(here.bibi)
        for _ in range(3):
            here.pull("all")
            here.wait(seconds=1)
        for order in range(1, 26):
            rush = ["rush_bibi"] if order in (17, 23) else []
            here.sell(order, tags=["bibi", *rush])
            here.poll()
            here.work("push", patience=timedelta(0))
        before = len(here.billbee.calls)
        come_back(here)
        tagged = [int(call.path.split("/")[-2]) for call in calls_of(here.billbee, TAGS, before)]
        assert tagged == [17, 23, *(order for order in range(1, 26) if order not in (17, 23))]


def test_r32_an_order_that_came_before_the_probe_found_the_vendor_back_does_not_wait_for_the_backlog() -> None:
    with down(*range(1, 26)) as here:
        here.wait(minutes=20)
        here.sell(99)
        here.poll()
        before = len(here.billbee.calls)
        come_back(here)
        tagged = [int(call.path.split("/")[-2]) for call in calls_of(here.billbee, TAGS, before)]
        assert tagged == [99, *range(1, 26)]


def test_r32_a_fresh_order_goes_before_the_rest_of_the_backlog() -> None:
    with down(*range(1, 31)) as here, patch("orderbridge.orders.take_up.PORTION", 10):
        here.bibi.faults.clear()
        here.wait(minutes=2)
        here.deliver("push")  # the wake-up finds that the warehouse answers
        here.deliver("push")  # the first portion
        here.sell(99)
        here.poll()
        before = len(here.billbee.calls)
        here.push()
        tagged = [int(call.path.split("/")[-2]) for call in calls_of(here.billbee, TAGS, before)]
        assert tagged.index(99) == 0 or tagged.index(99) == 10
        assert len(tagged) == 21
        assert {here.status(order) for order in (*range(1, 31), 99)} == {"acknowledged"}


def test_r32_portions_come_one_after_the_other_until_no_order_waits() -> None:
    with down(*range(1, 36)) as here, patch("orderbridge.orders.take_up.PORTION", 10):
        sent = here.queues.sent
        come_back(here)
        assert {here.status(order) for order in range(1, 36)} == {"acknowledged"}
        assert here.queues.sent - sent == 4, "each portion asks for the next one"
        assert not Backlog(here.table, "acme", here.clock).is_taken_up()


def test_r32_a_portion_ends_in_time() -> None:
    with down(*range(1, 36)) as here:
        here.seconds_left = lambda: 61.0 if here.clock() % 7 < 3.5 else 59.0
        come_back(here)
        here.seconds_left = None
        assert {here.status(order) for order in range(1, 36)} == {"acknowledged"}


def test_r32_the_sweeper_replaces_a_lost_wake_up() -> None:
    with down(1, 2) as here:
        here.queues.clear()
        here.poll("stuck")
        assert here.queues.waiting() == {}, "it may still be there"
        here.wait(minutes=11)
        here.poll("stuck")
        here.poll("stuck")
        assert [type(one) for one in queued(here)] == [TakeUp]
        come_back(here)
        assert [here.status(order) for order in (1, 2)] == ["acknowledged"] * 2


def test_r32_the_sweeper_replaces_a_lost_portion() -> None:
    with down(*range(1, 13)) as here:
        here.bibi.faults.clear()
        here.wait(minutes=2)
        here.deliver("push")
        here.queues.clear()
        here.wait(minutes=31)
        here.poll("stuck")
        here.push()
        assert {here.status(order) for order in range(1, 13)} == {"acknowledged"}


def test_r32_the_sweeper_sends_one_message_for_all_stuck_orders_and_none_while_they_are_taken_up() -> None:
    with world() as here:
        for order in range(1, 13):
            here.sell(order)
        here.poll()
        here.queues.clear()
        here.wait(minutes=31)
        sent = here.queues.sent
        here.poll("stuck")
        assert here.queues.sent - sent == 2, "the sweep's own, and one for all orders"
        here.push()
        assert {here.status(order) for order in range(1, 13)} == {"acknowledged"}
        backlog = Backlog(here.table, "acme", here.clock)
        assert backlog.begin("a chain that is at work", 0, here.clock.now())
        for order in (21, 22):
            here.sell(order)
        here.poll()
        here.queues.clear()
        here.wait(minutes=31)
        assert backlog.begin("a chain that is at work", 1, here.clock.now())
        here.poll("stuck")
        assert here.queues.waiting() == {}
        here.wait(seconds=GIVEN_UP_AFTER.total_seconds())
        here.poll("stuck")
        here.push()
        assert [here.status(order) for order in (21, 22)] == ["acknowledged"] * 2


def test_r32_a_wake_up_is_renewed_before_its_queue_gives_it_up() -> None:
    with down(1) as here:
        for _ in range(36):
            here.cycle()
        assert here.queues.waiting() == {"push": 1}
        come_back(here)
        assert here.status(1) == "acknowledged"
        assert here.queues.waiting() == {}


def test_r32_jobs_end_at_once_and_their_health_says_why() -> None:
    with down() as here:
        before = len(here.bibi.calls)
        here.schedule("pull", scope="open")
        here.deliver("pull")
        here.schedule("stock")
        here.deliver("stock")
        assert here.queues.waiting() == {}
        assert len(here.bibi.calls) - before <= 1, "at most one of them was the probe"
        health = {one.job: one for one in Health(here.table, here.clock).jobs("acme")}
        assert health["sync-stock"].kind == "VendorDown"
        assert "The warehouse: no answer since 2026-07-01 12:00 UTC" in (health["sync-stock"].error or "")


def test_r32_a_job_waits_out_a_moment_without_an_answer() -> None:
    with world() as here:
        here.sell(1)
        here.cycle()
        here.warehouse.ship("1", ["1Z1"], method="02")
        go_down(here.bibi)
        here.clock.later(20, here.bibi.faults.clear)
        here.ask_pull("all")
        here.work("pull", patience=timedelta(minutes=5))
        assert (here.status(1), here.parcels(1)) == ("shipped", ["1Z1"])


def _troubles(here: World) -> list[Trouble]:
    settings = {"acme": json.dumps(here.merchants["acme"].settings)}
    return [one for one in find_troubles(settings, here.table, here.clock) if one.kind is TroubleKind.VENDOR_DOWN]


def test_r32_a_vendor_that_is_down_is_a_trouble_and_is_named_by_the_order() -> None:
    with down(1) as here:
        here.wait(minutes=6)
        (trouble,) = _troubles(here)
        assert trouble.about == "bibi"
        assert trouble.what.startswith("The warehouse has not answered since 2026-07-01 12:00 UTC")
        settings = {"acme": json.dumps(here.merchants["acme"].settings)}
        board = OrderBoard(
            here.table, lambda: MerchantListing(settings, None), here.function("operator").dead_letters, here.clock
        )
        shown = board.order("acme", 1)
        assert shown is not None
        assert "The warehouse has not answered since 2026-07-01 12:00 UTC" in shown.next_step.english
        come_back(here)
        assert _troubles(here) == []


def test_r32_a_hold_that_is_asked_for_meanwhile_waits_alone_and_is_done_afterwards() -> None:
    with world() as here:
        here.sell(1)
        here.cycle()
        assert here.status(1) == "acknowledged"
        go_down(here.bibi)
        for _ in range(3):
            here.pull("all")
        here.shop.add_tags(1, ["hold_bibi"])
        here.wait(seconds=61)
        here.poll()
        here.work("push", patience=timedelta(minutes=2))
        assert "acme#1" in {one.group for one in here.queues.messages("push")}
        come_back(here)
        assert here.status(1) == "held"


def test_r32_while_billbee_is_down_orders_wait_for_their_tag_and_get_it_once() -> None:
    with world() as here:
        here.poll()
        for order in range(1, 6):
            here.sell(order)
        here.poll()
        go_down(here.billbee)
        here.work("push", patience=timedelta(minutes=5))
        assert {here.status(order) for order in range(1, 6)} == {"submitted"}
        (message,) = queued(here)
        assert isinstance(message, TakeUp)
        assert message.vendor == "billbee"
        before = len(here.billbee.calls)
        come_back(here)
        assert {here.status(order) for order in range(1, 6)} == {"acknowledged"}
        assert {here.submitted(str(order)) for order in range(1, 6)} == {1}
        assert [call.name for call in here.billbee.calls[before:]].count(TAGS) == 5


def test_r32_of_many_new_orders_only_rush_orders_get_a_message_each() -> None:
    with world() as here, patch("orderbridge.orders.import_orders.MOST_PUSHED", 10):
        here.poll()
        for order in range(1, 31):
            here.sell(order, tags=["bibi", *(["rush_bibi"] if order == 29 else [])])
        sent = here.queues.sent
        here.poll()
        assert here.queues.sent - sent == 3
        assert [type(one) for one in queued(here)] == [PushOrder, TakeUp]
        here.push()
        assert {here.status(order) for order in range(1, 31)} == {"acknowledged"}
        assert {here.submitted(str(order)) for order in range(1, 31)} == {1}
        assert calls_of(here.billbee, ORDER) == []


def test_r32_a_killed_worker_loses_no_portion() -> None:
    with down(*range(1, 13)) as here:
        here.bibi.faults.clear()
        here.wait(minutes=2)
        here.deliver("push")
        here.watch.kill_after = here.watch.calls + 40
        here.deliver("push")
        here.watch.kill_after = None
        here.push()
        here.run_on()
        assert {here.status(order) for order in range(1, 13)} == {"acknowledged"}
        assert {here.submitted(str(order)) for order in range(1, 13)} == {1}


def test_r32_an_order_that_the_warehouse_refuses_stops_no_portion() -> None:
    with down(*range(1, 13)) as here:
        here.wire(5)["ShippingAddress"]["City"] = ""
        come_back(here)
        assert here.status(5) == "rejected"
        assert {here.status(order) for order in range(1, 13) if order != 5} == {"acknowledged"}


def test_r32_where_submitting_alone_fails_a_portion_ends_after_ten_orders() -> None:
    with world() as here:
        for order in range(1, 31):
            here.sell(order)
        here.poll()
        here.queues.clear()
        here.wait(minutes=31)
        here.bibi.faults.add(Fault("status", route=SUBMIT, times=None))
        here.poll("stuck")
        here.deliver("push")
        assert len(calls_of(here.bibi, SUBMIT)) == 1
        here.bibi.faults.clear()
        here.push()
        here.run_on()
        assert {here.status(order) for order in range(1, 31)} == {"acknowledged"}
        assert {here.submitted(str(order)) for order in range(1, 31)} == {1}


def test_r32_a_chain_that_a_wrong_clock_saw_a_day_ahead_is_replaced() -> None:
    with world() as here:
        for order in range(1, 13):
            here.sell(order)
        here.poll()
        here.queues.clear()
        tomorrow = ManualClock(here.clock.now() + timedelta(days=1))
        assert Backlog(here.table, "acme", tomorrow).begin("a chain that was killed", 0, tomorrow.now())
        here.wait(minutes=31)
        here.poll("stuck")
        here.push()
        assert {here.status(order) for order in range(1, 13)} == {"acknowledged"}


def test_r10_a_cursor_that_a_wrong_clock_wrote_a_day_ahead_counts_as_none() -> None:
    with world() as here:
        here.poll()
        tomorrow = here.clock.now() + timedelta(days=1)
        cursors = Cursors(here.table, "acme")
        cursors.set_orders(OrdersCursor(read_until=tomorrow, rung_at=tomorrow, passed_over_at=tomorrow))
        here.sell(1)
        here.cycle()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)
        assert cursors.orders().read_until is not None
        assert cursors.orders().as_of(here.clock.now()) == cursors.orders()


class AboutOrder(Fault):
    """The warehouse fails with each call that names one order."""

    def __init__(self, number: str) -> None:
        super().__init__("status", times=None)
        self._number = f'"{number}"'

    def matches(self, route: str, account: str | None) -> bool:
        told = dict(served.form)
        named = told.get("orderNumber") == self._number.strip('"') or self._number in told.get("orders", "")
        return named and super().matches(route, account)


def test_r32_an_order_of_which_every_call_fails_is_asked_for_now_and_then_and_stops_no_other() -> None:
    with world() as here:
        here.poll()
        for order in range(1001, 1013):
            here.sell(order)
        fault = here.bibi.faults.add(AboutOrder("1007"))
        for turn in range(24):
            here.cycle()
            here.sell(2000 + turn)
            assert list(outages(here.table, "acme")) == []
        here.cycle()
        others = [*(order for order in range(1001, 1013) if order != 1007), *range(2000, 2024)]
        assert {here.status(order) for order in others} == {"acknowledged"}
        assert here.status(1007) == "submitting"
        assert fault.used <= 300, "of the 7,200 calls that two hours allow"
        here.bibi.faults.clear()
        here.run_on()
        assert (here.status(1007), here.submitted("1007")) == ("acknowledged", 1)
        assert here.queues.waiting() == {}
