"""R4: which ship method an order travels by, in the order of the rule."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orderbridge.merchants.settings import BibiSettings
from orderbridge.orders.addresses import AddressRules, postal_address
from orderbridge.orders.shipping_order import shop_shipping_names
from orderbridge.orders.terms import default_ship_method, ship_method_by_name, ship_method_from_settings
from tests.builders import address, order


def test_r4_the_merchants_map_names_the_method() -> None:
    assert ship_method_from_settings(("DHL Paket",), {"DHL Paket": "84"}) == "84"
    assert ship_method_from_settings(("dhl paket",), {"DHL Paket": "84"}) == "84"
    assert ship_method_from_settings(("Other",), {"DHL Paket": "84"}) is None
    assert ship_method_from_settings((), {"DHL Paket": "84"}) is None


def test_r4_the_product_counts_before_the_profile() -> None:
    names = shop_shipping_names(order(shipping_product="Express", shipping_profile="Parcel"))
    assert names == ("Express", "Parcel")
    assert ship_method_from_settings(names, {"Parcel": "1", "Express": "2"}) == "2"
    assert ship_method_from_settings(names, {"Parcel": "1"}) == "1"


def test_r4_a_warehouse_method_of_the_same_name_is_found() -> None:
    known = {"USPS First Class": "02", "FedEx Home": "31"}
    assert ship_method_by_name(("usps first  class",), known) == "02"
    assert ship_method_by_name(("Unknown", "FedEx Home"), known) == "31"
    assert ship_method_by_name(("USPS",), known) is None
    assert ship_method_by_name((), known) is None


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
