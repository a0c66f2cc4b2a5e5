"""What is counted by merchant and day."""

from __future__ import annotations

from datetime import date, timedelta

from orderbridge.merchants.activity import Activity
from orderbridge.merchants.usage import CALLS, Usage
from testkit.clock import NOON
from testkit.world import world


def test_counts_add_up_by_merchant_and_day() -> None:
    with world() as here:
        usage = Usage(here.table, here.clock)
        usage.add("acme", {"billbee": 2, Activity.IMPORTED: 1})
        usage.add("acme", {"billbee": 1, "throttled": 1})
        usage.add("beta", {"bibi": 7})
        [day] = usage.days("acme", date.min)
        assert day.date == here.clock.now().date()
        assert dict(day.counts) == {"billbee": 3, "throttled": 1, "imported": 1}
        assert list(day.last) == [Activity.IMPORTED]
        assert usage.total("acme") == {"billbee": 3, "bibi": 0, "abillify": 0, "throttled": 1}


def test_what_is_watched_for_silence_is_counted_by_the_hour_too() -> None:
    with world() as here:
        usage = Usage(here.table, here.clock)
        usage.add("acme", {Activity.IMPORTED: 2, Activity.PARCELS: 1, Activity.SHIPPED: 5})
        here.wait(hours=1)
        usage.add("acme", {Activity.IMPORTED: 3})
        [day] = usage.days("acme", date.min)
        assert day.hours == {Activity.IMPORTED: {12: 2, 13: 3}, Activity.PARCELS: {12: 1}}
        assert day.last[Activity.IMPORTED] == here.clock.now()


def test_the_days_since_a_day_are_all_there_over_the_ends_of_months_and_years() -> None:
    with world() as here:
        usage = Usage(here.table, here.clock)
        for _ in range(200):
            usage.add("acme", {"billbee": 1})
            here.wait(days=1)
        here.wait(days=-1)
        today = here.clock.now().date()
        assert today.year > NOON.year
        for back in (0, 1, 31, 35, 70, 71, 150):
            days = [day.date for day in usage.days("acme", today - timedelta(days=back))]
            assert days == [today - timedelta(days=ago) for ago in range(back, -1, -1)]


def test_nothing_counted_is_nothing_written() -> None:
    with world() as here:
        Usage(here.table, here.clock).add("acme", {"billbee": 0})
        assert [item for item in here.items() if item["sk"]["S"].startswith("USAGE#")] == []


def test_only_what_the_dashboard_shows_of_all_merchants_has_a_metric() -> None:
    metrics = [activity.metric for activity in Activity if activity.metric]
    assert metrics == ["OrdersImported", "OrdersSubmitted", "OrdersRejected", "OrdersShipped"]


def test_a_journey_counts_what_happened_to_its_orders() -> None:
    with world() as here:
        here.sell(1)
        here.sell(2, no_address=True)
        here.journey(lambda warehouse: warehouse.ship("1"), cycles=1)
        [day] = Usage(here.table, here.clock).days("acme", date.min)
        assert {name: count for name, count in day.counts.items() if name not in CALLS} == {
            "imported": 2,
            "submitted": 1,
            "rejected": 1,
            "parcels": 1,
            "shipped": 1,
        }


def test_everything_that_is_counted_can_be_written() -> None:
    """Some of the names are words of DynamoDB's own."""
    counts = dict.fromkeys((*CALLS, *Activity), 1)
    with world() as here:
        usage = Usage(here.table, here.clock)
        usage.add("acme", counts)
        (day,) = usage.days("acme", here.clock.now().date())
        assert dict(day.counts) == {str(name): 1 for name in counts}
