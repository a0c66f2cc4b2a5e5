"""Sending messages whose order does not matter: ten with a call, and what is not taken once more."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.jobs.messages import PollOrders
from orderbridge.jobs.publisher import Publisher
from testkit.aws import MemorySQS
from testkit.clock import ManualClock


class Queue(MemorySQS):
    """A queue that does not take some merchants' messages, each as often as it says here."""

    def __init__(self, clock: ManualClock, refuses: dict[str, int]) -> None:
        super().__init__(clock)
        self.add("poll", fifo=True)
        self.refuses = refuses
        self.batches: list[list[str]] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        self.batches.append([one["MessageGroupId"] for one in entries])
        refused = [one for one in entries if self.refuses.get(one["MessageGroupId"], 0) > 0]
        for one in refused:
            self.refuses[one["MessageGroupId"]] -= 1
        taken = [one for one in entries if one not in refused]
        answer = super().send_message_batch(**request | {"Entries": taken}) if taken else {"Successful": []}
        failed = [{"Id": one["Id"], "Code": "InternalError", "SenderFault": False} for one in refused]
        return {**answer, **({"Failed": failed} if failed else {})}


def messages(count: int) -> list[PollOrders]:
    now = ManualClock().now()
    return [PollOrders(merchant=f"m{number:02d}", correlation_id="c", asked_at=now) for number in range(count)]


def queue(**refuses: int) -> Queue:
    return Queue(ManualClock(), refuses)


def test_ten_messages_travel_with_a_call() -> None:
    made = queue()
    assert Publisher(made).send_what_goes("poll", messages(23)) == []  # type: ignore[arg-type]
    assert [len(batch) for batch in made.batches] == [10, 10, 3]
    assert made.waiting() == {"poll": 23}


def test_only_what_was_not_taken_is_sent_once_more() -> None:
    made = queue(m03=1, m07=1)
    assert Publisher(made).send_what_goes("poll", messages(12)) == []  # type: ignore[arg-type]
    assert made.batches == [[f"m{number:02d}" for number in range(10)], ["m03", "m07"], ["m10", "m11"]]
    assert made.waiting() == {"poll": 12}


def test_what_is_refused_twice_is_given_back_and_all_else_is_sent() -> None:
    made = queue(m03=2, m11=5)
    left = Publisher(made).send_what_goes("poll", messages(12))  # type: ignore[arg-type]
    assert [message.merchant for message in left] == ["m03", "m11"]
    assert made.waiting() == {"poll": 10}
    assert len(made.batches) == 4


def test_nothing_to_send_is_no_call() -> None:
    made = queue()
    assert Publisher(made).send_what_goes("poll", []) == []  # type: ignore[arg-type]
    assert made.batches == []


@pytest.mark.parametrize("again", [False, True])
def test_the_same_messages_sent_again_are_dropped_by_sqs(again: bool) -> None:
    made = queue(m01=2)
    publisher = Publisher(made)  # type: ignore[arg-type]
    assert len(publisher.send_what_goes("poll", messages(3))) == 1
    if again:
        assert publisher.send_what_goes("poll", messages(3)) == []
    assert made.waiting() == {"poll": 3 if again else 2}
