"""What a merchant's later doings with an order ask of the warehouse (R11, R12, R13)."""

from __future__ import annotations

from enum import StrEnum

from orderbridge.domain.import_rules import Tags
from orderbridge.domain.lifecycle import AT_WAREHOUSE, Status
from orderbridge.domain.order import Order

DELETED, CANCELLED = 6, 8
"""States of the shop side that take an order back."""


class Wish(StrEnum):
    """Something the warehouse is to do about an order it has."""

    CANCEL = "cancel"
    HOLD = "hold"
    RELEASE = "release"
    UPDATE = "update"
    TAG_AGAIN = "tag again"


class Answer(StrEnum):
    """What the merchant is told about a wish, once each; also the names of the notices in the ledger."""

    CANCELLED = "cancelled_on_request"
    CANCEL_REFUSED = "cancel_refused"
    HOLD_REFUSED = "hold_refused"
    RELEASE_REFUSED = "release_refused"
    CHANGE_REFUSED = "change_refused"


def wishes(
    order: Order,
    tags: Tags,
    *,
    status: Status,
    content_hash: str,
    held: bool,
    answered: frozenset[str],
) -> tuple[Wish, ...]:
    """What is to be done at the warehouse for an order it has, in the order of urgency.

    Args:
        status, content_hash: as the ledger has them; an empty hash is an order whose content at the warehouse is not
            known.
        held: whether we put it on hold.
        answered: the answers the merchant has had: a refused wish is not tried again and again.
    """
    if status not in AT_WAREHOUSE:
        return ()
    if order.state in (DELETED, CANCELLED):
        return () if answered & {Answer.CANCEL_REFUSED, Answer.CANCELLED} else (Wish.CANCEL,)
    found: list[Wish] = []
    if order.has_tag(tags.hold):
        if not held and Answer.HOLD_REFUSED not in answered:
            found.append(Wish.HOLD)
    elif held and Answer.RELEASE_REFUSED not in answered:
        found.append(Wish.RELEASE)
    if order.has_tag(tags.order_tag) and not order.has_tag(tags.received):
        changed = content_hash not in ("", order.content_hash(tags.of_interest(order)))
        found.append(Wish.UPDATE if changed else Wish.TAG_AGAIN)
    return tuple(found)
