"""Read what moved in the warehouse, and keep each SKU's last movements (R25).

A period counts as read only if it was read completely; what was read then replaces what was kept for it. So readings
may be repeated and overlap without counting anything twice, although transactions have no number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.sku import Sku
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.cursors import LONGEST_STRETCH, MovementsCursor
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import NotFound, Refused, RetryableError
from orderbridge.platform.observability import logger
from orderbridge.stock.movement_records import Moves
from orderbridge.stock.movements import DOCUMENTED, Codes, Movement, merged, newest, notable, noted

if TYPE_CHECKING:
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import PullMovements
    from orderbridge.stock.ports import Workspace

OVERLAP: Final = timedelta(hours=2)
"""Overlap for movements that the warehouse enters late, or with a different clock."""
FIRST_LOOK: Final = timedelta(days=7)
LONGEST_LOOK: Final = timedelta(days=30)
"""A merchant who was paused for longer is not told of earlier movements."""
_SHORTEST_STRETCH: Final = timedelta(minutes=1)
_FEW_PAGES: Final = 5


def pull_movements(workspace: Workspace, delivery: Delivery[PullMovements]) -> int:
    """Read the movements since the last run. Returns how many of them are new.

    The first run of a UTC day reads the day before once more, for movements that were entered late.

    Raises:
        UpstreamError: the cursor says where the run continues.
    """
    if workspace.rehearsing or not workspace.settings.stock.movements:
        return 0
    cursor, started = workspace.cursors.movements(), workspace.now()
    known_until = cursor.read_until or started - LONGEST_LOOK
    since, found = cursor.goes_on_at or _since(cursor.read_until, started), 0
    codes = known_codes(workspace) if since < started else DOCUMENTED
    while since < started:
        until = min(since + cursor.stretch, started)
        pages = 0
        read: list[Movement] = []
        try:
            more = True
            while more:
                workspace.deadline.require(STEP)
                page = workspace.warehouse.movements.page(since, until, pages + 1)
                if page.unreadable:
                    logger.warning("Movements cannot be read", extra={"movements": page.unreadable})
                read += page.movements
                pages, more = pages + 1, page.more
        except RetryableError:
            # It did not fit into a minute's budget or an invocation, so smaller stretches are read.
            shorter = max(_SHORTEST_STRETCH, cursor.stretch / 2) if pages > 1 else cursor.stretch
            workspace.cursors.set_movements(replace(cursor, goes_on_at=since, stretch=shorter))
            raise
        _keep(workspace, read, codes, since, until)
        found += sum(one.at >= known_until for one in read)
        longer = min(LONGEST_STRETCH, cursor.stretch * 2) if pages <= _FEW_PAGES else cursor.stretch
        since, cursor = until, replace(cursor, goes_on_at=until, stretch=longer)
        workspace.cursors.set_movements(cursor)
    workspace.cursors.set_movements(MovementsCursor(read_until=started, stretch=cursor.stretch))
    if found:
        workspace.count(Activity.MOVEMENTS, found)
    return found


def _since(read_until: datetime | None, now: datetime) -> datetime:
    if read_until is None:
        return now - FIRST_LOOK
    since = read_until - OVERLAP
    if read_until.date() < now.date():
        since = min(since, datetime.combine(read_until.date(), time.min, read_until.tzinfo))
    return max(since, now - LONGEST_LOOK)


def known_codes(workspace: Workspace) -> Codes:
    """The meaning of the warehouse's codes; the documented one if it cannot be asked, because missing words must not
    stop a job.
    """
    return workspace.movement_codes.look_up("", lambda: _codes(workspace))


def _codes(workspace: Workspace) -> Codes:
    try:
        return workspace.warehouse.movements.codes().over(DOCUMENTED)
    except (NotFound, Refused) as error:
        logger.warning("Codes of movements not read", extra={"error": str(error)})
        return DOCUMENTED


def _keep(workspace: Workspace, read: Iterable[Movement], codes: Codes, since: datetime, until: datetime) -> None:
    """Write down the new movements of a complete reading."""
    by_sku: dict[Sku, list[Movement]] = {}
    for one in read:
        by_sku.setdefault(Sku(one.sku), []).append(one)
    kept = workspace.movements.get_many(sku.text for sku in by_sku)
    now = workspace.now()
    for sku, movements in by_sku.items():
        before = kept.get(sku, Moves(movements[0].sku))
        notes = [noted(one, codes) for one in movements]
        after = Moves(
            before.sku,
            newest(merged(before.last, notes, since, until)),
            notable(merged(before.notable, notes, since, until), now),
        )
        if after != before:
            workspace.movements.save(after)
