"""Messages and tags on the Billbee order.

Where Billbee refuses a message alone, the tags still tell. Where the order is gone or archived, nobody is left to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from orderbridge.observability import logger
from orderbridge.services.effects.saying import OrderSource, Outcome

if TYPE_CHECKING:
    from orderbridge.domain.effects import Effect
    from orderbridge.errors import NotFound, Refused
    from orderbridge.services.effects.saying import About
    from orderbridge.stores.record import LedgerOrder

_ADD_MESSAGE: Final = "billbee add message"


class Hub(OrderSource, Protocol):
    """Where the merchant reads what he is told."""

    def add_message(self, order_id: int, text: str, /) -> None: ...

    def add_tags(self, order_id: int, /, *tags: str) -> None: ...


class Messages:
    """A message cannot be repeated; the order's own comments tell whether it was posted."""

    repeatable = False

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def look(self, about: About, effect: Effect) -> Outcome | None:
        wanted = self.worded(about, effect)
        if wanted is None:
            return self.nothing(about)
        comments = about.read_again(self._hub).comments
        return _told(about.record, effect) if any(map(wanted.is_said_by, comments)) else None

    def say(self, about: About, effect: Effect) -> Outcome:
        wanted = self.worded(about, effect)
        if wanted is None:
            return self.nothing(about)
        self._hub.add_message(about.record.billbee_id, wanted.text)
        return _told(about.record, effect)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        logger.warning("Message not posted", extra={"order_id": about.record.billbee_id, "error": str(error)})
        return _told(about.record, effect)

    def worded(self, about: About, effect: Effect) -> Effect | None:
        """The effect with its words; None where there is nothing to say any more."""
        return effect

    def nothing(self, about: About) -> Outcome:
        """What is true where there is nothing to say any more."""
        return Outcome()


class Tags:
    """Tags may be repeated."""

    repeatable = True

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def look(self, about: About, effect: Effect) -> Outcome | None:
        return None

    def say(self, about: About, effect: Effect) -> Outcome:
        self._hub.add_tags(about.record.billbee_id, *effect.body["tags"])
        return Outcome()

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        logger.warning("Order not tagged", extra={"order_id": about.record.billbee_id, "error": str(error)})
        return Outcome()


def _told(record: LedgerOrder, effect: Effect) -> Outcome:
    return Outcome(f"told the merchant: {effect.key}", _ADD_MESSAGE, changes={"told": record.told | {effect.key}})
