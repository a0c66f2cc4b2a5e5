"""R31 in the jobs that go through many orders: one that meets an unexpected error is set aside, the others continue."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.desk.retry_order import retry_order
from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.desk.troubles.trouble import TroubleKind
from orderbridge.ledger.told import BillingAnswer
from testkit.defects import defective
from testkit.world import World, world


def of_record(workspace: Any, record: Any, *rest: Any, **more: Any) -> int:
    return int(record.billbee_id)


def retried(here: World, billbee_id: int) -> None:
    send = here.function("operator").sender("PUSH_ORDERS_QUEUE_URL")
    retry_order(here.ledger, here.record(billbee_id), {"push-orders": send}, "operator")


def test_r31_the_other_orders_parcels_are_posted_and_the_defective_one_is_quarantined() -> None:
    with world() as here:
        here.imported(1, 2, 3)
        for number in ("1", "2", "3"):
            here.warehouse.ship(number, [f"1Z{number}"], method="02")
        with defective("orderbridge.tracking.pull_tracking.report_progress", of_record, 2) as raised:
            here.ask_pull()
            assert here.deliver("pull")
            assert [here.parcels(order) for order in (1, 2, 3)] == [["1Z1"], [], ["1Z3"]]
            began = here.clock.now()
            here.work("pull", patience=timedelta(minutes=5))
            assert here.clock.now() - began < timedelta(minutes=4)
            assert raised == [2, 2, 2, 2]
            assert here.record(2).is_quarantined
            assert here.queues.waiting() == {}
            here.run_on()
            assert len(raised) == 4
        retried(here, 2)
        here.push()
        assert (here.parcels(2), here.status(2)) == (["1Z2"], "shipped")


def test_r31_a_report_that_cannot_be_judged_stops_no_other_order() -> None:
    with world() as here:
        here.imported(1, 2)
        for number in ("1", "2"):
            here.warehouse.ship(number, [f"1Z{number}"], method="02")

        def which(_: Any, reported: Any, **rest: Any) -> int:
            return int(str(reported.number))

        with defective("orderbridge.tracking.report_progress.next_step", which, 1):
            here.pull()
            assert here.record(1).is_quarantined
            assert here.parcels(2) == ["1Z2"]


def test_r31_a_success_before_the_last_try_forgets_the_errors() -> None:
    with world() as here:
        here.imported(1)
        here.warehouse.ship("1", ["1Z1"], method="02")
        with defective("orderbridge.tracking.pull_tracking.report_progress", of_record, 1):
            here.ask_pull()
            here.deliver("pull")
            defect = here.record(1).defect
            assert defect is not None
            assert (defect.job, defect.failures) == ("pull-tracking", 1)
        here.work("pull", patience=timedelta(minutes=5))
        assert here.parcels(1) == ["1Z1"]
        assert here.record(1).defect is None


def test_r31_the_other_returns_are_told_and_the_retry_within_two_days_tells_the_last_one() -> None:
    with world() as here:
        here.imported(1, 2)
        for number in ("1", "2"):
            here.warehouse.ship(number, [f"1Z{number}"], method="02")
        here.pull()
        for number in ("1", "2"):
            here.warehouse.return_item(number, "MUG-01")
        with defective("orderbridge.returns.pull_returns._with_words", of_record, 1):
            here.pull_returns()
        assert here.record(1).is_quarantined
        assert "returned_by_bibi" in here.tags(2)
        assert "returned_by_bibi" not in here.tags(1)
        here.pull_returns()
        assert "returned_by_bibi" not in here.tags(1)
        retried(here, 1)
        here.push()
        here.pull_returns()
        assert "returned_by_bibi" in here.tags(1)


def test_r20_r31_the_other_invoices_are_compared() -> None:
    with world(billing={"enabled": True, "grace_hours": 0}) as here:
        here.imported(1, 2)
        for number in ("1", "2"):
            here.warehouse.ship(number, [f"1Z{number}"], method="02")
        here.pull()
        for order in (1, 2):
            here.books.bill(here.shop.orders[order])

        def which(billing: Any, record: Any, order: Any) -> int:
            return int(record.billbee_id)

        with defective("orderbridge.billing.bill_order.OrderBilling._compare", which, 1) as raised:
            here.check_billing()
            assert len(raised) == 4
            assert here.record(1).is_quarantined
            assert BillingAnswer.OK in here.record(2).told
            here.wait(hours=2)
            here.check_billing()
            assert len(raised) == 4
        retried(here, 1)
        here.push()
        here.wait(hours=2)
        here.check_billing()
        assert BillingAnswer.OK in here.record(1).told
        assert BillingAnswer.MISMATCH not in here.record(1).told


def test_r31_an_order_whose_import_fails_stops_no_other_and_is_a_trouble() -> None:
    with world() as here:
        for order in (1, 2, 3):
            here.sell(order)

        def which(workspace: Any, order: Any, *rest: Any) -> int:
            return int(order.id)

        with defective("orderbridge.orders.import_orders.Import._enqueue", which, 2):
            here.poll()
            here.push()
            assert [here.status(order) for order in (1, 2, 3)] == ["acknowledged", "unknown", "acknowledged"]
            settings = {"acme": json.dumps(here.merchants["acme"].settings)}
            (trouble,) = [
                t for t in find_troubles(settings, here.table, here.clock) if t.kind is TroubleKind.NOT_WRITTEN
            ]
            assert trouble.what.startswith("the import of 2 met Defective")
        here.wait(minutes=5)
        here.poll()
        here.push()
        assert [here.submitted(str(order)) for order in (1, 2, 3)] == [1, 1, 1]


def test_r31_a_known_order_that_fails_in_each_poll_is_quarantined_and_the_others_go_on() -> None:
    with world() as here:
        here.imported(1, 2)
        for order in (1, 2):
            here.shop.add_tags(order, ["hold_bibi"])

        def which(workspace: Any, order: Any, record: Any, *rest: Any, **more: Any) -> int:
            return int(order.id)

        with defective("orderbridge.orders.import_orders.Import._follow_up", which, 1) as raised:
            for _ in range(6):
                here.wait(minutes=5)
                here.poll()
                here.push()
        assert len(raised) >= 4
        assert here.record(1).is_quarantined
        assert (here.status(1), here.status(2)) == ("acknowledged", "held")


def test_r10_r31_a_row_that_cannot_be_read_is_unknown_and_the_rest_of_the_list_is_imported() -> None:
    with world() as here:
        for order in (1, 2):
            here.sell(order)
        with defective("orderbridge.vendors.billbee.mapping._order", lambda wire, at: int(wire.bill_bee_order_id), 1):
            here.poll()
            here.push()
            assert [here.status(order) for order in (1, 2)] == ["unknown", "acknowledged"]
            assert here.cursors().orders().read_until is None  # cautious until the row can be read
        here.poll()
        here.push()
        assert [here.submitted(str(order)) for order in (1, 2)] == [1, 1]


@pytest.mark.parametrize("after", range(1, 40, 3))
def test_r14_r31_a_crash_after_any_call_of_the_tracking_posts_each_parcel_once(after: int) -> None:
    with world() as here:
        here.imported(1, 2)
        for number in ("1", "2"):
            here.warehouse.ship(number, [f"1Z{number}"], method="02")
        with defective("orderbridge.tracking.pull_tracking.report_progress", of_record, 2):
            here.ask_pull()
            here.watch.calls, here.watch.kill_after = 0, after
            here.work("pull", patience=timedelta(minutes=10))
            here.watch.kill_after = None
            for _ in range(8):
                here.cycle()
            assert here.record(2).is_quarantined
            assert (here.parcels(1), here.parcels(2)) == (["1Z1"], [])
        retried(here, 2)
        here.push()
        assert (here.parcels(1), here.parcels(2)) == (["1Z1"], ["1Z2"])
