"""Orders that were merged in Billbee (R38): the first has all positions then, and the others are deleted.

The goods of an order that the warehouse ships by itself must not be added to the first one. Billbee's first order does
not name the others: a deleted order may name the first as its parent, else it is known by its pieces.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from orderbridge.effects.executor import say_open
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.shop_states import DELETED_STATE
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.ledger.told import Answer
from orderbridge.orders.content import added_pieces
from orderbridge.orders.follow_changes import cancel
from orderbridge.orders.problems import merged_and_shipped, merged_too_late
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import NotFound, RetryableError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from orderbridge.ledger.order import Order
    from orderbridge.ledger.problem import Problem
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.orders.ports import Workspace

_BEFORE: Final = timedelta(days=1)
"""How long before an order was imported another one may have been merged into it."""
_ASKED: Final = 20
"""How many orders that may be gone from Billbee altogether are asked for, one call each."""


def hinders_change(workspace: Workspace, record: LedgerOrder, pieces: Mapping[str, int]) -> Problem | None:
    """Cancel the orders that were merged into this one, before it gets their pieces. If the warehouse ships one of them
    nevertheless: what to tell the merchant instead.

    Args:
        pieces: those that this order is to have.

    Raises:
        UpstreamError: nothing is decided; call again.
        LedgerConflict: another worker has changed one of them.
    """
    shipped = _shipped(workspace, record, pieces)
    return None if shipped is None else merged_too_late(*shipped)


def ships_already(workspace: Workspace, record: LedgerOrder, pieces: Mapping[str, int]) -> Problem | None:
    """The same before an order is sent. Raises as `hinders_change`."""
    shipped = _shipped(workspace, record, pieces)
    return None if shipped is None else merged_and_shipped(*shipped)


def _shipped(workspace: Workspace, record: LedgerOrder, pieces: Mapping[str, int]) -> tuple[int, str] | None:
    """The order that was merged into this one and that the warehouse ships nevertheless, with its status there."""
    added = added_pieces(record.pieces, pieces)
    if not added:
        return None
    for other, order in _merged(workspace, record, added):
        if other.status in BEFORE_WAREHOUSE:
            detail = f"order {other.billbee_id}, which was merged into it, is just being sent"
            raise RetryableError("bibi submitOrder", detail, retry_after=60)
        now = say_open(workspace, other, order)
        if now.status in AT_WAREHOUSE and Answer.CANCEL_REFUSED not in now.told:
            now = cancel(workspace, now, order)
        if now.status is not Status.CANCELLED:
            reported = workspace.warehouse.order(now.number)
            return now.billbee_id, reported.status_text if reported is not None else str(now.status)
    return None


def _merged(
    workspace: Workspace, record: LedgerOrder, added: Counter[Sku]
) -> Iterator[tuple[LedgerOrder, Order | None]]:
    """The other orders that were merged into one, with their orders in Billbee, None for one that is gone."""
    since = (record.submitted_at or record.created_at) - _BEFORE
    deleted = {order.id: order for order in _deleted(workspace, since)}
    fitting = set(_fitting(workspace, record, added, since))
    found = {
        order.id: order
        for order in deleted.values()
        if (first := _first(order, deleted)) == record.billbee_id or (first is None and order.id in fitting)
    }
    known = workspace.ledger.get_many(workspace.merchant, [*found, *fitting])
    records = {billbee_id: other for billbee_id, other in known.items() if _may_ship(other)}
    for billbee_id, order in found.items():
        if billbee_id in records and _may_be_added(records[billbee_id], added):
            yield records[billbee_id], order
    others = (one for one in sorted(fitting, reverse=True) if one in records and one not in found)
    for billbee_id in islice(others, _ASKED):
        if _is_gone(workspace, billbee_id):
            yield records[billbee_id], None


def _may_ship(record: LedgerOrder) -> bool:
    """Whether the warehouse has or had an order, or is to get it."""
    return record.status in BEFORE_WAREHOUSE | HAS_REACHED_WAREHOUSE and not record.rehearsal


def _first(order: Order, deleted: Mapping[int, Order]) -> int | None:
    """The order that has a deleted one's goods now, which may have been merged several times; None if not known."""
    seen = {order.id}
    first = order.parent
    while first is not None and first in deleted and first not in seen:
        seen.add(first)
        first = deleted[first].parent
    return first


def _may_be_added(other: LedgerOrder, added: Counter[Sku]) -> bool:
    """Whether any of its pieces is among the added ones; others were taken out again, or are not known."""
    pieces = by_sku(other.pieces)
    return not pieces or bool(pieces & added)


def _deleted(workspace: Workspace, since: datetime) -> Iterator[Order]:
    """The merchant's orders that were deleted in Billbee since a moment."""
    page = pages = 1
    while page <= pages:
        workspace.deadline.require(STEP)
        answer = workspace.hub.orders(
            page=page, states=(DELETED_STATE,), tags=(workspace.tags.order_tag,), modified_since=since
        )
        yield from answer.orders
        page, pages = page + 1, answer.total_pages


def _fitting(workspace: Workspace, record: LedgerOrder, added: Counter[Sku], since: datetime) -> Iterator[int]:
    """The other orders whose pieces are among the added ones, and that the warehouse has or has just shipped."""
    ledger, merchant = workspace.ledger, workspace.merchant
    for other in chain(ledger.open_orders(merchant), ledger.ended_orders(merchant, Status.SHIPPED, since=since)):
        pieces = by_sku(other.pieces)
        if other.billbee_id != record.billbee_id and pieces and pieces <= added:
            yield other.billbee_id


def _is_gone(workspace: Workspace, billbee_id: int) -> bool:
    try:
        workspace.hub.order(billbee_id)
    except NotFound:
        return True
    return False
