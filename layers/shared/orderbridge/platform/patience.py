"""Decides when a job that goes through many items leaves the rest for later."""

from __future__ import annotations

from orderbridge.platform.errors import Throttled, Unreachable


class Patience:
    """How many items in a row may fail before the vendor counts as down and the rest is left for later."""

    def __init__(self, failures: int = 3) -> None:
        self._failures = failures
        self._in_a_row = 0

    def went_well(self) -> None:
        self._in_a_row = 0

    def is_over(self, error: Exception) -> bool:
        """Count a failure. A throttle or a missing connection is the same for every item, so it ends patience at
        once.
        """
        self._in_a_row += 1
        return isinstance(error, Throttled | Unreachable) or self._in_a_row >= self._failures
