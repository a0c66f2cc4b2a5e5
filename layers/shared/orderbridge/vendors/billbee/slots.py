"""Billbee's calls a second for the whole application, which all merchants and functions share.

Every call takes the next free slot, by one conditional write to one item. Slots are ``GAP`` apart, and a call leaves
within ``GRACE`` of its slot or takes another one. docs/design/pacing.md proves from this that Billbee sees no more than
50 calls in any second.
"""

from __future__ import annotations

import random
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from orderbridge.platform.clock import Clock
from orderbridge.platform.errors import ConditionFailed, Throttled
from orderbridge.platform.table import Table

GAP: Final = 25
"""Milliseconds between two slots: 40 calls a second."""
GRACE: Final = 50
"""Milliseconds after its slot by which a call may leave."""
PATIENCE: Final = 2.5
"""How many seconds a call waits for its slot at most. For longer waits the message goes back to the queue."""
PATIENCE_IN_NO_HURRY: Final = 0.25
"""The same for catalogues and other work that orders must not wait for."""
_BACK_AFTER: Final = (4.0, 8.0)
"""Seconds after which a call without a slot comes again; random, so that not all come at once."""
_TRIES: Final = 5
_TOO_FAR: Final = 30_000
"""A slot so many milliseconds ahead comes from a wrong clock and does not count."""
_KEY: Final = ("APPLICATION", "SLOTS#billbee")


class CallSlots:
    """The application's calls to Billbee. Times are UNIX milliseconds in the table."""

    def __init__(self, table: Table, *, patience: float = PATIENCE, clock: Clock) -> None:
        self._table = table
        self._patience = int(patience * 1000)
        self._clock = clock
        self._next = 0
        self._ahead = 0

    def wait_for_turn(self) -> None:
        """Return at the moment when one call may be sent, which must then be sent at once.

        Raises:
            Throttled: all slots are taken for longer than the call may wait.
        """
        for _ in range(_TRIES):
            asked = self._now()
            slot = self._reserve(asked)
            took = self._now() - asked
            # If the table answers slowly, the slot may be past when the answer arrives.
            self._ahead = 2 * took if took > GRACE // 2 else 0
            if (wait := slot - self._now()) > 0:
                self._clock.sleep(wait / 1000)
            if self._now() - slot <= GRACE:
                return
        raise _throttled("the table answers too slowly")

    def _reserve(self, now: int) -> int:
        """The slot that was taken: now if no call waits, otherwise behind the others."""
        earliest = now + self._ahead
        ways = [self._at_once, self._behind_others]
        if self._next > earliest:
            ways.insert(0, self._behind_others)
        for way in ways:
            if (after := way(earliest, now)) is not None:
                self._next = after
                return after - GAP
        raise _throttled("the calls of the next seconds are taken")

    def _at_once(self, earliest: int, now: int) -> int | None:
        slot = Attr("next_at")
        free = slot.not_exists() | slot.lte(earliest) | slot.gt(now + max(_TOO_FAR, self._patience + GAP))
        return self._write(free, set={"next_at": earliest + GAP})

    def _behind_others(self, earliest: int, now: int) -> int | None:
        latest = max(now + self._patience, earliest + GAP)
        return self._write(Attr("next_at").gt(earliest) & Attr("next_at").lte(latest), add={"next_at": GAP})

    def _write(self, only_if: ConditionBase, **change: Any) -> int | None:
        try:
            return int(self._table.change(*_KEY, only_if=only_if, **change)["next_at"])
        except ConditionFailed:
            return None

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _throttled(why: str) -> Throttled:
    return Throttled("billbee slots", why, retry_after=random.uniform(*_BACK_AFTER))  # noqa: S311
