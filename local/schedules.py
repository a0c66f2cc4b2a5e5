"""When the expressions of EventBridge Scheduler are due: `rate(5 minutes)`, `cron(30 2 * * ? *)`, `at(…)`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class ExpressionError(ValueError):
    """A schedule expression that cannot be read, or uses a part of cron that is not supported here."""


class Timetable(Protocol):
    """When a schedule is due."""

    @property
    def at_start(self) -> bool:
        """Whether it is also due the moment the schedule begins, as rates are."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due time after `moment`, both in UTC; None when there is none any more."""


def timetable(expression: str, time_zone: str = "UTC") -> Timetable:
    """Read a schedule expression; cron and at are meant in `time_zone`. Raises ExpressionError."""
    kind, _, rest = expression.strip().partition("(")
    if not rest.endswith(")"):
        raise ExpressionError(f"{expression!r} is no rate(), cron() or at() expression")
    inner = rest[:-1].strip()
    if kind == "rate":
        return _rate(expression, inner)
    if kind == "cron":
        return _cron(expression, inner, ZoneInfo(time_zone))
    if kind == "at":
        return At(datetime.fromisoformat(inner).replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC))
    raise ExpressionError(f"{expression!r} is no rate(), cron() or at() expression")


@dataclass(frozen=True)
class Rate:
    """Due every `interval`."""

    interval: timedelta
    at_start: bool = True

    def next_after(self, moment: datetime) -> datetime | None:
        return moment + self.interval


@dataclass(frozen=True)
class At:
    """Due once."""

    moment: datetime
    at_start: bool = False

    def next_after(self, moment: datetime) -> datetime | None:
        return self.moment if self.moment > moment else None


@dataclass(frozen=True)
class Cron:
    """Due at each minute of local time that all fields match. Weekdays are 1 (Sunday) to 7, as AWS has them."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo
    at_start: bool = False

    def next_after(self, moment: datetime) -> datetime | None:
        local = moment.astimezone(self.zone)
        day = local.date()
        while day.year <= max(self.years):
            if self._has(day):
                times = (time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes))
                for at in times:
                    due = datetime.combine(day, at, self.zone).astimezone(UTC)
                    if due > moment:
                        return due
            day += timedelta(days=1)
        return None

    def _has(self, day: date) -> bool:
        weekday = day.isoweekday() % 7 + 1
        return day.year in self.years and day.month in self.months and day.day in self.days and weekday in self.weekdays


def _rate(expression: str, inner: str) -> Rate:
    match = re.fullmatch(r"([1-9]\d*) (minute|hour|day)s?", inner)
    if not match:
        raise ExpressionError(f"{expression!r}: a rate is a whole number of minutes, hours or days")
    return Rate(int(match[1]) * _UNITS[match[2]])


def _cron(expression: str, inner: str, zone: ZoneInfo) -> Cron:
    fields = inner.split()
    if len(fields) != 6:
        raise ExpressionError(f"{expression!r}: cron has six fields: minutes hours day-of-month month day-of-week year")
    minute, hour, day, month, weekday, year = fields
    return Cron(
        minutes=_values(expression, minute, 0, 59),
        hours=_values(expression, hour, 0, 23),
        days=_values(expression, day, 1, 31),
        months=_values(expression, month, 1, 12, _MONTHS),
        weekdays=_values(expression, weekday, 1, 7, _DAYS),
        years=_values(expression, year, 1970, 2199),
        zone=zone,
    )


def _values(expression: str, text: str, low: int, high: int, names: Sequence[str] = ()) -> frozenset[int]:
    def number(part: str) -> int:
        if (name := part.upper()) in names:
            return low + names.index(name)
        if not part.isdigit() or not low <= int(part) <= high:
            raise ExpressionError(f"{expression!r}: cannot read {part!r} here (L, W and # are not supported)")
        return int(part)

    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        elif "-" in span:
            first, last = (number(part) for part in span.split("-", 1))
        else:
            first = number(span)
            last = high if step else first
        if step and not (step.isdigit() and int(step) > 0):
            raise ExpressionError(f"{expression!r}: cannot read the step {step!r}")
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)
