"""R42: when an order has to have left, by cut-off, working days, holidays and the warehouse's time zone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.merchants.promise import PromiseSettings, Standing, promised_by, standing
from orderbridge.merchants.settings import find_settings, parse_settings
from orderbridge.platform.errors import SettingsError

CHICAGO = ZoneInfo("America/Chicago")
BASE = {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}}
ZONES = (
    "UTC",
    "America/Chicago",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Tokyo",
)


def promise(**settings: object) -> PromiseSettings:
    return PromiseSettings.model_validate({"handling_days": 1, **settings})


def last_day(by: datetime | None, zone: ZoneInfo = CHICAGO) -> date:
    assert by is not None
    assert by.tzinfo is UTC
    ends = by.astimezone(zone)
    assert (ends.hour, ends.minute) == (0, 0)
    return ends.date() - timedelta(days=1)


@pytest.mark.parametrize(
    ("paid", "settings", "day"),
    [
        ("2026-07-01 13:59", {}, "2026-07-02"),
        ("2026-07-01 14:00", {}, "2026-07-02"),
        ("2026-07-01 14:01", {}, "2026-07-03"),
        ("2026-07-01 23:59", {"handling_days": 0}, "2026-07-02"),
        ("2026-07-01 08:00", {"handling_days": 0}, "2026-07-01"),
        ("2026-07-02 15:00", {}, "2026-07-06"),  # Thursday after the cut-off: Friday, and the next is Monday
        ("2026-07-03 10:00", {}, "2026-07-06"),
        ("2026-07-04 10:00", {"handling_days": 0}, "2026-07-06"),
        ("2026-07-03 10:00", {"holidays": ["2026-07-03"]}, "2026-07-07"),
        ("2026-07-02 10:00", {"holidays": ["2026-07-03", "2026-07-06"]}, "2026-07-07"),
        ("2026-07-03 10:00", {"weekdays": ["sat", "sun"]}, "2026-07-05"),
        ("2026-07-01 10:00", {"handling_days": 10}, "2026-07-15"),
        ("2026-12-31 15:00", {"holidays": ["2027-01-01"]}, "2027-01-05"),
        ("2026-07-01 05:59", {"cut_off": "00:00"}, "2026-07-03"),
        ("2026-07-01 23:00", {"cut_off": "23:59"}, "2026-07-02"),
    ],
)
def test_r42_the_last_day_follows_from_cut_off_working_days_and_holidays(
    paid: str, settings: dict[str, object], day: str
) -> None:
    moment = datetime.fromisoformat(paid).replace(tzinfo=CHICAGO)
    assert last_day(promised_by(promise(**settings), moment.astimezone(UTC))) == date.fromisoformat(day)


def test_r42_nothing_is_promised_by_default() -> None:
    assert not PromiseSettings().enabled
    assert promised_by(PromiseSettings(), datetime(2026, 7, 1, tzinfo=UTC)) is None


def test_r42_the_cut_off_is_the_warehouses_own_time() -> None:
    paid = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)  # 13:30 in Chicago, 20:30 in Berlin
    assert last_day(promised_by(promise(), paid)) == date(2026, 7, 2)
    assert last_day(promised_by(promise(zone="Europe/Berlin"), paid), ZoneInfo("Europe/Berlin")) == date(2026, 7, 3)


@pytest.mark.parametrize("change", ["2026-03-08", "2026-11-01"])
def test_r42_a_day_with_a_changed_clock_is_one_day(change: str) -> None:
    """In Chicago they are Sundays; each local day counts, of 23 or of 25 hours."""
    every_day = promise(weekdays=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    eve = datetime.fromisoformat(f"{change} 10:00").replace(tzinfo=CHICAGO) - timedelta(days=1)
    by = promised_by(every_day, eve.astimezone(UTC))
    assert last_day(by) == date.fromisoformat(change)
    assert by is not None
    assert standing(every_day, by, by - timedelta(seconds=1)) is Standing.AT_RISK
    hours = 23 if "03" in change[5:7] else 25
    assert standing(every_day, by, by - timedelta(hours=hours)) is Standing.AT_RISK
    assert standing(every_day, by, by - timedelta(hours=hours, seconds=1)) is Standing.ON_TIME


def test_r42_an_order_is_at_risk_on_its_last_day_and_late_after_it() -> None:
    monday = promised_by(promise(), datetime(2026, 7, 3, 15, tzinfo=UTC))
    assert monday is not None
    assert last_day(monday) == date(2026, 7, 6)

    def at(local: str) -> Standing:
        return standing(promise(), monday, datetime.fromisoformat(local).replace(tzinfo=CHICAGO).astimezone(UTC))

    assert at("2026-07-05 23:59:59") is Standing.ON_TIME
    assert at("2026-07-06 00:00") is Standing.AT_RISK
    assert at("2026-07-06 23:59:59") is Standing.AT_RISK
    assert at("2026-07-07 00:00") is Standing.LATE


@st.composite
def calendars(draw: st.DrawFn) -> PromiseSettings:
    day = st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(str)
    return promise(
        handling_days=draw(st.integers(0, 15)),
        cut_off=f"{draw(st.integers(0, 23)):02d}:{draw(st.integers(0, 59)):02d}",
        weekdays=draw(
            st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, unique=True)
        ),
        holidays=draw(st.lists(day, max_size=20)),
        zone=draw(st.sampled_from(ZONES)),
    )


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@given(calendars(), moments, st.timedeltas(timedelta(0), timedelta(days=9)))
@settings(max_examples=300, deadline=None)
def test_r42_whoever_pays_later_is_never_promised_sooner(
    calendar: PromiseSettings, paid: datetime, later: timedelta
) -> None:
    first, second = promised_by(calendar, paid), promised_by(calendar, paid + later)
    assert first is not None
    assert second is not None
    assert paid < first <= second


@given(calendars(), moments)
@settings(max_examples=300, deadline=None)
def test_r42_the_last_day_is_worked_and_the_working_days_before_it_are_the_handling_time(
    calendar: PromiseSettings, paid: datetime
) -> None:
    zone = ZoneInfo(calendar.zone)
    by = promised_by(calendar, paid)
    assert by is not None
    last = (by - timedelta(seconds=1)).astimezone(zone).date()
    assert calendar.is_worked(last)
    local = paid.astimezone(zone)
    begins = local.date() + timedelta(days=local.time() > calendar.cut_off)
    worked = [day for n in range((last - begins).days + 1) if calendar.is_worked(day := begins + timedelta(days=n))]
    assert len(worked) == (calendar.handling_days or 0) + 1


@given(calendars(), moments, st.lists(st.timedeltas(timedelta(0), timedelta(days=40)), min_size=2, max_size=6))
@settings(max_examples=200, deadline=None)
def test_r42_a_standing_only_gets_worse(calendar: PromiseSettings, paid: datetime, passes: list[timedelta]) -> None:
    by = promised_by(calendar, paid)
    assert by is not None
    order = list(Standing)
    seen = [order.index(standing(calendar, by, paid + passed)) for passed in sorted(passes)]
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("wrong", "key", "why"),
    [
        ({"handling_days": -1}, "promise.handling_days", "greater than or equal to 0"),
        ({"handling_days": 61}, "promise.handling_days", "less than or equal to 60"),
        ({"cut_off": "25:00"}, "promise.cut_off", "written like 14:00"),
        ({"cut_off": "2 pm"}, "promise.cut_off", "written like 14:00"),
        ({"cut_off": 14}, "promise.cut_off", "written like 14:00"),
        ({"weekdays": []}, "promise.weekdays", "at least one weekday"),
        ({"weekdays": ["mon", "mon"]}, "promise.weekdays", "named twice"),
        ({"weekdays": ["monday"]}, "promise.weekdays.1", "mon"),
        ({"holidays": ["25.12.2026"]}, "promise.holidays", "written like 2026-12-25"),
        ({"holidays": ["2026-02-30"]}, "promise.holidays.1", "date"),
        ({"holidays": [1_767_225_600]}, "promise.holidays", "written like 2026-12-25"),
        ({"zone": "Chicago"}, "promise.zone", "not a time zone"),
        ({"zone": ""}, "promise.zone", "not a time zone"),
        ({"zone": "../etc/passwd"}, "promise.zone", "not a time zone"),
        ({"zone": "America"}, "promise.zone", "not a time zone"),
        ({"handling_day": 1}, "promise.handling_day", "unknown key"),
    ],
)
def test_r42_a_wrong_promise_is_refused_with_its_key_and_what_to_write(
    wrong: dict[str, object], key: str, why: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings("acme", json.dumps(BASE | {"promise": wrong}))
    assert key in str(refused.value)
    assert why in str(refused.value)


def test_r42_a_promise_in_the_settings_is_read_as_it_is_written() -> None:
    written = {
        "handling_days": 2,
        "cut_off": "11:30",
        "weekdays": ["Mon", "TUE", "sat"],
        "holidays": ["2026-12-25"],
        "zone": "Europe/Berlin",
    }
    read = find_settings("acme", json.dumps(BASE | {"promise": written})).settings.promise
    assert read.weekdays == ("mon", "tue", "sat")
    assert read.holidays == (date(2026, 12, 25),)
    assert (read.cut_off.hour, read.cut_off.minute, read.zone) == (11, 30, "Europe/Berlin")
