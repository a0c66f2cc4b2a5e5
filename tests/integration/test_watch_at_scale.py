"""The watch looks closer only where something can be wrong, so that it can watch ten thousand merchants."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orderbridge.desk.troubles import watch as watching
from orderbridge.desk.troubles.find_troubles import EVERY
from orderbridge.desk.troubles.silence import find_silence, first_silence
from orderbridge.desk.troubles.watched import Watched
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.drift import Drifts
from orderbridge.merchants.refused_records import RefusedRecords
from orderbridge.merchants.usage import Usage
from orderbridge.platform.observability import meter
from testkit.aws import MemoryDynamoDB
from testkit.clock import ManualClock
from tests.integration.watching import LEAST, MONDAY, TABLE, Watching

SECONDS_A_CALL = 0.005


class Counted(MemoryDynamoDB):
    """Counts the calls of the watch, each of which takes some time."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()
        self._clock = clock

    def query(self, **request: Any) -> dict[str, Any]:
        return self._count("query", super().query(**request))

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        return self._count("batch_get_item", super().batch_get_item(**request))

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._count("update_item", super().update_item(**request))

    def _count(self, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        self.calls[operation] += 1
        self._clock.sleep(SECONDS_A_CALL)
        return answer


@dataclass
class Fleet(Watching):
    """Merchants, all of whose jobs go well, and the watch that sees them every five minutes."""

    def passed(self, *, succeed: bool = True) -> tuple[Counter[str], float]:
        """The calls of the next pass, and the seconds that it takes."""
        self.wait(minutes=5)
        if succeed:
            self.succeed()
        self.calls.clear()
        began = self.clock.monotonic()
        self.watch()
        return Counter(self.calls), self.clock.monotonic() - began

    @property
    def calls(self) -> Counter[str]:
        assert isinstance(self.dynamodb, Counted)
        return self.dynamodb.calls


def fleet(size: int) -> Fleet:
    clock = ManualClock(MONDAY)
    made = Fleet({f"m-{number:05d}": dict(LEAST) for number in range(size)}, clock, Counted(clock))
    made.succeed()
    return made


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet of whom no more is looked at than has to be."""
    monkeypatch.setattr(watching, "AT_LEAST", 0)
    made = fleet(5)
    made.watch()
    made.passed()
    return made


def test_r33_a_pass_over_many_merchants_makes_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two for a hundred merchants, three more for a hundred who are looked at closer, and two or three for each."""
    monkeypatch.setattr(watching, "AT_LEAST", 0)
    here = fleet(300)
    here.watch()
    calls, seconds = [], []
    for turn in range(12):
        used, took = here.passed(succeed=turn % 6 == 0)
        calls.append(sum(used.values()))
        seconds.append(took)
        assert used["batch_get_item"] <= 2 * 3 + 3 * 3
    assert here.sent == []
    assert sum(calls) / 12 <= 130, "in the mean, a merchant is looked at every three quarters of an hour"
    assert max(seconds) <= 3


def test_r33_a_fleet_of_five_hundred_is_seen_whole_in_each_pass() -> None:
    here = fleet(40)
    here.watch()
    used, _ = here.passed()
    open_orders = here.calls["query"]
    assert used["query"] == open_orders == 40 + 1
    assert used["batch_get_item"] == 2 + 3 + 2, "merchants, what they are looked at by, and their breakers"
    assert used["update_item"] == 0, "nothing is new"


def test_r33_a_pass_that_lasts_too_long_leaves_the_rest_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    here = fleet(120)
    monkeypatch.setattr(watching, "LOOKS_FOR", 0.8)
    here.watch()
    watched = Watched(here.table, here.clock)
    seen = {name for name, memory in watched.of_many(here.texts).items() if memory.look_at is not None}
    assert 20 < len(seen) < 100
    for _ in range(5):
        here.passed()
    assert all(memory.look_at is not None for memory in watched.of_many(here.texts).values())


def test_r33_a_late_order_is_told_within_a_pass_though_nobody_looked_in_between(few: Fleet) -> None:
    began = few.order(merchant="m-00002").shelved_at
    while not few.sent:
        few.passed()
    assert few.heard() == [("m-00002", "orders-late", "new")]
    assert timedelta(minutes=60) < few.clock.now() - began <= timedelta(minutes=66)


@pytest.mark.parametrize("status", [Status.ACKNOWLEDGED, Status.QUEUED])
def test_r33_an_order_that_is_open_too_long_is_told_within_a_pass(few: Fleet, status: Status) -> None:
    began = few.order(1, status, "m-00002").shelved_at
    told: dict[tuple[str, str, str], timedelta] = {}
    while ("m-00002", "orders-open-too-long", "new") not in told:
        few.passed(succeed=few.clock.now().minute < 20)
        told |= {one: few.clock.now() - began for one in few.heard()}
    assert told.pop(("m-00002", "orders-late", "new"), timedelta(minutes=61)) <= timedelta(minutes=66)
    (took,) = told.values()
    assert timedelta(days=2) < took <= timedelta(days=2, minutes=6)


def test_r33_a_quarantine_is_told_by_the_next_pass(few: Fleet) -> None:
    record = few.order(merchant="m-00003")
    few.passed()
    few.health.look_soon("m-00003")
    few.passed()  # between the note and the quarantine
    defect = Defect("KeyError in orders/x.py:1", "push-orders", 4, few.clock.now(), None)
    few.ledger.note(record, defect=defect)
    few.passed()
    assert few.heard() == [("m-00003", "orders-quarantined", "new")]


def test_r33_what_the_workers_note_is_told_by_the_next_pass(few: Fleet) -> None:
    Drifts(few.table, few.clock).note("m-00001", {"bibi order.New": 1})
    RefusedRecords(few.table, few.clock).note("m-00002", [7])
    few.passed()
    assert sorted(few.heard()) == [("m-00001", "vendor-drift", "new"), ("m-00002", "orders-not-written", "new")]


def test_r33_changed_settings_are_looked_at_by_the_next_pass(few: Fleet) -> None:
    record = few.order(1, Status.ACKNOWLEDGED, "m-00004")
    few.ledger.move(record, Status.HELD, why="held", call="test", held=True)
    few.clock.seconds += 4 * 86400
    few.passed()
    few.passed()
    assert few.heard() == []
    billing = {"enabled": True, "hold_until_billed": True}
    few.merchants["m-00004"]["billing"] = billing
    few.passed()
    assert few.heard() == [("m-00004", "orders-held-for-billing", "new")]


def test_r33_a_silence_is_told_within_a_pass_and_is_not_over_while_nobody_looks(few: Fleet) -> None:
    usage = Usage(few.table, few.clock)
    for _ in range(28):
        few.clock.seconds += 6 * 3600
        usage.add("m-00000", {Activity.IMPORTED: 20})
        few.clock.seconds += 18 * 3600
        few.succeed()
        few.passed()
    assert few.heard() == []
    began = few.clock.now()
    while not few.sent:
        few.passed()
    assert few.heard() == [("m-00000", "orders-silent", "new")]
    assert few.clock.now() - began <= timedelta(hours=9, minutes=10)
    for _ in range(20):
        few.passed()
    assert few.heard() == []
    usage.add("m-00000", {Activity.IMPORTED: 1})
    for _ in range(8):
        few.passed()
    assert few.heard()[0][2] == "ended"


def test_the_first_silence_is_the_first_moment_at_which_there_is_one() -> None:
    noon = datetime(2026, 3, 30, 12, tzinfo=UTC)
    counts = {noon - timedelta(days=day, hours=hour): 3 for day in range(1, 35) for hour in range(12)}
    late, until = timedelta(hours=2), noon + timedelta(days=3)
    for quiet_hours in range(12):
        since = noon - timedelta(hours=quiet_hours)
        first = first_silence(counts, quiet_since=since, now=noon, unpunctual=late, until=until)
        moment = noon
        while find_silence(counts, quiet_since=since, now=moment, unpunctual=late) is None:
            moment += timedelta(minutes=10)
        assert first == max(moment, noon + timedelta(hours=1))


def test_the_figures_of_merchants_who_are_not_looked_at_count(few: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in few.texts:
        few.order(1, Status.ACKNOWLEDGED, name)
    for _ in range(13):
        few.passed()
    gauges: dict[str, int] = {}
    monkeypatch.setattr(meter, "count", gauges.__setitem__)
    few.passed()
    assert gauges == {"Troubles": 0, "OrdersOpen": 5, "OldestOrderMinutes": 0}


def test_the_health_of_a_merchant_fits_a_write_unit() -> None:
    """It is written with every job: beyond a kilobyte each write costs twice."""
    here = fleet(1)
    for job in (*EVERY, "push-orders", "announce-inbound"):
        here.health.failed("m-00000", job, RuntimeError("x"))
        here.health.succeeded("m-00000", job)
    here.health.look_soon("m-00000")
    (item,) = [item for key, item in here.dynamodb.tables[TABLE].items() if key[1] == "HEALTH"]
    microseconds = 7 * (len(item) - 2)  # the test's clock has none
    assert sum(len(name) + len(str(value["S"])) for name, value in item.items()) + microseconds <= 1024
