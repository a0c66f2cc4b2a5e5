"""R2 and R5: addresses that a label can be printed from, and what is said about the others."""

from __future__ import annotations

import pytest

from orderbridge.orders.addresses import AddressRules, check_address, postal_address
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


def _problems(**changes: str) -> list[str]:
    return [problem.text for problem in check_address(address(**changes))]


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
        ("Armed Forces Pacific", "AP"), ("Ontario", None), ("", None), ("N.Y.", "NY"), ("N. Y.", "NY"), ("D.C.", "DC"),
        ("Washington, DC", "DC"), ("Calif.", "CA"), ("W. Va.", "WV"), ("Mass", "MA"), ("California (CA)", "CA"),
        ("CA - California", "CA"), ("Georgia, US", "GA"), ("New York (NY), USA", "NY"), ("Kalifornien", "CA"),
        ("Californie", "CA"), ("Nueva York", "NY"), ("Nouveau-Mexique", "NM"), ("Texas, FL", None), ("-", None),
    ],
)  # fmt: skip
def test_r5_us_states_become_two_letter_codes(text: str, code: str | None) -> None:
    assert state_code(text) == code


@pytest.mark.parametrize(
    ("country", "state", "sent"),
    [
        ("US", "North Carolina", "NC"), ("CA", "Ontario", "ON"), ("CA", "Québec", "QC"), ("CA", "qc", "QC"),
        ("CA", "Colombie-Britannique", "BC"), ("CA", "B.C.", "BC"), ("CA", "ON, Canada", "ON"), ("CA", "Ohio", "Ohio"),
        ("AU", "New South Wales", "NSW"), ("AU", "Vic.", "VIC"), ("DE", "Bayern", "Bayern"),
        ("MX", "Jalisco", "Jalisco"),
    ],
)  # fmt: skip
def test_r5_a_state_becomes_its_code_where_labels_have_codes(country: str, state: str, sent: str) -> None:
    assert postal_address(address(country_code=country, state=state)).state == sent


