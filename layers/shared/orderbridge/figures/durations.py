"""How long something took, as counts by bucket: enough for a median and a ninth decile, and added up by addition."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_BOUNDS: Final = (
    *(10, 20, 30, 45),
    *(_MINUTE * one for one in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45)),
    *(_HOUR * one for one in (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 36, 42, 48, 54, 60, 66, 72, 84, 96, 108, 120)),
    *(_DAY * one for one in (6, 7, 8, 10, 12, 14, 17, 21, 25, 30, 45, 60, 90)),
)
"""Upper bounds of the buckets, in seconds. Others may be added: a figure keeps the bound that it was counted for."""


def bucket(took: timedelta) -> int:
    """The bound of the bucket, in seconds. What takes longer than the last bound is counted there."""
    return _BOUNDS[min(bisect_left(_BOUNDS, max(0.0, took.total_seconds())), len(_BOUNDS) - 1)]


@dataclass(frozen=True)
class Durations:
    """How long something took.

    Attributes:
        buckets: how often, by upper bound in seconds.
        seconds: all of them together.
    """

    buckets: Mapping[int, int]
    seconds: int

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    @property
    def mean(self) -> timedelta | None:
        return timedelta(seconds=self.seconds / self.count) if self.count else None

    @property
    def median(self) -> timedelta | None:
        return self.quantile(0.5)

    @property
    def ninth_decile(self) -> timedelta | None:
        """Nine of ten took no longer."""
        return self.quantile(0.9)

    def quantile(self, share: float) -> timedelta | None:
        """How long the given share took at most; None if there are none. Exact to the width of a bucket.

        >>> Durations({60: 1, 120: 1}, 150).quantile(0.5)
        datetime.timedelta(seconds=60)
        """
        wanted, seen, below = share * self.count, 0, 0
        for bound, count in sorted(self.buckets.items()):
            if count and seen + count >= wanted:
                below = max((one for one in _BOUNDS if one < bound), default=0)
                return timedelta(seconds=round(below + (bound - below) * (wanted - seen) / count))
            seen += count
        return None
