"""How deliveries end: done, handed back with a wait that fits, given up, or moved to the dead letters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from orderbridge.jobs.deliveries import (
    JOB_TRIES,
    THROTTLED_TRIES,
    Deliveries,
    Delivery,
    HandBack,
    one_by_one,
    together,
)
from orderbridge.jobs.messages import CHORES, Chore, JobMessage, PollOrders, PullReturns, PushOrder, SendDigest
from orderbridge.platform.errors import (
    AuthenticationError,
    ConditionFailed,
    Later,
    LedgerConflict,
    NotFound,
    NotSent,
    Refused,
    ServerError,
    SettingsError,
    Throttled,
    UnknownOutcome,
    Unreachable,
)
from orderbridge.platform.observability import meter

_Use = Callable[[str, Delivery[PollOrders]], object]


@dataclass
class FakeSqs:
    """What was asked of SQS."""

    waits: dict[str, int] = field(default_factory=dict)
    buried: list[dict[str, Any]] = field(default_factory=list)

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        assert QueueUrl == "queue"
        assert 0 <= VisibilityTimeout <= 43_200
        self.waits[ReceiptHandle] = VisibilityTimeout

    def send_message(self, **request: Any) -> None:
        self.buried.append(request)


def _body(merchant: str = "acme") -> str:
    message = PollOrders(merchant=merchant, correlation_id="c-1", asked_at=datetime(2026, 3, 2, tzinfo=UTC))
    return message.model_dump_json()


def _record(name: str, body: str, attempt: int = 1) -> dict[str, Any]:
    return {
        "messageId": name,
        "receiptHandle": f"handle-{name}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(attempt),
            "SentTimestamp": "1772465400000",
            "MessageGroupId": "acme",
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }


def _run(sqs: FakeSqs, records: Sequence[dict[str, Any]], use: _Use, *, paused: bool = False) -> list[str]:
    """The messages that come again."""
    deliveries = Deliveries(cast("Any", sqs), "queue", "dead-letters")
    work = one_by_one(lambda merchant: None if paused else merchant, use)
    answer = deliveries.work_through({"Records": list(records)}, PollOrders, work)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _raises(error: Exception) -> _Use:
    def use(workspace: str, delivery: Delivery[PollOrders]) -> None:
        raise error

    return use


@pytest.fixture
def sqs() -> FakeSqs:
    return FakeSqs()


def test_work_that_is_done_does_not_come_again(sqs: FakeSqs) -> None:
    seen: list[tuple[str, str, int]] = []
    records = [_record("1", _body(), attempt=3), _record("2", _body("bolt"))]
    assert _run(sqs, records, lambda ws, d: seen.append((ws, d.message_id, d.attempt))) == []
    assert seen == [("acme", "1", 3), ("bolt", "2", 1)]
    assert (sqs.waits, sqs.buried) == ({}, [])


@pytest.mark.parametrize(
    "error",
    [
        ServerError("op", "down", status=500),
        Unreachable("op", "no connection"),
        UnknownOutcome("op", "lost"),
        LedgerConflict("moved"),
        NotSent("not taken"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_comes_again_after_a_while_that_grows(sqs: FakeSqs, error: Exception) -> None:
    assert _run(sqs, [_record("1", _body(), 1), _record("2", _body(), JOB_TRIES - 1)], _raises(error)) == ["1", "2"]
    assert 1 <= sqs.waits["handle-1"] < sqs.waits["handle-2"] <= 300


def test_section_6_a_throttled_job_comes_again_when_there_is_room_and_not_before(sqs: FakeSqs) -> None:
    assert _run(sqs, [_record("1", _body())], _raises(Throttled("op", "429", retry_after=37.4))) == ["1"]
    assert 38 <= sqs.waits["handle-1"] <= 40


def test_a_throttled_job_is_more_patient_than_a_failing_one(sqs: FakeSqs) -> None:
    assert JOB_TRIES < THROTTLED_TRIES
    throttled = _raises(Throttled("op", "429", retry_after=1))
    assert _run(sqs, [_record("1", _body(), JOB_TRIES)], throttled) == ["1"]
    assert _run(sqs, [_record("1", _body(), THROTTLED_TRIES)], throttled) == []


def test_r10_what_keeps_failing_is_left_to_the_sweeper_so_that_its_lane_goes_on(sqs: FakeSqs) -> None:
    assert _run(sqs, [_record("1", _body(), JOB_TRIES)], _raises(ServerError("op", "down"))) == []


@pytest.mark.parametrize(
    "error",
    [
        SettingsError("acme", "mode", "bad"),
        AuthenticationError("op", "wrong key", status=401),
        Refused("op", "no", status=400),
        NotFound("op", "gone", status=404),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_somebody_has_to_mend_does_not_block_the_lane(sqs: FakeSqs, error: Exception) -> None:
    assert _run(sqs, [_record("1", _body())], _raises(error)) == []
    assert sqs.waits == {}


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 6), (2, 31), (3, 121)])
def test_r31_a_job_that_meets_a_defect_comes_again_after_5_30_and_120_seconds(
    sqs: FakeSqs, attempt: int, seconds: int
) -> None:
    assert _run(sqs, [_record("1", _body(), attempt)], _raises(ZeroDivisionError())) == ["1"]
    assert sqs.waits["handle-1"] == pytest.approx(seconds, abs=1)


def test_r31_a_job_that_always_meets_a_defect_is_given_up_so_that_its_next_turn_takes_over(sqs: FakeSqs) -> None:
    assert _run(sqs, [_record("1", _body(), 4)], _raises(ZeroDivisionError())) == []
    assert (sqs.waits, sqs.buried) == ({}, [])


def _push_record(name: str, attempt: int = 1, *, group: str = "acme") -> dict[str, Any]:
    body = PushOrder(merchant="acme", correlation_id="c-1", billbee_id=12, version=3).model_dump_json()
    record = _record(name, body, attempt)
    record["attributes"]["MessageGroupId"] = group
    return record


def _push(sqs: FakeSqs, records: Sequence[dict[str, Any]], error: Exception) -> list[str]:
    def use(workspace: str, deliveries: Sequence[Delivery[PushOrder]]) -> list[HandBack[PushOrder]]:
        raise error

    deliveries = Deliveries(cast("Any", sqs), "queue", "dead-letters")
    answer = deliveries.work_through({"Records": list(records)}, PushOrder, together(lambda merchant: merchant, use))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize("error", [Later(5), ZeroDivisionError()], ids=["one order", "the whole batch"])
def test_r31_an_orders_message_moves_to_a_lane_of_its_own_before_it_waits(sqs: FakeSqs, error: Exception) -> None:
    """A hidden message would block its merchant's lane. Moved twice, SQS drops the second copy."""
    assert _push(sqs, [_push_record("1")], error) == []
    assert _push(sqs, [_push_record("1", 2)], error) == []
    first, second = sqs.buried
    assert first == second
    assert (first["QueueUrl"], first["MessageGroupId"]) == ("queue", "acme#12")
    assert PushOrder.model_validate_json(first["MessageBody"]).billbee_id == 12
    assert sqs.waits == {}


