"""Finds orders by a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.ledger.order_number import as_billbee_id, tidy_number
from orderbridge.ledger.record import LedgerOrder
from orderbridge.platform.errors import NotFound, Refused

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order


@dataclass(frozen=True)
class FoundOrder:
    """One order: its record, and the order in Billbee if it was looked up and exists."""

    billbee_id: int
    record: LedgerOrder | None
    order: Order | None = None


def find_orders(workspace: Workspace, number: str, *, live: bool) -> list[FoundOrder]:
    """The orders with this Billbee id or shop's number; several if shops use the same numbers.

    Args:
        live: also ask Billbee.

    Raises:
        UpstreamError: Billbee could not be asked.
    """
    number = tidy_number(number)
    if not number:
        return []
    records = {record.billbee_id: record for record in workspace.ledger.find(workspace.merchant, number)}
    orders = _ask(workspace, number, set(records)) if live else {}
    ids = sorted(records.keys() | orders.keys())
    missing = [billbee_id for billbee_id in ids if billbee_id not in records]
    records |= workspace.ledger.get_many(workspace.merchant, missing)
    return [FoundOrder(billbee_id, records.get(billbee_id), orders.get(billbee_id)) for billbee_id in ids]


def _ask(workspace: Workspace, number: str, known: set[int]) -> dict[int, Order]:
    ids = known | {id_ for id_ in [as_billbee_id(number)] if id_ is not None}
    orders: dict[int, Order] = {}
    for billbee_id in ids:
        try:
            orders[billbee_id] = workspace.hub.order(billbee_id)
        except (NotFound, Refused):
            continue
    if all(order.number.casefold() != number.casefold() for order in orders.values()):
        order = workspace.hub.order_by_number(number)
        if order is not None:
            orders[order.id] = order
    return orders
