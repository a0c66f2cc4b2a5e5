"""Reads and shows times. Shown times are in the terminal's zone, kept times are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cli.failures import BadInput

_AGO = re.compile(r"(\d{1,5})\s*([mhdw])")
_LONGEST = timedelta(days=3650)
_SKEW = timedelta(minutes=1)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str, now: datetime) -> datetime:
    """A moment from ``30m``, ``12h``, ``2d``, ``1w``, or from a date or time, which are local. Raises BadInput."""
    if ago := _AGO.fullmatch(text.strip().lower()):
        span = timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if span > _LONGEST:
            raise BadInput(f"--since {text}: that is too long ago", "orders are kept for 400 days")
        return now - span
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        hint = "say how long ago, as 30m, 12h, 2d or 1w, or a date as 2026-01-31"
        raise BadInput(f"--since {text!r} is no time", hint) from None
    return moment.astimezone(UTC)


def local(moment: datetime | None) -> str:
    """A moment in the terminal's zone, to the second; a dash for none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" if moment else "–"


def zone_name(now: datetime) -> str:
    """The name of the terminal's zone as it is now, e.g. ``CEST``."""
    return now.astimezone().tzname() or "local time"


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in its two largest units.

    >>> age(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, 4, 5, tzinfo=UTC))
    '2 d 4 h'
    """
    if moment is None:
        return "never"
    seconds = int((now - moment).total_seconds())
    if seconds < 0:
        return "in " + _spelt(-seconds)
    return _spelt(seconds)


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, with the word.

    >>> ago(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 5, tzinfo=UTC))
    '5 min ago'
    >>> ago(datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    'just now'
    """
    if moment is None:
        return "never"
    # A clock that is a little ahead of this machine's is no reason to speak of the future.
    if timedelta(0) <= moment - now < _SKEW:
        return "just now"
    return age(moment, now) + (" ago" if moment <= now else "")


def _spelt(seconds: int) -> str:
    parts: list[tuple[int, str]] = []
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append((count, name))
    shown = parts[:2] or [(0, "s")]
    return " ".join(f"{count} {name}" for count, name in shown if count or len(shown) == 1)
