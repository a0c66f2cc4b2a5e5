"""The reference tables in the layer are those of the libraries that they are written from."""

from __future__ import annotations

import pytest

from orderbridge.platform.countries import country_code, state_code
from orderbridge.platform.tables import COUNTRIES, CURRENCIES, US_STATES
from reference.module import PATH, module


def test_the_tables_are_what_make_tables_writes_today() -> None:
    assert PATH.read_text("utf-8") == module()


def test_r5_every_name_and_code_in_the_tables_is_found_and_means_one_country() -> None:
    found = {code: {country_code(name) for name in (code, *names)} for code, names in COUNTRIES.items()}
    assert found == {code: {code} for code in COUNTRIES}
    assert len(COUNTRIES) == 250


def test_r5_every_us_state_is_found_by_code_and_by_name() -> None:
    assert {state_code(name) for name in US_STATES.values()} == US_STATES.keys()
    assert {state_code(code) for code in US_STATES} == US_STATES.keys()
    assert len(US_STATES) == 62


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("España", "ES"), ("Polska", "PL"), ("日本", "JP"), ("Belgique", "BE"), ("België", "BE"), ("Suisse", "CH"),
        ("Viet Nam", "VN"), ("Russian Federation", "RU"), ("Czech Republic", "CZ"), ("Turkey", "TR"), ("Kosovo", "XK"),
        ("French Southern Territories", "TF"), ("Heard & McDonald Islands", "HM"), ("Holland", "NL"), ("U.S.A.", "US"),
    ],
)  # fmt: skip
def test_r5_a_country_is_known_by_its_own_name_its_iso_name_and_what_people_type(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Armed Forces Americas", "AA"), ("Armed Forces (AE)", "AE"), ("Federated States of Micronesia", "FM"),
        ("US Minor Outlying Islands", "UM"), ("um", "UM"), ("US-VI", "VI"),
    ],
)  # fmt: skip
def test_r5_territories_and_military_addresses_have_codes_as_states_do(text: str, code: str) -> None:
    assert state_code(text) == code


def test_r2_metals_units_of_account_and_test_codes_are_no_currencies() -> None:
    assert {"EUR", "USD", "XAF", "XPF"} <= CURRENCIES
    assert not {"XAU", "XDR", "XTS", "XXX"} & CURRENCIES
