"""R36: orders in euros at a warehouse that counts in dollars: submitted, changed, billed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.simulators.billbee.orders import address, item
from orderbridge.desk.try_rules import try_rules
from orderbridge.ledger.conversion import Conversion
from testkit.world import RECEIVED, REJECTED, World, world

RATES = {"EUR": {"rate": 1.08, "since": "2026-06-01"}}
DOLLARS = {"warehouse": "USD", "rates": RATES}


def sell(here: World, order: int = 1, **fields: Any) -> None:
    here.sell(
        order,
        item("MUG-01", quantity=2, unit_price="14.99", tax_rate="19"),
        item("TEE-01", unit_price="7.49", tax_rate="7", tax_index=2),
        item("SALE", unit_price="-3.33", is_coupon=True),
        shipping_cost="4.90",
        **{"currency": "EUR", **fields},
    )


def books(here: World, order: int = 1) -> dict[str, Decimal]:
    sent = here.warehouse.orders[str(order)].submission
    paid = sent.prod_dollars + sent.ph_amt + sent.tax_amt - sent.discount_total
    return {
        "goods": sent.prod_dollars,
        "shipping": sent.ph_amt,
        "tax": sent.tax_amt,
        "discounts": sent.discount_total,
        "paid": paid,
    }


def test_r36_an_order_in_euros_is_on_the_books_in_dollars_and_its_record_has_the_rate() -> None:
    with world(currency=DOLLARS) as here:
        sell(here)
        here.cycle()
        # 25.19 + 7.00 goods, 4.90 shipping, 4.79 + 0.49 tax, less 3.33, is 39.04 euros
        assert books(here) == {
            "goods": Decimal("34.77"),
            "shipping": Decimal("5.29"),
            "tax": Decimal("5.7"),
            "discounts": Decimal("3.60"),
            "paid": Decimal("42.16"),
        }
        conversion = here.record(1).conversion
        assert conversion is not None
        assert (conversion.currency, conversion.into, conversion.rate) == ("EUR", "USD", Decimal("1.08"))
        told = "claimed for sending; EUR converted into USD at 1.08 (rate of 2026-06-01)"
        assert [event.why for event in here.record(1).timeline].count(told) == 1
        assert here.told(1) == []


def test_r36_a_currency_without_a_rate_is_rejected_and_sent_once_there_is_one() -> None:
    with world(currency=DOLLARS) as here:
        sell(here, currency="GBP")
        here.cycle()
        (told,) = here.told(1)
        assert "currency.rates.GBP" in told
        assert "[OB-128]" in told
        assert here.bibi.count("POST /submitOrder") == 0
        here.configure(currency={"rates": {**RATES, "GBP": {"rate": 1.25, "since": "2026-07-01"}}})
        here.shop.remove_tag(1, REJECTED)
        here.cycle()
        assert books(here)["paid"] == Decimal("48.80")


def test_r36_without_the_setting_the_figures_are_sent_as_they_are_and_the_timeline_says_so_once() -> None:
    with world() as here:
        sell(here)
        here.cycle()
        assert books(here)["paid"] == Decimal("39.04")
        assert here.record(1).conversion is None
        assert sum("sent as they are, in EUR" in event.why for event in here.record(1).timeline) == 1


def test_r36_a_change_keeps_the_rate_of_the_order_though_the_settings_have_another() -> None:
    with world(currency=DOLLARS) as here:
        sell(here)
        here.cycle()
        here.configure(currency={"rates": {"EUR": {"rate": 1.2, "since": "2026-07-01"}}})
        here.shop.change(1, OrderItems=here.wire(1)["OrderItems"][:2], TotalCost=42.37)
        here.shop.remove_tag(1, RECEIVED)
        here.run_on()
        assert books(here)["paid"] == Decimal("45.76")
        kept = here.record(1).conversion
        assert isinstance(kept, Conversion)
        assert kept.rate == Decimal("1.08")
        sell(here, 2)
        here.cycle()
        assert books(here, 2)["paid"] == Decimal("46.85")


def test_r20_r36_the_billing_check_compares_in_the_orders_currency() -> None:
    with world(currency=DOLLARS, billing={"enabled": True}) as here:
        for order in (1, 2):
            sell(here, order)
        here.cycle()
        for order in (1, 2):
            here.warehouse.ship(str(order), [f"1Z{order}"], method="02")
        here.pull()
        here.books.bill(here.wire(1))
        in_dollars = books(here, 2)
        here.books.bill(here.wire(2), currency="USD", total=float(in_dollars["paid"]))
        here.check_billing()
        assert ("billing_ok" in here.record(1).told, here.told(1)) == (True, [])
        (told,) = here.told(2)
        assert "currency USD instead of EUR" in told


@pytest.mark.parametrize("vat_mode", [1, 2, 3, 4], ids=["small business", "reverse charge", "export", "margin"])
@pytest.mark.parametrize("currency", [None, DOLLARS])
def test_r3_r36_an_order_without_tax_has_none_whatever_its_rates_and_amounts(
    vat_mode: int, currency: dict[str, Any] | None
) -> None:
    with world() as here:
        here.configure(currency=currency or {})
        sell(here, ship_to=address(country="DE", zip_code="10115", state="", city="Berlin"))
        here.shop.change(1, VatMode=vat_mode, TaxRate1=19.0, TaxRate2=7.0)
        here.cycle()
        found = books(here)
        assert found["tax"] == 0
        assert found["paid"] == (Decimal("42.16") if currency else Decimal("39.04"))
        assert found["goods"] == (Decimal("40.47") if currency else Decimal("37.47"))


@pytest.mark.parametrize("given", [True, False], ids=["TaxAmount", "rates"])
def test_r3_r36_mixed_rates_are_taken_out_line_by_line(given: bool) -> None:
    with world(currency=DOLLARS) as here:
        sell(here)
        if not given:
            lines = [line | {"TaxAmount": None} for line in here.wire(1)["OrderItems"]]
            here.shop.change(1, OrderItems=lines, TaxRate1=19.0, TaxRate2=7.0)
        here.cycle()
        assert (books(here)["tax"], books(here)["paid"]) == (Decimal("5.7"), Decimal("42.16"))
        prices = [(line.item_no, line.amount, line.quantity) for line in here.warehouse.orders["1"].submission.lines]
        assert prices == [("MUG-01", Decimal("13.60"), 2), ("TEE-01", Decimal("7.56"), 1)]


def test_r36_rules_try_uses_the_rate_that_an_order_was_converted_by() -> None:
    """A rate that was taken out of the settings, or set for later, keeps only new orders out."""
    with world(currency=DOLLARS, rules=[{"name": "all", "when": {}, "then": {"rush": True}}]) as here:
        since = here.clock.now() - timedelta(days=1)
        sell(here)
        here.cycle()
        sell(here, 2, state=2)
        for rates in ({}, {"EUR": {"rate": 1.2, "since": "2030-01-01"}}):
            here.configure(currency={"rates": rates})
            workspace = here.workspace()
            trial = try_rules(workspace, (), workspace.settings.rules, since=since)
            assert (trial.read, trial.not_sent) == (2, 1)
            assert [one.billbee_id for one in trial.differences] == [1]
