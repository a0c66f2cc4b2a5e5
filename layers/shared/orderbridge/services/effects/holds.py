"""Holding an order at the warehouse and releasing it (R13, R20).

One call toggles, so the order's status is read before it, and after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.domain import billing_problems, order_problems
from orderbridge.domain.lifecycle import Status
from orderbridge.domain.told import Answer, BillingAnswer
from orderbridge.domain.wishes import awaits_billing
from orderbridge.errors import NotFound, RetryableError
from orderbridge.services.effects.answers import answered
from orderbridge.services.effects.saying import Outcome

if TYPE_CHECKING:
    from orderbridge.domain.effects import Effect
    from orderbridge.domain.tracking import WarehouseOrder
    from orderbridge.errors import Refused
    from orderbridge.services.effects.saying import About

_TOGGLE: Final = "bibi holdOrder"


class Holds:
    """Puts an order on hold. The effect's body says whether it is for the merchant's tag (``by_tag``)."""

    repeatable = False

    def look(self, about: About, effect: Effect) -> Outcome | None:
        reported = status_of(about)
        if reported.is_held:
            return held(about, effect)
        if reported.is_over:
            return self._refused(about, effect, reported.status_text)
        return None if _is_wanted(about) else Outcome()

    def say(self, about: About, effect: Effect) -> Outcome:
        if effect.attempts and (outcome := self.look(about, effect)) is not None:
            return outcome  # a toggle that certainly failed: what has become of the order since is not known
        if not about.workspace.warehouse.toggle_hold(about.record.number).is_held:
            raise RetryableError(_TOGGLE, "the order is not on hold after it was put there")
        return held(about, effect)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        return self._refused(about, effect, effect.body["status"])

    def _refused(self, about: About, effect: Effect, status: str) -> Outcome:
        refused = order_problems.hold_refused if effect.body["by_tag"] else billing_problems.not_held_until_billed
        return answered(about.workspace, Answer.HOLD_REFUSED, refused(status))


class Releases:
    """Ends a hold of ours."""

    repeatable = False

    def look(self, about: About, effect: Effect) -> Outcome | None:
        if not status_of(about).is_held:
            return released(about)
        return Outcome() if _is_wanted(about) else None

    def say(self, about: About, effect: Effect) -> Outcome:
        if effect.attempts and (outcome := self.look(about, effect)) is not None:
            return outcome  # likewise
        if about.workspace.warehouse.toggle_hold(about.record.number).is_held:
            raise RetryableError(_TOGGLE, "the order is on hold after its release")
        return released(about)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        problem = order_problems.release_refused(effect.body["status"])
        return answered(about.workspace, Answer.RELEASE_REFUSED, problem)


def held(about: About, effect: Effect) -> Outcome:
    why = "held at the warehouse " + ("for the merchant's tag" if effect.body["by_tag"] else "until it is billed")
    to = Status.HELD if about.record.status is Status.ACKNOWLEDGED else None
    return Outcome(why, _TOGGLE, to, {"held": True})


def released(about: About) -> Outcome:
    billed = about.workspace.settings.billing.holds and BillingAnswer.OK in about.record.told
    why = "it is billed, and not held by the tag" if billed else "the merchant removed the tag"
    to = Status.ACKNOWLEDGED if about.record.status is Status.HELD else None
    return Outcome(f"released at the warehouse: {why}", _TOGGLE, to, {"held": False})


def status_of(about: About) -> WarehouseOrder:
    """Raises RetryableError where the warehouse does not show the order."""
    reported = about.workspace.warehouse.order(about.record.number)
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order")
    return reported


def _is_wanted(about: About) -> bool:
    """Whether the order is to be held by now: its merchant may have changed his mind."""
    try:
        tagged = about.order().has_tag(about.workspace.tags.hold)
    except NotFound:
        return False
    record, holds = about.record, about.workspace.settings.billing.holds
    return tagged or awaits_billing(record.status, record.told, holds=holds)