def test_r31_in_its_own_lane_an_orders_message_waits(sqs: FakeSqs) -> None:
    assert _push(sqs, [_push_record("1", group="acme#12")], Later(30)) == ["1"]
    assert sqs.waits["handle-1"] == pytest.approx(31, abs=1)
    assert sqs.buried == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError(), 1),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutItem"), 1),
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"), 0),
        (ConnectTimeoutError(endpoint_url="https://aws.example"), 0),
        (ConditionFailed(), 0),
        (ServerError("op", "down"), 0),
    ],
    ids=["defect", "denied", "throttled", "no connection", "lost race", "vendor down"],
)
def test_r31_unexpected_errors_are_counted_and_passing_ones_of_aws_are_not(
    sqs: FakeSqs, error: Exception, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(meter, "count", lambda name, value=1: counted.append(name))
    assert _run(sqs, [_record("1", _body())], _raises(error)) == ["1"]
    assert counted.count("UnexpectedErrors") == told


@pytest.mark.parametrize("body", ["", "hello", "{}", json.dumps({"job": "other"})])
def test_a_message_that_is_none_of_ours_is_moved_to_the_dead_letters_with_the_reason(sqs: FakeSqs, body: str) -> None:
    seen: list[str] = []
    records = [_record("bad", body), _record("good", _body())]
    assert _run(sqs, records, lambda ws, d: seen.append(d.message_id)) == []
    assert seen == ["good"]
    (buried,) = sqs.buried
    assert (buried["QueueUrl"], buried["MessageBody"]) == ("dead-letters", body)
    assert (buried["MessageGroupId"], buried["MessageDeduplicationId"]) == ("acme", "bad")
    assert "not a PollOrders message" in buried["MessageAttributes"]["reason"]["StringValue"]


def test_one_merchants_failure_is_not_the_others(sqs: FakeSqs) -> None:
    done: list[str] = []

    def use(workspace: str, delivery: Delivery[PollOrders]) -> None:
        if workspace == "acme":
            raise ServerError("op", "down")
        done.append(workspace)

    records = [_record("1", _body("acme")), _record("2", _body("bolt")), _record("3", _body("acme"))]
    assert _run(sqs, records, use) == ["1", "3"]
    assert done == ["bolt"]


def test_bad_settings_of_one_merchant_do_not_stop_the_others(sqs: FakeSqs) -> None:
    done: list[str] = []

    def workspace(merchant: str) -> str:
        if merchant == "acme":
            raise SettingsError(merchant, "mode", "bad")
        return merchant

    work = one_by_one(workspace, lambda ws, d: done.append(ws))
    records = [_record("1", _body("acme")), _record("2", _body("bolt"))]
    answer = Deliveries(cast("Any", sqs), "queue", "dead").work_through({"Records": records}, PollOrders, work)
    assert answer == {"batchItemFailures": []}
    assert done == ["bolt"]


def test_r22_nothing_is_done_for_a_paused_merchant(sqs: FakeSqs) -> None:
    assert _run(sqs, [_record("1", _body())], _raises(AssertionError("worked")), paused=True) == []


def test_r8_a_batch_is_worked_on_together_and_only_what_failed_comes_again(sqs: FakeSqs) -> None:
    batches: list[list[str]] = []

    def use(workspace: str, deliveries: Sequence[Delivery[PollOrders]]) -> list[HandBack[PollOrders]]:
        batches.append([delivery.message_id for delivery in deliveries])
        return [HandBack(deliveries[1], ServerError("op", "down"))]

    records = [_record(name, _body()) for name in ("1", "2", "3")]
    work = together(lambda merchant: merchant, use)
    answer = Deliveries(cast("Any", sqs), "queue", "dead").work_through({"Records": records}, PollOrders, work)
    assert batches == [["1", "2", "3"]]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_deliveries_know_when_they_were_sent(sqs: FakeSqs) -> None:
    sent: list[datetime] = []
    _run(sqs, [_record("1", _body())], lambda ws, d: sent.append(d.sent_at))
    assert sent == [datetime(2026, 3, 2, 15, 30, tzinfo=UTC)]


# ---- Chores: several kinds in one queue


class FakeHealth:
    """How which job of whom went."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str, str]] = []

    def failed(self, merchant: str, job: str, error: Exception) -> None:
        self.noted.append((merchant, job, type(error).__name__))

    def succeeded(self, merchant: str, job: str) -> None:
        self.noted.append((merchant, job, "succeeded"))


def _chore(name: str, kind: type[JobMessage], merchant: str = "acme") -> dict[str, Any]:
    message = kind(job=_job(kind), merchant=merchant, correlation_id="c", asked_at=datetime(2026, 3, 2, tzinfo=UTC))
    record = _record(name, message.body())
    record["attributes"]["MessageGroupId"] = message.lane
    return record


def _job(kind: type[JobMessage]) -> str:
    return str(kind.model_fields["job"].default)


def _run_chores(sqs: FakeSqs, records: Sequence[dict[str, Any]], use: Callable[[Chore], None]) -> FakeHealth:
    health = FakeHealth()
    deliveries = Deliveries(cast("Any", sqs), "queue", "dead-letters", cast("Any", health))

    def use_case(_: str, delivery: Delivery[Chore]) -> None:
        use(delivery.message)

    work = one_by_one(lambda merchant: merchant, use_case)
    deliveries.work_through({"Records": list(records)}, CHORES, work)
    return health


def test_each_chore_is_read_as_the_kind_that_its_job_names(sqs: FakeSqs) -> None:
    seen: list[Chore] = []
    _run_chores(sqs, [_chore(str(number), kind) for number, kind in enumerate(CHORES)], seen.append)
    assert [type(one) for one in seen] == list(CHORES)
    assert len({one.lane for one in seen}) == len(CHORES)
    assert {one.QUEUE for one in seen} == {"chores"}


def test_a_chore_that_fails_is_noted_for_its_own_job_and_leaves_the_others_alone(sqs: FakeSqs) -> None:
    def use(message: Chore) -> None:
        if isinstance(message, PullReturns):
            raise ServerError("op", "down", status=500)

    health = _run_chores(sqs, [_chore("1", PullReturns), _chore("2", SendDigest)], use)
    assert health.noted == [("acme", "pull-returns", "ServerError"), ("acme", "send-digest", "succeeded")]
    assert list(sqs.waits) == ["handle-1"]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"job": ["send-digest"]}', '{"job": "poll-orders", "merchant": "acme"}', "[" * 100_000]
)
def test_what_is_no_chore_goes_to_the_dead_letters_with_what_is_allowed(sqs: FakeSqs, body: str) -> None:
    health = _run_chores(sqs, [_record("1", body)], lambda message: None)
    (buried,) = sqs.buried
    assert (buried["QueueUrl"], buried["MessageBody"], health.noted) == ("dead-letters", body, [])
    assert buried["MessageAttributes"]["reason"]["StringValue"].startswith("not a message: ")


def test_a_chore_of_a_newer_release_is_handed_back(sqs: FakeSqs) -> None:
    record = _chore("1", SendDigest)
    record["body"] = json.dumps(json.loads(record["body"]) | {"schema": 2})
    health = _run_chores(sqs, [record], lambda message: None)
    assert (list(sqs.waits), sqs.buried, health.noted) == (["handle-1"], [], [])
