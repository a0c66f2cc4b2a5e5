"""R2 and R5: addresses that a label can be printed from, and what is said about the others."""

from __future__ import annotations

import pytest

from orderbridge.orders.addresses import check_address, postal_address, street_line
from orderbridge.platform.countries import country_code, state_code
from tests.builders import address


def _codes(**changes: str) -> list[str]:
    return [problem.code for problem in check_address(address(**changes))]


def test_r2_a_complete_address_is_fine() -> None:
    assert _codes() == []


def test_r2_an_order_without_an_address_says_so() -> None:
    assert [problem.code for problem in check_address(None)] == ["OB-101"]


def test_r2_an_empty_address_is_one_problem_and_not_six() -> None:
    empty = address().model_copy(update=dict.fromkeys(address().model_dump(exclude={"email", "phone"}), ""))
    assert [problem.code for problem in check_address(empty)] == ["OB-101"]


@pytest.mark.parametrize(
    ("missing", "code"),
    [("street", "OB-103"), ("city", "OB-104"), ("postcode", "OB-105"), ("country_code", "OB-106")],
)
def test_r2_each_part_of_the_address_is_checked(missing: str, code: str) -> None:
    assert _codes(**{missing: ""}) == [code]


def test_r2_a_recipient_is_a_person_or_a_company() -> None:
    assert _codes(first_name="", last_name="") == ["OB-102"]
    assert _codes(first_name="", last_name="", company="ACME") == []
    assert _codes(first_name="") == []


def test_r2_all_that_is_missing_is_said_at_once() -> None:
    assert _codes(street="", city="", postcode="") == ["OB-103", "OB-104", "OB-105"]


def test_r2_problems_never_repeat_the_address() -> None:
    wrong = address(state="Kalifornien-Süd", country_code="Q9", country="Phantasia")
    text = " ".join(str(problem) for problem in check_address(wrong))
    assert text
    assert not any(part in text for part in ("Kalifornien", "Phantasia", "Willis", "Jane", "91402"))


def test_r2_a_country_that_cannot_be_mapped_is_rejected() -> None:
    assert _codes(country_code="XX", country="Atlantis") == ["OB-107"]


def test_r2_a_us_address_needs_a_state() -> None:
    assert _codes(state="") == ["OB-108"]
    assert _codes(state="", country_code="", country="USA") == ["OB-108"]
    assert _codes(state="", country_code="DE") == []


@pytest.mark.parametrize("names", [{"first_name": "Cher", "last_name": ""}, {"first_name": "", "last_name": "Cher"}])
def test_r5_a_single_name_is_sent_as_the_last_name(names: dict[str, str]) -> None:
    assert _codes(**names) == []
    assert (postal_address(address(**names)).first_name, postal_address(address(**names)).last_name) == ("", "Cher")


def test_r2_a_us_state_that_is_none_is_rejected() -> None:
    assert _codes(state="Bavaria") == ["OB-108"]
    assert _codes(state="Bavaria", country_code="DE") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US", "US"), ("us", "US"), (" de ", "DE"), ("USA", "US"), ("DEU", "DE"), ("United States", "US"),
        ("United States of America", "US"), ("Vereinigte Staaten", "US"), ("Deutschland", "DE"), ("Germany", "DE"),
        ("Österreich", "AT"), ("Schweiz", "CH"), ("United Kingdom", "GB"), ("UK", "GB"), ("Great Britain", "GB"),
        ("Großbritannien", "GB"), ("Côte d’Ivoire", "CI"), ("Atlantis", None), ("", None), ("X1", None),
    ],
)  # fmt: skip
def test_r5_countries_are_iso_3166_alpha_2(text: str, code: str | None) -> None:
    assert country_code(text) == code


def test_r5_a_country_code_that_is_none_gives_way_to_the_name() -> None:
    assert postal_address(address(country_code="XX", country="Germany", state="")).country == "DE"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("California", "CA"), ("california", "CA"), (" NEW  YORK ", "NY"), ("ny", "NY"), ("US-TX", "TX"),
        ("Washington D.C.", "DC"), ("District of Columbia", "DC"), ("Puerto Rico", "PR"), ("AE", "AE"),
        ("Armed Forces Pacific", "AP"), ("Ontario", None), ("", None),
    ],
)  # fmt: skip
def test_r5_us_states_become_two_letter_codes(text: str, code: str | None) -> None:
    assert state_code(text) == code


def test_r5_a_state_spelled_out_becomes_its_code_in_the_us_only() -> None:
    assert postal_address(address(state="North Carolina")).state == "NC"
    assert postal_address(address(state="Bayern", country_code="DE")).state == "Bayern"


@pytest.mark.parametrize(
    ("street", "number", "country", "joined"),
    [
        ("Willis Avenue", "123", "US", "123 Willis Avenue"),
        ("Hauptstraße", "5a", "DE", "Hauptstraße 5a"),
        ("123 Willis Avenue", "", "US", "123 Willis Avenue"),
        ("123 Willis Avenue", "123", "US", "123 Willis Avenue"),
        ("Hauptstraße 5a", "5a", "DE", "Hauptstraße 5a"),
        ("Hauptstraße 12 a", "12 a", "DE", "Hauptstraße 12 a"),
        ("High Street", "1/2", "GB", "1/2 High Street"),
    ],
)
def test_r5_street_and_house_number_are_joined_once(street: str, number: str, country: str, joined: str) -> None:
    assert street_line(street, number, country) == joined


def test_r5_no_character_is_lost() -> None:
    given = address(
        first_name="Zoë 🎁", last_name="Łukasiewicz-Nuñez", company="Ölmühle & Söhne", street="улица Ленина",
        line2="4楼", name_addition="c/o Þór", city="København", postcode="Å-1", state="北海道", country_code="JP",
    )  # fmt: skip
    printed = postal_address(given)
    assert (printed.first_name, printed.last_name, printed.company) == (
        "Zoë 🎁",
        "Łukasiewicz-Nuñez",
        "Ölmühle & Söhne",
    )
    assert printed.lines == ("улица Ленина 123", "4楼", "c/o Þór")
    assert (printed.city, printed.postcode, printed.state) == ("København", "Å-1", "北海道")
    assert (printed.phone, printed.email) == ("555-0100", "jane@example.com")


def test_r5_a_billing_address_that_nobody_checked_keeps_its_state_and_country() -> None:
    printed = postal_address(address(state="Kalifornien"))
    assert printed.state == "Kalifornien"


def test_personal_data_does_not_show_in_a_repr() -> None:
    for shown in (repr(address()), str(address()), repr(postal_address(address())), str(postal_address(address()))):
        assert not any(part in shown for part in ("Jane", "Doe", "Willis", "Angeles", "91402", "example.com"))
