"""R1: which orders are imported, and the tags that say so."""

from __future__ import annotations

from datetime import date

import pytest

from orderbridge.ledger.tags import Tags, ship_date
from orderbridge.orders.import_rules import why_not_imported
from tests.builders import TAGS, order


def test_r1_a_paid_and_tagged_order_is_imported() -> None:
    assert why_not_imported(order(), TAGS, (3,)) is None


@pytest.mark.parametrize("tag", ["BIBI", "Bibi", "bIbI"])
def test_r1_the_order_tag_compares_without_regard_to_case(tag: str) -> None:
    assert why_not_imported(order(tags=(tag,)), TAGS, (3,)) is None


@pytest.mark.parametrize("tags", [(), ("bibi2",), ("not bibi",), ("order_received_by_bibi",)])
def test_r1_an_order_without_the_order_tag_is_ignored(tags: tuple[str, ...]) -> None:
    assert "tag bibi" in str(why_not_imported(order(tags=tags), TAGS, (3,)))


@pytest.mark.parametrize("tag", ["order_received_by_bibi", "ORDER_RECEIVED_BY_BIBI", "Order_Received_By_bibi"])
def test_r1_a_received_order_is_not_imported_again(tag: str) -> None:
    assert "order_received_by_bibi" in str(why_not_imported(order(tags=("bibi", tag)), TAGS, (3,)))


@pytest.mark.parametrize("tag", ["order_rejected_by_bibi", "Order_Rejected_by_BIBI"])
def test_r1_a_rejected_order_waits_until_its_tag_is_removed(tag: str) -> None:
    assert "order_rejected_by_bibi" in str(why_not_imported(order(tags=("bibi", tag)), TAGS, (3,)))


def test_r1_tags_of_another_warehouse_do_not_count() -> None:
    assert (
        why_not_imported(order(tags=("bibi", "order_received_by_other", "order_rejected_by_other")), TAGS, (3,)) is None
    )


@pytest.mark.parametrize("state", [0, 1, 2, 4, 6, 8, 13, 16])
def test_r1_an_order_in_another_state_is_ignored(state: int) -> None:
    assert f"its state is {state}, not 3" in str(why_not_imported(order(state=state), TAGS, (3,)))


def test_r1_the_state_is_the_merchants_choice() -> None:
    assert why_not_imported(order(state=13), TAGS, (13,)) is None
    assert why_not_imported(order(state=3), TAGS, (13,)) is not None


def test_r1_an_archived_order_takes_no_tag_and_is_left_alone() -> None:
    assert "archived" in str(why_not_imported(order(archived=True), TAGS, (3,)))


def test_r1_all_tags_derive_from_the_order_tag() -> None:
    tags = Tags("acme-us")
    assert tags.received == "order_received_by_acme-us"
    assert tags.rejected == "order_rejected_by_acme-us"
    assert tags.cancelled == "order_cancelled_by_acme-us"
    assert tags.rush == "rush_acme-us"


def test_r4_the_ship_date_is_read_from_its_tag() -> None:
    assert ship_date(order(tags=("bibi", "ship_on_2026-12-24"))) == date(2026, 12, 24)
    assert ship_date(order(tags=("bibi", "SHIP_ON_2026-12-24"))) == date(2026, 12, 24)
    assert ship_date(order()) is None


@pytest.mark.parametrize("tag", ["ship_on_tomorrow", "ship_on_2026-02-30", "ship_on_", "ship_on_24.12.2026"])
def test_r4_a_ship_date_that_is_no_date_is_named(tag: str) -> None:
    with pytest.raises(ValueError, match=tag):
        ship_date(order(tags=("bibi", tag)))


def test_r11_only_tags_that_the_warehouse_acts_on_are_part_of_the_content() -> None:
    tagged = order(tags=("bibi", "vip", "Rush_Bibi", "ship_on_2026-12-24", "order_received_by_bibi"))
    assert set(TAGS.of_interest(tagged)) == {"Rush_Bibi", "ship_on_2026-12-24"}
