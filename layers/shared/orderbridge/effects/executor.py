"""Says effects to vendors, each once: intend, look if an earlier attempt may have landed, say, note the result.

Kinds of effects differ only in how they are looked up and said (`Saying`). The intention is a conditional write on the
record's version, so of two workers only one says an effect. The results of several effects are written together, after
the last of them; results that a crash leaves unwritten are found by looking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Unpack

from orderbridge.effects.saying import About, Outcome
from orderbridge.ledger.effects import Effect, added, first_due
from orderbridge.platform.errors import NotFound, Refused, RetryableError, UnknownOutcome, UpstreamError

if TYPE_CHECKING:
    from orderbridge.effects.saying import Means, Saying
    from orderbridge.ledger.lifecycle import Status
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder, RecordChanges
    from orderbridge.merchants.activity import Activity

SETTLES_AFTER_CRASH: Final = timedelta(seconds=90)
"""How long an intention holds while the outcome of its call is unknown; longer than a call takes."""
SETTLES_AFTER_TIMEOUT: Final = timedelta(seconds=30)
"""How long a request without an answer may still land at a vendor."""
_CALL_TAKES: Final = timedelta(seconds=30)
"""An intention that holds for less time is written again before its call."""


def say(
    means: Means,
    record: LedgerOrder,
    *new: Effect,
    order: Order | None = None,
    in_doubt: bool = False,
    why: str | None = None,
    call: str = "",
    to: Status | None = None,
    activity: Activity | None = None,
    after: Callable[[], None] | None = None,
    **changes: Unpack[RecordChanges],
) -> LedgerOrder:
    """Note effects as intended, in the same write as all other changes of the record; then say them.

    Args:
        order: as it is in the shop, if it was read.
        in_doubt: they may have been said before, although the record does not show it.
        why, call, to, changes: as in `Ledger.move` and `Ledger.note`.
        activity: counted with that write.
        after: called after that write.

    Raises:
        as `say_open`.
    """
    run = _Run(means, record, order)
    until = means.now() + (timedelta(0) if in_doubt else SETTLES_AFTER_CRASH)
    intended = tuple(replace(effect, settles_at=until) for effect in new)
    run.note(Outcome(why, call, to, {"effects": added(record.effects, *intended), **changes}, activity, after=after))
    run.write()
    run.say_all(() if in_doubt else intended)
    return run.record


def conclude(means: Means, record: LedgerOrder, outcome: Outcome, order: Order | None = None) -> LedgerOrder:
    """Note the result that an effect would have, if it holds without a call, and say what follows.

    Raises:
        as `say_open`.
    """
    run = _Run(means, record, order)
    run.end(outcome)
    run.say_all()
    return run.record


def say_open(means: Means, record: LedgerOrder, order: Order | None = None) -> LedgerOrder:
    """Say the effects of an order's record, in their sequence. Returns the record as it is then.

    Raises:
        UpstreamError: an effect must be tried again; the record has it.
        LedgerConflict: another worker has the order.
    """
    run = _Run(means, record, order)
    run.say_all()
    return run.record


class _Run:
    """Says the effects of one order. Their results are kept in ``record``, and written when the run ends."""

    def __init__(self, means: Means, record: LedgerOrder, order: Order | None) -> None:
        self._means = means
        self.record = self._written = record
        self._order = order
        self._new: list[Effect] = []
        self._counted: list[Activity] = []
        self._after: list[Callable[[], None]] = []

    def say_all(self, new: tuple[Effect, ...] = ()) -> None:
        """Say one after the other. If one has to wait, those behind it that are for the same listener wait too, because
        they depend on it; those for another one do not.

        Args:
            new: effects that were never tried.
        """
        self._new += new
        failed: dict[str, UpstreamError] = {}
        while (effect := first_due(self.record.effects, self._means.now(), failed.keys())) is not None:
            try:
                self._one(effect)
            except UpstreamError as error:
                failed[effect.kind.listener] = error
        self.write()
        if failed:
            raise next(iter(failed.values()))

    def _one(self, effect: Effect) -> None:
        """Look whether an earlier attempt has landed; if not, intend and say it; then note the result."""
        saying = self._means.saying(effect.kind)
        try:
            outcome = self._look(effect, saying)
            if outcome is None:
                effect = self._intend(effect, saying)
                outcome = self._say(effect, saying)
        except (NotFound, Refused) as error:
            outcome = saying.refused(self._about, effect, error)
        self.end(outcome, effect)

    def _look(self, effect: Effect, saying: Saying) -> Outcome | None:
        """The result of an earlier attempt, if there was one. Looking too early would lead to saying it twice, because
        an attempt without an answer may still land.
        """
        if saying.repeatable or effect in self._new or effect.settles_at is None:
            return None
        wait = (effect.settles_at - self._means.now()).total_seconds()
        if wait > 0:
            raise RetryableError(f"say {effect.kind}", "an earlier request may still land", retry_after=wait + 1)
        return saying.look(self._about, effect)

    def _intend(self, effect: Effect, saying: Saying) -> Effect:
        """Make it this worker's, unless it is so for long enough, or two workers may say it."""
        now = self._means.now()
        if saying.repeatable:
            return effect
        if effect in self._new and effect.settles_at is not None and effect.settles_at - now > _CALL_TAKES:
            return effect
        doubted = effect.doubted or (effect not in self._new and effect.settles_at is not None)
        intended = replace(effect, settles_at=now + SETTLES_AFTER_CRASH, doubted=doubted)
        self._replace(effect, intended)
        self.write()
        return intended

    def _say(self, effect: Effect, saying: Saying) -> Outcome:
        try:
            return saying.say(self._about, effect)
        except (NotFound, Refused):
            raise
        except UpstreamError as error:
            settles_at = _settles_at(error, self._means.now())
            failed = replace(effect, attempts=effect.attempts + 1, settles_at=settles_at, reason=str(error))
            self._replace(effect, failed)
            raise

    @property
    def _about(self) -> About:
        return About(self.record, self._order)

    def _replace(self, effect: Effect, by: Effect) -> None:
        effects = tuple(by if one.key == effect.key else one for one in self.record.effects)
        self.record = replace(self.record, effects=effects)

    def end(self, outcome: Outcome, effect: Effect | None = None) -> None:
        """Replace an ended effect by the effects that follow."""
        self._new += outcome.then
        next_ones = {one.key for one in outcome.then}
        left = [one for one in self.record.effects if effect is None or one.key != effect.key]
        effects = sorted(added(left, *outcome.then), key=lambda one: one.key not in next_ones)
        self.note(replace(outcome, changes={"effects": tuple(effects), **outcome.changes}))

    def note(self, outcome: Outcome) -> None:
        ledger, changes = self._means.ledger, outcome.changes
        if outcome.to is not None:
            self.record = ledger.moved(self.record, outcome.to, why=outcome.why or "", call=outcome.call, **changes)
        else:
            self.record = ledger.noted(self.record, why=outcome.why, call=outcome.call, **changes)
        self._counted += [outcome.activity] if outcome.activity is not None else []
        self._after += [outcome.after] if outcome.after is not None else []

    def write(self) -> None:
        if self.record is self._written:
            return
        self.record = self._written = self._means.ledger.write(self.record)
        for activity in self._counted:
            self._means.count(activity)
        for follow in self._after:
            follow()
        self._counted, self._after = [], []


def _settles_at(error: UpstreamError, now: datetime) -> datetime | None:
    """Until when a failed call may still land at the vendor; None if it certainly was not processed."""
    if error.never_landed:
        return None
    return now + SETTLES_AFTER_TIMEOUT if isinstance(error, UnknownOutcome) and error.may_still_land else now
