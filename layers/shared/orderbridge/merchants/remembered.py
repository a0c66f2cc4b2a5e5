"""Caches of look-ups at a vendor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from orderbridge.platform.errors import UpstreamError
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.merchants.vendor_lists import VendorList
    from orderbridge.platform.clock import Clock

K = TypeVar("K")
V = TypeVar("V")

_SELDOM_CHANGED: Final = 6 * 3600.0
"""Seconds for which Billbee's carriers and an account's providers and stocks are kept, because each is a call, and
calls are billed.
"""
ASKED_AGAIN_AFTER: Final = 900.0
"""Seconds after which a list that could not be read is asked for again."""


class Remembered(dict[K, tuple[float, V]]):
    """A cache of look-ups at a vendor, kept for so many seconds."""

    def __init__(self, clock: Clock, seconds: float = 900.0) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def look_up(self, key: K, fetch: Callable[[], V]) -> V:
        kept = self.get(key)
        if kept is None or kept[0] < self._clock.monotonic():
            kept = (self._clock.monotonic() + self._seconds, fetch())
            self[key] = kept
        return kept[1]


class SeldomChanged(Generic[V]):
    """A list that helps and is never required. It is remembered, and kept in the table for other environments.

    Args:
        kept: where it is kept.
    """

    def __init__(self, clock: Clock, kept: VendorList[V]) -> None:
        self._clock = clock
        self._kept = kept
        self._known: tuple[float, V] | None = None

    def look_up(self, fetch: Callable[[], V], otherwise: V) -> V:
        """The list; ``otherwise`` if the vendor does not return it.

        A failure or an empty list is remembered for a short time only; meanwhile the vendor is not asked again.
        """
        if self._known is not None and self._known[0] >= self._clock.monotonic():
            return self._known[1]
        found, seconds = self._kept.load() or self._fetched(fetch, otherwise)
        self._known = self._clock.monotonic() + seconds, found
        return found

    def _fetched(self, fetch: Callable[[], V], otherwise: V) -> tuple[V, float]:
        try:
            found = fetch()
        except UpstreamError as error:
            logger.warning("Continuing without a list", extra={"error": str(error)})
            return otherwise, ASKED_AGAIN_AFTER
        seconds = _SELDOM_CHANGED if found else ASKED_AGAIN_AFTER
        self._kept.keep(found, seconds)
        return found, seconds
