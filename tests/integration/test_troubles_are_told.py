"""R33: each trouble that is new and each that is over is one notification, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.desk.troubles.find_troubles import EVERY, find_troubles, find_vanished
from orderbridge.desk.troubles.tell_troubles import AT_ONCE, notifications
from orderbridge.desk.troubles.trouble import OVER_AFTER, SEVERITY, Change, Severity, TroubleKind
from orderbridge.desk.troubles.watched import Watched
from orderbridge.ledger.defect import Defect
from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.health import Health
from orderbridge.merchants.registry import Pause
from orderbridge.platform.errors import NotSent, SettingsError
from orderbridge.platform.table import merchant_key
from testkit.aws import MemorySNS
from testkit.environment import TROUBLES
from testkit.world import world
from tests.integration.watching import LEAST, MONDAY, Watching


class Killed(Exception):
    """The function's process is gone."""


@dataclass
class Unreliable(Watching):
    """`fails` says what sending meets, each once."""

    fails: list[Exception | None] = field(default_factory=list)
    dies_after: int | None = None

    def publish(self, subject: str, text: str, attributes: Mapping[str, str]) -> None:
        if self.fails and (error := self.fails.pop(0)):
            raise error
        super().publish(subject, text, attributes)
        if self.dies_after is not None and len(self.sent) >= self.dies_after:
            raise Killed

    def passes(self, minutes: int) -> None:
        """Let the watch look every five minutes, while all goes well."""
        for _ in range(minutes // 5):
            self.wait(minutes=5)
            self.watch()


@pytest.fixture
def here() -> Unreliable:
    made = Unreliable({"acme": dict(LEAST), "bolt": dict(LEAST)})
    made.watch()
    made.succeed()
    assert made.sent == []
    return made


# ---- New and over


def test_r33_a_new_trouble_is_told_once_with_merchant_kind_and_severity(here: Unreliable) -> None:
    here.refuse("poll-orders")
    here.watch()
    ((subject, text, attributes),) = here.sent
    assert attributes == {"merchant": "acme", "kind": "merchant-broken", "severity": "critical", "state": "new"}
    assert subject == "orderbridge prod: critical - merchant-broken (poll-orders), merchant acme"
    assert text.splitlines() == [
        "poll-orders: billbee list orders (HTTP 401): the API is not activated.",
        "",
        "Trouble: merchant-broken (poll-orders), merchant acme",
        "Severity: critical",
        "Seen first: 2026-03-02 06:00 UTC",
        "What to do: Correct the credential or setting: `orderbridge merchants check` tries each of them.",
        "More: `orderbridge jobs --merchant acme --stage prod`; docs/runbook.md, section merchant-broken.",
    ]
    here.sent.clear()
    here.passes(30)
    assert here.heard() == []


def test_r33_a_changed_wording_or_count_is_no_new_trouble_and_another_job_or_merchant_is(here: Unreliable) -> None:
    here.refuse("poll-orders")
    here.order(1, Status.QUEUED)
    here.wait(minutes=61)
    here.succeed("pull-tracking", "sweep-orders")
    here.succeed("poll-orders", "pull-tracking", "sweep-orders", merchant="bolt")
    here.refuse("poll-orders")
    here.watch()
    assert here.heard() == [("acme", "job-overdue", "new"), ("acme", "merchant-broken", "new"),
                            ("acme", "orders-late", "new")]  # fmt: skip
    here.order(2, Status.QUEUED)
    here.refuse("poll-orders", text="the password is wrong")
    here.passes(5)
    assert here.heard() == []
    here.refuse("sync-stock")
    here.refuse("poll-orders", merchant="bolt")
    here.watch()
    assert here.heard() == [("acme", "merchant-broken", "new"), ("bolt", "merchant-broken", "new")]


def test_r33_the_end_of_a_trouble_is_told_once_when_it_has_stayed_away_for_half_an_hour(here: Unreliable) -> None:
    here.refuse("sync-stock")
    here.watch()
    here.sent.clear()
    here.wait(minutes=5)
    here.succeed("sync-stock")
    here.watch()
    here.passes(25)
    assert here.heard() == []
    here.passes(5)
    ((subject, text, attributes),) = here.sent
    assert attributes == {"merchant": "acme", "kind": "merchant-broken", "severity": "critical", "state": "ended"}
    assert subject == "orderbridge prod: over - merchant-broken (sync-stock), merchant acme"
    assert "Seen first: 2026-03-02 06:00 UTC. Not seen since: 2026-03-02 06:05 UTC" in text
    here.sent.clear()
    here.passes(5)
    assert here.heard() == []
    here.refuse("sync-stock")
    here.watch()
    assert here.heard() == [("acme", "merchant-broken", "new")]


def test_r33_a_trouble_that_comes_and_goes_all_day_is_told_once(here: Unreliable) -> None:
    assert timedelta(minutes=20) < OVER_AFTER
    for turn in range(72):
        if turn % 2:
            here.succeed("sync-stock")
        else:
            here.refuse("sync-stock")
        here.passes(20)
        here.succeed(*EVERY.keys() - {"sync-stock"})
        here.succeed(merchant="bolt")
    assert here.heard() == [("acme", "merchant-broken", "new")]


def test_r33_the_tool_and_the_board_know_since_when_a_trouble_is_there(here: Unreliable) -> None:
    here.refuse("sync-stock")
    (trouble,) = here.troubles()
    assert trouble.since is None
    here.watch()
    here.wait(minutes=40)
    (trouble,) = here.troubles()
    assert (trouble.since, trouble.severity) == (MONDAY, Severity.CRITICAL)


# ---- Nothing is lost


def test_r33_a_notification_that_sns_does_not_take_is_sent_by_the_next_pass_and_the_function_fails(
    here: Unreliable,
) -> None:
    for job in ("poll-orders", "sync-stock", "sync-products"):
        here.refuse(job)
    here.fails = [None, NotSent("SNS did not take the message: InternalError")]
    with pytest.raises(NotSent):
        here.watch()
    assert here.heard() == [("acme", "merchant-broken", "new")]
    here.watch()
    assert here.heard() == [("acme", "merchant-broken", "new")] * 2
    here.watch()
    assert here.heard() == []


@pytest.mark.parametrize("after", [1, 2, 3])
def test_r33_a_crash_right_after_a_notification_repeats_that_one_and_loses_none(here: Unreliable, after: int) -> None:
    for job in ("poll-orders", "sync-stock", "sync-products"):
        here.refuse(job)
    here.dies_after = after
    with pytest.raises(Killed):
        here.watch()
    first = [subject for subject, _, _ in here.sent]
    here.sent.clear()
    here.dies_after = None
    here.watch()
    again = [subject for subject, _, _ in here.sent]
    assert len(first) == after
    assert set(first) & set(again) == {first[-1]}
    assert len({*first, *again}) == 3


@pytest.mark.parametrize("after", range(1, 25))
def test_r33_wherever_the_function_is_killed_every_trouble_is_told(after: int) -> None:
    with world() as made:
        made.invoke("watch", {})
        for job in ("poll-orders", "sync-stock"):
            Health(made.table, made.clock).failed("acme", job, SettingsError("acme", "secrets.x", "is missing"))
        made.watch.calls, made.watch.kill_after = 0, after
        made.invoke("watch", {})
        made.watch.kill_after = None
        made.invoke("watch", {})
        subjects = [one["Subject"] for one in made.sns.published[TROUBLES]]
        assert set(subjects) == {
            "orderbridge test: critical - merchant-broken (poll-orders), merchant acme",
            "orderbridge test: critical - merchant-broken (sync-stock), merchant acme",
        }
        assert len(subjects) <= 3


def test_r33_what_another_release_has_told_is_left_to_it(here: Unreliable) -> None:
    entry = {"kind": "of-the-next-release", "about": "", "what": "x", "since": MONDAY.isoformat()}
    here.table.change(merchant_key("acme"), "WATCHED", set={"troubles": {"of-the-next-release": entry}})
    here.refuse("sync-stock")
    here.passes(60)
    assert Watched(here.table, here.clock).of("acme").troubles.keys() == {
        "of-the-next-release",
        "merchant-broken sync-stock",
        "job-overdue poll-orders",
        "job-overdue pull-tracking",
    }
    assert ("acme", "of-the-next-release", "ended") not in here.heard()


# ---- Many at once


def fleet(here: Unreliable, size: int) -> list[str]:
    names = [f"m-{number:04d}" for number in range(size)]
    here.merchants = {name: dict(LEAST) for name in names}
    here.watch()
    here.sent.clear()
    return names


def test_r33_a_mass_outage_is_told_by_a_bounded_number_of_notifications(here: Unreliable) -> None:
    for name in fleet(here, 150):
        here.refuse("poll-orders", merchant=name)
    here.watch()
    assert len(here.sent) == AT_ONCE + 1
    subject, text, attributes = here.sent[-1]
    assert subject == f"orderbridge prod: troubles: {150 - AT_ONCE} more are new"
    assert attributes == {"merchant": "*", "kind": "several", "severity": "critical", "state": "new"}
    assert f"new, critical: merchant-broken, {150 - AT_ONCE} times: m-0020, m-0021" in text
    assert "orderbridge jobs --stage prod" in text
    here.sent.clear()
    here.watch()
    assert here.heard() == []
    for name in here.merchants:
        here.succeed(merchant=name)
    here.passes(35)
    assert len(here.sent) == AT_ONCE + 1
    assert here.sent[-1][0] == f"orderbridge prod: troubles: {150 - AT_ONCE} more are over"


def test_r33_a_mass_outage_hides_no_worse_trouble() -> None:
    drift = [Change(f"m-{n}", TroubleKind.DRIFT, "bibi", "new field", MONDAY) for n in range(100)]
    over = [Change(f"n-{n}", TroubleKind.BROKEN, "", "x", MONDAY, ended_at=MONDAY) for n in range(30)]
    told = notifications([*drift, *over, Change("zeta", TroubleKind.QUARANTINED, "x", "x", MONDAY)], "prod")
    assert (len(told), told[0].attributes["merchant"]) == (AT_ONCE + 1, "zeta")
    assert told[-1].subject == "orderbridge prod: troubles: 81 more are new, 30 more are over"
    assert sum(len(one.tells) for one in told) == 131


@pytest.mark.parametrize("count", [AT_ONCE, AT_ONCE + 1])
def test_r33_one_more_than_the_bound_is_not_summed_up_alone(count: int) -> None:
    many = [Change(f"m-{n}", TroubleKind.DRIFT, "bibi", "new field", MONDAY) for n in range(count)]
    assert len(notifications(many, "prod")) == count


@pytest.mark.parametrize("about", ["", "Größe\nüber alles", "x" * 200])
@pytest.mark.parametrize("kind", TroubleKind)
def test_r33_a_subject_is_what_sns_takes(kind: TroubleKind, about: str) -> None:
    sns = MemorySNS("topic")
    for ended_at in (None, MONDAY):
        (one,) = notifications([Change("acme", kind, about, "what", MONDAY, "do", ended_at)], "prod")
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in one.attributes.items()}
        sns.publish(TopicArn="topic", Subject=one.subject, Message=one.text, MessageAttributes=attributes)
        assert one.attributes["severity"] in list(Severity)


