"""R2 and R5: addresses that a label can be printed from, and what is said about the others."""

from __future__ import annotations

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AND", "AD"), ("and", "AD"), ("Ireland, Republic of", "IE"), ("Republic of Ireland", "IE"),
        ("Ireland (Republic of)", "IE"), ("Rep. of Ireland", "IE"), ("Korea, Republic of", "KR"),
        ("Korea, Rep. of", "KR"), ("Korea, Democratic People's Republic of", "KP"), ("Congo, Republic of", "CG"),
        ("Congo, The Democratic Republic of the", "CD"), ("China, Republic of", "TW"),
        ("China, People's Republic of", "CN"), ("Netherlands, Kingdom of the", "NL"), ("Spain, Kingdom of", "ES"),
        ("Monaco, Principality of", "MC"), ("Luxembourg, Grand Duchy of", "LU"), ("Jordan, Hashemite Kingdom of", "JO"),
        ("Germany, Federal Republic of", "DE"), ("Deutschland, Bundesrepublik", "DE"), ("Irland, Republik", "IE"),
        ("Corée, République de", "KR"), ("America, United States of", "US"), ("Slovakia, Republic", "SK"),
        ("Rep. Österreich", "AT"), ("Oesterreich", "AT"), ("OESTERREICH", "AT"), ("Daenemark", "DK"),
        ("Suedkorea", "KR"), ("Tuerkei", "TR"), ("Aegypten", "EG"), ("Faeroeerne", "FO"), ("Bialorus", "BY"),
        ("GROẞBRITANNIEN", "GB"), ("Weißrussland", "BY"), ("Rußland", "RU"), ("ＤＥ", "DE"),
        # What may be another country is not guessed.
        ("ß", None), ("ẞ", None), ("Ät", None), ("Dominica, Republic", None), ("Georgia, State of", None),
        ("Korea (South or North)", None), ("Republic of Utopia", None), ("Republic of", None), ("THE", None),
        ("Democratic Republic of Germany", None),
    ],
)  # fmt: skip
def test_r5_countries_are_understood_as_people_write_them(text: str, code: str | None) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize("form", ["{}, Republic of", "{} (Republic of)", "Republic of {}", "{}, Kingdom of"])
def test_r5_no_form_of_state_makes_another_country_of_a_name(form: str) -> None:
    shared = {"CG": "CD", "CD": "CG", "CN": "TW", "TW": "CN", "KP": "KR", "KR": "KP", "DM": "DO"}
    names = {str(one.alpha_2): str(one.name) for one in pycountry.countries if "," not in one.name}
    found = {code: country_code(form.format(name)) for code, name in names.items()}
    assert {code: other for code, other in found.items() if other not in (None, code, shared.get(code))} == {}
    assert {code for code, other in found.items() if other is None and names[code].isalpha()} <= {"CG", "CN", "DM"}


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


@pytest.mark.parametrize(("state", "postcode"), [("FM", "96942"), ("Marshall Islands", "96960"), ("Palau", "96940")])
def test_r5_a_country_that_a_shop_gives_as_a_state_is_one_unless_the_setting_says_no(state: str, postcode: str) -> None:
    given = address(country_code="US", state=state, postcode=postcode)
    code = state_code(state)
    assert check_address(given) == []
    printed = postal_address(given)
    assert (printed.country, printed.state, printed.destination) == ("US", code, code)
    assert _codes(country_code="US", state=state, postcode="10115") == ["OB-131"]
    abroad = AddressRules(domestic_territories=False)
    assert check_address(given, abroad) == []
    assert (postal_address(given, abroad).country, postal_address(given, abroad).state) == (code, "")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"city": "APO", "state": "AE", "postcode": "09123"}, ("APO", "AE", "09123")),
        ({"city": "APO", "state": "APO AE", "postcode": "09123"}, ("APO", "AE", "09123")),
        ({"city": "FPO", "state": "AP, FPO", "postcode": "96601"}, ("FPO", "AP", "96601")),
        ({"city": "APO AE", "state": "", "postcode": "09123"}, ("APO", "AE", "09123")),
        ({"city": "APO AE", "state": "AE", "postcode": "9123"}, ("APO", "AE", "09123")),
        ({"city": "APO, AE", "state": "Armed Forces Europe", "postcode": "09123"}, ("APO", "AE", "09123")),
        ({"city": "apo ae 09123", "state": "", "postcode": ""}, ("APO", "AE", "09123")),
        ({"city": "DPO AA 34002-1234", "state": "", "postcode": ""}, ("DPO", "AA", "34002-1234")),
        ({"city": "FPO", "state": "", "postcode": "96601"}, ("FPO", "AP", "96601")),
    ],
)
def test_r5_a_military_post_office_is_understood_as_shops_write_it(
    given: dict[str, str], sent: tuple[str, str, str]
) -> None:
    assert _codes(**given) == []
    printed = postal_address(address(**given))
    assert (printed.city, printed.state, printed.postcode) == sent


