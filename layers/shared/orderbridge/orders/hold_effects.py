"""Holding an order at the warehouse and releasing it (R13, R20).

One call toggles, so the order's status is read before it, and after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.billing import problems as billing_problems
from orderbridge.effects.saying import Outcome
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.told import Answer, BillingAnswer
from orderbridge.ledger.wishes import awaits_billing
from orderbridge.orders import problems as order_problems
from orderbridge.platform.errors import NotFound, RetryableError

if TYPE_CHECKING:
    from orderbridge.effects.answers import Answers
    from orderbridge.effects.saying import About, OrderSource
    from orderbridge.ledger.effects import Effect
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Warehouse
    from orderbridge.platform.errors import Refused
    from orderbridge.tracking.warehouse_order import WarehouseOrder

_TOGGLE: Final = "bibi holdOrder"


class _Toggle:
    """The common part of hold and release.

    Args:
        until_billed: whether the merchant's orders are held until they are billed.
    """

    def __init__(self, hub: OrderSource, warehouse: Warehouse, answers: Answers, *, until_billed: bool) -> None:
        self._hub = hub
        self._warehouse = warehouse
        self._answers = answers
        self._until_billed = until_billed

    def _is_wanted(self, about: About) -> bool:
        """Whether the order should still be held: its merchant may have changed the tag."""
        try:
            tagged = about.order(self._hub).has_tag(self._answers.tags.hold)
        except NotFound:
            return False
        return tagged or awaits_billing(about.record.status, about.record.told, holds=self._until_billed)


class Holds(_Toggle):
    """Puts an order on hold. The effect's body says whether it is for the merchant's tag (``by_tag``)."""

    repeatable = False

    def look(self, about: About, effect: Effect) -> Outcome | None:
        reported = status_of(self._warehouse, about.record)
        if reported.is_held:
            return held(about.record, effect)
        if reported.is_over:
            return self._refused(effect, reported.status_text)
        return None if self._is_wanted(about) else Outcome()

    def say(self, about: About, effect: Effect) -> Outcome:
        if effect.attempts and (outcome := self.look(about, effect)) is not None:
            return outcome  # a toggle that certainly failed; the order's present status is not known
        if not self._warehouse.toggle_hold(about.record.number).is_held:
            raise RetryableError(_TOGGLE, "the order is not on hold after it was put there")
        return held(about.record, effect)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        return self._refused(effect, effect.body["status"])

    def _refused(self, effect: Effect, status: str) -> Outcome:
        refused = order_problems.hold_refused if effect.body["by_tag"] else billing_problems.not_held_until_billed
        return self._answers.outcome(Answer.HOLD_REFUSED, refused(status))


class Releases(_Toggle):
    """Ends a hold of ours."""

    repeatable = False

    def look(self, about: About, effect: Effect) -> Outcome | None:
        if not status_of(self._warehouse, about.record).is_held:
            return released(about.record, until_billed=self._until_billed)
        return Outcome() if self._is_wanted(about) else None

    def say(self, about: About, effect: Effect) -> Outcome:
        if effect.attempts and (outcome := self.look(about, effect)) is not None:
            return outcome  # as above
        if self._warehouse.toggle_hold(about.record.number).is_held:
            raise RetryableError(_TOGGLE, "the order is on hold after its release")
        return released(about.record, until_billed=self._until_billed)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        problem = order_problems.release_refused(effect.body["status"])
        return self._answers.outcome(Answer.RELEASE_REFUSED, problem)


def held(record: LedgerOrder, effect: Effect) -> Outcome:
    why = "held at the warehouse " + ("for the merchant's tag" if effect.body["by_tag"] else "until it is billed")
    to = Status.HELD if record.status is Status.ACKNOWLEDGED else None
    return Outcome(why, _TOGGLE, to, {"held": True})


def released(record: LedgerOrder, *, until_billed: bool) -> Outcome:
    billed = until_billed and BillingAnswer.OK in record.told
    why = "it is billed, and not held by the tag" if billed else "the merchant removed the tag"
    to = Status.ACKNOWLEDGED if record.status is Status.HELD else None
    return Outcome(f"released at the warehouse: {why}", _TOGGLE, to, {"held": False})


def status_of(warehouse: Warehouse, record: LedgerOrder) -> WarehouseOrder:
    """Raises RetryableError if the warehouse does not show the order."""
    reported = warehouse.order(record.number)
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order")
    return reported
