"""R31: an unexpected error in one order holds up no other; after three further tries the order is quarantined."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest

from local.simulators.billbee.orders import item
from local.simulators.faults import Fault
from orderbridge.desk.board.order_board import OrderBoard
from orderbridge.desk.board.worklist import Work
from orderbridge.desk.explain_import import explain_import
from orderbridge.desk.reconcile import DisagreementKind, reconcile
from orderbridge.desk.retry_order import retry_order, retry_quarantined
from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.desk.troubles.trouble import Trouble, TroubleKind
from orderbridge.ledger.defect import WAITS
from orderbridge.merchants.registry import MerchantListing
from orderbridge.returns.make_labels import NoLabel, ask_for_label
from testkit.defects import Defective, defective, defective_orders
from testkit.world import RECEIVED, World, world

PERSONAL = ("Jane", "Doe", "Elm", "Street")


def troubles(here: World) -> list[Trouble]:
    settings = {"acme": json.dumps(here.merchants["acme"].settings)}
    return [one for one in find_troubles(settings, here.table, here.clock) if one.kind is TroubleKind.QUARANTINED]


def retried(here: World, billbee_id: int) -> None:
    send = here.function("operator").sender("PUSH_ORDERS_QUEUE_URL")
    retry_order(here.ledger, here.record(billbee_id), {"push-orders": send}, "operator")


def unfollowed(*orders: int) -> Any:
    """Orders that the warehouse has, and whose merchant's wishes cannot be followed."""
    where = "orderbridge.orders.push_orders.follow_changes"
    return defective(where, lambda workspace, record, order: record.billbee_id, *orders)


@contextmanager
def quarantined(*orders: int, others: tuple[int, ...] = ()) -> Iterator[World]:
    with world() as here:
        for order in (*orders, *others):
            here.sell(order)
        with defective_orders(*orders):
            here.poll()
            here.push()
        assert all(here.record(order).is_quarantined for order in orders)
        yield here


# ---- The lane is not blocked


def test_r31_the_other_orders_of_the_lane_do_not_wait_for_a_defective_one() -> None:
    with world() as here:
        for order in (1, 2, 3):
            here.sell(order)
        with defective_orders(2) as raised:
            here.poll()
            assert here.deliver("push")
            assert [here.status(order) for order in (1, 2, 3)] == ["acknowledged", "queued", "acknowledged"]
            here.sell(4)
            here.poll()
            assert here.deliver("push")  # the copy, which finds that it is too early
            assert here.deliver("push")
            assert here.status(4) == "acknowledged"
            assert raised == [2]
        assert [message.group for message in here.queues.messages("push")] == ["acme#2"]


def test_r31_it_is_tried_again_after_5_30_and_120_seconds_and_then_no_more() -> None:
    tried = []
    with world() as here:
        here.sell(1)

        def which(workspace: Any, order: Any) -> int:
            tried.append(here.clock.now())
            return int(order.id)

        with defective("orderbridge.orders.push_orders.prepare", which, 1):
            here.poll()
            here.push()
            gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(tried)]
            assert [round(gap) for gap in gaps] == pytest.approx(list(WAITS), abs=2)
            assert tried[-1] - tried[0] < timedelta(minutes=3)
            record = here.record(1)
            assert record.is_quarantined
            assert record.defect is not None
            assert (record.defect.failures, record.defect.job) == (4, "push-orders")
            assert here.queues.waiting() == {}
            here.run_on()  # poll and sweeper pass it over
            assert len(tried) == 4
        assert here.submitted("1") == 0
        assert [call for call in here.bibi.calls if call.name == "POST /submitOrder"] == []


def test_r31_an_order_that_works_again_before_the_last_try_is_sent_once_and_its_errors_are_forgotten() -> None:
    with world() as here:
        here.sell(1)
        with defective_orders(1) as raised:
            here.poll()
            for _ in range(3):
                here.deliver("push")
                here.wait(seconds=6)
        here.push()
        assert raised == [1, 1]
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)
        assert here.record(1).defect is None


def test_r31_an_order_that_failed_before_goes_in_a_call_of_its_own() -> None:
    """What spoils the call of several orders is found by sending them one by one, and then sent alone."""
    from orderbridge.vendors.bibi.warehouse import BibiWarehouse  # noqa: PLC0415

    real = BibiWarehouse.submit
    calls: list[list[str]] = []

    def submit(self: BibiWarehouse, orders: Any, **rest: Any) -> None:
        calls.append([order.number.text for order in orders])
        if "2" in calls[-1]:
            raise Defective
        real(self, orders, **rest)

    with world() as here, patch.object(BibiWarehouse, "submit", submit):
        for order in (1, 2, 3):
            here.sell(order)
        here.poll()
        here.push()
        assert calls == [["1", "2", "3"], ["1"], ["2"], ["3"], ["2"], ["2"], ["2"]]
        assert [here.submitted(str(order)) for order in (1, 2, 3)] == [1, 0, 1]
        assert here.record(2).is_quarantined


def test_r7_r31_a_defect_after_a_request_without_an_answer_does_not_shorten_its_time_to_settle() -> None:
    with world() as here:
        here.sell(1)
        here.bibi.faults.add(Fault("drop_after", route="POST /submitOrder"))
        here.poll()
        here.deliver("push")
        settles_at = here.record(1).settles_at
        assert settles_at is not None
        assert settles_at > here.clock.now()
        arrived = "orderbridge.orders.push_orders._has_arrived"
        with defective(arrived, lambda workspace, one: one.record.billbee_id, 1):
            here.work("push", patience=timedelta(seconds=10))
        assert here.record(1).defect is not None
        assert here.record(1).settles_at == settles_at
        here.push()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)


