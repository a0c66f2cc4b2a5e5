"""Whether a merchant's orders or parcels have stopped at a time when there usually are some.

The rule: nothing for a period in which, at the same hours of the same weekdays, at least three of the last four weeks
had ten or more. The first and last hours of the period do not count, because orders come somewhat earlier or later each
week.

So a night, a weekend or a quiet day is no silence, because the earlier weeks were quiet too. A merchant with few orders
is silent only after some days, and a new one not before the fourth week. For a merchant who has stopped for good,
silence becomes usual after two weeks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FEWEST: Final = 10
"""With so many in a period, none is very unlikely by chance."""
WEEKS: Final = 4
ENOUGH_WEEKS: Final = 3
"""One week may have had a holiday, or a failure."""
LONGEST_SPAN: Final = timedelta(days=7)
"""Longer silences would reach into the weeks that they are compared with."""
HISTORY: Final = timedelta(weeks=WEEKS) + LONGEST_SPAN
"""How far back the counts are needed."""
_HOUR: Final = timedelta(hours=1)
_WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True)
class Silence:
    """Nothing since ``since``, when there usually are at least ``usual`` in such a time."""

    since: datetime
    usual: int


def find_silence(
    counts: Mapping[datetime, int], *, quiet_since: datetime, now: datetime, unpunctual: timedelta
) -> Silence | None:
    """The silence, if it is one.

    Args:
        counts: how many there were in each hour, by its beginning, for as long as `HISTORY`. Hours with none may be
            missing. All times are aware, and in one zone.
        quiet_since: when the last one came or the merchant became active, whichever is later.
        unpunctual: how much earlier or later than in other weeks something may come.
    """
    begin = _hour_of(max(quiet_since, now - LONGEST_SPAN) + unpunctual) + _HOUR
    end = _hour_of(now - unpunctual)
    if end <= begin:
        return None
    weeks = [
        sum(count for hour, count in counts.items() if begin - week * _WEEK <= hour < end - week * _WEEK)
        for week in range(1, WEEKS + 1)
    ]
    usual = sorted(weeks, reverse=True)[ENOUGH_WEEKS - 1]
    return Silence(quiet_since, usual) if usual >= FEWEST else None


def first_silence(
    counts: Mapping[datetime, int], *, quiet_since: datetime, now: datetime, unpunctual: timedelta, until: datetime
) -> datetime:
    """When there can be a silence at the earliest, between the next full hour and a given moment, if nothing comes
    meanwhile.

    Args:
        unpunctual: whole hours, so that the answer changes at full hours only.
    """
    moment = _hour_of(now) + _HOUR
    while moment < until and not find_silence(counts, quiet_since=quiet_since, now=moment, unpunctual=unpunctual):
        moment += _HOUR
    return moment


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
