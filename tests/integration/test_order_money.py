"""R3: an order reaches the warehouse with the money it costs; a total that does not add up is told once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from local.simulators.billbee.orders import item
from testkit.routes import MESSAGE
from testkit.world import RECEIVED, World, world
from tests.integration.after_import import fault, survives_every_crash

DIFFERS = "order_total_differs_bibi"


def sell(here: World, total: float) -> None:
    here.sell(1, item("MUG-01", quantity=12, unit_price="13.23"), shipping_cost="12.00")
    here.shop.change(1, TotalCost=total)


@pytest.mark.parametrize("total", [170.76, 158.76])
def test_r3_the_recorded_order_is_sent_without_a_fee_in_either_reading_of_its_total(total: float) -> None:
    with world() as here:
        sell(here, total)
        here.cycle()
        sent = here.warehouse.orders["1"].submission
        assert (sent.prod_dollars, sent.ph_amt, sent.discounts) == (Decimal("158.76"), Decimal("12.0"), [])
        here.run_on()
        assert (here.told(1), DIFFERS in here.tags(1)) == ([], False)


@pytest.mark.parametrize(("language", "text"), [("en", "The total of this order is 160.00 USD"), ("de", "160.00 USD")])
def test_r3_a_total_that_does_not_add_up_is_told_once_and_what_adds_up_is_sent(language: str, text: str) -> None:
    with world(language=language) as here:
        sell(here, 160.00)
        here.run_on()
        sent = here.warehouse.orders["1"].submission
        assert (sent.prod_dollars, sent.ph_amt, sent.discounts) == (Decimal("158.76"), Decimal("12.0"), [])
        (told,) = here.told(1)
        assert text in told
        assert "170.76 USD" in told
        assert told.endswith("[OB-801]")
        assert {RECEIVED, DIFFERS} <= here.tags(1)
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)


@pytest.mark.parametrize("kind", ["drop_after", "status", "reset_before"])
def test_r3_an_odd_total_is_told_once_whatever_becomes_of_the_call(kind: str) -> None:
    with world() as here:
        sell(here, 160.00)
        here.billbee.faults.add(fault(kind, MESSAGE, times=2))
        here.run_on()
        assert len(here.told(1)) == 1
        assert DIFFERS in here.tags(1)


def test_r3_an_odd_total_is_told_once_after_a_crash_after_any_call() -> None:
    calls, wrong = survives_every_crash(lambda here: sell(here, 160.00), World.run_on)
    assert wrong == {}
    assert calls > 5


def test_r3_a_lost_ledger_does_not_have_it_told_again() -> None:
    with world() as here:
        sell(here, 160.00)
        here.run_on()
        here.lose_the_ledger()
        here.run_on()
        assert len(here.told(1)) == 1


def test_r3_a_change_that_no_longer_adds_up_is_told_as_well() -> None:
    with world() as here:
        sell(here, 170.76)
        here.cycle()
        here.shop.change(1, OrderItems=[item("MUG-01", quantity=2)])
        here.shop.remove_tag(1, RECEIVED)
        here.run_on()
        assert here.warehouse.orders["1"].submission.prod_dollars == Decimal("20.00")
        (told,) = here.told(1)
        assert "170.76 USD" in told
        assert "32.00 USD" in told
