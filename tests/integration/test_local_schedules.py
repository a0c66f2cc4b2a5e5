"""When schedules are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.schedules import ExpressionError, timetable


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "step"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(6 hours)", timedelta(hours=6)),
        ("rate(2 days)", timedelta(days=2)),
    ],
)
def test_a_rate_is_due_at_the_start_and_then_after_each_interval(expression: str, step: timedelta) -> None:
    table = timetable(expression)
    assert table.at_start
    assert table.next_after(at("2026-01-01T00:00")) == at("2026-01-01T00:00") + step


@pytest.mark.parametrize(
    ("expression", "zone", "after", "due"),
    [
        ("cron(40 2 * * ? *)", "UTC", "2026-01-01T02:39:59", "2026-01-01T02:40"),
        ("cron(40 2 * * ? *)", "UTC", "2026-01-01T02:40:00", "2026-01-02T02:40"),
        ("cron(40 2 * * ? *)", "Europe/Berlin", "2026-01-01T00:00", "2026-01-01T01:40"),
        ("cron(40 2 * * ? *)", "Europe/Berlin", "2026-07-01T00:00", "2026-07-01T00:40"),
        ("cron(0/15 * * * ? *)", "UTC", "2026-01-01T10:16", "2026-01-01T10:30"),
        ("cron(0 9-17/4 ? * MON-FRI *)", "UTC", "2026-01-02T17:00", "2026-01-05T09:00"),
        ("cron(0 0 1 JAN,JUL ? *)", "UTC", "2026-01-01T00:00", "2026-07-01T00:00"),
        ("cron(0 0 ? * 1 *)", "UTC", "2026-01-01T00:00", "2026-01-04T00:00"),
        ("cron(0 0 29 2 ? *)", "UTC", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("at(2026-03-01T08:00:00)", "Europe/Berlin", "2026-01-01T00:00", "2026-03-01T07:00"),
    ],
)
def test_cron_and_at_are_due_at_their_local_times(expression: str, zone: str, after: str, due: str) -> None:
    table = timetable(expression, zone)
    assert not table.at_start
    assert table.next_after(at(after)) == at(due)


def test_what_is_over_is_never_due_again() -> None:
    assert timetable("at(2026-03-01T08:00:00)").next_after(at("2026-03-01T08:00")) is None
    assert timetable("cron(0 0 1 1 ? 2025)").next_after(at("2026-01-01T00:00")) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "rate(5)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "cron(0 0 * * ?)",
        "cron(60 0 * * ? *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 ? * 6#3 *)",
        "cron(0/0 0 * * ? *)",
        "every(5 minutes)",
        "rate(5 minutes",
    ],
)
def test_an_expression_that_cannot_be_read_is_an_error_that_repeats_it(expression: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        timetable(expression)
    assert repr(expression) in str(caught.value)
