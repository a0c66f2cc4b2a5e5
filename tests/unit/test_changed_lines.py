"""Which lines the warehouse was not sent as they are (R38), and which parts of an order have moved (R37)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orderbridge.ledger.order import Attribute, Order
from orderbridge.ledger.shown import Part, has_new_positions, moved_parts, shown, tags_when_sent
from orderbridge.ledger.sku import Sku
from orderbridge.ledger.tags import Tags, marked
from orderbridge.orders.changed_lines import added_pieces, changed_lines, pieces_of
from orderbridge.orders.shipping_order import ShippingOrder, build
from tests.builders import NOW, RULES, TAGS, address, bundle, component, discount, line, order, shipping_order

TEE = Sku("TEE-1")


def sold(*lines: tuple[int | None, int], sku: str = "TEE-1") -> Order:
    """An order with a line for each position and quantity."""
    return order(*(line(sku, quantity=Decimal(quantity), position=position) for position, quantity in lines))


def sent(one: Order) -> ShippingOrder:
    return shipping_order(*one.lines)


@pytest.mark.parametrize(
    ("now", "changed", "added"),
    [
        ([(1, 3), (2, 1)], (), 0),
        ([(2, 1), (1, 3)], (), 0),
        ([(1, 3)], (), 0),
        ([(1, 2), (2, 1)], (0,), 0),
        ([(1, 5), (2, 1)], (0,), 2),
        ([(1, 1), (2, 1), (3, 2)], (0, 2), 2),
        ([(3, 4)], (0,), 4),
        ([(None, 3), (2, 1)], (0,), 3),
    ],
)
def test_r38_a_line_is_new_by_its_position_and_what_went_elsewhere_is_not_set_off(
    now: list[tuple[int | None, int]], changed: tuple[int, ...], added: int
) -> None:
    before, after = shown(sold((1, 3), (2, 1)), TAGS), sold(*now)
    assert changed_lines(before, after) == changed
    assert added_pieces(before, after, sent(after))[TEE] == added
    assert pieces_of(sent(after), changed)[TEE] == sum(now[index][1] for index in changed)
    assert has_new_positions(before, after) == any(position == 3 for position, _ in now)


@pytest.mark.parametrize("unknown", [None, shown(sold((1, 3)), TAGS, sent=False)])
def test_r38_where_it_is_not_known_what_was_sent_every_line_may_be_new(unknown: Any) -> None:
    after = sold((1, 3), (2, 1))
    assert changed_lines(unknown, after) == (0, 1)
    assert added_pieces(unknown, after, sent(after)) == {TEE: 4}
    assert not has_new_positions(unknown, after)


@pytest.mark.parametrize("kits", [False, True])
def test_r38_of_a_bundle_that_was_raised_the_pieces_of_the_added_ones_count(*, kits: bool) -> None:
    one = order(line("MUG-1", position=1), bundle("30", quantity=3, position=2))
    parts = {1: (component("TEE-1", 2), component("PEN-1"))}
    rules = replace(RULES, bundles_are_kits=kits)
    shipping = build(one, parts, rules, ship_method="24", today=date(2026, 3, 2))
    before = shown(order(line("MUG-1", position=1), bundle("10", position=2)), TAGS)
    assert changed_lines(before, one) == (1,)
    assert added_pieces(before, one, shipping) == {TEE: 4, Sku("PEN-1"): 2}
    assert pieces_of(shipping, [1]) == {TEE: 6, Sku("PEN-1"): 3}


# ---- R37


SOLD: dict[str, Any] = {"shipping_cost": Decimal("4.90"), "buyer_message": "Hi", "tags": ("bibi", "vip")}
BY_TAG = Tags("bibi", marked(frozenset({"vip"})))


@pytest.mark.parametrize(
    ("moved", "changes"),
    [
        ([], {"number": "2", "state": 1, "read_at": NOW.replace(year=2027), "shop": ("Etsy",), "phone": "1"}),
        ([], {"tags": ("BIBI", "Vip", "printed", "order_received_by_bibi")}),
        ([], {"shipping_cost": Decimal("4.9")}),
        (["delivery address"], {"shipping": address(city="Reno")}),
        (["invoice address"], {"billing": address()}),
        (["shipping product"], {"shipping_profile": "Express"}),
        (["payment"], {"payment_type": 2}),
        (["message"], {"buyer_message": "Ring twice"}),
        (["money"], {"total": Decimal(1)}),
        (["money"], {"currency": "EUR"}),
        (["money"], {"adjustment_reason": "gift"}),
        (["tags"], {"tags": ("bibi",)}),
        (["tags"], {"tags": ("bibi", "vip", "rush_bibi")}),
        (["tags"], {"tags": ("bibi", "vip", "ship_on_2026-12-24")}),
    ],
)
def test_r37_a_part_has_moved_if_billbee_shows_something_else_of_it(moved: list[str], changes: dict[str, Any]) -> None:
    before = shown(order(**SOLD), BY_TAG)
    assert moved_parts(before, order(**SOLD | changes), BY_TAG) == {Part(one) for one in moved}


@pytest.mark.parametrize(
    ("moved", "changes"),
    [
        ([], {"grams": Decimal(5), "position": 7, "pieces_per_sale": Decimal(2)}),
        (["goods"], {"quantity": Decimal(2)}),
        (["goods"], {"product_id": 9}),
        (["titles"], {"title": "Cup"}),
        (["attributes"], {"attributes": (Attribute(name="Engraving", value="Oma"),)}),
        (["money"], {"tax": Decimal(1)}),
    ],
)
def test_r37_a_part_of_a_line_has_moved(moved: list[str], changes: dict[str, Any]) -> None:
    before = shown(order(line(), discount("-1")), TAGS)
    assert moved_parts(before, order(discount("-1"), line(**changes)), TAGS) == {Part(one) for one in moved}


def test_r40_the_tags_that_rules_asked_for_then_are_known_by_marks_and_without_them_those_of_today_count() -> None:
    before = shown(order(**SOLD), BY_TAG)
    assert tags_when_sent(TAGS, before) == BY_TAG
    assert tags_when_sent(BY_TAG, shown(order(**SOLD), TAGS)) == TAGS
    assert tags_when_sent(BY_TAG, None) == BY_TAG
    assert len(before.rule_tags) == 4
