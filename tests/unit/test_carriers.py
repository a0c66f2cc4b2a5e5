"""R15: which carrier the shop is told, in the order of the rule."""

from __future__ import annotations

import pytest

from orderbridge.tracking.carriers import (
    Carrier,
    ShippingProduct,
    ShippingProvider,
    carrier_from_name,
    carrier_from_providers,
    carrier_from_settings,
    find_carrier,
)

_LIST = {
    "Other": 0, "DHL Express": 1, "DHL": 2, "Hermes": 3, "DPD": 4, "UPS": 5, "GLS": 6, "Deutsche Post": 7,
    "FedEx": 9, "TNT": 11, "USPS": 17, "Amazon": 18,
}  # fmt: skip


def test_r15_the_merchants_map_names_the_carrier() -> None:
    assert carrier_from_settings("FedEx Smart Post < 1 Lbs", {"FedEx Smart Post < 1 Lbs": 9}) == Carrier(carrier_id=9)
    assert carrier_from_settings("fedex smart post  < 1 lbs", {"FedEx Smart Post < 1 Lbs": 9}) == Carrier(carrier_id=9)
    assert carrier_from_settings("UPS Ground", {"FedEx Smart Post < 1 Lbs": 9}) is None


def test_r15_the_map_comes_first_then_providers_then_the_name_and_no_list_is_read_for_nothing() -> None:
    asked: list[str] = []

    def providers() -> tuple[ShippingProvider, ...]:
        asked.append("providers")
        return (ShippingProvider(1, "UPS Ground"),)

    def carriers() -> dict[str, int]:
        asked.append("carriers")
        return _LIST

    def found(ship_method: str) -> tuple[Carrier, list[str]]:
        asked.clear()
        return find_carrier(ship_method, {"Courier": 0}, providers=providers, carriers=carriers), list(asked)

    assert found("Courier") == (Carrier(carrier_id=0), [])
    assert found(" ") == (Carrier(), [])
    assert found("UPS Ground") == (Carrier(provider_id=1), ["providers"])
    assert found("USPS Priority") == (Carrier(carrier_id=17), ["providers", "carriers"])
    assert found("By bicycle") == (Carrier(), ["providers", "carriers"])


def test_r15_the_map_may_name_carrier_zero() -> None:
    assert carrier_from_settings("Courier", {"Courier": 0}) == Carrier(carrier_id=0)


def test_r15_a_product_of_the_same_name_counts_before_a_provider() -> None:
    ground = ShippingProduct(20, ("ups  ground", "03"))
    providers = (ShippingProvider(1, "UPS Ground"), ShippingProvider(2, "My UPS", (ground,)))
    assert carrier_from_providers("UPS Ground", providers) == Carrier(provider_id=2, product_id=20)


def test_r15_a_provider_of_the_same_name_is_found() -> None:
    assert carrier_from_providers("ups ground", (ShippingProvider(1, "UPS Ground"),)) == Carrier(provider_id=1)
    assert carrier_from_providers("UPS", (ShippingProvider(1, "UPS Ground"),)) is None


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


# Number, the identifier that Billbee's own client knows the carrier by, its name in the app, and a ship method of it.
_ALL = [
    (0, "other", "Other", "Other"), (1, "dhlExpress", "DHL Express", "DHL Express Worldwide"),
    (2, "DHL", "DHL", "DHL eCommerce"), (3, "hermes", "Hermes", "Hermes Päckchen"), (4, "dpd", "DPD", "DPD Classic"),
    (5, "UPS", "UPS", "UPS Ground"), (6, "GLS", "GLS", "GLS Paket"),
    (7, "dpag", "Deutsche Post", "Deutsche Post Brief"), (8, "OePost", "ÖPost", "Österreichische Post Paket"),
    (9, "FedEx", "FedEx", "FedEx Smart Post < 1 Lbs"), (10, "generalOvernight", "GO!", "GO! Overnight"),
    (11, "tnt", "TNT", "TNT Express"), (12, "liefery", "Liefery", "liefery same day"), (13, "iloxx", "iloxx", "iloxx"),
    (14, "parcel_one", "ParcelOne", "Parcel One Premium"),
    (15, "cargo_international", "cargo international", "Cargo International"), (16, "pin_mail", "PIN", "PIN Mail AG"),
    (17, "usPostalService", "USPS", "USPS First Class"),
    (18, "amazon_logistics", "Amazon", "Amazon Logistics Standard"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "identifier", "name", "method"), _ALL, ids=[one[1] for one in _ALL])
def test_r15_each_carrier_of_billbees_list_is_found_by_identifier_and_by_name(
    number: int, identifier: str, name: str, method: str
) -> None:
    identifiers, names = {one[1]: one[0] for one in _ALL}, {one[2]: one[0] for one in _ALL}
    assert (identifiers[identifier], names[name]) == (number, number)
    for listed in (identifiers, names):
        for wanted in (method, method.upper(), name):
            assert carrier_from_name(wanted, listed) == Carrier(carrier_id=number), wanted


@pytest.mark.parametrize(
    ("method", "number"),
    [
        ("US Postal Service Priority", 17), ("U.S. Postal Service", 17), ("United States Postal Service", 17),
        ("DPAG Warensendung", 7), ("General Overnight", 10), ("OePost", 8), ("Federal Express 2Day", 9),
        ("DHL-Express", 1), ("Deutsche_Post", 7), ("Amazon Shipping", 18), ("United Parcel Service", 5),
    ],
)  # fmt: skip
def test_r15_a_carriers_other_names_are_known(method: str, number: int) -> None:
    assert carrier_from_name(method, {one[1]: one[0] for one in _ALL}) == Carrier(carrier_id=number)


@pytest.mark.parametrize("method", ["", " ", "!", "Pickup to go", "Groups", "US Mail"])
def test_r15_nothing_matches_nothing(method: str) -> None:
    listed = {one[1]: one[0] for one in _ALL} | {"": 3, " ": 4, "--": 5}
    nameless = (
        ShippingProvider(1, "", (ShippingProduct(2, ("", "")), ShippingProduct(3, ()))),
        ShippingProvider(4, ""),
    )
    assert carrier_from_name(method, listed) is None
    assert carrier_from_providers(method, nameless) is None
    assert carrier_from_settings("", {"": 9, " ": 8}) is None


def test_r15_the_name_that_merchants_see_counts_before_the_other_one() -> None:
    first = ShippingProvider(1, "DHL", (ShippingProduct(10, ("DHL Paket", "Priority")),))
    second = ShippingProvider(2, "USPS", (ShippingProduct(20, ("Priority", "first")),))
    assert carrier_from_providers("Priority", (first, second)) == Carrier(provider_id=2, product_id=20)
    assert carrier_from_providers("priority", (first,)) == Carrier(provider_id=1, product_id=10)
    assert carrier_from_providers("First", (first, second)) == Carrier(provider_id=2, product_id=20)


def test_r15_the_numbers_come_from_the_shops_own_list() -> None:
    assert carrier_from_name("UPS Ground", {"UPS": 99}) == Carrier(carrier_id=99)
    assert carrier_from_name("UPS Ground", {"DHL": 2}) is None


@pytest.mark.parametrize("name", ["DhlExpress", "DHL_Express", "dhl express"])
def test_r15_the_list_may_spell_its_carriers_together(name: str) -> None:
    assert carrier_from_name("DHL Express", {name: 1, "DHL": 2}) == Carrier(carrier_id=1)
