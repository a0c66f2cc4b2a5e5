"""R7, R9, R14: one executor says each effect once, whatever a crash or a lost answer leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orderbridge.effects.executor import SETTLES_AFTER_CRASH, SETTLES_AFTER_TIMEOUT, conclude, say, say_open
from orderbridge.effects.saying import About, NotBegun, Outcome
from orderbridge.ledger.effects import Effect, EffectKind, added, message, return_parcel, tag
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import LedgerOrder
from orderbridge.merchants.activity import Activity
from orderbridge.platform.errors import (
    AuthenticationError,
    LedgerConflict,
    MalformedAnswer,
    NotFound,
    Refused,
    RetryableError,
    Throttled,
    UnknownOutcome,
    Unreachable,
    UpstreamError,
)
from orderbridge.platform.table import Table
from testkit.aws import MemoryDynamoDB
from testkit.clock import ManualClock
from testkit.template import make_table

MESSAGE, TAG = Effect(kind=EffectKind.MESSAGE, key="told"), tag("told", "a-tag")


class Killed(BaseException):
    """The worker is gone: nothing of it runs any more."""


@dataclass
class Vendor:
    """What was said to it, and what goes wrong."""

    said: list[str] = field(default_factory=list)
    looked: int = 0
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None


@dataclass
class OneKind:
    """Says an effect by its key; it is there once that has landed."""

    vendor: Vendor
    repeatable: bool = False

    def look(self, about: About, effect: Effect) -> Outcome | None:
        self.vendor.looked += 1
        return self._done(about, effect) if effect.key in self.vendor.said else None

    def say(self, about: About, effect: Effect) -> Outcome:
        self.vendor.before()
        self.vendor.said.append(effect.key)
        self.vendor.after()
        return self._done(about, effect)

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        return Outcome(f"refused: {error.detail}", then=message("refusal", "It was refused."))

    def _done(self, about: About, effect: Effect) -> Outcome:
        return Outcome("said", changes={"told": about.record.told | {effect.key}}, activity=Activity.CHANGED)


class Here:
    def __init__(self) -> None:
        self.clock = ManualClock()
        make_table(memory := MemoryDynamoDB(), "table")
        self.table = Table(memory, "table")  # type: ignore[arg-type]
        self.ledger = Ledger(self.table, self.clock)
        self.vendor = Vendor()
        self.counted: list[Activity] = []
        self.writes = 0
        self.die_after_writes: int | None = None
        write = self.ledger.write

        def counted(record: LedgerOrder) -> LedgerOrder:
            if self.writes == self.die_after_writes:
                raise Killed
            self.writes += 1
            return write(record)

        self.ledger.write = counted  # type: ignore[method-assign]
        self.ledger.open("acme", 1, Status.ACKNOWLEDGED, why="x", call="x", content_hash="x", order_number=None)

    def saying(self, kind: EffectKind) -> OneKind:
        return OneKind(self.vendor, repeatable=kind is EffectKind.TAG)

    def now(self) -> datetime:
        return self.clock.now()

    def count(self, activity: Activity) -> None:
        self.counted.append(activity)

    @property
    def record(self) -> LedgerOrder:
        found = self.ledger.get("acme", 1)
        assert found is not None
        return found

    def say(self, *effects: Effect, **more: Any) -> LedgerOrder:
        return say(self, self.record, *effects, **more)

    def goes_on(self) -> LedgerOrder:
        """Another worker takes the order up, as often as it is told to wait."""
        for _ in range(5):
            try:
                return say_open(self, self.record)
            except RetryableError as error:
                self.clock.sleep(error.retry_after or 1)
        raise AssertionError("it never ends")


@pytest.fixture
def here() -> Here:
    return Here()


def fails(error: Exception) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


LOST = UnknownOutcome("a call", "no answer", may_still_land=True)


def test_an_effect_is_intended_said_and_done_in_two_writes(here: Here) -> None:
    record = here.say(MESSAGE, TAG, why="intended", reason="why")
    assert here.vendor.said == ["told", "told tags"]
    assert (here.writes, here.vendor.looked) == (2, 0)
    assert (record, record.effects, record.reason) == (here.record, (), "why")
    assert "told" in record.told
    assert here.counted == [Activity.CHANGED, Activity.CHANGED]


def test_a_repeatable_effect_is_said_without_another_intention(here: Here) -> None:
    here.ledger.note(here.record, effects=(TAG,))
    before = here.writes
    say_open(here, here.record)
    assert (here.vendor.said, here.vendor.looked, here.writes - before) == (["told tags"], 0, 1)


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("where", ["before the call", "after the call", "before the last write"])
def test_r7_after_a_crash_at_any_step_each_effect_is_said_once(here: Here, where: str, landed: bool) -> None:
    if where == "before the call":
        here.vendor.before = fails_once(here, "before", Killed())
    elif where == "after the call":
        here.vendor.after = fails_once(here, "after", Killed())
    else:
        here.die_after_writes = 1
    with pytest.raises(Killed):
        here.say(MESSAGE, TAG)
    here.die_after_writes = None
    assert here.record.unsaid == {"told", "told tags"}
    if not landed:
        here.vendor.said.clear()  # the request was lost on its way
    record = here.goes_on()
    assert here.vendor.said.count("told") == 1
    assert "told tags" in here.vendor.said
    assert (record.effects, "told" in record.told) == ((), True)


def fails_once(here: Here, when: str, error: BaseException) -> Callable[[], object]:
    def fail() -> None:
        setattr(here.vendor, when, lambda: None)
        raise error

    return fail


def test_r7_after_a_crash_nothing_is_looked_for_before_it_has_settled(here: Here) -> None:
    here.vendor.before = fails_once(here, "before", Killed())
    with pytest.raises(Killed):
        here.say(MESSAGE)
    with pytest.raises(RetryableError, match="may still land") as waiting:
        say_open(here, here.record)
    assert waiting.value.retry_after == SETTLES_AFTER_CRASH.total_seconds() + 1
    assert here.vendor.looked == 0
    here.vendor.said.append("told")  # it lands late
    here.clock.sleep(waiting.value.retry_after)
    say_open(here, here.record)
    assert here.vendor.said == ["told"]


def test_r7_a_lost_answer_is_looked_for_once_it_has_settled(here: Here) -> None:
    here.vendor.after = fails_once(here, "after", LOST)
    with pytest.raises(UnknownOutcome):
        here.say(MESSAGE)
    (effect,) = here.record.effects
    assert (effect.attempts, effect.reason) == (1, str(LOST))
    assert effect.settles_at == here.now() + SETTLES_AFTER_TIMEOUT
    here.goes_on()
    assert (here.vendor.said, here.vendor.looked) == (["told"], 1)


@pytest.mark.parametrize(
    "error",
    [
        Throttled("a call", "slow down", retry_after=5),
        Unreachable("a call", "no route"),
        AuthenticationError("a call", "who are you"),
        NotBegun(MalformedAnswer("another call", "HTML")),
    ],
)
def test_what_certainly_did_not_land_is_said_again_without_looking(here: Here, error: UpstreamError) -> None:
    here.vendor.before = fails_once(here, "before", error)
    with pytest.raises(type(error)):
        here.say(MESSAGE)
    (effect,) = here.record.effects
    assert (effect.attempts, effect.settles_at) == (1, None)
    here.goes_on()
    assert (here.vendor.said, here.vendor.looked) == (["told"], 0)
    assert not here.record.effects


@pytest.mark.parametrize("error", [MalformedAnswer("a call", "HTML"), UnknownOutcome("a call", "500")])
def test_what_was_processed_without_a_readable_answer_is_looked_for_at_once(here: Here, error: UpstreamError) -> None:
    here.vendor.after = fails_once(here, "after", error)
    with pytest.raises(type(error)):
        here.say(MESSAGE)
    say_open(here, here.record)
    assert (here.vendor.said, here.vendor.looked) == (["told"], 1)


def test_an_effect_that_was_tried_without_an_answer_stays_in_doubt(here: Here) -> None:
    seen: list[bool] = []
    here.vendor.before = fails_once(here, "before", LOST)
    with pytest.raises(UnknownOutcome):
        here.say(MESSAGE)
    here.vendor.before = lambda: seen.append(here.record.effects[0].doubted)
    here.goes_on()
    assert seen == [True]


def test_what_was_done_before_a_failure_is_written_with_it(here: Here) -> None:
    here.vendor.after = fails_second(here, Throttled("a call", "slow down", retry_after=5))
    with pytest.raises(Throttled):
        here.say(MESSAGE, TAG)
    assert "told" in here.record.told
    assert [(one.key, one.attempts) for one in here.record.effects] == [("told tags", 1)]
    here.goes_on()
    assert here.vendor.said == ["told", "told tags", "told tags"]


def fails_second(here: Here, error: Exception) -> Callable[[], object]:
    def second() -> None:
        here.vendor.after = fails_once(here, "after", error)

    return second


def test_a_refusal_ends_an_effect_and_what_follows_from_it_comes_before_the_others(here: Here) -> None:
    here.vendor.before = fails_once(here, "before", Refused("a call", "not now"))
    record = here.say(MESSAGE, TAG)
    assert here.vendor.said == ["refusal", "told tags"]
    assert record.effects == ()
    assert sorted(record.told & {"told", "refusal"}) == ["refusal"]
    assert record.timeline[-3].why == "refused: not now"


def test_of_two_workers_only_one_says_it(here: Here) -> None:
    here.ledger.note(here.record, effects=(replace(MESSAGE, settles_at=here.now()),))
    stale = here.record
    say_open(here, here.record)
    here.vendor.said.clear()  # as the other one, which has looked before it was said, believes
    with pytest.raises(LedgerConflict):
        say_open(here, stale)
    assert here.vendor.said == []


def test_an_intention_that_is_about_to_lapse_is_written_again_before_its_call(here: Here) -> None:
    here.vendor.after = lambda: here.clock.sleep(70) if len(here.vendor.said) == 1 else None
    here.say(MESSAGE, Effect(kind=EffectKind.MESSAGE, key="second"))
    assert here.vendor.said == ["told", "second"]
    assert (here.writes, here.vendor.looked) == (3, 0)


def test_what_has_to_wait_holds_up_what_builds_on_it_and_is_no_error(here: Here) -> None:
    later = replace(MESSAGE, not_before=here.now() + timedelta(hours=1))
    here.ledger.note(here.record, effects=(later, TAG))
    assert not here.record.has_due(here.now())
    assert say_open(here, here.record).effects == (later, TAG)
    assert here.vendor.said == []
    here.clock.sleep(3600)
    assert here.record.has_due(here.now())
    here.goes_on()
    assert here.vendor.said == ["told", "told tags"]


HOLD = Effect(kind=EffectKind.HOLD, key="hold")


def test_what_waits_for_one_listener_holds_up_nothing_for_another(here: Here) -> None:
    later = replace(MESSAGE, not_before=here.now() + timedelta(hours=1))
    here.ledger.note(here.record, effects=(later, TAG, HOLD))
    assert here.record.has_due(here.now())
    assert here.goes_on().effects == (later, TAG)
    assert here.vendor.said == ["hold"]
    assert not here.record.has_due(here.now())


def test_what_fails_for_one_listener_holds_up_nothing_for_another_and_comes_again(here: Here) -> None:
    here.ledger.note(here.record, effects=(MESSAGE, TAG, HOLD))
    slow = Throttled("a call", "slow down", retry_after=5)
    tries = iter([fails(slow)])

    def before() -> None:
        next(tries, lambda: None)()

    here.vendor.before = before
    with pytest.raises(Throttled):
        say_open(here, here.record)
    assert here.vendor.said == ["hold"]
    assert [(one.key, one.attempts) for one in here.record.effects] == [("told", 1), ("told tags", 0)]
    here.goes_on()
    assert here.vendor.said == ["hold", "told", "told tags"]


def test_r10_what_a_lost_ledger_may_have_said_is_looked_for_first(here: Here) -> None:
    here.vendor.said.append("told")
    record = here.say(MESSAGE, in_doubt=True)
    assert (here.vendor.said, here.vendor.looked, record.effects) == (["told"], 1, ())


def test_what_is_so_without_a_call_is_noted_with_what_follows(here: Here) -> None:
    record = conclude(here, here.record, Outcome("it was so", "a look", None, {"held": True}, then=(MESSAGE,)))
    assert (record.held, here.vendor.said, record.effects) == (True, ["told"], ())
    assert here.writes == 2  # with the intention, and at the end


def test_the_index_shows_that_something_is_to_be_said_and_forgets_it_afterwards(here: Here) -> None:
    here.clock.sleep(60)
    record = here.ledger.move(
        here.record, Status.SHIPPED, why="x", call="x", told=frozenset({"told"}), effects=(MESSAGE,)
    )
    (listed,) = here.ledger.open_orders("acme")
    assert (listed.status, [*listed.told], [*listed.unsaid]) == (Status.SHIPPED, ["told"], ["told"])
    here.clock.sleep(120)
    say_open(here, record)
    assert list(here.ledger.open_orders("acme")) == []
    (ended,) = here.ledger.ended_orders("acme", Status.SHIPPED, since=here.now() - timedelta(seconds=1))
    assert ([*ended.told], [*ended.unsaid]) == (["told"], [])


def test_an_order_that_has_ended_long_ago_keeps_its_place_when_something_is_said_of_it(here: Here) -> None:
    record = here.ledger.move(here.record, Status.SHIPPED, why="x", call="x")
    shipped_at = here.now()
    here.clock.sleep(86400)
    record = say(here, record, MESSAGE)
    (ended,) = here.ledger.ended_orders("acme", Status.SHIPPED, since=shipped_at)
    assert ended.shelved_at == record.shelved_at == shipped_at


def test_effects_are_kept_whole_in_the_table(here: Here) -> None:
    effect = Effect(
        kind=EffectKind.SHIPMENT,
        key="parcel 1Z1",
        body={"number": "1Z1", "ship_method": ""},
        attempts=2,
        not_before=here.now(),
        settles_at=here.now(),
        doubted=True,
        reason="HTTP 500",
    )
    here.ledger.note(here.record, effects=(effect, MESSAGE))
    assert here.record.effects == (effect, MESSAGE)


def test_one_that_is_wanted_again_stays_as_it_is_and_other_words_take_its_place() -> None:
    (first,) = message("told", "It waits.")
    tried = replace(first, attempts=3)
    assert added((tried,), first) == (tried,)
    (other,) = message("told", "It waits no more.")
    assert added((tried,), other) == (other,)


def test_words_that_may_be_personal_are_said_and_recognised_and_never_kept() -> None:
    said, _ = message("told", "Reason: …", "a-tag", aloud="Reason: for  Jane Doe")
    assert (said.text, said.is_said_by("Reason: for Jane Doe")) == ("Reason: for  Jane Doe", True)
    kept = replace(said, aloud=None)
    assert "Jane" not in str(kept) + repr(said)
    assert kept.text == "Reason: …"
    assert kept.is_said_by("Reason: for Jane Doe")
    assert kept.is_said_by("Reason: …")
    assert not kept.is_said_by("Reason: for Joe")
    assert "Jane" not in str(return_parcel("key", "1Z1", "Reason: …", aloud="Reason: for Jane").body)
