"""What a vendor says of an order goes into ledger and log without the buyer's data."""

from __future__ import annotations

import pytest

from orderbridge.ledger.order import scrubbed
from tests.builders import address, order


@pytest.mark.parametrize(
    "said",
    [
        "Cannot ship to Jane Doe, Willis Avenue 123",
        "CANNOT SHIP TO JANE DOE, WILLIS AVENUE 123",
        "cannot ship to jane   doe, willis\n avenue 123",
        "cannot ship to DOE/JANE, WillisAvenue? no: WILLIS\tAVENUE 123",
        "JANE@EXAMPLE.COM is not valid, call 555-0100",
    ],
)
def test_personal_data_is_taken_out_in_any_case_and_with_any_white_space(said: str) -> None:
    shown = scrubbed(said, order()).casefold()
    for personal in ("jane", "doe", "willis avenue", "willis\tavenue", "example.com", "555-0100"):
        assert personal not in " ".join(shown.split())
    assert "…" in shown


def test_a_street_with_a_sharp_s_is_taken_out_in_capitals() -> None:
    there = address(street="Lange Straße", last_name="Groß")
    assert scrubbed("LANGE STRASSE UNKNOWN FOR GROSS", order(shipping=there)) == "… UNKNOWN FOR …"


def test_one_of_several_first_names_is_taken_out() -> None:
    assert scrubbed("no such person: Maria", order(shipping=address(first_name="Anna Maria"))) == "no such person: …"


def test_what_is_nobodys_data_stays() -> None:
    assert scrubbed("Order 1001 is locked", order()) == "Order 1001 is locked"
    assert scrubbed("Order 1001 is locked", None) == "Order 1001 is locked"
