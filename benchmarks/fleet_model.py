"""A fleet's hour as a model: queues, workers, quotas and Billbee's slots, with service times that were measured.

There are no calls. A job waits in its queue for a worker, takes its calls' slots one after the other, and holds the
worker for its service time. A job whose slot is too far away goes back to the queue, as in the functions.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from orderbridge.vendors.billbee.slots import GAP, PATIENCE

BACK_AFTER: Final = 6.0
"""Seconds, on average, after which a job that found no slot comes again."""
SSM: Final = "ssm get"
SSM_QUOTA: Final = 40.0
SSM_PATIENCE: Final = 3.5
"""Seconds for which AWS's SDK repeats a call that is throttled, in four tries; then the job is handed back."""
_MANY: Final = 1_000_000
_SECONDS: Final = 3600
_OF_QUEUE: Final = ("sqs receive", "sqs delete")
_STRICT: Final = {"billbee calls": 1}
"""Over how many seconds a quota counts; ten for those that are not named."""


@dataclass(frozen=True)
class Kind:
    """Jobs of one kind, as they were measured.

    Attributes:
        queue: the function that works on them.
        name: the job, with its scope.
        per_merchant: jobs in the hour for each merchant.
        every: seconds between the schedule's turns; 0 where they come at any time.
        seconds: how long a worker needs for one, without waiting for slots.
        calls: to Billbee.
        used: its use of AWS, by quota.
        window: seconds within which EventBridge may begin a turn.
    """

    queue: str
    name: str
    per_merchant: float
    every: float
    seconds: float
    calls: float
    used: Mapping[str, float] = field(default_factory=dict)
    window: float = 0.0


@dataclass
class Hour:
    """The results of an hour.

    Attributes:
        latest: for each kind with a schedule, the longest time from its turn to the start that went through, in
            seconds.
        unfinished: jobs that had not ended at the end of the hour.
        workers: the most that were busy at once.
        handed_back: jobs that found no slot of Billbee's, or no call of SSM's, and came again.
        peaks: the most of each thing in one second; of what AWS counts, the average of the busiest ten seconds, since
            its SDK repeats what is refused for about as long.
        totals: all of it.
    """

    latest: dict[str, float] = field(default_factory=dict)
    unfinished: int = 0
    workers: int = 0
    handed_back: int = 0
    peaks: dict[str, float] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)


@dataclass
class _Job:
    kind: Kind
    due: float
    asked: float
    tried: int = 0


def play(
    kinds: Iterable[Kind],
    merchants: int,
    workers: Mapping[str, int],
    *,
    concurrency: int,
    spread: float,
    ssm: float = SSM_QUOTA,
    seed: int = 1,
) -> Hour:
    """The hour of so many merchants.

    Args:
        workers: the most of each function at once, as the template has it.
        concurrency: the most of all functions at once, as the account allows.
        spread: seconds over which a schedule's messages come into the queue.
        ssm: calls a second that SSM allows the account.
    """
    return _Play(merchants, workers, concurrency, spread, ssm, random.Random(seed)).run(list(kinds))


class _Play:
    def __init__(
        self,
        merchants: int,
        workers: Mapping[str, int],
        concurrency: int,
        spread: float,
        ssm: float,
        chance: random.Random,
    ) -> None:
        self._merchants = merchants
        self._workers = workers
        self._left = concurrency
        self._spread = spread
        self._ssm = ssm
        self._chance = chance
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[_Job]] = {}
        self._events: list[tuple[float, int, _Job | None, str]] = []
        self._numbers = count()
        self._next_slot = 0.0
        self._next_secret = 0.0
        self._seconds: dict[str, Counter[int]] = {}
        self._hour = Hour()

    def run(self, kinds: list[Kind]) -> Hour:
        for kind in kinds:
            self._waiting.setdefault(kind.queue, deque())
            self._put_jobs(kind)
        now = 0.0
        while self._events:
            now, _, job, queue = heapq.heappop(self._events)
            if job is None:
                self._busy[queue] -= 1
                self._left += 1
            else:
                self._waiting[queue].append(job)
            self._start_what_can(now, queue if self._left > 1 else "")
        self._hour.unfinished += sum(len(jobs) for jobs in self._waiting.values())
        self._hour.peaks = {what: _peak(seconds, _STRICT.get(what, 10)) for what, seconds in self._seconds.items()}
        return self._hour

    def _put_jobs(self, kind: Kind) -> None:
        if kind.every:
            turns = [turn * kind.every for turn in range(max(1, int(_SECONDS / kind.every)))]
            turns = [turn + self._chance.uniform(0, kind.window) for turn in turns]
            due = [turn for turn in turns for _ in range(self._merchants)]
        else:
            jobs = round(kind.per_merchant * self._merchants)
            due = [self._chance.uniform(0, _SECONDS) for _ in range(jobs)]
        for turn in due:
            at = turn + (self._chance.uniform(0, self._spread) if kind.every else 0.0)
            self._at(at, _Job(kind, turn, at), kind.queue)

    def _at(self, when: float, job: _Job | None, queue: str) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), job, queue))

    def _start_what_can(self, now: float, only: str) -> None:
        for queue in (only,) if only else tuple(self._waiting):
            jobs = self._waiting[queue]
            while jobs and self._left > 0 and self._busy[queue] < self._workers.get(queue, _MANY):
                self._start(now, jobs.popleft())

    def _start(self, now: float, job: _Job) -> None:
        kind = job.kind
        self._busy[kind.queue] += 1
        self._left -= 1
        self._hour.workers = max(self._hour.workers, self._busy.total())
        if now > 2 * _SECONDS:
            self._hour.unfinished += 1  # the hour has failed; the rest is not counted
            self._at(now, None, kind.queue)
            return
        ends = now
        secrets = int(kind.used.get(SSM, 0.0)) + (self._chance.random() < kind.used.get(SSM, 0.0) % 1)
        for _ in range(secrets):
            answered = max(ends, self._next_secret)
            if answered - ends > SSM_PATIENCE:
                self._comes_again(job, ends)
                return
            self._next_secret = answered + 1 / self._ssm
            ends = answered
        calls = int(kind.calls) + (self._chance.random() < kind.calls % 1)
        for number in range(calls):
            slot = max(ends, self._next_slot)
            if slot - ends > PATIENCE:
                self._comes_again(job, ends)
                return
            self._next_slot = slot + GAP / 1000
            self._count("billbee calls", slot, 1)
            ends = slot + kind.seconds * (number + 1) / calls - kind.seconds * number / calls
        ends = ends if calls else ends + kind.seconds
        if kind.every:
            self._hour.latest[kind.name] = max(self._hour.latest.get(kind.name, 0.0), now - job.due)
        for what, amount in kind.used.items():
            self._count(f"{what} of {kind.queue}" if what in _OF_QUEUE else what, now, amount)
        self._at(ends, None, kind.queue)

    def _comes_again(self, job: _Job, when: float) -> None:
        self._hour.handed_back += 1
        again = _Job(job.kind, job.due, job.asked, job.tried + 1)
        self._at(when + BACK_AFTER * self._chance.uniform(0.7, 1.3), again, job.kind.queue)
        self._at(when + 0.05, None, job.kind.queue)

    def _count(self, what: str, when: float, amount: float) -> None:
        self._hour.totals[what] = self._hour.totals.get(what, 0.0) + amount
        self._seconds.setdefault(what, Counter())[int(when)] += amount  # type: ignore[assignment]


def _peak(seconds: Counter[int], window: int) -> float:
    """The most in any stretch of so many seconds, per second."""
    return max(sum(seconds[at + one] for one in range(window)) for at in list(seconds)) / window
