"""What the board has to find again of orders that have moved, and no shelf shows: parcels by their number, and shipped
orders that need a person. It follows the table's stream, so no hot path pays for it. Writing it twice does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from orderbridge.desk.board.worklist import of_ended
from orderbridge.ledger.ledger import KEPT_AFTER_END
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.moves import OrderMoved
from orderbridge.platform.table import Table, merchant_key, merchant_of

if TYPE_CHECKING:
    from orderbridge.jobs.changes import Move
    from orderbridge.ledger.record import LedgerOrder

_PARCEL: Final = "TRACKING#"
_WORK: Final = "WORK#"
_KEPT: Final = KEPT_AFTER_END + timedelta(days=30)
"""A little longer than the record, which may end later."""


def keep_for_board(table: Table, shard: str, moves: Sequence[Move[Any]]) -> None:
    """Keep what moves of orders have brought. ``shard``: not needed, because writing twice does no harm."""
    for move in moves:
        if not isinstance(move.what, OrderMoved):
            continue
        order, pk = move.what.after, merchant_key(move.what.after.merchant)
        kept = {"billbee_id": order.billbee_id, "expires_at": int((move.what.at + _KEPT).timestamp())}
        for number in move.what.new_parcels:
            table.change(pk, f"{_parcel_key(number)}#{order.billbee_id}", set=kept)
        if _needs_a_person(order) and not (move.what.before and _needs_a_person(move.what.before)):
            table.change(pk, _work_key(order.billbee_id), set=kept)


def of_parcel(table: Table, merchants: Iterable[str], number: str) -> list[tuple[str, int]]:
    """The orders that a parcel with this number belongs to, as (merchant, Billbee id)."""
    found = []
    for merchant in merchants:
        items = table.query(merchant_key(merchant), f"{_parcel_key(number)}#")
        found += [(merchant_of(item), int(item["billbee_id"])) for item in items]
    return found


def shipped_work(table: Table, merchant: str) -> list[int]:
    """The shipped orders of a merchant that need a person, by Billbee id."""
    return [int(item["billbee_id"]) for item in table.query(merchant_key(merchant), _WORK)]


def keys_of(table: Table, merchant: str, billbee_id: int, record: LedgerOrder | None) -> list[str]:
    """The keys of what is kept of an order. Without its record, all parcels are looked through."""
    prefixes = [_PARCEL] if record is None else [f"{_parcel_key(number)}#" for number in record.parcels]
    items = (
        item for prefix in (*prefixes, _work_key(billbee_id)) for item in table.query(merchant_key(merchant), prefix)
    )
    return [item["sk"] for item in items if int(item["billbee_id"]) == billbee_id]


def _needs_a_person(order: LedgerOrder) -> bool:
    return order.status is Status.SHIPPED and of_ended(order) is not None


def _parcel_key(number: str) -> str:
    return f"{_PARCEL}{number.casefold()}"


def _work_key(billbee_id: int) -> str:
    return f"{_WORK}{billbee_id:020d}"
