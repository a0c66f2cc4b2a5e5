"""Tell the shop what the warehouse reports about one order: parcels, messages, state; each once (R14, R15, R17)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from orderbridge.effects.executor import say, say_open
from orderbridge.ledger.lifecycle import HAS_REACHED_WAREHOUSE, Status
from orderbridge.ledger.shop_states import OPEN_STATES, SHIPPED_STATE
from orderbridge.ledger.sku import Sku
from orderbridge.ledger.told import MISPICK
from orderbridge.platform.errors import RetryableError
from orderbridge.products.known_kits import known_pieces
from orderbridge.tracking.follow_shipments import voided_parcels
from orderbridge.tracking.look_up_costs import count_costs, expect_costs, told_costs
from orderbridge.tracking.progress import in_words, next_step, wanted
from orderbridge.tracking.weights import weighed

if TYPE_CHECKING:
    from collections.abc import Collection

    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder, RecordChanges
    from orderbridge.tracking.ports import Workspace
    from orderbridge.tracking.progress import Step
    from orderbridge.tracking.warehouse_order import WarehouseOrder
    from orderbridge.tracking.weights import Weighed


def report_progress(
    workspace: Workspace, record: LedgerOrder, reported: WarehouseOrder, *, asked: bool = False
) -> LedgerOrder:
    """Tell Billbee what is new about one order. Returns its record as it is then.

    Args:
        asked: whether the warehouse was asked for this order alone, which is noted, so that it is not asked again soon.

    Raises:
        UpstreamError: the results so far are in the ledger; the rest is done when the order is reported again.
        LedgerConflict: another worker has changed the order.
    """
    record = say_open(workspace, record)
    if record.effects:
        return record  # what Billbee has refused must be said first, and waits
    known = record.parcels.keys() | voided_parcels(record)
    step = next_step(record, reported, known_parcels=known, told=record.told)
    leaving = _skus(workspace, record, reported) if step.ends and workspace.settings.stock.enabled else []
    suspect = _suspect(workspace, record, step, reported)
    effects = wanted(step, workspace.tags, workspace.settings.language, leaving, suspect)
    changes = _changes(workspace, record, step, reported)
    why = _why(step, changes, reported, suspect)
    if not (effects or step.moves or why or asked or step.reason != record.reason):
        return record
    if cancelled := step.moves and step.to is Status.CANCELLED:
        workspace.stock.start_leaving(leaving)  # before Billbee releases the reserved pieces (R18)
    if suspect is not None:
        workspace.findings.note_mispick(workspace.merchant, record.billbee_id, str(suspect))
    return say(
        workspace,
        record,
        *effects,
        in_doubt=record.adopted,  # an adopted order may have been told by the lost ledger
        why=why,
        call="bibi orderStatus",
        to=step.to if step.moves else None,
        after=partial(_after, workspace, leaving if cancelled else (), step.lost),
        **changes,
    )


def _after(workspace: Workspace, left: Collection[str], lost: Collection[str]) -> None:
    if left:
        workspace.stock.has_left(left)
    if lost and workspace.settings.stock.enabled:
        workspace.stock.mark_due(lost)


def _suspect(workspace: Workspace, record: LedgerOrder, step: Step, reported: WarehouseOrder) -> Weighed | None:
    """The weights of an order of which all has left, if they show a mispick that was not told (R46)."""
    settings = workspace.settings.weights
    if not settings.enabled or step.to is not Status.SHIPPED or MISPICK in record.told:
        return None
    found = weighed(record.grams, reported, voided_parcels(record))
    return found if found is not None and found.is_suspect(settings) else None


def _changes(workspace: Workspace, record: LedgerOrder, step: Step, reported: WarehouseOrder) -> RecordChanges:
    """The changes of the record by a report, except its status. Counts the costs of parcels and notes those that are
    due.
    """
    changes: RecordChanges = {
        "seen_at": workspace.now(),
        "warehouse_status": reported.status_text,
        "reason": step.reason,
    }
    if step.lost:
        left = {sku: count - step.lost.get(sku, 0) for sku, count in record.pieces.items()}
        changes["pieces"] = {sku: count for sku, count in left.items() if count}
        changes["grams"] = None
    if step.shows_pieces and (pieces := known_pieces(workspace.kits, reported.pieces)):
        changes["pieces"] = pieces
    if step.news.new_parcels:
        costs = told_costs(workspace, record, reported, step.news.new_parcels)
        count_costs(workspace, record, costs)
        expect_costs(workspace, record)
        changes["costs"] = costs
    return changes


def _why(step: Step, changes: RecordChanges, reported: WarehouseOrder, suspect: Weighed | None) -> str | None:
    """The timeline's text for a report."""
    if suspect is not None:
        return f"the warehouse reports: {reported.status_text}; suspected mispick: {suspect}"
    if step.lost:
        return f"the warehouse cancelled a part: {in_words(step.lost)}"
    if "pieces" in changes and not step.moves:
        return "its pieces are known"
    return f"the warehouse reports: {reported.status_text}" if step.moves or not step.is_known else None


def catch_up(workspace: Workspace, record: LedgerOrder, order: Order) -> LedgerOrder:
    """Ask the warehouse about one order now, and tell the shop everything that it lacks, even if it was told before.

    Args:
        order: as it is in the shop.

    Raises:
        as `report_progress`; RetryableError where the warehouse does not show the order.
    """
    if record.status not in HAS_REACHED_WAREHOUSE:
        return record
    reported = workspace.warehouse.order(record.number)
    if reported is None:
        raise RetryableError("bibi orderStatus", "the warehouse does not show the order", retry_after=60)
    if reported.presumed:
        raise RetryableError("bibi orderStatus", "its number carries a prefix that is not set", retry_after=600)
    there = {*order.tracking_numbers, *order.return_tracking_numbers}
    if record.parcels.keys() - there:  # they no longer count as posted
        known = {number: parcel for number, parcel in record.parcels.items() if number in there}
        record = workspace.ledger.note(record, parcels=known)
    was_shipped = record.status is Status.SHIPPED
    record = report_progress(workspace, record, reported)
    if was_shipped and order.state in OPEN_STATES:
        workspace.hub.set_state(order.id, SHIPPED_STATE)
    return record


def _skus(workspace: Workspace, record: LedgerOrder, reported: WarehouseOrder) -> list[str]:
    """The SKUs of an order's pieces, with kits resolved (R26); those of the warehouse's report if the ledger does not
    know them (R10).
    """
    known = {Sku(sku) for sku in (*record.pieces, *record.kits)}
    others = [sku for part in reported.parts for sku in part.skus if Sku(sku) not in known]
    kits = workspace.kits.get_many(others) if others else {}
    skus = [*record.pieces]
    for sku in others:
        kit = kits.get(Sku(sku))
        skus += kit.contents if kit is not None and kit.contents else [sku]
    return list({Sku(sku): sku for sku in reversed(skus)}.values())
