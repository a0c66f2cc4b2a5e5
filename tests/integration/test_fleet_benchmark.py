"""The benchmark of a fleet: what it measures of a few merchants, and how it makes an hour of many of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import fleet, one_merchant
from benchmarks.fleet import ACCOUNTS, QUOTAS, Linear, judge, limits, measure, report, table
from benchmarks.fleet_model import SSM, SSM_PATIENCE, Kind, play
from testkit.blueprint import blueprint

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
POLL = Kind(
    "poll_orders", "poll-orders changes", per_merchant=12, every=300, seconds=0.3, calls=1, used={"write units": 2.0}
)
QUICK = {"start_jobs": Linear(0.1, 0.0001), "watch": Linear(0.1, 0.0001)}


@pytest.fixture(scope="module")
def measured() -> tuple[list[Kind], dict[str, Linear]]:
    return measure(20, doorbell=True, samples=(2, 4))


def test_a_sample_says_what_each_job_takes(measured: tuple[list[Kind], dict[str, Linear]]) -> None:
    kinds = {kind.name: kind for kind in measured[0]}
    poll, sweep, push = kinds["poll-orders changes"], kinds["poll-orders stuck"], kinds["push-orders"]
    assert (poll.every, poll.window, sweep.every) == (300, 60, 600)
    assert 0 < poll.calls < 1, "where the doorbell rings, most polls of the schedule call nobody"
    assert sweep.calls == 0
    assert push.calls >= 1
    assert push.seconds > 0.3, "a submission and a tag, 0.15 s each"
    assert all(0 < kind.seconds < 30 for kind in kinds.values())
    assert all(line.seconds(10) > 0 for line in measured[1].values())


def test_the_report_names_what_breaks_and_what_is_enough(measured: tuple[list[Kind], dict[str, Linear]]) -> None:
    kinds, lines = measured
    result = report(50, 20, kinds, lines, search=False)
    assert result["hours"].keys() == ACCOUNTS.keys()
    assert all(one["broken"] == [] for one in result["hours"].values())
    assert min(result["limits"].values()) > 50
    assert list(result["limits"].values()) == sorted(result["limits"].values())
    assert "poll-orders changes" in table(result)


# The model


def test_jobs_wait_for_a_worker() -> None:
    """300 jobs of 0.3 s at one worker: the last one starts after 90 s, less its own time."""
    hour = play([replace(POLL, calls=0)], 300, {"poll_orders": 1}, concurrency=1_000, spread=0)
    assert hour.latest["poll-orders changes"] == pytest.approx(299 * 0.3)
    assert hour.workers == 1
    assert hour.totals["write units"] == 300 * 12 * 2


def test_all_functions_share_the_accounts_concurrency() -> None:
    kinds = [POLL, replace(POLL, queue="pull_tracking")]
    hour = play(kinds, 200, {"poll_orders": 8, "pull_tracking": 8}, concurrency=10, spread=0)
    assert hour.workers == 10


def test_billbee_never_sees_more_than_its_slots() -> None:
    hour = play([replace(POLL, seconds=0.01)], 3_000, {"poll_orders": 500}, concurrency=1_000, spread=0)
    assert hour.peaks["billbee calls"] <= 41
    assert hour.handed_back > 0
    assert hour.totals["billbee calls"] >= 36_000
    assert hour.unfinished == 0


def test_what_cannot_be_done_in_two_hours_is_left_over() -> None:
    hour = play([replace(POLL, calls=0, seconds=10)], 300, {"poll_orders": 1}, concurrency=1_000, spread=0)
    assert hour.unfinished == pytest.approx(300 * 12 - 7_200 / 10, abs=2)


def test_secrets_are_read_no_faster_than_ssm_allows() -> None:
    kind = replace(POLL, calls=0, seconds=0.05, used={SSM: 1.0})
    slow = play([kind], 1_000, {"poll_orders": 400}, concurrency=1_000, spread=0, ssm=40)
    fast = play([kind], 1_000, {"poll_orders": 400}, concurrency=1_000, spread=0, ssm=10_000)
    assert slow.totals[SSM] == fast.totals[SSM] == 12_000
    assert slow.latest["poll-orders changes"] > SSM_PATIENCE > fast.latest["poll-orders changes"]
    assert slow.handed_back > 0 == fast.handed_back


def test_a_hours_verdict_names_late_jobs_quotas_and_what_takes_too_long() -> None:
    account = ACCOUNTS["default quotas"]
    workers = {one.label: one.mapped.workers for one in blueprint().functions.values() if one.mapped}
    enough = int(300 * workers["poll_orders"] / 0.3 * 0.8)
    assert judge([POLL], QUICK, enough, account).broken == []
    assert "begins up to" in judge([POLL], QUICK, 3 * enough, account).broken[0]
    slow = QUICK | {"watch": Linear(31, 0)}
    assert judge([POLL], slow, 10, account).broken == ["watch takes 31 s, at most 30 s are wanted"]
    greedy = replace(POLL, used={"write units": 2 * QUOTAS["write units"][0]})
    assert "write units" in judge([greedy], QUICK, 100, account).broken[0]


def test_limits_are_what_the_hours_average_allows() -> None:
    found = limits([POLL], QUICK)
    assert found["Billbee's slots (40 a second)"] == 3600 * 40 / 12
    assert found["watch within 30 s"] == pytest.approx((30 - 0.1) / 0.0001, abs=1)


# One merchant


def test_one_merchant_is_measured_by_a_sample_and_its_day_is_computed() -> None:
    found = one_merchant.measure(50_000, orders=20, open_orders=6_000)
    assert 1 < found["acknowledged_a_second"] <= 2.1
    assert found["needed_a_second"] == pytest.approx(50_000 / 86_400)
    assert found["outage"]["backlog"] == pytest.approx(12_500)
    assert found["outage"]["hours_by_throttle"] == pytest.approx(12_500 / (2 - 50_000 / 86_400) / 3600)
    assert found["memory"]["watch"] < found["memory"]["all of them at once, as before"]
    assert one_merchant.too_large(found) == []
    assert "caught up after" in one_merchant.table(found)


def test_more_orders_than_the_throttle_allows_are_never_caught_up() -> None:
    assert one_merchant._hours(100, -0.1) is None
    assert fleet.BUSIEST_HOUR < 1
