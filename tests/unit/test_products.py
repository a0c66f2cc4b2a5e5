"""R19: what the warehouse is told of a product: checks, units, languages, and texts that are cut to a length."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.platform.texts import plain_text
from orderbridge.products.products import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    Product,
    content_hash,
    find_product_problems,
    in_language,
    shortened,
    to_warehouse,
)
from orderbridge.vendors.bibi.mapping import to_sent_product
from orderbridge.vendors.billbee.mapping import to_products

MUG = Product(
    id=1,
    sku="MUG",
    ean="4000000000017",
    names={"en": "Mug", "de": "Tasse"},
    descriptions={"en": "A mug."},
    price=Decimal("14.50"),
    vat_percent=Decimal(16),
    cost=Decimal("4.10"),
    grams=Decimal(320),
    width_cm=Decimal(10),
    length_cm=Decimal("12.7"),
    height_cm=Decimal("2.54"),
    tariff_number="69120083",
)


def test_r19_sku_and_ean_are_required() -> None:
    assert find_product_problems(MUG) == []
    assert [problem.code for problem in find_product_problems(replace(MUG, sku="", ean=""))] == ["OB-301", "OB-302"]


@pytest.mark.parametrize(("length", "codes"), [(20, []), (21, ["OB-112"])])
def test_r19_a_sku_has_at_most_twenty_characters(length: int, codes: list[str]) -> None:
    assert [problem.code for problem in find_product_problems(replace(MUG, sku="x" * length))] == codes


@pytest.mark.parametrize("kind", ["is_bundle", "is_digital"])
def test_r19_bundles_and_digital_products_are_not_sent(kind: str) -> None:
    changes: Any = {kind: True}
    assert MUG.is_sent
    assert not replace(MUG, **changes).is_sent


def test_r19_grams_become_pounds_and_centimetres_inches() -> None:
    told = to_warehouse(MUG, "en", with_dimensions=True)
    assert (told.pounds, told.width_in, told.length_in, told.height_in) == (
        Decimal("0.7055"),
        Decimal("3.9370"),
        Decimal("5.0000"),
        Decimal("1.0000"),
    )


def test_r19_dimensions_are_sent_on_creation_only() -> None:
    sizes = {"weight", "width", "length", "height"}
    assert sizes <= to_sent_product(to_warehouse(MUG, "en", with_dimensions=True)).keys()
    assert not sizes & to_sent_product(to_warehouse(MUG, "en", with_dimensions=False)).keys()


def test_r19_what_is_sent_to_the_warehouse() -> None:
    assert to_sent_product(to_warehouse(MUG, "de", with_dimensions=False)) == {
        "product_number": "MUG",
        "short_description": "Tasse",
        "long_description": "A mug.",
        "available": "1",
        "price": 12.5,
        "product_cost": 4.1,
        "upc_code": "4000000000017",
        "harmonization_code": "69120083",
    }


def test_r19_what_the_shop_does_not_know_is_left_as_the_warehouse_has_it() -> None:
    bare = replace(MUG, descriptions={}, cost=Decimal(0), ean="", tariff_number="")
    sent = to_sent_product(to_warehouse(bare, "de", with_dimensions=False))
    assert sent.keys() == {"product_number", "short_description", "available", "price"}


def test_r19_a_status_is_sent_where_one_is_given() -> None:
    assert to_sent_product(to_warehouse(MUG, "en", with_dimensions=True, status="R1"))["product_status"] == "R1"
    assert "product_status" not in to_sent_product(to_warehouse(MUG, "en", with_dimensions=True))


@pytest.mark.parametrize(
    ("given", "sent"),
    [("6912 00 23 10", "6912002310"), ("6912.00.23", "69120023"), ("HS 6912", "6912"), ("69120083", "69120083")],
)
def test_r19_a_tariff_number_is_sent_as_its_digits(given: str, sent: str) -> None:
    told = to_warehouse(replace(MUG, tariff_number=given), "en", with_dimensions=False)
    assert to_sent_product(told)["harmonization_code"] == sent


def test_r19_a_tariff_number_without_digits_is_left_out() -> None:
    told = to_warehouse(replace(MUG, tariff_number="n/a"), "en", with_dimensions=False)
    assert "harmonization_code" not in to_sent_product(told)


@pytest.mark.parametrize(
    ("ean", "sent"),
    [
        ("0012345678905", "012345678905"), ("012345678905", "012345678905"), ("00012345678905", "012345678905"),
        ("4006381333931", "4006381333931"), ("4006381-333931", "4006381333931"), ("X-4711", "X4711"),
    ],
)  # fmt: skip
def test_r19_an_ean_is_sent_as_its_gtin_12_where_it_is_one(ean: str, sent: str) -> None:
    assert to_sent_product(to_warehouse(replace(MUG, ean=ean), "en", with_dimensions=False))["upc_code"] == sent


def test_r19_a_weight_or_size_of_nothing_is_left_out() -> None:
    flat = replace(MUG, grams=Decimal("0.0"), width_cm=Decimal(0), height_cm=Decimal("0.0001"))
    sent = to_sent_product(to_warehouse(flat, "en", with_dimensions=True))
    assert {"weight", "width", "length", "height"} & sent.keys() == {"length"}


@pytest.mark.parametrize(
    ("price", "vat", "net"), [("11.90", "19", 10.0), ("10.70", "7", 10.0), ("9.99", "0", 9.99), ("0.99", "19", 0.83)]
)
def test_r19_the_price_is_net_as_the_lines_of_orders_are(price: str, vat: str, net: float) -> None:
    sold = replace(MUG, price=Decimal(price), vat_percent=Decimal(vat))
    assert to_sent_product(to_warehouse(sold, "en", with_dimensions=False))["price"] == net


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>A <b>blue</b> mug.</p><p>Holds 0.3 l &amp; more.</p>", "A blue mug. Holds 0.3 l & more."),
        ("<style>p {color: red}</style><script>x()</script>Mug<br/>blue", "Mug blue"),
        ("<ul>\n<li>one</li><li>two</li></ul>", "one two"),
        ("length < 5 cm, width > 3 cm", "length < 5 cm, width > 3 cm"),
        ("Gr&ouml;&szlig;e &#8364; 5", "Größe € 5"),
        ("<p>not closed", "not closed"),
        ("I <3 mugs & tea", "I <3 mugs & tea"),
        ("", ""),
    ],
)
def test_r19_html_is_sent_as_the_text_it_shows(html: str, text: str) -> None:
    sold = replace(MUG, descriptions={"en": html})
    assert to_warehouse(sold, "en", with_dimensions=False).description == text


@given(st.text(max_size=200))
def test_r19_no_text_is_too_odd_to_be_made_plain(text: str) -> None:
    found = plain_text(text)
    assert found == " ".join(found.split())
    assert plain_text("no html at all") == "no html at all"


@pytest.mark.parametrize(("index", "percent"), [(1, "19"), (2, "7"), (0, "0"), (None, "0"), (3, "0")])
def test_r19_the_vat_of_a_product_is_the_rate_that_its_index_names(index: int | None, percent: str) -> None:
    (found,) = to_products([{"Id": 1, "SKU": "MUG", "VatIndex": index, "Vat1Rate": 19.0, "Vat2Rate": 7.0}])
    assert found.vat_percent == Decimal(percent)


def test_r19_a_deactivated_product_is_not_available() -> None:
    assert (
        to_sent_product(to_warehouse(replace(MUG, is_deactivated=True), "en", with_dimensions=False))["available"]
        == "0"
    )


@pytest.mark.parametrize(
    ("texts", "language", "found"),
    [
        ({"en": "Mug", "de": "Tasse"}, "de", "Tasse"),
        ({"EN": "Mug", "DE": "Tasse"}, "de-AT", "Tasse"),
        ({"en": "Mug", "de": "Tasse"}, "fr", "Mug"),
        ({"de": "Tasse", "it": "Tazza"}, "fr", "Tasse"),
        ({"it": "Tazza"}, "fr", "Tazza"),
        ({"en": "", "it": "Tazza"}, "en", "Tazza"),
        ({"": "Mug"}, "en", "Mug"),
        ({}, "en", ""),
    ],
)
def test_r19_the_language_is_that_of_the_settings_else_english_german_or_any(
    texts: dict[str, str], language: str, found: str
) -> None:
    assert in_language(texts, language) == found


@pytest.mark.parametrize("names", [{}, {"en": "  "}, {"en": "e" + "\u0301" * 200}])
def test_r19_a_product_without_a_usable_name_is_called_by_its_sku(names: dict[str, str]) -> None:
    assert to_warehouse(replace(MUG, names=names), "en", with_dimensions=False).name == "MUG"


@given(st.lists(st.sampled_from(["a", "ß", "e\u0301", "कि", "1\ufe0f\u20e3", " "])).map("".join), st.integers(1, 40))
def test_r19_a_text_is_never_cut_between_a_letter_and_its_accents(text: str, limit: int) -> None:
    whole = " ".join(text.split())
    cut = shortened(text, limit)
    assert len(cut) <= limit
    assert whole.startswith(cut)
    assert cut == whole or not unicodedata.category(whole[len(cut)]).startswith("M")


@given(st.text(max_size=300), st.integers(1, 100))
def test_r19_any_text_can_be_cut(text: str, limit: int) -> None:
    whole = " ".join(text.split())
    cut = shortened(text, limit)
    assert len(cut) <= limit
    assert whole.startswith(cut)
    assert (cut == whole) == (len(whole) <= limit)


def test_r19_a_text_is_cut_at_a_word_where_that_does_not_cost_half_of_it() -> None:
    assert shortened("Tasse mit Henkel", 10) == "Tasse mit"
    assert shortened("Tasse mit Henkel", 9) == "Tasse mit"
    assert shortened("A Donaudampfschifffahrt", 12) == "A Donaudampf"


def test_r19_long_texts_are_cut_to_what_the_warehouse_takes() -> None:
    told = to_warehouse(
        replace(MUG, names={"en": "mug " * 100}, descriptions={"en": "word " * 1000}), "en", with_dimensions=False
    )
    assert (len(told.name) <= NAME_LIMIT, len(told.description) <= DESCRIPTION_LIMIT) == (True, True)
    assert told.name.endswith("mug")


@pytest.mark.parametrize(
    "changed",
    [
        {"sku": "MUG-2"},
        {"ean": "4000000000024"},
        {"names": {"en": "Cup"}},
        {"descriptions": {"en": "A cup."}},
        {"price": Decimal("15.00")},
        {"cost": Decimal(5)},
        {"is_deactivated": True},
        {"tariff_number": "1"},
    ],
)
def test_r19_what_the_warehouse_would_be_told_changes_the_hash(changed: dict[str, Any]) -> None:
    assert content_hash(MUG, "en") != content_hash(replace(MUG, **changed), "en")


@pytest.mark.parametrize(
    "changed", [{"grams": Decimal(1)}, {"width_cm": Decimal(99)}, {"names": {"en": "Mug", "de": "Becher"}}, {"id": 7}]
)
def test_r19_what_it_would_not_be_told_does_not(changed: dict[str, Any]) -> None:
    assert content_hash(MUG, "en") == content_hash(replace(MUG, **changed), "en")


def test_r19_a_change_beyond_the_limit_of_a_text_is_no_change() -> None:
    one, other = (replace(MUG, descriptions={"en": "word " * 1000 + end}) for end in ("a", "b"))
    assert content_hash(one, "en") == content_hash(other, "en")


def wire(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "Id": 1,
        "SKU": " MUG ",
        "EAN": "4000000000017",
        "Title": [{"Text": "Mug", "LanguageCode": "en"}],
    }
    return given | changes


def test_r19_a_product_of_billbee_is_read_with_what_is_left_out() -> None:
    (found,) = to_products([wire(EAN=None, Weight=None, WidthCm="", IsDeactivated=None, Type=None)])
    assert (found.sku, found.ean, found.grams, found.width_cm) == ("MUG", "", Decimal(0), Decimal(0))
    assert (found.names, found.is_bundle, found.is_deactivated) == ({"en": "Mug"}, False, False)


def test_r19_a_product_that_cannot_be_read_keeps_no_other_back() -> None:
    rows = [wire(Id=1), wire(Id=2, Price="free"), "nothing", wire(Id="x"), wire(Id=3)]
    assert [found.id for found in to_products(rows)] == [1, 3]


def test_r19_half_a_character_in_a_text_is_replaced() -> None:
    (found,) = to_products([wire(Title=[{"Text": "Mug \ud83d", "LanguageCode": "en"}])])
    assert found.names == {"en": "Mug \ufffd"}
    assert content_hash(found, "en")


def test_r19_the_short_description_is_taken_before_the_long_one() -> None:
    short, long = [{"Text": "short", "LanguageCode": "en"}], [{"Text": "long", "LanguageCode": "en"}]
    found = list(
        to_products([wire(ShortDescription=short, Description=long), wire(ShortDescription=[], Description=long)])
    )
    assert [one.descriptions for one in found] == [{"en": "short"}, {"en": "long"}]