def test_r5_no_character_is_lost() -> None:
    given = address(
        first_name="Zoë 🎁", last_name="Łukasiewicz-Nuñez", company="Ölmühle & Söhne", street="улица Ленина",
        line2="4楼", name_addition="c/o Þór", city="København", postcode="Å-1", state="北海道", country_code="KR",
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
    printed = postal_address(address(state="Atlantis", country_code="XX", country="", postcode="x-1"))
    assert (printed.state, printed.country, printed.postcode) == ("Atlantis", "", "x-1")


def test_personal_data_does_not_show_in_a_repr() -> None:
    for shown in (repr(address()), str(address()), repr(postal_address(address())), str(postal_address(address()))):
        assert not any(part in shown for part in ("Jane", "Doe", "Willis", "Angeles", "91402", "example.com"))


# ---- Territories of the United States


@pytest.mark.parametrize(
    ("given", "state", "postcode"),
    [
        ({"country_code": "PR", "state": "San Juan", "postcode": "00901"}, "PR", "00901"),
        ({"country_code": "PR", "state": "", "postcode": "901"}, "PR", "00901"),
        ({"country_code": "", "country": "Puerto Rico", "state": "", "postcode": "00901"}, "PR", "00901"),
        ({"country_code": "", "country": "Guam", "state": "", "postcode": "96910"}, "GU", "96910"),
        ({"country_code": "VI", "state": "St. Thomas", "postcode": "00802"}, "VI", "00802"),
        ({"country_code": "US", "state": "Puerto Rico", "postcode": "00901"}, "PR", "00901"),
    ],
)
def test_r5_a_territory_is_addressed_as_a_state(given: dict[str, str], state: str, postcode: str) -> None:
    assert _codes(**given) == []
    printed = postal_address(address(**given))
    assert (printed.country, printed.state, printed.postcode, printed.destination) == ("US", state, postcode, state)
    assert printed.lines[0] == "123 Willis Avenue"


@pytest.mark.parametrize("given", [{"country_code": "PR", "state": "San Juan"}, {"country_code": "US", "state": "PR"}])
def test_r5_a_territory_is_a_country_of_its_own_where_the_setting_says_so(given: dict[str, str]) -> None:
    abroad, puerto_rico = AddressRules(domestic_territories=False), address(postcode="00901", **given)
    assert check_address(puerto_rico, abroad) == []
    printed = postal_address(puerto_rico, abroad)
    assert (printed.country, printed.destination, printed.lines[0]) == ("PR", "PR", "123 Willis Avenue")


def test_r5_a_state_of_micronesia_is_no_territory_of_the_united_states() -> None:
    assert postal_address(address(country_code="FM", state="Chuuk", postcode="96942")).country == "FM"


# ---- Postcodes


def test_r2_a_postcode_of_another_country_is_rejected_with_what_it_looks_like() -> None:
    assert _codes(postcode="SW1A 1AA") == ["OB-131"]
    assert _problems(postcode="SW1A 1AA") == [
        "The postcode of the shipping address is not valid for the country US, where postcodes look like 95014: correct"
        " the postcode or the country."
    ]
    (german,) = check_address(address(country_code="DE", postcode="SW1A 1AA", state=""))
    assert german.german == (
        "Die Postleitzahl der Lieferadresse passt nicht zum Land DE, dort sehen sie aus wie 26133: bitte Postleitzahl"
        " oder Land berichtigen."
    )


def test_r2_an_operator_can_have_postcodes_sent_as_they_are() -> None:
    unchecked = AddressRules(check_postcodes=False)
    odd = address(country_code="DE", postcode="SW1A 1AA", state="")
    assert check_address(odd, unchecked) == []
    assert postal_address(odd, unchecked).postcode == "SW1A 1AA"


@pytest.mark.parametrize("country", ["AE", "HK", "QA", "JM", "PA", "IE", "CL", "CO"])
def test_r2_a_postcode_is_not_asked_for_where_addresses_need_none(country: str) -> None:
    for postcode in ("", "-", "00000", "n/a", "N.A.", "xxx"):
        without = address(country_code=country, postcode=postcode, state="Dubai")
        assert check_address(without) == []
        assert postal_address(without).postcode == "00000"
        assert postal_address(without, AddressRules(no_postcode="")).postcode == ""


@pytest.mark.parametrize("country", ["US", "DE", "GB", "CA", "PR"])
@pytest.mark.parametrize("typed", ["-", "00000", "0", "n/a", "none", "XXXXX"])
def test_r2_what_is_typed_in_place_of_a_postcode_is_none(country: str, typed: str) -> None:
    assert _codes(country_code=country, postcode=typed) == ["OB-105"]


@pytest.mark.parametrize(
    ("country", "given", "sent"),
    [("KZ", "A15E3T0", "A15E3T0"), ("IE", "d02x285", "D02 X285"), ("CY", "D-10115", "D-10115"), ("AE", "x 5", "x 5")],
)
def test_r5_a_postcode_that_nobody_needs_is_tidied_or_sent_as_it_is(country: str, given: str, sent: str) -> None:
    addressed = address(country_code=country, postcode=given, state="")
    assert check_address(addressed) == []
    assert postal_address(addressed).postcode == sent


@pytest.mark.parametrize(("country", "only"), [("FK", "FIQQ 1ZZ"), ("TC", "TKCA 1ZZ"), ("GI", "GX11 1AA")])
def test_r5_a_country_with_a_single_postcode_needs_none(country: str, only: str) -> None:
    assert check_address(address(country_code=country, postcode="")) == []
    assert postal_address(address(country_code=country, postcode="")).postcode == only


def test_r5_a_postcode_is_sent_as_its_country_writes_it() -> None:
    assert postal_address(address(postcode="2134", state="Massachusetts")).postcode == "02134"
    assert postal_address(address(postcode="k1a0b1", country_code="CA", state="ON")).postcode == "K1A 0B1"
    assert _codes(postcode="2134", state="MA") == []
    assert _codes(postcode="2134", state="CA") == ["OB-131"]


# ---- Cities, phones and e-mails


@pytest.mark.parametrize(
    ("country", "state", "postcode", "city"),
    [("SG", "", "308125", "Singapore"), ("AE", "Dubai", "", "Dubai"), ("HK", "Kowloon", "", "Kowloon")],
)
def test_r5_what_stands_for_the_city_where_addresses_have_none(
    country: str, state: str, postcode: str, city: str
) -> None:
    without = address(country_code=country, state=state, postcode=postcode, city="")
    assert check_address(without) == []
    assert postal_address(without).city == city


def test_r2_an_emirate_or_a_city_must_be_given() -> None:
    assert _codes(country_code="AE", state="", postcode="", city="") == ["OB-104"]


def test_r5_phone_and_email_come_from_where_the_shop_has_them() -> None:
    contacts = [("", "bill@example.com"), ("555-0199", "customer@example.com")]
    nowhere = postal_address(address(phone="", email=""), contacts=contacts)
    assert (nowhere.phone, nowhere.email) == ("555-0199", "bill@example.com")
    own = postal_address(address(), contacts=contacts)
    assert (own.phone, own.email) == ("555-0100", "jane@example.com")
