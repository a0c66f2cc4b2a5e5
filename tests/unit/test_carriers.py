"""R15: which carrier the shop is told, in the order of the rule."""

from __future__ import annotations

import pytest

from orderbridge.domain.carriers import (
    Carrier,
    ShippingProvider,
    carrier_from_name,
    carrier_from_providers,
    carrier_from_settings,
)

_LIST = {
    "Other": 0, "DHL Express": 1, "DHL": 2, "Hermes": 3, "DPD": 4, "UPS": 5, "GLS": 6, "Deutsche Post": 7,
    "FedEx": 9, "TNT": 11, "USPS": 17, "Amazon": 18,
}  # fmt: skip


def test_r15_the_merchants_map_names_the_carrier() -> None:
    assert carrier_from_settings("FedEx Smart Post < 1 Lbs", {"FedEx Smart Post < 1 Lbs": 9}) == Carrier(carrier_id=9)
    assert carrier_from_settings("fedex smart post  < 1 lbs", {"FedEx Smart Post < 1 Lbs": 9}) == Carrier(carrier_id=9)
    assert carrier_from_settings("UPS Ground", {"FedEx Smart Post < 1 Lbs": 9}) is None


def test_r15_the_map_may_name_carrier_zero() -> None:
    assert carrier_from_settings("Courier", {"Courier": 0}) == Carrier(carrier_id=0)


def test_r15_a_product_of_the_same_name_counts_before_a_provider() -> None:
    providers = (ShippingProvider(1, "UPS Ground", {}), ShippingProvider(2, "My UPS", {"ups  ground": 20}))
    assert carrier_from_providers("UPS Ground", providers) == Carrier(provider_id=2, product_id=20)


def test_r15_a_provider_of_the_same_name_is_found() -> None:
    assert carrier_from_providers("ups ground", (ShippingProvider(1, "UPS Ground", {}),)) == Carrier(provider_id=1)
    assert carrier_from_providers("UPS", (ShippingProvider(1, "UPS Ground", {}),)) is None


@pytest.mark.parametrize(
    ("method", "carrier"),
    [
        ("USPS First Class", 17), ("usps priority mail", 17), ("UPS Ground", 5), ("FedEx Smart Post < 1 Lbs", 9),
        ("FEDEX HOME", 9), ("DHL Express Worldwide", 1), ("DHL eCommerce", 2), ("International (DHL)", 2),
        ("DPD", 4), ("GLS Paket", 6), ("Deutsche Post Brief", 7),
    ],
)  # fmt: skip
def test_r15_the_carrier_in_the_ship_methods_name_is_looked_up(method: str, carrier: int) -> None:
    assert carrier_from_name(method, _LIST) == Carrier(carrier_id=carrier)


@pytest.mark.parametrize("method", ["", "Ground", "Groups and Upsell", "Pickups", "Letter"])
def test_r15_a_name_without_a_carrier_gives_none(method: str) -> None:
    assert carrier_from_name(method, _LIST) is None


def test_r15_the_numbers_come_from_the_shops_own_list() -> None:
    assert carrier_from_name("UPS Ground", {"UPS": 99}) == Carrier(carrier_id=99)
    assert carrier_from_name("UPS Ground", {"DHL": 2}) is None


@pytest.mark.parametrize("name", ["DhlExpress", "DHL_Express", "dhl express"])
def test_r15_the_list_may_spell_its_carriers_together(name: str) -> None:
    assert carrier_from_name("DHL Express", {name: 1, "DHL": 2}) == Carrier(carrier_id=1)
