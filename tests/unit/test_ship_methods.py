"""R4: which ship method an order travels by, in the order of the rule."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orderbridge.merchants.settings import BibiSettings
from orderbridge.orders.addresses import AddressRules, postal_address
from orderbridge.orders.shipping_order import shop_shipping_names
from orderbridge.orders.terms import code_for, default_ship_method
from tests.builders import address, order


def test_r4_a_name_of_the_merchants_map_has_its_code() -> None:
    assert code_for(("DHL Paket",), {"DHL Paket": "84"}) == "84"
    assert code_for(("dhl paket",), {"DHL Paket": "84"}) == "84"
    assert code_for(("Other",), {"DHL Paket": "84"}) is None
    assert code_for((), {"DHL Paket": "84"}) is None


def test_r4_the_product_counts_before_the_profile() -> None:
    names = shop_shipping_names(order(shipping_product="Express", shipping_profile="Parcel"))
    assert names == ("Express", "Parcel")
    assert code_for(names, {"Parcel": "1", "Express": "2"}) == "2"
    assert code_for(names, {"Parcel": "1"}) == "1"


def test_r4_the_first_name_that_the_warehouse_has_counts_whatever_its_case_and_blanks() -> None:
    known = {"USPS First Class": "02", "FedEx Home": "31"}
    assert code_for(("usps first  class",), known) == "02"
    assert code_for(("Unknown", "FedEx Home"), known) == "31"
    assert code_for(("USPS",), known) is None
    assert code_for((), known) is None


@pytest.mark.parametrize(("country", "method"), [("US", "24"), ("PR", "24"), ("DE", "81"), ("CA", "81"), ("GB", "81")])
def test_r4_the_default_is_domestic_in_the_united_states_and_international_elsewhere(country: str, method: str) -> None:
    assert default_ship_method(postal_address(address(country_code=country)), BibiSettings()) == method


def test_r4_a_country_and_a_territory_may_have_a_default_of_their_own() -> None:
    bibi = BibiSettings(ship_methods_by_country={"Germany": "84", "pr": "05", "US": "02"})
    methods = {
        country: default_ship_method(postal_address(address(country_code=country)), bibi)
        for country in ("DE", "PR", "GU", "US", "FR")
    }
    assert methods == {"DE": "84", "PR": "05", "GU": "02", "US": "02", "FR": "81"}


def test_r4_territories_travel_abroad_where_the_setting_says_so() -> None:
    guam = postal_address(address(country_code="GU"), AddressRules(domestic_territories=False))
    assert default_ship_method(guam, BibiSettings()) == "81"


def test_a_default_for_what_is_no_country_is_a_clear_error() -> None:
    with pytest.raises(ValidationError, match="not a country: use its two-letter code, such as DE"):
        BibiSettings(ship_methods_by_country={"Bavaria": "84"})
