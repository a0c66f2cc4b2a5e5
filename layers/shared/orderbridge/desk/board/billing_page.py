"""The page of the orders that are not billed as they were sold (R20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderbridge.billing.billing_records import BillingState
from orderbridge.desk.board.layout import badge, brief, order_link, page, quiet, table
from orderbridge.desk.board.markup import el

if TYPE_CHECKING:
    from orderbridge.billing.explain_billing import UnbilledOrder

_LOOKS: Final = {
    BillingState.DIFFERS: ("differs", "bad"),
    BillingState.MISSING: ("missing", "bad"),
    BillingState.WAITING: ("waits", "look"),
}


def billing_page(orders: Sequence[UnbilledOrder], now: datetime) -> str:
    """What differs or is missing in Abillify first, then what waits for its invoice."""
    if not orders:
        return page("Billing", el("p", "Everything that was shipped and compared is billed as it was sold."), now=now)
    rows = [
        (
            order_link(one.order),
            one.order.merchant,
            badge(*_LOOKS.get(one.record.state, (one.record.state.value, ""))),
            one.text,
            brief(one.record.since, now),
        )
        for one in orders
    ]
    headings = ("Order", "Merchant", "In Abillify", "What", "Since")
    return page(
        "Billing",
        quiet("An order that is corrected in Abillify leaves this list once it is compared again."),
        el("div", table("Not billed as sold, or not yet", headings, rows), class_="panel"),
        now=now,
    )
