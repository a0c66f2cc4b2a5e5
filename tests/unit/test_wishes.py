"""R11, R12, R13: what a merchant's later doings with an order ask of the warehouse."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from orderbridge.ledger.lifecycle import AT_WAREHOUSE, Status
from orderbridge.ledger.order import Order
from orderbridge.ledger.shop_states import CANCELLED_STATE, DELETED_STATE
from orderbridge.ledger.told import Answer
from orderbridge.ledger.wishes import Wish, wishes
from tests.builders import TAGS, address, order

_GOING_ON = sorted(AT_WAREHOUSE - {Status.CANCELLING})
_NOT_THERE = sorted(set(Status) - AT_WAREHOUSE - {Status.SHIPPED})


def _order(*tags: str, **changes: Any) -> Order:
    return order(tags=("bibi", *tags), **changes)


def _wishes(one: Order, status: Status = Status.ACKNOWLEDGED, **changes: Any) -> tuple[Wish, ...]:
    known: dict[str, Any] = {"content_hash": _order().content_hash(), "held": False, "told": frozenset()}
    return wishes(one, TAGS, status=status, **(known | changes))


@pytest.mark.parametrize("status", [*_GOING_ON, Status.SHIPPED])
def test_an_order_that_was_left_alone_asks_for_nothing(status: Status) -> None:
    assert _wishes(_order(TAGS.received), status) == ()


@pytest.mark.parametrize("status", _NOT_THERE)
@pytest.mark.parametrize(
    "one", [_order(state=CANCELLED_STATE), _order(TAGS.hold, total=1), _order()], ids=["8", "hold", "3"]
)
def test_nothing_is_asked_of_a_warehouse_that_does_not_have_the_order(one: Order, status: Status) -> None:
    assert _wishes(one, status) == ()


# ---- R11


@pytest.mark.parametrize("status", _GOING_ON)
def test_r11_without_the_received_tag_unchanged_content_is_only_tagged_again(status: Status) -> None:
    assert _wishes(_order(), status) == (Wish.TAG_AGAIN,)


@pytest.mark.parametrize("status", [*_GOING_ON, Status.SHIPPED])
def test_r11_without_the_received_tag_changed_content_becomes_an_update(status: Status) -> None:
    for changed in (_order(shipping=address(city="Reno")), _order("rush_bibi"), _order("ship_on_2026-04-01")):
        extra = TAGS.of_interest(changed)
        assert changed.content_hash(extra) != _order().content_hash()
        assert _wishes(changed, status) == (Wish.UPDATE,)


def test_r11_an_unchanged_order_is_tagged_again_after_it_was_shipped_too() -> None:
    assert _wishes(_order(), Status.SHIPPED) == (Wish.TAG_AGAIN,)


def test_r11_a_change_counts_only_once_the_received_tag_is_removed_and_while_the_order_tag_is_there() -> None:
    assert _wishes(_order(TAGS.received, shipping=address(city="Reno"))) == ()
    assert _wishes(order(tags=(), shipping=address(city="Reno"))) == ()


def test_r11_tags_compare_without_regard_to_case() -> None:
    assert _wishes(order(tags=("BIBI", "Order_Received_By_Bibi"), shipping=address(city="Reno"))) == ()
    assert _wishes(order(tags=("BiBi",))) == (Wish.TAG_AGAIN,)


def test_r11_what_the_warehouse_has_of_an_order_may_not_be_known() -> None:
    assert _wishes(_order(shipping=address(city="Reno")), content_hash="") == (Wish.TAG_AGAIN,)


def test_r11_an_archived_order_cannot_be_tagged_any_more() -> None:
    assert _wishes(_order(archived=True)) == ()


def test_r11_a_refusal_does_not_keep_the_merchant_from_asking_again() -> None:
    changed = _order(shipping=address(city="Reno"))
    assert _wishes(changed, told={Answer.CHANGE_REFUSED}) == (Wish.UPDATE,)


# ---- R12


@pytest.mark.parametrize("status", [*sorted(AT_WAREHOUSE), Status.SHIPPED])
@pytest.mark.parametrize("state", [CANCELLED_STATE, DELETED_STATE])
def test_r12_a_cancelled_or_deleted_order_is_cancelled_and_nothing_else(state: int, status: Status) -> None:
    for tags in ((), (TAGS.received,), (TAGS.hold,)):
        assert _wishes(_order(*tags, state=state, shipping=address(city="Reno")), status) == (Wish.CANCEL,)


@pytest.mark.parametrize("answer", [Answer.CANCELLED, Answer.CANCEL_REFUSED])
def test_r12_a_cancellation_is_answered_once(answer: Answer) -> None:
    assert _wishes(_order(state=CANCELLED_STATE), told={answer}) == ()


@pytest.mark.parametrize("state", sorted(set(range(1, 18)) - {CANCELLED_STATE, DELETED_STATE}))
def test_r12_no_other_state_cancels(state: int) -> None:
    assert _wishes(_order(TAGS.received, state=state)) == ()


def test_r12_a_cancellation_that_is_no_longer_wanted_is_brought_to_an_end() -> None:
    assert _wishes(_order(TAGS.received, TAGS.hold), Status.CANCELLING) == (Wish.CANCEL,)


# ---- R13


@pytest.mark.parametrize("status", _GOING_ON)
def test_r13_the_tag_holds_and_its_removal_releases(status: Status) -> None:
    assert _wishes(_order(TAGS.received, TAGS.hold), status) == (Wish.HOLD,)
    assert _wishes(_order(TAGS.received, TAGS.hold), status, held=True) == ()
    assert _wishes(_order(TAGS.received), status, held=True) == (Wish.RELEASE,)
    assert _wishes(_order(TAGS.received), status) == ()


def test_r13_a_shipped_order_can_be_held_too_late_but_not_released() -> None:
    assert _wishes(_order(TAGS.received, TAGS.hold), Status.SHIPPED) == (Wish.HOLD,)
    assert _wishes(_order(TAGS.received), Status.SHIPPED, held=True) == ()


def test_r13_a_refused_hold_is_not_tried_again_until_the_tag_has_been_away() -> None:
    refused = {Answer.HOLD_REFUSED}
    assert _wishes(_order(TAGS.received, TAGS.hold), told=refused) == ()
    assert _wishes(_order(TAGS.received), told=refused) == (Wish.FORGET_REFUSAL,)


def test_r13_a_refused_release_is_not_tried_again_until_the_tag_has_been_back() -> None:
    refused = {Answer.RELEASE_REFUSED}
    assert _wishes(_order(TAGS.received), held=True, told=refused) == ()
    assert _wishes(_order(TAGS.received, TAGS.hold), held=True, told=refused) == (Wish.FORGET_REFUSAL,)


def test_r13_a_hold_comes_before_a_change() -> None:
    assert _wishes(_order(TAGS.hold, shipping=address(city="Reno"))) == (Wish.HOLD, Wish.UPDATE)
    assert _wishes(_order(shipping=address(city="Reno")), held=True) == (Wish.RELEASE, Wish.UPDATE)


def test_no_wish_comes_twice_and_a_fulfilled_one_is_gone() -> None:
    """Every combination of what the order and the ledger may show."""
    kinds = [Answer.HOLD_REFUSED, Answer.RELEASE_REFUSED, Answer.CHANGE_REFUSED]
    for tags, held, known in itertools.product(
        [(), (TAGS.received,), (TAGS.hold,), (TAGS.received, TAGS.hold)],
        (False, True),
        itertools.product((False, True), repeat=len(kinds)),
    ):
        told = {kind for kind, is_told in zip(kinds, known, strict=True) if is_told}
        for status in (*_GOING_ON, Status.SHIPPED):
            found = _wishes(_order(*tags), status, held=held, told=told)
            assert len(set(found)) == len(found)
            assert not {Wish.HOLD, Wish.RELEASE} <= set(found)
            assert not {Wish.UPDATE, Wish.TAG_AGAIN} <= set(found)
