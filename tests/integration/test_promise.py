"""R42: each order has a promise, decided when it is imported, and again when it is paid later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orderbridge.desk.open_promises import open_promises
from orderbridge.merchants.promise import PromiseSettings, Standing
from testkit.world import World, world

PROMISE: dict[str, Any] = {"handling_days": 1, "zone": "UTC", "cut_off": "14:00"}
"""The world begins on Wednesday, 1 July 2026, at noon."""


@pytest.fixture
def here() -> Iterator[World]:
    with world(promise=PROMISE) as made:
        yield made


def end_of(day: int) -> datetime:
    return datetime(2026, 7, day + 1, tzinfo=UTC)


def test_r42_an_imported_order_has_its_promise_in_record_and_index(here: World) -> None:
    here.imported(1)
    assert here.record(1).promised_by == end_of(2)
    assert here.record(1).paid_at == datetime.fromisoformat(here.wire(1)["PayedAt"]).astimezone(UTC)
    assert [order.promised_by for order in here.ledger.open_orders("acme")] == [end_of(2)]


def test_r42_the_payment_counts_and_not_the_order(here: World) -> None:
    placed = here.clock.now() - timedelta(days=9)
    here.sell(1, created_at=placed.isoformat())
    here.wire(1)["PayedAt"] = here.clock.now().isoformat()
    here.look(0)
    assert here.record(1).promised_by == end_of(2)


def test_r42_nothing_is_promised_where_the_setting_is_off() -> None:
    with world() as here:
        here.imported(1)
        assert here.record(1).promised_by is None
        assert here.record(1).paid_at is not None


def test_r42_a_changed_setting_moves_no_promise_that_was_made(here: World) -> None:
    here.imported(1)
    here.configure(promise={"handling_days": 5})
    here.wait(minutes=10)
    here.wire(1)["LastModifiedAt"] = here.clock.now().isoformat()
    here.look()
    here.imported(2)
    assert here.record(1).promised_by == end_of(2)
    assert here.record(2).promised_by == end_of(8)


def unpaid(here: World) -> None:
    """An order on invoice, which the warehouse ships before it is paid."""
    here.configure(bibi={"pay_methods": {"1": "PP"}}, billbee={"order_states": [1, 3]})
    here.sell(1, state=1, payment_method=1)
    here.look(0)
    here.wait(minutes=1)


def test_r42_an_order_that_is_paid_later_is_promised_from_then(here: World) -> None:
    unpaid(here)
    assert here.status(1) == "acknowledged"
    assert (here.record(1).paid_at, here.record(1).promised_by) == (None, end_of(2))
    here.wait(hours=24)
    paid_at = here.clock.now()
    here.shop.change(1, PayedAt=paid_at.isoformat(), State=3)
    here.look()
    record = here.record(1)
    assert (record.paid_at, record.promised_by) == (paid_at, end_of(3))
    here.look()
    assert here.record(1).version == record.version, "it is noted once"


def test_r42_an_order_that_is_fixed_after_a_rejection_is_promised_anew(here: World) -> None:
    here.sell(1)
    here.wire(1)["ShippingAddress"]["City"] = ""
    here.look()
    assert here.status(1) == "rejected"
    here.wait(hours=24)
    here.configure(promise={"handling_days": 2})
    here.wire(1)["ShippingAddress"]["City"] = "Berlin"
    here.shop.remove_tag(1, "order_rejected_by_bibi")
    here.look()
    assert here.record(1).promised_by == end_of(3)


def test_r42_what_is_open_is_listed_by_urgency_with_its_standing(here: World) -> None:
    here.configure(promise={"handling_days": 0})
    here.imported(1)
    here.configure(promise={"handling_days": 1})
    here.imported(2)
    here.configure(promise={"handling_days": 3})
    here.imported(3, 4)
    here.warehouse.ship("4")
    here.cycle()
    here.wait(hours=24)
    found = open_promises(here.ledger, "acme", PromiseSettings.model_validate(PROMISE), here.clock.now())
    assert [(one.order.billbee_id, one.standing) for one in found] == [
        (1, Standing.LATE),
        (2, Standing.AT_RISK),
        (3, Standing.ON_TIME),
    ]


def test_r42_the_promise_costs_no_write_and_no_call_of_its_own() -> None:
    def effort(**settings: Any) -> tuple[int, int]:
        with world(**settings) as here:
            here.watch.recording = True
            here.imported(1)
            here.warehouse.ship("1")
            here.cycle()
            steps = here.watch.steps
            return len([one for one in steps if one.kind != "read"]), len(here.billbee.calls)

    assert effort(promise=PROMISE) == effort()
