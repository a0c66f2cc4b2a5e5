"""What a person may do on the board (R44): each action looks at its target, says what it would do, and can do it.

All of them use what the operator's tool uses. A form carries the state at which its page was made; `seen` tells the
present one, so an action on what has changed meanwhile is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from orderbridge.desk.board.home_page import WORK
from orderbridge.desk.board.layout import STATUSES, order_url, url
from orderbridge.desk.board.refused import Refused
from orderbridge.desk.drop_effect import NoSuchEffect, drop_effect
from orderbridge.desk.retry_order import CannotRetry, retry_order
from orderbridge.jobs.start_jobs import parse_job, why_not_started
from orderbridge.ledger.order_number import as_billbee_id
from orderbridge.merchants.modes import change_mode, mode_before_pause
from orderbridge.merchants.registry import EntryChanged
from orderbridge.platform.errors import LedgerConflict, MessageError, OrderbridgeError, SettingsError

if TYPE_CHECKING:
    from orderbridge.desk.board.acknowledgements import Acknowledgements
    from orderbridge.desk.board.order_board import OrderBoard
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.viewer import Viewer
    from orderbridge.jobs.dead_letters import DeadLetter, DeadLetters
    from orderbridge.jobs.publisher import Sender
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.record import LedgerOrder, OrderSummary
    from orderbridge.merchants.registry import Entry, Registry
    from orderbridge.platform.clock import Clock

CALL: Final = "order board"
"""What timelines name as the cause."""
Target: TypeAlias = Mapping[str, str]
_SOON: Final = "It takes effect within five minutes."
_CHANGED: Final = "Order {name} has just been changed. Look at it again."
_PAUSES: Final = "Nothing is done for {name} until it is resumed. The warehouse still ships the orders that it has."
_PAUSES_ALL: Final = "Nothing is done for any merchant until all are resumed. The warehouse still ships what it has."
_ACKNOWLEDGES: Final = (
    "It is folded away, with your name and note, until something new happens to it. Nothing else changes. "
    "Write no customer's name, address or e-mail address into the note."
)
_DROPS: Final = (
    "Do so if it fails for good, or was done by hand. A message, a parcel and the shipped state then count "
    "as said. Anything else comes back when it is wanted again."
)
_DISCARDS: Final = (
    "The schedules find most of what a message asked for again within a day: orders are in the ledger, and "
    "a dropped file stays in the bucket. A discarded digest is not sent."
)
_LONGEST: Final = 200
"""Characters of a part of a target."""


class NoSuchTarget(Refused):
    """There is no such action, or nothing that it could be about, or the viewer may not see it."""


class CannotAct(OrderbridgeError):
    """It cannot be done. The message says why, and what to do instead."""


@dataclass(frozen=True)
class Proposal:
    """What would be done, for a person to confirm.

    Attributes:
        title: as a question.
        about: sentences: first what it is about, as it is now; then what would follow.
        button: the word on it.
        seen: the state of what it is about.
        back: the page it was asked on.
        do: does it, given a note; returns what was done. Raises CannotAct.
        is_final: it cannot be undone.
        takes_note: whether the person may write one.
    """

    title: str
    about: Sequence[str]
    button: str
    seen: str
    back: str
    do: Callable[[str], str]
    is_final: bool = False
    takes_note: bool = False


class Acting:
    """What one person may do.

    Args:
        board: limited to what the person may see.
        senders: by queue.
        say: in whose language.
    """

    def __init__(
        self,
        board: OrderBoard,
        ledger: Ledger,
        registry: Registry,
        dead_letters: DeadLetters,
        acknowledgements: Acknowledgements,
        senders: Mapping[str, Sender],
        clock: Clock,
        viewer: Viewer,
        say: Reader,
    ) -> None:
        self._board = board
        self._ledger = ledger
        self._registry = registry
        self._dead_letters = dead_letters
        self._acknowledgements = acknowledgements
        self._senders = senders
        self._clock = clock
        self._viewer = viewer
        self._say = say
        self._actions: Mapping[str, tuple[frozenset[str], Callable[[Target], Proposal]]] = {
            "acknowledge": (frozenset({"merchant", "entry"}), self._acknowledge),
            "retry": (frozenset({"merchant", "order"}), self._retry),
            "drop": (frozenset({"merchant", "order", "effect"}), self._drop),
            "redrive": (frozenset({"message"}), self._redrive),
            "discard": (frozenset({"message"}), self._discard),
            "start": (frozenset({"merchant", "job"}), self._start),
            "pause": (frozenset({"merchant"}), self._pause),
            "resume": (frozenset({"merchant"}), self._resume),
            "pause-all": (frozenset(), self._pause_all),
            "resume-all": (frozenset(), self._resume_all),
        }

    def propose(self, action: str, target: Target) -> Proposal:
        """What an action would do now.

        Raises:
            NoSuchTarget: there is no such action or target, or fields are missing or unknown.
            UnknownMerchant: the viewer sees no such merchant.
            CannotAct: it cannot be done in the present state.
        """
        fields, propose = self._actions.get(action, (None, None))
        if fields is None or propose is None or target.keys() != fields:
            raise NoSuchTarget("there is no such action")
        if any(len(value) > _LONGEST or not value.isprintable() for value in target.values()):
            raise NoSuchTarget("there is nothing of that name")
        return propose(target)

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(self._actions)

    # -- the worklist

    def _acknowledge(self, target: Target) -> Proposal:
        merchant, key = target["merchant"], target["entry"]
        known = {shop.name for shop in self._board.shops()}
        if merchant not in known and self._viewer.merchants is not None:
            self._board.shop(merchant)  # whoever sees all may also acknowledge a trouble of a merchant without settings
        bench = self._board.workbench(merchant if merchant in known else None)
        entry = next((one for one in bench.work if (one.merchant, one.key) == (merchant, key)), None)
        if entry is None:
            raise NoSuchTarget("there is no such entry any more")
        seen = entry.acknowledged
        if seen is not None:
            raise CannotAct(self._say("It was acknowledged by {name} already.", name=seen.by))
        say = self._say
        order = say("Order {name}", name=self._name(entry.order)) if entry.order else ""
        what = order or say("A trouble of {name}", name=merchant)

        def do(note: str) -> str:
            self._acknowledgements.note(merchant, key, self._viewer.name, note)
            return say("{what}: acknowledged.", what=what)

        return Proposal(
            say("{what}: acknowledge?", what=what),
            (
                f"{what}: {say(WORK[entry.work][0])}. {entry.words.say(say.language) or entry.text}".strip(),
                say(_ACKNOWLEDGES),
            ),
            say("Acknowledge"),
            key,
            "/",
            do,
            takes_note=True,
        )

    # -- orders

    def _retry(self, target: Target) -> Proposal:
        record, say = self._order(target), self._say
        self._refuse_paused(record.merchant)
        name = self._name(record)

        def do(_: str) -> str:
            try:
                said = retry_order(
                    self._ledger, record, self._senders, _correlation_id(), by=self._viewer.name, call=CALL
                )
            except CannotRetry as error:
                why = error.words.say(say.language)
                raise CannotAct(say("Order {name}: {said}.", name=name, said=why)) from None
            except LedgerConflict:
                raise CannotAct(say(_CHANGED, name=name)) from None
            return say("Order {name}: {said}.", name=name, said=said.say(say.language))

        release = say("Release order {name} from quarantine?", name=name)
        why = record.defect.what if record.defect else ""
        return Proposal(
            release if record.is_quarantined else say("Process order {name} again?", name=name),
            (
                self._where(record),
                say("It was set apart after an unexpected error: {why}.", why=why) if why else "",
                say("Nothing is sent twice: the warehouse is asked before anything is sent again."),
            ),
            say("Release") if record.is_quarantined else say("Process again"),
            str(record.version),
            order_url(record),
            do,
        )

    def _drop(self, target: Target) -> Proposal:
        record, key, say = self._order(target), target["effect"], self._say
        effect = next((one for one in record.effects if one.key == key), None)
        if effect is None:
            raise CannotAct(say("Order {name} has no {key} to say any more.", name=record.billbee_id, key=key))
        name = self._name(record)

        def do(_: str) -> str:
            try:
                drop_effect(self._ledger, record, key, by=self._viewer.name, call=CALL)
            except (NoSuchEffect, LedgerConflict):
                raise CannotAct(say(_CHANGED, name=name)) from None
            return say("Order {name}: {key} is dropped.", name=name, key=key)

        failed = say("It has failed {n} times: {why}.", n=effect.attempts, why=effect.reason)
        return Proposal(
            say("Give up {key} of order {name}?", key=key, name=name),
            (self._where(record), failed if effect.reason else "", say(_DROPS)),
            say("Give up"),
            str(record.version),
            order_url(record),
            do,
            is_final=True,
        )

    def _order(self, target: Target) -> LedgerOrder:
        merchant, billbee_id = self._board.shop(target["merchant"]).name, as_billbee_id(target["order"])
        record = None if billbee_id is None else self._ledger.get(merchant, billbee_id)
        if record is None:
            raise NoSuchTarget("there is no such order")
        return record

    # -- failed messages

    def _redrive(self, target: Target) -> Proposal:
        letter, say = self._letter(target), self._say
        take = partial(self._dead_letters.redrive, letter.queue, [letter.message_id])
        about = say("Once the reason is fixed, it is processed as any other. Every job may be run twice.")
        return Proposal(
            say("Send the failed message of {name} again?", name=letter.job or letter.queue),
            (self._about(letter), about),
            say("Send again"),
            letter.message_id,
            "/failed",
            lambda _: self._taken(take(), say("The message was sent to {name} again.", name=letter.queue)),
        )

    def _discard(self, target: Target) -> Proposal:
        letter, say = self._letter(target), self._say
        take = partial(self._dead_letters.discard, letter.queue, [letter.message_id])
        return Proposal(
            say("Delete the failed message of {name} for good?", name=letter.job or letter.queue),
            (self._about(letter), say(_DISCARDS)),
            say("Delete"),
            letter.message_id,
            "/failed",
            lambda _: self._taken(take(), say("The message of {name} was deleted.", name=letter.queue)),
            is_final=True,
        )

    def _letter(self, target: Target) -> DeadLetter:
        found = next((one for one in self._board.failed() if one.message_id == target["message"]), None)
        if found is None:
            raise NoSuchTarget("there is no such message any more")
        return found

    # -- jobs and pauses

    def _start(self, target: Target) -> Proposal:
        merchant, name, say = self._board.shop(target["merchant"]).name, target["job"], self._say
        try:
            job = parse_job({"job": name})
        except MessageError:
            raise NoSuchTarget("there is no such job") from None
        entry, pause = self._entry(merchant), self._registry.pause()
        why = why_not_started(name, merchant, entry.settings or "", pause)
        if why is not None:
            raise CannotAct(say("{job} cannot be started for {name}: {why}.", job=name, name=merchant, why=say(why)))

        def do(_: str) -> str:
            self._senders[job.queue]([job.message(merchant, _correlation_id(), self._clock.now())])
            return say("{job} is started for {name}.", job=name, name=merchant)

        about = "It runs as soon as the merchant's earlier messages are processed. The schedule goes on as before."
        title = say("Start {job} for {name} now?", job=name, name=merchant)
        return Proposal(title, (say(about),), say("Start"), "", url("/jobs", merchant=merchant), do)

    def _pause(self, target: Target) -> Proposal:
        entry = self._entry(self._board.shop(target["merchant"]).name)
        title, about = (self._say(text, name=entry.merchant) for text in ("Pause {name}?", _PAUSES))
        return self._mode(entry, "paused", title, about, self._say("Pause"))

    def _resume(self, target: Target) -> Proposal:
        entry = self._entry(self._board.shop(target["merchant"]).name)
        mode = mode_before_pause(self._registry, entry.merchant)
        if mode is None:
            hint = f"orderbridge merchants resume {entry.merchant} --mode live"
            raise CannotAct(self._say("The history does not say which mode it had before. Say it: {hint}", hint=hint))
        about = self._say("It gets its mode from before the pause again: {mode}.", mode=self._say(mode))
        return self._mode(entry, mode, self._say("Resume {name}?", name=entry.merchant), about, self._say("Resume"))

    def _mode(self, entry: Entry, mode: str, title: str, about: str, button: str) -> Proposal:
        say, name = self._say, entry.merchant

        def do(_: str) -> str:
            try:
                before = change_mode(self._registry, entry, mode, by=self._viewer.name)
            except EntryChanged:
                raise CannotAct(
                    say("The settings of {name} have just been changed by somebody else.", name=name)
                ) from None
            except SettingsError:
                raise CannotAct(say("The settings of {name} cannot be read.", name=name)) from None
            if before == mode:
                return say("{name} is {mode} already.", name=name, mode=say(mode))
            done = say("{name} is {mode}; it was {before}.", name=name, mode=say(mode), before=before)
            return f"{done} {say(_SOON)}"

        now = say("Its settings have version {n}, written by {who}.", n=entry.version, who=entry.changed_by)
        back = url("/jobs", merchant=name)
        return Proposal(title, (now, about, say(_SOON)), button, str(entry.version), back, do)

    def _pause_all(self, _: Target) -> Proposal:
        return self._switch(on=True, title="Pause all merchants?", about=_PAUSES_ALL, button="Pause all")

    def _resume_all(self, _: Target) -> Proposal:
        about = "Those that were paused individually stay paused."
        return self._switch(on=False, title="Resume all merchants?", about=about, button="Resume all")

    def _switch(self, *, on: bool, title: str, about: str, button: str) -> Proposal:
        if self._viewer.merchants is not None:
            raise NoSuchTarget("there is no such action")
        pause, say = self._registry.pause(), self._say

        def do(_: str) -> str:
            if on and pause is None:
                self._registry.pause_all(by=self._viewer.name)
                return f"{say('All merchants are paused.')} {say(_SOON)}"
            if not on and pause is not None:
                self._registry.resume_all(by=self._viewer.name)
                return f"{say('Work resumes for all merchants.')} {say(_SOON)}"
            return say("All merchants are paused already.") if on else say("All merchants were not paused.")

        paused = say("All merchants have been paused by {who}.", who=pause.by) if pause else ""
        now = paused or say("The merchants are not paused together.")
        seen = pause.since.isoformat() if pause else ""
        return Proposal(say(title), (now, say(about), say(_SOON)), say(button), seen, "/jobs", do)

    def _entry(self, merchant: str) -> Entry:
        entry = self._registry.entry(merchant)
        if entry is None:
            raise NoSuchTarget("there is no merchant {name} any more", name=merchant)
        return entry

    def _refuse_paused(self, merchant: str) -> None:
        why = why_not_started("", merchant, self._entry(merchant).settings or "", self._registry.pause())
        if why is not None:
            raise CannotAct(self._say("Nothing would be done for {name}: {why}.", name=merchant, why=self._say(why)))

    # -- words

    def _name(self, record: OrderSummary) -> str:
        return self._say("{number} of {name}", number=record.shop_number or record.billbee_id, name=record.merchant)

    def _where(self, record: LedgerOrder) -> str:
        now = self._say("It is {status} now.", status=self._say(STATUSES[record.status]))
        return f"{now} {record.reason}" if record.reason else now

    def _about(self, letter: DeadLetter) -> str:
        order = letter.body_summary.get("billbee_id")
        what = self._say("Order {name}", name=order) if order else letter.merchant or self._say("no merchant")
        return self._say("It is about: {what}. Why it failed: {why}.", what=what, why=letter.reason)

    def _taken(self, count: int, said: str) -> str:
        if not count:
            raise CannotAct(self._say("The message is not there any more, or somebody else is just processing it."))
        return said


def note_in(text: str, say: Reader) -> str:
    """A note as it is kept: one line. Raises CannotAct for what looks like a customer's data, or cannot be shown."""
    note = " ".join(text.split())
    if "@" in note or not note.isprintable():
        raise CannotAct(say("The note has an e-mail address or a sign that cannot be shown. Write it without."))
    return note


def _correlation_id() -> str:
    return f"board-{uuid.uuid4()}"
