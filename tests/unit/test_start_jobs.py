"""start_jobs: one message for each active merchant, whatever is wrong with the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from orderbridge.jobs.messages import JobMessage, Message, PollOrders, PullTracking
from orderbridge.jobs.start_jobs import parse_job, start_jobs
from orderbridge.merchants.registry import Pause
from orderbridge.platform.errors import MessageError, NotSent

_NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)


def _settings(mode: str = "live") -> str:
    return json.dumps({"mode": mode, "billbee": {"username": "shop", "order_tag": "bibi"}})


class _Queues:
    """Where the messages end up, by queue.

    Attributes:
        refused: merchants whose messages SQS does not take.
        shuffle: the order in which the messages are sent.
    """

    def __init__(self) -> None:
        self.sent: dict[str, list[Message]] = {"poll-orders": [], "pull-tracking": []}
        self.refused: set[str] = set()
        self.shuffle: Callable[[list[JobMessage]], None] = lambda messages: None

    def start(
        self, event: Mapping[str, Any], merchants: Mapping[str, str], pause: Pause | None = None
    ) -> dict[str, list[str]]:
        def starter(queue: str) -> Any:
            def send(messages: Sequence[Message]) -> list[Message]:
                self.sent[queue] += [one for one in messages if one.merchant not in self.refused]
                return [one for one in messages if one.merchant in self.refused]

            return send

        starters = {queue: starter(queue) for queue in self.sent}
        return start_jobs(
            parse_job(event),
            merchants,
            starters,
            correlation_id="c-1",
            now=_NOW,
            shuffle=self.shuffle,
            pause=pause,
        )


@pytest.fixture
def queues() -> _Queues:
    return _Queues()


@pytest.mark.parametrize("scope", ["changes", "stuck", "all"])
def test_poll_orders_is_started_for_every_merchant(queues: _Queues, scope: Any) -> None:
    outcome = queues.start({"job": "poll-orders", "scope": scope}, {"acme": _settings(), "bolt": _settings()})
    assert outcome["started"] == ["acme", "bolt"]
    assert queues.sent["poll-orders"] == [
        PollOrders(merchant=merchant, correlation_id="c-1", scope=scope, asked_at=_NOW, scheduled=scope == "changes")
        for merchant in ("acme", "bolt")
    ]
    assert queues.sent["pull-tracking"] == []


@pytest.mark.parametrize("scope", ["open", "all"])
def test_pull_tracking_is_started_in_its_own_queue(queues: _Queues, scope: Any) -> None:
    queues.start({"job": "pull-tracking", "scope": scope}, {"acme": _settings()})
    assert queues.sent["pull-tracking"] == [
        PullTracking(merchant="acme", correlation_id="c-1", scope=scope, asked_at=_NOW)
    ]
    assert queues.sent["poll-orders"] == []


def test_r22_a_paused_merchant_gets_no_work_and_one_in_test_does(queues: _Queues) -> None:
    merchants = {"asleep": _settings("paused"), "trying": _settings("test"), "acme": _settings()}
    outcome = queues.start({"job": "poll-orders"}, merchants)
    assert outcome == {"started": ["acme", "trying"], "paused": ["asleep"], "bad_settings": [], "unknown_settings": []}
    assert [message.merchant for message in queues.sent["poll-orders"]] == ["acme", "trying"]


def test_r20_billing_is_compared_only_for_those_who_want_it(queues: _Queues) -> None:
    wanted = json.dumps({"billbee": {"username": "s", "order_tag": "b"}, "billing": {"enabled": True}})
    queues.sent["chores"] = []
    outcome = queues.start({"job": "check-billing"}, {"acme": _settings(), "bolt": wanted})
    assert outcome == {"started": ["bolt"], "paused": [], "bad_settings": [], "unknown_settings": []}
    assert [message.merchant for message in queues.sent["chores"]] == ["bolt"]


@pytest.mark.parametrize("bad", ["not json", "{}", "[]", '{"billbee": {"username": "x"}}', "[" * 4000, "1" * 5000])
def test_bad_settings_of_one_merchant_do_not_stop_the_others(queues: _Queues, bad: str) -> None:
    outcome = queues.start({"job": "poll-orders"}, {"a-bad": bad, "good": _settings()})
    assert outcome == {"started": ["good"], "paused": [], "bad_settings": ["a-bad"], "unknown_settings": []}


@pytest.mark.parametrize("name", ["Big Shop", "ACME", "../x", "x" * 65, ""])
def test_a_name_that_cannot_be_a_lane_does_not_stop_the_others(queues: _Queues, name: str) -> None:
    outcome = queues.start({"job": "poll-orders"}, {name: _settings(), "good": _settings()})
    assert (outcome["started"], outcome["bad_settings"]) == (["good"], [name])


def test_the_reason_is_logged_with_merchant_and_key(queues: _Queues, caplog: pytest.LogCaptureFixture) -> None:
    queues.start({"job": "poll-orders"}, {"acme": json.dumps({"billbee": {"username": "shop"}})})
    (record,) = caplog.records
    assert vars(record)["merchant"] == "acme"
    assert "billbee.order_tag" in vars(record)["error"]


def test_an_unknown_setting_is_reported_and_does_not_stop_the_merchant(
    queues: _Queues, caplog: pytest.LogCaptureFixture
) -> None:
    text = json.dumps(json.loads(_settings()) | {"wrapping": "gift", "bibi": {"gift_wrap": True}})
    outcome = queues.start({"job": "poll-orders"}, {"acme": text})
    unknown = ["acme: bibi.gift_wrap", "acme: wrapping"]
    assert outcome == {"started": ["acme"], "paused": [], "bad_settings": [], "unknown_settings": unknown}
    assert [vars(one)["merchant"] for one in caplog.records] == ["acme"]


def test_messages_leave_in_the_order_that_chance_gives_them(queues: _Queues) -> None:
    queues.shuffle = lambda messages: messages.reverse()
    merchants = {name: _settings() for name in ("acme", "bolt", "cord")}
    outcome = queues.start({"job": "poll-orders"}, merchants)
    assert [message.merchant for message in queues.sent["poll-orders"]] == ["cord", "bolt", "acme"]
    assert outcome["started"] == ["acme", "bolt", "cord"], "the answer names them in order"


def test_messages_that_are_not_taken_are_named_and_fail_the_run_once_all_others_are_sent(
    queues: _Queues, caplog: pytest.LogCaptureFixture
) -> None:
    queues.refused = {"bolt"}
    with pytest.raises(NotSent, match="1 of 3 messages of poll-orders"):
        queues.start({"job": "poll-orders"}, {name: _settings() for name in ("acme", "bolt", "cord")})
    assert [message.merchant for message in queues.sent["poll-orders"]] == ["acme", "cord"]
    assert [vars(one)["merchants"] for one in caplog.records if one.message == "Jobs not started"] == [["bolt"]]


def test_r22_while_all_are_paused_nobody_gets_work_whatever_the_settings_say(queues: _Queues) -> None:
    merchants = {"acme": _settings(), "bad": "not json", "trying": _settings("test")}
    outcome = queues.start({"job": "poll-orders"}, merchants, Pause(_NOW, "jane"))
    assert outcome == {"started": [], "paused": ["acme", "bad", "trying"], "bad_settings": [], "unknown_settings": []}
    assert queues.sent["poll-orders"] == []


def test_nobody_to_work_for_is_no_error(queues: _Queues) -> None:
    outcome = queues.start({"job": "poll-orders"}, {})
    assert outcome == {"started": [], "paused": [], "bad_settings": [], "unknown_settings": []}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"job": "make-coffee"},
        {"job": "poll-orders", "scope": "open"},
        {"job": "pull-tracking", "scope": "stuck"},
        {"job": "poll-orders", "merchant": "acme"},
        {"job": None},
        {"version": "0", "detail-type": "Scheduled Event", "detail": {}},
    ],
)
def test_an_event_that_is_no_job_says_so(event: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match="not a job"):
        parse_job(event)
