"""What a merchant's later changes of an order ask of the warehouse (R11, R12, R13, R24, R37)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import HAS_LEFT, HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.shop_states import CANCELLED_STATE, DELETED_STATE
from orderbridge.ledger.shown import has_new_positions
from orderbridge.ledger.told import LABEL_ANSWERS, Answer, BillingAnswer, is_settled, waiting_credits

if TYPE_CHECKING:
    from collections.abc import Set

    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.ledger.tags import Tags


class Wish(StrEnum):
    """Something that the warehouse should do with an order that it has."""

    CANCEL = "cancel"
    CREDIT = "credit"
    """Not a wish: a credit note was read before the warehouse had the order (R38)."""
    HOLD = "hold"
    RELEASE = "release"
    FORGET_REFUSAL = "forget refusal"
    """The merchant has withdrawn a refused hold or release: the next one is tried again."""
    UPDATE = "update"
    TAG_AGAIN = "tag again"
    COMPARE = "compare"
    """The order may differ from what the warehouse has, and nobody has asked for a change."""
    LABEL = "return label"
    """A key in ``told``: the answers were given to the tag, not to an operator."""
    FORGET_LABEL = "forget return label"
    """The merchant removed the tag after an answer: the next label is asked for again."""


_CAN_BE_HELD: Final = frozenset({Status.ACKNOWLEDGED, Status.HELD})
SETTLES_WITHIN: Final = timedelta(minutes=15)
"""How long a content has to stay before the merchant is told of it, because an order is edited in several steps."""


def awaits_billing(status: Status, told: Set[str], *, holds: bool) -> bool:
    """Whether an order is held at the warehouse until it is billed (R20). ``holds``: the merchant's setting."""
    return holds and status in _CAN_BE_HELD and BillingAnswer.OK not in told


def wishes(
    order: Order,
    tags: Tags,
    *,
    status: Status,
    content_hash: str,
    held: bool,
    told: Set[str],
    gated: bool = False,
) -> tuple[Wish, ...]:
    """What has to be done at the warehouse for an order that it has, the most urgent first. For a shipped order, the
    wishes that came too late and have to be answered.

    Args:
        tags: as they counted when the warehouse was sent the order.
        status, content_hash: as the ledger has them; an empty hash means that the content at the warehouse is not
            known.
        held: whether we put it on hold.
        told: the answers that the merchant has had, because a refused wish is not repeated.
        gated: it is held until it is billed, whatever its tags (R20).
    """
    if status not in HAS_REACHED_WAREHOUSE:
        return ()
    label = _label_wishes(order, tags, status, told)
    if order.state in (DELETED_STATE, CANCELLED_STATE):
        return label if told & {Answer.CANCEL_REFUSED, Answer.CANCELLED} else (Wish.CANCEL, *label)
    if status is Status.CANCELLING:
        return (Wish.CANCEL,)  # which finds that it is not wanted any more, or too late
    found = [Wish.CREDIT] if waiting_credits(told) and status is not Status.SHIPPED else []
    if order.has_tag(tags.hold) or gated:
        if not held and Answer.HOLD_REFUSED not in told:
            found.append(Wish.HOLD)
        if Answer.RELEASE_REFUSED in told:
            found.append(Wish.FORGET_REFUSAL)
    elif status is not Status.SHIPPED:
        if held and Answer.RELEASE_REFUSED not in told:
            found.append(Wish.RELEASE)
        if Answer.HOLD_REFUSED in told:
            found.append(Wish.FORGET_REFUSAL)
    if order.has_tag(tags.order_tag) and not order.has_tag(tags.received) and not order.archived:
        changed = content_hash not in ("", tags.content_hash(order))
        found.append(Wish.UPDATE if changed else Wish.TAG_AGAIN)
    return (*found, *label)


def _label_wishes(order: Order, tags: Tags, status: Status, told: Set[str]) -> tuple[Wish, ...]:
    """A label for an order that has not left yet waits until it has."""
    if not order.has_tag(tags.return_label):
        return (Wish.FORGET_LABEL,) if Wish.LABEL in told else ()
    answered = Wish.LABEL in told and told & LABEL_ANSWERS
    return (Wish.LABEL,) if status in HAS_LEFT and not answered else ()


def must_compare(record: LedgerOrder, order: Order, tags: Tags, *, automatic: bool, now: datetime) -> bool:
    """Whether an order that was left with its received tag has to be compared with what the warehouse was sent (R37).

    Args:
        tags: as they counted when it was sent.
        automatic: changes are brought to the warehouse, and so at once.
    """
    if record.status not in HAS_REACHED_WAREHOUSE or record.status is Status.CANCELLING:
        return False
    if order.archived or order.state in (DELETED_STATE, CANCELLED_STATE):
        return False
    if not order.has_tag(tags.order_tag) or not order.has_tag(tags.received):
        return False
    content = tags.content_hash(order)
    difference = record.difference
    if content == record.content_hash:
        return difference is not None or (record.status not in HAS_LEFT and has_new_positions(record.shown, order))
    if is_settled(record.told, content):
        return False
    if automatic or difference is None or difference.content != content:
        return True
    return now - difference.since >= SETTLES_WITHIN
