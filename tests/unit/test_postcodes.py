"""R5: postcodes as their country writes them, and which are not one of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.platform.postcodes import postcode_rule, tidy_postcode
from orderbridge.platform.tables import COUNTRIES, US_STATES


@pytest.mark.parametrize(
    ("text", "country", "written"),
    [
        ("10115", "DE", "10115"), ("D-10115", "DE", "10115"), ("DE 10115", "DE", "10115"), ("101 15", "DE", "10115"),
        ("1067", "DE", "01067"), ("1010", "AT", "1010"), ("A-1010", "AT", "1010"), ("75001", "FR", "75001"),
        ("1000", "FR", "01000"), ("184", "IT", "00184"), ("k1a0b1", "CA", "K1A 0B1"), ("K1A-0B1", "CA", "K1A 0B1"),
        ("sw1a1aa", "GB", "SW1A 1AA"), ("EC1Y 8SY", "GB", "EC1Y 8SY"), ("BFPO57", "GB", "BFPO 57"),
        ("1234ab", "NL", "1234 AB"), ("00950", "PL", "00-950"), ("950", "PL", "00-950"), ("1250096", "PT", "1250-096"),
        ("1540023", "JP", "154-0023"), ("〒154-0023", "JP", "154-0023"), ("１５４−００２３", "JP", "154-0023"),
        ("01310100", "BR", "01310-100"), ("114 55", "SE", "114 55"), ("SE-11455", "SE", "11455"),
        ("25166", "CZ", "251 66"),
        ("1073", "LV", "LV-1073"), ("LV1073", "LV", "LV-1073"), ("L-4750", "LU", "4750"), ("A65F4E2", "IE", "A65 F4E2"),
        ("75001", "IE", None),
        ("8001", "ES", "08001"), ("10115", "AT", None), ("10115", "NL", None), ("1234", "DE", "01234"),
        ("123", "DE", None),
        ("75001-1", "FR", None), ("F-75001", "DE", None), ("K1A 0B1", "US", None), ("800", "CH", None),
        ("", "DE", None), ("75008 CEDEX 08", "FR", "75008"), ("75008 Cedex", "FR", "75008"), ("CEDEX", "FR", None),
        ("1310100", "BR", "01310-100"), ("50000", "CN", "050000"), ("SW1A 1AA, UK", "GB", "SW1A 1AA"),
        ("UK-SW1A1AA", "GB", "SW1A 1AA"), ("'01067", "DE", "01067"), ("(10115)", "DE", "10115"),
        ("10115 DE", "DE", "10115"), ("75001,2", "FR", None), ("D6W XY00", "IE", "D6W XY00"),
        ("Dublin 1", "IE", None), ("Ireland", "IE", None), ("Dublin4", "IE", None),
    ],
)  # fmt: skip
def test_r5_a_postcode_is_written_as_its_country_writes_it(text: str, country: str, written: str | None) -> None:
    assert tidy_postcode(text, country) == written


@pytest.mark.parametrize(
    ("text", "state", "written"),
    [
        ("91402", "CA", "91402"), ("91402-1234", "CA", "91402-1234"), ("914021234", "CA", "91402-1234"),
        ("91402 1234", "CA", "91402-1234"), ("91402-", "CA", "91402"), ("91402–1234", "CA", "91402-1234"),
        ("CA 91402", "CA", "91402"), ("US-91402", "CA", "91402"), ("2134", "MA", "02134"), ("501", "NY", "00501"),
        ("21341234", "MA", "02134-1234"), ("2134", "CA", None), ("9140", "CA", None), ("9140", "", None),
        ("91402, USA", "CA", "91402"), ("USA 91402", "CA", "91402"), ("91402 CA", "CA", "91402"),
        ("91402-1234 US", "CA", "91402-1234"), ("'91402", "CA", "91402"), ("91402 NY", "CA", None),
        ("914O2", "CA", None), ("914022", "CA", None), ("10115", "CA", "10115"),
    ],
)  # fmt: skip
def test_r5_a_zip_gets_its_lost_zeros_back_only_where_its_state_has_such_codes(
    text: str, state: str, written: str | None
) -> None:
    assert tidy_postcode(text, "US", state) == written


@pytest.mark.parametrize(
    ("text", "territory", "written"),
    [
        ("00901", "PR", "00901"), ("901", "PR", "00901"), ("9011234", "PR", "00901-1234"), ("91402", "PR", None),
        ("96910", "GU", "96910"), ("802", "VI", "00802"), ("96799", "AS", "96799"), ("96950-1234", "MP", "96950-1234"),
    ],
)  # fmt: skip
def test_r5_territories_have_zip_codes_of_their_own(text: str, territory: str, written: str | None) -> None:
    assert tidy_postcode(text, territory, territory) == written


@pytest.mark.parametrize("country", ["AE", "HK", "QA", "PA", "GH"])
def test_r5_a_country_without_postcodes_takes_any(country: str) -> None:
    assert postcode_rule(country) is None
    assert tidy_postcode("P.O. Box 5", country) == "P.O. Box 5"


@given(text=st.text(max_size=12), country=st.sampled_from(sorted(COUNTRIES)), state=st.sampled_from(["", *US_STATES]))
def test_r5_what_is_typed_is_no_crash_and_what_comes_of_it_stays(text: str, country: str, state: str) -> None:
    written = tidy_postcode(text, country, state)
    if written is not None:
        assert tidy_postcode(written, country, state) == written
