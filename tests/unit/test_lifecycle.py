"""Every move between two statuses, allowed or not."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from orderbridge.ledger.lifecycle import (
    AT_WAREHOUSE,
    BEFORE_WAREHOUSE,
    BEGINNINGS,
    MOVES,
    OPEN,
    ForbiddenMove,
    Status,
    check_beginning,
    check_move,
)

DOCS = Path(__file__).parents[2] / "docs"

S = Status
_MOVES: dict[Status, set[Status]] = {
    # Claimed, found at the warehouse, unfit (R2), gone from the shop before it was sent.
    S.QUEUED: {S.SUBMITTING, S.SUBMITTED, S.REJECTED, S.CANCELLED},
    # Certainly not there, there, refused by the warehouse. Never past the question by number (R7).
    S.SUBMITTING: {S.QUEUED, S.SUBMITTED, S.REJECTED},
    S.SUBMITTED: {S.ACKNOWLEDGED, S.PARTIALLY_SHIPPED, S.SHIPPED, S.HELD, S.CANCELLING, S.CANCELLED},
    S.ACKNOWLEDGED: {S.PARTIALLY_SHIPPED, S.SHIPPED, S.HELD, S.CANCELLING, S.CANCELLED},
    S.HELD: {S.ACKNOWLEDGED, S.PARTIALLY_SHIPPED, S.SHIPPED, S.CANCELLING, S.CANCELLED},
    # What has left cannot be unshipped; the rest can still be cancelled.
    S.PARTIALLY_SHIPPED: {S.SHIPPED, S.CANCELLING, S.CANCELLED},
    # The warehouse may be too late (R12).
    S.CANCELLING: {S.ACKNOWLEDGED, S.PARTIALLY_SHIPPED, S.SHIPPED, S.CANCELLED},
    # Fixed and imported again (R2).
    S.REJECTED: {S.QUEUED},
    S.CANCELLED: {S.QUEUED},
    S.SHIPPED: set(),
}
_PAIRS = list(itertools.product(Status, Status))


@pytest.mark.parametrize(("current", "to"), [pair for pair in _PAIRS if pair[1] in _MOVES[pair[0]]])
def test_section_4_an_allowed_move_passes(current: Status, to: Status) -> None:
    check_move(current, to)


@pytest.mark.parametrize(("current", "to"), [pair for pair in _PAIRS if pair[1] not in _MOVES[pair[0]]])
def test_section_4_any_other_move_is_forbidden_and_named(current: Status, to: Status) -> None:
    with pytest.raises(ForbiddenMove, match=f"from {current} to {to}"):
        check_move(current, to)


def test_r7_nothing_leads_back_before_the_warehouse_once_it_has_the_order() -> None:
    """Except for a cancelled order that is imported again, after the warehouse gave it up."""
    for current in AT_WAREHOUSE:
        for to in BEFORE_WAREHOUSE:
            with pytest.raises(ForbiddenMove):
                check_move(current, to)


def test_r7_an_order_reaches_the_warehouse_only_through_a_claim_or_by_being_found_there() -> None:
    sends = {current for current, to in _PAIRS if to is Status.SUBMITTING and to in _MOVES[current]}
    assert sends == {Status.QUEUED}


def test_section_4_the_sets_of_statuses_fit_together() -> None:
    assert {Status.SHIPPED, Status.REJECTED, Status.CANCELLED} == set(Status) - OPEN
    assert AT_WAREHOUSE | BEFORE_WAREHOUSE == OPEN
    assert not AT_WAREHOUSE & BEFORE_WAREHOUSE


def test_r10_a_record_begins_as_imported_or_as_what_a_lost_ledger_left() -> None:
    begins = {S.QUEUED, S.SUBMITTED, S.ACKNOWLEDGED, S.SHIPPED, S.REJECTED}
    for status in begins:
        check_beginning(status)
    for status in set(Status) - begins:
        with pytest.raises(ForbiddenMove, match=f"begin as {status}"):
            check_beginning(status)


def test_every_status_can_be_reached_and_left_until_the_order_is_shipped() -> None:
    reached = set(BEGINNINGS)
    while new := {to for status in reached for to in MOVES[status]} - reached:
        reached |= new
    assert reached == set(Status) == set(MOVES)
    assert [status for status in Status if not MOVES[status]] == [Status.SHIPPED]


def test_the_page_on_orders_has_the_table_of_moves() -> None:
    text = (DOCS / "design/orders.md").read_text(encoding="utf-8")
    section = text.partition("## All moves\n")[2].partition("\n## ")[0]
    rows = {
        first.strip("`"): re.findall(r"`(\w+)`", to)
        for first, to in re.findall(r"^\| (.+) \| (.+) \|$", section, re.MULTILINE)
    }
    assert rows.pop("from") == rows.pop("---") == []
    assert rows.pop("a new record") == list(BEGINNINGS)
    assert rows == {before: list(to) for before, to in MOVES.items()}
