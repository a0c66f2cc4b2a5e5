"""Which of the orders that a poll lists are worth reading in the ledger.

Most were seen by the polls before, and nothing is to be done for them. Their entries in the index take a tenth of what
reading their records takes, and are as fresh.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from orderbridge.domain.lifecycle import AT_WAREHOUSE, Status
from orderbridge.domain.order import Order
from orderbridge.services.open_wishes import open_wishes
from orderbridge.services.workspace import Workspace
from orderbridge.stores.record import OrderSummary

READ_ONE_BY_ONE: Final = 8
"""Up to so many orders the index is not asked: two queries cost as much."""
_SETTLED: Final = AT_WAREHOUSE | {Status.SHIPPED}


def without_settled(workspace: Workspace, orders: list[Order], *, lately: timedelta) -> list[Order]:
    """Leave out those for which nothing is to be done, as far as the index shows it. Whatever it does not show, or
    only the record knows, is kept.

    Args:
        lately: how long ago orders that are looked for in the index were imported or shipped at most.
    """
    if len(orders) <= READ_ONE_BY_ONE:
        return orders
    ledger, merchant, since = workspace.ledger, workspace.merchant, workspace.now() - lately
    # The open ones last: of one that is just moving, both entries may be there.
    entries = [*ledger.ended_orders(merchant, Status.SHIPPED, since=since), *ledger.open_orders(merchant, since=since)]
    listed = {entry.billbee_id: entry for entry in entries}
    return [one for one in orders if one.id not in listed or not _is_settled(workspace, one, listed[one.id])]


def _is_settled(workspace: Workspace, order: Order, entry: OrderSummary) -> bool:
    """Whether the warehouse has, or had, the order, and neither an answer is owed nor something wished for."""
    if entry.status not in _SETTLED or entry.unsaid:
        return False
    if not order.has_tag(workspace.tags.received):
        return False  # whether it was changed, only the record's hash says
    return not open_wishes(workspace, entry, order)
