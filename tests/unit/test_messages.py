"""Queue messages: what goes in comes out; what is not ours is named without repeating it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from orderbridge.jobs.messages import PollOrders, PullTracking, PushOrder, parse
from orderbridge.platform.errors import MessageError, NewerRelease
from tests.builders import address, order

_AT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
_POLL: dict[str, Any] = {
    "job": "poll-orders", "merchant": "acme", "correlation_id": "c-1", "scope": "all",
    "asked_at": "2026-03-02T15:30:00Z",
}  # fmt: skip


def _push(**changes: Any) -> PushOrder:
    return PushOrder(**{"merchant": "acme", "correlation_id": "c-1", "billbee_id": 1001, "version": 1} | changes)


def test_messages_survive_the_queue() -> None:
    poll = PollOrders(merchant="acme", correlation_id="c-1", scope="stuck", asked_at=_AT)
    assert parse(PollOrders, poll.body()) == poll
    pull = PullTracking(merchant="acme", correlation_id="c-1", scope="all", asked_at=_AT)
    assert parse(PullTracking, pull.body()) == pull
    assert parse(PushOrder, _push().body()) == _push()


def test_r5_an_order_survives_the_queue_to_the_last_character_and_cent() -> None:
    push = _push(order=order(shipping=address(first_name="Zoë 🎁", city="北京"), number="№\t1\u2028\x01"))
    assert parse(PushOrder, push.body()) == push


@pytest.mark.parametrize(
    "body",
    [
        "", "not json", "[]", "null", "{}", '{"job": "poll-orders"}',
        json.dumps(_POLL | {"job": "pull-tracking"}),
        json.dumps(_POLL | {"scope": "everything"}),
        json.dumps(_POLL | {"schema": "first"}), json.dumps(_POLL | {"schema": 0}),
        json.dumps(_POLL | {"schema": 2, "job": "pull-tracking"}),
        json.dumps(_POLL | {"asked_at": "yesterday"}),
        json.dumps(_POLL | {"merchant": "../other"}),
        json.dumps(_POLL | {"merchant": "ACME"}),
        json.dumps(_POLL | {"merchant": ""}),
        json.dumps(_POLL | {"correlation_id": "x" * 129}),
        "[" * 100_000,
    ],
    ids=lambda body: body[-40:],
)  # fmt: skip
def test_a_message_that_is_none_of_ours_is_told_apart(body: str) -> None:
    with pytest.raises(MessageError, match="not a PollOrders message"):
        parse(PollOrders, body)


@pytest.mark.parametrize("changes", [{}, {"scope": "everything"}, {"asked_at": None}, {"merchant": ["acme", "bolt"]}])
def test_a_message_of_a_newer_form_is_none_to_bury_whatever_else_it_says(changes: dict[str, Any]) -> None:
    with pytest.raises(NewerRelease, match="PollOrders"):
        parse(PollOrders, json.dumps(_POLL | {"schema": 2} | changes))
    assert parse(PollOrders, json.dumps(_POLL | {"schema": 1})) == parse(PollOrders, json.dumps(_POLL))


def test_the_reason_names_the_field_and_does_not_repeat_the_content() -> None:
    body = _push(order=order(buyer_message="Happy birthday, Anna")).body()
    broken = body.replace('"version":1', '"version":"Happy birthday, Anna"')
    with pytest.raises(MessageError) as caught:
        parse(PushOrder, broken)
    assert "version" in str(caught.value)
    assert not any(part in str(caught.value) for part in ("Anna", "Jane", "Willis"))


def test_r11_two_requests_for_one_order_are_told_apart_by_version_and_one_asked_twice_is_not() -> None:
    assert _push().deduplication_id == _push(correlation_id="c-2").deduplication_id
    keys = {
        _push().deduplication_id,
        _push(version=2).deduplication_id,
        _push(billbee_id=1002).deduplication_id,
        _push(merchant="other").deduplication_id,
        _push(order=order()).deduplication_id,
    }
    assert len(keys) == 5


def test_a_redelivered_schedule_starts_a_job_once_and_the_next_one_starts_it_again() -> None:
    def key(scope: Any, correlation_id: str) -> str:
        message = PollOrders(merchant="acme", correlation_id=correlation_id, scope=scope, asked_at=_AT)
        return message.deduplication_id

    assert key("all", "c-1") == key("all", "c-1")
    assert len({key("all", "c-1"), key("all", "c-2"), key("changes", "c-1")}) == 3


def test_an_order_too_large_for_the_queue_travels_without_its_content() -> None:
    small = _push(order=order())
    assert small.fitting() is small
    large = _push(order=order(buyer_message="ü" * 110_000))
    assert large.fitting() == _push()
    assert len(large.fitting().body()) < PushOrder.LARGEST


def test_personal_data_does_not_show_in_the_repr_of_a_message() -> None:
    push = _push(order=order(buyer_message="Happy birthday, Anna"))
    assert not any(part in f"{push!r} {push}" for part in ("Jane", "Willis", "Anna", "91402"))
