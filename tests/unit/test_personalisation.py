"""R35: what a buyer chose or wrote for a line reaches the warehouse whole, and counts as content."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.ledger.order import Attribute, Order, scrubbed
from orderbridge.merchants.settings import parse_settings
from orderbridge.orders.personalisation import TextRules, personalisation, wording
from orderbridge.orders.shipping_order import ShippingOrder, build, find_problems
from orderbridge.platform.errors import SettingsError
from orderbridge.vendors.billbee.mapping import to_order
from tests.builders import NOW, RULES, bundle, component, digital, line, order, wire_item, wire_order

KITS = replace(RULES, bundles_are_kits=True)


def chosen(**attributes: str) -> dict[str, Any]:
    return {"attributes": tuple(Attribute(name=name, value=value) for name, value in attributes.items())}


def built(sold: Order, rules: Any = RULES, **components: Any) -> ShippingOrder:
    parts = {0: components["parts"]} if components else {}
    assert find_problems(sold, parts, rules) == []
    return build(sold, parts, rules, ship_method="24", today=NOW.date())


def read(*attributes: dict[str, Any], **item: Any) -> Order:
    found = to_order(wire_order(OrderItems=[wire_item(Attributes=list(attributes), **item)]), NOW)
    assert found is not None
    return found


def test_r35_a_short_personalisation_is_in_the_description_of_its_line() -> None:
    sold = order(line(**chosen(Engraving="Für Oma", Colour="red")), line("CAP"))
    shipping = built(sold)
    assert [one.title for one in shipping.lines] == ["Mug (Engraving: Für Oma; Colour: red)", "Mug"]
    assert (shipping.comment, shipping.remarks) == ("", ())


def test_r35_a_long_one_is_in_the_comment_with_its_product_and_before_the_buyers_message() -> None:
    text = "x" * 70
    sold = order(line(quantity=2, **chosen(Engraving=text)), line("CAP"), buyer_message="Happy birthday")
    shipping = built(sold, replace(RULES, send_buyer_message=True))
    assert [one.title for one in shipping.lines] == ["Mug", "Mug"]
    assert shipping.comment == f"2 x MUG-1: Engraving: {text}\nHappy birthday"
    assert shipping.remarks == ("the personalisation of line 1 is in the comment",)


@pytest.mark.parametrize(("before", "length", "fits"), [("", 40, True), ("", 41, False), ("x" * 18, 1, False)])
@pytest.mark.parametrize("sent", [True, False])
def test_r35_the_buyers_message_is_part_of_the_comments_length(
    before: str, length: int, *, fits: bool, sent: bool
) -> None:
    texts = TextRules(longest_description=20, longest_comment=40)
    rules = replace(RULES, texts=texts, send_buyer_message=sent)
    sold = order(line(**(chosen(Engraving=before) if before else {})), buyer_message="y" * length)
    found = find_problems(sold, {}, rules)
    assert [problem.code for problem in found] == ([] if fits or not sent else ["OB-134"])
    if found:
        assert f"The buyer's message has {length} characters, and the order comment has room for " in found[0].text
        assert "Die Nachricht des Käufers" in found[0].german


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 100))
def test_r35_no_comment_is_longer_than_the_limit_and_none_is_cut(engraved: str, message: str, limit: int) -> None:
    rules = replace(RULES, texts=TextRules(20, limit), send_buyer_message=True)
    sold = order(line(**(chosen(Engraving=engraved))), buyer_message=message)
    whole = build(sold, {}, rules, ship_method="24", today=NOW.date()).comment
    assert whole.endswith(message)
    assert bool(find_problems(sold, {}, rules)) == (len(whole) > limit)


@pytest.mark.parametrize(("length", "fits"), [(63, True), (64, False)])
def test_r35_a_description_holds_80_characters(length: int, fits: bool) -> None:
    shipping = built(order(line(**chosen(Engraving="x" * length))))
    assert (len(shipping.lines[0].title) == 80) is fits
    assert (shipping.comment == "") is fits


@pytest.mark.parametrize(("length", "codes"), [(978, []), (979, ["OB-126"]), (5000, ["OB-126"])])
def test_r35_one_that_fits_nowhere_is_rejected_with_its_length_and_never_cut(length: int, codes: list[str]) -> None:
    sold = order(line(), line(**chosen(Engraving="x" * length)))
    found = find_problems(sold, {}, RULES)
    assert [one.code for one in found] == codes
    for problem in found:
        for text in (problem.text, problem.german):
            assert all(word in text for word in (" 2 ", str(length + 22), "1000", "attributes_not_sent"))


def test_r35_the_comments_of_several_lines_count_together() -> None:
    long = chosen(Engraving="x" * 600)
    (problem,) = find_problems(order(line(**long), line("CAP"), line("TEE", **long)), {}, RULES)
    assert "lines 1, 3" in problem.text
    assert "Positionen 1, 3" in problem.german


def test_r35_a_bundle_that_is_resolved_has_it_in_the_comment_and_a_kit_in_its_description() -> None:
    sold, parts = order(bundle("20.00", **chosen(Name="Mia"))), (component("CUP"), component("TEA"))
    assert built(sold, parts=parts).comment == "1 x SET-1: Name: Mia"
    kit = built(sold, KITS, parts=parts)
    assert ([one.title for one in kit.lines], kit.comment) == (["Mug (Name: Mia)"], "")


def test_r35_what_is_not_shipped_has_none() -> None:
    sold = order(line(), digital("5.00").model_copy(update=chosen(Licence="x" * 3000)))
    assert find_problems(sold, {}, RULES) == []
    assert built(sold).comment == ""


def test_r35_attributes_can_be_left_out_by_name() -> None:
    sold = line(**chosen(_pickup="x" * 3000, Colour="red", Engraving="A"))
    assert wording(sold, ("_*", "colour")) == "Engraving: A"
    rules = replace(RULES, texts=TextRules(not_sent=("_*", "colour", "engraving")))
    shipping = built(order(sold), rules)
    assert ([one.title for one in shipping.lines], shipping.comment) == (["Mug"], "")


def test_r35_the_settings_may_know_other_limits() -> None:
    sold = order(line(**chosen(Engraving="x" * 30)))
    texts = TextRules(longest_description=20, longest_comment=40)
    assert [one.code for one in find_problems(sold, {}, replace(RULES, texts=texts))] == ["OB-126"]
    assert find_problems(sold, {}, replace(RULES, texts=replace(texts, longest_comment=60))) == []


@given(st.lists(st.text(min_size=1, max_size=300), max_size=6))
def test_r35_whatever_was_written_arrives_whole_or_is_rejected(texts: list[str]) -> None:
    sold = order(*(line(f"SKU-{place}", **chosen(Text=text)) for place, text in enumerate(texts)), line())
    rules = TextRules()
    found = personalisation(sold, rules)
    told = "\n".join([*found.descriptions.values(), found.comment])
    assert all(f"Text: {text}" in told for text in texts)
    assert all(len(one) <= rules.longest_description for one in found.descriptions.values())
    assert bool(found.problems(rules)) == (len(found.comment) > rules.longest_comment)


def test_r35_billbees_attributes_are_read_with_their_lines_and_without_unseen_characters() -> None:
    given: list[dict[str, Any]] = [
        {"Id": "1", "Name": "Engraving ", "Value": " Anna\r\n& Peter\u200b\n\n 2026\x07", "Price": 0.0},
        {"Id": None, "Name": "Gift wrap", "Value": None, "Price": 2.5},
        {"Name": None, "Value": 7},
        {"Name": " ", "Value": "\n"},
    ]
    (sold,) = read(*given).lines
    assert wording(sold) == "Engraving: Anna / & Peter / 2026; Gift wrap; 7"
    assert read(Product={"SKU": "X"}).lines[0].attributes == ()


@pytest.mark.parametrize("attributes", [None, []])
def test_r35_an_order_without_attributes_has_the_fingerprint_that_it_had(attributes: object) -> None:
    before = to_order(wire_order(OrderItems=[wire_item()]), NOW)
    now = to_order(wire_order(OrderItems=[wire_item(Attributes=attributes)]), NOW)
    assert before is not None
    assert now is not None
    assert now.content_hash() == before.content_hash() == "3cdc9f757a41dde7cfe8248cde56c764"


def test_r11_r35_a_changed_personalisation_is_a_change() -> None:
    hashes = {
        order(line(**chosen(**given))).content_hash()
        for given in ({}, {"Engraving": "A"}, {"Engraving": "B"}, {"Text": "A"}, {"Text": "A", "Engraving": "B"})
    }
    assert len(hashes) == 5


def test_r35_what_was_written_shows_in_no_repr_and_no_words_of_a_vendor() -> None:
    sold = order(line(**chosen(Engraving="Mia Musterfrau")))
    assert "Mia" not in repr((sold.lines, personalisation(sold, TextRules()), built(sold).lines))
    assert scrubbed("Description of line 1: Engraving: mia musterfrau", sold) == "Description of line 1: Engraving: …"


def test_r35_a_text_that_stands_in_the_name_of_an_attribute_shows_in_no_words_of_a_vendor() -> None:
    sold = order(line(attributes=(Attribute(name="For Mia Musterfrau"),)))
    assert scrubbed("Description of line 1: Mug (For Mia Musterfrau)", sold) == "Description of line 1: Mug (…)"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"bibi": {"longest_description": 0}}, "bibi.longest_description"),
        ({"bibi": {"longest_comment": -1}}, "bibi.longest_comment"),
        ({"attributes_not_sent": [""]}, "attributes_not_sent.1"),
    ],
)
def test_r35_settings_that_make_no_sense_are_refused(given: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings("acme", json.dumps({"billbee": {"username": "a@b.example", "order_tag": "bibi"}} | given))
    assert caught.value.key == key
