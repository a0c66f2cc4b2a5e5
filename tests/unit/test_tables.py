"""The reference tables in the layer are those of the libraries that they are written from."""

from __future__ import annotations

from itertools import chain

import pytest

from orderbridge.platform.countries import country_code, state_code
from orderbridge.platform.place_names import COUNTRY_NAMES, STATE_NAMES
from orderbridge.platform.postcodes import postcode_rule, tidy_postcode
from orderbridge.platform.tables import (
    COUNTRIES,
    CURRENCIES,
    CURRENCY_DIGITS,
    POSTCODES,
    STREET_ORDERS,
    US_STATES,
    US_TERRITORIES,
    US_ZIPS,
    WITHOUT_CITY,
)
from orderbridge.platform.texts import bare
from reference import address_data, sources
from reference.module import modules


def test_the_tables_are_what_make_tables_writes_today() -> None:
    for path, text in modules().items():
        assert path.read_text("utf-8") == text, path.name


def test_r5_every_country_is_found_by_its_codes_and_its_names_in_many_languages() -> None:
    assert {code: country_code(code.lower()) for code in COUNTRIES} == {code: code for code in COUNTRIES}
    assert {name: country_code(name) for name in COUNTRY_NAMES} == COUNTRY_NAMES
    assert set(COUNTRY_NAMES.values()) == COUNTRIES
    assert len(COUNTRIES) == 250


def test_r5_no_name_of_iso_or_in_english_or_german_gives_way_to_another_country() -> None:
    for code in COUNTRIES:
        for name in [*sources._iso_names(code), *sources._cldr_names(code, ["en", "de"])]:
            assert country_code(name) == code, name


def test_r5_no_state_has_the_name_of_another() -> None:
    for country, names in STATE_NAMES.items():
        assert {name: state_code(name, country) for name in names} == names
        assert all(state_code(f" {code.lower()} ", country) == code for code in names.values())
    assert set(STATE_NAMES["US"].values()) == {*US_STATES, "UM"}
    assert {country: len(set(names.values())) for country, names in STATE_NAMES.items()} == {
        "US": 63,
        "CA": 13,
        "AU": 9,
    }
    assert all(state_code(name) == code for code, name in US_STATES.items())


def test_r5_names_are_compared_in_the_form_that_the_table_has() -> None:
    assert all(bare(name) == name for name in [*COUNTRY_NAMES, *chain(*STATE_NAMES.values())])


def test_r5_the_tables_speak_of_countries_and_states_that_there_are() -> None:
    assert {*POSTCODES, *STREET_ORDERS, *WITHOUT_CITY, *US_TERRITORIES} <= COUNTRIES
    assert US_ZIPS.keys() == US_STATES.keys()
    assert {"AS", "GU", "MP", "PR", "VI"} == US_TERRITORIES


@pytest.mark.parametrize("code", sorted(POSTCODES))
def test_r5_each_country_takes_the_postcodes_that_its_data_give_as_examples(code: str) -> None:
    rule = postcode_rule(code)
    assert rule is not None
    for example in address_data.address_data(code)["zipex"].split(","):
        assert rule.fits(example)
        tidy = tidy_postcode(f" {example.lower()} ", code)
        assert tidy is not None
        assert tidy.replace(" ", "") == example.replace(" ", "")


def test_r5_the_number_is_before_the_street_in_about_half_of_the_countries() -> None:
    first = {code for code, order in STREET_ORDERS.items() if order.startswith("{1}")}
    assert {"US", "PR", "CA", "GB", "FR", "AU", "IE", "ZA", "IN", "TH"} <= first
    assert not first & {"DE", "AT", "CH", "NL", "BE", "ES", "IT", "PL", "SE", "BR", "MX", "KR"}
    assert 90 < len(first) < 130


def test_r5_every_us_state_is_found_by_code() -> None:
    assert {state_code(code.lower()) for code in US_STATES} == US_STATES.keys()
    assert len(US_STATES) == 62


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("España", "ES"), ("Polska", "PL"), ("日本", "JP"), ("Belgique", "BE"), ("België", "BE"), ("Suisse", "CH"),
        ("Viet Nam", "VN"), ("Russian Federation", "RU"), ("Czech Republic", "CZ"), ("Turkey", "TR"), ("Kosovo", "XK"),
        ("French Southern Territories", "TF"), ("Heard & McDonald Islands", "HM"), ("Holland", "NL"), ("U.S.A.", "US"),
        ("United States (US)", "US"), ("United Kingdom (UK)", "GB"), ("Weißrussland", "BY"), ("Elfenbeinküste", "CI"),
        ("Allemagne", "DE"), ("États-Unis", "US"), ("ETATS UNIS", "US"), ("Alemania", "DE"), ("Estados Unidos", "US"),
        ("Pays-Bas", "NL"), ("Stati Uniti", "US"), ("Verenigde Staten", "US"), ("Germany, DE", "DE"),
        ("DE-Germany", "DE"),
        ("Deutschland (DEU)", "DE"), ("Trinidad and Tobago", "TT"), ("Virgin Islands (British)", "VG"),
        ("Kanarische Inseln", "ES"), ("IC", "ES"), ("Isle of Man", "IM"), ("Porto Rico", "PR"), ("中国", "CN"),
        ("Niederlande (Holland)", "NL"), ("St Lucia", "LC"), ("Saint Lucia", "LC"), ("The Gambia", "GM"),
    ],
)  # fmt: skip
def test_r5_a_country_is_known_by_its_own_name_its_iso_name_and_what_people_type(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    "text",
    ["Georgia (US)", "Korea (North)", "Ireland, Northern", "Samoa (American)", "Paris, France", "DE, FR", "-", "("],
)
def test_r5_a_text_that_may_mean_two_countries_is_not_guessed(text: str) -> None:
    assert country_code(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Armed Forces Americas", "AA"), ("Armed Forces (AE)", "AE"), ("Federated States of Micronesia", "FM"),
        ("US Minor Outlying Islands", "UM"), ("um", "UM"), ("US-VI", "VI"), ("Armed Forces Middle East", "AE"),
        ("Armed Forces Africa", "AE"), ("Armed Forces Canada", "AE"), ("US Virgin Islands", "VI"), ("Porto Rico", "PR"),
    ],
)  # fmt: skip
def test_r5_territories_and_military_addresses_have_codes_as_states_do(text: str, code: str) -> None:
    assert state_code(text) == code


def test_r2_metals_units_of_account_and_test_codes_are_no_currencies() -> None:
    assert {"EUR", "USD", "XAF", "XPF"} <= CURRENCIES
    assert not {"XAU", "XDR", "XTS", "XXX"} & CURRENCIES


def test_currencies_without_two_decimals_are_known() -> None:
    three = {code for code, digits in CURRENCY_DIGITS.items() if digits == 3}
    assert three == {"BHD", "JOD", "KWD", "LYD", "OMR", "TND"}
    assert CURRENCY_DIGITS["JPY"] == CURRENCY_DIGITS["KRW"] == 0
    assert not {"EUR", "USD", "GBP", "CHF"} & CURRENCY_DIGITS.keys()
