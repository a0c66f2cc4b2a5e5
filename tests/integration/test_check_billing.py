"""R20: what was shipped is compared with what is billed; where it differs that is told once, and settled later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.simulators.billbee.orders import item
from local.simulators.faults import Fault
from orderbridge.billing.bill_order import LOOKED_AT_FOR
from orderbridge.billing.billing_records import BillingRecords, BillingState
from orderbridge.billing.explain_billing import explain_billing
from orderbridge.merchants.health import Health
from orderbridge.merchants.settings import MerchantSettings
from testkit.mishaps import PathFault
from testkit.world import RECEIVED, TAG, World, world

MISMATCH, SETTLED = "billing_mismatch_bibi", "billing_ok_bibi"


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True, billing={"enabled": True}, stock={"enabled": False}) as made:
        yield made


def sold(here: World, *orders: int, **fields: Any) -> None:
    """Orders that are at the warehouse and tagged: 34.90 with 5.58 of tax."""
    if not here.shop.products:
        here.goods("MUG-01", "TEE-01")
    for order in orders:
        lines = (item("MUG-01", quantity=2, unit_price="10.00", tax_rate="19"), item("TEE-01", tax_rate="19"))
        here.sell(order, *lines, currency="EUR", shipping_cost="4.90", **fields)
    here.poll()
    here.push()


def shipped(here: World, *orders: int, **fields: Any) -> None:
    sold(here, *orders, **fields)
    for order in orders:
        here.warehouse.ship(str(order), [f"1Z{order}"], method="02")
    here.pull()


def record(here: World, order: int) -> Any:
    return BillingRecords(here.table, "acme", here.clock).get(order)


def whys(here: World, order: int) -> list[str]:
    return [event.why for event in here.record(order).timeline]


def asked(here: World, method: str = "GET") -> list[str]:
    return [call.path for call in here.abillify.calls if call.method == method]


def test_r20_an_order_that_is_billed_as_it_was_sold_is_noted_and_looked_at_no_more(here: World) -> None:
    shipped(here, 1)
    here.books.bill(here.wire(1))
    here.check_billing()
    assert "billing_ok" in here.record(1).told
    assert "billed as it was sold" in whys(here, 1)
    assert (record(here, 1).state, record(here, 1).next_look) == (BillingState.AGREES, None)
    here.wait(days=3)
    here.check_billing("all")
    assert (len(asked(here)), here.told(1)) == (1, [])


def test_r20_a_mismatch_is_told_once_and_names_each_difference(here: World) -> None:
    shipped(here, 1)
    bill = here.books.bill(here.wire(1), total=24.9, tax=3.98, net=20.92)
    bill["items"][0]["quantity"] = 1
    for _ in range(3):
        here.check_billing("all")
    assert here.told(1) == [
        "Abillify bills this order differently from how it was sold: total 24.90 EUR instead of 34.90 EUR; "
        "tax 3.98 EUR instead of 5.57 EUR; net 20.92 EUR instead of 29.33 EUR; MUG-01: 1 billed instead of 2. "
        "Correct it there; it is then compared again. [OB-501]"
    ]
    assert {MISMATCH} == here.tags(1) - {TAG, RECEIVED}
    assert "billing_mismatch" in here.record(1).told
    assert record(here, 1).state is BillingState.DIFFERS


def test_r20_a_correction_settles_it(here: World) -> None:
    shipped(here, 1)
    here.books.bill(here.wire(1), currency="USD")
    here.check_billing()
    here.books.bill(here.wire(1))
    here.wait(hours=7)
    here.check_billing()
    assert len(here.told(1)) == 2
    assert "OB-503" in here.told(1)[1]
    assert {MISMATCH, SETTLED} <= here.tags(1)
    assert "billing_settled" in here.record(1).told
    assert record(here, 1).next_look is None


def test_r20_the_merchant_is_told_anew_when_something_else_differs(here: World) -> None:
    shipped(here, 1)
    here.check_billing()
    here.wait(hours=49)
    here.check_billing()
    here.books.bill(here.wire(1), total=1.0)
    here.check_billing("all")
    assert ["OB-502" in here.told(1)[0], "OB-501" in here.told(1)[1]] == [True, True]


def test_r20_a_missing_order_has_its_grace(here: World) -> None:
    shipped(here, 1)
    for _ in range(47):
        here.check_billing()
        here.wait(hours=1)
    assert here.told(1) == []
    assert 4 < len(asked(here)) < 20  # asked ever less often
    here.wait(hours=2)
    here.check_billing()
    assert here.told(1)[0].startswith("Abillify does not have this order, or does not show it, as '1' after 48 hours")


def test_r20_what_nobody_corrects_is_looked_at_no_more_after_a_month(here: World) -> None:
    shipped(here, 1)
    here.books.bill(here.wire(1), currency="USD")
    here.check_billing()
    here.wait(days=LOOKED_AT_FOR.days + 1)
    here.check_billing()
    assert (record(here, 1).next_look, record(here, 1).state) == (None, BillingState.DIFFERS)
    assert len(here.told(1)) == 1


@pytest.mark.parametrize(("field", "value"), [("total", "28,70"), ("total", None), ("currency", ["EUR"])])
def test_r20_what_cannot_be_read_is_shown_at_once_and_told_once_it_lasts(here: World, field: str, value: Any) -> None:
    shipped(here, *range(1, 6))
    for order in range(1, 5):
        here.books.bill(here.wire(order))[field] = value
    here.books.bill(here.wire(5))
    here.check_billing()
    assert "billing_ok" in here.record(5).told, "four that cannot be read do not hold up the fifth"
    settings = MerchantSettings.model_validate(here.merchants["acme"].settings)
    shown = explain_billing(here.table, here.clock, here.record(1), settings)
    assert shown == (
        "Its invoice in Abillify cannot be read: abillify get order (HTTP 200): "
        f"the field {field} cannot be read. It is tried again every hour."
    )
    assert here.told(1) == []
    for _ in range(8):
        here.wait(hours=1)
        here.check_billing()
    for order in range(1, 5):
        assert [("OB-505" in text, field in text) for text in here.told(order)] == [(True, True)]
        assert MISMATCH in here.tags(order)
    here.books.bill(here.wire(1))
    here.wait(hours=24)
    here.check_billing()
    assert "OB-503" in here.told(1)[1]
    assert record(here, 1).unreadable is None


def test_r20_a_message_that_comes_again_does_not_repeat_what_it_has_done(here: World) -> None:
    shipped(here, 1, 2)
    here.books.bill(here.wire(1), total=1.0)
    here.books.bill(here.wire(2))["total"] = "28,70"
    here.check_billing("all")
    assert len([path for path in asked(here) if path.endswith("/1")]) == 1


def test_r20_the_reference_is_the_number_that_the_settings_name_and_is_escaped_whole(here: World) -> None:
    here.configure(billing={"reference": "shop_number"})
    shipped(here, 1, order_number="A/1 ü?%#")
    here.books.bill(here.wire(1), "A/1 ü?%#")
    here.check_billing()
    assert "billing_ok" in here.record(1).told
    assert asked(here) == ["/api/orders/A/1 ü?%#"]  # as the server unescapes it


def test_r20_an_order_gone_from_billbee_is_compared_with_nothing(here: World) -> None:
    shipped(here, 1)
    here.books.bill(here.wire(1))
    here.shop.remove_order(1)
    here.check_billing()
    assert (record(here, 1).state, "billing_ok" in here.record(1).told) == (BillingState.OVER, False)


def test_r20_german_merchants_are_told_in_german(here: World) -> None:
    here.configure(language="de")
    shipped(here, 1)
    bill = here.books.bill(here.wire(1), total=24.9)
    bill["items"][1]["product_number"] = "OTHER"
    here.check_billing()
    assert "Summe 24,90 EUR statt 34,90 EUR; OTHER: 1 statt 0 Stück abgerechnet; TEE-01: 0 statt 1" in here.told(1)[0]


def test_r20_missing_credentials_are_said_and_nothing_else_stops(here: World) -> None:
    for name in ("abillify_username", "abillify_password"):
        here.secret(name, None)
    shipped(here, 1)
    here.check_billing()
    (job,) = [job for job in Health(here.table, here.clock).jobs("acme") if job.job == "check-billing"]
    assert (job.kind, "needs the secrets abillify_username" in str(job.error)) == ("SettingsError", True)
    assert here.status(1) == "shipped"


def test_r20_a_merchant_who_does_not_bill_there_costs_nothing() -> None:
    with world(empty=True, stock={"enabled": False}) as here:
        shipped(here, 1)
        sent = here.queues.sent
        here.check_billing()
        assert (here.queues.sent, here.abillify.calls) == (sent, [])


def test_r20_refused_words_are_kept_and_the_others_go_on(here: World) -> None:
    shipped(here, 1, 2)
    here.books.bill(here.wire(2))
    here.abillify.faults.add(Fault("status", route="GET /orders/{reference}", status=400, times=1))
    here.check_billing()
    assert "billing_ok" in here.record(2).told or "billing_ok" not in here.record(1).told
    here.books.bill(here.wire(1))
    here.wait(hours=1)
    here.check_billing()
    assert ["billing_ok" in here.record(order).told for order in (1, 2)] == [True, True]


# The gate


@pytest.fixture
def gate() -> Iterator[World]:
    with world(empty=True, billing={"enabled": True, "hold_until_billed": True}, stock={"enabled": False}) as made:
        yield made


def test_r20_an_order_is_held_until_it_is_billed(gate: World) -> None:
    sold(gate, 1)
    assert (gate.status(1), gate.warehouse.orders["1"].status) == ("held", "Pending")
    gate.check_billing()
    assert gate.status(1) == "held"
    gate.books.bill(gate.wire(1))
    gate.wait(hours=1)
    gate.check_billing()
    gate.push()
    assert (gate.status(1), gate.warehouse.orders["1"].status) == ("acknowledged", "New")
    assert "held at the warehouse until it is billed" in whys(gate, 1)
    gate.warehouse.ship("1", ["1Z1"], method="02")
    gate.pull()
    gate.check_billing()
    assert (gate.status(1), gate.told(1), len(asked(gate))) == ("shipped", [], 2)


def test_r20_the_gate_does_not_end_the_merchants_own_hold(gate: World) -> None:
    sold(gate, 1, tags=[TAG, "hold_bibi"])
    gate.books.bill(gate.wire(1))
    gate.check_billing()
    gate.push()
    assert gate.status(1) == "held"
    gate.shop.remove_tag(1, "hold_bibi")
    gate.cycle()
    assert gate.status(1) == "acknowledged"


def test_r20_the_merchants_release_does_not_open_the_gate(gate: World) -> None:
    sold(gate, 1, tags=[TAG, "hold_bibi"])
    gate.shop.remove_tag(1, "hold_bibi")
    gate.cycle()
    assert gate.status(1) == "held"


def test_r20_a_change_closes_the_gate_again(gate: World) -> None:
    sold(gate, 1)
    gate.books.bill(gate.wire(1))
    gate.check_billing()
    gate.push()
    assert gate.status(1) == "acknowledged"
    gate.wait(minutes=5)
    gate.shop.change(1, OrderItems=[item("MUG-01", quantity=3)])
    gate.shop.remove_tag(1, RECEIVED)
    gate.cycle()
    gate.cycle()
    assert gate.status(1) == "held"
    gate.check_billing()
    assert MISMATCH in gate.tags(1)
    gate.books.bill(gate.wire(1))
    gate.wait(hours=7)
    gate.check_billing()
    gate.push()
    assert gate.status(1) == "acknowledged"


def test_r20_a_gate_that_is_taken_away_lets_go(gate: World) -> None:
    sold(gate, 1)
    gate.configure(billing={"hold_until_billed": False})
    gate.wait(minutes=6)
    gate.cold_start()
    gate.poll("all")
    gate.push()
    assert gate.status(1) == "acknowledged"


def test_r20_an_order_that_cannot_be_held_says_why(gate: World) -> None:
    gate.bibi.faults.add(Fault("status", route="POST /holdOrder/{number}", status=400, times=1))
    sold(gate, 1)
    assert "OB-504" in gate.told(1)[0]
    gate.cycle()
    assert (gate.status(1), len(gate.told(1))) == ("acknowledged", 1)


# Cancelling


@pytest.fixture
def cancelling() -> Iterator[World]:
    with world(empty=True, billing={"enabled": True, "cancel": True}, stock={"enabled": False}) as made:
        yield made


def cancelled(here: World, order: int) -> None:
    sold(here, order)
    here.books.bill(here.wire(order))
    here.shop.change(order, State=8)
    here.wait(minutes=5)
    here.cycle()
    assert here.status(order) == "cancelled"


def test_r20_what_is_cancelled_before_it_is_shipped_is_cancelled_there_once(cancelling: World) -> None:
    cancelled(cancelling, 1)
    for _ in range(3):
        cancelling.check_billing("all")
        cancelling.wait(hours=1)
    assert cancelling.books.cancellations == ["1"]
    assert whys(cancelling, 1)[-1] == "cancelled in Abillify"


def test_r20_a_cancellation_without_an_answer_is_read_before_it_is_tried_again(cancelling: World) -> None:
    cancelled(cancelling, 1)
    cancelling.abillify.faults.add(Fault("status_after", route="PUT /orders/{reference}", status=502))
    cancelling.check_billing()
    assert (asked(cancelling, "PUT"), cancelling.books.cancellations) == (["/api/orders/1"], ["1"])
    assert "billing_cancelled" in cancelling.record(1).told


def test_r20_a_refused_cancellation_is_in_the_timeline_with_fields_and_hints(cancelling: World) -> None:
    cancelled(cancelling, 1)
    cancelling.abillify.faults.add(Fault("status", route="PUT /orders/{reference}", status=409))
    cancelling.check_billing()
    assert "Abillify did not cancel it; cancel it there by hand" in whys(cancelling, 1)[-1]


def test_r20_without_the_setting_nothing_is_cancelled_there(here: World) -> None:
    cancelled(here, 1)
    here.check_billing("all")
    assert asked(here, "PUT") == []


def test_r20_a_merchant_who_begins_to_compare_is_not_asked_about_the_past(here: World) -> None:
    shipped(here, 1)
    here.wait(days=3)
    here.check_billing()
    assert record(here, 1) is None
    assert timedelta(days=2) < here.clock.now() - here.record(1).moved_at


def test_r20_orders_that_cannot_be_looked_at_do_not_starve_those_behind_them(here: World) -> None:
    """More than are read at once; each fails at every run because of itself, and not because of Abillify."""
    failing = range(1, 106)
    shipped(here, *failing, 200)
    for order in (*failing, 200):
        here.books.bill(here.wire(order))
    for order in failing:
        here.books.orders[str(order)]["items"] = "not a list"
    for _ in range(2):
        here.check_billing()
    assert "billing_ok" in here.record(200).told


def test_r20_the_next_run_gets_past_orders_at_which_abillify_fails(here: World) -> None:
    shipped(here, 1, 2, 3, 4)
    for order in (1, 2, 3, 4):
        here.books.bill(here.wire(order))
    for order in (1, 2, 3):
        here.abillify.faults.add(PathFault("status", f"/orders/{order}", status=500, times=1000))
    here.check_billing()
    assert "billing_ok" in here.record(4).told
    here.abillify.faults.clear()
    here.wait(hours=1)
    here.check_billing()
    assert all("billing_ok" in here.record(order).told for order in (1, 2, 3))
