"""The tags of an order, set by the merchant or by orderbridge (R1, R4, R11-R13, R17, R20, R24)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order

_SHIP_ON = re.compile(r"ship_on_(.*)", re.IGNORECASE)
_MARK = 4
"""The length of a tag's mark."""


@dataclass(frozen=True)
class Tags:
    """The tags of one merchant, all derived from the order tag.

    Attributes:
        of_rules: the marks of the tags that the merchant's rules ask for (R40). A record keeps them, and there may be
            thousands; two tags with the same mark do no harm.
    """

    order_tag: str
    of_rules: frozenset[str] = frozenset()

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
    def content_differs(self) -> str:
        return f"order_differs_{self.order_tag}"

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
    def weight_differs(self) -> str:
        return f"parcel_weight_differs_{self.order_tag}"

    @property
    def billing_mismatch(self) -> str:
        return f"billing_mismatch_{self.order_tag}"

    @property
    def billing_ok(self) -> str:
        return f"billing_ok_{self.order_tag}"

    @property
    def own(self) -> frozenset[str]:
        """The tags that orderbridge sets, folded."""
        answers = (
            self.total_differs,
            self.content_differs,
            self.change_refused,
            self.cancel_refused,
            self.hold_refused,
        )
        news = (
            self.backordered,
            self.declined,
            self.cancelled,
            self.returned,
            self.weight_differs,
            self.label_ready,
            self.label_refused,
        )
        others = (self.received, self.rejected, self.hold, self.billing_mismatch, self.billing_ok)
        return frozenset(tag.casefold() for tag in (*answers, *news, *others))

    def show_news(self, order: Order) -> bool:
        """Whether a tag shows that the warehouse had the order, and did something with it."""
        return any(map(order.has_tag, (self.backordered, self.declined, self.cancelled, self.returned)))

    def of_interest(self, order: Order) -> tuple[str, ...]:
        """The tags of an order that change what the warehouse is told."""
        rush = self.rush.casefold()
        return tuple(
            tag
            for tag in order.tags
            if tag.casefold() == rush or _SHIP_ON.fullmatch(tag) or (self.of_rules and _mark(tag) in self.of_rules)
        )

    @property
    def marks(self) -> str:
        """The marks of the tags that rules ask for, as a record keeps them."""
        return "".join(sorted(self.of_rules))

    def asking_for(self, marks: str) -> Tags:
        """These tags with other rules, by the marks that a record keeps."""
        return replace(self, of_rules=frozenset(marks[at : at + _MARK] for at in range(0, len(marks), _MARK)))

    def content_hash(self, order: Order) -> str:
        """The hash of an order's content with these tags."""
        return order.content_hash(self.of_interest(order))


@lru_cache(maxsize=100)
def marked(tags: frozenset[str]) -> frozenset[str]:
    """The marks of tags, whatever their case."""
    return frozenset(map(_mark, tags))


def _mark(tag: str) -> str:
    return hashlib.sha256(tag.casefold().encode()).hexdigest()[:_MARK]


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
