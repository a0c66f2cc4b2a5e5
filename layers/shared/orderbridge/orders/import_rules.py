"""Which orders are ours (R1, R38)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from orderbridge.ledger.order import Order
    from orderbridge.ledger.tags import Tags


def why_not_imported(order: Order, tags: Tags, states: Collection[int], *, despite_answers: bool = False) -> str | None:
    """The first rule of R1 that keeps an order out, in plain words, or None if it has to be imported.

    Args:
        despite_answers: the received and the rejected tag do not count: an operator has asked for it.
    """
    if not order.has_tag(tags.order_tag):
        return f"it does not have the tag {tags.order_tag}"
    if is_credit_note(order):
        return "it is a credit note: nothing is sent for it"
    if order.state not in states:
        return f"its state is {order.state}, not {' or '.join(map(str, states))}"
    if order.has_tag(tags.received) and not despite_answers:
        return f"it already has the tag {tags.received}"
    if order.has_tag(tags.rejected) and not despite_answers:
        return f"it has the tag {tags.rejected}"
    if order.archived:
        return "it is archived, so nothing about it can be changed any more"
    return None


def is_credit_note(order: Order) -> bool:
    """Whether an order takes another one back, by what it says or by its amount."""
    return bool(order.cancels) or order.total < 0


def is_only_marked(order: Order, tags: Tags, states: Collection[int]) -> bool:
    """Whether nothing but a received or rejected tag keeps an order out. A copied or merged order may carry that of
    another one (R38).
    """
    return why_not_imported(order, tags, states, despite_answers=True) is None


def is_only_marked_received(order: Order, tags: Tags, states: Collection[int]) -> bool:
    """Whether the received tag is all that keeps an order out."""
    return order.has_tag(tags.received) and not order.has_tag(tags.rejected) and is_only_marked(order, tags, states)
