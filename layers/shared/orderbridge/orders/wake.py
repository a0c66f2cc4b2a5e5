"""Start what brings waiting orders forward: probes while a vendor is down, otherwise a chain of portions (R32)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, cast

from orderbridge.jobs.messages import TakeUp

if TYPE_CHECKING:
    from orderbridge.orders.ports import Workspace

VENDORS_OF_ORDERS: Final = ("bibi", "billbee")
"""The vendors that an order needs on its way to the warehouse."""
WOKEN_FOR: Final = timedelta(minutes=10)
"""A wake-up that was not delivered for so long is lost. It is delivered every two minutes."""


def wake(workspace: Workspace, vendor: str, correlation_id: str) -> None:
    """Have the vendor probed, unless a wake-up is there already. If it answers again, begin with the orders that wait.

    Abillify is not probed: no order waits for it on its way to the warehouse, and its own job comes each hour.
    """
    if vendor not in VENDORS_OF_ORDERS:
        return
    breaker, now = workspace.breaker(vendor), workspace.now()
    outage = breaker.outage()
    if outage is None:
        begin_chain(workspace, correlation_id, now)
    elif outage.woken_until is None or outage.woken_until <= now:
        message = TakeUp(
            merchant=workspace.merchant,
            correlation_id=correlation_id,
            chain=outage.since.isoformat(),
            turn=int(now.timestamp() // WOKEN_FOR.total_seconds()),
            until=now,
            vendor=cast("Literal['billbee', 'bibi']", vendor),
        )
        workspace.push([message])
        breaker.woken(now + WOKEN_FOR)


def begin_chain(workspace: Workspace, correlation_id: str, until: datetime) -> None:
    """Have the orders taken up that have waited since a moment or longer."""
    message = TakeUp(
        merchant=workspace.merchant,
        correlation_id=correlation_id,
        chain=f"{workspace.now().isoformat()}:{correlation_id}"[:200],
        until=until,
    )
    workspace.push([message])


def see_to_waiting(workspace: Workspace, correlation_id: str, until: datetime | None) -> None:
    """Have vendors probed that are down; otherwise have the orders taken up that have been stuck since a moment, if
    any. One chain runs for a merchant at a time.
    """
    down = [vendor for vendor in VENDORS_OF_ORDERS if workspace.breaker(vendor).outage() is not None]
    for vendor in down:
        wake(workspace, vendor, correlation_id)
    if down or until is None:
        return
    if not workspace.backlog.is_taken_up():
        begin_chain(workspace, correlation_id, until)
