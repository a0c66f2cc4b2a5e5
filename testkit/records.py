"""Orders in the ledger without a journey that brings them there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orderbridge.ledger.ledger import Ledger
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.record import LedgerOrder


def open_order(
    ledger: Ledger,
    billbee_id: int = 1,
    status: Status = Status.QUEUED,
    *,
    merchant: str = "acme",
    moves: Iterable[Status] = (),
    last: Mapping[str, Any] | None = None,
    **details: Any,
) -> LedgerOrder:
    """A record that is opened in a status, and then makes these moves; `last` are the details of the last one."""
    given: dict[str, Any] = {"content_hash": "x", "order_number": OrderNumber(str(billbee_id))} | details
    record = ledger.open(merchant, billbee_id, status, why="imported", call="billbee list orders", **given)
    ahead = list(moves)
    for place, to in enumerate(ahead, start=1):
        changes = (last or {}) if place == len(ahead) else {}
        record = ledger.move(record, to, why=f"became {to}", call="a test", **changes)
    return record
