"""R9, R14, R17: what Billbee answers with an ErrorMessage and ErrorCode 0 has not been done, and is not done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.simulators.billbee import Account
from local.simulators.billbee.orders import item
from local.simulators.faults import Fault
from testkit.routes import MESSAGE, SHIPMENT, STATE, TAGS
from testkit.world import RECEIVED, REJECTED, TAG, World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def _refuse(here: World, route: str, times: int | None = 1) -> None:
    """Answer with success in everything but the message."""
    here.billbee.faults.add(Fault("wrong_type", route=route, path="ErrorMessage", value="It is locked", times=times))


def _does_nothing(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def refused(self: Account, *_: Any, **__: Any) -> None:
        """Nothing happens, as the message says."""

    monkeypatch.setattr(Account, what, refused)


def _called(here: World, route: str) -> int:
    return sum(f"{call.method} {call.route}" == route for call in here.billbee.calls)


def _shipped(here: World) -> None:
    here.sell(1)
    here.cycle()
    here.warehouse.ship("1", ["1Z1"])


@pytest.mark.parametrize("landed", [True, False])
def test_r14_a_parcel_refused_with_a_message_is_looked_for_after_an_hour_and_posted_once(
    here: World, monkeypatch: pytest.MonkeyPatch, landed: bool
) -> None:
    _shipped(here)
    _refuse(here, SHIPMENT)
    with monkeypatch.context() as patched:
        if not landed:
            _does_nothing(patched, "add_shipment")
        here.pull()
    assert here.record(1).parcels == {}
    assert "is locked" in (here.record(1).reason or "")
    assert here.status(1) == "acknowledged"
    here.pull()
    assert _called(here, SHIPMENT) == 1
    here.wait(minutes=61)
    here.pull()
    assert _called(here, SHIPMENT) == (1 if landed else 2)
    assert (here.parcels(1), here.status(1), here.wire(1)["State"]) == (["1Z1"], "shipped", 4)


def test_r14_a_state_refused_with_a_message_is_set_an_hour_later(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _shipped(here)
    _refuse(here, STATE)
    with monkeypatch.context() as patched:
        _does_nothing(patched, "set_state")
        here.pull()
    assert (here.status(1), here.wire(1)["State"]) == ("acknowledged", 3)
    here.wait(minutes=61)
    here.pull()
    assert (here.status(1), here.wire(1)["State"], here.parcels(1)) == ("shipped", 4, ["1Z1"])
    assert (_called(here, STATE), _called(here, SHIPMENT)) == (2, 1)


def test_r9_a_received_tag_refused_with_a_message_is_not_taken_for_set(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.sell(1)
    _refuse(here, TAGS)
    with monkeypatch.context() as patched:
        _does_nothing(patched, "add_tags")
        here.poll()
        here.work("push")
        assert here.tags(1) == {TAG}
        assert "did not take the received tag: It is locked" in (here.record(1).reason or "")
    here.run_on()
    assert (here.status(1), here.tags(1), here.submitted("1")) == ("acknowledged", {TAG, RECEIVED}, 1)


def test_r2_where_the_message_is_refused_the_tag_still_tells_and_the_order_is_not_rejected_again(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _does_nothing(monkeypatch, "add_message")
    _refuse(here, MESSAGE, times=None)
    here.sell(1, item(""))
    for _ in range(4):
        here.cycle()
    assert (here.status(1), here.tags(1), here.told(1)) == ("rejected", {TAG, REJECTED}, [])
    assert _called(here, MESSAGE) == 1
