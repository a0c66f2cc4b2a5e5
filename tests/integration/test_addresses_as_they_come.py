"""R5 from the shop to the warehouse: addresses of territories, of countries without postcodes, and wrong postcodes."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulators.billbee.orders import address
from orderbridge.platform.postcodes import postcode_rule
from orderbridge.platform.tables import COUNTRIES, US_TERRITORIES
from testkit.world import RECEIVED, REJECTED, World, world


def _sent(here: World, **given: Any) -> tuple[dict[str, str], str]:
    """The address and the ship method on the warehouse's books of an order with such an address."""
    here.sell(1, ship_to=address(**given))
    here.poll()
    here.push()
    assert here.submitted("1") == 1
    assert RECEIVED in here.tags(1)
    booked = here.warehouse.orders["1"].submission
    return booked.ship_to, booked.lines[0].ship_method


def _fields(sent: dict[str, str], *names: str) -> tuple[str, ...]:
    return tuple(sent[name] for name in names)


def test_r5_an_order_to_puerto_rico_is_a_domestic_one() -> None:
    with world() as here:
        sent, method = _sent(
            here, country="PR", state="San Juan", zip_code="901", city="San Juan", street="Calle Luna", house_number="9"
        )
    assert _fields(sent, "Address1", "City", "State", "ZipCode", "CountryCd") == (
        "9 Calle Luna", "San Juan", "PR", "00901", "US",
    )  # fmt: skip
    assert method == "24"


def test_r5_an_order_to_guam_goes_abroad_where_the_merchant_wants_it() -> None:
    with world(bibi={}) as here:
        here.configure(bibi={"territories": "international", "ship_methods_by_country": {"GU": "84"}})
        sent, method = _sent(here, country="", country_name="Guam", state="", zip_code="96910", city="Hagåtña")
    assert _fields(sent, "Address1", "State", "ZipCode", "CountryCd") == ("123 Willis Avenue", "", "96910", "GU")
    assert method == "84"


@pytest.mark.parametrize(("country", "city"), [("AE", ""), ("HK", "Hong Kong")])
def test_r5_the_warehouse_gets_a_postcode_where_the_country_has_none(country: str, city: str) -> None:
    with world() as here:
        sent, method = _sent(here, country=country, state="Dubai", zip_code="", city=city)
    assert _fields(sent, "City", "ZipCode", "CountryCd") == (city or "Dubai", "00000", country)
    assert method == "81"


def test_r5_a_country_and_a_state_by_their_names_and_the_customers_phone_reach_the_label() -> None:
    with world() as here:
        here.sell(
            1,
            ship_to=address(country="", country_name="United States (US)", state="Calif.", email="", phone=""),
            customer={"Name": "Jane Doe", "Email": "jane@example.com", "Tel1": "555-0177"},
        )
        here.poll()
        here.push()
        sent = here.warehouse.orders["1"].submission.ship_to
    assert _fields(sent, "State", "CountryCd", "DayPhone", "Email") == ("CA", "US", "555-0177", "jane@example.com")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "is not valid for the country DE, where postcodes look like 26133: correct the postcode or the",
        ),
        ("de", "passt nicht zum Land DE, dort sehen sie aus wie 26133: bitte Postleitzahl oder Land berichtigen."),
    ],
)
def test_r2_a_postcode_of_another_country_is_told_and_the_corrected_order_sent(language: str, said: str) -> None:
    with world(language=language) as here:
        german = {"country": "DE", "state": "", "city": "Berlin"}
        here.sell(1, ship_to=address(**german, zip_code="SW1A 1AA"))
        here.poll()
        here.push()
        assert here.submitted("1") == 0
        assert REJECTED in here.tags(1)
        (message,) = here.told(1)
        assert said in message
        assert "[OB-131]" in message
        assert "SW1A" not in message
        here.shop.change(1, ShippingAddress=address(**german, zip_code="D-10115"), Tags=["bibi"])
        here.poll()
        here.push()
        assert here.submitted("1") == 1
        assert here.warehouse.orders["1"].submission.ship_to["ZipCode"] == "10115"


def test_r2_a_wrong_postcode_of_the_invoice_address_does_not_stop_the_order() -> None:
    with world() as here:
        here.sell(1, ship_to=address(), bill_to=address(first_name="Max", zip_code="914", city="Reno", state="NV"))
        here.poll()
        here.push()
        booked = here.warehouse.orders["1"].submission
    assert _fields(booked.bill_to, "FirstName", "City", "ZipCode") == ("Max", "Reno", "914")
    assert booked.ship_to["ZipCode"] == "91402"


def test_r5_an_order_to_every_country_reaches_the_warehouse_with_its_number_once() -> None:
    """Only what each country requires is given, and its postcode without spaces and hyphens. Kosovo is not in ISO
    3166-1, which the warehouse's documents name.
    """
    countries = sorted(COUNTRIES - {"XK"})
    with world() as here:
        here.put("MUG-01", physical=1000)
        for place, country in enumerate(countries, start=1):
            rule = postcode_rule(country)
            postcode = "".join(filter(str.isalnum, rule.example)) if rule and rule.required else ""
            given = address(country=country, zip_code=postcode, state="CA" if country == "US" else "", city="Xanadu")
            here.sell(place, ship_to=given | {"Street": "Xylo Street", "HouseNumber": "77"})
        here.poll()
        here.push()
        booked = {
            country: here.warehouse.orders[str(place)].submission.ship_to
            for place, country in enumerate(countries, start=1)
            if here.submitted(str(place)) == 1
        }
    assert sorted(booked) == countries
    lines = {country: sent["Address1"].replace(",", "") for country, sent in booked.items()}
    assert {line for country, line in lines.items() if country in US_TERRITORIES | {"US"}} == {"77 Xylo Street"}
    assert set(lines.values()) == {"77 Xylo Street", "Xylo Street 77"}
    assert {sent["CountryCd"] for sent in booked.values()} == COUNTRIES - US_TERRITORIES - {"XK"}
    filled = {country for country, sent in booked.items() if sent["ZipCode"] == "00000"}
    assert {"AE", "HK", "IE", "KZ"} <= filled
    assert not filled & {"US", "DE", "PR", "FK", "GI"}
