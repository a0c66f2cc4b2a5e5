"""Watch all merchants: tell new and ended troubles (R33), and write the gauges of the dashboard.

Each pass glances at every merchant, which takes two calls to the table for a hundred of them. It looks closer at those

- with a note of the last quarter of an hour, or with changed settings;
- with whom something can be wrong by now, as the last closer look has found out;
- with a trouble that only a closer look shows;
- and at others, up to `AT_LEAST`. With so few merchants, each pass sees everything.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from orderbridge.desk.troubles import trouble as troubles
from orderbridge.desk.troubles.find_troubles import (
    GLANCED,
    NOTED,
    PAUSED,
    Notes,
    all_paused,
    glance,
    look,
    not_watched,
    notes_of,
    vanished,
)
from orderbridge.desk.troubles.tell_troubles import Publish, tell
from orderbridge.desk.troubles.trouble import EVERYBODY, Change, Known, Trouble, TroubleKind
from orderbridge.desk.troubles.watched import Memory, Watched
from orderbridge.ledger.ledger import Ledger
from orderbridge.merchants.health import Health, MerchantHealth
from orderbridge.merchants.settings import find_settings
from orderbridge.platform.defects import is_aws
from orderbridge.platform.errors import NotSent
from orderbridge.platform.observability import logger, meter

if TYPE_CHECKING:
    from orderbridge.merchants.registry import Pause
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.table import Table

AT_LEAST: Final = 500
"""At how many merchants a pass looks closer at least."""
LOOKS_FOR: Final = 25.0
"""Seconds after which a pass leaves closer looks to the next one."""
ANEW_FOR: Final = timedelta(days=1)
"""How long after a note there may be an untold trouble of the kinds `NOTED`."""
NOTED_FOR: Final = timedelta(minutes=15)
"""For how long after a note a merchant is looked at: the note is written before its subject, and the index lags."""
_TOGETHER: Final = 100
"""Merchants that are read at once."""
V = TypeVar("V")


@dataclass
class _Check:
    """What one pass finds out about a merchant.

    Attributes:
        before: what was known until now.
        after: what is known now.
        judged: the kinds of trouble that were looked for.
        may_have_noted: whether there may be a trouble of the kinds `NOTED`.
        looks_by: when a closer look is due; None while the merchant is paused or the settings cannot be read.
    """

    merchant: str
    before: Memory
    after: Memory
    troubles: list[Trouble] = field(default_factory=list)
    judged: Collection[TroubleKind] = ()
    looks_by: datetime | None = None
    may_have_noted: bool = True


def watch(
    merchants: Mapping[str, str],
    table: Table,
    clock: Clock,
    publish: Publish,
    stage: str,
    pause: Pause | None = None,
) -> dict[str, int]:
    """Look at all merchants, set the gauges, and tell new and ended troubles.

    What was told is noted after it was sent: a crash in between tells it twice and loses nothing.

    Args:
        merchants: settings JSON by merchant.
        pause: set while all merchants are paused.

    Returns:
        How many jobs or orders have trouble, by kind.

    Raises:
        NotSent: SNS did not take a notification. The next pass tells its changes.
    """
    return _Pass(merchants, table, clock, pause).run(publish, stage)


class _Pass:
    def __init__(self, merchants: Mapping[str, str], table: Table, clock: Clock, pause: Pause | None) -> None:
        self._texts = merchants
        self._pause = pause
        self._table = table
        self._clock = clock
        self._now = clock.now()
        self._watched = Watched(table, clock)
        self._checks: dict[str, _Check] = {}
        self._unreadable: list[Trouble] = []

    def run(self, publish: Publish, stage: str) -> dict[str, int]:
        ends_at = self._clock.monotonic() + LOOKS_FOR
        self._glance()
        self._miss()
        self._look(ends_at)
        changes = [change for check in self._checks.values() for change in self._compare(check)]
        found = self._measure()
        all_told = tell(changes, stage, publish, self._note)
        for check in self._checks.values():
            self._remember(check)
        if not all_told:
            raise NotSent("a trouble could not be told: the next pass tells it")
        return found

    def _glance(self) -> None:
        """Look at settings and health of all merchants."""
        memories = self._read(self._texts, self._watched.of_many)
        healths = self._read(memories, Health(self._table, self._clock).of_many)
        for merchant, found in healths.items():
            text, memory, health = self._texts[merchant], memories[merchant] or Memory(), found or MerchantHealth()
            seen = PAUSED if self._pause else glance(merchant, text, memory.jobs, health, self._now)
            after = replace(memory, jobs=seen.jobs, is_listed=True)
            check = self._checks[merchant] = _Check(merchant, memory, after, list(seen.troubles))
            if seen.is_paused:
                check.judged = frozenset(TroubleKind)
                check.after = replace(after, settings="", waiting={}, oldest_at=None, look_at=None, silent_at=None)
                continue
            check.judged = {*GLANCED, TroubleKind.VANISHED}
            if seen.settings is not None:
                check.looks_by = self._due(check, health)
                check.may_have_noted = self._may_have_noted(check, health)

    def _due(self, check: _Check, health: MerchantHealth) -> datetime:
        """When a closer look at a merchant is due."""
        memory = check.before
        if memory.look_at is None or memory.settings != _fingerprint(self._texts[check.merchant]):
            return datetime.min.replace(tzinfo=self._now.tzinfo)
        moments = [memory.look_at]
        if health.noted_at is not None and self._now - health.noted_at <= NOTED_FOR:
            moments.append(health.noted_at)
        if any(one.kind not in GLANCED for one in memory.troubles.values()):
            moments.append(self._now)
        return min(moments)

    def _may_have_noted(self, check: _Check, health: MerchantHealth) -> bool:
        noted_at = health.noted_at
        noted = noted_at is not None and self._now - noted_at <= ANEW_FOR
        known = any(one.kind in NOTED for one in check.before.troubles.values())
        return noted or known or check.before.look_at is None

    def _miss(self) -> None:
        """Look for merchants who are not listed any more; those without open orders are forgotten. Troubles about all
        merchants are treated in the same way.
        """
        missed = {name for name in self._watched.seen() if name not in self._texts}
        missed |= {EVERYBODY} if self._pause else set()
        for merchant, memory in self._read(missed, self._watched.of_many).items():
            known = memory or Memory()
            check = self._checks[merchant] = _Check(merchant, known, known)
            try:
                trouble = self._missing(merchant)
            except Exception as error:  # noqa: BLE001  the others are looked at anyway
                trouble = not_watched(merchant, error)
            check.troubles = [trouble] if trouble else []
            check.judged = () if trouble else frozenset(TroubleKind)

    def _missing(self, merchant: str) -> Trouble | None:
        if merchant == EVERYBODY:
            return all_paused(self._pause) if self._pause else None
        return vanished(merchant, Ledger(self._table, self._clock))

    def _look(self, ends_at: float) -> None:
        """Look closer at the due merchants, the longest overdue first, and then at others."""
        able = [(check.looks_by, check) for check in self._checks.values() if check.looks_by is not None]
        due = sorted(((at, check) for at, check in able if at <= self._now), key=lambda one: one[0])
        others = [(at, check) for at, check in able if at > self._now]
        random.shuffle(others)
        looked = [check for _, check in (*due, *others[: max(0, AT_LEAST - len(due))])]
        for group in _groups(looked):
            names = [check.merchant for check in group]
            noted = {check.merchant for check in group if check.may_have_noted}
            notes = self._read(names, partial(self._notes_of, noted=noted))
            for check in group:
                if self._clock.monotonic() > ends_at:
                    logger.warning("Not all merchants looked at", extra={"due": len(due)})
                    return
                if check.merchant in notes:
                    self._look_at(check, notes[check.merchant] or Notes())

    def _notes_of(self, names: Sequence[str], noted: Collection[str]) -> dict[str, Notes]:
        return notes_of(names, self._table, self._clock, [name for name in names if name in noted])

    def _look_at(self, check: _Check, notes: Notes) -> None:
        text, known = self._texts[check.merchant], check.before
        settings = _fingerprint(text)
        silent_at = known.silent_at if known.settings == settings else None
        try:
            seen = look(
                check.merchant,
                find_settings(check.merchant, text).settings,
                check.after.jobs,
                notes,
                self._table,
                self._clock,
                silent_at,
                in_quarantine=check.may_have_noted,
            )
        except Exception as error:  # noqa: BLE001  the others are looked at anyway
            check.troubles.append(not_watched(check.merchant, error))
            return
        check.troubles += seen.troubles
        check.judged = frozenset(TroubleKind)
        check.after = replace(
            check.after,
            settings=settings,
            waiting=seen.waiting,
            oldest_at=seen.oldest_at,
            look_at=seen.look_at,
            silent_at=seen.silent_at,
        )

    def _read(
        self,
        merchants: Iterable[str],
        read: Callable[[Sequence[str]], Mapping[str, V]],
    ) -> dict[str, V | None]:
        """Read a hundred merchants at once. An error with one of them hides no other; one of AWS's is raised."""
        found: dict[str, V | None] = {}
        for names in _groups(merchants):
            try:
                of_all = read(names)
                found |= {name: of_all.get(name) for name in names}
            except Exception as error:
                if is_aws(error):
                    raise
                for name in names:
                    try:
                        found[name] = read([name]).get(name)
                    except Exception as own:  # noqa: BLE001
                        self._fail(name, own)
        return found

    def _fail(self, merchant: str, error: Exception) -> None:
        """Data of a merchant could not be read. If that is the record of what was told, nothing can be told now."""
        trouble = not_watched(merchant, error)
        if merchant in self._checks:
            self._checks[merchant].troubles.append(trouble)
        else:
            self._unreadable.append(trouble)

    def _compare(self, check: _Check) -> list[Change]:
        changes, known = troubles.changes(
            check.merchant, check.before.troubles, check.troubles, self._now, check.judged
        )
        check.after = replace(check.after, troubles=known)
        if check.merchant not in self._texts:
            check.after = replace(check.after, is_listed=bool(check.troubles or known))
        return changes

    def _measure(self) -> dict[str, int]:
        """Log each trouble and set the gauges; gives the counts by kind."""
        seen = [*self._unreadable, *(one for check in self._checks.values() for one in check.troubles)]
        for trouble in seen:
            logger.warning(
                "Trouble",
                extra={
                    "merchant": trouble.merchant,
                    "trouble": trouble.kind.value,
                    "severity": trouble.severity.value,
                    "what": trouble.what,
                },
            )
        counts: Counter[str] = Counter()
        for trouble in seen:
            counts[trouble.kind] += trouble.count
        waiting: Counter[str] = Counter()
        for check in self._checks.values():
            for one in _not_judged(check):
                counts[one.kind] += one.count
            waiting.update(check.after.waiting)
        oldest = min((c.after.oldest_at for c in self._checks.values() if c.after.oldest_at), default=self._now)
        meter.count("Troubles", counts.total())
        meter.count("OrdersOpen", waiting.total())
        meter.count("OldestOrderMinutes", int((self._now - oldest) / timedelta(minutes=1)))
        return {kind.value: counts[kind] for kind in TroubleKind}

    def _note(self, told: Sequence[Change]) -> None:
        """Note what was told."""
        for one in told:
            check = self._checks[one.merchant]
            check.after = replace(check.after, troubles=troubles.known_after(one, check.after.troubles))
        for merchant in {one.merchant for one in told}:
            self._remember(self._checks[merchant])

    def _remember(self, check: _Check) -> None:
        """Write down what is known, unless only the time of the look is new."""
        known, now_known = check.before, check.after
        early = known.look_at is not None and known.look_at > self._now
        if early and replace(now_known, look_at=known.look_at) == known:
            return
        if now_known != known:
            self._watched.remember(check.merchant, now_known)
            check.before = now_known


def _groups(many: Iterable[V]) -> Iterator[list[V]]:
    rest = iter(many)
    while group := list(islice(rest, _TOGETHER)):
        yield group


def _not_judged(check: _Check) -> Iterator[Known]:
    """The known troubles of kinds that were not looked for now."""
    seen = {trouble.key for trouble in check.troubles}
    for key, one in check.after.troubles.items():
        if key not in seen and one.kind not in check.judged and one.gone_at is None:
            yield one


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
