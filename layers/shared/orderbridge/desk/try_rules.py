"""`rules try`: what rules would have changed for recent orders (R40). Reads only.

Costs one call to Billbee for each 250 orders with the order tag that were changed in that time, one for each bundle
among them, and one to the warehouse for its ship methods, if an order needs them. Calls keep to the vendors' limits. An
order that the warehouse has keeps the rate that it was converted by (R36).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import HAS_REACHED_WAREHOUSE
from orderbridge.orders.preparation import try_rules as rules_of_order

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order
    from orderbridge.merchants.rules import Rule
    from orderbridge.orders.shipping_order import ShippingOrder

PAGE_TAKES: Final = 60.0
"""Seconds that must be left to look at another page of orders."""


@dataclass(frozen=True)
class Outcome:
    """What would be done with one order. Holds no data of its buyer.

    Attributes:
        comment: the rule's alone.
        reject: the rule's text; None if the order is sent.
    """

    rule: str | None
    ship_method: str
    offer_code: str
    hold: bool
    rush: bool
    comment: str
    reject: str


@dataclass(frozen=True)
class Difference:
    """An order that would be treated differently: each field of `Outcome` that differs, before and after."""

    billbee_id: int
    shop_number: str
    fields: dict[str, tuple[str | bool | None, str | bool | None]]


@dataclass
class Trial:
    """Attributes:
    read: how many orders were looked at.
    not_sent: those of them with another problem, whatever the rules.
    unread: how many orders of Billbee's list were left out because the time was over.
    calls: calls for lists of orders.
    applied: to how many orders each rule would apply, also 0.
    """

    read: int = 0
    not_sent: int = 0
    unread: int = 0
    calls: int = 0
    applied: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)


def try_rules(workspace: Workspace, before: Sequence[Rule], after: Sequence[Rule], *, since: datetime) -> Trial:
    """Compare two lists of rules by the orders that were placed since then.

    Raises:
        UpstreamError: a look-up failed.
    """
    trial = Trial(applied=Counter({rule.name: 0 for rule in after}))
    seen: set[int] = set()
    listed = rows = 0
    page = pages = 1
    while page <= pages:
        if page > 1 and not workspace.deadline.has(PAGE_TAKES):
            trial.unread = rows - listed
            break
        answer = workspace.hub.orders(page=page, tags=(workspace.tags.order_tag,), modified_since=since)
        trial.calls += 1
        listed, rows = listed + len(answer.orders), answer.total_rows
        fresh = [order for order in answer.orders if order.placed_at is None or order.placed_at >= since]
        records = workspace.ledger.get_many(workspace.merchant, (order.id for order in fresh), consistent=False)
        for order in fresh:
            if order.id not in seen:
                seen.add(order.id)
                record = records.get(order.id)
                is_sent = record is not None and record.status in HAS_REACHED_WAREHOUSE
                kept = record.conversion if record is not None and is_sent else None
                _count(trial, order, rules_of_order(workspace, order, before, after, kept=kept))
        page, pages = page + 1, answer.total_pages
    return trial


def _count(trial: Trial, order: Order, tried: list[tuple[Rule | None, ShippingOrder]] | None) -> None:
    trial.read += 1
    if tried is None:
        trial.not_sent += 1
        return
    old, new = (_outcome(rule, shipping) for rule, shipping in tried)
    if new.rule is not None:
        trial.applied[new.rule] += 1
    fields = {name: (was, vars(new)[name]) for name, was in vars(old).items() if was != vars(new)[name]}
    if old.reject or new.reject:  # then nothing is sent, and the rest does not matter
        fields = {name: both for name, both in fields.items() if name in ("rule", "reject")}
    if fields.keys() - {"rule"}:
        trial.differences.append(Difference(order.id, order.number, fields))


def _outcome(rule: Rule | None, shipping: ShippingOrder) -> Outcome:
    then = rule.then if rule is not None else None
    return Outcome(
        rule=shipping.rule,
        ship_method=shipping.ship_method,
        offer_code=shipping.offer_code,
        hold=shipping.hold,
        rush=shipping.rush,
        comment=(then.comment if then is not None else None) or "",
        reject=(then.reject if then is not None else None) or "",
    )
