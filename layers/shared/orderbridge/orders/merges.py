"""Orders that were merged in Billbee (R38): the first has all positions then, and the others are deleted.

The goods of an order that the warehouse ships by itself must not be added to the first one. Billbee's first order does
not name the others: a deleted order may name the first as its parent, else it is known by its pieces. Whether its goods
are in the first order is told by the positions, and not by sums of pieces: the merchant may have lowered other lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from orderbridge.effects.executor import say_open
from orderbridge.ledger.lifecycle import AT_WAREHOUSE, BEFORE_WAREHOUSE, HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.shop_states import CLOSED_STATES, DELETED_STATE, SHIPPED_STATE
from orderbridge.ledger.sku import Sku, by_sku
from orderbridge.ledger.told import Answer, merged_into, merged_into_key
from orderbridge.orders.cancel import cancel
from orderbridge.orders.changed_lines import added_pieces, changed_lines, pieces_of
from orderbridge.orders.merge_problems import merged_and_shipped, merged_too_late
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import NotFound, RetryableError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from orderbridge.ledger.order import Order
    from orderbridge.ledger.problem import Problem
    from orderbridge.ledger.record import LedgerOrder, OrderSummary
    from orderbridge.orders.ports import Workspace
    from orderbridge.orders.shipping_order import ShippingOrder

_BEFORE: Final = timedelta(days=1)
"""How long before an order was imported another one may have been merged into it."""
_ASKED: Final = 20
"""How many orders that may be gone from Billbee altogether are asked for, one call each."""


@dataclass(frozen=True)
class Merged:
    """What became of the orders whose goods another one has now.

    Attributes:
        shipped: those that the warehouse ships by themselves, with their statuses there.
        cancelled: the pieces of the others, which only the other order can bring.
    """

    shipped: Mapping[int, str]
    cancelled: Mapping[int, Mapping[str, int]]


def hinders_change(
    workspace: Workspace, record: LedgerOrder, order: Order, shipping: ShippingOrder, *, same: bool = False
) -> Problem | None:
    """Cancel the orders that were merged into this one, before it gets their pieces. If the warehouse ships one of them
    nevertheless: what to tell the merchant instead.

    Args:
        shipping: what this order is to be at the warehouse.
        same: the warehouse has this order like that already.

    Raises:
        UpstreamError: nothing is decided; call again.
        LedgerConflict: another worker has changed one of them.
    """
    found = _shipped(workspace, record, order, shipping)
    if found is None:
        return None
    return merged_too_late(found.shipped, found.cancelled, workspace.tags.received, same=same)


def ships_already(workspace: Workspace, record: LedgerOrder, order: Order, shipping: ShippingOrder) -> Problem | None:
    """The same before an order is sent. Raises as `hinders_change`."""
    found = _shipped(workspace, record, order, shipping)
    return None if found is None else merged_and_shipped(found.shipped, found.cancelled)


def _shipped(workspace: Workspace, record: LedgerOrder, order: Order, shipping: ShippingOrder) -> Merged | None:
    """What became of the orders that were merged into this one; None if the warehouse ships none of them."""
    changed = changed_lines(record.shown, order)
    if not pieces_of(shipping, changed):
        return None
    added = added_pieces(record.shown, order, shipping)
    found = _merged(workspace, record, added)
    owners = {place: other for other, _ in found for place in _positions(other)}
    shipped: dict[int, str] = {}
    cancelled: dict[int, Mapping[str, int]] = {}
    for other, theirs in found:
        lines = [line for line in changed if owners.get(_position(order, line), other) is other]
        pieces = by_sku(other.pieces)
        if pieces and not pieces & pieces_of(shipping, lines):
            continue  # its goods were taken out again
        if other.status is Status.CANCELLED:
            cancelled[other.billbee_id] = other.pieces
            continue
        if other.status in BEFORE_WAREHOUSE:
            detail = f"order {other.billbee_id}, which was merged into it, is just being sent"
            raise RetryableError("bibi submitOrder", detail, retry_after=60)
        now = say_open(workspace, other, theirs)
        if now.status in AT_WAREHOUSE and Answer.CANCEL_REFUSED not in now.told:
            now = cancel(workspace, now, theirs)
        if now.status is Status.CANCELLED:
            cancelled[now.billbee_id] = now.pieces
            continue
        if theirs is not None and theirs.parent is not None and merged_into(now.told) is None:
            now = workspace.ledger.note(now, told=now.told | {merged_into_key(theirs.parent)})
        reported = workspace.warehouse.order(now.number)
        shipped[now.billbee_id] = reported.status_text if reported is not None else str(now.status)
    if not shipped:
        return None
    for gone in _gone_before(workspace, record, added):
        cancelled.setdefault(gone.billbee_id, gone.pieces)
    return Merged(shipped, cancelled)


def _position(order: Order, line: int) -> str:
    return str(order.lines[line].position)


def _positions(record: LedgerOrder) -> tuple[str, ...]:
    return tuple(record.shown.positions) if record.shown is not None else ()


def _merged(workspace: Workspace, record: LedgerOrder, added: Counter[Sku]) -> list[tuple[LedgerOrder, Order | None]]:
    """The other orders that were merged into one, with their orders in Billbee, None for one that is gone. The ledger
    remembers those that named their parent: the state "shipped" in Billbee hides that they were deleted.
    """
    ledger, merchant, since = workspace.ledger, workspace.merchant, _since(record)
    deleted = {order.id: order for order in _deleted(workspace, since)}
    others = {
        other.billbee_id: other
        for other in chain(
            ledger.ended_orders(merchant, Status.CANCELLED, since=since),
            ledger.ended_orders(merchant, Status.SHIPPED, since=since),
            ledger.open_orders(merchant),
        )
        if other.billbee_id != record.billbee_id
    }
    parents = {number: parent for number, other in others.items() if (parent := merged_into(other.told)) is not None}
    parents |= {order.id: order.parent for order in deleted.values() if order.parent is not None}
    fitting = {number for number, other in others.items() if _fits(other, added)}
    found = {number: deleted.get(number) for number in parents if _first(number, parents) == record.billbee_id}
    found |= {number: deleted[number] for number in fitting & deleted.keys() - parents.keys()}
    asked = (
        number
        for number in sorted(fitting - found.keys() - deleted.keys(), reverse=True)
        if others[number].status is not Status.CANCELLED and number not in parents
    )
    for number in islice(asked, _ASKED):
        order = _look(workspace, number)
        if order is None or (order.parent == record.billbee_id and order.state in (SHIPPED_STATE, *CLOSED_STATES)):
            found[number] = order
    known = ledger.get_many(merchant, found)
    return [(known[number], found[number]) for number in sorted(known) if _counts(known[number])]


def _since(record: LedgerOrder) -> datetime:
    return (record.submitted_at or record.created_at) - _BEFORE


def _fits(other: OrderSummary, added: Counter[Sku]) -> bool:
    """Whether all of its pieces may be among the added ones."""
    pieces = by_sku(other.pieces)
    return bool(pieces) and pieces <= added


def _counts(record: LedgerOrder) -> bool:
    """Whether the warehouse has or had an order, or is to get it."""
    if record.status is Status.CANCELLED:
        return record.submitted_at is not None
    return record.status in BEFORE_WAREHOUSE | HAS_REACHED_WAREHOUSE and not record.rehearsal


def _first(number: int, parents: Mapping[int, int]) -> int | None:
    """The order that has a deleted one's goods now, which may have been merged several times; None if not known."""
    seen = {number}
    first = parents.get(number)
    while first is not None and first in parents and first not in seen:
        seen.add(first)
        first = parents[first]
    return first


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


def _gone_before(workspace: Workspace, record: LedgerOrder, added: Counter[Sku]) -> Iterator[OrderSummary]:
    """The fitting orders that are gone from Billbee altogether, and were cancelled at the warehouse for that."""
    ended = workspace.ledger.ended_orders(workspace.merchant, Status.CANCELLED, since=_since(record))
    fitting = (other for other in ended if Answer.CANCELLED in other.told and _fits(other, added))
    return (other for other in islice(fitting, _ASKED) if _look(workspace, other.billbee_id) is None)


def _look(workspace: Workspace, billbee_id: int) -> Order | None:
    """An order in Billbee; None if it is gone."""
    try:
        return workspace.hub.order(billbee_id)
    except NotFound:
        return None
