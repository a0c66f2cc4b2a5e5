"""R28: numbers of orders and SKUs, read and compared in one place."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orderbridge.ledger.order_number import (
    PLAIN,
    ByNumber,
    Habits,
    Numbering,
    OrderNumber,
    checked_prefix,
    hidden_numbers,
)
from orderbridge.ledger.sku import Sku

_DIGITS = st.text("0123456789", min_size=1, max_size=12)
_OWN = st.one_of(_DIGITS, st.from_regex(r"\A#?[0-9A-Za-zÄéß]{1,8}([ -][0-9A-Za-z]{1,6})?\Z"))
"""Billbee's ids, and shops' numbers: ``1001``, ``#1001``, ``ACME-1001``, ``4711 b``."""
_PREFIXES = st.from_regex(r"\A([A-Z]{1,4}|[A-Z][0-9][A-Z])\Z")
_STYLES = st.sampled_from(["glued", "-", "_", ".", "/"])


def written(prefix: str, style: str, own: str) -> str:
    return prefix + ("" if style == "glued" else style) + own


@given(_OWN, _PREFIXES, _STYLES, st.booleans())
def test_r28_a_number_is_read_back_however_the_account_writes_it(
    own: str, prefix: str, style: str, sign_is_set: bool
) -> None:
    setting = checked_prefix(prefix + (style if sign_is_set and style != "glued" else ""))
    answered = f" {written(prefix, style, own)} "
    assert Numbering(setting).read(answered) == OrderNumber(own)
    assert Numbering(setting).read(answered.lower()) == OrderNumber(own)


@given(_OWN, _OWN, _PREFIXES, _STYLES)
def test_r28_two_orders_are_never_taken_for_one(one: str, other: str, prefix: str, style: str) -> None:
    assume(OrderNumber(one) != OrderNumber(other))
    numbering = Numbering(prefix)
    assert numbering.read(written(prefix, style, one)) != OrderNumber(other)
    assert numbering.read(written(prefix, style, one)) != numbering.read(written(prefix, style, other))
    assert PLAIN.read(one) != PLAIN.read(other)


@given(_OWN, _PREFIXES, _STYLES)
def test_r28_without_the_setting_a_prefixed_number_is_another_order_that_may_be_ours(
    own: str, prefix: str, style: str
) -> None:
    answered, ours = PLAIN.read(written(prefix, style, own)), OrderNumber(own)
    assert answered != ours
    assert ours.unknown_prefix_of(answered) == written(prefix, style, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [("0042", "42"), ("115698", "15698"), ("15698", "1569"), ("SA15698", "15698"), ("4711 b", "4711b"), ("", "0")],
)
def test_r28_numbers_that_look_alike_are_two_orders(one: str, other: str) -> None:
    assert OrderNumber(one) != OrderNumber(other)


@pytest.mark.parametrize(("one", "other"), [("ab-1", "AB-1"), (" 4711\n", "4711"), ("a  1", "A 1"), ("Ä1", "a\u03081")])
def test_r28_case_blanks_and_composed_letters_make_no_other_order(one: str, other: str) -> None:
    assert OrderNumber(one) == OrderNumber(other)
    assert hash(OrderNumber(one)) == hash(OrderNumber(other))


@pytest.mark.parametrize("answered", ["115698", "0015698", "1-215698", "15698", "5698", "ABCDEFGHIJKLM15698", "-15698"])
def test_r28_what_cannot_be_a_prefix_is_not_taken_for_one(answered: str) -> None:
    assert OrderNumber("15698").unknown_prefix_of(OrderNumber(answered)) is None


@pytest.mark.parametrize("text", ["1", "SA1", "-", "S A1", "ÄÖ", "ABCDEFGHIJKLM", "SA#", "{SA}"])
def test_r28_a_prefix_that_cannot_be_told_from_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        checked_prefix(text)


def test_r28_only_an_id_as_it_is_written_is_an_id() -> None:
    ids = [OrderNumber(text).billbee_id() for text in ("42", "0042", "4²", "", "1" * 19, "A-1", "٤٢")]
    assert ids == [42, None, None, None, None, None, None]


def test_r28_case_is_kept_apart_where_the_account_does() -> None:
    listed = ByNumber((OrderNumber(text), text) for text in ("ab1", "AB1", "cd2"))
    assert (listed.get(OrderNumber("ab1")), listed.get(OrderNumber("AB1"))) == ("ab1", "AB1")
    assert (listed.get(OrderNumber("Ab1")), listed.get(OrderNumber("CD2"))) == (None, "cd2")
    assert [listed.is_unclear(OrderNumber(text)) for text in ("Ab1", "ab1", "CD2", "ef3")] == [
        True,
        False,
        False,
        False,
    ]


def test_r28_of_two_entries_the_one_with_the_accounts_prefix_counts() -> None:
    numbering = Numbering("SA")
    for texts in (("15698", "SA15698"), ("SA15698", "15698")):
        assert ByNumber((numbering.read(text), text) for text in texts).get(OrderNumber("15698")) == "SA15698"


@pytest.mark.parametrize(
    ("prefix", "habits", "forms"),
    [
        ("", Habits(), ["42"]),
        ("", Habits(writes=""), ["42"]),
        ("", Habits(writes="SA-"), ["42", "SA-42"]),
        ("", Habits(writes="SA-", takes="theirs"), ["SA-42", "42"]),
        ("SA", Habits(), ["42", "SA42", "SA-42"]),
        ("SA", Habits(writes="SA_"), ["42", "SA_42", "SA42", "SA-42"]),
        ("SA", Habits(writes="SA", takes="theirs"), ["SA42", "SA-42", "42"]),
        ("SA-", Habits(takes="ours"), ["42", "SA-42", "SA42"]),
    ],
)
def test_r28_an_order_is_asked_for_in_each_form_that_the_account_may_know(
    prefix: str, habits: Habits, forms: list[str]
) -> None:
    assert list(Numbering(prefix).writings(OrderNumber("42"), habits)) == forms


@pytest.mark.parametrize(
    ("prefix", "habits", "unset"),
    [
        ("", Habits(writes="SA"), True), ("SA", Habits(writes="SA-"), False), ("sa", Habits(writes="SA"), False),
        ("PKG", Habits(writes="SA"), True), ("SA", Habits(writes=""), False), ("", Habits(), False),
    ],
)  # fmt: skip
def test_r28_a_prefix_that_is_not_in_the_settings_is_known_as_such(prefix: str, habits: Habits, unset: bool) -> None:
    assert Numbering(prefix).is_unset(habits) is unset


def test_r28_a_list_may_hide_ours_behind_a_prefix_unless_it_shows_one_as_we_write_it() -> None:
    ours = [OrderNumber("42"), OrderNumber("43")]
    assert hidden_numbers(ours, map(PLAIN.read, ["SA42", "77"])) == {OrderNumber("42"): ("SA", "SA42")}
    assert hidden_numbers(ours, map(PLAIN.read, ["SA42", "43"])) == {}
    assert hidden_numbers(ours, map(PLAIN.read, ["142", "SA44", ""])) == {}
    assert hidden_numbers([OrderNumber("")], map(PLAIN.read, ["SA"])) == {}


@given(_OWN)
def test_a_sku_folds_case_and_is_trimmed(text: str) -> None:
    assert Sku(f" {text.upper()} ") == Sku(text.upper().lower())
    assert Sku(text) != Sku(f"0{text}")