def test_r33_every_kind_has_its_severity() -> None:
    assert SEVERITY.keys() == set(TroubleKind)
    assert {SEVERITY[kind] for kind in (TroubleKind.QUARANTINED, TroubleKind.BROKEN, TroubleKind.VANISHED)} == {
        Severity.CRITICAL
    }


# ---- One merchant and the others


@pytest.fixture
def unlucky(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Merchants whose open orders cannot be read."""
    names: list[str] = []
    original: Callable[..., Any] = Ledger.open_orders

    def open_orders(self: Ledger, merchant: str, **asked: Any) -> Any:
        if merchant in names:
            raise KeyError("Jane Doe, Elm Street 1")
        return original(self, merchant, **asked)

    monkeypatch.setattr(Ledger, "open_orders", open_orders)
    return names


def test_r33_an_error_with_one_merchant_hides_no_other_and_is_a_trouble(here: Unreliable, unlucky: list[str]) -> None:
    here.refuse("poll-orders")
    here.refuse("poll-orders", merchant="bolt")
    here.watch()
    here.sent.clear()
    unlucky.append("acme")
    here.succeed("poll-orders", merchant="bolt")
    here.refuse("sync-stock", merchant="bolt")
    here.watch()
    heard = [(about["merchant"], about["kind"]) for _, _, about in here.sent]
    assert heard == [("bolt", "merchant-broken"), ("acme", "not-watched")]
    assert "Jane" not in str(here.sent)
    here.sent.clear()
    here.passes(35)
    ended = [one for one in here.heard() if one[2] == "ended"]
    assert ended == [("bolt", "merchant-broken", "ended")], "what cannot be seen is not over"


def test_r33_an_item_of_a_newer_release_hides_no_other_merchant(here: Unreliable) -> None:
    here.table.change(merchant_key("acme"), "DRIFT", set={"schema": 99})
    here.refuse("poll-orders", merchant="bolt")
    here.watch()
    assert here.heard() == [("bolt", "merchant-broken", "new"), ("acme", "not-watched", "new")]


# ---- Merchants who are gone


def test_r33_a_merchant_without_settings_who_has_open_orders_is_a_trouble(here: Unreliable) -> None:
    record = here.order(7, Status.ACKNOWLEDGED)
    del here.merchants["acme"]
    assert here.watch()["merchant-vanished"] == 1
    ((_, text, attributes),) = here.sent
    assert (attributes["merchant"], attributes["severity"]) == ("acme", "critical")
    assert text.startswith("there are no settings any more, and 1 order is open: 7.")
    (trouble,) = find_vanished(here.texts, here.table, here.clock)
    assert (trouble.merchant, trouble.kind) == ("acme", TroubleKind.VANISHED)
    assert trouble.since == here.clock.now()
    here.sent.clear()
    here.passes(60)
    assert [one for one in here.heard() if one[0] == "acme"] == []
    here.ledger.move(record, Status.SHIPPED, why="shipped", call="test")
    here.passes(40)
    assert [one for one in here.heard() if one[0] == "acme"] == [("acme", "merchant-vanished", "ended")]
    assert list(Watched(here.table, here.clock).seen()) == ["bolt"]


def test_r33_a_merchant_who_comes_back_is_no_trouble_any_more(here: Unreliable) -> None:
    here.order(7, Status.ACKNOWLEDGED)
    settings = here.merchants.pop("acme")
    here.watch()
    here.merchants["acme"] = settings
    here.sent.clear()
    here.passes(40)
    assert ("acme", "merchant-vanished", "ended") in here.heard()
    assert find_vanished(here.texts, here.table, here.clock) == []


def test_r33_a_merchant_who_is_removed_without_open_orders_is_forgotten(here: Unreliable) -> None:
    del here.merchants["acme"]
    here.watch()
    assert here.heard() == []
    assert list(Watched(here.table, here.clock).seen()) == ["bolt"]
    here.order(7, Status.ACKNOWLEDGED)  # found when the merchant is added again
    here.watch()
    assert here.heard() == []


def test_r33_the_orders_of_a_vanished_merchant_in_quarantine_count(here: Unreliable) -> None:
    record = here.order(7, Status.ACKNOWLEDGED)
    here.ledger.note(record, defect=Defect("KeyError in x.py:1", "push-orders", 4, here.clock.now(), None))
    del here.merchants["acme"]
    assert here.watch()["merchant-vanished"] == 1


# ---- Everything is paused


def test_r33_a_pause_of_all_merchants_is_told_and_so_is_its_end(here: Unreliable) -> None:
    pause = Pause(MONDAY, "ops")
    here.order(7, Status.ACKNOWLEDGED)
    assert here.watch(pause)["all-paused"] == 1
    ((subject, text, attributes),) = here.sent
    assert attributes == {"merchant": "*", "kind": "all-paused", "severity": "warning", "state": "new"}
    assert subject == "orderbridge prod: warning - all-paused, all merchants"
    assert "by ops" in text
    (trouble,) = find_troubles(here.texts, here.table, here.clock, pause)
    assert (trouble.kind, trouble.since) == (TroubleKind.ALL_PAUSED, MONDAY)
    here.sent.clear()
    for _ in range(24):
        here.wait(minutes=5)
        here.watch(pause)
    assert here.heard() == [], "no job is overdue meanwhile, and nobody has vanished"
    here.passes(40)
    assert here.heard() == [("*", "all-paused", "ended")]
    assert sorted(Watched(here.table, here.clock).seen()) == ["acme", "bolt"]
