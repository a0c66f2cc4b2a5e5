"""The ship-by promise: when an order has to have left the warehouse, by a merchant's handling time and calendar (R42).

Time goes in, time comes out; nothing here reads a clock.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)


def _written_time(value: object) -> object:
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value)):
        return value
    raise ValueError("a time of day is written like 14:00, from 00:00 to 23:59")


def _written_dates(value: object) -> object:
    for one in value if isinstance(value, list | tuple) else ():
        if not isinstance(one, date) and not (isinstance(one, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", one)):
            raise ValueError("holidays are dates, written like 2026-12-25")
    return value


def _lower(value: object) -> object:
    return [one.casefold() if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def _each_once(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    if not days:
        raise ValueError("at least one weekday is worked, or nothing would ever leave")
    if len(set(days)) < len(days):
        raise ValueError("a weekday is named twice")
    return days


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # KeyError: not found
        raise ValueError("not a time zone: use a name of the IANA list, such as America/Chicago") from None
    return name


class PromiseSettings(BaseModel):
    """The calendar of the warehouse, and how many working days it has for an order."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    handling_days: Annotated[int, Field(ge=0, le=60)] | None = None
    """Working days after the one that the order is counted for. None: nothing is promised."""
    cut_off: Annotated[time, BeforeValidator(_written_time)] = time(14)
    """An order that is paid later is counted for the next working day."""
    weekdays: Annotated[tuple[Weekday, ...], BeforeValidator(_lower), AfterValidator(_each_once)] = _WEEKDAYS[:5]
    holidays: Annotated[tuple[date, ...], BeforeValidator(_written_dates), Field(max_length=400)] = ()
    zone: Annotated[str, AfterValidator(_known_zone)] = "America/Chicago"
    """Of the warehouse."""

    @property
    def enabled(self) -> bool:
        return self.handling_days is not None

    def is_worked(self, day: date) -> bool:
        return _WEEKDAYS[day.weekday()] in self.weekdays and day not in self.holidays


class Standing(StrEnum):
    """How an open order stands to its promise."""

    ON_TIME = "on time"
    AT_RISK = "at risk"
    """Today is the last day."""
    LATE = "late"


def promised_by(promise: PromiseSettings, since: datetime) -> datetime | None:
    """When an order has to have left: the end of its last day, in UTC. None if nothing is promised.

    Args:
        since: when it was paid or, if it is not paid, ordered. Aware.
    """
    if promise.handling_days is None:
        return None
    zone = ZoneInfo(promise.zone)
    local = since.astimezone(zone)
    day = local.date()
    if local.time() > promise.cut_off:
        day += timedelta(days=1)
    day = _next_worked(promise, day)
    for _ in range(promise.handling_days):
        day = _next_worked(promise, day + timedelta(days=1))
    return _end_of(day, zone)


def standing(promise: PromiseSettings, by: datetime, now: datetime) -> Standing:
    """How an order that has not left stands to its promise. ``by``: when that ends; both aware."""
    if now >= by:
        return Standing.LATE
    today = now.astimezone(zone := ZoneInfo(promise.zone)).date()
    return Standing.AT_RISK if by <= _end_of(today, zone) else Standing.ON_TIME


def last_day(promise: PromiseSettings, by: datetime) -> date:
    """The day of the warehouse's calendar on which a promise ends."""
    return (by - timedelta(seconds=1)).astimezone(ZoneInfo(promise.zone)).date()


def _next_worked(promise: PromiseSettings, day: date) -> date:
    while not promise.is_worked(day):
        day += timedelta(days=1)
    return day


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