# ---- Nothing touches it, and everybody sees it


def test_r31_an_order_in_quarantine_is_a_trouble_and_a_disagreement_and_needs_attention() -> None:
    with quarantined(2, 3, others=(1,)) as here:
        (trouble,) = troubles(here)
        assert trouble.count == 2
        assert trouble.what.startswith("quarantined after Defective in ")
        assert trouble.what.endswith(": 2, 3")
        assert "order retry" in trouble.remedy
        workspace = here.workspace()
        found = reconcile(workspace, since=here.clock.now() - timedelta(days=1))
        assert {(one.kind, one.order) for one in found} == {
            (DisagreementKind.QUARANTINED, 2),
            (DisagreementKind.QUARANTINED, 3),
        }
        texts = {"acme": json.dumps(here.merchants["acme"].settings)}

        class NoLetters:
            def counts(self) -> dict[str, int]:
                return {}

        board = OrderBoard(here.table, lambda: MerchantListing(texts, None), NoLetters(), here.clock)  # type: ignore[arg-type]
        in_it = [entry.about for entry in board.workbench().work if entry.work is Work.QUARANTINED]
        assert in_it == ["2", "3"]


def test_r31_neither_poll_nor_sweeper_nor_tracking_touches_it() -> None:
    with world() as here:
        here.imported(1, 2)
        here.shop.add_tags(2, ["hold_bibi"])
        with unfollowed(2):
            here.wait(minutes=5)
            here.poll()
            here.push()
        before = here.record(2)
        assert before.is_quarantined
        calls = len(here.billbee.calls)
        here.warehouse.ship("2", ["1Z2"], method="02")
        here.wait(minutes=31)
        here.poll("stuck")
        here.poll("all")
        here.push()
        here.pull("all")
        assert here.record(2) == before
        assert [one for one in here.billbee.calls[calls:] if "/orders/2/" in one.path] == []


def test_r31_a_retry_gives_fresh_tries_where_it_stopped() -> None:
    with quarantined(1) as here:
        here.wait(hours=3)
        with defective_orders(1) as raised:
            retried(here, 1)
            here.push()
        assert len(raised) == 4
        assert here.record(1).is_quarantined
        retried(here, 1)
        here.push()
        assert (here.status(1), here.submitted("1"), here.record(1).defect) == ("acknowledged", 1, None)
        assert RECEIVED in here.tags(1)
        assert troubles(here) == []
        assert list(here.ledger.quarantined_orders("acme")) == []


def test_r31_all_orders_in_quarantine_are_taken_up_together_once_the_defect_is_fixed() -> None:
    with quarantined(1, 2, 3) as here:
        send = here.function("operator").sender("PUSH_ORDERS_QUEUE_URL")
        assert retry_quarantined(here.ledger, "acme", {"push-orders": send}, "operator") == [1, 2, 3]
        here.push()
        assert [here.submitted(str(order)) for order in (1, 2, 3)] == [1, 1, 1]
        assert retry_quarantined(here.ledger, "acme", {"push-orders": send}, "operator") == []


def test_r18_r31_the_pieces_of_an_order_in_quarantine_stay_ours() -> None:
    with world() as here:
        here.put("CUP", 10)
        here.sell(1, item("CUP", quantity=3))
        here.poll()
        here.push()
        here.sync_stock()
        offered = here.offered("CUP")
        here.shop.add_tags(1, ["hold_bibi"])
        with unfollowed(1):
            here.wait(minutes=5)
            here.poll()
            here.push()
        assert here.record(1).is_quarantined
        here.wait(minutes=15)
        here.sync_stock()
        assert here.offered("CUP") == offered


# ---- Nothing personal is written down


def test_r31_what_the_error_said_is_in_no_log_and_not_in_the_table(capfd: pytest.CaptureFixture[str]) -> None:
    with quarantined(1) as here:
        kept = json.dumps(here.items())
        logged = "".join(capfd.readouterr())
        for word in PERSONAL:
            assert word not in kept
            assert word not in logged
        assert "Defective in " in kept
        assert here.record(1).timeline[-1].why.endswith("; quarantined")


# ---- Wherever the worker dies


@pytest.mark.parametrize("after", range(1, 60, 2))
def test_r7_r31_a_crash_after_any_call_neither_loses_nor_doubles_an_order(after: int) -> None:
    """With the defect fixed at the end, all orders are there once, wherever the worker died."""
    with world() as here:
        for order in (1, 2, 3):
            here.sell(order)
        here.poll()
        with defective_orders(2):
            here.watch.calls, here.watch.kill_after = 0, after
            here.push()
            assert here.watch.calls >= after or after > 30
            here.watch.kill_after = None
            here.run_on()
            assert [here.status(order) for order in (1, 3)] == ["acknowledged", "acknowledged"]
            assert here.record(2).is_quarantined
        retried(here, 2)
        here.push()
        here.run_on()
        assert [here.submitted(str(order)) for order in (1, 2, 3)] == [1, 1, 1]
        assert here.queues.waiting() == {}


def test_r31_whoever_asks_why_or_for_a_label_hears_of_the_quarantine() -> None:
    with quarantined(1) as here:
        workspace = here.workspace()
        checks = {check.rule: check for check in explain_import(workspace, workspace.hub.order(1))}
        assert not checks["R31 quarantine"].passed
        assert checks["R31 quarantine"].remedy.endswith("orderbridge order retry 1")
        with pytest.raises(NoLabel, match="quarantined"):
            ask_for_label(here.ledger, here.record(1), lambda messages: None, "operator", again=False)
