"""R25: what the warehouse's transactions mean, in plain words, and that reading them again counts nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.simulators.bibi.movements import REASONS, TYPES
from local.simulators.bibi.records import STAFF, transaction
from orderbridge.stock.movements import (
    DOCUMENTED,
    KEPT,
    Codes,
    Correction,
    Movement,
    Note,
    correction_of,
    described,
    is_receipt,
    merged,
    newest,
    notable,
    noted,
)
from orderbridge.vendors.bibi.movements import to_movement

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CODES = Codes(TYPES, {(one["transaction_type_class"], one["reason_code"]): one["description"] for one in REASONS})


def moved(quantity: int = -1, **fields: Any) -> Movement:
    given: dict[str, Any] = {"at": NOON, "sku": "MUG", "quantity": quantity, "kind": "S"}
    return Movement(**(given | fields))


@pytest.mark.parametrize(
    ("fields", "meaning"),
    [
        ({"reason": "01"}, Correction.COUNT),
        ({"reason": "02"}, Correction.COUNT),
        ({"reason": "03"}, Correction.COUNT),
        ({"reason": "18"}, Correction.COUNT),
        ({"reason": "09"}, Correction.WRITE_OFF),
        ({"reason": "10"}, Correction.WRITE_OFF),
        ({"reason": "15"}, Correction.DAMAGE),
        ({"kind": "M", "reason": "03"}, Correction.DAMAGE),
        ({"kind": "M", "source": "04STAGING", "target": "90DAMAGED"}, Correction.DAMAGE),
        ({"kind": "M", "source": "90DAMAGED", "target": "04STAGING"}, None),
        ({"kind": "M", "reason": "01"}, None),
        ({"reason": "12"}, None),
        ({"reason": "00", "source": "11 FILE MA"}, None),
        ({"source": "09 DISPOSA", "reason": "00"}, Correction.WRITE_OFF),
        ({"kind": "R"}, None),
        ({"kind": "?", "reason": "01"}, None),
    ],
)
@pytest.mark.parametrize("codes", [CODES, DOCUMENTED], ids=["live", "documented"])
def test_r25_write_offs_damages_and_corrected_counts_matter(
    fields: dict[str, Any], meaning: Correction | None, codes: Codes
) -> None:
    assert correction_of(moved(**fields), codes) is meaning


@pytest.mark.parametrize(
    ("movement", "words"),
    [
        (moved(-2, reason="01"), "2 pieces fewer: Missing (Stock Adjust)"),
        (moved(1, reason="02"), "1 piece more: Found (Stock Adjust)"),
        (moved(12, kind="M", source="04STAGING", target="90DAMAGED"), "12 pieces moved from 04STAGING to 90DAMAGED"),
        (moved(5, kind="P"), "5 pieces more: PO Receipt"),
        (moved(-1, kind="Z"), "1 piece fewer: type Z"),
        (moved(-1, kind=""), "1 piece fewer: type not said"),
    ],
)
def test_r25_a_movement_is_said_in_plain_words(movement: Movement, words: str) -> None:
    assert described(movement, CODES).startswith(words)


def test_r25_what_arrived_is_told_from_what_was_corrected() -> None:
    assert is_receipt(moved(5, kind="P"), CODES)
    assert is_receipt(moved(5, reason="12"), CODES)
    assert not is_receipt(moved(5, reason="02"), CODES)


def test_r25_who_did_it_is_not_read() -> None:
    found = to_movement(transaction("MUG", -2, "2026-11-22 06:00:00", reason="01"))
    assert found == moved(-2, reason="01")
    assert STAFF not in repr(found) + repr(noted(found, CODES))


@pytest.mark.parametrize(
    "changes",
    [{"quantity": "many"}, {"quantity": None}, {"transaction_date": "yesterday"}, {"transaction_date": 5}]
    + [{"product_number": value} for value in ("", None, [1])],
)
def test_r25_a_transaction_that_cannot_be_read_is_left_out(changes: dict[str, Any]) -> None:
    assert to_movement(transaction("MUG", 1, "2026-11-22 06:00:00") | changes) is None


# Read again and again

moments = st.integers(0, 59).map(lambda minute: NOON + timedelta(minutes=minute))
notes = st.lists(st.builds(Note, moments, st.integers(-2, 2), st.sampled_from(["a", "b"])), max_size=12)


@settings(max_examples=60, deadline=None)
@given(happened=notes, cuts=st.lists(st.tuples(st.integers(0, 59), st.integers(1, 30)), max_size=6))
def test_r25_a_transaction_that_is_read_twice_counts_once(
    happened: Sequence[Note], cuts: Sequence[tuple[int, int]]
) -> None:
    """Two equal ones in the same second are two, however often and in whatever pieces the time is read."""
    known: list[Note] = []
    windows = [(0, 60), *((start, start + length) for start, length in cuts), (0, 30), (30, 60)]
    for start, end in windows:
        since, until = NOON + timedelta(minutes=start), NOON + timedelta(minutes=end)
        read = [one for one in happened if since <= one.at < until]
        known = merged(known, read, since, until)
    assert sorted(map(repr, known)) == sorted(map(repr, happened))
    assert newest(known) == tuple(known[-KEPT:])


def test_r25_what_the_warehouse_took_back_is_forgotten() -> None:
    wrong, right = Note(NOON, -5, "wrong"), Note(NOON, -1, "right")
    assert merged([wrong], [right], NOON, NOON + timedelta(hours=1)) == [right]


def test_r25_only_what_matters_is_kept_for_the_digest_and_only_for_days() -> None:
    old, new = (Note(NOON - timedelta(days=days), -1, "lost", Correction.COUNT) for days in (4, 1))
    assert notable([old, new, Note(NOON, 1, "received")], NOON) == (new,)
