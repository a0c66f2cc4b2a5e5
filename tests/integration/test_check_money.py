"""`merchants check` on money: what is charged and not shipped (R34), and currencies (R36)."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulators.billbee.orders import item, product
from orderbridge.desk.doctor.check_merchant import check_merchant
from orderbridge.desk.doctor.findings import Finding, Grade
from testkit.world import World, world


def doctor(here: World, area: str) -> list[Finding]:
    found = check_merchant(here.workspace(), webhook_url=None, webhook_secret=None, others={})
    return [finding for finding in found if finding.area == area]


def test_r34_the_doctor_shows_what_each_pattern_keeps_from_being_shipped_and_which_ones_are_idle() -> None:
    with world(money_only=["TIP*", "*protection", "Depsoit"]) as here:
        here.sell(1, item("MUG-01"), item("TIP-01"), item(None, title="Route protection"))
        here.sell(2, item("MUG-01"), item("TIP-02"))
        tips, protection, idle = doctor(here, "fees")
        assert tips.what == "'TIP*' keeps 2 lines from being shipped: TIP-01, TIP-02"
        assert protection.what == "'*protection' keeps 1 line from being shipped: Route protection"
        assert (tips.severity, protection.severity, idle.severity) == (Grade.OK, Grade.OK, Grade.HINT)
        assert "'Depsoit'" in idle.what
        assert "TIP" not in idle.what


def test_r34_the_doctor_says_nothing_of_fees_without_the_setting() -> None:
    with world() as here:
        here.sell(1)
        assert doctor(here, "fees") == []


RATE = {"rate": 1.08, "since": "2026-06-01"}


@pytest.mark.parametrize(
    ("settings", "severity", "words"),
    [
        ({}, Grade.HINT, "currency.warehouse is not set: figures are sent as they are, also in EUR (1 order)"),
        ({"warehouse": "EUR", "rates": {"USD": RATE}}, Grade.OK, "counts in EUR, and every recent order can"),
        ({"warehouse": "USD"}, Grade.WRONG, "without a rate, and orders in these are rejected: EUR"),
        ({"warehouse": "USD", "rates": {"EUR": RATE}}, Grade.OK, "counts in USD"),
        ({"warehouse": "USD", "rates": {"EUR": RATE | {"since": "2025-07-01"}}}, Grade.OK, "counts in USD"),
        ({"warehouse": "USD", "rates": {"EUR": RATE | {"since": "2025-06-30"}}}, Grade.HINT, "more than a year ago"),
        ({"warehouse": "USD", "rates": {"EUR": RATE | {"since": "2026-07-02"}}}, Grade.HINT, "rejected until then"),
    ],
)
def test_r36_the_doctor_tells_of_currencies_without_a_rate_and_of_rates_that_are_old_or_not_in_force(
    settings: dict[str, Any], severity: Grade, words: str
) -> None:
    with world(currency=settings) as here:
        here.sell(1)
        here.sell(2, currency="EUR")
        (found,) = doctor(here, "currency")
        assert found.severity is severity
        assert words in found.what
        assert bool(found.remedy) is (severity is not Grade.OK)


def test_r36_figures_in_dollars_alone_need_no_setting() -> None:
    with world() as here:
        here.sell(1)
        (found,) = doctor(here, "currency")
        assert found.severity is Grade.OK


def test_r4_the_doctor_names_shops_of_the_offer_codes_that_no_order_is_of() -> None:
    with world() as here:
        here.configure(bibi={"sources": {"Etzy": "E", "my  SHOP": "M", "4711": "ID"}})
        here.sell(1, shop=("Etsy", "My shop", 4711))
        (found,) = doctor(here, "offer codes")
        assert found.severity is Grade.HINT
        assert "calls Etzy; the orders' shops are 4711 / My shop / Etsy" in found.what


def test_r34_the_doctor_misses_nothing_about_products_that_are_not_shipped() -> None:
    with world(empty=True, money_only=["TIP*"]) as here:
        here.shop.add_product(product("TIP-01"))
        assert not [one for one in doctor(here, "products") if "EAN" in one.what and one.severity is not Grade.OK]
        here.shop.add_product(product("MUG-09"))
        assert [one.what for one in doctor(here, "products") if "without an EAN" in one.what] == [
            "1 without an EAN: MUG-09"
        ]


@pytest.mark.parametrize(("enabled", "per_sale", "wrong"), [(True, 3, False), (False, 3, True), (False, 1, False)])
def test_r41_the_doctor_says_where_the_pieces_of_a_sale_are_not_known(
    *, enabled: bool, per_sale: float, wrong: bool
) -> None:
    with world(empty=True, products={"enabled": enabled}) as here:
        here.shop.add_product(product("SOCKS", ean="4006381333931", pieces_per_sale=per_sale))
        told = [one.what for one in doctor(here, "products") if one.severity is Grade.WRONG]
        assert told == (["1 take several pieces for each one sold, and one is sent: SOCKS"] if wrong else [])
