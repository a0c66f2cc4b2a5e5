"""Which orders are ours, and the tags that say so (R1, R4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orderbridge.domain.order import Order

_SHIP_ON = re.compile(r"ship_on_(.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Tags:
    """The tags of one merchant, all derived from the order tag."""

    order_tag: str

    @property
    def received(self) -> str:
        return f"order_received_by_{self.order_tag}"

    @property
    def rejected(self) -> str:
        return f"order_rejected_by_{self.order_tag}"

    @property
    def total_differs(self) -> str:
        return f"order_total_differs_{self.order_tag}"

    @property
    def rush(self) -> str:
        return f"rush_{self.order_tag}"

    @property
    def hold(self) -> str:
        return f"hold_{self.order_tag}"

    @property
    def change_refused(self) -> str:
        return f"order_change_refused_by_{self.order_tag}"

    @property
    def cancel_refused(self) -> str:
        return f"order_cancel_refused_by_{self.order_tag}"

    @property
    def hold_refused(self) -> str:
        return f"order_hold_refused_by_{self.order_tag}"

    @property
    def backordered(self) -> str:
        return f"order_backordered_by_{self.order_tag}"

    @property
    def declined(self) -> str:
        return f"order_declined_by_{self.order_tag}"

    @property
    def cancelled(self) -> str:
        return f"order_cancelled_by_{self.order_tag}"

    @property
    def return_label(self) -> str:
        return f"return_label_{self.order_tag}"

    @property
    def label_ready(self) -> str:
        return f"return_label_ready_by_{self.order_tag}"

    @property
    def label_refused(self) -> str:
        return f"return_label_refused_by_{self.order_tag}"

    @property
    def returned(self) -> str:
        return f"returned_by_{self.order_tag}"

    @property
    def billing_mismatch(self) -> str:
        return f"billing_mismatch_{self.order_tag}"

    @property
    def billing_ok(self) -> str:
        return f"billing_ok_{self.order_tag}"

    def of_interest(self, order: Order) -> tuple[str, ...]:
        """The tags of an order that change what the warehouse is told."""
        return tuple(tag for tag in order.tags if tag.casefold() == self.rush.casefold() or _SHIP_ON.fullmatch(tag))


def why_not_imported(order: Order, tags: Tags, order_state: int, *, despite_answers: bool = False) -> str | None:
    """The first rule of R1 that keeps an order out, in plain words, or None if it is to be imported.

    Args:
        despite_answers: the received and the rejected tag do not count: an operator has asked for it.
    """
    if not order.has_tag(tags.order_tag):
        return f"it does not have the tag {tags.order_tag}"
    if order.state != order_state:
        return f"its state is {order.state}, not {order_state}"
    if order.has_tag(tags.received) and not despite_answers:
        return f"it already has the tag {tags.received}"
    if order.has_tag(tags.rejected) and not despite_answers:
        return f"it has the tag {tags.rejected}"
    if order.archived:
        return "it is archived, so nothing about it can be changed any more"
    return None


def ship_date(order: Order) -> date | None:
    """The date of a ``ship_on_<YYYY-MM-DD>`` tag (the latest of several), or None.

    Raises:
        ValueError: naming a ``ship_on_`` tag that holds no date.
    """
    dates = []
    for tag in order.tags:
        if match := _SHIP_ON.fullmatch(tag):
            try:
                dates.append(date.fromisoformat(match[1]))
            except ValueError:
                raise ValueError(tag) from None
    return max(dates, default=None)
