"""What a merchant's later doings with an order ask of the warehouse (R11, R12, R13, R24)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orderbridge.domain.lifecycle import AT_WAREHOUSE, Status

if TYPE_CHECKING:
    from orderbridge.domain.import_rules import Tags
    from orderbridge.domain.order import Order

DELETED, CANCELLED = 6, 8
"""States of the shop side that take an order back."""


class Wish(StrEnum):
    """Something the warehouse is to do about an order it has."""

    CANCEL = "cancel"
    RESUME = "resume"
    """Go on with an order whose cancellation was begun and is no longer wanted."""
    HOLD = "hold"
    RELEASE = "release"
    FORGET_REFUSAL = "forget refusal"
    """The merchant gave in to a refused hold or release: the next one is asked for anew."""
    UPDATE = "update"
    TAG_AGAIN = "tag again"
    LABEL = "return label"
    """Among the notices: the answers that there are were given to the tag, and not to an operator."""
    FORGET_LABEL = "forget return label"
    """The merchant took the tag off after an answer: the next label is asked for anew."""


class Answer(StrEnum):
    """What the merchant is told about a wish, or about the order itself, once each; also the names of the notices in
    the ledger.
    """

    CANCELLED = "cancelled_on_request"
    CANCEL_REFUSED = "cancel_refused"
    HOLD_REFUSED = "hold_refused"
    RELEASE_REFUSED = "release_refused"
    CHANGE_REFUSED = "change_refused"
    LABEL_READY = "return_label_ready"
    LABEL_REFUSED = "return_label_refused"
    LABEL_UNKNOWN = "return_label_unknown"
    TOTAL_DIFFERS = "total_differs"
    """The order was sent, and its total is not what its lines and its shipping cost add up to (R3)."""


LABEL_ANSWERS: Final = frozenset({Answer.LABEL_READY, Answer.LABEL_REFUSED, Answer.LABEL_UNKNOWN})
HAS_LEFT: Final = frozenset({Status.PARTIALLY_SHIPPED, Status.SHIPPED})
"""Statuses in which there is something that may come back, so that a return label can be made."""

_BEGUN: Final = frozenset({Wish.HOLD, Wish.RELEASE, Wish.UPDATE})
"""Wishes that the ledger notes among the notices while the outcome of their call is not known."""


def is_announced(notices: Mapping[str, bool]) -> bool:
    """Whether an answer was announced that may not have been given."""
    return any(notices.get(answer) is False for answer in Answer)


def is_unfinished(notices: Mapping[str, bool]) -> bool:
    """Whether a wish was begun, or an answer announced, that was not finished."""
    return is_announced(notices) or not _BEGUN.isdisjoint(notices)


def wishes(
    order: Order,
    tags: Tags,
    *,
    status: Status,
    content_hash: str,
    held: bool,
    notices: Mapping[str, bool],
    gated: bool = False,
) -> tuple[Wish, ...]:
    """What is to be done at the warehouse for an order it has, in the order of urgency. Of one that was shipped
    already, what the merchant has to be told that it came too late.

    Args:
        status, content_hash: as the ledger has them; an empty hash is an order whose content at the warehouse is not
            known.
        held: whether we put it on hold.
        notices: the answers the merchant has had, since a refused wish is not tried again and again; and the wishes
            that were begun, which may have come true.
        gated: it is to be held whatever its tags say, until it is billed (R20).
    """
    shipped = status is Status.SHIPPED
    if not shipped and status not in AT_WAREHOUSE:
        return ()
    answered = {kind for kind, told in notices.items() if told}
    label = _label_wishes(order, tags, status, notices)
    if order.state in (DELETED, CANCELLED):
        return label if answered & {Answer.CANCEL_REFUSED, Answer.CANCELLED} else (Wish.CANCEL, *label)
    if status is Status.CANCELLING:
        return (Wish.RESUME,)
    found: list[Wish] = []
    if order.has_tag(tags.hold) or gated:
        if (not held or Wish.RELEASE in notices) and Answer.HOLD_REFUSED not in answered:
            found.append(Wish.HOLD)
        if Answer.RELEASE_REFUSED in answered:
            found.append(Wish.FORGET_REFUSAL)
    elif not shipped:
        if (held or Wish.HOLD in notices) and Answer.RELEASE_REFUSED not in answered:
            found.append(Wish.RELEASE)
        if Answer.HOLD_REFUSED in answered:
            found.append(Wish.FORGET_REFUSAL)
    if Wish.UPDATE in notices:
        found.append(Wish.UPDATE)  # what was begun may have come true, whatever the merchant has done since
    elif order.has_tag(tags.order_tag) and not order.has_tag(tags.received) and not order.archived:
        changed = content_hash not in ("", order.content_hash(tags.of_interest(order)))
        found += [Wish.UPDATE] if changed else [] if shipped else [Wish.TAG_AGAIN]
    return (*found, *label)


def _label_wishes(order: Order, tags: Tags, status: Status, notices: Mapping[str, bool]) -> tuple[Wish, ...]:
    """A label for an order that has not left yet waits until it has."""
    if not order.has_tag(tags.return_label):
        return (Wish.FORGET_LABEL,) if Wish.LABEL in notices else ()
    answered = Wish.LABEL in notices and any(notices.get(answer) for answer in LABEL_ANSWERS)
    return (Wish.LABEL,) if status in HAS_LEFT and not answered else ()
