"""Messages and tags on the Billbee order.

If Billbee refuses only the message, the tags are still set. If the order is gone or archived, nothing is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from orderbridge.effects.saying import OrderSource, Outcome
from orderbridge.platform.observability import logger

if TYPE_CHECKING:
    from orderbridge.effects.saying import About
    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.platform.errors import NotFound, Refused

_ADD_MESSAGE: Final = "billbee add message"


class Hub(OrderSource, Protocol):
    """Posts messages and tags where the merchant reads them."""

    def add_message(self, order_id: int, text: str, /) -> None:
        """Post a message that only the merchant reads. Not repeatable: after an UnknownOutcome look at the comments.

        Raises:
            NotFound, Refused: the order is gone or accepts no message.
            UnknownOutcome: it may have been posted.
        """

    def add_tags(self, order_id: int, /, *tags: str) -> None:
        """Attach tags. May be repeated. Raises NotFound and Refused."""


class Messages:
    """A message cannot be repeated; the order's comments show whether it was posted."""

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
        """The effect with its text; None if there is nothing to say any more."""
        return effect

    def nothing(self, about: About) -> Outcome:
        """The result if there is nothing to say any more."""
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