def test_r5_a_military_post_office_that_contradicts_the_state_is_sent_as_it_is() -> None:
    printed = postal_address(address(city="APO AE", state="CA", postcode="91402"))
    assert (printed.city, printed.state) == ("APO AE", "CA")
    assert _codes(city="APO", state="", postcode="91402") == ["OB-108"]


# ---- Postcodes


@pytest.mark.parametrize(
    ("country", "given", "sent"),
    [
        ("SG", ("Singapore 238801", ""), ("238801", "Singapore")),
        ("SG", ("Singapore 238801", "Singapore"), ("238801", "Singapore")),
        ("SG", ("", "Singapore 238801"), ("238801", "Singapore")),
        ("SG", ("238801", "Singapore 238801"), ("238801", "Singapore")),
        ("SG", ("-", "238801"), ("238801", "Singapore")),
        ("SG", ("S 238801", "Singapore"), ("238801", "Singapore")),
        ("SG", ("238801, Singapore", "Singapore"), ("238801", "Singapore")),
        ("DE", ("Deutschland 10115", "Berlin"), ("10115", "Berlin")),
        ("DE", ("10115 Berlin", "Berlin"), ("10115", "Berlin")),
        ("DE", ("", "10115 Berlin"), ("10115", "Berlin")),
        ("AT", ("1010", "1010 Wien"), ("1010", "Wien")),
        ("GB", ("", "London, SW1A 1AA"), ("SW1A 1AA", "London")),
        ("US", ("", "Beverly Hills 90210"), ("90210", "Beverly Hills")),
        ("FR", ("75015", "Paris 15"), ("75015", "Paris 15")),
        ("DE", ("10115", "Berlin 10117"), ("10115", "Berlin 10117")),
        ("HU", ("1052", "Budapest 5"), ("1052", "Budapest 5")),
        ("AE", ("", "Dubai 12345"), ("00000", "Dubai 12345")),
    ],
)
def test_r5_a_postcode_is_found_where_shops_put_it(country: str, given: tuple[str, str], sent: tuple[str, str]) -> None:
    one = address(country_code=country, state="CA" if country == "US" else "", postcode=given[0], city=given[1])
    assert check_address(one) == []
    printed = postal_address(one)
    assert (printed.postcode, printed.city) == sent


def test_r2_a_city_that_is_a_postcode_alone_is_missing() -> None:
    assert _codes(country_code="DE", state="", postcode="", city="10115") == ["OB-105"]
    assert _codes(country_code="DE", state="", postcode="10115", city="10115") == []


_WORDS = st.lists(
    st.sampled_from(
        [
            *("Singapore", "238801", "S", "APO", "AE", "FPO", "AP", "09123", "Berlin", "10115", "Deutschland"),
            *("London", "SW1A", "1AA", "96941", "Chuuk", "90210", "CA", "UK"),
        ]
    ),
    max_size=4,
).map(" ".join)


@given(
    city=_WORDS,
    postcode=_WORDS,
    state=st.sampled_from(["", "AE", "FM", "CA"]),
    country=st.sampled_from(["US", "SG", "DE", "GB", "FM", "AE"]),
)
def test_r5_no_word_of_city_and_postcode_is_lost(city: str, postcode: str, state: str, country: str) -> None:
    one = address(city=city, postcode=postcode, state=state, country_code=country)
    printed = postal_address(one)
    named = {"US": "US", "SG": "SG Singapore S", "DE": "DE Deutschland", "GB": "UK"}.get(country, "")
    label = f"{printed.city} {printed.postcode} {printed.state} {named}"
    if check_address(one) == []:
        assert [word for word in f"{city} {postcode}".split() if word not in label] == []


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
