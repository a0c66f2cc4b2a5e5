"""R14, R30: one field may hold several tracking numbers, or words that mean that there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.tracking.tracking_numbers import split_numbers

ONE, OTHER = "1Z999AA10123456784", "1Z999AA10123456785"


@pytest.mark.parametrize(
    "between",
    [
        *(",", ";", " ; ", "|", "\n", "\r\n", "\t", "/", " / ", "&", " + ", " and ", " und ", " ", ":", " : "),
        *"，；、｜／：＋＆",
    ],
)
def test_r14_several_numbers_in_a_field_are_several_parcels(between: str) -> None:
    assert split_numbers(f"{ONE}{between}{OTHER}") == [ONE, OTHER]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9400 1118 9922 3456 7890", ["9400 1118 9922 3456 7890"]),
        ("  00340434292135100186\u200b ", ["00340434292135100186"]),
        (f"{ONE}, {ONE.lower()}, {ONE}", [ONE, ONE.lower()]),
        (f"n/a, {ONE}", [ONE]),
        (f"N/A / {ONE}", [f"N/A / {ONE}"]),
        ("12345/67", ["12345/67"]),
        ("9400 1118 9922 / 9400 1118 9923", ["9400 1118 9922", "9400 1118 9923"]),
        ("n/a", []),
        ("not yet", []),
        ("", []),
        (f"https://track.example/a/{ONE}", [f"https://track.example/a/{ONE}"]),
        ("JJD-000390-001", ["JJD-000390-001"]),
        ("Sand 123456 und Land", ["Sand 123456 und Land"]),
        (f"DHL: {ONE}", [f"DHL: {ONE}"]),
        ("12345:67", ["12345:67"]),
        ("1234567:12345678", ["1234567:12345678"]),
        ("http://track.example:8080/12345678", ["http://track.example:8080/12345678"]),
    ],
)
def test_r14_a_number_is_kept_whole_and_words_for_none_are_no_number(text: str, found: list[str]) -> None:
    assert split_numbers(text) == found


@given(st.text(max_size=60))
def test_r14_what_was_found_is_found_again(text: str) -> None:
    for number in split_numbers(text):
        assert split_numbers(number) == [number]
