"""Days as parts of sort keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

_MANY: Final = timedelta(days=70)


def months(since: date, until: date) -> Iterator[str]:
    """The months between two days, as ``2026-11``."""
    month = since.replace(day=1)
    while month <= until:
        yield f"{month:%Y-%m}"
        month = (month + timedelta(days=31)).replace(day=1)


def month_prefixes(since: date, until: date) -> Iterator[str]:
    """The months between two days, as ``2026-11``. If there are many, one empty prefix stands for all."""
    if until - since > _MANY:
        yield ""
    else:
        yield from months(since, until)
