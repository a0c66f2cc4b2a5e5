"""What the watch sees in the table: overdue jobs, broken and silent merchants, orders that wait too long."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.desk.troubles.find_troubles import EVERY, allowed, find_troubles
from orderbridge.desk.troubles.trouble import TroubleKind
from orderbridge.desk.troubles.watch import watch
from orderbridge.desk.troubles.watched import Watched
from orderbridge.jobs.messages import PollOrders, PullTracking
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.usage import Usage
from orderbridge.platform.errors import AuthenticationError, ServerError, SettingsError
from testkit.records import open_order
from tests.integration.watching import LEAST, MONDAY, Watching


@dataclass
class Shop(Watching):
    """One merchant, and what happens in its shop."""

    @property
    def settings(self) -> dict[str, Any]:
        return self.merchants["acme"]

    def kinds(self) -> list[TroubleKind]:
        return [trouble.kind for trouble in self.troubles()]

    def happens(self, activity: Activity, times: int) -> None:
        Usage(self.table, self.clock).add("acme", {activity: times})

    def four_weeks(self, activity: Activity, times: int = 20) -> None:
        """So many each noon of four weeks, ending on a Sunday at six."""
        for _ in range(28):
            self.wait(hours=6)
            self.happens(activity, times)
            self.wait(hours=18)


@pytest.fixture
def shop() -> Shop:
    return Shop({"acme": dict(LEAST)})


def test_r20_a_job_that_a_merchant_does_not_want_is_never_overdue(shop: Shop) -> None:
    shop.watch()
    shop.clock.seconds += allowed("check-billing").total_seconds() + 1
    shop.succeed(*EVERY.keys() - {"check-billing"})
    assert shop.troubles() == []


@pytest.mark.parametrize(("hours", "told"), [(71, False), (73, True)])
def test_r20_an_order_that_is_held_too_long_as_it_is_not_billed_is_a_trouble(
    shop: Shop, hours: int, *, told: bool
) -> None:
    shop.settings["billing"] = {"enabled": True, "hold_until_billed": True}
    for order, said in ((1, frozenset()), (2, frozenset({"billing_ok"}))):
        record = shop.order(order, Status.ACKNOWLEDGED)
        shop.ledger.move(record, Status.HELD, why="held", call="test", held=True, told=said)
    shop.clock.seconds += hours * 3600
    shop.watch()
    held = [trouble for trouble in shop.troubles() if trouble.kind is TroubleKind.HELD_FOR_BILLING]
    assert [trouble.what for trouble in held] == (["1 order waits on hold for more than 3 days to be billed: 1"] * told)


# ---- Jobs


@pytest.mark.parametrize("job", EVERY)
def test_a_job_is_overdue_when_its_time_is_up_and_no_longer_once_it_succeeds(shop: Shop, job: str) -> None:
    shop.settings["billing"] = {"enabled": True}
    shop.settings["stock"] = {"movements": True}
    shop.watch()
    shop.succeed()
    shop.clock.seconds += allowed(job).total_seconds() - 1
    shop.succeed(*EVERY.keys() - {job})
    assert shop.troubles() == []
    shop.wait(seconds=2)
    (trouble,) = shop.troubles()
    assert (trouble.merchant, trouble.kind) == ("acme", TroubleKind.JOB_OVERDUE)
    assert trouble.what.startswith(f"{job} has not succeeded since 2026-03-02 06:00 UTC")
    shop.succeed(job)
    assert shop.troubles() == []


def test_a_new_merchant_gets_the_same_time_from_its_first_sight(shop: Shop) -> None:
    assert shop.troubles() == []
    shop.watch()
    shop.wait(minutes=44)
    assert shop.troubles() == []
    shop.wait(minutes=2)
    whats = [trouble.what for trouble in shop.troubles()]
    assert [what.split()[0] for what in whats] == ["poll-orders", "pull-tracking"]
    assert "has not succeeded ever" in whats[0]


def test_an_overdue_job_says_why_it_failed(shop: Shop) -> None:
    shop.watch()
    shop.fail("pull-tracking", ServerError("bibi orderStatus", "no luck", status=500))
    shop.wait(hours=1)
    shop.succeed("poll-orders", "sweep-orders")
    (trouble,) = shop.troubles()
    assert trouble.what.endswith(": bibi orderStatus (HTTP 500): no luck")


def test_a_job_that_is_switched_off_is_not_missed_and_gets_its_time_once_it_is_on_again(shop: Shop) -> None:
    shop.settings["stock"] = {"enabled": False}
    shop.watch()
    shop.wait(hours=2)
    shop.succeed(*EVERY.keys() - {"sync-stock"})
    assert shop.watch()["job-overdue"] == 0
    shop.settings["stock"] = {"enabled": True}
    assert shop.watch()["job-overdue"] == 0
    shop.wait(minutes=76)
    shop.succeed(*EVERY.keys() - {"sync-stock"})
    assert shop.watch()["job-overdue"] == 1


def test_r22_a_paused_merchant_has_no_troubles_and_gets_its_time_once_it_is_resumed(shop: Shop) -> None:
    shop.watch()
    shop.succeed()
    shop.settings["mode"] = "paused"
    shop.watch()
    shop.wait(days=30)
    assert shop.watch() == dict.fromkeys((kind.value for kind in TroubleKind), 0)
    shop.settings["mode"] = "live"
    assert shop.watch()["job-overdue"] == 0
    shop.wait(minutes=46)
    assert shop.watch()["job-overdue"] == 2  # those that run every five minutes


def test_a_sweep_that_calls_nobody_does_not_speak_for_the_poll() -> None:
    """The sweep goes well when Billbee cannot be reached at all."""
    fields: dict[str, Any] = {"merchant": "acme", "correlation_id": "c", "asked_at": MONDAY}
    names = [PollOrders(scope=scope, **fields).health_name for scope in ("changes", "all", "stuck")]
    assert names == ["poll-orders", "poll-orders", "sweep-orders"]
    assert PullTracking(scope="all", **fields).health_name == "pull-tracking"


# ---- Settings and credentials


def test_a_wrong_credential_is_told_until_the_job_succeeds_again(shop: Shop) -> None:
    shop.watch()
    shop.succeed()
    shop.fail("poll-orders", AuthenticationError("billbee list orders", "the API is not activated", status=401))
    (trouble,) = shop.troubles()
    assert trouble.kind is TroubleKind.BROKEN
    assert trouble.what == "poll-orders: billbee list orders (HTTP 401): the API is not activated"
    shop.succeed("poll-orders")
    assert shop.troubles() == []


def test_a_missing_secret_breaks_a_merchant_and_a_vendors_failure_does_not(shop: Shop) -> None:
    shop.watch()
    shop.succeed()
    shop.fail("pull-tracking", ServerError("bibi orderStatus", "no luck", status=500))
    assert shop.troubles() == []
    shop.fail("sync-stock", SettingsError("acme", "secrets.billbee_password", "is missing"))
    (trouble,) = shop.troubles()
    assert (trouble.kind, trouble.about) == (TroubleKind.BROKEN, "sync-stock")
    assert trouble.what == "sync-stock: merchant 'acme': secrets.billbee_password: is missing"


def test_bad_settings_break_a_merchant_and_hide_none_of_the_others(shop: Shop) -> None:
    shop.watch()
    shop.wait(hours=1)
    merchants = {"a-bad": "{}", **shop.texts}
    troubles = find_troubles(merchants, shop.table, shop.clock)
    assert (troubles[0].merchant, troubles[0].kind) == ("a-bad", TroubleKind.BROKEN)
    assert {trouble.merchant for trouble in troubles[1:]} == {"acme"}


def test_an_unknown_setting_is_a_trouble_that_stops_nothing(shop: Shop) -> None:
    shop.watch()
    shop.succeed()
    text = json.dumps(shop.settings | {"wrapping": "gift", "stock": {"bufer": 1}})
    (trouble,) = find_troubles({"acme": text}, shop.table, shop.clock)
    assert (trouble.merchant, trouble.kind) == ("acme", TroubleKind.UNKNOWN_SETTINGS)
    assert "stock.bufer, wrapping" in trouble.what
    assert watch({"acme": text}, shop.table, shop.clock, shop.publish, "prod")["unknown-settings"] == 1
    paused = json.dumps(json.loads(text) | {"mode": "paused"})
    assert find_troubles({"acme": paused}, shop.table, shop.clock) == []


# ---- Silence


def test_no_order_where_there_usually_are_some_is_told_with_the_usual_number(shop: Shop) -> None:
    shop.watch()
    shop.four_weeks(Activity.IMPORTED)
    shop.succeed()
    assert shop.kinds() == []
    shop.wait(hours=10)  # four o'clock: the orders of noon are missing
    shop.succeed()
    (trouble,) = shop.troubles()
    assert trouble.kind is TroubleKind.ORDERS_SILENT
    assert "since 2026-03-29 12:00 UTC" in trouble.what
    assert "20 or more" in trouble.what
    shop.happens(Activity.IMPORTED, 1)
    assert shop.kinds() == []


def test_a_rehearsing_merchant_imports_nothing_and_is_not_silent(shop: Shop) -> None:
    shop.watch()
    shop.four_weeks(Activity.IMPORTED)
    shop.wait(hours=10)
    shop.succeed()
    assert shop.kinds() == [TroubleKind.ORDERS_SILENT]
    shop.settings["mode"] = "test"
    assert shop.kinds() == []


def test_no_parcel_is_told_only_if_orders_wait_at_the_warehouse(shop: Shop) -> None:
    shop.watch()
    shop.four_weeks(Activity.PARCELS)
    shop.wait(hours=4)
    shop.order(1, Status.QUEUED)
    record = shop.order(2, Status.ACKNOWLEDGED)
    shop.wait(hours=7)
    shop.succeed()
    kinds = shop.kinds()
    assert TroubleKind.TRACKING_SILENT in kinds
    shop.ledger.move(record, Status.HELD, why="held", call="test")
    assert TroubleKind.TRACKING_SILENT not in shop.kinds()


# ---- Orders


def test_an_order_that_waits_for_an_hour_is_late_until_it_is_acknowledged(shop: Shop) -> None:
    shop.watch()
    record = shop.order(7)
    shop.wait(minutes=30)
    record = shop.ledger.move(record, Status.SUBMITTING, why="claimed", call="test")
    record = shop.ledger.move(record, Status.QUEUED, why="no connection", call="test")
    shop.wait(minutes=29)
    shop.succeed()
    assert shop.kinds() == []
    shop.wait(minutes=2)
    (trouble,) = shop.troubles()
    assert (trouble.kind, trouble.count) == (TroubleKind.ORDERS_LATE, 1)
    assert trouble.what == "1 order waits for more than 60 minutes to be acknowledged: 7"
    shop.watch()
    memory = Watched(shop.table, shop.clock).of("acme")
    assert (memory.oldest_at, memory.waiting) == (MONDAY, {Status.QUEUED: 1})
    record = shop.ledger.move(record, Status.SUBMITTED, why="found there", call="test")
    shop.ledger.move(record, Status.ACKNOWLEDGED, why="tagged", call="test")
    assert shop.kinds() == []


def test_a_rejected_order_that_is_imported_again_waits_anew(shop: Shop) -> None:
    shop.watch()
    record = shop.order(7, Status.REJECTED)
    shop.wait(days=9)
    shop.ledger.move(record, Status.QUEUED, why="the rejected tag was removed", call="test")
    shop.succeed()
    assert shop.kinds() == []


def test_orders_that_are_open_for_more_than_two_days_are_counted_and_the_oldest_named(shop: Shop) -> None:
    shop.watch()
    for billbee_id in range(1, 8):
        shop.order(billbee_id, Status.ACKNOWLEDGED)
        shop.wait(minutes=1)
    held = shop.order(8, Status.ACKNOWLEDGED)
    shop.ledger.move(held, Status.HELD, why="held", call="test")
    shop.wait(days=2)
    shop.succeed()
    (trouble,) = shop.troubles()
    assert (trouble.kind, trouble.count) == (TroubleKind.OPEN_TOO_LONG, 7)
    assert trouble.what == "7 orders wait for more than 2 days to be shipped: 1, 2, 3, 4, 5 and 2 more"


def test_the_watch_logs_each_trouble_with_merchant_and_reason(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.watch()
    shop.wait(hours=1)
    shop.succeed("poll-orders", "sweep-orders")
    assert shop.watch()["job-overdue"] == 1
    (line,) = [vars(record) for record in caplog.records if record.msg == "Trouble"]
    assert (line["merchant"], line["trouble"]) == ("acme", "job-overdue")
    assert line["what"].startswith("pull-tracking has not succeeded ever")


def test_r42_orders_that_have_not_left_when_promised_are_one_trouble_that_ends_by_itself(shop: Shop) -> None:
    shop.watch()
    by = shop.clock.now() + timedelta(hours=10)
    one = open_order(shop.ledger, 1, Status.ACKNOWLEDGED, promised_by=by + timedelta(hours=3))
    two = open_order(shop.ledger, 2, Status.ACKNOWLEDGED, promised_by=by)
    held = open_order(shop.ledger, 3, Status.ACKNOWLEDGED, promised_by=by)
    open_order(shop.ledger, 4, Status.ACKNOWLEDGED)
    shop.ledger.move(held, Status.HELD, why="held", call="test")
    told = []
    for _ in range(15):
        shop.wait(hours=1)
        shop.succeed()
        shop.watch()
        told += [state for _, kind, state in shop.heard() if kind == TroubleKind.PROMISE_BROKEN]
    assert told == ["new"]
    (trouble,) = [trouble for trouble in shop.troubles() if trouble.kind is TroubleKind.PROMISE_BROKEN]
    assert trouble.count == 2
    assert trouble.what == (
        "2 orders have not left when promised: 1, 2; the latest is 2, promised by 2026-03-02 16:00 UTC"
    )
    for record in (one, two):
        shop.ledger.move(record, Status.SHIPPED, why="reported", call="test")
    for _ in range(9):
        shop.wait(minutes=5)
        shop.succeed()
        shop.watch()
        told += [state for _, kind, state in shop.heard() if kind == TroubleKind.PROMISE_BROKEN]
    assert told == ["new", "ended"]
