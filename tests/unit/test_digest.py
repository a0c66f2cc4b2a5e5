"""The digest's words: short, in the merchant's language, with a subject that SNS takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.desk.digest_text import LONGEST_SUBJECT, Digest, DigestOrder, subject, text
from orderbridge.ledger.lifecycle import OPEN, Status
from orderbridge.ledger.problem import Language
from orderbridge.merchants.activity import Activity
from orderbridge.stock.movements import Correction

REJECTED = DigestOrder(5020, "SHOP-20", Status.REJECTED, 0, "The order has no shipping address: add one. [OB-101]")
WAITING = DigestOrder(5001, "5001", Status.ACKNOWLEDGED, 3, None)
DAY = Digest(
    merchant="acme",
    day=date(2026, 11, 21),
    counts={Activity.IMPORTED: 12, Activity.SHIPPED: 10, Activity.PARCELS: 11, Activity.CHANGED: 1},
    rejected=[REJECTED],
    open_too_long=[WAITING],
    disagreements=[],
)


def test_the_digest_in_english() -> None:
    assert subject(DAY) == "orderbridge acme: 12 imported, 10 shipped, 1 rejected, 1 open too long"
    assert text(DAY).splitlines() == [
        "acme, 2026-11-21 (UTC)",
        "",
        "Imported: 12",
        "Shipped: 10",
        "Parcels: 11",
        "Rejected: 0",
        "Changed: 1",
        "",
        "Rejected since, not fixed: 1",
        "- SHOP-20 (5020): The order has no shipping address: add one. [OB-101]",
        "",
        "Open for more than 2 days: 1",
        "- 5001: at the warehouse, 3 days",
        "",
        "Disagreements of the last 3 days: 0",
    ]


def test_r23_what_arrived_at_the_warehouse_is_told() -> None:
    found = replace(DAY, arrived=["T-1: 16 of 17 pieces received; TEE-01: 1 missing"])
    assert "Shipments received at the warehouse: 1\n- T-1: 16 of 17 pieces received; TEE-01: 1 missing" in text(found)
    assert "Im Lager eingegangene Lieferungen: 1" in text(found, "de")
    assert "received" not in text(DAY)


def test_the_digest_in_german() -> None:
    found = replace(DAY, disagreements=None)
    assert subject(found, "de") == "orderbridge acme: 12 importiert, 10 versandt, 1 abgelehnt, 1 zu lange offen"
    lines = text(found, "de").splitlines()
    assert lines[0] == "acme, 21.11.2026 (UTC)"
    assert "Geändert: 1" in lines
    assert "- 5001: beim Lager, 3 Tage" in lines
    assert lines[-1] == "Unstimmigkeiten der letzten 3 Tage: Abgleich war nicht möglich"


def test_a_long_list_is_cut_and_its_rest_counted() -> None:
    lines = text(replace(DAY, open_too_long=[WAITING] * 27)).splitlines()
    assert lines.count("- 5001: at the warehouse, 3 days") == 20
    assert "Open for more than 2 days: 27" in lines
    assert "… and more: 7" in lines


def test_r25_what_the_warehouse_corrected_is_told_where_it_is_read() -> None:
    corrections = {
        "TEE": {Correction.COUNT: 1},
        "MUG": {Correction.WRITE_OFF: -4, Correction.COUNT: -2, Correction.DAMAGE: 3},
    }
    found = replace(DAY, corrections=corrections)
    assert text(found).splitlines()[-3:] == [
        "Stock corrected at the warehouse: 2",
        "- MUG: count -2, damaged 3, written off -4",
        "- TEE: count +1",
    ]
    assert text(found, "de").splitlines()[-2] == "- MUG: Zählung -2, beschädigt 3, ausgebucht -4"
    assert text(replace(DAY, corrections={})).splitlines()[-1] == "Stock corrected at the warehouse: 0"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("status", sorted(OPEN))
def test_every_open_status_has_words_of_its_own(status: Status, language: Language) -> None:
    lines = text(replace(DAY, open_too_long=[replace(WAITING, status=status)]), language).splitlines()
    (line,) = [line for line in lines if line.startswith("- 5001: ")]
    assert status.value not in line


@given(
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True), st.integers(0, 10**12), st.sampled_from(["en", "de"])
)
def test_a_subject_is_one_line_of_at_most_100_ascii_characters(merchant: str, many: int, language: Language) -> None:
    counts = {Activity.IMPORTED: many, Activity.SHIPPED: many}
    found = subject(replace(DAY, merchant=merchant, counts=counts, disagreements=["x"] * 3), language)
    assert found.isascii()
    assert found.isprintable()
    assert 0 < len(found) <= LONGEST_SUBJECT
    assert str(many) in found
