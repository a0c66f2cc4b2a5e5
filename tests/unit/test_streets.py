"""R5: street and house number on one line, in each country's order, the number neither doubled nor dropped."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.orders.streets import street_line
from orderbridge.platform.tables import COUNTRIES

_COUNTRIES = sorted(COUNTRIES)
_LETTERS = string.ascii_letters + "äöüßéèñçøåłžšğ" + "улицаЛенина" + "محمد" + "नगर"
_NAMES = st.text(_LETTERS, min_size=2, max_size=12)
_STREETS = st.lists(_NAMES, min_size=1, max_size=3).map(" ".join)
_NUMBERS = st.from_regex(r"[1-9][0-9]{0,4}([a-f]|/[1-9]|-[1-9][0-9]?)?", fullmatch=True)


@pytest.mark.parametrize(
    ("street", "number", "country", "joined"),
    [
        ("Willis Avenue", "123", "US", "123 Willis Avenue"),
        ("Hauptstraße", "5a", "DE", "Hauptstraße 5a"),
        ("High Street", "1/2", "GB", "1/2 High Street"),
        ("Rue de Rivoli", "7 bis", "FR", "7 bis Rue de Rivoli"),
        ("Calle Mayor", "3", "ES", "Calle Mayor, 3"),
        ("Rua Augusta", "900", "BR", "Rua Augusta, 900"),
        ("Via Roma", "8", "IT", "Via Roma 8"),
        ("Nathan Road", "12", "HK", "12 Nathan Road"),
        ("彌敦道", "12", "HK", "彌敦道 12"),
        ("Calle Fortaleza", "63", "PR", "63 Calle Fortaleza"),
        ("Marine Corps Drive", "1", "GU", "1 Marine Corps Drive"),
    ],
)
def test_r5_street_and_house_number_are_joined_as_the_country_writes_them(
    street: str, number: str, country: str, joined: str
) -> None:
    assert street_line(street, number, country) == joined


@pytest.mark.parametrize(
    ("street", "number", "country"),
    [
        ("123 Willis Avenue", "", "US"), ("Willis Avenue", "-", "US"), ("Willis Avenue", " . ", "DE"),
        ("123 Willis Avenue", "123", "US"), ("Willis Avenue 123", "123", "US"), ("Hauptstraße 5a", "5a", "DE"),
        ("Hauptstraße 5 a", "5a", "DE"), ("Hauptstraße 5A", "5 a", "DE"), ("Hauptstraße 12 a", "12 a", "DE"),
        ("Lange Straße 12", "12", "DE"), ("Calle Mayor, 3", "3", "ES"), ("12 Main Street, Apt 4", "12", "US"),
        ("Main Street 12 Apt 4", "12", "US"), ("Main Street 12, 2nd Floor", "12", "US"),
        ("Hauptstr. 12, 3. OG", "12", "DE"),
        ("Hauptstr. 12", "Nr. 12", "DE"), ("Hauptstr. Nr. 12", "12", "DE"), ("Rua Acre, nº 9", "9", "BR"),
        ("#12 Main Street", "12", "US"), ("12 - 14 Main Street", "12-14", "US"), ("ulica Jana 5 / 12", "5/12", "PL"),
        ("c/o Roe, Main Street 12", "12", "US"), ("12 Highway 12", "12", "US"), ("Highway 12, 12", "12", "US"),
        ("P.O. Box 12", "12", "US"), ("Postfach 1234", "1234", "DE"), ("Main Street 12 Apt 4", "12 Apt 4", "US"),
        ("12 Main Street", "12 Main Street", "US"), ("Hauptstr. 12 – 14", "12-14", "DE"),
        ("Mariahilfer Straße 12 Top 3", "12 Top 3", "AT"),
        ("Haus 3", "3", "AT"), ("Haus Nr. 3", "3", "AT"), ("Nr. 3", "3", "AT"), ("No. 3", "3", "GB"),
        ("House 3", "3", "IN"), ("Haus 3a", "3 a", "AT"), ("Haus 3", "Haus 3", "AT"), ("Haus 3", "Nr. 3", "AT"),
        ("Haus 3, Hinterhof", "3", "AT"),
    ],
)  # fmt: skip
def test_r5_a_number_that_is_in_the_street_is_not_doubled(street: str, number: str, country: str) -> None:
    assert street_line(street, number, country) == street


@pytest.mark.parametrize(
    ("street", "number", "country", "joined"),
    [
        ("Highway 12", "12", "US", "12 Highway 12"), ("Old Route 9", "9", "US", "9 Old Route 9"),
        ("County Road 7", "7", "US", "7 County Road 7"), ("5th Avenue", "5", "US", "5 5th Avenue"),
        ("12th Street", "12", "US", "12 12th Street"), ("Calle 12", "12", "MX", "Calle 12 12"),
        ("Straße 12", "12", "DE", "Straße 12 12"), ("9 de Julio", "9", "AR", "9 de Julio 9"),
        ("Avenida 9 de Julio", "9", "AR", "Avenida 9 de Julio 9"), ("1. Mai Straße", "1", "DE", "1. Mai Straße 1"),
        ("Apt 12, Main Street", "12", "US", "12 Apt 12, Main Street"),
        ("Main Street Apt 12", "12", "US", "12 Main Street Apt 12"),
        ("Main Street", "#5", "US", "#5 Main Street"),
        ("Main Street #12", "12", "US", "12 Main Street #12"),
        ("Hauptstraße 121", "12", "DE", "Hauptstraße 121 12"), ("", "12", "AT", "12"),
    ],
)  # fmt: skip
def test_r5_a_number_that_is_part_of_the_streets_name_is_not_taken_for_the_house(
    street: str, number: str, country: str, joined: str
) -> None:
    assert street_line(street, number, country) == joined


@given(street=_STREETS, number=_NUMBERS, country=st.sampled_from(_COUNTRIES))
def test_r5_in_every_country_the_street_and_the_number_stand_once_on_the_line(
    street: str, number: str, country: str
) -> None:
    line = street_line(street, number, country)
    assert sorted(line.replace(",", " ").split()) == sorted([*street.split(), number])
    assert street in line


@given(street=_STREETS, number=_NUMBERS, country=st.sampled_from(_COUNTRIES), other=st.sampled_from(_COUNTRIES))
def test_r5_a_line_that_is_complete_stays_as_it_is_in_whatever_order_it_is_written(
    street: str, number: str, country: str, other: str
) -> None:
    line = street_line(f"{street} Xy", number, country)
    assert street_line(line, number, country) == line
    assert street_line(line, number, other) == line


@given(street=st.text(max_size=30), number=st.text(max_size=8), country=st.sampled_from(_COUNTRIES))
def test_r5_no_character_is_lost_whatever_is_typed(street: str, number: str, country: str) -> None:
    line = street_line(street, number, country)
    assert street in line
    if any(character.isalnum() for character in number):
        assert all(line.casefold().count(one) for one in number.casefold() if one.isalnum())
